/*
 * Devices that signed in before: a signed cookie that names a device and is
 * good for one identifier (spec identity.md X-2).
 */
#ifndef MIRAI_IDENTITY_DEVICE_H
#define MIRAI_IDENTITY_DEVICE_H

#include "identity/visit.h"

#define DEVICE_COOKIE "mirai_device"

/* The id of the device that came, if it signed in as identifier; else NULL. */
const char *device_of(struct visit *c, const char *identifier);

/* Lets the browser keep that it signed in as identifier. */
void device_remember(struct visit *c, const char *identifier);

#endif

/*
 * Signing up (spec identity.md, section 10): one form, by password.
 */
#ifndef MIRAI_IDENTITY_SELF_REGISTRATION_H
#define MIRAI_IDENTITY_SELF_REGISTRATION_H

#include "identity/call.h"

void self_registration_browser(struct call *c);
void self_registration_api(struct call *c);
void self_registration_flows(struct call *c);
void self_registration_submit(struct call *c);

#endif

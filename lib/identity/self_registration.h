/*
 * Signing up (spec identity.md, section 10): one form, by password.
 */
#ifndef MIRAI_IDENTITY_SELF_REGISTRATION_H
#define MIRAI_IDENTITY_SELF_REGISTRATION_H

#include "identity/visit.h"

void self_registration_browser(struct visit *c);
void self_registration_api(struct visit *c);
void self_registration_flows(struct visit *c);
void self_registration_submit(struct visit *c);

#endif

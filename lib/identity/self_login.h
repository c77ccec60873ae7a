/*
 * Signing in (spec identity.md, section 9): by password; second factors, codes
 * and providers come as further methods.
 */
#ifndef MIRAI_IDENTITY_SELF_LOGIN_H
#define MIRAI_IDENTITY_SELF_LOGIN_H

#include "identity/visit.h"

void self_login_browser(struct visit *c);
void self_login_api(struct visit *c);
void self_login_flows(struct visit *c);
void self_login_submit(struct visit *c);

#endif

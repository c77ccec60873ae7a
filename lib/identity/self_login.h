/*
 * Signing in (spec identity.md, section 9): by password; second factors, codes
 * and providers come as further methods.
 */
#ifndef MIRAI_IDENTITY_SELF_LOGIN_H
#define MIRAI_IDENTITY_SELF_LOGIN_H

#include "identity/call.h"

void self_login_browser(struct call *c);
void self_login_api(struct call *c);
void self_login_flows(struct call *c);
void self_login_submit(struct call *c);

#endif

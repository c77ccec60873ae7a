/*
 * Where providers send browsers back to:
 * /self-service/methods/oidc/callback/{provider}.
 */
#ifndef MIRAI_IDENTITY_OIDC_CALLBACK_H
#define MIRAI_IDENTITY_OIDC_CALLBACK_H

#include "identity/visit.h"

void oidc_callback_get(struct visit *c);
void oidc_callback_post(struct visit *c); /* response_mode=form_post */

#endif

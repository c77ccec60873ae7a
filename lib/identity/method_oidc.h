/*
 * What sign-in with providers has besides its entries in method.h.
 */
#ifndef MIRAI_IDENTITY_METHOD_OIDC_H
#define MIRAI_IDENTITY_METHOD_OIDC_H

#include "identity/visit.h"

/* Until when this request may wait for a provider; clock_mono_ms() scale. */
int64_t method_oidc_until(const struct visit *c);

#endif

/*
 * The relying party: as whom this installation asks for security keys and
 * passkeys (WebAuthn, section 4), and from which pages it takes answers.
 */
#ifndef MIRAI_IDENTITY_RP_H
#define MIRAI_IDENTITY_RP_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/conf.h"

struct rp {
	bool webauthn;	   /* security keys as second factor */
	bool passkey;	   /* passkeys as first one */
	bool passkey_aal2; /* a passkey that verified its owner is both */
	const char *id; /* "app.example"; NULL: no browser would do it here */
	const char *name;
	const char *const *origins;
};

/*
 * Reads and checks identity.webauthn.* and identity.passkey.*; what out holds
 * is in a. -1 after one logged line.
 */
int rp_open(struct arena *a, const struct conf *conf,
    struct rp *out) MUST_CHECK;

/*
 * The party that pages of url belong to: rp itself, or one named like their
 * host (a site of url.domains). False: no browser would do it there.
 */
bool rp_of(struct arena *a, const struct rp *rp, const char *url,
    struct rp *out);

#endif

/*
 * Talking to providers of sign-in (spec identity.md, section 20): where to send
 * a browser, and who came back. Calls go out with time and size limits, follow
 * no redirect and reach public addresses only, besides those of
 * identity.oidc.allow_private. At most identity.oidc.waiting workers of a pool
 * are in here at once.
 */
#ifndef MIRAI_IDENTITY_OIDC_H
#define MIRAI_IDENTITY_OIDC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/code.h"
#include "identity/oidc_config.h"
#include "net/json.h"

struct oidc;

/*
 * Made before the workers are forked, who then share its bound; what each
 * learns of providers it keeps to itself. places is the bound. NULL after one
 * logged line. config outlives it.
 */
struct oidc *oidc_open(const struct oidc_config *config, size_t places);
void oidc_close(struct oidc *o);

/* What a browser is sent away with, and what must come back. */
struct oidc_ticket {
	const char *state;
	const char *nonce;
	const char *verifier;	  /* of PKCE (RFC 7636) */
	const char *redirect_uri; /* ours */
	bool again;		  /* the provider is to ask once more */
	const char *login_hint;	  /* NULL: none */
};

/* What came back. */
struct oidc_answer {
	const char *code;
	const char *issuer; /* iss (RFC 9207); NULL: none */
	const char *user;   /* Apple's; NULL: none */
};

/* Somebody a provider vouches for. */
struct oidc_person {
	const struct oidc_provider *provider;
	const char *subject;	   /* never changes, means nothing elsewhere */
	const char *email;	   /* lower case; NULL: none */
	bool verified;		   /* the provider says it is theirs */
	const struct json *traits; /* as mapped, not checked */
};

/*
 * All three wait for the provider until until_ms (clock_mono_ms() scale) at
 * most. CODE_OK; CODE_RESOURCE_EXHAUSTED: too many wait already;
 * CODE_UNAVAILABLE: the provider does not answer as it should, logged;
 * CODE_PERMISSION_DENIED: what it says does not hold, logged.
 */

/* The address to send the browser to. */
enum code oidc_begin(struct oidc *o, struct arena *a,
    const struct oidc_provider *p, const struct oidc_ticket *ticket,
    int64_t until_ms, const char **url) MUST_CHECK;

/* Who it is that came back with a code. */
enum code oidc_finish(struct oidc *o, struct arena *a,
    const struct oidc_provider *p, const struct oidc_ticket *ticket,
    const struct oidc_answer *answer, int64_t until_ms,
    struct oidc_person *out) MUST_CHECK;

/* Who an ID token that an app brings is of; nonce as the app says. */
enum code oidc_token(struct oidc *o, struct arena *a,
    const struct oidc_provider *p, const char *id_token, const char *nonce,
    int64_t until_ms, struct oidc_person *out) MUST_CHECK;

#endif

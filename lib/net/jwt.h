/*
 * Signed tokens in the compact form (RFC 7515, RFC 7519), as providers of
 * identities send them: RS256 and ES256 by a key of a set, and nothing else.
 * The only user of libcjose.
 */
#ifndef MIRAI_NET_JWT_H
#define MIRAI_NET_JWT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "net/json.h"

#define JWT_MAX_BYTES ((size_t)64 * 1024)

enum jwt_result {
	JWT_BAD = 0,	 /* malformed, of another kind, or not signed so */
	JWT_UNKNOWN_KEY, /* names a key that is not in the set */
	JWT_OK
};

/*
 * Verifies the signature of token by the keys of a JWK set (RFC 7517). JWT_OK:
 * *claims is its payload, an object in a; otherwise *why says what is wrong,
 * without quoting the token. Says nothing about the claims: see jwt_check().
 */
enum jwt_result jwt_verify(struct arena *a, const char *token,
    const struct json *keys, const struct json **claims, const char **why);

/* What the claims of an ID token must say (OpenID Connect Core 3.1.3.7). */
struct jwt_rules {
	const char *issuer;
	const char
	    *audience; /* the client's id: in aud, and azp if there is one */
	/* Other ids of the same client, NULL-terminated; NULL: none. */
	const char *const *others;
	const char *nonce; /* NULL: not looked at */
	int64_t now_s;	   /* seconds since 1970 */
	int64_t leeway_s;  /* how far clocks may differ */
};

/* Whether iss, aud, azp, exp, nbf, iat, sub and nonce hold; if not, *why. */
bool jwt_check(const struct json *claims, const struct jwt_rules *rules,
    const char **why);

/*
 * A token with these claims, signed by ES256 with the private key in pem
 * (PKCS#8 or SEC 1, curve P-256) which the header names kid. NULL: no such key.
 */
char *jwt_sign(struct arena *a, const char *pem, const char *kid,
    const struct json *claims);

#endif

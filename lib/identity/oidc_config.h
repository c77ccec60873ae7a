/*
 * The providers people may sign in with: one file each, "key value" lines
 * below identity.oidc.dir, read and checked before the workers start
 * (mirai-oidc(5)).
 */
#ifndef MIRAI_IDENTITY_OIDC_CONFIG_H
#define MIRAI_IDENTITY_OIDC_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/conf.h"
#include "net/outside.h"

enum oidc_kind {
	OIDC_GENERIC = 0, /* OpenID Connect with discovery */
	OIDC_GOOGLE,
	OIDC_MICROSOFT,
	OIDC_GITHUB, /* OAuth 2.0 without ID token */
	OIDC_APPLE,
	OIDC__MAX
};

/* Where a trait comes from. */
struct oidc_map {
	const char *trait;   /* "name.first" */
	const char *pointer; /* "/given_name", RFC 6901, into the claims */
};

struct oidc_provider {
	const char *id;	    /* "google": in addresses and identifiers */
	const char *source; /* file, for the log */
	size_t index;	    /* in the table */
	enum oidc_kind kind;
	const char *label; /* "Google" */
	const char *issuer;
	const char *client_id;
	const char *client_secret; /* NULL: a public client, or Apple's */
	const char *scopes;
	const char *verified; /* pointer: is the address verified? */
	const char *auth_url; /* these four NULL: by discovery */
	const char *token_url;
	const char *userinfo_url;
	const char *jwks_url;
	const char *emails_url; /* GitHub's */
	const char *apple_team;
	const char *apple_key_id;
	const char *apple_key;	      /* PEM */
	bool secret_in_body;	      /* client_secret_post, not _basic */
	const char *const *audiences; /* of ID tokens that apps bring */
	const struct oidc_map *map;
	size_t nmap;
};

struct oidc_config {
	const struct oidc_provider *providers;
	size_t nproviders;
	const struct outside
	    *allowed;	    /* private addresses that may be called */
	int64_t timeout_ms; /* of one call */
	size_t waiting;	    /* workers that may wait for a provider at once */
};

/* In a; NULL after one logged line that names file and line, or setting. */
struct oidc_config *oidc_config_load(struct arena *a, const struct conf *conf);

/* NULL: no such provider. */
const struct oidc_provider *oidc_config_find(const struct oidc_config *c,
    const char *id);

#endif

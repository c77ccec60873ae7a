/*
 * Credentials: what an identity proves itself with, one row per type, and the
 * identifiers that find it. All run inside the caller's transaction. Secrets
 * in a config are sealed by the caller (identity/seal.h).
 */
#ifndef MIRAI_IDENTITY_CREDENTIAL_H
#define MIRAI_IDENTITY_CREDENTIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/code.h"
#include "base/str.h"
#include "db/db.h"
#include "net/json.h"

struct credential {
	char id[STR_UUID_LEN + 1];
	char identity_id[STR_UUID_LEN + 1];
	const char *type; /* "totp" */
	const struct json *config;
	const char *const *identifiers; /* NULL-terminated */
	int64_t version;		/* counts changes of config */
	int64_t created_at;
	int64_t updated_at;
};

/* CODE_NOT_FOUND: the identity has none of that type. */
enum code credential_get(struct db *db, struct arena *a,
    const char *identity_id, const char *type,
    struct credential *out) MUST_CHECK;

/* The one an identifier (already normalised) belongs to. */
enum code credential_find(struct db *db, struct arena *a, const char *type,
    const char *identifier, struct credential *out) MUST_CHECK;

/* All of an identity, by type. */
enum code credential_list(struct db *db, struct arena *a,
    const char *identity_id, struct credential **out, size_t *nout) MUST_CHECK;

/*
 * Makes or replaces it with exactly these identifiers (NULL-terminated; NULL:
 * those there are stay). CODE_ALREADY_EXISTS: one belongs to somebody else;
 * the transaction can only be ended then.
 */
enum code credential_put(struct db *db, struct arena *a,
    const char *identity_id, const char *type, const struct json *config,
    const char *const *identifiers) MUST_CHECK;

/*
 * A new config for c, unless somebody else changed it since it was read:
 * CODE_ABORTED then. This is what makes a code good for one use.
 */
enum code credential_change(struct db *db, struct arena *a,
    const struct credential *c, const struct json *config) MUST_CHECK;

/* CODE_NOT_FOUND: there was none. */
enum code credential_delete(struct db *db, const char *identity_id,
    const char *type) MUST_CHECK;

/*
 * How many ways to sign in an identity has left without type (NULL: count
 * all): password, passkeys, sign-in by code, and each linked provider.
 */
enum code credential_first_factors(struct db *db, const char *identity_id,
    const char *but, int64_t *n) MUST_CHECK;

extern const struct db_query credential_queries[];

#endif

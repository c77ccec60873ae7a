/*
 * Changing the traits of a person, and what hangs on them: the identifiers one
 * signs in with, and the addresses to verify and to recover by. All run inside
 * the caller's transaction.
 */
#ifndef MIRAI_IDENTITY_TRAITS_H
#define MIRAI_IDENTITY_TRAITS_H

#include "base/arena.h"
#include "base/code.h"
#include "db/db.h"
#include "identity/schema.h"
#include "net/json.h"

/* Which addresses to verify a change took and gave; NULL-terminated. */
struct traits_moves {
	const char *const *gone;
	const char *const *added; /* not verified yet */
};

/*
 * Replaces the traits (checked by the caller: schema_check()) of identity id
 * and has identifiers and addresses follow. moves may be NULL.
 * CODE_ALREADY_EXISTS: one belongs to somebody else, as the unique indexes
 * say; the transaction can only be ended then. CODE_NOT_FOUND: no such
 * identity.
 */
enum code traits_set(struct db *db, struct arena *a, const struct schema *s,
    const char *id, const struct json *traits,
    struct traits_moves *moves) MUST_CHECK;

/* The second half alone: for traits written already. */
enum code traits_follow(struct db *db, struct arena *a, const struct schema *s,
    const char *id, const struct json *traits,
    struct traits_moves *moves) MUST_CHECK;

/*
 * The normalised values of those leaves that are identifiers or addresses of
 * any kind: what a change of needs a fresh sign-in. NULL-terminated.
 */
const char *const *traits_keys(struct arena *a, const struct schema *s,
    const struct json *traits);

extern const struct db_query traits_queries[];

#endif

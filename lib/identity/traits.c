/*
 * Traits and what follows them. What stays keeps its state: an address that
 * was verified is so after a change of name. No read decides whether an
 * address is free; the unique indexes do.
 */
#include "identity/traits.h"

#include <string.h>

#include "identity/identity.h"
#include "identity/nfc.h"

enum query {
	Q_SET,
	Q_DROP_IDENTIFIERS,
	Q_ADD_IDENTIFIERS,
	Q_DROP_VERIFIABLE,
	Q_ADD_VERIFIABLE,
	Q_DROP_RECOVERY,
	Q_ADD_RECOVERY,
	Q__MAX
};

#define DROP(table)                                                      \
	"DELETE FROM " table " WHERE identity_id = $1 AND value <> ALL " \
	"($2::text[]) RETURNING value"

#define ADD(table)                                                          \
	"INSERT INTO " table " (identity_id, value) SELECT $1::uuid, v"     \
	" FROM unnest($2::text[]) v WHERE NOT EXISTS (SELECT 1 FROM " table \
	" o WHERE o.identity_id = $1::uuid AND o.value = v)"                \
	" RETURNING value"

const struct db_query traits_queries[] = {
	[Q_SET] = {
	    .name = "traits_set",
	    .nargs = 2, /* identity, traits */
	    .sql = "UPDATE identities SET traits = $2, updated_at = now()"
		   " WHERE id = $1",
	},
	[Q_DROP_IDENTIFIERS] = {
	    .name = "traits_drop_identifiers",
	    .nargs = 2, /* identity, identifiers that stay */
	    .sql = "DELETE FROM credential_identifiers n USING credentials c"
		   " WHERE c.id = n.credential_id AND c.identity_id = $1"
		   " AND c.type IN ('password', 'code')"
		   " AND n.identifier <> ALL ($2::text[])",
	},
	[Q_ADD_IDENTIFIERS] = {
	    .name = "traits_add_identifiers",
	    .nargs = 2, /* identity, identifiers */
	    .sql = "INSERT INTO credential_identifiers"
		   " (type, identifier, credential_id)"
		   " SELECT c.type, v, c.id FROM credentials c,"
		   " unnest($2::text[]) v WHERE c.identity_id = $1"
		   " AND c.type IN ('password', 'code') AND NOT EXISTS"
		   " (SELECT 1 FROM credential_identifiers o"
		   " WHERE o.credential_id = c.id AND o.identifier = v)",
	},
	[Q_DROP_VERIFIABLE] = {
	    .name = "traits_drop_verifiable",
	    .nargs = 2, /* identity, values that stay */
	    .sql = DROP("verifiable_addresses"),
	},
	[Q_ADD_VERIFIABLE] = {
	    .name = "traits_add_verifiable",
	    .nargs = 2, /* identity, values */
	    .sql = ADD("verifiable_addresses"),
	},
	[Q_DROP_RECOVERY] = {
	    .name = "traits_drop_recovery",
	    .nargs = 2, /* identity, values that stay */
	    .sql = DROP("recovery_addresses"),
	},
	[Q_ADD_RECOVERY] = {
	    .name = "traits_add_recovery",
	    .nargs = 2, /* identity, values */
	    .sql = ADD("recovery_addresses"),
	},
	[Q__MAX] = { 0 },
};

/* --- values ---------------------------------------------------------------- */

static bool
is_identifier(const struct schema_leaf *leaf)
{
	return leaf->identifier;
}

static bool
is_verifiable(const struct schema_leaf *leaf)
{
	return leaf->verification;
}

static bool
is_recovery(const struct schema_leaf *leaf)
{
	return leaf->recovery;
}

static bool
is_key(const struct schema_leaf *leaf)
{
	return leaf->identifier || leaf->verification || leaf->recovery;
}

/* The normalised values of the leaves that fit, each once. */
static const char *const *
values_of(struct arena *a, const struct schema *s, const struct json *traits,
    bool (*fits)(const struct schema_leaf *))
{
	const char **list, *value;
	size_t i, n = 0;

	list = arena_calloc(a, s->nleaves + 1, sizeof(*list));
	for (i = 0; i < s->nleaves; i++) {
		if (!fits(&s->leaves[i]) ||
		    (value = schema_value(&s->leaves[i], traits)) == NULL)
			continue;
		value = nfc_identifier(a, value);
		if (!str_is_listed(list, value))
			list[n++] = value;
	}
	return list;
}

const char *const *
traits_keys(struct arena *a, const struct schema *s, const struct json *traits)
{
	return values_of(a, s, traits, is_key);
}

/* --- writing --------------------------------------------------------------- */

/* Runs a statement; *values gets what it returns, unless NULL. */
static enum code
run(struct db *db, struct arena *a, enum query q, const char *id,
    const char *list, const char *const **values)
{
	struct db_rows *rows;
	const char **texts;
	size_t n = 0;

	rows = db_run(db, &traits_queries[q], DB_ARGS(id, list));
	if (rows == NULL)
		return identity_fault(db);
	if (values == NULL)
		return CODE_OK;
	texts = arena_calloc(a, db_count(rows) + 1, sizeof(*texts));
	while (db_next(rows))
		texts[n++] = db_text(rows, 0);
	*values = texts;
	return CODE_OK;
}

static const char *
array_of(struct arena *a, const char *const *list)
{
	size_t n;

	for (n = 0; list[n] != NULL; n++)
		continue;
	return db_arg_array(a, list, n);
}

enum code
traits_follow(struct db *db, struct arena *a, const struct schema *s,
    const char *id, const struct json *traits, struct traits_moves *moves)
{
	const struct {
		bool (*fits)(const struct schema_leaf *);
		enum query drop, add;
		const char *const **gone, *const **added;
	} rows[] = {
		{ is_identifier, Q_DROP_IDENTIFIERS, Q_ADD_IDENTIFIERS, NULL,
		    NULL },
		{ is_verifiable, Q_DROP_VERIFIABLE, Q_ADD_VERIFIABLE,
		    moves == NULL ? NULL : &moves->gone,
		    moves == NULL ? NULL : &moves->added },
		{ is_recovery, Q_DROP_RECOVERY, Q_ADD_RECOVERY, NULL, NULL },
	};
	enum code code = CODE_OK;
	const char *list;
	size_t i;

	for (i = 0; code == CODE_OK && i < NITEMS(rows); i++) {
		list = array_of(a, values_of(a, s, traits, rows[i].fits));
		code = run(db, a, rows[i].drop, id, list, rows[i].gone);
		if (code == CODE_OK)
			code = run(db, a, rows[i].add, id, list, rows[i].added);
	}
	return code;
}

enum code
traits_set(struct db *db, struct arena *a, const struct schema *s,
    const char *id, const struct json *traits, struct traits_moves *moves)
{
	struct db_rows *rows;

	rows = db_run(db, &traits_queries[Q_SET],
	    DB_ARGS(id, json_string(a, traits, JSON_COMPACT)));
	if (rows == NULL)
		return identity_fault(db);
	if (db_affected(rows) == 0)
		return CODE_NOT_FOUND;
	return traits_follow(db, a, s, id, traits, moves);
}

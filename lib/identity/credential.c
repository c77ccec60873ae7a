/*
 * Rows of credentials. The unique index on identifiers alone decides who has
 * one; version numbers decide between two changes at once.
 */
#include "identity/credential.h"

#include <string.h>

#include "identity/identity.h"

#define COLUMNS                                                            \
	"c.id, c.identity_id, c.type, c.config::text, c.version,"          \
	" c.created_at, c.updated_at, (SELECT json_agg(n.identifier ORDER" \
	" BY n.identifier) FROM credential_identifiers n"                  \
	" WHERE n.credential_id = c.id)::text FROM credentials c"

enum query {
	Q_GET,
	Q_FIND,
	Q_LIST,
	Q_PUT,
	Q_IDENTIFIER,
	Q_DROP_IDENTIFIERS,
	Q_CHANGE,
	Q_DELETE,
	Q_FIRST,
	Q__MAX
};

const struct db_query credential_queries[] = {
	[Q_GET] = {
	    .name = "credential_get",
	    .nargs = 2, /* identity, type */
	    .sql = "SELECT " COLUMNS
		   " WHERE c.identity_id = $1 AND c.type = $2",
	},
	[Q_FIND] = {
	    .name = "credential_find",
	    .nargs = 2, /* type, identifier */
	    .sql = "SELECT " COLUMNS " JOIN credential_identifiers m"
		   " ON m.credential_id = c.id"
		   " WHERE m.type = $1 AND m.identifier = $2",
	},
	[Q_LIST] = {
	    .name = "credential_list",
	    .nargs = 1, /* identity */
	    .sql = "SELECT " COLUMNS " WHERE c.identity_id = $1 ORDER BY c.type",
	},
	[Q_PUT] = {
	    .name = "credential_put",
	    .nargs = 3, /* identity, type, config */
	    .sql = "INSERT INTO credentials (identity_id, type, config)"
		   " VALUES ($1, $2, $3) ON CONFLICT (identity_id, type)"
		   " DO UPDATE SET config = EXCLUDED.config,"
		   " version = credentials.version + 1, updated_at = now()"
		   " RETURNING id",
	},
	[Q_IDENTIFIER] = {
	    .name = "credential_identifier",
	    .nargs = 2, /* credential, identifier */
	    .sql = "INSERT INTO credential_identifiers"
		   " (type, identifier, credential_id)"
		   " SELECT type, $2, id FROM credentials WHERE id = $1",
	},
	[Q_DROP_IDENTIFIERS] = {
	    .name = "credential_drop_identifiers",
	    .nargs = 1, /* credential */
	    .sql = "DELETE FROM credential_identifiers"
		   " WHERE credential_id = $1",
	},
	[Q_CHANGE] = {
	    .name = "credential_change",
	    .nargs = 3, /* id, version, config */
	    .sql = "UPDATE credentials SET config = $3,"
		   " version = version + 1, updated_at = now()"
		   " WHERE id = $1 AND version = $2::integer",
	},
	[Q_DELETE] = {
	    .name = "credential_delete",
	    .nargs = 2, /* identity, type */
	    .sql = "DELETE FROM credentials"
		   " WHERE identity_id = $1 AND type = $2",
	},
	[Q_FIRST] = {
	    .name = "credential_first_factors",
	    .nargs = 2, /* identity, but */
	    .sql = "SELECT count(*) FROM credentials c"
		   " LEFT JOIN credential_identifiers n"
		   " ON n.credential_id = c.id AND c.type = 'oidc'"
		   " WHERE c.identity_id = $1"
		   " AND c.type IN ('password', 'passkey', 'oidc', 'code')"
		   " AND (c.type <> 'oidc' OR n.identifier IS NOT NULL)"
		   " AND c.type IS DISTINCT FROM $2",
	},
	[Q__MAX] = { 0 },
};

static void
read_row(struct arena *a, const struct db_rows *rows, struct credential *out)
{
	const char *config = db_text(rows, 3), *names = db_text(rows, 7);
	const struct json *list;
	const char **items;
	size_t i, n;

	str_uuid_canon(db_text(rows, 0), out->id);
	str_uuid_canon(db_text(rows, 1), out->identity_id);
	out->type = db_text(rows, 2);
	out->config = json_parse(a, config, strlen(config), NULL, NULL);
	out->version = db_int(rows, 4);
	out->created_at = db_time(rows, 5);
	out->updated_at = db_time(rows, 6);
	list = json_parse(a, names, strlen(names), NULL, NULL);
	n = json_count(list);
	items = arena_calloc(a, n + 1, sizeof(*items));
	for (i = 0; i < n; i++)
		items[i] = json_text(json_at(list, i));
	out->identifiers = items;
}

static enum code
one(struct db *db, struct arena *a, const struct db_rows *rows,
    struct credential *out)
{
	if (rows == NULL)
		return identity_fault(db);
	if (db_count(rows) == 0)
		return CODE_NOT_FOUND;
	read_row(a, rows, out);
	return CODE_OK;
}

enum code
credential_get(struct db *db, struct arena *a, const char *identity_id,
    const char *type, struct credential *out)
{
	struct db_rows *rows;

	rows =
	    db_run(db, &credential_queries[Q_GET], DB_ARGS(identity_id, type));
	if (rows != NULL)
		(void)db_next(rows);
	return one(db, a, rows, out);
}

enum code
credential_find(struct db *db, struct arena *a, const char *type,
    const char *identifier, struct credential *out)
{
	struct db_rows *rows;

	rows =
	    db_run(db, &credential_queries[Q_FIND], DB_ARGS(type, identifier));
	if (rows != NULL)
		(void)db_next(rows);
	return one(db, a, rows, out);
}

enum code
credential_list(struct db *db, struct arena *a, const char *identity_id,
    struct credential **out, size_t *nout)
{
	struct db_rows *rows;
	struct credential *list;
	size_t n = 0;

	rows = db_run(db, &credential_queries[Q_LIST], DB_ARGS(identity_id));
	if (rows == NULL)
		return identity_fault(db);
	list = arena_calloc(a, db_count(rows) + 1, sizeof(*list));
	while (db_next(rows))
		read_row(a, rows, &list[n++]);
	*out = list;
	*nout = n;
	return CODE_OK;
}

static enum code
put_identifiers(struct db *db, const char *id, const char *const *identifiers)
{
	size_t i;

	if (db_run(db, &credential_queries[Q_DROP_IDENTIFIERS], DB_ARGS(id)) ==
	    NULL)
		return identity_fault(db);
	for (i = 0; identifiers[i] != NULL; i++)
		if (db_run(db, &credential_queries[Q_IDENTIFIER],
			DB_ARGS(id, identifiers[i])) == NULL)
			return identity_fault(db);
	return CODE_OK;
}

enum code
credential_put(struct db *db, struct arena *a, const char *identity_id,
    const char *type, const struct json *config, const char *const *identifiers)
{
	struct db_rows *rows;
	const char *id;

	rows = db_run(db, &credential_queries[Q_PUT],
	    DB_ARGS(identity_id, type, json_string(a, config, JSON_COMPACT)));
	if (rows == NULL || !db_next(rows))
		return identity_fault(db);
	id = arena_strdup(a, db_text(rows, 0));
	return identifiers == NULL ? CODE_OK
				   : put_identifiers(db, id, identifiers);
}

static enum code
changed(struct db *db, const struct db_rows *rows, enum code none)
{
	if (rows == NULL)
		return identity_fault(db);
	return db_affected(rows) == 0 ? none : CODE_OK;
}

enum code
credential_change(struct db *db, struct arena *a, const struct credential *c,
    const struct json *config)
{
	return changed(db,
	    db_run(db, &credential_queries[Q_CHANGE],
		DB_ARGS(c->id, db_arg_int(a, c->version),
		    json_string(a, config, JSON_COMPACT))),
	    CODE_ABORTED);
}

enum code
credential_delete(struct db *db, const char *identity_id, const char *type)
{
	return changed(db,
	    db_run(db, &credential_queries[Q_DELETE],
		DB_ARGS(identity_id, type)),
	    CODE_NOT_FOUND);
}

enum code
credential_first_factors(struct db *db, const char *identity_id,
    const char *but, int64_t *n)
{
	struct db_rows *rows;

	rows =
	    db_run(db, &credential_queries[Q_FIRST], DB_ARGS(identity_id, but));
	if (rows == NULL || !db_next(rows))
		return identity_fault(db);
	*n = db_int(rows, 0);
	return CODE_OK;
}

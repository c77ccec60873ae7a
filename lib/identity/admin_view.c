/*
 * One select for all questions, so that an identity looks the same whichever
 * way it was found.
 */
#include "identity/admin_view.h"

#include <string.h>

#include "identity/nfc.h"

#define COLUMNS                                                                \
	IDENTITY_COLUMNS                                                       \
	", i.metadata_admin::text, (SELECT json_object_agg(c.type,"            \
	" json_build_object('type', c.type, 'identifiers', coalesce("          \
	"(SELECT json_agg(n.identifier ORDER BY n.identifier)"                 \
	" FROM credential_identifiers n WHERE n.credential_id = c.id), '[]')," \
	" 'config', CASE WHEN c.type <> 'password' AND c.type = ANY ($1)"      \
	" THEN c.config END, 'version', c.version,"                            \
	" 'created_at', instant(c.created_at),"                                \
	" 'updated_at', instant(c.updated_at)) ORDER BY c.type)"               \
	" FROM credentials c WHERE c.identity_id = i.id)::text"
#define SELECT "SELECT " COLUMNS " FROM identities i"
#define ORDER  " ORDER BY i.created_at, i.id"

enum query {
	Q_GET,
	Q_EXTERNAL,
	Q_LIST,
	Q_IDENTIFIER,
	Q_IDS,
	Q_ORGANIZATION,
	Q_LOCK,
	Q__MAX
};

const struct db_query admin_view_queries[] = {
	[Q_GET] = {
	    .name = "admin_view_get",
	    .nargs = 2, /* types, id */
	    .sql = SELECT " WHERE i.id = $2",
	},
	[Q_EXTERNAL] = {
	    .name = "admin_view_external",
	    .nargs = 2, /* types, external id */
	    .sql = SELECT " WHERE i.external_id = $2",
	},
	[Q_LIST] = {
	    .name = "admin_view_list",
	    .nargs = 3, /* types, after, limit */
	    .sql = SELECT " WHERE $2::uuid IS NULL OR (i.created_at, i.id) >"
			  " (SELECT o.created_at, o.id FROM identities o"
			  " WHERE o.id = $2::uuid)" ORDER " LIMIT $3::bigint",
	},
	[Q_IDENTIFIER] = {
	    .name = "admin_view_identifier",
	    .nargs = 3, /* types, as typed, normalised */
	    .sql = SELECT " WHERE i.id IN (SELECT m.identity_id"
			  " FROM credential_identifiers n"
			  " JOIN credentials m ON m.id = n.credential_id"
			  " WHERE n.type = ANY (ARRAY['password', 'code',"
			  " 'totp', 'lookup_secret', 'webauthn', 'passkey',"
			  " 'oidc']) AND n.identifier IN ($2, $3)"
			  " UNION SELECT v.identity_id"
			  " FROM verifiable_addresses v"
			  " WHERE v.via = 'email' AND v.value = $3)" ORDER,
	},
	[Q_IDS] = {
	    .name = "admin_view_ids",
	    .nargs = 2, /* types, ids */
	    .sql = SELECT " WHERE i.id = ANY ($2::uuid[])" ORDER,
	},
	[Q_ORGANIZATION] = {
	    .name = "admin_view_organization",
	    .nargs = 4, /* types, organization, after, limit */
	    .sql = SELECT " WHERE i.organization_id = $2::uuid"
			  " AND ($3::uuid IS NULL OR (i.created_at, i.id) >"
			  " (SELECT o.created_at, o.id FROM identities o"
			  " WHERE o.id = $3::uuid))" ORDER " LIMIT $4::bigint",
	},
	[Q_LOCK] = {
	    .name = "admin_view_lock",
	    .nargs = 1, /* identity */
	    .sql = "SELECT state = 'active' FROM identities WHERE id = $1"
		   " FOR UPDATE",
	},
	[Q__MAX] = { 0 },
};

static const char *
text_array(struct visit *c, const char *const *list)
{
	size_t n = 0;

	while (list != NULL && list[n] != NULL)
		n++;
	return db_arg_array(c->mem, list, n);
}

/* The members of one credential but its config when that is not shown. */
static void
put_credential(struct json *o, const char *type, const struct json *in)
{
	struct json *out = json_put_object(o, type);
	const char *key;
	size_t i;

	for (i = 0; (key = json_key_at(in, i)) != NULL; i++)
		if (json_get(in, key) != NULL)
			json_put(out, key, json_get(in, key));
}

static const struct json *
column(struct visit *c, const struct db_rows *rows, unsigned col)
{
	const char *text = db_text(rows, col);

	return json_parse(c->mem, text, strlen(text), NULL, NULL);
}

static const struct json *
read_row(struct visit *c, const struct db_rows *rows)
{
	struct json *o = json_new_object(c->mem), *list;
	const struct json *credentials;
	struct identity who;
	const char *key;
	size_t i;

	identity_read(c->mem, rows, 0, c->p->base_url, &who);
	for (i = 0; (key = json_key_at(who.json, i)) != NULL; i++) {
		if (json_get(who.json, key) == NULL)
			json_put_null(o, key);
		else
			json_put(o, key, json_get(who.json, key));
		if (strcmp(key, "metadata_public") != 0)
			continue;
		if (db_null(rows, IDENTITY_NCOLUMNS))
			json_put_null(o, "metadata_admin");
		else
			json_put(o, "metadata_admin",
			    column(c, rows, IDENTITY_NCOLUMNS));
	}
	list = json_put_object(o, "credentials");
	credentials = column(c, rows, IDENTITY_NCOLUMNS + 1);
	for (i = 0; (key = json_key_at(credentials, i)) != NULL; i++)
		put_credential(list, key, json_get(credentials, key));
	return o;
}

static enum code
one(struct visit *c, enum query q, const char *value, const char *const *config,
    const struct json **out)
{
	struct db_rows *rows;

	rows = db_run(c->db, &admin_view_queries[q],
	    DB_ARGS(text_array(c, config), value));
	if (rows == NULL)
		return identity_fault(c->db);
	if (!db_next(rows))
		return CODE_NOT_FOUND;
	*out = read_row(c, rows);
	return CODE_OK;
}

enum code
admin_view_get(struct visit *c, const char *id, const char *const *config,
    const struct json **out)
{
	if (!str_is_uuid(id))
		return CODE_NOT_FOUND;
	return one(c, Q_GET, id, config, out);
}

enum code
admin_view_by_external(struct visit *c, const char *external_id,
    const char *const *config, const struct json **out)
{
	return one(c, Q_EXTERNAL, external_id, config, out);
}

static struct db_rows *
find(struct visit *c, const struct admin_view_filter *f, const char *types)
{
	const struct db_query *q = admin_view_queries;
	const char *limit = db_arg_int(c->mem, f->limit);

	if (f->identifier != NULL)
		return db_run(c->db, &q[Q_IDENTIFIER],
		    DB_ARGS(types, f->identifier,
			nfc_identifier(c->mem, f->identifier)));
	if (f->ids != NULL)
		return db_run(c->db, &q[Q_IDS],
		    DB_ARGS(types, text_array(c, f->ids)));
	if (f->organization_id != NULL)
		return db_run(c->db, &q[Q_ORGANIZATION],
		    DB_ARGS(types, f->organization_id, f->after, limit));
	return db_run(c->db, &q[Q_LIST], DB_ARGS(types, f->after, limit));
}

enum code
admin_view_list(struct visit *c, const struct admin_view_filter *f,
    const char *const *config, struct json **out)
{
	struct json *list = json_new_list(c->mem);
	struct db_rows *rows;

	if ((rows = find(c, f, text_array(c, config))) == NULL)
		return identity_fault(c->db);
	while (db_next(rows))
		json_add(list, read_row(c, rows));
	*out = list;
	return CODE_OK;
}

enum code
admin_view_lock(struct visit *c, const char *id, bool *active)
{
	struct db_rows *rows;

	if (!str_is_uuid(id))
		return CODE_NOT_FOUND;
	rows = db_run(c->db, &admin_view_queries[Q_LOCK], DB_ARGS(id));
	if (rows == NULL)
		return identity_fault(c->db);
	if (!db_next(rows))
		return CODE_NOT_FOUND;
	if (active != NULL)
		*active = db_bool(rows, 0);
	return CODE_OK;
}

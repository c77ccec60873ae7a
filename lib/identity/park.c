/*
 * Rows of parked submits. Taking one out deletes it in a transaction of its
 * own, before anything is done with it: whatever becomes of it then, it never
 * comes twice.
 */
#include "identity/park.h"

#include <string.h>

#include "identity/seal.h"

#define LIFE_SECONDS 900

enum query {
	Q_KEEP,
	Q_TAKE,
	Q__MAX
};

const struct db_query park_queries[] = {
	[Q_KEEP] = {
	    .name = "park_keep",
	    .nargs = 5, /* id, flow, session, sealed, seconds */
	    .sql = "INSERT INTO parked_submits"
		   " (id, flow_id, session_id, sealed, expires_at)"
		   " VALUES ($1, $2, $3, $4,"
		   " now() + $5::bigint * interval '1 second')"
		   " ON CONFLICT (flow_id) DO UPDATE SET id = EXCLUDED.id,"
		   " session_id = EXCLUDED.session_id,"
		   " sealed = EXCLUDED.sealed,"
		   " expires_at = EXCLUDED.expires_at",
	},
	[Q_TAKE] = {
	    .name = "park_take",
	    .nargs = 3, /* id, flow, session */
	    .sql = "DELETE FROM parked_submits WHERE id = $1"
		   " AND flow_id = $2 AND session_id = $3"
		   " AND expires_at > now() RETURNING sealed",
	},
	[Q__MAX] = { 0 },
};

static const char *
context(struct arena *a, const char *id)
{
	return arena_printf(a, "parked:%s", id);
}

bool
park_keep(struct visit *c, const struct flow *f, const struct json *body)
{
	const char *text = json_string(c->mem, body, JSON_COMPACT);
	char id[STR_UUID_LEN + 1];
	const struct db_rows *rows;

	str_uuid_new(id);
	visit_begin(c, DB_TX_WRITE);
	rows = db_run(c->db, &park_queries[Q_KEEP],
	    DB_ARGS(id, f->id, c->session->id,
		seal_close(c->mem, c->p->secrets, context(c->mem, id), text,
		    strlen(text)),
		db_arg_int(c->mem, LIFE_SECONDS)));
	if (!visit_end(c, rows == NULL ? identity_fault(c->db) : CODE_OK))
		return false;
	visit_cookie(c, IDP_PARKED_COOKIE, id, LIFE_SECONDS);
	return true;
}

static const struct json *
unseal(struct visit *c, const char *id, const char *sealed)
{
	char *text;
	size_t len;

	text = seal_open(c->mem, c->p->secrets, context(c->mem, id), sealed,
	    &len, NULL);
	if (text == NULL)
		return NULL;
	return json_parse(c->mem, text, len, NULL, NULL);
}

bool
park_take(struct visit *c, const struct flow *f, const struct json **body)
{
	const char *cookie = req_cookie(c->r, IDP_PARKED_COOKIE);
	char id[STR_UUID_LEN + 1];
	struct db_rows *rows;

	*body = NULL;
	if (cookie == NULL || !str_uuid_canon(cookie, id))
		return true;
	visit_begin(c, DB_TX_WRITE);
	rows = db_run(c->db, &park_queries[Q_TAKE],
	    DB_ARGS(id, f->id, c->session->id));
	if (!visit_end(c, rows == NULL ? identity_fault(c->db) : CODE_OK))
		return false;
	if (db_next(rows)) {
		*body = unseal(c, id, db_text(rows, 0));
		visit_cookie(c, IDP_PARKED_COOKIE, "", -1);
	}
	return true;
}

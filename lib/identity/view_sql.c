/*
 * The pages' window on the identity database. Reads name no table; the writes
 * end sessions of the caller and leave their rows in the audit trail.
 */
#include "identity/view_sql.h"

#include <string.h>

#include "base/utf8.h"
#include "identity/csrf.h"
#include "identity/flow.h"
#include "identity/idp.h"
#include "identity/session.h"

enum query {
	Q_FLOW,
	Q_FLOW_KNOWN,
	Q_ERROR,
	Q_SESSIONS,
	Q_END_SESSION,
	Q_END_OTHERS,
	Q_SIGN_OUT,
	Q__MAX
};

const struct db_query view_sql_queries[] = {
	[Q_FLOW] = {
	    .name = "view_flow",
	    .nargs = 5, /* id, kind, CSRF cookie, hashes of the credentials */
	    .sql = "SELECT ui, state, active, refresh, requested_aal,"
		   " return_to, expired, aal2_due"
		   " FROM page_flow($1::uuid, $2, $3, $4, $5)",
	},
	[Q_FLOW_KNOWN] = {
	    .name = "view_flow_known",
	    .nargs = 2, /* id, kind */
	    .sql = "SELECT page_flow_known($1::uuid, $2)",
	},
	[Q_ERROR] = {
	    .name = "view_error",
	    .nargs = 1, /* id */
	    .sql = "SELECT page_error($1::uuid)",
	},
	[Q_SESSIONS] = {
	    .name = "view_sessions",
	    .nargs = 1, /* identity */
	    .sql = "SELECT id, ip_address, user_agent, location,"
		   " authenticated_at, expires_at"
		   " FROM page_sessions($1::uuid)",
	},
	[Q_END_SESSION] = {
	    .name = "view_end_session",
	    .nargs = 4, /* session, identity, address, agent */
	    .sql = "SELECT * FROM page_end_session($1::uuid, $2::uuid, $3,"
		   " $4)",
	},
	[Q_END_OTHERS] = {
	    .name = "view_end_others",
	    .nargs = 4, /* session that stays, identity, address, agent */
	    .sql = "SELECT * FROM page_end_others($1::uuid, $2::uuid, $3, $4)",
	},
	[Q_SIGN_OUT] = {
	    .name = "view_sign_out",
	    .nargs = 4, /* hashes of cookie and token, address, agent */
	    .sql = "SELECT * FROM page_sign_out($1, $2, $3, $4)",
	},
	[Q__MAX] = { 0 },
};

#define AGENT_MAX 128 /* characters kept of a User-Agent */

/* Runs one statement in its own transaction; NULL after a failure. */
static struct db_rows *
ask(struct db *db, struct req *r, enum db_tx tx, enum query q, size_t nargs,
    const char *const *args)
{
	struct db_scope scope = { .deadline_ms = r->deadline_ms };
	struct db_rows *rows;

	db_use(db, r->mem);
	db_begin(db, tx, &scope);
	rows = db_last(db, &view_sql_queries[q], nargs, args);
	if (db_end(db, rows == NULL ? CODE_UNAVAILABLE : CODE_OK) != CODE_OK)
		return NULL;
	return rows;
}

/* The CSRF cookie of the identity service that came with the request. */
static const char *
csrf_cookie_value(struct req *r)
{
	const char *base;

	base = conf_text(r->env->conf, "url.auth");
	return req_cookie(r,
	    arena_printf(r->mem, "csrf_token_%s",
		crypt_sha256_hex(r->mem, base, strlen(base))));
}

/* The hashes of the credentials a browser may hold; NULL: does not. */
static const char *
cookie_hash(struct req *r)
{
	return session_hash(r->mem, SESSION_COOKIE,
	    req_cookie(r, IDP_SESSION_COOKIE));
}

static const char *
token_hash(struct req *r)
{
	return session_hash(r->mem, SESSION_TOKEN,
	    req_cookie(r, IDP_TOKEN_COOKIE));
}

/* What the caller's session may be carried by (identity/ui.h). */
static const char *const *
session_keys(struct req *r)
{
	const char **keys = arena_calloc(r->mem, 3, sizeof(*keys));
	size_t n = 0;

	if ((keys[n] = req_cookie(r, IDP_SESSION_COOKIE)) != NULL)
		n++;
	keys[n] = req_cookie(r, IDP_TOKEN_COOKIE);
	return keys;
}

static void
read_flow(struct req *r, const struct db_rows *rows, const char *kind,
    const char *cookie, struct view_flow *out)
{
	out->ui = ui_load(r->mem, db_text(rows, 0),
	    flow_keys(r->mem, kind, session_keys(r), cookie));
	out->csrf = csrf_mask(r->mem, cookie);
	out->state = db_text(rows, 1);
	out->active = db_text_null(rows, 2);
	out->refresh = db_bool(rows, 3);
	out->requested_aal = db_text(rows, 4);
	out->return_to = db_text_null(rows, 5);
	out->expired = db_bool(rows, 6);
	out->aal2_due = db_bool(rows, 7);
}

static enum code
find_without_cookie(struct db *db, struct req *r, const char *kind,
    const char *id)
{
	struct db_rows *rows;

	rows = ask(db, r, DB_TX_READ, Q_FLOW_KNOWN, DB_ARGS(id, kind));
	if (rows == NULL)
		return CODE_UNAVAILABLE;
	return db_next(rows) && db_bool(rows, 0) ? CODE_FAILED_PRECONDITION
						 : CODE_NOT_FOUND;
}

static enum code
sql_flow(struct view *v, struct req *r, const char *kind, const char *id,
    struct view_flow *out)
{
	struct db_rows *rows;
	const char *cookie;

	cookie = csrf_cookie_value(r);
	if (!str_is_uuid(id))
		return CODE_NOT_FOUND;
	if (cookie == NULL)
		return find_without_cookie(v->db, r, kind, id);
	rows = ask(v->db, r, DB_TX_READ, Q_FLOW,
	    DB_ARGS(id, kind, cookie, cookie_hash(r), token_hash(r)));
	if (rows == NULL)
		return CODE_UNAVAILABLE;
	if (!db_next(rows))
		return CODE_NOT_FOUND;
	read_flow(r, rows, kind, cookie, out);
	return CODE_OK;
}

static enum code
sql_error(struct view *v, struct req *r, const char *id,
    const struct json **out)
{
	struct db_rows *rows;
	const char *text;

	if (!str_is_uuid(id))
		return CODE_NOT_FOUND;
	rows = ask(v->db, r, DB_TX_READ, Q_ERROR, DB_ARGS(id));
	if (rows == NULL)
		return CODE_UNAVAILABLE;
	if (!db_next(rows) || db_null(rows, 0))
		return CODE_NOT_FOUND;
	text = db_text(rows, 0);
	*out = json_parse(r->mem, text, strlen(text), NULL, NULL);
	return *out == NULL ? CODE_NOT_FOUND : CODE_OK;
}

/* --- sessions -------------------------------------------------------------- */

static enum code
sql_sessions(struct view *v, struct req *r, struct view_session **out,
    size_t *nout)
{
	struct view_session *s;
	struct db_rows *rows;

	rows =
	    ask(v->db, r, DB_TX_READ, Q_SESSIONS, DB_ARGS(r->who.identity_id));
	if (rows == NULL)
		return CODE_UNAVAILABLE;
	*out = arena_zalloc(r->mem, (db_count(rows) + 1) * sizeof(**out));
	for (s = *out; db_next(rows); s++) {
		s->id = db_text(rows, 0);
		s->ip = db_text_null(rows, 1);
		s->agent = db_text_null(rows, 2);
		s->location = db_text_null(rows, 3);
		s->authenticated_at = db_time(rows, 4);
		s->expires_at = db_time(rows, 5);
		s->current = str_eq(s->id, r->who.session_id);
	}
	*nout = (size_t)(s - *out);
	return CODE_OK;
}

static const char *
user_agent(struct req *r)
{
	const char *value;

	value = req_header(r, "user-agent");
	if (value == NULL || !utf8_valid(value, strlen(value)))
		return NULL;
	return arena_strndup(r->mem, value, utf8_prefix(value, AGENT_MAX));
}

/* The sessions with these hashes are no more; how many. */
static size_t
tell_hosts(struct req *r, struct db_rows *rows)
{
	const char **hashes;
	size_t n = 0;

	hashes = arena_calloc(r->mem, db_count(rows) + 1, sizeof(*hashes));
	while (db_next(rows))
		hashes[n++] = db_text(rows, 0);
	view_forget(r, hashes, n, NULL);
	return n;
}

/* Ends sessions by a query of two keys; counts them in *ended. */
static enum code
end_by(struct db *db, struct req *r, enum query q, const char *key,
    const char *other, size_t *ended)
{
	struct db_rows *rows;

	rows = ask(db, r, DB_TX_WRITE, q,
	    DB_ARGS(key, other, r->remote, user_agent(r)));
	if (rows == NULL)
		return CODE_UNAVAILABLE;
	*ended = tell_hosts(r, rows);
	return CODE_OK;
}

static enum code
sql_end_session(struct view *v, struct req *r, const char *id, size_t *ended)
{
	*ended = 0;
	if (id == NULL || !str_is_uuid(id))
		return CODE_OK;
	return end_by(v->db, r, Q_END_SESSION, id, r->who.identity_id, ended);
}

static enum code
sql_end_others(struct view *v, struct req *r, size_t *ended)
{
	*ended = 0;
	return end_by(v->db, r, Q_END_OTHERS, r->who.session_id,
	    r->who.identity_id, ended);
}

static enum code
sql_sign_out(struct view *v, struct req *r)
{
	const char *cookie, *token;
	size_t ended;

	cookie = cookie_hash(r);
	token = token_hash(r);
	if (cookie == NULL && token == NULL)
		return CODE_OK;
	return end_by(v->db, r, Q_SIGN_OUT, cookie, token, &ended);
}

const struct view_way view_sql = {
	.flow = sql_flow,
	.error = sql_error,
	.sessions = sql_sessions,
	.end_session = sql_end_session,
	.end_others = sql_end_others,
	.sign_out = sql_sign_out,
};

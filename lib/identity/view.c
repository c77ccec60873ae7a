/*
 * The pages' window on the identity database. Reads name no table; the one
 * write ends a session of the caller and leaves its row in the audit trail.
 */
#include "identity/view.h"

#include <string.h>

#include "base/utf8.h"
#include "identity/csrf.h"
#include "identity/idp.h"
#include "rpc/after.h"
#include "rpc/auth.h"
#include "rpc/resp.h"

enum query {
	Q_FLOW,
	Q_ERROR,
	Q_SIGN_OUT,
	Q__MAX
};

const struct db_query view_queries[] = {
	[Q_FLOW] = {
	    .name = "view_flow",
	    .nargs = 3, /* id, kind, cookie */
	    .sql = "SELECT ui, state, refresh, return_to, expired"
		   " FROM page_flow($1::uuid, $2, $3)",
	},
	[Q_ERROR] = {
	    .name = "view_error",
	    .nargs = 1, /* id */
	    .sql = "SELECT page_error($1::uuid)",
	},
	[Q_SIGN_OUT] = {
	    .name = "view_sign_out",
	    .nargs = 4, /* session, identity, address, agent */
	    .sql = "SELECT * FROM page_sign_out($1::uuid, $2::uuid, $3, $4)",
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
	rows = db_last(db, &view_queries[q], nargs, args);
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

enum code
view_flow(struct db *db, struct req *r, const char *kind, const char *id,
    struct view_flow *out)
{
	struct db_rows *rows;
	const char *cookie;

	cookie = csrf_cookie_value(r);
	if (cookie == NULL || !str_is_uuid(id))
		return CODE_NOT_FOUND;
	rows = ask(db, r, DB_TX_READ, Q_FLOW, DB_ARGS(id, kind, cookie));
	if (rows == NULL)
		return CODE_UNAVAILABLE;
	if (!db_next(rows))
		return CODE_NOT_FOUND;
	out->ui = ui_load(r->mem, db_text(rows, 0));
	out->csrf = csrf_mask(r->mem, cookie);
	out->state = db_text(rows, 1);
	out->refresh = db_bool(rows, 2);
	out->return_to = db_text_null(rows, 3);
	out->expired = db_bool(rows, 4);
	return CODE_OK;
}

enum code
view_error(struct db *db, struct req *r, const char *id,
    const struct json **out)
{
	struct db_rows *rows;
	const char *text;

	if (!str_is_uuid(id))
		return CODE_NOT_FOUND;
	rows = ask(db, r, DB_TX_READ, Q_ERROR, DB_ARGS(id));
	if (rows == NULL)
		return CODE_UNAVAILABLE;
	if (!db_next(rows) || db_null(rows, 0))
		return CODE_NOT_FOUND;
	text = db_text(rows, 0);
	*out = json_parse(r->mem, text, strlen(text), NULL, NULL);
	return *out == NULL ? CODE_NOT_FOUND : CODE_OK;
}

static void
expire_cookie(struct req *r, const char *name, const char *domain)
{
	resp_cookie(r,
	    &(struct resp_cookie){
		.name = name,
		.value = "",
		.domain = domain,
		.max_age = -1,
		.secure = conf_bool(r->env->conf, "cookie.secure"),
	    });
}

/* Tells every host that the sessions with these hashes are no more. */
static void
tell_hosts(struct req *r, struct db_rows *hashes)
{
	struct db_scope scope = { .deadline_ms = r->deadline_ms };

	db_begin(r->db, DB_TX_WRITE, &scope);
	while (db_next(hashes))
		auth_forget_session(r, db_text(hashes, 0));
	/* Unheard, the other hosts find out when their caches run out. */
	after_run(r, db_end(r->db, CODE_OK) == CODE_OK);
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

enum code
view_sign_out(struct db *db, struct req *r)
{
	struct db_rows *rows;
	const char *domain;

	domain = conf_text(r->env->conf, "cookie.domain");
	expire_cookie(r, IDP_SESSION_COOKIE, domain);
	expire_cookie(r, IDP_TOKEN_COOKIE, domain);
	rows = ask(db, r, DB_TX_WRITE, Q_SIGN_OUT,
	    DB_ARGS(r->who.session_id, r->who.identity_id, r->remote,
		user_agent(r)));
	if (rows == NULL)
		return CODE_UNAVAILABLE;
	tell_hosts(r, rows);
	return CODE_OK;
}

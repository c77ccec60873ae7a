/*
 * Rows of session_exchanges, by the SHA-256 of the app's code. A token is
 * sealed under it and erased by the statement that hands it out.
 */
#include "identity/exchange.h"

#include <string.h>

#include "base/clock.h"
#include "identity/seal.h"

#define CODE_LEN ((size_t)64)
#define LIFE_US	 INT64_C(600000000)

enum query {
	Q_INIT,
	Q_KEEP,
	Q_FIND,
	Q_TAKE,
	Q__MAX
};

const struct db_query exchange_queries[] = {
	[Q_INIT] = {
	    .name = "exchange_init",
	    .nargs = 1, /* flow */
	    .sql = "SELECT encode(exchange_hash, 'hex') FROM flows"
		   " WHERE id = $1 AND exchange_hash IS NOT NULL",
	},
	[Q_KEEP] = {
	    .name = "exchange_keep",
	    .nargs = 5, /* init, return, session, token, expires */
	    .sql = "INSERT INTO session_exchanges"
		   " (init_hash, return_hash, session_id, token, expires_at)"
		   " VALUES (decode($1, 'hex'), decode($2, 'hex'), $3, $4, $5)",
	},
	[Q_FIND] = {
	    .name = "exchange_find",
	    .nargs = 2, /* init, return */
	    .sql = "SELECT session_id, token, expires_at <= now()"
		   " FROM session_exchanges WHERE init_hash = decode($1, 'hex')"
		   " AND return_hash = decode($2, 'hex') FOR UPDATE",
	},
	[Q_TAKE] = {
	    .name = "exchange_take",
	    .nargs = 1, /* init */
	    .sql = "UPDATE session_exchanges SET token = NULL"
		   " WHERE init_hash = decode($1, 'hex')",
	},
	[Q__MAX] = { 0 },
};

static const char *
hash_of(struct visit *c, const char *code)
{
	return crypt_sha256_hex(c->mem, code, strlen(code));
}

static const char *
context(struct visit *c, const char *init)
{
	return arena_printf(c->mem, "exchange:%s", init);
}

enum code
exchange_init(struct visit *c, const struct flow *f, const char **hash)
{
	struct db_rows *rows;

	rows = db_run(c->db, &exchange_queries[Q_INIT], DB_ARGS(f->id));
	if (rows == NULL)
		return identity_fault(c->db);
	if (!db_next(rows))
		return CODE_NOT_FOUND;
	*hash = db_text(rows, 0);
	return CODE_OK;
}

enum code
exchange_keep(struct visit *c, const struct flow *f, const char *session_id,
    const char *token, const char **code)
{
	const char *sealed, *expires;

	*code = crypt_token(c->mem, CODE_LEN);
	sealed = seal_close(c->mem, c->p->secrets, context(c, f->handoff->init),
	    token, strlen(token));
	expires = db_arg_time(c->mem, clock_now_us() + LIFE_US);
	if (db_run(c->db, &exchange_queries[Q_KEEP],
		DB_ARGS(f->handoff->init, hash_of(c, *code), session_id, sealed,
		    expires)) == NULL)
		return identity_fault(c->db);
	return CODE_OK;
}

enum code
exchange_take(struct visit *c, const char *init_code, const char *return_code,
    const char **session_id, const char **token)
{
	const char *init = hash_of(c, init_code);
	struct db_rows *rows;
	size_t len;

	rows = db_run(c->db, &exchange_queries[Q_FIND],
	    DB_ARGS(init, hash_of(c, return_code)));
	if (rows == NULL)
		return identity_fault(c->db);
	if (!db_next(rows))
		return CODE_NOT_FOUND;
	if (db_null(rows, 1) || db_bool(rows, 2))
		return CODE_FAILED_PRECONDITION;
	*session_id = db_text(rows, 0);
	*token = seal_open(c->mem, c->p->secrets, context(c, init),
	    db_text(rows, 1), &len, NULL);
	if (*token == NULL)
		return CODE_FAILED_PRECONDITION;
	if (db_run(c->db, &exchange_queries[Q_TAKE], DB_ARGS(init)) == NULL)
		return identity_fault(c->db);
	return CODE_OK;
}

/* url with one more parameter, before a fragment. */
static const char *
with_param(struct arena *a, const char *url, const char *name,
    const char *value)
{
	size_t len = strcspn(url, "#");

	return arena_printf(a, "%.*s%s%s=%s%s", (int)len, url,
	    memchr(url, '?', len) == NULL ? "?" : "&", name, value, url + len);
}

void
exchange_return(struct visit *c, const struct flow *f, const char *url)
{
	if (f->handoff->code != NULL)
		url = with_param(c->mem, url, "code", f->handoff->code);
	else
		url = with_param(c->mem, url, "flow", f->id);
	visit_redirect(c, url);
}

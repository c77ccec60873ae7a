/*
 * Accounts that end, and what their owners may take along. An export holds no
 * secret: nothing in it signs anybody in.
 */
#include "identity/account.h"

#include <string.h>

#include "base/clock.h"
#include "identity/credential.h"
#include "identity/self.h"
#include "identity/self_settings.h"
#include "rpc/resp.h"

#define MOST 1000 /* sessions in an export */

enum query {
	Q_DUE,
	Q_END,
	Q_KEEP,
	Q_SWEEP,
	Q_AUDIT,
	Q_MAILS,
	Q__MAX
};

const struct db_query account_queries[] = {
	[Q_DUE] = {
	    .name = "account_due",
	    .nargs = 1, /* identity */
	    .sql = "SELECT delete_after FROM identities WHERE id = $1",
	},
	[Q_END] = {
	    .name = "account_end",
	    .nargs = 2, /* identity, microseconds */
	    .sql = "UPDATE identities SET delete_after ="
		   " now() + $2::bigint * interval '1 microsecond',"
		   " updated_at = now() WHERE id = $1 RETURNING delete_after",
	},
	[Q_KEEP] = {
	    .name = "account_keep",
	    .nargs = 1, /* identity */
	    .sql = "UPDATE identities SET delete_after = NULL,"
		   " updated_at = now() WHERE id = $1",
	},
	/* Sessions are read as they were before they went with their owner. */
	[Q_SWEEP] = {
	    .name = "account_sweep",
	    .nargs = 0,
	    .sql = "WITH due AS (SELECT id FROM identities"
		   " WHERE delete_after <= now() ORDER BY delete_after"
		   " LIMIT 100 FOR UPDATE SKIP LOCKED),"
		   " gone AS (DELETE FROM identities i USING due"
		   " WHERE i.id = due.id RETURNING i.id),"
		   " noted AS (INSERT INTO audit"
		   " (action, result, actor, identity_id)"
		   " SELECT 'account.delete', 'ok', 'self', id FROM gone)"
		   " SELECT due.id, encode(coalesce(s.token_hash,"
		   " s.cookie_hash), 'hex') FROM due LEFT JOIN sessions s"
		   " ON s.identity_id = due.id AND s.active"
		   " ORDER BY due.id",
	},
	[Q_AUDIT] = {
	    .name = "account_audit",
	    .nargs = 1, /* identity */
	    .sql = "SELECT coalesce(json_agg(json_build_object("
		   "'at', instant(at), 'action', action, 'result', result,"
		   " 'actor', CASE WHEN actor = 'self' THEN actor"
		   " ELSE 'administrator' END, 'session_id', session_id,"
		   " 'ip_address', ip_address, 'user_agent', user_agent)"
		   " ORDER BY at), '[]')::text FROM (SELECT * FROM audit"
		   " WHERE identity_id = $1 ORDER BY at DESC LIMIT 10000) x",
	},
	[Q_MAILS] = {
	    .name = "account_mails",
	    .nargs = 1, /* identity */
	    .sql = "SELECT coalesce(json_agg(json_build_object("
		   "'type', template, 'recipient', recipient, 'status', status,"
		   " 'created_at', instant(created_at)) ORDER BY created_at),"
		   " '[]')::text FROM (SELECT * FROM mails"
		   " WHERE identity_id = $1 ORDER BY created_at DESC"
		   " LIMIT 10000) x",
	},
	[Q__MAX] = { 0 },
};

/* --- ending ---------------------------------------------------------------- */

/* The one instant a statement returns; 0: NULL. */
static enum code
one_time(struct db *db, struct db_rows *rows, int64_t *us)
{
	if (rows == NULL)
		return identity_fault(db);
	if (!db_next(rows))
		return CODE_NOT_FOUND;
	*us = db_null(rows, 0) ? 0 : db_time(rows, 0);
	return CODE_OK;
}

enum code
account_due(struct db *db, const char *id, int64_t *due)
{
	return one_time(db, db_run(db, &account_queries[Q_DUE], DB_ARGS(id)),
	    due);
}

enum code
account_end(struct db *db, struct arena *a, const char *id, int64_t grace_us,
    int64_t *due)
{
	return one_time(db,
	    db_run(db, &account_queries[Q_END],
		DB_ARGS(id, db_arg_int(a, grace_us))),
	    due);
}

enum code
account_keep(struct db *db, const char *id)
{
	if (db_run(db, &account_queries[Q_KEEP], DB_ARGS(id)) == NULL)
		return identity_fault(db);
	return CODE_OK;
}

int64_t
account_sweep(struct db *db, struct arena *a)
{
	struct db_scope scope = { 0 };
	const char *last = "";
	struct db_rows *rows;
	int64_t n = 0;

	db_use(db, a);
	db_begin(db, DB_TX_WRITE, &scope);
	rows = db_run(db, &account_queries[Q_SWEEP], DB_NOARGS);
	while (rows != NULL && db_next(rows)) {
		n += strcmp(db_text(rows, 0), last) != 0;
		last = db_text(rows, 0);
		if (!db_null(rows, 1))
			session_notify(db, a, db_text(rows, 1));
	}
	if (db_end(db, rows == NULL ? CODE_UNAVAILABLE : CODE_OK) != CODE_OK)
		return -1;
	return n;
}

/* --- a copy ---------------------------------------------------------------- */

static enum code
put_credentials(struct visit *c, struct json *o, const char *id)
{
	struct json *list = json_put_list(o, "credentials"), *item, *names;
	struct credential *creds;
	enum code code;
	size_t n, i, k;

	code = credential_list(c->db, c->mem, id, &creds, &n);
	for (i = 0; code == CODE_OK && i < n; i++) {
		item = json_add_object(list);
		json_put_text(item, "type", creds[i].type);
		names = json_put_list(item, "identifiers");
		for (k = 0; creds[i].identifiers[k] != NULL; k++)
			json_add_text(names, creds[i].identifiers[k]);
		json_put_text(item, "created_at",
		    clock_rfc3339(c->mem, creds[i].created_at));
		json_put_text(item, "updated_at",
		    clock_rfc3339(c->mem, creds[i].updated_at));
	}
	return code;
}

/* A session without its owner, who is in the export once already. */
static void
add_session(struct json *list, const struct json *session)
{
	struct json *item = json_add_object(list);
	const char *key;
	size_t i;

	for (i = 0; (key = json_key_at(session, i)) != NULL; i++)
		if (strcmp(key, "identity") != 0 &&
		    json_get(session, key) != NULL)
			json_put(item, key, json_get(session, key));
}

static enum code
put_sessions(struct visit *c, struct json *o, const char *id)
{
	const struct session_filter filter = {
		.identity_id = id,
		.active = -1,
		.limit = MOST,
	};
	struct json *list = json_put_list(o, "sessions");
	struct session *sessions;
	enum code code;
	size_t n, i;

	code = session_search(c->db, c->mem, c->p->base_url, &filter, &sessions,
	    &n, NULL);
	for (i = 0; code == CODE_OK && i < n; i++)
		add_session(list, sessions[i].json);
	return code;
}

/* The JSON that a statement makes. */
static enum code
put_made(struct visit *c, struct json *o, const char *key, enum query q,
    const char *id)
{
	struct db_rows *rows;
	const char *text;

	rows = db_run(c->db, &account_queries[q], DB_ARGS(id));
	if (rows == NULL || !db_next(rows))
		return identity_fault(c->db);
	text = db_text(rows, 0);
	json_put(o, key, json_parse(c->mem, text, strlen(text), NULL, NULL));
	return CODE_OK;
}

static enum code
put_all(struct visit *c, struct json *o)
{
	const char *id = c->session->identity.id;
	int64_t due = 0;
	enum code code;

	json_put_text(o, "exported_at", clock_rfc3339(c->mem, clock_now_us()));
	json_put(o, "identity", c->session->identity.json);
	code = account_due(c->db, id, &due);
	if (code == CODE_OK && due != 0)
		json_put_text(o, "delete_after", clock_rfc3339(c->mem, due));
	if (code == CODE_OK)
		code = put_credentials(c, o, id);
	if (code == CODE_OK)
		code = put_sessions(c, o, id);
	if (code == CODE_OK)
		code = put_made(c, o, "mails", Q_MAILS, id);
	if (code == CODE_OK)
		code = put_made(c, o, "audit", Q_AUDIT, id);
	return code;
}

void
account_export(struct visit *c)
{
	struct json *o = json_new_object(c->mem);
	enum code code;

	if (!self_settings_may_download(c))
		return;
	visit_begin(c, DB_TX_WRITE);
	code = put_all(c, o);
	if (code == CODE_OK)
		code = self_trail(c, "account.export", NULL,
		    c->session->identity.id, c->session->id);
	if (!visit_end(c, code))
		return;
	resp_header(c->r, "content-disposition",
	    "attachment; filename=\"mirai-account.json\"");
	visit_json(c, 200, o);
}

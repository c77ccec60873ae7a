/*
 * Sessions of others: seen, ended, issued. Whatever ends one tells the hosts
 * that remember it.
 */
#include "identity/admin_session.h"

#include <string.h>

#include "identity/admin_body.h"
#include "identity/page.h"
#include "identity/route.h"
#include "identity/self.h"

#define US INT64_C(1000000)

enum query {
	Q_LOCK,
	Q_END_ISSUED,
	Q_DELETE_OF,
	Q__MAX
};

const struct db_query admin_session_queries[] = {
	[Q_LOCK] = {
	    .name = "admin_session_lock",
	    .nargs = 1, /* identity */
	    .sql = "SELECT state = 'active' FROM identities WHERE id = $1"
		   " FOR UPDATE",
	},
	[Q_END_ISSUED] = {
	    .name = "admin_session_end_issued",
	    .nargs = 1, /* identity */
	    .sql = "UPDATE sessions SET active = false, revoked_at = now()"
		   " WHERE identity_id = $1 AND active"
		   " AND methods -> 0 ->> 'method' = 'admin_issued'"
		   " AND jsonb_array_length(methods) = 1"
		   " RETURNING encode(coalesce(token_hash, cookie_hash),"
		   " 'hex')",
	},
	[Q_DELETE_OF] = {
	    .name = "admin_session_delete_of",
	    .nargs = 1, /* identity */
	    .sql = "DELETE FROM sessions WHERE identity_id = $1",
	},
	[Q__MAX] = { 0 },
};

static struct db_rows *
ask(struct visit *c, enum query q, size_t nargs, const char *const *args)
{
	return db_run(c->db, &admin_session_queries[q], nargs, args);
}

/* Holds the identity against everybody else who writes its sessions. */
static enum code
lock_identity(struct visit *c, const char *id, bool *active)
{
	struct db_rows *rows;

	if (!str_is_uuid(id))
		return CODE_NOT_FOUND;
	if ((rows = ask(c, Q_LOCK, DB_ARGS(id))) == NULL)
		return identity_fault(c->db);
	if (!db_next(rows))
		return CODE_NOT_FOUND;
	*active = db_bool(rows, 0);
	return CODE_OK;
}

/* --- of one identity ------------------------------------------------------- */

/* The parameter active: 1, 0, or -1 when not given; -2: refused. */
static int
read_active(struct visit *c)
{
	const char *value = req_query(c->r, "active");

	if (str_is_empty(value))
		return -1;
	if (strcmp(value, "true") == 0)
		return 1;
	if (strcmp(value, "false") == 0)
		return 0;
	admin_body_refuse(c, "active: must be true or false");
	return -2;
}

void
admin_session_list_of(struct visit *c)
{
	const char *id = route_arg(c, 0);
	struct session_filter f = { .identity_id = id };
	struct json *list = json_new_list(c->mem);
	struct session *sessions;
	struct page page;
	int64_t total = 0;
	enum code code;
	size_t n = 0, i;
	struct identity who;

	if ((f.active = read_active(c)) == -2 || !page_read(c, &page))
		return;
	f.offset = page.offset;
	f.limit = page.size;
	visit_begin(c, DB_TX_READ);
	code = identity_get(c->db, c->mem, c->p->base_url, id, &who);
	if (code == CODE_OK)
		code = session_search(c->db, c->mem, c->p->base_url, &f,
		    &sessions, &n, &total);
	if (!admin_body_end(c, code))
		return;
	for (i = 0; i < n; i++)
		json_add(list, sessions[i].json);
	page_headers(c, &page,
	    arena_printf(c->mem, "/admin/identities/%s/sessions", id), n,
	    total);
	visit_json(c, 200, list);
}

void
admin_session_end_all_of(struct visit *c)
{
	const char *id = route_arg(c, 0);
	const char **hashes;
	enum code code;
	size_t n = 0, i;
	bool active;

	visit_begin(c, DB_TX_WRITE);
	code = lock_identity(c, id, &active);
	if (code == CODE_OK)
		code = session_revoke_all(c->db, c->mem, id, NULL, &hashes, &n);
	for (i = 0; code == CODE_OK && i < n; i++)
		visit_forget(c, hashes[i]);
	if (code == CODE_OK && ask(c, Q_DELETE_OF, DB_ARGS(id)) == NULL)
		code = identity_fault(c->db);
	if (code == CODE_OK)
		code = self_trail(c, "session.delete_all", NULL, id, NULL);
	if (admin_body_end(c, code))
		visit_empty(c, 204);
}

/* --- issuing (A-5) --------------------------------------------------------- */

/* One that was issued before and never proved by its holder ends. */
static enum code
end_issued(struct visit *c, const char *identity_id)
{
	struct db_rows *rows;

	rows = ask(c, Q_END_ISSUED, DB_ARGS(identity_id));
	if (rows == NULL)
		return identity_fault(c->db);
	while (db_next(rows))
		visit_forget(c, db_text(rows, 0));
	return CODE_OK;
}

static enum code
write_session(struct visit *c, const char *identity_id, struct session *out,
    const char **token)
{
	struct session_new in = { .identity_id = identity_id };
	char id[STR_UUID_LEN + 1];
	enum code code;

	in.carrier = SESSION_TOKEN;
	in.proof.method = "admin_issued";
	in.life_us =
	    conf_int(c->r->env->conf, "identity.admin.session_lifespan") * US;
	in.ip = c->r->remote;
	in.user_agent = visit_agent(c);
	code = session_issue(c->db, c->mem, &in, id, token);
	if (code == CODE_OK)
		code =
		    self_trail(c, "session.admin_issue", NULL, identity_id, id);
	if (code == CODE_OK)
		code = session_get(c->db, c->mem, c->p->base_url, id, out);
	return code;
}

static void
issue(struct visit *c, const char *identity_id)
{
	struct json *o = json_new_object(c->mem);
	const char *token = NULL;
	struct session s;
	enum code code;
	bool active;

	visit_begin(c, DB_TX_WRITE);
	code = lock_identity(c, identity_id, &active);
	if (code == CODE_OK && !active) {
		admin_body_refuse(c, "identity_id: the identity is inactive");
		return;
	}
	if (code == CODE_OK)
		code = end_issued(c, identity_id);
	if (code == CODE_OK)
		code = write_session(c, identity_id, &s, &token);
	if (!admin_body_end(c, code))
		return;
	json_put_text(o, "session_token", token);
	json_put(o, "session", s.json);
	visit_json(c, 201, o);
}

void
admin_session_post(struct visit *c)
{
	static const char *const members[] = { "identity_id", NULL };
	const struct json *body;
	const char *why, *id;

	if ((body = admin_body_read(c, JSON_OBJECT)) == NULL)
		return;
	if (!admin_body_only(c, body, members, NULL, &why)) {
		admin_body_refuse(c, why);
		return;
	}
	id = json_need_text(body, "identity_id");
	if (json_error(body) != NULL)
		admin_body_refuse(c, json_error(body));
	else if (!conf_bool(c->r->env->conf, "identity.admin.session_issue"))
		visit_refuse_simple(c, 403, NULL,
		    "Sessions are not issued here: "
		    "identity.admin.session_issue is off.");
	else if (!str_is_uuid(id))
		admin_body_refuse(c, "identity_id: not a UUID");
	else
		issue(c, id);
}

/*
 * Sessions of others: seen, ended, issued. Whatever ends one tells the hosts
 * that remember it.
 */
#include "identity/admin_session.h"

#include <string.h>

#include "identity/admin_body.h"
#include "identity/admin_view.h"
#include "identity/page.h"
#include "identity/route.h"
#include "identity/self.h"
#include "rpc/query.h"

#define US	INT64_C(1000000)
#define MAX_IDS 500

/* Sessions of one action, at most a thousand at a time. */
#define BATCH 1000
#define SOME(what)                                           \
	"WITH batch AS (SELECT id FROM sessions WHERE " what \
	" ORDER BY id LIMIT 1000 FOR UPDATE)"
#define ENDING                                                      \
	" UPDATE sessions s SET active = false, revoked_at = now()" \
	" FROM batch WHERE s.id = batch.id " CHANGED
#define DELETING \
	" DELETE FROM sessions s USING batch WHERE s.id = batch.id " CHANGED
#define CHANGED                          \
	"RETURNING s.id, s.identity_id," \
	" encode(coalesce(s.token_hash, s.cookie_hash), 'hex')"

enum query {
	Q_END_ISSUED,
	Q_DELETE_OF,
	Q_END,
	Q_END_SESSIONS,
	Q_END_IDENTITIES,
	Q_DELETE_SESSIONS,
	Q_DELETE_IDENTITIES,
	Q_EXTEND,
	Q__MAX
};

const struct db_query admin_session_queries[] = {
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
	[Q_END] = {
	    .name = "admin_session_end",
	    .nargs = 1, /* id */
	    .sql = "UPDATE sessions s SET active = false,"
		   " revoked_at = coalesce(revoked_at, now())"
		   " WHERE s.id = $1 " CHANGED,
	},
	[Q_END_SESSIONS] = {
	    .name = "admin_session_end_sessions",
	    .nargs = 1, /* ids */
	    .sql = SOME("id = ANY ($1::uuid[]) AND active") ENDING,
	},
	[Q_END_IDENTITIES] = {
	    .name = "admin_session_end_identities",
	    .nargs = 1, /* ids of identities */
	    .sql = SOME("identity_id = ANY ($1::uuid[]) AND active") ENDING,
	},
	[Q_DELETE_SESSIONS] = {
	    .name = "admin_session_delete_sessions",
	    .nargs = 1, /* ids */
	    .sql = SOME("id = ANY ($1::uuid[])") DELETING,
	},
	[Q_DELETE_IDENTITIES] = {
	    .name = "admin_session_delete_identities",
	    .nargs = 1, /* ids of identities */
	    .sql = SOME("identity_id = ANY ($1::uuid[])") DELETING,
	},
	[Q_EXTEND] = {
	    .name = "admin_session_extend",
	    .nargs = 2, /* id, life */
	    .sql = "UPDATE sessions s SET expires_at = greatest(expires_at,"
		   " now() + $2::bigint * interval '1 microsecond')"
		   " WHERE s.id = $1 AND s.active AND s.expires_at > now() "
		   CHANGED,
	},
	[Q__MAX] = { 0 },
};

static struct db_rows *
ask(struct visit *c, enum query q, size_t nargs, const char *const *args)
{
	return db_run(c->db, &admin_session_queries[q], nargs, args);
}

/* What a changed session leaves behind: hosts are told, the trail knows. */
static enum code
note_change(struct visit *c, const struct db_rows *rows, const char *action)
{
	char id[STR_UUID_LEN + 1], identity[STR_UUID_LEN + 1];

	str_uuid_canon(db_text(rows, 0), id);
	str_uuid_canon(db_text(rows, 1), identity);
	visit_forget(c, db_text(rows, 2));
	return self_trail(c, action, NULL, identity, id);
}

enum code
admin_session_end_of(struct visit *c, const char *identity_id)
{
	const char **hashes;
	enum code code;
	size_t n = 0, i;

	code =
	    session_revoke_all(c->db, c->mem, identity_id, NULL, &hashes, &n);
	for (i = 0; code == CODE_OK && i < n; i++)
		visit_forget(c, hashes[i]);
	return code;
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
	struct session *sessions = NULL;
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
	enum code code;

	visit_begin(c, DB_TX_WRITE);
	code = admin_view_lock(c, id, NULL);
	if (code == CODE_OK)
		code = admin_session_end_of(c, id);
	if (code == CODE_OK && ask(c, Q_DELETE_OF, DB_ARGS(id)) == NULL)
		code = identity_fault(c->db);
	if (code == CODE_OK)
		code = self_trail(c, "session.delete_all", NULL, id, NULL);
	if (admin_body_end(c, code))
		visit_empty(c, 204);
}

/* --- one, or all ----------------------------------------------------------- */

/* What of a session is shown besides itself. */
struct expand {
	bool identity;
	bool devices;
};

static bool
read_expand(struct visit *c, struct expand *out)
{
	const char *text = c->r->query, *value;
	struct query_pair pair;
	size_t len;

	memset(out, 0, sizeof(*out));
	while (query_next(&text, &pair)) {
		if (!query_is(&pair, "expand"))
			continue;
		value =
		    query_decode(c->mem, pair.value, pair.valuelen, true, &len);
		if (str_ieq(value, "identity")) {
			out->identity = true;
		} else if (str_ieq(value, "devices")) {
			out->devices = true;
		} else {
			admin_body_refuse(c,
			    "expand: must be identity or devices");
			return false;
		}
	}
	return true;
}

static const struct json *
expanded(struct visit *c, const struct session *s, const struct expand *e)
{
	struct json *o = json_new_object(c->mem);
	const char *key;
	size_t i;

	for (i = 0; (key = json_key_at(s->json, i)) != NULL; i++) {
		if ((strcmp(key, "identity") == 0 && !e->identity) ||
		    (strcmp(key, "devices") == 0 && !e->devices))
			continue;
		json_put(o, key, json_get(s->json, key));
	}
	return o;
}

void
admin_session_list(struct visit *c)
{
	struct json *list = json_new_list(c->mem);
	struct session_filter f = { 0 };
	struct session *sessions = NULL;
	struct expand expand;
	struct page page;
	size_t n = 0, i;

	if ((f.active = read_active(c)) == -2 || !read_expand(c, &expand) ||
	    !page_read(c, &page))
		return;
	f.after = page.after;
	f.limit = page.size;
	visit_begin(c, DB_TX_READ);
	if (!visit_end(c,
		session_search(c->db, c->mem, c->p->base_url, &f, &sessions, &n,
		    NULL)))
		return;
	for (i = 0; i < n; i++)
		json_add(list, expanded(c, &sessions[i], &expand));
	page_headers_after(c, &page, "/admin/sessions",
	    (int64_t)n < page.size ? NULL : sessions[n - 1].id);
	visit_json(c, 200, list);
}

void
admin_session_get(struct visit *c)
{
	const char *id = route_arg(c, 0);
	struct expand expand;
	struct session s;
	enum code code = CODE_NOT_FOUND;

	if (!read_expand(c, &expand))
		return;
	visit_begin(c, DB_TX_READ);
	if (str_is_uuid(id))
		code = session_get(c->db, c->mem, c->p->base_url, id, &s);
	if (admin_body_end(c, code))
		visit_json(c, 200, expanded(c, &s, &expand));
}

/* Runs a change of one session that must be there. */
static enum code
change_one(struct visit *c, const char *id, enum query q, const char *arg,
    const char *action)
{
	struct db_rows *rows;

	if (!str_is_uuid(id))
		return CODE_NOT_FOUND;
	rows =
	    arg == NULL ? ask(c, q, DB_ARGS(id)) : ask(c, q, DB_ARGS(id, arg));
	if (rows == NULL)
		return identity_fault(c->db);
	if (!db_next(rows))
		return CODE_NOT_FOUND;
	return note_change(c, rows, action);
}

void
admin_session_end(struct visit *c)
{
	visit_begin(c, DB_TX_WRITE);
	if (admin_body_end(c,
		change_one(c, route_arg(c, 0), Q_END, NULL, "session.revoke")))
		visit_empty(c, 204);
}

void
admin_session_extend(struct visit *c)
{
	static const struct expand nothing;
	const char *id = route_arg(c, 0);
	struct session s;
	enum code code;

	visit_begin(c, DB_TX_WRITE);
	code = change_one(c, id, Q_EXTEND, db_arg_int(c->mem, c->p->session_us),
	    "session.extend");
	if (code == CODE_OK)
		code = session_get(c->db, c->mem, c->p->base_url, id, &s);
	if (admin_body_end(c, code))
		visit_json(c, 200, expanded(c, &s, &nothing));
}

/* --- many at once ---------------------------------------------------------- */

/* The ids of a list as an SQL array; NULL: refused. */
static const char *
read_ids(struct visit *c, const struct json *body, const char *member)
{
	size_t n = 0, i;
	const char **ids = json_get_texts(body, member, &n);

	if (json_error(body) != NULL) {
		admin_body_refuse(c, json_error(body));
		return NULL;
	}
	if (n == 0 || n > MAX_IDS) {
		admin_body_refuse(c,
		    arena_printf(c->mem, "%s: must be 1 to 500 ids", member));
		return NULL;
	}
	for (i = 0; i < n; i++) {
		if (!str_is_uuid(ids[i])) {
			admin_body_refuse(c,
			    arena_printf(c->mem, "%s[%zu]: not a UUID", member,
				i));
			return NULL;
		}
	}
	return db_arg_array(c->mem, ids, n);
}

/* Ends or deletes a batch; *n says how many. */
static enum code
run_batch(struct visit *c, enum query q, const char *ids, const char *action,
    size_t *n)
{
	struct db_rows *rows;
	enum code code = CODE_OK;

	if ((rows = ask(c, q, DB_ARGS(ids))) == NULL)
		return identity_fault(c->db);
	for (*n = 0; code == CODE_OK && db_next(rows); (*n)++)
		code = note_change(c, rows, action);
	return code;
}

static void
act(struct visit *c, const struct json *body)
{
	static const char *const members[] = { "action", "identities",
		"sessions", NULL };
	static const enum query queries[2][2] = {
		{ Q_END_SESSIONS, Q_END_IDENTITIES },
		{ Q_DELETE_SESSIONS, Q_DELETE_IDENTITIES },
	};
	const char *action = json_get_text(body, "action", ""), *ids, *why;
	bool whose = json_has(body, "identities");
	bool deletes = strcmp(action, "delete") == 0;
	struct json *o = json_new_object(c->mem);
	size_t n = 0;

	if (!admin_body_only(c, body, members, NULL, &why)) {
		admin_body_refuse(c, why);
		return;
	}
	if ((!deletes && strcmp(action, "disable") != 0) ||
	    whose == json_has(body, "sessions")) {
		admin_body_refuse(c,
		    deletes || strcmp(action, "disable") == 0
			? "identities: either these or sessions"
			: "action: must be disable or delete");
		return;
	}
	ids = read_ids(c, body, whose ? "identities" : "sessions");
	if (ids == NULL)
		return;
	visit_begin(c, DB_TX_WRITE);
	if (!admin_body_end(c,
		run_batch(c, queries[deletes][whose], ids,
		    deletes ? "session.delete" : "session.revoke", &n)))
		return;
	json_put_int(o, "processed", (int64_t)n);
	json_put_bool(o, "more", n == BATCH);
	visit_json(c, 200, o);
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
	in.idle_us = c->p->idle_us;
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
	struct session s = { 0 };
	enum code code;
	bool active;

	visit_begin(c, DB_TX_WRITE);
	code = admin_view_lock(c, identity_id, &active);
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

static void
read_issue(struct visit *c, const struct json *body)
{
	static const char *const members[] = { "identity_id", NULL };
	const char *why, *id;

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

void
admin_session_post(struct visit *c)
{
	const struct json *body;

	if ((body = admin_body_read(c, JSON_OBJECT)) == NULL)
		return;
	if (json_has(body, "action"))
		act(c, body);
	else
		read_issue(c, body);
}

/*
 * Flows as rows and as JSON.
 */
#include "identity/flow.h"

#include <string.h>

#include "base/clock.h"
#include "identity/csrf.h"

enum query {
	Q_INSERT,
	Q_SAVE,
	Q_LOAD,
	Q_SWEEP_FLOWS,
	Q_SWEEP_SESSIONS,
	Q_SWEEP_ENDED,
	Q_SWEEP_ERRORS,
	Q_SWEEP_PARKED,
	Q_SWEEP_PENDING,
	Q_SWEEP_ATTEMPTS,
	Q_SWEEP_EXCHANGES,
	Q__MAX
};

const struct db_query flow_queries[] = {
	[Q_INSERT] = {
	    .name = "flow_insert",
	    .nargs = 17,
	    .sql = "INSERT INTO flows (id, kind, type, state, request_url,"
		   " return_to, csrf_token, ui, refresh, requested_aal,"
		   " identity_id, organization_id, exchange_hash, expires_at,"
		   " issued_at, created_at, updated_at, internal, active)"
		   " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::boolean, $10,"
		   " $11, $12, decode($13, 'hex'), $14, $15, $15, $15, $16,"
		   " $17)",
	},
	[Q_SAVE] = {
	    .name = "flow_save",
	    .nargs = 7, /* id, state, active, ui, internal, csrf, type */
	    .sql = "UPDATE flows SET state = $2, active = $3, ui = $4,"
		   " internal = $5, csrf_token = $6, type = $7, updated_at = now() WHERE id = $1",
	},
	[Q_LOAD] = {
	    .name = "flow_load",
	    .nargs = 2, /* kind, id */
	    .sql = "SELECT id, type, state, active, request_url, return_to,"
		   " csrf_token, ui::text, refresh, requested_aal,"
		   " identity_id, organization_id, issued_at, expires_at,"
		   " created_at, updated_at, expires_at <= now(),"
		   " internal::text"
		   " FROM flows WHERE kind = $1 AND id = $2",
	},
	[Q_SWEEP_FLOWS] = {
	    .name = "flow_sweep_flows",
	    .nargs = 0,
	    .sql = "DELETE FROM flows WHERE id IN (SELECT id FROM flows"
		   " WHERE expires_at < now() - interval '7 days'"
		   " ORDER BY expires_at LIMIT 100)",
	},
	[Q_SWEEP_SESSIONS] = {
	    .name = "flow_sweep_sessions",
	    .nargs = 0,
	    .sql = "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions"
		   " WHERE expires_at < now() - interval '7 days'"
		   " ORDER BY expires_at LIMIT 100)",
	},
	[Q_SWEEP_ENDED] = {
	    .name = "flow_sweep_ended",
	    .nargs = 0,
	    .sql = "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions"
		   " WHERE NOT active"
		   " AND revoked_at < now() - interval '7 days'"
		   " ORDER BY revoked_at LIMIT 100)",
	},
	[Q_SWEEP_ERRORS] = {
	    .name = "flow_sweep_errors",
	    .nargs = 0,
	    .sql = "DELETE FROM errors WHERE id IN (SELECT id FROM errors"
		   " WHERE created_at < now() - interval '1 day'"
		   " ORDER BY created_at LIMIT 100)",
	},
	[Q_SWEEP_PARKED] = {
	    .name = "flow_sweep_parked",
	    .nargs = 0,
	    .sql = "DELETE FROM parked_submits WHERE id IN"
		   " (SELECT id FROM parked_submits WHERE expires_at < now()"
		   " ORDER BY expires_at LIMIT 100)",
	},
	[Q_SWEEP_PENDING] = {
	    .name = "flow_sweep_pending",
	    .nargs = 0,
	    .sql = "DELETE FROM pending_traits WHERE identity_id IN"
		   " (SELECT identity_id FROM pending_traits"
		   " WHERE expires_at < now()"
		   " ORDER BY expires_at LIMIT 100)",
	},
	[Q_SWEEP_EXCHANGES] = {
	    .name = "flow_sweep_exchanges",
	    .nargs = 0,
	    .sql = "DELETE FROM session_exchanges WHERE init_hash IN"
		   " (SELECT init_hash FROM session_exchanges"
		   " WHERE expires_at < now() - interval '1 day'"
		   " ORDER BY expires_at LIMIT 100)",
	},
	[Q_SWEEP_ATTEMPTS] = {
	    .name = "flow_sweep_attempts",
	    .nargs = 0,
	    .sql = "DELETE FROM attempts WHERE (action, subject) IN"
		   " (SELECT action, subject FROM attempts"
		   " WHERE updated_at < now() - interval '1 day' LIMIT 100)",
	},
	[Q__MAX] = { 0 },
};

static const struct {
	const char *name;
	enum ui_id expired;
} kinds[FLOW__MAX] = {
	[FLOW_LOGIN] = { "login", UI_LOGIN_EXPIRED },
	[FLOW_REGISTRATION] = { "registration", UI_REGISTRATION_EXPIRED },
	[FLOW_RECOVERY] = { "recovery", UI_RECOVERY_EXPIRED },
	[FLOW_VERIFICATION] = { "verification", UI_VERIFICATION_EXPIRED },
	[FLOW_SETTINGS] = { "settings", UI_SETTINGS_EXPIRED },
};

const char *
flow_name(enum flow_kind kind)
{
	return kinds[kind].name;
}

enum ui_id
flow_expired_id(enum flow_kind kind)
{
	return kinds[kind].expired;
}

const char *
flow_typed(const struct flow *f, const char *name)
{
	const char *text = json_get_text(f->typed, name, "");

	return *text == '\0' || strlen(text) > UI_TYPED_MAX ? NULL : text;
}

/* The address the client asked for, as it sees it. */
static const char *
request_url(struct visit *c)
{
	const struct req *r = c->r;

	return arena_printf(c->mem, "%s%s%s%s", c->p->base_url, r->path,
	    *r->query == '\0' ? "" : "?", r->query);
}

struct flow *
flow_new(struct visit *c, enum flow_kind kind, bool api)
{
	struct flow *f = arena_zalloc(c->mem, sizeof(*f));

	str_uuid_new(f->id);
	f->kind = kind;
	f->api = api;
	f->state = kind == FLOW_SETTINGS ? FLOW_SHOW : FLOW_CHOOSE;
	f->request_url = request_url(c);
	f->csrf = api ? "" : csrf_ensure(c);
	f->requested_aal = "aal1";
	f->ui = ui_new(c->mem);
	f->internal = json_new_object(c->mem);
	f->issued_at = f->created_at = f->updated_at = clock_now_us();
	f->expires_at = f->issued_at + c->p->flow_us[kind];
	return f;
}

/* A code whose holder may fetch the session later; NULL hash: not wanted. */
static const char *
exchange_hash(struct visit *c, const struct flow *f)
{
	return f->exchange_code == NULL
	    ? NULL
	    : crypt_sha256_hex(c->mem, f->exchange_code,
		  strlen(f->exchange_code));
}

const char *const *
flow_keys(struct arena *a, const char *kind, const char *const *session,
    const char *csrf)
{
	const char **keys;

	if (!str_eq(kind, kinds[FLOW_RECOVERY].name) &&
	    !str_eq(kind, kinds[FLOW_VERIFICATION].name))
		return session;
	keys = arena_calloc(a, 2, sizeof(*keys));
	keys[0] = str_is_empty(csrf) ? NULL : csrf;
	return keys;
}

static const char *const *
keys_of(struct visit *c, const struct flow *f)
{
	return flow_keys(c->mem, kinds[f->kind].name, visit_keys(c), f->csrf);
}

enum code
flow_insert(struct visit *c, const struct flow *f)
{
	if (db_run(c->db, &flow_queries[Q_INSERT],
		DB_ARGS(f->id, kinds[f->kind].name, f->api ? "api" : "browser",
		    f->state, f->request_url, f->return_to, f->csrf,
		    ui_store(c->mem, f->ui, keys_of(c, f)),
		    f->refresh ? "true" : "false", f->requested_aal,
		    f->identity_id, f->organization_id, exchange_hash(c, f),
		    db_arg_time(c->mem, f->expires_at),
		    db_arg_time(c->mem, f->issued_at),
		    json_string(c->mem, f->internal, JSON_COMPACT),
		    f->active)) == NULL)
		return identity_fault(c->db);
	return CODE_OK;
}

enum code
flow_save(struct visit *c, const struct flow *f)
{
	if (db_run(c->db, &flow_queries[Q_SAVE],
		DB_ARGS(f->id, f->state, f->active,
		    ui_store(c->mem, f->ui, keys_of(c, f)),
		    json_string(c->mem, f->internal, JSON_COMPACT), f->csrf,
		    f->api ? "api" : "browser")) == NULL)
		return identity_fault(c->db);
	return CODE_OK;
}

static struct flow *
read_flow(struct visit *c, enum flow_kind kind, const struct db_rows *rows)
{
	struct flow *f = arena_zalloc(c->mem, sizeof(*f));
	const char *internal = db_text(rows, 17);

	str_uuid_canon(db_text(rows, 0), f->id);
	f->kind = kind;
	f->api = strcmp(db_text(rows, 1), "api") == 0;
	f->state = db_text(rows, 2);
	f->active = db_text_null(rows, 3);
	f->request_url = db_text(rows, 4);
	f->return_to = db_text_null(rows, 5);
	f->csrf = db_text(rows, 6);
	f->ui = ui_load(c->mem, db_text(rows, 7),
	    flow_keys(c->mem, kinds[kind].name, visit_keys(c), csrf_cookie(c)));
	f->refresh = db_bool(rows, 8);
	f->requested_aal = db_text(rows, 9);
	f->identity_id = db_text_null(rows, 10);
	f->organization_id = db_text_null(rows, 11);
	f->issued_at = db_time(rows, 12);
	f->expires_at = db_time(rows, 13);
	f->created_at = db_time(rows, 14);
	f->updated_at = db_time(rows, 15);
	f->expired = db_bool(rows, 16);
	f->internal =
	    json_parse(c->mem, internal, strlen(internal), NULL, NULL);
	if (f->internal == NULL)
		f->internal = json_new_object(c->mem);
	return f;
}

enum code
flow_load(struct visit *c, enum flow_kind kind, const char *id,
    struct flow **out)
{
	char canon[STR_UUID_LEN + 1];
	struct db_rows *rows;

	if (id == NULL || !str_uuid_canon(id, canon))
		return CODE_NOT_FOUND;
	rows = db_run(c->db, &flow_queries[Q_LOAD],
	    DB_ARGS(kinds[kind].name, canon));
	if (rows == NULL)
		return identity_fault(c->db);
	if (!db_next(rows))
		return CODE_NOT_FOUND;
	*out = read_flow(c, kind, rows);
	return CODE_OK;
}

#define OPENERS ((size_t)8) /* browsers a flow goes on in */

void
flow_adopt(struct visit *c, struct flow *f)
{
	const struct json *before = json_get_list(f->internal, "openers");
	struct json *list = json_new_list(c->mem);
	size_t n = json_count(before), i;

	for (i = n < OPENERS ? 0 : n - OPENERS + 1; i < n; i++)
		json_add(list, json_at(before, i));
	if (n == 0)
		json_add_text(list, f->csrf);
	f->csrf = csrf_rotate(c);
	json_add_text(list, f->csrf);
	json_put(f->internal, "openers", list);
}

const char *
flow_csrf(struct visit *c, const struct flow *f)
{
	const struct json *list = json_get_list(f->internal, "openers");
	const char *cookie = csrf_cookie(c), *token;
	size_t i;

	for (i = 0; cookie != NULL && i < json_count(list); i++) {
		token = json_text(json_at(list, i));
		if (*token != '\0' && crypt_equal_str(token, cookie))
			return token;
	}
	return f->csrf;
}

static void
put_login(struct visit *c, struct json *o, const struct flow *f)
{
	json_put_bool(o, "refresh", f->refresh);
	json_put_text(o, "requested_aal", f->requested_aal);
	json_put_text(o, "created_at", clock_rfc3339(c->mem, f->created_at));
	json_put_text(o, "updated_at", clock_rfc3339(c->mem, f->updated_at));
}

struct json *
flow_json(struct visit *c, const struct flow *f)
{
	struct json *o = json_new_object(c->mem);
	const char *action, *csrf;

	csrf = f->api ? "" : csrf_mask(c->mem, f->csrf);
	action = arena_printf(c->mem, "%s/self-service/%s?flow=%s",
	    c->p->base_url, kinds[f->kind].name, f->id);
	json_put_text(o, "id", f->id);
	json_put_text(o, "type", f->api ? "api" : "browser");
	json_put_text(o, "expires_at", clock_rfc3339(c->mem, f->expires_at));
	json_put_text(o, "issued_at", clock_rfc3339(c->mem, f->issued_at));
	json_put_text(o, "request_url", f->request_url);
	json_put_text(o, "return_to", f->return_to);
	json_put_text(o, "active", f->active);
	json_put(o, "ui", ui_render(f->ui, action, csrf));
	json_put_text(o, "organization_id", f->organization_id);
	json_put_text(o, "identity_schema",
	    json_get_text(f->internal, "identity_schema", NULL));
	json_put_text(o, "state", f->state);
	json_put_text(o, "session_token_exchange_code", f->exchange_code);
	if (json_has(f->internal, "transient_payload"))
		json_put(o, "transient_payload",
		    json_get(f->internal, "transient_payload"));
	if (f->identity != NULL)
		json_put(o, "identity", f->identity);
	if (f->continue_with != NULL)
		json_put(o, "continue_with", f->continue_with);
	if (f->kind == FLOW_LOGIN)
		put_login(c, o, f);
	return o;
}

const char *
flow_page(struct visit *c, const struct flow *f)
{
	return arena_printf(c->mem, "%s?flow=%s", visit_page(c, f->kind),
	    f->id);
}

const char *
flow_start_url(struct visit *c, enum flow_kind kind, bool api)
{
	return arena_printf(c->mem, "%s/self-service/%s/%s", visit_base(c),
	    kinds[kind].name, api ? "api" : "browser");
}

int64_t
flow_sweep(struct db *db, struct arena *a)
{
	struct db_scope scope = { 0 };
	struct db_rows *rows = NULL;
	int64_t n = 0;
	enum query q;

	db_use(db, a);
	db_begin(db, DB_TX_WRITE, &scope);
	for (q = Q_SWEEP_FLOWS; q < Q__MAX; q++) {
		if ((rows = db_run(db, &flow_queries[q], DB_NOARGS)) == NULL)
			break;
		n += db_affected(rows);
	}
	if (db_end(db, rows == NULL ? CODE_UNAVAILABLE : CODE_OK) != CODE_OK)
		return -1;
	return n;
}

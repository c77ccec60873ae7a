/*
 * Logout: a GET that carries its own token, so no CSRF check; and error
 * records.
 */
#include "identity/self_logout.h"

#include <string.h>

#include "base/clock.h"
#include "identity/body.h"
#include "identity/csrf.h"
#include "identity/self.h"

enum query {
	Q_ERROR,
	Q__MAX
};

const struct db_query self_logout_queries[] = {
	[Q_ERROR] = {
	    .name = "self_logout_error",
	    .nargs = 1, /* id */
	    .sql = "SELECT id, error::text, created_at, updated_at"
		   " FROM errors WHERE id = $1",
	},
	[Q__MAX] = { 0 },
};

/* --- browsers -------------------------------------------------------------- */

/* Ends the open read of the session; false: there is none, or answered. */
static bool
need_session(struct visit *c)
{
	if (!visit_session_alone(c))
		return false;
	if (c->session != NULL)
		return true;
	visit_refuse_simple(c, 401, "session_inactive",
	    "No active session was found in this request.");
	return false;
}

void
self_logout_browser(struct visit *c)
{
	const char *return_to = req_query(c->r, "return_to"), *token;
	struct json *o = json_new_object(c->mem);

	c->json_only = true;
	if (!need_session(c) ||
	    visit_return_to(c, return_to, c->p->default_return) == NULL)
		return;
	token = session_logout_token(c->mem, c->p->secrets, c->session->id);
	json_put_text(o, "logout_url",
	    arena_printf(c->mem, "%s/self-service/logout?token=%s%s%s",
		c->p->base_url, token,
		str_is_empty(return_to) ? "" : "&return_to=",
		str_is_empty(return_to) ? ""
					: str_url_encode(c->mem, return_to)));
	json_put_text(o, "logout_token", token);
	visit_json(c, 200, o);
}

/* Revokes a session of this caller, with its row in the audit trail. */
static enum code
end_session(struct visit *c, const struct session *s)
{
	const char *hash;
	enum code code;

	code = session_revoke(c->db, c->mem, s->id, s->identity.id, &hash);
	if (code == CODE_NOT_FOUND)
		return CODE_OK; /* someone was faster */
	if (code != CODE_OK)
		return code;
	visit_forget(c, hash);
	return self_trail(c, "logout", NULL, s->identity.id, s->id);
}

void
self_logout_submit(struct visit *c)
{
	const char *token = req_query(c->r, "token"), *url;

	url = visit_return_to(c, req_query(c->r, "return_to"),
	    visit_page(c, FLOW_LOGIN));
	if (url == NULL)
		return;
	if (str_is_empty(token)) {
		visit_refuse_simple(c, 400, NULL,
		    "The logout token is missing.");
		return;
	}
	if (!need_session(c))
		return;
	if (!session_logout_ok(c->mem, c->p->secrets, c->session->id, token)) {
		visit_refuse_simple(c, 403, NULL,
		    "The logout token is not of this session.");
		return;
	}
	visit_begin(c, DB_TX_WRITE);
	if (!visit_end(c, end_session(c, c->session)))
		return;
	visit_end_session(c);
	csrf_rotate(c);
	if (visit_is_json(c))
		visit_empty(c, 204);
	else
		visit_redirect(c, url);
}

/* --- API clients ----------------------------------------------------------- */

static void
end_by_token(struct visit *c, const char *token)
{
	struct session s;
	const char *hash = session_hash(c->mem, SESSION_TOKEN, token);
	enum code code = CODE_NOT_FOUND;

	visit_begin(c, DB_TX_WRITE);
	if (hash != NULL)
		code = session_find(c->db, c->mem, c->p->base_url,
		    SESSION_TOKEN, hash, &s);
	if (code == CODE_NOT_FOUND) {
		visit_refuse_simple(c, 403, NULL,
		    "There is no session with this token.");
		return;
	}
	if (code == CODE_OK)
		code = end_session(c, &s);
	if (visit_end(c, code))
		visit_empty(c, 204);
}

void
self_logout_api(struct visit *c)
{
	struct body_fault fault = { 400, "the body could not be read" };
	const struct json *body = NULL;

	c->json_only = true;
	if (req_read_body(c->r, BODY_MAX_BYTES) == REQ_BODY_OK)
		body = body_read(c->mem, c->r->type,
		    c->r->body == NULL ? "" : (const char *)c->r->body,
		    c->r->bodylen, &fault);
	if (body == NULL) {
		visit_refuse_simple(c, fault.status, NULL, fault.reason);
		return;
	}
	if (str_is_empty(json_get_text(body, "session_token", NULL))) {
		visit_refuse_simple(c, 400, NULL,
		    "The session_token is missing.");
		return;
	}
	end_by_token(c, json_get_text(body, "session_token", ""));
}

/* --- errors ---------------------------------------------------------------- */

static void
answer_stub(struct visit *c)
{
	struct json *o = json_new_object(c->mem), *error;
	const char *now = clock_rfc3339(c->mem, clock_now_us());

	json_put_text(o, "id", "stub:500");
	error = json_put_object(o, "error");
	json_put_int(error, "code", 500);
	json_put_text(error, "status", "Internal Server Error");
	json_put_text(error, "reason", "This is a stub error.");
	json_put_text(error, "message", "An internal server error occurred.");
	json_put_text(o, "created_at", now);
	json_put_text(o, "updated_at", now);
	visit_json(c, 200, o);
}

static void
answer_error(struct visit *c, const struct db_rows *rows)
{
	struct json *o = json_new_object(c->mem);
	const char *text = db_text(rows, 1);

	json_put_text(o, "id", db_text(rows, 0));
	json_put(o, "error",
	    json_parse(c->mem, text, strlen(text), NULL, NULL));
	json_put_text(o, "created_at", clock_rfc3339(c->mem, db_time(rows, 2)));
	json_put_text(o, "updated_at", clock_rfc3339(c->mem, db_time(rows, 3)));
	visit_json(c, 200, o);
}

void
self_logout_error(struct visit *c)
{
	const char *id = req_query(c->r, "id");
	char canon[STR_UUID_LEN + 1];
	struct db_rows *rows;

	c->json_only = true;
	if (str_eq(id, "stub:500")) {
		answer_stub(c);
		return;
	}
	if (id == NULL || !str_uuid_canon(id, canon)) {
		visit_refuse_simple(c, 404, NULL, "There is no such error.");
		return;
	}
	visit_begin(c, DB_TX_READ);
	rows = db_run(c->db, &self_logout_queries[Q_ERROR], DB_ARGS(canon));
	if (!visit_end(c, rows == NULL ? identity_fault(c->db) : CODE_OK))
		return;
	if (db_next(rows))
		answer_error(c, rows);
	else
		visit_refuse_simple(c, 404, NULL, "There is no such error.");
}

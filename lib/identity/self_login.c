/*
 * Login flows. Whatever makes a password wrong - no such identifier, no
 * password set, another password - takes the same time and gives the same
 * bytes. An account that is disabled is told so only after a right password.
 */
#include "identity/self_login.h"

#include <string.h>

#include "base/log.h"
#include "identity/csrf.h"
#include "identity/password.h"
#include "identity/self.h"
#include "identity/trail.h"

/* --- the form -------------------------------------------------------------- */

/* On a refresh the identifier is fixed to that of the signed-in person. */
static void
draw_form(struct flow *f, const char *identifier)
{
	ui_add_input(f->ui,
	    &(struct ui_input){
		.name = "identifier",
		.type = f->refresh ? "hidden" : "text",
		.value = identifier,
		.autocomplete = f->refresh ? NULL : "username",
		.required = true,
		.label = UI_NODE_ID,
	    });
	self_add_password(f, "current-password", UI_LOGIN_PASSWORD);
}

static void
draw(struct visit *c, struct flow *f)
{
	f->ui = ui_new(c->mem);
	draw_form(f, NULL);
}

/* --- starting -------------------------------------------------------------- */

/* The aal and refresh parameters; false: answered. */
static bool
check_level(struct visit *c)
{
	const char *aal = req_query(c->r, "aal");

	if (str_is_empty(aal) || strcmp(aal, "aal1") == 0)
		return true;
	if (strcmp(aal, "aal2") != 0)
		visit_refuse_simple(c, 400, NULL,
		    "The aal parameter must be aal1 or aal2.");
	else if (c->session == NULL)
		visit_refuse_simple(c, 401, "session_aal1_required",
		    "Sign in first, then with a second factor.");
	else if (strcmp(c->session->aal, "aal2") == 0)
		visit_refuse_simple(c, 401, "session_aal_already_fulfilled",
		    "You are signed in with a second factor already.");
	else
		visit_refuse_simple(c, 400, NULL,
		    "No second factor is set up for this account.");
	return false;
}

static void
start(struct visit *c, bool api)
{
	const char *refresh = req_query(c->r, "refresh");
	struct flow *f;
	bool again;

	c->json_only = api;
	if (!visit_session_alone(c) || !check_level(c))
		return;
	again = c->session != NULL && str_eq(refresh, "true");
	if (!self_may_start(c, FLOW_LOGIN, api, again))
		return;
	f = self_new(c, FLOW_LOGIN, api);
	if (again) {
		f->refresh = true;
		f->identity_id = c->session->identity.id;
		ui_say(f->ui, UI_LOGIN_REFRESH, NULL, NULL);
		draw_form(f, c->session->identity.email);
	} else
		draw_form(f, NULL);
	self_start(c, f);
}

void
self_login_browser(struct visit *c)
{
	start(c, false);
}

void
self_login_api(struct visit *c)
{
	start(c, true);
}

void
self_login_flows(struct visit *c)
{
	self_read(c, FLOW_LOGIN);
}

/* --- submitting ------------------------------------------------------------ */

/* A submitted text, or what is fixed on a refresh. */
static const char *
submitted_identifier(struct visit *c, const struct json *body)
{
	const char *value = json_get_text(body, "identifier", "");

	if (*value == '\0')
		value = json_get_text(body, "password_identifier", "");
	return str_trim(c->mem, value);
}

/* Draws the form anew with what was typed, but never the password. */
static void
redraw(struct visit *c, struct flow *f, const char *identifier)
{
	f->ui = ui_new(c->mem);
	f->active = "password";
	draw_form(f, *identifier == '\0' ? NULL : identifier);
}

static void
refuse_disabled(struct visit *c, const char *identity_id)
{
	struct json *details = json_new_object(c->mem);

	json_put_text(details, "identity_id", identity_id);
	visit_refuse(c,
	    &(struct problem){
		.status = 401,
		.id = "identity_disabled",
		.reason = "This account was disabled.",
		.details = details,
	    });
}

/* Wrong credentials: told the same way whatever the cause (L-6). */
static void
refuse_wrong(struct visit *c, struct flow *f, const char *identity_id)
{
	ui_say(f->ui, UI_WRONG_CREDENTIALS, NULL, NULL);
	visit_begin(c, DB_TX_WRITE);
	if (visit_end(c, self_trail(c, "login", "refused", identity_id, NULL)))
		self_again(c, f);
}

/* A right password of the person who is signed in: same session, new proof. */
static bool
is_same_person(const struct visit *c, const struct flow *f, const char *id)
{
	return f->refresh && c->session != NULL &&
	    strcmp(c->session->identity.id, id) == 0 &&
	    (c->session->carrier == SESSION_TOKEN) == f->api;
}

static enum code
renew(struct visit *c, struct session *s, const char **secret)
{
	enum code code;

	*secret = c->token;
	code = session_refresh(c->db, c->mem, c->session->id, "password");
	if (code == CODE_OK)
		code = self_trail(c, "session.refresh", NULL,
		    c->session->identity.id, c->session->id);
	if (code == CODE_OK)
		code = session_get(c->db, c->mem, c->p->base_url,
		    c->session->id, s);
	return code;
}

/* A session whose cookie is about to be overwritten would never end. */
static enum code
end_replaced(struct visit *c, const struct flow *f)
{
	const char *hash;
	enum code code;

	if (c->session == NULL || f->api ||
	    c->session->carrier != SESSION_COOKIE)
		return CODE_OK;
	code = session_revoke(c->db, c->mem, c->session->id,
	    c->session->identity.id, &hash);
	if (code == CODE_OK)
		visit_forget(c, hash);
	return code == CODE_NOT_FOUND ? CODE_OK : code;
}

/* The session of a proven person; false: answered. */
static bool
open_session(struct visit *c, struct flow *f, const char *identity_id,
    struct session *s, const char **secret)
{
	enum code code;

	f->state = FLOW_PASSED;
	f->active = "password";
	f->ui = ui_new(c->mem);
	draw_form(f, NULL);
	visit_begin(c, DB_TX_WRITE);
	if (is_same_person(c, f, identity_id))
		code = renew(c, s, secret);
	else {
		code = end_replaced(c, f);
		if (code == CODE_OK)
			code = self_issue(c, f, identity_id, "password", s,
			    secret);
	}
	if (code == CODE_OK)
		code = flow_save(c, f);
	return visit_end(c, code);
}

static void
succeed(struct visit *c, struct flow *f, const char *identity_id)
{
	struct json *o = json_new_object(c->mem);
	const char *secret, *url = self_done_url(c, f);
	bool same = is_same_person(c, f, identity_id);
	struct session s;

	if (url == NULL || !open_session(c, f, identity_id, &s, &secret))
		return;
	if (!f->api && !same) {
		visit_set_session(c, secret);
		csrf_rotate(c);
	}
	if (!f->api && !visit_is_json(c)) {
		visit_redirect(c, url);
		return;
	}
	if (f->api)
		json_put_text(o, "session_token", secret);
	json_put(o, "session", s.json);
	if (!f->api)
		self_put_redirect(o, url);
	visit_json(c, 200, o);
}

/* A better hash for a password just proven; failing is no failure of login. */
static void
rehash(struct visit *c, const struct identity_password *cred, const char *hash)
{
	struct db_scope scope = { .deadline_ms = c->r->deadline_ms };
	enum code code;

	if (hash == NULL)
		return;
	db_begin(c->db, DB_TX_WRITE, &scope);
	code = identity_rehash(c->db, cred->identity_id, cred->hash, hash);
	if (db_end(c->db, code) != CODE_OK)
		log_warn("login: password not hashed anew");
}

static void
try_password(struct visit *c, struct flow *f, const char *identifier,
    const char *password)
{
	struct identity_password cred = { 0 };
	const char *better;
	bool known, right;
	enum code code;

	visit_begin(c, DB_TX_READ);
	code = identity_find_password(c->db, c->mem, identifier, &cred);
	known = code == CODE_OK;
	if (!visit_end(c, code == CODE_NOT_FOUND ? CODE_OK : code))
		return;
	if (password_verify(c, password, known ? &cred : NULL, &right,
		&better) != CODE_OK) {
		password_refuse_busy(c);
		return;
	}
	if (!right)
		refuse_wrong(c, f, known ? cred.identity_id : NULL);
	else if (!cred.active)
		refuse_disabled(c, cred.identity_id);
	else {
		rehash(c, &cred, better);
		succeed(c, f, cred.identity_id);
	}
}

static void
submit_password(struct visit *c, struct flow *f, const struct json *body)
{
	const char *identifier = submitted_identifier(c, body);
	const char *password = password_take(c, body, "password");

	redraw(c, f, identifier);
	if (*identifier == '\0')
		ui_say_at(f->ui, "identifier", UI_MISSING, "property",
		    "identifier");
	if (*password == '\0')
		ui_say_at(f->ui, "password", UI_MISSING, "property",
		    "password");
	if (ui_has_errors(f->ui))
		self_again(c, f);
	else
		try_password(c, f, identifier, password);
}

void
self_login_submit(struct visit *c)
{
	const struct json *body;
	struct flow *f;

	if (!self_submit(c, FLOW_LOGIN, draw, &f, &body))
		return;
	if (c->session != NULL && !f->refresh) {
		if (f->api || visit_is_json(c))
			self_refuse_signed_in(c);
		else
			visit_redirect(c, self_done_url(c, f));
		return;
	}
	if (strcmp(json_get_text(body, "method", ""), "password") == 0) {
		submit_password(c, f, body);
		return;
	}
	draw(c, f);
	ui_say(f->ui, UI_LOGIN_NO_METHOD, NULL, NULL);
	self_again(c, f);
}

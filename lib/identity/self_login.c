/*
 * Login flows: how they start, which level they ask for, and what becomes of
 * a proof. An account that is disabled is told so only after a right proof.
 */
#include "identity/self_login.h"

#include <string.h>

#include "identity/alert.h"
#include "identity/csrf.h"
#include "identity/exchange.h"
#include "identity/device.h"
#include "identity/hook.h"
#include "identity/level.h"
#include "identity/limit.h"
#include "identity/method.h"
#include "identity/oidc_link.h"
#include "identity/self.h"
#include "identity/self_verification.h"
#include "identity/trail.h"
#include "identity/webauthn.h"

/* --- the form -------------------------------------------------------------- */

enum code
self_login_draw(struct visit *c, struct flow *f)
{
	return method_draw(c, f);
}

void
self_login_add_identifier(struct visit *c, struct flow *f)
{
	const char *value = flow_typed(f, "identifier");
	const char *known = json_get_text(f->internal, "identifier", NULL);
	struct webauthn w;
	bool passkeys = webauthn_is_on(c, f, true, &w);

	if (ui_has_node(f->ui, "identifier"))
		return;
	if (strcmp(f->state, FLOW_SENT) == 0)
		known = json_get_text(f->internal, "address", known);
	if (f->refresh && c->session != NULL)
		known = c->session->identity.email;
	ui_add_input(f->ui,
	    &(struct ui_input){
		.name = "identifier",
		.type = known == NULL ? "text" : "hidden",
		.value = known == NULL ? value : known,
		.autocomplete = known != NULL ? NULL
		    : passkeys		      ? "username webauthn"
					      : "username",
		.required = true,
		.label = UI_NODE_ID,
	    });
}

const char *
self_login_identifier(struct visit *c, const struct json *body)
{
	const char *value = json_get_text(body, "identifier", "");

	if (*value == '\0')
		value = json_get_text(body, "password_identifier", "");
	return str_trim(c->mem, value);
}

/* --- starting -------------------------------------------------------------- */

/* The aal parameter; false: answered. */
static bool
read_level(struct visit *c, bool *second)
{
	const char *aal = req_query(c->r, "aal");

	*second = str_eq(aal, LEVEL_SECOND);
	if (*second || str_is_empty(aal) || strcmp(aal, LEVEL_FIRST) == 0)
		return true;
	visit_refuse_simple(c, 400, NULL,
	    "The aal parameter must be aal1 or aal2.");
	return false;
}

static void
refuse_fulfilled(struct visit *c, const char *url)
{
	if (url != NULL && !visit_wants_json(c) && !visit_is_json(c))
		visit_redirect(c, url);
	else if (url != NULL)
		visit_refuse_simple(c, 401, "session_aal_already_fulfilled",
		    "You are signed in with a second factor already.");
}

static void
refuse_first(struct visit *c)
{
	visit_refuse_simple(c, 401, "session_aal1_required",
	    "Sign in first, then with a second factor.");
}

/* Whether the caller may prove a second factor. False: answered. */
static bool
may_step_up(struct visit *c, bool again)
{
	if (c->session == NULL) {
		refuse_first(c);
		return false;
	}
	if (strcmp(c->session->aal, LEVEL_SECOND) == 0 && !again) {
		refuse_fulfilled(c,
		    visit_return_to(c, req_query(c->r, "return_to"),
			c->p->default_return));
		return false;
	}
	if (strcmp(c->session->identity.available_aal, LEVEL_SECOND) == 0 ||
	    method_code_steps_up(c))
		return true;
	visit_refuse_simple(c, 400, NULL,
	    "No second factor is set up for this account.");
	return false;
}

/*
 * A browser that is signed in, but not far enough for the page that sent it
 * here, goes where it can get further. False: answered so.
 */
static bool
is_enough(struct visit *c, bool api)
{
	enum level level;

	if (api || c->session == NULL || visit_wants_json(c))
		return true;
	level = level_of_session(c, c->session);
	if (level == LEVEL_ENOUGH || level == LEVEL_INVITED)
		return true;
	visit_redirect(c, level_url(c, level, req_query(c->r, "return_to")));
	return false;
}

static void
say_why(struct visit *c, struct flow *f, bool second)
{
	if (f->refresh)
		ui_say(f->ui, UI_LOGIN_REFRESH, NULL, NULL);
	if (second && strcmp(c->session->aal, LEVEL_SECOND) != 0)
		ui_say(f->ui, UI_LOGIN_SECOND, NULL, NULL);
}

static void
start(struct visit *c, bool api)
{
	struct flow *f;
	bool second, again;

	c->json_only = api;
	if (!visit_session_alone(c) || !read_level(c, &second))
		return;
	again =
	    c->session != NULL && str_eq(req_query(c->r, "refresh"), "true");
	if (second ? !may_step_up(c, again) : !again && !is_enough(c, api))
		return;
	if (!self_may_start(c, FLOW_LOGIN, api, second || again))
		return;
	f = self_new(c, FLOW_LOGIN, api);
	f->refresh = again;
	if (second)
		f->requested_aal = LEVEL_SECOND;
	if (second || again)
		f->identity_id = c->session->identity.id;
	say_why(c, f, second);
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

static void
refuse_disabled(struct visit *c, struct flow *f, const char *identity_id)
{
	if (f->api || visit_is_json(c)) {
		self_refuse_disabled(c, identity_id);
		return;
	}
	ui_say(f->ui, UI_LOGIN_DISABLED, NULL, NULL);
	self_again(c, f);
}

void
self_login_refuse(struct visit *c, struct flow *f, enum ui_id id,
    const char *identity_id)
{
	self_login_refuse_at(c, f, NULL, id, identity_id);
}

void
self_login_refuse_at(struct visit *c, struct flow *f, const char *node,
    enum ui_id id, const char *identity_id)
{
	bool locked = false;
	enum code code;

	ui_say_at(f->ui, node, id, NULL, NULL);
	visit_begin(c, DB_TX_WRITE);
	code = self_trail(c, "login", "refused", identity_id, NULL);
	if (code == CODE_OK && f->attempt != NULL)
		code = limit_count(c, LIMIT_SIGN_IN, f->attempt, &locked);
	if (code == CODE_OK && locked)
		code = self_trail(c, "lock", NULL, identity_id, NULL);
	if (visit_end(c, code))
		self_again(c, f);
}

/* Whether f asks for a second factor. */
static bool
is_second(const struct flow *f)
{
	return strcmp(f->requested_aal, LEVEL_SECOND) == 0;
}

/* A proof by the person who is signed in: same session, new proof. */
static bool
is_same_person(const struct visit *c, const struct flow *f, const char *id)
{
	return (f->refresh || is_second(f)) && c->session != NULL &&
	    strcmp(c->session->identity.id, id) == 0 &&
	    (c->session->carrier == SESSION_TOKEN) == f->api;
}

static enum code
renew(struct visit *c, const struct flow *f, const struct session_proof *proof,
    struct session *s, const char **secret)
{
	const char *action = is_second(f) ? "session.raise" : "session.refresh";
	enum code code;

	*secret = c->token;
	code = session_prove(c->db, c->mem, c->session->id, proof);
	if (code == CODE_OK)
		code = self_trail(c, action, NULL, c->session->identity.id,
		    c->session->id);
	if (code == CODE_OK)
		visit_forget(c, c->session->hash);
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

static enum code
begin_session(struct visit *c, struct flow *f, const struct identity *who,
    const struct session_proof *proof, struct session *s, const char **secret)
{
	enum code code;

	code = end_replaced(c, f);
	if (code == CODE_OK)
		code = alert_sign_in(c, who, f->attempt);
	if (code == CODE_OK)
		code = self_issue(c, f, who->id, proof, s, secret);
	return code;
}

/* The hooks of a sign-in that is stored. */
static enum code
finish(struct visit *c, const struct flow *f, const struct identity *who,
    const struct session_proof *proof, const struct session *s)
{
	const struct hook_about about = { proof->method, who->id, who->json,
		s->json };

	return hook_finish(c, f, &about, s->id);
}

/* The session of a proven person; false: answered. */
static bool
open_session(struct visit *c, struct flow *f, const struct identity *who,
    const struct session_proof *proof, struct session *s, const char **secret)
{
	enum code code;

	f->state = FLOW_PASSED;
	visit_begin(c, DB_TX_WRITE);
	if (is_same_person(c, f, who->id))
		code = renew(c, f, proof, s, secret);
	else
		code = begin_session(c, f, who, proof, s, secret);
	if (code == CODE_OK && f->attempts_failed)
		code = limit_clear(c, LIMIT_SIGN_IN, f->attempt);
	if (code == CODE_OK)
		code = oidc_link_settle(c, f, who->id);
	if (code == CODE_OK)
		code = finish(c, f, who, proof, s);
	if (code == CODE_OK)
		code = flow_save(c, f);
	return visit_end(c, code);
}

/* CODE_PERMISSION_DENIED: refused already, for the account is disabled. */
static enum code
check_active(struct visit *c, struct flow *f, const char *identity_id,
    struct identity *who)
{
	enum code code;

	visit_begin(c, DB_TX_READ);
	code = identity_get(c->db, c->mem, c->p->base_url, identity_id, who);
	if (!visit_end(c, code))
		return code;
	if (who->active)
		return CODE_OK;
	refuse_disabled(c, f, identity_id);
	return CODE_PERMISSION_DENIED;
}

static bool
has_verified(const struct identity *who)
{
	const struct json *list =
	    json_get_list(who->json, "verifiable_addresses");
	size_t i;

	for (i = 0; i < json_count(list); i++)
		if (json_get_bool(json_at(list, i), "verified", false))
			return true;
	return false;
}

/*
 * In the open transaction: a code for the address that is not verified yet, and
 * the form that asks for it; *out NULL: none, or too many were sent.
 */
static enum code
begin_verification(struct visit *c, const struct flow *f,
    const struct identity *who, struct flow **out)
{
	const char *address =
	    schema_address(c->p->schema, json_get(who->json, "traits"));
	enum code code;
	int seconds;

	*out = NULL;
	if (address == NULL)
		return CODE_OK;
	code = limit_take(c, LIMIT_SEND, address, &seconds);
	if (code != CODE_OK || seconds > 0)
		return code;
	return self_verification_begin(c, f, address, NULL, out);
}

/*
 * Scripts get the form that says so and the error in one body: clients know
 * one or the other.
 */
static void
answer_unverified(struct visit *c, struct flow *f,
    const struct flow *verification)
{
	const struct problem p = { .status = 400,
		.id = "session_verified_address_required",
		.reason = "Verify your address first, then sign in." };
	struct json *o;

	if (!f->api && !visit_is_json(c)) {
		visit_redirect(c,
		    flow_page(c, verification == NULL ? f : verification));
		return;
	}
	if (verification != NULL) {
		f->continue_with = json_new_list(c->mem);
		self_verification_put_item(c, f->continue_with, verification);
	}
	o = flow_json(c, f);
	json_put(o, "error", json_get(visit_problem(c, &p), "error"));
	visit_json(c, p.status, o);
}

/* The right proof of somebody without a verified address. */
static void
refuse_unverified(struct visit *c, struct flow *f, const struct identity *who,
    const char *method)
{
	struct flow *verification = NULL;
	enum code code;

	ui_say(f->ui, UI_NOT_VERIFIED, NULL, NULL);
	visit_begin(c, DB_TX_WRITE);
	code = self_trail(c, "login", "refused", who->id, NULL);
	if (code == CODE_OK &&
	    hook_has(c, FLOW_LOGIN, HOOK_SHOW_VERIFICATION, method))
		code = begin_verification(c, f, who, &verification);
	if (code == CODE_OK)
		code = flow_save(c, f);
	if (visit_end(c, code))
		answer_unverified(c, f, verification);
}

/* Whether the hooks let a proven person in. False: answered. */
static bool
may_enter(struct visit *c, struct flow *f, const struct identity *who,
    const char *method)
{
	const struct hook_about about = { method, who->id, who->json, NULL };

	if (hook_has(c, FLOW_LOGIN, HOOK_REQUIRE_VERIFIED, method) &&
	    !is_same_person(c, f, who->id) && !has_verified(who)) {
		refuse_unverified(c, f, who, method);
		return false;
	}
	return hook_ask(c, f, HOOK_AFTER, &about);
}

/* A session that may not yet be told whose it is. */
static const struct json *
without_identity(struct visit *c, const struct json *session)
{
	struct json *o = json_new_object(c->mem);
	const char *key;
	size_t i;

	for (i = 0; (key = json_key_at(session, i)) != NULL; i++)
		json_put(o, key, json_get(session, key));
	json_put_null(o, "identity");
	return o;
}

static void
answer_api(struct visit *c, const struct session *s, const char *secret,
    enum level level)
{
	struct json *o = json_new_object(c->mem);
	bool enough = level == LEVEL_ENOUGH || level == LEVEL_INVITED;

	json_put_text(o, "session_token", secret);
	json_put(o, "session", enough ? s->json : without_identity(c, s->json));
	visit_json(c, 200, o);
}

void
self_login_answer_token(struct visit *c, const struct session *s,
    const char *secret)
{
	answer_api(c, s, secret, level_of_session(c, s));
}

static void
answer_browser(struct visit *c, const struct session *s, const char *url)
{
	struct json *o;

	if (!visit_is_json(c)) {
		visit_redirect(c, url);
		return;
	}
	o = json_new_object(c->mem);
	json_put(o, "session", s->json);
	self_put_redirect(o, url);
	visit_json(c, 200, o);
}

/* L-5: the session is good, but not for much yet. */
static void
answer_step_up(struct visit *c, const char *url)
{
	if (!visit_is_json(c)) {
		visit_redirect(c, url);
		return;
	}
	self_refuse_here(c, "One more step is needed to sign in.", url);
}

/* This browser signed in as who was typed, or else as whose it proved to be. */
static void
remember_device(struct visit *c, const struct flow *f,
    const struct identity *who)
{
	const char *as = f->attempt == NULL ? who->email : f->attempt;

	if (*as != '\0')
		device_remember(c, as);
}

void
self_login_complete(struct visit *c, struct flow *f, const char *identity_id,
    const struct session_proof *proof)
{
	const char *secret, *url = self_done_url(c, f);
	bool same = is_same_person(c, f, identity_id);
	struct identity who;
	enum level level;
	struct session s;

	if (url == NULL || check_active(c, f, identity_id, &who) != CODE_OK ||
	    !may_enter(c, f, &who, proof->method) ||
	    !open_session(c, f, &who, proof, &s, &secret))
		return;
	if (f->handoff != NULL) {
		exchange_return(c, f, url);
		return;
	}
	if (!f->api && !same) {
		visit_set_session(c, secret);
		csrf_rotate(c);
	}
	if (!f->api && !is_second(f))
		remember_device(c, f, &who);
	level = level_of_session(c, &s);
	if (same && level != LEVEL_PROVE)
		level = LEVEL_ENOUGH; /* told at the sign-in */
	if (f->api)
		answer_api(c, &s, secret, level);
	else if (level != LEVEL_ENOUGH)
		answer_step_up(c, level_url(c, level, f->return_to));
	else
		answer_browser(c, &s, url);
}

/* Whether this caller may submit a second factor to f. False: answered. */
static bool
may_prove(struct visit *c, const struct flow *f)
{
	if (c->session == NULL ||
	    (c->session->carrier == SESSION_TOKEN) != f->api)
		refuse_first(c);
	else if (!str_eq(f->identity_id, c->session->identity.id))
		visit_refuse_simple(c, 403, "security_identity_mismatch",
		    "This form belongs to another account.");
	else if (strcmp(c->session->aal, LEVEL_SECOND) == 0 && !f->refresh)
		refuse_fulfilled(c, self_done_url(c, f));
	else
		return true;
	return false;
}

/* The same of a first one. */
static bool
may_sign_in(struct visit *c, const struct flow *f)
{
	if (c->session == NULL || f->refresh)
		return true;
	if (f->api || visit_is_json(c))
		self_refuse_signed_in(c);
	else
		visit_redirect(c, self_done_url(c, f));
	return false;
}

/* Whether the guess that is submitted may be tried. False: answered. */
static bool
may_guess(struct visit *c, struct flow *f, const struct json *body)
{
	const char *who = is_second(f) ? c->session->identity.id
				       : self_login_identifier(c, body);
	int seconds;

	if (*who == '\0')
		return true;
	f->attempt = who;
	visit_begin(c, DB_TX_READ);
	if (!visit_end(c,
		limit_check(c, LIMIT_SIGN_IN, who, &seconds,
		    &f->attempts_failed)))
		return false;
	if (seconds > 0)
		self_limited(c, f, seconds);
	return seconds == 0;
}

void
self_login_submit(struct visit *c)
{
	const struct method *m;
	const struct json *body;
	struct flow *f;

	if (!self_submit(c, FLOW_LOGIN, &f, &body) ||
	    !(is_second(f) ? may_prove(c, f) : may_sign_in(c, f)))
		return;
	m = method_of(c, f, body);
	if (m != NULL)
		method_enter(f, m);
	if (!self_redraw(c, f))
		return;
	if (m == NULL) {
		ui_say(f->ui, UI_LOGIN_NO_METHOD, NULL, NULL);
		self_again(c, f);
		return;
	}
	if (!m->guessed || may_guess(c, f, body))
		m->submit(c, f, body);
}

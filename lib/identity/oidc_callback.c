/*
 * A browser comes back. It must be the one that was sent away - the flow's CSRF
 * cookie says so, or for an app its exchange code later - with a state that is
 * used once and names this provider. All that goes wrong is told at the form
 * it began with.
 */
#include "identity/oidc_callback.h"

#include <string.h>

#include "base/clock.h"
#include "identity/csrf.h"
#include "identity/exchange.h"
#include "identity/method_oidc.h"
#include "identity/oidc_arrive.h"
#include "identity/oidc_state.h"
#include "identity/route.h"
#include "identity/self.h"

static void
refuse_state(struct visit *c)
{
	visit_refuse_simple(c, 400, NULL,
	    "This sign-in was not begun here, or too long ago. Please start "
	    "again.");
}

/* --- who comes back, and to what ------------------------------------------- */

/* An API flow waits for its app; the browser only carries a code to it. */
static enum code
load_handoff(struct visit *c, struct flow *f)
{
	if (!f->api)
		return CODE_OK;
	if (f->kind == FLOW_SETTINGS)
		return CODE_NOT_FOUND; /* links are made by browsers */
	f->handoff = arena_zalloc(c->mem, sizeof(*f->handoff));
	return exchange_init(c, f, &f->handoff->init);
}

/* The state and its flow; false: answered. */
static bool
load(struct visit *c, struct oidc_state *s, struct flow **f)
{
	enum code code;

	visit_begin(c, DB_TX_READ);
	if (!visit_session(c))
		return false;
	code = oidc_state_find(c, req_query(c->r, "state"), s);
	if (code == CODE_OK)
		code = flow_load(c, s->kind, s->flow_id, f);
	if (code == CODE_OK)
		code = load_handoff(c, *f);
	if (code == CODE_NOT_FOUND) {
		refuse_state(c);
		return false;
	}
	return visit_end(c, code);
}

/* Settings are of who is signed in, and nobody else. */
static bool
is_owner(struct visit *c, struct flow *f)
{
	if (c->session == NULL ||
	    !str_eq(f->identity_id, c->session->identity.id)) {
		visit_refuse_simple(c, 403, "security_identity_mismatch",
		    "This form belongs to another account.");
		return false;
	}
	f->identity = c->session->identity.json;
	return true;
}

/* Whether this is the browser that was sent away; false: answered. */
static bool
is_same_browser(struct visit *c, struct flow *f)
{
	const char *url;

	if (f->handoff != NULL)
		return true;
	if (f->kind != FLOW_SETTINGS && c->session != NULL && !f->refresh) {
		if ((url = self_done_url(c, f)) != NULL)
			visit_redirect(c, url);
		return false;
	}
	if (!csrf_check_read(c, f->csrf))
		return false;
	return f->kind != FLOW_SETTINGS || is_owner(c, f);
}

/* --- the answer ------------------------------------------------------------ */

/* Takes the state, so that it is good for one answer; false: answered. */
static bool
use_state(struct visit *c, struct flow *f, const struct oidc_state *s,
    const char *label)
{
	enum code code = CODE_ABORTED;

	if (!s->used) {
		visit_begin(c, DB_TX_WRITE);
		code = oidc_state_use(c, s->ticket.state);
	}
	if (code != CODE_ABORTED)
		return visit_end(c, code);
	visit_abort(c);
	oidc_arrive_not(c, f, UI_OIDC_FAILED, label);
	return false;
}

static enum ui_id
failure_id(enum code code)
{
	return code == CODE_PERMISSION_DENIED ? UI_OIDC_FAILED
					      : UI_OIDC_UNAVAILABLE;
}

/* What the provider answered, by POST before or in the address now. */
static bool
read_answer(struct visit *c, const struct oidc_state *s,
    struct oidc_answer *out)
{
	*out = s->answer;
	if (out->code == NULL) {
		out->code = req_query(c->r, "code");
		out->issuer = req_query(c->r, "iss");
	}
	return !str_is_empty(out->code);
}

static void
ask_provider(struct visit *c, struct flow *f, const struct oidc_provider *p,
    const struct oidc_state *s)
{
	const char *error = req_query(c->r, "error");
	struct oidc_answer answer;
	struct oidc_person who;
	enum code code;

	if (str_eq(error, "access_denied") ||
	    str_eq(error, "user_cancelled_authorize")) {
		oidc_arrive_not(c, f, UI_OIDC_CANCELLED, p->label);
		return;
	}
	if (error != NULL || !read_answer(c, s, &answer)) {
		oidc_arrive_not(c, f, UI_OIDC_FAILED, p->label);
		return;
	}
	code = oidc_finish(c->p->oidc, c->mem, p, &s->ticket, &answer,
	    method_oidc_until(c), &who);
	if (code == CODE_OK)
		oidc_arrive(c, f, &who);
	else
		oidc_arrive_not(c, f, failure_id(code), p->label);
}

void
oidc_callback_get(struct visit *c)
{
	const struct oidc_provider *p;
	struct oidc_state s;
	struct flow *f = NULL;

	if (!load(c, &s, &f) || f == NULL || !is_same_browser(c, f))
		return;
	if (f->expired) {
		self_replace_expired(c, f);
		return;
	}
	p = oidc_config_find(c->p->oidc_config, s.provider);
	if (!use_state(c, f, &s, p == NULL ? s.provider : p->label))
		return;
	/* Another provider's answer: somebody mixed them up. */
	if (p == NULL || strcmp(route_arg(c, 0), s.provider) != 0)
		oidc_arrive_not(c, f, UI_OIDC_FAILED, s.provider);
	else
		ask_provider(c, f, p, &s);
}

/* --- by POST --------------------------------------------------------------- */

/*
 * Browsers do not send our cookies with a provider's POST. What it says is kept
 * and the browser sent on to come by GET; the code stays out of addresses.
 */
void
oidc_callback_post(struct visit *c)
{
	const struct json *body = self_read_body(c);
	struct oidc_answer answer = { 0 };
	struct oidc_state s;
	const char *state, *error;
	enum code code;

	if (body == NULL)
		return;
	state = json_get_text(body, "state", NULL);
	error = json_get_text(body, "error", NULL);
	answer.code = json_get_text(body, "code", NULL);
	answer.issuer = json_get_text(body, "iss", NULL);
	answer.user = json_get_text(body, "user", NULL);
	visit_begin(c, DB_TX_WRITE);
	code = oidc_state_find(c, state, &s);
	if (code == CODE_NOT_FOUND ||
	    (code == CODE_OK && strcmp(s.provider, route_arg(c, 0)) != 0)) {
		refuse_state(c);
		return;
	}
	if (code == CODE_OK && answer.code != NULL)
		code = oidc_state_keep(c, state, &answer);
	if (!visit_end(c, code))
		return;
	visit_redirect(c,
	    arena_printf(c->mem, "%s?state=%s%s%s", s.ticket.redirect_uri,
		state, error == NULL ? "" : "&error=",
		error == NULL ? "" : str_url_encode(c->mem, error)));
}

/*
 * Registration flows. Identity, credential, addresses and session are written
 * in one transaction; the unique index alone says whether an identifier is
 * taken.
 */
#include "identity/self_registration.h"

#include <string.h>

#include "identity/credential.h"
#include "identity/csrf.h"
#include "identity/exchange.h"
#include "identity/hook.h"
#include "identity/limit.h"
#include "identity/method.h"
#include "identity/self.h"
#include "identity/self_verification.h"
#include "identity/method_steps.h"

/* --- the form -------------------------------------------------------------- */

enum code
self_registration_draw(struct visit *c, struct flow *f)
{
	const struct json *kept = json_get_object(f->internal, "profile");
	bool fixed = c->p->profile_first || strcmp(f->state, FLOW_SENT) == 0;

	visit_use_schema(c,
	    json_get_text(f->internal, "identity_schema", NULL));
	if (kept != NULL && fixed)
		schema_hidden(c->schema, kept, f->ui);
	else
		schema_nodes(c->schema, NULL,
		    json_has(f->typed, "traits")
			? self_registration_traits(c, f->typed)
			: kept,
		    f->ui);
	return method_draw(c, f);
}

struct json *
self_registration_traits(struct visit *c, const struct json *body)
{
	bool form = !str_starts(c->r->type, "application/json");

	return schema_traits(c->mem, c->schema, json_get_object(body, "traits"),
	    form);
}

bool
self_registration_check(struct visit *c, struct flow *f,
    const struct json *traits)
{
	return schema_check(c->mem, c->schema, traits, f->ui);
}

/* --- starting -------------------------------------------------------------- */

/* False: switched off, answered. */
static bool
is_open(struct visit *c)
{
	if (c->p->registration)
		return true;
	visit_refuse_simple(c, 400, "self_service_flow_disabled",
	    "Registration is not open on this site.");
	return false;
}

static void
start(struct visit *c, bool api)
{
	const char *next;
	struct flow *f;

	c->json_only = api;
	if (!is_open(c))
		return;
	if (!visit_session_alone(c) ||
	    !self_may_start(c, FLOW_REGISTRATION, api, false))
		return;
	next = req_query(c->r, "after_verification_return_to");
	if (visit_return_to(c, next, c->p->default_return) == NULL)
		return;
	f = self_new(c, FLOW_REGISTRATION, api);
	if (!str_is_empty(next))
		json_put_text(f->internal, "after_verification", next);
	self_start(c, f);
}

void
self_registration_browser(struct visit *c)
{
	start(c, false);
}

void
self_registration_api(struct visit *c)
{
	start(c, true);
}

void
self_registration_flows(struct visit *c)
{
	self_read(c, FLOW_REGISTRATION);
}

/* --- submitting ------------------------------------------------------------ */

/* What came of a sign-up. */
struct outcome {
	struct identity who;
	struct session session;
	const char *secret;	   /* of the session; NULL: not signed in */
	struct flow *verification; /* of the address; NULL: none */
};

/* Where somebody goes who has verified the address. */
static const char *
after_verification(const struct flow *f)
{
	return json_get_text(f->internal, "after_verification", f->return_to);
}

/* G-7: the address is to be verified, its code in the mail. */
static enum code
begin_verification(struct visit *c, const struct flow *f,
    const struct self_newcomer *in, struct outcome *out)
{
	const char *address = schema_address(c->schema, in->traits);

	if (in->verified || address == NULL)
		return CODE_OK;
	return self_verification_begin(c, f, address, after_verification(f),
	    &out->verification);
}

/* A session, before any form that is to be shown in it. */
static enum code
begin_session(struct visit *c, const struct flow *f,
    const struct self_newcomer *in, const char *id, struct outcome *out)
{
	if (!c->p->registration_session)
		return CODE_OK;
	if (!f->api)
		csrf_rotate(c);
	return self_issue(c, f, id, &in->proof, &out->session, &out->secret);
}

/* The hooks of a sign-up that is stored. */
static enum code
finish(struct visit *c, const struct flow *f, const struct self_newcomer *in,
    const struct outcome *out)
{
	const struct hook_about about = { in->proof.method, out->who.id,
		out->who.json, out->secret == NULL ? NULL : out->session.json };

	return hook_finish(c, f, &about, NULL);
}

/* Whether the hooks let somebody in who has no id yet. False: answered. */
static bool
may_join(struct visit *c, struct flow *f, const struct self_newcomer *in)
{
	struct json *who = json_new_object(c->mem);
	const struct hook_about about = { in->proof.method, NULL, who, NULL };

	json_put_text(who, "schema_id", c->p->schema->id);
	json_put(who, "traits", in->traits);
	return hook_ask(c, f, HOOK_AFTER, &about);
}

/* The rows of a new person; a session too if signing up signs in. */
static enum code
write_rows(struct visit *c, struct flow *f, const struct self_newcomer *in,
    struct outcome *out)
{
	struct identity_new row = {
		.schema = c->schema,
		.traits = in->traits,
		.password_hash = in->password_hash,
		.verified = in->verified,
	};
	char id[STR_UUID_LEN + 1];
	enum code code;

	code = identity_insert(c->db, c->mem, &row, id);
	if (code == CODE_OK && in->type != NULL)
		code = credential_put(c->db, c->mem, id, in->type, in->config,
		    in->identifiers);
	if (code == CODE_OK)
		code = self_trail(c, "registration", NULL, id, NULL);
	if (code == CODE_OK)
		code = begin_session(c, f, in, id, out);
	if (code == CODE_OK)
		code = begin_verification(c, f, in, out);
	if (code == CODE_OK)
		code =
		    identity_get(c->db, c->mem, c->p->base_url, id, &out->who);
	if (code == CODE_OK)
		code = finish(c, f, in, out);
	if (code == CODE_OK)
		code = flow_save(c, f);
	return code;
}

/* Whether the next step is the form that verifies the address. */
static bool
shows_verification(const struct visit *c, const struct outcome *out)
{
	return out->verification != NULL &&
	    (c->p->registration_verify || c->p->mitigate);
}

static void
put_items(struct visit *c, struct json *o, const struct flow *f,
    const struct outcome *out, const char *url)
{
	struct json *list = json_put_list(o, "continue_with"), *item;

	if (f->api && out->secret != NULL) {
		item = json_add_object(list);
		json_put_text(item, "action", "set_ory_session_token");
		json_put_text(item, "ory_session_token", out->secret);
	}
	if (shows_verification(c, out))
		self_verification_put_item(c, list, out->verification);
	if (!f->api) {
		item = json_add_object(list);
		json_put_text(item, "action", "redirect_browser_to");
		json_put_text(item, "redirect_browser_to", url);
	}
}

static void
answer(struct visit *c, const struct flow *f, const struct outcome *out,
    const char *url)
{
	struct json *o = json_new_object(c->mem);

	if (out->secret != NULL && !f->api)
		visit_set_session(c, out->secret);
	if (!f->api && !visit_is_json(c)) {
		visit_redirect(c,
		    shows_verification(c, out) ? flow_page(c, out->verification)
					       : url);
		return;
	}
	if (out->secret != NULL && f->api)
		json_put_text(o, "session_token", out->secret);
	if (out->secret != NULL)
		json_put(o, "session", out->session.json);
	/* E-3: nor is there one in the other case */
	if (!c->p->mitigate || out->verification == NULL)
		json_put(o, "identity", out->who.json);
	put_items(c, o, f, out, url);
	visit_json(c, 200, o);
}

/* Counted whether it succeeds or not: a refusal tells who is here already. */
static bool
may_register(struct visit *c, struct flow *f)
{
	enum code code;
	int seconds;

	visit_begin(c, DB_TX_WRITE);
	code = limit_take(c, LIMIT_REGISTER, NULL, &seconds);
	if (!visit_end(c, code))
		return false;
	if (seconds > 0)
		self_limited(c, f, seconds);
	return seconds == 0;
}

/*
 * The identifier is taken: said so, or (E-3) answered as if it were not, its
 * owner told by mail.
 */
static void
refuse_taken(struct visit *c, struct flow *f, const struct self_newcomer *in,
    const char *url)
{
	const char *address = schema_address(c->schema, in->traits);
	struct outcome out = { 0 };
	enum code code;

	visit_abort(c);
	if (!c->p->mitigate || in->verified || address == NULL) {
		f->state = FLOW_CHOOSE;
		if (!self_redraw(c, f))
			return;
		ui_say(f->ui, UI_TAKEN, NULL, NULL);
		self_again(c, f);
		return;
	}
	visit_begin(c, DB_TX_WRITE);
	code = self_verification_pretend(c, f, address, after_verification(f),
	    &out.verification);
	if (code == CODE_OK)
		code = flow_save(c, f);
	if (visit_end(c, code))
		answer(c, f, &out, url);
}

void
self_registration_complete(struct visit *c, struct flow *f,
    const struct self_newcomer *in)
{
	struct outcome out = { 0 };
	const char *url = self_done_url(c, f);
	enum code code;

	if (url == NULL || !may_register(c, f) || !may_join(c, f, in))
		return;
	f->state = FLOW_PASSED;
	visit_begin(c, DB_TX_WRITE);
	code = write_rows(c, f, in, &out);
	if (code == CODE_ALREADY_EXISTS) {
		refuse_taken(c, f, in, url);
		return;
	}
	if (!visit_end(c, code))
		return;
	if (f->handoff != NULL)
		exchange_return(c, f, url);
	else
		answer(c, f, &out, url);
}

void
self_registration_submit(struct visit *c)
{
	const struct method *m;
	const struct json *body;
	struct flow *f;

	if (!self_submit(c, FLOW_REGISTRATION, &f, &body) || !is_open(c))
		return;
	if (c->session != NULL) {
		if (f->api || visit_is_json(c))
			self_refuse_signed_in(c);
		else
			visit_redirect(c, c->p->default_return);
		return;
	}
	body = f->typed = method_steps_body(c, f, body);
	m = method_of(c, f, body);
	if (m != NULL)
		method_enter(f, m);
	if (!self_redraw(c, f))
		return;
	if (m != NULL) {
		m->submit(c, f, body);
		return;
	}
	ui_say(f->ui, UI_REGISTRATION_NO_METHOD, NULL, NULL);
	self_again(c, f);
}

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
#include "identity/limit.h"
#include "identity/method.h"
#include "identity/self.h"

/* --- the form -------------------------------------------------------------- */

enum code
self_registration_draw(struct visit *c, struct flow *f)
{
	schema_nodes(c->p->schema, NULL, self_registration_traits(c, f->typed),
	    f->ui);
	return method_draw(c, f);
}

struct json *
self_registration_traits(struct visit *c, const struct json *body)
{
	bool form = !str_starts(c->r->type, "application/json");

	return schema_traits(c->mem, c->p->schema,
	    json_get_object(body, "traits"), form);
}

bool
self_registration_check(struct visit *c, struct flow *f,
    const struct json *traits)
{
	return schema_check(c->mem, c->p->schema, traits, f->ui);
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
	struct flow *f;

	c->json_only = api;
	if (!is_open(c))
		return;
	if (!visit_session_alone(c) ||
	    !self_may_start(c, FLOW_REGISTRATION, api, false))
		return;
	f = self_new(c, FLOW_REGISTRATION, api);
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

/* The rows of a new person; a session too if signing up signs in. */
static enum code
write_rows(struct visit *c, struct flow *f, const struct self_newcomer *in,
    struct identity *who, struct session *s, const char **secret)
{
	struct identity_new row = {
		.schema = c->p->schema,
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
	if (code == CODE_OK && c->p->registration_session)
		code = self_issue(c, f, id, &in->proof, s, secret);
	if (code == CODE_OK)
		code = identity_get(c->db, c->mem, c->p->base_url, id, who);
	if (code == CODE_OK)
		code = flow_save(c, f);
	return code;
}

static void
put_token_item(struct json *o, const char *token)
{
	struct json *item = json_add_object(json_put_list(o, "continue_with"));

	json_put_text(item, "action", "set_ory_session_token");
	json_put_text(item, "ory_session_token", token);
}

static void
answer(struct visit *c, const struct flow *f, const struct identity *who,
    const struct session *s, const char *secret, const char *url)
{
	struct json *o = json_new_object(c->mem);

	if (secret != NULL && !f->api) {
		visit_set_session(c, secret);
		csrf_rotate(c);
	}
	if (!f->api && !visit_is_json(c)) {
		visit_redirect(c, url);
		return;
	}
	if (secret != NULL && f->api)
		json_put_text(o, "session_token", secret);
	if (secret != NULL)
		json_put(o, "session", s->json);
	json_put(o, "identity", who->json);
	if (!f->api)
		self_put_redirect(o, url);
	else if (secret != NULL)
		put_token_item(o, secret);
	else
		json_put_list(o, "continue_with");
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

void
self_registration_complete(struct visit *c, struct flow *f,
    const struct self_newcomer *in)
{
	struct identity who;
	struct session s;
	const char *secret = NULL, *url = self_done_url(c, f);
	enum code code;

	if (url == NULL || !may_register(c, f))
		return;
	f->state = FLOW_PASSED;
	visit_begin(c, DB_TX_WRITE);
	code = write_rows(c, f, in, &who, &s, &secret);
	if (code == CODE_ALREADY_EXISTS) {
		visit_abort(c);
		f->state = FLOW_CHOOSE;
		ui_say(f->ui, UI_TAKEN, NULL, NULL);
		self_again(c, f);
		return;
	}
	if (!visit_end(c, code))
		return;
	if (f->handoff != NULL)
		exchange_return(c, f, url);
	else
		answer(c, f, &who, &s, secret, url);
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
	m = method_of(f, body);
	if (m != NULL)
		f->active = m->name;
	if (!self_redraw(c, f))
		return;
	if (m != NULL) {
		m->submit(c, f, body);
		return;
	}
	ui_say(f->ui, UI_REGISTRATION_NO_METHOD, NULL, NULL);
	self_again(c, f);
}

/*
 * Registration flows. Identity, credential, addresses and session are written
 * in one transaction; the unique index alone says whether an identifier is
 * taken.
 */
#include "identity/self_registration.h"

#include <string.h>

#include "identity/csrf.h"
#include "identity/password.h"
#include "identity/self.h"

/* --- the form -------------------------------------------------------------- */

static void
draw_form(struct visit *c, struct flow *f, const struct json *traits)
{
	f->ui = ui_new(c->mem);
	schema_nodes(c->p->schema, traits, f->ui);
	self_add_password(f, "new-password", UI_REGISTER);
}

static void
draw(struct visit *c, struct flow *f)
{
	draw_form(c, f, NULL);
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
	draw(c, f);
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

/* Every text of the traits, and the local part of addresses (P-2). */
static const char *const *
personal_texts(struct visit *c, const struct json *traits)
{
	const struct schema *s = c->p->schema;
	const char **list, *value;
	size_t i, n = 0;

	list = arena_calloc(c->mem, 2 * s->nleaves + 1, sizeof(*list));
	for (i = 0; i < s->nleaves; i++) {
		if ((value = schema_value(&s->leaves[i], traits)) == NULL)
			continue;
		list[n++] = value;
		if (strchr(value, '@') != NULL)
			list[n++] =
			    arena_strndup(c->mem, value, strcspn(value, "@"));
	}
	return list;
}

/* Says everything that is wrong with the submit; true: nothing. */
static bool
is_acceptable(struct visit *c, struct flow *f, const struct json *traits,
    const char *password)
{
	bool ok;

	ok = schema_check(c->mem, c->p->schema, traits, f->ui);
	if (*password == '\0') {
		ui_say_at(f->ui, "password", UI_MISSING, "property",
		    "password");
		return false;
	}
	return password_policy(c, password, personal_texts(c, traits), f->ui) &&
	    ok;
}

/* The rows of a new person; a session too if signing up signs in. */
static enum code
write_rows(struct visit *c, struct flow *f, const struct identity_new *in,
    struct identity *who, struct session *s, const char **secret)
{
	char id[STR_UUID_LEN + 1];
	enum code code;

	code = identity_insert(c->db, c->mem, in, id);
	if (code == CODE_OK)
		code = self_trail(c, "registration", NULL, id, NULL);
	if (code == CODE_OK && c->p->registration_session)
		code = self_issue(c, f, id, "password", s, secret);
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

static void
create(struct visit *c, struct flow *f, const struct json *traits,
    const char *hash)
{
	struct identity_new in = { 0 };
	struct identity who;
	struct session s;
	const char *secret = NULL, *url = self_done_url(c, f);
	enum code code;

	if (url == NULL)
		return;
	in.schema = c->p->schema;
	in.traits = traits;
	in.password_hash = hash;
	f->state = FLOW_PASSED;
	visit_begin(c, DB_TX_WRITE);
	code = write_rows(c, f, &in, &who, &s, &secret);
	if (code == CODE_ALREADY_EXISTS) {
		visit_abort(c);
		f->state = FLOW_CHOOSE;
		ui_say(f->ui, UI_TAKEN, NULL, NULL);
		self_again(c, f);
		return;
	}
	if (visit_end(c, code))
		answer(c, f, &who, &s, secret, url);
}

static void
submit_password(struct visit *c, struct flow *f, const struct json *body)
{
	const char *password = password_take(c, body, "password"), *hash;
	bool form = !str_starts(c->r->type, "application/json");
	const struct json *traits;

	traits = schema_traits(c->mem, c->p->schema,
	    json_get_object(body, "traits"), form);
	f->active = "password";
	draw_form(c, f, traits);
	if (!is_acceptable(c, f, traits, password))
		self_again(c, f);
	else if (password_hash(c, password, &hash) != CODE_OK)
		password_refuse_busy(c);
	else
		create(c, f, traits, hash);
}

void
self_registration_submit(struct visit *c)
{
	const struct json *body;
	struct flow *f;

	if (!self_submit(c, FLOW_REGISTRATION, draw, &f, &body) || !is_open(c))
		return;
	if (c->session != NULL) {
		if (f->api || visit_is_json(c))
			self_refuse_signed_in(c);
		else
			visit_redirect(c, c->p->default_return);
		return;
	}
	if (strcmp(json_get_text(body, "method", ""), "password") == 0) {
		submit_password(c, f, body);
		return;
	}
	draw(c, f);
	ui_say(f->ui, UI_REGISTRATION_NO_METHOD, NULL, NULL);
	self_again(c, f);
}

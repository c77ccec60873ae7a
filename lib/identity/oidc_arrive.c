/*
 * Who a person is follows from the provider's subject alone. An address only
 * finds the account that a new subject may belong to, and only if the provider
 * verified it; then its owner has to sign in the old way before anything is
 * linked.
 */
#include "identity/oidc_arrive.h"

#include <string.h>

#include "identity/credential.h"
#include "identity/exchange.h"
#include "identity/oidc_link.h"
#include "identity/self.h"
#include "identity/self_login.h"
#include "identity/self_registration.h"
#include "identity/self_settings.h"

#define WAITING "oidc_waiting"

/* Shows the form, or sends the browser back to its app. */
static void
show(struct visit *c, struct flow *f)
{
	const char *url;

	if (f->handoff == NULL) {
		self_again(c, f);
		return;
	}
	if ((url = self_done_url(c, f)) == NULL)
		return;
	visit_begin(c, DB_TX_WRITE);
	if (visit_end(c, flow_save(c, f)))
		exchange_return(c, f, url);
}

/* A provider's word that does not hold is an event of security. */
static bool
note_refusal(struct visit *c)
{
	visit_begin(c, DB_TX_WRITE);
	return visit_end(c, self_trail(c, "login", "refused", NULL, NULL));
}

void
oidc_arrive_not(struct visit *c, struct flow *f, enum ui_id id,
    const char *label)
{
	f->active = "oidc";
	if ((id == UI_OIDC_FAILED && !note_refusal(c)) || !self_redraw(c, f))
		return;
	ui_say(f->ui, id, "provider", label);
	show(c, f);
}

/* --- another flow in place of the one that came back ----------------------- */

/* For the same browser, or app, and the same end. */
static struct flow *
follow(struct visit *c, const struct flow *f, enum flow_kind kind)
{
	struct flow *next = flow_new(c, kind, f->api);

	next->request_url = f->request_url; /* never that of the callback */
	next->return_to = f->return_to;
	next->organization_id = f->organization_id;
	next->handoff = f->handoff;
	next->active = "oidc";
	return next;
}

/* f itself if it is of the kind, else another one that is stored. */
static struct flow *
as_kind(struct visit *c, struct flow *f, enum flow_kind kind)
{
	struct flow *next;

	if (f->kind == kind)
		return f;
	next = follow(c, f, kind);
	visit_begin(c, DB_TX_WRITE);
	return visit_end(c, flow_insert(c, next)) ? next : NULL;
}

/* --- an account with the same address -------------------------------------- */

/* "password, Google" */
static enum code
ways_in(struct visit *c, const char *identity_id, const char **out)
{
	const struct oidc_provider *p;
	const char *const *ids;
	const char *list = NULL;
	struct credential cred;
	enum code code;
	size_t i;

	code = credential_get(c->db, c->mem, identity_id, "password", &cred);
	if (code != CODE_OK && code != CODE_NOT_FOUND)
		return code;
	if (code == CODE_OK)
		list = "password";
	if ((code = oidc_link_list(c, identity_id, &ids)) != CODE_OK)
		return code;
	for (i = 0; ids[i] != NULL; i++) {
		if ((p = oidc_config_find(c->p->oidc_config, ids[i])) == NULL)
			continue;
		list = list == NULL
		    ? p->label
		    : arena_printf(c->mem, "%s, %s", list, p->label);
	}
	*out = list == NULL ? "recovery" : list;
	return CODE_OK;
}

/*
 * The owner of identity_id is asked for the credential there is; signing in by
 * this very form then links the provider.
 */
static void
ask_to_link(struct visit *c, struct flow *f, const struct oidc_person *who,
    const char *identity_id)
{
	struct flow *login = as_kind(c, f, FLOW_LOGIN);
	struct json *typed = json_new_object(c->mem);
	const char *ways;

	if (login == NULL)
		return;
	json_put_text(typed, "identifier", who->email);
	login->typed = typed;
	login->active = "oidc";
	oidc_link_promise(login, identity_id, who);
	if (!self_redraw(c, login))
		return;
	visit_begin(c, DB_TX_READ);
	if (!visit_end(c, ways_in(c, identity_id, &ways)))
		return;
	ui_say(login->ui, UI_LOGIN_LINK, "duplicate_identifier", who->email);
	ui_say(login->ui, UI_TAKEN_HINTS, "available_credential_types", ways);
	show(c, login);
}

/* --- somebody new ---------------------------------------------------------- */

static bool
same_email(struct visit *c, const struct json *traits, const char *email)
{
	const char *own = json_get_text(traits, "email", "");

	return email != NULL && strcmp(str_lower(c->mem, own), email) == 0;
}

static void
sign_up(struct visit *c, struct flow *f, const struct oidc_person *who,
    const struct json *traits)
{
	struct self_newcomer in = { .traits = traits };

	in.type = "oidc";
	in.config = oidc_link_config(c, who);
	in.identifiers = oidc_link_identifiers(c, who);
	in.verified = who->verified && same_email(c, traits, who->email);
	in.proof.method = "oidc";
	in.proof.provider = who->provider->id;
	json_put_null(f->internal, WAITING);
	self_registration_complete(c, f, &in);
}

/* Keeps who it is until the form has what is missing. */
static void
wait_for_more(struct flow *f, const struct oidc_person *who)
{
	struct json *o = json_put_object(f->internal, WAITING);

	json_put_text(o, "provider", who->provider->id);
	json_put_text(o, "subject", who->subject);
	json_put_text(o, "email", who->email);
	json_put_bool(o, "verified", who->verified);
	json_put(o, "traits", who->traits);
}

static void
begin_sign_up(struct visit *c, struct flow *f, const struct oidc_person *who)
{
	struct json *typed = json_new_object(c->mem);
	const struct json *traits;

	if (!c->p->registration) {
		oidc_arrive_not(c, f, UI_OIDC_UNKNOWN, who->provider->label);
		return;
	}
	if ((f = as_kind(c, f, FLOW_REGISTRATION)) == NULL)
		return;
	traits = schema_traits(c->mem, c->schema, who->traits, false);
	json_put(typed, "traits", traits);
	f->typed = typed;
	f->active = "oidc";
	wait_for_more(f, who);
	if (!self_redraw(c, f))
		return;
	if (self_registration_check(c, f, traits))
		sign_up(c, f, who, traits);
	else
		show(c, f);
}

const struct oidc_provider *
oidc_arrive_waits(const struct visit *c, const struct flow *f)
{
	return oidc_config_find(c->p->oidc_config,
	    json_get_text(json_get(f->internal, WAITING), "provider", NULL));
}

/* All of below, and over it all of above: traits are nested one deep. */
static struct json *
overlay(struct arena *a, const struct json *below, const struct json *above)
{
	struct json *o = json_new_object(a);
	const struct json *v, *old;
	const char *key;
	size_t i;

	for (i = 0; (key = json_key_at(below, i)) != NULL; i++)
		if (json_has(below, key))
			json_put(o, key, json_get(below, key));
	for (i = 0; (key = json_key_at(above, i)) != NULL; i++) {
		v = json_get(above, key);
		old = json_get(o, key);
		if (json_kind(v) == JSON_OBJECT &&
		    json_kind(old) == JSON_OBJECT)
			json_put(o, key, overlay(a, old, v));
		else if (v != NULL)
			json_put(o, key, v);
	}
	return o;
}

void
oidc_arrive_complete(struct visit *c, struct flow *f,
    const struct oidc_provider *p, const struct json *body)
{
	const struct json *w = json_get(f->internal, WAITING);
	struct json *typed = json_new_object(c->mem);
	struct oidc_person who = { .provider = p };
	const struct json *traits;

	who.subject = json_get_text(w, "subject", "");
	who.email = json_get_text(w, "email", NULL);
	who.verified = json_get_bool(w, "verified", false);
	who.traits = overlay(c->mem, json_get(w, "traits"),
	    self_registration_traits(c, body));
	traits = schema_traits(c->mem, c->schema, who.traits, false);
	json_put(typed, "traits", traits);
	f->typed = typed;
	if (!self_redraw(c, f))
		return;
	if (self_registration_check(c, f, traits))
		sign_up(c, f, &who, traits);
	else
		show(c, f);
}

/* --- arriving -------------------------------------------------------------- */

/* Somebody whose subject nobody has. */
static void
arrive_new(struct visit *c, struct flow *f, const struct oidc_person *who)
{
	struct identity owner;
	enum code code = CODE_NOT_FOUND;

	if (f->refresh) {
		oidc_arrive_not(c, f, UI_OIDC_UNKNOWN, who->provider->label);
		return;
	}
	visit_begin(c, DB_TX_READ);
	if (who->email != NULL)
		code = identity_find_email(c->db, c->mem, c->p->base_url,
		    who->email, &owner);
	if (!visit_end(c, code == CODE_NOT_FOUND ? CODE_OK : code))
		return;
	if (code == CODE_OK && who->verified)
		ask_to_link(c, f, who, owner.id);
	else if (code == CODE_NOT_FOUND || c->p->mitigate)
		begin_sign_up(c, f, who); /* which keeps known ones secret */
	else
		oidc_arrive_not(c, f, UI_TAKEN, who->provider->label);
}

static void
arrive_known(struct visit *c, struct flow *f, const struct oidc_person *who,
    const char *identity_id)
{
	struct session_proof proof = { .method = "oidc",
		.provider = who->provider->id };

	if (f->refresh && !str_eq(f->identity_id, identity_id))
		oidc_arrive_not(c, f, UI_OIDC_UNKNOWN, who->provider->label);
	else if ((f = as_kind(c, f, FLOW_LOGIN)) != NULL)
		self_login_complete(c, f, identity_id, &proof);
}

static void
arrive_settings(struct visit *c, struct flow *f, const struct oidc_person *who)
{
	enum code code;

	if (!self_settings_privileged(c, f, json_new_object(c->mem)))
		return;
	f->active = "oidc";
	visit_begin(c, DB_TX_WRITE);
	code = oidc_link_add(c, c->session->identity.id, who);
	if (code == CODE_ALREADY_EXISTS) {
		visit_abort(c);
		oidc_arrive_not(c, f, UI_DUPLICATE_LINK, who->provider->label);
		return;
	}
	if (code == CODE_OK)
		code = oidc_link_tell(c, c->session->identity.id, who->provider,
		    true);
	self_settings_done(c, f, "oidc.link", code);
}

void
oidc_arrive(struct visit *c, struct flow *f, const struct oidc_person *who)
{
	char identity_id[STR_UUID_LEN + 1];
	enum code code;

	if (f->kind == FLOW_SETTINGS) {
		arrive_settings(c, f, who);
		return;
	}
	visit_begin(c, DB_TX_READ);
	code = oidc_link_find(c, who, identity_id);
	if (!visit_end(c, code == CODE_NOT_FOUND ? CODE_OK : code))
		return;
	if (code == CODE_OK)
		arrive_known(c, f, who, identity_id);
	else
		arrive_new(c, f, who);
}

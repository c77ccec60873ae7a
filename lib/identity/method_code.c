/*
 * Signing in and up by a mailed code, and such a code as second factor (spec
 * identity.md L-9, M-1). The first submit sends, the second verifies. Whether
 * anybody has the address changes only what is mailed (E-4). Whoever came in
 * by mail proves nothing new by another mail: it is no second factor then.
 */
#include <string.h>

#include "identity/courier.h"
#include "identity/level.h"
#include "identity/limit.h"
#include "identity/mailed.h"
#include "identity/method.h"
#include "identity/nfc.h"
#include "identity/onetime.h"
#include "identity/self.h"
#include "identity/self_login.h"
#include "identity/self_registration.h"
#include "net/mail.h"

#define NAME	    "code"
#define ADDRESS_MAX ((size_t)320)
#define MINUTE_US   INT64_C(60000000)

/* --- what both have in common ---------------------------------------------- */

static bool
is_sent(const struct flow *f)
{
	return strcmp(f->state, FLOW_SENT) == 0;
}

static const char *
sent_to(const struct flow *f)
{
	return json_get_text(f->internal, "address", "");
}

static bool
has_code(const struct json *body)
{
	return !str_is_empty(json_get_text(body, "code", "")) ||
	    !str_is_empty(json_get_text(body, "resend", "")) ||
	    !str_is_empty(json_get_text(body, "address", ""));
}

/* The code that is tried; "" to send one (again). */
static const char *
given_code(struct visit *c, const struct flow *f, const struct json *body)
{
	if (!is_sent(f) || !str_is_empty(json_get_text(body, "resend", "")))
		return "";
	return str_trim(c->mem, json_get_text(body, "code", ""));
}

static void
draw_sent(struct flow *f, enum ui_id label)
{
	ui_add_input(f->ui,
	    &(struct ui_input){
		.name = "code",
		.type = "text",
		.group = NAME,
		.autocomplete = "one-time-code",
		.pattern = ONETIME_PATTERN,
		.maxlength = ONETIME_DIGITS,
		.required = true,
		.label = label,
	    });
	self_add_submit(f, NAME, NULL, NAME,
	    f->kind == FLOW_LOGIN ? UI_LOGIN : UI_REGISTER);
	self_add_submit(f, NAME, "resend", NAME, UI_NODE_RESEND);
}

/* A mail of this type with a new code; unknown: nobody to sign in. */
static enum code
send_code(struct visit *c, struct flow *f, const char *type, const char *key,
    const char *address, const char *identity_id, bool unknown)
{
	const struct onetime_new in = { f->id, address, identity_id, false,
		c->p->code_us };
	struct courier_mail mail = { .type = type,
		.to = address,
		.identity_id = identity_id,
		.unknown = unknown && c->p->notify_unknown,
		.nobody = unknown && !c->p->notify_unknown };
	struct json *o = json_new_object(c->mem);
	const char *secret;
	enum code code;

	code = onetime_issue(c->db, c->mem, c->p->secrets, &in, &secret);
	if (code != CODE_OK)
		return code;
	json_put_text(o, key, secret);
	json_put_int(o, "ExpiresInMinutes", c->p->code_us / MINUTE_US);
	json_put_text(o, "RequestURL", f->request_url);
	if (json_has(f->internal, "transient_payload"))
		json_put(o, "TransientPayload",
		    json_get(f->internal, "transient_payload"));
	mail.data = mail.unknown ? NULL : o;
	code = courier_queue(c->db, c->mem, c->p->secrets, &mail);
	/* what nobody has need not be an address */
	return unknown && code == CODE_INVALID_ARGUMENT ? CODE_OK : code;
}

/* The flow was completed in another tab. */
static void
replace_done(struct visit *c, struct flow *f)
{
	visit_abort(c);
	self_replace(c, f,
	    f->kind == FLOW_LOGIN ? UI_LOGIN_CODE_WRONG
				  : UI_REGISTRATION_CODE_WRONG);
}

/* The end of a send: the form that waits for the code. */
static void
show_sent(struct visit *c, struct flow *f, const char *address, enum ui_id id,
    enum code code)
{
	if (code == CODE_FAILED_PRECONDITION) {
		replace_done(c, f);
		return;
	}
	f->state = FLOW_SENT;
	json_put_text(f->internal, "address", address);
	f->ui = ui_new(c->mem);
	if (code == CODE_OK)
		code = self_draw(c, f);
	ui_say(f->ui, id, "address", address);
	if (code == CODE_OK)
		self_show_end(c, f, 400); /* not done yet */
	else
		(void)visit_end(c, code);
}

/* What a code proved; false: answered. wrong is what a wrong one is told. */
static bool
take_code(struct visit *c, struct flow *f, const char *given, enum ui_id wrong,
    struct onetime_proof *proof)
{
	enum code code;
	int seconds;

	visit_begin(c, DB_TX_WRITE);
	code = limit_take(c, LIMIT_CODE, sent_to(f), &seconds);
	if (code == CODE_OK && seconds > 0) {
		visit_abort(c);
		self_limited(c, f, seconds);
		return false;
	}
	if (code == CODE_OK)
		code = onetime_use(c->db, c->mem, c->p->secrets, f->id, given,
		    proof);
	if (code == CODE_RESOURCE_EXHAUSTED) {
		visit_abort(c);
		self_replace(c, f, UI_CODE_SPENT);
		return false;
	}
	if (code == CODE_FAILED_PRECONDITION) {
		replace_done(c, f);
		return false;
	}
	if (code != CODE_NOT_FOUND)
		return visit_end(c, code);
	ui_say(f->ui, wrong, NULL, NULL);
	code = self_trail(c, flow_name(f->kind), "refused", NULL, NULL);
	if (code == CODE_OK)
		self_show_end(c, f, 400);
	else
		(void)visit_end(c, code);
	return false;
}

/* --- signing in ------------------------------------------------------------ */

static bool
is_second(const struct flow *f)
{
	return strcmp(f->requested_aal, LEVEL_SECOND) == 0;
}

static bool
login_on(const struct idp *p)
{
	return p->methods.code &&
	    (p->methods.code_login || p->methods.code_mfa);
}

/* Whether the session was won by something mailed. */
static bool
came_by_mail(const struct session *s)
{
	const struct json *list =
	    json_get_list(s->json, "authentication_methods");
	const char *method;
	size_t i;

	for (i = 0; i < json_count(list); i++) {
		method = json_get_text(json_at(list, i), "method", "");
		if (strcmp(method, NAME) == 0 ||
		    strcmp(method, "code_recovery") == 0 ||
		    strcmp(method, "link_recovery") == 0)
			return true;
	}
	return false;
}

bool
method_code_steps_up(const struct visit *c)
{
	return c->p->methods.code && c->p->methods.code_mfa &&
	    c->session != NULL && *c->session->identity.email != '\0' &&
	    !came_by_mail(c->session);
}

/* Whether f, at its level, is served by a code. */
static bool
serves(const struct visit *c, const struct flow *f)
{
	return is_second(f) ? method_code_steps_up(c)
			    : c->p->methods.code_login;
}

static void
draw_second(struct visit *c, struct flow *f)
{
	const char *email = c->session->identity.email;

	ui_add_input(f->ui,
	    &(struct ui_input){
		.name = "address",
		.type = "submit",
		.group = NAME,
		.value = email,
		.label = UI_LOGIN_CODE_ADDRESS,
		.title = email,
	    });
}

static enum code
draw_login(struct visit *c, struct flow *f)
{
	if (!serves(c, f))
		return CODE_OK;
	if (is_sent(f)) {
		if (!is_second(f))
			self_login_add_identifier(c, f);
		draw_sent(f, UI_NODE_LOGIN_CODE);
		return CODE_OK;
	}
	if (is_second(f)) {
		draw_second(c, f);
		return CODE_OK;
	}
	self_login_add_identifier(c, f);
	self_add_submit(f, NAME, NULL, NAME, UI_LOGIN_CODE);
	return CODE_OK;
}

/* Whose code it will be, and where it goes; "" if nothing was said. */
static const char *
login_address(struct visit *c, struct flow *f, const struct json *body)
{
	const char *identifier;

	if (is_second(f) || (f->refresh && c->session != NULL))
		return c->session->identity.email;
	identifier = self_login_identifier(c, body);
	if (*identifier == '\0')
		identifier = json_get_text(f->internal, "identifier",
		    is_sent(f) ? sent_to(f) : "");
	return nfc_identifier(c->mem, identifier);
}

static void
send_login(struct visit *c, struct flow *f, const char *address)
{
	const char *identity_id = NULL;
	enum code code;

	visit_begin(c, DB_TX_WRITE);
	if (!self_may_send(c, f, address))
		return;
	code = mailed_owner(c, address, &identity_id);
	/* what is no address is nobody's: no code is sent, none is good */
	if (!mail_is_address(address))
		identity_id = NULL;
	if (code == CODE_OK)
		code = send_code(c, f, "login_code", "LoginCode", address,
		    identity_id, identity_id == NULL);
	if (code == CODE_INVALID_ARGUMENT)
		code = CODE_OK;
	if (code == CODE_OK)
		code = self_trail(c, "login.send",
		    identity_id == NULL ? "refused" : NULL, identity_id, NULL);
	show_sent(c, f, address, UI_LOGIN_CODE_SENT, code);
}

static void
try_login(struct visit *c, struct flow *f, const char *given)
{
	struct session_proof how = { .method = NAME };
	struct onetime_proof proof = { 0 };
	enum code code;

	if (!take_code(c, f, given, UI_LOGIN_CODE_WRONG, &proof))
		return;
	if (proof.identity_id == NULL) { /* guessed, yet nobody's */
		self_login_refuse(c, f, UI_LOGIN_CODE_WRONG, NULL);
		return;
	}
	visit_begin(c, DB_TX_WRITE);
	code = mailed_verify(c, proof.identity_id, proof.address);
	if (code == CODE_NOT_FOUND) { /* it left its owner after the mail */
		visit_abort(c);
		self_login_refuse(c, f, UI_LOGIN_CODE_WRONG, proof.identity_id);
		return;
	}
	if (!visit_end(c, code))
		return;
	if (is_second(f))
		how.aal = LEVEL_SECOND;
	self_login_complete(c, f, proof.identity_id, &how);
}

static void
submit_login(struct visit *c, struct flow *f, const struct json *body)
{
	const char *given = given_code(c, f, body);
	const char *address;

	if (!serves(c, f)) {
		ui_say(f->ui, UI_LOGIN_NO_METHOD, NULL, NULL);
		self_again(c, f);
		return;
	}
	if (*given != '\0') {
		try_login(c, f, given);
		return;
	}
	address = login_address(c, f, body);
	if (*address == '\0') {
		ui_say_at(f->ui, "identifier", UI_MISSING, "property",
		    "identifier");
		self_again(c, f);
		return;
	}
	if (strlen(address) > ADDRESS_MAX) {
		ui_say_at(f->ui, "identifier", UI_TOO_LONG, "max_length",
		    arena_printf(c->mem, "%zu", ADDRESS_MAX));
		self_again(c, f);
		return;
	}
	send_login(c, f, address);
}

/* --- signing up ------------------------------------------------------------ */

static bool
registration_on(const struct idp *p)
{
	return p->methods.code && p->methods.code_login;
}

static enum code
draw_registration(struct visit *c, struct flow *f)
{
	(void)c;
	if (is_sent(f))
		draw_sent(f, UI_NODE_REGISTRATION_CODE);
	else
		self_add_submit(f, NAME, NULL, NAME, UI_REGISTER_CODE);
	return CODE_OK;
}

/* E-3: whoever has the address already is told so, by mail only. */
static enum code
send_newcomer(struct visit *c, struct flow *f, const char *address)
{
	const char *owner = NULL;
	enum code code = CODE_OK;

	if (c->p->mitigate)
		code = mailed_owner(c, address, &owner);
	if (code == CODE_OK && owner != NULL)
		return mailed_exists(c, f, address);
	if (code == CODE_OK)
		code = send_code(c, f, "registration_code", "RegistrationCode",
		    address, NULL, false);
	return code;
}

static void
send_registration(struct visit *c, struct flow *f, const struct json *traits)
{
	const char *address = schema_address(c->schema, traits);
	enum code code;

	if (address == NULL) {
		ui_say(f->ui, UI_REGISTRATION_NO_METHOD, NULL, NULL);
		self_again(c, f);
		return;
	}
	address = nfc_identifier(c->mem, address);
	visit_begin(c, DB_TX_WRITE);
	if (!self_may_send(c, f, address))
		return;
	json_put(f->internal, "profile", traits);
	code = send_newcomer(c, f, address);
	show_sent(c, f, address, UI_REGISTER_CODE_SENT, code);
}

static const struct json *
code_config(struct visit *c, const char *address)
{
	struct json *o = json_new_object(c->mem), *item;

	item = json_add_object(json_put_list(o, "addresses"));
	json_put_text(item, "channel", "email");
	json_put_text(item, "address", address);
	return o;
}

static void
try_registration(struct visit *c, struct flow *f, const struct json *traits,
    const char *given)
{
	struct self_newcomer in = { .proof.method = NAME };
	struct onetime_proof proof = { 0 };
	const char *identifiers[2] = { NULL, NULL };

	if (!take_code(c, f, given, UI_REGISTRATION_CODE_WRONG, &proof))
		return;
	identifiers[0] = proof.address;
	in.traits = traits;
	in.type = NAME;
	in.config = code_config(c, proof.address);
	in.identifiers = identifiers;
	in.verified = true;
	self_registration_complete(c, f, &in);
}

static void
submit_registration(struct visit *c, struct flow *f, const struct json *body)
{
	const struct json *kept = json_get_object(f->internal, "profile");
	const char *given = given_code(c, f, body);
	const struct json *traits = self_registration_traits(c, body);

	if (!self_registration_check(c, f, traits)) {
		self_again(c, f);
		return;
	}
	if (*given == '\0') {
		send_registration(c, f, traits);
		return;
	}
	if (!schema_same(c->mem, c->schema, traits, kept)) {
		ui_say(f->ui, UI_CODE_TRAITS_CHANGED, NULL, NULL);
		self_again(c, f);
		return;
	}
	try_registration(c, f, traits, given);
}

const struct method method_code_login = {
	.name = NAME,
	.first = true,
	.second = true,
	.late = true,
	.on = login_on,
	.claims = has_code,
	.draw = draw_login,
	.submit = submit_login,
};

const struct method method_code_registration = {
	.name = NAME,
	.late = true,
	.on = registration_on,
	.claims = has_code,
	.draw = draw_registration,
	.submit = submit_registration,
};

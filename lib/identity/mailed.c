/*
 * Flows that prove an address. Whether anybody has the address changes neither
 * the answer nor the steps that lead to it: only what is mailed.
 */
#include "identity/mailed.h"

#include <string.h>

#include "identity/courier.h"
#include "identity/limit.h"
#include "identity/nfc.h"
#include "identity/profile.h"
#include "identity/self.h"
#include "identity/self_recovery.h"
#include "identity/self_verification.h"
#include "net/mail.h"
#include "rpc/auth.h"

#define MINUTE_US INT64_C(60000000)

enum query {
	Q_FIND_RECOVERY,
	Q_FIND_VERIFIABLE,
	Q_SENT,
	Q_VERIFY,
	Q__MAX
};

const struct db_query mailed_queries[] = {
	[Q_FIND_RECOVERY] = {
	    .name = "mailed_find_recovery",
	    .nargs = 1, /* address */
	    .sql = "SELECT identity_id FROM recovery_addresses"
		   " WHERE via = 'email' AND value = $1",
	},
	[Q_FIND_VERIFIABLE] = {
	    .name = "mailed_find_verifiable",
	    .nargs = 1, /* address */
	    .sql = "SELECT identity_id FROM verifiable_addresses"
		   " WHERE via = 'email' AND value = $1",
	},
	[Q_SENT] = {
	    .name = "mailed_sent",
	    .nargs = 1, /* address */
	    .sql = "UPDATE verifiable_addresses SET status = 'sent',"
		   " updated_at = now() WHERE via = 'email' AND value = $1"
		   " AND status = 'pending'",
	},
	[Q_VERIFY] = {
	    .name = "mailed_verify",
	    .nargs = 2, /* identity, address */
	    .sql = "UPDATE verifiable_addresses SET verified = true,"
		   " verified_at = coalesce(verified_at, now()),"
		   " status = 'completed', updated_at = now()"
		   " WHERE identity_id = $1 AND via = 'email' AND value = $2",
	},
	[Q__MAX] = { 0 },
};

static const struct kind {
	bool code_first; /* wins over an address in the same submit */
	bool url;	 /* the mail of a code also holds a link */
	enum query find;
	const char *code_mail, *code_key;
	const char *link_mail, *url_key;
	enum ui_id label;
	enum ui_id code_sent, code_wrong;
	enum ui_id link_sent, link_wrong;
	enum ui_id done;
	enum ui_id no_method;
	/* Ends the open transaction and answers. */
	void (*passed)(struct visit *c, struct flow *f,
	    const struct onetime_proof *proof);
} kinds[FLOW__MAX] = {
	[FLOW_RECOVERY] = {
	    .find = Q_FIND_RECOVERY,
	    .code_mail = "recovery_code",
	    .code_key = "RecoveryCode",
	    .link_mail = "recovery",
	    .url_key = "RecoveryURL",
	    .label = UI_NODE_RECOVERY_CODE,
	    .code_sent = UI_RECOVERY_SENT,
	    .code_wrong = UI_RECOVERY_CODE_WRONG,
	    .link_sent = UI_RECOVERY_LINK_SENT,
	    .link_wrong = UI_RECOVERY_LINK_WRONG,
	    .done = UI_RECOVERY_DONE,
	    .no_method = UI_RECOVERY_NO_METHOD,
	    .passed = self_recovery_passed,
	},
	[FLOW_VERIFICATION] = {
	    .code_first = true,
	    .url = true,
	    .find = Q_FIND_VERIFIABLE,
	    .code_mail = "verification_code",
	    .code_key = "VerificationCode",
	    .link_mail = "verification",
	    .url_key = "VerificationURL",
	    .label = UI_NODE_VERIFICATION_CODE,
	    .code_sent = UI_VERIFICATION_SENT,
	    .code_wrong = UI_VERIFICATION_CODE_WRONG,
	    .link_sent = UI_VERIFICATION_LINK_SENT,
	    .link_wrong = UI_VERIFICATION_LINK_WRONG,
	    .done = UI_VERIFICATION_DONE,
	    .no_method = UI_VERIFICATION_NO_METHOD,
	    .passed = self_verification_passed,
	},
};

/* False: switched off, answered. */
static bool
is_on(struct visit *c, enum flow_kind kind)
{
	if (kind == FLOW_RECOVERY ? c->p->recovery : c->p->verification)
		return true;
	visit_refuse_simple(c, 400, "self_service_flow_disabled",
	    kind == FLOW_RECOVERY
		? "Recovery is not offered on this site."
		: "Verification is not offered on this site.");
	return false;
}

/* Whether f works by link: as it was begun, or else as is set. */
static bool
is_link(const struct visit *c, const struct flow *f)
{
	if (f->active != NULL)
		return strcmp(f->active, "link") == 0;
	return f->kind == FLOW_RECOVERY ? c->p->recovery_link
					: c->p->verification_link;
}

static const char *
stored_address(const struct flow *f)
{
	return json_get_text(f->internal, "address", "");
}

/* --- the form -------------------------------------------------------------- */

static void
draw_address(struct flow *f, const char *method)
{
	ui_add_input(f->ui,
	    &(struct ui_input){
		.name = "email",
		.type = "email",
		.group = method,
		.value = flow_typed(f, "email"),
		.autocomplete = "email",
		.required = true,
		.label = UI_NODE_EMAIL,
	    });
	self_add_submit(f, method, NULL, method, UI_NODE_SUBMIT);
}

/* What the mail says is asked for, filled in if given. */
static void
draw_code(struct flow *f, const char *given)
{
	ui_add_input(f->ui,
	    &(struct ui_input){
		.name = "code",
		.type = "text",
		.group = "code",
		.value = given,
		.autocomplete = "one-time-code",
		.pattern = ONETIME_PATTERN,
		.maxlength = ONETIME_DIGITS,
		.required = true,
		.label = kinds[f->kind].label,
	    });
	ui_add_input(f->ui,
	    &(struct ui_input){
		.name = "method",
		.type = "hidden",
		.group = "code",
		.value = "code",
	    });
	self_add_submit(f, "code", NULL, "code", UI_NODE_SUBMIT);
	self_add_submit(f, "code", "email", stored_address(f), UI_NODE_RESEND);
}

static void
draw_token(struct flow *f, const char *given)
{
	ui_add_input(f->ui,
	    &(struct ui_input){
		.name = "token",
		.type = "hidden",
		.group = "link",
		.value = given,
	    });
	self_add_submit(f, "link", NULL, "link", UI_NODE_CONTINUE);
}

static void
draw_done(struct visit *c, struct flow *f)
{
	const char *url = self_done_url(c, f);
	struct json *o;

	if (f->kind != FLOW_VERIFICATION || url == NULL)
		return;
	ui_set_continue(f->ui, url);
	o = ui_add_node(f->ui, "a", "code", UI_NODE_CONTINUE, NULL);
	json_put_text(o, "href", url);
	json_put_text(o, "id", "continue");
	json_put(o, "title", ui_message(f->ui, UI_NODE_CONTINUE, NULL, NULL));
}

static void
draw(struct visit *c, struct flow *f, const char *given)
{
	bool link = is_link(c, f);

	if (strcmp(f->state, FLOW_PASSED) == 0)
		draw_done(c, f);
	else if (strcmp(f->state, FLOW_SENT) == 0 && !link)
		draw_code(f, given);
	else if (strcmp(f->state, FLOW_SENT) == 0 && given != NULL)
		draw_token(f, given);
	else
		draw_address(f, link ? "link" : "code");
}

enum code
mailed_draw(struct visit *c, struct flow *f)
{
	draw(c, f, NULL);
	return CODE_OK;
}

/* --- sending --------------------------------------------------------------- */

const char *
mailed_url(struct visit *c, const struct flow *f, bool link, const char *secret)
{
	return arena_printf(c->mem, "%s/self-service/%s?flow=%s%s%s",
	    c->p->base_url, flow_name(f->kind), f->id,
	    secret == NULL ? ""
		: link	   ? "&token="
			   : "&code=",
	    secret == NULL ? "" : secret);
}

static const struct json *
mail_data(struct visit *c, const struct flow *f, bool link, const char *secret)
{
	const struct kind *k = &kinds[f->kind];
	struct json *o = json_new_object(c->mem);

	if (!link)
		json_put_text(o, k->code_key, secret);
	if (link || (k->url && !f->api))
		json_put_text(o, k->url_key, mailed_url(c, f, link, secret));
	json_put_int(o, "ExpiresInMinutes", c->p->code_us / MINUTE_US);
	json_put_text(o, "RequestURL", f->request_url);
	if (json_has(f->internal, "transient_payload"))
		json_put(o, "TransientPayload",
		    json_get(f->internal, "transient_payload"));
	return o;
}

static enum code
queue_mail(struct visit *c, const struct flow *f, const char *address,
    const char *identity_id, const char *secret)
{
	const struct kind *k = &kinds[f->kind];
	bool link = is_link(c, f);
	struct courier_mail mail = {
		.type = link ? k->link_mail : k->code_mail,
		.to = address,
		.identity_id = identity_id,
		.unknown = identity_id == NULL && c->p->notify_unknown,
		.nobody = identity_id == NULL && !c->p->notify_unknown,
	};

	if (!mail.unknown)
		mail.data = mail_data(c, f, link, secret);
	if (f->kind == FLOW_VERIFICATION &&
	    db_run(c->db, &mailed_queries[Q_SENT], DB_ARGS(address)) == NULL)
		return identity_fault(c->db);
	return courier_queue(c->db, c->mem, c->p->secrets, &mail);
}

static enum code
look_up(struct visit *c, enum query q, const char *address,
    const char **identity_id)
{
	struct db_rows *rows;

	rows = db_run(c->db, &mailed_queries[q], DB_ARGS(address));
	if (rows == NULL)
		return identity_fault(c->db);
	*identity_id = db_next(rows) ? db_text(rows, 0) : NULL;
	return CODE_OK;
}

/*
 * The owner of an address, or who will be once it is proven; NULL: nobody.
 */
static enum code
find_owner(struct visit *c, const struct flow *f, const char *address,
    const char **identity_id)
{
	enum code code;

	if (f->identity_id != NULL) {
		*identity_id = f->identity_id;
		code = profile_waits(c, f->identity_id, address);
		if (code != CODE_NOT_FOUND)
			return code;
	}
	return look_up(c, kinds[f->kind].find, address, identity_id);
}

enum code
mailed_issue(struct visit *c, struct flow *f, const char *address,
    const char *identity_id, int64_t life_us, bool link, const char **secret)
{
	const struct onetime_new in = { f->id, address, identity_id, link,
		life_us };

	f->active = link ? "link" : "code";
	f->state = FLOW_SENT;
	json_put_text(f->internal, "address", address);
	f->ui = ui_new(c->mem);
	draw(c, f, NULL);
	ui_say(f->ui,
	    link ? kinds[f->kind].link_sent : kinds[f->kind].code_sent, NULL,
	    NULL);
	return onetime_issue(c->db, c->mem, c->p->secrets, &in, secret);
}

enum code
mailed_send(struct visit *c, struct flow *f, const char *address)
{
	const char *value = nfc_identifier(c->mem, address);
	const char *identity_id = NULL, *secret;
	enum code code;

	code = find_owner(c, f, value, &identity_id);
	if (code == CODE_OK)
		code = mailed_issue(c, f, value, identity_id, c->p->code_us,
		    is_link(c, f), &secret);
	if (code == CODE_OK)
		code = queue_mail(c, f, value, identity_id, secret);
	if (code == CODE_OK)
		code = self_trail(c,
		    arena_printf(c->mem, "%s.send", flow_name(f->kind)),
		    identity_id == NULL ? "refused" : NULL, identity_id, NULL);
	return code == CODE_OK ? flow_save(c, f) : code;
}

/* Over a limit: the form again, as far as it was. */
static void
refuse_limited(struct visit *c, struct flow *f, int seconds)
{
	visit_abort(c);
	f->ui = ui_new(c->mem);
	draw(c, f, NULL);
	self_limited(c, f, seconds);
}

static void
send(struct visit *c, struct flow *f, const char *address)
{
	enum code code;
	int seconds;

	visit_begin(c, DB_TX_WRITE);
	code = limit_take(c, LIMIT_SEND, address, &seconds);
	if (code == CODE_OK && seconds > 0) {
		refuse_limited(c, f, seconds);
		return;
	}
	if (code == CODE_OK)
		code = mailed_send(c, f, address);
	if (code == CODE_FAILED_PRECONDITION) {
		visit_abort(c);
		self_restart(c, f, kinds[f->kind].done);
		return;
	}
	if (code == CODE_OK)
		self_show_end(c, f, 200);
	else
		(void)visit_end(c, code);
}

enum code
mailed_owner(struct visit *c, const char *address, const char **identity_id)
{
	return look_up(c, Q_FIND_VERIFIABLE, address, identity_id);
}

/* Who tries to sign up again is told how to sign in. */
static enum code
tell_owner(struct visit *c, const char *address)
{
	struct courier_mail mail = {
		.type = "registration_exists",
		.to = address,
	};
	struct json *o = json_new_object(c->mem);

	json_put_text(o, "LoginURL", flow_start_url(c, FLOW_LOGIN, false));
	if (c->p->recovery)
		json_put_text(o, "ResetURL",
		    flow_start_url(c, FLOW_RECOVERY, false));
	mail.data = o;
	return courier_queue(c->db, c->mem, c->p->secrets, &mail);
}

enum code
mailed_exists(struct visit *c, struct flow *f, const char *address)
{
	const struct onetime_new in = { f->id, address, NULL, false,
		c->p->code_us };
	const char *secret;
	enum code code;

	if (f->kind == FLOW_VERIFICATION)
		code = mailed_issue(c, f, address, NULL, c->p->code_us,
		    c->p->verification_link, &secret);
	else
		code =
		    onetime_issue(c->db, c->mem, c->p->secrets, &in, &secret);
	if (code == CODE_OK)
		code = tell_owner(c, address);
	if (code == CODE_OK)
		code = self_trail(c, "registration", "refused", NULL, NULL);
	return code;
}

/* --- comparing ------------------------------------------------------------- */

enum code
mailed_verify(struct visit *c, const char *identity_id, const char *address)
{
	struct db_rows *rows;

	rows = db_run(c->db, &mailed_queries[Q_VERIFY],
	    DB_ARGS(identity_id, address));
	if (rows == NULL)
		return identity_fault(c->db);
	if (db_affected(rows) == 0)
		return CODE_NOT_FOUND;
	auth_forget_sessions(c->r, identity_id);
	return CODE_OK;
}

void
mailed_refuse(struct visit *c, struct flow *f)
{
	const struct kind *k = &kinds[f->kind];
	enum code code;

	f->ui = ui_new(c->mem);
	draw(c, f, NULL);
	ui_say(f->ui, is_link(c, f) ? k->link_wrong : k->code_wrong, NULL,
	    NULL);
	code = self_trail(c, flow_name(f->kind), "refused", NULL, NULL);
	if (code == CODE_OK)
		self_show_end(c, f, 200);
	else
		(void)visit_end(c, code);
}

static void
try_code(struct visit *c, struct flow *f, const char *given)
{
	struct onetime_proof proof = { 0 };
	enum code code;
	int seconds;

	visit_begin(c, DB_TX_WRITE);
	code = limit_take(c, LIMIT_CODE, stored_address(f), &seconds);
	if (code == CODE_OK && seconds > 0) {
		refuse_limited(c, f, seconds);
		return;
	}
	if (code == CODE_OK)
		code = onetime_use(c->db, c->mem, c->p->secrets, f->id, given,
		    &proof);
	if (code == CODE_OK && proof.identity_id != NULL)
		kinds[f->kind].passed(c, f, &proof);
	else if (code == CODE_OK || code == CODE_NOT_FOUND)
		mailed_refuse(c, f);
	else if (code == CODE_RESOURCE_EXHAUSTED) {
		visit_abort(c);
		self_restart(c, f, UI_CODE_SPENT);
	} else if (code == CODE_FAILED_PRECONDITION) {
		visit_abort(c);
		self_restart(c, f, kinds[f->kind].done);
	} else
		(void)visit_end(c, code);
}

/* --- submitting ------------------------------------------------------------ */

/* The method a submit means, "code" or "link"; NULL: none that is on. */
static const char *
method_name(struct visit *c, const struct flow *f, const struct json *body)
{
	const char *name = json_get_text(body, "method", "");

	if (*name == '\0')
		name = is_link(c, f) ? "link" : "code";
	if (strcmp(name, "code") == 0 && c->p->methods.code)
		return "code";
	if (strcmp(name, "link") == 0 && c->p->methods.link)
		return "link";
	return NULL;
}

/* Shows the form again, with what is wrong at the address. */
static void
refuse_address(struct visit *c, struct flow *f, const char *email)
{
	f->ui = ui_new(c->mem);
	draw(c, f, NULL);
	if (*email == '\0')
		ui_say_at(f->ui, "email", UI_MISSING, "property", "email");
	else if (strcmp(f->state, FLOW_SENT) == 0) /* a button there */
		ui_say(f->ui, UI_BAD_EMAIL, NULL, NULL);
	else
		ui_say_at(f->ui, "email", UI_BAD_EMAIL, NULL, NULL);
	self_again(c, f);
}

static void
refuse_method(struct visit *c, struct flow *f)
{
	f->ui = ui_new(c->mem);
	draw(c, f, NULL);
	ui_say(f->ui, kinds[f->kind].no_method, NULL, NULL);
	self_again(c, f);
}

/* V-2, Y-2: a code is tried, an address is sent to; one of them wins. */
static void
act(struct visit *c, struct flow *f, const struct json *body)
{
	bool sent = strcmp(f->state, FLOW_SENT) == 0;
	const char *email, *given;

	email = str_trim(c->mem, json_get_text(body, "email", ""));
	given = str_trim(c->mem,
	    json_get_text(body, is_link(c, f) ? "token" : "code", ""));
	if (sent && *given != '\0' &&
	    (kinds[f->kind].code_first || *email == '\0')) {
		try_code(c, f, given);
		return;
	}
	if (sent && *email == '\0')
		email = stored_address(f);
	if (mail_is_address(email))
		send(c, f, email);
	else
		refuse_address(c, f, email);
}

void
mailed_submit(struct visit *c, enum flow_kind kind)
{
	const struct json *body;
	const char *method;
	struct flow *f;

	if (!is_on(c, kind) || !self_submit(c, kind, &f, &body))
		return;
	if (strcmp(f->state, FLOW_PASSED) == 0) {
		self_restart(c, f, kinds[kind].done);
		return;
	}
	if (kind == FLOW_RECOVERY && c->session != NULL) {
		if (f->api || visit_is_json(c))
			self_refuse_signed_in(c);
		else
			visit_redirect(c, c->p->default_return);
		return;
	}
	if ((method = method_name(c, f, body)) == NULL) {
		refuse_method(c, f);
		return;
	}
	f->active = method;
	act(c, f, body);
}

/* --- starting and opening -------------------------------------------------- */

void
mailed_start(struct visit *c, enum flow_kind kind, bool api)
{
	const char *skip;
	struct flow *f;

	c->json_only = api;
	if (!is_on(c, kind) || !visit_session_alone(c) ||
	    !self_may_start(c, kind, api, kind != FLOW_RECOVERY))
		return;
	f = self_new(c, kind, api);
	skip = req_query(c->r, "skip_settings");
	if (kind == FLOW_RECOVERY && str_eq(skip, "true"))
		json_put_bool(f->internal, "skip_settings", true);
	self_start(c, f);
}

/*
 * What the link said is filled in for the browser that opened it. Whoever
 * began f sees the form as it was: they may be after somebody else's address,
 * and a program that looks through mails may have opened the link.
 */
static void
fill_in(struct visit *c, struct flow *f, const char *given)
{
	struct ui *others = f->ui = ui_new(c->mem);

	draw(c, f, NULL);
	f->ui = ui_new(c->mem);
	draw(c, f, given);
	ui_keep_for_one(f->ui, others);
}

/* This browser goes on with f. */
static void
open_here(struct visit *c, struct flow *f, const char *given)
{
	flow_adopt(c, f);
	f->api = false;
	if (given != NULL)
		fill_in(c, f, given);
	visit_begin(c, DB_TX_WRITE);
	if (!visit_end(c, flow_save(c, f)))
		return;
	if (visit_wants_json(c))
		visit_json(c, 200, flow_json(c, f));
	else
		visit_redirect(c, flow_page(c, f));
}

/* What the query of a mailed link fills in; NULL: nothing. */
static const char *
given_by(struct visit *c, const struct flow *f)
{
	const char *value;
	bool link = is_link(c, f);

	value = req_query(c->r, link ? "token" : "code");
	if (str_is_empty(value) || strlen(value) > 64 ||
	    (!link && strspn(value, "0123456789") != strlen(value)))
		return NULL;
	return value;
}

void
mailed_open(struct visit *c, enum flow_kind kind)
{
	const char *given;
	struct flow *f;

	if (!is_on(c, kind) || !self_load(c, kind, &f))
		return;
	c->json_only = false; /* whatever the flow is: this is a browser */
	given = given_by(c, f);
	if (strcmp(f->state, FLOW_PASSED) == 0)
		self_restart(c, f, kinds[kind].done);
	else if ((given != NULL && strcmp(f->state, FLOW_SENT) == 0) ||
	    json_get_bool(f->internal, "open", false))
		open_here(c, f, given);
	else
		visit_redirect(c, flow_page(c, f));
}

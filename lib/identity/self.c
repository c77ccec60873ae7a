/*
 * The frame of the self-service flows. Every submit goes through the same
 * checks in the same order: flow, expiry, body, forgery, return address.
 */
#include "identity/self.h"

#include <string.h>

#include "base/clock.h"
#include "identity/metrics.h"
#include "identity/csrf.h"
#include "identity/body.h"
#include "identity/courier.h"
#include "identity/exchange.h"
#include "identity/hook.h"
#include "identity/limit.h"
#include "identity/mailed.h"
#include "identity/self_login.h"
#include "identity/self_registration.h"
#include "identity/self_settings.h"
#include "identity/trail.h"

#define MINUTE_US   INT64_C(60000000)
#define PAYLOAD_MAX ((size_t)16 * 1024)
#define DAY_US	    (1440 * MINUTE_US)

/* --- starting -------------------------------------------------------------- */

void
self_refuse_signed_in(struct visit *c)
{
	visit_refuse_simple(c, 400, "session_already_available",
	    "A valid session was detected and thus this is not possible. Did "
	    "you forget to set ?refresh=true?");
}

/* Whether a flow may ask for the schema that this request asks for. */
static bool
knows_schema(struct visit *c)
{
	const char *id = req_query(c->r, "identity_schema");

	if (str_is_empty(id) || idp_schema(c->p, id) != NULL)
		return true;
	visit_refuse_simple(c, 400, NULL, "There is no such identity schema.");
	return false;
}

bool
self_may_start(struct visit *c, enum flow_kind kind, bool api, bool again)
{
	const char *url;

	c->json_only = api;
	url = visit_return_to(c, req_query(c->r, "return_to"),
	    c->p->default_return);
	if (url == NULL)
		return false;
	if (kind == FLOW_LOGIN &&
	    !str_is_empty(req_query(c->r, "login_challenge"))) {
		visit_refuse_simple(c, 400, NULL,
		    "OAuth2 login challenges are not supported.");
		return false;
	}
	if ((kind == FLOW_LOGIN || kind == FLOW_REGISTRATION) &&
	    !knows_schema(c))
		return false;
	if (c->session == NULL || again)
		return true;
	if (!api && !visit_wants_json(c))
		visit_redirect(c, url);
	else
		self_refuse_signed_in(c);
	return false;
}

struct flow *
self_new(struct visit *c, enum flow_kind kind, bool api)
{
	const char *return_to = req_query(c->r, "return_to");
	const char *organization = req_query(c->r, "organization");
	const char *schema = req_query(c->r, "identity_schema");
	const char *wanted;
	char canon[STR_UUID_LEN + 1];
	struct flow *f = flow_new(c, kind, api);

	if (!str_is_empty(return_to))
		f->return_to = return_to;
	if (organization != NULL && str_uuid_canon(organization, canon))
		f->organization_id = arena_strdup(c->mem, canon);
	wanted = req_query(c->r, "return_session_token_exchange_code");
	if (api && str_eq(wanted, "true"))
		f->exchange_code = crypt_token(c->mem, 64);
	if (!str_is_empty(schema) &&
	    (kind == FLOW_LOGIN || kind == FLOW_REGISTRATION))
		json_put_text(f->internal, "identity_schema", schema);
	return f;
}

enum code
self_draw(struct visit *c, struct flow *f)
{
	static enum code (*const forms[FLOW__MAX])(struct visit * c,
	    struct flow * f) = {
		[FLOW_LOGIN] = self_login_draw,
		[FLOW_REGISTRATION] = self_registration_draw,
		[FLOW_RECOVERY] = mailed_draw,
		[FLOW_VERIFICATION] = mailed_draw,
		[FLOW_SETTINGS] = self_settings_draw,
	};

	return forms[f->kind](c, f);
}

bool
self_redraw(struct visit *c, struct flow *f)
{
	visit_begin(c, DB_TX_READ);
	f->ui = ui_new(c->mem);
	return visit_end(c, self_draw(c, f));
}

/* Draws a new flow and stores it. False: failed, answered. */
static bool
store_new(struct visit *c, struct flow *f)
{
	struct hook_about about = { .identity_id = f->identity_id,
		.identity = f->identity };
	enum code code;
	int seconds;

	visit_begin(c, DB_TX_WRITE);
	code = limit_take(c, LIMIT_FLOW, NULL, &seconds);
	if (code == CODE_OK && seconds > 0) {
		limit_refuse(c, seconds);
		return false;
	}
	if (code == CODE_OK && !hook_ask(c, f, HOOK_BEFORE, &about))
		return false;
	if (code == CODE_OK)
		code = self_draw(c, f);
	if (code == CODE_OK)
		code = flow_insert(c, f);
	if (code == CODE_OK)
		code = hook_tell(c, f, HOOK_BEFORE, &about);
	return visit_end(c, code);
}

void
self_start(struct visit *c, struct flow *f)
{
	if (!store_new(c, f))
		return;
	if (f->api || visit_wants_json(c))
		visit_json(c, 200, flow_json(c, f));
	else
		visit_redirect(c, flow_page(c, f));
}

/* --- reading --------------------------------------------------------------- */

static void
refuse_unknown_flow(struct visit *c)
{
	visit_refuse_simple(c, 404, NULL,
	    "There is no such flow. Please start a new one.");
}

static void
refuse_expired_read(struct visit *c, const struct flow *f)
{
	struct json *details = json_new_object(c->mem);

	if (f->api)
		json_put_text(details, "api", flow_start_url(c, f->kind, true));
	else {
		json_put_text(details, "redirect_to",
		    flow_start_url(c, f->kind, false));
		json_put_text(details, "return_to",
		    f->return_to == NULL ? "" : f->return_to);
	}
	visit_refuse(c,
	    &(struct problem){
		.status = 410,
		.id = "self_service_flow_expired",
		.reason = "The flow has expired. Please start a new one.",
		.details = details,
	    });
}

void
self_read(struct visit *c, enum flow_kind kind)
{
	struct flow *f;
	enum code code;

	c->json_only = true;
	visit_begin(c, DB_TX_READ);
	if (kind == FLOW_SETTINGS && !visit_session(c))
		return;
	code = flow_load(c, kind, req_query(c->r, "id"), &f);
	if (code == CODE_NOT_FOUND) {
		refuse_unknown_flow(c);
		return;
	}
	if (!visit_end(c, code))
		return;
	if (!f->api && !csrf_check_read(c, flow_csrf(c, f)))
		return;
	if (kind == FLOW_SETTINGS && !self_settings_may_use(c, f))
		return;
	if (f->expired)
		refuse_expired_read(c, f);
	else
		visit_json(c, 200, flow_json(c, f));
}

/* --- submitting ------------------------------------------------------------ */

/* A flow to begin anew what old was begun for. */
static struct flow *
successor(struct visit *c, const struct flow *old)
{
	static const char *const kept[] = { "skip_settings",
		"after_verification", "identity_schema" };
	struct flow *f = flow_new(c, old->kind, old->api);
	size_t i;

	f->request_url = old->request_url;
	f->return_to = old->return_to;
	f->organization_id = old->organization_id;
	f->identity_id = old->identity_id;
	f->requested_aal = old->requested_aal;
	f->refresh = old->refresh;
	for (i = 0; i < NITEMS(kept); i++)
		if (json_has(old->internal, kept[i]))
			json_put(f->internal, kept[i],
			    json_get(old->internal, kept[i]));
	return f;
}

void
self_restart(struct visit *c, const struct flow *old, enum ui_id id)
{
	struct flow *f = successor(c, old);

	ui_say(f->ui, id, NULL, NULL);
	if (!store_new(c, f))
		return;
	if (f->api || visit_is_json(c))
		visit_json(c, 200, flow_json(c, f));
	else
		visit_redirect(c, flow_page(c, f));
}

/* Stores it and goes on there: the page, or the refusal that names it. */
static void
go_on_in(struct visit *c, struct flow *f, struct problem *problem)
{
	if (!store_new(c, f))
		return;
	problem->status = 410;
	problem->use_flow_id = f->id;
	if (f->api || visit_is_json(c))
		visit_refuse(c, problem);
	else
		visit_redirect(c, flow_page(c, f));
}

void
self_replace(struct visit *c, const struct flow *old, enum ui_id id)
{
	struct flow *f = successor(c, old);

	ui_say(f->ui, id, NULL, NULL);
	go_on_in(c, f,
	    &(struct problem){
		.id = "self_service_flow_replaced",
		.reason = "The flow is of no use any more. Please use the new "
			  "one.",
	    });
}

void
self_replace_expired(struct visit *c, const struct flow *old)
{
	struct flow *f = successor(c, old);
	int64_t ago = clock_now_us() - old->expires_at;

	if (f->kind == FLOW_SETTINGS && !self_settings_may_use(c, f))
		return;
	ui_say(f->ui, flow_expired_id(f->kind), "expired_minutes",
	    arena_printf(c->mem, "%lld", (long long)(ago / MINUTE_US)));
	go_on_in(c, f,
	    &(struct problem){
		.id = "self_service_flow_expired",
		.reason = "The flow has expired. Please use the new one.",
		.expired_at = clock_rfc3339(c->mem, old->expires_at),
		.since_ns = ago * 1000,
	    });
}

const struct json *
self_read_body(struct visit *c)
{
	struct body_fault fault = { 400, "the body could not be read" };
	const struct json *body = NULL;

	switch (req_read_body(c->r, BODY_MAX_BYTES)) {
	case REQ_BODY_TOO_LONG:
		fault.status = 413;
		fault.reason = "the body is larger than 1 MiB";
		break;
	case REQ_BODY_LENGTH:
		break;
	case REQ_BODY_OK:
		body = body_read(c->mem, c->r->type,
		    c->r->body == NULL ? "" : (const char *)c->r->body,
		    c->r->bodylen, &fault);
		break;
	}
	if (body == NULL)
		visit_refuse_simple(c, fault.status, NULL, fault.reason);
	return body;
}

bool
self_load(struct visit *c, enum flow_kind kind, struct flow **f)
{
	enum code code;

	visit_begin(c, DB_TX_READ);
	if (!visit_session(c))
		return false;
	code = flow_load(c, kind, req_query(c->r, "flow"), f);
	if (code == CODE_NOT_FOUND) {
		refuse_unknown_flow(c);
		return false;
	}
	if (!visit_end(c, code))
		return false;
	c->json_only = (*f)->api;
	if (kind == FLOW_SETTINGS && !self_settings_may_use(c, *f))
		return false;
	if (!(*f)->expired)
		return true;
	self_replace_expired(c, *f);
	return false;
}

/* C-3: recovery goes on in a fresh flow, for its mail is opened anywhere. */
static bool
check_forgery(struct visit *c, struct flow *f, const struct json *body)
{
	const char *given = json_get_text(body, "csrf_token", NULL);

	f->csrf = flow_csrf(c, f);
	if (f->kind != FLOW_RECOVERY)
		return csrf_check(c, f->csrf, given);
	if (csrf_flaw(c, f->csrf, given) == NULL)
		return true;
	self_restart(c, f,
	    strcmp(f->state, FLOW_PASSED) == 0 ? UI_RECOVERY_DONE : UI_FORGED);
	return false;
}

/* Keeps what a client wants to find again. False: too much, refused. */
static bool
keep_payload(struct visit *c, struct flow *f, const struct json *body)
{
	const struct json *payload = json_get(body, "transient_payload");

	if (json_kind(payload) != JSON_OBJECT)
		return true;
	if (strlen(json_string(c->mem, payload, JSON_COMPACT)) > PAYLOAD_MAX) {
		visit_refuse_simple(c, 400, NULL,
		    "transient_payload is larger than 16 KiB.");
		return false;
	}
	json_put(f->internal, "transient_payload", payload);
	return true;
}

bool
self_submit(struct visit *c, enum flow_kind kind, struct flow **f,
    const struct json **body)
{
	if (!self_load(c, kind, f))
		return false;
	if ((*f)->api && !csrf_check_api(c))
		return false;
	if ((*body = self_read_body(c)) == NULL)
		return false;
	if (!(*f)->api && !check_forgery(c, *f, *body))
		return false;
	if (!keep_payload(c, *f, *body))
		return false;
	(*f)->typed = *body;
	return visit_return_to(c, (*f)->return_to, c->p->default_return) !=
	    NULL;
}

bool
self_is_set(const struct json *body, const char *name)
{
	const struct json *value = json_get(body, name);

	if (json_kind(value) == JSON_BOOL)
		return json_get_bool(body, name, false);
	return json_kind(value) == JSON_TEXT && *json_text(value) != '\0' &&
	    strcmp(json_text(value), "false") != 0;
}

void
self_add_submit(struct flow *f, const char *group, const char *name,
    const char *value, enum ui_id label)
{
	ui_add_input(f->ui,
	    &(struct ui_input){
		.name = name == NULL ? "method" : name,
		.type = "submit",
		.group = group,
		.value = value,
		.label = label,
	    });
}

void
self_show(struct visit *c, const struct flow *f, int status)
{
	visit_begin(c, DB_TX_WRITE);
	self_show_end(c, f, status);
}

void
self_show_end(struct visit *c, const struct flow *f, int status)
{
	if (!visit_end(c, flow_save(c, f)))
		return;
	if (f->api || visit_is_json(c))
		visit_json(c, status, flow_json(c, f));
	else
		visit_redirect(c, flow_page(c, f));
}

void
self_limited(struct visit *c, struct flow *f, int seconds)
{
	if (f->api || visit_is_json(c)) {
		limit_refuse(c, seconds);
		return;
	}
	ui_say(f->ui, UI_TOO_MANY, "retry_after_seconds",
	    arena_printf(c->mem, "%d", seconds));
	self_again(c, f);
}

bool
self_may_send(struct visit *c, struct flow *f, const char *address)
{
	enum code code;
	int seconds;

	code = limit_take(c, LIMIT_SEND, address, &seconds);
	if (code != CODE_OK)
		return visit_end(c, code);
	if (seconds == 0)
		return true;
	visit_abort(c);
	self_limited(c, f, seconds);
	return false;
}

void
self_refuse_disabled(struct visit *c, const char *identity_id)
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

void
self_refuse_here(struct visit *c, const char *reason, const char *url)
{
	visit_refuse(c,
	    &(struct problem){
		.status = 422,
		.id = "browser_location_change_required",
		.reason = reason,
		.redirect_browser_to = url,
	    });
}

void
self_again(struct visit *c, const struct flow *f)
{
	self_show(c, f, 400);
}

const char *
self_done_url(struct visit *c, const struct flow *f)
{
	return visit_return_to(c, f->return_to,
	    idp_after(c->p, f->kind, f->active));
}

void
self_put_redirect(struct json *o, const char *url)
{
	struct json *item = json_add_object(json_put_list(o, "continue_with"));

	json_put_text(item, "action", "redirect_browser_to");
	json_put_text(item, "redirect_browser_to", url);
}

enum code
self_trail(struct visit *c, const char *action, const char *result,
    const char *identity_id, const char *session_id)
{
	metrics_trail(action);
	return trail_write(c->db,
	    &(struct trail_event){
		.action = action,
		.result = result,
		.actor = c->actor,
		.identity_id = identity_id,
		.session_id = session_id,
		.ip = c->r->remote,
		.user_agent = visit_agent(c),
	    });
}

enum code
self_issue(struct visit *c, const struct flow *f, const char *identity_id,
    const struct session_proof *proof, struct session *out, const char **secret)
{
	struct session_new in = { 0 };
	char id[STR_UUID_LEN + 1];
	enum code code;

	in.identity_id = identity_id;
	in.carrier = f->api ? SESSION_TOKEN : SESSION_COOKIE;
	in.proof = *proof;
	in.life_us = c->p->session_us;
	in.idle_us = c->p->idle_us;
	in.ip = c->r->remote;
	in.user_agent = visit_agent(c);
	code = session_issue(c->db, c->mem, &in, id, secret);
	if (code == CODE_OK)
		c->issued = *secret;
	if (code == CODE_OK && f->handoff != NULL)
		code = exchange_keep(c, f, id, *secret, &f->handoff->code);
	if (code == CODE_OK)
		code = self_trail(c, "session.issue", NULL, identity_id, id);
	if (code == CODE_OK)
		code = session_get(c->db, c->mem, c->p->base_url, id, out);
	return code;
}

enum code
self_end_sessions(struct visit *c, const char *but, size_t *n)
{
	return self_end_sessions_of(c, c->session->identity.id, but, n);
}

enum code
self_end_sessions_of(struct visit *c, const char *identity_id, const char *but,
    size_t *n)
{
	const char **hashes;
	size_t count = 0, i;
	enum code code;

	code = session_revoke_all(c->db, c->mem, identity_id, but, &hashes,
	    &count);
	for (i = 0; code == CODE_OK && i < count; i++)
		visit_forget(c, hashes[i]);
	if (n != NULL)
		*n = count;
	return code;
}

enum code
self_mail(struct visit *c, const char *type, const struct json *data)
{
	struct courier_mail mail = { 0 };
	enum code code;

	mail.type = type;
	mail.to = c->session->identity.email;
	mail.identity_id = c->session->identity.id;
	mail.data = data;
	code = courier_queue(c->db, c->mem, c->p->secrets, &mail);
	return code == CODE_INVALID_ARGUMENT ? CODE_OK : code;
}

const char *
self_date(struct arena *a, int64_t us)
{
	static const char *const months[] = { "January", "February", "March",
		"April", "May", "June", "July", "August", "September",
		"October", "November", "December" };
	int year, month, day;

	clock_civil(us / DAY_US, &year, &month, &day);
	return arena_printf(a, "%d %s %d", day, months[month - 1], year);
}

const char *
self_when(struct arena *a, int64_t us)
{
	int64_t minute = us % DAY_US / MINUTE_US;

	return arena_printf(a, "%s, %02d:%02d UTC", self_date(a, us),
	    (int)(minute / 60), (int)(minute % 60));
}

/*
 * Who has to decide about a flow gets HOOK_TRIES tries within one time limit,
 * for somebody waits. Without an answer the flow does not go on: a check that
 * can be skipped by breaking it is none.
 */
#include "identity/hook.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "identity/gate.h"
#include "identity/hook_body.h"
#include "identity/hook_call.h"
#include "identity/hook_queue.h"
#include "identity/self.h"

#define PAUSE_MS     100  /* before the second try; twice that each time */
#define RESERVE_MS   2000 /* to answer in */
#define MESSAGES_MAX ((size_t)32)
#define TEXT_MAX     ((size_t)1000)
#define ANSWER_DEPTH 16

#define UNCHECKED "This could not be checked at the moment. Please try again."

struct hooks {
	const struct hook_config *config;
	struct gate *gate; /* so that some workers never wait */
	struct http *http; /* of this process; NULL: not needed yet */
};

struct hooks *
hook_open(struct arena *a, const struct conf *conf, size_t workers)
{
	struct hooks *h = arena_zalloc(a, sizeof(*h));
	size_t places;

	if ((h->config = hook_config_load(a, conf)) == NULL)
		return NULL;
	places = h->config->waiting;
	if (places >= workers)
		places = workers < 2 ? 1 : workers - 1;
	h->gate = gate_open(places, places);
	return h->gate == NULL ? NULL : h;
}

void
hook_close(struct hooks *h)
{
	if (h == NULL)
		return;
	gate_close(h->gate);
	http_close(h->http);
}

bool
hook_has(const struct visit *c, enum flow_kind kind, enum hook_kind hook,
    const char *method)
{
	return hook_config_has(c->p->hooks->config, kind, hook, method);
}

/* --- what is told ---------------------------------------------------------- */

static void
put_event(struct visit *c, struct json *data, const struct flow *f,
    enum hook_moment moment, const struct hook_about *about, const char *id)
{
	struct json *o = json_put_object(data, "event");

	json_put_text(o, "id", id);
	json_put_text(o, "moment", moment == HOOK_BEFORE ? "before" : "after");
	json_put_text(o, "flow", flow_name(f->kind));
	json_put_text(o, "method", about->method);
	json_put_text(o, "time", clock_rfc3339(c->mem, clock_now_us()));
}

/* Nothing of a flow that would let anybody go on with it. */
static void
put_flow(struct visit *c, struct json *data, const struct flow *f)
{
	struct json *o = json_put_object(data, "flow");

	json_put_text(o, "id", f->id);
	json_put_text(o, "type", f->api ? "api" : "browser");
	json_put_text(o, "request_url", f->request_url);
	json_put_text(o, "return_to", f->return_to);
	json_put_text(o, "issued_at", clock_rfc3339(c->mem, f->issued_at));
	json_put_text(o, "expires_at", clock_rfc3339(c->mem, f->expires_at));
	if (f->kind == FLOW_LOGIN) {
		json_put_bool(o, "refresh", f->refresh);
		json_put_text(o, "requested_aal", f->requested_aal);
	}
	if (json_has(f->internal, "transient_payload"))
		json_put(o, "transient_payload",
		    json_get(f->internal, "transient_payload"));
}

static void
put_request(struct visit *c, struct json *data)
{
	struct json *o = json_put_object(data, "request");

	json_put_text(o, "method", c->r->method);
	json_put_text(o, "path", c->r->path);
	json_put_text(o, "ip_address", c->r->remote);
	json_put_text(o, "user_agent", visit_agent(c));
}

static const char *
body_of(struct visit *c, const struct flow *f, enum hook_moment moment,
    const struct hook_about *about, const struct web_hook *w, const char *id)
{
	struct json *data = json_new_object(c->mem);

	put_event(c, data, f, moment, about, id);
	put_flow(c, data, f);
	put_request(c, data);
	if (about->identity != NULL)
		json_put(data, "identity", about->identity);
	if (about->session != NULL)
		json_put(data, "session", about->session);
	return json_string(c->mem, hook_body_fill(c->mem, w->body, data),
	    JSON_COMPACT);
}

/* --- what is answered ------------------------------------------------------ */

static bool
is_message(const struct json *m)
{
	const char *text = json_get_text(m, "text", "");
	const char *type = json_get_text(m, "type", "error");

	return *text != '\0' && strlen(text) <= TEXT_MAX &&
	    json_get_int(m, "id", 0, INT64_MAX, -1) >= 0 &&
	    (str_eq(type, "error") || str_eq(type, "info") ||
		str_eq(type, "success"));
}

/* Whether list is one of places with their messages, as Kratos reads them. */
static bool
is_messages(const struct json *list)
{
	const struct json *said;
	size_t i, j, n = 0;

	for (i = 0; i < json_count(list); i++) {
		said = json_get_list(json_at(list, i), "messages");
		for (j = 0; j < json_count(said); j++, n++)
			if (!is_message(json_at(said, j)))
				return false;
	}
	return n > 0 && n <= MESSAGES_MAX && json_error(list) == NULL;
}

/* "#/traits/email" is node "traits.email"; "" is the whole form. */
static const char *
node_of(struct visit *c, const char *pointer)
{
	struct buf *b = buf_new(c->mem);

	pointer += *pointer == '#';
	pointer += *pointer == '/';
	for (; *pointer != '\0'; pointer++) {
		if (*pointer == '~' && (pointer[1] == '0' || pointer[1] == '1'))
			buf_putc(b, *++pointer == '0' ? '~' : '/');
		else
			buf_putc(b, *pointer == '/' ? '.' : *pointer);
	}
	return buf_str(b);
}

static void
say(struct visit *c, struct flow *f, const struct json *list)
{
	const struct json *place, *said, *m;
	const char *node;
	size_t i, j;

	for (i = 0; i < json_count(list); i++) {
		place = json_at(list, i);
		node = node_of(c, json_get_text(place, "instance_ptr", ""));
		said = json_get_list(place, "messages");
		for (j = 0; j < json_count(said); j++) {
			m = json_at(said, j);
			ui_say_foreign(f->ui, node,
			    &(struct ui_foreign){
				.id = json_get_int(m, "id", 0, INT64_MAX, 0),
				.text = json_get_text(m, "text", ""),
				.type = json_get_text(m, "type", "error"),
				.context = json_get_object(m, "context"),
			    });
		}
	}
}

enum verdict {
	VERDICT_YES,
	VERDICT_NO, /* with messages */
	VERDICT_NONE
};

/* What an answer means; why says what is wrong with one that is none. */
static enum verdict
judge(struct visit *c, enum hook_end end, const struct http_answer *answer,
    const struct json **list, const char **why)
{
	static const struct json_limits limits = { 64 * 1024, ANSWER_DEPTH };
	const struct json *whole;

	if (end == HOOK_AGAIN)
		return VERDICT_NONE;
	if (end == HOOK_DONE && answer->len == 0)
		return VERDICT_YES;
	whole = json_parse(c->mem, answer->body, answer->len, &limits, NULL);
	*list = json_get(whole, "messages");
	if (is_messages(*list))
		return VERDICT_NO;
	if (end == HOOK_REFUSED)
		return VERDICT_NONE;
	*why = "answered neither nothing nor messages";
	return json_kind(whole) == JSON_OBJECT &&
		(*list == NULL ||
		    (json_kind(*list) == JSON_LIST && json_count(*list) == 0))
	    ? VERDICT_YES
	    : VERDICT_NONE;
}

/* --- asking ---------------------------------------------------------------- */

static void
pause_ms(int64_t ms)
{
	struct timespec t = { .tv_sec = ms / 1000,
		.tv_nsec = ms % 1000 * 1000000 };

	(void)nanosleep(&t, NULL); /* a signal only shortens it */
}

/* All tries, within the time of the hook and of the request. */
static enum hook_end
try(struct visit *c, const struct web_hook *w, const char *id, const char *body,
    struct http_answer *answer, const char **error)
{
	struct hooks *h = c->p->hooks;
	int64_t until = clock_mono_ms() + w->timeout_ms, left, wait = PAUSE_MS;
	enum hook_end end = HOOK_AGAIN;
	int i;

	if (until > c->r->deadline_ms - RESERVE_MS)
		until = c->r->deadline_ms - RESERVE_MS;
	*error = "no time is left to ask";
	for (i = 0; i < HOOK_TRIES && end == HOOK_AGAIN; i++, wait *= 2) {
		if (i > 0)
			pause_ms(wait / 2);
		left = until - clock_mono_ms();
		if (left <= 0)
			break;
		end = hook_call(h->http, c->mem, h->config, w, id, body, left,
		    answer, error);
	}
	return end;
}

static enum hook_end
try_in_turn(struct visit *c, const struct web_hook *w, const char *id,
    const char *body, struct http_answer *answer, const char **error)
{
	struct hooks *h = c->p->hooks;
	enum hook_end end;

	if (h->http == NULL && (h->http = http_open()) == NULL) {
		*error = "no connection could be made";
		return HOOK_AGAIN;
	}
	if (gate_enter(h->gate, 0) == -1) {
		*error = "identity.hooks.waiting requests wait already";
		return HOOK_AGAIN;
	}
	end = try(c, w, id, body, answer, error);
	gate_leave(h->gate);
	return end;
}

/*
 * The flow as it was before the method changed it. Where a method's change is
 * in the transaction, what it keeps in the flow is read back. False: answered.
 */
static bool
draw_again(struct visit *c, struct flow *f)
{
	struct flow *stored;

	if (f->kind == FLOW_SETTINGS) {
		visit_begin(c, DB_TX_READ);
		if (!visit_end(c, flow_load(c, f->kind, f->id, &stored)))
			return false;
		f->internal = stored->internal;
		f->state = FLOW_SHOW;
		f->identity = c->session->identity.json;
	}
	return self_redraw(c, f);
}

/* A row of the audit trail. False: answered. */
static bool
note(struct visit *c, const struct flow *f, const struct hook_about *about,
    const char *result)
{
	visit_begin(c, DB_TX_WRITE);
	return visit_end(c,
	    self_trail(c, flow_name(f->kind), result, about->identity_id,
		NULL));
}

/* The hook says no. */
static void
refuse(struct visit *c, struct flow *f, enum hook_moment moment,
    const struct hook_about *about, const struct json *list)
{
	const struct json *said;

	visit_abort(c);
	if (!note(c, f, about, "refused"))
		return;
	if (moment == HOOK_BEFORE) {
		said = json_get_list(json_at(list, 0), "messages");
		visit_refuse_simple(c, 403, NULL,
		    json_get_text(json_at(said, 0), "text", UNCHECKED));
		return;
	}
	if (!draw_again(c, f))
		return;
	say(c, f, list);
	self_again(c, f);
}

/* The hook says nothing that can be understood. */
static void
fail(struct visit *c, struct flow *f, enum hook_moment moment,
    const struct hook_about *about)
{
	visit_abort(c);
	if (!note(c, f, about, "failed"))
		return;
	if (moment == HOOK_BEFORE || f->api || visit_is_json(c)) {
		visit_refuse(c,
		    &(struct problem){
			.status = 503,
			.retry_after = 5,
			.reason = UNCHECKED,
		    });
		return;
	}
	if (!draw_again(c, f))
		return;
	ui_say(f->ui, UI_SYSTEM, "reason", UNCHECKED);
	self_again(c, f);
}

static bool
ask(struct visit *c, struct flow *f, enum hook_moment moment,
    const struct hook_about *about, const struct web_hook *w)
{
	char id[STR_UUID_LEN + 1];
	const struct json *list = NULL;
	struct http_answer answer = { 0 };
	const char *why = "", *body;
	enum hook_end end;

	str_uuid_new(id);
	body = body_of(c, f, moment, about, w, id);
	end = try_in_turn(c, w, id, body, &answer, &why);
	switch (judge(c, end, &answer, &list, &why)) {
	case VERDICT_YES:
		return true;
	case VERDICT_NO:
		refuse(c, f, moment, about, list);
		return false;
	case VERDICT_NONE:
		break;
	}
	log_warn("web hook %s: could not decide: %s", w->id, why);
	fail(c, f, moment, about);
	return false;
}

bool
hook_ask(struct visit *c, struct flow *f, enum hook_moment moment,
    const struct hook_about *about)
{
	const struct hook_entry *e;

	for (e = c->p->hooks->config->flows[f->kind]; e != NULL; e = e->next)
		if (e->kind == HOOK_WEB && e->web->parse &&
		    hook_entry_is(e, moment, about->method) &&
		    !ask(c, f, moment, about, e->web))
			return false;
	return true;
}

enum code
hook_tell(struct visit *c, const struct flow *f, enum hook_moment moment,
    const struct hook_about *about)
{
	const struct hook_entry *e = c->p->hooks->config->flows[f->kind];
	char id[STR_UUID_LEN + 1];
	enum code code = CODE_OK;

	for (; code == CODE_OK && e != NULL; e = e->next) {
		if (e->kind != HOOK_WEB || e->web->parse ||
		    !hook_entry_is(e, moment, about->method))
			continue;
		str_uuid_new(id);
		code = hook_queue_put(c->db, c->mem, c->p->secrets, id,
		    e->web->id, body_of(c, f, moment, about, e->web, id));
	}
	return code;
}

/* Ends the other sessions of whom a flow is about. */
static enum code
revoke(struct visit *c, const char *identity_id, const char *but)
{
	enum code code;
	size_t n;

	code = self_end_sessions_of(c, identity_id, but, &n);
	if (code == CODE_OK && n > 0)
		code = self_trail(c, "session.revoke_others", NULL, identity_id,
		    but);
	return code;
}

enum code
hook_finish(struct visit *c, const struct flow *f,
    const struct hook_about *about, const char *but)
{
	enum code code = CODE_OK;

	if (hook_has(c, f->kind, HOOK_REVOKE, about->method))
		code = revoke(c, about->identity_id, but);
	return code == CODE_OK ? hook_tell(c, f, HOOK_AFTER, about) : code;
}

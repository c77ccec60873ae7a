/*
 * Settings flows. Every step needs the session of the one person the flow is
 * of; what a change draws is drawn after it, in its transaction.
 */
#include "identity/self_settings.h"

#include <string.h>

#include "base/clock.h"
#include "identity/csrf.h"
#include "identity/factor.h"
#include "identity/hook.h"
#include "identity/level.h"
#include "identity/method.h"
#include "identity/park.h"
#include "identity/self.h"

enum code
self_settings_draw(struct visit *c, struct flow *f)
{
	visit_use_schema(c, c->session->identity.schema_id);
	return method_draw(c, f);
}

/* --- who may --------------------------------------------------------------- */

/* The URL of this request, as its client sees it. */
static const char *
here(struct visit *c)
{
	return arena_printf(c->mem, "%s%s%s%s", visit_base(c), c->r->path,
	    *c->r->query == '\0' ? "" : "?", c->r->query);
}

/* The login that comes back to url; refresh: even of who is signed in. */
static const char *
login_url(struct visit *c, const char *url, bool refresh)
{
	return arena_printf(c->mem, "%s?%sreturn_to=%s",
	    flow_start_url(c, FLOW_LOGIN, false),
	    refresh ? "refresh=true&" : "", str_url_encode(c->mem, url));
}

/* T-1. False: nobody is signed in, answered. */
static bool
need_session(struct visit *c)
{
	if (c->session != NULL)
		return true;
	visit_abort(c);
	if (!visit_wants_json(c) && !visit_is_json(c))
		visit_redirect(c, login_url(c, here(c), false));
	else
		visit_refuse_simple(c, 401, "session_inactive",
		    "No active session was found in this request.");
	return false;
}

/* False: the flow is of another person, answered. */
static bool
is_owner(struct visit *c, const struct flow *f)
{
	if (str_eq(f->identity_id, c->session->identity.id))
		return true;
	visit_refuse_simple(c, 403, "security_identity_mismatch",
	    "This form belongs to another account.");
	return false;
}

bool
self_settings_may_use(struct visit *c, struct flow *f)
{
	if (!need_session(c) || !is_owner(c, f) ||
	    !level_require(c, flow_page(c, f)))
		return false;
	f->identity = c->session->identity.json;
	return true;
}

static bool
is_fresh(const struct visit *c)
{
	return clock_now_us() - c->session->authenticated_at <
	    c->p->privileged_us;
}

static void
refuse_stale(struct visit *c, const char *url)
{
	visit_refuse(c,
	    &(struct problem){
		.status = 403,
		.id = "session_refresh_required",
		.reason = "The sign-in is too old for this change. Please sign "
			  "in again.",
		.redirect_browser_to = url,
	    });
}

static const char *
submit_url(struct visit *c, const struct flow *f)
{
	return arena_printf(c->mem, "%s/self-service/settings?flow=%s",
	    visit_base(c), f->id);
}

bool
self_settings_privileged(struct visit *c, struct flow *f,
    const struct json *body)
{
	if (is_fresh(c))
		return true;
	if (f->api || visit_is_json(c))
		refuse_stale(c, login_url(c, flow_page(c, f), true));
	else if (park_keep(c, f, body))
		visit_redirect(c, login_url(c, submit_url(c, f), true));
	return false;
}

bool
self_settings_may_download(struct visit *c)
{
	if (!visit_session_alone(c) || !need_session(c) ||
	    !level_require(c, here(c)))
		return false;
	if (is_fresh(c))
		return true;
	if (visit_is_json(c))
		refuse_stale(c, login_url(c, here(c), true));
	else
		visit_redirect(c, login_url(c, here(c), true));
	return false;
}

/* --- starting and reading -------------------------------------------------- */

static void
start(struct visit *c, bool api)
{
	const char *return_to = req_query(c->r, "return_to");
	struct flow *f;

	c->json_only = api;
	if (!visit_session_alone(c) || !need_session(c) ||
	    !level_require(c, here(c)) ||
	    visit_return_to(c, return_to, c->p->default_return) == NULL)
		return;
	f = self_new(c, FLOW_SETTINGS, api);
	f->identity_id = c->session->identity.id;
	f->identity = c->session->identity.json;
	factor_say_due(c, f);
	self_start(c, f);
}

void
self_settings_browser(struct visit *c)
{
	start(c, false);
}

void
self_settings_api(struct visit *c)
{
	start(c, true);
}

void
self_settings_flows(struct visit *c)
{
	self_read(c, FLOW_SETTINGS);
}

void
self_settings_change_password(struct visit *c)
{
	visit_redirect(c, visit_page(c, FLOW_SETTINGS));
}

/* --- submitting ------------------------------------------------------------ */

/* Has the method that body means carry it out. */
static void
carry_out(struct visit *c, struct flow *f, const struct json *body)
{
	const struct method *m = method_of(c, f, body);

	f->state = FLOW_SHOW;
	if (m != NULL)
		f->active = m->name;
	if (!self_redraw(c, f))
		return;
	if (m != NULL) {
		m->submit(c, f, body);
		return;
	}
	ui_say(f->ui, UI_SETTINGS_NO_METHOD, NULL, NULL);
	self_again(c, f);
}

void
self_settings_submit(struct visit *c)
{
	const struct json *body;
	struct flow *f;

	if (self_submit(c, FLOW_SETTINGS, &f, &body))
		carry_out(c, f, body);
}

/*
 * Whether this browser began f. A sign-in with a new session, since the old
 * one had ended, changed its cookie: it starts anew. False: answered.
 */
static bool
is_same_browser(struct visit *c, const struct flow *f)
{
	const char *cookie = csrf_cookie(c);

	if (f->api || visit_is_json(c))
		return f->api || csrf_check_read(c, f->csrf);
	if (cookie != NULL && csrf_matches(c->mem, f->csrf, cookie))
		return true;
	visit_redirect(c, flow_start_url(c, FLOW_SETTINGS, false));
	return false;
}

/*
 * Back from the sign-in that a submit needed. Only forms are parked, so what
 * comes out is read as one.
 */
void
self_settings_resume(struct visit *c)
{
	const struct json *body;
	struct flow *f;

	if (!self_load(c, FLOW_SETTINGS, &f) || !is_same_browser(c, f) ||
	    !park_take(c, f, &body))
		return;
	if (body != NULL) {
		c->r->type = "application/x-www-form-urlencoded";
		f->typed = body;
		carry_out(c, f, body);
	} else if (f->api || visit_is_json(c))
		visit_refuse_simple(c, 404, NULL,
		    "No submit is waiting for this form.");
	else
		visit_redirect(c, flow_page(c, f));
}

/* The form as it is after a change, in its transaction. */
static enum code
draw_end(struct visit *c, struct flow *f, const struct settings_end *end,
    const struct identity *who)
{
	enum code code;

	f->identity = who->json;
	f->typed = NULL;
	f->state = FLOW_SUCCESS;
	f->ui = ui_new(c->mem);
	ui_say(f->ui, end->said == 0 ? UI_SAVED : end->said, end->key,
	    end->value);
	code = self_draw(c, f);
	return code == CODE_OK ? flow_save(c, f) : code;
}

/*
 * Hooks and form after a change, in its transaction. False: a hook refused,
 * answered; else *code is how it went.
 */
static bool
finish(struct visit *c, struct flow *f, const struct settings_end *end,
    enum code *code)
{
	struct identity *who = arena_zalloc(c->mem, sizeof(*who));
	struct hook_about about = { f->active, who->id, NULL,
		c->session->json };

	*code = identity_get(c->db, c->mem, c->p->base_url,
	    c->session->identity.id, who);
	about.identity = who->json;
	if (*code == CODE_OK && !hook_ask(c, f, HOOK_AFTER, &about))
		return false;
	if (*code == CODE_OK)
		*code = hook_finish(c, f, &about, c->session->id);
	if (*code == CODE_OK)
		*code = draw_end(c, f, end, who);
	return true;
}

void
self_settings_answer(struct visit *c, struct flow *f, const char *url)
{
	struct json *item;

	if (f->continue_with == NULL)
		f->continue_with = json_new_list(c->mem);
	if (!f->api) {
		item = json_add_object(f->continue_with);
		json_put_text(item, "action", "redirect_browser_to");
		json_put_text(item, "redirect_browser_to", url);
	}
	visit_json(c, 200, flow_json(c, f));
}

void
self_settings_end(struct visit *c, struct flow *f,
    const struct settings_end *end, enum code code)
{
	const char *url = end->url;

	if (code == CODE_OK)
		code = self_trail(c, end->action, NULL, c->session->identity.id,
		    c->session->id);
	if (code == CODE_OK && !finish(c, f, end, &code))
		return;
	if (!visit_end(c, code))
		return;
	if (url == NULL)
		url = f->return_to == NULL ? flow_page(c, f)
					   : self_done_url(c, f);
	if (url == NULL)
		return;
	if (!f->api)
		visit_renew_session(c);
	if (f->api || visit_is_json(c))
		self_settings_answer(c, f, url);
	else
		visit_redirect(c, url);
}

void
self_settings_done(struct visit *c, struct flow *f, const char *action,
    enum code code)
{
	struct settings_end end = { .action = action };

	self_settings_end(c, f, &end, code);
}

/*
 * Sign-in with providers: the buttons, the way to the provider, ID tokens that
 * apps bring, and links in the settings. What happens to who comes back stands
 * in oidc_callback.c and oidc_arrive.c.
 */
#include "identity/method_oidc.h"

#include <string.h>

#include "base/clock.h"
#include "identity/exchange.h"
#include "identity/method.h"
#include "identity/oidc_arrive.h"
#include "identity/oidc_link.h"
#include "identity/oidc_state.h"
#include "identity/self.h"
#include "identity/self_login.h"
#include "identity/self_settings.h"

#define GROUP "oidc"

int64_t
method_oidc_until(const struct visit *c)
{
	int64_t until = clock_mono_ms() + 2 * c->p->oidc_config->timeout_ms;

	return c->r->deadline_ms > 0 && c->r->deadline_ms < until
	    ? c->r->deadline_ms
	    : until;
}

static void
add_button(struct flow *f, const char *group, const char *name,
    const struct oidc_provider *p, enum ui_id label)
{
	ui_add_input(f->ui,
	    &(struct ui_input){
		.name = name,
		.type = "submit",
		.group = group,
		.value = p->id,
		.label = label,
		.title = p->label,
	    });
}

static enum code
draw_all(struct visit *c, struct flow *f, enum ui_id label)
{
	const struct oidc_config *config = c->p->oidc_config;
	size_t i;

	for (i = 0; i < config->nproviders; i++)
		add_button(f, GROUP, "provider", &config->providers[i], label);
	return CODE_OK;
}

/* --- going away ------------------------------------------------------------ */

/* The app gets its session by code; false: it asked for none, refused. */
static bool
may_hand_off(struct visit *c, const struct flow *f)
{
	const char *hash;
	enum code code;

	if (!f->api)
		return true;
	if (f->kind == FLOW_SETTINGS) {
		visit_refuse_simple(c, 400, NULL,
		    "Providers are linked in a browser, where the account's "
		    "owner is signed in.");
		return false;
	}
	visit_begin(c, DB_TX_READ);
	code = exchange_init(c, f, &hash);
	if (code != CODE_NOT_FOUND)
		return visit_end(c, code);
	visit_refuse_simple(c, 400, NULL,
	    "To sign in with a provider an app begins its flow with "
	    "return_session_token_exchange_code=true, or brings an id_token.");
	return false;
}

static const char *
login_hint(struct visit *c, const struct flow *f, const struct json *body)
{
	if (f->refresh && c->session != NULL)
		return c->session->identity.email;
	return json_get_text(json_get(body, "upstream_parameters"),
	    "login_hint", NULL);
}

/* The browser's way there, once the ticket is stored. */
static void
send_away(struct visit *c, struct flow *f, const struct oidc_provider *p,
    const struct oidc_ticket *ticket, const char *url)
{
	enum code code;

	f->active = GROUP;
	visit_begin(c, DB_TX_WRITE);
	code = oidc_state_insert(c, f, p, ticket);
	if (code == CODE_OK)
		code = flow_save(c, f);
	if (!visit_end(c, code))
		return;
	if (!f->api && !visit_is_json(c)) {
		visit_redirect(c, url);
		return;
	}
	self_refuse_here(c, "The browser has to go to the sign-in provider.",
	    url);
}

static void
go(struct visit *c, struct flow *f, const struct oidc_provider *p,
    const struct json *body)
{
	struct oidc_ticket ticket;
	const char *url;

	if (!may_hand_off(c, f))
		return;
	oidc_state_make(c, p, &ticket);
	ticket.again = f->refresh;
	ticket.login_hint = login_hint(c, f, body);
	if (oidc_begin(c->p->oidc, c->mem, p, &ticket, method_oidc_until(c),
		&url) == CODE_OK)
		send_away(c, f, p, &ticket, url);
	else
		oidc_arrive_not(c, f, UI_OIDC_UNAVAILABLE, p->label);
}

/* --- signing in and up ----------------------------------------------------- */

/* An app did the sign-in itself and shows the token. */
static void
bring_token(struct visit *c, struct flow *f, const struct oidc_provider *p,
    const struct json *body)
{
	struct oidc_person who;
	enum code code;

	code = oidc_token(c->p->oidc, c->mem, p,
	    json_get_text(body, "id_token", ""),
	    json_get_text(body, "id_token_nonce", NULL), method_oidc_until(c),
	    &who);
	if (code == CODE_OK)
		oidc_arrive(c, f, &who);
	else
		oidc_arrive_not(c, f,
		    code == CODE_PERMISSION_DENIED ? UI_OIDC_FAILED
						   : UI_OIDC_UNAVAILABLE,
		    p->label);
}

static void
submit(struct visit *c, struct flow *f, const struct json *body)
{
	const char *id = json_get_text(body, "provider", "");
	const struct oidc_provider *p;

	p = oidc_config_find(c->p->oidc_config, id);
	if (p == NULL) {
		ui_say(f->ui, UI_BAD_VALUE, "reason", "no such provider");
		self_again(c, f);
		return;
	}
	if (f->kind == FLOW_REGISTRATION && oidc_arrive_waits(c, f) == p)
		oidc_arrive_complete(c, f, p, body);
	else if (f->api && !str_is_empty(json_get_text(body, "id_token", "")))
		bring_token(c, f, p, body);
	else
		go(c, f, p, body);
}

static bool
has_provider(const struct json *body)
{
	return !str_is_empty(json_get_text(body, "provider", ""));
}

static enum code
draw_login(struct visit *c, struct flow *f)
{
	return draw_all(c, f, UI_LOGIN_PROVIDER);
}

static enum code
draw_registration(struct visit *c, struct flow *f)
{
	const struct oidc_provider *p = oidc_arrive_waits(c, f);

	if (p == NULL)
		return draw_all(c, f, UI_REGISTER_PROVIDER);
	/* It ends the form with the traits, and is the only way on. */
	add_button(f, "default", "provider", p, UI_REGISTER_PROVIDER);
	return CODE_OK;
}

/* --- settings -------------------------------------------------------------- */

/* The last way to sign in has no button that removes it. */
static enum code
draw_settings(struct visit *c, struct flow *f)
{
	const struct oidc_config *config = c->p->oidc_config;
	const struct oidc_provider *p;
	const char *const *ids;
	enum code code;
	size_t i;
	bool spare;

	if (config->nproviders == 0)
		return CODE_OK;
	code = oidc_link_list(c, c->session->identity.id, &ids);
	for (i = 0; code == CODE_OK && i < config->nproviders; i++) {
		p = &config->providers[i];
		if (!str_is_listed(ids, p->id)) {
			add_button(f, GROUP, "link", p, UI_SETTINGS_LINK);
			continue;
		}
		code =
		    oidc_link_spare(c, c->session->identity.id, p->id, &spare);
		if (code == CODE_OK && spare)
			add_button(f, GROUP, "unlink", p, UI_SETTINGS_UNLINK);
	}
	return code;
}

static void
unlink_provider(struct visit *c, struct flow *f, const struct oidc_provider *p)
{
	enum code code;

	visit_begin(c, DB_TX_WRITE);
	code = oidc_link_remove(c, c->session->identity.id, p->id);
	if (code != CODE_FAILED_PRECONDITION && code != CODE_NOT_FOUND) {
		if (code == CODE_OK)
			code = oidc_link_tell(c, c->session->identity.id, p,
			    false);
		self_settings_done(c, f, "oidc.unlink", code);
		return;
	}
	visit_abort(c);
	if (code == CODE_NOT_FOUND)
		ui_say(f->ui, UI_BAD_VALUE, "reason", "it is not linked");
	else
		ui_say(f->ui, UI_OIDC_LAST, "provider", p->label);
	self_again(c, f);
}

static void
submit_settings(struct visit *c, struct flow *f, const struct json *body)
{
	const struct oidc_config *config = c->p->oidc_config;
	const char *link = json_get_text(body, "link", "");
	const char *gone = json_get_text(body, "unlink", "");
	const struct oidc_provider *p;

	p = oidc_config_find(config, *link != '\0' ? link : gone);
	if (p == NULL) {
		ui_say(f->ui, UI_BAD_VALUE, "reason", "no such provider");
		self_again(c, f);
	} else if (self_settings_privileged(c, f, body)) {
		if (*link != '\0')
			go(c, f, p, body);
		else
			unlink_provider(c, f, p);
	}
}

static bool
has_link(const struct json *body)
{
	return !str_is_empty(json_get_text(body, "link", "")) ||
	    !str_is_empty(json_get_text(body, "unlink", ""));
}

const struct method method_oidc_login = {
	.name = GROUP,
	.first = true,
	.draw = draw_login,
	.submit = submit,
	.claims = has_provider,
};

const struct method method_oidc_registration = {
	.name = GROUP,
	.draw = draw_registration,
	.submit = submit,
	.claims = has_provider,
};

const struct method method_oidc_settings = {
	.name = GROUP,
	.draw = draw_settings,
	.submit = submit_settings,
	.claims = has_link,
};

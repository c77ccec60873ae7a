/*
 * Security keys: the second factor that one holds. Whoever has shown the first
 * one touches a key that was enrolled before (spec identity.md M-4).
 */
#include <string.h>

#include "base/utf8.h"
#include "identity/method.h"
#include "identity/self.h"
#include "identity/self_login.h"
#include "identity/self_settings.h"
#include "identity/webauthn.h"

#define TYPE "webauthn"

static void
add_hidden(struct flow *f, const char *name)
{
	ui_add_input(f->ui,
	    &(struct ui_input){
		.name = name,
		.type = "hidden",
		.group = TYPE,
	    });
}

/* The button that begins, its options in the handler and as its value. */
static void
add_trigger(struct flow *f, const char *name, const char *function,
    const char *options, enum ui_id label)
{
	ui_add_input(f->ui,
	    &(struct ui_input){
		.name = name,
		.type = "button",
		.group = TYPE,
		.value = options,
		.click = function,
		.click_args = options,
		.label = label,
	    });
}

static bool
has(const struct json *body, const char *name)
{
	return *json_get_text(body, name, "") != '\0';
}

/* --- signing in ------------------------------------------------------------- */

static bool
claims_login(const struct json *body)
{
	return has(body, "webauthn_login");
}

/* Whose second factor is asked for; NULL: nobody is known. */
static const char *
owner_of(const struct visit *c, const struct flow *f)
{
	if (f->identity_id != NULL)
		return f->identity_id;
	return c->session == NULL ? NULL : c->session->identity.id;
}

static enum code
draw_login(struct visit *c, struct flow *f)
{
	const char *who = owner_of(c, f);
	struct credential cred;
	const struct json *keys;
	struct webauthn w;
	enum code code;

	if (who == NULL || !webauthn_is_on(c, f, false, &w))
		return CODE_OK;
	if ((code = webauthn_load(c, who, TYPE, &cred)) != CODE_OK)
		return code;
	keys = webauthn_keys(cred.config);
	if (json_count(keys) == 0)
		return CODE_OK;
	webauthn_add_script(c, f, TYPE);
	add_trigger(f, "webauthn_login_trigger", "oryWebAuthnLogin",
	    json_string(c->mem, webauthn_get_options(c, f, &w, keys),
		JSON_COMPACT),
	    UI_LOGIN_WEBAUTHN);
	add_hidden(f, "webauthn_login");
	ui_say(f->ui, UI_LOGIN_WEBAUTHN_PREPARE, NULL, NULL);
	return CODE_OK;
}

static void
submit_login(struct visit *c, struct flow *f, const struct json *body)
{
	static const struct session_proof proof = { TYPE, "aal2", NULL };
	const char *who = owner_of(c, f), *challenge;
	struct fido_proof said;
	struct credential cred;
	struct webauthn w;

	if (who == NULL || !webauthn_is_on(c, f, false, &w)) {
		ui_say(f->ui, UI_LOGIN_NO_METHOD, NULL, NULL);
		self_again(c, f);
		return;
	}
	if (!webauthn_take(c, f, TYPE, &challenge))
		return;
	visit_begin(c, DB_TX_READ);
	if (!visit_end(c, webauthn_load(c, who, TYPE, &cred)))
		return;
	if (json_count(webauthn_keys(cred.config)) == 0)
		self_login_refuse(c, f, UI_WEBAUTHN_NONE, who);
	else if (webauthn_proven(c, f, &w, challenge,
		     fido_read(c->mem,
			 json_get_text(body, "webauthn_login", "")),
		     &cred, &said))
		self_login_complete(c, f, who, &proof);
}

/* --- settings --------------------------------------------------------------- */

static bool
claims_settings(const struct json *body)
{
	return has(body, "webauthn_register") || has(body, "webauthn_remove");
}

/* A second factor's handle need not be secret, but must not be a name. */
static struct webauthn_user
user_of(struct visit *c)
{
	const struct identity *who = &c->session->identity;

	return (struct webauthn_user){
		.handle = { (const uint8_t *)who->id, strlen(who->id) },
		.name = who->email,
	};
}

static enum code
draw_settings(struct visit *c, struct flow *f)
{
	struct webauthn_user user;
	struct credential cred;
	struct webauthn w;
	enum code code;

	if (!webauthn_is_on(c, f, false, &w))
		return CODE_OK;
	code = webauthn_load(c, c->session->identity.id, TYPE, &cred);
	if (code != CODE_OK)
		return code;
	user = user_of(c);
	webauthn_add_removes(c, f, &w, cred.config, false);
	webauthn_add_script(c, f, TYPE);
	ui_add_input(f->ui,
	    &(struct ui_input){
		.name = "webauthn_register_displayname",
		.type = "text",
		.group = TYPE,
		.maxlength = WEBAUTHN_NAME_MAX,
		.value = flow_typed(f, "webauthn_register_displayname"),
		.label = UI_WEBAUTHN_NAME,
	    });
	add_trigger(f, "webauthn_register_trigger", "oryWebAuthnRegistration",
	    json_string(c->mem,
		webauthn_create_options(c, f, &w, &user,
		    webauthn_keys(cred.config)),
		JSON_COMPACT),
	    UI_WEBAUTHN_REGISTER);
	add_hidden(f, "webauthn_register");
	return CODE_OK;
}

/* The name typed for a key; without one it is called by its day. */
static const char *
name_of(struct visit *c, const struct json *body)
{
	const char *name = str_trim(c->mem,
	    json_get_text(body, "webauthn_register_displayname", ""));

	if (*name == '\0')
		return webauthn_day(c->mem);
	return arena_strndup(c->mem, name,
	    utf8_prefix(name, WEBAUTHN_NAME_MAX));
}

static void
submit_settings(struct visit *c, struct flow *f, const struct json *body)
{
	const char *answer = json_get_text(body, "webauthn_register", "");
	const char *remove = json_get_text(body, "webauthn_remove", "");
	struct webauthn_label label = { .name = name_of(c, body) };
	const struct fido_key *key;
	struct webauthn w;

	if (!webauthn_is_on(c, f, false, &w)) {
		ui_say(f->ui, UI_SETTINGS_NO_METHOD, NULL, NULL);
		self_again(c, f);
		return;
	}
	if (*answer == '\0' && *remove == '\0') {
		ui_say_at(f->ui, "webauthn_register", UI_MISSING, "property",
		    "webauthn_register");
		self_again(c, f);
		return;
	}
	if (!self_settings_privileged(c, f, body))
		return;
	if (*remove != '\0') {
		webauthn_settings_remove(c, f, &w, remove);
		return;
	}
	key = webauthn_registered(c, f, &w, "webauthn_register", answer);
	if (key != NULL)
		webauthn_settings_add(c, f, &w, key, &label);
}

const struct method method_webauthn_login = {
	.name = TYPE,
	.second = true,
	.draw = draw_login,
	.claims = claims_login,
	.submit = submit_login,
};

const struct method method_webauthn_settings = {
	.name = TYPE,
	.draw = draw_settings,
	.claims = claims_settings,
	.submit = submit_settings,
};

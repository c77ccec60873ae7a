/*
 * Passkeys: a first factor without a name to type. The authenticator knows
 * whose it is, by a random handle, and has verified its owner (spec
 * identity.md M-5).
 */
#include <string.h>

#include "identity/method.h"
#include "identity/self.h"
#include "identity/self_login.h"
#include "identity/self_registration.h"
#include "identity/self_settings.h"
#include "identity/webauthn.h"

#define TYPE	   "passkey"
#define HANDLE	   "user_handle"
#define HANDLE_LEN 64 /* what a handle may have at most */

static bool
has(const struct json *body, const char *name)
{
	return *json_get_text(body, name, "") != '\0';
}

static void
add_hidden(struct flow *f, const char *name, const char *value)
{
	ui_add_input(f->ui,
	    &(struct ui_input){
		.name = name,
		.type = "hidden",
		.group = TYPE,
		.value = value,
	    });
}

static void
add_trigger(struct flow *f, const char *name, const char *function,
    enum ui_id label)
{
	ui_add_input(f->ui,
	    &(struct ui_input){
		.name = name,
		.type = "button",
		.group = TYPE,
		.click = function,
		.label = label,
	    });
}

static const char *
level_of(const struct webauthn *w, bool verified)
{
	return w->rp.passkey_aal2 && verified ? "aal2" : NULL;
}

static void
refuse_off(struct visit *c, struct flow *f, enum ui_id id)
{
	ui_say(f->ui, id, NULL, NULL);
	self_again(c, f);
}

/* --- signing in ------------------------------------------------------------- */

static bool
claims_login(const struct json *body)
{
	return has(body, "passkey_login");
}

/*
 * The keys to offer: any, unless the flow is one person's; then *none says
 * whether that person has none.
 */
static enum code
load_offer(struct visit *c, const struct flow *f, const struct json **keys,
    bool *none)
{
	struct credential cred;
	enum code code;

	*keys = NULL;
	*none = false;
	if (f->identity_id == NULL)
		return CODE_OK;
	code = webauthn_load(c, f->identity_id, TYPE, &cred);
	if (code != CODE_OK)
		return code;
	*keys = webauthn_keys(cred.config);
	*none = json_count(*keys) == 0;
	return CODE_OK;
}

static enum code
draw_login(struct visit *c, struct flow *f)
{
	const struct json *keys;
	struct webauthn w;
	bool none;
	enum code code;

	if (!webauthn_is_on(c, f, true, &w))
		return CODE_OK;
	if ((code = load_offer(c, f, &keys, &none)) != CODE_OK || none)
		return code;
	self_login_add_identifier(c, f);
	webauthn_add_script(c, f, TYPE);
	add_hidden(f, "passkey_challenge",
	    json_string(c->mem, webauthn_get_options(c, f, &w, keys),
		JSON_COMPACT));
	ui_add_input(f->ui,
	    &(struct ui_input){
		.name = "passkey_login",
		.type = "hidden",
		.group = TYPE,
		.load = f->refresh ? NULL : "oryPasskeyLoginAutocompleteInit",
	    });
	add_trigger(f, "passkey_login_trigger", "oryPasskeyLogin",
	    UI_LOGIN_PASSKEY);
	return CODE_OK;
}

/*
 * The credential an answer is of, by the handle in it; of nobody when there is
 * none, or when the flow is somebody else's.
 */
static enum code
find_owner(struct visit *c, const struct flow *f, const struct json *answer,
    struct credential *cred)
{
	struct fido_claim claim;
	const char *name = NULL;
	enum code code = CODE_NOT_FOUND;

	if (fido_claims(c->mem, answer, &claim))
		name = webauthn_handle_name(c->mem, claim.user);
	if (name != NULL)
		code = credential_find(c->db, c->mem, TYPE, name, cred);
	else if (f->identity_id != NULL)
		code =
		    credential_get(c->db, c->mem, f->identity_id, TYPE, cred);
	if (code == CODE_OK &&
	    (f->identity_id == NULL ||
		strcmp(f->identity_id, cred->identity_id) == 0))
		return CODE_OK;
	memset(cred, 0, sizeof(*cred));
	return code == CODE_NOT_FOUND ? CODE_OK : code;
}

static void
submit_login(struct visit *c, struct flow *f, const struct json *body)
{
	const struct json *answer;
	const char *challenge;
	struct credential cred;
	struct fido_proof said;
	struct webauthn w;

	if (!webauthn_is_on(c, f, true, &w)) {
		refuse_off(c, f, UI_LOGIN_NO_METHOD);
		return;
	}
	if (!webauthn_take(c, f, TYPE, &challenge))
		return;
	answer = fido_read(c->mem, json_get_text(body, "passkey_login", ""));
	visit_begin(c, DB_TX_READ);
	if (!visit_end(c, find_owner(c, f, answer, &cred)))
		return;
	if (webauthn_proven(c, f, &w, challenge, answer, &cred, &said))
		self_login_complete(c, f, cred.identity_id,
		    &(struct session_proof){
			.method = TYPE,
			.aal = level_of(&w, said.verified),
		    });
}

/* --- a new one -------------------------------------------------------------- */

/*
 * The handle a key is made for: that of the keys there are, else a random one.
 * The flow remembers it as long as its challenge, for the two were given out
 * together; meanwhile another flow may make the first key.
 */
static struct fido_bytes
handle_of(struct visit *c, struct flow *f, const struct json *config)
{
	struct fido_bytes handle = webauthn_handle(c->mem, config);
	const char *kept = webauthn_recall(c->mem, f, TYPE, HANDLE);

	if (webauthn_recall(c->mem, f, TYPE, "challenge") == NULL)
		kept = NULL;
	if (kept != NULL) {
		handle.p =
		    crypt_unbase64(c->mem, kept, strlen(kept), &handle.len);
		return handle;
	}
	if (handle.len == 0) {
		handle.p = (const uint8_t *)crypt_token(c->mem, HANDLE_LEN);
		handle.len = HANDLE_LEN;
	}
	webauthn_remember(f, c->mem, TYPE, HANDLE,
	    crypt_base64(c->mem, handle.p, handle.len));
	return handle;
}

/* --- signing up ------------------------------------------------------------- */

static bool
claims_registration(const struct json *body)
{
	return has(body, "passkey_register");
}

static enum code
draw_registration(struct visit *c, struct flow *f)
{
	struct json *data = json_new_object(c->mem);
	struct webauthn_user user = { .name = "" };
	struct webauthn w;

	if (!webauthn_is_on(c, f, true, &w))
		return CODE_OK;
	user.handle = handle_of(c, f, NULL);
	json_put(data, "credentialOptions",
	    webauthn_create_options(c, f, &w, &user, NULL));
	json_put_text(data, "displayNameFieldName", "traits.email");
	webauthn_add_script(c, f, TYPE);
	add_hidden(f, "passkey_create_data",
	    json_string(c->mem, data, JSON_COMPACT));
	add_hidden(f, "passkey_register", NULL);
	add_trigger(f, "passkey_register_trigger", "oryPasskeyRegistration",
	    UI_REGISTER_PASSKEY);
	return CODE_OK;
}

/* The new person's credential, made of its first key. */
static void
complete(struct visit *c, struct flow *f, const struct webauthn *w,
    const struct json *traits, const char *handle, const struct fido_key *key)
{
	struct self_newcomer in = { .type = TYPE, .traits = traits };
	struct webauthn_label label = { webauthn_day(c->mem), handle, true };

	in.config = webauthn_with(c->mem, NULL, key, &label);
	in.identifiers = webauthn_identifiers(c->mem, in.config);
	in.proof.method = TYPE;
	in.proof.aal = level_of(w, key->verified);
	self_registration_complete(c, f, &in);
}

static void
submit_registration(struct visit *c, struct flow *f, const struct json *body)
{
	const char *answer = json_get_text(body, "passkey_register", "");
	const char *handle = webauthn_recall(c->mem, f, TYPE, HANDLE);
	const struct json *traits = self_registration_traits(c, body);
	const struct fido_key *key;
	struct webauthn w;

	if (!webauthn_is_on(c, f, true, &w) || handle == NULL) {
		refuse_off(c, f, UI_REGISTRATION_NO_METHOD);
		return;
	}
	if (*answer == '\0')
		ui_say_at(f->ui, "passkey_register", UI_MISSING, "property",
		    "passkey_register");
	if (!self_registration_check(c, f, traits) || *answer == '\0') {
		self_again(c, f);
		return;
	}
	key = webauthn_registered(c, f, &w, "passkey_register", answer);
	if (key != NULL)
		complete(c, f, &w, traits, handle, key);
}

/* --- settings --------------------------------------------------------------- */

static bool
claims_settings(const struct json *body)
{
	return has(body, "passkey_settings_register") ||
	    has(body, "passkey_remove");
}

static enum code
draw_settings(struct visit *c, struct flow *f)
{
	const struct identity *who = &c->session->identity;
	struct webauthn_user user = { .name = who->email };
	struct credential cred;
	struct webauthn w;
	int64_t others = 0;
	enum code code;

	if (!webauthn_is_on(c, f, true, &w))
		return CODE_OK;
	code = webauthn_load(c, who->id, TYPE, &cred);
	if (code == CODE_OK)
		code = credential_first_factors(c->db, who->id, TYPE, &others);
	if (code != CODE_OK)
		return code;
	user.handle = handle_of(c, f, cred.config);
	webauthn_add_removes(c, f, &w, cred.config, others == 0);
	webauthn_add_script(c, f, TYPE);
	add_trigger(f, "passkey_register_trigger",
	    "oryPasskeySettingsRegistration", UI_PASSKEY_REGISTER);
	add_hidden(f, "passkey_settings_register", NULL);
	add_hidden(f, "passkey_create_data",
	    json_string(c->mem,
		webauthn_create_options(c, f, &w, &user,
		    webauthn_keys(cred.config)),
		JSON_COMPACT));
	return CODE_OK;
}

static void
submit_settings(struct visit *c, struct flow *f, const struct json *body)
{
	const char *answer =
	    json_get_text(body, "passkey_settings_register", "");
	const char *remove = json_get_text(body, "passkey_remove", "");
	struct webauthn_label label = { .passkey = true };
	const struct fido_key *key;
	struct webauthn w;

	if (!webauthn_is_on(c, f, true, &w)) {
		refuse_off(c, f, UI_SETTINGS_NO_METHOD);
		return;
	}
	if (*answer == '\0' && *remove == '\0') {
		ui_say_at(f->ui, "passkey_settings_register", UI_MISSING,
		    "property", "passkey_settings_register");
		self_again(c, f);
		return;
	}
	if (!self_settings_privileged(c, f, body))
		return;
	if (*remove != '\0') {
		webauthn_settings_remove(c, f, &w, remove);
		return;
	}
	label.name = webauthn_day(c->mem);
	label.handle = webauthn_recall(c->mem, f, TYPE, HANDLE);
	key =
	    webauthn_registered(c, f, &w, "passkey_settings_register", answer);
	if (key != NULL)
		webauthn_settings_add(c, f, &w, key, &label);
}

const struct method method_passkey_login = {
	.name = TYPE,
	.first = true,
	.draw = draw_login,
	.claims = claims_login,
	.submit = submit_login,
};

const struct method method_passkey_registration = {
	.name = TYPE,
	.late = true,
	.draw = draw_registration,
	.claims = claims_registration,
	.submit = submit_registration,
};

const struct method method_passkey_settings = {
	.name = TYPE,
	.draw = draw_settings,
	.claims = claims_settings,
	.submit = submit_settings,
};

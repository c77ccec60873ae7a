/*
 * The password: signing in and up with it, and setting a new one. Whatever
 * makes one wrong - no such identifier, none set, another password - takes the
 * same time and gives the same bytes (spec identity.md L-6).
 */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "identity/credential.h"
#include "identity/method.h"
#include "identity/password.h"
#include "identity/profile.h"
#include "identity/self.h"
#include "identity/self_login.h"
#include "identity/self_registration.h"
#include "identity/self_settings.h"

#define REVOKE_OTHERS "revoke_other_sessions"

static void
add_field(struct flow *f, const char *autocomplete)
{
	ui_add_input(f->ui,
	    &(struct ui_input){
		.name = "password",
		.type = "password",
		.group = "password",
		.autocomplete = autocomplete,
		.required = true,
		.label = UI_NODE_PASSWORD,
	    });
}

/* A browser may have filled one in beside a passkey that was chosen. */
static bool
has_password(const struct json *body)
{
	return *json_get_text(body, "passkey_login", "") == '\0' &&
	    *json_get_text(body, "passkey_register", "") == '\0' &&
	    !str_is_empty(json_get_text(body, "password", ""));
}

static bool
is_on(const struct idp *p)
{
	return p->methods.password;
}

/* --- signing in ------------------------------------------------------------ */

static enum code
draw_login(struct visit *c, struct flow *f)
{
	self_login_add_identifier(c, f);
	add_field(f, "current-password");
	self_add_submit(f, "password", NULL, "password", UI_LOGIN_PASSWORD);
	return CODE_OK;
}

/* A better hash for a password just proven; failing is no failure of login. */
static void
rehash(struct visit *c, const struct identity_password *cred, const char *hash)
{
	struct db_scope scope = { .deadline_ms = c->r->deadline_ms };
	enum code code;

	if (hash == NULL)
		return;
	db_begin(c->db, DB_TX_WRITE, &scope);
	code = identity_rehash(c->db, cred->identity_id, cred->hash, hash);
	if (db_end(c->db, code) != CODE_OK)
		log_warn("login: password not hashed anew");
}

static void
try_password(struct visit *c, struct flow *f, const char *identifier,
    const char *password)
{
	static const struct session_proof proof = { .method = "password" };
	struct identity_password cred = { 0 };
	const char *better;
	bool known, right;
	enum code code;

	visit_begin(c, DB_TX_READ);
	code = identity_find_password(c->db, c->mem, identifier, &cred);
	known = code == CODE_OK;
	if (!visit_end(c, code == CODE_NOT_FOUND ? CODE_OK : code))
		return;
	if (password_verify(c, password, known ? &cred : NULL, &right,
		&better) != CODE_OK) {
		password_refuse_busy(c);
		return;
	}
	if (!right) {
		self_login_refuse(c, f, UI_WRONG_CREDENTIALS,
		    known ? cred.identity_id : NULL);
		return;
	}
	rehash(c, &cred, better);
	self_login_complete(c, f, cred.identity_id, &proof);
}

static void
submit_login(struct visit *c, struct flow *f, const struct json *body)
{
	const char *identifier = self_login_identifier(c, body);
	const char *password = password_take(c, body, "password");

	if (*identifier == '\0')
		ui_say_at(f->ui, "identifier", UI_MISSING, "property",
		    "identifier");
	if (*password == '\0')
		ui_say_at(f->ui, "password", UI_MISSING, "property",
		    "password");
	if (ui_has_errors(f->ui))
		self_again(c, f);
	else
		try_password(c, f, identifier, password);
}

/* --- signing up ------------------------------------------------------------ */

static enum code
draw_registration(struct visit *c, struct flow *f)
{
	(void)c;
	add_field(f, "new-password");
	self_add_submit(f, "password", NULL, "password", UI_REGISTER);
	return CODE_OK;
}

/*
 * Whether a new password will do; says at its node what is wrong. traits are
 * those of the person it is for.
 */
static bool
is_acceptable(struct visit *c, struct flow *f, const struct json *traits,
    const char *password)
{
	if (*password == '\0') {
		ui_say_at(f->ui, "password", UI_MISSING, "property",
		    "password");
		return false;
	}
	return password_policy(c, password,
	    schema_texts(c->mem, c->schema, traits), f->ui);
}

static void
submit_registration(struct visit *c, struct flow *f, const struct json *body)
{
	const char *password = password_take(c, body, "password");
	struct self_newcomer in = { .proof.method = "password" };
	bool ok;

	in.traits = self_registration_traits(c, body);
	ok = self_registration_check(c, f, in.traits);
	if (!is_acceptable(c, f, in.traits, password) || !ok)
		self_again(c, f);
	else if (password_hash(c, password, &in.password_hash) != CODE_OK)
		password_refuse_busy(c);
	else
		self_registration_complete(c, f, &in);
}

/* --- a new one ------------------------------------------------------------- */

/* Whether the session came from a recovery: then all others end (Y-6). */
static bool
was_recovered(const struct visit *c)
{
	const struct json *list =
	    json_get_list(c->session->json, "authentication_methods");
	const char *method;
	size_t i;

	for (i = 0; i < json_count(list); i++) {
		method = json_get_text(json_at(list, i), "method", "");
		if (str_ends(method, "_recovery"))
			return true;
	}
	return false;
}

/*
 * Whether a change ends all other sessions (T-7): unless it says it must not.
 * A client that knows nothing of this says nothing.
 */
static bool
ends_others(const struct visit *c, const struct json *body)
{
	const struct json *wish = json_get(body, REVOKE_OTHERS);

	if (wish == NULL || was_recovered(c))
		return true;
	if (json_kind(wish) == JSON_BOOL)
		return json_get_bool(body, REVOKE_OTHERS, true);
	return strcmp(json_get_text(body, REVOKE_OTHERS, ""), "false") != 0;
}

static enum code
draw_settings(struct visit *c, struct flow *f)
{
	struct json *value = json_new_object(c->mem);

	add_field(f, "new-password");
	if (!was_recovered(c)) {
		json_put_bool(value, "is", ends_others(c, f->typed));
		ui_add_input(f->ui,
		    &(struct ui_input){
			.name = REVOKE_OTHERS,
			.type = "checkbox",
			.group = "password",
			.data = json_get(value, "is"),
			.label = UI_REVOKE_OTHERS,
		    });
	}
	self_add_submit(f, "password", NULL, "password", UI_NODE_SAVE);
	return CODE_OK;
}

/* The caller's password; false: failed, answered. *cred has no hash: none. */
static bool
read_own(struct visit *c, struct identity_password *cred)
{
	struct credential row;
	enum code code;

	memset(cred, 0, sizeof(*cred));
	visit_begin(c, DB_TX_READ);
	code = credential_get(c->db, c->mem, c->session->identity.id,
	    "password", &row);
	if (code == CODE_OK) {
		cred->hash = json_get_text(row.config, "hashed_password", NULL);
		cred->raw = json_get_bool(row.config, "raw", true);
	}
	return visit_end(c, code == CODE_NOT_FOUND ? CODE_OK : code);
}

/* T-4: another one than now. False: answered. */
static bool
is_another(struct visit *c, struct flow *f, const char *password)
{
	struct identity_password cred;
	const char *better;
	bool same;

	if (!read_own(c, &cred))
		return false;
	if (cred.hash == NULL)
		return true;
	if (password_verify(c, password, &cred, &same, &better) != CODE_OK) {
		password_refuse_busy(c);
		return false;
	}
	if (!same)
		return true;
	ui_say_at(f->ui, "password", UI_PASSWORD_UNCHANGED, NULL, NULL);
	self_again(c, f);
	return false;
}

/* alone: nothing stays of what others may have begun with the old one. */
static enum code
write_password(struct visit *c, const char *hash, bool alone)
{
	const char *who = c->session->identity.id;
	struct json *data = json_new_object(c->mem);
	enum code code;

	code = identity_set_password(c->db, c->mem, c->schema, who, hash);
	if (code == CODE_OK && alone)
		code = self_end_sessions(c, c->session->id, NULL);
	if (code == CODE_OK && alone)
		code = profile_forget(c, who);
	json_put_text(data, "At", self_when(c->mem, clock_now_us()));
	if (alone)
		json_put_text(data, "SignedOut", "yes");
	return code == CODE_OK ? self_mail(c, "password_changed", data) : code;
}

static void
submit_settings(struct visit *c, struct flow *f, const struct json *body)
{
	const struct identity *who = &c->session->identity;
	bool alone = ends_others(c, body);
	const char *password, *hash;

	if (!self_settings_privileged(c, f, body))
		return;
	password = password_take(c, body, "password");
	if (!is_acceptable(c, f, json_get(who->json, "traits"), password)) {
		self_again(c, f);
		return;
	}
	if (!is_another(c, f, password))
		return;
	if (password_hash(c, password, &hash) != CODE_OK) {
		password_refuse_busy(c);
		return;
	}
	visit_begin(c, DB_TX_WRITE);
	self_settings_done(c, f, "password.change",
	    write_password(c, hash, alone));
}

const struct method method_password_login = {
	.name = "password",
	.first = true,
	.late = true,
	.on = is_on,
	.guessed = true,
	.draw = draw_login,
	.submit = submit_login,
	.claims = has_password,
};

const struct method method_password_registration = {
	.name = "password",
	.late = true,
	.on = is_on,
	.draw = draw_registration,
	.submit = submit_registration,
	.claims = has_password,
};

const struct method method_password_settings = {
	.name = "password",
	.on = is_on,
	.draw = draw_settings,
	.submit = submit_settings,
	.claims = has_password,
};

/*
 * The password: signing in and up with it, and setting a new one. Whatever
 * makes one wrong - no such identifier, none set, another password - takes the
 * same time and gives the same bytes (spec identity.md L-6).
 */
#include <string.h>

#include "base/log.h"
#include "identity/method.h"
#include "identity/password.h"
#include "identity/self.h"
#include "identity/self_login.h"
#include "identity/self_registration.h"
#include "identity/self_settings.h"

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

static bool
has_password(const struct json *body)
{
	return !str_is_empty(json_get_text(body, "password", ""));
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
	    schema_texts(c->mem, c->p->schema, traits), f->ui);
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

static enum code
draw_settings(struct visit *c, struct flow *f)
{
	(void)c;
	add_field(f, "new-password");
	self_add_submit(f, "password", NULL, "password", UI_NODE_SAVE);
	return CODE_OK;
}

static void
submit_settings(struct visit *c, struct flow *f, const struct json *body)
{
	const struct identity *who = &c->session->identity;
	const char *password = password_take(c, body, "password"), *hash;

	if (!is_acceptable(c, f, json_get(who->json, "traits"), password)) {
		self_again(c, f);
		return;
	}
	if (!self_settings_privileged(c, f, body))
		return;
	if (password_hash(c, password, &hash) != CODE_OK) {
		password_refuse_busy(c);
		return;
	}
	visit_begin(c, DB_TX_WRITE);
	self_settings_done(c, f, "password.change",
	    identity_set_password(c->db, c->mem, who->id, hash));
}

const struct method method_password_login = {
	.name = "password",
	.first = true,
	.draw = draw_login,
	.submit = submit_login,
	.claims = has_password,
};

const struct method method_password_registration = {
	.name = "password",
	.draw = draw_registration,
	.submit = submit_registration,
	.claims = has_password,
};

const struct method method_password_settings = {
	.name = "password",
	.draw = draw_settings,
	.submit = submit_settings,
	.claims = has_password,
};

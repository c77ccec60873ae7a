/*
 * Codes of an authenticator app as second factor (spec identity.md M-2). The
 * secret is sealed wherever it is kept; the step of the last code that was
 * accepted is kept beside it, so that no code works twice.
 */
#include <string.h>

#include "base/clock.h"
#include "identity/factor.h"
#include "identity/level.h"
#include "identity/method.h"
#include "identity/seal.h"
#include "identity/self.h"
#include "identity/self_settings.h"
#include "identity/typed.h"
#include "net/qr.h"
#include "net/totp.h"

#define TYPE  "totp"
#define NAME  "An authenticator app"
#define TRIES 3

static int64_t
now_s(void)
{
	return clock_now_us() / 1000000;
}

/* What was typed, without the spaces that apps show. */
static const char *
typed_code(struct visit *c, const struct json *body)
{
	const char *s = json_get_text(body, "totp_code", "");
	char *code = arena_zalloc(c->mem, strlen(s) + 1);
	size_t n = 0;

	for (; *s != '\0'; s++)
		if (*s != ' ')
			code[n++] = *s;
	return code;
}

static void
add_code(struct flow *f, enum ui_id label)
{
	ui_add_input(f->ui,
	    &(struct ui_input){
		.name = "totp_code",
		.type = "text",
		.group = TYPE,
		.autocomplete = "one-time-code",
		.required = true,
		.label = label,
	    });
}

/* The secret's bytes, sealed for its owner. */
static const char *
owner_context(struct visit *c, const char *identity_id)
{
	return arena_printf(c->mem, TYPE ":%s", identity_id);
}

static struct json *
new_config(struct visit *c, const char *identity_id, const void *secret,
    int64_t step)
{
	struct json *o = json_new_object(c->mem);

	json_put_text(o, "secret",
	    seal_close(c->mem, c->p->secrets, owner_context(c, identity_id),
		secret, TOTP_SECRET_LEN));
	json_put_int(o, "last_step", step);
	return o;
}

/* --- signing in ------------------------------------------------------------ */

static enum typed_verdict
use(struct visit *c, const struct credential *cred, const char *code,
    const struct json **config)
{
	int64_t last = json_get_int(cred->config, "last_step", 0, INT64_MAX, 0);
	char *secret;
	int64_t step;
	size_t len;

	secret = seal_open(c->mem, c->p->secrets,
	    owner_context(c, cred->identity_id),
	    json_get_text(cred->config, "secret", ""), &len, NULL);
	if (secret == NULL || len != TOTP_SECRET_LEN)
		return TYPED_WRONG;
	step = totp_match(secret, len, now_s(), last, code);
	if (step != -1) /* sealed anew, by the first secret */
		*config = new_config(c, cred->identity_id, secret, step);
	crypt_wipe(secret, len);
	return step == -1 ? TYPED_WRONG : TYPED_RIGHT;
}

static const struct typed factor = {
	.type = TYPE,
	.node = "totp_code",
	.tries = TRIES,
	.none = UI_TOTP_NONE,
	.wrong = UI_TOTP_WRONG,
	.used = UI_TOTP_WRONG,
	.use = use,
};

static enum code
draw_login(struct visit *c, struct flow *f)
{
	enum code code;
	bool is;

	code = typed_is_set_up(c, f, &factor, &is);
	if (code == CODE_OK && is) {
		add_code(f, UI_LOGIN_TOTP_LABEL);
		self_add_submit(f, TYPE, NULL, TYPE, UI_LOGIN_TOTP);
	}
	return code;
}

static void
submit_login(struct visit *c, struct flow *f, const struct json *body)
{
	typed_submit(c, f, &factor, typed_code(c, body));
}

static bool
has_code(const struct json *body)
{
	return !str_is_empty(json_get_text(body, "totp_code", ""));
}

/* --- settings -------------------------------------------------------------- */

static const char *
pending_context(struct visit *c, const struct flow *f)
{
	return arena_printf(c->mem, TYPE " of flow:%s", f->id);
}

/* The secret this flow offers: one for all its forms, until it is taken. */
static const char *
pending_secret(struct visit *c, struct flow *f)
{
	const struct json *kept = json_get_object(f->internal, TYPE);
	const char *context = pending_context(c, f);
	char *secret;
	size_t len;

	secret = seal_open(c->mem, c->p->secrets, context,
	    json_get_text(kept, "pending", ""), &len, NULL);
	if (secret != NULL && len == TOTP_SECRET_LEN)
		return secret;
	secret = arena_alloc(c->mem, TOTP_SECRET_LEN);
	crypt_random(secret, TOTP_SECRET_LEN);
	json_put_text(json_put_object(f->internal, TYPE), "pending",
	    seal_close(c->mem, c->p->secrets, context, secret,
		TOTP_SECRET_LEN));
	return secret;
}

/* How the app names the account (schema: credentials.totp.account_name). */
static const char *
account_name(struct visit *c)
{
	const struct identity *who = &c->session->identity;
	const struct json *traits = json_get(who->json, "traits");
	const struct schema *s = c->schema;
	const char *name;
	size_t i;

	for (i = 0; i < s->nleaves; i++)
		if (s->leaves[i].account &&
		    (name = schema_value(&s->leaves[i], traits)) != NULL)
			return name;
	return who->id;
}

static void
add_qr(struct visit *c, struct flow *f, const char *secret)
{
	const char *uri, *url;
	struct json *o;

	uri = totp_uri(c->mem, c->p->issuer, account_name(c), secret,
	    TOTP_SECRET_LEN);
	if ((url = qr_data_url(c->mem, uri)) == NULL)
		return; /* of a very long name; the secret can be typed */
	o = ui_add_node(f->ui, "img", TYPE, UI_TOTP_QR, NULL);
	json_put_text(o, "id", "totp_qr");
	json_put_text(o, "src", url);
	json_put_int(o, "width", QR_SIZE);
	json_put_int(o, "height", QR_SIZE);
	ui_keep_secret(f->ui);
}

static void
draw_link(struct visit *c, struct flow *f)
{
	const char *secret = pending_secret(c, f);
	struct json *o;

	add_qr(c, f, secret);
	o = ui_add_node(f->ui, "text", TYPE, UI_TOTP_SECRET_LABEL, NULL);
	json_put_text(o, "id", "totp_secret_key");
	json_put(o, "text",
	    ui_message(f->ui, UI_TOTP_SECRET, "secret",
		totp_secret_text(c->mem, secret, TOTP_SECRET_LEN)));
	ui_keep_secret(f->ui);
	add_code(f, UI_NODE_VERIFY_OTP);
	self_add_submit(f, TYPE, NULL, TYPE, UI_NODE_SAVE);
}

static enum code
draw_settings(struct visit *c, struct flow *f)
{
	struct credential cred;
	enum code code;

	code = credential_get(c->db, c->mem, f->identity_id, TYPE, &cred);
	if (code == CODE_OK)
		self_add_submit(f, TYPE, "totp_unlink", "true", UI_TOTP_UNLINK);
	else if (code != CODE_NOT_FOUND)
		return code;
	else if (c->p->methods.totp) /* without a pending secret: no linking */
		draw_link(c, f);
	return CODE_OK;
}

static void
link_app(struct visit *c, struct flow *f, const char *typed)
{
	static const struct factor_change added = { NAME, TYPE, LEVEL_SECOND };
	const char *id = c->session->identity.id;
	const char *secret = pending_secret(c, f);
	int64_t step;
	enum code code;

	step = totp_match(secret, TOTP_SECRET_LEN, now_s(), -1, typed);
	if (step == -1) {
		ui_say_at(f->ui, "totp_code", UI_TOTP_WRONG, NULL, NULL);
		self_again(c, f);
		return;
	}
	json_put_object(f->internal, TYPE);
	visit_begin(c, DB_TX_WRITE);
	code = credential_put(c->db, c->mem, id, TYPE,
	    new_config(c, id, secret, step), NULL);
	if (code == CODE_OK)
		code = factor_changed(c, &added);
	self_settings_done(c, f, "totp.add", code);
}

static void
unlink_app(struct visit *c, struct flow *f)
{
	static const struct factor_change removed = { .name = NAME };
	enum code code;
	bool may = false;

	visit_begin(c, DB_TX_WRITE);
	code = factor_may_go(c, TYPE, &may);
	if (code == CODE_OK && !may) {
		visit_abort(c);
		ui_say(f->ui, UI_FACTOR_KEPT, NULL, NULL);
		self_again(c, f);
		return;
	}
	if (code == CODE_OK)
		code = credential_delete(c->db, c->session->identity.id, TYPE);
	if (code == CODE_OK)
		code = factor_changed(c, &removed);
	else if (code == CODE_NOT_FOUND) /* by another tab */
		code = CODE_OK;
	self_settings_done(c, f, "totp.remove", code);
}

static bool
wants_unlink(const struct json *body)
{
	return self_is_set(body, "totp_unlink");
}

/*
 * The form, drawn just now, tells which of the two can be done: there is no
 * code to type while an app is linked, and nothing to unlink while none is.
 */
static void
submit_settings(struct visit *c, struct flow *f, const struct json *body)
{
	const char *code = typed_code(c, body);
	bool linked = !ui_has_node(f->ui, "totp_code");

	if (wants_unlink(body) != linked) {
		ui_say(f->ui, linked ? UI_SETTINGS_NO_METHOD : UI_TOTP_NONE,
		    NULL, NULL);
		self_again(c, f);
	} else if (!linked && *code == '\0') {
		ui_say_at(f->ui, "totp_code", UI_MISSING, "property",
		    "totp_code");
		self_again(c, f);
	} else if (!self_settings_privileged(c, f, body))
		return;
	else if (linked)
		unlink_app(c, f);
	else
		link_app(c, f, code);
}

static bool
means_settings(const struct json *body)
{
	return has_code(body) || wants_unlink(body);
}

const struct method method_totp_login = {
	.name = TYPE,
	.second = true,
	.guessed = true,
	.draw = draw_login,
	.submit = submit_login,
	.claims = has_code,
};

const struct method method_totp_settings = {
	.name = TYPE,
	.draw = draw_settings,
	.submit = submit_settings,
	.claims = means_settings,
};

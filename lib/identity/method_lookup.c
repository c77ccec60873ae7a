/*
 * Back-up codes as second factor (spec identity.md M-3): twelve, each good
 * once, for whoever has lost the other factor. The list is sealed wherever it
 * is kept: in the credential, and in the flow that made it until confirmed.
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

#define TYPE	 "lookup_secret"
#define NAME	 "A set of back-up codes"
#define NCODES	 12
#define CODE_LEN 8
#define TRIES	 NCODES

/* --- lists: [{"code": ..., "used_at": ...}] -------------------------------- */

/* Eight of the 36 characters, each as likely. */
static const char *
new_code(struct visit *c)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	char *code = arena_zalloc(c->mem, CODE_LEN + 1);
	uint8_t byte;
	size_t n = 0;

	while (n < CODE_LEN) {
		crypt_random(&byte, 1);
		if (byte < 252) /* 7 * 36 */
			code[n++] = set[byte % 36];
	}
	return code;
}

static struct json *
new_list(struct visit *c)
{
	struct json *list = json_new_list(c->mem);
	size_t i;

	for (i = 0; i < NCODES; i++)
		json_put_text(json_add_object(list), "code", new_code(c));
	return list;
}

static const char *
seal_list(struct visit *c, const char *context, const struct json *list)
{
	const char *text = json_string(c->mem, list, JSON_COMPACT);

	return seal_close(c->mem, c->p->secrets, context, text, strlen(text));
}

/* NULL: none, or not readable any more. */
static const struct json *
open_list(struct visit *c, const char *context, const char *sealed)
{
	const char *text;
	size_t len;

	text = seal_open(c->mem, c->p->secrets, context, sealed, &len, NULL);
	return text == NULL ? NULL : json_parse(c->mem, text, len, NULL, NULL);
}

static const char *
owner_context(struct visit *c, const char *identity_id)
{
	return arena_printf(c->mem, TYPE ":%s", identity_id);
}

static const char *
pending_context(struct visit *c, const struct flow *f)
{
	return arena_printf(c->mem, TYPE " of flow:%s", f->id);
}

static struct json *
new_config(struct visit *c, const char *identity_id, const struct json *list)
{
	struct json *o = json_new_object(c->mem);

	json_put_text(o, "codes",
	    seal_list(c, owner_context(c, identity_id), list));
	return o;
}

static const struct json *
list_of(struct visit *c, const struct credential *cred)
{
	return open_list(c, owner_context(c, cred->identity_id),
	    json_get_text(cred->config, "codes", ""));
}

/* --- signing in ------------------------------------------------------------ */

/* Without capitals, spaces and hyphens: people type them, or imports hold them. */
static const char *
plain_code(struct visit *c, const char *text)
{
	const char *s = str_lower(c->mem, text);
	char *code = arena_zalloc(c->mem, strlen(s) + 1);
	size_t n = 0;

	for (; *s != '\0'; s++)
		if (*s != ' ' && *s != '-')
			code[n++] = *s;
	return code;
}

/*
 * The list after typed was used. Compares with every code, so that the time
 * tells nothing of which one it was.
 */
static struct json *
use_up(struct visit *c, const struct json *list, const char *typed,
    enum typed_verdict *verdict)
{
	struct json *after = json_new_list(c->mem), *item;
	const struct json *old;
	const char *code, *used;
	size_t i;

	*verdict = TYPED_WRONG;
	for (i = 0; i < json_count(list); i++) {
		old = json_at(list, i);
		used = json_get_text(old, "used_at", NULL);
		code = json_get_text(old, "code", "");
		if (crypt_equal_str(plain_code(c, code), typed)) {
			*verdict = used == NULL ? TYPED_RIGHT : TYPED_USED;
			if (used == NULL)
				used = clock_rfc3339(c->mem, clock_now_us());
		}
		item = json_add_object(after);
		json_put_text(item, "code", code);
		json_put_text(item, "used_at", used);
	}
	return after;
}

static enum typed_verdict
use(struct visit *c, const struct credential *cred, const char *typed,
    const struct json **config)
{
	enum typed_verdict verdict;
	const struct json *after;

	after = use_up(c, list_of(c, cred), typed, &verdict);
	*config = new_config(c, cred->identity_id, after);
	return verdict;
}

static const struct typed factor = {
	.type = TYPE,
	.node = TYPE,
	.tries = TRIES,
	.none = UI_LOOKUP_NONE,
	.wrong = UI_LOOKUP_WRONG,
	.used = UI_LOOKUP_WAS_USED,
	.use = use,
};

static enum code
draw_login(struct visit *c, struct flow *f)
{
	enum code code;
	bool is;

	code = typed_is_set_up(c, f, &factor, &is);
	if (code != CODE_OK || !is)
		return code;
	ui_add_input(f->ui,
	    &(struct ui_input){
		.name = TYPE,
		.type = "text",
		.group = TYPE,
		.autocomplete = "one-time-code",
		.required = true,
		.label = UI_LOGIN_LOOKUP_LABEL,
	    });
	self_add_submit(f, TYPE, NULL, TYPE, UI_LOGIN_LOOKUP);
	return CODE_OK;
}

static void
submit_login(struct visit *c, struct flow *f, const struct json *body)
{
	typed_submit(c, f, &factor,
	    plain_code(c, json_get_text(body, TYPE, "")));
}

static bool
has_code(const struct json *body)
{
	return !str_is_empty(json_get_text(body, TYPE, ""));
}

/* --- settings: the form ---------------------------------------------------- */

/* A code as the list shows it: itself, or when it was used. */
static struct json *
code_message(struct flow *f, const struct json *item)
{
	const char *used = json_get_text(item, "used_at", NULL);

	if (used != NULL)
		return ui_message(f->ui, UI_LOOKUP_USED, "used_at", used);
	return ui_message(f->ui, UI_LOOKUP_CODE, "secret",
	    json_get_text(item, "code", ""));
}

static void
add_codes(struct visit *c, struct flow *f, const struct json *list)
{
	struct json *o, *message, *codes = json_new_list(c->mem), *one;
	const char *all = "";
	size_t i;

	for (i = 0; i < json_count(list); i++) {
		one = code_message(f, json_at(list, i));
		json_add(codes, one);
		all = arena_printf(c->mem, "%s%s%s", all, i == 0 ? "" : ", ",
		    json_get_text(one, "text", ""));
	}
	message = ui_message(f->ui, UI_LOOKUP_LIST, "list", all);
	json_put(json_put_object(message, "context"), "secrets", codes);
	o = ui_add_node(f->ui, "text", TYPE, UI_LOOKUP_LABEL, NULL);
	json_put_text(o, "id", "lookup_secret_codes");
	json_put(o, "text", message);
	ui_keep_secret(f->ui);
}

static void
add_button(struct flow *f, const char *name, enum ui_id label)
{
	self_add_submit(f, TYPE, name, "true", label);
}

/* The list this flow made and that nobody confirmed yet; NULL: none. */
static const struct json *
pending_list(struct visit *c, const struct flow *f)
{
	return open_list(c, pending_context(c, f),
	    json_get_text(json_get_object(f->internal, TYPE), "pending", ""));
}

static void
draw_set_up(struct visit *c, struct flow *f, const struct credential *cred)
{
	const struct json *mine = json_get_object(f->internal, TYPE);

	if (json_get_bool(mine, "reveal", false)) {
		add_codes(c, f, list_of(c, cred));
		add_button(f, "lookup_secret_regenerate", UI_LOOKUP_REGENERATE);
	} else
		add_button(f, "lookup_secret_reveal", UI_LOOKUP_REVEAL);
	add_button(f, "lookup_secret_disable", UI_LOOKUP_DISABLE);
}

static enum code
draw_settings(struct visit *c, struct flow *f)
{
	const struct json *pending = pending_list(c, f);
	struct credential cred;
	enum code code;

	code = credential_get(c->db, c->mem, f->identity_id, TYPE, &cred);
	if (code != CODE_OK && code != CODE_NOT_FOUND)
		return code;
	if (pending != NULL) {
		add_codes(c, f, pending);
		add_button(f, "lookup_secret_confirm", UI_LOOKUP_CONFIRM);
	} else if (code == CODE_OK)
		draw_set_up(c, f, &cred);
	else
		add_button(f, "lookup_secret_regenerate", UI_LOOKUP_REGENERATE);
	return CODE_OK;
}

/* --- settings: the buttons ------------------------------------------------- */

/* Shown once: the next form hides them again. */
static void
reveal(struct visit *c, struct flow *f)
{
	json_put_bool(json_put_object(f->internal, TYPE), "reveal", true);
	if (!self_redraw(c, f))
		return;
	json_put_object(f->internal, TYPE);
	if (!ui_has_node(f->ui, "lookup_secret_disable")) {
		ui_say(f->ui, UI_LOOKUP_NONE, NULL, NULL);
		self_again(c, f);
		return;
	}
	self_show(c, f, 200);
}

static void
regenerate(struct visit *c, struct flow *f)
{
	json_put_text(json_put_object(f->internal, TYPE), "pending",
	    seal_list(c, pending_context(c, f), new_list(c)));
	if (self_redraw(c, f))
		self_show(c, f, 200);
}

static void
confirm(struct visit *c, struct flow *f)
{
	static const struct factor_change added = { NAME, TYPE, LEVEL_SECOND };
	const char *id = c->session->identity.id;
	const struct json *list = pending_list(c, f);
	enum code code;

	if (list == NULL) {
		ui_say(f->ui, UI_LOOKUP_NONE, NULL, NULL);
		self_again(c, f);
		return;
	}
	json_put_object(f->internal, TYPE);
	visit_begin(c, DB_TX_WRITE);
	code = credential_put(c->db, c->mem, id, TYPE, new_config(c, id, list),
	    NULL);
	if (code == CODE_OK)
		code = factor_changed(c, &added);
	self_settings_done(c, f, "lookup_secret.add", code);
}

/* Says so in the form instead; the transaction is over. */
static void
refuse_disable(struct visit *c, struct flow *f, enum ui_id id)
{
	visit_abort(c);
	ui_say(f->ui, id, NULL, NULL);
	self_again(c, f);
}

static void
disable(struct visit *c, struct flow *f)
{
	static const struct factor_change removed = { .name = NAME };
	enum code code;
	bool may = true;

	visit_begin(c, DB_TX_WRITE);
	code = factor_may_go(c, TYPE, &may);
	if (code == CODE_OK && may)
		code = credential_delete(c->db, c->session->identity.id, TYPE);
	if (!may || code == CODE_NOT_FOUND) {
		refuse_disable(c, f, may ? UI_LOOKUP_NONE : UI_FACTOR_KEPT);
		return;
	}
	json_put_object(f->internal, TYPE);
	if (code == CODE_OK)
		code = factor_changed(c, &removed);
	self_settings_done(c, f, "lookup_secret.remove", code);
}

static const struct {
	const char *name;
	void (*press)(struct visit *c, struct flow *f);
} buttons[] = {
	{ "lookup_secret_reveal", reveal },
	{ "lookup_secret_regenerate", regenerate },
	{ "lookup_secret_confirm", confirm },
	{ "lookup_secret_disable", disable },
};

static bool
has_button(const struct json *body)
{
	size_t i;

	for (i = 0; i < NITEMS(buttons); i++)
		if (self_is_set(body, buttons[i].name))
			return true;
	return false;
}

static void
submit_settings(struct visit *c, struct flow *f, const struct json *body)
{
	size_t i;

	if (!has_button(body)) {
		ui_say(f->ui, UI_SETTINGS_NO_METHOD, NULL, NULL);
		self_again(c, f);
		return;
	}
	if (!self_settings_privileged(c, f, body))
		return;
	for (i = 0; i < NITEMS(buttons); i++)
		if (self_is_set(body, buttons[i].name)) {
			buttons[i].press(c, f);
			return;
		}
}

const struct method method_lookup_login = {
	.name = TYPE,
	.second = true,
	.guessed = true,
	.draw = draw_login,
	.submit = submit_login,
	.claims = has_code,
};

static bool
settings_on(const struct idp *p)
{
	return p->methods.lookup;
}

const struct method method_lookup_settings = {
	.name = TYPE,
	.on = settings_on,
	.draw = draw_settings,
	.submit = submit_settings,
	.claims = has_button,
};

/*
 * Nodes and messages as JSON, from tables. A password, a code or a token is
 * never given to ui_add_input() as a value; the CSRF token is put in while
 * rendering, so none is ever stored.
 */
#include "identity/ui.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "identity/seal.h"

struct ui {
	struct arena *mem;
	struct json *nodes;
	struct json *messages;
	struct ui_note *notes; /* said at nodes; written when rendered */
	struct ui_secret *secrets;
	const char *url; /* see ui_set_continue(); NULL: none */
	bool errors;
};

/* One message at one node. */
struct ui_note {
	const char *node;
	struct json *message;
	struct ui_note *next;
};

/* A node that is sealed at rest. */
struct ui_secret {
	size_t index;		  /* in nodes */
	const struct json *other; /* what others see in its place, or NULL */
	struct ui_secret *next;
};

#define SEALED_IN "node of a form"

static const struct message {
	enum ui_id id;
	const char *type;
	const char *text; /* {} stands for the value */
} messages[] = {
	{ UI_LOGIN, "info", "Sign in" },
	{ UI_LOGIN_PROVIDER, "info", "Sign in with {}" },
	{ UI_LOGIN_REFRESH, "info",
	    "Please confirm this action by verifying that it is you." },
	{ UI_LOGIN_SECOND, "info",
	    "Please complete the second authentication challenge." },
	{ UI_LOGIN_TOTP_LABEL, "info", "Authentication code" },
	{ UI_LOGIN_LOOKUP_LABEL, "info", "Back-up recovery code" },
	{ UI_LOGIN_WEBAUTHN, "info", "Sign in with hardware key" },
	{ UI_LOGIN_TOTP, "info", "Use authenticator app" },
	{ UI_LOGIN_LOOKUP, "info", "Use a back-up recovery code" },
	{ UI_LOGIN_WEBAUTHN_PREPARE, "info",
	    "Prepare your WebAuthn device (security key, fingerprint reader, ...) and press continue." },
	{ UI_LOGIN_CODE_SENT, "info",
	    "A code was sent to {}. If you did not receive it, check the spelling and try again." },
	{ UI_LOGIN_CODE, "info", "Send sign-in code" },
	{ UI_LOGIN_LINK, "info",
	    "An account with {} exists already. Sign in to it to link the other way to sign in." },
	{ UI_LOGIN_PASSKEY, "info", "Sign in with passkey" },
	{ UI_LOGIN_PASSWORD, "info", "Sign in with password" },
	{ UI_LOGIN_CODE_ADDRESS, "info", "Send code to {}" },
	{ UI_REGISTER, "info", "Sign up" },
	{ UI_REGISTER_PROVIDER, "info", "Sign up with {}" },
	{ UI_REGISTER_CONTINUE, "info", "Continue" },
	{ UI_REGISTER_WEBAUTHN, "info", "Sign up with security key" },
	{ UI_REGISTER_CODE_SENT, "info",
	    "A code was sent to the address you gave. If you did not receive it, check the spelling and try again." },
	{ UI_REGISTER_CODE, "info", "Sign up with code" },
	{ UI_REGISTER_PASSKEY, "info", "Sign up with passkey" },
	{ UI_REGISTER_BACK, "info", "Back" },
	{ UI_SAVED, "success", "Your changes have been saved!" },
	{ UI_SETTINGS_LINK, "info", "Link {}" },
	{ UI_SETTINGS_UNLINK, "info", "Unlink {}" },
	{ UI_TOTP_UNLINK, "info", "Unlink the authenticator app" },
	{ UI_TOTP_QR, "info", "QR code of the authenticator app" },
	{ UI_TOTP_SECRET, "info", "{}" },
	{ UI_LOOKUP_REVEAL, "info", "Reveal back-up recovery codes" },
	{ UI_LOOKUP_REGENERATE, "info", "Generate new back-up recovery codes" },
	{ UI_LOOKUP_CODE, "info", "{}" },
	{ UI_LOOKUP_LABEL, "info",
	    "These are your back-up recovery codes. Keep them in a safe place!" },
	{ UI_LOOKUP_CONFIRM, "info", "Confirm back-up recovery codes" },
	{ UI_WEBAUTHN_REGISTER, "info", "Add security key" },
	{ UI_WEBAUTHN_NAME, "info", "Name of the security key" },
	{ UI_LOOKUP_USED, "info",
	    "This back-up recovery code was used at {}." },
	{ UI_LOOKUP_LIST, "info", "{}" },
	{ UI_LOOKUP_DISABLE, "info", "Disable this method" },
	{ UI_TOTP_SECRET_LABEL, "info",
	    "This is your authenticator app secret. Use it if you can not scan the QR code." },
	{ UI_WEBAUTHN_REMOVE, "info", "Remove security key \"{}\"" },
	{ UI_PASSKEY_REGISTER, "info", "Add passkey" },
	{ UI_PASSKEY_REMOVE, "info", "Remove passkey \"{}\"" },
	{ UI_RECOVERED, "success",
	    "You successfully recovered your account. Please change your password or set up another way to sign in within the next {} minutes." },
	{ UI_RECOVERY_LINK_SENT, "info",
	    "If an account exists for this address, a recovery link was sent to it. If you have not received it, check the spelling and make sure to use the address you registered with." },
	{ UI_RECOVERY_SENT, "info",
	    "If an account exists for this address, a recovery code was sent to it. If you have not received it, check the spelling and make sure to use the address you registered with." },
	{ UI_NODE_PASSWORD, "info", "Password" },
	{ UI_NODE_GENERATED, "info", "{}" },
	{ UI_NODE_SAVE, "info", "Save" },
	{ UI_NODE_ID, "info", "ID" },
	{ UI_NODE_SUBMIT, "info", "Submit" },
	{ UI_NODE_VERIFY_OTP, "info", "Verify code" },
	{ UI_NODE_EMAIL, "info", "E-mail" },
	{ UI_NODE_RESEND, "info", "Resend code" },
	{ UI_NODE_CONTINUE, "info", "Continue" },
	{ UI_NODE_RECOVERY_CODE, "info", "Recovery code" },
	{ UI_NODE_VERIFICATION_CODE, "info", "Verification code" },
	{ UI_NODE_REGISTRATION_CODE, "info", "Registration code" },
	{ UI_NODE_LOGIN_CODE, "info", "Login code" },
	{ UI_VERIFICATION_LINK_SENT, "info",
	    "If this address is registered, a verification link was sent to it." },
	{ UI_VERIFIED, "success",
	    "You successfully verified your e-mail address." },
	{ UI_VERIFICATION_SENT, "info",
	    "If this address is registered, a verification code was sent to it. If you have not received it, check the spelling and make sure to use the address you registered with." },
	{ UI_BAD_VALUE, "error", "This value is not accepted: {}." },
	{ UI_MISSING, "error", "Property {} is missing." },
	{ UI_TOO_SHORT, "error", "Must be at least {} characters long." },
	{ UI_BAD_FORMAT, "error", "Does not match the format {}." },
	{ UI_WRONG_CREDENTIALS, "error",
	    "The provided credentials are invalid, check for spelling mistakes in your password, e-mail address or user name." },
	{ UI_TAKEN, "error",
	    "An account with the same identifier exists already." },
	{ UI_TOTP_WRONG, "error",
	    "The provided authentication code is invalid, please try again." },
	{ UI_NOT_VERIFIED, "error",
	    "Account not active yet. Did you forget to verify your e-mail address?" },
	{ UI_TOTP_NONE, "error", "You have no authenticator app set up." },
	{ UI_LOOKUP_WAS_USED, "error",
	    "This back-up recovery code has been used already." },
	{ UI_WEBAUTHN_NONE, "error", "You have no WebAuthn device set up." },
	{ UI_LOOKUP_NONE, "error",
	    "You have no back-up recovery codes set up." },
	{ UI_WEBAUTHN_UNKNOWN, "error",
	    "This account does not exist or has no security key set up." },
	{ UI_LOOKUP_WRONG, "error", "The back-up recovery code is not valid." },
	{ UI_TOO_LONG, "error", "Must be at most {} characters long." },
	{ UI_DUPLICATE_LINK, "error",
	    "Another account is linked to this sign-in provider already." },
	{ UI_TAKEN_HINTS, "error",
	    "An account with the same identifier exists already. You can sign in using {}." },
	{ UI_PASSWORD_SIMILAR, "error",
	    "The password can not be used because it is too similar to what is known about you." },
	{ UI_PASSWORD_SHORT, "error",
	    "The password must be at least {} characters long." },
	{ UI_PASSWORD_LONG, "error",
	    "The password must be at most {} bytes long." },
	{ UI_PASSWORD_LEAKED, "error",
	    "The password is one of those everybody tries first, or was found in a data breach, and must no longer be used." },
	{ UI_CODE_NO_ACCOUNT, "error",
	    "This account does not exist or has not set up sign-in with code." },
	{ UI_CODE_TRAITS_CHANGED, "error",
	    "The details differ from those the code was sent for." },
	{ UI_PASSWORD_UNCHANGED, "error",
	    "The new password must be different from the old password." },
	{ UI_BAD_EMAIL, "error", "Enter a valid e-mail address." },
	{ UI_LOGIN_EXPIRED, "error",
	    "The sign-in form expired {} minutes ago, please try again." },
	{ UI_LOGIN_NO_METHOD, "error",
	    "Could not find any way to sign you in. Did you fill in the form?" },
	{ UI_REGISTRATION_NO_METHOD, "error",
	    "Could not find any way to sign you up. Did you fill in the form?" },
	{ UI_SETTINGS_NO_METHOD, "error",
	    "Could not find any way to change your settings. Did you fill in the form?" },
	{ UI_RECOVERY_NO_METHOD, "error",
	    "Could not find any way to recover your account. Did you fill in the form?" },
	{ UI_VERIFICATION_NO_METHOD, "error",
	    "Could not find any way to verify your address. Did you fill in the form?" },
	{ UI_LOGIN_CODE_WRONG, "error",
	    "The sign-in code is invalid or has been used already. Please try again." },
	{ UI_LOGIN_DISABLED, "error", "This account was disabled." },
	{ UI_REGISTRATION_EXPIRED, "error",
	    "The sign-up form expired {} minutes ago, please try again." },
	{ UI_REGISTRATION_CODE_WRONG, "error",
	    "The sign-up code is invalid or has been used already. Please try again." },
	{ UI_SETTINGS_EXPIRED, "error",
	    "The settings form expired {} minutes ago, please try again." },
	{ UI_RECOVERY_DONE, "error",
	    "The request was completed already. Please start a new recovery." },
	{ UI_RECOVERY_LINK_WRONG, "error",
	    "The recovery link is invalid or has been used already. Please try again." },
	{ UI_RECOVERY_EXPIRED, "error",
	    "The recovery form expired {} minutes ago, please try again." },
	{ UI_RECOVERY_CODE_WRONG, "error",
	    "The recovery code is invalid or has been used already. Please try again." },
	{ UI_VERIFICATION_LINK_WRONG, "error",
	    "The verification link is invalid or has been used already. Please try again." },
	{ UI_VERIFICATION_DONE, "error",
	    "The request was completed already. Please start a new verification." },
	{ UI_VERIFICATION_EXPIRED, "error",
	    "The verification form expired {} minutes ago, please try again." },
	{ UI_VERIFICATION_CODE_WRONG, "error",
	    "The verification code is invalid or has been used already. Please try again." },
	{ UI_TOO_MANY, "error",
	    "Too many attempts. Please wait {} seconds, then try again." },
	{ UI_CODE_SPENT, "error",
	    "A wrong code was submitted too often. Please ask for another one." },
	{ UI_FORGED, "error",
	    "The form could not be told from a forged one. Please try again." },
	{ UI_OIDC_CANCELLED, "error", "The sign-in with {} was cancelled." },
	{ UI_OIDC_FAILED, "error",
	    "The sign-in with {} did not succeed, please try again." },
	{ UI_OIDC_UNAVAILABLE, "error",
	    "{} does not answer at the moment, please try again later." },
	{ UI_OIDC_UNKNOWN, "error",
	    "No account is linked to this sign-in with {}. Please sign in another way." },
	{ UI_OIDC_LAST, "error",
	    "{} is the only way left to sign in. Set a password first." },
	{ UI_REVOKE_OTHERS, "info", "Sign out everywhere else" },
	{ UI_ACCOUNT_EXPORT, "info", "Download my data" },
	{ UI_ACCOUNT_DELETE, "info", "Delete my account" },
	{ UI_ACCOUNT_KEEP, "info", "Keep my account" },
	{ UI_ACCOUNT_DUE, "info", "This account will be deleted on {}." },
	{ UI_ACCOUNT_KEPT, "success", "Your account stays as it is." },
	{ UI_ADDRESS_PENDING, "info",
	    "A code was sent to {}. The new address takes effect once you enter it." },
	{ UI_FACTOR_DUE, "info",
	    "Your company asks for a second factor. Set one up by {}." },
	{ UI_FACTOR_KEPT, "error",
	    "Your company asks for a second factor: set up another one first, then remove this one." },
	{ UI_SYSTEM, "error", "{}" },
};

static const struct message *
message_find(enum ui_id id)
{
	size_t i = 0;

	while (messages[i].id != id) {
		i++;
		assert(i < NITEMS(messages)); /* every id has its text */
	}
	return &messages[i];
}

/* The text with {} replaced by value. */
static const char *
message_text(struct arena *a, const struct message *m, const char *value)
{
	const char *hole;

	if ((hole = strstr(m->text, "{}")) == NULL)
		return m->text;
	return arena_printf(a, "%.*s%s%s", (int)(hole - m->text), m->text,
	    value == NULL ? "" : value, hole + 2);
}

static struct json *
message_json(struct arena *a, enum ui_id id, const char *key, const char *value)
{
	const struct message *m = message_find(id);
	struct json *o, *context;

	o = json_new_object(a);
	json_put_int(o, "id", id);
	json_put_text(o, "text", message_text(a, m, value));
	json_put_text(o, "type", m->type);
	if (key != NULL && value != NULL) {
		context = json_put_object(o, "context");
		json_put_text(context, key, value);
	}
	return o;
}

struct ui *
ui_new(struct arena *a)
{
	struct ui *ui;

	ui = arena_zalloc(a, sizeof(*ui));
	ui->mem = a;
	ui->nodes = json_new_list(a);
	ui->messages = json_new_list(a);
	return ui;
}

static void
keep_secret(struct ui *ui, size_t index, const struct json *other)
{
	struct ui_secret *s = arena_zalloc(ui->mem, sizeof(*s));

	s->index = index;
	s->other = other;
	s->next = ui->secrets;
	ui->secrets = s;
}

void
ui_keep_secret(struct ui *ui)
{
	keep_secret(ui, json_count(ui->nodes) - 1, NULL);
}

void
ui_keep_for_one(struct ui *ui, const struct ui *others)
{
	size_t i, n = json_count(ui->nodes);

	assert(json_count(others->nodes) == n);
	for (i = 0; i < n; i++)
		keep_secret(ui, i, json_at(others->nodes, i));
}

/* NULL: the node is none. */
static const struct ui_secret *
secret_at(const struct ui *ui, size_t index)
{
	const struct ui_secret *s;

	for (s = ui->secrets; s != NULL; s = s->next)
		if (s->index == index)
			break;
	return s;
}

/* The node that was sealed; NULL: not for whoever has these keys. */
static const struct json *
open_node(struct arena *a, const char *sealed, const char *const *keys)
{
	const char *text;
	size_t len;

	if (keys == NULL ||
	    (text = seal_open(a, keys, SEALED_IN, sealed, &len, NULL)) == NULL)
		return NULL;
	return json_parse(a, text, len, NULL, NULL);
}

static void
load_node(struct ui *ui, const struct json *node, const char *const *keys)
{
	const char *sealed = json_get_text(node, "sealed", NULL);
	const struct json *other = json_get_object(node, "other");

	if (sealed == NULL) {
		json_add(ui->nodes, node);
		return;
	}
	if ((node = open_node(ui->mem, sealed, keys)) != NULL) {
		keep_secret(ui, json_count(ui->nodes), other);
		json_add(ui->nodes, node);
	} else if (other != NULL)
		json_add(ui->nodes, other);
}

struct ui *
ui_load(struct arena *a, const char *text, const char *const *keys)
{
	struct ui *ui = ui_new(a);
	const struct json *root, *list;
	size_t i;

	root = json_parse(a, text, strlen(text), NULL, NULL);
	list = json_get_list(root, "nodes");
	for (i = 0; i < json_count(list); i++)
		load_node(ui, json_at(list, i), keys);
	list = json_get_list(root, "messages");
	for (i = 0; i < json_count(list); i++)
		json_add(ui->messages, json_at(list, i));
	ui->url = json_get_text(root, "action", NULL);
	return ui;
}

/* Both forms in which pages know handlers: a call as text, and a name. */
static void
put_handlers(struct arena *a, struct json *o, const struct ui_input *in)
{
	if (in->click != NULL) {
		json_put_text(o, "onclick",
		    arena_printf(a, "window.%s(%s)", in->click,
			in->click_args == NULL ? "" : in->click_args));
		json_put_text(o, "onclickTrigger", in->click);
	}
	if (in->load != NULL) {
		json_put_text(o, "onload",
		    arena_printf(a, "window.%s()", in->load));
		json_put_text(o, "onloadTrigger", in->load);
	}
}

static void
put_attributes(struct arena *a, struct json *node, const struct ui_input *in)
{
	struct json *o = json_put_object(node, "attributes");

	json_put_text(o, "name", in->name);
	json_put_text(o, "type", in->type);
	json_put_text(o, "value", in->value);
	if (in->data != NULL)
		json_put(o, "value", in->data);
	if (in->required)
		json_put_bool(o, "required", true);
	json_put_text(o, "autocomplete", in->autocomplete);
	json_put_text(o, "pattern", in->pattern);
	if (in->maxlength > 0)
		json_put_int(o, "maxlength", in->maxlength);
	put_handlers(a, o, in);
	json_put_bool(o, "disabled", in->disabled);
	json_put_text(o, "node_type", "input");
}

static struct json *
new_node(struct ui *ui, const char *type, const char *group)
{
	struct json *node = json_add_object(ui->nodes);

	json_put_text(node, "type", type);
	json_put_text(node, "group", group == NULL ? "default" : group);
	return node;
}

/* What stands behind the attributes of every node. */
static void
end_node(struct ui *ui, struct json *node, enum ui_id label, const char *key,
    const char *title)
{
	struct json *meta;

	json_put_list(node, "messages");
	meta = json_put_object(node, "meta");
	if (label != 0)
		json_put(meta, "label",
		    message_json(ui->mem, label, key == NULL ? "title" : key,
			title));
}

void
ui_add_input(struct ui *ui, const struct ui_input *in)
{
	struct json *node = new_node(ui, "input", in->group);

	put_attributes(ui->mem, node, in);
	end_node(ui, node, in->label, in->title_key, in->title);
}

struct json *
ui_add_node(struct ui *ui, const char *type, const char *group,
    enum ui_id label, const char *title)
{
	struct json *node = new_node(ui, type, group), *o;

	o = json_put_object(node, "attributes");
	json_put_text(o, "node_type", type);
	end_node(ui, node, label, NULL, title);
	return o;
}

struct json *
ui_message(struct ui *ui, enum ui_id id, const char *key, const char *value)
{
	return message_json(ui->mem, id, key, value);
}

static struct json *
message_made(struct ui *ui, enum ui_id id, const char *key, const char *value)
{
	struct json *m = message_json(ui->mem, id, key, value);

	if (strcmp(message_find(id)->type, "error") == 0)
		ui->errors = true;
	return m;
}

void
ui_say(struct ui *ui, enum ui_id id, const char *key, const char *value)
{
	json_add(ui->messages, message_made(ui, id, key, value));
}

bool
ui_has_node(const struct ui *ui, const char *name)
{
	const struct json *attributes;
	size_t i;

	for (i = 0; i < json_count(ui->nodes); i++) {
		attributes = json_get(json_at(ui->nodes, i), "attributes");
		if (str_eq(json_get_text(attributes, "name",
			       json_get_text(attributes, "id", "")),
			name))
			return true;
	}
	return false;
}

/* Puts a message at the node of that name, else with the whole form. */
static void
put_note(struct ui *ui, const char *node, struct json *message)
{
	struct ui_note *note;

	if (!ui_has_node(ui, node)) {
		json_add(ui->messages, message);
		return;
	}
	note = arena_zalloc(ui->mem, sizeof(*note));
	note->node = node;
	note->message = message;
	note->next = ui->notes;
	ui->notes = note;
}

void
ui_say_at(struct ui *ui, const char *node, enum ui_id id, const char *key,
    const char *value)
{
	put_note(ui, node, message_made(ui, id, key, value));
}

void
ui_say_foreign(struct ui *ui, const char *node, const struct ui_foreign *m)
{
	struct json *o = json_new_object(ui->mem);

	json_put_int(o, "id", m->id);
	json_put_text(o, "text", m->text);
	json_put_text(o, "type", m->type);
	if (m->context != NULL)
		json_put(o, "context", m->context);
	ui->errors |= strcmp(m->type, "error") == 0;
	put_note(ui, node, o);
}

void
ui_set_continue(struct ui *ui, const char *url)
{
	ui->url = arena_strdup(ui->mem, url);
}

bool
ui_has_errors(const struct ui *ui)
{
	return ui->errors;
}

/* The node with the notes said at it, oldest first as they were said. */
static const struct json *
node_with_notes(const struct ui *ui, const struct json *node)
{
	const struct json *attributes = json_get(node, "attributes");
	const char *name = json_get_text(attributes, "name", "");
	const struct ui_note *note;
	struct json *whole, *list;

	for (note = ui->notes; note != NULL; note = note->next)
		if (strcmp(note->node, name) == 0)
			break;
	if (note == NULL ||
	    strcmp(json_get_text(attributes, "type", ""), "submit") == 0)
		return node;
	whole = json_new_object(ui->mem);
	json_put(whole, "type", json_get(node, "type"));
	json_put(whole, "group", json_get(node, "group"));
	json_put(whole, "attributes", attributes);
	list = json_put_list(whole, "messages");
	for (; note != NULL; note = note->next)
		if (strcmp(note->node, name) == 0)
			json_add(list, note->message);
	json_put(whole, "meta", json_get(node, "meta"));
	return whole;
}

static struct json *
csrf_node(struct arena *a, const char *value)
{
	struct json *node = json_new_object(a), *o;

	json_put_text(node, "type", "input");
	json_put_text(node, "group", "default");
	o = json_put_object(node, "attributes");
	json_put_text(o, "name", "csrf_token");
	json_put_text(o, "type", "hidden");
	json_put_text(o, "value", value);
	json_put_bool(o, "required", true);
	json_put_bool(o, "disabled", false);
	json_put_text(o, "node_type", "input");
	json_put_list(node, "messages");
	json_put_object(node, "meta");
	return node;
}

static void
put_nodes(struct json *o, const struct ui *ui, const char *csrf)
{
	struct json *list = json_put_list(o, "nodes");
	size_t i;

	if (csrf != NULL)
		json_add(list, csrf_node(ui->mem, csrf));
	for (i = 0; i < json_count(ui->nodes); i++)
		json_add(list, node_with_notes(ui, json_at(ui->nodes, i)));
}

static void
store_secret(struct arena *a, struct json *list, const struct json *node,
    const struct json *other, const char *const *keys)
{
	const char *text;
	struct json *o;

	if (keys == NULL || keys[0] == NULL) {
		if (other != NULL)
			json_add(list, other);
		return;
	}
	text = json_string(a, node, JSON_COMPACT);
	o = json_add_object(list);
	json_put_text(o, "sealed",
	    seal_close(a, keys, SEALED_IN, text, strlen(text)));
	if (other != NULL)
		json_put(o, "other", other);
}

const char *
ui_store(struct arena *a, const struct ui *ui, const char *const *keys)
{
	struct json *o = json_new_object(a), *list;
	const struct ui_secret *secret;
	const struct json *node;
	size_t i;

	list = json_put_list(o, "nodes");
	for (i = 0; i < json_count(ui->nodes); i++) {
		node = node_with_notes(ui, json_at(ui->nodes, i));
		if ((secret = secret_at(ui, i)) != NULL)
			store_secret(a, list, node, secret->other, keys);
		else
			json_add(list, node);
	}
	json_put(o, "messages", ui->messages);
	json_put_text(o, "action", ui->url);
	json_put_text(o, "method", ui->url == NULL ? NULL : "GET");
	return json_string(a, o, JSON_COMPACT);
}

struct json *
ui_render(const struct ui *ui, const char *action, const char *csrf)
{
	struct json *o = json_new_object(ui->mem);

	json_put_text(o, "action", ui->url == NULL ? action : ui->url);
	json_put_text(o, "method", ui->url == NULL ? "POST" : "GET");
	put_nodes(o, ui, ui->url == NULL ? csrf : NULL);
	if (json_count(ui->messages) > 0)
		json_put(o, "messages", ui->messages);
	return o;
}

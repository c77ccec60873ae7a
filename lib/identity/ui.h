/*
 * What a page needs to draw a flow: nodes and messages (spec identity.md,
 * section 5). The ids of messages are the contract; the texts are ours.
 */
#ifndef MIRAI_IDENTITY_UI_H
#define MIRAI_IDENTITY_UI_H

#include <stdbool.h>

#include "base/arena.h"
#include "net/json.h"

enum ui_id {
	UI_NONE = 0,
	UI_LOGIN = 1010001,
	UI_LOGIN_PROVIDER = 1010002,
	UI_LOGIN_REFRESH = 1010003,
	UI_LOGIN_SECOND = 1010004,
	UI_LOGIN_TOTP_LABEL = 1010006,
	UI_LOGIN_LOOKUP_LABEL = 1010007,
	UI_LOGIN_WEBAUTHN = 1010008,
	UI_LOGIN_TOTP = 1010009,
	UI_LOGIN_LOOKUP = 1010010,
	UI_LOGIN_WEBAUTHN_PREPARE = 1010012,
	UI_LOGIN_CODE_SENT = 1010014,
	UI_LOGIN_CODE = 1010015,
	UI_LOGIN_LINK = 1010016,
	UI_LOGIN_PASSKEY = 1010021,
	UI_LOGIN_PASSWORD = 1010022,
	UI_LOGIN_CODE_ADDRESS = 1010023,
	UI_REGISTER = 1040001,
	UI_REGISTER_PROVIDER = 1040002,
	UI_REGISTER_CONTINUE = 1040003,
	UI_REGISTER_WEBAUTHN = 1040004,
	UI_REGISTER_CODE_SENT = 1040005,
	UI_REGISTER_CODE = 1040006,
	UI_REGISTER_PASSKEY = 1040007,
	UI_REGISTER_BACK = 1040008,
	UI_SAVED = 1050001,
	UI_SETTINGS_LINK = 1050002,
	UI_SETTINGS_UNLINK = 1050003,
	UI_TOTP_UNLINK = 1050004,
	UI_TOTP_QR = 1050005,
	UI_TOTP_SECRET = 1050006,
	UI_LOOKUP_REVEAL = 1050007,
	UI_LOOKUP_REGENERATE = 1050008,
	UI_LOOKUP_CODE = 1050009,
	UI_LOOKUP_LABEL = 1050010,
	UI_LOOKUP_CONFIRM = 1050011,
	UI_WEBAUTHN_REGISTER = 1050012,
	UI_WEBAUTHN_NAME = 1050013,
	UI_LOOKUP_USED = 1050014,
	UI_LOOKUP_LIST = 1050015,
	UI_LOOKUP_DISABLE = 1050016,
	UI_TOTP_SECRET_LABEL = 1050017,
	UI_WEBAUTHN_REMOVE = 1050018,
	UI_PASSKEY_REGISTER = 1050019,
	UI_PASSKEY_REMOVE = 1050020,
	UI_RECOVERED = 1060001,
	UI_RECOVERY_LINK_SENT = 1060002,
	UI_RECOVERY_SENT = 1060003,
	UI_NODE_PASSWORD = 1070001,
	UI_NODE_GENERATED = 1070002,
	UI_NODE_SAVE = 1070003,
	UI_NODE_ID = 1070004,
	UI_NODE_SUBMIT = 1070005,
	UI_NODE_VERIFY_OTP = 1070006,
	UI_NODE_EMAIL = 1070007,
	UI_NODE_RESEND = 1070008,
	UI_NODE_CONTINUE = 1070009,
	UI_NODE_RECOVERY_CODE = 1070010,
	UI_NODE_VERIFICATION_CODE = 1070011,
	UI_NODE_REGISTRATION_CODE = 1070012,
	UI_NODE_LOGIN_CODE = 1070013,
	UI_VERIFICATION_LINK_SENT = 1080001,
	UI_VERIFIED = 1080002,
	UI_VERIFICATION_SENT = 1080003,
	UI_BAD_VALUE = 4000001,
	UI_MISSING = 4000002,
	UI_TOO_SHORT = 4000003,
	UI_BAD_FORMAT = 4000004,
	UI_WRONG_CREDENTIALS = 4000006,
	UI_TAKEN = 4000007,
	UI_TOTP_WRONG = 4000008,
	UI_NOT_VERIFIED = 4000010,
	UI_TOTP_NONE = 4000011,
	UI_LOOKUP_WAS_USED = 4000012,
	UI_WEBAUTHN_NONE = 4000013,
	UI_LOOKUP_NONE = 4000014,
	UI_WEBAUTHN_UNKNOWN = 4000015,
	UI_LOOKUP_WRONG = 4000016,
	UI_TOO_LONG = 4000017,
	UI_DUPLICATE_LINK = 4000027,
	UI_TAKEN_HINTS = 4000028,
	UI_PASSWORD_SIMILAR = 4000031,
	UI_PASSWORD_SHORT = 4000032,
	UI_PASSWORD_LONG = 4000033,
	UI_PASSWORD_LEAKED = 4000034,
	UI_CODE_NO_ACCOUNT = 4000035,
	UI_CODE_TRAITS_CHANGED = 4000036,
	UI_PASSWORD_UNCHANGED = 4000039,
	UI_BAD_EMAIL = 4000040,
	UI_LOGIN_EXPIRED = 4010001,
	UI_LOGIN_NO_METHOD = 4010002,
	UI_REGISTRATION_NO_METHOD = 4010003,
	UI_SETTINGS_NO_METHOD = 4010004,
	UI_RECOVERY_NO_METHOD = 4010005,
	UI_VERIFICATION_NO_METHOD = 4010006,
	UI_LOGIN_CODE_WRONG = 4010008,
	UI_LOGIN_DISABLED = 4010011,
	UI_REGISTRATION_EXPIRED = 4040001,
	UI_REGISTRATION_CODE_WRONG = 4040003,
	UI_SETTINGS_EXPIRED = 4050001,
	UI_RECOVERY_DONE = 4060001,
	UI_RECOVERY_LINK_WRONG = 4060004,
	UI_RECOVERY_EXPIRED = 4060005,
	UI_RECOVERY_CODE_WRONG = 4060006,
	UI_VERIFICATION_LINK_WRONG = 4070001,
	UI_VERIFICATION_DONE = 4070002,
	UI_VERIFICATION_EXPIRED = 4070005,
	UI_VERIFICATION_CODE_WRONG = 4070006,
	UI_TOO_MANY = 4900001,
	UI_CODE_SPENT = 4900002,
	UI_FORGED = 4900003,
	UI_OIDC_CANCELLED = 4900010,
	UI_OIDC_FAILED = 4900011,
	UI_OIDC_UNAVAILABLE = 4900012,
	UI_OIDC_UNKNOWN = 4900013,
	UI_OIDC_LAST = 4900014,
	UI_REVOKE_OTHERS = 4900101,
	UI_ACCOUNT_EXPORT = 4900102,
	UI_ACCOUNT_DELETE = 4900103,
	UI_ACCOUNT_KEEP = 4900104,
	UI_ACCOUNT_DUE = 4900105,
	UI_ACCOUNT_KEPT = 4900106,
	UI_ADDRESS_PENDING = 4900107,
	UI_FACTOR_DUE = 4900201,
	UI_FACTOR_KEPT = 4900202,
	UI_SYSTEM = 5000001
};

/* Longer texts are not put back into the form they were typed into. */
#define UI_TYPED_MAX ((size_t)2048)

struct ui; /* nodes and messages of one flow, without its CSRF node */

struct ui *ui_new(struct arena *a);

/*
 * As kept in the database; text that is not ours gives an empty one. Secret
 * nodes are sealed under the first of keys, which only the browser or app has
 * that may see them (flow_keys()). They are opened by any of keys; where none
 * fits, and without keys, they are left out.
 */
struct ui *ui_load(struct arena *a, const char *text, const char *const *keys);
const char *ui_store(struct arena *a, const struct ui *ui,
    const char *const *keys);

/* An input node. Members left out are not written. */
struct ui_input {
	const char *name;
	const char *type;  /* "text", "password", "submit" ... */
	const char *group; /* NULL: "default" */
	const char *value;
	const struct json *data; /* a value that is no text; NULL: none */
	const char *autocomplete;
	const char *pattern;
	int maxlength;
	bool required;
	bool disabled;
	/* Functions of webauthn.js: at a click, with these arguments; at once. */
	const char *click;
	const char *click_args;
	const char *load;
	enum ui_id label;
	const char *title;     /* the label's text if it is UI_NODE_GENERATED */
	const char *title_key; /* its name in the context; NULL: "title" */
};
void ui_add_input(struct ui *ui, const struct ui_input *in);

/*
 * Another node ("text", "img", "a", "script"): its attributes, to be filled by
 * the caller; node_type is there. label UI_NONE: none.
 */
struct json *ui_add_node(struct ui *ui, const char *type, const char *group,
    enum ui_id label, const char *title);

/* The node added last shows a secret. */
void ui_keep_secret(struct ui *ui);

/*
 * All nodes so far are for whoever has the first of keys; the rest see those
 * of others in their places, which are as many.
 */
void ui_keep_for_one(struct ui *ui, const struct ui *others);

/* A message as the attributes of a text node hold it. */
struct json *ui_message(struct ui *ui, enum ui_id id, const char *key,
    const char *value);

/* Whether there is a node of that name (or id, if its kind has no names). */
bool ui_has_node(const struct ui *ui, const char *name);

/*
 * A message for the whole form, or for the node of that name if there is one.
 * value stands for the {} in the message's text and goes into its context as
 * key; both may be NULL.
 */
void ui_say(struct ui *ui, enum ui_id id, const char *key, const char *value);
void ui_say_at(struct ui *ui, const char *node, enum ui_id id, const char *key,
    const char *value);

/* A message that is not ours: said at the node of that name if there is one. */
struct ui_foreign {
	int64_t id;
	const char *text;
	const char *type;	    /* "error", "info", "success" */
	const struct json *context; /* NULL: none */
};
void ui_say_foreign(struct ui *ui, const char *node,
    const struct ui_foreign *m);

/*
 * Where the form leads once it is of no use to the flow: a plain GET there,
 * without the CSRF token.
 */
void ui_set_continue(struct ui *ui, const char *url);

/* Whether any message of type error was said. */
bool ui_has_errors(const struct ui *ui);

/* The ui member of a flow; csrf NULL: no such node. In the arena of ui. */
struct json *ui_render(const struct ui *ui, const char *action,
    const char *csrf);

#endif

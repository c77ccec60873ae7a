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
	UI_LOGIN = 1010001,
	UI_LOGIN_REFRESH = 1010003,
	UI_LOGIN_PASSWORD = 1010022,
	UI_REGISTER = 1040001,
	UI_NODE_PASSWORD = 1070001,
	UI_NODE_GENERATED = 1070002,
	UI_NODE_ID = 1070004,
	UI_BAD_VALUE = 4000001,
	UI_MISSING = 4000002,
	UI_TOO_SHORT = 4000003,
	UI_BAD_FORMAT = 4000004,
	UI_WRONG_CREDENTIALS = 4000006,
	UI_TAKEN = 4000007,
	UI_TOO_LONG = 4000017,
	UI_PASSWORD_SIMILAR = 4000031,
	UI_PASSWORD_SHORT = 4000032,
	UI_PASSWORD_LONG = 4000033,
	UI_PASSWORD_LEAKED = 4000034,
	UI_BAD_EMAIL = 4000040,
	UI_LOGIN_EXPIRED = 4010001,
	UI_LOGIN_NO_METHOD = 4010002,
	UI_REGISTRATION_NO_METHOD = 4010003,
	UI_REGISTRATION_EXPIRED = 4040001
};

struct ui; /* nodes and messages of one flow, without its CSRF node */

struct ui *ui_new(struct arena *a);

/* As kept in the database; text that is not ours gives an empty one. */
struct ui *ui_load(struct arena *a, const char *text);
const char *ui_store(struct arena *a, const struct ui *ui);

/* An input node. Members left out are not written. */
struct ui_input {
	const char *name;
	const char *type;  /* "text", "password", "submit" ... */
	const char *group; /* NULL: "default" */
	const char *value;
	const char *autocomplete;
	const char *pattern;
	int maxlength;
	bool required;
	enum ui_id label;
	const char *title; /* the label's text if it is UI_NODE_GENERATED */
};
void ui_add_input(struct ui *ui, const struct ui_input *in);

/*
 * A message for the whole form, or for the node of that name if there is one.
 * value stands for the {} in the message's text and goes into its context as
 * key; both may be NULL.
 */
void ui_say(struct ui *ui, enum ui_id id, const char *key, const char *value);
void ui_say_at(struct ui *ui, const char *node, enum ui_id id, const char *key,
    const char *value);

/* Whether any message of type error was said. */
bool ui_has_errors(const struct ui *ui);

/* The ui member of a flow; csrf NULL: no such node. In the arena of ui. */
struct json *ui_render(const struct ui *ui, const char *action,
    const char *csrf);

#endif

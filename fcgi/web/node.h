/*
 * One node of a form: an input, a button, a picture, a link, a text or a
 * script, as the identity service describes it (spec identity.md section 5).
 */
#ifndef MIRAI_WEB_NODE_H
#define MIRAI_WEB_NODE_H

#include <stdbool.h>

#include "net/json.h"

/* Borrowed from the flow's JSON and from the request's arena; no NULL text. */
struct node {
	const struct json *attributes;
	const struct json *messages;
	const char *kind; /* "input", "img" ... */
	const char *type; /* of an input */
	const char *group;
	const char *name;
	const char *value;
	const char *label;
	const char *id;
	bool invalid;
	bool plain; /* a button that is not the first choice */
};

struct node node_read(struct arena *a, const struct json *json);

/* The text of a message, "" if it has none. */
const char *node_said(const struct json *message);

/* Whether one of the messages is an error. */
bool node_has_error(const struct json *messages);

bool node_is_input(const struct node *node, const char *type);
bool node_is_submit(const struct node *node);

/* Whether it changes what is seen: hidden inputs and scripts do not. */
bool node_is_seen(const struct node *node);

/* Whether its group is one of the list, which NULL ends. */
bool node_in_groups(const struct node *node, const char *const *groups);

/* Buttons that take something away: never what Enter does. */
bool node_takes_away(const struct node *node);

#endif

/*
 * One node of a form, as it is read from a flow's JSON.
 */
#include "node.h"

#include <string.h>

#include "base/str.h"

const char *
node_said(const struct json *message)
{
	return json_get_text(message, "text", "");
}

bool
node_has_error(const struct json *messages)
{
	size_t i;

	for (i = 0; i < json_count(messages); i++)
		if (str_eq(json_get_text(json_at(messages, i), "type", ""),
			"error"))
			return true;
	return false;
}

/* A value is text, or the boolean of a checkbox. */
static const char *
value_of(const struct json *attributes)
{
	const struct json *value;

	value = json_get(attributes, "value");
	switch (json_kind(value)) {
	case JSON_TEXT:
		return json_text(value);
	case JSON_BOOL:
		return json_get_bool(attributes, "value", false) ? "true" : "";
	case JSON_NULL:
	case JSON_INT:
	case JSON_REAL:
	case JSON_LIST:
	case JSON_OBJECT:
	default:
		return "";
	}
}

struct node
node_read(struct arena *a, const struct json *json)
{
	struct node n = { 0 };

	n.attributes = json_get_object(json, "attributes");
	n.messages = json_get_list(json, "messages");
	n.kind = json_get_text(json, "type", "");
	n.group = json_get_text(json, "group", "default");
	n.type = json_get_text(n.attributes, "type", "");
	n.name = json_get_text(n.attributes, "name", "");
	n.value = value_of(n.attributes);
	n.label =
	    node_said(json_get_object(json_get_object(json, "meta"), "label"));
	n.id = json_get_text(n.attributes, "id", "");
	if (n.id[0] == '\0')
		n.id = arena_printf(a, "field-%s", n.name);
	n.invalid = node_has_error(n.messages);
	return n;
}

bool
node_is_input(const struct node *node, const char *type)
{
	return str_eq(node->kind, "input") && str_eq(node->type, type);
}

bool
node_is_submit(const struct node *node)
{
	return node_is_input(node, "submit");
}

bool
node_is_seen(const struct node *node)
{
	return !node_is_input(node, "hidden") && !str_eq(node->kind, "script");
}

bool
node_in_groups(const struct node *node, const char *const *groups)
{
	return str_is_listed(groups, node->group);
}

bool
node_takes_away(const struct node *node)
{
	static const char *const names[] = { "lookup_secret_disable",
		"passkey_remove", "totp_unlink", "unlink", "webauthn_remove" };
	size_t i;

	if (!node_is_submit(node))
		return false;
	for (i = 0; i < NITEMS(names); i++)
		if (str_eq(node->name, names[i]))
			return true;
	return str_eq(node->value, "account_delete");
}

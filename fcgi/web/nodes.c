/*
 * Which groups share a form, and what stands in a form of its own. Each node
 * is drawn by node_put.c.
 */
#include "nodes.h"

#include <string.h>

#include "node_put.h"

/* --- messages ------------------------------------------------------------- */

/* "15.00 minutes" as "15 minutes" (web.md 6.6). */
static const char *
whole_minutes(struct arena *a, const char *text)
{
	const char *dot;

	for (dot = strstr(text, ".00 "); dot != NULL;
	     dot = strstr(text, ".00 "))
		text =
		    arena_printf(a, "%.*s%s", (int)(dot - text), text, dot + 3);
	return text;
}

void
nodes_put_messages(struct page *p, const struct nodes *n)
{
	const struct json *list, *m;
	const char *type;
	size_t i;

	list = json_get_list(n->ui, "messages");
	for (i = 0; i < json_count(list); i++) {
		m = json_at(list, i);
		type = json_get_text(m, "type", "");
		page_banner(p,
		    str_eq(type, "error")	  ? PAGE_ERROR
			: str_eq(type, "success") ? PAGE_SUCCESS
						  : PAGE_INFO,
		    whole_minutes(p->r->mem, node_said(m)));
	}
}

bool
nodes_has_message(const struct nodes *n, int64_t id)
{
	const struct json *list;
	size_t i;

	list = json_get_list(n->ui, "messages");
	for (i = 0; i < json_count(list); i++)
		if (json_get_int(json_at(list, i), "id", 0, INT64_MAX, 0) == id)
			return true;
	return false;
}

/* --- forms ---------------------------------------------------------------- */

static size_t
count_nodes(const struct nodes *n)
{
	return json_count(json_get_list(n->ui, "nodes"));
}

static struct node
node_at(struct page *p, const struct nodes *n, size_t i)
{
	return node_read(p->r->mem, json_at(json_get_list(n->ui, "nodes"), i));
}

static bool
has_groups(struct page *p, const struct nodes *n, const char *const *groups)
{
	struct node node;
	size_t i;

	for (i = 0; i < count_nodes(n); i++) {
		node = node_at(p, n, i);
		if (node_in_groups(&node, groups) && node_is_seen(&node) &&
		    node_put_knows(&node))
			return true;
	}
	return false;
}

bool
nodes_has_group(const struct nodes *n, const char *group)
{
	const struct json *list, *node, *attributes;
	size_t i;

	list = json_get_list(n->ui, "nodes");
	for (i = 0; i < json_count(list); i++) {
		node = json_at(list, i);
		attributes = json_get_object(node, "attributes");
		if (str_eq(json_get_text(node, "group", ""), group) &&
		    !str_eq(json_get_text(attributes, "type", ""), "hidden") &&
		    !str_eq(json_get_text(node, "type", ""), "script"))
			return true;
	}
	return false;
}

/* The hidden nodes of the groups and of the default group. */
static void
put_all_hidden(struct page *p, struct nodes *n, const char *const *groups)
{
	struct node node;
	size_t i;

	for (i = 0; i < count_nodes(n); i++) {
		node = node_at(p, n, i);
		if (node_is_input(&node, "hidden") &&
		    (node_in_groups(&node, groups) ||
			str_eq(node.group, "default")))
			node_put(p, n, &node);
	}
}

static void
open_form(struct page *p, struct nodes *n, const char *const *groups)
{
	tmpl_flow_form_open(&p->h,
	    &(struct tmpl_flow_form){ .action = n->action });
	put_all_hidden(p, n, groups);
}

/* The first button of a form is the main one; sending again never is. */
static bool
is_plain(const struct node *node, size_t buttons)
{
	return buttons > 0 || str_eq(node->group, "oidc") ||
	    str_eq(node->name, "email");
}

static void
put_main(struct page *p, struct nodes *n, const char *const *groups)
{
	struct node node;
	size_t i, buttons = 0;

	open_form(p, n, groups);
	for (i = 0; i < count_nodes(n); i++) {
		node = node_at(p, n, i);
		if (node_in_groups(&node, groups) && str_eq(node.group, "oidc"))
			p->leaves = true;
		if (!node_in_groups(&node, groups) ||
		    node_is_input(&node, "hidden") || node_takes_away(&node))
			continue;
		if (node_is_submit(&node) || node_is_input(&node, "button"))
			node.plain = is_plain(&node, buttons++);
		node_put(p, n, &node);
	}
	tmpl_flow_form_close(&p->h);
}

/* Each in its own form: Enter in a field of another must not reach it. */
static void
put_removal(struct page *p, struct nodes *n, const char *const *groups,
    const struct node *node)
{
	tmpl_node_removal_open(&p->h,
	    &(struct tmpl_node_removal){ .label = node->label });
	open_form(p, n, groups);
	tmpl_node_remove(&p->h,
	    &(struct tmpl_node_remove){ .name = node->name,
		.value = node->value,
		.label = node->label });
	tmpl_flow_form_close(&p->h);
	tmpl_node_removal_close(&p->h);
}

void
nodes_put_form(struct page *p, struct nodes *n, const char *const *groups)
{
	struct node node;
	size_t i;
	bool gives = false;

	for (i = 0; i < count_nodes(n) && !gives; i++) {
		node = node_at(p, n, i);
		gives = node_in_groups(&node, groups) && node_is_seen(&node) &&
		    !node_takes_away(&node);
	}
	if (gives)
		put_main(p, n, groups);
	for (i = 0; i < count_nodes(n); i++) {
		node = node_at(p, n, i);
		if (node_in_groups(&node, groups) && node_takes_away(&node))
			put_removal(p, n, groups, &node);
	}
}

/*
 * Groups that share a form, in the order they are shown (U-6): providers come
 * first, and each second factor asks for its own field only.
 */
static const char *const forms[][NODES_GROUPS] = {
	{ "oidc", NULL },
	{ "default", "identifier_first", "profile", "password", "code", "link",
	    NULL },
	{ "passkey", NULL },
	{ "webauthn", NULL },
	{ "totp", NULL },
	{ "lookup_secret", NULL },
};

/* A new account needs its data with whichever proof it is made. */
static const char *const whole_forms[][NODES_GROUPS] = {
	{ "oidc", NULL },
	{ "default", "profile", "password", "code", "passkey", "webauthn",
	    NULL },
};

static void
put_forms(struct page *p, struct nodes *n,
    const char *const (*list)[NODES_GROUPS], size_t nlist)
{
	size_t i;
	bool any = false;

	for (i = 0; i < nlist; i++) {
		if (!has_groups(p, n, list[i]))
			continue;
		if (any)
			tmpl_or(&p->h);
		nodes_put_form(p, n, list[i]);
		any = true;
	}
}

void
nodes_put_all(struct page *p, struct nodes *n)
{
	if (n->whole)
		put_forms(p, n, whole_forms, NITEMS(whole_forms));
	else
		put_forms(p, n, forms, NITEMS(forms));
}

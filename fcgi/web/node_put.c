/*
 * Tables say which kind of node is drawn how. Attributes come from the flow
 * but nothing of it runs: addresses are held against what may stand there,
 * handlers become names that our script calls.
 */
#include "node_put.h"

#include <ctype.h>
#include <string.h>

#define WEBAUTHN_JS "/.well-known/ory/webauthn.js"

/* --- notes ---------------------------------------------------------------- */

/* What is said of one node, below it and linked to it. */
static void
put_notes(struct page *p, const struct node *node)
{
	const struct json *m;
	size_t i;

	if (json_count(node->messages) == 0)
		return;
	tmpl_node_notes_open(&p->h,
	    &(struct tmpl_node_notes){ .id = node->id });
	for (i = 0; i < json_count(node->messages); i++) {
		m = json_at(node->messages, i);
		if (str_eq(json_get_text(m, "type", ""), "error"))
			tmpl_node_error(&p->h,
			    &(struct tmpl_node_error){ .text = node_said(m) });
		else
			tmpl_node_note(&p->h,
			    &(struct tmpl_node_note){ .text = node_said(m) });
	}
	tmpl_node_notes_close(&p->h);
}

/* --- inputs --------------------------------------------------------------- */

struct completion {
	const char *name; /* of the node */
	const char *type; /* of the input shown; NULL: as the node says */
	const char *autocomplete;
	const char *keys; /* inputmode; NULL: as the type has it */
	const char *label;
};

static const struct completion completions[] = {
	{ "code", NULL, "one-time-code", "numeric", NULL },
	{ "email", "email", "email", NULL, "E-mail" },
	{ "identifier", "email", "username", NULL, "E-mail" },
	{ "lookup_secret", NULL, "off", NULL, NULL },
	{ "password", NULL, "current-password", NULL, NULL },
	{ "totp_code", NULL, "one-time-code", "numeric", NULL },
	{ "traits.company.name", NULL, "organization", NULL, NULL },
	{ "traits.email", "email", "email", NULL, NULL },
	{ "traits.name.first", NULL, "given-name", NULL, NULL },
	{ "traits.name.last", NULL, "family-name", NULL, NULL },
};

static const struct completion *
find_completion(const char *name)
{
	static const struct completion other = { "", NULL, "off", NULL, NULL };
	size_t i;

	for (i = 0; i < NITEMS(completions); i++)
		if (str_eq(completions[i].name, name))
			return &completions[i];
	return &other;
}

/* What the node says of itself comes before what we know of its name. */
static const char *
autocomplete_of(const struct nodes *n, const struct node *node)
{
	const char *said;

	if (n->new_password && str_eq(node->name, "password"))
		return "new-password";
	said = json_get_text(node->attributes, "autocomplete", "");
	return said[0] != '\0' ? said
			       : find_completion(node->name)->autocomplete;
}

static void
put_if(struct html *h, const char *name, const char *value)
{
	if (value != NULL && value[0] != '\0')
		html_put_attr(h, name, value);
}

/* Rules and states that an input may have or not. */
static void
put_rules(struct page *p, const struct node *node)
{
	int64_t max;

	put_if(&p->h, "pattern",
	    json_get_text(node->attributes, "pattern", NULL));
	max = json_get_int(node->attributes, "maxlength", 0, INT32_MAX, 0);
	if (max > 0)
		html_attr(&p->h, "maxlength",
		    arena_printf(p->r->mem, "%lld", (long long)max));
	html_flag(&p->h, "required",
	    json_get_bool(node->attributes, "required", false));
	html_flag(&p->h, "disabled",
	    json_get_bool(node->attributes, "disabled", false));
	html_attr(&p->h, "aria-invalid", node->invalid ? "true" : "false");
	if (json_count(node->messages) > 0)
		html_attr(&p->h, "aria-describedby",
		    arena_printf(p->r->mem, "%s-note", node->id));
}

static bool
any_wrong(const struct nodes *n)
{
	const struct json *list;
	size_t i;

	list = json_get_list(n->ui, "nodes");
	for (i = 0; i < json_count(list); i++)
		if (node_has_error(json_get_list(json_at(list, i), "messages")))
			return true;
	return false;
}

/* The focus goes to what is wrong, else to what is still empty. */
static bool
takes_focus(struct nodes *n, const struct node *node)
{
	if (!n->focus ||
	    (any_wrong(n) ? !node->invalid : node->value[0] != '\0'))
		return false;
	n->focus = false;
	return true;
}

static void
put_input(struct page *p, struct nodes *n, const struct node *node,
    const char *type)
{
	struct html *h = &p->h;

	html_lit(h, "<input class=\"input\"");
	html_attr(h, "id", node->id);
	html_attr(h, "name", node->name);
	html_attr(h, "type", type);
	put_if(h, "value", node->value);
	html_attr(h, "autocomplete", autocomplete_of(n, node));
	put_if(h, "inputmode", find_completion(node->name)->keys);
	put_rules(p, node);
	html_flag(h, "autofocus", takes_focus(n, node));
	html_lit(h, ">");
}

static void
put_label(struct page *p, const struct node *node)
{
	const char *ours;

	ours = find_completion(node->name)->label;
	tmpl_node_label(&p->h,
	    &(struct tmpl_node_label){ .id = node->id,
		.kind = json_get_bool(node->attributes, "required", false)
		    ? "label label-required"
		    : "label",
		.text = ours != NULL	     ? ours
		    : node->label[0] != '\0' ? node->label
					     : node->name });
}

static void
put_text(struct page *p, struct nodes *n, const struct node *node)
{
	const char *type;

	type = find_completion(node->name)->type;
	tmpl_node_open(&p->h);
	put_label(p, node);
	put_input(p, n, node,
	    type != NULL && str_eq(node->type, "text") ? type : node->type);
	put_notes(p, node);
	tmpl_node_close(&p->h);
}

static void
put_password(struct page *p, struct nodes *n, const struct node *node)
{
	struct node bare = *node;

	bare.value = "";
	tmpl_node_open(&p->h);
	put_label(p, node);
	tmpl_node_password_open(&p->h);
	put_input(p, n, &bare, "password");
	tmpl_node_password_close(&p->h);
	put_notes(p, node);
	tmpl_node_close(&p->h);
	if (n->new_password)
		tmpl_node_confirm(&p->h,
		    &(struct tmpl_node_confirm){ .id = node->id });
}

/* Unticked, a box sends nothing: the hidden value before it says no. */
static void
put_checkbox(struct page *p, struct nodes *n, const struct node *node)
{
	(void)n;
	tmpl_hidden(&p->h,
	    &(struct tmpl_hidden){ .name = node->name, .value = "false" });
	tmpl_field_check(&p->h,
	    &(struct tmpl_field_check){ .name = node->name,
		.label = node->label,
		.checked = str_eq(node->value, "true") });
	put_notes(p, node);
}

static void
put_hidden(struct page *p, struct nodes *n, const struct node *node)
{
	(void)n;
	tmpl_hidden(&p->h,
	    &(struct tmpl_hidden){ .name = node->name, .value = node->value });
}

/* --- buttons -------------------------------------------------------------- */

/*
 * The name of the function a node wants called, NULL if it is none of those
 * of webauthn.js: "oryWebAuthnLogin".
 */
static const char *
trigger_of(const struct node *node, const char *attribute)
{
	const char *name, *s;

	name = json_get_text(node->attributes, attribute, "");
	if (!str_starts(name, "ory") || strlen(name) > 64)
		return NULL;
	for (s = name; *s != '\0'; s++)
		if (!isalnum((unsigned char)*s))
			return NULL;
	return name;
}

static void
put_button_label(struct page *p, const struct node *node)
{
	struct html *h = &p->h;

	html_text(h, node->label[0] != '\0' ? node->label : "Continue");
	html_lit(h, "</button>\n");
}

static void
put_submit(struct page *p, struct nodes *n, const struct node *node)
{
	struct html *h = &p->h;

	(void)n;
	html_lit(h, "<button type=\"submit\"");
	html_attr(h, "class",
	    node->plain ? "button button-wide button-plain"
			: "button button-wide");
	html_attr(h, "name", node->name);
	html_attr(h, "value", node->value);
	html_attr(h, "data-busy-label", "One moment …");
	/* A second way does not ask for the fields of the first. */
	html_flag(h, "formnovalidate", node->plain);
	html_flag(h, "disabled",
	    json_get_bool(node->attributes, "disabled", false));
	html_lit(h, ">");
	put_button_label(p, node);
}

/* Works with script only, so it is hidden until script shows it. */
static void
put_button(struct page *p, struct nodes *n, const struct node *node)
{
	struct html *h = &p->h;
	const char *click;

	(void)n;
	if ((click = trigger_of(node, "onclickTrigger")) == NULL)
		return;
	html_lit(h, "<button type=\"button\"");
	html_attr(h, "class",
	    node->plain ? "button button-wide button-plain"
			: "button button-wide");
	html_attr(h, "name", node->name);
	html_attr(h, "value", node->value);
	html_attr(h, "data-trigger", click);
	html_lit(h, " hidden>");
	put_button_label(p, node);
	tmpl_node_scriptless(h);
}

/* --- other kinds ---------------------------------------------------------- */

/* Addresses of the identity service are those of the host that was asked. */
static const char *
link_target(struct page *p, const struct nodes *n, const char *href)
{
	const char *base;

	base = conf_text(p->r->env->conf, "url.auth");
	if (!str_starts(href, base) ||
	    !str_starts(href + strlen(base), "/self-service/"))
		return href;
	return arena_printf(p->r->mem, "%s%s", n->identity,
	    href + strlen(base));
}

static void
put_link(struct page *p, struct nodes *n, const struct node *node)
{
	const char *title;

	title = node_said(json_get_object(node->attributes, "title"));
	tmpl_auth_button(&p->h,
	    &(struct tmpl_auth_button){
		.to = link_target(p, n,
		    json_get_text(node->attributes, "href", "#")),
		.label = title[0] == '\0' ? "Continue" : title });
}

static void
put_image(struct page *p, struct nodes *n, const struct node *node)
{
	struct html *h = &p->h;
	const char *src;

	(void)n;
	src = json_get_text(node->attributes, "src", "");
	if (!str_starts(src, "data:image/png;base64,") && !html_href_ok(src))
		return;
	html_lit(h, "<p class=\"qr\"><img");
	html_attr(h, "src", src);
	html_attr(h, "alt", node->label[0] == '\0' ? "QR code" : node->label);
	html_lit(h, " width=\"256\" height=\"256\"></p>\n");
}

/* A code of a list: its text, or that it was used. */
static void
put_code(struct page *p, const struct json *message)
{
	const char *code;

	code =
	    json_get_text(json_get_object(message, "context"), "secret", NULL);
	if (code != NULL)
		tmpl_node_code(&p->h, &(struct tmpl_node_code){ .text = code });
	else
		tmpl_node_code_used(&p->h,
		    &(struct tmpl_node_code_used){
			.text = node_said(message) });
}

static void
put_codes(struct page *p, const struct node *node, const struct json *list)
{
	size_t i;

	tmpl_node_codes_open(&p->h,
	    &(struct tmpl_node_codes){ .label = node->label });
	for (i = 0; i < json_count(list); i++)
		put_code(p, json_at(list, i));
	tmpl_node_codes_close(&p->h);
}

/* A secret to copy by hand, a list of codes, or a sentence. */
static void
put_text_node(struct page *p, struct nodes *n, const struct node *node)
{
	const struct json *message, *secrets;

	(void)n;
	message = json_get_object(node->attributes, "text");
	secrets = json_get_list(json_get_object(message, "context"), "secrets");
	if (json_count(secrets) > 0)
		put_codes(p, node, secrets);
	else if (str_eq(node->id, "totp_secret_key"))
		tmpl_node_secret(&p->h,
		    &(struct tmpl_node_secret){ .label = node->label,
			.text = node_said(message) });
	else
		tmpl_node_text(&p->h,
		    &(struct tmpl_node_text){ .text = node_said(message) });
	put_notes(p, node);
}

static bool
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && str_eq(s + n - m, end);
}

/*
 * The one script a flow may bring: the identity service's own, held against
 * its hash by the browser. Once per page.
 */
static void
put_script(struct page *p, struct nodes *n, const struct node *node)
{
	struct html *h = &p->h;
	const char *src, *integrity;

	src = json_get_text(node->attributes, "src", "");
	integrity = json_get_text(node->attributes, "integrity", "");
	if (p->script != NULL || !ends_with(src, WEBAUTHN_JS) ||
	    integrity[0] == '\0')
		return;
	p->script = arena_printf(p->r->mem, "%s%s", n->identity, WEBAUTHN_JS);
	html_lit(h, "<script");
	html_attr(h, "src", p->script);
	html_attr(h, "integrity", integrity);
	html_attr(h, "crossorigin", "anonymous");
	html_attr(h, "referrerpolicy", "no-referrer");
	html_lit(h, " defer></script>\n");
}

/* --- one node ------------------------------------------------------------- */

struct node_row {
	const char *kind;
	const char *type; /* of an input; NULL: any */
	void (*put)(struct page *p, struct nodes *n, const struct node *node);
};

/* Other kinds are not drawn. */
static const struct node_row node_rows[] = {
	{ "a", NULL, put_link },
	{ "img", NULL, put_image },
	{ "input", "button", put_button },
	{ "input", "checkbox", put_checkbox },
	{ "input", "date", put_text },
	{ "input", "datetime-local", put_text },
	{ "input", "email", put_text },
	{ "input", "hidden", put_hidden },
	{ "input", "number", put_text },
	{ "input", "password", put_password },
	{ "input", "submit", put_submit },
	{ "input", "tel", put_text },
	{ "input", "text", put_text },
	{ "input", "url", put_text },
	{ "script", NULL, put_script },
	{ "text", NULL, put_text_node },
};

static const struct node_row *
find_kind(const struct node *node)
{
	size_t i;

	for (i = 0; i < NITEMS(node_rows); i++)
		if (str_eq(node_rows[i].kind, node->kind) &&
		    (node_rows[i].type == NULL ||
			str_eq(node_rows[i].type, node->type)))
			return &node_rows[i];
	return NULL;
}

bool
node_put_knows(const struct node *node)
{
	return find_kind(node) != NULL;
}

void
node_put(struct page *p, struct nodes *n, const struct node *node)
{
	const struct node_row *row;

	if ((row = find_kind(node)) != NULL)
		row->put(p, n, node);
}

/*
 * Signing in and out (spec web.md 6.1 to 6.3, machines 24.2 and 24.3). The
 * form is drawn from the identity flow and posts straight to the identity
 * service; no password ever passes through this program.
 */
#include "login.h"

#include <string.h>

#include "db/db.h"
#include "identity/view.h"
#include "pages.h"
#include "rpc/resp.h"

static struct db *identities; /* role mirai_identity_reader */

void
login_open(const struct conf *conf)
{
	identities =
	    db_open(conf_text(conf, "identity.reader_url"), "mirai-web");
}

void
login_idle(int64_t idle_ms)
{
	db_idle(identities, idle_ms);
}

/* --- addresses ------------------------------------------------------------ */

/*
 * The identity service as the browser reaches it. A host of url.domains
 * answers for it itself, so that its cookies stay on that host.
 */
static const char *
identity_base(const struct page *p)
{
	return p->site.alias ? "" : p->site.auth;
}

/* Where to go after signing in: the address that was asked for, if ours. */
static const char *
return_address(struct page *p)
{
	const char *to;

	to = req_query(p->r, "return_to");
	if (to == NULL || !site_owns(&p->site, to))
		to = "/dashboard";
	if (to[0] == '/')
		to = arena_printf(p->r->mem, "%s%s", p->site.app, to);
	return to;
}

/* A new flow at the identity service; it comes back with ?flow=. */
static void
begin_flow(struct page *p, const char *to)
{
	page_redirect(p,
	    arena_printf(p->r->mem,
		"%s/self-service/login/browser?return_to=%s", identity_base(p),
		str_url_encode(p->r->mem, to)));
}

/* --- the form ------------------------------------------------------------- */

/* The texts of messages of one type, as one; "" for none. */
static const char *
message_text(struct arena *a, const struct json *messages, const char *type)
{
	const struct json *m;
	const char *text;
	size_t i;

	text = "";
	for (i = 0; i < json_count(messages); i++) {
		m = json_at(messages, i);
		if (str_eq(json_get_text(m, "type", ""), type))
			text = arena_printf(a, "%s%s%s", text,
			    text[0] == '\0' ? "" : " ",
			    json_get_text(m, "text", ""));
	}
	return text;
}

static void
put_messages(struct page *p, const struct json *messages)
{
	const struct json *m;
	const char *type;
	size_t i;

	for (i = 0; i < json_count(messages); i++) {
		m = json_at(messages, i);
		type = json_get_text(m, "type", "");
		page_banner(p,
		    str_eq(type, "error")	  ? PAGE_ERROR
			: str_eq(type, "success") ? PAGE_SUCCESS
						  : PAGE_INFO,
		    json_get_text(m, "text", ""));
	}
}

struct completion {
	const char *name; /* of the node */
	const char *type; /* of the input shown */
	const char *autocomplete;
};

static const struct completion completions[] = {
	{ "email", "email", "email" },
	{ "identifier", "email", "username" },
	{ "password", "password", "current-password" },
	{ "traits.company.name", "text", "organization" },
	{ "traits.email", "email", "email" },
	{ "traits.name.first", "text", "given-name" },
	{ "traits.name.last", "text", "family-name" },
};

static const struct completion *
find_completion(const char *name)
{
	static const struct completion other = { "", "text", "off" };
	size_t i;

	for (i = 0; i < NITEMS(completions); i++)
		if (str_eq(completions[i].name, name))
			return &completions[i];
	return &other;
}

/* One input of the flow as the page shows it. */
struct node {
	const char *name;
	const char *type;
	const char *value;
	const char *label;
	const char *error; /* "" for none */
	bool required;
};

static void
put_text(struct page *p, const struct node *n)
{
	const struct completion *c;

	c = find_completion(n->name);
	tmpl_field(&p->h,
	    &(struct tmpl_field){
		.id = arena_printf(p->r->mem, "field-%s", n->name),
		.label = str_eq(n->name, "identifier") ? "E-mail" : n->label,
		.name = n->name,
		.type = str_eq(n->type, "text") ? c->type : n->type,
		.value = n->value,
		.autocomplete = c->autocomplete,
		.invalid = n->error[0] == '\0' ? "false" : "true",
		.error = n->error,
		.required = n->required,
		.autofocus =
		    n->value[0] == '\0' && str_eq(n->name, "identifier") });
}

static void
put_password(struct page *p, const struct node *n)
{
	tmpl_field_password(&p->h,
	    &(struct tmpl_field_password){
		.id = arena_printf(p->r->mem, "field-%s", n->name),
		.label = n->label,
		.name = n->name,
		.autocomplete = find_completion(n->name)->autocomplete,
		.invalid = n->error[0] == '\0' ? "false" : "true",
		.error = n->error,
		.required = n->required });
}

static void
put_checkbox(struct page *p, const struct node *n)
{
	tmpl_field_check(&p->h,
	    &(struct tmpl_field_check){ .name = n->name,
		.label = n->label,
		.checked = str_eq(n->value, "true") });
}

static void
put_hidden(struct page *p, const struct node *n)
{
	tmpl_hidden(&p->h,
	    &(struct tmpl_hidden){ .name = n->name, .value = n->value });
}

static void
put_submit(struct page *p, const struct node *n)
{
	tmpl_submit(&p->h,
	    &(struct tmpl_submit){ .name = n->name,
		.value = n->value,
		.label = n->label[0] == '\0' ? "Sign In" : n->label });
}

struct node_row {
	const char *type;
	void (*put)(struct page *p, const struct node *n);
};

/* Other kinds are not drawn. */
static const struct node_row node_rows[] = {
	{ "checkbox", put_checkbox },
	{ "email", put_text },
	{ "hidden", put_hidden },
	{ "number", put_text },
	{ "password", put_password },
	{ "submit", put_submit },
	{ "tel", put_text },
	{ "text", put_text },
	{ "url", put_text },
};

static void
put_node(struct page *p, const struct json *json)
{
	const struct json *attributes;
	struct node n;
	size_t i;

	attributes = json_get_object(json, "attributes");
	n.name = json_get_text(attributes, "name", "");
	n.type = json_get_text(attributes, "type", "");
	n.value = json_get_text(attributes, "value", "");
	n.required = json_get_bool(attributes, "required", false);
	n.label = json_get_text(json_get_object(json_get_object(json, "meta"),
				    "label"),
	    "text", "");
	n.error =
	    message_text(p->r->mem, json_get_list(json, "messages"), "error");
	for (i = 0; i < NITEMS(node_rows); i++)
		if (str_eq(node_rows[i].type, n.type))
			node_rows[i].put(p, &n);
}

static void
put_flow(struct page *p, const char *id, const struct view_flow *flow)
{
	const struct json *ui, *nodes;
	const char *action;
	size_t i;

	action = arena_printf(p->r->mem, "%s/self-service/login?flow=%s",
	    identity_base(p), id);
	ui = ui_render(flow->ui, action, flow->csrf);
	put_messages(p, json_get_list(ui, "messages"));
	nodes = json_get_list(ui, "nodes");
	tmpl_flow_form_open(&p->h,
	    &(struct tmpl_flow_form){ .action = action });
	for (i = 0; i < json_count(nodes); i++)
		put_node(p, json_at(nodes, i));
	tmpl_flow_form_close(&p->h);
}

static void
put_failure(struct page *p)
{
	page_auth_open(p, "Sign In", "Signing in is not possible right now.");
	page_banner(p, PAGE_ERROR,
	    "The sign-in service does not answer. Try again in a minute.");
	tmpl_auth_button(&p->h,
	    &(struct tmpl_auth_button){ .to = "/auth/login",
		.label = "Try again" });
	page_auth_close(p);
	page_send(p, 503);
}

void
login_page(struct page *p)
{
	struct view_flow flow = { 0 };
	const char *id;
	enum code code;

	if ((id = req_query(p->r, "flow")) == NULL) {
		begin_flow(p, return_address(p));
		return;
	}
	code = view_flow(identities, p->r, "login", id, &flow);
	if (code == CODE_NOT_FOUND) {
		begin_flow(p, return_address(p));
		return;
	}
	if (code != CODE_OK) {
		put_failure(p);
		return;
	}
	if (flow.expired) {
		begin_flow(p,
		    flow.return_to == NULL ? return_address(p)
					   : flow.return_to);
		return;
	}
	page_auth_open(p, "Sign In", "Use the account of your company.");
	put_flow(p, id, &flow);
	page_auth_close(p);
	page_send(p, 200);
}

/* --- errors and signing out ----------------------------------------------- */

/* The sentence of a stored error; a general one when it is gone. */
static const char *
error_text(struct page *p)
{
	const struct json *error;
	const char *id;

	id = req_query(p->r, "id");
	if (id == NULL || view_error(identities, p->r, id, &error) != CODE_OK)
		return "Something went wrong while signing in or out.";
	return json_get_text(error, "reason",
	    json_get_text(error, "message",
		"Something went wrong while signing in or out."));
}

void
login_error(struct page *p)
{
	page_auth_open(p, "That did not work", error_text(p));
	tmpl_auth_button(&p->h,
	    &(struct tmpl_auth_button){ .to = "/auth/login",
		.label = "Back to Login" });
	tmpl_auth_link(&p->h,
	    &(struct tmpl_auth_link){ .to = "/", .label = "Go to Homepage" });
	page_auth_close(p);
	page_send(p, 200);
}

/* Always ends at the marketing page; the cookies go in any case. */
void
login_logout(struct page *p)
{
	if (view_sign_out(identities, p->r) != CODE_OK)
		p->r->code = CODE_OK;
	page_redirect(p, arena_printf(p->r->mem, "%s/", p->site.marketing));
}

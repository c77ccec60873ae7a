/*
 * Flows are read through identity/view.h and drawn here; their forms post
 * straight to the identity service, so no password, code or secret that is
 * typed ever passes through this program.
 */
#include "shown.h"

#include <string.h>

#include "web/assets.h"

static struct view *view;

int
shown_open(const struct conf *conf)
{
	view = view_open(conf, "mirai-web");
	return view == NULL ? -1 : 0;
}

void
shown_idle(int64_t idle_ms)
{
	view_idle(view, idle_ms);
}

struct view *
shown_view(void)
{
	return view;
}

/*
 * The identity service as the browser reaches it. A host of url.domains
 * answers for it itself, so that its cookies stay on that host.
 */
static const char *
identity_base(const struct page *p)
{
	return p->site.alias ? "" : p->site.auth;
}

/* --- reading --------------------------------------------------------------- */

static void
fill_nodes(struct page *p, struct shown *s)
{
	s->nodes.identity = identity_base(p);
	s->nodes.action = arena_printf(p->r->mem, "%s/self-service/%s?flow=%s",
	    s->nodes.identity, s->kind, s->id);
	s->nodes.ui = view_ui(p->r->mem, &s->flow, s->nodes.action);
	s->nodes.focus = true;
}

enum shown_state
shown_load(struct page *p, const char *kind, struct shown *s)
{
	memset(s, 0, sizeof(*s));
	s->kind = kind;
	if (str_is_empty(s->id = req_query(p->r, "flow")))
		return SHOWN_NONE;
	s->error = view_flow(view, p->r, kind, s->id, &s->flow);
	if (s->error == CODE_FAILED_PRECONDITION)
		return SHOWN_FOREIGN;
	if (s->error == CODE_NOT_FOUND)
		return SHOWN_GONE;
	if (s->error != CODE_OK)
		return SHOWN_FAILED;
	if (s->flow.expired)
		return SHOWN_GONE;
	fill_nodes(p, s);
	return SHOWN_READY;
}

void
shown_begin(struct page *p, const char *kind, const char *return_to,
    const char *more)
{
	const char *query;

	query = return_to == NULL ? ""
				  : arena_printf(p->r->mem, "return_to=%s",
					str_url_encode(p->r->mem, return_to));
	page_redirect(p,
	    arena_printf(p->r->mem, "%s/self-service/%s/browser?%s%s",
		identity_base(p), kind, query, more));
}

/* --- drawing --------------------------------------------------------------- */

void
shown_put_failure(struct page *p, const char *title, const char *text,
    const char *again)
{
	page_auth_open(p, title, "This is not possible right now.");
	page_banner(p, PAGE_ERROR, text);
	tmpl_auth_button(&p->h,
	    &(struct tmpl_auth_button){ .to =
					    again == NULL ? p->r->path : again,
		.label = again == NULL ? "Start over" : "Try again" });
	tmpl_auth_link(&p->h,
	    &(struct tmpl_auth_link){ .to = "/", .label = "Go to Homepage" });
	page_auth_close(p);
	page_send(p, 503);
}

/*
 * Sending such a browser on would send it round in circles: it keeps no
 * cookie, or the address was opened in another browser.
 */
void
shown_put_foreign(struct page *p, const char *title)
{
	page_auth_open(p, title, "This form belongs to another browser.");
	page_banner(p, PAGE_ERROR,
	    "Your browser sent no cookie. Allow cookies for this site, or"
	    " start again here.");
	tmpl_auth_button(&p->h,
	    &(struct tmpl_auth_button){ .to = p->r->path,
		.label = "Start again" });
	page_auth_close(p);
	page_send(p, 400);
}

bool
shown_need(struct page *p, const char *kind, const char *title, struct shown *s)
{
	switch (shown_load(p, kind, s)) {
	case SHOWN_READY:
		return true;
	case SHOWN_FOREIGN:
		shown_put_foreign(p, title);
		return false;
	case SHOWN_FAILED:
		shown_put_failure(p, title,
		    "The identity service does not answer. Try again in a"
		    " minute.",
		    p->r->path);
		return false;
	case SHOWN_NONE:
	case SHOWN_GONE:
	default:
		shown_begin(p, kind, s->flow.return_to, "");
		return false;
	}
}

void
shown_put_script(struct page *p)
{
	p->flow = true;
	tmpl_flow_script(&p->h,
	    &(struct tmpl_flow_script){ .assets = WEB_ASSETS });
}

void
shown_put(struct page *p, struct shown *s)
{
	nodes_put_messages(p, &s->nodes);
	nodes_put_all(p, &s->nodes);
	shown_put_script(p);
}

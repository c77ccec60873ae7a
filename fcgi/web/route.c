/*
 * Routing (spec web.md, sections 2 and 3): one table says which path a page
 * has, who may see it and what handles it. The order of the checks is host,
 * path, method, session, form token; a page handler runs after all of them.
 */
#include "route.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/utf8.h"
#include "db/db.h"
#include "mirai/v1/user.rpc.h"
#include "net/crypt.h"
#include "net/json.h"
#include "pages.h"
#include "rpc/auth.h"
#include "rpc/form.h"
#include "rpc/query.h"
#include "rpc/resp.h"

/* Zero is the strict value. */
enum access {
	ACCESS_SESSION = 0,
	ACCESS_GUEST,	 /* a signed-in visitor goes to the dashboard */
	ACCESS_NEWCOMER, /* a session, with or without a company */
	ACCESS_PUBLIC
};

struct route {
	const char *path; /* "*" stands for one part that is an id */
	enum access access;
	void (*get)(struct page *p);
	void (*post)(struct page *p); /* NULL: not allowed */
	bool marketing;		      /* also on the marketing host */
};

static const struct route routes[] = {
	{ "/auth/accept-invite", ACCESS_PUBLIC, invite_page, invite_post,
	    false },
	{ "/auth/error", ACCESS_PUBLIC, login_error, NULL, false },
	{ "/auth/login", ACCESS_PUBLIC, login_page, NULL, false },
	{ "/auth/logout", ACCESS_PUBLIC, NULL, login_logout, false },
	{ "/auth/recovery", ACCESS_PUBLIC, recover_page, NULL, false },
	{ "/auth/registration", ACCESS_PUBLIC, wizard_page, wizard_post,
	    false },
	{ "/auth/reset-password", ACCESS_PUBLIC, recover_reset, NULL, false },
	{ "/auth/settings", ACCESS_PUBLIC, account_page, account_post, false },
	{ "/auth/verification", ACCESS_PUBLIC, recover_verification, NULL,
	    false },
	{ "/content-library", ACCESS_SESSION, library_page, NULL, false },
	{ "/course-builder", ACCESS_SESSION, builder_page, builder_post,
	    false },
	{ "/course-builder/*/approve", ACCESS_SESSION, builder_back,
	    builder_approve, false },
	{ "/course-builder/*/cancel/*", ACCESS_SESSION, builder_cancel_ask,
	    builder_cancel, false },
	{ "/course-builder/*/component/*", ACCESS_SESSION, builder_back,
	    builder_component_save, false },
	{ "/course-builder/*/finalize", ACCESS_SESSION, builder_back,
	    builder_finalize, false },
	{ "/course-builder/*/lesson/*", ACCESS_SESSION, builder_back,
	    builder_lesson_write, false },
	{ "/course-builder/*/lessons", ACCESS_SESSION, builder_back,
	    builder_lessons_write, false },
	{ "/course-builder/*/outline", ACCESS_SESSION, builder_edit_page,
	    builder_edit_post, false },
	{ "/course-builder/*/regenerate", ACCESS_SESSION, builder_again_ask,
	    builder_again, false },
	{ "/course-builder/*/reject", ACCESS_SESSION, builder_reject_ask,
	    builder_reject, false },
	{ "/course-builder/*/rewrite/*", ACCESS_SESSION, builder_back,
	    builder_rewrite, false },
	{ "/course-builder/*/sme", ACCESS_SESSION, builder_sme_page,
	    builder_sme_create, false },
	{ "/course-builder/*/start", ACCESS_SESSION, builder_back,
	    builder_start, false },
	{ "/course/*/delete", ACCESS_SESSION, courses_delete_ask,
	    courses_delete, false },
	{ "/course/*/export", ACCESS_SESSION, export_page, export_post, false },
	{ "/course/*/export/*", ACCESS_SESSION, export_download, NULL, false },
	{ "/course/*/preview", ACCESS_SESSION, player_page, player_post,
	    false },
	{ "/course/*/publish", ACCESS_SESSION, courses_back, courses_publish,
	    false },
	{ "/course/*/unpublish", ACCESS_SESSION, courses_back,
	    courses_unpublish, false },
	{ "/dashboard", ACCESS_SESSION, dashboard_page, NULL, false },
	{ "/folder/*", ACCESS_SESSION, library_folder, NULL, false },
	{ "/notifications", ACCESS_SESSION, notifications_page, NULL, false },
	{ "/notifications/read", ACCESS_SESSION, notifications_back,
	    notifications_read_all, false },
	{ "/notifications/*/delete", ACCESS_SESSION, notifications_back,
	    notifications_delete, false },
	{ "/notifications/*/read", ACCESS_SESSION, notifications_back,
	    notifications_read, false },
	{ "/onboard", ACCESS_NEWCOMER, onboard_page, onboard_post, false },
	{ "/onboarding", ACCESS_NEWCOMER, onboard_alias, NULL, false },
	{ "/pricing", ACCESS_PUBLIC, public_pricing, NULL, true },
	{ "/privacy", ACCESS_PUBLIC, public_privacy, NULL, true },
	{ "/settings", ACCESS_SESSION, settings_page, NULL, false },
	{ "/settings/ai/key", ACCESS_SESSION, settings_ai_key_page,
	    settings_ai_key, false },
	{ "/settings/ai/provider", ACCESS_SESSION, settings_ai_provider_page,
	    settings_ai_provider, false },
	{ "/settings/ai/remove", ACCESS_SESSION, settings_ai_remove_ask,
	    settings_ai_remove, false },
	{ "/settings/billing/checkout", ACCESS_SESSION, settings_back,
	    settings_billing_checkout, false },
	{ "/settings/billing/portal", ACCESS_SESSION, settings_back,
	    settings_billing_portal, false },
	{ "/settings/company", ACCESS_SESSION, settings_back,
	    settings_company_save, false },
	{ "/settings/invitations/*/resend", ACCESS_SESSION, settings_back,
	    settings_people_resend, false },
	{ "/settings/invitations/*/revoke", ACCESS_SESSION,
	    settings_people_revoke_ask, settings_people_revoke, false },
	{ "/settings/invite", ACCESS_SESSION, settings_back,
	    settings_people_invite, false },
	{ "/settings/members/*/remove", ACCESS_SESSION,
	    settings_people_remove_ask, settings_people_remove, false },
	{ "/settings/members/*/role", ACCESS_SESSION, settings_back,
	    settings_people_role, false },
	{ "/settings/workspace", ACCESS_SESSION, settings_back,
	    settings_company_workspace, false },
	{ "/smes", ACCESS_SESSION, smes_page, NULL, false },
	{ "/smes/new", ACCESS_SESSION, smes_edit_new, smes_edit_create, false },
	{ "/smes/*", ACCESS_SESSION, smes_back, NULL, false },
	{ "/smes/*/archive", ACCESS_SESSION, smes_edit_ask, smes_edit_archive,
	    false },
	{ "/smes/*/edit", ACCESS_SESSION, smes_edit_page, smes_edit_save,
	    false },
	{ "/smes/*/restore", ACCESS_SESSION, smes_back, smes_edit_restore,
	    false },
	{ "/smes/*/chunks/*/delete", ACCESS_SESSION, smes_chunk_ask,
	    smes_chunk_delete, false },
	{ "/smes/*/chunks/*/edit", ACCESS_SESSION, smes_chunk_page,
	    smes_chunk_save, false },
	{ "/smes/*/tasks/*/download", ACCESS_SESSION, smes_review_download,
	    NULL, false },
	{ "/smes/*/tasks/*/file", ACCESS_SESSION, smes_back, smes_submit_file,
	    false },
	{ "/smes/*/tasks/*/review", ACCESS_SESSION, smes_review_page,
	    smes_review_post, false },
	{ "/smes/*/tasks/*/submit", ACCESS_SESSION, smes_submit_page,
	    smes_submit_post, false },
	{ "/smes/*/tasks/new", ACCESS_SESSION, smes_task_new, smes_task_create,
	    false },
	{ "/smes/*/tasks/*/cancel", ACCESS_SESSION, smes_task_cancel_ask,
	    smes_task_cancel, false },
	{ "/smes/*/tasks/*/delete", ACCESS_SESSION, smes_task_delete_ask,
	    smes_task_delete, false },
	{ "/smes/*/tasks/*/edit", ACCESS_SESSION, smes_task_page,
	    smes_task_save, false },
	{ "/target-audiences", ACCESS_SESSION, audiences_page, NULL, false },
	{ "/target-audiences/new", ACCESS_SESSION, audiences_edit_new,
	    audiences_edit_create, false },
	{ "/target-audiences/*", ACCESS_SESSION, audiences_back, NULL, false },
	{ "/target-audiences/*/archive", ACCESS_SESSION, audiences_back,
	    audiences_edit_archive, false },
	{ "/target-audiences/*/delete", ACCESS_SESSION, audiences_edit_ask,
	    audiences_edit_delete, false },
	{ "/target-audiences/*/edit", ACCESS_SESSION, audiences_edit_page,
	    audiences_edit_save, false },
	{ "/target-audiences/*/restore", ACCESS_SESSION, audiences_back,
	    audiences_edit_restore, false },
	{ "/teams", ACCESS_SESSION, teams_page, NULL, false },
	{ "/teams/new", ACCESS_SESSION, teams_edit_new, teams_edit_create,
	    false },
	{ "/teams/*", ACCESS_SESSION, teams_team, NULL, false },
	{ "/teams/*/add", ACCESS_SESSION, teams_member_add_page,
	    teams_member_add, false },
	{ "/teams/*/delete", ACCESS_SESSION, teams_edit_ask, teams_edit_delete,
	    false },
	{ "/teams/*/edit", ACCESS_SESSION, teams_edit_page, teams_edit_save,
	    false },
	{ "/teams/*/remove/*", ACCESS_SESSION, teams_member_ask,
	    teams_member_remove, false },
	{ "/teams/*/role/*", ACCESS_SESSION, teams_back, teams_member_role,
	    false },
	{ "/terms", ACCESS_PUBLIC, public_terms, NULL, true },
};

/* Forms that hold more than others: a whole outline, a text with its tags. */
struct room {
	const char *path; /* of the route */
	size_t max;
};

static const struct room rooms[] = {
	{ "/course-builder/*/outline", 4 << 20 },
	{ "/course-builder/*/component/*", 512 << 10 },
	{ "/smes/*/chunks/*/edit", 512 << 10 },
	{ "/smes/*/tasks/*/file", 26 << 20 },
	{ "/smes/*/tasks/*/review", 8 << 20 }, /* two texts, escaped */
	{ "/smes/*/tasks/*/submit", 4 << 20 },
};

/* Paths that ask for a session even where no page is (web.md 2.2). */
static const char *const guarded[] = { "/content-library", "/course",
	"/course-builder", "/dashboard", "/folder", "/help", "/notifications",
	"/onboard", "/onboarding", "/settings", "/smes", "/target-audiences",
	"/teams", "/templates", "/tutorials", "/updates" };

/* --- matching ------------------------------------------------------------- */

/* path is prefix or lies below it. */
static bool
lies_below(const char *path, const char *prefix)
{
	size_t n;

	n = strlen(prefix);
	return strncmp(path, prefix, n) == 0 &&
	    (path[n] == '\0' || path[n] == '/');
}

static bool
is_guarded(const char *path)
{
	size_t i;

	for (i = 0; i < NITEMS(guarded); i++)
		if (lies_below(path, guarded[i]))
			return true;
	return false;
}

/* Whether path has the form of pattern; its ids go to arg. */
static bool
matches(struct arena *a, const char *pattern, const char *path,
    const char *arg[2])
{
	size_t n, nargs;

	for (nargs = 0; *pattern != '\0'; pattern++) {
		if (*pattern != '*') {
			if (*path++ != *pattern)
				return false;
			continue;
		}
		n = strcspn(path, "/");
		arg[nargs] = arena_strndup(a, path, n);
		if (!str_is_uuid(arg[nargs++]))
			return false;
		path += n;
	}
	return *path == '\0';
}

static const struct route *
find_route(struct page *p)
{
	size_t i;

	for (i = 0; i < NITEMS(routes); i++)
		if (matches(p->r->mem, routes[i].path, p->r->path, p->arg))
			return &routes[i];
	return NULL;
}

static bool
is_get(const struct req *r)
{
	return str_eq(r->method, "GET") || str_eq(r->method, "HEAD");
}

/* --- who looks ------------------------------------------------------------ */

/* The user and company behind the session; false after an answer was sent. */
static bool
load_me(struct page *p)
{
	struct pb_get_me_request in = { 0 };
	struct pb_get_me_response out = { 0 };
	enum code code;

	code = rpc_user_get_me(p->r, &in, &out);
	if (code == CODE_OK && out.user != NULL) {
		p->me = out.user;
		p->company = out.company;
		return true;
	}
	if (code == CODE_NOT_FOUND)
		page_redirect(p, "/onboard");
	else
		page_fail(p);
	return false;
}

static bool
signed_in(const struct page *p)
{
	return p->r->who.identity_id[0] != '\0';
}

/* The access rule of a page; false after an answer was sent. */
static bool
admit(struct page *p, enum access access)
{
	switch (access) {
	case ACCESS_PUBLIC:
		return true;
	case ACCESS_GUEST:
		if (signed_in(p))
			page_redirect(p, "/dashboard");
		return !signed_in(p);
	case ACCESS_NEWCOMER:
	case ACCESS_SESSION:
	default:
		if (!signed_in(p)) {
			page_to_login(p);
			return false;
		}
		return access == ACCESS_NEWCOMER || load_me(p);
	}
}

/* --- posts ---------------------------------------------------------------- */

/* Whether all of the form is text: UTF-8 without a NUL, as browsers send it. */
static bool
form_is_text(const struct page *p)
{
	char *text;
	size_t len;
	bool is_text;

	text = query_decode(p->r->mem, (const char *)p->r->body, p->r->bodylen,
	    true, &len);
	is_text = text != NULL && utf8_valid(text, len) &&
	    memchr(text, '\0', len) == NULL;
	if (text != NULL)
		crypt_wipe(text, len); /* it may hold a password */
	return is_text;
}

static size_t
room_of(const struct route *route)
{
	size_t i;

	for (i = 0; i < NITEMS(rooms); i++)
		if (str_eq(rooms[i].path, route->path))
			return rooms[i].max;
	return PAGE_BODY_MAX;
}

/* The one form that holds a file; the others are parsed where they are read. */
static bool
is_file_form(const struct route *route)
{
	return route->post == smes_submit_file;
}

static bool
is_form(const struct page *p, const struct route *route)
{
	return str_starts(p->r->type,
	    is_file_form(route) ? "multipart/form-data"
				: "application/x-www-form-urlencoded");
}

/* What arrived is a form; with a file, it goes to p->form. */
static bool
is_readable(struct page *p, const struct route *route)
{
	struct form *form;

	if (!is_file_form(route))
		return p->r->bodylen == 0 || form_is_text(p);
	form = arena_zalloc(p->r->mem, sizeof(*form));
	if (!form_parse(p->r->mem, p->r->type, p->r->body, p->r->bodylen, form))
		return false;
	p->form = form;
	return true;
}

/* Reads the form and checks its token; false after an answer was sent. */
static bool
take_form(struct page *p, const struct route *route)
{
	enum req_body got;

	if (!is_form(p, route)) {
		page_message(p, 415, "Not a form",
		    "This address takes the forms of its own page only.");
		return false;
	}
	got = req_read_body(p->r, room_of(route));
	if (got != REQ_BODY_OK) {
		page_message(p, got == REQ_BODY_TOO_LONG ? 413 : 400,
		    "The form did not arrive",
		    "It was too large or cut short. Go back and try again.");
		return false;
	}
	if (!is_readable(p, route)) {
		page_message(p, 400, "The form did not arrive",
		    "It holds something that is no text.");
		return false;
	}
	if (signed_in(p) && !page_csrf_ok(p)) {
		page_message(p, 403, "This form has expired",
		    "Go back, load the page again and repeat what you did."
		    " Nothing was changed.");
		return false;
	}
	return true;
}

static void
refuse_method(struct page *p, const struct route *route)
{
	resp_header(p->r, "allow",
	    route->get == NULL	      ? "POST"
		: route->post == NULL ? "GET, HEAD"
				      : "GET, HEAD, POST");
	page_message(p, 405, "Method not allowed",
	    "This address cannot be used in that way.");
}

static void
serve_route(struct page *p, const struct route *route)
{
	if (is_get(p->r) && route->get != NULL) {
		if (admit(p, route->access))
			route->get(p);
	} else if (str_eq(p->r->method, "POST") && route->post != NULL) {
		if (admit(p, route->access) && take_form(p, route))
			route->post(p);
	} else
		refuse_method(p, route);
}

/* --- hosts ---------------------------------------------------------------- */

/* The same path and query on another host. */
static void
send_to_host(struct page *p, const char *base)
{
	page_redirect(p,
	    p->r->query[0] == '\0'
		? arena_printf(p->r->mem, "%s%s", base, p->r->path)
		: arena_printf(p->r->mem, "%s%s?%s", base, p->r->path,
		      p->r->query));
}

/* "/" leads to the dashboard, to the marketing host, or is the landing. */
static void
serve_root(struct page *p)
{
	if (!is_get(p->r)) {
		refuse_method(p, &(struct route){ .get = public_landing });
		return;
	}
	if (p->site.part != SITE_APP)
		public_landing(p);
	else if (signed_in(p))
		page_redirect(p, "/dashboard");
	else
		page_redirect(p,
		    arena_printf(p->r->mem, "%s/", p->site.marketing));
}

static void
serve_marketing(struct page *p, const struct route *route)
{
	if (route != NULL && route->marketing)
		serve_route(p, route);
	else if (lies_below(p->r->path, "/auth") || is_guarded(p->r->path))
		send_to_host(p, p->site.app);
	else
		page_not_found(p);
}

/* Answers that are no pages; true when one was given. */
static bool
serve_plain(struct req *r)
{
	static const char ok[] = "{\"status\":\"ok\"}";

	if (str_eq(r->path, "/api/health")) {
		resp_send(r, 200, "application/json", ok, sizeof(ok) - 1);
		return true;
	}
	if (str_eq(r->path, "/robots.txt")) {
		resp_text(r, 200, "User-agent: *\nAllow: /\n");
		return true;
	}
	return false;
}

/* One line per page: never the query, which may hold what people typed. */
static void
log_page(struct req *r)
{
	struct buf *b;
	int status;

	b = buf_new(r->mem);
	status = resp_status(r);
	buf_puts(b, "\"method\":");
	json_quote(b, r->method);
	buf_puts(b, ",\"path\":");
	json_quote(b, utf8_valid(r->path, strlen(r->path)) ? r->path : "");
	buf_printf(b, ",\"status\":%d,\"ms\":%lld", status,
	    (long long)(clock_mono_ms() - r->started_ms));
	if (r->who.tenant_id[0] != '\0')
		buf_printf(b, ",\"tenant_id\":\"%s\",\"user_id\":\"%s\"",
		    r->who.tenant_id, r->who.user_id);
	log_event(status >= 500 ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO, "page",
	    buf_str(b));
}

static void
serve_page(struct page *p)
{
	const struct route *route;

	if (str_eq(p->r->path, "/")) {
		serve_root(p);
		return;
	}
	route = find_route(p);
	if (p->site.part == SITE_MARKETING)
		serve_marketing(p, route);
	else if (route != NULL)
		serve_route(p, route);
	else if (signed_in(p)) {
		if (load_me(p))
			page_not_found(p);
	} else if (is_guarded(p->r->path))
		page_to_login(p);
	else
		page_not_found(p);
}

void
route_serve(struct req *r)
{
	struct page p = { 0 };
	enum code code;

	if (serve_plain(r))
		return;
	/* Who asks may be known without a question; then nobody has said it. */
	if (r->db != NULL)
		db_use(r->db, r->mem);
	p.r = r;
	p.h.out = buf_new(r->mem);
	p.csrf = page_csrf(r);
	p.site = site_find(r->mem, r->env->conf, r->host);
	if (p.site.part == SITE_API || p.site.part == SITE_AUTH) {
		resp_text(r, 404, "Not found\n");
		return;
	}
	/* What keeps a session from being confirmed shows on guarded pages. */
	code = auth_peek(r);
	p.level_low = code == CODE_PERMISSION_DENIED;
	p.unsure = code == CODE_UNAVAILABLE;
	r->code = CODE_OK;
	serve_page(&p);
	if (!resp_sent(r))
		page_fail(&p);
	log_page(r);
}

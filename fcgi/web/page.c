/*
 * The shell of every page: frames, messages, redirects, the security headers,
 * and the form token. The token is an HMAC keyed with the session credential,
 * which only this session's browser and the server know, so nothing is stored
 * and a page of another origin cannot make one.
 */
#include "page.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "bell.h"
#include "mirai/v1/course.pb.h"
#include "net/crypt.h"
#include "note.h"
#include "net/store.h"
#include "rpc/form.h"
#include "rpc/query.h"
#include "rpc/resp.h"
#include "web/assets.h"

/* Who sees a menu entry. */
enum menu_for {
	FOR_ALL,
	FOR_EDITOR,
	FOR_ADMIN
};

struct menu_item {
	const char *label;
	const char *path;
	const char *icon;
	enum menu_for who;
	bool side;	 /* in the sidebar */
	const char *tab; /* label in the bottom tabs; NULL: not there */
};

/* Only what exists is offered. */
static const struct menu_item menu[] = {
	{ "Dashboard", "/dashboard", "home", FOR_ALL, false, "Home" },
	{ "Content Library", "/content-library", "library", FOR_ALL, true,
	    "Library" },
	{ "Create", "/course-builder", "plus", FOR_EDITOR, false, "Create" },
	{ "SMEs", "/smes", "expert", FOR_ALL, true, NULL },
	{ "Audiences", "/target-audiences", "audience", FOR_ALL, true, NULL },
	{ "Teams", "/teams", "team", FOR_ADMIN, true, NULL },
	{ "Settings", "/settings", "settings", FOR_ALL, true, "More" },
};

/* --- menus ---------------------------------------------------------------- */

/* "page" when the page that was asked is the entry's or lies below it. */
static const char *
is_current(const struct page *p, const char *path)
{
	size_t n;

	n = strlen(path);
	if (strncmp(p->r->path, path, n) != 0)
		return "false";
	return p->r->path[n] == '\0' || p->r->path[n] == '/' ? "page" : "false";
}

static bool
is_for(const struct page *p, enum menu_for who)
{
	if (who == FOR_ADMIN)
		return page_is_admin(p);
	return who == FOR_ALL || page_is_editor(p);
}

static void
put_sidebar(struct page *p)
{
	size_t i;

	tmpl_sidebar_open(&p->h);
	for (i = 0; i < NITEMS(menu); i++) {
		if (!menu[i].side || !is_for(p, menu[i].who))
			continue;
		tmpl_nav_item(&p->h,
		    &(struct tmpl_nav_item){ .to = menu[i].path,
			.current = is_current(p, menu[i].path),
			.icon = menu[i].icon,
			.label = menu[i].label });
	}
	tmpl_sidebar_close(&p->h);
}

static void
put_tabs(struct page *p)
{
	size_t i;

	tmpl_tabs_open(&p->h);
	for (i = 0; i < NITEMS(menu); i++) {
		if (menu[i].tab == NULL || !is_for(p, menu[i].who))
			continue;
		tmpl_nav_item(&p->h,
		    &(struct tmpl_nav_item){ .to = menu[i].path,
			.current = is_current(p, menu[i].path),
			.icon = menu[i].icon,
			.label = menu[i].tab });
	}
	tmpl_tabs_close(&p->h);
}

static void
put_header(struct page *p, const char *title)
{
	struct arena *a;
	int32_t unread;

	a = p->r->mem;
	unread = bell_unread(p);
	tmpl_header(&p->h,
	    &(struct tmpl_header){ .title = title,
		.initials = page_initials(a, p->me),
		.name = page_user_name(a, p->me),
		.role = page_role_name(p->me->role),
		.tone = page_role_tone(p->me->role),
		.email = p->me->email == NULL ? "" : p->me->email,
		.company = p->company == NULL ? "" : p->company->name,
		.after = bell_after(p),
		.unread = bell_shown(a, unread),
		.unread_said = bell_said(a, unread),
		.csrf = p->csrf });
}

/* --- frames --------------------------------------------------------------- */

void
page_bare_open(struct page *p, const char *title, const char *kind)
{
	tmpl_page_open(&p->h,
	    &(struct tmpl_page){ .title = title,
		.assets = WEB_ASSETS,
		.kind = kind });
}

void
page_bare_close(struct page *p)
{
	tmpl_page_close(&p->h);
}

/* A path of the application, from whichever host. */
static const char *
at_app(const struct page *p, const char *path)
{
	return p->site.part == SITE_MARKETING
	    ? arena_printf(p->r->mem, "%s%s", p->site.app, path)
	    : path;
}

static const char *
home_of(const struct page *p)
{
	return p->site.part == SITE_APP
	    ? arena_printf(p->r->mem, "%s/", p->site.marketing)
	    : "/";
}

/* The features are a part of the landing page. */
static const char *
features_of(const struct page *p)
{
	return p->site.part != SITE_APP && str_eq(p->r->path, "/")
	    ? "#features"
	    : arena_printf(p->r->mem, "%s#features", home_of(p));
}

static void
put_public_links(struct page *p)
{
	tmpl_public_links(&p->h,
	    &(struct tmpl_public_links){ .pricing = "/pricing",
		.at_pricing = is_current(p, "/pricing"),
		.features = features_of(p) });
	if (p->r->who.identity_id[0] != '\0')
		tmpl_public_member(&p->h,
		    &(struct tmpl_public_member){
			.enter = at_app(p, "/dashboard") });
	else
		tmpl_public_guest(&p->h,
		    &(struct tmpl_public_guest){ .enter =
						     at_app(p, "/auth/login"),
			.start = page_start(p) });
}

const char *
page_start(const struct page *p)
{
	return at_app(p,
	    p->r->who.identity_id[0] != '\0' ? "/dashboard"
					     : "/auth/registration");
}

void
page_public_open(struct page *p, const char *title)
{
	page_bare_open(p, title, "public");
	tmpl_public_head_open(&p->h,
	    &(struct tmpl_public_head){ .home = home_of(p) });
	tmpl_public_bar_open(&p->h);
	put_public_links(p);
	tmpl_public_bar_close(&p->h);
	tmpl_public_menu_open(&p->h);
	put_public_links(p);
	tmpl_public_menu_close(&p->h);
	tmpl_public_head_close(&p->h);
	tmpl_public_open(&p->h);
}

void
page_public_close(struct page *p)
{
	int year, month, day;

	clock_civil(clock_now_us() / INT64_C(86400000000), &year, &month, &day);
	tmpl_public_close(&p->h,
	    &(struct tmpl_public){ .home = home_of(p),
		.features = features_of(p),
		.pricing = "/pricing",
		.year = year });
	page_bare_close(p);
}

void
page_auth_open(struct page *p, const char *title, const char *subtitle)
{
	page_bare_open(p, title, "auth");
	tmpl_auth_open(&p->h,
	    &(struct tmpl_auth){ .home = "/",
		.title = title,
		.subtitle = subtitle });
}

void
page_auth_close(struct page *p)
{
	tmpl_auth_close(&p->h);
	page_bare_close(p);
}

void
page_account_open(struct page *p, const char *title)
{
	page_bare_open(p, title, "auth account");
	tmpl_account_open(&p->h, &(struct tmpl_account){ .title = title });
}

void
page_account_close(struct page *p)
{
	tmpl_account_close(&p->h);
	page_bare_close(p);
}

/* Whoever can do something about it is told everywhere. */
static void
put_past_due(struct page *p)
{
	if (page_is_admin(p) && p->company != NULL &&
	    p->company->subscription_status == PB_SUBSCRIPTION_STATUS_PAST_DUE)
		page_banner_to(p, PAGE_WARNING,
		    "The last payment of your company failed. Please look at"
		    " how it pays, so that nothing stops.",
		    "/settings?tab=billing", "To billing");
}

/* Whether this browser keeps the sidebar narrow; script sets the cookie. */
static const char *
app_kind(struct page *p)
{
	const char *side;

	side = req_cookie(p->r, "mirai_side");
	return side != NULL && str_eq(side, "narrow") ? "app app-narrow"
						      : "app";
}

void
page_app_open(struct page *p, const char *title, bool refresh)
{
	assert(p->me != NULL);
	if (refresh)
		tmpl_page_refresh_open(&p->h,
		    &(struct tmpl_page_refresh){ .title = title,
			.assets = WEB_ASSETS,
			.kind = app_kind(p) });
	else
		page_bare_open(p, title, app_kind(p));
	put_sidebar(p);
	put_header(p, title);
	tmpl_main_open(&p->h);
	put_past_due(p);
	note_put(p);
}

void
page_app_close(struct page *p)
{
	tmpl_main_close(&p->h);
	put_tabs(p);
	page_bare_close(p);
}

void
page_card_open(struct page *p, const char *title, const char *text,
    const char *back, const char *back_label)
{
	page_app_open(p, title, false);
	tmpl_card_page_open(&p->h,
	    &(struct tmpl_card_page){ .title = title,
		.text = text,
		.back = back,
		.back_label = back_label });
}

void
page_card_close(struct page *p)
{
	tmpl_card_page_close(&p->h);
	page_app_close(p);
}

/* Whether the identity service's script comes from another host than ours. */
static bool
foreign_script(const struct page *p)
{
	return p->script != NULL && p->script[0] != '/';
}

/*
 * Where forms may post to and be sent on to: the hosts of the site, and if one
 * leads to a provider of sign-in, wherever that is.
 */
static const char *
form_targets(struct page *p)
{
	const char *others = "";

	if (p->leaves)
		others = conf_bool(p->r->env->conf, "cookie.secure")
		    ? " https:"
		    : " https: http:";
	return arena_printf(p->r->mem, "'self' %s %s %s%s", p->site.app,
	    p->site.auth, p->site.marketing, others);
}

/*
 * Whom pages may ask: themselves; in a flow the identity service; with a file
 * to send, storage; from the
 * marketing host the application, one page of which is fetched ahead.
 */
static const char *
asked_hosts(struct page *p)
{
	const char *store = "";

	if (p->stores && p->r->env->store != NULL)
		store = arena_printf(p->r->mem, " %s",
		    store_origin(p->r->env->store, p->r->mem));
	return arena_printf(p->r->mem, "'self'%s%s%s%s%s", store,
	    p->flow ? " " : "", p->flow ? p->site.auth : "",
	    p->site.part == SITE_MARKETING ? " " : "",
	    p->site.part == SITE_MARKETING ? p->site.app : "");
}

/* Nothing but this site's files, and the one script that a flow brings. */
static const char *
content_policy(struct page *p)
{
	return arena_printf(p->r->mem,
	    "default-src 'none'; script-src 'self'%s%s; style-src 'self';"
	    " img-src 'self' data: https:; connect-src %s;"
	    " form-action %s; base-uri 'none'; frame-ancestors 'none'",
	    foreign_script(p) ? " " : "", foreign_script(p) ? p->script : "",
	    asked_hosts(p), form_targets(p));
}

void
page_send(struct page *p, int status)
{
	resp_header(p->r, "content-security-policy", content_policy(p));
	resp_header(p->r, "referrer-policy", "same-origin");
	resp_header(p->r, "x-frame-options", "DENY");
	resp_header(p->r, "cross-origin-opener-policy", "same-origin");
	resp_header(p->r, "permissions-policy",
	    "camera=(), geolocation=(), microphone=()");
	resp_send(p->r, status, "text/html; charset=utf-8", p->h.out->data,
	    p->h.out->len);
}

/* --- other answers -------------------------------------------------------- */

void
page_redirect(struct page *p, const char *to)
{
	resp_redirect(p->r, str_eq(p->r->method, "POST") ? 303 : 307, to);
}

void
page_to_login(struct page *p)
{
	const char *target;

	if (p->unsure) {
		p->r->code = CODE_UNAVAILABLE;
		page_fail(p);
		return;
	}
	target = p->r->path;
	if (p->r->query[0] != '\0')
		target = arena_printf(p->r->mem, "%s?%s", target, p->r->query);
	/* A post cannot be done again by going back to its address. */
	if (str_eq(p->r->method, "POST"))
		target = "/dashboard";
	page_redirect(p,
	    arena_printf(p->r->mem, "/auth/login?return_to=%s",
		str_url_encode(p->r->mem, target)));
}

static void
put_message(struct page *p, int status, const char *title, const char *text)
{
	tmpl_message_open(&p->h,
	    &(struct tmpl_message){ .code =
					arena_printf(p->r->mem, "%d", status),
		.title = title,
		.text = text });
	if (status >= 500)
		tmpl_reference(&p->h,
		    &(struct tmpl_reference){ .id = p->r->id });
	tmpl_message_close(&p->h,
	    &(struct tmpl_message){ .to = p->me != NULL ? "/dashboard" : "/",
		.label =
		    p->me != NULL ? "To the dashboard" : "To the start page" });
}

void
page_message(struct page *p, int status, const char *title, const char *text)
{
	buf_reset(p->h.out);
	if (p->me != NULL) {
		page_app_open(p, title, false);
		put_message(p, status, title, text);
		page_app_close(p);
	} else {
		page_public_open(p, title);
		put_message(p, status, title, text);
		page_public_close(p);
	}
	page_send(p, status);
}

void
page_not_found(struct page *p)
{
	page_message(p, 404, "Page not found",
	    "There is nothing at this address, or it is not yours to see.");
}

/* What a failed call means to someone who looks at a page. */
struct failure {
	enum code code;
	int status;
	const char *title;
	const char *text;
};

static const struct failure failures[] = {
	{ CODE_NOT_FOUND, 404, "Page not found",
	    "There is nothing at this address, or it is not yours to see." },
	{ CODE_INVALID_ARGUMENT, 400, "That did not work",
	    "The request was not understood. Go back, check the form and try"
	    " again." },
	{ CODE_PERMISSION_DENIED, 403, "Not allowed",
	    "Your role does not include this. Ask an administrator of your"
	    " company." },
	{ CODE_FAILED_PRECONDITION, 409, "Not possible now",
	    "Something has changed in the meantime. Go back and look again." },
	{ CODE_ALREADY_EXISTS, 409, "Already there",
	    "Something of that name exists already." },
	{ CODE_ABORTED, 409, "Changed in the meantime",
	    "Somebody else has changed this. Go back and look again." },
	{ CODE_RESOURCE_EXHAUSTED, 429, "Limit reached",
	    "A limit has been reached. Try again later." },
	{ CODE_UNIMPLEMENTED, 501, "Not available",
	    "This installation does not offer that." },
	{ CODE_UNAVAILABLE, 503, "Not available at the moment",
	    "A part of Mirai does not answer. Try again in a minute." },
	{ CODE_DEADLINE_EXCEEDED, 503, "That took too long",
	    "The answer did not come in time. Try again in a minute." },
};

void
page_fail(struct page *p)
{
	size_t i;

	if (p->r->code == CODE_UNAUTHENTICATED) {
		page_to_login(p);
		return;
	}
	for (i = 0; i < NITEMS(failures); i++) {
		if (failures[i].code == p->r->code) {
			page_message(p, failures[i].status, failures[i].title,
			    failures[i].text);
			return;
		}
	}
	page_message(p, 500, "Something went wrong",
	    "This is our fault, not yours. It has been noted.");
}

/* --- parts ---------------------------------------------------------------- */

struct tone_row {
	const char *name;
	const char *icon;
};

static const struct tone_row tone_rows[] = {
	[PAGE_INFO] = { "info", "info" },
	[PAGE_ERROR] = { "error", "error" },
	[PAGE_SUCCESS] = { "success", "done" },
	[PAGE_WARNING] = { "warning", "error" },
};

void
page_banner(struct page *p, enum page_tone tone, const char *text)
{
	tmpl_banner(&p->h,
	    &(struct tmpl_banner){ .tone = tone_rows[tone].name,
		.role = tone == PAGE_ERROR ? "alert" : "status",
		.icon = tone_rows[tone].icon,
		.text = text });
}

void
page_banner_to(struct page *p, enum page_tone tone, const char *text,
    const char *to, const char *label)
{
	tmpl_banner_to(&p->h,
	    &(struct tmpl_banner_to){ .tone = tone_rows[tone].name,
		.role = tone == PAGE_ERROR ? "alert" : "status",
		.icon = tone_rows[tone].icon,
		.text = text,
		.to = to,
		.label = label });
}

void
page_empty(struct page *p, const char *icon, const char *title,
    const char *text)
{
	tmpl_empty(&p->h,
	    &(struct tmpl_empty){ .icon = icon, .title = title, .text = text });
}

/* --- questions ------------------------------------------------------------ */

const char *
page_csrf(struct req *r)
{
	static const char purpose[] = "mirai page form v1";
	uint8_t mac[CRYPT_SHA256_LEN];
	const char *cookie, *token, *key;

	cookie = req_cookie(r, "ory_kratos_session");
	token = req_cookie(r, "ory_session_token");
	if (cookie == NULL && token == NULL)
		return "";
	key = arena_printf(r->mem, "%s|%s", cookie == NULL ? "" : cookie,
	    token == NULL ? "" : token);
	crypt_hmac_sha256(key, strlen(key), purpose, sizeof(purpose) - 1, mac);
	return crypt_base64url(r->mem, mac, sizeof(mac));
}

bool
page_csrf_ok(struct page *p)
{
	const char *sent;

	/* Not from the parsed form, whose fields have a limit. */
	if (p->form != NULL)
		sent = form_text(p->form, "csrf");
	else
		sent = p->r->body == NULL
		    ? NULL
		    : query_get(p->r->mem, (const char *)p->r->body, "csrf");
	return sent != NULL && p->csrf[0] != '\0' &&
	    crypt_equal_str(sent, p->csrf);
}

bool
page_is_admin(const struct page *p)
{
	return p->r->who.role == ROLE_ADMIN;
}

bool
page_need_admin(struct page *p)
{
	if (page_is_admin(p) && p->company != NULL)
		return true;
	page_message(p, 403, "Not allowed",
	    "This is for administrators of a company. Ask one of yours.");
	return false;
}

bool
page_is_editor(const struct page *p)
{
	return p->r->who.role >= ROLE_INSTRUCTOR;
}

/* The first character of a name, as it is. */
static const char *
first_char(struct arena *a, const char *s)
{
	char *c;

	c = arena_strndup(a, s, utf8_prefix(s, 1));
	if (c[0] != '\0' && c[1] == '\0')
		c[0] = (char)toupper((unsigned char)c[0]);
	return c;
}

const char *
page_initials(struct arena *a, const struct pb_user *u)
{
	if (!str_is_empty(u->first_name) && !str_is_empty(u->last_name))
		return arena_printf(a, "%s%s", first_char(a, u->first_name),
		    first_char(a, u->last_name));
	return str_is_empty(u->email) ? "U" : first_char(a, u->email);
}

const char *
page_user_name(struct arena *a, const struct pb_user *u)
{
	const char *first, *last;

	first = u->first_name == NULL ? "" : u->first_name;
	last = u->last_name == NULL ? "" : u->last_name;
	if (first[0] != '\0' || last[0] != '\0')
		return str_trim(a, arena_printf(a, "%s %s", first, last));
	return str_is_empty(u->email) ? "Unknown" : u->email;
}

struct role_row {
	const char *name;
	const char *tone;
};

static const struct role_row roles[] = {
	[PB_ROLE_UNSPECIFIED] = { "Unknown", "plain" },
	[PB_ROLE_OWNER] = { "Owner", "brand" },
	[PB_ROLE_ADMIN] = { "Admin", "brand" },
	[PB_ROLE_MEMBER] = { "Member", "plain" },
	[PB_ROLE_INSTRUCTOR] = { "Instructor", "info" },
	[PB_ROLE_SME] = { "SME", "ok" },
};

const char *
page_role_name(int role)
{
	return role < 0 || (size_t)role >= NITEMS(roles) ? roles[0].name
							 : roles[role].name;
}

const char *
page_role_tone(int role)
{
	return role < 0 || (size_t)role >= NITEMS(roles) ? roles[0].tone
							 : roles[role].tone;
}

const char *
page_folder_icon(int32_t type)
{
	static const char *const icons[] = {
		[PB_FOLDER_TYPE_UNSPECIFIED] = "folder",
		[PB_FOLDER_TYPE_LIBRARY] = "shared",
		[PB_FOLDER_TYPE_TEAM] = "team",
		[PB_FOLDER_TYPE_PERSONAL] = "private",
		[PB_FOLDER_TYPE_FOLDER] = "folder",
	};

	return type < 0 || (size_t)type >= NITEMS(icons) ? icons[0]
							 : icons[type];
}

const char *
page_day(struct arena *a, const struct pb_timestamp *t)
{
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May",
		"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	int year, month, day;

	if (t == NULL)
		return "";
	clock_civil(pb_time_us(t) / INT64_C(86400000000), &year, &month, &day);
	return arena_printf(a, "%d %s %d", day, months[month - 1], year);
}

const char *
page_time(struct arena *a, const struct pb_timestamp *t)
{
	return t == NULL ? "" : clock_rfc3339(a, pb_time_us(t));
}

const char *
page_count(struct arena *a, int64_t n, const char *one, const char *many)
{
	return arena_printf(a, "%lld %s", (long long)n, n == 1 ? one : many);
}

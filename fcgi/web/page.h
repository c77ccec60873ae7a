/*
 * A page under way: the request, who looks at it, and the frames around what
 * a handler writes. A handler opens a frame, writes, closes it and sends; or
 * it answers with page_fail() or page_redirect() and writes nothing.
 */
#ifndef MIRAI_WEB_PAGE_H
#define MIRAI_WEB_PAGE_H

#include "mirai/v1/common.pb.h"
#include "rpc/html.h"
#include "rpc/req.h"
#include "rpc/site.h"
#include "web/tmpl.h"

#define PAGE_BODY_MAX 65536 /* bytes of a posted form */

struct bell;
struct form;

struct page {
	struct req *r;
	struct html h;
	struct site site;
	/* With a session; the user may still have no company. */
	const struct pb_user *me;
	const struct pb_company *company;
	const struct bell *bell; /* once it was asked for (bell.h) */
	const char *csrf;	 /* for own forms; "" without a session */
	const char *arg[2];	 /* parts of the path: ids */
	const struct form *form; /* posted with files; NULL: none */
	bool level_low;	    /* a session that must prove, or set up, more */
	bool unsure;	    /* whether there is a session could not be asked */
	bool leaves;	    /* a form of it leads to another site */
	bool stores;	    /* its script sends files to storage */
	bool flow;	    /* its script talks to the identity service */
	const char *script; /* of that service; NULL: none */
};

/* --- frames --------------------------------------------------------------- */

/* The public frame, for anyone. */
void page_public_open(struct page *p, const char *title);
void page_public_close(struct page *p);

/* Where a visitor begins: to sign up, or to the dashboard if signed in. */
const char *page_start(const struct page *p);

/* One card in the middle. */
void page_auth_open(struct page *p, const char *title, const char *subtitle);
void page_auth_close(struct page *p);

/* A heading and cards of a person's own account, with a way back. */
void page_account_open(struct page *p, const char *title);
void page_account_close(struct page *p);

/*
 * The app frame; p->me must be set. refresh makes the page load itself again
 * every few seconds.
 */
void page_app_open(struct page *p, const char *title, bool refresh);
void page_app_close(struct page *p);

/* No frame but the page itself: what the course player draws in. */
void page_bare_open(struct page *p, const char *title, const char *kind);
void page_bare_close(struct page *p);

/* A page that is one card, which script may show in place: back leads away. */
void page_card_open(struct page *p, const char *title, const char *text,
    const char *back, const char *back_label);
void page_card_close(struct page *p);

/* Sends what was written, with the security headers of every page. */
void page_send(struct page *p, int status);

/* --- other answers -------------------------------------------------------- */

/* A local path or an address of the site; 303 after a post, 307 else. */
void page_redirect(struct page *p, const char *to);

/*
 * To sign in and back to the page that was asked. While nobody can say who is
 * signed in, the page says that instead: an outage is no sign-out.
 */
void page_to_login(struct page *p);

/* A styled page that says what happened; anything written is dropped. */
void page_message(struct page *p, int status, const char *title,
    const char *text);
void page_not_found(struct page *p);

/* The page for a failed call in r->code: login, 403, 404, 400, 503 or 500. */
void page_fail(struct page *p);

/* --- parts ---------------------------------------------------------------- */

enum page_tone {
	PAGE_INFO,
	PAGE_ERROR,
	PAGE_SUCCESS,
	PAGE_WARNING
};

/* A message; the second one leads on. */
void page_banner(struct page *p, enum page_tone tone, const char *text);
void page_banner_to(struct page *p, enum page_tone tone, const char *text,
    const char *to, const char *label);
void page_empty(struct page *p, const char *icon, const char *title,
    const char *text);

/* --- questions ------------------------------------------------------------ */

/* The token of this session's forms; "" without a credential. */
const char *page_csrf(struct req *r);

/* Whether the posted form holds this session's token. */
bool page_csrf_ok(struct page *p);

bool page_is_admin(const struct page *p);
bool page_is_editor(const struct page *p);

/* False after a page said that this is for administrators. */
bool page_need_admin(struct page *p);

/* One or two letters that stand for a person. */
const char *page_initials(struct arena *a, const struct pb_user *u);

/* Names as they are shown: full name, else e-mail, else a generic word. */
const char *page_user_name(struct arena *a, const struct pb_user *u);
const char *page_role_name(int role);
const char *page_role_tone(int role);

/* The icon of a folder, by its type; a plain one for a type that is unknown. */
const char *page_folder_icon(int32_t type);

/* A day as "20 Nov 2026" and as RFC 3339, in the arena; "" for no time. */
const char *page_day(struct arena *a, const struct pb_timestamp *t);
const char *page_time(struct arena *a, const struct pb_timestamp *t);

/* "1 course", "3 courses". */
const char *page_count(struct arena *a, int64_t n, const char *one,
    const char *many);

#endif

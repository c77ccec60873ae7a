/*
 * Signing in and out, and the error page (spec web.md 6.2, 6.3, 6.11). What
 * happens is decided by the tables of machine.c; here is what each state does
 * and how it looks.
 */
#include <string.h>

#include "identity/view.h"
#include "machine.h"
#include "pages.h"
#include "shown.h"

#define TITLE "Sign In"

/* --- where to go afterwards ------------------------------------------------ */

#define PAID "checkout=success"

/* Whether the query of an address says that a purchase is paid. */
static bool
says_paid(const char *url)
{
	const char *query;

	return url != NULL && (query = strchr(url, '?')) != NULL &&
	    strstr(query, PAID) != NULL;
}

/*
 * The address that was asked for, if ours. The news of a payment goes with
 * it, so that it survives the way through the identity service.
 */
static const char *
return_address(struct page *p)
{
	const char *to;

	to = req_query(p->r, "return_to");
	if (to == NULL || !site_owns(&p->site, to))
		to = "/dashboard";
	if (to[0] == '/')
		to = arena_printf(p->r->mem, "%s%s", p->site.app, to);
	if (str_eq(req_query(p->r, "checkout"), "success") && !says_paid(to))
		to = arena_printf(p->r->mem, "%s%s" PAID, to,
		    strchr(to, '?') == NULL ? "?" : "&");
	return to;
}

/* --- signing in ------------------------------------------------------------ */

struct login {
	struct machine_run run;
	struct shown shown;
};

static int
check_flow(struct page *p, struct login *l)
{
	(void)l;
	return str_is_empty(req_query(p->r, "flow")) ? LOGIN_NO_FLOW
						     : LOGIN_HAS_FLOW;
}

static int
fetch_flow(struct page *p, struct login *l)
{
	switch (shown_load(p, "login", &l->shown)) {
	case SHOWN_READY:
		return LOGIN_LOADED;
	case SHOWN_NONE:
	case SHOWN_GONE:
		return LOGIN_EXPIRED;
	case SHOWN_FOREIGN:
	case SHOWN_FAILED:
	default:
		l->run.error = l->shown.error;
		return LOGIN_FAILED;
	}
}

static const char *
subtitle(const struct shown *s)
{
	if (str_eq(s->flow.requested_aal, "aal2"))
		return "Prove it with your second factor.";
	if (s->flow.refresh)
		return "Confirm that it is you.";
	if (str_eq(s->flow.state, "sent_email"))
		return "Enter the code we sent you by e-mail.";
	return "Use the account of your company.";
}

/* Whoever is asked for a second factor can still leave. */
static void
put_ways_out(struct page *p, const struct shown *s)
{
	if (s->flow.refresh || str_eq(s->flow.requested_aal, "aal2")) {
		tmpl_sign_out(&p->h,
		    &(struct tmpl_sign_out){ .csrf = p->csrf });
		return;
	}
	tmpl_auth_link(&p->h,
	    &(struct tmpl_auth_link){ .to = "/auth/recovery",
		.label = "Forgot your password?" });
	tmpl_auth_link(&p->h,
	    &(struct tmpl_auth_link){ .to = "/auth/registration",
		.label = "Create an account" });
}

static void
show_form(struct page *p, struct login *l)
{
	const struct shown *s = &l->shown;

	/* Who is signed in comes here only to prove something more. */
	if (p->r->who.identity_id[0] != '\0' && !s->flow.refresh &&
	    !str_eq(s->flow.requested_aal, "aal2")) {
		page_redirect(p, "/dashboard");
		return;
	}
	page_auth_open(p, TITLE, subtitle(s));
	if (says_paid(s->flow.return_to))
		page_banner(p, PAGE_SUCCESS,
		    "Your payment was successful. Sign in to begin.");
	shown_put(p, &l->shown);
	put_ways_out(p, s);
	page_auth_close(p);
	page_send(p, 200);
}

/* What a new flow must ask for because the old one did. */
static const char *
proof_wanted(const struct view_flow *old)
{
	if (str_eq(old->requested_aal, "aal2"))
		return "&aal=aal2";
	return old->refresh ? "&refresh=true" : "";
}

static void
go_to_service(struct page *p, struct login *l)
{
	const char *to, *more;

	more = proof_wanted(&l->shown.flow);
	if (p->r->who.identity_id[0] != '\0' && more[0] == '\0') {
		page_redirect(p, "/dashboard");
		return;
	}
	to = l->shown.flow.return_to;
	shown_begin(p, "login", to != NULL ? to : return_address(p), more);
}

/* The way to try again, with the count of it; NULL after the last time. */
static const char *
again_address(struct page *p, const struct login *l)
{
	if (!machine_may_retry(&l->run))
		return NULL;
	return arena_printf(p->r->mem, "/auth/login?flow=%s&retry=%d",
	    str_url_encode(p->r->mem, l->shown.id), l->run.retries + 1);
}

static void
show_error(struct page *p, struct login *l)
{
	if (l->run.error == CODE_FAILED_PRECONDITION)
		shown_put_foreign(p, TITLE);
	else
		shown_put_failure(p, TITLE,
		    "The sign-in service does not answer. Try again in a"
		    " minute.",
		    again_address(p, l));
}

struct login_act {
	int (*work)(struct page *p, struct login *l); /* gives an event */
	void (*answer)(struct page *p, struct login *l);
};

/* A state either works on or answers. */
static const struct login_act login_acts[LOGIN__MAX] = {
	[LOGIN_CHECKING_FLOW] = { check_flow, NULL },
	[LOGIN_FETCHING_FLOW] = { fetch_flow, NULL },
	[LOGIN_READY] = { NULL, show_form },
	[LOGIN_NEEDS_REDIRECT] = { NULL, go_to_service },
	[LOGIN_FLOW_EXPIRED] = { NULL, go_to_service },
	[LOGIN_ERROR] = { NULL, show_error },
};

/* A retry begins in the state of error, with the count it came with. */
static void
begin_login(struct page *p, struct login *l)
{
	const char *retry;

	l->run.machine = &machine_login;
	retry = req_query(p->r, "retry");
	if (retry == NULL || retry[0] < '1' || retry[0] > '9' ||
	    retry[1] != '\0') {
		(void)machine_step(&l->run, LOGIN_START);
		return;
	}
	l->run.state = LOGIN_ERROR;
	l->run.retries = retry[0] - '1';
	(void)machine_step(&l->run, LOGIN_RETRY);
}

void
login_page(struct page *p)
{
	struct login *l = arena_zalloc(p->r->mem, sizeof(*l));

	begin_login(p, l);
	while (login_acts[l->run.state].work != NULL)
		if (!machine_step(&l->run, login_acts[l->run.state].work(p, l)))
			break;
	login_acts[l->run.state].answer(p, l);
}

/* --- signing out ----------------------------------------------------------- */

/* Ends both kinds of session; the cookies go in any case. */
static int
perform_logout(struct page *p, struct machine_run *run)
{
	run->error = view_sign_out(shown_view(), p->r);
	return run->error == CODE_OK ? LOGOUT_DONE : LOGOUT_FAILED;
}

static int
clear_session(struct page *p, struct machine_run *run)
{
	(void)run;
	view_clear_cookies(p->r);
	p->r->code = CODE_OK;
	return LOGOUT_DONE;
}

/* There is no flow to make: the credentials are in the request. */
static int
create_logout(struct page *p, struct machine_run *run)
{
	(void)p;
	(void)run;
	return LOGOUT_CREATED;
}

void
login_logout(struct page *p)
{
	static int (*const works[LOGOUT__MAX])(struct page * p,
	    struct machine_run * run) = {
		[LOGOUT_CREATING_FLOW] = create_logout,
		[LOGOUT_PERFORMING] = perform_logout,
		[LOGOUT_CLEARING] = clear_session,
	};
	struct machine_run run = { .machine = &machine_logout };

	(void)machine_step(&run, LOGOUT_START);
	while (works[run.state] != NULL)
		if (!machine_step(&run, works[run.state](p, &run)))
			break;
	page_redirect(p, arena_printf(p->r->mem, "%s/", p->site.marketing));
}

/* --- errors ---------------------------------------------------------------- */

/* The stored error, or NULL when it is gone or none was named. */
static const struct json *
find_error(struct page *p)
{
	const struct json *error;
	const char *id;

	id = req_query(p->r, "id");
	if (id == NULL || view_error(shown_view(), p->r, id, &error) != CODE_OK)
		return NULL;
	return error;
}

static void
put_error(struct page *p, const struct json *error)
{
	const char *message, *reason;
	int64_t code;

	code = json_get_int(error, "code", 0, 999, 0);
	message = json_get_text(error, "message", "");
	reason = json_get_text(error, "reason", "");
	if (code != 0)
		tmpl_error_status(&p->h,
		    &(struct tmpl_error_status){
			.code = arena_printf(p->r->mem, "%d", (int)code),
			.text = json_get_text(error, "status", "") });
	if (message[0] != '\0' && !str_eq(message, reason))
		page_banner(p, PAGE_ERROR, message);
	if (reason[0] != '\0')
		tmpl_node_text(&p->h,
		    &(struct tmpl_node_text){ .text = reason });
}

void
login_error(struct page *p)
{
	const struct json *error;

	error = find_error(p);
	page_auth_open(p, "That did not work",
	    error == NULL ? "Something went wrong while signing in or out."
			  : "The identity service refused the request.");
	if (error != NULL)
		put_error(p, error);
	tmpl_auth_button(&p->h,
	    &(struct tmpl_auth_button){ .to = "/auth/login",
		.label = "Back to Login" });
	tmpl_auth_link(&p->h,
	    &(struct tmpl_auth_link){ .to = "/", .label = "Go to Homepage" });
	page_auth_close(p);
	page_send(p, 200);
}

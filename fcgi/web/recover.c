/*
 * Coming back in and proving an address: recovery, the new password after it,
 * verification (spec web.md 6.5, 6.6, 6.8); and signing up by the plain form.
 */
#include "base/log.h"
#include "identity/view.h"
#include "pages.h"
#include "recover.h"
#include "rpc/resp.h"
#include "shown.h"

#define RESET_TITLE "Choose a New Password"

static void
put_link(struct page *p, const char *to, const char *label)
{
	tmpl_auth_link(&p->h,
	    &(struct tmpl_auth_link){ .to = to, .label = label });
}

static bool
sent(const struct shown *s)
{
	return str_eq(s->flow.state, "sent_email");
}

/* --- recovery -------------------------------------------------------------- */

void
recover_page(struct page *p)
{
	static const char title[] = "Reset Password";
	struct shown s;

	if (!shown_need(p, "recovery", title, &s))
		return;
	page_auth_open(p, title,
	    sent(&s) ? "Enter the code from the e-mail we sent you."
		     : "Enter your e-mail address, and we send you a code.");
	shown_put(p, &s);
	put_link(p, "/auth/login", "Back to Sign In");
	page_auth_close(p);
	page_send(p, 200);
}

/* --- the new password ------------------------------------------------------ */

/* Names the flow of a browser on its way through recovery. */
#define RECOVERING_COOKIE  "mirai_recovering"
#define RECOVERING_SECONDS 3600

static void
set_recovering(struct page *p, const char *flow)
{
	resp_cookie(p->r,
	    &(struct resp_cookie){ .name = RECOVERING_COOKIE,
		.value = flow,
		.path = "/auth",
		.max_age = flow[0] == '\0' ? -1 : RECOVERING_SECONDS,
		.secure = conf_bool(p->r->env->conf, "cookie.secure") });
}

bool
recover_takes(struct page *p, const struct shown *s)
{
	if (nodes_has_message(&s->nodes, UI_RECOVERED))
		set_recovering(p, s->id);
	else if (!str_eq(req_cookie(p->r, RECOVERING_COOKIE), s->id))
		return false;
	page_redirect(p,
	    arena_printf(p->r->mem, "/auth/reset-password?flow=%s", s->id));
	return true;
}

/* Signing in with the new password is the proof that it works. */
static void
show_saved(struct page *p)
{
	if (view_sign_out(shown_view(), p->r) != CODE_OK)
		log_warn("reset: the session could not be ended");
	view_clear_cookies(p->r);
	set_recovering(p, "");
	page_auth_open(p, "Password Changed",
	    "Sign in with your new password.");
	page_banner(p, PAGE_SUCCESS, "Your new password is saved.");
	tmpl_auth_button(&p->h,
	    &(struct tmpl_auth_button){ .to = "/auth/login",
		.label = "Sign In" });
	page_auth_close(p);
	page_send(p, 200);
}

static void
show_new_password(struct page *p, struct shown *s)
{
	static const char *const groups[] = { "password", NULL };

	set_recovering(p, s->id);
	page_auth_open(p, RESET_TITLE, "You will sign in with it from now on.");
	s->nodes.new_password = true;
	nodes_put_messages(p, &s->nodes);
	nodes_put_form(p, &s->nodes, groups);
	shown_put_script(p);
	page_auth_close(p);
	page_send(p, 200);
}

static void
show_reset_expired(struct page *p)
{
	page_auth_open(p, RESET_TITLE, "This page has expired.");
	page_banner(p, PAGE_ERROR,
	    "Too much time has passed since you entered the code.");
	tmpl_auth_button(&p->h,
	    &(struct tmpl_auth_button){ .to = "/auth/recovery",
		.label = "Start again" });
	page_auth_close(p);
	page_send(p, 410);
}

/* The states of 6.6: saved, recovered, wrong in the form, anything else. */
static void
show_reset(struct page *p, struct shown *s)
{
	bool recovering;

	recovering = str_eq(req_cookie(p->r, RECOVERING_COOKIE), s->id);
	if (nodes_has_message(&s->nodes, UI_SAVED))
		show_saved(p);
	else if (nodes_has_message(&s->nodes, UI_RECOVERED) || recovering)
		show_new_password(p, s);
	else
		page_redirect(p, "/auth/login");
}

void
recover_reset(struct page *p)
{
	struct shown s;

	switch (shown_load(p, "settings", &s)) {
	case SHOWN_READY:
		show_reset(p, &s);
		return;
	case SHOWN_NONE:
		page_redirect(p, "/auth/login");
		return;
	case SHOWN_GONE:
	case SHOWN_FOREIGN:
		show_reset_expired(p);
		return;
	case SHOWN_FAILED:
	default:
		shown_put_failure(p, RESET_TITLE,
		    "Something went wrong. Try again in a minute.",
		    arena_printf(p->r->mem, "/auth/reset-password?flow=%s",
			s.id));
	}
}

/* --- verification ---------------------------------------------------------- */

static void
show_verified(struct page *p)
{
	page_auth_open(p, "E-mail Verified", "Thank you.");
	page_banner(p, PAGE_SUCCESS, "Your e-mail address is verified.");
	tmpl_auth_button(&p->h,
	    &(struct tmpl_auth_button){ .to = "/dashboard",
		.label = "Go to Dashboard" });
	page_auth_close(p);
	page_send(p, 200);
}

void
recover_verification(struct page *p)
{
	static const char title[] = "Verify E-mail";
	struct shown s;

	if (!shown_need(p, "verification", title, &s))
		return;
	if (str_eq(s.flow.state, "passed_challenge")) {
		show_verified(p);
		return;
	}
	page_auth_open(p, title,
	    sent(&s) ? "Enter the code from the e-mail we sent you."
		     : "Enter the address to verify, and we send you a code.");
	shown_put(p, &s);
	put_link(p, "/dashboard", "Skip for now");
	page_auth_close(p);
	page_send(p, 200);
}

/* --- signing up ------------------------------------------------------------ */

void
recover_registration(struct page *p)
{
	static const char title[] = "Create Account";
	struct shown s;

	if (!conf_bool(p->r->env->conf, "identity.registration")) {
		page_not_found(p);
		return;
	}
	if (!shown_need(p, "registration", title, &s))
		return;
	page_auth_open(p, title, "It takes a minute.");
	s.nodes.new_password = true;
	s.nodes.whole = true;
	shown_put(p, &s);
	put_link(p, "/auth/login", "Sign in instead");
	page_auth_close(p);
	page_send(p, 200);
}

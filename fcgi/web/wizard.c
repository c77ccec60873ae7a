/*
 * The registration wizard (spec web.md 6.4): four steps, walked by the table of
 * machine_registration.c. Nothing is kept between two requests: what was typed
 * travels in the form, the password in the last post alone, which is why the
 * account and the plan are one page. Script shows them one after the other.
 */
#include <string.h>

#include "base/utf8.h"
#include "machine.h"
#include "mirai/v1/auth.rpc.h"
#include "net/crypt.h"
#include "pages.h"
#include "plans.h"
#include "wizard_parts.h"

#define TITLE	  "Create Account"
#define PATH	  "/auth/registration"
#define MIN_CHARS 8

struct wizard {
	struct machine_run run;
	struct wizard_company company;
	const char *email;
	const char *first_name;
	const char *last_name;
	const char *password; /* wiped when the request ends */
	const char *confirm;
	struct wizard_flaw flaw;
	const char *url;  /* of the checkout */
	bool ready;	  /* the account is made */
	bool canceled;	  /* back from the checkout */
	bool typed_again; /* a password was given, and is not drawn */
};

/* --- what was posted ------------------------------------------------------- */

static void
take(struct page *p, struct wizard *w)
{
	wizard_parts_take(p, &w->company);
	w->email = wizard_parts_value(p, "email");
	w->first_name = wizard_parts_value(p, "first_name");
	w->last_name = wizard_parts_value(p, "last_name");
	w->password = wizard_parts_secret(p, "password");
	w->confirm = wizard_parts_secret(p, "confirm");
}

/* --- guards: what a step asks for ------------------------------------------ */

static void
demand(struct wizard *w, const char *field, const char *text)
{
	w->run.valid = false;
	if (w->flaw.text == NULL)
		w->flaw = (struct wizard_flaw){ field, text };
}

static void
check_account(struct wizard *w)
{
	if (w->first_name[0] == '\0')
		demand(w, "first_name", "Please enter your first name.");
	if (w->last_name[0] == '\0')
		demand(w, "last_name", "Please enter your last name.");
	if (str_eq(w->company.plan, "enterprise"))
		return; /* the sales desk needs no password */
	if (utf8_count(w->password) < MIN_CHARS)
		demand(w, "password",
		    "The password must have at least 8 characters.");
	else if (!crypt_equal_str(w->password, w->confirm))
		demand(w, "confirm", "The two passwords are not the same.");
}

static void
check_step(struct wizard *w)
{
	w->run.valid = true;
	if (w->run.state == REGISTRATION_EMAIL && w->email[0] == '\0')
		demand(w, "email", "Please enter your e-mail address.");
	if (w->run.state == REGISTRATION_ORG && w->company.name[0] == '\0')
		demand(w, "company_name", "Please enter your company's name.");
	if (w->run.state == REGISTRATION_ACCOUNT)
		check_account(w);
}

/* --- works: states that call ----------------------------------------------- */

static int
failed(struct page *p, struct wizard *w)
{
	w->run.error = p->r->code;
	w->flaw = wizard_parts_failed(p);
	return REGISTRATION_FAILED;
}

static int
check_email(struct page *p, struct wizard *w)
{
	const struct pb_check_email_request in = { .email = w->email };
	struct pb_check_email_response out = { 0 };

	if (rpc_auth_check_email(p->r, &in, &out) != CODE_OK)
		return failed(p, w);
	if (!out.exists)
		return REGISTRATION_FREE;
	p->r->code = CODE_ALREADY_EXISTS;
	w->flaw = wizard_parts_failed(p);
	w->run.error = CODE_ALREADY_EXISTS;
	req_unfail(p->r);
	return REGISTRATION_EXISTS;
}

static int
sign_up(struct page *p, struct wizard *w)
{
	const struct pb_register_request in = {
		.email = w->email,
		.password = w->password,
		.first_name = w->first_name,
		.last_name = w->last_name,
		.company_name = w->company.name,
		.industry = w->company.industry,
		.team_size = w->company.team_size,
		.plan = wizard_parts_plan(&w->company),
		.has_seat_count = true,
		.seat_count = wizard_parts_seats(&w->company),
	};
	struct pb_register_response out = { 0 };

	if (rpc_auth_register(p->r, &in, &out) != CODE_OK)
		return failed(p, w);
	w->ready = out.user != NULL;
	w->url = out.checkout_url;
	return str_is_empty(w->url) ? REGISTRATION_DONE
				    : REGISTRATION_TO_CHECKOUT;
}

static int
ask_sales(struct page *p, struct wizard *w)
{
	const struct pb_enterprise_contact_request in = {
		.company_name = w->company.name,
		.industry = w->company.industry,
		.team_size = w->company.team_size,
		.name = arena_printf(p->r->mem, "%s %s", w->first_name,
		    w->last_name),
		.email = w->email,
	};
	struct pb_enterprise_contact_response out = { 0 };

	if (rpc_auth_enterprise_contact(p->r, &in, &out) != CODE_OK)
		return failed(p, w);
	return REGISTRATION_DONE;
}

/* --- drawing --------------------------------------------------------------- */

static void
put_progress(struct page *p, int step)
{
	static const char *const labels[] = { "Email", "Organization",
		"Account", "Plan" };
	int i;

	tmpl_wizard_progress_open(&p->h,
	    &(struct tmpl_wizard_progress){ .step = step });
	for (i = 0; i < (int)NITEMS(labels); i++)
		tmpl_wizard_step(&p->h,
		    &(struct tmpl_wizard_step){
			.current = i + 1 == step ? "step" : "false",
			.label = labels[i] });
	tmpl_wizard_progress_close(&p->h);
}

static void
put_hidden(struct page *p, const char *name, const char *value)
{
	tmpl_hidden(&p->h,
	    &(struct tmpl_hidden){ .name = name, .value = value });
}

/* What the steps before and after this one hold. */
static void
put_rest(struct page *p, const struct wizard *w, int state)
{
	if (state != REGISTRATION_EMAIL)
		put_hidden(p, "email", w->email);
	if (state != REGISTRATION_ORG) {
		put_hidden(p, "company_name", w->company.name);
		put_hidden(p, "industry", w->company.industry);
		put_hidden(p, "team_size", w->company.team_size);
	}
	if (state != REGISTRATION_PLAN) {
		put_hidden(p, "first_name", w->first_name);
		put_hidden(p, "last_name", w->last_name);
		put_hidden(p, "plan", w->company.plan);
		put_hidden(p, "seats", w->company.seats);
	}
}

static void
open_step(struct page *p, const struct wizard *w, int step, const char *name,
    const char *subtitle)
{
	wizard_parts_frame_open(p, TITLE);
	tmpl_wizard_head(&p->h,
	    &(struct tmpl_wizard_head){ .title = TITLE, .subtitle = subtitle });
	put_progress(p, step);
	wizard_parts_put_flaw(p, &w->flaw);
	tmpl_wizard_form_open(&p->h,
	    &(struct tmpl_wizard_form){ .action = PATH,
		.step = name,
		.csrf = "" });
}

/* The identity service's own form takes what else one may sign in with. */
static void
put_ways_in(struct page *p)
{
	tmpl_auth_link(&p->h,
	    &(struct tmpl_auth_link){ .to = "/auth/login",
		.label = "I have an account: sign in" });
	if (conf_bool(p->r->env->conf, "identity.registration"))
		tmpl_auth_link(&p->h,
		    &(struct tmpl_auth_link){
			.to = arena_printf(p->r->mem,
			    "%s/self-service/registration/browser",
			    p->site.auth),
			.label = "Other ways to sign up" });
}

/* back NULL: this is the first step. */
static void
close_step(struct page *p, const char *label, const char *busy,
    const char *back)
{
	tmpl_wizard_foot_open(&p->h,
	    &(struct tmpl_wizard_foot){ .busy = busy, .label = label });
	if (back != NULL)
		tmpl_wizard_back(&p->h,
		    &(struct tmpl_wizard_back){ .label = back });
	tmpl_wizard_foot_close(&p->h);
	tmpl_wizard_form_close(&p->h);
	put_ways_in(p);
	wizard_parts_frame_close(p);
	page_send(p, 200);
}

static void
show_email(struct page *p, struct wizard *w)
{
	open_step(p, w, 1, "email", "Which address will you sign in with?");
	if (w->canceled)
		page_banner(p, PAGE_INFO,
		    "You left the checkout before it was complete, and nothing"
		    " was charged. You can begin again with the same address.");
	put_rest(p, w, REGISTRATION_EMAIL);
	wizard_parts_line(p,
	    &(struct wizard_line){ .name = "email",
		.label = "E-mail",
		.type = "email",
		.value = w->email,
		.autocomplete = "email",
		.max = 254,
		.autofocus = true },
	    &w->flaw);
	close_step(p, "Continue", "Checking...", NULL);
}

static void
show_org(struct page *p, struct wizard *w)
{
	open_step(p, w, 2, "org", "Which company do you sign up for?");
	put_rest(p, w, REGISTRATION_ORG);
	wizard_parts_put_company(p, &w->company, &w->flaw);
	close_step(p, "Continue", "One moment...", "Back");
}

static void
put_password(struct page *p, const struct wizard *w, const char *name,
    const char *label, const char *rules)
{
	const char *error = wizard_parts_error(&w->flaw, name);

	tmpl_wizard_password(&p->h,
	    &(struct tmpl_wizard_password){ .id = name,
		.label = label,
		.name = name,
		.invalid = error[0] == '\0' ? "false" : "true",
		.rules = rules,
		.error = error });
}

static void
put_account(struct page *p, const struct wizard *w)
{
	tmpl_wizard_panel_open(&p->h,
	    &(struct tmpl_wizard_panel){ .name = "account",
		.title = "Your account" });
	wizard_parts_line(p,
	    &(struct wizard_line){ .name = "first_name",
		.label = "First name",
		.type = "text",
		.value = w->first_name,
		.autocomplete = "given-name",
		.max = 100 },
	    &w->flaw);
	wizard_parts_line(p,
	    &(struct wizard_line){ .name = "last_name",
		.label = "Last name",
		.type = "text",
		.value = w->last_name,
		.autocomplete = "family-name",
		.max = 100 },
	    &w->flaw);
	put_password(p, w, "password", "Password", "rules");
	tmpl_wizard_rules(&p->h);
	put_password(p, w, "confirm", "Confirm password", "");
	if (w->typed_again)
		tmpl_wizard_again(&p->h);
	tmpl_wizard_panel_close(&p->h);
}

/* The account and the plan: one form, since the password is sent once. */
static void
show_account(struct page *p, struct wizard *w)
{
	open_step(p, w, 3, "account", "Who are you, and what do you need?");
	put_rest(p, w, REGISTRATION_PLAN);
	put_account(p, w);
	tmpl_wizard_panel_open(&p->h,
	    &(struct tmpl_wizard_panel){ .name = "plan",
		.title = "Your plan" });
	wizard_parts_put_plans(p, &w->company, &w->flaw, true);
	tmpl_wizard_panel_close(&p->h);
	close_step(p, "Get Started", "Processing...", "Back");
}

static void
put_fact(struct page *p, const char *name, const char *value)
{
	if (value[0] != '\0')
		tmpl_wizard_fact(&p->h,
		    &(struct tmpl_wizard_fact){ .name = name, .value = value });
}

static void
put_benefits(struct page *p)
{
	tmpl_wizard_benefits_open(&p->h);
	plans_put_items(p, plans_find(PB_PLAN_ENTERPRISE));
	tmpl_wizard_benefits_close(&p->h);
}

static void
show_contact(struct page *p, struct wizard *w)
{
	open_step(p, w, 4, "contact",
	    "Enterprise is agreed with people. This is what we pass on:");
	put_rest(p, w, REGISTRATION_CONTACT);
	tmpl_wizard_facts_open(&p->h);
	put_fact(p, "Name",
	    arena_printf(p->r->mem, "%s %s", w->first_name, w->last_name));
	put_fact(p, "E-mail", w->email);
	put_fact(p, "Company", w->company.name);
	put_fact(p, "Industry", w->company.industry);
	put_fact(p, "Team size", w->company.team_size);
	tmpl_wizard_facts_close(&p->h);
	put_benefits(p);
	close_step(p, "Contact Sales", "Submitting...", "Back to plans");
}

/* --- ends ------------------------------------------------------------------ */

static void
show_end(struct page *p, const struct tmpl_wizard_end *end)
{
	wizard_parts_frame_open(p, end->title);
	tmpl_wizard_end(&p->h, end);
	wizard_parts_frame_close(p);
	page_send(p, 200);
}

static void
show_checkout(struct page *p, struct wizard *w)
{
	wizard_parts_go(p, w->url);
}

static void
show_welcome(struct page *p, struct wizard *w)
{
	show_end(p,
	    &(struct tmpl_wizard_end){ .title = "Welcome to Mirai",
		.text = w->ready
		    ? "Your company is ready. Sign in with the address and the"
		      " password you chose."
		    : "Your company is being set up, which takes a minute at"
		      " most. Then sign in with the address and the password"
		      " you chose.",
		.to = "/dashboard",
		.label = "Go to Dashboard" });
}

static void
show_thanks(struct page *p, struct wizard *w)
{
	(void)w;
	show_end(p,
	    &(struct tmpl_wizard_end){ .title = "Thank you",
		.text = "Our sales desk has your inquiry and answers within 24"
			" hours.",
		.to = arena_printf(p->r->mem, "%s/", p->site.marketing),
		.label = "Back to the start page" });
}

/* --- walking --------------------------------------------------------------- */

struct act {
	const char *step;			       /* its name in forms */
	int (*work)(struct page *p, struct wizard *w); /* gives an event */
	void (*show)(struct page *p, struct wizard *w);
};

static const struct act acts[REGISTRATION__MAX] = {
	[REGISTRATION_EMAIL] = { "email", NULL, show_email },
	[REGISTRATION_CHECKING_EMAIL] = { NULL, check_email, NULL },
	[REGISTRATION_ORG] = { "org", NULL, show_org },
	[REGISTRATION_ACCOUNT] = { "account", NULL, show_account },
	[REGISTRATION_PLAN] = { NULL, NULL, show_account },
	[REGISTRATION_SUBMITTING] = { NULL, sign_up, NULL },
	[REGISTRATION_CONTACT] = { "contact", NULL, show_contact },
	[REGISTRATION_SUBMITTING_CONTACT] = { NULL, ask_sales, NULL },
	[REGISTRATION_REDIRECTING] = { NULL, NULL, show_checkout },
	[REGISTRATION_SUCCESS] = { NULL, NULL, show_welcome },
	[REGISTRATION_CONTACT_DONE] = { NULL, NULL, show_thanks },
};

/* Takes an event, then whatever the states that call give. */
static bool
walk(struct page *p, struct wizard *w, int event)
{
	bool moved;

	moved = machine_step(&w->run, event);
	while (moved && acts[w->run.state].work != NULL)
		if (!machine_step(&w->run, acts[w->run.state].work(p, w)))
			break;
	return moved;
}

/* The page of the account holds the plan, too: it is left in two steps. */
static void
walk_account(struct page *p, struct wizard *w)
{
	w->typed_again = w->password[0] != '\0';
	if (!walk(p, w, REGISTRATION_NEXT))
		return;
	(void)walk(p, w,
	    str_eq(w->company.plan, "enterprise")
		? REGISTRATION_SELECT_ENTERPRISE
		: REGISTRATION_SUBMIT);
}

static void
walk_posted(struct page *p, struct wizard *w)
{
	bool back = str_eq(req_form(p->r, "go"), "back");

	if (back && w->run.state == REGISTRATION_CONTACT) {
		w->company.plan = "starter";
		(void)walk(p, w, REGISTRATION_CANCEL_ENTERPRISE);
	} else if (back)
		(void)walk(p, w, REGISTRATION_BACK);
	else if (w->run.state == REGISTRATION_CONTACT)
		(void)walk(p, w, REGISTRATION_SUBMIT);
	else {
		check_step(w);
		if (w->run.state == REGISTRATION_ACCOUNT)
			walk_account(p, w);
		else
			(void)walk(p, w, REGISTRATION_NEXT);
	}
}

static int
posted_state(struct page *p)
{
	const char *step = req_form(p->r, "step");
	int i;

	for (i = 0; i < REGISTRATION__MAX; i++)
		if (acts[i].step != NULL && str_eq(acts[i].step, step))
			return i;
	return REGISTRATION_EMAIL;
}

/* --- the page -------------------------------------------------------------- */

/* Who is invited, or signed in, has no business here. True: answered. */
static bool
sent_elsewhere(struct page *p)
{
	const char *token = req_query(p->r, "invite_token");

	if (!str_is_empty(token)) {
		page_redirect(p,
		    arena_printf(p->r->mem, "/auth/accept-invite?token=%s",
			str_url_encode(p->r->mem, token)));
		return true;
	}
	if (p->r->who.identity_id[0] != '\0') {
		page_redirect(p, "/dashboard");
		return true;
	}
	return wizard_parts_closed(p);
}

void
wizard_page(struct page *p)
{
	struct wizard *w = arena_zalloc(p->r->mem, sizeof(*w));
	const char *tier = req_query(p->r, "tier");

	/* The identity service's own form, where that signs people up. */
	if (!str_is_empty(req_query(p->r, "flow")) &&
	    p->r->who.identity_id[0] == '\0') {
		recover_registration(p);
		return;
	}
	if (sent_elsewhere(p))
		return;
	w->run.machine = &machine_registration;
	w->email = w->first_name = w->last_name = "";
	w->company = (struct wizard_company){ "", "", "", "starter", "1" };
	if (plans_by_slug(tier) != NULL)
		w->company.plan = plans_by_slug(tier)->slug;
	w->canceled = str_eq(req_query(p->r, "checkout"), "canceled");
	show_email(p, w);
}

void
wizard_post(struct page *p)
{
	struct wizard *w = arena_zalloc(p->r->mem, sizeof(*w));

	if (sent_elsewhere(p))
		return;
	if (!wizard_parts_own_form(p)) {
		page_message(p, 403, "Not a form of this page",
		    "Load the registration again and repeat what you did.");
		return;
	}
	p->leaves = true;
	take(p, w);
	w->run.machine = &machine_registration;
	w->run.state = posted_state(p);
	walk_posted(p, w);
	acts[w->run.state].show(p, w);
	crypt_wipe((void *)(uintptr_t)p->r->body, p->r->bodylen);
}

/*
 * Onboarding (spec web.md 6.10): a company for somebody who has an account and
 * belongs to none. One form; paying, if there is anything to pay, comes last.
 */
#include "mirai/v1/auth.rpc.h"
#include "mirai/v1/user.rpc.h"
#include "pages.h"
#include "rpc/resp.h"
#include "wizard_parts.h"

#define TITLE "Set Up Your Company"

/* The company is there; only the plan is not bought. */
static void
show_unpaid(struct page *p)
{
	wizard_parts_frame_open(p, TITLE);
	tmpl_wizard_head(&p->h,
	    &(struct tmpl_wizard_head){ .title = "Your company is ready",
		.subtitle = "Its plan is not paid yet." });
	page_banner(p, PAGE_INFO,
	    "You left the checkout before it was complete, and nothing was"
	    " charged. You can choose a plan whenever you like.");
	tmpl_auth_button(&p->h,
	    &(struct tmpl_auth_button){ .to = "/settings?tab=billing",
		.label = "Choose a plan" });
	tmpl_auth_link(&p->h,
	    &(struct tmpl_auth_link){ .to = "/dashboard",
		.label = "Go to Dashboard" });
	wizard_parts_frame_close(p);
	page_send(p, 200);
}

/* Whoever has a company already goes on to it. False: answered. */
static bool
is_newcomer(struct page *p)
{
	const struct pb_get_me_request in = { 0 };
	struct pb_get_me_response out = { 0 };
	enum code code;

	code = rpc_user_get_me(p->r, &in, &out);
	if (code == CODE_NOT_FOUND) {
		req_unfail(p->r);
		return true;
	}
	if (code != CODE_OK)
		page_fail(p);
	else if (str_eq(req_query(p->r, "checkout"), "canceled"))
		show_unpaid(p);
	else
		page_redirect(p, "/dashboard");
	return false;
}

static void
show(struct page *p, const struct wizard_company *c,
    const struct wizard_flaw *flaw)
{
	p->leaves = true;
	wizard_parts_frame_open(p, TITLE);
	tmpl_wizard_head(&p->h,
	    &(struct tmpl_wizard_head){ .title = TITLE,
		.subtitle = "You have an account and no company yet. If you"
			    " were invited to one, follow the link in that"
			    " e-mail instead." });
	wizard_parts_put_flaw(p, flaw);
	tmpl_wizard_form_open(&p->h,
	    &(struct tmpl_wizard_form){ .action = "/onboard",
		.step = "company",
		.csrf = p->csrf });
	wizard_parts_put_company(p, c, flaw);
	wizard_parts_put_plans(p, c, flaw, false);
	tmpl_wizard_foot_open(&p->h,
	    &(struct tmpl_wizard_foot){ .busy = "Processing...",
		.label = "Get Started" });
	tmpl_wizard_foot_close(&p->h);
	tmpl_wizard_form_close(&p->h);
	tmpl_sign_out(&p->h, &(struct tmpl_sign_out){ .csrf = p->csrf });
	wizard_parts_frame_close(p);
	page_send(p, flaw->text == NULL ? 200 : 400);
}

void
onboard_page(struct page *p)
{
	const struct wizard_company empty = { "", "", "", "starter", "1" };
	const struct wizard_flaw none = { NULL, NULL };

	if (is_newcomer(p) && !wizard_parts_closed(p))
		show(p, &empty, &none);
}

/* The address people remember. */
void
onboard_alias(struct page *p)
{
	page_redirect(p,
	    p->r->query[0] == '\0'
		? "/onboard"
		: arena_printf(p->r->mem, "/onboard?%s", p->r->query));
}

void
onboard_post(struct page *p)
{
	struct pb_onboard_request in = { 0 };
	struct pb_onboard_response out = { 0 };
	struct wizard_company c;
	struct wizard_flaw flaw;

	wizard_parts_take(p, &c);
	in.company_name = c.name;
	in.industry = c.industry;
	in.team_size = c.team_size;
	in.plan = wizard_parts_plan(&c);
	in.has_seat_count = true;
	in.seat_count = wizard_parts_seats(&c);
	if (rpc_auth_onboard(p->r, &in, &out) == CODE_OK) {
		if (str_is_empty(out.checkout_url))
			page_redirect(p, "/dashboard?onboarding=complete");
		else
			wizard_parts_go(p, out.checkout_url);
		return;
	}
	if (p->r->code == CODE_ALREADY_EXISTS) {
		page_redirect(p, "/dashboard");
		return;
	}
	if (p->r->code == CODE_UNAUTHENTICATED) {
		page_fail(p);
		return;
	}
	flaw = wizard_parts_failed(p);
	show(p, &c, &flaw);
}

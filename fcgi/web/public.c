/*
 * Pages for everyone: the landing page, prices, the terms, privacy. They
 * state what this software does and nothing it does not.
 */
#include "pages.h"
#include "plans.h"

static bool
signed_in(const struct page *p)
{
	return p->r->who.identity_id[0] != '\0';
}

void
public_landing(struct page *p)
{
	const char *checkout;

	checkout = req_query(p->r, "checkout");
	page_public_open(p, "Training from your documents");
	if (!signed_in(p))
		tmpl_landing_prefetch(&p->h);
	tmpl_landing(&p->h,
	    &(struct tmpl_landing){ .start = page_start(p),
		.start_label =
		    signed_in(p) ? "Go to your dashboard" : "Get Started" });
	if (checkout != NULL && str_eq(checkout, "success")) {
		tmpl_checkout_thanks(&p->h,
		    &(struct tmpl_checkout_thanks){ .close = "/" });
		tmpl_celebrate(&p->h);
	}
	page_public_close(p);
	page_send(p, 200);
}

/* --- pricing --------------------------------------------------------------- */

/* Contracts are made by people; the rest is bought while signing up. */
static void
put_plan(struct page *p, const struct plan *plan)
{
	bool pro;

	pro = plan->wire == PB_PLAN_PRO;
	plans_card_open(p, plan, pro ? "Recommended" : "");
	tmpl_plan_start(&p->h,
	    &(struct tmpl_plan_start){ .look = pro ? "" : "button-plain",
		.to = signed_in(p)
		    ? arena_printf(p->r->mem, "%s/settings?tab=billing",
			  p->site.part == SITE_MARKETING ? p->site.app : "")
		    : arena_printf(p->r->mem, "%s?tier=%s", page_start(p),
			  plan->slug),
		.label =
		    plans_cents(plan) > 0 ? "Get Started" : "Contact Sales",
		.plan = plan->name });
	plans_card_close(p);
}

void
public_pricing(struct page *p)
{
	size_t i;

	page_public_open(p, "Pricing");
	tmpl_pricing_open(&p->h);
	if (!plans_are_paid(p))
		page_banner(p, PAGE_INFO,
		    arena_printf(p->r->mem,
			"This installation takes no payments: a company that"
			" signs up here gets %s at once. The prices below hold"
			" where payments are taken.",
			page_count(p->r->mem,
			    conf_int(p->r->env->conf, "billing.seats"), "seat",
			    "seats")));
	tmpl_plan_list_open(&p->h);
	for (i = 0; i < PLANS; i++)
		put_plan(p, &plans[i]);
	tmpl_plan_list_close(&p->h);
	tmpl_pricing_close(&p->h);
	page_public_close(p);
	page_send(p, 200);
}

/* --- legal ----------------------------------------------------------------- */

void
public_terms(struct page *p)
{
	page_public_open(p, "Terms of use");
	tmpl_terms(&p->h);
	page_public_close(p);
	page_send(p, 200);
}

void
public_privacy(struct page *p)
{
	page_public_open(p, "Privacy");
	tmpl_privacy(&p->h);
	page_public_close(p);
	page_send(p, 200);
}

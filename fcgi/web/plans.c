/*
 * The plans as cards, for visitors and for those who have one. What a plan
 * promises and this version has not yet is named as planned, not as there.
 */
#include "plans.h"

#include "service/seats.h"

const struct plan plans[PLANS] = {
	{ PB_PLAN_STARTER, "starter", "Starter",
	    "For a first team and its first courses.",
	    { "Up to 10 members", "Basic course builder", "5 GB of storage",
		"Support by e-mail" },
	    { NULL } },
	{ PB_PLAN_PRO, "pro", "Pro", "For a company of any size.",
	    { "Unlimited members", "Advanced course builder",
		"50 GB of storage", "Priority support" },
	    { "Custom branding", "Analytics dashboard" } },
	{ PB_PLAN_ENTERPRISE, "enterprise", "Enterprise",
	    "By contract, with people to talk to.",
	    { "All of Pro", "Unlimited storage",
		"Single sign-on by OpenID Connect", "Dedicated support",
		"Agreed service levels" },
	    { "Single sign-on by SAML", "Custom integrations" } },
};

const struct plan *
plans_find(int32_t wire)
{
	size_t i;

	for (i = 0; i < PLANS; i++)
		if (plans[i].wire == wire)
			return &plans[i];
	return NULL;
}

const struct plan *
plans_by_slug(const char *slug)
{
	size_t i;

	for (i = 0; slug != NULL && i < PLANS; i++)
		if (str_eq(plans[i].slug, slug))
			return &plans[i];
	return NULL;
}

int64_t
plans_cents(const struct plan *plan)
{
	return seats_plan(plan->slug)->price;
}

int64_t
plans_seats(const struct plan *plan)
{
	return seats_plan(plan->slug)->seats;
}

const char *
plans_dollars(struct arena *a, int64_t cents)
{
	return arena_printf(a, "$%lld", (long long)(cents / 100));
}

bool
plans_are_paid(const struct page *p)
{
	const struct conf *conf;

	/* The key itself may be known to the program that pays alone. */
	conf = p->r->env->conf;
	return !str_is_empty(conf_text(conf, "stripe.secret_key")) ||
	    !str_is_empty(conf_text(conf, "stripe.starter_price"));
}

static void
put_price(struct page *p, const struct plan *plan)
{
	if (plans_cents(plan) > 0)
		tmpl_plan_price(&p->h,
		    &(struct tmpl_plan_price){
			.price = plans_dollars(p->r->mem, plans_cents(plan)) });
	else
		tmpl_plan_contract(&p->h);
}

void
plans_put_items(struct page *p, const struct plan *plan)
{
	size_t i;

	for (i = 0; i < NITEMS(plan->has) && plan->has[i] != NULL; i++)
		tmpl_plan_item(&p->h,
		    &(struct tmpl_plan_item){ .text = plan->has[i] });
	for (i = 0; i < NITEMS(plan->planned) && plan->planned[i] != NULL; i++)
		tmpl_plan_planned(&p->h,
		    &(struct tmpl_plan_planned){ .text = plan->planned[i] });
}

void
plans_card_open(struct page *p, const struct plan *plan, const char *marked)
{
	tmpl_plan_open(&p->h,
	    &(struct tmpl_plan){ .slug = plan->slug,
		.look = marked[0] == '\0' ? "plan-usual" : "plan-marked",
		.name = plan->name,
		.marked = marked,
		.pitch = plan->pitch });
	put_price(p, plan);
	tmpl_plan_has_open(&p->h);
	plans_put_items(p, plan);
	tmpl_plan_has_close(&p->h);
}

void
plans_card_close(struct page *p)
{
	tmpl_plan_close(&p->h);
}

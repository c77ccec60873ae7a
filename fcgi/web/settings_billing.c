/*
 * Billing (spec web.md 21.3): the plan a company has, what it costs, and where
 * it is changed: with the payment provider, to whose pages the forms lead.
 * Where nothing is paid, the tab says so.
 */
#include "mirai/v1/billing.rpc.h"
#include "pages.h"
#include "plans.h"
#include "settings.h"

static const struct entry_rule rules[] = {
	{ "BILLING_INVALID_PLAN", "", "This plan cannot be bought here." },
	{ "BILLING_NO_ACCOUNT", "",
	    "There is no payment account yet. Choose a plan first." },
	{ "BILLING_CHECKOUT_FAILED", "",
	    "The payment page could not be opened. Nothing was charged; try"
	    " again in a minute." },
	{ "BILLING_PAYMENT_FAILED", "",
	    "The payment provider refused. Nothing was charged; try again in"
	    " a minute." },
	{ "EXTERNAL_SERVICE_ERROR", "",
	    "The payment provider does not answer. Nothing was charged; try"
	    " again in a minute." },
	{ NULL, NULL, NULL },
};

struct status_row {
	const char *label;
	const char *tone;
};

static const struct status_row statuses[] = {
	[PB_SUBSCRIPTION_STATUS_UNSPECIFIED] = { "None", "plain" },
	[PB_SUBSCRIPTION_STATUS_NONE] = { "None", "plain" },
	[PB_SUBSCRIPTION_STATUS_ACTIVE] = { "Active", "ok" },
	[PB_SUBSCRIPTION_STATUS_PAST_DUE] = { "Past Due", "warn" },
	[PB_SUBSCRIPTION_STATUS_CANCELED] = { "Canceled", "bad" },
};

static const struct status_row *
find_status(int32_t status)
{
	return status < 0 || (size_t)status >= NITEMS(statuses)
	    ? &statuses[0]
	    : &statuses[status];
}

static bool
is_running(const struct pb_get_billing_info_response *b)
{
	return b->status == PB_SUBSCRIPTION_STATUS_ACTIVE ||
	    b->status == PB_SUBSCRIPTION_STATUS_PAST_DUE;
}

/* --- the current plan ------------------------------------------------------- */

static void
put_price(struct page *p, const struct pb_get_billing_info_response *b)
{
	struct arena *a;

	a = p->r->mem;
	if (!is_running(b) || b->price_per_seat <= 0)
		return;
	tmpl_billing_price(&p->h,
	    &(struct tmpl_billing_price){
		.seats = page_count(a, b->seat_count, "seat", "seats"),
		.price = plans_dollars(a, b->price_per_seat),
		.total = plans_dollars(a,
		    (int64_t)b->seat_count * b->price_per_seat) });
}

static void
put_date(struct page *p, const struct pb_get_billing_info_response *b)
{
	struct pb_timestamp t = { 0 };

	if (!is_running(b) || !b->has_current_period_end)
		return;
	t.seconds = b->current_period_end;
	tmpl_billing_date(&p->h,
	    &(struct tmpl_billing_date){
		.what = b->cancel_at_period_end ? "Ends on" : "Next billing on",
		.at = page_time(p->r->mem, &t),
		.day = page_day(p->r->mem, &t) });
}

static void
put_current(struct page *p, const struct pb_get_billing_info_response *b)
{
	const struct status_row *status;
	const struct plan *plan;

	plan = plans_find(b->plan);
	status = find_status(b->status);
	tmpl_billing_plan_open(&p->h,
	    &(struct tmpl_billing_plan){ .name = plan == NULL ? "No plan"
							      : plan->name,
		.tone = status->tone,
		.status = status->label,
		.pitch = plan == NULL ? "" : plan->pitch });
	put_price(p, b);
	put_date(p, b);
	if (!str_is_empty(p->company->stripe_customer_id))
		tmpl_billing_manage(&p->h,
		    &(struct tmpl_billing_manage){ .csrf = p->csrf });
	tmpl_billing_plan_close(&p->h);
}

/* --- plans ------------------------------------------------------------------ */

/* Where inquiries go; "" when nobody has said. */
static const char *
sales(const struct page *p)
{
	const char *to;

	to = conf_text(p->r->env->conf, "sales.address");
	if (str_is_empty(to))
		to = conf_text(p->r->env->conf, "alert.address");
	return to == NULL ? "" : to;
}

static void
put_contract(struct page *p)
{
	const char *to;

	if ((to = sales(p))[0] == '\0')
		tmpl_plan_note(&p->h,
		    &(struct tmpl_plan_note){
			.text = "Ask whoever runs this installation." });
	else
		tmpl_plan_mail(&p->h, &(struct tmpl_plan_mail){ .to = to });
}

/* What can be done about a plan by whoever has the one of b. */
static void
put_deed(struct page *p, const struct plan *plan,
    const struct pb_get_billing_info_response *b)
{
	bool running, contract;

	running = is_running(b);
	contract = b->plan == PB_PLAN_ENTERPRISE;
	if (plan->wire == b->plan && (running || contract))
		tmpl_plan_note(&p->h,
		    &(struct tmpl_plan_note){ .text = "Current Plan" });
	else if (plans_cents(plan) == 0 || contract)
		put_contract(p);
	else
		tmpl_plan_buy(&p->h,
		    &(struct tmpl_plan_buy){ .csrf = p->csrf,
			.slug = plan->slug,
			.plan = plan->name,
			.label = running ? "Switch Plan" : "Get Started" });
}

static void
put_plans(struct page *p, const struct pb_get_billing_info_response *b)
{
	size_t i;

	tmpl_billing_plans_open(&p->h);
	for (i = 0; i < PLANS; i++) {
		plans_card_open(p, &plans[i],
		    plans[i].wire == b->plan && is_running(b) ? "Yours" : "");
		put_deed(p, &plans[i], b);
		plans_card_close(p);
	}
	tmpl_billing_plans_close(&p->h);
}

static void
put_unpaid(struct page *p)
{
	const struct plan *plan;
	int64_t seats;

	plan = plans_find(p->company->plan);
	seats = p->company->seat_count;
	if (seats <= 0 && plan != NULL)
		seats = plans_seats(plan);
	tmpl_billing_none(&p->h,
	    &(struct tmpl_billing_none){ .plan = plan == NULL ? "no plan"
							      : plan->name,
		.seats = page_count(p->r->mem, seats, "seat", "seats") });
}

/* --- coming back from the payment provider ---------------------------------- */

static void
put_return(struct page *p)
{
	const char *how;

	how = req_query(p->r, "checkout");
	if (how != NULL && str_eq(how, "success"))
		tmpl_arrival(&p->h,
		    &(struct tmpl_arrival){ .tone = "success",
			.icon = "done",
			.text = "Thank you. The payment went through; your plan"
				" is brought up to date within a minute.",
			.close = "/settings?tab=billing" });
	else if (how != NULL && str_eq(how, "canceled"))
		tmpl_arrival(&p->h,
		    &(struct tmpl_arrival){ .tone = "info",
			.icon = "info",
			.text = "You have cancelled the payment. Nothing was"
				" charged, and nothing has changed.",
			.close = "/settings?tab=billing" });
}

enum code
settings_billing_put(struct page *p, const struct entry *e)
{
	struct pb_get_billing_info_request in = { 0 };
	struct pb_get_billing_info_response out = { 0 };
	enum code code;

	(void)e; /* its faults are of the form as a whole */
	put_return(p);
	if (!plans_are_paid(p)) {
		put_unpaid(p);
		return CODE_OK;
	}
	p->leaves = true;
	code = rpc_billing_get_billing_info(p->r, &in, &out);
	if (code == CODE_UNAVAILABLE) {
		req_unfail(p->r);
		page_banner(p, PAGE_WARNING,
		    "Billing cannot be shown at the moment. Try again in a"
		    " minute.");
		return CODE_OK;
	}
	if (code != CODE_OK)
		return code;
	put_current(p, &out);
	put_plans(p, &out);
	return CODE_OK;
}

/* --- leaving for the payment provider --------------------------------------- */

/* On to the address that a call answered, or back with what is wrong. */
static void
leave(struct page *p, enum code code, const char *url)
{
	struct entry e = { 0 };

	if (code == CODE_OK && html_href_ok(url))
		page_redirect(p, url);
	else if (code != CODE_OK && entry_fault(p, rules, &e)) {
		req_unfail(p->r);
		settings_show(p, "billing", &e);
	} else
		page_fail(p);
}

void
settings_billing_checkout(struct page *p)
{
	struct pb_create_checkout_session_request in = { 0 };
	struct pb_create_checkout_session_response out = { 0 };
	const struct plan *plan;
	enum code code;

	if (!page_need_admin(p))
		return;
	plan = plans_by_slug(entry_posted(p, "plan"));
	if (plan == NULL || plans_cents(plan) == 0)
		code = req_fail_reason(p->r, CODE_INVALID_ARGUMENT,
		    "BILLING_INVALID_PLAN", "this plan cannot be bought here");
	else {
		in.plan = plan->wire;
		code = rpc_billing_create_checkout_session(p->r, &in, &out);
	}
	leave(p, code, out.url);
}

void
settings_billing_portal(struct page *p)
{
	struct pb_create_portal_session_request in = { 0 };
	struct pb_create_portal_session_response out = { 0 };
	enum code code;

	if (!page_need_admin(p))
		return;
	code = rpc_billing_create_portal_session(p->r, &in, &out);
	leave(p, code, out.url);
}

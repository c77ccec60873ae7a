/*
 * What the dashboard tells those who come from elsewhere (spec web.md 8): from
 * a payment, an invitation, or setting up a company. One word in the address
 * says which; script takes it out again.
 */
#include "arrive.h"

static void
put_banner(struct page *p, const char *text)
{
	tmpl_arrival(&p->h,
	    &(struct tmpl_arrival){ .tone = "success",
		.icon = "done",
		.text = text,
		.close = "/dashboard" });
}

static void
paid(struct page *p)
{
	put_banner(p,
	    "Thank you. Your subscription is confirmed, and your company is"
	    " ready to work.");
}

static void
onboarded(struct page *p)
{
	put_banner(p,
	    "Your company is set up. Invite your people, or begin with"
	    " a course.");
}

static void
welcome(struct page *p)
{
	tmpl_welcome_dialog(&p->h,
	    &(struct tmpl_welcome_dialog){
		.company = p->company == NULL ? "Mirai" : p->company->name });
}

struct arrival {
	const char *name;
	const char *value;
	void (*put)(struct page *p);
	bool celebrate;
};

static const struct arrival arrivals[] = {
	{ "checkout", "success", paid, true },
	{ "onboarding", "complete", onboarded, false },
	{ "welcome", "true", welcome, true },
};

void
arrive_put(struct page *p)
{
	const char *value;
	size_t i;

	for (i = 0; i < NITEMS(arrivals); i++) {
		value = req_query(p->r, arrivals[i].name);
		if (value == NULL || !str_eq(value, arrivals[i].value))
			continue;
		arrivals[i].put(p);
		if (arrivals[i].celebrate)
			tmpl_celebrate(&p->h);
		return;
	}
}

/*
 * Forms of signing up. What is typed is drawn back as it was; a password never
 * is. The rules are the service's: here is only what a field is called.
 */
#include "wizard_parts.h"

#include <string.h>

#include "google/rpc/error_details.pb.h"
#include "machine.h"
#include "net/crypt.h"
#include "plans.h"
#include "rpc/resp.h"
#include "service/seats.h"

#define SEATS_MOST 1000

static const char *const industries[] = { "Technology", "Healthcare", "Finance",
	"Education", "Retail", "Manufacturing", "Other", NULL };
static const char *const team_sizes[] = { "1-10", "11-50", "51-200", "201-500",
	"500+", NULL };

/* --- what was posted ------------------------------------------------------- */

const char *
wizard_parts_value(struct page *p, const char *name)
{
	const char *value = req_form(p->r, name);

	return value == NULL ? "" : str_trim(p->r->mem, value);
}

static void
wipe_text(void *s)
{
	crypt_wipe(s, strlen(s));
}

const char *
wizard_parts_secret(struct page *p, const char *name)
{
	const char *typed = req_form(p->r, name);
	char *copy = arena_strdup(p->r->mem, typed == NULL ? "" : typed);

	if (typed != NULL)
		crypt_wipe((void *)(uintptr_t)typed, strlen(typed));
	arena_defer(p->r->mem, wipe_text, copy);
	return copy;
}

bool
wizard_parts_closed(struct page *p)
{
	if (conf_bool(p->r->env->conf, "accounts.registration"))
		return false;
	page_message(p, 403, "Sign-up is closed",
	    "New companies cannot be set up here. If you were invited to one,"
	    " follow the link in that e-mail.");
	return true;
}

void
wizard_parts_take(struct page *p, struct wizard_company *out)
{
	out->name = wizard_parts_value(p, "company_name");
	out->industry = wizard_parts_value(p, "industry");
	out->team_size = wizard_parts_value(p, "team_size");
	out->plan = wizard_parts_value(p, "plan");
	out->seats = wizard_parts_value(p, "seats");
	if (plans_by_slug(out->plan) == NULL)
		out->plan = "starter";
	if (out->seats[0] == '\0')
		out->seats = "1";
}

int32_t
wizard_parts_seats(const struct wizard_company *c)
{
	int64_t n;

	return str_to_i64(c->seats, 0, INT32_MAX, &n) ? (int32_t)n : INT32_MAX;
}

int
wizard_parts_plan(const struct wizard_company *c)
{
	const struct plan *plan = plans_by_slug(c->plan);

	return plan == NULL ? PB_PLAN_UNSPECIFIED : plan->wire;
}

const char *
wizard_parts_error(const struct wizard_flaw *flaw, const char *field)
{
	return str_eq(flaw->field, field) ? flaw->text : "";
}

/* --- fields ---------------------------------------------------------------- */

static const char *
invalid(const char *error)
{
	return error[0] == '\0' ? "false" : "true";
}

void
wizard_parts_line(struct page *p, const struct wizard_line *line,
    const struct wizard_flaw *flaw)
{
	const char *error = wizard_parts_error(flaw, line->name);

	tmpl_wizard_line(&p->h,
	    &(struct tmpl_wizard_line){ .look = "label-required",
		.id = line->name,
		.label = line->label,
		.name = line->name,
		.type = line->type,
		.value = line->value,
		.max = line->max,
		.autocomplete = line->autocomplete,
		.invalid = invalid(error),
		.required = true,
		.autofocus = line->autofocus,
		.error = error });
}

static void
put_select(struct page *p, const char *name, const char *label,
    const char *const *options, const char *value,
    const struct wizard_flaw *flaw)
{
	const char *error = wizard_parts_error(flaw, name);
	size_t i;

	tmpl_wizard_select_open(&p->h,
	    &(struct tmpl_wizard_select){ .id = name,
		.label = label,
		.name = name,
		.invalid = invalid(error) });
	for (i = 0; options[i] != NULL; i++)
		tmpl_option(&p->h,
		    &(struct tmpl_option){ .value = options[i],
			.selected = str_eq(options[i], value),
			.label = options[i] });
	tmpl_wizard_select_close(&p->h,
	    &(struct tmpl_wizard_select){ .id = name, .error = error });
}

void
wizard_parts_put_company(struct page *p, const struct wizard_company *c,
    const struct wizard_flaw *flaw)
{
	wizard_parts_line(p,
	    &(struct wizard_line){ .name = "company_name",
		.label = "Company name",
		.type = "text",
		.value = c->name,
		.autocomplete = "organization",
		.max = 200,
		.autofocus = true },
	    flaw);
	put_select(p, "industry", "Industry", industries, c->industry, flaw);
	put_select(p, "team_size", "Team size", team_sizes, c->team_size, flaw);
}

/* --- plans ----------------------------------------------------------------- */

/* What can be typed; by contract there is no bound here. */
static int
most_seats(const struct plan *plan)
{
	int max = seats_plan(plan->slug)->max;

	return max > 0 ? max : SEATS_MOST;
}

static void
put_plan(struct page *p, const struct plan *plan, const char *chosen)
{
	tmpl_wizard_plan(&p->h,
	    &(struct tmpl_wizard_plan){ .value = plan->slug,
		.cents = plans_cents(plan),
		.max = most_seats(plan),
		.checked = str_eq(plan->slug, chosen),
		.name = plan->name,
		.badge = plan->wire == PB_PLAN_PRO ? "Most popular" : "",
		.price = plans_cents(plan) > 0
		    ? arena_printf(p->r->mem, "%s per seat and month",
			  plans_dollars(p->r->mem, plans_cents(plan)))
		    : "Custom, by contract",
		.note = plan->pitch });
}

/* Without payment there is nothing to choose. */
static void
put_free(struct page *p)
{
	tmpl_hidden(&p->h,
	    &(struct tmpl_hidden){ .name = "plan", .value = "pro" });
	page_banner(p, PAGE_INFO,
	    arena_printf(p->r->mem,
		"This installation takes no payments: your company gets"
		" everything, with %s.",
		page_count(p->r->mem,
		    conf_int(p->r->env->conf, "billing.seats"), "seat",
		    "seats")));
}

void
wizard_parts_put_plans(struct page *p, const struct wizard_company *c,
    const struct wizard_flaw *flaw, bool by_contract)
{
	const char *error = wizard_parts_error(flaw, "seats");
	size_t i;

	if (!plans_are_paid(p)) {
		put_free(p);
		return;
	}
	tmpl_wizard_plans_open(&p->h);
	for (i = 0; i < PLANS; i++)
		if (plans_cents(&plans[i]) > 0 || by_contract)
			put_plan(p, &plans[i], c->plan);
	tmpl_wizard_plans_close(&p->h);
	tmpl_wizard_seats(&p->h,
	    &(struct tmpl_wizard_seats){ .value = c->seats,
		.invalid = invalid(error),
		.error = error });
}

/* --- failures -------------------------------------------------------------- */

/* A field of the services, as the form names it and as people read it. */
static const struct called {
	const char *field;
	const char *name;
	const char *label;
} called[] = {
	{ "email", "email", "The e-mail address" },
	{ "password", "password", "The password" },
	{ "first_name", "first_name", "The first name" },
	{ "last_name", "last_name", "The last name" },
	{ "company_name", "company_name", "The company name" },
	{ "industry", "industry", "The industry" },
	{ "team_size", "team_size", "The team size" },
	{ "seat_count", "seats", "The number of seats" },
};

static const struct pb_bad_request_field_violation *
violation(const struct req *r)
{
	const struct pb_bad_request *bad;
	const struct req_detail *d;

	for (d = r->details; d != NULL; d = d->next) {
		bad = d->msg;
		if (d->desc == &pb_bad_request_desc &&
		    bad->nfield_violations > 0)
			return &bad->field_violations[0];
	}
	return NULL;
}

static const char *
wait_text(struct page *p)
{
	int minutes = (p->r->retry_after + 59) / 60;

	return arena_printf(p->r->mem,
	    "Too many attempts from here. Please try again in %s.",
	    page_count(p->r->mem, minutes < 1 ? 1 : minutes, "minute",
		"minutes"));
}

static struct wizard_flaw
of_field(struct page *p, const struct pb_bad_request_field_violation *v)
{
	size_t i;

	for (i = 0; i < NITEMS(called); i++)
		if (str_eq(called[i].field, v->field))
			return (struct wizard_flaw){ called[i].name,
				arena_printf(p->r->mem, "%s %s.",
				    called[i].label, v->description) };
	return (struct wizard_flaw){ NULL,
		"Something in the form was not accepted. Please check it." };
}

struct wizard_flaw
wizard_parts_failed(struct page *p)
{
	const struct pb_bad_request_field_violation *v = violation(p->r);

	if (v != NULL)
		return of_field(p, v);
	if (p->r->code == CODE_ALREADY_EXISTS)
		return (struct wizard_flaw){ "email",
			"This e-mail address has an account already, or a"
			" registration that is in progress. Sign in instead,"
			" or use another address." };
	if (p->r->code == CODE_RESOURCE_EXHAUSTED)
		return (struct wizard_flaw){ NULL, wait_text(p) };
	if (machine_retryable(p->r->code))
		return (struct wizard_flaw){ NULL,
			"A service that is needed for this does not answer."
			" Nothing was charged. Please try again in a minute." };
	return (struct wizard_flaw){ NULL,
		arena_printf(p->r->mem,
		    "Something went wrong on our side. Please try again, and"
		    " name this reference if it stays: %s.",
		    p->r->id) };
}

void
wizard_parts_put_flaw(struct page *p, const struct wizard_flaw *flaw)
{
	if (flaw->text != NULL)
		page_banner(p, PAGE_ERROR, flaw->text);
}

/* --- around ---------------------------------------------------------------- */

bool
wizard_parts_own_form(struct page *p)
{
	const char *origin = req_header(p->r, "origin");

	return origin == NULL || site_owns(&p->site, origin);
}

void
wizard_parts_go(struct page *p, const char *url)
{
	if (req_form(p->r, "by_script") == NULL) {
		resp_redirect(p->r, 303, url);
		return;
	}
	buf_reset(p->h.out);
	wizard_parts_frame_open(p, "To the checkout");
	tmpl_wizard_head(&p->h,
	    &(struct tmpl_wizard_head){ .title = "Almost there",
		.subtitle = "The payment happens at Stripe." });
	tmpl_wizard_go(&p->h,
	    &(struct tmpl_wizard_go){ .text = "Taking you to the checkout.",
		.to = url,
		.label = "Go to the checkout" });
	wizard_parts_frame_close(p);
	page_send(p, 200);
}

void
wizard_parts_frame_open(struct page *p, const char *title)
{
	page_bare_open(p, title, "auth wizard");
	tmpl_wizard_open(&p->h,
	    &(struct tmpl_wizard){
		.home = arena_printf(p->r->mem, "%s/", p->site.marketing) });
}

void
wizard_parts_frame_close(struct page *p)
{
	tmpl_wizard_close(&p->h);
	page_bare_close(p);
}

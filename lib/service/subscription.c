/*
 * An event is read as "something happened to this object": the object is read
 * anew from Stripe, compared with what is stored, and what comes of it is one
 * transaction. So events may arrive in any order, several times and at once.
 * A lock of the customer is held around reading and changing.
 */
#include "service/subscription.h"

#include <string.h>

#include "base/log.h"
#include "rpc/after.h"
#include "rpc/auth.h"
#include "service/seats.h"
#include "service/subscription_change.h"

#define REPLACED "replaced by "

/* One event at work. */
struct work {
	struct req *r;
	struct stripe *s;
	const struct stripe_event *e;
	struct subscription_change *out;
};

/* --- Stripe's words and ours --------------------------------------------------- */

const char *
subscription_status(const char *stripe_status)
{
	static const char *const words[][2] = {
		{ "active", "active" },
		{ "trialing", "active" },
		{ "past_due", "past_due" },
		{ "unpaid", "past_due" },
		{ "canceled", "canceled" },
		{ "incomplete", NULL },
	};
	size_t i;

	for (i = 0; i < NITEMS(words); i++)
		if (str_eq(words[i][0], stripe_status))
			return words[i][1];
	return "none";
}

/* Stored plans that nobody can buy are not taken from anybody's metadata. */
static bool
is_bought(const char *plan)
{
	return str_eq(plan, "starter") || str_eq(plan, "pro");
}

const char *
subscription_plan(const struct stripe *s, const struct stripe_subscription *sub,
    const char *stored)
{
	const char *plan = stripe_plan(s, sub->price);

	if (plan != NULL)
		return plan;
	if (is_bought(sub->plan))
		return sub->plan;
	return stored == NULL ? "starter" : stored;
}

/* --- what both kinds of event come to -------------------------------------------- */

static void
alert(struct work *w, const char *subject, const char *text)
{
	w->out->alert = subject;
	w->out->alert_text = text;
}

/* The company has this subscription from now on. */
static void
take(struct work *w, const struct subscription_company *c,
    const struct stripe_subscription *sub, const char *status)
{
	struct subscription_change *out = w->out;

	out->company = c;
	out->customer = str_is_empty(sub->customer) ? NULL : sub->customer;
	out->subscription = sub->id;
	out->status = status;
	out->plan = subscription_plan(w->s, sub, c->plan);
	out->seats = sub->quantity;
}

/* It has none any more; the customer stays. */
static void
end(struct work *w, const struct subscription_company *c)
{
	w->out->company = c;
	w->out->subscription = NULL;
	w->out->status = "canceled";
	w->out->plan = "starter";
	w->out->seats = 0;
}

/*
 * The stored subscription of a company if it is another one than id; *runs: it
 * bills. CODE_OK also when Stripe does not know it any more.
 */
static enum code
read_other(struct work *w, const struct subscription_company *c, const char *id,
    struct stripe_subscription *other, bool *runs)
{
	enum code code;

	memset(other, 0, sizeof(*other));
	*runs = false;
	if (c->subscription[0] == '\0' || str_eq(c->subscription, id))
		return CODE_OK;
	code = stripe_get_subscription(w->s, w->r->mem, c->subscription, other);
	if (code == CODE_OK)
		*runs = stripe_subscription_runs(other);
	return code == CODE_NOT_FOUND ? CODE_OK : code;
}

/* --- checkout ---------------------------------------------------------------------- */

/* For a new registration. */
static enum code
on_registered(struct work *w, const struct stripe_session *session)
{
	struct stripe_subscription sub;

	w->out->paid = session;
	/* When it cannot be read now, provisioning will. */
	if (session->subscription[0] != '\0' &&
	    stripe_get_subscription(w->s, w->r->mem, session->subscription,
		&sub) == CODE_OK)
		w->out->paid_seats = sub.quantity;
	return CODE_OK;
}

static void
alert_replaced(struct work *w, const struct subscription_company *c,
    const char *gone, const char *kept)
{
	alert(w, "a company had two subscriptions",
	    arena_printf(w->r->mem,
		"A company bought a subscription while another one was"
		" running. The older one was cancelled and what was paid ahead"
		" credited.\nCompany: %s (%s)\nCancelled: %s\nRunning: %s\n",
		c->name, c->id, gone, kept));
}

/* Ends the older of two; a repetition after a kill finds its own comment. */
static enum code
replace(struct work *w, const struct subscription_company *c, const char *gone,
    const char *kept)
{
	enum code code;

	code = stripe_cancel(w->s, w->r->mem, gone,
	    arena_printf(w->r->mem, REPLACED "%s", kept));
	if (code == CODE_UNAVAILABLE)
		return code;
	alert_replaced(w, c, gone, kept);
	return CODE_OK;
}

/* Whether sub was ended by replace() for that one. */
static bool
was_replaced(struct work *w, const struct stripe_subscription *sub,
    const char *kept)
{
	return sub->cancel_comment != NULL &&
	    str_eq(sub->cancel_comment,
		arena_printf(w->r->mem, REPLACED "%s", kept));
}

/* Of two subscriptions that run the younger one stays, whichever was told first. */
static enum code
on_bought(struct work *w, const struct subscription_company *c,
    const struct stripe_subscription *sub)
{
	const char *status = subscription_status(sub->status);
	struct stripe_subscription other;
	bool other_runs;
	enum code code;

	code = read_other(w, c, sub->id, &other, &other_runs);
	if (code != CODE_OK)
		return code;
	if (status == NULL)
		return CODE_UNAVAILABLE; /* paid, but not begun: come again */
	if (!stripe_subscription_runs(sub)) {
		if (was_replaced(w, sub, c->subscription))
			alert_replaced(w, c, sub->id, c->subscription);
		return CODE_OK; /* over before it was told */
	}
	if (other_runs && other.created > sub->created)
		return replace(w, c, sub->id, other.id);
	if (other_runs) {
		code = replace(w, c, other.id, sub->id);
		if (code != CODE_OK)
			return code;
	} else if (was_replaced(w, &other, sub->id)) {
		alert_replaced(w, c, other.id, sub->id);
	}
	take(w, c, sub, status);
	return CODE_OK;
}

static enum code
alert_company(struct work *w, const struct stripe_session *session,
    const char *why)
{
	alert(w, "a payment for no company",
	    arena_printf(w->r->mem,
		"Somebody paid for a company, but %s.\nCompany: %s\n"
		"Checkout session: %s\nCustomer: %s\nSubscription: %s\n"
		"Find out at Stripe who it was, and refund or set the"
		" subscription by hand.\n",
		why, session->company_id, session->id, session->customer,
		session->subscription));
	return CODE_OK;
}

/* For a company that exists. */
static enum code
on_company_paid(struct work *w, const struct stripe_session *session)
{
	struct subscription_company *c = arena_zalloc(w->r->mem, sizeof(*c));
	struct stripe_subscription sub;
	enum code code;

	code = subscription_find_company(w->r, session->company_id, c);
	if (code == CODE_NOT_FOUND)
		return alert_company(w, session, "there is none of that id");
	if (code != CODE_OK)
		return code;
	code = stripe_get_subscription(w->s, w->r->mem, session->subscription,
	    &sub);
	if (code == CODE_NOT_FOUND)
		return alert_company(w, session,
		    "the checkout made no subscription");
	if (code != CODE_OK)
		return code;
	return on_bought(w, c, &sub);
}

/* The session of the event as it is now. */
static enum code
read_session(struct work *w, struct stripe_session **out)
{
	*out = arena_zalloc(w->r->mem, sizeof(**out));
	return stripe_get_session(w->s, w->r->mem, w->e->object_id, *out);
}

static enum code
on_session_paid(struct work *w)
{
	struct stripe_session *session;
	enum code code;

	code = read_session(w, &session);
	if (code == CODE_NOT_FOUND) {
		alert(w, "a payment that Stripe does not know",
		    arena_printf(w->r->mem,
			"An event told of checkout session %s, which cannot be"
			" read: is stripe.secret_key of the same account?\n",
			w->e->object_id));
		return CODE_OK;
	}
	if (code != CODE_OK || !stripe_session_paid(session))
		return code; /* unpaid: another event tells when it is */
	return session->company_id[0] == '\0' ? on_registered(w, session)
					      : on_company_paid(w, session);
}

static enum code
on_session_lost(struct work *w)
{
	struct stripe_session *session;
	enum code code;

	code = read_session(w, &session);
	if (code == CODE_NOT_FOUND)
		return CODE_OK;
	if (code != CODE_OK)
		return code;
	if (session->company_id[0] == '\0' && !stripe_session_paid(session) &&
	    !str_eq(session->status, "open"))
		w->out->lost = session;
	return CODE_OK;
}

/* --- subscriptions ---------------------------------------------------------------- */

/* A subscription of nobody we know; of one of ours somebody must hear. */
static enum code
on_foreign(struct work *w, const struct stripe_subscription *sub)
{
	bool registering = false;
	enum code code;

	code = subscription_is_registering(w->r, sub->customer,
	    sub->registration_id, &registering);
	if (code != CODE_OK || registering)
		return code;
	log_info("payments: an event of a customer that is none of ours");
	if (!stripe_subscription_runs(sub) || sub->company_id[0] == '\0')
		return CODE_OK;
	alert(w, "a subscription of no company",
	    arena_printf(w->r->mem,
		"A subscription runs for a company that is not there.\n"
		"Company: %s\nCustomer: %s\nSubscription: %s\n"
		"Cancel it at Stripe, or set the subscription by hand.\n",
		sub->company_id, sub->customer, sub->id));
	return CODE_OK;
}

/* What a subscription that runs, waits or ended means for its company. */
static enum code
on_status(struct work *w, const struct subscription_company *c,
    const struct stripe_subscription *sub)
{
	bool stored = str_eq(c->subscription, sub->id);
	const char *status = subscription_status(sub->status);
	struct stripe_subscription other;
	bool other_runs;
	enum code code;

	if (status == NULL)
		return CODE_OK; /* incomplete: nothing has begun */
	if (!stored && !stripe_subscription_runs(sub))
		return CODE_OK;
	code = read_other(w, c, sub->id, &other, &other_runs);
	if (code != CODE_OK || other_runs)
		return code;
	if (str_eq(status, "canceled"))
		end(w, c);
	else
		take(w, c, sub, status);
	return CODE_OK;
}

static enum code
on_subscription(struct work *w)
{
	struct subscription_company *c = arena_zalloc(w->r->mem, sizeof(*c));
	struct stripe_subscription sub = { .id = w->e->object_id };
	enum code code, found;

	code = stripe_get_subscription(w->s, w->r->mem, sub.id, &sub);
	if (code != CODE_OK && code != CODE_NOT_FOUND)
		return code;
	found = subscription_find_payer(w->r,
	    code == CODE_OK ? sub.customer : w->e->customer, sub.id, c);
	if (found == CODE_NOT_FOUND)
		return code == CODE_OK ? on_foreign(w, &sub) : CODE_OK;
	if (found != CODE_OK)
		return found;
	if (code == CODE_OK)
		return on_status(w, c, &sub);
	if (str_eq(c->subscription, w->e->object_id))
		end(w, c); /* gone without a trace */
	return CODE_OK;
}

/* --- invoices ------------------------------------------------------------------------ */

/* Addresses of a company's admins; those the identity service has. */
static enum code
read_addresses(struct work *w, const struct subscription_company *c)
{
	const struct ident *ident = w->r->env->ident;
	struct ident_person *people = NULL;
	const char **ids = NULL, **to;
	size_t n = 0, npeople = 0, i;
	enum code code;

	code = subscription_admins(w->r, c->id, &ids, &n);
	if (code != CODE_OK)
		return code;
	code = ident->people(ident->ctx, w->r->mem, ids, n, &people, &npeople);
	if (code != CODE_OK)
		return code;
	to = arena_calloc(w->r->mem, npeople + 1, sizeof(*to));
	for (i = 0; i < npeople; i++)
		to[i] = people[i].email;
	w->out->payment_failed = to;
	return CODE_OK;
}

/* One that is open still, of the subscription that the company has. */
static enum code
on_invoice_failed(struct work *w)
{
	struct subscription_company *c = arena_zalloc(w->r->mem, sizeof(*c));
	struct stripe_subscription sub;
	struct stripe_invoice invoice;
	enum code code;

	code = stripe_get_invoice(w->s, w->r->mem, w->e->object_id, &invoice);
	if (code == CODE_NOT_FOUND)
		return CODE_OK;
	if (code != CODE_OK)
		return code;
	if (!str_eq(invoice.status, "open") &&
	    !str_eq(invoice.status, "uncollectible"))
		return CODE_OK; /* paid meanwhile, or void */
	code = subscription_find_payer(w->r, invoice.customer,
	    invoice.subscription, c);
	if (code == CODE_NOT_FOUND ||
	    (code == CODE_OK && !str_eq(c->subscription, invoice.subscription)))
		return CODE_OK;
	if (code != CODE_OK)
		return code;
	code = stripe_get_subscription(w->s, w->r->mem, invoice.subscription,
	    &sub);
	if (code != CODE_OK || !stripe_subscription_runs(&sub))
		return code == CODE_NOT_FOUND ? CODE_OK : code;
	take(w, c, &sub, "past_due");
	return read_addresses(w, c);
}

/* --- dispatch ------------------------------------------------------------------------- */

static const struct handler {
	const char *type;
	enum code (*decide)(struct work *w);
} handlers[] = {
	{ "checkout.session.completed", on_session_paid },
	{ "checkout.session.async_payment_succeeded", on_session_paid },
	{ "checkout.session.async_payment_failed", on_session_lost },
	{ "checkout.session.expired", on_session_lost },
	{ "customer.subscription.created", on_subscription },
	{ "customer.subscription.updated", on_subscription },
	{ "customer.subscription.deleted", on_subscription },
	{ "invoice.payment_failed", on_invoice_failed },
};

static const struct handler *
find_handler(const char *type)
{
	size_t i;

	for (i = 0; i < NITEMS(handlers); i++)
		if (str_eq(handlers[i].type, type))
			return &handlers[i];
	return NULL;
}

/* Another company has that customer or subscription: for a person to solve. */
static enum code
apply_conflict(struct work *w, const char *holder)
{
	const struct subscription_change *c = w->out;
	struct subscription_change only = {
		.alert = "a subscription of two companies",
	};

	only.alert_text = arena_printf(w->r->mem,
	    "A customer or subscription belongs to another company already.\n"
	    "Company: %s (%s)\nCustomer: %s\nSubscription: %s\n",
	    c->company->name, c->company->id,
	    c->customer == NULL ? "" : c->customer,
	    c->subscription == NULL ? "" : c->subscription);
	return subscription_apply(w->r, w->e, holder, &only);
}

static enum code
work_on(struct work *w, const struct handler *h, const char *holder)
{
	enum code code;

	if ((code = h->decide(w)) != CODE_OK)
		return code;
	code = subscription_apply(w->r, w->e, holder, w->out);
	if (code == CODE_ALREADY_EXISTS)
		return apply_conflict(w, holder);
	return code;
}

enum code
subscription_event(struct req *r, struct stripe *s,
    const struct stripe_event *event)
{
	const struct handler *h = find_handler(event->type);
	struct subscription_change change = { 0 };
	struct work w = { r, s, event, &change };
	const char *holder = NULL, *key;
	bool done = false;
	enum code code;

	if (h == NULL) {
		log_info("payments: nothing to do for events of type %s",
		    event->type);
		return CODE_OK;
	}
	if (event->object_id[0] == '\0')
		return CODE_INVALID_ARGUMENT;
	key = event->customer[0] != '\0' ? event->customer : event->object_id;
	code = subscription_lock(r, key, event, &holder, &done);
	if (code != CODE_OK)
		return code;
	if (!done)
		code = work_on(&w, h, holder);
	subscription_unlock(r, key);
	after_run(r, code == CODE_OK);
	return code;
}

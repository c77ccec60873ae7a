/*
 * BillingService. What a company pays for is what the webhook stored; Stripe
 * is asked for what only it knows and for addresses to send people to. Plan,
 * status and seats are never written here.
 */
#include "service/billing.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "db/cache.h"
#include "mirai/v1/billing.rpc.h"
#include "net/crypt.h"
#include "net/stripe.h"
#include "rpc/after.h"
#include "rpc/site.h"
#include "service/company.h"
#include "service/ratelimit.h"

#define DETAILS_TTL_MS ((int64_t)60 * 1000)
#define DETAILS_MS     5000 /* they are worth no longer wait */
#define MARGIN_MS      500  /* left for the answer */
#define SETTINGS       "/settings?tab=billing"

enum query {
	Q_COMPANY,
	Q_SET_CUSTOMER,
	Q__MAX
};

extern const struct db_query billing_queries[];

const struct db_query billing_queries[] = {
	[Q_COMPANY] = {
	    .name = "billing_company",
	    .nargs = 2, /* tenant, company */
	    .sql = "SELECT name, stripe_customer_id, stripe_subscription_id"
		   " FROM companies WHERE tenant_id = $1::uuid"
		   " AND id = $2::uuid",
	},
	/* Of two that make one at a time, the first counts. */
	[Q_SET_CUSTOMER] = {
	    .name = "billing_set_customer",
	    .nargs = 4, /* tenant, company, old customer or NULL, new one */
	    .sql = "UPDATE companies SET updated_at = now(),"
		   " stripe_customer_id = CASE"
		   " WHEN stripe_customer_id IS NOT DISTINCT FROM $3::text"
		   " THEN $4 ELSE stripe_customer_id END"
		   " WHERE tenant_id = $1::uuid AND id = $2::uuid"
		   " RETURNING stripe_customer_id",
	},
	[Q__MAX] = { 0 },
};

/* A company as far as its bill goes. */
struct account {
	const char *tenant_id;
	const char *company_id;
	const char *name;
	const char *customer;	  /* NULL: none yet */
	const char *subscription; /* NULL: none */
	struct seats seats;
};

static enum code
no_company(struct req *r)
{
	return req_fail_reason(r, CODE_NOT_FOUND, "COMPANY_NOT_FOUND",
	    "company not found");
}

static enum code
read_account(struct req *r, struct account *out)
{
	struct db_rows *rows;
	enum code code;

	rows = db_run(r->db, &billing_queries[Q_COMPANY],
	    DB_ARGS(out->tenant_id, out->company_id));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return no_company(r);
	out->name = db_text(rows, 0);
	out->customer = db_text_null(rows, 1);
	out->subscription = db_text_null(rows, 2);
	code = seats_load(r->db, out->tenant_id, out->company_id, &out->seats);
	if (code == CODE_NOT_FOUND)
		return no_company(r);
	return code == CODE_OK ? CODE_OK : req_fail_db(r);
}

/* In a transaction of its own. */
static enum code
load_account(struct req *r, const char *tenant_id, const char *company_id,
    struct account *out)
{
	struct db_scope scope = { .tenant_id = tenant_id,
		.deadline_ms = r->deadline_ms };
	enum code code;

	out->tenant_id = tenant_id;
	out->company_id = company_id;
	db_begin(r->db, DB_TX_READ, &scope);
	code = db_end(r->db, read_account(r, out));
	return code == CODE_OK || r->code != CODE_OK ? code : req_fail_db(r);
}

/* --- what Stripe knows of the running period -------------------------------- */

struct details {
	int64_t period_end; /* 0: not known */
	bool ends;	    /* with the period */
};

static char *
details_key(struct req *r, const struct account *acc)
{
	return arena_printf(r->mem, "billing:%s", acc->company_id);
}

static bool
details_kept(struct req *r, const struct account *acc, struct details *out)
{
	struct cache_entry e;
	long long end;
	int ends;

	if (!cache_get(r->env->cache, r->mem, acc->tenant_id,
		details_key(r, acc), &e) ||
	    sscanf(arena_strndup(r->mem, e.data, e.len), "%lld %d", &end,
		&ends) != 2)
		return false;
	out->period_end = end;
	out->ends = ends != 0;
	return true;
}

/* The bill is shown without them when Stripe takes long. */
static int64_t
details_deadline(const struct req *r)
{
	int64_t soon = clock_mono_ms() + DETAILS_MS;
	int64_t last = r->deadline_ms - MARGIN_MS;

	return last < soon ? last : soon;
}

/* Left empty when Stripe does not tell. */
static void
load_details(struct req *r, const struct account *acc, struct details *out)
{
	const char *key = details_key(r, acc), *text;
	struct stripe_subscription sub;
	int64_t gen;

	memset(out, 0, sizeof(*out));
	if (r->env->stripe == NULL || acc->subscription == NULL ||
	    details_kept(r, acc, out))
		return;
	gen = cache_generation(r->env->cache, acc->tenant_id, key);
	stripe_until(r->env->stripe, details_deadline(r));
	if (stripe_get_subscription(r->env->stripe, r->mem, acc->subscription,
		&sub) != CODE_OK)
		return;
	out->period_end = sub.current_period_end;
	out->ends = sub.cancel_at_period_end;
	text = arena_printf(r->mem, "%lld %d", (long long)out->period_end,
	    out->ends);
	cache_put(r->env->cache, acc->tenant_id, key, gen, text, strlen(text),
	    DETAILS_TTL_MS);
}

enum code
billing_get_billing_info(struct req *r,
    const struct pb_get_billing_info_request *in,
    struct pb_get_billing_info_response *out)
{
	const struct seats_plan *plan;
	struct account acc;
	struct details d;
	enum code code;

	(void)in; /* has no members */
	code = load_account(r, r->who.tenant_id, r->who.company_id, &acc);
	if (code != CODE_OK)
		return code;
	load_details(r, &acc, &d);
	plan = seats_plan(acc.seats.plan);
	out->plan = plan->wire;
	out->status = company_status(acc.seats.status);
	out->seat_count =
	    (int32_t)(acc.seats.bought > 0 ? acc.seats.bought : acc.seats.used);
	out->price_per_seat = plan->price;
	if (d.period_end != 0) {
		out->has_current_period_end = true;
		out->current_period_end = d.period_end;
	}
	out->cancel_at_period_end = d.ends;
	return CODE_OK;
}

/* --- buying ------------------------------------------------------------------ */

static enum code
unavailable(struct req *r, const char *reason)
{
	return req_fail_reason(r, CODE_UNAVAILABLE, reason,
	    "the payment provider cannot do this now; please try again later");
}

static enum code
not_set_up(struct req *r)
{
	return req_fail_reason(r, CODE_UNAVAILABLE, "BILLING_PAYMENT_FAILED",
	    "payments are not set up on this server; its administrator decides"
	    " on plans and seats");
}

/* Stores the customer that was made, unless another was meanwhile. */
static enum code
store_customer(struct req *r, struct account *acc, const char *made)
{
	struct db_scope scope = { .tenant_id = acc->tenant_id,
		.deadline_ms = r->deadline_ms };
	struct db_rows *rows;
	enum code code = CODE_OK;

	db_begin(r->db, DB_TX_WRITE, &scope);
	billing_forget(r, acc->tenant_id);
	rows = db_run(r->db, &billing_queries[Q_SET_CUSTOMER],
	    DB_ARGS(acc->tenant_id, acc->company_id, acc->customer, made));
	if (rows == NULL)
		code = req_fail_db(r);
	else if (!db_next(rows))
		code = no_company(r);
	code = db_end(r->db, code);
	if (code != CODE_OK)
		return r->code != CODE_OK ? code : req_fail_db(r);
	acc->customer = db_text(rows, 0);
	return CODE_OK;
}

/*
 * A key of at most 255 characters: the same for the same words, so that two
 * clicks make one thing.
 */
static const char *
key_of(struct req *r, const char *what, const char *const *words)
{
	struct buf *b = buf_new(r->mem);

	for (; *words != NULL; words++)
		buf_printf(b, "%s\n", *words);
	return arena_printf(r->mem, "%s-%s", what,
	    crypt_sha256_hex(r->mem, b->data, b->len));
}

static enum code
make_customer(struct req *r, struct account *acc, const char *email)
{
	const struct stripe_customer c = {
		.email = email,
		.name = acc->name,
		.company_id = acc->company_id,
	};
	const char *old = acc->customer == NULL ? "" : acc->customer;
	const char *id = NULL;

	if (stripe_create_customer(r->env->stripe, r->mem,
		key_of(r, "customer",
		    (const char *[]){ acc->company_id, old, acc->name,
			email == NULL ? "" : email, NULL }),
		&c, &id) != CODE_OK)
		return unavailable(r, "BILLING_CHECKOUT_FAILED");
	return store_customer(r, acc, id);
}

/* What is in use and what was bought is bought again, up to the plan's bound. */
static int64_t
quantity_of(const struct billing_checkout *in, const struct seats *s)
{
	int64_t n = in->seats < 1 ? 1 : in->seats;

	if (n < s->used + s->reserved)
		n = s->used + s->reserved;
	if (n < s->bought)
		n = s->bought;
	return n > in->plan->max ? in->plan->max : n;
}

static enum code
open_session(struct req *r, const struct account *acc,
    const struct billing_checkout *in, const char **url)
{
	struct stripe_checkout c = {
		.customer = acc->customer,
		.plan = in->plan->name,
		.seats = quantity_of(in, &acc->seats),
		.success_url = in->success,
		.cancel_url = in->canceled,
		.company_id = acc->company_id,
	};
	int64_t minute = clock_now_us() / 60000000;
	struct stripe_session session;
	enum code code;

	code = stripe_create_session(r->env->stripe, r->mem,
	    key_of(r, "checkout",
		(const char *[]){ acc->company_id, in->plan->name,
		    acc->seats.status, db_arg_int(r->mem, minute),
		    db_arg_int(r->mem, c.seats), acc->customer, in->success,
		    NULL }),
	    &c, &session);
	if (code == CODE_OK)
		*url = session.url;
	return code;
}

/*
 * The portal's page for changing the subscription that runs. CODE_NOT_FOUND:
 * it does not run any more, whatever we have stored; nothing has failed yet.
 */
static enum code
open_change(struct req *r, const struct account *acc, const char *return_url,
    const char **url)
{
	struct stripe *s = r->env->stripe;
	struct stripe_subscription sub;
	enum code code;

	code = stripe_get_subscription(s, r->mem, acc->subscription, &sub);
	if (code == CODE_NOT_FOUND ||
	    (code == CODE_OK && !stripe_subscription_runs(&sub)))
		return CODE_NOT_FOUND;
	if (code == CODE_OK)
		code = stripe_create_portal(s, r->mem, NULL, sub.customer,
		    return_url, acc->subscription, url);
	return code == CODE_OK ? CODE_OK
			       : unavailable(r, "BILLING_CHECKOUT_FAILED");
}

static const char *
settings_url(struct req *r, const char *more)
{
	struct site site = site_find(r->mem, r->env->conf, r->host);

	return arena_printf(r->mem, "%s" SETTINGS "%s", site.app, more);
}

/* A session for a customer; one that Stripe does not know is made anew. */
static enum code
buy(struct req *r, struct account *acc, const struct billing_checkout *in,
    const char **url)
{
	enum code code;

	if (acc->customer == NULL &&
	    (code = make_customer(r, acc, in->email)) != CODE_OK)
		return code;
	code = open_session(r, acc, in, url);
	if (code == CODE_FAILED_PRECONDITION &&
	    str_eq(stripe_error(r->env->stripe), "resource_missing")) {
		if ((code = make_customer(r, acc, in->email)) != CODE_OK)
			return code;
		code = open_session(r, acc, in, url);
	}
	return code == CODE_OK ? CODE_OK
			       : unavailable(r, "BILLING_CHECKOUT_FAILED");
}

enum code
billing_checkout(struct req *r, const struct billing_checkout *in,
    const char **url)
{
	struct account acc;
	enum code code;

	if (r->env->stripe == NULL)
		return not_set_up(r);
	stripe_until(r->env->stripe, r->deadline_ms);
	code = load_account(r, in->tenant_id, in->company_id, &acc);
	if (code != CODE_OK)
		return code;
	if (acc.subscription != NULL) {
		code = open_change(r, &acc, settings_url(r, ""), url);
		if (code != CODE_NOT_FOUND)
			return code;
	}
	return buy(r, &acc, in, url);
}

enum code
billing_create_checkout_session(struct req *r,
    const struct pb_create_checkout_session_request *in,
    struct pb_create_checkout_session_response *out)
{
	struct billing_checkout c = {
		.tenant_id = r->who.tenant_id,
		.company_id = r->who.company_id,
		.email = r->who.email,
		.success = settings_url(r, "&checkout=success"),
		.canceled = settings_url(r, "&checkout=canceled"),
	};
	enum code code;

	if ((code = seats_buyable(r, in->plan, &c.plan)) != CODE_OK ||
	    (code = ratelimit_take(r, RATELIMIT_CHECKOUT, NULL)) != CODE_OK)
		return code;
	return billing_checkout(r, &c, &out->url);
}

enum code
billing_create_portal_session(struct req *r,
    const struct pb_create_portal_session_request *in,
    struct pb_create_portal_session_response *out)
{
	struct account acc;
	enum code code;

	(void)in; /* has no members */
	if (r->env->stripe == NULL)
		return not_set_up(r);
	if ((code = ratelimit_take(r, RATELIMIT_PORTAL, NULL)) != CODE_OK)
		return code;
	code = load_account(r, r->who.tenant_id, r->who.company_id, &acc);
	if (code != CODE_OK)
		return code;
	stripe_until(r->env->stripe, r->deadline_ms);
	if (acc.customer != NULL)
		code = stripe_create_portal(r->env->stripe, r->mem, NULL,
		    acc.customer, settings_url(r, ""), NULL, &out->url);
	if (acc.customer == NULL ||
	    (code == CODE_FAILED_PRECONDITION &&
		str_eq(stripe_error(r->env->stripe), "resource_missing")))
		return req_fail_reason(r, CODE_INVALID_ARGUMENT,
		    "BILLING_NO_ACCOUNT", "nothing was ever bought");
	return code == CODE_OK ? CODE_OK
			       : unavailable(r, "BILLING_PAYMENT_FAILED");
}

/* --- forgetting --------------------------------------------------------------- */

struct forgotten {
	const char *tenant_id;
	const char *group;
};

static void
drop_group(struct req *r, void *p)
{
	const struct forgotten *f = p;

	cache_drop(r->env->cache, f->tenant_id, f->group);
}

void
billing_forget(struct req *r, const char *tenant_id)
{
	/* "users" has the company that GetMe shows. */
	static const char *const groups[] = { "billing", "users" };
	struct forgotten *f;
	size_t i;

	for (i = 0; i < NITEMS(groups); i++) {
		f = arena_alloc(r->mem, sizeof(*f));
		f->tenant_id = arena_strdup(r->mem, tenant_id);
		f->group = groups[i];
		db_notify(r->db, "mirai_cache",
		    cache_message(r->mem, tenant_id, f->group, true));
		after_commit(r, drop_group, f);
	}
}

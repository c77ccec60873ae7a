/*
 * Stripe: customers, checkout sessions, the portal, subscriptions, and the
 * signature of its webhook (spec accounts.md 12.1 and 12.3). Knows no tenant.
 *
 * API version 2023-10-16. Every POST carries an Idempotency-Key; what was
 * refused with 409, 429 or 5xx, or never arrived, is tried twice more with the
 * same key. What is returned lives in the arena; texts of Stripe go to the log
 * only. No call may be made while a transaction is open.
 */
#ifndef MIRAI_NET_STRIPE_H
#define MIRAI_NET_STRIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/code.h"
#include "base/conf.h"

struct stripe;

/*
 * NULL without stripe.secret_key ("billing none") or if libcurl will not
 * start. conf outlives it; the caller owns it.
 */
struct stripe *stripe_open(const struct conf *conf);
void stripe_close(struct stripe *s); /* NULL is fine */

/*
 * Calls from now on, their repetitions included, end by deadline_ms
 * (clock_mono_ms() scale); 0: only the 30 s of each try count.
 */
void stripe_until(struct stripe *s, int64_t deadline_ms);

/*
 * What every call below returns:
 *   CODE_OK
 *   CODE_NOT_FOUND            no such object ("resource_missing")
 *   CODE_FAILED_PRECONDITION  the object is in no state for this, or refused
 *                             for another reason; repeating will not help
 *   CODE_UNAVAILABLE          no usable answer, or our key is not accepted, or
 *                             no price is configured for the plan; logged
 * Out-parameters are untouched unless CODE_OK.
 */

/* Stripe's code of the last refusal, as "resource_missing"; "" if none. */
const char *stripe_error(const struct stripe *s);

/* The plan of a price; NULL: not one of ours. */
const char *stripe_plan(const struct stripe *s, const char *price);

/*
 * key: the Idempotency-Key of the call, at most 255 characters; NULL draws
 * one, good for the repetitions of this call only.
 */

struct stripe_customer {
	const char *email;	     /* NULL: none */
	const char *name;	     /* of the company */
	const char *company_id;	     /* NULL: none yet */
	const char *registration_id; /* NULL: none */
};
enum code stripe_create_customer(struct stripe *s, struct arena *a,
    const char *key, const struct stripe_customer *in,
    const char **id) MUST_CHECK;
enum code stripe_name_customer(struct stripe *s, struct arena *a,
    const char *key, const char *customer, const char *name) MUST_CHECK;

/* Metadata once a company exists; of the customer, of the subscription. */
enum code stripe_mark_customer(struct stripe *s, struct arena *a,
    const char *key, const char *customer, const char *company_id) MUST_CHECK;
enum code stripe_mark_subscription(struct stripe *s, struct arena *a,
    const char *key, const char *subscription,
    const char *company_id) MUST_CHECK;

struct stripe_checkout {
	const char *customer;
	const char *plan; /* "starter" or "pro": decides the price */
	int64_t seats;
	const char *success_url;     /* NULL: complete-checkout below url.api */
	const char *cancel_url;	     /* NULL: the registration form */
	const char *company_id;	     /* NULL: all zero, a new registration */
	const char *registration_id; /* NULL: none */
	int64_t expires_at;	     /* Unix seconds; 0: Stripe's day */
};

/* Members are "" where Stripe has none. */
struct stripe_session {
	const char *id;
	const char *url;	    /* where the buyer pays */
	const char *status;	    /* open, complete, expired */
	const char *payment_status; /* paid, unpaid, no_payment_required */
	const char *customer;
	const char *subscription;
	const char *company_id; /* "" also for all zero */
	const char *registration_id;
	const char *plan; /* of the metadata */
};

/* Complete, and paid or nothing to pay. */
bool stripe_session_paid(const struct stripe_session *session);

/* "cs_" and letters, digits, underscores; at most 255. */
bool stripe_is_session_id(const char *s);

enum code stripe_create_session(struct stripe *s, struct arena *a,
    const char *key, const struct stripe_checkout *in,
    struct stripe_session *out) MUST_CHECK;
enum code stripe_get_session(struct stripe *s, struct arena *a, const char *id,
    struct stripe_session *out) MUST_CHECK;

/*
 * Also CODE_OK when it is expired already. CODE_FAILED_PRECONDITION: it is
 * complete.
 */
enum code stripe_expire_session(struct stripe *s, struct arena *a,
    const char *key, const char *id) MUST_CHECK;

/* Completed sessions made since then (Unix seconds), newest first; all pages. */
enum code stripe_list_completed(struct stripe *s, struct arena *a,
    int64_t since, struct stripe_session **out, size_t *nout) MUST_CHECK;

/* The portal of a customer; subscription not NULL: opens on changing it. */
enum code stripe_create_portal(struct stripe *s, struct arena *a,
    const char *key, const char *customer, const char *return_url,
    const char *subscription, const char **url) MUST_CHECK;

struct stripe_subscription {
	const char *id;
	const char *status; /* Stripe's: active, past_due, unpaid, ... */
	const char *customer;
	const char *item_id; /* of the first item */
	const char *price;
	int64_t quantity;
	int64_t created;	    /* Unix seconds */
	int64_t current_period_end; /* Unix seconds; 0: not told */
	bool cancel_at_period_end;
	const char *plan; /* of the metadata */
	const char *company_id;
	const char *registration_id;
	const char *cancel_comment; /* what stripe_cancel() was told */
};

/* active, trialing, past_due or unpaid: it bills. */
bool stripe_subscription_runs(const struct stripe_subscription *sub);

enum code stripe_get_subscription(struct stripe *s, struct arena *a,
    const char *id, struct stripe_subscription *out) MUST_CHECK;
/* With prorations. */
enum code stripe_set_quantity(struct stripe *s, struct arena *a,
    const char *key, const char *subscription, const char *item_id,
    int64_t quantity) MUST_CHECK;
/*
 * Ends it now and credits what was paid ahead. comment stays with it. Also
 * CODE_OK when it has ended already.
 */
enum code stripe_cancel(struct stripe *s, struct arena *a,
    const char *subscription, const char *comment) MUST_CHECK;

struct stripe_invoice {
	const char *id;
	const char *status; /* draft, open, paid, uncollectible, void */
	const char *customer;
	const char *subscription;
};
enum code stripe_get_invoice(struct stripe *s, struct arena *a, const char *id,
    struct stripe_invoice *out) MUST_CHECK;

/* --- the webhook ----------------------------------------------------------- */

#define STRIPE_TOLERANCE_S 300

/*
 * Whether header (Stripe-Signature) signs these bytes with secret, at most
 * STRIPE_TOLERANCE_S from now_s. An empty or NULL secret signs nothing.
 */
bool stripe_signed(const char *secret, const char *header, const void *body,
    size_t len, int64_t now_s);

/* The header that signs them, in a: for tests and tools. */
char *stripe_sign(struct arena *a, const char *secret, const void *body,
    size_t len, int64_t now_s);

/* What an event is about; the object is to be read anew. */
struct stripe_event {
	const char *id;
	const char *type;
	const char *object;	  /* "checkout.session", "subscription", ... */
	const char *object_id;	  /* "" if the object has none */
	const char *customer;	  /* "" if the object names none */
	const char *subscription; /* of a session or an invoice; or "" */
};

/* 0, or -1 when it is no event. */
int stripe_event_read(struct arena *a, const void *body, size_t len,
    struct stripe_event *out) MUST_CHECK;

#endif

/*
 * What payments change: registrations and companies, by what Stripe says now,
 * never by what an event said (spec accounts.md 12.3 and 16.3). The webhook,
 * reconciliation and provisioning share it.
 */
#ifndef MIRAI_SERVICE_SUBSCRIPTION_H
#define MIRAI_SERVICE_SUBSCRIPTION_H

#include "db/db.h"
#include "net/stripe.h"
#include "rpc/req.h"

/*
 * The stored subscription_status of Stripe's: "active", "past_due", "canceled"
 * or "none"; NULL: what is stored stays (incomplete).
 */
const char *subscription_status(const char *stripe_status);

/*
 * The plan of a subscription: by its price, else by its metadata, else stored
 * (NULL: starter).
 */
const char *subscription_plan(const struct stripe *s,
    const struct stripe_subscription *sub, const char *stored);

enum subscription_paid {
	SUBSCRIPTION_PAID,   /* it was pending and is paid now */
	SUBSCRIPTION_REPEAT, /* it was paid before */
	SUBSCRIPTION_NOBODY  /* no registration belongs to the session */
};

/*
 * Makes the registration of a paid session "paid" and wakes mirai-provision:
 * one conditional update in the open superadmin transaction. seats: quantity
 * of the subscription, 0 when it could not be read.
 */
enum code subscription_register(struct db *db, struct arena *a,
    const struct stripe_session *session, int64_t seats,
    enum subscription_paid *out) MUST_CHECK;

/*
 * Handles one event that was proven to be Stripe's, once: r->env->db is a
 * worker's, no transaction is open. CODE_OK: it is dealt with, now or before;
 * CODE_INVALID_ARGUMENT: its object is of no use; anything else: it has to be
 * delivered again.
 */
enum code subscription_event(struct req *r, struct stripe *s,
    const struct stripe_event *event) MUST_CHECK;

#endif

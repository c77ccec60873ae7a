/*
 * The database's side of subscription.c: one lock per Stripe customer, and one
 * transaction per event that changes everything or nothing.
 */
#ifndef MIRAI_SERVICE_SUBSCRIPTION_CHANGE_H
#define MIRAI_SERVICE_SUBSCRIPTION_CHANGE_H

#include "service/subscription.h"

/* A company as its subscription goes; strings are borrowed. */
struct subscription_company {
	const char *id;
	const char *tenant_id;
	const char *name;
	const char *plan;
	const char *status;
	const char *subscription; /* "" if none */
};

/* What an event comes to. All zero: nothing. */
struct subscription_change {
	/* A registration becomes paid, or goes away while it is pending. */
	const struct stripe_session *paid;
	int64_t paid_seats; /* 0: not known */
	const struct stripe_session *lost;

	/* A company's columns become these. */
	const struct subscription_company *company;
	const char *customer;	  /* NULL: as it is */
	const char *subscription; /* NULL: none */
	const char *status;
	const char *plan;
	int64_t seats;

	/* Mail for each of these, NULL-terminated; NULL: none. */
	const char *const *payment_failed;

	/* Mail to alert.address; NULL: none. */
	const char *alert;
	const char *alert_text;
};

/*
 * Waits for the lock of key, which this connection then holds until
 * subscription_unlock(). *done: the event was dealt with before. *holder names
 * the connection.
 */
enum code subscription_lock(struct req *r, const char *key,
    const struct stripe_event *event, const char **holder,
    bool *done) MUST_CHECK;
void subscription_unlock(struct req *r, const char *key);

/*
 * Notes the event and makes the change in one transaction. CODE_ABORTED: the
 * lock was lost with its connection, or the company changed since it was read;
 * CODE_ALREADY_EXISTS: another company has that customer or subscription.
 */
enum code subscription_apply(struct req *r, const struct stripe_event *event,
    const char *holder, const struct subscription_change *change) MUST_CHECK;

/* CODE_NOT_FOUND: none. Each is a transaction of its own. */
enum code subscription_find_company(struct req *r, const char *company_id,
    struct subscription_company *out) MUST_CHECK;
/* By customer, else by subscription. */
enum code subscription_find_payer(struct req *r, const char *customer,
    const char *subscription, struct subscription_company *out) MUST_CHECK;

/* Whether a registration waits that this customer pays for. */
enum code subscription_is_registering(struct req *r, const char *customer,
    const char *registration_id, bool *out) MUST_CHECK;

/* Identities of a company's admins, NULL-terminated. */
enum code subscription_admins(struct req *r, const char *company_id,
    const char ***out, size_t *nout) MUST_CHECK;

#endif

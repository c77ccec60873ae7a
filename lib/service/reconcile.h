/*
 * Looking after those who paid and have no account yet: what got stuck is
 * queued again and told, and payments nobody heard of are found (spec
 * accounts.md 14.4).
 */
#ifndef MIRAI_SERVICE_RECONCILE_H
#define MIRAI_SERVICE_RECONCILE_H

#include "service/provision_run.h"

struct reconcile_result {
	int64_t queued;	 /* registrations that wait for more than 5 minutes */
	int64_t warned;	 /* told after 15 minutes */
	int64_t alerted; /* told after 30 minutes, urgently */
	int64_t found;	 /* paid sessions whose report never came */
	int64_t lost;	 /* paid sessions that belong to nothing here: told */
};

/*
 * Whether it is time, once per interval in the whole cluster: then the claim
 * is this caller's. CODE_NOT_FOUND: it is not; else the database's failure.
 * name is that of a periodic task: "reconcile", "cleanup".
 */
enum code reconcile_claim(struct provision_env *e, const char *name,
    int64_t interval_s) MUST_CHECK;

/*
 * Once, now. A failure of the payment provider or the database is what comes
 * back (logged); what was done before it stays done. CODE_OK without a payment
 * provider: there is nothing to ask.
 */
enum code reconcile_run(struct provision_env *e, struct arena *a,
    struct reconcile_result *out) MUST_CHECK;

#endif

/*
 * Buying for a company that exists: BillingService, and what Onboard shares
 * with it (spec accounts.md 4 and 12.2).
 */
#ifndef MIRAI_SERVICE_BILLING_H
#define MIRAI_SERVICE_BILLING_H

#include "rpc/req.h"
#include "service/seats.h"

struct billing_checkout {
	const char *tenant_id;
	const char *company_id;
	const char *email; /* of the buyer */
	const struct seats_plan *plan;
	int64_t seats;	     /* asked for; what is in use counts besides */
	const char *success; /* addresses to come back to */
	const char *canceled;
};

/*
 * The address where the company buys that plan; with a subscription that runs,
 * the portal's page for changing it, so that there is never a second one.
 * Opens and ends short transactions of its own: none may be open. CODE_OK, or
 * the request has failed (BILLING_...).
 */
enum code billing_checkout(struct req *r, const struct billing_checkout *in,
    const char **url) MUST_CHECK;

/* Drops what is remembered of a company's subscription; inside a transaction. */
void billing_forget(struct req *r, const char *tenant_id);

#endif

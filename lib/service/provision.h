/*
 * Making a company: tenant, company, shared library folder and first admin in
 * one transaction. The identity exists already and is named by its id. Used by
 * mirai(1) and by sign-up (provision_run.h); exactly-once rests on the unique
 * indices over the identity of active users and over subscriptions.
 */
#ifndef MIRAI_SERVICE_PROVISION_H
#define MIRAI_SERVICE_PROVISION_H

#include "base/str.h"
#include "db/db.h"

struct provision_made {
	char tenant_id[STR_UUID_LEN + 1];
	char company_id[STR_UUID_LEN + 1];
	char user_id[STR_UUID_LEN + 1];
	const char *slug;
};

struct provision_company {
	const char *name;	     /* checked by the caller */
	const char *industry;	     /* NULL or "" = none */
	const char *team_size;	     /* NULL or "" = none */
	const char *plan;	     /* "starter", "pro", "enterprise" */
	const char *status;	     /* subscription: "active", "none" ... */
	int32_t seats;		     /* 0 = the plan's default */
	const char *customer_id;     /* at Stripe; NULL or "" = none */
	const char *subscription_id; /* the same */
	const char *identity_id;     /* the first admin */
	const char *actor; /* for the audit log: "mirai company create" */
	/*
	 * What else belongs to the transaction, done last in it; NULL: nothing.
	 * Anything but CODE_OK takes all of it back and is what comes back. May
	 * be called again for another try.
	 */
	enum code (*also)(struct db *db, struct arena *a, void *arg,
	    const struct provision_made *made);
	void *arg;
};

/*
 * Lower-case ASCII of the name, runs of anything else one hyphen, at most 50
 * characters, then "-" and 8 random hex digits (accounts.md 14.3); in a.
 */
char *provision_slug(struct arena *a, const char *name);

/*
 * db is a worker's handle with no transaction open. CODE_OK;
 * CODE_ALREADY_EXISTS when the identity has a company, or the subscription;
 * CODE_UNAVAILABLE when the database failed (logged).
 */
enum code provision_company(struct db *db, struct arena *a,
    const struct provision_company *in, struct provision_made *out);

#endif

/*
 * Plans, seats and the gate before paid features: the one place that says what
 * a company may have (spec accounts.md, section 2).
 */
#ifndef MIRAI_SERVICE_SEATS_H
#define MIRAI_SERVICE_SEATS_H

#include "db/db.h"
#include "rpc/req.h"

/*
 * SQL over a row of companies under the alias c. Effective: what the company
 * may fill; used: its people; reserved: invitations that still count. Counting
 * and the lock are two statements (seats_lock()): a count in the statement
 * that waits for the lock would be of the time before it waited.
 */
#define SEATS_PAID(c)                \
	"(" c ".plan = 'enterprise'" \
	" OR " c ".subscription_status IN ('active', 'past_due'))"
#define SEATS_EFFECTIVE(c)                                              \
	"(CASE WHEN " c ".plan <> 'enterprise'"                         \
	" AND " c ".subscription_status IN ('none', 'canceled') THEN 1" \
	" WHEN " c ".seat_count > 0 THEN " c ".seat_count"              \
	" ELSE CASE " c ".plan WHEN 'pro' THEN 50"                      \
	" WHEN 'enterprise' THEN 999 ELSE 5 END END)"
#define SEATS_USED(c)                                \
	"(SELECT count(*)::int FROM users seats_u"   \
	" WHERE seats_u.tenant_id = " c ".tenant_id" \
	" AND seats_u.company_id = " c ".id"         \
	" AND seats_u.removed_at IS NULL)"
#define SEATS_RESERVED(c)                                \
	"(SELECT count(*)::int FROM invitations seats_i" \
	" WHERE seats_i.tenant_id = " c ".tenant_id"     \
	" AND seats_i.company_id = " c ".id"             \
	" AND seats_i.status = 'pending'"                \
	" AND seats_i.expires_at > now())"

struct seats {
	int64_t effective;
	int64_t used;
	int64_t reserved;
	int64_t available;  /* never below 0 */
	int64_t bought;	    /* companies.seat_count; 0: the plan's default */
	const char *plan;   /* as stored */
	const char *status; /* subscription_status as stored */
	bool paid;	    /* access to paid features */
};

/*
 * Those of a company, in the open transaction (the tenant's or a superadmin's).
 * CODE_NOT_FOUND: no such company; else the database's failure. Nothing of a
 * request is set. seats_lock() holds the company's row until the transaction
 * ends, so that whoever counts next counts what this one adds.
 */
enum code seats_load(struct db *db, const char *tenant_id,
    const char *company_id, struct seats *out) MUST_CHECK;
enum code seats_lock(struct db *db, const char *tenant_id,
    const char *company_id, struct seats *out) MUST_CHECK;

/*
 * The access gate for the caller's company, in the open transaction: CODE_OK,
 * or the request has failed with BILLING_SUBSCRIPTION_REQUIRED.
 */
enum code seats_gate(struct req *r) MUST_CHECK;

/* That failure, for those who asked SEATS_PAID() in a query of their own. */
enum code seats_not_paid(struct req *r);

/* --- plans ----------------------------------------------------------------- */

struct seats_plan {
	const char *name; /* as stored */
	int wire;	  /* PB_PLAN_... */
	int price;	  /* cents per seat and month */
	int seats;	  /* when none were bought */
	int max;	  /* seats that can be bought; 0: by contract */
};

/* By stored name; an unknown one is starter's. Never NULL. */
const struct seats_plan *seats_plan(const char *stored);

/*
 * A plan that one can buy: unspecified is starter; enterprise and unknown
 * numbers fail the request with BILLING_INVALID_PLAN.
 */
enum code seats_buyable(struct req *r, int wire,
    const struct seats_plan **out) MUST_CHECK;

/*
 * How many seats a buyer gets who asks for that many of a plan: below 1 is 1,
 * above the plan's bound fails the field seat_count.
 */
enum code seats_asked(struct req *r, const struct seats_plan *plan,
    int64_t asked, int64_t *out) MUST_CHECK;

#endif

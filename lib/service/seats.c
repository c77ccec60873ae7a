/*
 * One expression counts seats, for the invitation, the bill and the page alike;
 * one table says what plans are. Nothing here changes a row.
 */
#include "service/seats.h"

#include <string.h>

#include "base/str.h"
#include "mirai/v1/common.pb.h"

enum query {
	Q_LOCK,
	Q_COUNT,
	Q_PAID,
	Q__MAX
};

extern const struct db_query seats_queries[];

const struct db_query seats_queries[] = {
	[Q_LOCK] = {
	    .name = "seats_lock",
	    .nargs = 2, /* tenant, company */
	    .sql = "SELECT 1 FROM companies WHERE tenant_id = $1::uuid"
		   " AND id = $2::uuid FOR UPDATE",
	},
	[Q_COUNT] = {
	    .name = "seats_count",
	    .nargs = 2, /* tenant, company */
	    .sql = "SELECT " SEATS_EFFECTIVE("c") ", " SEATS_USED("c") ", "
		   SEATS_RESERVED("c") ", c.seat_count, c.plan,"
		   " c.subscription_status, " SEATS_PAID("c")
		   " FROM companies c WHERE c.tenant_id = $1::uuid"
		   " AND c.id = $2::uuid",
	},
	[Q_PAID] = {
	    .name = "seats_paid",
	    .nargs = 2, /* tenant, company */
	    .sql = "SELECT " SEATS_PAID("c") " FROM companies c"
		   " WHERE c.tenant_id = $1::uuid AND c.id = $2::uuid",
	},
	[Q__MAX] = { 0 },
};

/* --- counting ------------------------------------------------------------- */

/* What a failed statement means to those who have no request. */
static enum code
failed(struct db *db)
{
	return db_fault(db) == DB_FAULT_TIMEOUT ? CODE_DEADLINE_EXCEEDED
						: CODE_UNAVAILABLE;
}

enum code
seats_load(struct db *db, const char *tenant_id, const char *company_id,
    struct seats *out)
{
	struct db_rows *rows;

	rows =
	    db_run(db, &seats_queries[Q_COUNT], DB_ARGS(tenant_id, company_id));
	if (rows == NULL)
		return failed(db);
	if (!db_next(rows))
		return CODE_NOT_FOUND;
	out->effective = db_int(rows, 0);
	out->used = db_int(rows, 1);
	out->reserved = db_int(rows, 2);
	out->available = out->effective - out->used - out->reserved;
	if (out->available < 0)
		out->available = 0;
	out->bought = db_int(rows, 3);
	out->plan = db_text(rows, 4);
	out->status = db_text(rows, 5);
	out->paid = db_bool(rows, 6);
	return CODE_OK;
}

enum code
seats_lock(struct db *db, const char *tenant_id, const char *company_id,
    struct seats *out)
{
	db_queue(db, &seats_queries[Q_LOCK], DB_ARGS(tenant_id, company_id));
	return seats_load(db, tenant_id, company_id, out);
}

enum code
seats_not_paid(struct req *r)
{
	return req_fail_reason(r, CODE_PERMISSION_DENIED,
	    "BILLING_SUBSCRIPTION_REQUIRED",
	    "an active subscription is needed");
}

enum code
seats_gate(struct req *r)
{
	struct db_rows *rows;

	rows = db_run(r->db, &seats_queries[Q_PAID],
	    DB_ARGS(r->who.tenant_id, r->who.company_id));
	if (rows == NULL)
		return req_fail_db(r);
	return db_next(rows) && db_bool(rows, 0) ? CODE_OK : seats_not_paid(r);
}

/* --- plans ---------------------------------------------------------------- */

static const struct seats_plan plans[] = {
	{ "starter", PB_PLAN_STARTER, 800, 5, 10 },
	{ "pro", PB_PLAN_PRO, 1200, 50, 1000 },
	{ "enterprise", PB_PLAN_ENTERPRISE, 0, 999, 0 },
};

const struct seats_plan *
seats_plan(const char *stored)
{
	size_t i;

	for (i = 0; i < NITEMS(plans); i++)
		if (str_eq(plans[i].name, stored))
			return &plans[i];
	return &plans[0];
}

enum code
seats_buyable(struct req *r, int wire, const struct seats_plan **out)
{
	size_t i;

	if (wire == PB_PLAN_UNSPECIFIED)
		wire = PB_PLAN_STARTER;
	for (i = 0; i < NITEMS(plans); i++) {
		if (plans[i].wire != wire || plans[i].max == 0)
			continue;
		*out = &plans[i];
		return CODE_OK;
	}
	return req_fail_reason(r, CODE_INVALID_ARGUMENT, "BILLING_INVALID_PLAN",
	    "this plan cannot be bought here");
}

enum code
seats_asked(struct req *r, const struct seats_plan *plan, int64_t asked,
    int64_t *out)
{
	if (asked > plan->max)
		return req_fail_field(r, "seat_count",
		    "is more than %d, the most of this plan", plan->max);
	*out = asked < 1 ? 1 : asked;
	return CODE_OK;
}

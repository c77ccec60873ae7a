/*
 * CompanyService: the caller's own company. Plan and payment columns are never
 * written here, not even echoed.
 */
#include "service/company.h"

#include "mirai/v1/company.rpc.h"

#include "net/json.h"
#include "rpc/after.h"
#include "service/audit.h"
#include "service/compensate.h"
#include "service/field.h"
#include "service/seats.h"

enum query {
	Q_GET,
	Q_UPDATE,
	Q__MAX
};

extern const struct db_query company_queries[];

const struct db_query company_queries[] = {
	[Q_GET] = {
	    .name = "company_get",
	    .nargs = 2, /* tenant, company */
	    .sql = "SELECT " COMPANY_COLUMNS " FROM companies c"
		   " WHERE c.tenant_id = $1 AND c.id = $2",
	},
	[Q_UPDATE] = {
	    .name = "company_update",
	    .nargs = 5, /* tenant, company, name, industry, team size */
	    .sql = "UPDATE companies c SET name = COALESCE($3, c.name),"
		   " industry = CASE WHEN $4::text IS NULL THEN c.industry"
		   " ELSE NULLIF($4, '') END,"
		   " team_size = CASE WHEN $5::text IS NULL THEN c.team_size"
		   " ELSE NULLIF($5, '') END,"
		   " updated_at = now()"
		   " WHERE c.tenant_id = $1 AND c.id = $2"
		   " RETURNING " COMPANY_COLUMNS,
	},
	[Q__MAX] = { 0 },
};

int
company_status(const char *stored)
{
	if (str_eq(stored, "active"))
		return PB_SUBSCRIPTION_STATUS_ACTIVE;
	if (str_eq(stored, "past_due"))
		return PB_SUBSCRIPTION_STATUS_PAST_DUE;
	if (str_eq(stored, "canceled"))
		return PB_SUBSCRIPTION_STATUS_CANCELED;
	return PB_SUBSCRIPTION_STATUS_NONE;
}

struct pb_company *
company_read(struct req *r, const struct db_rows *rows, unsigned col)
{
	bool admin = r->who.role == ROLE_ADMIN;
	struct pb_company *c;

	c = arena_zalloc(r->mem, sizeof(*c));
	c->id = db_text(rows, col);
	c->name = db_text(rows, col + 1);
	c->industry = db_text_null(rows, col + 2);
	c->team_size = db_text_null(rows, col + 3);
	c->plan = seats_plan(db_text(rows, col + 4))->wire;
	c->subscription_status = company_status(db_text(rows, col + 5));
	c->stripe_customer_id = admin ? db_text_null(rows, col + 6) : NULL;
	c->stripe_subscription_id = admin ? db_text_null(rows, col + 7) : NULL;
	c->created_at = pb_time(r->mem, db_time(rows, col + 8));
	c->updated_at = pb_time(r->mem, db_time(rows, col + 9));
	c->seat_count = (int32_t)db_int(rows, col + 10);
	c->tenant_id = db_text(rows, col + 11);
	return c;
}

static enum code
no_company(struct req *r)
{
	return req_fail_reason(r, CODE_NOT_FOUND, "COMPANY_NOT_FOUND",
	    "company not found");
}

/* A company id, when given, must be the caller's own. */
static enum code
own_company(struct req *r, const char *company_id)
{
	const char *id;
	enum code code;

	if (str_is_empty(company_id))
		return CODE_OK;
	if ((code = field_uuid(r, "company_id", company_id, &id)) != CODE_OK)
		return code;
	return str_eq(id, r->who.company_id) ? CODE_OK : no_company(r);
}

enum code
company_get_company(struct req *r, const struct pb_get_company_request *in,
    struct pb_get_company_response *out)
{
	struct db_rows *rows;
	enum code code;

	if ((code = own_company(r, in->company_id)) != CODE_OK)
		return code;
	rows = db_last(r->db, &company_queries[Q_GET],
	    DB_ARGS(r->who.tenant_id, r->who.company_id));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return no_company(r);
	out->company = company_read(r, rows, 0);
	return CODE_OK;
}

/* NULL = unchanged: for the name also when empty, for the rest when absent. */
static enum code
update_fields(struct req *r, const struct pb_update_company_request *in,
    const char **name, const char **industry, const char **team_size)
{
	enum code code;

	*name = *industry = *team_size = NULL;
	if (!str_is_empty(in->name) &&
	    (code = field_line(r, "name", in->name, 1, 200, name)) != CODE_OK)
		return code;
	if (in->industry != NULL &&
	    (code = field_line(r, "industry", in->industry, 0, 100,
		 industry)) != CODE_OK)
		return code;
	if (in->team_size != NULL)
		return field_line(r, "team_size", in->team_size, 0, 50,
		    team_size);
	return CODE_OK;
}

/* The payment provider's invoices bear the name, too. */
static void
tell_name(struct req *r, const struct pb_company *c)
{
	struct json *payload;

	if (str_is_empty(c->stripe_customer_id))
		return;
	payload = json_new_object(r->mem);
	json_put_text(payload, "customer_id", c->stripe_customer_id);
	json_put_text(payload, "name", c->name);
	compensate_queue(r->db, r->mem, r->who.tenant_id, "customer_name",
	    payload);
}

enum code
company_update_company(struct req *r,
    const struct pb_update_company_request *in,
    struct pb_update_company_response *out)
{
	const char *name, *industry, *team_size;
	struct db_rows *rows;
	enum code code;

	if ((code = own_company(r, in->company_id)) != CODE_OK ||
	    (code = update_fields(r, in, &name, &industry, &team_size)) !=
		CODE_OK)
		return code;
	audit_write(r, "company.update", "company", r->who.company_id, NULL);
	after_forget(r, "users");
	rows = db_run(r->db, &company_queries[Q_UPDATE],
	    DB_ARGS(r->who.tenant_id, r->who.company_id, name, industry,
		team_size));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return no_company(r);
	out->company = company_read(r, rows, 0);
	if (name != NULL)
		tell_name(r, out->company);
	return CODE_OK;
}

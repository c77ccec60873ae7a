/*
 * A company row as a message, for the services that show one.
 */
#ifndef MIRAI_SERVICE_COMPANY_H
#define MIRAI_SERVICE_COMPANY_H

#include "db/db.h"
#include "mirai/v1/company.pb.h"
#include "rpc/req.h"

/* The columns company_read() expects, from alias c. */
#define COMPANY_COLUMNS                                                         \
	"c.id, c.name, c.industry, c.team_size, c.plan, c.subscription_status," \
	" c.stripe_customer_id, c.stripe_subscription_id, c.created_at,"        \
	" c.updated_at, c.seat_count, c.tenant_id"
#define COMPANY_NCOLUMNS 12

/*
 * The company in the current row, its first column at col; in r->mem. Payment
 * ids are left out unless the caller is an admin.
 */
struct pb_company *company_read(struct req *r, const struct db_rows *rows,
    unsigned col);

/* The wire value of a stored subscription_status. */
int company_status(const char *stored);

#endif

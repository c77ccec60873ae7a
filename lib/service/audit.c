/*
 * Insert-only rows of audit_log. Nothing here reads them.
 */
#include "service/audit.h"

#include "db/db.h"

enum query {
	Q_INSERT,
	Q__MAX
};

extern const struct db_query audit_queries[];

const struct db_query audit_queries[] = {
	[Q_INSERT] = {
	    .name = "audit_insert",
	    .nargs = 6, /* tenant, actor, action, target type and id, details */
	    .sql = "INSERT INTO audit_log (tenant_id, actor_user_id, action,"
		   " target_type, target_id, details)"
		   " VALUES ($1, $2, $3, $4, $5, $6::jsonb)",
	},
	[Q__MAX] = { 0 },
};

void
audit_write(struct req *r, const char *action, const char *target_type,
    const char *target_id, const char *details)
{
	const char *actor = r->who.user_id;

	db_queue(r->db, &audit_queries[Q_INSERT],
	    DB_ARGS(r->who.tenant_id, *actor == '\0' ? NULL : actor, action,
		target_type, target_id, details));
}

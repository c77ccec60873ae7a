/*
 * TenantService: the isolation boundary a company lives in. Slug and status
 * are not for users; an operator sets the status.
 */
#include "mirai/v1/tenant.rpc.h"

#include "db/db.h"
#include "service/audit.h"
#include "service/field.h"

enum query {
	Q_GET,
	Q_UPDATE,
	Q__MAX
};

extern const struct db_query tenant_queries[];

const struct db_query tenant_queries[] = {
	[Q_GET] = {
	    .name = "tenant_get",
	    .nargs = 1, /* tenant */
	    .sql = "SELECT id, name, slug, status, created_at, updated_at"
		   " FROM tenants WHERE id = $1",
	},
	[Q_UPDATE] = {
	    .name = "tenant_update",
	    .nargs = 2, /* tenant, name */
	    .sql = "UPDATE tenants SET name = $2, updated_at = now()"
		   " WHERE id = $1"
		   " RETURNING id, name, slug, status, created_at, updated_at",
	},
	[Q__MAX] = { 0 },
};

static enum code
tenant_read(struct req *r, struct db_rows *rows, struct pb_tenant **out)
{
	struct pb_tenant *t;

	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return req_fail(r, CODE_NOT_FOUND, "tenant not found");
	t = arena_zalloc(r->mem, sizeof(*t));
	t->id = db_text(rows, 0);
	t->name = db_text(rows, 1);
	t->slug = db_text(rows, 2);
	t->status = str_eq(db_text(rows, 3), "suspended")
	    ? PB_TENANT_STATUS_SUSPENDED
	    : PB_TENANT_STATUS_ACTIVE;
	t->created_at = pb_time(r->mem, db_time(rows, 4));
	t->updated_at = pb_time(r->mem, db_time(rows, 5));
	*out = t;
	return CODE_OK;
}

enum code
tenant_get_tenant(struct req *r, const struct pb_get_tenant_request *in,
    struct pb_get_tenant_response *out)
{
	(void)in; /* has no fields */
	return tenant_read(r,
	    db_last(r->db, &tenant_queries[Q_GET], DB_ARGS(r->who.tenant_id)),
	    &out->tenant);
}

enum code
tenant_update_tenant(struct req *r, const struct pb_update_tenant_request *in,
    struct pb_update_tenant_response *out)
{
	const char *name;
	enum code code;

	if (in->name == NULL)
		return tenant_read(r,
		    db_last(r->db, &tenant_queries[Q_GET],
			DB_ARGS(r->who.tenant_id)),
		    &out->tenant);
	if ((code = field_line(r, "name", in->name, 1, 200, &name)) != CODE_OK)
		return code;
	audit_write(r, "tenant.update", "tenant", r->who.tenant_id, NULL);
	return tenant_read(r,
	    db_last(r->db, &tenant_queries[Q_UPDATE],
		DB_ARGS(r->who.tenant_id, name)),
	    &out->tenant);
}

/*
 * First the copies are committed, then the list they came from is shortened.
 * A copy's id is made of the row's, so that a second one is none.
 */
#include "service/audit_copy.h"

#define BATCH "500"

enum query {
	Q_READ,
	Q_DONE,
	Q__MAX
};

const struct db_query audit_copy_identity_queries[] = {
	[Q_READ] = {
	    .name = "audit_copy_read",
	    .nargs = 1, /* after */
	    .sql = "SELECT count(*), max(b.id), jsonb_agg(to_jsonb(b)),"
		   " array_agg(b.id) FILTER"
		   " (WHERE b.at < now() - interval '1 day')"
		   " FROM (SELECT a.id, a.at, a.action, a.result, a.actor,"
		   " a.identity_id, a.session_id, a.ip_address, a.user_agent"
		   " FROM audit_outbox o JOIN audit a ON a.id = o.audit_id"
		   " WHERE o.audit_id > $1::bigint"
		   " ORDER BY o.audit_id LIMIT " BATCH ") b",
	},
	[Q_DONE] = {
	    .name = "audit_copy_done",
	    .nargs = 2, /* ids twice: of copies, and of rows of nobody's */
	    .sql = "DELETE FROM audit_outbox WHERE audit_id = ANY"
		   " (coalesce($1::bigint[], '{}') ||"
		   " coalesce($2::bigint[], '{}'))",
	},
	[Q__MAX] = { 0 },
};

/* The tenant someone belonged to at that time, or soon after it. */
const struct db_query audit_copy_queries[] = {
	{
	    .name = "audit_copy",
	    .nargs = 1, /* rows of the trail */
	    .sql = "WITH e AS (SELECT * FROM jsonb_to_recordset($1::jsonb)"
		   " AS e (id bigint, at timestamptz, action text,"
		   " result text, actor text, identity_id uuid,"
		   " session_id uuid, ip_address text, user_agent text)),"
		   " known AS (SELECT e.*, u.tenant_id, u.id AS user_id FROM e"
		   " JOIN LATERAL (SELECT n.tenant_id, n.id FROM users n"
		   " WHERE n.kratos_id = e.identity_id"
		   " AND (n.removed_at IS NULL OR n.removed_at > e.at)"
		   " ORDER BY n.created_at > e.at, abs(extract(epoch FROM"
		   " n.created_at - e.at)) LIMIT 1) u ON true),"
		   " copied AS (INSERT INTO audit_log (id, tenant_id,"
		   " actor_user_id, action, target_type, target_id, details,"
		   " created_at) SELECT md5(concat_ws(':', 'identity', id,"
		   " identity_id, (extract(epoch FROM at) * 1000000)::bigint)"
		   ")::uuid, tenant_id, CASE WHEN actor = 'self' AND"
		   " result = 'ok' THEN user_id END,"
		   " CASE WHEN action LIKE 'identity.%' THEN action"
		   " ELSE 'identity.' || action END, 'identity', identity_id,"
		   " jsonb_strip_nulls(jsonb_build_object('result', result,"
		   " 'by', actor, 'session_id', session_id,"
		   " 'ip_address', ip_address, 'user_agent', user_agent)), at"
		   " FROM known ON CONFLICT (id) DO NOTHING)"
		   " SELECT array_agg(id) FROM known",
	},
	{ 0 },
};

/* One row of an aggregate; NULL when the database failed. */
static struct db_rows *
ask(struct db *db, struct arena *a, const struct db_scope *scope,
    const struct db_query *q, size_t nargs, const char *const *args)
{
	struct db_rows *rows;

	db_use(db, a);
	db_begin(db, DB_TX_WRITE, scope);
	rows = db_last(db, q, nargs, args);
	return db_end(db, rows == NULL ? CODE_UNAVAILABLE : CODE_OK) == CODE_OK
	    ? rows
	    : NULL;
}

int64_t
audit_copy_step(struct db *identities, struct db *app, struct arena *a,
    int64_t *after)
{
	const struct db_scope all = { .superadmin = true }, none = { 0 };
	const struct db_query *q = audit_copy_identity_queries;
	struct db_rows *rows, *copied;
	int64_t n;

	rows = ask(identities, a, &none, &q[Q_READ],
	    DB_ARGS(db_arg_int(a, *after)));
	if (rows == NULL || !db_next(rows))
		return -1;
	if ((n = db_int(rows, 0)) == 0)
		return 0;
	copied = ask(app, a, &all, &audit_copy_queries[0],
	    DB_ARGS(db_text(rows, 2)));
	if (copied == NULL || !db_next(copied))
		return -1;
	if (ask(identities, a, &none, &q[Q_DONE],
		DB_ARGS(db_text_null(copied, 0), db_text_null(rows, 3))) ==
	    NULL)
		return -1;
	*after = db_int(rows, 1);
	return n;
}

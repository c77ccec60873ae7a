/*
 * The operator's statements about registrations. Each carries its audit row
 * and the condition under which it may happen, so that a registration in the
 * hands of mirai-provision is never touched.
 */
#include "service/provision_admin.h"

#include "base/str.h"
#include "service/compensate.h"

#define COLUMNS                                                      \
	"id, email, first_name, last_name, company_name, industry,"  \
	" team_size, plan, seat_count, status, checkout_session_id," \
	" stripe_customer_id, stripe_subscription_id, kratos_id,"    \
	" error_message, attempts, ((status = 'paid'"                \
	" AND coalesce(next_attempt_at, now()) <= now())"            \
	" OR (status = 'provisioning' AND lease_until <= now())),"   \
	" password_hash IS NOT NULL, next_attempt_at, warned_at,"    \
	" alerted_at, created_at, expires_at, updated_at"

/* Ends a statement whose CTE "done" has id and company_name. */
#define AUDIT(action)                                                        \
	" INSERT INTO audit_log (tenant_id, action, target_type, target_id," \
	" details) SELECT '" PROVISION_NO_TENANT "', '" action "',"          \
	" 'registration', id, jsonb_build_object('by', $2::text,"            \
	" 'company', company_name) FROM done RETURNING id"

enum query {
	Q_LIST,
	Q_FIND,
	Q_RETRY,
	Q_DISCARD,
	Q_AUDIT,
	Q__MAX
};

extern const struct db_query provision_admin_queries[];

const struct db_query provision_admin_queries[] = {
	[Q_LIST] = {
	    .name = "provision_list",
	    .nargs = 1, /* status or NULL */
	    .sql = "SELECT " COLUMNS " FROM pending_registrations"
		   " WHERE ($1::text IS NULL OR status = $1)"
		   " ORDER BY created_at, id",
	},
	[Q_FIND] = {
	    .name = "provision_find",
	    .nargs = 1, /* id or address */
	    .sql = "SELECT " COLUMNS " FROM pending_registrations"
		   " WHERE id::text = $1 OR lower(email) = lower($1)",
	},
	[Q_RETRY] = {
	    .name = "provision_retry",
	    .nargs = 2, /* id, actor */
	    .sql = "WITH done AS (UPDATE pending_registrations"
		   " SET updated_at = CASE status WHEN 'failed' THEN now()"
		   " ELSE updated_at END,"
		   " warned_at = CASE status WHEN 'failed' THEN NULL"
		   " ELSE warned_at END,"
		   " alerted_at = CASE status WHEN 'failed' THEN NULL"
		   " ELSE alerted_at END,"
		   " status = 'paid', attempts = 0, next_attempt_at = now()"
		   " WHERE id = $1::uuid AND status IN ('failed', 'paid')"
		   " RETURNING id, company_name)" AUDIT("registration.retry"),
	},
	[Q_DISCARD] = {
	    .name = "provision_discard",
	    .nargs = 2, /* id, actor */
	    .sql = "WITH done AS (DELETE FROM pending_registrations"
		   " WHERE id = $1::uuid AND status = 'failed'"
		   " RETURNING id, company_name, kratos_id,"
		   " checkout_session_id),"
		   /* Reconciliation need not tell of the payment any more. */
		   " e AS (INSERT INTO stripe_events (event_id, type,"
		   " processed_at) SELECT 'lost:' || checkout_session_id,"
		   " 'reconcile.lost', now() FROM done"
		   " WHERE checkout_session_id IS NOT NULL"
		   " ON CONFLICT DO NOTHING),"
		   " c AS (INSERT INTO compensations (kind, payload)"
		   " SELECT 'delete_identity',"
		   " jsonb_build_object('identity_id', kratos_id)"
		   " FROM done WHERE kratos_id IS NOT NULL)"
		   AUDIT("registration.discard"),
	},
	[Q_AUDIT] = {
	    .name = "provision_audit",
	    .nargs = 3, /* action, details, actor */
	    .sql = "INSERT INTO audit_log (tenant_id, action, details)"
		   " VALUES ('" PROVISION_NO_TENANT "', $1,"
		   " $2::jsonb || jsonb_build_object('by', $3::text))",
	},
	[Q__MAX] = { 0 },
};

static const struct db_scope everything = { .superadmin = true };

static void
read_row(const struct db_rows *rows, struct provision_row *r)
{
	unsigned i = 0;

	r->id = db_text(rows, i++);
	r->email = db_text(rows, i++);
	r->first_name = db_text(rows, i++);
	r->last_name = db_text(rows, i++);
	r->company = db_text(rows, i++);
	r->industry = db_text(rows, i++);
	r->team_size = db_text(rows, i++);
	r->plan = db_text(rows, i++);
	r->seats = db_int(rows, i++);
	r->status = db_text(rows, i++);
	r->session_id = db_text(rows, i++);
	r->customer_id = db_text(rows, i++);
	r->subscription_id = db_text(rows, i++);
	r->identity_id = db_text(rows, i++);
	r->error = db_text(rows, i++);
	r->attempts = db_int(rows, i++);
	r->due = db_bool(rows, i++);
	r->has_password = db_bool(rows, i++);
	r->next_attempt_at = db_null(rows, i) ? 0 : db_time(rows, i);
	r->warned_at = db_null(rows, i + 1) ? 0 : db_time(rows, i + 1);
	r->alerted_at = db_null(rows, i + 2) ? 0 : db_time(rows, i + 2);
	r->created_at = db_time(rows, i + 3);
	r->expires_at = db_time(rows, i + 4);
	r->updated_at = db_time(rows, i + 5);
}

static struct db_rows *
ask(struct db *db, enum query query, const char *arg)
{
	struct db_rows *rows;

	db_begin(db, DB_TX_READ, &everything);
	rows = db_last(db, &provision_admin_queries[query], DB_ARGS(arg));
	if (db_end(db, rows == NULL ? CODE_UNAVAILABLE : CODE_OK) != CODE_OK)
		return NULL;
	return rows;
}

enum code
provision_list(struct db *db, struct arena *a, const char *status,
    struct provision_row **out, size_t *n)
{
	struct db_rows *rows = ask(db, Q_LIST, status);

	if (rows == NULL)
		return CODE_UNAVAILABLE;
	*out = arena_calloc(a, db_count(rows) + 1, sizeof(**out));
	for (*n = 0; db_next(rows); (*n)++)
		read_row(rows, &(*out)[*n]);
	return CODE_OK;
}

enum code
provision_find(struct db *db, const char *which, struct provision_row *out)
{
	struct db_rows *rows = ask(db, Q_FIND, which);

	if (rows == NULL)
		return CODE_UNAVAILABLE;
	if (!db_next(rows))
		return CODE_NOT_FOUND;
	read_row(rows, out);
	return CODE_OK;
}

/* A deed about one row; none: it was in no state for it. */
static enum code
decide(struct db *db, enum query query, const char *id, const char *actor)
{
	struct db_rows *rows;

	db_begin(db, DB_TX_WRITE, &everything);
	rows = db_run(db, &provision_admin_queries[query], DB_ARGS(id, actor));
	if (rows == NULL)
		return db_end(db, CODE_UNAVAILABLE);
	if (db_count(rows) == 0)
		return db_end(db, CODE_FAILED_PRECONDITION);
	db_notify(db, PROVISION_CHANNEL, "");
	return db_end(db, CODE_OK);
}

enum code
provision_retry(struct db *db, const struct provision_row *row,
    const char *actor)
{
	return decide(db, Q_RETRY, row->id, actor);
}

enum code
provision_discard(struct db *db, const struct provision_row *row,
    const char *actor)
{
	return decide(db, Q_DISCARD, row->id, actor);
}

enum code
provision_audit(struct db *db, const char *action, const char *details,
    const char *actor)
{
	db_begin(db, DB_TX_WRITE, &everything);
	db_queue(db, &provision_admin_queries[Q_AUDIT],
	    DB_ARGS(action, details, actor));
	return db_end(db, CODE_OK);
}

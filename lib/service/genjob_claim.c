/*
 * The queue as workers see it. The only statements about jobs that look across
 * tenants; what a claimed job does afterwards happens under its own.
 */
#include "service/genjob_claim.h"

#include <string.h>

#include "base/clock.h"

#define TX_MS	   10000
#define PER_TENANT "8"	/* so many workers may claim of one tenant at once */
#define BEST	   "40" /* and so many at all */

/* Not before a pause after a failed attempt. */
#define DUE "(g.run_after IS NULL OR g.run_after <= now())"

/* As text, or indexes of one type look cheaper than those of the queue. */
#define TYPED "g.type::text = ANY ($1::text[])"

#define ACTIVE "('queued', 'processing')"

enum query {
	Q_NEXT,
	Q_RENEW,
	Q_CRASHED,
	Q_BACK,
	Q_WAITING,
	Q__MAX
};

extern const struct db_query genjob_claim_queries[];

const struct db_query genjob_claim_queries[] = {
	[Q_NEXT] = {
	    .name = "genjob_next",
	    /* types, tenants at work, share, most, last tenant, lease */
	    .nargs = 6,
	    /*
	     * waiting hops from tenant to tenant along the index; ready is the
	     * oldest few of each, and besides what lies in processing without
	     * anybody at work: parents whose children have ended, and jobs
	     * whose lease is over. best are those to try in this order, as
	     * another worker may be faster; the row is looked at once more
	     * when it is locked.
	     */
	    .sql = "WITH RECURSIVE waiting AS ((SELECT g.tenant_id"
		   " FROM generation_jobs g WHERE g.status = 'queued'"
		   " ORDER BY g.tenant_id LIMIT 1) UNION ALL"
		   " SELECT (SELECT g.tenant_id FROM generation_jobs g"
		   " WHERE g.status = 'queued' AND g.tenant_id > w.tenant_id"
		   " ORDER BY g.tenant_id LIMIT 1) FROM waiting w"
		   " WHERE w.tenant_id IS NOT NULL),"
		   " ready AS (SELECT q.*, false AS stale FROM waiting w"
		   " CROSS JOIN LATERAL (SELECT g.id, g.tenant_id,"
		   " g.created_at FROM generation_jobs g"
		   " WHERE g.tenant_id = w.tenant_id AND g.status = 'queued'"
		   " AND " TYPED " AND " DUE
		   " ORDER BY g.created_at, g.id LIMIT " PER_TENANT ") q"
		   " UNION ALL SELECT g.id, g.tenant_id, g.created_at,"
		   " g.lease_until IS NOT NULL FROM generation_jobs g"
		   " WHERE g.status = 'processing'"
		   " AND " TYPED
		   " AND (g.lease_until IS NULL OR g.lease_until < now())"
		   " AND " DUE " AND (g.type <> 'full_course'"
		   " OR NOT EXISTS (SELECT FROM generation_jobs c"
		   " WHERE c.parent_job_id = g.id AND c.status IN " ACTIVE
		   "))), busy AS (SELECT b AS tenant_id, count(*) AS n"
		   " FROM unnest($2::uuid[]) b GROUP BY b),"
		   " best AS MATERIALIZED (SELECT r.id, row_number() OVER"
		   " (ORDER BY r.stale, GREATEST(COALESCE(b.n, 0)"
		   " - $3::int + 1, 0), (r.tenant_id > $5::uuid) DESC,"
		   " r.tenant_id, r.created_at, r.id) AS place FROM ready r"
		   " LEFT JOIN busy b ON b.tenant_id = r.tenant_id"
		   " WHERE COALESCE(b.n, 0) < $4::int"
		   " ORDER BY place LIMIT " BEST ")"
		   " UPDATE generation_jobs g SET status = 'processing',"
		   " started_at = now(), claim_token = gen_random_uuid(),"
		   " lease_until = now() + $6::int * interval '1 millisecond',"
		   " run_after = NULL, retry_count = g.retry_count"
		   " + (g.lease_until IS NOT NULL)::int"
		   " WHERE g.id = (SELECT g.id FROM best"
		   " JOIN generation_jobs g ON g.id = best.id"
		   " WHERE g.status IN " ACTIVE " AND (g.lease_until IS NULL"
		   " OR g.lease_until < now()) AND " DUE
		   " ORDER BY best.place LIMIT 1"
		   " FOR UPDATE OF g SKIP LOCKED)"
		   " RETURNING " GENJOB_COLUMNS,
	},
	[Q_RENEW] = {
	    .name = "genjob_renew",
	    .nargs = 3, /* jobs, tokens, lease */
	    .sql = "UPDATE generation_jobs g SET lease_until = now()"
		   " + $3::int * interval '1 millisecond'"
		   " FROM unnest($1::uuid[], $2::uuid[]) h (id, token)"
		   " WHERE g.id = h.id AND g.claim_token = h.token"
		   " AND g.status = 'processing'",
	},
	[Q_CRASHED] = {
	    .name = "genjob_crashed",
	    .nargs = 3, /* job, token, back-off */
	    /* After the last attempt: left behind, as if its lease was over. */
	    .sql = "UPDATE generation_jobs g SET status = CASE"
		   " WHEN l.last OR g.type = 'full_course' THEN g.status"
		   " ELSE 'queued' END, claim_token = NULL,"
		   " lease_until = CASE WHEN l.last THEN now() END,"
		   " retry_count = g.retry_count + (NOT l.last)::int,"
		   " run_after = CASE WHEN NOT l.last THEN now() + $3::int"
		   " * 2 ^ LEAST(g.retry_count, 10)"
		   " * interval '1 millisecond' END,"
		   " error_message = 'the work on it was interrupted'"
		   " FROM (SELECT g.id, g.retry_count >= " GENJOB_LIMIT
		   " AS last FROM generation_jobs g WHERE g.id = $1::uuid) l"
		   " WHERE g.id = l.id AND g.claim_token = $2::uuid"
		   " AND g.status = 'processing'",
	},
	[Q_BACK] = {
	    .name = "genjob_put_back",
	    .nargs = 2, /* job, token */
	    .sql = "UPDATE generation_jobs g SET status = CASE"
		   " WHEN g.type = 'full_course' THEN g.status"
		   " ELSE 'queued' END, claim_token = NULL,"
		   " lease_until = NULL WHERE g.id = $1::uuid"
		   " AND g.claim_token = $2::uuid"
		   " AND g.status = 'processing'",
	},
	[Q_WAITING] = {
	    .name = "genjob_waiting",
	    .nargs = 1, /* types */
	    .sql = "SELECT g.id, g.type, CASE WHEN g.status = 'queued' AND"
		   " g.run_after > now() THEN 'queued again'"
		   " WHEN g.status = 'queued' THEN 'queued'"
		   " WHEN g.lease_until IS NULL THEN 'waits for its lessons'"
		   " WHEN g.lease_until < now() THEN 'left behind'"
		   " ELSE 'at work' END, g.retry_count FROM generation_jobs g"
		   " WHERE g.status IN " ACTIVE
		   " AND " TYPED
		   " ORDER BY g.created_at, g.id",
	},
	[Q__MAX] = { 0 },
};

static void
begin(struct db *db, struct arena *a, enum db_tx tx)
{
	struct db_scope scope = {
		.superadmin = true,
		.deadline_ms = clock_mono_ms() + TX_MS,
	};

	db_use(db, a);
	db_begin(db, tx, &scope);
}

static int
end(struct db *db, const struct db_rows *rows)
{
	enum code code = rows == NULL ? CODE_UNAVAILABLE : CODE_OK;

	return db_end(db, code) == CODE_OK ? 0 : -1;
}

int
genjob_claim_next(struct db *db, struct arena *a,
    const struct genjob_want *want, struct genjob *out)
{
	struct db_rows *rows;

	begin(db, a, DB_TX_WRITE);
	rows = db_last(db, &genjob_claim_queries[Q_NEXT],
	    DB_ARGS(db_arg_array(a, want->types, want->ntypes),
		db_arg_array(a, want->busy, want->nbusy),
		db_arg_int(a, want->share), db_arg_int(a, want->most),
		want->after, db_arg_int(a, want->lease_ms)));
	if (end(db, rows) == -1)
		return -1;
	if (!db_next(rows))
		return 0;
	genjob_row_read(rows, out);
	return 1;
}

int
genjob_claim_renew(struct db *db, struct arena *a,
    const struct genjob_held *held, size_t n, int lease_ms)
{
	const char **ids = arena_calloc(a, n, sizeof(*ids));
	const char **tokens = arena_calloc(a, n, sizeof(*tokens));
	size_t i;

	for (i = 0; i < n; i++) {
		ids[i] = held[i].id;
		tokens[i] = held[i].token;
	}
	begin(db, a, DB_TX_WRITE);
	return end(db,
	    db_last(db, &genjob_claim_queries[Q_RENEW],
		DB_ARGS(db_arg_array(a, ids, n), db_arg_array(a, tokens, n),
		    db_arg_int(a, lease_ms))));
}

int
genjob_claim_crashed(struct db *db, struct arena *a,
    const struct genjob_held *held, int back_off_ms)
{
	begin(db, a, DB_TX_WRITE);
	return end(db,
	    db_last(db, &genjob_claim_queries[Q_CRASHED],
		DB_ARGS(held->id, held->token, db_arg_int(a, back_off_ms))));
}

int
genjob_claim_back(struct db *db, struct arena *a,
    const struct genjob_held *held)
{
	begin(db, a, DB_TX_WRITE);
	return end(db,
	    db_last(db, &genjob_claim_queries[Q_BACK],
		DB_ARGS(held->id, held->token)));
}

struct db_rows *
genjob_claim_waiting(struct db *db, struct arena *a, const char *const *types,
    size_t ntypes)
{
	struct db_rows *rows;

	begin(db, a, DB_TX_READ);
	rows = db_last(db, &genjob_claim_queries[Q_WAITING],
	    DB_ARGS(db_arg_array(a, types, ntypes)));
	return end(db, rows) == 0 ? rows : NULL;
}

/*
 * Counts of AI use. Two statements in the order total, day, so that those who
 * add for one tenant wait for each other and never in a circle.
 */
#include "service/ai_usage.h"

#include "base/clock.h"
#include "service/ai_reserve.h"

enum query {
	Q_TOTAL,
	Q_DAY,
	Q__MAX
};

extern const struct db_query ai_usage_queries[];

const struct db_query ai_usage_queries[] = {
	[Q_TOTAL] = {
	    .name = "ai_usage_total",
	    .nargs = 2, /* tenant, tokens */
	    .sql = "INSERT INTO tenant_ai_settings AS s (tenant_id,"
		   " total_tokens_used) VALUES ($1, $2::bigint)"
		   " ON CONFLICT (tenant_id) DO UPDATE SET total_tokens_used ="
		   " s.total_tokens_used + EXCLUDED.total_tokens_used",
	},
	[Q_DAY] = {
	    .name = "ai_usage_day",
	    .nargs = 4, /* tenant, kind, tokens, jobs */
	    .sql = "INSERT INTO ai_usage AS u (tenant_id, day, kind, tokens,"
		   " jobs) VALUES ($1, (now() AT TIME ZONE 'UTC')::date, $2,"
		   " $3::bigint, $4::int)"
		   " ON CONFLICT (tenant_id, day, kind) DO UPDATE"
		   " SET tokens = u.tokens + EXCLUDED.tokens,"
		   " jobs = u.jobs + EXCLUDED.jobs",
	},
	[Q__MAX] = { 0 },
};

void
ai_usage_add(struct db *db, struct arena *a, const char *tenant_id,
    const char *kind, int64_t tokens, int64_t jobs)
{
	const char *n = db_arg_int(a, tokens);

	if (tokens > 0)
		db_queue(db, &ai_usage_queries[Q_TOTAL], DB_ARGS(tenant_id, n));
	if (tokens > 0 || jobs > 0)
		db_queue(db, &ai_usage_queries[Q_DAY],
		    DB_ARGS(tenant_id, kind, n, db_arg_int(a, jobs)));
}

enum code
ai_usage_count(struct req *r, const char *holder, const char *kind,
    int64_t tokens, int64_t jobs)
{
	const struct db_scope scope = { .tenant_id = r->who.tenant_id,
		.deadline_ms = clock_mono_ms() + AI_USAGE_MS };

	db_begin(r->db, DB_TX_WRITE, &scope);
	ai_usage_add(r->db, r->mem, r->who.tenant_id, kind, tokens, jobs);
	if (holder != NULL)
		ai_reserve_drop(r->db, r->who.tenant_id, holder);
	return db_end(r->db, CODE_OK) == CODE_OK ? CODE_OK : req_fail_db(r);
}

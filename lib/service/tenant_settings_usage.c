/*
 * TenantSettingsService/GetUsageStats: what AI has cost a company, in all, this
 * month, and by type and day of a range (spec content.md 7).
 */
#include "mirai/v1/tenant_settings.rpc.h"

#include "db/db.h"
#include "service/ai_choice.h"

/* A range of days (UTC), from $2 to $3; NULL: the month so far. */
#define DAYS                                                     \
	" FROM ai_usage WHERE tenant_id = $1"                    \
	" AND day >= COALESCE(($2::timestamptz AT TIME ZONE"     \
	" 'UTC')::date, date_trunc('month', now() AT TIME ZONE"  \
	" 'UTC')::date) AND day <= COALESCE(($3::timestamptz AT" \
	" TIME ZONE 'UTC')::date, (now() AT TIME ZONE 'UTC')::date)"

enum query {
	Q_TOTAL,
	Q_BY_TYPE,
	Q_BY_DAY,
	Q__MAX
};

extern const struct db_query tenant_settings_usage_queries[];

const struct db_query tenant_settings_usage_queries[] = {
	[Q_TOTAL] = {
	    .name = "tenant_settings_total",
	    .nargs = 1, /* tenant */
	    .sql = "SELECT total_tokens_used FROM tenant_ai_settings"
		   " WHERE tenant_id = $1",
	},
	[Q_BY_TYPE] = {
	    .name = "tenant_settings_by_type",
	    .nargs = 3, /* tenant, from, to */
	    .sql = "SELECT kind, sum(tokens)::bigint, sum(jobs)::bigint" DAYS
		   " GROUP BY kind ORDER BY 2 DESC, kind",
	},
	[Q_BY_DAY] = {
	    .name = "tenant_settings_by_day",
	    .nargs = 3, /* tenant, from, to */
	    .sql = "SELECT day, sum(tokens)::bigint, sum(jobs)::bigint" DAYS
		   " GROUP BY day ORDER BY day",
	},
	[Q__MAX] = { 0 },
};

static enum code
usage_by_type(struct req *r, const char *from, const char *to,
    struct pb_get_usage_stats_response *out)
{
	struct pb_usage_by_type *u;
	struct db_rows *rows;

	rows = db_run(r->db, &tenant_settings_usage_queries[Q_BY_TYPE],
	    DB_ARGS(r->who.tenant_id, from, to));
	if (rows == NULL)
		return req_fail_db(r);
	out->usage_by_type =
	    arena_calloc(r->mem, db_count(rows), sizeof(*out->usage_by_type));
	while (db_next(rows)) {
		u = &out->usage_by_type[out->nusage_by_type++];
		u->job_type = db_text(rows, 0);
		u->tokens_used = db_int(rows, 1);
		u->job_count = (int32_t)db_int(rows, 2);
	}
	return CODE_OK;
}

static enum code
usage_by_day(struct req *r, const char *from, const char *to,
    struct pb_get_usage_stats_response *out)
{
	struct pb_usage_by_day *u;
	struct db_rows *rows;

	rows = db_last(r->db, &tenant_settings_usage_queries[Q_BY_DAY],
	    DB_ARGS(r->who.tenant_id, from, to));
	if (rows == NULL)
		return req_fail_db(r);
	out->usage_by_day =
	    arena_calloc(r->mem, db_count(rows), sizeof(*out->usage_by_day));
	while (db_next(rows)) {
		u = &out->usage_by_day[out->nusage_by_day++];
		u->day = db_text(rows, 0);
		u->tokens_used = db_int(rows, 1);
		u->job_count = (int32_t)db_int(rows, 2);
	}
	return CODE_OK;
}

static const char *
time_arg(struct req *r, const struct pb_timestamp *t)
{
	return t == NULL ? NULL : db_arg_time(r->mem, pb_time_us(t));
}

enum code
tenant_settings_get_usage_stats(struct req *r,
    const struct pb_get_usage_stats_request *in,
    struct pb_get_usage_stats_response *out)
{
	const char *from = time_arg(r, in->from_date),
		   *to = time_arg(r, in->to_date);
	struct ai_state state;
	struct db_rows *rows;
	enum code code;

	if (from != NULL && to != NULL &&
	    pb_time_us(in->from_date) > pb_time_us(in->to_date))
		return req_fail_field(r, "from_date",
		    "must not be after to_date");
	if ((code = ai_choice_state(r, &state)) != CODE_OK)
		return code;
	out->tokens_this_month = state.used;
	out->has_monthly_limit = state.limit >= 0;
	out->monthly_limit = out->has_monthly_limit ? state.limit : 0;
	rows = db_run(r->db, &tenant_settings_usage_queries[Q_TOTAL],
	    DB_ARGS(r->who.tenant_id));
	if (rows == NULL)
		return req_fail_db(r);
	if (db_next(rows))
		out->total_tokens_used = db_int(rows, 0);
	if ((code = usage_by_type(r, from, to, out)) != CODE_OK)
		return code;
	return usage_by_day(r, from, to, out);
}

/*
 * Reservations are rows that outlive no crash for long. Who asks for leave of
 * a tenant with a limit holds its settings' row, as does who books, so that
 * nobody decides on sums that change meanwhile; tenants without a limit write
 * nothing here.
 */
#include "service/ai_reserve.h"

#include "base/log.h"
#include "rpc/tx.h"
#include "service/ai_usage.h"

/* After a call: a pause that the server asked for, and time to book it. */
#define SPARE_S 120

enum query {
	Q_HOLD,
	Q_TAKEN,
	Q_PUT,
	Q_DROP,
	Q__MAX
};

extern const struct db_query ai_reserve_queries[];

const struct db_query ai_reserve_queries[] = {
	[Q_HOLD] = {
	    .name = "ai_reserve_hold",
	    .nargs = 1, /* tenant */
	    .sql = "SELECT FROM tenant_ai_settings WHERE tenant_id = $1::uuid"
		   " AND monthly_token_limit IS NOT NULL"
		   " FOR NO KEY UPDATE",
	},
	/* A statement of its own: it sees what others wrote before the lock. */
	[Q_TAKEN] = {
	    .name = "ai_reserve_taken",
	    .nargs = 2, /* tenant, holder */
	    .sql = "SELECT s.monthly_token_limit, "
		   AI_USAGE_MONTH("$1::uuid") ", o.spent, o.running"
		   " FROM (SELECT COALESCE(sum(r.spent), 0)::bigint AS spent,"
		   " COALESCE(sum(r.running), 0)::bigint AS running"
		   " FROM ai_reservations r WHERE r.tenant_id = $1::uuid"
		   " AND r.holder <> $2::uuid AND r.until > now()"
		   " AND NOT EXISTS (SELECT FROM generation_jobs g"
		   " WHERE g.tenant_id = $1::uuid AND g.id = r.holder"
		   " AND (g.status <> 'processing' OR g.lease_until IS NULL"
		   " OR g.lease_until < now()))) o"
		   " LEFT JOIN tenant_ai_settings s ON s.tenant_id = $1::uuid",
	},
	[Q_PUT] = {
	    .name = "ai_reserve_put",
	    .nargs = 5, /* tenant, holder, spent, running, seconds */
	    .sql = "WITH ended AS (DELETE FROM ai_reservations"
		   " WHERE tenant_id = $1::uuid AND holder <> $2::uuid"
		   " AND until <= now())"
		   " INSERT INTO ai_reservations AS r (tenant_id, holder,"
		   " spent, running, until) VALUES ($1::uuid, $2::uuid,"
		   " $3::bigint, $4::bigint,"
		   " now() + $5::int * interval '1 second')"
		   " ON CONFLICT (tenant_id, holder) DO UPDATE"
		   " SET spent = EXCLUDED.spent, running = EXCLUDED.running,"
		   " until = EXCLUDED.until",
	},
	[Q_DROP] = {
	    .name = "ai_reserve_drop",
	    .nargs = 2, /* tenant, holder */
	    .sql = "DELETE FROM ai_reservations WHERE tenant_id = $1::uuid"
		   " AND holder = $2::uuid",
	},
	[Q__MAX] = { 0 },
};

/* Of all others of the tenant. */
struct others {
	int64_t spent;
	int64_t running;
};

static enum provider_leave
decide(const struct ai_budget *b, const struct provider_cost *cost,
    const struct others *o)
{
	int64_t spent = b->used + cost->spent + o->spent;
	int64_t running = cost->running + o->running;

	if (b->limit < 0)
		return PROVIDER_LEAVE_GIVEN;
	if (spent >= b->limit)
		return PROVIDER_LEAVE_NONE;
	return running == 0 || spent + running + cost->next <= b->limit
	    ? PROVIDER_LEAVE_GIVEN
	    : PROVIDER_LEAVE_LATER;
}

static bool
read_taken(struct db_rows *rows, struct ai_budget *b, struct others *o)
{
	if (rows == NULL || !db_next(rows))
		return false;
	b->limit = db_null(rows, 0) ? -1 : db_int(rows, 0);
	b->used = db_int(rows, 1);
	o->spent = db_int(rows, 2);
	o->running = db_int(rows, 3);
	return true;
}

/* Every reservation says what is so now, also of who has to wait. */
static void
put(struct req *r, const char *holder, const struct provider_cost *cost,
    enum provider_leave leave)
{
	int64_t running = cost->running, seconds;

	if (leave == PROVIDER_LEAVE_GIVEN)
		running += cost->next;
	seconds = conf_int(r->env->conf, "ai.timeout") + SPARE_S;
	db_queue(r->db, &ai_reserve_queries[Q_PUT],
	    DB_ARGS(r->who.tenant_id, holder, db_arg_int(r->mem, cost->spent),
		db_arg_int(r->mem, running), db_arg_int(r->mem, seconds)));
}

enum provider_leave
ai_reserve_take(struct req *r, const char *holder,
    const struct provider_cost *cost, struct ai_budget *b)
{
	struct others o = { 0 };
	enum provider_leave leave;

	tx_begin(r, DB_TX_WRITE);
	db_queue(r->db, &ai_reserve_queries[Q_HOLD], DB_ARGS(r->who.tenant_id));
	(void)read_taken(db_run(r->db, &ai_reserve_queries[Q_TAKEN],
			     DB_ARGS(r->who.tenant_id, holder)),
	    b, &o); /* a failure shows at the end */
	leave = decide(b, cost, &o);
	if (b->limit >= 0)
		put(r, holder, cost, leave);
	if (db_end(r->db, CODE_OK) != CODE_OK)
		log_warn("the use of AI cannot be read; the last count counts");
	return leave;
}

void
ai_reserve_drop(struct db *db, const char *tenant_id, const char *holder)
{
	db_queue(db, &ai_reserve_queries[Q_DROP], DB_ARGS(tenant_id, holder));
}

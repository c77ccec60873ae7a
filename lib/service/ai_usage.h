/*
 * What AI costs a tenant: tokens and jobs per UTC day and kind, and the total.
 * Counts are only ever added to, in the transaction of what cost them (spec
 * content.md 7, 9.2).
 */
#ifndef MIRAI_SERVICE_AI_USAGE_H
#define MIRAI_SERVICE_AI_USAGE_H

#include <stdint.h>

#include "base/arena.h"
#include "db/db.h"
#include "rpc/req.h"

/* Kinds that are no job; a job's kind is its type ("lesson_content"). */
#define AI_USAGE_ENHANCE "enhance"
#define AI_USAGE_TEST	 "key_test"

/*
 * Queues the addition in the open write transaction, which sees the tenant as
 * a worker: a failure shows at the next statement or at its end. Who changed
 * the settings, and when, stays. A parent job adds nothing of its own: its
 * children have. Call it late: until the commit other additions of the tenant
 * wait.
 */
void ai_usage_add(struct db *db, struct arena *a, const char *tenant_id,
    const char *kind, int64_t tokens, int64_t jobs);

/*
 * The same for a call that is no job, in a transaction of its own that has
 * AI_USAGE_MS, whatever is left of the call's time; what holder reserved is
 * free then (ai_reserve.h), NULL: nothing. A failure is set on r.
 */
#define AI_USAGE_MS 1000
enum code ai_usage_count(struct req *r, const char *holder, const char *kind,
    int64_t tokens, int64_t jobs) MUST_CHECK;

/* Tokens of the running UTC month, as an SQL expression; tenant is SQL, too. */
#define AI_USAGE_MONTH(tenant)                                       \
	"(SELECT COALESCE(sum(u.tokens), 0)::bigint FROM ai_usage u" \
	" WHERE u.tenant_id = " tenant " AND u.day >= date_trunc("   \
	"'month', now() AT TIME ZONE 'UTC')::date)"

#endif

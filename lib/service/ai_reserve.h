/*
 * Leave to spend tokens under a tenant's monthly limit (spec content.md 7).
 * What a call may cost is reserved before it is made, so that calls made side
 * by side do not pass the limit together; one that is made alone may pass it,
 * by what it costs itself. Near the limit calls so wait for each other.
 *
 * A reservation belongs to a holder: a job, or an id drawn for a single call.
 * It is free again when ai_reserve_drop() is committed, together with what the
 * calls cost in truth; when the job is not being worked on any more or its
 * lease is over, so a job that is not ours any more needs no drop; and at the
 * latest some minutes after the last call began.
 */
#ifndef MIRAI_SERVICE_AI_RESERVE_H
#define MIRAI_SERVICE_AI_RESERVE_H

#include <stdint.h>

#include "ai/provider.h"
#include "db/db.h"
#include "rpc/req.h"

/* Tokens of the running UTC month. */
struct ai_budget {
	int64_t limit; /* -1: none */
	int64_t used;  /* what is booked */
};

/*
 * For provider_run.may_spend, on behalf of r's tenant; in a transaction of its
 * own, so none may be open. Given: the holder's reservation is what cost says,
 * with the next call. Later: without it, and other calls are under way whose
 * cost is not known yet. None: what is spent reaches the limit. *b is brought
 * up to date; where the database does not answer, its old values decide.
 */
enum provider_leave ai_reserve_take(struct req *r, const char *holder,
    const struct provider_cost *cost, struct ai_budget *b);

/*
 * Queues the end of a reservation in the open write transaction, after what
 * its calls cost was added there (ai_usage.h): in that order everybody locks.
 */
void ai_reserve_drop(struct db *db, const char *tenant_id, const char *holder);

#endif

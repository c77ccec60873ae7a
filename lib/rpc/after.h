/*
 * What happens after a call's COMMIT, and only then: caches are dropped, other
 * services are told. A failed call runs none of it.
 */
#ifndef MIRAI_RPC_AFTER_H
#define MIRAI_RPC_AFTER_H

#include "rpc/req.h"

/* Runs fn(r, p) after the commit, in the order of the calls. */
void after_commit(struct req *r, void (*fn)(struct req *, void *), void *p);

/*
 * Makes every cached entry of a group ("courses", "users") of the caller's
 * tenant stale after the commit: on this host at once, on the others by a
 * NOTIFY that is part of the transaction. Call it inside the transaction.
 */
void after_forget(struct req *r, const char *group);

/* Runs what is queued (done) or drops it; what rpc_call() ends with. */
void after_run(struct req *r, bool done);

#endif

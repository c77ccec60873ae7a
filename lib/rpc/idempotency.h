/*
 * Retried writes (spec rpc.md L-6): a caller who did not hear the answer sends
 * the request again with the same Idempotency-Key and gets the stored answer.
 */
#ifndef MIRAI_RPC_IDEMPOTENCY_H
#define MIRAI_RPC_IDEMPOTENCY_H

#include "rpc/rpc.h"

#define IDEMPOTENCY_SECONDS 86400 /* how long an answer is kept */

/*
 * The key of a request in *key, NULL when there is none that counts: reads,
 * and callers without a user row. A malformed one fails the request. The
 * caller is known already.
 */
enum code idempotency_key(struct req *r, const struct rpc_method *m,
    const char **key);

/*
 * Calls the handler unless the key has an answer, which is then put into out,
 * a zeroed message. Inside the method's transaction, so that the work and its
 * stored answer are committed together; of two requests at a time the second
 * waits for the first.
 */
enum code idempotency_call(struct req *r, const struct rpc_method *m,
    const char *key, const void *in, void *out);

#endif

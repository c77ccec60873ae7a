/*
 * Calls of methods that another pool of this host holds. A page calls
 * rpc_SERVICE_METHOD() as for any service; for these the call travels over
 * that pool's socket in the visitor's name: cookies, address, time left.
 * Access is checked there.
 */
#ifndef MIRAI_RPC_FORWARD_H
#define MIRAI_RPC_FORWARD_H

#include "rpc/rpc.h"

struct forward;

/*
 * socket: of the pool; NULL or "": such calls are unavailable.
 * services: what it serves, NULL-terminated, kept. Nothing is connected before
 * the first call. The caller owns it.
 */
struct forward *forward_open(const char *socket,
    const struct rpc_service *const *services);
void forward_close(struct forward *f);

/* Whether calls of m go there. f may be NULL: no. */
bool forward_serves(const struct forward *f, const struct rpc_method *m);

/*
 * One call; *out is filled in r->mem. A failure is set on r as the handler set
 * it there, with reason and details; CODE_UNAVAILABLE when nobody answers.
 */
enum code forward_call(struct req *r, const struct rpc_method *m,
    const void *in, void *out);

#endif

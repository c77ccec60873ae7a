/*
 * What a child of mirai-stream's event loop holds open.
 */
#ifndef MIRAI_STREAM_PART_H
#define MIRAI_STREAM_PART_H

#include "rpc/req.h"

/* Database as the tenant's role, cache, identities; connects on first use. */
void part_open(struct req_env *env, const char *name);
void part_close(struct req_env *env);

#endif

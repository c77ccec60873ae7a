/*
 * Invalidation from other hosts: a process that listens on the databases and
 * applies what it hears to this host's cache. One per host is enough.
 */
#ifndef MIRAI_RPC_LISTENER_H
#define MIRAI_RPC_LISTENER_H

#include "rpc/req.h"

/* Runs until killed; a pool's "aside". Uses env->db, env->cache, env->conf. */
void listener_run(struct req_env *env);

#endif

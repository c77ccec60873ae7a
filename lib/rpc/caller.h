/*
 * From a credential to a caller: session, identity, user row. Two memories
 * spare the databases: a small one in the process, and the host's cache.
 */
#ifndef MIRAI_RPC_CALLER_H
#define MIRAI_RPC_CALLER_H

#include "rpc/auth.h"

/*
 * Fills r->who from the request's credential; a caller that is there already
 * stays. CODE_OK, also without a user row; else the request has failed.
 * CODE_PERMISSION_DENIED: with CODE_UNAUTHENTICATED, since the session has to
 * prove a second factor.
 */
enum code caller_load(struct req *r);

/* A key dropped together with that of any identity. */
#define CALLER_ANY_IDENTITY "identity:any"

/* Keys of the cache; NULL tenant. In a. */
char *caller_session_key(struct arena *a, const char *sha256);
char *caller_identity_key(struct arena *a, const char *identity_id);
char *caller_user_key(struct arena *a, const char *identity_id);

#endif

/*
 * Listening sockets of the pools: made at a path, or inherited.
 */
#ifndef MIRAI_RPC_LISTEN_H
#define MIRAI_RPC_LISTEN_H

#include "base/xmalloc.h"

/*
 * A listening Unix socket at path, or -1 (logged). A stale socket there is
 * replaced, one that answers is not. Who may connect follows the umask.
 */
int listen_unix(const char *path) MUST_CHECK;

/*
 * The socket handed over by systemd (LISTEN_FDS) or, as FastCGI servers do,
 * as descriptor 0; -1 when there is none.
 */
int listen_inherited(void) MUST_CHECK;

#endif

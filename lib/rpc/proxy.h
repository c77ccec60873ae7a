/*
 * Client addresses behind trusted proxies (configuration key proxies).
 */
#ifndef MIRAI_RPC_PROXY_H
#define MIRAI_RPC_PROXY_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/conf.h"

/* Whether addr is one of the configured addresses or networks. */
bool proxy_trusted(const struct conf *conf, const char *addr);

/*
 * The client that a trusted proxy at addr speaks for: the last address in the
 * X-Forwarded-For list (may be NULL) that is no trusted proxy itself; addr
 * when there is none. In a.
 */
const char *proxy_client(struct arena *a, const struct conf *conf,
    const char *addr, const char *forwarded);

#endif

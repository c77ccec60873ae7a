/*
 * The Cookie request header (RFC 6265 4.2.1).
 */
#ifndef MIRAI_RPC_COOKIE_H
#define MIRAI_RPC_COOKIE_H

#include "base/arena.h"

/* The first value of name, without quotes, in a; NULL when absent. */
const char *cookie_get(struct arena *a, const char *header, const char *name);

#endif

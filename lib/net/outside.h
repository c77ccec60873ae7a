/*
 * Which addresses are of the public Internet, so that what a stranger (or an
 * outside service) makes us call is no machine of our own network.
 */
#ifndef MIRAI_NET_OUTSIDE_H
#define MIRAI_NET_OUTSIDE_H

#include <stdbool.h>

#include "base/arena.h"

struct sockaddr;

/* Addresses and networks that may be called besides, in a. */
struct outside;

/*
 * list: "10.1.2.3", "10.0.0.0/8", "fd00::/8"; NULL-terminated. NULL: *bad is
 * the first entry that is none of these.
 */
struct outside *outside_new(struct arena *a, const char *const *list,
    const char **bad);

/* Whether to is public (RFC 6890 and its registries). */
bool outside_is_public(const struct sockaddr *to);

/* Whether to is listed. */
bool outside_is_listed(const struct outside *o, const struct sockaddr *to);

#endif

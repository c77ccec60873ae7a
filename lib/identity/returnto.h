/*
 * Where a flow may send a browser afterwards (spec identity.md, section 8).
 */
#ifndef MIRAI_IDENTITY_RETURNTO_H
#define MIRAI_IDENTITY_RETURNTO_H

#include "base/arena.h"

/*
 * The absolute URL of value if it may be returned to, in a; NULL if not.
 * allowed is a NULL-terminated list of URLs whose host may start with "*.";
 * fallback, an absolute URL, lends scheme and host to a relative value.
 */
char *returnto_check(struct arena *a, const char *value, const char *fallback,
    const char *const *allowed);

#endif

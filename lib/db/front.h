/*
 * A front to the host's cache: the few hottest entries, kept in this process.
 * An entry is used for at most a second, and only while nothing at all was
 * invalidated on this host since it was read (cache_epoch()), so it is never
 * older than the cache itself. For plain reads only: a compare-and-set reads
 * the cache.
 */
#ifndef MIRAI_DB_FRONT_H
#define MIRAI_DB_FRONT_H

#include "db/cache.h"

/* As cache_get(); *data is borrowed until the next call or the arena's reset. */
bool front_get(struct cache *c, struct arena *a, const char *tenant,
    const char *key, const void **data, size_t *len);

#endif

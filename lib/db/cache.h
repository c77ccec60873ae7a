/*
 * The per-host cache: SQLite in WAL mode, shared by the host's processes
 * (spec content.md, section 11). No request ever fails because of it: a
 * missing, full or damaged file is a miss and is repaired.
 */
#ifndef MIRAI_DB_CACHE_H
#define MIRAI_DB_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct cache;

/* An entry, borrowed until the arena is reset. */
struct cache_entry {
	const char *data;
	size_t len;
	const char *etag; /* weak tag: FNV-1a of the data and write time, hex */
	int64_t written_ms;
	int64_t version; /* guarded writes so far */
};

/*
 * Opens (or makes) the cache in file path, bounded to max_bytes by least
 * recent use. path NULL: a cache that holds nothing. Never fails.
 */
struct cache *cache_open(const char *path, int64_t max_bytes);
void cache_close(struct cache *c);

/*
 * Keys. Tenant data lives under a tenant (uuid); NULL is for the few
 * un-prefixed keys. A tenant's generation is part of the lookup, so
 * cache_drop_tenant() makes all of the tenant's entries of that group stale in
 * one write. group is "courses", "folders", "library"... as the key's first
 * segment up to ':' names it.
 */
bool cache_get(struct cache *c, struct arena *a, const char *tenant,
    const char *key, struct cache_entry *out);

/*
 * Remembers the group's generation before a read; cache_put() stores only if
 * it is still the same, so a slow reader never overwrites an invalidation.
 */
int64_t cache_generation(struct cache *c, const char *tenant, const char *key);
void cache_put(struct cache *c, const char *tenant, const char *key,
    int64_t generation, const void *data, size_t len, int64_t ttl_ms);

/* Compare-and-set on the etag (NULL: must not exist). False: not stored. */
bool cache_put_if(struct cache *c, const char *tenant, const char *key,
    const char *etag, const void *data, size_t len, int64_t ttl_ms);

void cache_del(struct cache *c, const char *tenant, const char *key);

/* Every entry whose key starts with the group ("courses", "folders"). */
void cache_drop(struct cache *c, const char *tenant, const char *group);

/*
 * Locks: cache_lock() returns a random id in a, or NULL when someone holds
 * it; cache_unlock() releases only with that id.
 */
const char *cache_lock(struct cache *c, struct arena *a, const char *key,
    int64_t ttl_ms);
bool cache_unlock(struct cache *c, const char *key, const char *id);

/* Removes expired and day-old entries; what cron and long idles call. */
void cache_clean(struct cache *c);

/*
 * The payload of a cross-host invalidation (NOTIFY mirai_cache) and what a
 * listener does with one it received. cache_message() in a.
 */
char *cache_message(struct arena *a, const char *tenant, const char *key,
    bool whole_group);
void cache_apply(struct cache *c, const char *message);

#endif

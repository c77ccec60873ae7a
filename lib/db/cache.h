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
#include "db/rate.h"

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
 * recent use. path NULL or "": a cache that holds nothing, as is a NULL cache
 * in every call below. Never fails; touches the file on first use only, so a
 * handle may be opened before fork().
 */
struct cache *cache_open(const char *path, int64_t max_bytes);
void cache_close(struct cache *c);

/*
 * Changes with every invalidation on this host, and costs one read of shared
 * memory: a process may keep what it made of an entry while this stays the
 * same, no longer than the entry would live. Read it before the entry. 0: keep
 * nothing.
 */
uint64_t cache_epoch(const struct cache *c);

/*
 * Keys. Tenant data lives under a tenant (uuid); NULL is for the few
 * un-prefixed keys. A key's group is its first segment up to ':' ("courses",
 * "folders", "library"). Generations of the group and of the key are part of
 * the lookup, so cache_del() and cache_drop() make entries stale by counting
 * up in shared memory, without touching the file.
 */
/*
 * Building a tenant's key with an empty tenant is a programming error: it is
 * logged and counts as a miss.
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
 * it; cache_unlock() releases only with that id. Without a working cache every
 * lock is granted: across hosts PostgreSQL's advisory locks decide anyway.
 */
const char *cache_lock(struct cache *c, struct arena *a, const char *key,
    int64_t ttl_ms);
bool cache_unlock(struct cache *c, const char *key, const char *id);

/*
 * Counts an event of this host under key: as rate_take() of db/rate.h, over
 * all processes. Without a working cache each process counts by itself.
 */
int cache_rate(struct cache *c, const char *key, unsigned limit,
    enum rate_span span);

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

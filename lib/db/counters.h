/*
 * Counters in memory that the processes of one host share, kept in a file
 * beside the cache they belong to. For cache.c only.
 */
#ifndef MIRAI_DB_COUNTERS_H
#define MIRAI_DB_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/xmalloc.h"

struct counters;
struct rate;

/* What a generation is of; the letters travel in messages between hosts. */
enum counters_mark {
	COUNTERS_GROUP = 'g',
	COUNTERS_KEY = 'k'
};

/* Touches no file before counters_open(). */
struct counters *counters_new(const char *path);
void counters_free(struct counters *c);

/*
 * Maps the file, made (with its folder) when it is missing or of another boot,
 * and holds its lock. -1 with errno; then counters_close(), which is fine at
 * any time and releases the lock. All calls below want it open.
 */
int counters_open(struct counters *c) MUST_CHECK;
void counters_close(struct counters *c);

int counters_lock(struct counters *c) MUST_CHECK;
void counters_unlock(struct counters *c);

/* Whether the path still leads to the file that is open. */
bool counters_are_ours(const struct counters *c);

/* Random, of this file; fits an SQLite integer. */
uint64_t counters_id(const struct counters *c);

/* Never 0; changes with every invalidation and every repair. */
uint64_t counters_epoch(const struct counters *c);
void counters_next_epoch(struct counters *c);

/* How often the cache was made anew. */
uint64_t counters_repairs(const struct counters *c);
void counters_repaired(struct counters *c);

/*
 * The generation of a key and its group (its first segment up to ':');
 * counters_bump() makes another one of a key or of a whole group. tenant may
 * be NULL.
 */
uint64_t counters_generation(const struct counters *c, const char *tenant,
    const char *key);
void counters_bump(struct counters *c, const char *tenant, const char *name,
    enum counters_mark mark);

/* Events that are limited by rate (db/rate.h); borrowed until closed. */
struct rate *counters_rate(struct counters *c);

#endif

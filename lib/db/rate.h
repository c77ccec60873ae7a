/*
 * A limit on events by key, over a sliding minute, hour or day, in memory that
 * processes may share. No locks: a slot is two atomic words.
 */
#ifndef MIRAI_DB_RATE_H
#define MIRAI_DB_RATE_H

#include <stdatomic.h>
#include <stdint.h>

#define RATE_SLOTS 4096 /* keys that are busy at one time */
#define RATE_MAX   1000 /* largest limit */

enum rate_span {
	RATE_MINUTE = 0,
	RATE_HOUR,
	RATE_DAY
};

/* All zero is an empty table. */
struct rate {
	struct rate_slot {
		_Atomic uint64_t key;
		_Atomic uint64_t state;
	} slots[RATE_SLOTS];
};

/*
 * Counts an event and returns 0, or returns after how many seconds the next
 * one fits under limit per span; that event is not counted. One key counts
 * apart for each span. now_s never goes back (clock_mono_ms() / 1000). In a full
 * table keys that counted little are forgotten for new ones.
 */
int rate_take(struct rate *t, const char *key, unsigned limit,
    enum rate_span span, int64_t now_s);

#endif

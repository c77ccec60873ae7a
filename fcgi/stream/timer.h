/*
 * Moments at which something is due: a heap, so thousands of connections cost
 * the loop one comparison while nothing is due.
 */
#ifndef MIRAI_STREAM_TIMER_H
#define MIRAI_STREAM_TIMER_H

#include <stddef.h>
#include <stdint.h>

struct timer {
	int64_t at;   /* clock_mono_ms() scale */
	size_t place; /* in the heap, from 1; 0: not set */
};

struct timers {
	struct timer **heap;
	size_t n, cap;
};

/* Sets or moves t, which stays where it is in memory while set. */
void timer_set(struct timers *ts, struct timer *t, int64_t at);
void timer_clear(struct timers *ts, struct timer *t);

/* The next one that is due, now cleared; NULL: none yet. */
struct timer *timer_due(struct timers *ts, int64_t now);

/* When the next one is due; INT64_MAX: none is set. */
int64_t timer_next(const struct timers *ts);

#endif

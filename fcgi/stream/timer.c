/*
 * A binary heap whose entries know their place, so that each can be moved.
 */
#include "timer.h"

#include <stdlib.h>

#include "base/xmalloc.h"

static void
put(struct timers *ts, size_t place, struct timer *t)
{
	ts->heap[place - 1] = t;
	t->place = place;
}

static void
up(struct timers *ts, struct timer *t)
{
	struct timer *parent;
	size_t at = t->place;

	for (; at > 1; at /= 2) {
		parent = ts->heap[at / 2 - 1];
		if (parent->at <= t->at)
			break;
		put(ts, at, parent);
	}
	put(ts, at, t);
}

static void
down(struct timers *ts, struct timer *t)
{
	size_t at = t->place, child;

	for (; (child = at * 2) <= ts->n; at = child) {
		if (child < ts->n &&
		    ts->heap[child]->at < ts->heap[child - 1]->at)
			child++;
		if (t->at <= ts->heap[child - 1]->at)
			break;
		put(ts, at, ts->heap[child - 1]);
	}
	put(ts, at, t);
}

void
timer_set(struct timers *ts, struct timer *t, int64_t at)
{
	t->at = at;
	if (t->place == 0) {
		if (ts->n == ts->cap) {
			ts->cap = ts->cap == 0 ? 64 : ts->cap * 2;
			ts->heap = xreallocarray(ts->heap, ts->cap,
			    sizeof(struct timer *));
		}
		put(ts, ++ts->n, t);
	}
	up(ts, t);
	down(ts, t);
}

void
timer_clear(struct timers *ts, struct timer *t)
{
	struct timer *last;
	size_t place = t->place;

	if (place == 0)
		return;
	t->place = 0;
	last = ts->heap[--ts->n];
	if (last == t)
		return;
	put(ts, place, last);
	up(ts, last);
	down(ts, last);
}

struct timer *
timer_due(struct timers *ts, int64_t now)
{
	struct timer *t;

	if (ts->n == 0 || ts->heap[0]->at > now)
		return NULL;
	t = ts->heap[0];
	timer_clear(ts, t);
	return t;
}

int64_t
timer_next(const struct timers *ts)
{
	return ts->n == 0 ? INT64_MAX : ts->heap[0]->at;
}

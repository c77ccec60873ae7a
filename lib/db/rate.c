/*
 * The window slides by weight: what was counted in the window before counts
 * for the share of it that lies less than a span back. A key is known by its
 * hash, whose lowest bits are the span; its slot is near the hash and falls
 * free when both windows are over.
 */
#include "db/rate.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

#define NEAR 8 /* slots that are looked at for a key */

#define SPAN_BITS 2
#define SPAN_MASK ((UINT64_C(1) << SPAN_BITS) - 1)

/* One window: when it began, its events and those of the one before. */
struct window {
	int64_t start_s;
	unsigned before;
	unsigned now;
};

static int64_t
seconds_of(enum rate_span span)
{
	static const int64_t seconds[] = {
		[RATE_MINUTE] = 60,
		[RATE_HOUR] = 3600,
		[RATE_DAY] = 86400,
	};

	return seconds[span];
}

static int64_t
span_of(uint64_t key)
{
	uint64_t span = key & SPAN_MASK;

	return seconds_of(span > RATE_DAY ? RATE_DAY : (enum rate_span)span);
}

static uint64_t
pack(const struct window *w)
{
	return (uint64_t)w->start_s << 32 | (uint64_t)w->before << 16 | w->now;
}

/* The state as of now_s. */
static struct window
unpack(uint64_t state, int64_t span_s, int64_t now_s)
{
	struct window w = { (int64_t)(state >> 32),
		(unsigned)(state >> 16 & 0xffff), (unsigned)(state & 0xffff) };

	if (state == 0 || now_s - w.start_s >= 2 * span_s)
		return (struct window){ .start_s = now_s };
	if (now_s - w.start_s >= span_s)
		return (struct window){ .start_s = w.start_s + span_s,
			.before = w.now };
	return w;
}

static bool
fits(uint64_t state, unsigned limit, int64_t span_s, int64_t now_s)
{
	struct window w = unpack(state, span_s, now_s);
	int64_t left = span_s - (now_s - w.start_s);

	/* The share of the window before, rounded up: never too generous. */
	return w.now + (w.before * left + span_s - 1) / span_s < limit;
}

static uint64_t
hash(const char *key, enum rate_span span)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *key != '\0'; key++)
		h = (h ^ (unsigned char)*key) * UINT64_C(0x100000001b3);
	h ^= h >> 32;
	h = (h & ~SPAN_MASK) | (uint64_t)span;
	return h <= SPAN_MASK ? h | (SPAN_MASK + 1) : h;
}

static bool
is_over(uint64_t key, uint64_t state, int64_t now_s)
{
	return now_s - (int64_t)(state >> 32) >= 2 * span_of(key);
}

/*
 * No slot is free: the key that counted least gives way, so that whoever comes
 * under many keys takes no limit off another one. NULL: somebody was faster.
 */
static struct rate_slot *
evict(struct rate *t, uint64_t key, int64_t now_s)
{
	struct rate_slot *s, *least = NULL;
	unsigned n, fewest = 0;
	struct window w;
	uint64_t old;
	size_t i;

	for (i = 0; i < NEAR; i++) {
		s = &t->slots[((key >> SPAN_BITS) + i) % RATE_SLOTS];
		w = unpack(atomic_load(&s->state),
		    span_of(atomic_load(&s->key)), now_s);
		n = w.now + w.before;
		if (least == NULL || n < fewest) {
			least = s;
			fewest = n;
		}
	}
	old = atomic_load(&least->key);
	if (!atomic_compare_exchange_strong(&least->key, &old, key))
		return NULL;
	atomic_store(&least->state, 0);
	return least;
}

/* The key's slot, or one that is now the key's. */
static struct rate_slot *
find(struct rate *t, uint64_t key, int64_t now_s)
{
	struct rate_slot *s;
	uint64_t old;
	size_t i;

	for (i = 0; i < NEAR; i++) {
		s = &t->slots[((key >> SPAN_BITS) + i) % RATE_SLOTS];
		if (atomic_load(&s->key) == key)
			return s;
	}
	for (i = 0; i < NEAR; i++) {
		s = &t->slots[((key >> SPAN_BITS) + i) % RATE_SLOTS];
		old = atomic_load(&s->key);
		if ((old == 0 || is_over(old, atomic_load(&s->state), now_s)) &&
		    atomic_compare_exchange_strong(&s->key, &old, key))
			return s;
	}
	return evict(t, key, now_s);
}

/* The first second at which one fits; after two spans nothing counts. */
static int
wait_for(uint64_t state, unsigned limit, int64_t span_s, int64_t now_s)
{
	int64_t low = 1, high = 2 * span_s, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (fits(state, limit, span_s, now_s + middle))
			high = middle;
		else
			low = middle + 1;
	}
	return (int)low;
}

int
rate_take(struct rate *t, const char *key, unsigned limit, enum rate_span span,
    int64_t now_s)
{
	int64_t span_s = seconds_of(span);
	struct rate_slot *s;
	struct window w;
	uint64_t old;

	assert(limit >= 1 && limit <= RATE_MAX);
	if ((s = find(t, hash(key, span), now_s)) == NULL)
		return 0;
	old = atomic_load(&s->state);
	do {
		if (!fits(old, limit, span_s, now_s))
			return wait_for(old, limit, span_s, now_s);
		w = unpack(old, span_s, now_s);
		w.now++;
	} while (!atomic_compare_exchange_weak(&s->state, &old, pack(&w)));
	return 0;
}

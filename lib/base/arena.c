/*
 * Bump allocation in blocks that double up to a bound; the first block is
 * kept across resets, so that most requests allocate nothing at all.
 */
#include "base/arena.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef ARENA_MALLOC
#define ALIGN	    (_Alignof(max_align_t))
#define FIRST_BLOCK ((size_t)64 * 1024)
#define MAX_BLOCK   ((size_t)1024 * 1024)
#endif

struct block {
	struct block *next;
	size_t cap;
	size_t len;
	max_align_t data[];
};

struct defer {
	struct defer *next;
	void (*fn)(void *);
	void *p;
};

struct arena {
	struct block *head; /* newest first; the last one is kept */
	struct defer *defers;
	size_t used;
	size_t limit;
	int wipe; /* overwrite what is dropped */
};

static struct block *
block_new(size_t cap, struct block *next)
{
	struct block *b;

	assert(cap <= SIZE_MAX - sizeof(*b));
	b = xmalloc(sizeof(*b) + cap);
	b->next = next;
	b->cap = cap;
	b->len = 0;
	return b;
}

struct arena *
arena_new(void)
{
	return xcalloc(1, sizeof(struct arena));
}

void
arena_free(struct arena *a)
{
	if (a == NULL)
		return;
	arena_reset(a);
	free(a->head);
	free(a);
}

void
arena_reset(struct arena *a)
{
	struct defer *d;
	struct block *b;

	while ((d = a->defers) != NULL) {
		a->defers = d->next;
		d->fn(d->p);
	}
	while ((b = a->head) != NULL) {
		if (a->wipe)
			explicit_bzero(b->data, b->len);
#ifndef ARENA_MALLOC
		if (b->next == NULL && b->cap == FIRST_BLOCK) {
			b->len = 0;
			break;
		}
#endif
		a->head = b->next;
		free(b);
	}
	a->used = 0;
}

size_t
arena_used(const struct arena *a)
{
	return a->used;
}

void
arena_set_limit(struct arena *a, size_t limit)
{
	a->limit = limit;
}

void
arena_set_wipe(struct arena *a)
{
	a->wipe = 1;
}

int
arena_full(const struct arena *a)
{
	return a->limit != 0 && a->used > a->limit;
}

void *
arena_alloc(struct arena *a, size_t len)
{
	struct block *b;
	size_t cap;
	void *p;

	assert(len <= SIZE_MAX / 2);
#ifdef ARENA_MALLOC
	cap = len;
	a->head = b = block_new(cap, a->head);
#else
	len = (len + ALIGN - 1) & ~(ALIGN - 1);
	b = a->head;
	if (b == NULL || b->cap - b->len < len) {
		cap = b == NULL ? FIRST_BLOCK : b->cap * 2;
		if (cap > MAX_BLOCK)
			cap = MAX_BLOCK;
		if (cap < len)
			cap = len;
		a->head = b = block_new(cap, a->head);
	}
#endif
	p = (char *)b->data + b->len;
	b->len += len;
	a->used += len;
	return p;
}

void *
arena_zalloc(struct arena *a, size_t len)
{
	void *p;

	p = arena_alloc(a, len);
	memset(p, 0, len);
	return p;
}

void *
arena_calloc(struct arena *a, size_t nitems, size_t size)
{
	assert(size == 0 || nitems <= SIZE_MAX / 2 / size);
	return arena_zalloc(a, nitems * size);
}

void *
arena_grow(struct arena *a, void *p, size_t olditems, size_t newitems,
    size_t size)
{
	void *q;

	assert(newitems >= olditems);
	q = arena_calloc(a, newitems, size);
	if (olditems > 0)
		memcpy(q, p, olditems * size);
	return q;
}

char *
arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

char *
arena_strndup(struct arena *a, const char *s, size_t len)
{
	char *p;

	p = arena_alloc(a, len + 1);
	if (len > 0)
		memcpy(p, s, len);
	p[len] = '\0';
	return p;
}

char *
arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	va_list again;
	char *p;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	assert(n >= 0);
	p = arena_alloc(a, (size_t)n + 1);
	n = vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	assert(n >= 0);
	return p;
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;

	va_start(ap, fmt);
	p = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return p;
}

void
arena_defer(struct arena *a, void (*fn)(void *), void *p)
{
	struct defer *d;

	d = arena_alloc(a, sizeof(*d));
	d->fn = fn;
	d->p = p;
	d->next = a->defers;
	a->defers = d;
}

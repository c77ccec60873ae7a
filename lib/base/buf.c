/*
 * The byte buffer: doubles when full, never shrinks before buf_free().
 */
#include "base/buf.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
buf_free(struct buf *b)
{
	free(b->data);
	b->data = NULL;
	b->len = b->cap = 0;
}

static void
buf_drop(void *p)
{
	struct buf *b = p;

	buf_free(b);
}

struct buf *
buf_new(struct arena *a)
{
	struct buf *b;

	b = arena_zalloc(a, sizeof(*b));
	arena_defer(a, buf_drop, b);
	return b;
}

void
buf_reset(struct buf *b)
{
	b->len = 0;
	if (b->data != NULL)
		b->data[0] = '\0';
}

char *
buf_reserve(struct buf *b, size_t len)
{
	size_t cap;

	assert(len < SIZE_MAX / 4 && b->len < SIZE_MAX / 4);
	if (b->data == NULL || b->cap - b->len <= len) {
		cap = b->cap < 64 ? 64 : b->cap;
		while (cap - b->len <= len)
			cap *= 2;
		b->data = xreallocarray(b->data, cap, 1);
		b->cap = cap;
	}
	return b->data + b->len;
}

void
buf_put(struct buf *b, const void *p, size_t len)
{
	char *at;

	at = buf_reserve(b, len);
	if (len > 0)
		memcpy(at, p, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void
buf_puts(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

void
buf_putc(struct buf *b, char c)
{
	char *at;

	at = buf_reserve(b, 1);
	at[0] = c;
	at[1] = '\0';
	b->len++;
}

void
buf_put_u32be(struct buf *b, uint32_t n)
{
	uint8_t raw[4] = { (uint8_t)(n >> 24), (uint8_t)(n >> 16),
		(uint8_t)(n >> 8), (uint8_t)n };

	buf_put(b, raw, sizeof(raw));
}

void
buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	char *at;
	size_t room;
	int n;

	va_copy(again, ap);
	at = buf_reserve(b, 0);
	room = b->cap - b->len;
	/* Most text fits what is there: only the rest is formatted twice. */
	n = vsnprintf(at, room, fmt, ap);
	assert(n >= 0);
	if ((size_t)n >= room) {
		at = buf_reserve(b, (size_t)n);
		n = vsnprintf(at, (size_t)n + 1, fmt, again);
		assert(n >= 0);
	}
	va_end(again);
	b->len += (size_t)n;
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

const char *
buf_str(const struct buf *b)
{
	return b->data == NULL ? "" : b->data;
}

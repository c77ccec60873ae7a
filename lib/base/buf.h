/*
 * A growable byte buffer on the heap. The content is always followed by a
 * NUL, so text can be read from data at any time.
 */
#ifndef MIRAI_BASE_BUF_H
#define MIRAI_BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct buf {
	char *data; /* NULL only before the first byte */
	size_t len;
	size_t cap;
};

#define BUF_INIT { NULL, 0, 0 }

/* Releases the memory; the buffer is empty and usable again. */
void buf_free(struct buf *b);

/* An empty buffer that lives until the arena is reset. */
struct buf *buf_new(struct arena *a);

/* Empties without giving memory back. */
void buf_reset(struct buf *b);

/* Makes room for len more bytes (and the NUL); returns where they go. */
char *buf_reserve(struct buf *b, size_t len);

void buf_put(struct buf *b, const void *p, size_t len);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_put_u32be(struct buf *b, uint32_t n);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_vprintf(struct buf *b, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);

/* The content as a string ("" when empty); borrowed until the next put. */
const char *buf_str(const struct buf *b);

#endif

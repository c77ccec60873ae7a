/*
 * Arenas: memory with one lifetime, dropped whole. A request owns one; what a
 * handler makes comes from it and nobody frees it.
 *
 * Built with ARENA_MALLOC (sanitizer and fuzz builds) each allocation is a
 * malloc of its own, so overruns and stale pointers still show.
 */
#ifndef MIRAI_BASE_ARENA_H
#define MIRAI_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "base/xmalloc.h"

struct arena;

/* A new, empty arena. arena_free(NULL) is fine. */
struct arena *arena_new(void);
void arena_free(struct arena *a);

/* Runs what was deferred, newest first, and drops every allocation. */
void arena_reset(struct arena *a);

/* Bytes handed out since the last reset. */
size_t arena_used(const struct arena *a);

/*
 * A bound on the bytes handed out, 0 for none. arena_full() says whether the
 * bound has been passed; allocation itself never fails, so whoever decodes
 * foreign input asks between steps.
 */
void arena_set_limit(struct arena *a, size_t limit);
int arena_full(const struct arena *a);

/*
 * From now on what a reset drops is overwritten first: for requests that hold
 * passwords.
 */
void arena_set_wipe(struct arena *a);

/* Memory aligned for any type; never NULL. The z forms are zeroed. */
void *arena_alloc(struct arena *a, size_t len);
void *arena_zalloc(struct arena *a, size_t len);
void *arena_calloc(struct arena *a, size_t nitems, size_t size);

/*
 * p grown from olditems to newitems elements of size bytes; p may be NULL.
 * The old memory stays until the reset: grow by doubling.
 */
void *arena_grow(struct arena *a, void *p, size_t olditems, size_t newitems,
    size_t size);

char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t len);
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
    PRINTF_LIKE(2, 0);

/* Calls fn(p) when the arena is reset or freed, newest first. */
void arena_defer(struct arena *a, void (*fn)(void *), void *p);

#endif

/*
 * Memory that cannot fail: running out ends the process, and a supervisor
 * starts another. Safe because every input is capped before it is stored.
 */
#ifndef MIRAI_BASE_XMALLOC_H
#define MIRAI_BASE_XMALLOC_H

#include <stddef.h>

#define MUST_CHECK	  __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

/* All return memory the caller frees with free(); never NULL. */
void *xmalloc(size_t len);
void *xcalloc(size_t nitems, size_t size);
void *xreallocarray(void *p, size_t nitems, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t len);
char *xasprintf(const char *fmt, ...) PRINTF_LIKE(1, 2);

#endif

/*
 * Documents that are ZIP archives, written down as text: a line "== NAME", then
 * the bytes of that part up to the next such line. Names may be any, the order
 * stays, nothing is compressed: what our own writer of archives cannot do.
 */
#ifndef MIRAI_TESTS_AI_PARTS_H
#define MIRAI_TESTS_AI_PARTS_H

#include <stdlib.h>
#include <string.h>

#include "ai/package.h"

#define PARTS_MAX 100

/* The parts of a text of len bytes, borrowed from a. */
static size_t
parts_read(struct arena *a, const char *p, size_t len,
    struct unzip_member part[PARTS_MAX])
{
	const char *end = p + len, *nl, *next;
	size_t n = 0;

	while (n < PARTS_MAX && end - p > 3 && memcmp(p, "== ", 3) == 0 &&
	    (nl = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		part[n].name = arena_strndup(a, p + 3, (size_t)(nl - p) - 3);
		next = memmem(nl, (size_t)(end - nl), "\n== ", 4);
		p = next == NULL ? end : next + 1;
		part[n].len = next == NULL ? (size_t)(end - nl) - 1
		    : next > nl		   ? (size_t)(next - nl) - 1
					   : 0;
		part[n].p = arena_strndup(a, nl + 1, part[n].len);
		part[n].at = n;
		n++;
	}
	return n;
}

#endif

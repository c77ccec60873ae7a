/*
 * Allocation that ends the process instead of failing.
 */
#include "base/xmalloc.h"

#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *
xmalloc(size_t len)
{
	void *p;

	if ((p = malloc(len == 0 ? 1 : len)) == NULL)
		err(1, "malloc");
	return p;
}

void *
xcalloc(size_t nitems, size_t size)
{
	void *p;

	if (nitems == 0 || size == 0)
		return xmalloc(1);
	if ((p = calloc(nitems, size)) == NULL)
		err(1, "calloc");
	return p;
}

void *
xreallocarray(void *p, size_t nitems, size_t size)
{
	void *q;

	if (nitems == 0 || size == 0)
		nitems = size = 1;
	if ((q = reallocarray(p, nitems, size)) == NULL)
		err(1, "reallocarray");
	return q;
}

char *
xstrdup(const char *s)
{
	return xstrndup(s, strlen(s));
}

char *
xstrndup(const char *s, size_t len)
{
	char *p;

	p = xmalloc(len + 1);
	memcpy(p, s, len);
	p[len] = '\0';
	return p;
}

char *
xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&p, fmt, ap);
	va_end(ap);
	if (n == -1)
		err(1, "vasprintf");
	return p;
}

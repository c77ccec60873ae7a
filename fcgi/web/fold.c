/*
 * Searching and ordering without regard to case. Which letters fold is the locale's
 * business; mirai-web sets it at its start.
 */
#include "fold.h"

#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "base/utf8.h"

const char *
fold_text(struct arena *a, const char *s)
{
	char *out, *at;
	size_t len, n;
	uint32_t c;

	len = strlen(s);
	at = out = arena_alloc(a, len * 4 + 1);
	for (; len > 0; s += n, len -= n) {
		if ((n = utf8_decode(s, len, &c)) == 0)
			n = 1;
		else
			at += utf8_encode((uint32_t)towlower((wint_t)c), at);
	}
	*at = '\0';
	return out;
}

/* The next character, folded; *s moves on. 0 at the end. */
static wint_t
next(const char **s)
{
	size_t n, len = strnlen(*s, 4);
	uint32_t c = 0;

	n = len == 0 ? 0 : utf8_decode(*s, len, &c);
	*s += n;
	return towlower((wint_t)c);
}

int
fold_compare(const char *x, const char *y)
{
	const char *x_at = x, *y_at = y;
	wint_t a, b;

	do {
		a = next(&x_at);
		b = next(&y_at);
	} while (a == b && a != 0);
	if (a != b)
		return a < b ? -1 : 1;
	return strcmp(x, y);
}

bool
fold_has(struct arena *a, const char *s, const char *q)
{
	return s != NULL && strstr(fold_text(a, s), q) != NULL;
}

/*
 * Query strings. Never allocates more than the text is long.
 */
#include "rpc/query.h"

#include <string.h>

#include "base/str.h"

bool
query_next(const char **text, struct query_pair *out)
{
	const char *s = *text, *eq;
	size_t len;

	while (*s == '&')
		s++;
	if (*s == '\0')
		return false;
	len = strcspn(s, "&");
	eq = memchr(s, '=', len);
	out->name = s;
	out->namelen = eq == NULL ? len : (size_t)(eq - s);
	out->value = eq == NULL ? s + len : eq + 1;
	out->valuelen = eq == NULL ? 0 : len - out->namelen - 1;
	*text = s + len;
	return true;
}

/* The byte an escape at s (left bytes) stands for, or -1. */
static int
unescape(const char *s, size_t left)
{
	int hi, lo;

	if (left < 3 || (hi = str_hex_value(s[1])) == -1 ||
	    (lo = str_hex_value(s[2])) == -1)
		return -1;
	return hi * 16 + lo;
}

bool
query_is(const struct query_pair *p, const char *name)
{
	size_t i = 0;
	int c;

	for (; *name != '\0' && i < p->namelen; name++) {
		c = (unsigned char)p->name[i];
		if (c == '%') {
			c = unescape(p->name + i, p->namelen - i);
			i += 2;
		} else if (c == '+') {
			c = ' ';
		}
		if (c != (unsigned char)*name)
			return false;
		i++;
	}
	return *name == '\0' && i == p->namelen;
}

char *
query_decode(struct arena *a, const char *s, size_t slen, bool plus_is_space,
    size_t *len)
{
	size_t i, n = 0;
	char *out;
	int c;

	out = arena_alloc(a, slen + 1);
	for (i = 0; i < slen; i++) {
		c = (unsigned char)s[i];
		if (c == '%') {
			if ((c = unescape(s + i, slen - i)) == -1)
				return NULL;
			i += 2;
		} else if (c == '+' && plus_is_space) {
			c = ' ';
		}
		out[n++] = (char)c;
	}
	out[n] = '\0';
	*len = n;
	return out;
}

char *
query_get(struct arena *a, const char *text, const char *name)
{
	struct query_pair p;
	size_t len;
	char *s;

	while (query_next(&text, &p)) {
		if (!query_is(&p, name))
			continue;
		s = query_decode(a, p.value, p.valuelen, true, &len);
		return s == NULL || strlen(s) != len ? NULL : s;
	}
	return NULL;
}

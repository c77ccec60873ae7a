/*
 * The Cookie header. A front server joins several headers with "; " (F-1), so
 * there is one list.
 */
#include "rpc/cookie.h"

#include <string.h>

static const char *
value(struct arena *a, const char *s, size_t len)
{
	while (len > 0 && (s[len - 1] == ' ' || s[len - 1] == '\t'))
		len--;
	if (len >= 2 && s[0] == '"' && s[len - 1] == '"') {
		s++;
		len -= 2;
	}
	return arena_strndup(a, s, len);
}

const char *
cookie_get(struct arena *a, const char *header, const char *name)
{
	const char *s = header;
	size_t len, namelen = strlen(name);

	for (; *s != '\0'; s += len + (s[len] == ';')) {
		s += strspn(s, " \t");
		len = strcspn(s, ";");
		if (len > namelen && s[namelen] == '=' &&
		    strncmp(s, name, namelen) == 0)
			return value(a, s + namelen + 1, len - namelen - 1);
	}
	return NULL;
}

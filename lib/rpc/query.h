/*
 * Query strings and urlencoded forms: name=value pairs joined by &.
 */
#ifndef MIRAI_RPC_QUERY_H
#define MIRAI_RPC_QUERY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* One pair as it stands, undecoded; borrowed from the text. */
struct query_pair {
	const char *name;
	size_t namelen;
	const char *value;
	size_t valuelen;
};

/* Steps *text (NUL-terminated) to the next pair; false at the end. */
bool query_next(const char **text, struct query_pair *out);

/* Whether the pair's name, decoded, is name. */
bool query_is(const struct query_pair *p, const char *name);

/*
 * Percent-decoding that keeps zero bytes; *len says how many came out, a NUL
 * follows. NULL on a bad escape. In a.
 */
char *query_decode(struct arena *a, const char *s, size_t slen,
    bool plus_is_space, size_t *len);

/* The first value of name as text; NULL: absent, malformed or with a NUL. */
char *query_get(struct arena *a, const char *text, const char *name);

#endif

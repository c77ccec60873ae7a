/*
 * Query strings: any text in. Pairs lie inside the text and in order, and
 * decoding never makes more than it got.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "rpc/query.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	const char *text, *end, *p, *last;
	struct query_pair q;
	size_t len;
	char *s;

	p = last = text = arena_strndup(a, (const char *)data, size);
	end = text + strlen(text);
	while (query_next(&p, &q)) {
		assert(q.name >= last && q.name + q.namelen <= end);
		assert(q.value >= q.name + q.namelen &&
		    q.value + q.valuelen <= end);
		last = p;
		s = query_decode(a, q.value, q.valuelen, true, &len);
		assert(s == NULL || (len <= q.valuelen && s[len] == '\0'));
		s = query_decode(a, q.name, q.namelen, true, &len);
		if (s != NULL && strlen(s) == len)
			assert(query_is(&q, s));
		(void)query_is(&q, "message");
	}
	(void)query_get(a, text, "message");
	arena_free(a);
	return 0;
}

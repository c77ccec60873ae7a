/* Grows by doubling; a binary search. */
#include "service/id_list.h"

#include <stdlib.h>
#include <string.h>

static int
by_text(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

void
id_list_add(struct arena *a, struct id_list *l, const char *id)
{
	if ((l->n & (l->n - 1)) == 0)
		l->v = arena_grow(a, l->v, l->n, l->n == 0 ? 1 : l->n * 2,
		    sizeof(*l->v));
	l->v[l->n++] = id;
}

void
id_list_sort(struct id_list *l)
{
	if (l->n > 1)
		qsort(l->v, l->n, sizeof(*l->v), by_text);
}

bool
id_list_have(const struct id_list *l, const char *id)
{
	return l->n > 0 &&
	    bsearch(&id, l->v, l->n, sizeof(*l->v), by_text) != NULL;
}

const char **
id_list_pick(struct arena *a, const struct id_list *l, const char **v,
    size_t *n)
{
	const char **out = arena_calloc(a, *n + 1, sizeof(*out));
	size_t i, kept = 0;

	for (i = 0; i < *n; i++)
		if (id_list_have(l, v[i]))
			out[kept++] = v[i];
	*n = kept;
	return out;
}

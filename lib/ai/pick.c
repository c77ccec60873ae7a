/*
 * Choosing sentences by score; equal scores go to the earlier one, so the
 * choice never depends on the sort.
 */
#include "ai/pick.h"

#include <stdlib.h>

static int
score_cmp(const void *x, const void *y)
{
	const struct pick *a = x, *b = y;

	if (a->score > b->score)
		return -1;
	if (a->score < b->score)
		return 1;
	return a->sentence < b->sentence ? -1 : a->sentence > b->sentence;
}

static int
order_cmp(const void *x, const void *y)
{
	const struct pick *a = x, *b = y;

	return a->sentence < b->sentence ? -1 : a->sentence > b->sentence;
}

size_t
pick_best(struct pick *p, size_t n, size_t max)
{
	qsort(p, n, sizeof(*p), score_cmp);
	if (n > max)
		n = max;
	qsort(p, n, sizeof(*p), order_cmp);
	return n;
}

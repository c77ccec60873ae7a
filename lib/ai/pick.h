/*
 * The best of some sentences, in the order of their text.
 */
#ifndef MIRAI_AI_PICK_H
#define MIRAI_AI_PICK_H

#include <stddef.h>

struct pick {
	size_t sentence; /* of the corpus */
	double score;
};

/* Leaves the best max of n at the front of p; how many those are. */
size_t pick_best(struct pick *p, size_t n, size_t max);

#endif

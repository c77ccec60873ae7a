/*
 * A list of ids (or other short texts) that grows, and is looked into once it
 * is sorted.
 */
#ifndef MIRAI_SERVICE_ID_LIST_H
#define MIRAI_SERVICE_ID_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* Zeroed: empty. The texts are borrowed, the list lives in an arena. */
struct id_list {
	const char **v;
	size_t n;
};

void id_list_add(struct arena *a, struct id_list *l, const char *id);

void id_list_sort(struct id_list *l);

/* Whether a sorted list has it. */
bool id_list_have(const struct id_list *l, const char *id);

/* Those of *n texts that a sorted list has, in a; *n is how many. */
const char **id_list_pick(struct arena *a, const struct id_list *l,
    const char **v, size_t *n);

#endif

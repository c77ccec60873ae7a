/* Search and order of what a page has in memory: letters of all languages fold. */
#ifndef MIRAI_WEB_FOLD_H
#define MIRAI_WEB_FOLD_H

#include <stdbool.h>

#include "base/arena.h"

/* The lower-case form of a text, for comparing; in a. */
const char *fold_text(struct arena *a, const char *s);

/*
 * The order of names in lists: negative, 0 or positive as with strcmp(), letters
 * folded; names that differ in their case alone have an order, too.
 */
int fold_compare(const char *x, const char *y);

/* Whether s holds the folded text q; s NULL: no. */
bool fold_has(struct arena *a, const char *s, const char *q);

#endif

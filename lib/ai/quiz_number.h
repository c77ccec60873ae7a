/*
 * Figures in sentences, and other figures that look as if they could stand
 * there.
 */
#ifndef MIRAI_AI_QUIZ_NUMBER_H
#define MIRAI_AI_QUIZ_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

#include "ai/corpus.h"

/*
 * The word of s that is best asked for: a figure with a meaning, not a name
 * or a reference. s->nwords when there is none.
 */
size_t quiz_number_find(const struct corpus *c,
    const struct corpus_sentence *s);

/* The bytes of the figure, percent sign included. */
void quiz_number_span(const struct corpus_sentence *s, size_t word,
    size_t *start, size_t *len);

/*
 * Up to want other figures of the same form, none of which stands in s, in
 * arena memory; how many there are.
 */
size_t quiz_number_others(struct corpus *c, const struct corpus_sentence *s,
    size_t word, const char **out, size_t want);

/* Orders figures by value. */
int quiz_number_cmp(const char *x, const char *y);

#endif

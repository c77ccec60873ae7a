/*
 * Which chunks of a knowledge base are about the same as a text: by the words
 * they share, rare ones counting more.
 */
#ifndef MIRAI_AI_PROVIDER_MATCH_H
#define MIRAI_AI_PROVIDER_MATCH_H

#include "ai/knowledge.h"

/*
 * Of the n chunks in from (indexes), the max that match text best, into out in
 * the order of from; how many. Where nothing matches, the first ones.
 */
size_t provider_match(const struct knowledge *k, const size_t *from, size_t n,
    const char *text, size_t max, size_t *out);

#endif

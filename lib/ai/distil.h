/*
 * A document to knowledge: chunks along its headings (or along its topics
 * when it has none), keywords, scores, a summary of the author's sentences.
 */
#ifndef MIRAI_AI_DISTIL_H
#define MIRAI_AI_DISTIL_H

#include "ai/doc.h"
#include "ai/knowledge.h"

/* title and lang may be ""; then the document's own, or detected. */
void distil_document(struct arena *a, const struct doc *d, const char *title,
    const char *lang, struct knowledge *out);

/* Title and language alone. */
void distil_about(struct arena *a, const struct doc *d, const char *title,
    const char *lang, struct knowledge *out);

/* The corpus of k, made on first use. */
struct corpus *distil_corpus(struct arena *a, struct knowledge *k);

/* A title from the two best terms of chunks from..to-1. */
const char *distil_title(struct arena *a, struct knowledge *k, size_t from,
    size_t to);

/* s with a large first letter. */
char *distil_upper(struct arena *a, const char *s);

/* Two titles as one: "A and B", or "A, B" where that would read badly. */
const char *distil_join(struct arena *a, enum lang lang, const char *x,
    const char *y);

#endif

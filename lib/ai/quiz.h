/*
 * Questions made from an author's own sentences. The right answer is what the
 * text says; a wrong one is shown not to be in it; the explanation quotes the
 * source.
 */
#ifndef MIRAI_AI_QUIZ_H
#define MIRAI_AI_QUIZ_H

#include <stdbool.h>
#include <stddef.h>

#include "ai/knowledge.h"

#define QUIZ_OPTIONS 4

struct corpus_sentence;

enum quiz_kind {
	QUIZ_TERM,    /* which term is described */
	QUIZ_NUMBER,  /* which figure is missing */
	QUIZ_MISSING, /* which term is missing */
	QUIZ_TRUE,    /* true or false */
	QUIZ_LIST,    /* which of these is listed */
	QUIZ_STEP,    /* which step follows */
	QUIZ_CELL,    /* what a table says */
	QUIZ__MAX
};

struct quiz {
	enum quiz_kind kind;
	const char *question;
	const char *options[QUIZ_OPTIONS];
	size_t noptions;
	size_t right;
	const char *explanation;
	const char *source; /* of the text, quoted in the explanation */
	size_t chunk, block;
	double score;
	/* What it asks about, when that is one sentence; for quiz.c only. */
	const struct corpus_sentence *sentence;
};

/* "cloze", "number", ...: how it was made. */
const char *quiz_kind_name(enum quiz_kind kind);

/*
 * At most max questions about chunks[0..n-1] (indexes into k), best first
 * chosen, in order of the chunks. Memory from a.
 */
size_t quiz_make(struct arena *a, struct knowledge *k, const size_t *chunks,
    size_t n, size_t max, struct quiz **out);

#endif

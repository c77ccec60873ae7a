/*
 * The workshop of quiz_make(): what the files that propose questions share.
 * All memory is m->a.
 */
#ifndef MIRAI_AI_QUIZ_MAKER_H
#define MIRAI_AI_QUIZ_MAKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ai/corpus.h"
#include "ai/quiz.h"

struct quiz_maker {
	struct arena *a;
	struct knowledge *k;
	struct corpus *c;
	uint32_t *pool; /* terms that may serve as wrong answers */
	size_t npool;
	struct quiz *q; /* proposals */
	size_t nq, cap;
};

/* --- quiz.c --------------------------------------------------------------- */

/* Takes an unfinished proposal: the score counts by its kind. */
void quiz_add(struct quiz_maker *m, const struct quiz *q);

/* Takes a finished one, right answer first, if its options are good. */
void quiz_propose(struct quiz_maker *m, struct quiz *q);

/* Sets the explanation that quotes the source. */
void quiz_explain(struct quiz_maker *m, struct quiz *q, const char *source);

/* s in the quotation marks of the language. */
const char *quiz_quote(struct quiz_maker *m, const char *s);

/* The sentence with the bytes start..start+len replaced. */
char *quiz_replaced(struct quiz_maker *m, const struct corpus_sentence *s,
    size_t start, size_t len, const char *by);

/* A number that the two texts decide: chance that repeats. */
uint32_t quiz_hash(const char *x, const char *y);

/* --- quiz_wrong.c: answers that are wrong for certain ---------------------- */

/* Before all others: m->pool from the terms of the corpus. */
void quiz_fill_pool(struct quiz_maker *m);

/* A term that can be asked for: a noun, known to matter, no abbreviation. */
bool quiz_is_askable(const struct corpus_term *t);

bool quiz_shares_word(const char *x, const char *y);

/* The best three stand-ins for a term of s; strict: same kind of letter first. */
size_t quiz_stand_ins(struct quiz_maker *m, const struct corpus_sentence *s,
    const struct corpus_term *answer, bool strict, const char **out);

/* No sentence comes near to saying the changed thing. */
bool quiz_is_unsaid(const struct quiz_maker *m, const struct corpus_sentence *s,
    const char *changed, const char *by);

/* Of n others for the gap, those that make no true sentence. */
size_t quiz_keep_wrong(struct quiz_maker *m, const struct corpus_sentence *s,
    size_t start, size_t len, const char **others, size_t n);

/* --- quiz_sentence.c: a figure or term missing, true or false -------------- */

/* Proposes; what is chosen quiz_build_sentence() finishes, or finds unfit. */
void quiz_from_sentence(struct quiz_maker *m, const struct corpus_sentence *s);
bool quiz_build_sentence(struct quiz_maker *m, struct quiz *q);

/* --- quiz_term.c: which term is described ---------------------------------- */

void quiz_from_definition(struct quiz_maker *m, const struct corpus_def *d);

/* --- quiz_block.c: lists, steps, tables ------------------------------------ */

void quiz_from_blocks(struct quiz_maker *m, size_t chunk);

#endif

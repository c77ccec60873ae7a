/*
 * Making questions. Every kind has a function that proposes all it can
 * (quiz_maker.h lists them); here the best of different kinds are taken.
 */
#include "ai/quiz.h"

#include <stdlib.h>
#include <string.h>

#include "ai/corpus.h"
#include "ai/distil.h"
#include "ai/phrases.h"
#include "ai/quiz_maker.h"
#include "ai/quiz_number.h"
#include "base/str.h"
#include "base/utf8.h"

#define MAX_OPTION 160 /* characters */

static const double worth[QUIZ__MAX] = {
	[QUIZ_TERM] = 1.0,
	[QUIZ_NUMBER] = 0.85,
	[QUIZ_MISSING] = 0.6,
	[QUIZ_TRUE] = 0.55,
	[QUIZ_LIST] = 0.7,
	[QUIZ_STEP] = 0.9,
	[QUIZ_CELL] = 0.9,
};

const char *
quiz_kind_name(enum quiz_kind kind)
{
	static const char *const names[QUIZ__MAX] = {
		[QUIZ_TERM] = "definition",
		[QUIZ_NUMBER] = "figure",
		[QUIZ_MISSING] = "cloze",
		[QUIZ_TRUE] = "true-false",
		[QUIZ_LIST] = "list",
		[QUIZ_STEP] = "order",
		[QUIZ_CELL] = "table",
	};

	return names[kind];
}

/* --- common --------------------------------------------------------------- */

uint32_t
quiz_hash(const char *x, const char *y)
{
	uint32_t h = 2166136261u;

	for (; *x != '\0'; x++)
		h = (h ^ (unsigned char)*x) * 16777619u;
	for (; *y != '\0'; y++)
		h = (h ^ (unsigned char)*y) * 16777619u;
	return h ^ h >> 15;
}

/* Options in an order that the text decides; figures by value. */
static void
shuffle(struct quiz *q)
{
	const char *right = q->options[q->right], *t;
	size_t i, j;
	bool after;

	for (i = 1; i < q->noptions; i++) {
		for (j = i; j > 0; j--) {
			after = q->kind == QUIZ_NUMBER
			    ? quiz_number_cmp(q->options[j - 1],
				  q->options[j]) > 0
			    : quiz_hash(q->options[j - 1], q->question) >
				quiz_hash(q->options[j], q->question);
			if (!after)
				break;
			t = q->options[j];
			q->options[j] = q->options[j - 1];
			q->options[j - 1] = t;
		}
	}
	for (i = 0; i < q->noptions; i++) {
		if (q->options[i] == right)
			q->right = i;
	}
}

const char *
quiz_quote(struct quiz_maker *m, const char *s)
{
	return phrases_quote(m->a, m->c->lang, s);
}

/* Options that are different, short, and enough. */
static bool
options_ok(const struct quiz *q)
{
	size_t i, j;

	if (q->noptions < (q->kind == QUIZ_TRUE ? 2u : 3u))
		return false;
	for (i = 0; i < q->noptions; i++) {
		if (*q->options[i] == '\0' ||
		    utf8_count(q->options[i]) > MAX_OPTION)
			return false;
		for (j = 0; j < i; j++) {
			if (str_ieq(q->options[i], q->options[j]))
				return false;
		}
	}
	return true;
}

void
quiz_add(struct quiz_maker *m, const struct quiz *q)
{
	size_t cap;

	if (m->nq == m->cap) {
		cap = m->cap == 0 ? 64 : m->cap * 2;
		m->q = arena_grow(m->a, m->q, m->nq, cap, sizeof(*m->q));
		m->cap = cap;
	}
	m->q[m->nq] = *q;
	m->q[m->nq++].score *= worth[q->kind];
}

void
quiz_propose(struct quiz_maker *m, struct quiz *q)
{
	if (!options_ok(q))
		return;
	shuffle(q);
	quiz_add(m, q);
}

void
quiz_explain(struct quiz_maker *m, struct quiz *q, const char *source)
{
	q->source = source;
	q->explanation = phrases_fill(m->a, m->c->lang, PH_SOURCE,
	    quiz_quote(m, source), "");
}

char *
quiz_replaced(struct quiz_maker *m, const struct corpus_sentence *s,
    size_t start, size_t len, const char *by)
{
	return arena_printf(m->a, "%.*s%s%s", (int)start, s->text, by,
	    s->text + start + len);
}

/* --- choosing ------------------------------------------------------------- */

static void
make_chunk(struct quiz_maker *m, size_t chunk)
{
	size_t i;

	for (i = m->c->first[chunk]; i < m->c->first[chunk + 1]; i++)
		quiz_from_sentence(m, &m->c->sentences[i]);
	quiz_from_blocks(m, chunk);
}

/* Less for a kind or a place that was asked about already. */
static double
value(const struct quiz *q, const struct quiz *taken, size_t n)
{
	double v = q->score;
	size_t i;

	for (i = 0; i < n; i++) {
		if (strcmp(taken[i].source, q->source) == 0)
			return -1.0;
		if (taken[i].kind == q->kind)
			v *= 0.55;
		if (taken[i].chunk == q->chunk)
			v *= taken[i].block == q->block ? 0.5 : 0.75;
		/* One question must not answer another. */
		if (strstr(taken[i].question, q->options[q->right]) != NULL &&
		    taken[i].chunk == q->chunk)
			v *= 0.6;
	}
	return v;
}

static int
place_cmp(const void *x, const void *y)
{
	const struct quiz *a = x, *b = y;

	if (a->chunk != b->chunk)
		return a->chunk < b->chunk ? -1 : 1;
	if (a->block != b->block)
		return a->block < b->block ? -1 : 1;
	return strcmp(a->question, b->question);
}

/* Questions about sentences are only finished when they are chosen. */
static bool
finish(struct quiz_maker *m, struct quiz *q)
{
	if (q->sentence == NULL || q->question != NULL)
		return true;
	if (!quiz_build_sentence(m, q) || !options_ok(q))
		return false;
	quiz_explain(m, q, q->sentence->text);
	if (q->kind != QUIZ_TRUE)
		shuffle(q);
	return true;
}

/* The best proposal beside those taken; NULL when none is left. */
static struct quiz *
best_left(struct quiz_maker *m, const struct quiz *taken, size_t n)
{
	struct quiz *best = NULL;
	double v, top = 0.0;
	size_t i;

	for (i = 0; i < m->nq; i++) {
		v = value(&m->q[i], taken, n);
		if (v > top) {
			top = v;
			best = &m->q[i];
		}
	}
	return best;
}

static size_t
choose(struct quiz_maker *m, size_t max, struct quiz *out)
{
	struct quiz *q;
	size_t n = 0;

	while (n < max && (q = best_left(m, out, n)) != NULL) {
		if (finish(m, q))
			out[n++] = *q;
		q->score = -1.0;
	}
	qsort(out, n, sizeof(*out), place_cmp);
	return n;
}

size_t
quiz_make(struct arena *a, struct knowledge *k, const size_t *chunks, size_t n,
    size_t max, struct quiz **out)
{
	struct quiz_maker m = { .a = a, .k = k, .c = distil_corpus(a, k) };
	size_t i, j;

	quiz_fill_pool(&m);
	for (i = 0; i < n; i++)
		make_chunk(&m, chunks[i]);
	for (j = 0; j < m.c->ndefs; j++) {
		for (i = 0; i < n; i++) {
			if (m.c->defs[j].chunk == chunks[i])
				quiz_from_definition(&m, &m.c->defs[j]);
		}
	}
	*out = arena_calloc(a, max, sizeof(**out));
	return choose(&m, max, *out);
}

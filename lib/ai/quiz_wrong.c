/*
 * Wrong answers: terms that could stand in for another, and the proof that the
 * text nowhere says what they would make of its sentence.
 */
#include <stdlib.h>
#include <string.h>

#include "ai/quiz_maker.h"
#include "base/str.h"
#include "base/utf8.h"

#define POOL 400 /* terms that may serve as wrong answers */

static bool
has_stem(const struct corpus_sentence *s, uint32_t stem)
{
	size_t i;

	for (i = 0; i < s->nwords; i++) {
		if (s->stems[i] == stem)
			return true;
	}
	return false;
}

/* Share of the content words of s that t has as well. */
static double
overlap(const struct corpus_sentence *s, const struct corpus_sentence *t)
{
	size_t i, n = 0, both = 0;

	for (i = 0; i < s->nwords; i++) {
		if ((s->words[i].flags & LANG_STOP) != 0)
			continue;
		n++;
		both += has_stem(t, s->stems[i]);
	}
	return n == 0 ? 0.0 : (double)both / (double)n;
}

static int
pool_cmp(const void *x, const void *y, void *arg)
{
	const struct corpus *c = arg;
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

	if (c->terms[a].score > c->terms[b].score)
		return -1;
	if (c->terms[a].score < c->terms[b].score)
		return 1;
	return a < b ? -1 : a > b;
}

bool
quiz_is_askable(const struct corpus_term *t)
{
	const unsigned good = CORPUS_MARKED | CORPUS_DEFINED | CORPUS_HEADING;
	size_t n = utf8_count(t->text);

	if ((t->flags &
		(CORPUS_NOUN | CORPUS_MARKED | CORPUS_DEFINED |
		    CORPUS_PROPER)) == 0)
		return false;
	if (n < ((unsigned char)*t->text >= 0xe2 ? 2u : 4u) || n > 50)
		return false;
	if (t->count >= 8 && t->nwords == 1 && (t->flags & good) == 0)
		return false; /* on every page: nothing to ask */
	return t->count >= 2 || (t->flags & good) != 0 || t->nwords > 1;
}

void
quiz_fill_pool(struct quiz_maker *m)
{
	struct corpus *c = m->c;
	uint32_t *all;
	size_t i, n = 0;

	all = arena_calloc(m->a, c->nterms + 1, sizeof(*all));
	for (i = 0; i < c->nterms; i++) {
		if (quiz_is_askable(&c->terms[i]))
			all[n++] = (uint32_t)i;
	}
	qsort_r(all, n, sizeof(*all), pool_cmp, c);
	m->pool = all;
	m->npool = n < POOL ? n : POOL;
}

bool
quiz_shares_word(const char *x, const char *y)
{
	size_t n;

	while (*x != '\0') {
		n = strcspn(x, " ");
		if (n > 2 && memmem(y, strlen(y), x, n) != NULL)
			return true;
		x += n;
		x += *x == ' ';
	}
	return false;
}

static bool
in_sentence(const struct corpus_sentence *s, uint32_t term)
{
	size_t i;

	for (i = 0; i < s->nhits; i++) {
		if (s->hits[i].term == term)
			return true;
	}
	return false;
}

/* The last letters, which carry number and gender in many languages. */
static bool
same_ending(const char *x, const char *y, size_t n)
{
	size_t a = strlen(x), b = strlen(y);

	return a >= n && b >= n && strcmp(x + a - n, y + b - n) == 0;
}

static bool
is_vowel(char c)
{
	return c != '\0' && strchr("aeiouAEIOU", c) != NULL;
}

/* How well term t stands in for the answer; below 0: not at all. */
static double
fitness(const struct quiz_maker *m, const struct corpus_sentence *s,
    const struct corpus_term *answer, uint32_t term)
{
	const struct corpus_term *t = &m->c->terms[term];
	const struct knowledge *k = m->k;
	double fit = t->score;

	if (quiz_shares_word(t->key, answer->key) ||
	    quiz_shares_word(answer->key, t->key) || in_sentence(s, term) ||
	    ((t->flags ^ answer->flags) & CORPUS_PROPER) != 0)
		return -1.0;
	if (((t->flags ^ answer->flags) & CORPUS_PLURAL) != 0)
		fit *= 0.3;
	if (t->nwords != answer->nwords)
		fit *= 0.5;
	if (m->c->lang != LANG_EN && !same_ending(t->text, answer->text, 1))
		fit *= 0.5;
	if (m->c->lang == LANG_NONE && same_ending(t->text, answer->text, 2))
		fit *= 2.0;
	if (is_vowel(t->text[0]) != is_vowel(answer->text[0]))
		fit *= 0.6;
	fit *= 1.0 + 0.6 * __builtin_popcountll(t->before & answer->before) +
	    0.4 * __builtin_popcountll(t->after & answer->after);
	if (k->chunks[t->chunk].npath > 0 && k->chunks[s->chunk].npath > 0 &&
	    strcmp(k->chunks[t->chunk].path[0], k->chunks[s->chunk].path[0]) ==
		0)
		fit *= 1.5;
	return fit;
}

/* Some sentence says of the term what s says of the answer. */
static bool
could_be_right(const struct quiz_maker *m, const struct corpus_sentence *s,
    uint32_t term)
{
	const struct corpus *c = m->c;
	size_t i;

	for (i = 0; i < c->nsentences; i++) {
		if (&c->sentences[i] != s &&
		    in_sentence(&c->sentences[i], term) &&
		    overlap(s, &c->sentences[i]) > 0.5)
			return true;
	}
	return false;
}

size_t
quiz_stand_ins(struct quiz_maker *m, const struct corpus_sentence *s,
    const struct corpus_term *answer, bool strict, const char **out)
{
	uint32_t best[12] = { 0 };
	double fits[12] = { 0.0 }, fit;
	size_t i, j, n = 0, found = 0;

	for (i = 0; i < m->npool; i++) {
		fit = fitness(m, s, answer, m->pool[i]);
		if (fit <= 0.0 ||
		    (strict &&
			is_vowel(answer->text[0]) !=
			    is_vowel(m->c->terms[m->pool[i]].text[0])))
			continue;
		if (n == NITEMS(best) && fit <= fits[n - 1])
			continue;
		j = n < NITEMS(best) ? n++ : n - 1;
		for (; j > 0 && fits[j - 1] < fit; j--) {
			fits[j] = fits[j - 1];
			best[j] = best[j - 1];
		}
		fits[j] = fit;
		best[j] = m->pool[i];
	}
	for (i = 0; i < n && found < QUIZ_OPTIONS - 1; i++) {
		for (j = 0; j < found; j++) {
			if (quiz_shares_word(m->c->terms[best[i]].text, out[j]))
				break;
		}
		if (j == found && !could_be_right(m, s, best[i]))
			out[found++] = m->c->terms[best[i]].text;
	}
	return found;
}

bool
quiz_is_unsaid(const struct quiz_maker *m, const struct corpus_sentence *s,
    const char *changed, const char *by)
{
	const struct corpus *c = m->c;
	size_t i;

	for (i = 0; i < c->nsentences; i++) {
		if (strcmp(c->sentences[i].text, changed) == 0)
			return false;
		if (&c->sentences[i] != s &&
		    strstr(c->sentences[i].text, by) != NULL &&
		    overlap(s, &c->sentences[i]) > 0.5)
			return false;
	}
	return true;
}

size_t
quiz_keep_wrong(struct quiz_maker *m, const struct corpus_sentence *s,
    size_t start, size_t len, const char **others, size_t n)
{
	size_t i, kept = 0;

	for (i = 0; i < n && kept < QUIZ_OPTIONS - 1; i++) {
		if (quiz_is_unsaid(m, s,
			quiz_replaced(m, s, start, len, others[i]), others[i]))
			others[kept++] = others[i];
	}
	return kept;
}

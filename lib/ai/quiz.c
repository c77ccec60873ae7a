/*
 * Making questions. Every kind has a function that proposes all it can; the
 * best of different kinds are taken.
 */
#include "ai/quiz.h"

#include <stdlib.h>
#include <string.h>

#include "ai/corpus.h"
#include "ai/distil.h"
#include "ai/phrases.h"
#include "ai/quiz_number.h"
#include "base/str.h"
#include "base/utf8.h"

#define GAP	   "____"
#define MAX_OPTION 160 /* characters */
#define MAX_CELL   60
#define POOL	   400 /* terms that may serve as wrong answers */

struct maker {
	struct arena *a;
	struct knowledge *k;
	struct corpus *c;
	uint32_t *pool;
	size_t npool;
	struct quiz *q;
	size_t nq, cap;
};

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

static uint32_t
hash2(const char *x, const char *y)
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
			    : hash2(q->options[j - 1], q->question) >
				hash2(q->options[j], q->question);
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

static const char *
quote(struct maker *m, const char *s)
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

static void
add(struct maker *m, const struct quiz *q)
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

/* Keeps a finished proposal whose options are good. */
static void
propose(struct maker *m, struct quiz *q)
{
	if (!options_ok(q))
		return;
	shuffle(q);
	add(m, q);
}

static void
explain(struct maker *m, struct quiz *q, const char *source)
{
	q->source = source;
	q->explanation =
	    phrases_fill(m->a, m->c->lang, PH_SOURCE, quote(m, source), "");
}

/* The sentence with the bytes start..start+len replaced. */
static char *
replaced(struct maker *m, const struct corpus_sentence *s, size_t start,
    size_t len, const char *by)
{
	return arena_printf(m->a, "%.*s%s%s", (int)start, s->text, by,
	    s->text + start + len);
}

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

/* --- terms as wrong answers ----------------------------------------------- */

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

/* A term that can be asked for: a noun, known to matter, no abbreviation. */
static bool
is_askable(const struct corpus_term *t)
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

static void
fill_pool(struct maker *m)
{
	struct corpus *c = m->c;
	uint32_t *all;
	size_t i, n = 0;

	all = arena_calloc(m->a, c->nterms + 1, sizeof(*all));
	for (i = 0; i < c->nterms; i++) {
		if (is_askable(&c->terms[i]))
			all[n++] = (uint32_t)i;
	}
	qsort_r(all, n, sizeof(*all), pool_cmp, c);
	m->pool = all;
	m->npool = n < POOL ? n : POOL;
}

static bool
shares_word(const char *x, const char *y)
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
fitness(const struct maker *m, const struct corpus_sentence *s,
    const struct corpus_term *answer, uint32_t term)
{
	const struct corpus_term *t = &m->c->terms[term];
	const struct knowledge *k = m->k;
	double fit = t->score;

	if (shares_word(t->key, answer->key) ||
	    shares_word(answer->key, t->key) || in_sentence(s, term) ||
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
could_be_right(const struct maker *m, const struct corpus_sentence *s,
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

/* The best three stand-ins for a term of s. */
static size_t
stand_ins(struct maker *m, const struct corpus_sentence *s,
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
			if (shares_word(m->c->terms[best[i]].text, out[j]))
				break;
		}
		if (j == found && !could_be_right(m, s, best[i]))
			out[found++] = m->c->terms[best[i]].text;
	}
	return found;
}

/* No sentence comes near to saying the changed thing. */
static bool
is_unsaid(const struct maker *m, const struct corpus_sentence *s,
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

/* Of n others for the gap, those that make no true sentence. */
static size_t
keep_wrong(struct maker *m, const struct corpus_sentence *s, size_t start,
    size_t len, const char **others, size_t n)
{
	size_t i, kept = 0;

	for (i = 0; i < n && kept < QUIZ_OPTIONS - 1; i++) {
		if (is_unsaid(m, s, replaced(m, s, start, len, others[i]),
			others[i]))
			others[kept++] = others[i];
	}
	return kept;
}

/* --- which term is missing ------------------------------------------------ */

/* The term of s that matters most and stands in it only once. */
static const struct corpus_hit *
best_hit(const struct maker *m, const struct corpus_sentence *s)
{
	const struct corpus_hit *best = NULL, *h;
	const struct corpus_term *t;
	double score, top = 0.0;
	size_t i, j, n;

	for (i = 0; i < s->nhits; i++) {
		h = &s->hits[i];
		t = &m->c->terms[h->term];
		if (!is_askable(t))
			continue;
		for (n = 0, j = 0; j < s->nwords; j++)
			n += s->stems[j] == s->stems[h->from];
		if (n > 1)
			continue;
		/* What stands on every page is no question. */
		score = t->score * (h->from == 0 ? 0.5 : 1.0) /
		    (1.0 + (double)t->count / (double)(m->k->nchunks + 6));
		if (score > top) {
			top = score;
			best = h;
		}
	}
	return best;
}

/* Bytes of a hit in its sentence. */
static void
hit_span(const struct corpus_sentence *s, const struct corpus_hit *h,
    size_t *start, size_t *len)
{
	const struct lang_word *last = &s->words[h->to - 1];

	*start = s->words[h->from].start;
	*len = last->start + last->len - *start;
}

/* "a" or "an" before the gap, an elided article: the first letter shows. */
static bool
shows_first_letter(const struct corpus_sentence *s, const struct corpus_hit *h)
{
	const char *before;

	if (h->from == 0)
		return false;
	before = s->words[h->from - 1].norm;
	return strcmp(before, "a") == 0 || strcmp(before, "an") == 0 ||
	    (s->words[h->from].start > 0 &&
		(s->text[s->words[h->from].start - 1] == '\'' ||
		    (unsigned char)s->text[s->words[h->from].start - 1] ==
			0x99));
}

static void
make_missing(struct maker *m, const struct corpus_sentence *s)
{
	const struct corpus_hit *h = best_hit(m, s);
	struct quiz q = { .kind = QUIZ_MISSING, .sentence = s };

	if (h == NULL || s->nwords < 7)
		return;
	q.options[0] = m->c->terms[h->term].text;
	q.score = s->score * (0.6 + m->c->terms[h->term].score / 8.0);
	add(m, &q);
}

static bool
build_missing(struct maker *m, struct quiz *q)
{
	const struct corpus_sentence *s = q->sentence;
	const struct corpus_hit *h = best_hit(m, s);
	const struct corpus_term *t = &m->c->terms[h->term];
	size_t start, len, n;

	hit_span(s, h, &start, &len);
	q->options[0] = arena_strndup(m->a, s->text + start, len);
	if (h->from == 0 && (t->flags & CORPUS_PROPER) == 0 &&
	    m->c->lang != LANG_DE)
		q->options[0] = t->text;
	n = stand_ins(m, s, t, shows_first_letter(s, h), q->options + 1);
	q->noptions = 1 + keep_wrong(m, s, start, len, q->options + 1, n);
	q->question = phrases_fill(m->a, m->c->lang, PH_Q_MISSING,
	    quote(m, replaced(m, s, start, len, GAP)), "");
	return true;
}

/* --- which figure is missing ---------------------------------------------- */

static void
make_number(struct maker *m, const struct corpus_sentence *s)
{
	struct quiz q = { .kind = QUIZ_NUMBER, .sentence = s };
	size_t word = quiz_number_find(m->c, s), start, len;

	if (word == s->nwords)
		return;
	quiz_number_span(s, word, &start, &len);
	q.options[0] = arena_strndup(m->a, s->text + start, len);
	q.score = 0.4 + 0.6 * s->score;
	add(m, &q);
}

static bool
build_number(struct maker *m, struct quiz *q)
{
	const struct corpus_sentence *s = q->sentence;
	const char *others[8];
	size_t word = quiz_number_find(m->c, s), start, len, n;

	quiz_number_span(s, word, &start, &len);
	n = quiz_number_others(m->c, s, word, others, NITEMS(others));
	n = keep_wrong(m, s, start, len, others, n);
	memcpy(q->options + 1, others, n * sizeof(*others));
	q->noptions = 1 + n;
	q->question = phrases_fill(m->a, m->c->lang, PH_Q_NUMBER,
	    quote(m, replaced(m, s, start, len, GAP)), "");
	return true;
}

/* --- true or false -------------------------------------------------------- */

/* Where a stands in p as words of its own; NULL if nowhere. */
static const char *
find_words(const char *p, const char *a)
{
	const char *at = p;
	size_t n = strlen(a);

	while ((at = strstr(at, a)) != NULL) {
		if (at > p && at[-1] == ' ' && strchr(" ,.;", at[n]) != NULL)
			return at;
		at += n;
	}
	return NULL;
}

/* The sentence with a word turned into its opposite; NULL if none has one. */
static const char *
opposite(struct maker *m, const struct corpus_sentence *s, const char **by)
{
	static const char *const pairs[LANG__MAX][30][2] = {
		[LANG_EN] = { { "at least", "at most" },
		    { "at most", "at least" }, { "may not", "may" },
		    { "must not", "must" }, { "cannot", "can" },
		    { "is not", "is" }, { "are not", "are" },
		    { "never", "always" }, { "always", "never" },
		    { "before", "after" }, { "after", "before" },
		    { "mandatory", "voluntary" }, { "voluntary", "mandatory" },
		    { "more than", "less than" }, { "less than", "more than" },
		    { "minimum", "maximum" }, { "maximum", "minimum" },
		    { "allowed", "forbidden" }, { "forbidden", "allowed" },
		    { "above", "below" }, { "below", "above" },
		    { "without", "with" }, { "enabled", "disabled" },
		    { "disabled", "enabled" }, { "optional", "mandatory" },
		    { "first", "last" }, { "last", "first" } },
		[LANG_DE] = { { "mindestens", "höchstens" },
		    { "höchstens", "mindestens" }, { "darf nicht", "darf" },
		    { "dürfen nicht", "dürfen" }, { "ist nicht", "ist" },
		    { "sind nicht", "sind" }, { "nie", "immer" },
		    { "immer", "nie" }, { "mehr als", "weniger als" },
		    { "weniger als", "mehr als" },
		    { "länger als", "kürzer als" },
		    { "spätestens", "frühestens" },
		    { "freiwillig", "verpflichtend" },
		    { "verpflichtend", "freiwillig" },
		    { "erlaubt", "verboten" }, { "verboten", "erlaubt" },
		    { "innerhalb", "außerhalb" } },
		[LANG_FR] = { { "au moins", "au plus" },
		    { "au plus", "au moins" }, { "avant", "après" },
		    { "après", "avant" }, { "plus de", "moins de" },
		    { "moins de", "plus de" }, { "obligatoire", "facultatif" },
		    { "facultatif", "obligatoire" }, { "interdit", "autorisé" },
		    { "autorisé", "interdit" }, { "minimum", "maximum" },
		    { "maximum", "minimum" } },
		[LANG_ES] = { { "al menos", "como máximo" },
		    { "como mínimo", "como máximo" },
		    { "como máximo", "como mínimo" }, { "no puede", "puede" },
		    { "no pueden", "pueden" }, { "no debe", "debe" },
		    { "no deben", "deben" }, { "siempre", "nunca" },
		    { "nunca", "siempre" }, { "antes de", "después de" },
		    { "después de", "antes de" }, { "más de", "menos de" },
		    { "menos de", "más de" }, { "obligatorio", "voluntario" },
		    { "obligatoria", "voluntaria" },
		    { "prohibido", "permitido" },
		    { "permitido", "prohibido" } },
	};
	const char *const(*p)[2] = pairs[m->c->lang];
	const char *at;
	size_t i;

	for (i = 0; i < NITEMS(pairs[0]) && p[i][0] != NULL; i++) {
		if ((at = find_words(s->text, p[i][0])) == NULL ||
		    strstr(at + 1, p[i][0]) != NULL ||
		    (strstr(p[i][0], p[i][1]) == NULL &&
			strstr(s->text, p[i][1]) != NULL))
			continue;
		*by = p[i][1];
		return replaced(m, s, (size_t)(at - s->text), strlen(p[i][0]),
		    p[i][1]);
	}
	return NULL;
}

/* The sentence with another figure in place of its own; NULL without one. */
static const char *
other_figure(struct maker *m, const struct corpus_sentence *s, const char **by)
{
	const char *others[QUIZ_OPTIONS];
	size_t word = quiz_number_find(m->c, s), start, len;

	if (word == s->nwords ||
	    quiz_number_others(m->c, s, word, others, 3) == 0)
		return NULL;
	quiz_number_span(s, word, &start, &len);
	*by = others[0];
	return replaced(m, s, start, len, others[0]);
}

/* Languages whose opposites are not known: another term. */
static const char *
other_term(struct maker *m, const struct corpus_sentence *s, const char **by)
{
	const char *others[QUIZ_OPTIONS];
	const struct corpus_hit *h;
	size_t start, len;

	if (m->c->lang != LANG_NONE || (h = best_hit(m, s)) == NULL ||
	    stand_ins(m, s, &m->c->terms[h->term], false, others) < 2)
		return NULL;
	hit_span(s, h, &start, &len);
	*by = others[0];
	return replaced(m, s, start, len, others[0]);
}

/* The sentence made false; NULL if it cannot be done for certain. */
static const char *
falsified(struct maker *m, const struct corpus_sentence *s)
{
	const char *changed, *by = "";

	if ((changed = opposite(m, s, &by)) == NULL &&
	    (changed = other_figure(m, s, &by)) == NULL &&
	    (changed = other_term(m, s, &by)) == NULL)
		return NULL;
	return is_unsaid(m, s, changed, by) ? changed : NULL;
}

static void
make_true(struct maker *m, const struct corpus_sentence *s)
{
	struct quiz q = { .kind = QUIZ_TRUE, .sentence = s, .score = s->score };

	if (s->nwords < 6 || s->nwords > 30)
		return;
	q.options[0] = phrases_get(m->c->lang, PH_TRUE);
	add(m, &q);
}

static bool
build_true(struct maker *m, struct quiz *q)
{
	const struct corpus_sentence *s = q->sentence;
	const char *statement = s->text, *changed;

	if ((changed = falsified(m, s)) == NULL)
		return false; /* what cannot be wrong is too easy */
	if (hash2(s->text, "true") % 5 < 3) {
		statement = changed;
		q->right = 1;
	}
	q->noptions = 2;
	q->options[1] = phrases_get(m->c->lang, PH_FALSE);
	q->question =
	    phrases_fill(m->a, m->c->lang, PH_Q_TRUE, quote(m, statement), "");
	return true;
}

/* --- which term is described ---------------------------------------------- */

/* The words of the term stand in its own description: too easy. */
static bool
gives_away(const struct corpus_def *d)
{
	const char *p = d->term;
	size_t n, i;

	while (*p != '\0') {
		n = strcspn(p, " ,=[");
		if (d->mono && n > 1 &&
		    memmem(d->text, strlen(d->text), p, n) != NULL)
			return true;
		for (i = 0; n > 3 && d->text[i] != '\0'; i++) {
			if (strncasecmp(d->text + i, p, n - 1) == 0)
				return true;
		}
		p += n;
		p += *p != '\0';
	}
	return false;
}

/* 0: of the same list, 1: of the same form, 2: neither. */
static unsigned
kinship(const struct corpus_def *d, const struct corpus_def *e)
{
	if (e->group == d->group && e->group != 0 && e->chunk == d->chunk)
		return 0;
	return (e->group != 0) == (d->group != 0) ? 1 : 2;
}

static size_t
other_defs(struct maker *m, const struct corpus_def *d, const char **out)
{
	const struct corpus *c = m->c;
	const struct corpus_def *e;
	size_t i, n = 0, j;
	unsigned pass;
	size_t at = (size_t)(d - c->defs);

	/* First of the same list, then those nearest in the text. */
	for (pass = 0; pass < 3 && n < QUIZ_OPTIONS - 1; pass++) {
		for (i = 1; i < 2 * c->ndefs && n < QUIZ_OPTIONS - 1; i++) {
			j = i % 2 == 1 ? at + (i + 1) / 2 : at - i / 2;
			if (j >= c->ndefs)
				continue;
			e = &c->defs[j];
			if (e->mono != d->mono || kinship(d, e) != pass ||
			    shares_word(e->term, d->term) ||
			    strstr(d->text, e->term) != NULL)
				continue;
			out[n++] = e->term;
		}
	}
	return n;
}

static void
make_term(struct maker *m, const struct corpus_def *d)
{
	struct quiz q = { .kind = QUIZ_TERM,
		.chunk = d->chunk,
		.block = d->block };
	struct corpus_term answer = { .key = d->term,
		.text = d->term,
		.nwords = 1 };
	struct corpus_sentence none = { .text = d->source,
		.len = strlen(d->source),
		.chunk = d->chunk };
	size_t n;

	if (gives_away(d))
		return;
	q.options[0] = d->term;
	n = other_defs(m, d, q.options + 1);
	if (n < QUIZ_OPTIONS - 1 && !d->mono) {
		const char *more[QUIZ_OPTIONS];
		size_t i, j, k = stand_ins(m, &none, &answer, false, more);

		for (i = 0; i < k && n < QUIZ_OPTIONS - 1; i++) {
			for (j = 0; j < n; j++) {
				if (shares_word(more[i], q.options[j + 1]))
					break;
			}
			if (j == n && strcasestr(d->text, more[i]) == NULL)
				q.options[1 + n++] = more[i];
		}
	}
	q.noptions = 1 + n;
	for (n = 0; n < q.noptions && !d->mono; n++)
		q.options[n] = distil_upper(m->a, q.options[n]);
	q.question =
	    phrases_fill(m->a, m->c->lang, PH_Q_TERM, quote(m, d->text), "");
	q.score = 0.9;
	explain(m, &q, d->source);
	propose(m, &q);
}

/* --- lists and steps ------------------------------------------------------ */

/* An item as an option: without the mark at its end. */
static char *
item_text(struct arena *a, const struct doc_block *b)
{
	size_t n = b->len;

	while (n > 0 && strchr(".,;: ", b->text[n - 1]) != NULL)
		n--;
	return arena_strndup(a, b->text, n);
}

static size_t
list_len(const struct chunk *c, size_t i)
{
	size_t j = i;

	while (j < c->nblocks && c->blocks[j].kind == c->blocks[i].kind &&
	    c->blocks[j].group == c->blocks[i].group)
		j++;
	return j - i;
}

/* Items of other lists that look alike; not those this list has, too. */
static size_t
other_items(struct maker *m, size_t chunk, size_t first, size_t len,
    size_t want_len, const char **out)
{
	const struct chunk *own = &m->k->chunks[chunk], *c;
	const struct doc_block *b;
	size_t i, j, l, n = 0, dist;

	for (dist = 1; dist <= 2 * m->k->nchunks && n < QUIZ_OPTIONS - 1;
	     dist++) {
		i = dist % 2 == 1 ? chunk + (dist + 1) / 2 : chunk - dist / 2;
		if (i >= m->k->nchunks)
			continue;
		c = &m->k->chunks[i];
		for (j = 0; j < c->nblocks && n < QUIZ_OPTIONS - 1; j++) {
			b = &c->blocks[j];
			if (b->kind != DOC_ITEM || b->len > want_len * 2 + 20 ||
			    b->len * 3 < want_len)
				continue;
			for (l = 0; l < len; l++) {
				if (strcmp(own->blocks[first + l].text,
					b->text) == 0)
					break;
			}
			if (l == len && strpbrk(b->text, ":<>[]{}") == NULL)
				out[n++] = item_text(m->a, b);
		}
	}
	return n;
}

static const char *
without_colon(struct arena *a, const struct doc_block *b)
{
	size_t n = b->len;

	while (n > 0 && strchr(": ", b->text[n - 1]) != NULL)
		n--;
	return arena_printf(a, "%.*s …", (int)n, b->text);
}

static void
make_list(struct maker *m, size_t chunk, size_t i, size_t len)
{
	const struct chunk *c = &m->k->chunks[chunk];
	const struct doc_block *lead = i > 0 ? &c->blocks[i - 1] : NULL, *b;
	struct quiz q = { .kind = QUIZ_LIST, .chunk = chunk, .block = i };

	if (lead == NULL || lead->kind != DOC_PARA || len < 3 ||
	    lead->text[lead->len - 1] != ':' || utf8_count(lead->text) > 200)
		return;
	b = &c->blocks[i + hash2(lead->text, "") % len];
	if (memchr(b->text, ':', b->len) != NULL)
		return;
	q.options[0] = item_text(m->a, b);
	q.noptions = 1 + other_items(m, chunk, i, len, b->len, q.options + 1);
	q.question = phrases_fill(m->a, m->c->lang, PH_Q_LIST,
	    quote(m, without_colon(m->a, lead)), "");
	q.score = 0.8;
	q.source = b->text;
	q.explanation =
	    phrases_fill(m->a, m->c->lang, PH_E_LIST, quote(m, b->text), "");
	propose(m, &q);
}

static void
make_step(struct maker *m, size_t chunk, size_t i, size_t len)
{
	const struct doc_block *b = &m->k->chunks[chunk].blocks[i];
	struct quiz q = { .kind = QUIZ_STEP, .chunk = chunk, .block = i };
	size_t at, j;

	if (len < 4)
		return;
	at = hash2(b[0].text, b[1].text) % (len - 1);
	q.options[q.noptions++] = item_text(m->a, &b[at + 1]);
	for (j = 0; j < len && q.noptions < QUIZ_OPTIONS; j++) {
		if (j != at && j != at + 1)
			q.options[q.noptions++] = item_text(m->a, &b[j]);
	}
	q.question = phrases_fill(m->a, m->c->lang, PH_Q_STEP,
	    quote(m, item_text(m->a, &b[at])), "");
	q.score = 0.85;
	q.source = b[at + 1].text;
	q.explanation = phrases_fill(m->a, m->c->lang, PH_E_STEP,
	    quote(m, b[at].text), quote(m, b[at + 1].text));
	propose(m, &q);
}

/* --- tables --------------------------------------------------------------- */

/* Cell number n of a row, in a; "" when there is none. */
static char *
cell(struct arena *a, const struct doc_block *row, size_t n)
{
	const char *p = row->text, *end = p + row->len, *sep;

	for (;; p = sep + 1, n--) {
		sep = memchr(p, DOC_CELL, (size_t)(end - p));
		if (n == 0)
			return str_trim(a,
			    arena_strndup(a, p,
				(size_t)((sep == NULL ? end : sep) - p)));
		if (sep == NULL)
			return arena_strdup(a, "");
	}
}

static size_t
cells(const struct doc_block *row)
{
	size_t i, n = 1;

	for (i = 0; i < row->len; i++)
		n += row->text[i] == DOC_CELL;
	return n;
}

static char *
row_text(struct arena *a, const struct doc_block *row)
{
	struct buf b = BUF_INIT;
	char *out;
	size_t i;

	for (i = 0; i < row->len; i++) {
		if (row->text[i] == DOC_CELL)
			buf_puts(&b, " | ");
		else
			buf_putc(&b, row->text[i]);
	}
	out = arena_strdup(a, buf_str(&b));
	buf_free(&b);
	return out;
}

static void
make_cell(struct maker *m, size_t chunk, size_t first, size_t len, size_t row,
    size_t col)
{
	const struct doc_block *b = &m->k->chunks[chunk].blocks[first];
	struct quiz q = { .kind = QUIZ_CELL, .chunk = chunk, .block = first };
	const char *key = cell(m->a, &b[row], 0), *text;
	size_t i, j;

	q.options[q.noptions++] = cell(m->a, &b[row], col);
	if (*key == '\0' || utf8_count(q.options[0]) > MAX_CELL)
		return;
	for (i = 1; i < len && q.noptions < QUIZ_OPTIONS; i++) {
		text = cell(m->a, &b[i], col);
		/* The same key twice would have two answers. */
		if (i != row && strcmp(cell(m->a, &b[i], 0), key) == 0)
			return;
		for (j = 0; j < q.noptions; j++) {
			if (str_ieq(q.options[j], text))
				break;
		}
		if (j == q.noptions && *text != '\0')
			q.options[q.noptions++] = text;
	}
	q.question = phrases_fill(m->a, m->c->lang, PH_Q_CELL, quote(m, key),
	    cell(m->a, &b[0], col));
	q.score = 0.8 - 0.02 * (double)col;
	q.source = row_text(m->a, &b[row]);
	q.explanation = phrases_fill(m->a, m->c->lang, PH_E_CELL, q.source, "");
	propose(m, &q);
}

static void
make_table(struct maker *m, size_t chunk, size_t i, size_t len)
{
	const struct doc_block *b = &m->k->chunks[chunk].blocks[i];
	size_t col, n;

	if (b[0].level != 1 || len < 4)
		return;
	n = cells(&b[0]);
	for (col = 1; col < n && col < 4; col++) {
		if (*cell(m->a, &b[0], col) == '\0' ||
		    *cell(m->a, &b[0], 0) == '\0')
			continue;
		make_cell(m, chunk, i, len,
		    1 +
			hash2(b[0].text, b[len - 1].text + col % b->len) %
			    (len - 1),
		    col);
	}
}

/* --- choosing ------------------------------------------------------------- */

static void
make_chunk(struct maker *m, size_t chunk)
{
	const struct chunk *c = &m->k->chunks[chunk];
	const struct corpus_sentence *s;
	size_t i, n, first;

	for (i = m->c->first[chunk]; i < m->c->first[chunk + 1]; i++) {
		s = &m->c->sentences[i];
		if (!s->whole || s->text[s->len - 1] == '?' || s->code)
			continue;
		first = m->nq;
		make_number(m, s);
		make_missing(m, s);
		make_true(m, s);
		for (; first < m->nq; first++) {
			m->q[first].source = s->text;
			m->q[first].chunk = s->chunk;
			m->q[first].block = s->block;
		}
	}
	for (i = 0; i < c->nblocks; i += n) {
		n = list_len(c, i);
		if (c->blocks[i].kind == DOC_ITEM && c->blocks[i].ordered)
			make_step(m, chunk, i, n);
		else if (c->blocks[i].kind == DOC_ITEM)
			make_list(m, chunk, i, n);
		else if (c->blocks[i].kind == DOC_ROW)
			make_table(m, chunk, i, n);
		else
			n = 1;
	}
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
finish(struct maker *m, struct quiz *q)
{
	bool ok;

	if (q->sentence == NULL || q->question != NULL)
		return true;
	ok = q->kind == QUIZ_MISSING ? build_missing(m, q)
	    : q->kind == QUIZ_NUMBER ? build_number(m, q)
				     : build_true(m, q);
	if (!ok || !options_ok(q))
		return false;
	explain(m, q, q->sentence->text);
	if (q->kind != QUIZ_TRUE)
		shuffle(q);
	return true;
}

/* The best proposal beside those taken; NULL when none is left. */
static struct quiz *
best_left(struct maker *m, const struct quiz *taken, size_t n)
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
choose(struct maker *m, size_t max, struct quiz *out)
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
	struct maker m = { .a = a, .k = k, .c = distil_corpus(a, k) };
	size_t i, j;

	fill_pool(&m);
	for (i = 0; i < n; i++)
		make_chunk(&m, chunks[i]);
	for (j = 0; j < m.c->ndefs; j++) {
		for (i = 0; i < n; i++) {
			if (m.c->defs[j].chunk == chunks[i])
				make_term(&m, &m.c->defs[j]);
		}
	}
	*out = arena_calloc(a, max, sizeof(**out));
	return choose(&m, max, *out);
}

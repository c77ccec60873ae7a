/*
 * Questions about one sentence: which term or figure is missing, and whether
 * it is true. Proposing is cheap; only what is chosen is built.
 */
#include <string.h>

#include "ai/phrases.h"
#include "ai/quiz_maker.h"
#include "ai/quiz_number.h"
#include "base/str.h"

#define GAP "____"

/* --- which term is missing ------------------------------------------------ */

/* The term of s that matters most and stands in it only once. */
static const struct corpus_hit *
best_hit(const struct quiz_maker *m, const struct corpus_sentence *s)
{
	const struct corpus_hit *best = NULL, *h;
	const struct corpus_term *t;
	double score, top = 0.0;
	size_t i, j, n;

	for (i = 0; i < s->nhits; i++) {
		h = &s->hits[i];
		t = &m->c->terms[h->term];
		if (!quiz_is_askable(t))
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
make_missing(struct quiz_maker *m, const struct corpus_sentence *s)
{
	const struct corpus_hit *h = best_hit(m, s);
	struct quiz q = { .kind = QUIZ_MISSING, .sentence = s };

	if (h == NULL || s->nwords < 7)
		return;
	q.options[0] = m->c->terms[h->term].text;
	q.score = s->score * (0.6 + m->c->terms[h->term].score / 8.0);
	quiz_add(m, &q);
}

static bool
build_missing(struct quiz_maker *m, struct quiz *q)
{
	const struct corpus_sentence *s = q->sentence;
	const struct corpus_hit *h = best_hit(m, s);
	const struct corpus_term *t;
	size_t start, len, n;

	if (h == NULL)
		return false;
	t = &m->c->terms[h->term];
	hit_span(s, h, &start, &len);
	q->options[0] = arena_strndup(m->a, s->text + start, len);
	if (h->from == 0 && (t->flags & CORPUS_PROPER) == 0 &&
	    m->c->lang != LANG_DE)
		q->options[0] = t->text;
	n = quiz_stand_ins(m, s, t, shows_first_letter(s, h), q->options + 1);
	q->noptions = 1 + quiz_keep_wrong(m, s, start, len, q->options + 1, n);
	q->question = phrases_fill(m->a, m->c->lang, PH_Q_MISSING,
	    quiz_quote(m, quiz_replaced(m, s, start, len, GAP)), "");
	return true;
}

/* --- which figure is missing ---------------------------------------------- */

static void
make_number(struct quiz_maker *m, const struct corpus_sentence *s)
{
	struct quiz q = { .kind = QUIZ_NUMBER, .sentence = s };
	size_t word = quiz_number_find(m->c, s), start, len;

	if (word == s->nwords)
		return;
	quiz_number_span(s, word, &start, &len);
	q.options[0] = arena_strndup(m->a, s->text + start, len);
	q.score = 0.4 + 0.6 * s->score;
	quiz_add(m, &q);
}

static bool
build_number(struct quiz_maker *m, struct quiz *q)
{
	const struct corpus_sentence *s = q->sentence;
	const char *others[8];
	size_t word = quiz_number_find(m->c, s), start, len, n;

	quiz_number_span(s, word, &start, &len);
	n = quiz_number_others(m->c, s, word, others, NITEMS(others));
	n = quiz_keep_wrong(m, s, start, len, others, n);
	memcpy(q->options + 1, others, n * sizeof(*others));
	q->noptions = 1 + n;
	q->question = phrases_fill(m->a, m->c->lang, PH_Q_NUMBER,
	    quiz_quote(m, quiz_replaced(m, s, start, len, GAP)), "");
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

static const char *const opposites[LANG__MAX][30][2] = {
	[LANG_EN] = { { "at least", "at most" }, { "at most", "at least" },
	    { "may not", "may" }, { "must not", "must" }, { "cannot", "can" },
	    { "is not", "is" }, { "are not", "are" }, { "never", "always" },
	    { "always", "never" }, { "before", "after" }, { "after", "before" },
	    { "mandatory", "voluntary" }, { "voluntary", "mandatory" },
	    { "more than", "less than" }, { "less than", "more than" },
	    { "minimum", "maximum" }, { "maximum", "minimum" },
	    { "allowed", "forbidden" }, { "forbidden", "allowed" },
	    { "above", "below" }, { "below", "above" }, { "without", "with" },
	    { "enabled", "disabled" }, { "disabled", "enabled" },
	    { "optional", "mandatory" }, { "first", "last" },
	    { "last", "first" } },
	[LANG_DE] = { { "mindestens", "höchstens" },
	    { "höchstens", "mindestens" }, { "darf nicht", "darf" },
	    { "dürfen nicht", "dürfen" }, { "ist nicht", "ist" },
	    { "sind nicht", "sind" }, { "nie", "immer" }, { "immer", "nie" },
	    { "mehr als", "weniger als" }, { "weniger als", "mehr als" },
	    { "länger als", "kürzer als" }, { "spätestens", "frühestens" },
	    { "freiwillig", "verpflichtend" },
	    { "verpflichtend", "freiwillig" }, { "erlaubt", "verboten" },
	    { "verboten", "erlaubt" }, { "innerhalb", "außerhalb" } },
	[LANG_FR] = { { "au moins", "au plus" }, { "au plus", "au moins" },
	    { "avant", "après" }, { "après", "avant" },
	    { "plus de", "moins de" }, { "moins de", "plus de" },
	    { "obligatoire", "facultatif" }, { "facultatif", "obligatoire" },
	    { "interdit", "autorisé" }, { "autorisé", "interdit" },
	    { "minimum", "maximum" }, { "maximum", "minimum" } },
	[LANG_ES] = { { "al menos", "como máximo" },
	    { "como mínimo", "como máximo" }, { "como máximo", "como mínimo" },
	    { "no puede", "puede" }, { "no pueden", "pueden" },
	    { "no debe", "debe" }, { "no deben", "deben" },
	    { "siempre", "nunca" }, { "nunca", "siempre" },
	    { "antes de", "después de" }, { "después de", "antes de" },
	    { "más de", "menos de" }, { "menos de", "más de" },
	    { "obligatorio", "voluntario" }, { "obligatoria", "voluntaria" },
	    { "prohibido", "permitido" }, { "permitido", "prohibido" } },
};

/* The sentence with a word turned into its opposite; NULL if none has one. */
static const char *
opposite(struct quiz_maker *m, const struct corpus_sentence *s, const char **by)
{
	const char *const(*p)[2] = opposites[m->c->lang];
	const char *at;
	size_t i;

	for (i = 0; i < NITEMS(opposites[0]) && p[i][0] != NULL; i++) {
		if ((at = find_words(s->text, p[i][0])) == NULL ||
		    strstr(at + 1, p[i][0]) != NULL ||
		    (strstr(p[i][0], p[i][1]) == NULL &&
			strstr(s->text, p[i][1]) != NULL))
			continue;
		*by = p[i][1];
		return quiz_replaced(m, s, (size_t)(at - s->text),
		    strlen(p[i][0]), p[i][1]);
	}
	return NULL;
}

/* The sentence with another figure in place of its own; NULL without one. */
static const char *
other_figure(struct quiz_maker *m, const struct corpus_sentence *s,
    const char **by)
{
	const char *others[QUIZ_OPTIONS];
	size_t word = quiz_number_find(m->c, s), start, len;

	if (word == s->nwords ||
	    quiz_number_others(m->c, s, word, others, 3) == 0)
		return NULL;
	quiz_number_span(s, word, &start, &len);
	*by = others[0];
	return quiz_replaced(m, s, start, len, others[0]);
}

/* Languages whose opposites are not known: another term. */
static const char *
other_term(struct quiz_maker *m, const struct corpus_sentence *s,
    const char **by)
{
	const char *others[QUIZ_OPTIONS];
	const struct corpus_hit *h;
	size_t start, len;

	if (m->c->lang != LANG_NONE || (h = best_hit(m, s)) == NULL ||
	    quiz_stand_ins(m, s, &m->c->terms[h->term], false, others) < 2)
		return NULL;
	hit_span(s, h, &start, &len);
	*by = others[0];
	return quiz_replaced(m, s, start, len, others[0]);
}

/* The sentence made false; NULL if it cannot be done for certain. */
static const char *
falsified(struct quiz_maker *m, const struct corpus_sentence *s)
{
	const char *changed, *by = "";

	if ((changed = opposite(m, s, &by)) == NULL &&
	    (changed = other_figure(m, s, &by)) == NULL &&
	    (changed = other_term(m, s, &by)) == NULL)
		return NULL;
	return quiz_is_unsaid(m, s, changed, by) ? changed : NULL;
}

static void
make_true(struct quiz_maker *m, const struct corpus_sentence *s)
{
	struct quiz q = { .kind = QUIZ_TRUE, .sentence = s, .score = s->score };

	if (s->nwords < 6 || s->nwords > 30)
		return;
	q.options[0] = phrases_get(m->c->lang, PH_TRUE);
	quiz_add(m, &q);
}

static bool
build_true(struct quiz_maker *m, struct quiz *q)
{
	const struct corpus_sentence *s = q->sentence;
	const char *statement = s->text, *changed;

	if ((changed = falsified(m, s)) == NULL)
		return false; /* what cannot be wrong is too easy */
	if (quiz_hash(s->text, "true") % 5 < 3) {
		statement = changed;
		q->right = 1;
	}
	q->noptions = 2;
	q->options[1] = phrases_get(m->c->lang, PH_FALSE);
	q->question = phrases_fill(m->a, m->c->lang, PH_Q_TRUE,
	    quiz_quote(m, statement), "");
	return true;
}

/* --- the whole ------------------------------------------------------------ */

void
quiz_from_sentence(struct quiz_maker *m, const struct corpus_sentence *s)
{
	size_t i, first = m->nq;

	if (!s->whole || s->text[s->len - 1] == '?' || s->code)
		return;
	make_number(m, s);
	make_missing(m, s);
	make_true(m, s);
	for (i = first; i < m->nq; i++) {
		m->q[i].source = s->text;
		m->q[i].chunk = s->chunk;
		m->q[i].block = s->block;
	}
}

bool
quiz_build_sentence(struct quiz_maker *m, struct quiz *q)
{
	return q->kind == QUIZ_MISSING ? build_missing(m, q)
	    : q->kind == QUIZ_NUMBER   ? build_number(m, q)
				       : build_true(m, q);
}

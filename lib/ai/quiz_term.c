/*
 * Questions about definitions: the description is given, the term is asked.
 */
#include <string.h>

#include "ai/distil.h"
#include "ai/phrases.h"
#include "ai/quiz_maker.h"

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
other_defs(struct quiz_maker *m, const struct corpus_def *d, const char **out)
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
			    quiz_shares_word(e->term, d->term) ||
			    strstr(d->text, e->term) != NULL)
				continue;
			out[n++] = e->term;
		}
	}
	return n;
}

void
quiz_from_definition(struct quiz_maker *m, const struct corpus_def *d)
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
		size_t i, j, k = quiz_stand_ins(m, &none, &answer, false, more);

		for (i = 0; i < k && n < QUIZ_OPTIONS - 1; i++) {
			for (j = 0; j < n; j++) {
				if (quiz_shares_word(more[i], q.options[j + 1]))
					break;
			}
			if (j == n && strcasestr(d->text, more[i]) == NULL)
				q.options[1 + n++] = more[i];
		}
	}
	q.noptions = 1 + n;
	for (n = 0; n < q.noptions && !d->mono; n++)
		q.options[n] = distil_upper(m->a, q.options[n]);
	q.question = phrases_fill(m->a, m->c->lang, PH_Q_TERM,
	    quiz_quote(m, d->text), "");
	q.score = 0.9;
	quiz_explain(m, &q, d->source);
	quiz_propose(m, &q);
}

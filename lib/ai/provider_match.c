/*
 * Every chunk is a sorted set of stems; a stem of the text that a chunk holds
 * counts for it the more, the fewer chunks hold it.
 */
#include "ai/provider_match.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TOPIC_WEIGHT 2.0

/* Stems in order, each once. */
struct stems {
	const char **items;
	size_t nitems;
};

struct ranked {
	size_t place; /* in the list that was given */
	double score;
};

static int
stem_cmp(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static struct stems
stems_of(struct arena *a, enum lang lang, const char *text)
{
	struct stems s = { 0 };
	struct lang_word *w;
	size_t i, n, words;

	words = lang_words(a, lang, text, strlen(text), &w);
	s.items = arena_calloc(a, words + 1, sizeof(*s.items));
	for (i = 0, n = 0; i < words; i++) {
		if ((w[i].flags & LANG_STOP) == 0)
			s.items[n++] = w[i].stem;
	}
	qsort(s.items, n, sizeof(*s.items), stem_cmp);
	for (i = 0; i < n; i++) {
		if (s.nitems == 0 ||
		    strcmp(s.items[s.nitems - 1], s.items[i]) != 0)
			s.items[s.nitems++] = s.items[i];
	}
	return s;
}

static bool
has(const struct stems *s, const char *stem)
{
	return bsearch(&stem, s->items, s->nitems, sizeof(*s->items),
		   stem_cmp) != NULL;
}

/* Best first; of equals the one that came first. */
static int
ranked_cmp(const void *x, const void *y)
{
	const struct ranked *a = x, *b = y;

	if (a->score > b->score || a->score < b->score)
		return a->score > b->score ? -1 : 1;
	return a->place < b->place ? -1 : a->place > b->place;
}

static int
place_cmp(const void *x, const void *y)
{
	const struct ranked *a = x, *b = y;

	return a->place < b->place ? -1 : a->place > b->place;
}

static void
count_stem(const char *stem, const struct stems *texts,
    const struct stems *topics, struct ranked *r, size_t n)
{
	size_t i, held = 0;
	double weight;

	for (i = 0; i < n; i++)
		held += has(&texts[i], stem) || has(&topics[i], stem);
	weight = log(((double)n + 1.0) / ((double)held + 0.5));
	for (i = 0; i < n; i++) {
		if (has(&topics[i], stem))
			r[i].score += weight * TOPIC_WEIGHT;
		else if (has(&texts[i], stem))
			r[i].score += weight;
	}
}

size_t
provider_match(const struct knowledge *k, const size_t *from, size_t n,
    const char *text, size_t max, size_t *out)
{
	enum lang lang = lang_of(k->lang);
	struct arena *tmp = arena_new();
	struct stems *texts = arena_calloc(tmp, n + 1, sizeof(*texts));
	struct stems *topics = arena_calloc(tmp, n + 1, sizeof(*topics));
	struct ranked *r = arena_calloc(tmp, n + 1, sizeof(*r));
	struct stems want = stems_of(tmp, lang, text);
	size_t i;

	for (i = 0; i < n; i++) {
		texts[i] = stems_of(tmp, lang, k->chunks[from[i]].content);
		topics[i] = stems_of(tmp, lang, k->chunks[from[i]].topic);
		r[i].place = i;
	}
	for (i = 0; i < want.nitems; i++)
		count_stem(want.items[i], texts, topics, r, n);
	if (max > n)
		max = n;
	qsort(r, n, sizeof(*r), ranked_cmp);
	qsort(r, max, sizeof(*r), place_cmp);
	for (i = 0; i < max; i++)
		out[i] = from[r[i].place];
	arena_free(tmp);
	return max;
}

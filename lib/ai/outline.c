/*
 * The outline. Lessons are runs of chunks; small neighbours are joined, long
 * ones split, and the limits of content.md 9.3 always hold.
 */
#include "ai/outline.h"

#include <stdlib.h>
#include <string.h>

#include "ai/corpus.h"
#include "ai/distil.h"
#include "ai/phrases.h"
#include "base/utf8.h"

#define LESSON_LEAST 120 /* words; smaller ones join a neighbour */
#define LESSON_MOST  900 /* larger ones are split */
#define LESSON_GOAL  450
#define MAX_PIECES   4
#define FLAT_GROUP   6 /* lessons of a section that has no name of its own */

/* A lesson while the outline grows: chunks from..to-1. */
struct part {
	const char *names[MAX_PIECES]; /* of what was joined; the last counts */
	unsigned pieces;
	size_t from, to;
	size_t words;
};

struct group {
	const char *title;
	struct part *parts;
	size_t nparts;
	size_t words;
};

struct maker {
	struct arena *a;
	struct knowledge *k;
	enum lang lang;
	size_t base; /* headings that all chunks share */
	struct group *groups;
	size_t ngroups;
};

/* --- headings to groups ---------------------------------------------------- */

static const char *
heading(const struct maker *m, size_t chunk, size_t depth)
{
	const struct chunk *c = &m->k->chunks[chunk];

	return c->npath > m->base + depth ? c->path[m->base + depth] : NULL;
}

static bool
same_heading(const struct maker *m, size_t x, size_t y, size_t depth)
{
	const char *p = heading(m, x, depth), *q = heading(m, y, depth);

	return p == q || (p != NULL && q != NULL && strcmp(p, q) == 0);
}

/* Outer headings that every chunk has tell nothing. */
static size_t
shared_depth(const struct knowledge *k)
{
	size_t depth, i;

	for (depth = 0; depth < 6; depth++) {
		for (i = 0; i < k->nchunks; i++) {
			if (k->chunks[i].npath <= depth + 1 ||
			    strcmp(k->chunks[i].path[depth],
				k->chunks[0].path[depth]) != 0)
				return depth;
		}
	}
	return depth;
}

static size_t
words_of(const struct maker *m, size_t from, size_t to)
{
	size_t n = 0;

	for (; from < to; from++)
		n += m->k->chunks[from].words;
	return n;
}

static void
part_add(struct maker *m, struct group *g, const char *title, size_t from,
    size_t to)
{
	struct part *p;

	g->parts = arena_grow(m->a, g->parts, g->nparts, g->nparts + 1,
	    sizeof(*g->parts));
	p = &g->parts[g->nparts++];
	*p = (struct part){ { title }, 1, from, to, words_of(m, from, to) };
	g->words += p->words;
}

/* A lesson that is too long, cut at the headings inside it or by size. */
static void
part_split(struct maker *m, struct group *g, const char *title, size_t from,
    size_t to, size_t depth)
{
	size_t i, j, words = 0, start = from, n = 1;
	const char *name = title;

	if (words_of(m, from, to) <= LESSON_MOST || to - from == 1) {
		part_add(m, g, title, from, to);
		return;
	}
	for (i = from; i < to; i = j) {
		for (j = i + 1; j < to && same_heading(m, i, j, depth) &&
		     heading(m, i, depth) != NULL;
		     j++)
			continue;
		if (i > start &&
		    (words >= LESSON_GOAL ||
			words + words_of(m, i, j) > LESSON_MOST)) {
			part_add(m, g, name, start, i);
			start = i;
			words = 0;
			n++;
			name = heading(m, i, depth) != NULL
			    ? heading(m, i, depth)
			    : arena_printf(m->a, "%s (%zu)", title, n);
		}
		if (heading(m, i, depth) != NULL && j - i > 1 &&
		    words_of(m, i, j) > LESSON_MOST) {
			if (i > start)
				part_add(m, g, name, start, i);
			part_split(m, g, heading(m, i, depth), i, j, depth + 1);
			start = j;
			words = 0;
			continue;
		}
		if (start == i && n > 1 && heading(m, i, depth) != NULL)
			name = heading(m, i, depth);
		words += words_of(m, i, j);
	}
	if (start < to)
		part_add(m, g, name, start, to);
}

static struct group *
group_add(struct maker *m, const char *title)
{
	struct group *g;

	m->groups = arena_grow(m->a, m->groups, m->ngroups, m->ngroups + 1,
	    sizeof(*m->groups));
	g = &m->groups[m->ngroups++];
	g->title = title;
	return g;
}

/* The lessons of one outer heading: its inner headings. */
static void
group_fill(struct maker *m, struct group *g, size_t from, size_t to)
{
	size_t i, j;
	const char *name;

	for (i = from; i < to; i = j) {
		for (j = i + 1; j < to && same_heading(m, i, j, 1); j++)
			continue;
		name = heading(m, i, 1);
		if (name == NULL)
			name = i == from && j < to
			    ? phrases_get(m->lang, PH_OVERVIEW)
			    : g->title;
		part_split(m, g, name, i, j, 2);
	}
}

static void
group_by_headings(struct maker *m)
{
	struct group *g;
	size_t i, j, lead = 0;
	const char *title;

	m->base = shared_depth(m->k);
	for (i = 0; i < m->k->nchunks; i = j) {
		for (j = i + 1; j < m->k->nchunks && same_heading(m, i, j, 0);
		     j++)
			continue;
		title = heading(m, i, 0);
		if (title == NULL && i == 0 && j < m->k->nchunks) {
			lead = j; /* the text before the first heading */
			continue;
		}
		g = group_add(m, title != NULL ? title : m->k->title);
		if (lead > 0)
			part_add(m, g, phrases_get(m->lang, PH_OVERVIEW), 0,
			    lead);
		lead = 0;
		group_fill(m, g, i, j);
	}
}

/* --- topics to groups ----------------------------------------------------- */

static void
group_by_topics(struct maker *m)
{
	struct group *g;
	size_t i, from = 0, words = 0;

	g = group_add(m, m->k->title);
	for (i = 0; i < m->k->nchunks; i++) {
		words += m->k->chunks[i].words;
		if (words < LESSON_GOAL && i + 1 < m->k->nchunks)
			continue;
		part_add(m, g, distil_title(m->a, m->k, from, i + 1), from,
		    i + 1);
		from = i + 1;
		words = 0;
	}
}

/* --- sizes ---------------------------------------------------------------- */

static const char *
last_name(const struct part *p)
{
	return p
	    ->names[p->pieces < MAX_PIECES ? p->pieces - 1 : MAX_PIECES - 1];
}

static void
name_add(struct maker *m, struct part *p, const char *name)
{
	if (p->pieces == 1 &&
	    (p->names[0] == phrases_get(m->lang, PH_OVERVIEW) ||
		strcmp(p->names[0], name) == 0)) {
		p->names[0] = name;
		return;
	}
	if (strcmp(last_name(p), name) == 0)
		return;
	p->names[p->pieces < MAX_PIECES ? p->pieces : MAX_PIECES - 1] = name;
	p->pieces++;
}

/* Part i takes the next one in. */
static void
part_join(struct maker *m, struct group *g, size_t i)
{
	struct part *p = &g->parts[i], *q = p + 1;
	unsigned j;

	for (j = 0; j < q->pieces && j < MAX_PIECES; j++)
		name_add(m, p, q->names[j]);
	p->to = q->to;
	p->words += q->words;
	memmove(q, q + 1, (g->nparts - i - 2) * sizeof(*q));
	g->nparts--;
}

/* "A and B", "A, B, C", or "A – Z" when there are more. */
static const char *
part_title(struct maker *m, const struct part *p)
{
	if (p->pieces == 1)
		return p->names[0];
	if (p->pieces == 2)
		return distil_join(m->a, m->lang, p->names[0], p->names[1]);
	if (p->pieces == 3)
		return arena_printf(m->a, "%s, %s, %s", p->names[0],
		    p->names[1], p->names[2]);
	return arena_printf(m->a, "%s – %s", p->names[0], last_name(p));
}

/* The pair of neighbours that is smallest together; false for none. */
static bool
smallest_pair(const struct group *g, size_t *at)
{
	size_t i, n, best = SIZE_MAX;

	for (i = 0; i + 1 < g->nparts; i++) {
		n = g->parts[i].words + g->parts[i + 1].words;
		if (n < best) {
			best = n;
			*at = i;
		}
	}
	return best != SIZE_MAX;
}

/* Lessons below the least size join the smaller neighbour. */
static void
join_small(struct maker *m, struct group *g)
{
	size_t i, at;
	bool before, after;

	for (i = 0; i < g->nparts;) {
		if (g->parts[i].words >= LESSON_LEAST || g->nparts == 1) {
			i++;
			continue;
		}
		before =
		    i > 0 && g->parts[i - 1].pieces + g->parts[i].pieces <= 3;
		after = i + 1 < g->nparts &&
		    g->parts[i].pieces + g->parts[i + 1].pieces <= 3;
		if (!before && !after) {
			i++;
			continue;
		}
		at = i;
		if (!after ||
		    (before && g->parts[i - 1].words < g->parts[i + 1].words))
			at = i - 1;
		part_join(m, g, at);
		i = at;
	}
}

static size_t
count_parts(const struct maker *m)
{
	size_t i, n = 0;

	for (i = 0; i < m->ngroups; i++)
		n += m->groups[i].nparts;
	return n;
}

/* Group i takes the next one in. */
static void
group_join(struct maker *m, size_t i)
{
	struct group *g = &m->groups[i], *h = g + 1;
	const char *first, *last;
	struct part *all;

	all = arena_calloc(m->a, g->nparts + h->nparts, sizeof(*all));
	memcpy(all, g->parts, g->nparts * sizeof(*all));
	memcpy(all + g->nparts, h->parts, h->nparts * sizeof(*all));
	g->parts = all;
	g->nparts += h->nparts;
	g->words += h->words;
	first = strstr(g->title, " – ");
	last = strstr(h->title, " – ");
	while (last != NULL && strstr(last + 1, " – ") != NULL)
		last = strstr(last + 1, " – ");
	g->title = arena_printf(m->a, "%.*s – %s",
	    (int)(first == NULL ? strlen(g->title)
				: (size_t)(first - g->title)),
	    g->title, last == NULL ? h->title : last + strlen(" – "));
	memmove(h, h + 1, (m->ngroups - i - 2) * sizeof(*h));
	m->ngroups--;
}

static void
limit_groups(struct maker *m)
{
	size_t i, n, best, at = 0;

	while (m->ngroups > KNOWLEDGE_MAX_SECTIONS) {
		best = SIZE_MAX;
		for (i = 0; i + 1 < m->ngroups; i++) {
			n = m->groups[i].words + m->groups[i + 1].words;
			if (n < best) {
				best = n;
				at = i;
			}
		}
		group_join(m, at);
	}
}

static void
limit_parts(struct maker *m)
{
	size_t i, at = 0, best, size, where = 0, pair = 0;

	for (i = 0; i < m->ngroups; i++) {
		while (m->groups[i].nparts > KNOWLEDGE_MAX_LESSONS &&
		    smallest_pair(&m->groups[i], &at))
			part_join(m, &m->groups[i], at);
	}
	while (count_parts(m) > KNOWLEDGE_MAX_TOTAL) {
		best = SIZE_MAX;
		for (i = 0; i < m->ngroups; i++) {
			const struct group *g = &m->groups[i];

			if (!smallest_pair(g, &at))
				continue;
			size = g->parts[at].words + g->parts[at + 1].words;
			if (size < best) {
				best = size;
				where = i;
				pair = at;
			}
		}
		part_join(m, &m->groups[where], pair);
	}
}

/*
 * Sections of one lesson each are no sections: their lessons go into sections
 * of a few, named after the first and the last.
 */
static void
flatten(struct maker *m)
{
	struct group *old = m->groups, *g = NULL;
	const struct part *p;
	size_t i, j, n = m->ngroups, parts = count_parts(m), put = 0, per;

	if (n < 2 || (n < 4 && parts > n) || parts * 2 > n * 3)
		return;
	per = (parts + FLAT_GROUP - 1) / FLAT_GROUP;
	per = (parts + per - 1) / per;
	m->groups = NULL;
	m->ngroups = 0;
	for (i = 0; i < n; i++) {
		if (g == NULL || put >= per) {
			g = group_add(m, "");
			put = 0;
		}
		for (j = 0; j < old[i].nparts; j++, put++) {
			p = &old[i].parts[j];
			part_add(m, g, old[i].title, p->from, p->to);
			if (old[i].nparts > 1)
				g->parts[g->nparts - 1] = *p;
		}
	}
}

/* Names for the sections that flattening made, after joining. */
static void
name_groups(struct maker *m)
{
	struct group *g;
	size_t i;

	for (i = 0; i < m->ngroups; i++) {
		g = &m->groups[i];
		if (*g->title != '\0')
			continue;
		if (m->ngroups == 1)
			g->title = m->k->title;
		else if (g->nparts == 1)
			g->title = part_title(m, &g->parts[0]);
		else
			g->title =
			    arena_printf(m->a, "%s – %s", g->parts[0].names[0],
				last_name(&g->parts[g->nparts - 1]));
	}
}

/* --- objectives ----------------------------------------------------------- */

struct facts {
	const struct doc_block *list; /* first item after a lead-in */
	const struct doc_block *lead; /* its lead-in, or NULL */
	const char *list_topic;
	const struct doc_block *steps;
	const char *steps_topic;
	const struct doc_block *table; /* header row */
	const char *numbers_topic;
	size_t best_numbers;
	const char *topics[8];
	size_t ntopics;
};

static size_t
count_numbers(const struct corpus *c, size_t chunk)
{
	size_t i, j, n = 0;

	for (i = c->first[chunk]; i < c->first[chunk + 1]; i++) {
		for (j = 0; j < c->sentences[i].nwords; j++)
			n +=
			    (c->sentences[i].words[j].flags & LANG_NUMBER) != 0;
	}
	return n;
}

static size_t
run_len(const struct chunk *c, size_t i)
{
	size_t j = i;

	while (j < c->nblocks && c->blocks[j].kind == c->blocks[i].kind &&
	    c->blocks[j].group == c->blocks[i].group)
		j++;
	return j - i;
}

static const char *
topic_of(const struct maker *m, size_t chunk, const char *lesson)
{
	const struct chunk *c = &m->k->chunks[chunk];

	if (c->npath > m->base)
		return c->path[c->npath - 1];
	return lesson;
}

static void
facts_chunk(struct maker *m, struct facts *f, size_t chunk, const char *lesson)
{
	struct corpus *c = distil_corpus(m->a, m->k);
	const struct chunk *ch = &m->k->chunks[chunk];
	const char *topic = topic_of(m, chunk, lesson);
	size_t i, n, numbers;

	if (f->ntopics < NITEMS(f->topics) &&
	    (f->ntopics == 0 || strcmp(f->topics[f->ntopics - 1], topic) != 0))
		f->topics[f->ntopics++] = topic;
	for (i = 0; i < ch->nblocks; i += n) {
		n = run_len(ch, i);
		if (ch->blocks[i].kind == DOC_ITEM && n >= 3) {
			if (ch->blocks[i].ordered && f->steps == NULL) {
				f->steps = &ch->blocks[i];
				f->steps_topic = topic;
			} else if (!ch->blocks[i].ordered && f->list == NULL) {
				f->list = &ch->blocks[i];
				f->list_topic = topic;
			}
		} else if (ch->blocks[i].kind == DOC_ROW && n >= 3 &&
		    ch->blocks[i].level == 1 && f->table == NULL) {
			f->table = &ch->blocks[i];
		} else {
			n = 1;
		}
	}
	numbers = count_numbers(c, chunk);
	if (numbers >= 2 && numbers > f->best_numbers) {
		f->best_numbers = numbers;
		f->numbers_topic = topic;
	}
}

static const char *
quote(struct maker *m, const char *s)
{
	return phrases_quote(m->a, m->lang, s);
}

/* The names of the first two columns; false when a cell is empty or long. */
static bool
columns(struct maker *m, const struct doc_block *row, const char **x,
    const char **y)
{
	const char *sep = memchr(row->text, DOC_CELL, row->len), *end;

	if (sep == NULL || sep == row->text)
		return false;
	end =
	    memchr(sep + 1, DOC_CELL, row->len - (size_t)(sep + 1 - row->text));
	if (end == NULL)
		end = row->text + row->len;
	if (end == sep + 1 || end - row->text > 100)
		return false;
	*x = arena_strndup(m->a, row->text, (size_t)(sep - row->text));
	*y = arena_strndup(m->a, sep + 1, (size_t)(end - sep - 1));
	return true;
}

static void
objective(struct maker *m, struct outline_lesson *l, enum phrase which,
    const char *x, const char *y)
{
	if (l->nobjectives < 4)
		l->objectives[l->nobjectives++] =
		    phrases_fill(m->a, m->lang, which, x, y);
}

/* Terms or options that chunks from..to-1 define, at most two. */
static size_t
defined_terms(struct maker *m, size_t from, size_t to, bool mono,
    const char *out[2])
{
	struct corpus *c = distil_corpus(m->a, m->k);
	size_t i, found = 0;

	for (i = 0; i < c->ndefs && found < 2; i++) {
		if (c->defs[i].chunk >= from && c->defs[i].chunk < to &&
		    c->defs[i].mono == mono)
			out[found++] = c->defs[i].term;
	}
	return found;
}

static void
define_objective(struct maker *m, struct outline_lesson *l,
    const struct part *p)
{
	const char *t[2];
	size_t n;

	n = defined_terms(m, p->from, p->to, false, t);
	if (n == 2)
		objective(m, l, PH_O_DEFINE2, quote(m, t[0]), quote(m, t[1]));
	else if (n == 1)
		objective(m, l, PH_O_DEFINE, quote(m, t[0]), "");
	if (defined_terms(m, p->from, p->to, true, t) == 2)
		objective(m, l, PH_O_NAMES, quote(m, t[0]), quote(m, t[1]));
}

static void
objectives(struct maker *m, struct outline_lesson *l, const struct part *p)
{
	struct corpus *c = distil_corpus(m->a, m->k);
	struct facts f = { 0 };
	const char *x, *y;
	uint32_t top[2];
	size_t i, n;

	for (i = p->from; i < p->to; i++)
		facts_chunk(m, &f, i, l->title);
	l->objectives = arena_calloc(m->a, 4, sizeof(*l->objectives));
	for (i = 0; i < f.ntopics && i < 2; i++)
		objective(m, l, PH_O_EXPLAIN, quote(m, f.topics[i]), "");
	define_objective(m, l, p);
	if (f.steps != NULL)
		objective(m, l, PH_O_STEPS, quote(m, f.steps_topic), "");
	if (f.list != NULL)
		objective(m, l, PH_O_LIST, quote(m, f.list_topic), "");
	if (f.table != NULL && columns(m, f.table, &x, &y))
		objective(m, l, PH_O_TABLE, quote(m, y), quote(m, x));
	if (f.numbers_topic != NULL)
		objective(m, l, PH_O_FIGURES, quote(m, f.numbers_topic), "");
	n = corpus_top_terms(c, m->a, p->from, p->to, 2, top);
	if (l->nobjectives < 3 && n == 2)
		objective(m, l, PH_O_TERMS, quote(m, c->terms[top[0]].text),
		    quote(m, c->terms[top[1]].text));
	if (l->nobjectives < 2)
		objective(m, l, PH_O_ANSWER, quote(m, l->title), "");
}

/* --- writing -------------------------------------------------------------- */

/* Up to five names as "a; b; c". */
static const char *
name_list(struct maker *m, const char *const *names, size_t n)
{
	struct buf b = BUF_INIT;
	char *out;
	size_t i;

	for (i = 0; i < n && i < 5; i++)
		buf_printf(&b, "%s%s", i > 0 ? "; " : "", names[i]);
	if (n > 5)
		buf_puts(&b, "; …");
	out = arena_strdup(m->a, buf_str(&b));
	buf_free(&b);
	return out;
}

static const char *
cut_title(struct arena *a, const char *s)
{
	return arena_strndup(a, s, utf8_prefix(s, 500));
}

static void
write_lesson(struct maker *m, struct outline_lesson *l, const struct group *g,
    const struct part *p)
{
	const char *title;
	const char *names[8];
	size_t *chunks, i, n = 0;

	title =
	    g->nparts == 1 && *g->title != '\0' ? g->title : part_title(m, p);
	l->title = cut_title(m->a, *title != '\0' ? title : m->k->title);
	chunks = arena_calloc(m->a, p->to - p->from, sizeof(*chunks));
	for (i = p->from; i < p->to; i++) {
		chunks[i - p->from] = i;
		if (n < NITEMS(names) &&
		    (n == 0 ||
			strcmp(names[n - 1], m->k->chunks[i].topic) != 0))
			names[n++] = m->k->chunks[i].topic;
	}
	l->chunks = chunks;
	l->nchunks = p->to - p->from;
	l->id =
	    knowledge_id(m->a, "lesson", l->title, m->k->chunks[p->from].id);
	l->description =
	    phrases_fill(m->a, m->lang, PH_LESSON, name_list(m, names, n), "");
	/* Reading, and about half a minute per question. */
	l->minutes = lang_minutes(p->words + p->words / 2);
	objectives(m, l, p);
}

static void
write_outline(struct maker *m, struct outline *out)
{
	struct outline_section *s;
	const char **names;
	size_t i, j;

	out->sections = arena_calloc(m->a, m->ngroups, sizeof(*out->sections));
	out->nsections = m->ngroups;
	for (i = 0; i < m->ngroups; i++) {
		s = &out->sections[i];
		s->title = cut_title(m->a, m->groups[i].title);
		s->nlessons = m->groups[i].nparts;
		s->lessons =
		    arena_calloc(m->a, s->nlessons, sizeof(*s->lessons));
		names = arena_calloc(m->a, s->nlessons, sizeof(*names));
		for (j = 0; j < s->nlessons; j++) {
			write_lesson(m, &s->lessons[j], &m->groups[i],
			    &m->groups[i].parts[j]);
			names[j] = s->lessons[j].title;
		}
		s->description = phrases_fill(m->a, m->lang, PH_SECTION,
		    name_list(m, names, s->nlessons), "");
		s->id =
		    knowledge_id(m->a, "section", s->title, s->lessons[0].id);
		out->nlessons += s->nlessons;
	}
}

void
outline_make(struct arena *a, struct knowledge *k, struct outline *out)
{
	struct maker m = { .a = a, .k = k, .lang = lang_of(k->lang) };
	bool headings = false;
	size_t i;

	*out = (struct outline){ 0 };
	if (k->nchunks == 0)
		return;
	for (i = 0; i < k->nchunks; i++)
		headings = headings || k->chunks[i].npath > 0;
	if (headings)
		group_by_headings(&m);
	else
		group_by_topics(&m);
	for (i = 0; i < m.ngroups; i++)
		join_small(&m, &m.groups[i]);
	flatten(&m);
	limit_groups(&m);
	for (i = 0; i < m.ngroups; i++)
		join_small(&m, &m.groups[i]);
	limit_parts(&m);
	name_groups(&m);
	write_outline(&m, out);
}

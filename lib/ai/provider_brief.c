/*
 * Plain text, labelled line by line. Every list and every long text is cut, so
 * that no prompt grows without bound.
 */
#include "ai/provider_brief.h"

#include <stdio.h>

#include "ai/provider_match.h"
#include "base/buf.h"
#include "base/str.h"
#include "base/utf8.h"

#define OUTLINE_CHUNKS	  5  /* of each expert */
#define LESSON_CHUNKS	  3  /* of each expert, at least */
#define LESSON_CHUNKS_ALL 12 /* of all, if they are few */
#define CHUNK_MOST	  8000
#define SUMMARY_MOST	  6000
#define KEYWORDS_MOST	  50
#define EXPERTS_MOST	  ((size_t)400 * 1024) /* bytes of all together */

static void
put_cut(struct buf *b, const char *s, size_t max)
{
	size_t n = utf8_prefix(s, max);

	buf_put(b, s, n);
	if (s[n] != '\0')
		buf_puts(b, " ...");
}

static void
put_line(struct buf *b, const char *label, const char *s)
{
	if (str_is_empty(s))
		return;
	buf_printf(b, "%s: ", label);
	put_cut(b, s, SUMMARY_MOST);
	buf_putc(b, '\n');
}

static void
put_items(struct buf *b, const char *label, const char *const *items, size_t n)
{
	size_t i;

	if (n == 0)
		return;
	buf_printf(b, "%s:\n", label);
	for (i = 0; i < n; i++) {
		buf_puts(b, "- ");
		put_cut(b, items[i], SUMMARY_MOST);
		buf_putc(b, '\n');
	}
}

/* The text without the line feed at its end. */
static const char *
finish(struct buf *b)
{
	while (b->len > 0 && b->data[b->len - 1] == '\n')
		b->data[--b->len] = '\0';
	return buf_str(b);
}

/* --- audiences --------------------------------------------------------------- */

static void
put_audience(struct buf *b, const struct ask_audience *x,
    enum brief_detail detail)
{
	put_line(b, "Role", x->role);
	put_line(b, "Level", x->level);
	put_items(b, "Challenges", x->challenges, x->nchallenges);
	if (detail == BRIEF_SHORT)
		return;
	put_items(b, "Learning goals", x->goals, x->ngoals);
	put_items(b, "Prerequisites", x->prerequisites, x->nprerequisites);
	put_items(b, "Motivations", x->motivations, x->nmotivations);
	put_line(b, "Industry", x->industry);
	put_line(b, "Typical background", x->background);
}

const char *
provider_brief_audience(struct arena *a, const struct ask_audience *list,
    size_t n, enum brief_detail detail)
{
	struct buf *b = buf_new(a);
	size_t i;

	for (i = 0; i < n; i++) {
		if (n > 1)
			buf_printf(b, "%sAudience %zu\n", i > 0 ? "\n" : "",
			    i + 1);
		put_audience(b, &list[i], detail);
	}
	return finish(b);
}

/* --- experts ----------------------------------------------------------------- */

static void
put_chunk(struct buf *b, const char *label, const struct chunk *c)
{
	buf_printf(b, "\n[%s] %s\n", label, c->topic);
	put_cut(b, c->content, CHUNK_MOST);
	buf_putc(b, '\n');
}

static void
put_expert(struct buf *b, const struct knowledge *k, const struct ask_source *s,
    enum brief_detail detail)
{
	size_t i;

	put_line(b, "Expert", s->name);
	put_line(b, "Domain", s->domain);
	put_line(b, "Summary", s->summary);
	if (detail == BRIEF_SHORT)
		return;
	put_items(b, "Keywords", s->keywords,
	    s->nkeywords < KEYWORDS_MOST ? s->nkeywords : KEYWORDS_MOST);
	for (i = 0; i < s->nchunks && i < OUTLINE_CHUNKS; i++)
		put_chunk(b, "piece", &k->chunks[s->first + i]);
}

const char *
provider_brief_experts(struct arena *a, const struct ask_course *c,
    enum brief_detail detail)
{
	struct buf *b = buf_new(a);
	size_t i;

	for (i = 0; i < c->nsources && b->len < EXPERTS_MOST; i++) {
		if (i > 0)
			buf_putc(b, '\n');
		put_expert(b, c->k, &c->sources[i], detail);
	}
	return finish(b);
}

/* --- material ---------------------------------------------------------------- */

const char *
provider_brief_material(struct arena *a, const struct ask_course *c,
    const size_t *chunks, size_t n)
{
	struct buf *b = buf_new(a);
	char label[24];
	size_t i;

	for (i = 0; i < n && b->len < EXPERTS_MOST; i++) {
		snprintf(label, sizeof(label), "c%zu", i + 1);
		put_chunk(b, label, &c->k->chunks[chunks[i]]);
	}
	return finish(b);
}

const char *
provider_brief_list(struct arena *a, const char *const *items, size_t n)
{
	struct buf *b = buf_new(a);
	size_t i;

	for (i = 0; i < n; i++) {
		put_cut(b, items[i], SUMMARY_MOST);
		buf_putc(b, '\n');
	}
	return finish(b);
}

/* What a lesson is about, in one text. */
static const char *
plan_text(struct arena *a, const struct outline_lesson *plan)
{
	struct buf *b = buf_new(a);
	size_t i;

	buf_printf(b, "%s\n%s\n", plan->title,
	    plan->description != NULL ? plan->description : "");
	for (i = 0; i < plan->nobjectives; i++)
		buf_printf(b, "%s\n", plan->objectives[i]);
	return buf_str(b);
}

const size_t *
provider_brief_chunks(struct arena *a, const struct ask_lesson *l, size_t *n)
{
	const struct ask_course *c = l->course;
	size_t each = c->nsources > 0 ? LESSON_CHUNKS_ALL / c->nsources : 0;
	size_t *out = arena_calloc(a, c->k->nchunks + 1, sizeof(*out));
	size_t *from = arena_calloc(a, c->k->nchunks + 1, sizeof(*from));
	const char *text = plan_text(a, l->plan);
	size_t i, j;

	*n = l->plan->nchunks;
	if (l->plan->nchunks > 0)
		return l->plan->chunks;
	if (each < LESSON_CHUNKS)
		each = LESSON_CHUNKS;
	for (i = 0; i < c->nsources; i++) {
		for (j = 0; j < c->sources[i].nchunks; j++)
			from[j] = c->sources[i].first + j;
		*n += provider_match(c->k, from, c->sources[i].nchunks, text,
		    each, out + *n);
	}
	return out;
}

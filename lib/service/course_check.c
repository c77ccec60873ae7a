/*
 * What may be stored as a course: limits, lines, ids, safe HTML. Nothing is
 * read from the database here, so a bad request costs nothing but its bytes.
 *
 * The first failure sticks in struct check and everything after it is moot,
 * so the functions below read as a description of a course.
 */
#include "service/course.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "learn/html.h"
#include "service/field.h"

#define MAX_SECTIONS   100
#define MAX_LESSONS    500
#define MAX_BLOCKS     5000 /* in all lessons, and as many in course_blocks */
#define MAX_BLOCK      ((size_t)64 * 1024)
#define MAX_CHUNKS     5000
#define MAX_TAGS       50
#define MAX_TAG	       50
#define MAX_PERSONAS   50
#define MAX_OBJECTIVES 100
#define MAX_OUTCOME    2000
#define MAX_SOURCE     200
#define MAX_TEXT       10000
#define MAX_NAME       500
#define MAX_ID	       100
#define MAX_REFS       100 /* ids in one alignment or list of sources */

struct check {
	struct req *r;
	enum code code; /* of the first failure */
	size_t nlessons;
	size_t nblocks;
};

static const char *
line(struct check *c, const char *path, const char *s, size_t min, size_t max)
{
	const char *out = "";

	if (c->code == CODE_OK)
		c->code = field_line(c->r, path, s, min, max, &out);
	return out;
}

static const char *
text(struct check *c, const char *path, const char *s, size_t max)
{
	const char *out = "";

	if (c->code == CODE_OK)
		c->code = field_text(c->r, path, s, max, &out);
	return out;
}

/* NULL, an absent optional field, stays NULL. */
static const char *
text_opt(struct check *c, const char *path, const char *s, size_t max)
{
	return s == NULL ? NULL : text(c, path, s, max);
}

static const char *
at(struct check *c, const char *up, const char *list, size_t i)
{
	return arena_printf(c->r->mem, "%s%s[%zu]", up, list, i);
}

static const char *
sub(struct check *c, const char *up, const char *name)
{
	return arena_printf(c->r->mem, "%s.%s", up, name);
}

static bool
too_many(struct check *c, const char *path, size_t n, size_t max)
{
	if (n > max && c->code == CODE_OK)
		c->code = req_fail_field(c->r, path,
		    "must have at most %zu entries", max);
	return c->code != CODE_OK;
}

/* An id of the client's own; one is drawn where it is missing. */
static const char *
ident(struct check *c, const char *up, const char *s)
{
	char id[STR_UUID_LEN + 1];
	const char *out;

	out = line(c, sub(c, up, "id"), s, 0, MAX_ID);
	if (*out != '\0' || c->code != CODE_OK)
		return out;
	str_uuid_new(id);
	return arena_strdup(c->r->mem, id);
}

static int
by_text(const void *x, const void *y)
{
	const char *const *a = x, *const *b = y;

	return strcmp(*a, *b);
}

/* No id twice; takes the order of ids away. */
static void
distinct(struct check *c, const char *path, const char **ids, size_t n)
{
	size_t i;

	if (n > 0)
		qsort(ids, n, sizeof(*ids), by_text);
	for (i = 1; i < n && c->code == CODE_OK; i++)
		if (strcmp(ids[i - 1], ids[i]) == 0)
			c->code = req_fail_field(c->r, path,
			    "must not hold the same id twice");
}

static const char **
lines(struct check *c, const char *path, const char *const *v, size_t n,
    size_t max_items, size_t max_len)
{
	const char **out;
	size_t i;

	if (too_many(c, path, n, max_items) || n == 0)
		return NULL;
	out = arena_calloc(c->r->mem, n, sizeof(*out));
	for (i = 0; i < n && c->code == CODE_OK; i++)
		out[i] = line(c, at(c, path, "", i), v[i], 1, max_len);
	return out;
}

/*
 * Text without "<" holds no tag and stays as it was written; anything else
 * passes through the allow-list.
 */
static const char *
html(struct check *c, const char *path, const char *s)
{
	if (s == NULL)
		s = "";
	if (strlen(s) > MAX_BLOCK) {
		if (c->code == CODE_OK)
			c->code = req_fail_field(c->r, path,
			    "must have at most %zu bytes", MAX_BLOCK);
		return "";
	}
	if (c->code != CODE_OK || strchr(s, '<') == NULL)
		return s;
	s = html_sanitize(c->r->mem, s);
	if (strlen(s) > MAX_BLOCK)
		c->code = req_fail_field(c->r, path,
		    "must have at most %zu bytes", MAX_BLOCK);
	return s;
}

static struct pb_course_settings *
settings(struct check *c, const struct pb_course_settings *in)
{
	struct pb_course_settings *s;
	const char *folder;

	if (in == NULL)
		return NULL;
	s = arena_zalloc(c->r->mem, sizeof(*s));
	s->title = line(c, "settings.title", in->title, 0, COURSE_TITLE_MAX);
	s->desired_outcome = text(c, "settings.desired_outcome",
	    in->desired_outcome, MAX_OUTCOME);
	s->destination_folder = "";
	if (!str_is_empty(in->destination_folder) && c->code == CODE_OK) {
		c->code = field_uuid(c->r, "settings.destination_folder",
		    in->destination_folder, &folder);
		s->destination_folder = c->code == CODE_OK ? folder : "";
	}
	s->category_tags = lines(c, "settings.category_tags", in->category_tags,
	    in->ncategory_tags, MAX_TAGS, MAX_TAG);
	s->ncategory_tags = in->ncategory_tags;
	s->data_source =
	    line(c, "settings.data_source", in->data_source, 0, MAX_SOURCE);
	return s;
}

static struct pb_learning_objective *
objectives(struct check *c, const char *path,
    const struct pb_learning_objective *in, size_t n)
{
	struct pb_learning_objective *v;
	const char *here;
	size_t i;

	if (too_many(c, path, n, MAX_OBJECTIVES) || n == 0)
		return NULL;
	v = arena_calloc(c->r->mem, n, sizeof(*v));
	for (i = 0; i < n && c->code == CODE_OK; i++) {
		here = at(c, path, "", i);
		v[i].id = ident(c, here, in[i].id);
		v[i].text =
		    text(c, sub(c, here, "text"), in[i].text, MAX_OUTCOME);
	}
	return v;
}

static void
persona(struct check *c, const char *here, const struct pb_persona *in,
    struct pb_persona *p)
{
	p->id = ident(c, here, in->id);
	p->name = line(c, sub(c, here, "name"), in->name, 1, MAX_NAME);
	p->role = line(c, sub(c, here, "role"), in->role, 0, MAX_NAME);
	p->kpis = text(c, sub(c, here, "kpis"), in->kpis, MAX_TEXT);
	p->responsibilities = text(c, sub(c, here, "responsibilities"),
	    in->responsibilities, MAX_TEXT);
	p->challenges =
	    text_opt(c, sub(c, here, "challenges"), in->challenges, MAX_TEXT);
	p->concerns =
	    text_opt(c, sub(c, here, "concerns"), in->concerns, MAX_TEXT);
	p->knowledge =
	    text_opt(c, sub(c, here, "knowledge"), in->knowledge, MAX_TEXT);
	p->learning_objectives =
	    objectives(c, sub(c, here, "learning_objectives"),
		in->learning_objectives, in->nlearning_objectives);
	p->nlearning_objectives = in->nlearning_objectives;
}

static struct pb_persona *
personas(struct check *c, const struct pb_persona *in, size_t n)
{
	struct pb_persona *v;
	size_t i;

	if (too_many(c, "personas", n, MAX_PERSONAS) || n == 0)
		return NULL;
	v = arena_calloc(c->r->mem, n, sizeof(*v));
	for (i = 0; i < n && c->code == CODE_OK; i++)
		persona(c, at(c, "personas", "", i), &in[i], &v[i]);
	return v;
}

static struct pb_block_alignment *
alignment(struct check *c, const char *here,
    const struct pb_block_alignment *in)
{
	struct pb_block_alignment *v;

	if (in == NULL)
		return NULL;
	v = arena_zalloc(c->r->mem, sizeof(*v));
	v->personas = lines(c, sub(c, here, "alignment.personas"), in->personas,
	    in->npersonas, MAX_REFS, MAX_NAME);
	v->npersonas = in->npersonas;
	v->learning_objectives =
	    lines(c, sub(c, here, "alignment.learning_objectives"),
		in->learning_objectives, in->nlearning_objectives, MAX_REFS,
		MAX_NAME);
	v->nlearning_objectives = in->nlearning_objectives;
	v->kpis = lines(c, sub(c, here, "alignment.kpis"), in->kpis, in->nkpis,
	    MAX_REFS, MAX_NAME);
	v->nkpis = in->nkpis;
	return v;
}

/* A knowledge check is JSON, which every reader escapes for its own place. */
static const char *
block_content(struct check *c, const char *path,
    const struct pb_course_block *in)
{
	const char *s = in->content == NULL ? "" : in->content;

	if (in->type == PB_BLOCK_TYPE_KNOWLEDGE_CHECK && s[0] == '{' &&
	    strlen(s) <= MAX_BLOCK)
		return s;
	return html(c, path, s);
}

static void
block(struct check *c, const char *here, const struct pb_course_block *in,
    struct pb_course_block *b)
{
	if (in->type < 0 || in->type > PB_BLOCK_TYPE_KNOWLEDGE_CHECK) {
		c->code = req_fail_field(c->r, sub(c, here, "type"),
		    "is not a known block type");
		return;
	}
	b->id = ident(c, here, in->id);
	b->type = in->type == 0 ? PB_BLOCK_TYPE_TEXT : in->type;
	b->content = block_content(c, sub(c, here, "content"), in);
	b->prompt = text_opt(c, sub(c, here, "prompt"), in->prompt, MAX_TEXT);
	b->alignment = alignment(c, here, in->alignment);
	b->order = in->order;
	b->source_chunk_ids = lines(c, sub(c, here, "source_chunk_ids"),
	    in->source_chunk_ids, in->nsource_chunk_ids, MAX_REFS, MAX_ID);
	b->nsource_chunk_ids = in->nsource_chunk_ids;
}

static struct pb_course_block *
blocks(struct check *c, const char *path, const struct pb_course_block *in,
    size_t n)
{
	struct pb_course_block *v;
	size_t i;

	if (too_many(c, path, n, MAX_BLOCKS) || n == 0)
		return NULL;
	v = arena_calloc(c->r->mem, n, sizeof(*v));
	for (i = 0; i < n && c->code == CODE_OK; i++)
		block(c, at(c, path, "", i), &in[i], &v[i]);
	return v;
}

static void
lesson(struct check *c, const char *here, const struct pb_lesson *in,
    struct pb_lesson *l)
{
	l->id = ident(c, here, in->id);
	l->title = line(c, sub(c, here, "title"), in->title, 1, MAX_NAME);
	l->content = in->content == NULL
	    ? NULL
	    : html(c, sub(c, here, "content"), in->content);
	l->blocks = blocks(c, sub(c, here, "blocks"), in->blocks, in->nblocks);
	l->nblocks = in->nblocks;
	c->nblocks += in->nblocks;
	(void)too_many(c, "content.sections", c->nblocks, MAX_BLOCKS);
}

static void
section(struct check *c, const char *here, const struct pb_course_section *in,
    struct pb_course_section *s)
{
	size_t i;

	s->id = ident(c, here, in->id);
	s->name = line(c, sub(c, here, "name"), in->name, 1, MAX_NAME);
	c->nlessons += in->nlessons;
	if (too_many(c, sub(c, here, "lessons"), c->nlessons, MAX_LESSONS))
		return;
	s->lessons = arena_calloc(c->r->mem, in->nlessons, sizeof(*s->lessons));
	s->nlessons = in->nlessons;
	for (i = 0; i < in->nlessons && c->code == CODE_OK; i++)
		lesson(c, at(c, here, ".lessons", i), &in->lessons[i],
		    &s->lessons[i]);
}

static struct pb_course_section *
sections(struct check *c, const struct pb_course_section *in, size_t n)
{
	struct pb_course_section *v;
	size_t i;

	if (too_many(c, "content.sections", n, MAX_SECTIONS) || n == 0)
		return NULL;
	v = arena_calloc(c->r->mem, n, sizeof(*v));
	for (i = 0; i < n && c->code == CODE_OK; i++)
		section(c, at(c, "content.sections", "", i), &in[i], &v[i]);
	return v;
}

static struct pb_source_chunk *
chunks(struct check *c, const struct pb_source_chunk *in, size_t n)
{
	struct pb_source_chunk *v;
	const char *here;
	size_t i;

	if (too_many(c, "content.source_chunks", n, MAX_CHUNKS) || n == 0)
		return NULL;
	v = arena_calloc(c->r->mem, n, sizeof(*v));
	for (i = 0; i < n && c->code == CODE_OK; i++) {
		here = at(c, "content.source_chunks", "", i);
		v[i].id = line(c, sub(c, here, "id"), in[i].id, 1, MAX_ID);
		v[i].topic =
		    line(c, sub(c, here, "topic"), in[i].topic, 0, MAX_NAME);
		v[i].content =
		    text(c, sub(c, here, "content"), in[i].content, MAX_BLOCK);
		v[i].keywords = lines(c, sub(c, here, "keywords"),
		    in[i].keywords, in[i].nkeywords, MAX_REFS, MAX_NAME);
		v[i].nkeywords = in[i].nkeywords;
		v[i].relevance_score =
		    isfinite(in[i].relevance_score) ? in[i].relevance_score : 0;
		v[i].heading_path =
		    lines(c, sub(c, here, "heading_path"), in[i].heading_path,
			in[i].nheading_path, MAX_REFS, MAX_NAME);
		v[i].nheading_path = in[i].nheading_path;
	}
	return v;
}

/* Ids that addresses and records are made of, each kind by itself. */
static void
distinct_ids(struct check *c, const struct pb_course_content *v)
{
	const char **section_ids, **lesson_ids, **block_ids;
	size_t i, j, k, nl, nb;
	const struct pb_lesson *l;

	if (c->code != CODE_OK)
		return;
	section_ids =
	    arena_calloc(c->r->mem, v->nsections + 1, sizeof(*section_ids));
	lesson_ids =
	    arena_calloc(c->r->mem, c->nlessons + 1, sizeof(*lesson_ids));
	block_ids = arena_calloc(c->r->mem, c->nblocks + 1, sizeof(*block_ids));
	nl = nb = 0;
	for (i = 0; i < v->nsections; i++) {
		section_ids[i] = v->sections[i].id;
		for (j = 0; j < v->sections[i].nlessons; j++) {
			l = &v->sections[i].lessons[j];
			lesson_ids[nl++] = l->id;
			for (k = 0; k < l->nblocks; k++)
				block_ids[nb++] = l->blocks[k].id;
		}
	}
	distinct(c, "content.sections.id", section_ids, v->nsections);
	distinct(c, "content.sections.lessons.id", lesson_ids, nl);
	distinct(c, "content.sections.lessons.blocks.id", block_ids, nb);
}

static struct pb_course_content *
content(struct check *c, const struct pb_course_content *in)
{
	struct pb_course_content *v;

	if (in == NULL)
		return NULL;
	v = arena_zalloc(c->r->mem, sizeof(*v));
	v->sections = sections(c, in->sections, in->nsections);
	v->nsections = in->nsections;
	v->course_blocks = blocks(c, "content.course_blocks", in->course_blocks,
	    in->ncourse_blocks);
	v->ncourse_blocks = in->ncourse_blocks;
	v->source_chunks = chunks(c, in->source_chunks, in->nsource_chunks);
	v->nsource_chunks = in->nsource_chunks;
	distinct_ids(c, v);
	return v;
}

enum code
course_check(struct req *r, const struct course_input *in,
    struct pb_course *out)
{
	struct check c = { .r = r, .code = CODE_OK };

	out->settings = settings(&c, in->settings);
	out->personas = personas(&c, in->personas, in->npersonas);
	out->npersonas = in->npersonas;
	out->learning_objectives = objectives(&c, "learning_objectives",
	    in->objectives, in->nobjectives);
	out->nlearning_objectives = in->nobjectives;
	if (in->assessment != NULL) {
		out->assessment_settings =
		    arena_alloc(r->mem, sizeof(*in->assessment));
		*out->assessment_settings = *in->assessment;
	}
	out->content = content(&c, in->content);
	return c.code;
}

size_t
course_count_lessons(const struct pb_course_content *c)
{
	size_t i, n;

	for (i = n = 0; c != NULL && i < c->nsections; i++)
		n += c->sections[i].nlessons;
	return n;
}

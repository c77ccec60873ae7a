/*
 * Materialisation: generated lessons become the course document (spec
 * content.md 3, web.md 16). generate.h says what of a person's work survives;
 * the ids tell: sections, lessons and blocks have those of outline sections,
 * generated lessons and components.
 */
#include "service/generate.h"

#include <string.h>

#include "base/log.h"
#include "net/json.h"
#include "service/generate_maker.h"
#include "service/generate_run.h"

#define MAX_SECTIONS 100 /* content.md 15 */
#define MAX_LESSONS  500
#define MAX_BLOCKS   5000

/* --- blocks ------------------------------------------------------------------- */

static int32_t
block_type(enum component_type type)
{
	static const int32_t types[COMPONENT__MAX + 1] = {
		[COMPONENT_TEXT] = PB_BLOCK_TYPE_TEXT,
		[COMPONENT_HEADING] = PB_BLOCK_TYPE_HEADING,
		[COMPONENT_QUIZ] = PB_BLOCK_TYPE_KNOWLEDGE_CHECK,
		[COMPONENT_IMAGE] = PB_BLOCK_TYPE_TEXT,
		[COMPONENT__MAX] = PB_BLOCK_TYPE_TEXT,
	};

	return types[type];
}

/* A component that cannot be read is a note, so that somebody sees it. */
static const char *
block_content(struct generate_maker *m, const struct generate_part *p,
    enum component_type type)
{
	struct component c;

	if (type == COMPONENT__MAX ||
	    generate_component_read(m->r->mem, type, p->json, &c) != NULL)
		return "<p><em>This part cannot be shown.</em></p>";
	return type == COMPONENT_QUIZ ? c.json : c.text;
}

static void
make_block(struct generate_maker *m, const struct generate_plan *plan, size_t i,
    struct pb_course_block *b)
{
	const struct generate_part *p = &plan->parts[i];
	enum component_type type = generate_component_type(p->type);

	b->id = p->id;
	b->type = block_type(type);
	b->content = block_content(m, p, type);
	b->order = (int32_t)i + 1;
	if (*plan->mark != '\0')
		b->prompt = plan->mark;
	b->nsource_chunk_ids = p->nchunks;
	b->source_chunk_ids = id_list_pick(m->r->mem, &m->chunks, p->chunks,
	    &b->nsource_chunk_ids);
	b->alignment = arena_zalloc(m->r->mem, sizeof(*b->alignment));
	b->alignment->learning_objectives = p->objectives;
	b->alignment->nlearning_objectives = p->nobjectives;
}

/* --- lessons ------------------------------------------------------------------ */

static const struct pb_lesson *
old_lesson(const struct generate_maker *m, const char *id)
{
	const struct pb_course_section *s;
	size_t i, j;

	for (i = 0; i < m->old.nsections; i++) {
		s = &m->old.sections[i];
		for (j = 0; j < s->nlessons; j++)
			if (str_eq(s->lessons[j].id, id))
				return &s->lessons[j];
	}
	return NULL;
}

/* Generating a lesson anew gives all its components other ids. */
static bool
is_current(const struct generate_plan *p, const struct pb_lesson *l)
{
	size_t i, j;

	for (i = 0; i < l->nblocks; i++)
		for (j = 0; j < p->nparts; j++)
			if (str_eq(l->blocks[i].id, p->parts[j].id))
				return true;
	return false;
}

static void
put_lesson(struct generate_maker *m, const struct generate_plan *p,
    struct pb_lesson *out)
{
	const struct pb_lesson *old = old_lesson(m, p->id);
	size_t i;

	if (old != NULL && is_current(p, old)) {
		*out = *old;
		return;
	}
	*out = (struct pb_lesson){ .id = p->id,
		.title = p->title,
		.nblocks = p->nparts };
	out->blocks =
	    arena_calloc(m->r->mem, p->nparts + 1, sizeof(*out->blocks));
	for (i = 0; i < p->nparts; i++)
		make_block(m, p, i, &out->blocks[i]);
}

/* Lessons that a person put into a section of the document. */
static void
put_foreign(struct generate_maker *m, const struct pb_course_section *old,
    struct pb_course_section *out)
{
	size_t i;

	for (i = 0; i < old->nlessons; i++)
		if (!id_list_have(&m->known, old->lessons[i].id))
			out->lessons[out->nlessons++] = old->lessons[i];
}

/* --- sections ----------------------------------------------------------------- */

static const struct pb_course_section *
old_section(const struct generate_maker *m, const char *id)
{
	size_t i;

	for (i = 0; i < m->old.nsections; i++)
		if (str_eq(m->old.sections[i].id, id))
			return &m->old.sections[i];
	return NULL;
}

/* A section of the outline, begun; its lessons follow. */
static struct pb_course_section *
add_section(struct generate_maker *m, const char *id, const char *name,
    size_t room)
{
	const struct pb_course_section *old = old_section(m, id);
	struct pb_course_section *s = &m->sections[m->nsections++];

	*s = (struct pb_course_section){ 0 };
	s->id = id;
	s->name = old == NULL ? name : old->name;
	s->lessons = arena_calloc(m->r->mem,
	    room + (old == NULL ? 0 : old->nlessons) + 1, sizeof(*s->lessons));
	return s;
}

/* Ends it: a person's own lessons; nothing remains of an empty one. */
static void
end_section(struct generate_maker *m, struct pb_course_section *s)
{
	const struct pb_course_section *old;

	if (s == NULL)
		return;
	if ((old = old_section(m, s->id)) != NULL)
		put_foreign(m, old, s);
	if (s->nlessons == 0)
		m->nsections--;
	else
		m->made.sections++;
}

/* What the outline does not know: a person's, or of an older version. */
static void
keep_sections(struct generate_maker *m)
{
	const struct pb_course_section *old;
	struct pb_course_section *s;
	size_t i, j, made = m->nsections;

	for (i = 0; i < m->old.nsections; i++) {
		old = &m->old.sections[i];
		for (j = 0; j < made; j++)
			if (str_eq(m->sections[j].id, old->id))
				break;
		if (j < made)
			continue;
		s = &m->sections[m->nsections];
		*s = *old;
		s->nlessons = 0;
		s->lessons = arena_calloc(m->r->mem, old->nlessons + 1,
		    sizeof(*s->lessons));
		put_foreign(m, old, s);
		m->nsections +=
		    s->nlessons > 0 || !id_list_have(&m->known, old->id);
	}
}

static void
put_sections(struct generate_maker *m)
{
	struct pb_course_section *s = NULL;
	const struct generate_plan *p;
	size_t i;

	m->sections = arena_calloc(m->r->mem, m->nplans + m->old.nsections + 1,
	    sizeof(*m->sections));
	for (i = 0; i < m->nplans; i++) {
		p = &m->plans[i];
		if (s == NULL || !str_eq(s->id, p->section_id)) {
			end_section(m, s);
			s = add_section(m, p->section_id, p->section,
			    m->nplans);
		}
		if (p->id == NULL) {
			m->made.missing++;
			continue;
		}
		if (*p->mark != '\0')
			m->mark = p->mark;
		put_lesson(m, p, &s->lessons[s->nlessons++]);
		m->made.lessons++;
	}
	end_section(m, s);
	keep_sections(m);
}

/* --- the flat list ------------------------------------------------------------ */

static size_t
count_blocks(const struct generate_maker *m)
{
	size_t i, j, n = m->old.ncourse_blocks;

	for (i = 0; i < m->nsections; i++)
		for (j = 0; j < m->sections[i].nlessons; j++)
			n += m->sections[i].lessons[j].nblocks;
	return n;
}

static void
note_blocks(struct arena *a, struct id_list *l,
    const struct pb_course_section *s, size_t n)
{
	size_t i, j, k;

	for (i = 0; i < n; i++)
		for (j = 0; j < s[i].nlessons; j++)
			for (k = 0; k < s[i].lessons[j].nblocks; k++)
				id_list_add(a, l, s[i].lessons[j].blocks[k].id);
	id_list_sort(l);
}

static void
add_block(struct generate_maker *m, const struct pb_course_block *b)
{
	m->blocks[m->nblocks] = *b;
	m->blocks[m->nblocks].order = (int32_t)m->nblocks + 1;
	m->nblocks++;
}

/* All blocks in running order; then those that no lesson ever had. */
static void
put_blocks(struct generate_maker *m)
{
	const struct pb_lesson *l;
	struct id_list placed = { 0 };
	size_t i, j, k;

	m->blocks =
	    arena_calloc(m->r->mem, count_blocks(m) + 1, sizeof(*m->blocks));
	for (i = 0; i < m->nsections; i++) {
		for (j = 0; j < m->sections[i].nlessons; j++) {
			l = &m->sections[i].lessons[j];
			for (k = 0; k < l->nblocks; k++)
				add_block(m, &l->blocks[k]);
		}
	}
	note_blocks(m->r->mem, &placed, m->old.sections, m->old.nsections);
	for (i = 0; i < m->old.ncourse_blocks; i++)
		if (!id_list_have(&placed, m->old.course_blocks[i].id))
			add_block(m, &m->old.course_blocks[i]);
}

static enum code
check_size(struct generate_maker *m)
{
	size_t i, lessons = 0;

	for (i = 0; i < m->nsections; i++)
		lessons += m->sections[i].nlessons;
	if (m->nsections > MAX_SECTIONS || lessons > MAX_LESSONS ||
	    m->nblocks > MAX_BLOCKS)
		return req_fail_quota(m->r, "course_content",
		    "a course has at most %d sections, %d lessons and %d"
		    " blocks",
		    MAX_SECTIONS, MAX_LESSONS, MAX_BLOCKS);
	return CODE_OK;
}

/* --- all of it ---------------------------------------------------------------- */

static enum code
load(struct generate_maker *m)
{
	enum code code;

	code = generate_document_open(m->r, m->course_id, &m->d);
	if (code != CODE_OK)
		return code;
	if (m->d.course->content != NULL)
		m->old = *m->d.course->content;
	if ((code = generate_plan_read(m)) != CODE_OK)
		return code;
	if (m->nparts == 0)
		return req_fail(m->r, CODE_FAILED_PRECONDITION,
		    "no lesson of the outline has been generated");
	return CODE_OK;
}

static enum code
build(struct generate_maker *m)
{
	struct pb_course_content *c;
	enum code code;

	c = arena_zalloc(m->r->mem, sizeof(*c));
	if ((code = generate_source_read(m, c)) != CODE_OK ||
	    (code = generate_frame_personas(m)) != CODE_OK)
		return code;
	put_sections(m);
	put_blocks(m);
	if ((code = check_size(m)) != CODE_OK)
		return code;
	generate_source_drop(m, c);
	generate_frame_objectives(m);
	c->sections = m->sections;
	c->nsections = m->nsections;
	c->course_blocks = m->blocks;
	c->ncourse_blocks = m->nblocks;
	m->d.course->content = c;
	generate_frame_settings(m);
	return CODE_OK;
}

enum code
generate_materialise(struct req *r, const char *course_id,
    struct generate_made *out)
{
	struct generate_maker m = { .r = r,
		.course_id = course_id,
		.mark = "" };
	enum code code;

	if ((code = load(&m)) != CODE_OK || (code = build(&m)) != CODE_OK ||
	    (code = generate_document_save(r, &m.d, "generated")) != CODE_OK)
		return code;
	m.made.title = m.d.row.title;
	m.made.version = m.d.row.version;
	m.made.key = m.d.key;
	*out = m.made;
	return CODE_OK;
}

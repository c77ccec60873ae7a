/*
 * Materialisation: generated lessons become the course document (spec
 * content.md 3, web.md 16). generate.h says what of a person's work survives;
 * the ids tell: sections, lessons and blocks have those of outline sections,
 * generated lessons and components.
 */
#include "service/generate.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "net/json.h"
#include "service/generate_document.h"
#include "service/generate_run.h"

#define MAX_SECTIONS   100 /* content.md 15 */
#define MAX_LESSONS    500
#define MAX_BLOCKS     5000
#define MAX_OBJECTIVES 100
#define MAX_PERSONAS   50
#define MAX_TAGS       50
#define MAX_CHUNKS     "5000"

enum query {
	Q_OUTLINE,
	Q_LESSONS,
	Q_COMPONENTS,
	Q_CHUNKS,
	Q_KNOWN,
	Q__MAX
};

extern const struct db_query generate_materialise_queries[];

/* The lessons l of an outline with what was generated for them, g. */
#define LESSONS                                                       \
	" FROM outline_sections s JOIN outline_lessons l"             \
	" ON l.tenant_id = s.tenant_id AND l.section_id = s.id"       \
	" LEFT JOIN generated_lessons g ON g.tenant_id = l.tenant_id" \
	" AND g.outline_lesson_id = l.id"
#define OF_OUTLINE " WHERE s.tenant_id = $1::uuid AND s.outline_id = $2::uuid"
#define IN_ORDER   " ORDER BY s.position, s.id, l.position, l.id"

const struct db_query generate_materialise_queries[] = {
	[Q_OUTLINE] = {
	    .name = "generate_materialise_outline",
	    .nargs = 2, /* tenant, course */
	    .sql = "SELECT o.id, COALESCE(i.desired_outcome, '')"
		   " FROM course_outlines o"
		   " LEFT JOIN course_generation_inputs i"
		   " ON i.tenant_id = o.tenant_id AND i.course_id = o.course_id"
		   " WHERE o.tenant_id = $1::uuid AND o.course_id = $2::uuid"
		   " AND o.approval_status = 'approved'"
		   " ORDER BY o.version DESC LIMIT 1",
	},
	[Q_LESSONS] = {
	    .name = "generate_materialise_lessons",
	    .nargs = 2, /* tenant, outline */
	    .sql = "SELECT s.id, s.title, l.id, l.title,"
		   " COALESCE(l.estimated_duration_minutes, 0),"
		   " l.learning_objectives, g.id, COALESCE(g.mark, '')" LESSONS
		       OF_OUTLINE IN_ORDER,
	},
	[Q_COMPONENTS] = {
	    .name = "generate_materialise_components",
	    .nargs = 2, /* tenant, outline */
	    .sql = "SELECT g.id, k.id, k.type, k.content_json,"
		   " k.sme_chunk_ids::text[], k.learning_objective_ids" LESSONS
		   " JOIN lesson_components k ON k.tenant_id = g.tenant_id"
		   " AND k.lesson_id = g.id" OF_OUTLINE IN_ORDER
		   ", k.position, k.id",
	},
	/* Those that are named come first, should there be too many. */
	[Q_CHUNKS] = {
	    .name = "generate_materialise_chunks",
	    .nargs = 3, /* tenant, course, ids that are named */
	    .sql = "SELECT k.id, k.topic, k.content, k.keywords,"
		   " k.relevance_score, k.heading_path"
		   " FROM sme_knowledge_chunks k WHERE k.tenant_id = $1::uuid"
		   " AND (k.id = ANY ($3::text[]::uuid[]) OR k.sme_id = ANY ("
		   "SELECT e.id FROM course_generation_inputs i"
		   " JOIN subject_matter_experts e ON e.tenant_id ="
		   " i.tenant_id AND e.id = ANY (i.sme_ids)"
		   " AND e.status <> 'archived' WHERE i.tenant_id = $1::uuid"
		   " AND i.course_id = $2::uuid))"
		   " ORDER BY k.id = ANY ($3::text[]::uuid[]) DESC, k.sme_id,"
		   " k.created_at, k.submission_id, k.position, k.id"
		   " LIMIT " MAX_CHUNKS,
	},
	/* Ids that any version of the outline gave: what has another is
	 * a person's. */
	[Q_KNOWN] = {
	    .name = "generate_materialise_known",
	    .nargs = 2, /* tenant, course */
	    .sql = "SELECT s.id FROM course_outlines o"
		   " JOIN outline_sections s ON s.tenant_id = o.tenant_id"
		   " AND s.outline_id = o.id WHERE o.tenant_id = $1::uuid"
		   " AND o.course_id = $2::uuid UNION ALL"
		   " SELECT g.id FROM generated_lessons g"
		   " WHERE g.tenant_id = $1::uuid AND g.course_id = $2::uuid",
	},
	[Q__MAX] = { 0 },
};

/* A list of texts that grows. */
struct ids {
	const char **v;
	size_t n;
};

/* A component as it is stored; lessons have runs of them. */
struct part {
	const char *lesson_id;
	const char *id;
	const char *type;
	const char *json;
	const char **chunks;
	size_t nchunks;
	const char **objectives;
	size_t nobjectives;
};

/* A lesson of the outline, and what was generated for it. */
struct plan {
	const char *section_id;
	const char *section;
	const char *outline_id;
	const char *title;
	const char **objectives;
	size_t nobjectives;
	const char *id; /* of the generated lesson; NULL: there is none */
	const char *mark;
	const struct part *parts;
	size_t nparts;
};

struct maker {
	struct req *r;
	const char *course_id;
	const char *outline_id;
	const char *outcome;
	struct generate_document d;
	struct pb_course_content old;
	struct pb_course_section *sections;
	size_t nsections;
	struct pb_course_block *blocks; /* the flat list */
	size_t nblocks;
	struct ids known;  /* sorted */
	struct ids chunks; /* sorted: those of the document */
	struct plan *plans;
	size_t nplans;
	struct part *parts;
	size_t nparts;
	size_t nstored;	  /* chunks of the document that the database has */
	const char *mark; /* of any lesson, "" if none has one */
	struct generate_made made;
};

/* --- ids ---------------------------------------------------------------------- */

static int
by_text(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static void
ids_add(struct arena *a, struct ids *l, const char *id)
{
	if ((l->n & (l->n - 1)) == 0)
		l->v = arena_grow(a, l->v, l->n, l->n == 0 ? 1 : l->n * 2,
		    sizeof(*l->v));
	l->v[l->n++] = id;
}

static void
ids_sort(struct ids *l)
{
	if (l->n > 1)
		qsort(l->v, l->n, sizeof(*l->v), by_text);
}

static bool
ids_have(const struct ids *l, const char *id)
{
	return l->n > 0 &&
	    bsearch(&id, l->v, l->n, sizeof(*l->v), by_text) != NULL;
}

/* Those of v that the list has. */
static const char **
ids_pick(struct arena *a, const struct ids *l, const char **v, size_t *n)
{
	const char **out = arena_calloc(a, *n + 1, sizeof(*out));
	size_t i, kept = 0;

	for (i = 0; i < *n; i++)
		if (ids_have(l, v[i]))
			out[kept++] = v[i];
	*n = kept;
	return out;
}

/* --- reading ------------------------------------------------------------------ */

static struct db_rows *
ask(struct maker *m, enum query q, const char *id)
{
	return db_run(m->r->db, &generate_materialise_queries[q],
	    DB_ARGS(m->r->who.tenant_id, id));
}

static enum code
read_outline(struct maker *m)
{
	struct db_rows *rows = ask(m, Q_OUTLINE, m->course_id);

	if (rows == NULL)
		return req_fail_db(m->r);
	if (!db_next(rows))
		return req_fail(m->r, CODE_FAILED_PRECONDITION,
		    "the course has no approved outline");
	m->outline_id = db_text(rows, 0);
	m->outcome = db_text(rows, 1);
	return CODE_OK;
}

static enum code
read_known(struct maker *m)
{
	struct db_rows *rows = ask(m, Q_KNOWN, m->course_id);

	if (rows == NULL)
		return req_fail_db(m->r);
	while (db_next(rows))
		ids_add(m->r->mem, &m->known, db_text(rows, 0));
	ids_sort(&m->known);
	return CODE_OK;
}

static enum code
read_plans(struct maker *m)
{
	struct db_rows *rows = ask(m, Q_LESSONS, m->outline_id);
	struct plan *p;

	if (rows == NULL)
		return req_fail_db(m->r);
	m->plans =
	    arena_calloc(m->r->mem, db_count(rows) + 1, sizeof(*m->plans));
	while (db_next(rows)) {
		p = &m->plans[m->nplans++];
		p->section_id = db_text(rows, 0);
		p->section = db_text(rows, 1);
		p->outline_id = db_text(rows, 2);
		p->title = db_text(rows, 3);
		m->made.minutes += (int32_t)db_int(rows, 4);
		p->objectives = db_array(rows, 5, &p->nobjectives);
		p->id = db_text_null(rows, 6);
		p->mark = db_text(rows, 7);
	}
	return CODE_OK;
}

/* Rows come in the order of lessons, so each lesson has a run of them. */
static void
share_parts(struct maker *m)
{
	size_t i, at = 0, from;

	for (i = 0; i < m->nplans; i++) {
		if (m->plans[i].id == NULL)
			continue;
		for (from = at; at < m->nparts &&
		     str_eq(m->parts[at].lesson_id, m->plans[i].id);
		     at++)
			continue;
		m->plans[i].parts = m->parts + from;
		m->plans[i].nparts = at - from;
	}
}

static enum code
read_parts(struct maker *m)
{
	struct db_rows *rows = ask(m, Q_COMPONENTS, m->outline_id);
	struct part *p;

	if (rows == NULL)
		return req_fail_db(m->r);
	m->parts =
	    arena_calloc(m->r->mem, db_count(rows) + 1, sizeof(*m->parts));
	while (db_next(rows)) {
		p = &m->parts[m->nparts++];
		p->lesson_id = db_text(rows, 0);
		p->id = db_text(rows, 1);
		p->type = db_text(rows, 2);
		p->json = db_text(rows, 3);
		p->chunks = db_array(rows, 4, &p->nchunks);
		p->objectives = db_array(rows, 5, &p->nobjectives);
	}
	share_parts(m);
	return CODE_OK;
}

/* --- sources ------------------------------------------------------------------ */

/* What components name, and blocks that are there already. */
static char *
named_chunks(struct maker *m)
{
	struct ids named = { 0 };
	const struct pb_course_block *b;
	size_t i, j;

	for (i = 0; i < m->nparts; i++)
		for (j = 0; j < m->parts[i].nchunks; j++)
			ids_add(m->r->mem, &named, m->parts[i].chunks[j]);
	for (i = 0; i < m->old.ncourse_blocks; i++) {
		b = &m->old.course_blocks[i];
		for (j = 0; j < b->nsource_chunk_ids; j++)
			if (str_is_uuid(b->source_chunk_ids[j]))
				ids_add(m->r->mem, &named,
				    b->source_chunk_ids[j]);
	}
	return db_arg_array(m->r->mem, named.v, named.n);
}

/* Chunks of the database, then those of the document that it does not have. */
static enum code
read_chunks(struct maker *m, struct pb_course_content *c)
{
	struct pb_source_chunk *out;
	struct db_rows *rows;
	size_t i;

	rows = db_run(m->r->db, &generate_materialise_queries[Q_CHUNKS],
	    DB_ARGS(m->r->who.tenant_id, m->course_id, named_chunks(m)));
	if (rows == NULL)
		return req_fail_db(m->r);
	c->source_chunks =
	    arena_calloc(m->r->mem, db_count(rows) + m->old.nsource_chunks + 1,
		sizeof(*c->source_chunks));
	for (c->nsource_chunks = 0; db_next(rows);) {
		out = &c->source_chunks[c->nsource_chunks++];
		out->id = db_text(rows, 0);
		out->topic = db_text(rows, 1);
		out->content = db_text(rows, 2);
		out->keywords = db_array(rows, 3, &out->nkeywords);
		out->relevance_score = (float)db_real(rows, 4);
		out->heading_path = db_array(rows, 5, &out->nheading_path);
		ids_add(m->r->mem, &m->chunks, out->id);
	}
	ids_sort(&m->chunks);
	m->nstored = c->nsource_chunks;
	for (i = 0; i < m->old.nsource_chunks; i++)
		if (!ids_have(&m->chunks, m->old.source_chunks[i].id))
			c->source_chunks[c->nsource_chunks++] =
			    m->old.source_chunks[i];
	for (i = m->nstored; i < c->nsource_chunks; i++)
		ids_add(m->r->mem, &m->chunks, c->source_chunks[i].id);
	ids_sort(&m->chunks);
	return CODE_OK;
}

/* Who deletes a chunk wants it gone, unless a block still stands on it. */
static void
drop_chunks(struct maker *m, struct pb_course_content *c)
{
	struct ids named = { 0 };
	size_t i, j, n = m->nstored;

	for (i = 0; i < m->nblocks; i++)
		for (j = 0; j < m->blocks[i].nsource_chunk_ids; j++)
			ids_add(m->r->mem, &named,
			    m->blocks[i].source_chunk_ids[j]);
	ids_sort(&named);
	for (i = n; i < c->nsource_chunks; i++)
		if (ids_have(&named, c->source_chunks[i].id))
			c->source_chunks[n++] = c->source_chunks[i];
	c->nsource_chunks = n;
}

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
block_content(struct maker *m, const struct part *p, enum component_type type)
{
	struct component c;

	if (type == COMPONENT__MAX ||
	    generate_component_read(m->r->mem, type, p->json, &c) != NULL)
		return "<p><em>This part cannot be shown.</em></p>";
	return type == COMPONENT_QUIZ ? c.json : c.text;
}

static void
make_block(struct maker *m, const struct plan *plan, size_t i,
    struct pb_course_block *b)
{
	const struct part *p = &plan->parts[i];
	enum component_type type = generate_component_type(p->type);

	b->id = p->id;
	b->type = block_type(type);
	b->content = block_content(m, p, type);
	b->order = (int32_t)i + 1;
	if (*plan->mark != '\0')
		b->prompt = plan->mark;
	b->nsource_chunk_ids = p->nchunks;
	b->source_chunk_ids =
	    ids_pick(m->r->mem, &m->chunks, p->chunks, &b->nsource_chunk_ids);
	b->alignment = arena_zalloc(m->r->mem, sizeof(*b->alignment));
	b->alignment->learning_objectives = p->objectives;
	b->alignment->nlearning_objectives = p->nobjectives;
}

/* --- lessons ------------------------------------------------------------------ */

static const struct pb_lesson *
old_lesson(const struct maker *m, const char *id)
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
is_current(const struct plan *p, const struct pb_lesson *l)
{
	size_t i, j;

	for (i = 0; i < l->nblocks; i++)
		for (j = 0; j < p->nparts; j++)
			if (str_eq(l->blocks[i].id, p->parts[j].id))
				return true;
	return false;
}

static void
put_lesson(struct maker *m, const struct plan *p, struct pb_lesson *out)
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
put_foreign(struct maker *m, const struct pb_course_section *old,
    struct pb_course_section *out)
{
	size_t i;

	for (i = 0; i < old->nlessons; i++)
		if (!ids_have(&m->known, old->lessons[i].id))
			out->lessons[out->nlessons++] = old->lessons[i];
}

/* --- sections ----------------------------------------------------------------- */

static const struct pb_course_section *
old_section(const struct maker *m, const char *id)
{
	size_t i;

	for (i = 0; i < m->old.nsections; i++)
		if (str_eq(m->old.sections[i].id, id))
			return &m->old.sections[i];
	return NULL;
}

/* A section of the outline, begun; its lessons follow. */
static struct pb_course_section *
add_section(struct maker *m, const char *id, const char *name, size_t room)
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
end_section(struct maker *m, struct pb_course_section *s)
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
keep_sections(struct maker *m)
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
		    s->nlessons > 0 || !ids_have(&m->known, old->id);
	}
}

static void
put_sections(struct maker *m)
{
	struct pb_course_section *s = NULL;
	const struct plan *p;
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
count_blocks(const struct maker *m)
{
	size_t i, j, n = m->old.ncourse_blocks;

	for (i = 0; i < m->nsections; i++)
		for (j = 0; j < m->sections[i].nlessons; j++)
			n += m->sections[i].lessons[j].nblocks;
	return n;
}

static void
note_blocks(struct arena *a, struct ids *l, const struct pb_course_section *s,
    size_t n)
{
	size_t i, j, k;

	for (i = 0; i < n; i++)
		for (j = 0; j < s[i].nlessons; j++)
			for (k = 0; k < s[i].lessons[j].nblocks; k++)
				ids_add(a, l, s[i].lessons[j].blocks[k].id);
	ids_sort(l);
}

static void
add_block(struct maker *m, const struct pb_course_block *b)
{
	m->blocks[m->nblocks] = *b;
	m->blocks[m->nblocks].order = (int32_t)m->nblocks + 1;
	m->nblocks++;
}

/* All blocks in running order; then those that no lesson ever had. */
static void
put_blocks(struct maker *m)
{
	const struct pb_lesson *l;
	struct ids placed = { 0 };
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
		if (!ids_have(&placed, m->old.course_blocks[i].id))
			add_block(m, &m->old.course_blocks[i]);
}

static enum code
check_size(struct maker *m)
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

/* --- objectives, personas, settings ------------------------------------------- */

static struct ids
named_objectives(struct arena *a, const struct pb_course_block *b, size_t n)
{
	struct ids out = { 0 };
	size_t i, j;

	for (i = 0; i < n; i++) {
		if (b[i].alignment == NULL)
			continue;
		for (j = 0; j < b[i].alignment->nlearning_objectives; j++)
			ids_add(a, &out,
			    b[i].alignment->learning_objectives[j]);
	}
	ids_sort(&out);
	return out;
}

static void
add_objective(struct pb_course *c, const char *id, const char *text)
{
	size_t i;

	for (i = 0; i < c->nlearning_objectives; i++)
		if (str_eq(c->learning_objectives[i].id, id))
			return;
	if (c->nlearning_objectives == MAX_OBJECTIVES)
		return;
	c->learning_objectives[c->nlearning_objectives].id = id;
	c->learning_objectives[c->nlearning_objectives++].text = text;
}

/*
 * What is there stays, unless only blocks that are gone served it. Then the
 * first objective of every lesson, and the others as far as there is room.
 */
static void
put_objectives(struct maker *m)
{
	struct arena *a = m->r->mem;
	struct pb_course *c = m->d.course;
	const struct pb_learning_objective *old = c->learning_objectives;
	struct ids before = named_objectives(a, m->old.course_blocks,
		       m->old.ncourse_blocks),
		   now = named_objectives(a, m->blocks, m->nblocks);
	size_t i, k, n = c->nlearning_objectives;
	bool any = true;

	c->learning_objectives = arena_calloc(a, n + MAX_OBJECTIVES + 1,
	    sizeof(*c->learning_objectives));
	c->nlearning_objectives = 0;
	for (i = 0; i < n; i++)
		if (!ids_have(&before, old[i].id) || ids_have(&now, old[i].id))
			add_objective(c, old[i].id, old[i].text);
	for (k = 0; any; k++) {
		any = false;
		for (i = 0; i < m->nplans; i++) {
			if (k >= m->plans[i].nobjectives)
				continue;
			any = true;
			add_objective(c,
			    generate_objective_id(a, m->plans[i].outline_id,
				m->plans[i].objectives[k]),
			    m->plans[i].objectives[k]);
		}
	}
}

/* Blocks name objectives of the list only. */
static void
align(struct maker *m)
{
	struct pb_course *c = m->d.course;
	struct pb_block_alignment *al;
	struct ids list = { 0 };
	size_t i;

	for (i = 0; i < c->nlearning_objectives; i++)
		ids_add(m->r->mem, &list, c->learning_objectives[i].id);
	ids_sort(&list);
	for (i = 0; i < m->nblocks; i++)
		if ((al = m->blocks[i].alignment) != NULL)
			al->learning_objectives = ids_pick(m->r->mem, &list,
			    al->learning_objectives, &al->nlearning_objectives);
}

static const char *
join(struct arena *a, const char *const *v, size_t n)
{
	struct buf *b = buf_new(a);
	size_t i;

	for (i = 0; i < n; i++)
		buf_printf(b, "%s%s", i > 0 ? "; " : "", v[i]);
	return buf_str(b);
}

static void
make_persona(struct arena *a, const struct generate_audience *who,
    const struct ask_audience *x, const char *id, struct pb_persona *p)
{
	p->id = id;
	p->name = who->name;
	p->role = str_is_empty(x->role) ? who->name : x->role;
	p->kpis = join(a, x->goals, x->ngoals);
	p->responsibilities = x->background;
	if (x->nchallenges > 0)
		p->challenges = join(a, x->challenges, x->nchallenges);
}

/* One for each audience, next to those that are there. */
static enum code
put_personas(struct maker *m)
{
	struct pb_course *c = m->d.course;
	const struct pb_persona *old = c->personas;
	struct arena *a = m->r->mem;
	struct generate_input in = { 0 };
	const char *id;
	enum code code;
	size_t i, j;

	code = generate_input_audiences(m->r, m->course_id, &in);
	if (code != CODE_OK)
		return code;
	c->personas = arena_calloc(a, c->npersonas + in.ask.naudiences + 1,
	    sizeof(*c->personas));
	for (i = 0; i < c->npersonas; i++)
		c->personas[i] = old[i];
	for (i = 0; i < in.ask.naudiences; i++) {
		id = arena_printf(a, "persona-%s", in.audiences[i].id);
		for (j = 0; j < c->npersonas; j++)
			if (str_eq(c->personas[j].id, id))
				break;
		if (j == c->npersonas && j < MAX_PERSONAS)
			make_persona(a, &in.audiences[i], &in.ask.audiences[i],
			    id, &c->personas[c->npersonas++]);
	}
	return CODE_OK;
}

/* The mark of who wrote it is a tag, as of courses made on the command line. */
static void
put_mark(struct maker *m, struct pb_course_settings *s)
{
	const char **tags;
	size_t i;

	for (i = 0; i < s->ncategory_tags; i++)
		if (str_eq(s->category_tags[i], m->mark))
			return;
	if (*m->mark == '\0' || s->ncategory_tags >= MAX_TAGS)
		return;
	tags = arena_calloc(m->r->mem, s->ncategory_tags + 2, sizeof(*tags));
	for (i = 0; i < s->ncategory_tags; i++)
		tags[i] = s->category_tags[i];
	tags[s->ncategory_tags++] = m->mark;
	s->category_tags = tags;
}

/* A course that gets its first content shows the questions in it. */
static void
put_settings(struct maker *m)
{
	struct pb_course *c = m->d.course;
	struct pb_course_settings *s = c->settings;

	if (str_is_empty(s->data_source) || str_eq(s->data_source, "open-web"))
		s->data_source = "ai-generated";
	if (str_is_empty(s->desired_outcome))
		s->desired_outcome = m->outcome;
	put_mark(m, s);
	if (m->old.nsections > 0)
		return;
	if (c->assessment_settings == NULL)
		c->assessment_settings =
		    arena_zalloc(m->r->mem, sizeof(*c->assessment_settings));
	c->assessment_settings->enable_embedded_knowledge_checks = true;
}

/* --- all of it ---------------------------------------------------------------- */

static enum code
load(struct maker *m)
{
	enum code code;

	code = generate_document_open(m->r, m->course_id, &m->d);
	if (code != CODE_OK)
		return code;
	if (m->d.course->content != NULL)
		m->old = *m->d.course->content;
	if ((code = read_outline(m)) != CODE_OK ||
	    (code = read_plans(m)) != CODE_OK ||
	    (code = read_parts(m)) != CODE_OK ||
	    (code = read_known(m)) != CODE_OK)
		return code;
	if (m->nparts == 0)
		return req_fail(m->r, CODE_FAILED_PRECONDITION,
		    "no lesson of the outline has been generated");
	return CODE_OK;
}

static enum code
build(struct maker *m)
{
	struct pb_course_content *c;
	enum code code;

	c = arena_zalloc(m->r->mem, sizeof(*c));
	if ((code = read_chunks(m, c)) != CODE_OK ||
	    (code = put_personas(m)) != CODE_OK)
		return code;
	put_sections(m);
	put_blocks(m);
	if ((code = check_size(m)) != CODE_OK)
		return code;
	drop_chunks(m, c);
	put_objectives(m);
	align(m);
	c->sections = m->sections;
	c->nsections = m->nsections;
	c->course_blocks = m->blocks;
	c->ncourse_blocks = m->nblocks;
	m->d.course->content = c;
	put_settings(m);
	return CODE_OK;
}

enum code
generate_materialise(struct req *r, const char *course_id,
    struct generate_made *out)
{
	struct maker m = { .r = r, .course_id = course_id, .mark = "" };
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

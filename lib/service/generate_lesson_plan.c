/*
 * What a lesson is written from: its plan in the outline, the lessons around
 * it, and the chunks that fit it.
 */
#include "service/generate_lesson.h"

#include <string.h>

#include "ai/provider_brief.h"

#define CHUNKS_PROMPT 12 /* that a model is given for a lesson */

enum query {
	Q_PLAN,
	Q_TITLES,
	Q__MAX
};

extern const struct db_query generate_lesson_plan_queries[];

const struct db_query generate_lesson_plan_queries[] = {
	[Q_PLAN] = {
	    .name = "generate_lesson_plan",
	    .nargs = 3, /* tenant, course, outline lesson */
	    .sql = "SELECT l.section_id, s.title, l.title,"
		   " COALESCE(l.description, ''),"
		   " COALESCE(l.estimated_duration_minutes, 0),"
		   " l.learning_objectives, l.sme_chunk_ids::text[], o.id,"
		   " g.id, c.title FROM outline_lessons l"
		   " JOIN outline_sections s ON s.tenant_id = l.tenant_id"
		   " AND s.id = l.section_id"
		   " JOIN course_outlines o ON o.tenant_id = s.tenant_id"
		   " AND o.id = s.outline_id"
		   " JOIN courses c ON c.tenant_id = o.tenant_id"
		   " AND c.id = o.course_id"
		   " LEFT JOIN generated_lessons g ON g.tenant_id = l.tenant_id"
		   " AND g.outline_lesson_id = l.id"
		   " WHERE l.tenant_id = $1::uuid AND c.id = $2::uuid"
		   " AND l.id = $3::uuid",
	},
	[Q_TITLES] = {
	    .name = "generate_lesson_titles",
	    .nargs = 2, /* tenant, outline */
	    .sql = "SELECT l.id, l.title FROM outline_sections s"
		   " JOIN outline_lessons l ON l.tenant_id = s.tenant_id"
		   " AND l.section_id = s.id"
		   " WHERE s.tenant_id = $1::uuid AND s.outline_id = $2::uuid"
		   " ORDER BY s.position, s.id, l.position, l.id",
	},
	[Q__MAX] = { 0 },
};

/* A new lesson gets its id now: objects are named by it. */
static void
read_plan(struct generate_lesson *m, const struct db_rows *rows)
{
	struct outline_lesson *p = &m->plan;
	struct arena *a = m->run->r->mem;
	char id[STR_UUID_LEN + 1];
	size_t i;

	m->section_id = db_text(rows, 0);
	m->section = db_text(rows, 1);
	p->id = m->run->job->outline_lesson_id;
	p->title = db_text(rows, 2);
	p->description = db_text(rows, 3);
	p->minutes = (unsigned)db_int(rows, 4);
	p->objectives = db_array(rows, 5, &p->nobjectives);
	m->plan_chunks = db_array(rows, 6, &m->nplan_chunks);
	m->outline_id = db_text(rows, 7);
	str_uuid_new(id);
	m->lesson_id =
	    db_null(rows, 8) ? arena_strdup(a, id) : db_text(rows, 8);
	m->course_title = db_text(rows, 9);
	m->objectives =
	    arena_calloc(a, p->nobjectives + 1, sizeof(*m->objectives));
	for (i = 0; i < p->nobjectives; i++)
		m->objectives[i] =
		    generate_objective_id(a, p->id, p->objectives[i]);
}

static enum code
load_plan(struct generate_lesson *m)
{
	const struct genjob *job = m->run->job;
	struct req *r = m->run->r;
	struct db_rows *rows;
	const char *before = NULL;
	bool here = false;

	rows = db_run(r->db, &generate_lesson_plan_queries[Q_PLAN],
	    DB_ARGS(r->who.tenant_id, job->course_id, job->outline_lesson_id));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return CODE_NOT_FOUND;
	read_plan(m, rows);
	rows = db_run(r->db, &generate_lesson_plan_queries[Q_TITLES],
	    DB_ARGS(r->who.tenant_id, m->outline_id));
	if (rows == NULL)
		return req_fail_db(r);
	for (; db_next(rows); before = db_text(rows, 1)) {
		if (here) {
			m->next = db_text(rows, 1);
			break;
		}
		here = str_eq(db_text(rows, 0), job->outline_lesson_id);
		if (here)
			m->previous = before;
	}
	return CODE_OK;
}

static bool
add_index(size_t *list, size_t *n, size_t at)
{
	size_t i;

	for (i = 0; i < *n; i++)
		if (list[i] == at)
			return false;
	list[(*n)++] = at;
	return true;
}

/* The chunks the outline named, as far as they still are there. */
static size_t
planned(struct generate_lesson *m, size_t *out)
{
	const struct knowledge *k = m->in.ask.k;
	size_t i, j, n = 0;

	for (i = 0; i < m->nplan_chunks; i++)
		for (j = 0; j < k->nchunks; j++)
			if (strcmp(k->chunks[j].id, m->plan_chunks[i]) == 0)
				(void)add_index(out, &n, j);
	return n;
}

/*
 * Who keeps the source's order gets the plan's chunks and no other; a model
 * gets them first, and then those that match the plan best.
 */
static void
choose_chunks(struct generate_lesson *m, enum generate_order order)
{
	const struct ask_lesson l = { .course = &m->in.ask,
		.section = m->section,
		.plan = &m->plan };
	struct arena *a = m->run->r->mem;
	size_t *list, n, i, nmore;
	const size_t *more;

	list = arena_calloc(a, m->in.ask.k->nchunks + 1, sizeof(*list));
	n = planned(m, list);
	if (order == GENERATE_BEST) {
		more = provider_brief_chunks(a, &l, &nmore);
		for (i = 0; i < nmore && n < CHUNKS_PROMPT; i++)
			(void)add_index(list, &n, more[i]);
	}
	m->plan.chunks = list;
	m->plan.nchunks = n;
}

enum code
generate_lesson_read(struct generate_lesson *m, enum generate_order order,
    bool *no_plan)
{
	enum code code = CODE_NOT_FOUND;

	generate_begin_read(m->run);
	*no_plan = m->run->job->outline_lesson_id == NULL ||
	    (code = load_plan(m)) == CODE_NOT_FOUND;
	if (code == CODE_OK)
		code = generate_input_read(m->run->r, m->run->job->course_id,
		    order, &m->in);
	if ((code = db_end(m->run->r->db, code)) == CODE_OK)
		choose_chunks(m, order);
	return code;
}

/*
 * Materialisation, what is read: the approved outline and what was generated
 * for its lessons.
 */
#include "service/generate_maker.h"

enum query {
	Q_OUTLINE,
	Q_LESSONS,
	Q_COMPONENTS,
	Q_KNOWN,
	Q__MAX
};

extern const struct db_query generate_plan_queries[];

/* The lessons l of an outline with what was generated for them, g. */
#define LESSONS                                                       \
	" FROM outline_sections s JOIN outline_lessons l"             \
	" ON l.tenant_id = s.tenant_id AND l.section_id = s.id"       \
	" LEFT JOIN generated_lessons g ON g.tenant_id = l.tenant_id" \
	" AND g.outline_lesson_id = l.id"
#define OF_OUTLINE " WHERE s.tenant_id = $1::uuid AND s.outline_id = $2::uuid"
#define IN_ORDER   " ORDER BY s.position, s.id, l.position, l.id"

const struct db_query generate_plan_queries[] = {
	[Q_OUTLINE] = {
	    .name = "generate_plan_outline",
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
	    .name = "generate_plan_lessons",
	    .nargs = 2, /* tenant, outline */
	    .sql = "SELECT s.id, s.title, l.id, l.title,"
		   " COALESCE(l.estimated_duration_minutes, 0),"
		   " l.learning_objectives, g.id, COALESCE(g.mark, '')" LESSONS
		       OF_OUTLINE IN_ORDER,
	},
	[Q_COMPONENTS] = {
	    .name = "generate_plan_components",
	    .nargs = 2, /* tenant, outline */
	    .sql = "SELECT g.id, k.id, k.type, k.content_json,"
		   " k.sme_chunk_ids::text[], k.learning_objective_ids" LESSONS
		   " JOIN lesson_components k ON k.tenant_id = g.tenant_id"
		   " AND k.lesson_id = g.id" OF_OUTLINE IN_ORDER
		   ", k.position, k.id",
	},
	/* Ids that any version of the outline gave: what has another is
	 * a person's. */
	[Q_KNOWN] = {
	    .name = "generate_plan_known",
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

static struct db_rows *
ask(struct generate_maker *m, enum query q, const char *id)
{
	return db_run(m->r->db, &generate_plan_queries[q],
	    DB_ARGS(m->r->who.tenant_id, id));
}

static enum code
read_outline(struct generate_maker *m)
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
read_known(struct generate_maker *m)
{
	struct db_rows *rows = ask(m, Q_KNOWN, m->course_id);

	if (rows == NULL)
		return req_fail_db(m->r);
	while (db_next(rows))
		id_list_add(m->r->mem, &m->known, db_text(rows, 0));
	id_list_sort(&m->known);
	return CODE_OK;
}

static enum code
read_plans(struct generate_maker *m)
{
	struct db_rows *rows = ask(m, Q_LESSONS, m->outline_id);
	struct generate_plan *p;

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
share_parts(struct generate_maker *m)
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
read_parts(struct generate_maker *m)
{
	struct db_rows *rows = ask(m, Q_COMPONENTS, m->outline_id);
	struct generate_part *p;

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

enum code
generate_plan_read(struct generate_maker *m)
{
	enum code code;

	if ((code = read_outline(m)) != CODE_OK ||
	    (code = read_plans(m)) != CODE_OK ||
	    (code = read_parts(m)) != CODE_OK)
		return code;
	return read_known(m);
}

/*
 * AIGenerationService: asking for lessons of the approved outline, and reading
 * those that were generated. A lesson of an older outline stays stored and can
 * be read by its id, but is not listed.
 */
#include "service/ai_generation.h"

#include <string.h>

#include "mirai/v1/ai_generation.rpc.h"
#include "service/course.h"
#include "service/field.h"
#include "service/generate.h"
#include "service/genjob.h"

/* Generated lessons g, columns of read_lesson(). */
#define LESSON_COLUMNS                                          \
	"g.id, g.course_id, g.section_id, g.outline_lesson_id," \
	" g.title, g.segue_text, g.generated_at"

/* The lessons that are listed: in the order of the latest approved outline. */
#define LISTED                                                           \
	" FROM course_outlines o JOIN outline_sections s"                \
	" ON s.tenant_id = o.tenant_id AND s.outline_id = o.id"          \
	" JOIN outline_lessons l ON l.tenant_id = s.tenant_id"           \
	" AND l.section_id = s.id JOIN generated_lessons g"              \
	" ON g.tenant_id = l.tenant_id AND g.outline_lesson_id = l.id"   \
	" WHERE o.tenant_id = $1::uuid AND o.id = (SELECT x.id"          \
	" FROM course_outlines x WHERE x.tenant_id = $1::uuid"           \
	" AND x.course_id = $2::uuid AND x.approval_status = 'approved'" \
	" ORDER BY x.version DESC LIMIT 1)"

enum query {
	Q_FIND,
	Q_OPEN,
	Q_GET,
	Q_LIST,
	Q_COMPONENTS,
	Q_LIST_COMPONENTS,
	Q__MAX
};

extern const struct db_query ai_generation_lesson_queries[];

const struct db_query ai_generation_lesson_queries[] = {
	[Q_FIND] = {
	    .name = "ai_generation_lesson_find",
	    .nargs = 3, /* tenant, outline, outline lesson */
	    .sql = "SELECT l.id FROM outline_lessons l"
		   " JOIN outline_sections s ON s.tenant_id = l.tenant_id"
		   " AND s.id = l.section_id WHERE l.tenant_id = $1::uuid"
		   " AND s.outline_id = $2::uuid AND l.id = $3::uuid",
	},
	/* Every lesson of an outline, and whether it has content. */
	[Q_OPEN] = {
	    .name = "ai_generation_lesson_open",
	    .nargs = 2, /* tenant, outline */
	    .sql = "SELECT l.id, g.id IS NOT NULL FROM outline_sections s"
		   " JOIN outline_lessons l ON l.tenant_id = s.tenant_id"
		   " AND l.section_id = s.id LEFT JOIN generated_lessons g"
		   " ON g.tenant_id = l.tenant_id"
		   " AND g.outline_lesson_id = l.id"
		   " WHERE s.tenant_id = $1::uuid AND s.outline_id = $2::uuid"
		   " ORDER BY s.position, s.id, l.position, l.id",
	},
	[Q_GET] = {
	    .name = "ai_generation_lesson_get",
	    .nargs = 4, /* viewer, lesson */
	    .sql = "SELECT " LESSON_COLUMNS " FROM generated_lessons g"
		   " JOIN courses c ON c.tenant_id = g.tenant_id"
		   " AND c.id = g.course_id LEFT JOIN folders f"
		   " ON f.tenant_id = c.tenant_id AND f.id = c.folder_id"
		   " WHERE " COURSE_VISIBLE " AND g.id = $4::uuid",
	},
	[Q_LIST] = {
	    .name = "ai_generation_lesson_list",
	    .nargs = 2, /* tenant, course */
	    .sql = "SELECT " LESSON_COLUMNS LISTED
		   " ORDER BY s.position, s.id, l.position, l.id",
	},
	[Q_COMPONENTS] = {
	    .name = "ai_generation_lesson_components",
	    .nargs = 2, /* tenant, lesson */
	    .sql = "SELECT k.lesson_id, " AI_GENERATION_COMPONENT_COLUMNS
		   " FROM lesson_components k WHERE k.tenant_id = $1::uuid"
		   " AND k.lesson_id = $2::uuid ORDER BY k.position, k.id",
	},
	[Q_LIST_COMPONENTS] = {
	    .name = "ai_generation_lesson_list_components",
	    .nargs = 2, /* tenant, lessons */
	    .sql = "SELECT k.lesson_id, " AI_GENERATION_COMPONENT_COLUMNS
		   " FROM unnest($2::uuid[]) WITH ORDINALITY AS v (id, nth)"
		   " JOIN lesson_components k ON k.tenant_id = $1::uuid"
		   " AND k.lesson_id = v.id"
		   " ORDER BY v.nth, k.position, k.id",
	},
	[Q__MAX] = { 0 },
};

/* --- asking ---------------------------------------------------------------- */

/* The latest outline of a course that is locked here; *approved says of it. */
static enum code
lock_latest(struct req *r, const char *value, const char **course_id,
    const char **outline_id, bool *approved)
{
	enum code code;

	code = field_uuid(r, "course_id", value, course_id);
	if (code != CODE_OK ||
	    (code = ai_generation_lock_course(r, *course_id)) != CODE_OK ||
	    (code = ai_generation_latest_outline(r, *course_id, outline_id,
		 approved)) != CODE_OK)
		return code;
	return *outline_id == NULL ? ai_generation_no_outline(r) : CODE_OK;
}

/* The lesson is one of that outline. */
static enum code
find_lesson(struct req *r, const char *outline_id, const char *lesson_id)
{
	struct db_rows *rows;

	rows = db_run(r->db, &ai_generation_lesson_queries[Q_FIND],
	    DB_ARGS(r->who.tenant_id, outline_id, lesson_id));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return req_fail(r, CODE_NOT_FOUND, "lesson not found");
	return CODE_OK;
}

enum code
ai_generation_generate_lesson_content(struct req *r,
    const struct pb_generate_lesson_content_request *in,
    struct pb_generate_lesson_content_response *out)
{
	struct genjob_new job = { .type = GENJOB_LESSON };
	char id[STR_UUID_LEN + 1];
	const char *outline;
	enum code code;
	bool approved;

	code = field_uuid(r, "outline_lesson_id", in->outline_lesson_id,
	    &job.outline_lesson_id);
	if (code != CODE_OK ||
	    (code = lock_latest(r, in->course_id, &job.course_id, &outline,
		 &approved)) != CODE_OK ||
	    (code = find_lesson(r, outline, job.outline_lesson_id)) != CODE_OK)
		return code;
	if (!approved)
		return req_fail_field(r, "course_id",
		    "names a course whose outline is not approved");
	if ((code = ai_generation_may_generate(r, 1)) != CODE_OK ||
	    (code = ai_generation_queue(r, &job,
		 "the lesson is being generated already", id)) != CODE_OK)
		return code;
	return ai_generation_load_job(r, id, &out->job);
}

/* Which lessons a run for the whole course is to write, in outline order. */
static enum code
choose_lessons(struct req *r, const char *outline_id, const char ***out,
    size_t *nout)
{
	size_t n = 0, nopen = 0;
	const char **all, **open;
	struct db_rows *rows;

	rows = db_run(r->db, &ai_generation_lesson_queries[Q_OPEN],
	    DB_ARGS(r->who.tenant_id, outline_id));
	if (rows == NULL)
		return req_fail_db(r);
	all = arena_calloc(r->mem, db_count(rows), sizeof(*all));
	open = arena_calloc(r->mem, db_count(rows), sizeof(*open));
	while (db_next(rows)) {
		all[n++] = db_text(rows, 0);
		if (!db_bool(rows, 1))
			open[nopen++] = db_text(rows, 0);
	}
	*out = nopen > 0 ? open : all;
	*nout = nopen > 0 ? nopen : n;
	return CODE_OK;
}

/* A parent with a child for each lesson; all of them or none. */
static enum code
queue_all(struct req *r, const char *course_id, const char *const *lessons,
    size_t n, char parent[STR_UUID_LEN + 1])
{
	struct genjob_new job = { .type = GENJOB_COURSE,
		.course_id = course_id };
	char id[STR_UUID_LEN + 1];
	enum code code;
	size_t i;

	code = ai_generation_queue(r, &job,
	    "the course is being generated already", parent);
	job.type = GENJOB_LESSON;
	job.parent_job_id = parent;
	for (i = 0; i < n && code == CODE_OK; i++) {
		job.outline_lesson_id = lessons[i];
		code = ai_generation_queue(r, &job,
		    "a lesson of the course is being generated already", id);
	}
	return code;
}

enum code
ai_generation_generate_all_lessons(struct req *r,
    const struct pb_generate_all_lessons_request *in,
    struct pb_generate_all_lessons_response *out)
{
	const char *course, *outline, **lessons;
	char parent[STR_UUID_LEN + 1];
	enum code code;
	bool approved;
	size_t n = 0;

	if ((code = lock_latest(r, in->course_id, &course, &outline,
		 &approved)) != CODE_OK)
		return code;
	if (!approved)
		return req_fail(r, CODE_PERMISSION_DENIED,
		    "the outline is not approved");
	if ((code = choose_lessons(r, outline, &lessons, &n)) != CODE_OK)
		return code;
	if (n == 0)
		return req_fail_field(r, "course_id",
		    "names a course whose outline has no lessons");
	if ((code = ai_generation_may_generate(r, n)) != CODE_OK ||
	    (code = queue_all(r, course, lessons, n, parent)) != CODE_OK)
		return code;
	return ai_generation_load_job(r, parent, &out->job);
}

/* --- reading --------------------------------------------------------------- */

static int
component_wire(const char *stored)
{
	static const int wire[COMPONENT__MAX] = {
		[COMPONENT_TEXT] = PB_LESSON_COMPONENT_TYPE_TEXT,
		[COMPONENT_HEADING] = PB_LESSON_COMPONENT_TYPE_HEADING,
		[COMPONENT_QUIZ] = PB_LESSON_COMPONENT_TYPE_QUIZ,
		[COMPONENT_IMAGE] = PB_LESSON_COMPONENT_TYPE_IMAGE,
	};
	enum component_type type = generate_component_type(stored);

	return type == COMPONENT__MAX ? PB_LESSON_COMPONENT_TYPE_UNSPECIFIED
				      : wire[type];
}

void
ai_generation_read_component(struct req *r, const struct db_rows *rows,
    unsigned col, struct pb_lesson_component *c)
{
	struct pb_component_alignment *a;

	c->id = db_text(rows, col);
	c->type = component_wire(db_text(rows, col + 1));
	c->order = (int32_t)db_int(rows, col + 2);
	c->content_json = db_text(rows, col + 3);
	a = arena_zalloc(r->mem, sizeof(*a));
	a->sme_chunk_ids = db_array(rows, col + 4, &a->nsme_chunk_ids);
	a->learning_objective_ids =
	    db_array(rows, col + 5, &a->nlearning_objective_ids);
	c->alignment = a;
	c->version = (int32_t)db_int(rows, col + 6);
}

static void
read_lesson(struct req *r, const struct db_rows *rows,
    struct pb_generated_lesson *l)
{
	l->id = db_text(rows, 0);
	l->course_id = db_text(rows, 1);
	l->section_id = db_text(rows, 2);
	l->outline_lesson_id = db_text(rows, 3);
	l->title = db_text(rows, 4);
	l->segue_text = db_text_null(rows, 5);
	l->generated_at = pb_time(r->mem, db_time(rows, 6));
}

/* Rows of one lesson follow each other, in the order of the lessons. */
static void
take_components(struct req *r, struct db_rows *rows,
    struct pb_generated_lesson *lessons, size_t n)
{
	struct pb_lesson_component *all;
	struct pb_generated_lesson *l = lessons, *end = lessons + n;
	size_t k = 0;

	all = arena_calloc(r->mem, db_count(rows), sizeof(*all));
	while (db_next(rows)) {
		while (l < end && !str_eq(l->id, db_text(rows, 0)))
			l++;
		if (l == end)
			return; /* of no lesson of these: cannot be */
		if (l->ncomponents == 0)
			l->components = &all[k];
		ai_generation_read_component(r, rows, 1, &all[k++]);
		l->ncomponents++;
	}
}

enum code
ai_generation_get_generated_lesson(struct req *r,
    const struct pb_get_generated_lesson_request *in,
    struct pb_get_generated_lesson_response *out)
{
	struct db_rows *rows;
	const char *id;
	enum code code;

	if ((code = field_uuid(r, "lesson_id", in->lesson_id, &id)) != CODE_OK)
		return code;
	rows = db_run(r->db, &ai_generation_lesson_queries[Q_GET],
	    DB_ARGS(COURSE_VIEWER(r), id));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return req_fail(r, CODE_NOT_FOUND, "lesson not found");
	out->lesson = arena_zalloc(r->mem, sizeof(*out->lesson));
	read_lesson(r, rows, out->lesson);
	rows = db_last(r->db, &ai_generation_lesson_queries[Q_COMPONENTS],
	    DB_ARGS(r->who.tenant_id, id));
	if (rows == NULL)
		return req_fail_db(r);
	take_components(r, rows, out->lesson, 1);
	return CODE_OK;
}

static enum code
list_components(struct req *r, struct pb_generated_lesson *lessons, size_t n)
{
	struct db_rows *rows;
	const char **ids;
	size_t i;

	if (n == 0)
		return CODE_OK;
	ids = arena_calloc(r->mem, n, sizeof(*ids));
	for (i = 0; i < n; i++)
		ids[i] = lessons[i].id;
	rows = db_run(r->db, &ai_generation_lesson_queries[Q_LIST_COMPONENTS],
	    DB_ARGS(r->who.tenant_id, db_arg_array(r->mem, ids, n)));
	if (rows == NULL)
		return req_fail_db(r);
	take_components(r, rows, lessons, n);
	return CODE_OK;
}

enum code
ai_generation_list_generated_lessons(struct req *r,
    const struct pb_list_generated_lessons_request *in,
    struct pb_list_generated_lessons_response *out)
{
	struct db_rows *rows;
	const char *id;
	enum code code;

	if ((code = field_uuid(r, "course_id", in->course_id, &id)) !=
		CODE_OK ||
	    (code = ai_generation_see_course(r, id)) != CODE_OK)
		return code;
	rows = db_run(r->db, &ai_generation_lesson_queries[Q_LIST],
	    DB_ARGS(r->who.tenant_id, id));
	if (rows == NULL)
		return req_fail_db(r);
	out->lessons =
	    arena_calloc(r->mem, db_count(rows), sizeof(*out->lessons));
	while (db_next(rows))
		read_lesson(r, rows, &out->lessons[out->nlessons++]);
	code = list_components(r, out->lessons, out->nlessons);
	if (code != CODE_OK)
		return code;
	out->coverage = arena_zalloc(r->mem, sizeof(*out->coverage));
	return generate_coverage_read(r, id, out->coverage);
}

/*
 * AIGenerationService: outlines, read and judged. Whoever changes one holds
 * the row of its course first and then its own, so that two who judge at once
 * come one after the other.
 */
#include "service/ai_generation.h"

#include <string.h>

#include "mirai/v1/ai_generation.rpc.h"
#include "service/course.h"
#include "service/field.h"

#define MAX_REASON 2000

enum query {
	Q_GET,
	Q_LOCK,
	Q_LATEST,
	Q_TREE,
	Q_COUNT,
	Q_APPROVE,
	Q_REJECT,
	Q__MAX
};

extern const struct db_query ai_generation_outline_queries[];

const struct db_query ai_generation_outline_queries[] = {
	/* A row for each course that is seen, empty without an outline. */
	[Q_GET] = {
	    .name = "ai_generation_outline_get",
	    .nargs = 5, /* viewer, course, version or NULL */
	    .sql = "SELECT " AI_GENERATION_OUTLINE_COLUMNS COURSE_FROM
		   " LEFT JOIN LATERAL (SELECT * FROM course_outlines x"
		   " WHERE x.tenant_id = c.tenant_id AND x.course_id = c.id"
		   " AND ($5::int IS NULL OR x.version = $5::int)"
		   " ORDER BY x.version DESC LIMIT 1) o ON true"
		   " WHERE " COURSE_VISIBLE " AND c.id = $4::uuid",
	},
	[Q_LOCK] = {
	    .name = "ai_generation_outline_lock",
	    .nargs = 3, /* tenant, course, outline */
	    .sql = "SELECT " AI_GENERATION_OUTLINE_COLUMNS
		   ", NOT EXISTS (SELECT 1 FROM course_outlines n"
		   " WHERE n.tenant_id = o.tenant_id"
		   " AND n.course_id = o.course_id AND n.version > o.version)"
		   " FROM course_outlines o WHERE o.tenant_id = $1::uuid"
		   " AND o.course_id = $2::uuid AND o.id = $3::uuid"
		   " FOR UPDATE OF o",
	},
	[Q_LATEST] = {
	    .name = "ai_generation_outline_latest",
	    .nargs = 2, /* tenant, course */
	    .sql = "SELECT id, approval_status = 'approved'"
		   " FROM course_outlines WHERE tenant_id = $1::uuid"
		   " AND course_id = $2::uuid ORDER BY version DESC LIMIT 1",
	},
	[Q_TREE] = {
	    .name = "ai_generation_outline_tree",
	    .nargs = 2, /* tenant, outline */
	    .sql = "SELECT s.id, s.title, s.description, s.position, l.id,"
		   " l.title, l.description, l.position,"
		   " l.estimated_duration_minutes, l.learning_objectives,"
		   " l.is_last_in_section, l.is_last_in_course"
		   " FROM outline_sections s LEFT JOIN outline_lessons l"
		   " ON l.tenant_id = s.tenant_id AND l.section_id = s.id"
		   " WHERE s.tenant_id = $1::uuid AND s.outline_id = $2::uuid"
		   " ORDER BY s.position, s.id, l.position, l.id",
	},
	[Q_COUNT] = {
	    .name = "ai_generation_outline_count",
	    .nargs = 2, /* tenant, outline */
	    .sql = "SELECT count(*) FROM outline_lessons l"
		   " JOIN outline_sections s ON s.tenant_id = l.tenant_id"
		   " AND s.id = l.section_id WHERE s.tenant_id = $1::uuid"
		   " AND s.outline_id = $2::uuid",
	},
	[Q_APPROVE] = {
	    .name = "ai_generation_outline_approve",
	    .nargs = 3, /* tenant, outline, user */
	    .sql = "UPDATE course_outlines o SET approval_status = 'approved',"
		   " approved_at = now(), approved_by_user_id = $3::uuid,"
		   " rejection_reason = NULL WHERE o.tenant_id = $1::uuid"
		   " AND o.id = $2::uuid"
		   " RETURNING " AI_GENERATION_OUTLINE_COLUMNS,
	},
	[Q_REJECT] = {
	    .name = "ai_generation_outline_reject",
	    .nargs = 3, /* tenant, outline, reason */
	    .sql = "UPDATE course_outlines o SET approval_status = 'rejected',"
		   " rejection_reason = $3 WHERE o.tenant_id = $1::uuid"
		   " AND o.id = $2::uuid"
		   " RETURNING " AI_GENERATION_OUTLINE_COLUMNS,
	},
	[Q__MAX] = { 0 },
};

static const char *const statuses[] = {
	[PB_OUTLINE_APPROVAL_STATUS_PENDING_REVIEW] = "pending_review",
	[PB_OUTLINE_APPROVAL_STATUS_APPROVED] = "approved",
	[PB_OUTLINE_APPROVAL_STATUS_REJECTED] = "rejected",
	[PB_OUTLINE_APPROVAL_STATUS_REVISION_REQUESTED] = "revision_requested",
};

static int
status_wire(const char *stored)
{
	size_t i;

	for (i = 1; i < NITEMS(statuses); i++)
		if (strcmp(statuses[i], stored) == 0)
			return (int)i;
	return PB_OUTLINE_APPROVAL_STATUS_UNSPECIFIED;
}

enum code
ai_generation_no_outline(struct req *r)
{
	return req_fail(r, CODE_NOT_FOUND, "outline not found");
}

bool
ai_generation_is_open(const struct pb_course_outline *o)
{
	return o->approval_status ==
	    PB_OUTLINE_APPROVAL_STATUS_PENDING_REVIEW ||
	    o->approval_status == PB_OUTLINE_APPROVAL_STATUS_REVISION_REQUESTED;
}

/* --- reading --------------------------------------------------------------- */

void
ai_generation_read_outline(struct req *r, const struct db_rows *rows,
    struct pb_course_outline *o)
{
	o->id = db_text(rows, 0);
	o->course_id = db_text(rows, 1);
	o->version = (int32_t)db_int(rows, 2);
	o->revision = (int32_t)db_int(rows, 3);
	o->approval_status = status_wire(db_text(rows, 4));
	o->rejection_reason = db_text_null(rows, 5);
	o->generated_at = pb_time(r->mem, db_time(rows, 6));
	if (!db_null(rows, 7))
		o->approved_at = pb_time(r->mem, db_time(rows, 7));
	o->approved_by_user_id = db_text_null(rows, 8);
}

static void
read_section(const struct db_rows *rows, struct pb_outline_section *s)
{
	s->id = db_text(rows, 0);
	s->title = db_text(rows, 1);
	s->description = db_text(rows, 2);
	s->order = (int32_t)db_int(rows, 3);
}

static void
read_lesson(const struct db_rows *rows, struct pb_outline_lesson *l)
{
	l->id = db_text(rows, 4);
	l->title = db_text(rows, 5);
	l->description = db_text(rows, 6);
	l->order = (int32_t)db_int(rows, 7);
	l->estimated_duration_minutes = (int32_t)db_int(rows, 8);
	l->learning_objectives = db_array(rows, 9, &l->nlearning_objectives);
	l->is_last_in_section = db_bool(rows, 10);
	l->is_last_in_course = db_bool(rows, 11);
}

/* Rows of one section follow each other; so do its lessons in one array. */
enum code
ai_generation_load_tree(struct req *r, struct pb_course_outline *o)
{
	struct pb_outline_lesson *lessons;
	struct pb_outline_section *s = NULL;
	struct db_rows *rows;
	size_t n = 0;

	rows = db_run(r->db, &ai_generation_outline_queries[Q_TREE],
	    DB_ARGS(r->who.tenant_id, o->id));
	if (rows == NULL)
		return req_fail_db(r);
	o->sections =
	    arena_calloc(r->mem, db_count(rows), sizeof(*o->sections));
	lessons = arena_calloc(r->mem, db_count(rows), sizeof(*lessons));
	while (db_next(rows)) {
		if (s == NULL || !str_eq(s->id, db_text(rows, 0))) {
			s = &o->sections[o->nsections++];
			read_section(rows, s);
			s->lessons = &lessons[n];
		}
		if (!db_null(rows, 4)) {
			read_lesson(rows, &lessons[n++]);
			s->nlessons++;
		}
	}
	return CODE_OK;
}

enum code
ai_generation_get_course_outline(struct req *r,
    const struct pb_get_course_outline_request *in,
    struct pb_get_course_outline_response *out)
{
	const char *id, *version = NULL;
	struct db_rows *rows;
	enum code code;

	if ((code = field_uuid(r, "course_id", in->course_id, &id)) != CODE_OK)
		return code;
	if (in->has_version && in->version < 0)
		return req_fail_field(r, "version", "must not be negative");
	if (in->has_version && in->version > 0)
		version = db_arg_int(r->mem, in->version);
	rows = db_run(r->db, &ai_generation_outline_queries[Q_GET],
	    DB_ARGS(COURSE_VIEWER(r), id, version));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return course_none(r);
	if (db_null(rows, 0))
		return ai_generation_no_outline(r);
	out->outline = arena_zalloc(r->mem, sizeof(*out->outline));
	ai_generation_read_outline(r, rows, out->outline);
	return ai_generation_load_tree(r, out->outline);
}

/* --- locking --------------------------------------------------------------- */

enum code
ai_generation_lock_outline(struct req *r, const char *course_id,
    const char *outline_id, struct pb_course_outline *o, bool *latest)
{
	const char *course, *id;
	struct db_rows *rows;
	enum code code;

	if ((code = field_uuid(r, "course_id", course_id, &course)) !=
		CODE_OK ||
	    (code = field_uuid(r, "outline_id", outline_id, &id)) != CODE_OK ||
	    (code = ai_generation_lock_course(r, course)) != CODE_OK)
		return code;
	rows = db_run(r->db, &ai_generation_outline_queries[Q_LOCK],
	    DB_ARGS(r->who.tenant_id, course, id));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return ai_generation_no_outline(r);
	ai_generation_read_outline(r, rows, o);
	*latest = db_bool(rows, AI_GENERATION_OUTLINE_NCOLUMNS);
	return CODE_OK;
}

enum code
ai_generation_latest_outline(struct req *r, const char *course_id,
    const char **id, bool *approved)
{
	struct db_rows *rows;

	*id = NULL;
	*approved = false;
	rows = db_run(r->db, &ai_generation_outline_queries[Q_LATEST],
	    DB_ARGS(r->who.tenant_id, course_id));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return CODE_OK;
	*id = db_text(rows, 0);
	*approved = db_bool(rows, 1);
	return CODE_OK;
}

/* --- judging --------------------------------------------------------------- */

static enum code
need_lessons(struct req *r, const char *outline_id)
{
	struct db_rows *rows;

	rows = db_run(r->db, &ai_generation_outline_queries[Q_COUNT],
	    DB_ARGS(r->who.tenant_id, outline_id));
	if (rows == NULL || !db_next(rows))
		return req_fail_db(r);
	if (db_int(rows, 0) == 0)
		return req_fail_field(r, "outline_id",
		    "names an outline without lessons");
	return CODE_OK;
}

/* Writes the verdict; *o becomes the row as it is now, with its tree. */
static enum code
judge(struct req *r, enum query q, const char *arg, struct pb_course_outline *o)
{
	struct db_rows *rows;

	rows = db_run(r->db, &ai_generation_outline_queries[q],
	    DB_ARGS(r->who.tenant_id, o->id, arg));
	if (rows == NULL || !db_next(rows))
		return req_fail_db(r);
	memset(o, 0, sizeof(*o));
	ai_generation_read_outline(r, rows, o);
	return ai_generation_load_tree(r, o);
}

enum code
ai_generation_approve_course_outline(struct req *r,
    const struct pb_approve_course_outline_request *in,
    struct pb_approve_course_outline_response *out)
{
	struct pb_course_outline *o;
	enum code code;
	bool latest = false;

	o = out->outline = arena_zalloc(r->mem, sizeof(*out->outline));
	code = ai_generation_lock_outline(r, in->course_id, in->outline_id, o,
	    &latest);
	if (code != CODE_OK)
		return code;
	if (!latest)
		return req_fail_field(r, "outline_id",
		    "names an outline that is not the latest");
	if (o->approval_status == PB_OUTLINE_APPROVAL_STATUS_APPROVED)
		return ai_generation_load_tree(r, o);
	if (!ai_generation_is_open(o))
		return req_fail_field(r, "outline_id",
		    "names an outline that was rejected");
	if ((code = need_lessons(r, o->id)) != CODE_OK)
		return code;
	return judge(r, Q_APPROVE, r->who.user_id, o);
}

enum code
ai_generation_reject_course_outline(struct req *r,
    const struct pb_reject_course_outline_request *in,
    struct pb_reject_course_outline_response *out)
{
	struct pb_course_outline *o;
	const char *reason;
	enum code code;
	bool latest;

	code = field_text(r, "reason", in->reason, MAX_REASON, &reason);
	if (code != CODE_OK)
		return code;
	if (*reason == '\0')
		return req_fail_missing(r, "reason", "must not be empty");
	o = out->outline = arena_zalloc(r->mem, sizeof(*out->outline));
	code = ai_generation_lock_outline(r, in->course_id, in->outline_id, o,
	    &latest);
	if (code != CODE_OK)
		return code;
	if (!ai_generation_is_open(o))
		return req_fail_field(r, "outline_id",
		    "names an outline that was approved or rejected already");
	return judge(r, Q_REJECT, reason, o);
}

/*
 * AIGenerationService: watching and cancelling jobs. One's own, those of
 * courses one sees, and for administrators all of the tenant; clients poll
 * here, so every statement is answered from indexes.
 */
#include "service/ai_generation.h"

#include <string.h>

#include "mirai/v1/ai_generation.rpc.h"
#include "service/course.h"
#include "service/field.h"
#include "service/genjob.h"

/* The first rows of a list in its order, then what belongs to each. */
#define LIST(found)                                               \
	"SELECT " AI_GENERATION_JOB_COLUMNS " FROM (" found ") j" \
	" " AI_GENERATION_JOB_JOINS " ORDER BY j.created_at DESC, j.id"
#define NEWEST " ORDER BY q.created_at DESC, q.id LIMIT 200"

/*
 * With types or states named, of each kind (type and state) the newest by an
 * index that has them: a list of the few that run reads none that is over.
 */
#define NARROW(whose)                                                      \
	"SELECT whole.* FROM (SELECT q.id"                                 \
	" FROM unnest($2::smallint[]) AS t (kind),"                        \
	" LATERAL (SELECT x.id, x.created_at FROM generation_jobs x WHERE" \
	" " whose " AND x.kind = t.kind"                                   \
	" ORDER BY x.created_at DESC, x.id LIMIT 200) q" NEWEST            \
	") q, LATERAL (SELECT * FROM generation_jobs y"                    \
	" WHERE y.tenant_id = $1::uuid AND y.id = q.id LIMIT 1) whole"

enum query {
	Q_GET,
	Q_SEE,
	Q_LIST_OWN,
	Q_LIST_ALL,
	Q_LIST_OWN_NARROW,
	Q_LIST_ALL_NARROW,
	Q_LIST_COURSE,
	Q__MAX
};

extern const struct db_query ai_generation_job_queries[];

const struct db_query ai_generation_job_queries[] = {
	[Q_GET] = {
	    .name = "ai_generation_job_get",
	    .nargs = 2, /* tenant, job */
	    .sql = "SELECT " AI_GENERATION_JOB_COLUMNS
		   " FROM generation_jobs j" AI_GENERATION_JOB_JOINS
		   " WHERE j.tenant_id = $1::uuid AND j.id = $2::uuid",
	},
	[Q_SEE] = {
	    .name = "ai_generation_job_see",
	    .nargs = 4, /* viewer, job */
	    .sql = "SELECT " AI_GENERATION_JOB_COLUMNS
		   " FROM generation_jobs j" AI_GENERATION_JOB_JOINS
		   " WHERE j.tenant_id = $1::uuid AND j.id = $4::uuid"
		   " AND (j.created_by_user_id = $2::uuid OR $3::boolean"
		   " OR (c.id IS NOT NULL AND " COURSE_VISIBLE "))",
	},
	[Q_LIST_OWN] = {
	    .name = "ai_generation_job_list_own",
	    .nargs = 2, /* tenant, user */
	    .sql = LIST("SELECT q.* FROM generation_jobs q"
			" WHERE q.tenant_id = $1::uuid"
			" AND q.created_by_user_id = $2::uuid" NEWEST),
	},
	[Q_LIST_ALL] = {
	    .name = "ai_generation_job_list_all",
	    .nargs = 1, /* tenant */
	    .sql = LIST("SELECT q.* FROM generation_jobs q"
			" WHERE q.tenant_id = $1::uuid" NEWEST),
	},
	[Q_LIST_OWN_NARROW] = {
	    .name = "ai_generation_job_list_own_narrow",
	    .nargs = 3, /* tenant, kinds, user */
	    .sql = LIST(NARROW("x.tenant_id = $1::uuid"
			       " AND x.created_by_user_id = $3::uuid")),
	},
	[Q_LIST_ALL_NARROW] = {
	    .name = "ai_generation_job_list_all_narrow",
	    .nargs = 2, /* tenant, kinds */
	    .sql = LIST(NARROW("x.tenant_id = $1::uuid")),
	},
	[Q_LIST_COURSE] = {
	    .name = "ai_generation_job_list_course",
	    .nargs = 5, /* viewer, course, kinds */
	    .sql = LIST("SELECT q.* FROM generation_jobs q"
			" WHERE q.tenant_id = $1::uuid"
			" AND q.course_id = $4::uuid"
			" AND (q.created_by_user_id = $2::uuid OR $3::boolean)"
			" AND q.kind = ANY ($5::smallint[])" NEWEST),
	},
	[Q__MAX] = { 0 },
};

static const char *const types[] = {
	[PB_GENERATION_JOB_TYPE_SME_INGESTION] = "sme_ingestion",
	[PB_GENERATION_JOB_TYPE_COURSE_OUTLINE] = "course_outline",
	[PB_GENERATION_JOB_TYPE_LESSON_CONTENT] = "lesson_content",
	[PB_GENERATION_JOB_TYPE_COMPONENT_REGEN] = "component_regen",
	[PB_GENERATION_JOB_TYPE_FULL_COURSE] = "full_course",
};

static const char *const statuses[] = {
	[PB_GENERATION_JOB_STATUS_QUEUED] = "queued",
	[PB_GENERATION_JOB_STATUS_PROCESSING] = "processing",
	[PB_GENERATION_JOB_STATUS_COMPLETED] = "completed",
	[PB_GENERATION_JOB_STATUS_FAILED] = "failed",
	[PB_GENERATION_JOB_STATUS_CANCELLED] = "cancelled",
};

/* The wire value of a stored name; 0, the unspecified one, for another text. */
static int
wire_of(const char *const *names, size_t n, const char *stored)
{
	size_t i;

	for (i = 1; i < n; i++)
		if (strcmp(names[i], stored) == 0)
			return (int)i;
	return 0;
}

static struct pb_timestamp *
time_or_null(struct req *r, const struct db_rows *rows, unsigned col)
{
	return db_null(rows, col) ? NULL : pb_time(r->mem, db_time(rows, col));
}

void
ai_generation_read_job(struct req *r, const struct db_rows *rows,
    struct pb_generation_job *j)
{
	j->id = db_text(rows, 0);
	j->tenant_id = db_text(rows, 1);
	j->type = wire_of(types, NITEMS(types), db_text(rows, 2));
	j->status = wire_of(statuses, NITEMS(statuses), db_text(rows, 3));
	j->course_id = db_text_null(rows, 4);
	j->lesson_id = db_text_null(rows, 5);
	j->sme_task_id = db_text_null(rows, 6);
	j->submission_id = db_text_null(rows, 7);
	j->progress_percent = (int32_t)db_int(rows, 8);
	j->progress_message = db_text_null(rows, 9);
	j->result_path = db_text_null(rows, 10);
	j->error_message = db_text_null(rows, 11);
	j->tokens_used = db_int(rows, 12);
	j->retry_count = (int32_t)db_int(rows, 13);
	j->max_retries = (int32_t)db_int(rows, 14);
	j->created_by_user_id = db_text(rows, 15);
	j->created_at = pb_time(r->mem, db_time(rows, 16));
	j->started_at = time_or_null(r, rows, 17);
	j->completed_at = time_or_null(r, rows, 18);
	j->parent_job_id = db_text_null(rows, 19);
	j->outline_lesson_id = db_text_null(rows, 20);
	j->component_id = db_text_null(rows, 21);
	j->course_title = db_text(rows, 22);
	j->children_total = (int32_t)db_int(rows, 23);
	j->children_ended = (int32_t)db_int(rows, 24);
	j->children_failed = (int32_t)db_int(rows, 25);
}

static enum code
no_job(struct req *r)
{
	return req_fail(r, CODE_NOT_FOUND, "job not found");
}

/* The one row of a query about a job. */
static enum code
take(struct req *r, struct db_rows *rows, struct pb_generation_job *out)
{
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return no_job(r);
	ai_generation_read_job(r, rows, out);
	return CODE_OK;
}

enum code
ai_generation_load_job(struct req *r, const char *id,
    struct pb_generation_job **out)
{
	*out = arena_zalloc(r->mem, sizeof(**out));
	return take(r,
	    db_last(r->db, &ai_generation_job_queries[Q_GET],
		DB_ARGS(r->who.tenant_id, id)),
	    *out);
}

enum code
ai_generation_get_job(struct req *r, const struct pb_get_job_request *in,
    struct pb_get_job_response *out)
{
	const char *id;
	enum code code;

	if ((code = field_uuid(r, "job_id", in->job_id, &id)) != CODE_OK)
		return code;
	out->job = arena_zalloc(r->mem, sizeof(*out->job));
	return take(r,
	    db_last(r->db, &ai_generation_job_queries[Q_SEE],
		DB_ARGS(COURSE_VIEWER(r), id)),
	    out->job);
}

/* --- lists ----------------------------------------------------------------- */

/* Which jobs are asked for: arguments of the queries. */
struct filter {
	bool narrow;
	const char *kinds;
	const char *course_id; /* NULL: any */
};

static bool
is_known(int value, size_t n)
{
	return value >= 0 && value < (int)n;
}

/* Every pair of a type and a state that is asked for; 0 stands for all. */
static const char *
kinds_of(struct req *r, int type, int status)
{
	const char *kinds[NITEMS(types) * NITEMS(statuses)];
	size_t n = 0;
	int i, j;

	for (i = 1; i < (int)NITEMS(types); i++)
		for (j = 1; j < (int)NITEMS(statuses); j++)
			if ((type == 0 || type == i) &&
			    (status == 0 || status == j))
				kinds[n++] = db_arg_int(r->mem, 10 * i + j);
	return db_arg_array(r->mem, kinds, n);
}

static enum code
read_filter(struct req *r, const struct pb_list_jobs_request *in,
    struct filter *f)
{
	int type = in->has_type ? in->type : 0;
	int status = in->has_status ? in->status : 0;

	if (!is_known(type, NITEMS(types)))
		return req_fail_field(r, "type", "is not a known type");
	if (!is_known(status, NITEMS(statuses)))
		return req_fail_field(r, "status", "is not a known status");
	f->kinds = kinds_of(r, type, status);
	f->narrow = type != 0 || status != 0;
	if (str_is_empty(in->course_id))
		return CODE_OK;
	return field_uuid(r, "course_id", in->course_id, &f->course_id);
}

static struct db_rows *
run_list(struct req *r, const struct filter *f)
{
	const struct db_query *q = ai_generation_job_queries;
	bool all = r->who.role == ROLE_ADMIN;

	if (f->course_id != NULL)
		return db_last(r->db, &q[Q_LIST_COURSE],
		    DB_ARGS(COURSE_VIEWER(r), f->course_id, f->kinds));
	if (f->narrow && all)
		return db_last(r->db, &q[Q_LIST_ALL_NARROW],
		    DB_ARGS(r->who.tenant_id, f->kinds));
	if (f->narrow)
		return db_last(r->db, &q[Q_LIST_OWN_NARROW],
		    DB_ARGS(r->who.tenant_id, f->kinds, r->who.user_id));
	if (all)
		return db_last(r->db, &q[Q_LIST_ALL],
		    DB_ARGS(r->who.tenant_id));
	return db_last(r->db, &q[Q_LIST_OWN],
	    DB_ARGS(r->who.tenant_id, r->who.user_id));
}

enum code
ai_generation_list_jobs(struct req *r, const struct pb_list_jobs_request *in,
    struct pb_list_jobs_response *out)
{
	struct filter f = { 0 };
	struct db_rows *rows;
	enum code code;

	if ((code = read_filter(r, in, &f)) != CODE_OK)
		return code;
	if ((rows = run_list(r, &f)) == NULL)
		return req_fail_db(r);
	out->jobs = arena_calloc(r->mem, db_count(rows), sizeof(*out->jobs));
	while (db_next(rows))
		ai_generation_read_job(r, rows, &out->jobs[out->njobs++]);
	return CODE_OK;
}

/* --- cancelling ------------------------------------------------------------ */

enum code
ai_generation_cancel_job(struct req *r, const struct pb_cancel_job_request *in,
    struct pb_cancel_job_response *out)
{
	struct pb_generation_job j = { 0 };
	const char *id;
	enum code code;

	if ((code = field_uuid(r, "job_id", in->job_id, &id)) != CODE_OK ||
	    (code = take(r,
		 db_run(r->db, &ai_generation_job_queries[Q_SEE],
		     DB_ARGS(COURSE_VIEWER(r), id)),
		 &j)) != CODE_OK)
		return code;
	if (r->who.role != ROLE_ADMIN &&
	    !str_eq(j.created_by_user_id, r->who.user_id))
		return req_fail_forbidden(r,
		    "only its maker or an administrator cancels a job");
	code = genjob_cancel(r->db, r->mem, r->who.tenant_id, id);
	if (code == CODE_NOT_FOUND)
		return no_job(r);
	if (code == CODE_FAILED_PRECONDITION)
		return req_fail_field(r, "job_id",
		    "names a job that is over already");
	if (code != CODE_OK)
		return req_fail_db(r);
	return ai_generation_load_job(r, id, &out->job);
}

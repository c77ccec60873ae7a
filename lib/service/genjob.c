/*
 * Jobs as services see them: made, cancelled, and what follows for the parent
 * of a child. Every statement is bound to a tenant. Rows are locked children
 * first, then their parent, so that nobody waits for each other.
 */
#include "service/genjob.h"

#include <string.h>

#include "rpc/req.h"
#include "service/genjob_row.h"
#include "service/ingest.h"
#include "service/notice.h"

enum query {
	Q_OPEN,
	Q_CREATE,
	Q_FAMILY,
	Q_CANCEL,
	Q_PARENT_LOCK,
	Q_PARENT,
	Q_TELL,
	Q__MAX
};

const struct db_query genjob_queries[] = {
	[Q_OPEN] = {
	    .name = "genjob_open",
	    .nargs = 3, /* tenant, kinds, most */
	    .sql = "SELECT count(*) FROM (SELECT FROM generation_jobs"
		   " WHERE tenant_id = $1::uuid"
		   " AND kind = ANY ($2::smallint[]) LIMIT $3::int) q",
	},
	[Q_CREATE] = {
	    .name = "genjob_create",
	    /*
	     * tenant, type, user, course, lesson, outline lesson, component,
	     * task, submission, parent, retries or NULL, input
	     */
	    .nargs = 12,
	    .sql = "INSERT INTO generation_jobs (tenant_id, type,"
		   " created_by_user_id, course_id, lesson_id,"
		   " outline_lesson_id, component_id, sme_task_id,"
		   " submission_id, parent_job_id, max_retries, input,"
		   " status, progress_percent, started_at)"
		   " SELECT $1::uuid, t.type, $3::uuid, $4::uuid, $5::uuid,"
		   " $6::uuid, $7::uuid, $8::uuid, $9::uuid, $10::uuid,"
		   " COALESCE($11::int, CASE WHEN t.parent THEN 0 ELSE 3 END),"
		   " $12::jsonb, CASE WHEN t.parent THEN 'processing'"
		   " ELSE 'queued' END::generation_job_status,"
		   " CASE WHEN t.parent THEN 10 ELSE 0 END,"
		   " CASE WHEN t.parent THEN now() END"
		   " FROM (SELECT $2::generation_job_type AS type,"
		   " $2 = 'full_course' AS parent) t"
		   " ON CONFLICT DO NOTHING RETURNING id",
	},
	[Q_FAMILY] = {
	    .name = "genjob_family",
	    .nargs = 2, /* tenant, job */
	    .sql = "SELECT g.parent_job_id, g.sme_task_id"
		   " FROM generation_jobs g"
		   " WHERE g.tenant_id = $1::uuid AND (g.id = $2::uuid"
		   " OR g.parent_job_id = $2::uuid)"
		   " ORDER BY (g.id = $2::uuid), g.id FOR UPDATE",
	},
	[Q_CANCEL] = {
	    .name = "genjob_cancel",
	    .nargs = 2, /* tenant, job */
	    .sql = "UPDATE generation_jobs g SET status = 'cancelled',"
		   " completed_at = now(), claim_token = NULL,"
		   " lease_until = NULL, run_after = NULL,"
		   " progress_message = 'Cancelled'"
		   " WHERE g.tenant_id = $1::uuid AND (g.id = $2::uuid"
		   " OR (g.parent_job_id = $2::uuid AND EXISTS (SELECT"
		   " FROM generation_jobs p WHERE p.id = $2::uuid"
		   " AND p.status IN ('queued', 'processing'))))"
		   " AND g.status IN ('queued', 'processing')"
		   " RETURNING g.id",
	},
	[Q_PARENT_LOCK] = {
	    .name = "genjob_parent_lock",
	    .nargs = 2, /* tenant, parent */
	    /* Counting is a statement of its own: it sees who was faster. */
	    .sql = "SELECT FROM generation_jobs g WHERE g.tenant_id = $1::uuid"
		   " AND g.id = $2::uuid FOR UPDATE",
	},
	[Q_PARENT] = {
	    .name = "genjob_parent",
	    .nargs = 2, /* tenant, parent */
	    .sql = "UPDATE generation_jobs g SET tokens_used = c.tokens,"
		   " progress_percent = LEAST(99, 10 + 90 * c.ended / c.n),"
		   " progress_message = c.completed || ' of ' || c.n"
		   " || ' lessons are written'"
		   " FROM (SELECT count(*) AS n, sum(j.tokens_used) AS tokens,"
		   " count(*) FILTER (WHERE j.status = 'completed')"
		   " AS completed, count(*) FILTER (WHERE j.status"
		   " NOT IN ('queued', 'processing')) AS ended"
		   " FROM generation_jobs j WHERE j.tenant_id = $1::uuid"
		   " AND j.parent_job_id = $2::uuid) c"
		   " WHERE g.tenant_id = $1::uuid AND g.id = $2::uuid"
		   " AND g.status = 'processing' AND c.n > 0"
		   " RETURNING c.ended = c.n",
	},
	[Q_TELL] = {
	    .name = "genjob_tell",
	    .nargs = 2, /* tenant, job */
	    .sql = "WITH j AS MATERIALIZED (SELECT r.* FROM generation_jobs g"
		   " JOIN generation_jobs r ON r.tenant_id = g.tenant_id"
		   " AND r.id = COALESCE(g.parent_job_id, g.id)"
		   " WHERE g.tenant_id = $1::uuid AND g.id = $2::uuid),"
		   " lock AS MATERIALIZED (SELECT "
		   NOTICE_LOCK("j.created_by_user_id::text") " FROM j),"
		   " num AS MATERIALIZED (SELECT"
		   " nextval('notification_events_id_seq') AS id FROM lock),"
		   " told AS (INSERT INTO notification_events (id, tenant_id,"
		   " user_id, kind, notice) SELECT num.id, j.tenant_id,"
		   " j.created_by_user_id, " NOTICE_KIND_JOB ","
		   " jsonb_build_object('job_id', j.id, 'course_id',"
		   " j.course_id, 'status', j.status, 'progress_percent',"
		   " j.progress_percent, 'progress_message',"
		   " COALESCE(j.progress_message, '')) FROM num, j)"
		   " SELECT pg_notify('" NOTICE_CHANNEL "', concat_ws(' ',"
		   " j.tenant_id, j.created_by_user_id, num.id)) FROM num, j",
	},
	[Q__MAX] = { 0 },
};

/* What waits, of every type: numbers of the column kind. */
#define KINDS_QUEUED "{11,21,31,41}"

/* As stored, and who is woken. */
static const struct {
	const char *name;
	const char *channel;
} types[] = {
	[GENJOB_NONE] = { "", "" },
	[GENJOB_INGESTION] = { "sme_ingestion", GENJOB_CHANNEL_INGEST },
	[GENJOB_OUTLINE] = { "course_outline", GENJOB_CHANNEL_GENERATE },
	[GENJOB_LESSON] = { "lesson_content", GENJOB_CHANNEL_GENERATE },
	[GENJOB_COMPONENT] = { "component_regen", GENJOB_CHANNEL_GENERATE },
	[GENJOB_COURSE] = { "full_course", GENJOB_CHANNEL_GENERATE },
};

const char *
genjob_type_name(enum genjob_type type)
{
	return types[type].name;
}

enum genjob_type
genjob_type_named(const char *name)
{
	int i;

	for (i = GENJOB_NONE + 1; i < GENJOB__MAX; i++)
		if (str_eq(types[i].name, name))
			return (enum genjob_type)i;
	return GENJOB_NONE;
}

const char *
genjob_channel(enum genjob_type type)
{
	return types[type].channel;
}

void
genjob_row_read(const struct db_rows *rows, struct genjob *out)
{
	out->id = db_text(rows, 0);
	out->tenant_id = db_text(rows, 1);
	out->type = genjob_type_named(db_text(rows, 2));
	out->user_id = db_text(rows, 3);
	out->course_id = db_text_null(rows, 4);
	out->lesson_id = db_text_null(rows, 5);
	out->outline_lesson_id = db_text_null(rows, 6);
	out->component_id = db_text_null(rows, 7);
	out->sme_task_id = db_text_null(rows, 8);
	out->submission_id = db_text_null(rows, 9);
	out->parent_job_id = db_text_null(rows, 10);
	out->input = db_text_null(rows, 11);
	out->token = db_text(rows, 12);
	out->retry_count = (int)db_int(rows, 13);
	out->max_retries = (int)db_int(rows, 14);
}

enum code
genjob_need_room(struct req *r, size_t n)
{
	struct db_rows *rows;

	rows = db_run(r->db, &genjob_queries[Q_OPEN],
	    DB_ARGS(r->who.tenant_id, KINDS_QUEUED,
		db_arg_int(r->mem, GENJOB_OPEN_MAX)));
	if (rows == NULL || !db_next(rows))
		return req_fail_db(r);
	if (db_int(rows, 0) + (int64_t)n <= GENJOB_OPEN_MAX)
		return CODE_OK;
	return req_fail_quota(r, "jobs",
	    "%lld jobs of the company wait already, and %d may; try again when"
	    " some have ended",
	    (long long)db_int(rows, 0), GENJOB_OPEN_MAX);
}

enum code
genjob_create(struct db *db, struct arena *a, const struct genjob_new *n,
    char id[STR_UUID_LEN + 1])
{
	struct db_rows *rows;

	rows = db_run(db, &genjob_queries[Q_CREATE],
	    DB_ARGS(n->tenant_id, genjob_type_name(n->type), n->user_id,
		n->course_id, n->lesson_id, n->outline_lesson_id,
		n->component_id, n->sme_task_id, n->submission_id,
		n->parent_job_id,
		n->max_retries == 0 ? NULL : db_arg_int(a, n->max_retries),
		n->input));
	if (rows == NULL)
		return db_fault_code(db_fault(db));
	if (!db_next(rows))
		return CODE_ALREADY_EXISTS;
	memcpy(id, db_text(rows, 0), STR_UUID_LEN + 1);
	db_notify(db, genjob_channel(n->type), "");
	return CODE_OK;
}

void
genjob_tell(struct db *db, const char *tenant_id, const char *job_id)
{
	db_queue(db, &genjob_queries[Q_TELL], DB_ARGS(tenant_id, job_id));
}

enum code
genjob_parent_moved(struct db *db, const char *tenant_id, const char *parent_id)
{
	struct db_rows *rows;

	db_queue(db, &genjob_queries[Q_PARENT_LOCK],
	    DB_ARGS(tenant_id, parent_id));
	rows = db_run(db, &genjob_queries[Q_PARENT],
	    DB_ARGS(tenant_id, parent_id));
	if (rows == NULL)
		return db_fault_code(db_fault(db));
	if (db_next(rows) && db_bool(rows, 0))
		db_notify(db, genjob_channel(GENJOB_COURSE), "");
	return CODE_OK;
}

enum code
genjob_cancel(struct db *db, struct arena *a, const char *tenant_id,
    const char *job_id)
{
	struct db_rows *family, *rows;
	const char *parent = NULL, *task = NULL;
	enum code code = CODE_OK;

	(void)a; /* rows live where the handle's do */
	family =
	    db_run(db, &genjob_queries[Q_FAMILY], DB_ARGS(tenant_id, job_id));
	if (family == NULL)
		return db_fault_code(db_fault(db));
	if (db_count(family) == 0)
		return CODE_NOT_FOUND;
	while (db_next(family)) { /* the job itself comes last */
		parent = db_text_null(family, 0);
		task = db_text_null(family, 1);
	}
	rows =
	    db_run(db, &genjob_queries[Q_CANCEL], DB_ARGS(tenant_id, job_id));
	if (rows == NULL)
		return db_fault_code(db_fault(db));
	if (db_count(rows) == 0)
		return CODE_FAILED_PRECONDITION;
	if (parent != NULL)
		code = genjob_parent_moved(db, tenant_id, parent);
	if (code == CODE_OK && task != NULL)
		code = ingest_settle(db, tenant_id, task);
	if (code == CODE_OK)
		genjob_tell(db, tenant_id, job_id);
	return code;
}

enum code
genjob_cancel_found(struct req *r, struct db_rows *ids)
{
	enum code code;

	if (ids == NULL)
		return req_fail_db(r);
	while (db_next(ids)) {
		code = genjob_cancel(r->db, r->mem, r->who.tenant_id,
		    db_text(ids, 0));
		if (code != CODE_OK && code != CODE_NOT_FOUND &&
		    code != CODE_FAILED_PRECONDITION)
			return req_fail_db(r);
	}
	return CODE_OK;
}

/*
 * Sources and tasks as rows: reading them into messages, loading one that the
 * caller sees, and telling a person about a task. Changes nothing itself but
 * for the notices.
 */
#include "service/sme.h"

#include <string.h>

#include "service/field.h"
#include "service/genjob.h"
#include "service/notice.h"

enum query {
	Q_GET,
	Q_LOCK,
	Q_TASK,
	Q_TASK_LOCK,
	Q_TASK_LOCKED,
	Q_DISTILLING,
	Q_DISTILLED,
	Q__MAX
};

extern const struct db_query sme_row_queries[];

#define TASK_AT                                                            \
	SME_TASK_COLUMNS ", s.name, s.status,"                             \
			 " t.assigned_by_user_id = $2::uuid,"              \
			 " t.assigned_to_user_id = $2::uuid" SME_TASK_FROM \
			 " WHERE t.tenant_id = $1::uuid AND t.id"          \
			 " = $6::uuid AND " SME_TASK_SEES("t", "s")

const struct db_query sme_row_queries[] = {
	[Q_GET] = {
	    .name = "sme_row_get",
	    .nargs = 5, /* viewer, id */
	    .sql = "SELECT " SME_COLUMNS ", " SME_SEES("s")
		   " FROM subject_matter_experts s"
		   " WHERE s.tenant_id = $1::uuid AND s.id = $5::uuid",
	},
	[Q_LOCK] = {
	    .name = "sme_row_lock",
	    .nargs = 2, /* tenant, id */
	    .sql = "SELECT 1 FROM subject_matter_experts"
		   " WHERE tenant_id = $1::uuid AND id = $2::uuid"
		   " FOR NO KEY UPDATE",
	},
	[Q_TASK] = {
	    .name = "sme_row_task",
	    .nargs = 6, /* viewer of tasks, id */
	    .sql = "SELECT " TASK_AT,
	},
	[Q_TASK_LOCK] = {
	    .name = "sme_row_task_lock",
	    .nargs = 2, /* tenant, task */
	    .sql = "SELECT 1 FROM subject_matter_experts s"
		   " WHERE s.tenant_id = $1::uuid AND s.id = (SELECT t.sme_id"
		   " FROM sme_tasks t WHERE t.tenant_id = $1::uuid"
		   " AND t.id = $2::uuid) FOR NO KEY UPDATE",
	},
	[Q_TASK_LOCKED] = {
	    .name = "sme_row_task_locked",
	    .nargs = 6, /* viewer of tasks, id */
	    .sql = "SELECT " TASK_AT " FOR NO KEY UPDATE OF t",
	},
	[Q_DISTILLING] = {
	    .name = "sme_row_distilling",
	    .nargs = 2, /* tenant, source */
	    .sql = "SELECT j.id FROM generation_jobs j JOIN sme_tasks t"
		   " ON t.tenant_id = j.tenant_id AND t.id = j.sme_task_id"
		   " WHERE j.tenant_id = $1::uuid AND t.sme_id = $2::uuid"
		   " AND j.type = 'sme_ingestion' AND t.status = 'processing'"
		   " AND j.status IN ('queued', 'processing') ORDER BY j.id",
	},
	[Q_DISTILLED] = {
	    .name = "sme_row_distilled",
	    .nargs = 2, /* tenant, source */
	    .sql = "WITH s AS (UPDATE subject_matter_experts SET"
		   " status = 'active', updated_at = now()"
		   " WHERE tenant_id = $1::uuid AND id = $2::uuid"
		   " AND status = 'ingesting' RETURNING id)"
		   " UPDATE sme_tasks t SET status = 'completed',"
		   " completed_at = COALESCE(t.completed_at, now()),"
		   " updated_at = now() FROM s WHERE t.tenant_id = $1::uuid"
		   " AND t.sme_id = s.id AND t.status = 'processing'",
	},
	[Q__MAX] = { 0 },
};

/* --- texts and numbers ----------------------------------------------------- */

static const char *const scopes[] = {
	[PB_SME_SCOPE_GLOBAL] = "global",
	[PB_SME_SCOPE_TEAM] = "team",
};

static const char *const statuses[] = {
	[PB_SME_STATUS_DRAFT] = "draft",
	[PB_SME_STATUS_INGESTING] = "ingesting",
	[PB_SME_STATUS_ACTIVE] = "active",
	[PB_SME_STATUS_ARCHIVED] = "archived",
};

static const char *const task_statuses[] = {
	[PB_SME_TASK_STATUS_PENDING] = "pending",
	[PB_SME_TASK_STATUS_SUBMITTED] = "submitted",
	[PB_SME_TASK_STATUS_PROCESSING] = "processing",
	[PB_SME_TASK_STATUS_COMPLETED] = "completed",
	[PB_SME_TASK_STATUS_FAILED] = "failed",
	[PB_SME_TASK_STATUS_CANCELLED] = "cancelled",
	[PB_SME_TASK_STATUS_AWAITING_REVIEW] = "awaiting_review",
	[PB_SME_TASK_STATUS_CHANGES_REQUESTED] = "changes_requested",
};

static const char *const content_types[] = {
	[PB_CONTENT_TYPE_DOCUMENT] = "document",
	[PB_CONTENT_TYPE_IMAGE] = "image",
	[PB_CONTENT_TYPE_VIDEO] = "video",
	[PB_CONTENT_TYPE_AUDIO] = "audio",
	[PB_CONTENT_TYPE_URL] = "url",
	[PB_CONTENT_TYPE_TEXT] = "text",
};

static int
wire(const char *const *names, size_t n, const char *stored)
{
	size_t i;

	for (i = 1; i < n; i++)
		if (str_eq(names[i], stored))
			return (int)i;
	return 0;
}

static const char *
stored(const char *const *names, size_t n, int value)
{
	return value > 0 && (size_t)value < n ? names[value] : NULL;
}

int
sme_scope_wire(const char *s)
{
	return wire(scopes, NITEMS(scopes), s);
}

const char *
sme_scope_stored(int value)
{
	return stored(scopes, NITEMS(scopes), value);
}

int
sme_status_wire(const char *s)
{
	return wire(statuses, NITEMS(statuses), s);
}

const char *
sme_status_stored(int value)
{
	return stored(statuses, NITEMS(statuses), value);
}

int
sme_task_status_wire(const char *s)
{
	return wire(task_statuses, NITEMS(task_statuses), s);
}

const char *
sme_task_status_stored(int value)
{
	return stored(task_statuses, NITEMS(task_statuses), value);
}

int
sme_content_type_wire(const char *s)
{
	return wire(content_types, NITEMS(content_types), s);
}

const char *
sme_content_type_stored(int value)
{
	return stored(content_types, NITEMS(content_types), value);
}

const char *
sme_is_admin(const struct req *r)
{
	return r->who.role == ROLE_ADMIN ? "true" : "false";
}

const char *
sme_is_manager(const struct req *r)
{
	return r->who.role >= ROLE_INSTRUCTOR ? "true" : "false";
}

/* --- rows ------------------------------------------------------------------ */

void
sme_read(struct req *r, const struct db_rows *rows, unsigned col,
    struct pb_subject_matter_expert *out)
{
	out->id = db_text(rows, col);
	out->tenant_id = db_text(rows, col + 1);
	out->company_id = db_text(rows, col + 2);
	out->name = db_text(rows, col + 3);
	out->description = db_text(rows, col + 4);
	out->domain = db_text(rows, col + 5);
	out->scope = sme_scope_wire(db_text(rows, col + 6));
	out->status = sme_status_wire(db_text(rows, col + 7));
	out->knowledge_summary = db_text_null(rows, col + 8);
	out->knowledge_content_path = db_text_null(rows, col + 9);
	out->created_by_user_id = db_text(rows, col + 10);
	out->created_at = pb_time(r->mem, db_time(rows, col + 11));
	out->updated_at = pb_time(r->mem, db_time(rows, col + 12));
	out->team_ids = db_array(rows, col + 13, &out->nteam_ids);
	out->chunk_count = (int32_t)db_int(rows, col + 14);
}

struct pb_timestamp *
sme_time_or_none(struct req *r, const struct db_rows *rows, unsigned col)
{
	return db_null(rows, col) ? NULL : pb_time(r->mem, db_time(rows, col));
}

void
sme_task_read(struct req *r, const struct db_rows *rows, unsigned col,
    struct pb_sme_task *out)
{
	out->id = db_text(rows, col);
	out->tenant_id = db_text(rows, col + 1);
	out->sme_id = db_text(rows, col + 2);
	out->title = db_text(rows, col + 3);
	out->description = db_text(rows, col + 4);
	out->expected_content_type =
	    sme_content_type_wire(db_text(rows, col + 5));
	out->assigned_to_user_id = db_text(rows, col + 6);
	out->assigned_by_user_id = db_text(rows, col + 7);
	out->team_id = db_text_null(rows, col + 8);
	out->status = sme_task_status_wire(db_text(rows, col + 9));
	out->due_date = sme_time_or_none(r, rows, col + 10);
	out->created_at = pb_time(r->mem, db_time(rows, col + 11));
	out->updated_at = pb_time(r->mem, db_time(rows, col + 12));
	out->completed_at = sme_time_or_none(r, rows, col + 13);
}

enum code
sme_none(struct req *r)
{
	return req_fail(r, CODE_NOT_FOUND, "expert not found");
}

enum code
sme_task_none(struct req *r)
{
	return req_fail(r, CODE_NOT_FOUND, "task not found");
}

enum code
sme_task_wrong_state(struct req *r, const char *text)
{
	return req_fail(r, CODE_INVALID_ARGUMENT, "%s", text);
}

enum code
sme_full(struct req *r, const char *reason, const char *field, int max,
    const char *what)
{
	(void)req_fail_quota(r, field,
	    "%s names one that has %d %s, the most there can be", field, max,
	    what);
	req_fail_because(r, reason);
	return CODE_RESOURCE_EXHAUSTED;
}

enum code
sme_load(struct req *r, const char *value, enum sme_hold hold,
    struct pb_subject_matter_expert **out)
{
	struct db_rows *rows;
	const char *id;
	enum code code;

	if ((code = field_uuid(r, "sme_id", value, &id)) != CODE_OK)
		return code;
	if (hold == SME_LOCK)
		db_queue(r->db, &sme_row_queries[Q_LOCK],
		    DB_ARGS(r->who.tenant_id, id));
	rows =
	    db_run(r->db, &sme_row_queries[Q_GET], DB_ARGS(SME_VIEWER(r), id));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return sme_none(r);
	if (!db_bool(rows, SME_NCOLUMNS))
		return req_fail_forbidden(r, "the expert is not open to you");
	*out = arena_zalloc(r->mem, sizeof(**out));
	sme_read(r, rows, 0, *out);
	return CODE_OK;
}

enum code
sme_task_load(struct req *r, const char *value, enum sme_hold hold,
    struct sme_task_at *out)
{
	struct db_rows *rows;
	const char *id;
	enum code code;

	if ((code = field_uuid(r, "task_id", value, &id)) != CODE_OK)
		return code;
	if (hold == SME_LOCK)
		db_queue(r->db, &sme_row_queries[Q_TASK_LOCK],
		    DB_ARGS(r->who.tenant_id, id));
	rows = db_run(r->db,
	    &sme_row_queries[hold == SME_LOCK ? Q_TASK_LOCKED : Q_TASK],
	    DB_ARGS(SME_TASK_VIEWER(r), id));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return sme_task_none(r);
	out->task = arena_zalloc(r->mem, sizeof(*out->task));
	sme_task_read(r, rows, 0, out->task);
	out->sme_name = db_text(rows, SME_TASK_NCOLUMNS);
	out->sme_status = sme_status_wire(db_text(rows, SME_TASK_NCOLUMNS + 1));
	out->is_assigner = db_bool(rows, SME_TASK_NCOLUMNS + 2);
	out->is_assignee = db_bool(rows, SME_TASK_NCOLUMNS + 3);
	return CODE_OK;
}

/* --- telling --------------------------------------------------------------- */

char *
sme_task_path(struct arena *a, const struct pb_sme_task *task)
{
	return arena_printf(a, "/smes?sme=%s&task=%s", task->sme_id, task->id);
}

enum code
sme_tell(struct req *r, const struct pb_sme_task *task,
    const struct sme_word *word, char id[STR_UUID_LEN + 1])
{
	char made[STR_UUID_LEN + 1];
	struct notice n = {
		.tenant_id = r->who.tenant_id,
		.user_id = word->user_id,
		.type = word->type,
		.title = word->title,
		.message = word->message,
		.task_id = task->id,
		.sme_id = task->sme_id,
		.action_url = sme_task_path(r->mem, task),
	};

	if (notice_create(r->db, r->mem, &n, made) != CODE_OK)
		return req_fail_db(r);
	if (id != NULL)
		memcpy(id, made, sizeof(made));
	return CODE_OK;
}

enum code
sme_tell_cancelled(struct req *r, const struct pb_sme_task *task)
{
	const struct sme_word word = {
		.user_id = task->assigned_to_user_id,
		.type = "task_assigned",
		.title =
		    arena_printf(r->mem, "Task cancelled: %s", task->title),
		.message = "Nothing more needs to be submitted for this task.",
	};

	return sme_tell(r, task, &word, NULL);
}

/* --- jobs ------------------------------------------------------------------ */

enum code
sme_stop_distilling(struct req *r, const char *sme_id)
{
	const char *tenant = r->who.tenant_id;
	struct db_rows *rows;
	enum code code;

	rows = db_run(r->db, &sme_row_queries[Q_DISTILLING],
	    DB_ARGS(tenant, sme_id));
	if (rows == NULL)
		return req_fail_db(r);
	if (db_count(rows) == 0)
		return CODE_OK;
	if ((code = genjob_cancel_found(r, rows)) != CODE_OK)
		return code;
	db_queue(r->db, &sme_row_queries[Q_DISTILLED], DB_ARGS(tenant, sme_id));
	return CODE_OK;
}

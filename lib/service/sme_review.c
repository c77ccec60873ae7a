/*
 * SMEService: what becomes of a submission. Approval and request for changes
 * hold source and task, so of two reviewers at once the second one finds a
 * task that does not wait any more. Nothing becomes knowledge but by approval.
 */
#include "mirai/v1/sme.rpc.h"

#include <string.h>

#include "ai/lang.h"
#include "base/utf8.h"
#include "service/ai_choice.h"
#include "service/field.h"
#include "service/genjob.h"
#include "service/sme_knowledge.h"
#include "service/sme_submission.h"

#define DISTIL_MIN 1500 /* characters; shorter texts are one chunk already */

enum query {
	Q_APPROVE,
	Q_CHUNK,
	Q_TASK,
	Q_SME,
	Q_CHANGES,
	Q_TASK_CHANGES,
	Q_JOBS,
	Q__MAX
};

extern const struct db_query sme_review_queries[];

const struct db_query sme_review_queries[] = {
	[Q_APPROVE] = {
	    .name = "sme_review_approve",
	    .nargs = 4, /* tenant, submission, user, content */
	    .sql = "UPDATE sme_task_submissions b SET approved_content = $4,"
		   " is_approved = true, approved_at = now(),"
		   " approved_by_user_id = $3::uuid"
		   " WHERE b.tenant_id = $1::uuid AND b.id = $2::uuid"
		   " RETURNING " SME_SUBMISSION_COLUMNS,
	},
	[Q_CHUNK] = {
	    .name = "sme_review_chunk",
	    /* tenant, source, submission, content, topic, lang */
	    .nargs = 6,
	    .sql = "INSERT INTO sme_knowledge_chunks AS k (tenant_id, sme_id,"
		   " submission_id, content, topic, relevance_score, lang)"
		   " VALUES ($1::uuid, $2::uuid, $3::uuid, $4, $5,"
		   " " SME_CHUNK_SCORE ", $6) RETURNING " SME_CHUNK_COLUMNS,
	},
	[Q_TASK] = {
	    .name = "sme_review_task",
	    .nargs = 3, /* tenant, task, whether distilled later */
	    .sql = "UPDATE sme_tasks SET updated_at = now(),"
		   " status = CASE WHEN $3::boolean THEN 'processing'"
		   " ELSE 'completed' END::sme_task_status,"
		   " completed_at = CASE WHEN $3::boolean THEN NULL"
		   " ELSE now() END"
		   " WHERE tenant_id = $1::uuid AND id = $2::uuid",
	},
	[Q_SME] = {
	    .name = "sme_review_sme",
	    .nargs = 3, /* tenant, source, whether distilled later */
	    .sql = "UPDATE subject_matter_experts SET updated_at = now(),"
		   " status = CASE WHEN status = 'archived' THEN status"
		   " WHEN $3::boolean THEN 'ingesting' WHEN status = 'draft'"
		   " THEN 'active' ELSE status END"
		   " WHERE tenant_id = $1::uuid AND id = $2::uuid",
	},
	[Q_CHANGES] = {
	    .name = "sme_review_changes",
	    .nargs = 3, /* tenant, submission, feedback */
	    .sql = "UPDATE sme_task_submissions b SET reviewer_notes = $3"
		   " WHERE b.tenant_id = $1::uuid AND b.id = $2::uuid"
		   " RETURNING " SME_SUBMISSION_COLUMNS,
	},
	[Q_TASK_CHANGES] = {
	    .name = "sme_review_task_changes",
	    .nargs = 2, /* tenant, task */
	    .sql = "UPDATE sme_tasks SET status = 'changes_requested',"
		   " updated_at = now()"
		   " WHERE tenant_id = $1::uuid AND id = $2::uuid",
	},
	/* Extractions that nobody needs any more. */
	[Q_JOBS] = {
	    .name = "sme_review_jobs",
	    .nargs = 2, /* tenant, submission */
	    .sql = "SELECT id FROM generation_jobs WHERE tenant_id = $1::uuid"
		   " AND submission_id = $2::uuid"
		   " AND type = 'sme_ingestion'"
		   " AND status IN ('queued', 'processing') ORDER BY id",
	},
	[Q__MAX] = { 0 },
};

/* A submission whose task waits for the caller's review; both are held. */
struct review {
	struct pb_sme_task_submission *submission;
	struct sme_task_at at;
};

static enum code
open_review(struct req *r, const char *id, struct review *v)
{
	enum code code;

	code = sme_submission_load(r, id, SME_LOCK, &v->submission, &v->at);
	if (code != CODE_OK)
		return code;
	if (!v->at.is_assigner && r->who.role != ROLE_ADMIN)
		return req_fail_forbidden(r,
		    "only who assigned the task reviews what was handed in");
	if (v->submission->is_approved)
		return sme_task_wrong_state(r,
		    "the submission was approved already");
	if (v->at.task->status != PB_SME_TASK_STATUS_AWAITING_REVIEW)
		return sme_task_wrong_state(r,
		    "the task does not wait for a review");
	return CODE_OK;
}

/* --- approval ------------------------------------------------------------------ */

static enum code
check_content(struct req *r, const char *value, const char **out)
{
	enum code code;

	if (value != NULL && strlen(value) > SME_TEXT_MAX)
		return req_fail_quota(r, "approved_content",
		    "approved_content: must be at most 1 MiB");
	code = field_text(r, "approved_content", value, SME_TEXT_MAX, out);
	if (code == CODE_OK && **out == '\0')
		return req_fail_missing(r, "approved_content",
		    "must not be empty");
	return code;
}

static enum code
approve(struct req *r, const struct review *v, const char *content,
    struct pb_approve_submission_response *out)
{
	struct db_rows *rows;

	rows = db_run(r->db, &sme_review_queries[Q_APPROVE],
	    DB_ARGS(r->who.tenant_id, v->submission->id, r->who.user_id,
		content));
	if (rows == NULL || !db_next(rows))
		return req_fail_db(r);
	out->submission = arena_zalloc(r->mem, sizeof(*out->submission));
	sme_submission_read(r, rows, 0, out->submission);
	return CODE_OK;
}

/* The whole text as one chunk, under the task's title. */
static enum code
make_chunk(struct req *r, const struct review *v, const char *content,
    struct pb_approve_submission_response *out)
{
	const char *title = v->at.task->title;
	struct db_rows *rows;

	rows = db_run(r->db, &sme_review_queries[Q_CHUNK],
	    DB_ARGS(r->who.tenant_id, v->at.task->sme_id, v->submission->id,
		content,
		arena_strndup(r->mem, title,
		    utf8_prefix(title, SME_CHUNK_TOPIC_MAX)),
		lang_detect(content, strlen(content))));
	if (rows == NULL || !db_next(rows))
		return req_fail_db(r);
	out->created_chunks =
	    arena_zalloc(r->mem, sizeof(*out->created_chunks));
	out->ncreated_chunks = 1;
	sme_chunk_read(r, rows, 0, out->created_chunks);
	return CODE_OK;
}

/*
 * What still extracts text for a review that is over now. First of all that is
 * written: who stores a text holds its job before the submission.
 */
static enum code
cancel_extraction(struct req *r, const char *submission_id)
{
	return genjob_cancel_found(r,
	    db_run(r->db, &sme_review_queries[Q_JOBS],
		DB_ARGS(r->who.tenant_id, submission_id)));
}

/* Queues the distillation where somebody can do it and it is worth it. */
static enum code
distil_later(struct req *r, const struct review *v, const char *content,
    bool *later)
{
	char job[STR_UUID_LEN + 1];
	struct genjob_new n = {
		.type = GENJOB_INGESTION,
		.tenant_id = r->who.tenant_id,
		.user_id = r->who.user_id,
		.sme_task_id = v->at.task->id,
		.submission_id = v->submission->id,
	};
	struct ai_state ai;
	enum code code;

	*later = false;
	if (utf8_count(content) <= DISTIL_MIN ||
	    v->at.sme_status == PB_SME_STATUS_ARCHIVED)
		return CODE_OK;
	if ((code = ai_choice_state(r, &ai)) != CODE_OK)
		return code;
	if (ai.provider == NULL || ai.limit_reached)
		return CODE_OK;
	if ((code = genjob_need_room(r, 1)) != CODE_OK)
		return code;
	if (genjob_create(r->db, r->mem, &n, job) != CODE_OK)
		return req_fail_db(r);
	*later = true;
	return CODE_OK;
}

static enum code
tell_approved(struct req *r, const struct review *v)
{
	const struct sme_word word = {
		.user_id = v->submission->submitted_by_user_id,
		.type = "submission_approved",
		.title =
		    arena_printf(r->mem, "Approved: %s", v->at.task->title),
		.message = arena_printf(r->mem,
		    "Your content for “%s” was approved and is part of the"
		    " knowledge of %s now.",
		    v->at.task->title, v->at.sme_name),
	};

	return sme_tell(r, v->at.task, &word, NULL);
}

enum code
sme_approve_submission(struct req *r,
    const struct pb_approve_submission_request *in,
    struct pb_approve_submission_response *out)
{
	const char *content = "", *flag;
	struct review v = { 0 };
	bool later;
	enum code code;

	if ((code = open_review(r, in->submission_id, &v)) != CODE_OK ||
	    (code = check_content(r, in->approved_content, &content)) !=
		CODE_OK ||
	    (code = cancel_extraction(r, v.submission->id)) != CODE_OK ||
	    (code = approve(r, &v, content, out)) != CODE_OK ||
	    (code = make_chunk(r, &v, content, out)) != CODE_OK ||
	    (code = distil_later(r, &v, content, &later)) != CODE_OK)
		return code;
	flag = later ? "true" : "false";
	db_queue(r->db, &sme_review_queries[Q_TASK],
	    DB_ARGS(r->who.tenant_id, v.at.task->id, flag));
	db_queue(r->db, &sme_review_queries[Q_SME],
	    DB_ARGS(r->who.tenant_id, v.at.task->sme_id, flag));
	if (sme_summary_write(r, v.at.task->sme_id) != CODE_OK)
		return req_fail_db(r);
	return tell_approved(r, &v);
}

/* --- changes --------------------------------------------------------------------- */

static enum code
check_feedback(struct req *r, const char *value, const char **out)
{
	enum code code;

	code = field_text(r, "feedback", value, SME_FEEDBACK_MAX, out);
	if (code == CODE_OK && **out == '\0')
		return req_fail_missing(r, "feedback", "must not be empty");
	return code;
}

static enum code
tell_changes(struct req *r, const struct review *v, const char *feedback)
{
	const struct sme_word word = {
		.user_id = v->submission->submitted_by_user_id,
		.type = "changes_requested",
		.title = arena_printf(r->mem, "Changes requested: %s",
		    v->at.task->title),
		.message = feedback,
	};

	return sme_tell(r, v->at.task, &word, NULL);
}

enum code
sme_request_submission_changes(struct req *r,
    const struct pb_request_submission_changes_request *in,
    struct pb_request_submission_changes_response *out)
{
	struct review v = { 0 };
	const char *feedback;
	struct db_rows *rows;
	enum code code;

	if ((code = open_review(r, in->submission_id, &v)) != CODE_OK ||
	    (code = check_feedback(r, in->feedback, &feedback)) != CODE_OK)
		return code;
	rows = db_run(r->db, &sme_review_queries[Q_CHANGES],
	    DB_ARGS(r->who.tenant_id, v.submission->id, feedback));
	if (rows == NULL || !db_next(rows))
		return req_fail_db(r);
	out->submission = arena_zalloc(r->mem, sizeof(*out->submission));
	sme_submission_read(r, rows, 0, out->submission);
	db_queue(r->db, &sme_review_queries[Q_TASK_CHANGES],
	    DB_ARGS(r->who.tenant_id, v.at.task->id));
	return tell_changes(r, &v, feedback);
}

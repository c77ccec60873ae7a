/*
 * Ingestion jobs. Everything a job leads to is written in the one transaction
 * that finishes it, so a retry never doubles a chunk; only that a scanner saw a
 * file is noted at once. A file that was not found clean is never read.
 */
#include "service/ingest.h"

#include "service/ai_choice.h"
#include "service/ingest_job.h"
#include "service/sme_submission.h"

enum query {
	Q_LOAD,
	Q_SETTLE,
	Q_ERROR,
	Q__MAX
};

extern const struct db_query ingest_queries[];

const struct db_query ingest_queries[] = {
	[Q_LOAD] = {
	    .name = "ingest_load",
	    .nargs = 2, /* tenant, submission */
	    .sql = "SELECT b.id, b.task_id, b.file_name, b.file_path,"
		   " b.content_type, b.file_size_bytes, b.approved_content,"
		   " b.is_approved, t.sme_id, t.title, t.assigned_by_user_id,"
		   " s.name, s.domain"
		   " FROM sme_task_submissions b JOIN sme_tasks t"
		   " ON t.tenant_id = b.tenant_id AND t.id = b.task_id"
		   " JOIN subject_matter_experts s"
		   " ON s.tenant_id = t.tenant_id AND s.id = t.sme_id"
		   " WHERE b.tenant_id = $1::uuid AND b.id = $2::uuid",
	},
	[Q_SETTLE] = {
	    .name = "ingest_settle",
	    .nargs = 2, /* tenant, task */
	    .sql = "WITH s AS (SELECT id FROM subject_matter_experts"
		   " WHERE tenant_id = $1::uuid AND id = (SELECT sme_id"
		   " FROM sme_tasks WHERE tenant_id = $1::uuid"
		   " AND id = $2::uuid) FOR NO KEY UPDATE),"
		   " t AS (UPDATE sme_tasks t SET status = 'completed',"
		   " completed_at = now(), updated_at = now() FROM s"
		   " WHERE t.tenant_id = $1::uuid AND t.id = $2::uuid"
		   " AND t.sme_id = s.id AND t.status = 'processing'"
		   " RETURNING t.sme_id)"
		   " UPDATE subject_matter_experts e SET status = 'active',"
		   " updated_at = now() FROM t WHERE e.tenant_id = $1::uuid"
		   " AND e.id = t.sme_id AND e.status = 'ingesting'"
		   " AND NOT EXISTS (SELECT 1 FROM sme_tasks o"
		   " WHERE o.tenant_id = $1::uuid AND o.sme_id = e.id"
		   " AND o.id <> $2::uuid AND o.status = 'processing')",
	},
	[Q_ERROR] = {
	    .name = "ingest_error",
	    .nargs = 3, /* tenant, submission, message */
	    .sql = "UPDATE sme_task_submissions SET ingestion_error = $3"
		   " WHERE tenant_id = $1::uuid AND id = $2::uuid",
	},
	[Q__MAX] = { 0 },
};

/* The rest of it, in the open transaction. CODE_NOT_FOUND: it is gone. */
static enum code
load(struct ingest *g)
{
	struct db_rows *rows;

	rows = db_run(g->r->db, &ingest_queries[Q_LOAD],
	    DB_ARGS(g->tenant_id, g->run->job->submission_id));
	if (rows == NULL)
		return db_fault_code(db_fault(g->r->db));
	if (!db_next(rows))
		return CODE_NOT_FOUND;
	g->submission_id = db_text(rows, 0);
	g->task_id = db_text(rows, 1);
	g->file.name = db_text(rows, 2);
	g->file.key = db_text(rows, 3);
	g->file.content_type = sme_content_type_wire(db_text(rows, 4));
	g->file.size = db_int(rows, 5);
	g->approved = db_bool(rows, 7) ? db_text(rows, 6) : NULL;
	g->sme_id = db_text(rows, 8);
	g->title = db_text(rows, 9);
	g->assigner_id = db_text(rows, 10);
	g->sme_name = db_text(rows, 11);
	g->domain = db_text(rows, 12);
	return CODE_OK;
}

static void
begin(struct ingest *g, struct genjob_run *run)
{
	*g = (struct ingest){
		.run = run,
		.r = run->r,
		.tenant_id = run->job->tenant_id,
	};
	g->file.run = run;
	g->file.submission_id = run->job->submission_id;
}

static enum genjob_end
load_alone(struct ingest *g)
{
	struct db_scope scope = {
		.tenant_id = g->tenant_id,
		.user_id = g->run->job->user_id,
	};
	enum code code;

	if (g->run->job->submission_id == NULL)
		return genjob_fail(g->run, "nothing was handed in");
	db_begin(g->r->db, DB_TX_READ, &scope);
	code = load(g);
	if (db_end(g->r->db, code) == CODE_OK)
		return GENJOB_DONE;
	return code == CODE_NOT_FOUND
	    ? genjob_fail(g->run, "the submission was deleted")
	    : genjob_again(g->run, "the database did not answer");
}

enum genjob_end
ingest_ended(struct ingest *g, enum code code)
{
	if (code == CODE_OK)
		return GENJOB_DONE;
	if (code == CODE_ABORTED || code == CODE_NOT_FOUND)
		return GENJOB_GONE;
	return genjob_again(g->run,
	    "storage or database did not answer when the result was stored");
}

enum genjob_end
ingest_run(struct genjob_run *run)
{
	struct ingest g;
	enum genjob_end end;

	begin(&g, run);
	if ((end = load_alone(&g)) != GENJOB_DONE)
		return end;
	return g.approved != NULL ? ingest_distil(&g) : ingest_extract(&g);
}

enum code
ingest_settle(struct db *db, const char *tenant_id, const char *task_id)
{
	struct db_rows *rows;

	rows =
	    db_run(db, &ingest_queries[Q_SETTLE], DB_ARGS(tenant_id, task_id));
	return rows == NULL ? db_fault_code(db_fault(db)) : CODE_OK;
}

static enum code
tell_failed(struct ingest *g)
{
	const struct ingest_news n = {
		.user_id = g->run->job->user_id,
		.type = "ingestion_failed",
		.priority = "high",
		.title =
		    arena_printf(g->r->mem, "Could not be read: %s", g->title),
		.message = arena_printf(g->r->mem,
		    "What was handed in for “%s” (%s): %s.", g->title,
		    g->sme_name, g->run->message),
		.mail = "ingestion_failed",
		.error = g->run->message,
	};

	return ingest_tell(g, &n);
}

enum code
ingest_failed(struct genjob_run *run)
{
	struct ingest g;
	struct db_rows *rows;
	enum code code;

	if (run->job->submission_id == NULL)
		return CODE_OK;
	begin(&g, run);
	if (run->message == NULL)
		run->message = "it did not work";
	if ((code = load(&g)) != CODE_OK)
		return code == CODE_NOT_FOUND ? CODE_OK : code;
	rows = db_run(g.r->db, &ingest_queries[Q_ERROR],
	    DB_ARGS(g.tenant_id, g.submission_id, run->message));
	if (rows == NULL)
		return db_fault_code(db_fault(g.r->db));
	code = ingest_settle(g.r->db, g.tenant_id, g.task_id);
	return code == CODE_OK ? tell_failed(&g) : code;
}

int
ingest_check(const struct conf *conf)
{
	if (ai_choice_check(conf) == -1)
		return -1;
	return ingest_file_check(conf);
}

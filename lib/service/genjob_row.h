/*
 * What the files of the job engine share: names of types, a job's row, the
 * parent of a child, and the word to open streams.
 */
#ifndef MIRAI_SERVICE_GENJOB_ROW_H
#define MIRAI_SERVICE_GENJOB_ROW_H

#include "service/genjob.h"

/* Attempts that a parent has at its own work, where max_retries is less. */
#define GENJOB_PARENT_RETRIES "3"

/* Attempts after the first; columns of alias g. */
#define GENJOB_LIMIT                                       \
	"(CASE WHEN g.type = 'full_course' THEN GREATEST(" \
	"g.max_retries, " GENJOB_PARENT_RETRIES ") ELSE g.max_retries END)"

/* What genjob_row_read() expects. */
#define GENJOB_COLUMNS                                                      \
	"g.id, g.tenant_id, g.type, g.created_by_user_id, g.course_id,"     \
	" g.lesson_id, g.outline_lesson_id, g.component_id, g.sme_task_id," \
	" g.submission_id, g.parent_job_id, g.input, g.claim_token,"        \
	" g.retry_count, " GENJOB_LIMIT
#define GENJOB_NCOLUMNS 15

/* Borrows the strings of the current row. */
void genjob_row_read(const struct db_rows *rows, struct genjob *out);

/* The channel of the worker that does jobs of a type. */
const char *genjob_channel(enum genjob_type type);

/*
 * Queues an event for the creator's open streams in the open transaction,
 * which has just written the job; that of a child tells of its parent.
 */
void genjob_tell(struct db *db, const char *tenant_id, const char *job_id);

/*
 * In the transaction in which a child ended: its parent's progress and tokens,
 * and a word to the workers when it was the last one. After the child's row,
 * which is locked first everywhere.
 */
enum code genjob_parent_moved(struct db *db, const char *tenant_id,
    const char *parent_id) MUST_CHECK;

#endif

/*
 * What the files of AIGenerationService share (spec content.md 3): jobs,
 * outlines and lessons as messages, and the gates that several methods pass.
 * All of it works in the caller's open transaction and fails the request.
 */
#ifndef MIRAI_SERVICE_AI_GENERATION_H
#define MIRAI_SERVICE_AI_GENERATION_H

#include "db/db.h"
#include "mirai/v1/ai_generation.pb.h"
#include "rpc/req.h"

/* --- jobs (ai_generation_job.c) ---------------------------------------------- */

/*
 * Jobs j with their course c, its folder f and, of a full-course job, the
 * numbers n of its children; columns of ai_generation_read_job().
 */
#define AI_GENERATION_JOB_COLUMNS                                        \
	"j.id, j.tenant_id, j.type, j.status, j.course_id, j.lesson_id," \
	" j.sme_task_id, j.submission_id, j.progress_percent,"           \
	" j.progress_message, j.result_path, j.error_message,"           \
	" j.tokens_used, j.retry_count, j.max_retries,"                  \
	" j.created_by_user_id, j.created_at, j.started_at,"             \
	" j.completed_at, j.parent_job_id, j.outline_lesson_id,"         \
	" j.component_id, c.title, n.total, n.ended, n.failed"
#define AI_GENERATION_JOB_JOINS                                        \
	" LEFT JOIN courses c ON c.tenant_id = j.tenant_id"            \
	" AND c.id = j.course_id LEFT JOIN folders f"                  \
	" ON f.tenant_id = c.tenant_id AND f.id = c.folder_id"         \
	" LEFT JOIN LATERAL (SELECT count(*) AS total,"                \
	" count(*) FILTER (WHERE k.status IN ('completed', 'failed',"  \
	" 'cancelled')) AS ended,"                                     \
	" count(*) FILTER (WHERE k.status = 'failed') AS failed"       \
	" FROM generation_jobs k WHERE j.type = 'full_course'"         \
	" AND k.tenant_id = j.tenant_id AND k.parent_job_id = j.id) n" \
	" ON true"

/* The current row as a message; texts are borrowed from it. */
void ai_generation_read_job(struct req *r, const struct db_rows *rows,
    struct pb_generation_job *out);

/*
 * A job that was just made or changed, as the answer has it. No check of who
 * asks: the caller has made it.
 */
enum code ai_generation_load_job(struct req *r, const char *id,
    struct pb_generation_job **out) MUST_CHECK;

/* --- gates (ai_generation.c) ------------------------------------------------- */

/* The course, which the caller sees; or it is not found. */
enum code ai_generation_see_course(struct req *r, const char *id) MUST_CHECK;

/*
 * The same, and its row is held until the transaction ends: whoever changes
 * outlines or makes jobs of one course comes after another.
 */
enum code ai_generation_lock_course(struct req *r, const char *id) MUST_CHECK;

/*
 * May the caller's company generate now: it has paid, a provider can be
 * asked, this month's tokens are not used up, and njobs more may wait.
 */
enum code ai_generation_may_generate(struct req *r, size_t njobs) MUST_CHECK;

/*
 * Makes a job in the caller's name; tenant and user are filled in. Fails with
 * ALREADY_EXISTS and the text busy when an active job does it already.
 */
struct genjob_new;
enum code ai_generation_queue(struct req *r, struct genjob_new *job,
    const char *busy, char id[STR_UUID_LEN + 1]) MUST_CHECK;

/* --- outlines (ai_generation_outline.c) -------------------------------------- */

enum code ai_generation_no_outline(struct req *r);

/* Under review: may be edited and judged. */
bool ai_generation_is_open(const struct pb_course_outline *o);

/*
 * Columns of an outline o, for ai_generation_read_outline(): its row without
 * sections.
 */
#define AI_GENERATION_OUTLINE_COLUMNS                                  \
	"o.id, o.course_id, o.version, o.revision, o.approval_status," \
	" o.rejection_reason, o.generated_at, o.approved_at,"          \
	" o.approved_by_user_id"
#define AI_GENERATION_OUTLINE_NCOLUMNS 9
void ai_generation_read_outline(struct req *r, const struct db_rows *rows,
    struct pb_course_outline *out);

/* Reads sections and lessons of o in their order. */
enum code ai_generation_load_tree(struct req *r,
    struct pb_course_outline *o) MUST_CHECK;

/*
 * The outline of that id and course, without its tree, held until the
 * transaction ends; the course is locked before. *latest: no newer version.
 */
enum code ai_generation_lock_outline(struct req *r, const char *course_id,
    const char *outline_id, struct pb_course_outline *o,
    bool *latest) MUST_CHECK;

/*
 * Where the latest outline of a locked course stands: its id, NULL without
 * any, and whether it is approved.
 */
enum code ai_generation_latest_outline(struct req *r, const char *course_id,
    const char **id, bool *approved) MUST_CHECK;

/* --- lessons (ai_generation_lesson.c) ---------------------------------------- */

/* Columns of a component k, for ai_generation_read_component(). */
#define AI_GENERATION_COMPONENT_COLUMNS                                      \
	"k.id, k.type, k.position, k.content_json, k.sme_chunk_ids::text[]," \
	" k.learning_objective_ids, k.version"
void ai_generation_read_component(struct req *r, const struct db_rows *rows,
    unsigned col, struct pb_lesson_component *out);

#endif

/*
 * What the files of SMEService share: who sees a source of knowledge and its
 * tasks (spec content.md 4.1), reading their rows, and the failures they have
 * in common.
 */
#ifndef MIRAI_SERVICE_SME_H
#define MIRAI_SERVICE_SME_H

#include "db/db.h"
#include "mirai/v1/sme.pb.h"
#include "rpc/req.h"

#define SME_NAME_MAX	    255
#define SME_DESCRIPTION_MAX 5000
#define SME_TASK_TITLE_MAX  500

/* How many there may be (mirai-rpc(7) has these, too). */
#define SME_TASKS_MAX	    1000 /* of a source, whatever became of them */
#define SME_SUBMISSIONS_MAX 100	 /* of a task */

/*
 * The first four arguments of every query about what a caller sees: tenant,
 * user, whether an administrator, company ("" becomes NULL).
 */
#define SME_VIEWER(r)                                          \
	(r)->who.tenant_id, (r)->who.user_id, sme_is_admin(r), \
	    (r)->who.company_id[0] == '\0' ? NULL : (r)->who.company_id

/* The first five of every query about tasks: also, whether an editor. */
#define SME_TASK_VIEWER(r) SME_VIEWER(r), sme_is_manager(r)

/*
 * Whether the caller sees source s: administrators all of the tenant; others
 * those of their company that are open to all or to one of their teams, and
 * that of a task of their own. s.tenant_id = $1::uuid is the caller's to say.
 */
#define SME_SEES(s)                                                         \
	"($3::boolean OR (" s ".company_id = $4::uuid AND (" s              \
	".scope = 'global' OR EXISTS (SELECT 1 FROM sme_team_access a"      \
	" JOIN team_members m ON m.tenant_id = a.tenant_id"                 \
	" AND m.team_id = a.team_id WHERE a.tenant_id = $1::uuid"           \
	" AND a.sme_id = " s ".id AND m.user_id = $2::uuid)))"              \
	" OR EXISTS (SELECT 1 FROM sme_tasks own WHERE own.tenant_id ="     \
	" $1::uuid AND own.sme_id = " s ".id AND own.assigned_to_user_id =" \
	" $2::uuid))"

/*
 * Whether the caller sees task t of source s: who gave it, who has it, and
 * editors who see the source ($5: SME_TASK_VIEWER).
 */
#define SME_TASK_SEES(t, s)                                              \
	"(" t ".assigned_to_user_id = $2::uuid OR " t                    \
	".assigned_by_user_id = $2::uuid OR ($5::boolean AND " SME_SEES( \
	    s) "))"

/* The tasks t with their source s. */
#define SME_TASK_FROM                                     \
	" FROM sme_tasks t JOIN subject_matter_experts s" \
	" ON s.tenant_id = t.tenant_id AND s.id = t.sme_id"

/* Columns of sme_read(), from alias s. */
#define SME_COLUMNS                                                          \
	"s.id, s.tenant_id, s.company_id, s.name, s.description, s.domain,"  \
	" s.scope, s.status, s.knowledge_summary,"                           \
	" s.knowledge_content_path, s.created_by_user_id, s.created_at,"     \
	" s.updated_at, ARRAY(SELECT a.team_id::text FROM sme_team_access a" \
	" WHERE a.tenant_id = s.tenant_id AND a.sme_id = s.id"               \
	" ORDER BY a.team_id), (SELECT count(*) FROM sme_knowledge_chunks k" \
	" WHERE k.tenant_id = s.tenant_id AND k.sme_id = s.id)"
#define SME_NCOLUMNS 15

/* Columns of sme_task_read(), from alias t. */
#define SME_TASK_COLUMNS                                           \
	"t.id, t.tenant_id, t.sme_id, t.title, t.description,"     \
	" t.expected_content_type, t.assigned_to_user_id,"         \
	" t.assigned_by_user_id, t.team_id, t.status, t.due_date," \
	" t.created_at, t.updated_at, t.completed_at"
#define SME_TASK_NCOLUMNS 14

/* The rows from column col as messages; texts are borrowed from the rows. */
void sme_read(struct req *r, const struct db_rows *rows, unsigned col,
    struct pb_subject_matter_expert *out);
void sme_task_read(struct req *r, const struct db_rows *rows, unsigned col,
    struct pb_sme_task *out);
struct pb_timestamp *sme_time_or_none(struct req *r, const struct db_rows *rows,
    unsigned col);

/* "true" or "false", for queries. */
const char *sme_is_admin(const struct req *r);
const char *sme_is_manager(const struct req *r); /* editors: may manage */

/* Stored texts and wire values; 0 and NULL for what is none. */
int sme_scope_wire(const char *stored);
const char *sme_scope_stored(int wire);
int sme_status_wire(const char *stored);
const char *sme_status_stored(int wire);
int sme_task_status_wire(const char *stored);
const char *sme_task_status_stored(int wire);
int sme_content_type_wire(const char *stored);
const char *sme_content_type_stored(int wire);

/* The failures all methods share. */
enum code sme_none(struct req *r);
enum code sme_task_none(struct req *r);
/* CODE_INVALID_ARGUMENT: the task does not allow this where it stands. */
enum code sme_task_wrong_state(struct req *r, const char *text);

/*
 * RESOURCE_EXHAUSTED with that reason: what the field names has max of what
 * ("tasks") already.
 */
enum code sme_full(struct req *r, const char *reason, const char *field,
    int max, const char *what);

/* SME_READ reads; SME_LOCK also holds the rows until the transaction ends. */
enum sme_hold {
	SME_READ = 0,
	SME_LOCK
};

/*
 * The source of that id (field sme_id of a request), which the caller sees;
 * fails with sme_none(), or AUTH_FORBIDDEN when it is there but not open to
 * the caller. SME_LOCK: its status stays as it was read.
 */
enum code sme_load(struct req *r, const char *id, enum sme_hold hold,
    struct pb_subject_matter_expert **out) MUST_CHECK;

/* A task with what decides over it. */
struct sme_task_at {
	struct pb_sme_task *task;
	const char *sme_name;
	int sme_status; /* on the wire */
	bool is_assigner;
	bool is_assignee;
};

/*
 * The task of that id (field task_id of a request), which the caller sees, or
 * sme_task_none(). SME_LOCK holds the source's row first and then the task's,
 * the order for everyone who changes both.
 */
enum code sme_task_load(struct req *r, const char *id, enum sme_hold hold,
    struct sme_task_at *out) MUST_CHECK;

/*
 * What is told to one person about a task, inside the caller's transaction:
 * a notice that leads to the task. Its id goes to id, which may be NULL.
 */
struct sme_word {
	const char *user_id;
	const char *type; /* as stored: "task_assigned" */
	const char *title;
	const char *message;
};
enum code sme_tell(struct req *r, const struct pb_sme_task *task,
    const struct sme_word *word, char id[STR_UUID_LEN + 1]) MUST_CHECK;

/* Tells the assignee that the task is wanted no more. */
enum code sme_tell_cancelled(struct req *r,
    const struct pb_sme_task *task) MUST_CHECK;

/*
 * Cancels what a job still makes of approved submissions of a source: the
 * tasks that wait for it are completed, the single chunk of each stays, and the
 * source is active again. Called before the source is locked, for a job holds
 * its own row first.
 */
enum code sme_stop_distilling(struct req *r, const char *sme_id) MUST_CHECK;

/* Path of a task's page, "/smes?sme=...&task=..."; in a. */
char *sme_task_path(struct arena *a, const struct pb_sme_task *task);

#endif

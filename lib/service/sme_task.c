/*
 * SMEService: tasks, which ask a person for content. Who has one hears of it
 * by a notice and a mail, both made in the transaction of the deed. Every query
 * is bound to the caller's tenant and to what the caller may see.
 */
#include "service/sme.h"

#include "base/clock.h"
#include "base/log.h"
#include "mirai/v1/sme.rpc.h"
#include "net/json.h"
#include "net/store.h"
#include "rpc/after.h"
#include "service/audit.h"
#include "service/field.h"
#include "service/genjob.h"
#include "service/outbox.h"
#include "service/people.h"
#include "service/user.h"

#define LIST_MAX "500"

enum query {
	Q_ASSIGNEE,
	Q_TEAM,
	Q_COUNT,
	Q_CREATE,
	Q_LIST,
	Q_UPDATE,
	Q_CANCEL,
	Q_OBJECTS,
	Q_JOBS,
	Q_DELETE,
	Q_SETTLE,
	Q__MAX
};

extern const struct db_query sme_task_queries[];

const struct db_query sme_task_queries[] = {
	/* Held, so that who is being removed is asked for nothing. */
	[Q_ASSIGNEE] = {
	    .name = "sme_task_assignee",
	    .nargs = 3, /* tenant, company, user */
	    .sql = "SELECT " USER_COLUMNS " FROM users u"
		   " WHERE u.tenant_id = $1::uuid AND u.company_id = $2::uuid"
		   " AND u.id = $3::uuid AND u.removed_at IS NULL FOR SHARE",
	},
	[Q_TEAM] = {
	    .name = "sme_task_team",
	    .nargs = 3, /* tenant, company, team */
	    .sql = "SELECT 1 FROM teams WHERE tenant_id = $1::uuid"
		   " AND company_id = $2::uuid AND id = $3::uuid"
		   " FOR KEY SHARE",
	},
	[Q_COUNT] = {
	    .name = "sme_task_count",
	    .nargs = 2, /* tenant, source */
	    .sql = "SELECT count(*) FROM sme_tasks"
		   " WHERE tenant_id = $1::uuid AND sme_id = $2::uuid",
	},
	[Q_CREATE] = {
	    .name = "sme_task_create",
	    /* tenant, source, title, text, type, assignee, assigner, team, due */
	    .nargs = 9,
	    .sql = "INSERT INTO sme_tasks AS t (tenant_id, sme_id, title,"
		   " description, expected_content_type, assigned_to_user_id,"
		   " assigned_by_user_id, team_id, due_date) VALUES ($1, $2,"
		   " $3, NULLIF($4, ''), $5::sme_content_type, $6, $7, $8, $9)"
		   " RETURNING " SME_TASK_COLUMNS,
	},
	[Q_LIST] = {
	    .name = "sme_task_list",
	    .nargs = 8, /* viewer of tasks, source, assignee, status */
	    .sql = "SELECT " SME_TASK_COLUMNS SME_TASK_FROM
		   " WHERE t.tenant_id = $1::uuid"
		   " AND " SME_TASK_SEES("t", "s")
		   " AND ($6::uuid IS NULL OR t.sme_id = $6::uuid)"
		   " AND ($7::uuid IS NULL"
		   " OR t.assigned_to_user_id = $7::uuid)"
		   " AND ($8::sme_task_status IS NULL"
		   " OR t.status = $8::sme_task_status)"
		   " ORDER BY t.created_at DESC, t.id DESC LIMIT " LIST_MAX,
	},
	/* What is NULL stays as it is; another due date is reminded of anew. */
	[Q_UPDATE] = {
	    .name = "sme_task_update",
	    /* tenant, id, title, text, is type given, type, due, clears due */
	    .nargs = 8,
	    .sql = "UPDATE sme_tasks t SET title = COALESCE($3, t.title),"
		   " description = CASE WHEN $4::text IS NULL"
		   " THEN t.description ELSE NULLIF($4, '') END,"
		   " expected_content_type = CASE WHEN $5::boolean"
		   " THEN $6::sme_content_type"
		   " ELSE t.expected_content_type END,"
		   " due_reminded_at = CASE WHEN $8::boolean OR"
		   " $7::timestamptz <> COALESCE(t.due_date, '-infinity')"
		   " THEN NULL ELSE t.due_reminded_at END,"
		   " due_date = CASE WHEN $8::boolean THEN NULL"
		   " ELSE COALESCE($7::timestamptz, t.due_date) END,"
		   " updated_at = now()"
		   " WHERE t.tenant_id = $1::uuid AND t.id = $2::uuid"
		   " RETURNING " SME_TASK_COLUMNS,
	},
	[Q_CANCEL] = {
	    .name = "sme_task_cancel",
	    .nargs = 2, /* tenant, id */
	    .sql = "UPDATE sme_tasks t SET status = 'cancelled',"
		   " updated_at = now()"
		   " WHERE t.tenant_id = $1::uuid AND t.id = $2::uuid"
		   " AND t.status IN ('pending', 'changes_requested')"
		   " RETURNING " SME_TASK_COLUMNS,
	},
	/* An upload has the id of the submission that it may become. */
	[Q_OBJECTS] = {
	    .name = "sme_task_objects",
	    .nargs = 2, /* tenant, task */
	    .sql = "SELECT id FROM sme_task_submissions"
		   " WHERE tenant_id = $1::uuid AND task_id = $2::uuid"
		   " UNION SELECT id FROM sme_uploads"
		   " WHERE tenant_id = $1::uuid AND task_id = $2::uuid",
	},
	[Q_JOBS] = {
	    .name = "sme_task_jobs",
	    .nargs = 2, /* tenant, task */
	    .sql = "SELECT id FROM generation_jobs WHERE tenant_id = $1::uuid"
		   " AND sme_task_id = $2::uuid"
		   " AND status IN ('queued', 'processing') ORDER BY id",
	},
	[Q_DELETE] = {
	    .name = "sme_task_delete",
	    .nargs = 2, /* tenant, task */
	    .sql = "DELETE FROM sme_tasks WHERE tenant_id = $1::uuid"
		   " AND id = $2::uuid",
	},
	/* A source whose last running task went away is at rest again. */
	[Q_SETTLE] = {
	    .name = "sme_task_settle",
	    .nargs = 2, /* tenant, source */
	    .sql = "UPDATE subject_matter_experts s SET status = 'active',"
		   " updated_at = now() WHERE s.tenant_id = $1::uuid"
		   " AND s.id = $2::uuid AND s.status = 'ingesting'"
		   " AND NOT EXISTS (SELECT 1 FROM sme_tasks t"
		   " WHERE t.tenant_id = s.tenant_id AND t.sme_id = s.id"
		   " AND t.status = 'processing')",
	},
	[Q__MAX] = { 0 },
};

/* --- what is written ------------------------------------------------------- */

/* Cleaned fields as arguments of queries; NULL: not given. */
struct fields {
	const char *title;
	const char *description;
	const char *type;
	const char *due;
};

static enum code
check_type(struct req *r, int32_t type, const char **out)
{
	*out = sme_content_type_stored(type);
	return type == 0 || *out != NULL
	    ? CODE_OK
	    : req_fail_field(r, "expected_content_type",
		  "is not a known content type");
}

/* before: the date that it has, which may be kept although it is over. */
static enum code
check_due(struct req *r, const struct pb_timestamp *due, int64_t before,
    const char **out)
{
	int64_t us = pb_time_us(due);

	if (due == NULL)
		return CODE_OK;
	if (us != before && us < clock_now_us())
		return req_fail_field(r, "due_date", "must not be in the past");
	*out = db_arg_time(r->mem, us);
	return CODE_OK;
}

static enum code
check_texts(struct req *r, const char *title, const char *description,
    struct fields *f)
{
	enum code code = CODE_OK;

	if (title != NULL)
		code = field_line(r, "title", title, 1, SME_TASK_TITLE_MAX,
		    &f->title);
	if (code == CODE_OK && description != NULL)
		code = field_text(r, "description", description,
		    SME_DESCRIPTION_MAX, &f->description);
	return code;
}

/* --- creating -------------------------------------------------------------- */

/* The person of that id in the company of the source. */
static enum code
load_assignee(struct req *r, const char *company, const char *id,
    struct pb_user *out)
{
	struct db_rows *rows;

	rows = db_run(r->db, &sme_task_queries[Q_ASSIGNEE],
	    DB_ARGS(r->who.tenant_id, company, id));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return req_fail_reason(r, CODE_NOT_FOUND, "USER_NOT_FOUND",
		    "user not found");
	*out = *user_read(r, rows, 0);
	return CODE_OK;
}

static enum code
check_team(struct req *r, const char *company, const char *value,
    const char **out)
{
	struct db_rows *rows;
	enum code code;

	if (str_is_empty(value))
		return CODE_OK;
	if ((code = field_uuid(r, "team_id", value, out)) != CODE_OK)
		return code;
	rows = db_run(r->db, &sme_task_queries[Q_TEAM],
	    DB_ARGS(r->who.tenant_id, company, *out));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return req_fail_reason(r, CODE_NOT_FOUND, "TEAM_NOT_FOUND",
		    "team not found");
	return CODE_OK;
}

/* A source that is held has room for one task more. */
static enum code
check_room(struct req *r, const char *sme_id)
{
	struct db_rows *rows;

	rows = db_run(r->db, &sme_task_queries[Q_COUNT],
	    DB_ARGS(r->who.tenant_id, sme_id));
	if (rows == NULL || !db_next(rows))
		return req_fail_db(r);
	return db_int(rows, 0) < SME_TASKS_MAX
	    ? CODE_OK
	    : sme_full(r, "SME_TASK_LIMIT_REACHED", "sme_id", SME_TASKS_MAX,
		  "tasks");
}

/* How a person is called: by name, else by address. */
static const char *
name_of(struct req *r, const char *first, const char *last, const char *email)
{
	const char *name;

	name = str_trim(r->mem,
	    arena_printf(r->mem, "%s %s", first == NULL ? "" : first,
		last == NULL ? "" : last));
	if (name[0] == '\0')
		return email == NULL ? "Somebody" : email;
	return name;
}

/* A mail to whom the identity service knows no usable address for is not sent. */
static enum code
mail(struct req *r, const struct pb_sme_task *task, const char *sme,
    const char *assigner, const struct pb_user *to, const char *notice)
{
	struct json *data = json_new_object(r->mem);
	struct outbox_mail letter = {
		.kind = "task_assigned",
		.to = to->email,
		.tenant_id = r->who.tenant_id,
		.notification_id = notice,
		.data = data,
	};
	enum code code;

	if (to->email == NULL)
		return CODE_OK;
	json_put_text(data, "assignee",
	    name_of(r, to->first_name, NULL, to->email));
	json_put_text(data, "assigner", assigner);
	json_put_text(data, "task", task->title);
	json_put_text(data, "sme", sme);
	json_put_text(data, "link", sme_task_path(r->mem, task));
	if (task->due_date != NULL)
		json_put_text(data, "due_at",
		    clock_rfc3339(r->mem, pb_time_us(task->due_date)));
	code = outbox_queue(r->db, r->mem, &letter);
	if (code == CODE_INVALID_ARGUMENT)
		log_warn("sme: an assignee can get no mail");
	return code == CODE_OK || code == CODE_INVALID_ARGUMENT
	    ? CODE_OK
	    : req_fail_db(r);
}

static enum code
tell_assigned(struct req *r, const struct pb_sme_task *task, const char *sme,
    struct pb_user *to)
{
	const char *assigner =
	    name_of(r, r->who.first_name, r->who.last_name, r->who.email);
	const struct sme_word word = {
		.user_id = to->id,
		.type = "task_assigned",
		.title = arena_printf(r->mem, "New task: %s", task->title),
		.message = arena_printf(r->mem, "%s asks you for content: %s",
		    assigner, sme),
	};
	char notice[STR_UUID_LEN + 1];
	enum code code;

	if ((code = sme_tell(r, task, &word, notice)) != CODE_OK)
		return code;
	people_fill(r, &to, 1);
	return mail(r, task, sme, assigner, to, notice);
}

enum code
sme_create_task(struct req *r, const struct pb_create_task_request *in,
    struct pb_create_task_response *out)
{
	struct pb_subject_matter_expert *sme = NULL;
	const char *user_id, *team = NULL;
	struct pb_user to = { 0 };
	struct fields f = { 0 };
	struct db_rows *rows;
	enum code code;

	if ((code = check_texts(r, in->title == NULL ? "" : in->title,
		 in->description, &f)) != CODE_OK ||
	    (code = check_type(r, in->expected_content_type, &f.type)) !=
		CODE_OK ||
	    (code = check_due(r, in->due_date, 0, &f.due)) != CODE_OK ||
	    (code = field_uuid(r, "assigned_to_user_id",
		 in->assigned_to_user_id, &user_id)) != CODE_OK ||
	    (code = sme_load(r, in->sme_id, SME_LOCK, &sme)) != CODE_OK)
		return code;
	if (sme->status == PB_SME_STATUS_ARCHIVED)
		return req_fail(r, CODE_INVALID_ARGUMENT,
		    "the expert is archived");
	if ((code = check_room(r, sme->id)) != CODE_OK ||
	    (code = load_assignee(r, sme->company_id, user_id, &to)) !=
		CODE_OK ||
	    (code = check_team(r, sme->company_id, in->team_id, &team)) !=
		CODE_OK)
		return code;
	rows = db_run(r->db, &sme_task_queries[Q_CREATE],
	    DB_ARGS(r->who.tenant_id, sme->id, f.title, f.description, f.type,
		user_id, r->who.user_id, team, f.due));
	if (rows == NULL || !db_next(rows))
		return req_fail_db(r);
	out->task = arena_zalloc(r->mem, sizeof(*out->task));
	sme_task_read(r, rows, 0, out->task);
	audit_write(r, "sme.task.create", "sme_task", out->task->id, NULL);
	return tell_assigned(r, out->task, sme->name, &to);
}

/* --- reading --------------------------------------------------------------- */

enum code
sme_get_task(struct req *r, const struct pb_get_task_request *in,
    struct pb_get_task_response *out)
{
	struct sme_task_at at = { 0 };
	enum code code;

	if ((code = sme_task_load(r, in->task_id, SME_READ, &at)) == CODE_OK)
		out->task = at.task;
	return code;
}

/* An id that may be left out. */
static enum code
check_id(struct req *r, const char *field, const char *value, const char **out)
{
	return str_is_empty(value) ? CODE_OK : field_uuid(r, field, value, out);
}

enum code
sme_list_tasks(struct req *r, const struct pb_list_tasks_request *in,
    struct pb_list_tasks_response *out)
{
	const char *sme = NULL, *user = NULL;
	const char *status = sme_task_status_stored(in->status);
	struct db_rows *rows;
	enum code code;

	if ((code = check_id(r, "sme_id", in->sme_id, &sme)) != CODE_OK ||
	    (code = check_id(r, "assigned_to_user_id", in->assigned_to_user_id,
		 &user)) != CODE_OK)
		return code;
	if (in->status != 0 && status == NULL)
		return req_fail_field(r, "status", "is not a known status");
	rows = db_last(r->db, &sme_task_queries[Q_LIST],
	    DB_ARGS(SME_TASK_VIEWER(r), sme, user, status));
	if (rows == NULL)
		return req_fail_db(r);
	out->tasks = arena_calloc(r->mem, db_count(rows), sizeof(*out->tasks));
	while (db_next(rows))
		sme_task_read(r, rows, 0, &out->tasks[out->ntasks++]);
	return CODE_OK;
}

/* --- changing -------------------------------------------------------------- */

/* One whom the caller sees, locked, for who gave it and for editors. */
static enum code
load_own(struct req *r, const char *id, enum sme_hold hold,
    struct sme_task_at *at)
{
	enum code code;

	if ((code = sme_task_load(r, id, hold, at)) != CODE_OK)
		return code;
	if (!at->is_assigner && r->who.role < ROLE_INSTRUCTOR)
		return req_fail_forbidden(r,
		    "only who assigned a task and editors may do this");
	return CODE_OK;
}

static bool
is_over(const struct pb_sme_task *t)
{
	return t->status == PB_SME_TASK_STATUS_COMPLETED ||
	    t->status == PB_SME_TASK_STATUS_CANCELLED;
}

enum code
sme_update_task(struct req *r, const struct pb_update_task_request *in,
    struct pb_update_task_response *out)
{
	struct sme_task_at at = { 0 };
	struct fields f = { 0 };
	struct db_rows *rows;
	enum code code;

	if ((code = check_texts(r, in->title, in->description, &f)) !=
		CODE_OK ||
	    (code = check_type(r, in->expected_content_type, &f.type)) !=
		CODE_OK ||
	    (code = load_own(r, in->task_id, SME_LOCK, &at)) != CODE_OK ||
	    (code = check_due(r, in->due_date, pb_time_us(at.task->due_date),
		 &f.due)) != CODE_OK)
		return code;
	if (is_over(at.task))
		return sme_task_wrong_state(r, "the task is over");
	rows = db_run(r->db, &sme_task_queries[Q_UPDATE],
	    DB_ARGS(r->who.tenant_id, at.task->id, f.title, f.description,
		in->has_expected_content_type ? "true" : "false", f.type, f.due,
		in->clear_due_date && f.due == NULL ? "true" : "false"));
	if (rows == NULL || !db_next(rows))
		return req_fail_db(r);
	out->task = at.task;
	sme_task_read(r, rows, 0, out->task);
	audit_write(r, "sme.task.update", "sme_task", out->task->id, NULL);
	return CODE_OK;
}

enum code
sme_cancel_task(struct req *r, const struct pb_cancel_task_request *in,
    struct pb_cancel_task_response *out)
{
	struct sme_task_at at = { 0 };
	struct db_rows *rows;
	enum code code;

	if ((code = load_own(r, in->task_id, SME_LOCK, &at)) != CODE_OK)
		return code;
	rows = db_run(r->db, &sme_task_queries[Q_CANCEL],
	    DB_ARGS(r->who.tenant_id, at.task->id));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return sme_task_wrong_state(r,
		    "only a task that waits for content is cancelled");
	out->task = at.task;
	sme_task_read(r, rows, 0, out->task);
	audit_write(r, "sme.task.cancel", "sme_task", out->task->id, NULL);
	return sme_tell_cancelled(r, out->task);
}

/* --- deleting -------------------------------------------------------------- */

struct leavings {
	const char **ids; /* of submissions, NULL-terminated */
};

/* After the commit; what fails here mirai-sweep finds again. */
static void
drop_objects(struct req *r, void *p)
{
	const struct leavings *l = p;
	bool failed = false;
	const char **id;

	if (r->env->store == NULL)
		return;
	for (id = l->ids; *id != NULL; id++)
		if (store_delete_all(r->env->store, r->who.tenant_id,
			arena_printf(r->mem, "submissions/%s/", *id)) !=
		    CODE_OK)
			failed = true;
	if (failed)
		log_warn("sme: objects are left to mirai-sweep");
}

static enum code
find_objects(struct req *r, const char *task, struct leavings *l)
{
	struct db_rows *rows;
	size_t n;

	rows = db_run(r->db, &sme_task_queries[Q_OBJECTS],
	    DB_ARGS(r->who.tenant_id, task));
	if (rows == NULL)
		return req_fail_db(r);
	l->ids = arena_calloc(r->mem, db_count(rows) + 1, sizeof(*l->ids));
	for (n = 0; db_next(rows); n++)
		l->ids[n] = db_text(rows, 0);
	return CODE_OK;
}

static enum code
cancel_jobs(struct req *r, const char *task)
{
	return genjob_cancel_found(r,
	    db_run(r->db, &sme_task_queries[Q_JOBS],
		DB_ARGS(r->who.tenant_id, task)));
}

/*
 * Jobs are cancelled before the task is locked, since a job holds its own row
 * first, and once more for one that came in between.
 */
enum code
sme_delete_task(struct req *r, const struct pb_delete_task_request *in,
    struct pb_delete_task_response *out)
{
	struct sme_task_at at = { 0 };
	struct leavings *l = arena_zalloc(r->mem, sizeof(*l));
	enum code code;

	(void)out; /* has no fields */
	if ((code = load_own(r, in->task_id, SME_READ, &at)) != CODE_OK ||
	    (code = cancel_jobs(r, at.task->id)) != CODE_OK ||
	    (code = load_own(r, in->task_id, SME_LOCK, &at)) != CODE_OK ||
	    (code = cancel_jobs(r, at.task->id)) != CODE_OK ||
	    (code = find_objects(r, at.task->id, l)) != CODE_OK)
		return code;
	db_queue(r->db, &sme_task_queries[Q_DELETE],
	    DB_ARGS(r->who.tenant_id, at.task->id));
	db_queue(r->db, &sme_task_queries[Q_SETTLE],
	    DB_ARGS(r->who.tenant_id, at.task->sme_id));
	audit_write(r, "sme.task.delete", "sme_task", at.task->id, NULL);
	after_commit(r, drop_objects, l);
	return CODE_OK;
}

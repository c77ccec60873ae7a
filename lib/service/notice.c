/*
 * Makes notices and reads their events. A notice, its event and the word to the
 * streams are one statement: they come to be together or not at all.
 *
 * The tenant's role may tell another person but not read what it told, so
 * nothing here is asked to come back from the rows: the id is made by us, the
 * event's number by its sequence.
 */
#include "service/notice.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/json.h"

#define ACTION_MAX ((size_t)500)

enum query {
	Q_CREATE,
	Q__MAX
};

extern const struct db_query notice_queries[];

const struct db_query notice_queries[] = {
	[Q_CREATE] = {
	    .name = "notice_create",
	    /*
	     * id, tenant, user, type, priority, title, message, course, url,
	     * job, task, sme
	     */
	    .nargs = 12,
	    /* The lock comes before the event's number: num reads from it. */
	    .sql = "WITH lock AS MATERIALIZED (SELECT "
		   NOTICE_LOCK("$3::uuid::text") "),"
		   " num AS MATERIALIZED (SELECT"
		   " nextval('notification_events_id_seq') AS id FROM lock),"
		   " n AS MATERIALIZED (SELECT $1::uuid AS id,"
		   " $2::uuid AS tenant_id, $3::uuid AS user_id,"
		   " $4::notification_type AS type, COALESCE($5, 'normal')"
		   "::notification_priority AS priority,"
		   " left($6, 500) AS title, $7::text AS message,"
		   " $8::uuid AS course_id, $9::text AS action_url,"
		   " false AS read, false AS email_sent, now() AS created_at,"
		   " NULL::timestamptz AS read_at, $10::uuid AS job_id,"
		   " $11::uuid AS task_id, $12::uuid AS sme_id),"
		   " made AS (INSERT INTO notifications (id, tenant_id,"
		   " user_id, type, priority, title, message, course_id,"
		   " action_url, read, email_sent, created_at, read_at,"
		   " job_id, task_id, sme_id)"
		   " SELECT * FROM n),"
		   " told AS (INSERT INTO notification_events (id, tenant_id,"
		   " user_id, kind, notice) SELECT num.id, n.tenant_id,"
		   " n.user_id, 1, to_jsonb(n) FROM num, n)"
		   " SELECT pg_notify('" NOTICE_CHANNEL "', concat_ws(' ',"
		   " n.tenant_id, n.user_id, num.id)) FROM num, n",
	},
	[Q__MAX] = { 0 },
};

/* Stored types in the order of the wire; what follows a name shares it. */
static const char *const types[][3] = {
	[PB_NOTIFICATION_TYPE_TASK_ASSIGNED] = { "task_assigned" },
	[PB_NOTIFICATION_TYPE_TASK_DUE_SOON] = { "task_due_soon" },
	[PB_NOTIFICATION_TYPE_INGESTION_COMPLETE] = { "ingestion_complete" },
	[PB_NOTIFICATION_TYPE_INGESTION_FAILED] = { "ingestion_failed" },
	[PB_NOTIFICATION_TYPE_OUTLINE_READY] = { "outline_ready" },
	[PB_NOTIFICATION_TYPE_GENERATION_COMPLETE] = { "generation_complete" },
	[PB_NOTIFICATION_TYPE_GENERATION_FAILED] = { "generation_failed" },
	[PB_NOTIFICATION_TYPE_APPROVAL_REQUESTED] = { "approval_requested",
	    "submission_ready_for_review" },
	[PB_NOTIFICATION_TYPE_SUBMISSION_APPROVED] = { "submission_approved" },
	[PB_NOTIFICATION_TYPE_CHANGES_REQUESTED] = { "changes_requested" },
};

static const char *const priorities[] = {
	[PB_NOTIFICATION_PRIORITY_LOW] = "low",
	[PB_NOTIFICATION_PRIORITY_NORMAL] = "normal",
	[PB_NOTIFICATION_PRIORITY_HIGH] = "high",
};

const char *const *
notice_types_stored(int wire)
{
	return wire > 0 && wire < (int)NITEMS(types) ? types[wire] : NULL;
}

int
notice_type_wire(const char *stored)
{
	int i;

	for (i = 1; i < (int)NITEMS(types); i++)
		if (str_is_listed(types[i], stored))
			return i;
	return PB_NOTIFICATION_TYPE_UNSPECIFIED;
}

int
notice_priority_wire(const char *stored)
{
	int i;

	for (i = 1; i < (int)NITEMS(priorities); i++)
		if (strcmp(priorities[i], stored) == 0)
			return i;
	return PB_NOTIFICATION_PRIORITY_UNSPECIFIED;
}

/* A path of this host: a second slash would name another one. */
static bool
is_local_path(const char *s)
{
	const char *p;

	if (s[0] != '/' || s[1] == '/' || strlen(s) > ACTION_MAX)
		return false;
	for (p = s; *p != '\0'; p++)
		if (*p <= ' ' || *p == '\\' || *p == 0x7f)
			return false;
	return true;
}

enum code
notice_create(struct db *db, struct arena *a, const struct notice *n,
    char id[STR_UUID_LEN + 1])
{
	struct db_rows *rows;

	(void)a; /* rows live where the handle's do */
	if (n->action_url != NULL && !is_local_path(n->action_url))
		return CODE_INVALID_ARGUMENT;
	str_uuid_new(id);
	rows = db_run(db, &notice_queries[Q_CREATE],
	    DB_ARGS(id, n->tenant_id, n->user_id, n->type, n->priority,
		n->title, n->message, n->course_id, n->action_url, n->job_id,
		n->task_id, n->sme_id));
	return rows == NULL ? db_fault_code(db_fault(db)) : CODE_OK;
}

/* --- events ---------------------------------------------------------------- */

/* A time as to_jsonb() writes it; NULL when absent. */
static struct pb_timestamp *
read_time(struct arena *a, const struct json *j, const char *key)
{
	const char *s;
	int64_t us;

	if ((s = json_get_text(j, key, NULL)) == NULL)
		return NULL;
	if (!clock_parse_rfc3339(s, &us)) {
		json_fail(json_get(j, key), "not a time");
		return NULL;
	}
	return pb_time(a, us);
}

static struct pb_notification *
read_notice(struct arena *a, const struct json *j)
{
	struct pb_notification *n;

	n = arena_zalloc(a, sizeof(*n));
	n->id = json_need_text(j, "id");
	n->tenant_id = json_need_text(j, "tenant_id");
	n->user_id = json_need_text(j, "user_id");
	n->type = notice_type_wire(json_need_text(j, "type"));
	n->priority = notice_priority_wire(json_need_text(j, "priority"));
	n->title = json_need_text(j, "title");
	n->message = json_need_text(j, "message");
	n->course_id = json_get_text(j, "course_id", NULL);
	n->job_id = json_get_text(j, "job_id", NULL);
	n->task_id = json_get_text(j, "task_id", NULL);
	n->sme_id = json_get_text(j, "sme_id", NULL);
	n->action_url = json_get_text(j, "action_url", NULL);
	n->read = json_get_bool(j, "read", false);
	n->email_sent = json_get_bool(j, "email_sent", false);
	n->created_at = read_time(a, j, "created_at");
	n->read_at = read_time(a, j, "read_at");
	return n;
}

static struct pb_job_change *
read_job(struct arena *a, const struct json *j)
{
	struct pb_job_change *c;

	c = arena_zalloc(a, sizeof(*c));
	c->job_id = json_need_text(j, "job_id");
	c->course_id = json_get_text(j, "course_id", NULL);
	c->status = json_need_text(j, "status");
	c->progress_percent =
	    (int32_t)json_get_int(j, "progress_percent", 0, 100, 0);
	c->progress_message = json_get_text(j, "progress_message", "");
	return c;
}

bool
notice_event_read(struct arena *a, const struct db_rows *rows, unsigned col,
    struct pb_subscribe_notifications_response *out)
{
	const char *text, *error = NULL;
	const struct json *j;

	text = db_text(rows, col + 2);
	j = json_parse(a, text, strlen(text), NULL, &error);
	if (j != NULL) {
		out->event_type = (int32_t)db_int(rows, col + 1);
		if (out->event_type == PB_NOTIFICATION_EVENT_TYPE_JOB)
			out->job = read_job(a, j);
		else
			out->notification = read_notice(a, j);
		error = json_error(j);
	}
	if (error != NULL)
		log_warn("notification event %s is skipped: %s",
		    db_text(rows, col), error);
	return error == NULL;
}

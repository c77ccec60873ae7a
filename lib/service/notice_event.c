/*
 * Events of notices. An event holds its notice as it was then, so that what
 * is told does not depend on what became of the notice since. Reads only.
 */
#include "service/notice_event.h"

#include <string.h>

#include "base/str.h"

#define COLUMNS                                                            \
	"e.id, e.kind, e.tenant_id, e.user_id, e.notice->>'id',"           \
	" e.notice->>'type', e.notice->>'priority', e.notice->>'title',"   \
	" e.notice->>'message', e.notice->>'course_id',"                   \
	" e.notice->>'job_id', e.notice->>'task_id', e.notice->>'sme_id'," \
	" e.notice->>'action_url', (e.notice->>'read')::boolean,"          \
	" (e.notice->>'email_sent')::boolean,"                             \
	" (e.notice->>'created_at')::timestamptz,"                         \
	" (e.notice->>'read_at')::timestamptz"

enum column {
	COL_ID,
	COL_KIND,
	COL_TENANT,
	COL_USER,
	COL_NOTICE,
	COL_TYPE,
	COL_PRIORITY,
	COL_TITLE,
	COL_MESSAGE,
	COL_COURSE,
	COL_JOB,
	COL_TASK,
	COL_SME,
	COL_ACTION,
	COL_READ,
	COL_EMAIL_SENT,
	COL_CREATED,
	COL_READ_AT
};

enum query {
	Q_GET,
	Q_STATE,
	Q_SINCE,
	Q_NEWEST,
	Q__MAX
};

extern const struct db_query notice_event_queries[];

const struct db_query notice_event_queries[] = {
	[Q_GET] = {
	    .name = "notice_event_get",
	    .nargs = 2, /* user, event */
	    .sql = "SELECT " COLUMNS " FROM notification_events e"
		   " WHERE e.user_id = $1 AND e.id = $2",
	},
	[Q_STATE] = {
	    .name = "notice_event_state",
	    .nargs = 3, /* user, event, hours */
	    .sql = "SELECT coalesce(max(e.id), 0),"
		   " $2::bigint = 0 OR EXISTS (SELECT FROM notification_events"
		   "  WHERE user_id = $1 AND id = $2::bigint),"
		   " coalesce(min(e.created_at) FILTER (WHERE e.id > $2::bigint)"
		   "  < now() - make_interval(hours => $3::integer), false)"
		   " FROM notification_events e WHERE e.user_id = $1",
	},
	[Q_SINCE] = {
	    .name = "notice_event_since",
	    .nargs = 3, /* user, event, at most */
	    .sql = "SELECT " COLUMNS " FROM notification_events e"
		   " WHERE e.user_id = $1 AND e.id > $2"
		   " ORDER BY e.id LIMIT $3",
	},
	[Q_NEWEST] = {
	    .name = "notice_event_newest",
	    .nargs = 1, /* user */
	    .sql = "SELECT coalesce(max(id), 0) FROM notification_events"
		   " WHERE user_id = $1",
	},
	[Q__MAX] = { 0 },
};

/* --- rows to messages ------------------------------------------------------ */

struct word {
	const char *name;
	int32_t value;
};

/* accounts.md 10.1: a submission to review is an approval that is asked for. */
static const struct word types[] = {
	{ "task_assigned", PB_NOTIFICATION_TYPE_TASK_ASSIGNED },
	{ "task_due_soon", PB_NOTIFICATION_TYPE_TASK_DUE_SOON },
	{ "ingestion_complete", PB_NOTIFICATION_TYPE_INGESTION_COMPLETE },
	{ "ingestion_failed", PB_NOTIFICATION_TYPE_INGESTION_FAILED },
	{ "outline_ready", PB_NOTIFICATION_TYPE_OUTLINE_READY },
	{ "generation_complete", PB_NOTIFICATION_TYPE_GENERATION_COMPLETE },
	{ "generation_failed", PB_NOTIFICATION_TYPE_GENERATION_FAILED },
	{ "approval_requested", PB_NOTIFICATION_TYPE_APPROVAL_REQUESTED },
	{ "submission_ready_for_review",
	    PB_NOTIFICATION_TYPE_APPROVAL_REQUESTED },
	{ "submission_approved", PB_NOTIFICATION_TYPE_SUBMISSION_APPROVED },
	{ "changes_requested", PB_NOTIFICATION_TYPE_CHANGES_REQUESTED },
};

static const struct word priorities[] = {
	{ "low", PB_NOTIFICATION_PRIORITY_LOW },
	{ "normal", PB_NOTIFICATION_PRIORITY_NORMAL },
	{ "high", PB_NOTIFICATION_PRIORITY_HIGH },
};

/* Zero is "unspecified" of every enum. */
static int32_t
value_of(const struct word *words, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (str_eq(words[i].name, name))
			return words[i].value;
	}
	return 0;
}

static struct pb_timestamp *
time_of(struct arena *a, const struct db_rows *rows, enum column col)
{
	struct pb_timestamp *t;
	int64_t us;

	if (db_null(rows, col))
		return NULL;
	us = db_time(rows, col);
	t = arena_zalloc(a, sizeof(*t));
	t->seconds = us / 1000000;
	t->nanos = (int32_t)(us % 1000000) * 1000;
	return t;
}

static struct pb_notification *
notice_of(struct arena *a, const struct db_rows *rows)
{
	struct pb_notification *n = arena_zalloc(a, sizeof(*n));

	n->id = db_text(rows, COL_NOTICE);
	n->tenant_id = db_text(rows, COL_TENANT);
	n->user_id = db_text(rows, COL_USER);
	n->type = value_of(types, NITEMS(types), db_text(rows, COL_TYPE));
	n->priority = value_of(priorities, NITEMS(priorities),
	    db_text(rows, COL_PRIORITY));
	n->title = db_text(rows, COL_TITLE);
	n->message = db_text(rows, COL_MESSAGE);
	n->course_id = db_text_null(rows, COL_COURSE);
	n->job_id = db_text_null(rows, COL_JOB);
	n->task_id = db_text_null(rows, COL_TASK);
	n->sme_id = db_text_null(rows, COL_SME);
	n->action_url = db_text_null(rows, COL_ACTION);
	n->read = db_bool(rows, COL_READ);
	n->email_sent = db_bool(rows, COL_EMAIL_SENT);
	n->created_at = time_of(a, rows, COL_CREATED);
	n->read_at = time_of(a, rows, COL_READ_AT);
	return n;
}

static void
event_of(struct arena *a, const struct db_rows *rows,
    struct pb_subscribe_notifications_response *out)
{
	out->event_id = db_int(rows, COL_ID);
	out->event_type = (int32_t)db_int(rows, COL_KIND);
	out->notification = notice_of(a, rows);
}

/* --- reading --------------------------------------------------------------- */

enum code
notice_event_get(struct db *db, struct arena *a, const struct db_scope *who,
    int64_t id, struct pb_subscribe_notifications_response *out)
{
	struct db_rows *rows;

	db_use(db, a);
	db_begin(db, DB_TX_READ, who);
	rows = db_last(db, &notice_event_queries[Q_GET],
	    DB_ARGS(who->user_id, db_arg_int(a, id)));
	if (db_end(db, rows == NULL ? CODE_UNAVAILABLE : CODE_OK) != CODE_OK)
		return CODE_UNAVAILABLE;
	if (!db_next(rows))
		return CODE_NOT_FOUND;
	event_of(a, rows, out);
	return CODE_OK;
}

static void
take_missed(struct arena *a, struct db_rows *state, struct db_rows *rows,
    struct notice_missed *out)
{
	struct pb_subscribe_notifications_response *events;

	memset(out, 0, sizeof(*out));
	(void)db_next(state);
	out->newest = db_int(state, 0);
	out->resync = !db_bool(state, 1) || db_bool(state, 2) ||
	    db_count(rows) > NOTICE_REPLAY_MAX;
	if (out->resync)
		return;
	events = arena_calloc(a, db_count(rows), sizeof(*events));
	while (db_next(rows))
		event_of(a, rows, &events[out->nevents++]);
	out->events = events;
}

enum code
notice_event_since(struct db *db, struct arena *a, const struct db_scope *who,
    int64_t id, struct notice_missed *out)
{
	struct db_rows *state, *rows = NULL;

	db_use(db, a);
	db_begin(db, DB_TX_READ, who);
	state = db_run(db, &notice_event_queries[Q_STATE],
	    DB_ARGS(who->user_id, db_arg_int(a, id),
		db_arg_int(a, NOTICE_REPLAY_HOURS)));
	if (state != NULL)
		rows = db_last(db, &notice_event_queries[Q_SINCE],
		    DB_ARGS(who->user_id, db_arg_int(a, id),
			db_arg_int(a, NOTICE_REPLAY_MAX + 1)));
	if (db_end(db, rows == NULL ? CODE_UNAVAILABLE : CODE_OK) != CODE_OK)
		return CODE_UNAVAILABLE;
	take_missed(a, state, rows, out);
	return CODE_OK;
}

enum code
notice_event_newest(struct db *db, struct arena *a, const struct db_scope *who,
    int64_t *id)
{
	struct db_rows *rows;

	db_use(db, a);
	db_begin(db, DB_TX_READ, who);
	rows =
	    db_last(db, &notice_event_queries[Q_NEWEST], DB_ARGS(who->user_id));
	if (db_end(db, rows == NULL ? CODE_UNAVAILABLE : CODE_OK) != CODE_OK)
		return CODE_UNAVAILABLE;
	*id = db_next(rows) ? db_int(rows, 0) : 0;
	return CODE_OK;
}

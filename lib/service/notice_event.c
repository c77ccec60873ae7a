/*
 * Events of notices. An event holds its notice as it was then, so that what
 * is told does not depend on what became of the notice since. Reads only.
 */
#include "service/notice_event.h"

#include <string.h>

#include "service/notice.h"

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
	    .sql = "SELECT " NOTICE_EVENT_COLUMNS
		   " FROM notification_events e"
		   " WHERE e.user_id = $1 AND e.id = $2",
	},
	[Q_STATE] = {
	    .name = "notice_event_state",
	    .nargs = 3, /* user, event, hours */
	    .sql = "SELECT coalesce(max(e.id), 0),"
		   " $2::bigint = 0 OR EXISTS (SELECT FROM notification_events"
		   "  WHERE user_id = $1 AND id = $2::bigint),"
		   " coalesce(min(e.created_at) FILTER (WHERE e.id > $2::bigint"
		   "  AND e.kind <> " NOTICE_KIND_JOB ")"
		   "  < now() - make_interval(hours => $3::integer), false)"
		   " FROM notification_events e WHERE e.user_id = $1",
	},
	[Q_SINCE] = {
	    .name = "notice_event_since",
	    .nargs = 3, /* user, event, at most */
	    .sql = "SELECT " NOTICE_EVENT_COLUMNS
		   " FROM notification_events e"
		   " WHERE e.user_id = $1 AND e.id > $2"
		   " AND e.kind <> " NOTICE_KIND_JOB
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

/* --- reading --------------------------------------------------------------- */

/* False for a row of another version: it is skipped. */
static bool
take_event(struct arena *a, const struct db_rows *rows,
    struct pb_subscribe_notifications_response *out)
{
	if (!notice_event_read(a, rows, 0, out))
		return false;
	out->event_id = db_int(rows, 0);
	return true;
}

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
	return db_next(rows) && take_event(a, rows, out) ? CODE_OK
							 : CODE_NOT_FOUND;
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
		out->nevents += take_event(a, rows, &events[out->nevents]);
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

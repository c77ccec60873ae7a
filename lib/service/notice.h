/*
 * Notices: made inside the transaction of their cause, and told to the open
 * streams of their person when it commits (spec accounts.md 10.1).
 */
#ifndef MIRAI_SERVICE_NOTICE_H
#define MIRAI_SERVICE_NOTICE_H

#include "base/arena.h"
#include "base/code.h"
#include "base/str.h"
#include "db/db.h"
#include "mirai/v1/notification.pb.h"

/* Payload: "tenant_id user_id event_id", once per event. */
#define NOTICE_CHANNEL "mirai_events"

/*
 * Whoever adds events holds this lock on their person until the commit: the
 * numbers of one person's events then rise in the order of the commits, and a
 * stream that has seen one has seen all before it. user is an SQL text.
 */
#define NOTICE_LOCK(user)                                           \
	"pg_advisory_xact_lock(hashtextextended('mirai_notice ' ||" \
	" " user ", 0))"

/* In notification_events: where a job stands, told to its creator (genjob.h). */
#define NOTICE_KIND_JOB "6"

struct notice {
	const char *tenant_id;
	const char *user_id;  /* canonical, of that tenant */
	const char *type;     /* as stored: "task_assigned" */
	const char *priority; /* "low", "normal", "high"; NULL: normal */
	const char *title;    /* at most 500 characters, cut if longer */
	const char *message;
	const char *course_id; /* what it is about; NULL: none */
	const char *job_id;
	const char *task_id;
	const char *sme_id;
	const char *action_url; /* local path, at most 500; NULL: none */
};

/*
 * Makes one; its new id is written to id. The transaction may be the tenant's
 * or a superadmin's. CODE_OK, or the database's failure (db_fault_code()).
 * CODE_INVALID_ARGUMENT without asking the database: action_url is no local
 * path.
 *
 * Who tells several people in one transaction goes by rising user_id, or two
 * who do so at once may wait for each other until one is told to try again.
 */
enum code notice_create(struct db *db, struct arena *a, const struct notice *n,
    char id[STR_UUID_LEN + 1]) MUST_CHECK;

/* What notice_event_read() expects, from alias e of notification_events. */
#define NOTICE_EVENT_COLUMNS  "e.id, e.kind, e.notice"
#define NOTICE_EVENT_NCOLUMNS 3

/*
 * The event in the current row, its first column at col, as it goes over the
 * wire: event_type, and notification or job; its number is db_int(rows, col). False,
 * and logged, when the row is not one that this version writes: to be skipped.
 */
bool notice_event_read(struct arena *a, const struct db_rows *rows,
    unsigned col, struct pb_subscribe_notifications_response *out);

/* The wire value of a stored type or priority; 0 for one we do not know. */
int notice_type_wire(const char *stored);
int notice_priority_wire(const char *stored);

/*
 * The stored types that go over the wire as this one, NULL-terminated; NULL
 * when there is none.
 */
const char *const *notice_types_stored(int wire);

#endif

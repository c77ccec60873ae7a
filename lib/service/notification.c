/*
 * NotificationService: a person's own notices. Every query is bound to the
 * caller's tenant and user; somebody else's id is one that does not exist.
 *
 * What changes a notice tells the caller's open streams in the same statement,
 * under the lock of notice.h, and only of rows that really changed.
 */
#include "mirai/v1/notification.rpc.h"

#include <string.h>

#include "base/clock.h"
#include "db/db.h"
#include "service/field.h"
#include "service/notice.h"

#define PAGE_DEFAULT 50
#define PAGE_MAX     100
#define IDS_MAX	     500
#define EVENTS_MAX   "100" /* of one MarkAllAsRead */

/* Before the newest: what no row is later than. */
#define FIRST_TIME "infinity"
#define FIRST_ID   "ffffffff-ffff-ffff-ffff-ffffffffffff"

#define COLUMNS                                                                 \
	"n.id, n.tenant_id, n.user_id, n.type, n.priority, n.title, n.message," \
	" n.course_id, n.action_url, n.read, n.email_sent, n.created_at,"       \
	" n.read_at, n.job_id, n.task_id, n.sme_id"

#define OWN "n.tenant_id = $1::uuid AND n.user_id = $2::uuid"

/* $3 unread only, $4 stored types or NULL. */
#define FILTERED                                       \
	OWN " AND (NOT $3::boolean OR NOT n.read)"     \
	    " AND ($4::text[] IS NULL OR n.type = ANY" \
	    " ($4::text[]::notification_type[]))"

#define LOCKED                                            \
	"WITH lock AS MATERIALIZED (SELECT " NOTICE_LOCK( \
	    "$2::uuid::text") " AS held)"

/* Marks what narrow leaves; it is the lock that makes others wait. */
#define MARK(narrow)                                                   \
	LOCKED ", changed AS (UPDATE notifications n SET read = true," \
	       " read_at = now() FROM lock WHERE " OWN                 \
	       " AND NOT n.read" narrow " RETURNING n.*)"

/* Tells of the rows of changed, oldest first; answers how many there were. */
#define TELL(kind, newest)                                                    \
	", told AS (INSERT INTO notification_events (tenant_id, user_id,"     \
	" kind, notice) SELECT n.tenant_id, n.user_id, " kind ", to_jsonb(n)" \
	" FROM (SELECT * FROM changed ORDER BY created_at DESC, id DESC"      \
	" LIMIT " newest ") n ORDER BY n.created_at, n.id"                    \
	" RETURNING tenant_id, user_id, id)"                                  \
	" SELECT (SELECT count(*) FROM changed),"                             \
	" (SELECT count(pg_notify('" NOTICE_CHANNEL "', concat_ws(' ',"       \
	" tenant_id, user_id, id))) FROM told)"

enum query {
	Q_LIST,
	Q_UNREAD,
	Q_MARK,
	Q_MARK_ALL,
	Q_DELETE,
	Q__MAX
};

extern const struct db_query notification_queries[];

const struct db_query notification_queries[] = {
	[Q_LIST] = {
	    .name = "notification_list",
	    /* tenant, user, unread only, types, time and id before, limit */
	    .nargs = 7,
	    /* A row even for an empty page: it carries the total. */
	    .sql = "SELECT t.total, p.* FROM (SELECT count(*) AS total"
		   " FROM notifications n WHERE " FILTERED ") t"
		   " LEFT JOIN (SELECT " COLUMNS " FROM notifications n"
		   " WHERE " FILTERED " AND (n.created_at, n.id)"
		   " < ($5::timestamptz, $6::uuid)"
		   " ORDER BY n.created_at DESC, n.id DESC LIMIT $7::int) p"
		   " ON true ORDER BY p.created_at DESC, p.id DESC",
	},
	[Q_UNREAD] = {
	    .name = "notification_unread",
	    .nargs = 2, /* tenant, user */
	    /* One snapshot: what the count does not know has a later event. */
	    .sql = "SELECT count(*), (SELECT coalesce(max(e.id), 0)"
		   " FROM notification_events e WHERE e.user_id = $2::uuid)"
		   " FROM notifications n WHERE " OWN " AND NOT n.read",
	},
	[Q_MARK] = {
	    .name = "notification_mark",
	    .nargs = 3, /* tenant, user, ids */
	    .sql = MARK(" AND n.id = ANY ($3::uuid[])") TELL("2", "ALL"),
	},
	[Q_MARK_ALL] = {
	    .name = "notification_mark_all",
	    .nargs = 2, /* tenant, user */
	    .sql = MARK("") TELL("2", EVENTS_MAX),
	},
	[Q_DELETE] = {
	    .name = "notification_delete",
	    .nargs = 3, /* tenant, user, id */
	    .sql = LOCKED ", changed AS (DELETE FROM notifications n"
		   " USING lock WHERE " OWN " AND n.id = $3::uuid"
		   " RETURNING n.*)" TELL("3", "ALL"),
	},
	[Q__MAX] = { 0 },
};

/* --- lists ----------------------------------------------------------------- */

struct page {
	int32_t limit;
	const char *unread_only;
	const char *types; /* NULL: all */
	const char *before_time;
	const char *before_id;
};

/* "time|id" of the last row of the page before. */
static enum code
read_cursor(struct req *r, const char *cursor, struct page *p)
{
	char id[STR_UUID_LEN + 1];
	const char *bar;
	int64_t us;

	p->before_time = FIRST_TIME;
	p->before_id = FIRST_ID;
	if (str_is_empty(cursor))
		return CODE_OK;
	if ((bar = strchr(cursor, '|')) == NULL ||
	    !str_uuid_canon(bar + 1, id) ||
	    !clock_parse_rfc3339(arena_strndup(r->mem, cursor,
				     (size_t)(bar - cursor)),
		&us) ||
	    us < 0)
		return req_fail_field(r, "cursor",
		    "must be the next_cursor of a page");
	p->before_time = db_arg_time(r->mem, us);
	p->before_id = arena_strdup(r->mem, id);
	return CODE_OK;
}

static enum code
read_types(struct req *r, const struct pb_list_notifications_request *in,
    struct page *p)
{
	const char *const *names;
	size_t n = 0;

	if (!in->has_type || in->type == PB_NOTIFICATION_TYPE_UNSPECIFIED)
		return CODE_OK;
	if ((names = notice_types_stored(in->type)) == NULL)
		return req_fail_field(r, "type", "is not a known type");
	while (names[n] != NULL)
		n++;
	p->types = db_arg_array(r->mem, names, n);
	return CODE_OK;
}

static void
notification_read(struct req *r, const struct db_rows *rows, unsigned col,
    struct pb_notification *n)
{
	n->id = db_text(rows, col);
	n->tenant_id = db_text(rows, col + 1);
	n->user_id = db_text(rows, col + 2);
	n->type = notice_type_wire(db_text(rows, col + 3));
	n->priority = notice_priority_wire(db_text(rows, col + 4));
	n->title = db_text(rows, col + 5);
	n->message = db_text(rows, col + 6);
	n->course_id = db_text_null(rows, col + 7);
	n->action_url = db_text_null(rows, col + 8);
	n->read = db_bool(rows, col + 9);
	n->email_sent = db_bool(rows, col + 10);
	n->created_at = pb_time(r->mem, db_time(rows, col + 11));
	if (!db_null(rows, col + 12))
		n->read_at = pb_time(r->mem, db_time(rows, col + 12));
	n->job_id = db_text_null(rows, col + 13);
	n->task_id = db_text_null(rows, col + 14);
	n->sme_id = db_text_null(rows, col + 15);
}

/* Reads the page and the one row more that says whether another follows. */
static void
read_rows(struct req *r, struct db_rows *rows, const struct page *p,
    struct pb_list_notifications_response *out)
{
	const struct pb_notification *last;

	out->notifications =
	    arena_calloc(r->mem, db_count(rows), sizeof(*out->notifications));
	while (db_next(rows)) {
		out->total_count = (int32_t)db_int(rows, 0);
		if (!db_null(rows, 1))
			notification_read(r, rows, 1,
			    &out->notifications[out->nnotifications++]);
	}
	if (out->nnotifications <= (size_t)p->limit)
		return;
	out->nnotifications = (size_t)p->limit;
	last = &out->notifications[out->nnotifications - 1];
	out->next_cursor = arena_printf(r->mem, "%s|%s",
	    clock_rfc3339(r->mem, pb_time_us(last->created_at)), last->id);
}

enum code
notification_list_notifications(struct req *r,
    const struct pb_list_notifications_request *in,
    struct pb_list_notifications_response *out)
{
	struct page p = { 0 };
	struct db_rows *rows;
	enum code code;

	p.limit = in->limit <= 0 ? PAGE_DEFAULT : in->limit;
	p.limit = p.limit > PAGE_MAX ? PAGE_MAX : p.limit;
	p.unread_only = in->has_unread_only && in->unread_only ? "t" : "f";
	if ((code = read_types(r, in, &p)) != CODE_OK ||
	    (code = read_cursor(r, in->cursor, &p)) != CODE_OK)
		return code;
	rows = db_last(r->db, &notification_queries[Q_LIST],
	    DB_ARGS(r->who.tenant_id, r->who.user_id, p.unread_only, p.types,
		p.before_time, p.before_id, db_arg_int(r->mem, p.limit + 1)));
	if (rows == NULL)
		return req_fail_db(r);
	read_rows(r, rows, &p, out);
	return CODE_OK;
}

enum code
notification_get_unread_count(struct req *r,
    const struct pb_get_unread_count_request *in,
    struct pb_get_unread_count_response *out)
{
	struct db_rows *rows;

	(void)in; /* has no fields */
	rows = db_last(r->db, &notification_queries[Q_UNREAD],
	    DB_ARGS(r->who.tenant_id, r->who.user_id));
	if (rows == NULL)
		return req_fail_db(r);
	if (db_next(rows)) {
		out->count = (int32_t)db_int(rows, 0);
		out->last_event_id = db_int(rows, 1);
	}
	return CODE_OK;
}

/* --- changes --------------------------------------------------------------- */

/* The ids that are well formed, as an argument. */
static const char *
well_formed(struct req *r, const char *const *ids, size_t n)
{
	const char **good;
	char id[STR_UUID_LEN + 1];
	size_t i, ngood = 0;

	good = arena_calloc(r->mem, n, sizeof(*good));
	for (i = 0; i < n; i++)
		if (str_uuid_canon(ids[i], id))
			good[ngood++] = arena_strdup(r->mem, id);
	return db_arg_array(r->mem, good, ngood);
}

/* How many rows a statement that ends with TELL() changed. */
static enum code
changed(struct req *r, struct db_rows *rows, int32_t *n)
{
	if (rows == NULL)
		return req_fail_db(r);
	*n = db_next(rows) ? (int32_t)db_int(rows, 0) : 0;
	return CODE_OK;
}

enum code
notification_mark_as_read(struct req *r,
    const struct pb_mark_as_read_request *in,
    struct pb_mark_as_read_response *out)
{
	if (in->nnotification_ids > IDS_MAX)
		return req_fail_field(r, "notification_ids",
		    "must have at most %d entries", IDS_MAX);
	return changed(r,
	    db_last(r->db, &notification_queries[Q_MARK],
		DB_ARGS(r->who.tenant_id, r->who.user_id,
		    well_formed(r, in->notification_ids,
			in->nnotification_ids))),
	    &out->marked_count);
}

enum code
notification_mark_all_as_read(struct req *r,
    const struct pb_mark_all_as_read_request *in,
    struct pb_mark_all_as_read_response *out)
{
	(void)in; /* has no fields */
	return changed(r,
	    db_last(r->db, &notification_queries[Q_MARK_ALL],
		DB_ARGS(r->who.tenant_id, r->who.user_id)),
	    &out->marked_count);
}

enum code
notification_delete_notification(struct req *r,
    const struct pb_delete_notification_request *in,
    struct pb_delete_notification_response *out)
{
	const char *id;
	int32_t n = 0;
	enum code code;

	(void)out; /* has no fields */
	code = field_uuid(r, "notification_id", in->notification_id, &id);
	if (code != CODE_OK)
		return code;
	code = changed(r,
	    db_last(r->db, &notification_queries[Q_DELETE],
		DB_ARGS(r->who.tenant_id, r->who.user_id, id)),
	    &n);
	if (code == CODE_OK && n == 0)
		return req_fail_reason(r, CODE_NOT_FOUND,
		    "NOTIFICATION_NOT_FOUND", "notification not found");
	return code;
}

/*
 * The queue of the application's mails, as those see it who add to it and the
 * operator who looks after it. A row is added in the transaction of its cause,
 * so no mail is sent for what never happened, and none is forgotten.
 */
#include "service/outbox.h"

#include <string.h>

#include "base/str.h"
#include "identity/identity.h"
#include "net/mail.h"
#include "service/outbox_letter.h"

#define RECIPIENT_MAX ((size_t)254)

/* Audit rows need a tenant; deeds that concern none have this one. */
#define NO_TENANT "'00000000-0000-0000-0000-000000000000'::uuid"

#define STATUS                                                    \
	"CASE WHEN m.sent_at IS NOT NULL THEN 'sent'"             \
	" WHEN m.failed_at IS NOT NULL THEN 'failed'"             \
	" WHEN m.lease IS NOT NULL AND m.next_attempt_at > now()" \
	" THEN 'sending' ELSE 'queued' END"
#define COLUMNS                                                        \
	"m.id, m.tenant_id, m.kind, m.recipient, " STATUS ", m.error," \
	" m.attempts, m.created_at, m.next_attempt_at,"                \
	" coalesce(m.sent_at, m.failed_at), m.payload"

enum query {
	Q_QUEUE,
	Q_LIST,
	Q_GET,
	Q_LOCK,
	Q_RESEND,
	Q__MAX
};

const struct db_query outbox_queries[] = {
	[Q_QUEUE] = {
	    .name = "outbox_queue",
	    .nargs = 5, /* tenant, notification, kind, recipient, payload */
	    .sql = "INSERT INTO mail_outbox (tenant_id, notification_id, kind,"
		   " recipient, payload)"
		   " VALUES ($1::uuid, $2::uuid, $3, $4, $5::jsonb)",
	},
	[Q_LIST] = {
	    .name = "outbox_list",
	    .nargs = 3, /* status, after, limit */
	    .sql = "SELECT " COLUMNS " FROM mail_outbox m"
		   " WHERE ($1::text IS NULL OR " STATUS " = $1)"
		   " AND ($2::uuid IS NULL OR (m.created_at, m.id) <"
		   " (SELECT n.created_at, n.id FROM mail_outbox n"
		   " WHERE n.id = $2::uuid))"
		   " ORDER BY m.created_at DESC, m.id DESC LIMIT $3::bigint",
	},
	[Q_GET] = {
	    .name = "outbox_get",
	    .nargs = 1, /* id */
	    .sql = "SELECT " COLUMNS " FROM mail_outbox m"
		   " WHERE m.id = $1::uuid",
	},
	[Q_LOCK] = {
	    .name = "outbox_lock",
	    .nargs = 1, /* id */
	    .sql = "SELECT " COLUMNS " FROM mail_outbox m"
		   " WHERE m.id = $1::uuid FOR UPDATE",
	},
	[Q_RESEND] = {
	    .name = "outbox_resend",
	    .nargs = 2, /* id, actor */
	    .sql = "WITH done AS (UPDATE mail_outbox SET sent_at = NULL,"
		   " failed_at = NULL, attempts = 0, lease = NULL,"
		   " error = NULL, next_attempt_at = now()"
		   " WHERE id = $1::uuid RETURNING id, tenant_id, kind)"
		   " INSERT INTO audit_log (tenant_id, action, target_type,"
		   " target_id, details) SELECT coalesce(tenant_id, " NO_TENANT
		   "), 'mail.resend', 'mail', id, jsonb_build_object('by',"
		   " $2::text, 'kind', kind) FROM done",
	},
	[Q__MAX] = { 0 },
};

static const struct db_scope everything = { .superadmin = true };

enum code
outbox_queue(struct db *db, struct arena *a, const struct outbox_mail *m)
{
	const struct outbox_kind *kind = outbox_kind(m->kind);
	const char *text;

	if (kind == NULL || !mail_is_address(m->to) ||
	    strlen(m->to) > RECIPIENT_MAX || !outbox_is_whole(a, kind, m->data))
		return CODE_INVALID_ARGUMENT;
	text = json_string(a, m->data, JSON_COMPACT);
	if (db_run(db, &outbox_queries[Q_QUEUE],
		DB_ARGS(m->tenant_id, m->notification_id, m->kind, m->to,
		    text)) == NULL)
		return identity_fault(db);
	db_notify(db, OUTBOX_CHANNEL, "");
	return CODE_OK;
}

/* --- the operator's view --------------------------------------------------- */

bool
outbox_is_status(const char *s)
{
	return str_eq(s, "queued") || str_eq(s, "sending") ||
	    str_eq(s, "sent") || str_eq(s, "failed");
}

static void
read_row(const struct db_rows *rows, struct outbox_row *out)
{
	out->id = db_text(rows, 0);
	out->tenant_id = db_text_null(rows, 1);
	out->kind = db_text(rows, 2);
	out->to = db_text(rows, 3);
	out->status = db_text(rows, 4);
	out->error = db_text_null(rows, 5);
	out->attempts = db_int(rows, 6);
	out->created_at = db_time(rows, 7);
	out->next_at = db_time(rows, 8);
	out->ended_at = db_time(rows, 9);
	out->data = NULL;
}

static void
read_data(struct arena *a, const struct db_rows *rows, struct outbox_row *out)
{
	const char *text = db_text(rows, 10);

	out->data = json_parse(a, text, strlen(text), NULL, NULL);
}

enum code
outbox_list(struct db *db, struct arena *a, const char *status,
    const char *after, int64_t limit, struct outbox_row **out, size_t *n)
{
	struct db_rows *rows;
	enum code code;

	db_begin(db, DB_TX_READ, &everything);
	rows = db_last(db, &outbox_queries[Q_LIST],
	    DB_ARGS(status, after, db_arg_int(a, limit)));
	code = db_end(db, rows == NULL ? CODE_UNAVAILABLE : CODE_OK);
	if (code != CODE_OK)
		return code;
	*out = arena_calloc(a, db_count(rows), sizeof(**out));
	for (*n = 0; db_next(rows); (*n)++)
		read_row(rows, &(*out)[*n]);
	return CODE_OK;
}

enum code
outbox_get(struct db *db, struct arena *a, const char *id,
    struct outbox_row *out)
{
	struct db_rows *rows;
	enum code code;

	if (!str_is_uuid(id))
		return CODE_NOT_FOUND;
	db_begin(db, DB_TX_READ, &everything);
	rows = db_last(db, &outbox_queries[Q_GET], DB_ARGS(id));
	code = db_end(db, rows == NULL ? CODE_UNAVAILABLE : CODE_OK);
	if (code != CODE_OK)
		return code;
	if (!db_next(rows))
		return CODE_NOT_FOUND;
	read_row(rows, out);
	read_data(a, rows, out);
	return CODE_OK;
}

/* Whether the row, which is locked, can be sent again. */
static enum code
may_resend(struct arena *a, const struct outbox_row *m)
{
	const struct outbox_kind *kind = outbox_kind(m->kind);

	if (str_eq(m->status, "sending"))
		return CODE_FAILED_PRECONDITION;
	if (kind == NULL || !outbox_is_whole(a, kind, m->data))
		return CODE_ABORTED;
	return CODE_OK;
}

enum code
outbox_resend(struct db *db, struct arena *a, const char *id, const char *actor)
{
	struct outbox_row m;
	struct db_rows *rows;
	enum code code;

	if (!str_is_uuid(id))
		return CODE_NOT_FOUND;
	db_begin(db, DB_TX_WRITE, &everything);
	rows = db_run(db, &outbox_queries[Q_LOCK], DB_ARGS(id));
	if (rows == NULL)
		return db_end(db, CODE_UNAVAILABLE);
	if (!db_next(rows))
		return db_end(db, CODE_NOT_FOUND);
	read_row(rows, &m);
	read_data(a, rows, &m);
	code = may_resend(a, &m);
	if (code == CODE_OK &&
	    db_run(db, &outbox_queries[Q_RESEND], DB_ARGS(id, actor)) == NULL)
		code = CODE_UNAVAILABLE;
	if (code == CODE_OK)
		db_notify(db, OUTBOX_CHANNEL, "");
	return db_end(db, code);
}

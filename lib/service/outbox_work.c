/*
 * Taking mails from the queue. FOR UPDATE SKIP LOCKED keeps two workers apart
 * while they take; the lease, a fresh id per try, keeps them apart while they
 * send: who lost it notes nothing.
 */
#include "service/outbox_work.h"

#include <string.h>

#include "service/outbox_letter.h"

enum query {
	Q_TAKE,
	Q_SENT,
	Q_AGAIN,
	Q_GIVE_UP,
	Q_WAITING,
	Q__MAX
};

const struct db_query outbox_work_queries[] = {
	[Q_TAKE] = {
	    .name = "outbox_take",
	    .nargs = 1, /* seconds of the lease */
	    .sql = "UPDATE mail_outbox m SET lease = gen_random_uuid(),"
		   " attempts = m.attempts + 1,"
		   " next_attempt_at = now() + $1::int * interval '1 second'"
		   " WHERE m.id = (SELECT n.id FROM mail_outbox n"
		   " WHERE n.sent_at IS NULL AND n.failed_at IS NULL"
		   " AND n.next_attempt_at <= now()"
		   " ORDER BY n.next_attempt_at, n.id LIMIT 1"
		   " FOR UPDATE SKIP LOCKED)"
		   " RETURNING m.id, m.lease, m.kind, m.recipient, m.payload,"
		   " m.created_at, m.attempts",
	},
	[Q_SENT] = {
	    .name = "outbox_sent",
	    .nargs = 3, /* id, lease, member that is forgotten */
	    .sql = "WITH mine AS (UPDATE mail_outbox SET sent_at = now(),"
		   " lease = NULL, error = NULL,"
		   " payload = coalesce(payload - $3::text, payload)"
		   " WHERE id = $1::uuid AND lease = $2::uuid"
		   " RETURNING tenant_id, notification_id)"
		   " UPDATE notifications n SET email_sent = true FROM mine"
		   " WHERE n.id = mine.notification_id"
		   " AND n.tenant_id = mine.tenant_id",
	},
	[Q_AGAIN] = {
	    .name = "outbox_again",
	    .nargs = 4, /* id, lease, error, seconds */
	    .sql = "UPDATE mail_outbox SET lease = NULL, error = $3,"
		   " next_attempt_at = now() + $4::int * interval '1 second'"
		   " WHERE id = $1::uuid AND lease = $2::uuid",
	},
	[Q_GIVE_UP] = {
	    .name = "outbox_give_up",
	    .nargs = 3, /* id, lease, error */
	    .sql = "UPDATE mail_outbox SET lease = NULL, error = $3,"
		   " failed_at = now()"
		   " WHERE id = $1::uuid AND lease = $2::uuid",
	},
	[Q_WAITING] = {
	    .name = "outbox_waiting",
	    .nargs = 0,
	    .sql = "SELECT id, kind, recipient, created_at, attempts,"
		   " next_attempt_at <= now() FROM mail_outbox"
		   " WHERE sent_at IS NULL AND failed_at IS NULL"
		   " ORDER BY next_attempt_at, id",
	},
	[Q__MAX] = { 0 },
};

/* Seconds until the next try: 1, 5, 15, 60 minutes, 2, 4, 8 hours. */
static const char *const pauses[] = { "60", "300", "900", "3600", "7200",
	"14400", "28800" };

static const struct db_scope everything = { .superadmin = true };

static void
begin(struct db *db, struct arena *a, enum db_tx tx)
{
	db_use(db, a);
	db_begin(db, tx, &everything);
}

static int
end(struct db *db, const struct db_rows *rows)
{
	enum code code = rows == NULL ? CODE_INTERNAL : CODE_OK;

	return db_end(db, code) == CODE_OK ? 0 : -1;
}

int
outbox_take(struct db *db, struct arena *a, struct outbox_work *out)
{
	struct db_rows *rows;
	const char *text;

	begin(db, a, DB_TX_WRITE);
	rows = db_last(db, &outbox_work_queries[Q_TAKE],
	    DB_ARGS(db_arg_int(a, OUTBOX_LEASE_SECONDS)));
	if (end(db, rows) == -1)
		return -1;
	if (!db_next(rows))
		return 0;
	text = db_text(rows, 4);
	out->id = db_text(rows, 0);
	out->lease = db_text(rows, 1);
	out->kind = db_text(rows, 2);
	out->to = db_text(rows, 3);
	out->data = json_parse(a, text, strlen(text), NULL, NULL);
	out->created_us = db_time(rows, 5);
	out->attempt = (int)db_int(rows, 6);
	return 1;
}

/* The member that nobody may read any more, or NULL. */
static const char *
secret_of(const char *kind)
{
	const struct outbox_kind *k = outbox_kind(kind);

	return k == NULL ? NULL : k->secret;
}

int
outbox_note(struct db *db, struct arena *a, const struct outbox_work *w,
    enum mail_end how, const char *error, bool *kept)
{
	bool again = how == MAIL_AGAIN && w->attempt < OUTBOX_TRIES;
	struct db_rows *rows;

	begin(db, a, DB_TX_WRITE);
	if (how == MAIL_SENT)
		rows = db_last(db, &outbox_work_queries[Q_SENT],
		    DB_ARGS(w->id, w->lease, secret_of(w->kind)));
	else if (again)
		rows = db_last(db, &outbox_work_queries[Q_AGAIN],
		    DB_ARGS(w->id, w->lease, error, pauses[w->attempt - 1]));
	else
		rows = db_last(db, &outbox_work_queries[Q_GIVE_UP],
		    DB_ARGS(w->id, w->lease, error));
	if (kept != NULL)
		*kept = again;
	return end(db, rows);
}

int
outbox_waiting(struct db *db, struct arena *a,
    void (*fn)(void *arg, const struct outbox_work *w, bool due), void *arg)
{
	struct outbox_work w;
	struct db_rows *rows;

	begin(db, a, DB_TX_READ);
	rows = db_last(db, &outbox_work_queries[Q_WAITING], DB_NOARGS);
	if (end(db, rows) == -1)
		return -1;
	while (db_next(rows)) {
		memset(&w, 0, sizeof(w));
		w.id = db_text(rows, 0);
		w.kind = db_text(rows, 1);
		w.to = db_text(rows, 2);
		w.created_us = db_time(rows, 3);
		w.attempt = (int)db_int(rows, 4) + 1;
		fn(arg, &w, db_bool(rows, 5));
	}
	return 0;
}

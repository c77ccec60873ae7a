/*
 * Taking mails from the queue. FOR UPDATE SKIP LOCKED keeps two workers apart
 * while they take; the lease in due_at keeps them apart while they deliver.
 */
#include "identity/courier_work.h"

#include <string.h>

#include "base/str.h"
#include "identity/courier.h"
#include "identity/identity.h"
#include "identity/seal.h"

enum query {
	Q_TAKE,
	Q_SENT,
	Q_AGAIN,
	Q_ABANDON,
	Q_SWEEP,
	Q_WAITING,
	Q__MAX
};

/* One statement with its dispatch; nothing when the lease is another's. */
#define NOTE(set, status, error)                                                    \
	"WITH mine AS (UPDATE mails SET " set ", subject = coalesce($3,"            \
	" subject), body = coalesce($4, body), updated_at = now()"                  \
	" WHERE id = $1::uuid AND status = 'processing'"                            \
	" AND send_count = $2::int RETURNING id)"                                   \
	" INSERT INTO mail_dispatches (mail_id, status, error) SELECT id, '" status \
	"', " error " FROM mine"

const struct db_query courier_work_queries[] = {
	[Q_TAKE] = {
	    .name = "courier_take",
	    .nargs = 1, /* seconds of the lease */
	    .sql = "UPDATE mails m SET status = 'processing',"
		   " send_count = m.send_count + 1, updated_at = now(),"
		   " due_at = now() + $1::int * interval '1 second'"
		   " WHERE m.id = (SELECT n.id FROM mails n"
		   " WHERE n.status IN ('queued', 'processing')"
		   " AND n.due_at <= now() ORDER BY n.due_at, n.id LIMIT 1"
		   " FOR UPDATE SKIP LOCKED)"
		   " RETURNING m.id, m.template, m.valid, m.recipient,"
		   " m.identity_id, m.sealed, m.created_at, m.send_count",
	},
	[Q_SENT] = {
	    .name = "courier_sent",
	    .nargs = 4, /* id, attempt, subject, body */
	    .sql = NOTE("status = 'sent', sealed = NULL", "success", "NULL"),
	},
	[Q_AGAIN] = {
	    .name = "courier_again",
	    .nargs = 6, /* id, attempt, subject, body, error, seconds */
	    .sql = NOTE("status = 'queued', due_at = now()"
		   " + $6::int * interval '1 second'", "failed", "$5"),
	},
	[Q_ABANDON] = {
	    .name = "courier_abandon",
	    .nargs = 5, /* id, attempt, subject, body, error */
	    .sql = NOTE("status = 'abandoned', sealed = NULL", "failed", "$5"),
	},
	[Q_SWEEP] = {
	    .name = "courier_sweep",
	    .nargs = 1, /* days */
	    .sql = "DELETE FROM mails WHERE id IN (SELECT id FROM mails"
		   " WHERE status IN ('sent', 'abandoned')"
		   " AND created_at < now() - $1::int * interval '1 day'"
		   " AND updated_at < now() - $1::int * interval '1 day'"
		   " ORDER BY created_at LIMIT 100 FOR UPDATE SKIP LOCKED)",
	},
	[Q_WAITING] = {
	    .name = "courier_waiting",
	    .nargs = 0,
	    .sql = "SELECT id, template, valid, recipient, created_at,"
		   " send_count, due_at <= now() FROM mails"
		   " WHERE status IN ('queued', 'processing')"
		   " ORDER BY due_at, id",
	},
	[Q__MAX] = { 0 },
};

/* Seconds until the next try. */
static const char *const pauses[] = { "60", "300", "900", "3600" };

static void
begin(struct db *db, struct arena *a, enum db_tx tx)
{
	struct db_scope scope = { .deadline_ms = 0 };

	db_use(db, a);
	db_begin(db, tx, &scope);
}

/* What fills the template: what was queued, To, and Identity. */
static enum code
open_data(struct db *db, struct arena *a, const char *const *secrets,
    const char *base_url, const char *identity, const char *sealed,
    struct courier_work *w)
{
	struct identity who;
	struct json *data;
	enum code code;
	size_t len;
	char *text;

	w->data = NULL;
	text = seal_open(a, secrets, courier_context(a, w->id), sealed, &len,
	    NULL);
	if (text == NULL)
		return CODE_OK;
	data = json_parse(a, text, len, NULL, NULL);
	if (data == NULL)
		return CODE_OK;
	json_put_text(data, "To", w->to);
	w->data = data;
	if (identity == NULL || json_has(data, "Identity"))
		return CODE_OK;
	code = identity_get(db, a, base_url, identity, &who);
	if (code == CODE_OK)
		json_put(data, "Identity", who.json);
	return code == CODE_NOT_FOUND ? CODE_OK : code;
}

int
courier_take(struct db *db, struct arena *a, const char *const *secrets,
    const char *base_url, struct courier_work *out)
{
	struct db_rows *rows;
	enum code code;
	bool found;

	begin(db, a, DB_TX_WRITE);
	rows = db_run(db, &courier_work_queries[Q_TAKE],
	    DB_ARGS(db_arg_int(a, COURIER_LEASE_SECONDS)));
	found = rows != NULL && db_next(rows);
	code = rows == NULL ? CODE_INTERNAL : CODE_OK;
	if (found) {
		out->id = db_text(rows, 0);
		out->type = db_text(rows, 1);
		out->unknown = !db_bool(rows, 2);
		out->to = db_text(rows, 3);
		out->created_us = db_time(rows, 6);
		out->attempt = (int)db_int(rows, 7);
		code = open_data(db, a, secrets, base_url,
		    db_text_null(rows, 4), db_text(rows, 5), out);
	}
	if (db_end(db, code) != CODE_OK)
		return -1;
	return found;
}

int
courier_note(struct db *db, struct arena *a, const struct courier_work *w,
    enum mail_end end, const struct letter *shown, const char *error,
    bool *kept)
{
	const char *attempt = db_arg_int(a, w->attempt);
	const char *subject = shown == NULL ? NULL : shown->subject;
	const char *body = shown == NULL ? NULL : shown->text;
	bool again = end == MAIL_AGAIN && w->attempt < COURIER_TRIES;
	struct db_rows *rows;

	begin(db, a, DB_TX_WRITE);
	if (end == MAIL_SENT)
		rows = db_last(db, &courier_work_queries[Q_SENT],
		    DB_ARGS(w->id, attempt, subject, body));
	else if (again)
		rows = db_last(db, &courier_work_queries[Q_AGAIN],
		    DB_ARGS(w->id, attempt, subject, body, error,
			pauses[w->attempt - 1]));
	else
		rows = db_last(db, &courier_work_queries[Q_ABANDON],
		    DB_ARGS(w->id, attempt, subject, body, error));
	if (kept != NULL)
		*kept = again;
	return db_end(db, rows == NULL ? CODE_INTERNAL : CODE_OK) == CODE_OK
	    ? 0
	    : -1;
}

int64_t
courier_sweep(struct db *db, struct arena *a, int days)
{
	struct db_rows *rows;

	begin(db, a, DB_TX_WRITE);
	rows = db_last(db, &courier_work_queries[Q_SWEEP],
	    DB_ARGS(db_arg_int(a, days)));
	if (db_end(db, rows == NULL ? CODE_INTERNAL : CODE_OK) != CODE_OK)
		return -1;
	return db_affected(rows);
}

int
courier_waiting(struct db *db, struct arena *a,
    void (*fn)(void *arg, const struct courier_work *w, bool due), void *arg)
{
	struct courier_work w;
	struct db_rows *rows;

	begin(db, a, DB_TX_READ);
	rows = db_last(db, &courier_work_queries[Q_WAITING], DB_NOARGS);
	if (db_end(db, rows == NULL ? CODE_INTERNAL : CODE_OK) != CODE_OK)
		return -1;
	while (db_next(rows)) {
		memset(&w, 0, sizeof(w));
		w.id = db_text(rows, 0);
		w.type = db_text(rows, 1);
		w.unknown = !db_bool(rows, 2);
		w.to = db_text(rows, 3);
		w.created_us = db_time(rows, 4);
		w.attempt = (int)db_int(rows, 5) + 1;
		fn(arg, &w, db_bool(rows, 6));
	}
	return 0;
}

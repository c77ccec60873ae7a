/*
 * The queue of web hooks. FOR UPDATE SKIP LOCKED keeps two workers apart while
 * they take; the lease in due_at keeps them apart while they deliver.
 */
#include "identity/hook_queue.h"

#include <string.h>

#include "identity/hook_call.h"
#include "identity/identity.h"
#include "identity/seal.h"

#define LEASE_SECONDS 60 /* longer than any try */

enum query {
	Q_PUT,
	Q_TAKE,
	Q_SENT,
	Q_AGAIN,
	Q_ABANDON,
	Q_SWEEP,
	Q_WAITING,
	Q__MAX
};

/* Nothing when the lease is another's. */
#define NOTE(set)                                                      \
	"UPDATE web_hooks SET " set ", error = $3, updated_at = now()" \
	" WHERE id = $1::uuid AND status = 'processing'"               \
	" AND send_count = $2::int"

const struct db_query hook_queue_queries[] = {
	[Q_PUT] = {
	    .name = "hook_queue_put",
	    .nargs = 3, /* id, hook, sealed */
	    .sql = "INSERT INTO web_hooks (id, hook, sealed)"
		   " VALUES ($1::uuid, $2, $3)",
	},
	[Q_TAKE] = {
	    .name = "hook_queue_take",
	    .nargs = 1, /* seconds of the lease */
	    .sql = "UPDATE web_hooks w SET status = 'processing',"
		   " send_count = w.send_count + 1, updated_at = now(),"
		   " due_at = now() + $1::int * interval '1 second'"
		   " WHERE w.id = (SELECT n.id FROM web_hooks n"
		   " WHERE n.status IN ('queued', 'processing')"
		   " AND n.due_at <= now() ORDER BY n.due_at, n.seq LIMIT 1"
		   " FOR UPDATE SKIP LOCKED)"
		   " RETURNING w.id, w.hook, w.sealed, w.send_count",
	},
	[Q_SENT] = {
	    .name = "hook_queue_sent",
	    .nargs = 3, /* id, attempt, error */
	    .sql = NOTE("status = 'sent', sealed = NULL"),
	},
	[Q_AGAIN] = {
	    .name = "hook_queue_again",
	    .nargs = 4, /* id, attempt, error, seconds */
	    .sql = NOTE("status = 'queued',"
			" due_at = now() + $4::int * interval '1 second'"),
	},
	[Q_ABANDON] = {
	    .name = "hook_queue_abandon",
	    .nargs = 3, /* id, attempt, error */
	    .sql = NOTE("status = 'abandoned', sealed = NULL"),
	},
	[Q_SWEEP] = {
	    .name = "hook_queue_sweep",
	    .nargs = 0,
	    .sql = "DELETE FROM web_hooks WHERE id IN (SELECT id FROM web_hooks"
		   " WHERE status IN ('sent', 'abandoned')"
		   " AND updated_at < now() - interval '7 days'"
		   " ORDER BY updated_at LIMIT 100 FOR UPDATE SKIP LOCKED)",
	},
	[Q_WAITING] = {
	    .name = "hook_queue_waiting",
	    .nargs = 0,
	    .sql = "SELECT id, hook, send_count, due_at <= now() FROM web_hooks"
		   " WHERE status IN ('queued', 'processing')"
		   " ORDER BY due_at, seq",
	},
	[Q__MAX] = { 0 },
};

/* Seconds until the next try. */
static const char *const pauses[HOOK_TRIES - 1] = { "10", "60", "300" };

static void
begin(struct db *db, struct arena *a, enum db_tx tx)
{
	struct db_scope scope = { .deadline_ms = 0 };

	db_use(db, a);
	db_begin(db, tx, &scope);
}

/* What a sealed body is bound to. */
static const char *
context(struct arena *a, const char *id)
{
	return arena_printf(a, "web_hook:%s", id);
}

enum code
hook_queue_put(struct db *db, struct arena *a, const char *const *secrets,
    const char *id, const char *hook, const char *body)
{
	const char *sealed =
	    seal_close(a, secrets, context(a, id), body, strlen(body));

	if (db_run(db, &hook_queue_queries[Q_PUT], DB_ARGS(id, hook, sealed)) ==
	    NULL)
		return identity_fault(db);
	db_notify(db, HOOK_CHANNEL, "");
	return CODE_OK;
}

int
hook_queue_take(struct db *db, struct arena *a, const char *const *secrets,
    struct hook_work *out)
{
	struct db_rows *rows;
	size_t len;

	begin(db, a, DB_TX_WRITE);
	rows = db_last(db, &hook_queue_queries[Q_TAKE],
	    DB_ARGS(db_arg_int(a, LEASE_SECONDS)));
	if (db_end(db, rows == NULL ? CODE_INTERNAL : CODE_OK) != CODE_OK)
		return -1;
	if (!db_next(rows))
		return 0;
	out->id = db_text(rows, 0);
	out->hook = db_text(rows, 1);
	out->body = seal_open(a, secrets, context(a, out->id), db_text(rows, 2),
	    &len, NULL);
	out->attempt = (int)db_int(rows, 3);
	return 1;
}

int
hook_queue_note(struct db *db, struct arena *a, const struct hook_work *w,
    enum hook_note end, const char *error, bool *kept)
{
	const char *attempt = db_arg_int(a, w->attempt);
	struct db_rows *rows;

	*kept = end == HOOK_NOTE_AGAIN && w->attempt < HOOK_TRIES;
	begin(db, a, DB_TX_WRITE);
	if (*kept)
		rows = db_last(db, &hook_queue_queries[Q_AGAIN],
		    DB_ARGS(w->id, attempt, error, pauses[w->attempt - 1]));
	else
		rows = db_last(db,
		    &hook_queue_queries[end == HOOK_NOTE_SENT ? Q_SENT
							      : Q_ABANDON],
		    DB_ARGS(w->id, attempt, error));
	return db_end(db, rows == NULL ? CODE_INTERNAL : CODE_OK) == CODE_OK
	    ? 0
	    : -1;
}

int64_t
hook_queue_sweep(struct db *db, struct arena *a)
{
	struct db_rows *rows;

	begin(db, a, DB_TX_WRITE);
	rows = db_last(db, &hook_queue_queries[Q_SWEEP], DB_NOARGS);
	if (db_end(db, rows == NULL ? CODE_INTERNAL : CODE_OK) != CODE_OK)
		return -1;
	return db_affected(rows);
}

int
hook_queue_waiting(struct db *db, struct arena *a,
    void (*fn)(void *arg, const struct hook_work *w, bool due), void *arg)
{
	struct hook_work w = { 0 };
	struct db_rows *rows;

	begin(db, a, DB_TX_READ);
	rows = db_last(db, &hook_queue_queries[Q_WAITING], DB_NOARGS);
	if (db_end(db, rows == NULL ? CODE_INTERNAL : CODE_OK) != CODE_OK)
		return -1;
	while (db_next(rows)) {
		w.id = db_text(rows, 0);
		w.hook = db_text(rows, 1);
		w.attempt = (int)db_int(rows, 2) + 1;
		fn(arg, &w, db_bool(rows, 3));
	}
	return 0;
}

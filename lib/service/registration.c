/*
 * A row is only changed where it still is what the caller takes it for. The
 * lock is one of the connection, since calls to the payment provider are made
 * while it is held and no transaction is open then.
 */
#include "service/registration.h"

#include <stdio.h>

#include "base/clock.h"

#define PATIENCE_MS 5000 /* for one statement, also when time is up */

enum query {
	Q_LOCK,
	Q_UNLOCK,
	Q_INSERT,
	Q_FIND,
	Q_SET_CHECKOUT,
	Q_DROP,
	Q_DROP_FAILED,
	Q__MAX
};

extern const struct db_query registration_queries[];

#define LOCK_KEY "hashtextextended('registration ' || $1, 0)"

const struct db_query registration_queries[] = {
	[Q_LOCK] = {
	    .name = "registration_lock",
	    .nargs = 1, /* e-mail */
	    .sql = "SELECT pg_try_advisory_lock(" LOCK_KEY ")",
	},
	[Q_UNLOCK] = {
	    .name = "registration_unlock",
	    .nargs = 1, /* e-mail */
	    .sql = "SELECT pg_advisory_unlock(" LOCK_KEY ")",
	},
	[Q_INSERT] = {
	    .name = "registration_insert",
	    /* e-mail, hash, first name, last name, company, industry, team
	     * size, plan, seats, status */
	    .nargs = 10,
	    .sql = "INSERT INTO pending_registrations (email, password_hash,"
		   " first_name, last_name, company_name, industry, team_size,"
		   " plan, seat_count, status) VALUES ($1, $2, $3, $4, $5,"
		   " NULLIF($6, ''), NULLIF($7, ''), $8, $9::int, $10)"
		   " ON CONFLICT (lower(email)) DO NOTHING"
		   " RETURNING id, extract(epoch FROM expires_at)::bigint",
	},
	[Q_FIND] = {
	    .name = "registration_find",
	    .nargs = 1, /* e-mail */
	    .sql = "SELECT id, status, checkout_session_id,"
		   " (extract(epoch FROM clock_timestamp() - updated_at)"
		   " * 1000)::bigint FROM pending_registrations"
		   " WHERE lower(email) = lower($1)",
	},
	[Q_SET_CHECKOUT] = {
	    .name = "registration_set_checkout",
	    .nargs = 3, /* id, session, customer */
	    .sql = "UPDATE pending_registrations SET checkout_session_id = $2,"
		   " stripe_customer_id = $3, updated_at = now()"
		   " WHERE id = $1 AND status = 'pending'",
	},
	[Q_DROP] = {
	    .name = "registration_drop",
	    .nargs = 1, /* id */
	    .sql = "DELETE FROM pending_registrations"
		   " WHERE id = $1 AND status = 'pending'",
	},
	[Q_DROP_FAILED] = {
	    .name = "registration_drop_failed",
	    .nargs = 1, /* id */
	    .sql = "DELETE FROM pending_registrations WHERE id = $1"
		   " AND status = 'failed' AND stripe_subscription_id IS NULL",
	},
	[Q__MAX] = { 0 },
};

static void
begin(struct db *db, enum db_tx tx)
{
	const struct db_scope scope = { .superadmin = true,
		.deadline_ms = clock_mono_ms() + PATIENCE_MS };

	db_begin(db, tx, &scope);
}

/* One statement that changes rows. CODE_NOT_FOUND: there was none to change. */
static enum code
change(struct db *db, enum query q, size_t nargs, const char *const *args)
{
	enum code code = CODE_UNAVAILABLE;
	struct db_rows *rows;

	begin(db, DB_TX_WRITE);
	rows = db_last(db, &registration_queries[q], nargs, args);
	if (rows != NULL)
		code = db_affected(rows) > 0 ? CODE_OK : CODE_NOT_FOUND;
	return db_end(db, code);
}

enum code
registration_lock(struct db *db, const char *email)
{
	enum code code = CODE_UNAVAILABLE;
	struct db_rows *rows;

	begin(db, DB_TX_WRITE);
	rows = db_last(db, &registration_queries[Q_LOCK], DB_ARGS(email));
	if (rows != NULL && db_next(rows))
		code = db_bool(rows, 0) ? CODE_OK : CODE_ALREADY_EXISTS;
	code = db_end(db, code);
	if (code != CODE_OK && code != CODE_ALREADY_EXISTS)
		db_idle(db, 0); /* a lock would go with the connection */
	return code;
}

void
registration_unlock(struct db *db, const char *email)
{
	enum code code;

	begin(db, DB_TX_WRITE);
	code =
	    db_last(db, &registration_queries[Q_UNLOCK], DB_ARGS(email)) == NULL
	    ? CODE_UNAVAILABLE
	    : CODE_OK;
	if (db_end(db, code) != CODE_OK)
		db_idle(db, 0); /* the lock goes with the connection */
}

enum code
registration_insert(struct db *db, struct arena *a,
    const struct registration_new *in, char id[STR_UUID_LEN + 1],
    int64_t *expires_at)
{
	enum code code = CODE_UNAVAILABLE;
	struct db_rows *rows;

	begin(db, DB_TX_WRITE);
	rows = db_last(db, &registration_queries[Q_INSERT],
	    DB_ARGS(in->email, in->password_hash, in->first_name, in->last_name,
		in->company, in->industry, in->team_size, in->plan,
		db_arg_int(a, in->seats), in->paid ? "paid" : "pending"));
	if (rows != NULL) {
		code = CODE_ALREADY_EXISTS;
		if (db_next(rows)) {
			snprintf(id, STR_UUID_LEN + 1, "%s", db_text(rows, 0));
			*expires_at = db_int(rows, 1);
			code = CODE_OK;
		}
	}
	return db_end(db, code);
}

enum code
registration_find(struct db *db, const char *email, struct registration *out)
{
	enum code code = CODE_UNAVAILABLE;
	struct db_rows *rows;

	begin(db, DB_TX_READ);
	rows = db_last(db, &registration_queries[Q_FIND], DB_ARGS(email));
	if (rows != NULL) {
		code = CODE_NOT_FOUND;
		if (db_next(rows)) {
			snprintf(out->id, sizeof(out->id), "%s",
			    db_text(rows, 0));
			out->status = db_text(rows, 1);
			out->session_id = db_text_null(rows, 2);
			out->changed_ms = db_int(rows, 3);
			code = CODE_OK;
		}
	}
	return db_end(db, code);
}

enum code
registration_set_checkout(struct db *db, const char *id, const char *session_id,
    const char *customer_id)
{
	return change(db, Q_SET_CHECKOUT, DB_ARGS(id, session_id, customer_id));
}

enum code
registration_drop(struct db *db, const char *id)
{
	return change(db, Q_DROP, DB_ARGS(id));
}

enum code
registration_drop_failed(struct db *db, const char *id)
{
	return change(db, Q_DROP_FAILED, DB_ARGS(id));
}

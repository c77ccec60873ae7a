/*
 * PostgreSQL: named prepared statements inside transactions that carry their
 * tenant. The only user of libpq.
 *
 * One RPC, one round trip: db_begin() sends nothing; the first statement
 * travels in one pipeline with BEGIN and the settings, and db_last() adds the
 * COMMIT to it.
 */
#ifndef MIRAI_DB_DB_H
#define MIRAI_DB_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/code.h"

struct db;
struct db_rows;

/* A statement, named once in the file that runs it. $1 is the first argument. */
struct db_query {
	const char *name; /* also its prepared name: letters, digits, _ */
	const char *sql;
	unsigned nargs;
};

/* Zero is the strict value: a forgotten field is a write under its tenant. */
enum db_tx {
	DB_TX_WRITE = 0,
	DB_TX_READ, /* READ ONLY: the database catches a mislabelled method */
	DB_TX_NONE  /* the handler opens its own, if any */
};

/* What row-level security and the time limit see. Strings are borrowed. */
struct db_scope {
	const char
	    *tenant_id;	     /* NULL: no tenant, so no tenant row is visible */
	const char *user_id; /* NULL: none */
	bool
	    superadmin; /* honoured only for roles that are members of mirai_worker */
	int64_t deadline_ms; /* clock_mono_ms() scale; 0: none */
};

/* Why the last statement failed. */
enum db_fault {
	DB_FAULT_NONE = 0,
	DB_FAULT_UNIQUE,	  /* 23505; db_constraint() names the index */
	DB_FAULT_FOREIGN_KEY,	  /* 23503 */
	DB_FAULT_CHECK,		  /* 23514, 22xxx: value out of range */
	DB_FAULT_TIMEOUT,	  /* 57014 or the deadline passed */
	DB_FAULT_RETRY,		  /* 40001, 40P01: serialization, deadlock */
	DB_FAULT_READ_ONLY,	  /* 25006 */
	DB_FAULT_LOST,		  /* connection gone and not reopened */
	DB_FAULT_UNKNOWN_OUTCOME, /* lost while COMMIT was under way */
	DB_FAULT_OTHER
};

/*
 * A handle on url (libpq connection string). Connects on first use, so it
 * never fails; the caller owns it. db_close(NULL) is fine.
 */
struct db *db_open(const char *url, const char *application);
void db_close(struct db *db);

/* As db_open(), with url's database and role replaced unless NULL: set-up. */
struct db *db_open_as(const char *url, const char *application,
    const char *dbname, const char *role);

/*
 * Closes it in a child after fork(2) without a word to the server: the
 * connection goes on as the parent's. NULL is fine.
 */
void db_abandon(struct db *db);

/* Gives the connection back to the server if unused for idle_ms. */
void db_idle(struct db *db, int64_t idle_ms);

/* Result sets made from now on live in a (the request's arena). */
void db_use(struct db *db, struct arena *a);

/* Opens a transaction; sends nothing yet. One at a time per handle. */
void db_begin(struct db *db, enum db_tx tx, const struct db_scope *scope);

/*
 * Runs q with nargs text arguments (NULL is SQL NULL); asserts the count.
 * Returns the rows, valid until the arena is reset, or NULL: db_fault() says
 * why, the cause is logged, and the transaction can only be ended.
 */
struct db_rows *db_run(struct db *db, const struct db_query *q, size_t nargs,
    const char *const *args);

/*
 * As db_run(), and the caller promises that nothing follows in this
 * transaction: COMMIT travels with the statement. A failing statement rolls
 * back. After it only db_end() may be called.
 */
struct db_rows *db_last(struct db *db, const struct db_query *q, size_t nargs,
    const char *const *args);

/*
 * COMMIT waits for db_end() in this transaction: db_last() becomes db_run(),
 * for whoever has something to add after the caller's last statement.
 */
void db_hold(struct db *db);

/*
 * Queues q without waiting (its rows are dropped); a failure shows at the
 * next db_run(), db_last() or db_end().
 */
void db_queue(struct db *db, const struct db_query *q, size_t nargs,
    const char *const *args);

/* Expands to the two arguments count, array of db_run(). */
#define DB_ARGS(...)                                                           \
	(sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *)), \
	    (const char *const[])                                              \
	{                                                                      \
		__VA_ARGS__                                                    \
	}
#define DB_NOARGS 0, NULL

/*
 * Ends the transaction: COMMIT when code is CODE_OK, ROLLBACK otherwise.
 * Returns code, or the code of a failed COMMIT. Never commits after the
 * deadline.
 */
enum code db_end(struct db *db, enum code code);

/*
 * True while a COMMIT is on its way: whoever gives up on the call then cannot
 * say what came of it. Lives as long as db; fit for a signal handler.
 */
const volatile bool *db_committing(const struct db *db);

enum db_fault db_fault(const struct db *db);
/* What db_end() returns for it; CODE_OK for none. */
enum code db_fault_code(enum db_fault fault);
const char *db_constraint(const struct db *db); /* "" if none; borrowed */

/* Rows: db_next() steps to the first, then each next row. */
bool db_next(struct db_rows *rows);
size_t db_count(const struct db_rows *rows);	 /* rows in all */
int64_t db_affected(const struct db_rows *rows); /* of INSERT, UPDATE ... */

/* Columns of the current row, from 0; borrowed until the arena is reset. */
bool db_null(const struct db_rows *rows, unsigned col);
const char *db_text(const struct db_rows *rows, unsigned col); /* "" if NULL */
const char *db_text_null(const struct db_rows *rows, unsigned col); /* NULL */
int64_t db_int(const struct db_rows *rows, unsigned col); /* 0 if NULL */
double db_real(const struct db_rows *rows, unsigned col);
bool db_bool(const struct db_rows *rows, unsigned col);
int64_t db_time(const struct db_rows *rows, unsigned col); /* us since 1970 */

/* A text[] column as NULL-terminated strings; *nitems may be NULL. */
const char **db_array(const struct db_rows *rows, unsigned col, size_t *nitems);

/* Arguments of other types as text, in a. */
char *db_arg_int(struct arena *a, int64_t n);
char *db_arg_time(struct arena *a, int64_t us);
char *db_arg_array(struct arena *a, const char *const *items, size_t nitems);

/*
 * LISTEN and NOTIFY. db_notify() is part of the transaction. db_wait() blocks
 * up to timeout_ms for the next notification on a listened channel: 1 and
 * the borrowed channel and payload, 0 on time-out, -1 when the connection
 * was lost (listen again).
 */
void db_notify(struct db *db, const char *channel, const char *payload);
int db_listen(struct db *db, const char *channel) MUST_CHECK;
int db_wait(struct db *db, int timeout_ms, const char **channel,
    const char **payload);

/* The connection's descriptor, for poll(2) over several; -1 when closed. */
int db_fd(const struct db *db);

/*
 * Runs a script of several statements as it is: migrations and set-up only.
 * Inside a transaction it is part of it; outside, each statement stands
 * alone. name is for the log. -1: db_fault() says why.
 */
int db_script(struct db *db, const char *name, const char *sql) MUST_CHECK;

#endif

/*
 * PostgreSQL through libpq's pipeline mode. What a call must send (BEGIN, the
 * settings, statements not prepared yet, the statement, COMMIT) leaves in one
 * write and its answers are read back in the same order: each thing sent
 * pushes a row on db->sent, and collect() pops them.
 *
 * Never builds SQL, never blocks past the deadline, never runs a transaction
 * twice unless nothing of it can have been committed.
 */
#include "db/db.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libpq-fe.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"

/* How long the server may take to honour its own time limit. */
#define GRACE_MS       150
#define CONNECT_MS     5000
#define CONSTRAINT_LEN 128

/*
 * Dates as db_time() reads them; just-in-time code never pays here; a query
 * whose client hung up stops soon.
 */
#define SESSION_OPTIONS                               \
	"-c datestyle=ISO -c timezone=UTC -c jit=off" \
	" -c client_connection_check_interval=500"

enum state {
	STATE_CLOSED = 0, /* no transaction */
	STATE_OPEN,	  /* db_begin() was called, nothing sent */
	STATE_STARTED,	  /* BEGIN has run */
	STATE_FAILED,	  /* can only be rolled back */
	STATE_DONE	  /* db_last() has committed */
};

/* What was sent, in order; each is answered by one result. */
enum sent_kind {
	SENT_PREPARE,
	SENT_CONTROL, /* BEGIN, settings, ROLLBACK */
	SENT_QUEUED,
	SENT_QUERY, /* the one whose rows the caller waits for */
	SENT_COMMIT
};

struct sent {
	enum sent_kind kind;
	const struct db_query *q;
};

enum prepared {
	PREPARED_NO = 0,
	PREPARED_SENT,
	PREPARED_YES
};

/* A slot of the open-addressed table of statements this connection knows. */
struct stmt {
	const struct db_query *q;
	enum prepared prepared;
};

/* A statement that waits for the next send. */
struct queued {
	const struct db_query *q;
	const char *const *args;
};

struct db {
	PGconn *conn;
	char *url;
	char *application;
	char *dbname; /* NULL: the url's */
	char *options;
	struct arena *mem;

	enum state state;
	enum db_tx tx;
	struct db_scope scope;
	bool hold; /* db_hold() was called in this transaction */

	struct stmt *stmts;
	size_t nstmts;
	size_t stmtcap; /* a power of two */

	struct sent *sent;
	size_t nsent;
	size_t sentcap;

	struct queued *queue;
	size_t nqueue;
	size_t queuecap;

	enum db_fault fault;
	char constraint[CONSTRAINT_LEN];
	const char *failed; /* name of the statement that failed first */

	bool lost;     /* the connection broke during the last exchange */
	bool answered; /* the last exchange brought at least one good result */
	bool refused; /* the server said it goes away before running anything */
	bool late;    /* the deadline passed during the last exchange */
	bool leaving; /* the server announced that it ends this connection */
	int64_t used_ms;
	volatile bool committing; /* a COMMIT was sent and not answered */

	PGnotify *note; /* the one db_wait() handed out */
};

struct db_rows {
	PGresult *res;
	int row;
	int nrows;
	struct arena *mem;
};

static const struct db_query q_begin = { .name = "mirai_begin",
	.sql = "BEGIN" };
static const struct db_query q_begin_read = { .name = "mirai_begin_read",
	.sql = "BEGIN READ ONLY" };
static const struct db_query q_commit = { .name = "mirai_commit",
	.sql = "COMMIT" };
static const struct db_query q_rollback = { .name = "mirai_rollback",
	.sql = "ROLLBACK" };
static const struct db_query q_scope = {
	.name = "mirai_scope",
	.nargs = 4, /* tenant, user, superadmin, milliseconds */
	.sql = "SELECT set_config('app.tenant_id', $1, true),"
	       " set_config('app.user_id', $2, true),"
	       " set_config('app.is_superadmin', $3, true),"
	       " set_config('statement_timeout', $4, true)",
};
static const struct db_query q_notify = {
	.name = "mirai_notify",
	.nargs = 2, /* channel, payload */
	.sql = "SELECT pg_notify($1, $2)",
};

/* --- faults ----------------------------------------------------------------- */

struct fault_row {
	const char *state; /* a prefix of the SQLSTATE */
	enum db_fault fault;
	enum log_level level;
	bool quiet; /* the server's text may repeat what a user sent */
};

static const struct fault_row fault_rows[] = {
	{ "23505", DB_FAULT_UNIQUE, LOG_LEVEL_DEBUG, true },
	{ "23503", DB_FAULT_FOREIGN_KEY, LOG_LEVEL_DEBUG, true },
	{ "23514", DB_FAULT_CHECK, LOG_LEVEL_DEBUG, true },
	{ "23502", DB_FAULT_CHECK, LOG_LEVEL_WARN, true },
	{ "22", DB_FAULT_CHECK, LOG_LEVEL_WARN, true },
	{ "57014", DB_FAULT_TIMEOUT, LOG_LEVEL_WARN, false },
	{ "55P03", DB_FAULT_TIMEOUT, LOG_LEVEL_WARN, false },
	{ "40001", DB_FAULT_RETRY, LOG_LEVEL_WARN, false },
	{ "40P01", DB_FAULT_RETRY, LOG_LEVEL_WARN, false },
	{ "25006", DB_FAULT_READ_ONLY, LOG_LEVEL_ERROR, false },
	{ "08", DB_FAULT_LOST, LOG_LEVEL_WARN, false },
	{ "57P", DB_FAULT_LOST, LOG_LEVEL_WARN, false },
	{ "53300", DB_FAULT_LOST, LOG_LEVEL_ERROR, false },
	{ "", DB_FAULT_OTHER, LOG_LEVEL_ERROR, false },
};

static const struct fault_row *
fault_find(const char *sqlstate)
{
	const struct fault_row *f;

	for (f = fault_rows; !str_starts(sqlstate, f->state); f++)
		continue;
	return f;
}

static void
fault_log(enum log_level level, const char *name, const char *text)
{
	if (level == LOG_LEVEL_DEBUG)
		log_debug("database: %s: %s", name, text);
	else if (level == LOG_LEVEL_WARN)
		log_warn("database: %s: %s", name, text);
	else
		log_error("database: %s: %s", name, text);
}

/* libpq ends its messages with a newline. */
static const char *
conn_text(const struct db *db)
{
	static char text[512];
	size_t len;

	snprintf(text, sizeof(text), "%s",
	    db->conn == NULL ? "no memory" : PQerrorMessage(db->conn));
	for (len = strlen(text); len > 0 && text[len - 1] == '\n'; len--)
		text[len - 1] = '\0';
	return text;
}

static void
fault_set(struct db *db, enum db_fault fault, const char *constraint)
{
	if (db->fault != DB_FAULT_NONE)
		return;
	db->fault = fault;
	snprintf(db->constraint, sizeof(db->constraint), "%s",
	    constraint == NULL ? "" : constraint);
}

/* A result that is no success: keeps the first of a transaction, logs it. */
static void
fault_result(struct db *db, const struct db_query *q, const PGresult *res)
{
	const struct fault_row *f;
	const char *sqlstate, *text;
	char line[512];

	sqlstate = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	if (sqlstate == NULL) { /* libpq itself: the connection broke */
		db->lost = true;
		db->refused = db->leaving && !db->answered;
		return;
	}
	f = fault_find(sqlstate);
	if (f->fault == DB_FAULT_LOST) {
		db->lost = true;
		db->refused = !db->answered;
		return;
	}
	if (db->fault != DB_FAULT_NONE)
		return;
	text = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
	snprintf(line, sizeof(line), "%s (%s)",
	    f->quiet || text == NULL ? "refused by the server" : text,
	    sqlstate);
	fault_log(f->level, q->name, line);
	fault_set(db, f->fault,
	    PQresultErrorField(res, PG_DIAG_CONSTRAINT_NAME));
}

enum code
db_fault_code(enum db_fault fault)
{
	switch (fault) {
	case DB_FAULT_NONE:
		return CODE_OK;
	case DB_FAULT_TIMEOUT:
		return CODE_DEADLINE_EXCEEDED;
	case DB_FAULT_RETRY:
		return CODE_ABORTED;
	case DB_FAULT_LOST:
		return CODE_UNAVAILABLE;
	case DB_FAULT_UNKNOWN_OUTCOME:
		return CODE_UNKNOWN;
	case DB_FAULT_UNIQUE:
		return CODE_ALREADY_EXISTS;
	case DB_FAULT_FOREIGN_KEY:
	case DB_FAULT_CHECK:
		return CODE_FAILED_PRECONDITION;
	case DB_FAULT_READ_ONLY:
	case DB_FAULT_OTHER:
	default:
		return CODE_INTERNAL;
	}
}

enum db_fault
db_fault(const struct db *db)
{
	return db->fault;
}

const char *
db_constraint(const struct db *db)
{
	return db->constraint;
}

/* --- the connection --------------------------------------------------------- */

/* Warnings are for the server's own log; that it shuts down is for us. */
static void
take_notice(void *arg, const PGresult *res)
{
	struct db *db = arg;
	const char *sqlstate;

	sqlstate = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	if (sqlstate != NULL && fault_find(sqlstate)->fault == DB_FAULT_LOST)
		db->leaving = true;
}

struct db *
db_open(const char *url, const char *application)
{
	return db_open_as(url, application, NULL, NULL);
}

struct db *
db_open_as(const char *url, const char *application, const char *dbname,
    const char *role)
{
	struct db *db;

	db = xcalloc(1, sizeof(*db));
	db->url = xstrdup(url);
	db->application = xstrdup(application);
	if (dbname != NULL)
		db->dbname = xstrdup(dbname);
	db->options = xasprintf("%s%s%s", SESSION_OPTIONS,
	    role == NULL ? "" : " -c role=", role == NULL ? "" : role);
	return db;
}

/* Forgets the connection and all it had prepared. */
static void
drop(struct db *db)
{
	if (db->note != NULL)
		PQfreemem(db->note);
	db->note = NULL;
	if (db->conn != NULL)
		PQfinish(db->conn);
	db->conn = NULL;
	db->nstmts = 0;
	db->nsent = 0;
	db->leaving = false;
	if (db->stmts != NULL)
		memset(db->stmts, 0, db->stmtcap * sizeof(*db->stmts));
}

void
db_close(struct db *db)
{
	if (db == NULL)
		return;
	drop(db);
	free(db->stmts);
	free(db->sent);
	free(db->queue);
	free(db->url);
	free(db->application);
	free(db->dbname);
	free(db->options);
	free(db);
}

/* The descriptor leads nowhere from now on, so what is said is lost. */
void
db_abandon(struct db *db)
{
	int fd;

	if (db == NULL)
		return;
	if (db->conn != NULL && PQsocket(db->conn) != -1 &&
	    (fd = open("/dev/null", O_RDWR | O_CLOEXEC)) != -1) {
		(void)dup2(fd, PQsocket(db->conn));
		(void)close(fd);
	}
	db_close(db);
}

void
db_idle(struct db *db, int64_t idle_ms)
{
	if (db->conn != NULL && db->state == STATE_CLOSED &&
	    clock_mono_ms() - db->used_ms >= idle_ms)
		drop(db);
}

/* Milliseconds until a point in time, for poll(); -1 for never. */
static int
poll_ms(int64_t until)
{
	int64_t left;

	if (until == 0)
		return -1;
	left = until - clock_mono_ms();
	if (left < 0)
		return 0;
	return left > INT_MAX ? INT_MAX : (int)left;
}

/* Waits for events on the socket; 0 when the time is over. */
static int
wait_socket(struct db *db, short events, int64_t until)
{
	struct pollfd pfd;
	int n;

	pfd.fd = PQsocket(db->conn);
	pfd.events = events;
	do {
		pfd.revents = 0;
		n = poll(&pfd, 1, poll_ms(until));
	} while (n == -1 && errno == EINTR);
	return n == 0 ? 0 : 1;
}

static int
connect_wait(struct db *db)
{
	PostgresPollingStatusType st;
	int64_t until;

	until = clock_mono_ms() + CONNECT_MS;
	if (db->scope.deadline_ms != 0 && db->scope.deadline_ms < until)
		until = db->scope.deadline_ms;
	st = PGRES_POLLING_WRITING;
	while (st == PGRES_POLLING_READING || st == PGRES_POLLING_WRITING) {
		if (wait_socket(db,
			st == PGRES_POLLING_READING ? POLLIN : POLLOUT,
			until) == 0) {
			fault_log(LOG_LEVEL_ERROR, "connect", "time is over");
			db->late = until == db->scope.deadline_ms;
			return -1;
		}
		st = PQconnectPoll(db->conn);
	}
	if (st == PGRES_POLLING_OK)
		return 0;
	fault_log(LOG_LEVEL_ERROR, "connect", conn_text(db));
	return -1;
}

static int
connect_now(struct db *db)
{
	/* Later rows win, so the url has a say, except on the last two. */
	const char *const keys[] = { "connect_timeout", "keepalives_idle",
		"tcp_user_timeout", "fallback_application_name", "options",
		"dbname", "client_encoding",
		db->dbname == NULL ? NULL : "dbname", NULL };
	const char *const values[] = { "5", "60", "10000", db->application,
		db->options, db->url, "UTF8", db->dbname, NULL };

	db->conn = PQconnectStartParams(keys, values, 1);
	if (db->conn == NULL || PQstatus(db->conn) == CONNECTION_BAD) {
		fault_log(LOG_LEVEL_ERROR, "connect", conn_text(db));
		goto fail;
	}
	if (connect_wait(db) == -1)
		goto fail;
	PQsetNoticeReceiver(db->conn, take_notice, db);
	if (PQsetnonblocking(db->conn, 1) == -1 ||
	    PQenterPipelineMode(db->conn) == 0) {
		fault_log(LOG_LEVEL_ERROR, "connect", conn_text(db));
		goto fail;
	}
	return 0;
fail:
	drop(db);
	return -1;
}

/*
 * A connection that is alive as far as one look at the socket tells: a server
 * that closed an idle connection is noticed before anything is sent.
 */
static int
ensure(struct db *db)
{
	if (db->conn != NULL && db->state != STATE_STARTED &&
	    wait_socket(db, POLLIN, 1) == 1 &&
	    (PQconsumeInput(db->conn) == 0 || PQisBusy(db->conn) != 0 ||
		PQstatus(db->conn) == CONNECTION_BAD || db->leaving))
		drop(db);
	return db->conn == NULL ? connect_now(db) : 0;
}

/* --- statements ------------------------------------------------------------- */

static size_t
stmt_slot(const struct stmt *stmts, size_t cap, const struct db_query *q)
{
	size_t i;

	i = (size_t)(((uintptr_t)q >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 32);
	for (i &= cap - 1; stmts[i].q != NULL && stmts[i].q != q;)
		i = (i + 1) & (cap - 1);
	return i;
}

static void
stmt_grow(struct db *db)
{
	struct stmt *grown;
	size_t cap, i;

	cap = db->stmtcap == 0 ? 128 : db->stmtcap * 2;
	grown = xcalloc(cap, sizeof(*grown));
	for (i = 0; i < db->stmtcap; i++)
		if (db->stmts[i].q != NULL)
			grown[stmt_slot(grown, cap, db->stmts[i].q)] =
			    db->stmts[i];
	free(db->stmts);
	db->stmts = grown;
	db->stmtcap = cap;
}

static struct stmt *
stmt_get(struct db *db, const struct db_query *q)
{
	struct stmt *s;

	if (db->nstmts * 2 >= db->stmtcap)
		stmt_grow(db);
	s = &db->stmts[stmt_slot(db->stmts, db->stmtcap, q)];
	if (s->q == NULL) {
		s->q = q;
		db->nstmts++;
	}
	return s;
}

static void
push_sent(struct db *db, enum sent_kind kind, const struct db_query *q)
{
	if (db->nsent == db->sentcap) {
		db->sentcap = db->sentcap == 0 ? 16 : db->sentcap * 2;
		db->sent =
		    xreallocarray(db->sent, db->sentcap, sizeof(*db->sent));
	}
	db->sent[db->nsent].kind = kind;
	db->sent[db->nsent].q = q;
	db->nsent++;
}

/* Puts one statement, prepared first if need be, into libpq's buffer. */
static int
put(struct db *db, enum sent_kind kind, const struct db_query *q,
    const char *const *args)
{
	struct stmt *s;

	s = stmt_get(db, q);
	if (s->prepared == PREPARED_NO) {
		if (PQsendPrepare(db->conn, q->name, q->sql, (int)q->nargs,
			NULL) == 0)
			return -1;
		s->prepared = PREPARED_SENT;
		push_sent(db, SENT_PREPARE, q);
	}
	if (PQsendQueryPrepared(db->conn, q->name, (int)q->nargs, args, NULL,
		NULL, 0) == 0)
		return -1;
	push_sent(db, kind, q);
	return 0;
}

static int
put_begin(struct db *db)
{
	const char *args[4];
	char ms[24];
	int64_t left;

	left = 0;
	if (db->scope.deadline_ms != 0 &&
	    (left = db->scope.deadline_ms - clock_mono_ms()) < 1)
		left = 1;
	if (left > INT_MAX)
		left = INT_MAX;
	snprintf(ms, sizeof(ms), "%d", (int)left);
	args[0] = db->scope.tenant_id == NULL ? "" : db->scope.tenant_id;
	args[1] = db->scope.user_id == NULL ? "" : db->scope.user_id;
	args[2] = db->scope.superadmin ? "on" : "off";
	args[3] = ms;
	if (put(db, SENT_CONTROL,
		db->tx == DB_TX_READ ? &q_begin_read : &q_begin, NULL) == -1)
		return -1;
	return put(db, SENT_CONTROL, &q_scope, args);
}

/* --- one exchange ----------------------------------------------------------- */

/*
 * Blocks until a result can be taken without waiting. -1 when the connection
 * broke, or when the server let the deadline pass: then we hang up, which it
 * notices while it works. (PQcancel() would wait for the same silent server.)
 */
static int
await(struct db *db)
{
	int64_t until;
	int flushing;

	until = db->scope.deadline_ms;
	if (until != 0)
		until += GRACE_MS;
	for (;;) {
		if ((flushing = PQflush(db->conn)) == -1)
			return -1;
		if (PQisBusy(db->conn) == 0)
			return 0;
		if (wait_socket(db, flushing ? POLLIN | POLLOUT : POLLIN,
			until) == 0) {
			db->late = true;
			return -1;
		}
		if (PQconsumeInput(db->conn) == 0)
			return -1;
	}
}

static int
take(struct db *db, PGresult **res)
{
	if (await(db) == -1)
		return -1;
	*res = PQgetResult(db->conn);
	return 0;
}

static bool
is_good(const PGresult *res)
{
	ExecStatusType st;

	st = PQresultStatus(res);
	return st == PGRES_TUPLES_OK || st == PGRES_COMMAND_OK;
}

static void
rows_clear(void *p)
{
	PQclear(p);
}

static struct db_rows *
rows_new(struct db *db, PGresult *res)
{
	struct db_rows *rows;

	rows = arena_alloc(db->mem, sizeof(*rows));
	rows->res = res;
	rows->row = -1;
	rows->nrows = PQntuples(res);
	rows->mem = db->mem;
	arena_defer(db->mem, rows_clear, res);
	return rows;
}

/* Takes the answer to one thing sent. -1 when the connection broke. */
static int
collect_one(struct db *db, const struct sent *sent, struct db_rows **rows)
{
	PGresult *res, *end;
	bool good;

	if (take(db, &res) == -1 || res == NULL)
		return -1;
	good = is_good(res);
	if (sent->kind == SENT_PREPARE)
		stmt_get(db, sent->q)->prepared =
		    good ? PREPARED_YES : PREPARED_NO;
	if (!good && PQresultStatus(res) != PGRES_PIPELINE_ABORTED)
		fault_result(db, sent->q, res);
	db->answered = db->answered || good;
	if (good && sent->kind == SENT_QUERY)
		*rows = rows_new(db, res);
	else
		PQclear(res);
	if (db->lost || PQstatus(db->conn) == CONNECTION_BAD)
		return -1;
	/* Each statement ends with a NULL. */
	if (take(db, &end) == -1)
		return -1;
	assert(end == NULL);
	return 0;
}

static int
collect_sync(struct db *db)
{
	PGresult *res;
	bool ok;

	if (take(db, &res) == -1 || res == NULL)
		return -1;
	ok = PQresultStatus(res) == PGRES_PIPELINE_SYNC;
	PQclear(res);
	return ok ? 0 : -1;
}

/* Sends what was put and takes every answer. -1 when the connection broke. */
static int
exchange(struct db *db, struct db_rows **rows)
{
	size_t i;

	db->lost = false;
	db->answered = false;
	db->refused = false;
	if (PQpipelineSync(db->conn) == 0)
		return -1;
	for (i = 0; i < db->nsent; i++)
		if (collect_one(db, &db->sent[i], rows) == -1)
			return -1;
	db->nsent = 0;
	return collect_sync(db);
}

/* One try of flush(). -1 when the connection broke. */
static int
try_flush(struct db *db, const struct db_query *q, const char *const *args,
    bool commit, struct db_rows **rows)
{
	size_t i;
	int rc;

	if (ensure(db) == -1)
		return -1;
	if (db->state == STATE_OPEN && put_begin(db) == -1)
		return -1;
	for (i = 0; i < db->nqueue; i++)
		if (put(db, SENT_QUEUED, db->queue[i].q, db->queue[i].args) ==
		    -1)
			return -1;
	if (q != NULL && put(db, SENT_QUERY, q, args) == -1)
		return -1;
	if (commit && put(db, SENT_COMMIT, &q_commit, NULL) == -1)
		return -1;
	db->committing = commit && db->tx == DB_TX_WRITE;
	rc = exchange(db, rows);
	db->committing = false;
	return rc;
}

/* The connection is gone: what is known of the transaction? */
static enum db_fault
lost_fault(struct db *db, bool commit)
{
	if (commit && db->conn != NULL && db->tx != DB_TX_READ && !db->refused)
		return DB_FAULT_UNKNOWN_OUTCOME;
	if (db->late)
		return DB_FAULT_TIMEOUT;
	return DB_FAULT_LOST;
}

static bool
is_late(const struct db *db)
{
	return db->scope.deadline_ms != 0 &&
	    clock_mono_ms() >= db->scope.deadline_ms;
}

/*
 * Sends the queue, q if not NULL, and COMMIT if asked. A connection that
 * breaks is reopened once if the transaction had run nothing before and
 * cannot have been committed by this.
 */
static struct db_rows *
flush(struct db *db, const struct db_query *q, const char *const *args,
    bool commit)
{
	struct db_rows *rows;
	enum db_fault fault;
	bool again, first, had;

	first = db->state == STATE_OPEN;
	if (is_late(db)) {
		fault_set(db, DB_FAULT_TIMEOUT, NULL);
		db->state = STATE_FAILED;
		return NULL;
	}
	for (again = first;; again = false) {
		rows = NULL;
		had = db->conn != NULL;
		if (try_flush(db, q, args, commit, &rows) == 0)
			break;
		fault = lost_fault(db, commit);
		if (db->conn != NULL)
			fault_log(LOG_LEVEL_WARN, "connection lost",
			    db->late ? "no answer in time" : conn_text(db));
		drop(db);
		if (again && had && fault == DB_FAULT_LOST)
			continue;
		fault_set(db, fault, NULL);
		db->state = STATE_FAILED;
		return NULL;
	}
	db->nqueue = 0;
	db->used_ms = clock_mono_ms();
	if (db->fault != DB_FAULT_NONE) {
		db->state = STATE_FAILED;
		return NULL;
	}
	db->state = commit ? STATE_DONE : STATE_STARTED;
	return rows;
}

/* --- transactions ----------------------------------------------------------- */

void
db_use(struct db *db, struct arena *a)
{
	db->mem = a;
}

void
db_begin(struct db *db, enum db_tx tx, const struct db_scope *scope)
{
	assert(db->state == STATE_CLOSED);
	db->fault = DB_FAULT_NONE;
	db->constraint[0] = '\0';
	db->nqueue = 0;
	if (tx == DB_TX_NONE)
		return;
	db->tx = tx;
	db->scope = *scope;
	db->hold = false;
	db->state = STATE_OPEN;
}

void
db_hold(struct db *db)
{
	assert(db->state == STATE_OPEN || db->state == STATE_STARTED ||
	    db->state == STATE_FAILED);
	db->hold = true;
}

static struct db_rows *
run(struct db *db, const struct db_query *q, size_t nargs,
    const char *const *args, bool commit)
{
	assert(nargs == q->nargs);
	assert(db->mem != NULL);
	assert(db->state != STATE_CLOSED && db->state != STATE_DONE);
	if (db->state == STATE_FAILED)
		return NULL;
	return flush(db, q, args, commit);
}

struct db_rows *
db_run(struct db *db, const struct db_query *q, size_t nargs,
    const char *const *args)
{
	return run(db, q, nargs, args, false);
}

struct db_rows *
db_last(struct db *db, const struct db_query *q, size_t nargs,
    const char *const *args)
{
	return run(db, q, nargs, args, !db->hold);
}

void
db_queue(struct db *db, const struct db_query *q, size_t nargs,
    const char *const *args)
{
	const char **copy;
	size_t i;

	assert(nargs == q->nargs);
	assert(db->mem != NULL);
	assert(db->state != STATE_CLOSED && db->state != STATE_DONE);
	if (db->state == STATE_FAILED)
		return;
	copy = arena_calloc(db->mem, nargs, sizeof(*copy));
	for (i = 0; i < nargs; i++)
		if (args[i] != NULL)
			copy[i] = arena_strdup(db->mem, args[i]);
	if (db->nqueue == db->queuecap) {
		db->queuecap = db->queuecap == 0 ? 16 : db->queuecap * 2;
		db->queue =
		    xreallocarray(db->queue, db->queuecap, sizeof(*db->queue));
	}
	db->queue[db->nqueue].q = q;
	db->queue[db->nqueue].args = copy;
	db->nqueue++;
}

void
db_notify(struct db *db, const char *channel, const char *payload)
{
	db_queue(db, &q_notify, DB_ARGS(channel, payload));
}

/* A server that cannot be told rolls back by itself when we hang up. */
static void
rollback(struct db *db)
{
	struct db_rows *rows;

	if (db->conn == NULL || PQtransactionStatus(db->conn) == PQTRANS_IDLE)
		return;
	rows = NULL;
	if (db->scope.deadline_ms != 0)
		db->scope.deadline_ms = clock_mono_ms() + CONNECT_MS;
	if (put(db, SENT_CONTROL, &q_rollback, NULL) == -1 ||
	    exchange(db, &rows) == -1)
		drop(db);
}

static enum code
end(struct db *db, enum code code)
{
	enum db_fault fault;

	if (db->state == STATE_CLOSED || db->state == STATE_DONE)
		return code;
	if (code == CODE_OK && (db->state == STATE_STARTED || db->nqueue > 0))
		(void)flush(db, NULL, NULL, true); /* the state tells */
	if (db->state == STATE_DONE)
		return code;
	fault = db->fault;
	if (db->state == STATE_STARTED || db->state == STATE_FAILED)
		rollback(db);
	return code == CODE_OK ? db_fault_code(fault) : code;
}

enum code
db_end(struct db *db, enum code code)
{
	code = end(db, code);
	db->state = STATE_CLOSED;
	db->nqueue = 0;
	return code;
}

const volatile bool *
db_committing(const struct db *db)
{
	return &db->committing;
}

/* --- scripts, LISTEN -------------------------------------------------------- */

/* Runs text over the simple protocol, outside the pipeline. */
static int
simple(struct db *db, const char *name, const char *sql)
{
	PGresult *res;
	const struct db_query q = { .name = name, .sql = sql };
	int rc;

	if (PQexitPipelineMode(db->conn) == 0)
		return -1;
	db->lost = false;
	res = PQexec(db->conn, sql);
	rc = is_good(res) || PQresultStatus(res) == PGRES_EMPTY_QUERY ? 0 : -1;
	if (rc == -1)
		fault_result(db, &q, res);
	PQclear(res);
	if (db->lost || PQenterPipelineMode(db->conn) == 0) {
		fault_log(LOG_LEVEL_ERROR, name, conn_text(db));
		fault_set(db, DB_FAULT_LOST, NULL);
		drop(db);
		return -1;
	}
	db->used_ms = clock_mono_ms();
	return rc;
}

int
db_script(struct db *db, const char *name, const char *sql)
{
	if (db->state == STATE_CLOSED)
		db->fault = DB_FAULT_NONE;
	if (db->state == STATE_OPEN)
		(void)flush(db, NULL, NULL, false); /* the state tells */
	if (db->state == STATE_FAILED || ensure(db) == -1)
		return -1;
	if (simple(db, name, sql) == 0)
		return 0;
	if (db->state != STATE_CLOSED)
		db->state = STATE_FAILED;
	return -1;
}

int
db_listen(struct db *db, const char *channel)
{
	char *quoted, *sql;
	int rc;

	assert(db->state == STATE_CLOSED);
	if (ensure(db) == -1)
		return -1;
	quoted = PQescapeIdentifier(db->conn, channel, strlen(channel));
	if (quoted == NULL)
		return -1;
	sql = xasprintf("LISTEN %s", quoted);
	PQfreemem(quoted);
	db->fault = DB_FAULT_NONE;
	rc = simple(db, "listen", sql);
	free(sql);
	return rc;
}

int
db_wait(struct db *db, int timeout_ms, const char **channel,
    const char **payload)
{
	int64_t until;

	if (db->note != NULL)
		PQfreemem(db->note);
	db->note = NULL;
	if (db->conn == NULL)
		return -1;
	until = clock_mono_ms() + timeout_ms;
	while ((db->note = PQnotifies(db->conn)) == NULL) {
		if (wait_socket(db, POLLIN, until) == 0)
			return 0;
		if (PQconsumeInput(db->conn) == 0) {
			fault_log(LOG_LEVEL_WARN, "wait", conn_text(db));
			drop(db);
			return -1;
		}
	}
	db->used_ms = clock_mono_ms();
	*channel = db->note->relname;
	*payload = db->note->extra;
	return 1;
}

/* --- rows ------------------------------------------------------------------- */

bool
db_next(struct db_rows *rows)
{
	if (rows->row + 1 >= rows->nrows)
		return false;
	rows->row++;
	return true;
}

size_t
db_count(const struct db_rows *rows)
{
	return (size_t)rows->nrows;
}

int64_t
db_affected(const struct db_rows *rows)
{
	int64_t n;

	if (!str_to_i64(PQcmdTuples(rows->res), 0, INT64_MAX, &n))
		return 0;
	return n;
}

bool
db_null(const struct db_rows *rows, unsigned col)
{
	return PQgetisnull(rows->res, rows->row, (int)col) != 0;
}

const char *
db_text(const struct db_rows *rows, unsigned col)
{
	assert(rows->row >= 0 && (int)col < PQnfields(rows->res));
	return PQgetvalue(rows->res, rows->row, (int)col);
}

const char *
db_text_null(const struct db_rows *rows, unsigned col)
{
	return db_null(rows, col) ? NULL : db_text(rows, col);
}

int64_t
db_int(const struct db_rows *rows, unsigned col)
{
	return strtoll(db_text(rows, col), NULL, 10);
}

double
db_real(const struct db_rows *rows, unsigned col)
{
	return strtod(db_text(rows, col), NULL);
}

bool
db_bool(const struct db_rows *rows, unsigned col)
{
	return db_text(rows, col)[0] == 't';
}

/* Reads n digits at *s; -1 if there are fewer. */
static int
digits(const char **s, int n)
{
	int v;

	for (v = 0; n > 0; n--, (*s)++) {
		if (**s < '0' || **s > '9')
			return -1;
		v = v * 10 + (**s - '0');
	}
	return v;
}

/* Seconds of an offset "+02", "-03:30" or "+00:19:32". */
static int64_t
offset_seconds(const char *s)
{
	int64_t n;
	int sign;

	if (*s != '+' && *s != '-')
		return 0;
	sign = *s++ == '-' ? -1 : 1;
	n = (int64_t)digits(&s, 2) * 3600;
	if (*s == ':') {
		s++;
		n += (int64_t)digits(&s, 2) * 60;
	}
	if (*s == ':') {
		s++;
		n += digits(&s, 2);
	}
	return n * sign;
}

/* ISO date style: "2026-01-31 12:34:56.789+00". */
int64_t
db_time(const struct db_rows *rows, unsigned col)
{
	const char *s;
	char *rest;
	int64_t us;
	int month, day, hour, minute, second, scale;
	long year;

	s = db_text(rows, col);
	if (*s == '\0')
		return 0;
	if (str_ends(s, "infinity"))
		return *s == '-' ? INT64_MIN : INT64_MAX;
	year = strtol(s, &rest, 10);
	s = rest + (*rest != '\0');
	month = digits(&s, 2);
	s += *s != '\0';
	day = digits(&s, 2);
	hour = minute = second = 0;
	if (*s == ' ') {
		s++;
		hour = digits(&s, 2);
		s += *s != '\0';
		minute = digits(&s, 2);
		s += *s != '\0';
		second = digits(&s, 2);
	}
	us = ((clock_days((int)year, month, day) * 24 + hour) * 60 + minute) *
		60 +
	    second;
	us *= 1000000;
	if (*s == '.')
		for (s++, scale = 100000; *s >= '0' && *s <= '9';
		     s++, scale /= 10)
			us += (int64_t)(*s - '0') * scale;
	return us - offset_seconds(s) * 1000000;
}

/*
 * Unquotes the array element at *s in place and steps behind its delimiter.
 * Says whether another one follows.
 */
static bool
array_next(char **s, const char **item)
{
	char *p, *out, delimiter;
	bool quoted;

	p = *s;
	quoted = *p == '"';
	p += quoted;
	*item = out = p;
	for (; *p != '\0'; p++) {
		if (quoted ? *p == '"' : *p == ',' || *p == '}')
			break;
		if (quoted && *p == '\\' && p[1] != '\0')
			p++;
		*out++ = *p;
	}
	p += quoted && *p == '"';
	delimiter = *p;
	*out = '\0';
	if (!quoted && strcmp(*item, "NULL") == 0)
		*item = ""; /* as db_text() has it */
	*s = p + 1;
	return delimiter == ',';
}

const char **
db_array(const struct db_rows *rows, unsigned col, size_t *nitems)
{
	const char **items;
	char *s;
	size_t n, cap, i;

	s = arena_strdup(rows->mem, db_text(rows, col));
	cap = 1;
	for (i = 0; s[i] != '\0'; i++)
		cap += s[i] == ',';
	items = arena_calloc(rows->mem, cap + 1, sizeof(*items));
	n = 0;
	if (*s == '{' && s[1] != '}')
		for (s++; array_next(&s, &items[n++]);)
			continue;
	if (nitems != NULL)
		*nitems = n;
	return items;
}

/* --- arguments -------------------------------------------------------------- */

char *
db_arg_int(struct arena *a, int64_t n)
{
	return arena_printf(a, "%lld", (long long)n);
}

char *
db_arg_time(struct arena *a, int64_t us)
{
	return clock_rfc3339(a, us);
}

char *
db_arg_array(struct arena *a, const char *const *items, size_t nitems)
{
	struct buf *b;
	const char *s;
	size_t i;

	b = buf_new(a);
	buf_putc(b, '{');
	for (i = 0; i < nitems; i++) {
		buf_puts(b, i == 0 ? "\"" : ",\"");
		for (s = items[i]; *s != '\0'; s++) {
			if (*s == '"' || *s == '\\')
				buf_putc(b, '\\');
			buf_putc(b, *s);
		}
		buf_putc(b, '"');
	}
	buf_putc(b, '}');
	return arena_strdup(a, buf_str(b));
}

int
db_fd(const struct db *db)
{
	return db->conn == NULL ? -1 : PQsocket(db->conn);
}

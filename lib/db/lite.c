/*
 * SQLite. Every failure becomes one of five faults; what is damaged is said
 * so, and mending it is the caller's decision.
 */
#include "db/lite.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "base/log.h"

#define PAGE_BYTES     4096
#define MAX_STATEMENTS 32

struct lite_stmt {
	const struct db_query *q;
	sqlite3_stmt *st;
	struct lite *owner;
};

struct lite {
	sqlite3 *conn;
	struct lite_stmt stmts[MAX_STATEMENTS];
	size_t nstmts;
	enum lite_fault fault;
	struct lite *abandoned; /* the next one of that list */
};

static struct lite *abandoned;

static const struct db_query q_begin = { .name = "lite_begin",
	.sql = "BEGIN IMMEDIATE" };
static const struct db_query q_commit = { .name = "lite_commit",
	.sql = "COMMIT" };
static const struct db_query q_pages = {
	.name = "lite_pages",
	.sql = "SELECT (SELECT page_count FROM pragma_page_count()) -"
	       " (SELECT freelist_count FROM pragma_freelist_count())",
};

static enum lite_fault
fault_of(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return LITE_FAULT_NONE;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL:
		return LITE_FAULT_BUSY;
	case SQLITE_FULL:
		return LITE_FAULT_FULL;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return LITE_FAULT_DAMAGED;
	/* A file cut short under the reader shows as an input error. */
	case SQLITE_IOERR:
		return rc == SQLITE_IOERR_SHORT_READ ||
			rc == SQLITE_IOERR_CORRUPTFS
		    ? LITE_FAULT_DAMAGED
		    : LITE_FAULT_OTHER;
	default:
		return LITE_FAULT_OTHER;
	}
}

static int
result(struct lite *l, int rc)
{
	l->fault = fault_of(rc);
	return l->fault == LITE_FAULT_NONE ? 0 : -1;
}

static int
exec(struct lite *l, const char *sql)
{
	return result(l, sqlite3_exec(l->conn, sql, NULL, NULL, NULL));
}

static int
set_up(struct lite *l, const struct lite_opts *opts)
{
	char sql[256];

	sqlite3_busy_timeout(l->conn, opts->busy_ms);
	snprintf(sql, sizeof(sql),
	    "PRAGMA page_size = %d; PRAGMA synchronous = OFF;"
	    " PRAGMA journal_mode = WAL; PRAGMA journal_size_limit = 1048576;"
	    " PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON;",
	    PAGE_BYTES);
	if (exec(l, sql) == -1)
		return -1;
	if (opts->max_bytes == 0)
		return 0;
	snprintf(sql, sizeof(sql), "PRAGMA max_page_count = %lld",
	    (long long)(opts->max_bytes / PAGE_BYTES));
	return exec(l, sql);
}

static int
read_version(struct lite *l, int *version)
{
	sqlite3_stmt *st;
	int rc;

	rc = sqlite3_prepare_v2(l->conn, "PRAGMA user_version", -1, &st, NULL);
	if (rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW)
		*version = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	return result(l, rc);
}

/* Several processes may find the file empty: one makes the tables. */
static int
make_schema(struct lite *l, const struct lite_opts *opts)
{
	char sql[64];
	int version, rc;

	if (lite_begin(l) == -1)
		return -1;
	rc = read_version(l, &version);
	if (rc == 0 && version == 0) {
		snprintf(sql, sizeof(sql), "PRAGMA user_version = %d",
		    opts->version);
		if ((rc = exec(l, opts->schema)) == 0)
			rc = exec(l, sql);
	}
	return lite_end(l, rc);
}

static int
check_schema(struct lite *l, const struct lite_opts *opts)
{
	int version;

	if (read_version(l, &version) == -1)
		return -1;
	if (version == 0 && make_schema(l, opts) == -1)
		return -1;
	if (read_version(l, &version) == -1)
		return -1;
	if (version == opts->version)
		return 0;
	l->fault = LITE_FAULT_DAMAGED;
	return -1;
}

struct lite *
lite_open(const char *path, const struct lite_opts *opts,
    enum lite_fault *fault)
{
	struct lite *l;
	int rc;

	l = xcalloc(1, sizeof(*l));
	rc = sqlite3_open_v2(path, &l->conn,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
		SQLITE_OPEN_EXRESCODE,
	    NULL);
	if (result(l, rc) == 0 && set_up(l, opts) == 0 &&
	    check_schema(l, opts) == 0) {
		*fault = LITE_FAULT_NONE;
		return l;
	}
	*fault = l->fault;
	log_warn("cache file: %s", sqlite3_errmsg(l->conn));
	lite_close(l);
	return NULL;
}

void
lite_close(struct lite *l)
{
	size_t i;

	if (l == NULL)
		return;
	for (i = 0; i < l->nstmts; i++)
		sqlite3_finalize(l->stmts[i].st);
	sqlite3_close_v2(l->conn);
	free(l);
}

/* Closing would drop the locks that the parent holds: the memory is kept. */
void
lite_abandon(struct lite *l)
{
	l->abandoned = abandoned;
	abandoned = l;
}

void
lite_set_aside(const char *path)
{
	static const char *const parts[] = { "-wal", "-shm", "-journal" };
	char *other;
	size_t i;

	other = xasprintf("%s.bad", path);
	(void)rename(path, other); /* gone already: just as well */
	free(other);
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		other = xasprintf("%s%s", path, parts[i]);
		(void)remove(other);
		free(other);
	}
}

struct lite_stmt *
lite_query(struct lite *l, const struct db_query *q)
{
	struct lite_stmt *s;
	size_t i;
	int rc;

	for (i = 0; i < l->nstmts; i++)
		if (l->stmts[i].q == q)
			return &l->stmts[i];
	assert(l->nstmts < MAX_STATEMENTS);
	s = &l->stmts[l->nstmts];
	rc = sqlite3_prepare_v3(l->conn, q->sql, -1, SQLITE_PREPARE_PERSISTENT,
	    &s->st, NULL);
	if (result(l, rc) == -1)
		return NULL;
	assert(sqlite3_bind_parameter_count(s->st) == (int)q->nargs);
	s->q = q;
	s->owner = l;
	l->nstmts++;
	return s;
}

void
lite_bind_text(struct lite_stmt *s, int n, const char *text)
{
	sqlite3_bind_text(s->st, n, text, -1, SQLITE_STATIC);
}

void
lite_bind_blob(struct lite_stmt *s, int n, const void *p, size_t len)
{
	sqlite3_bind_blob64(s->st, n, p == NULL ? "" : p, len, SQLITE_STATIC);
}

void
lite_bind_int(struct lite_stmt *s, int n, int64_t v)
{
	sqlite3_bind_int64(s->st, n, v);
}

int
lite_step(struct lite_stmt *s)
{
	int rc;

	rc = sqlite3_step(s->st);
	if (result(s->owner, rc) == -1)
		return -1;
	return rc == SQLITE_ROW;
}

void
lite_done(struct lite_stmt *s)
{
	sqlite3_reset(s->st);
	sqlite3_clear_bindings(s->st);
}

int64_t
lite_int(struct lite_stmt *s, int col)
{
	return sqlite3_column_int64(s->st, col);
}

const char *
lite_text(struct lite_stmt *s, int col)
{
	const unsigned char *text;

	text = sqlite3_column_text(s->st, col);
	return text == NULL ? "" : (const char *)text;
}

const void *
lite_blob(struct lite_stmt *s, int col, size_t *len)
{
	const void *p;

	p = sqlite3_column_blob(s->st, col);
	*len = (size_t)sqlite3_column_bytes(s->st, col);
	return p == NULL ? "" : p;
}

int
lite_run(struct lite *l, const struct db_query *q)
{
	struct lite_stmt *s;
	int rc;

	if ((s = lite_query(l, q)) == NULL)
		return -1;
	do
		rc = lite_step(s);
	while (rc == 1);
	lite_done(s);
	return rc;
}

int
lite_begin(struct lite *l)
{
	return lite_run(l, &q_begin);
}

int
lite_end(struct lite *l, int rc)
{
	enum lite_fault fault;

	if (rc == 0 && lite_run(l, &q_commit) == 0)
		return 0;
	fault = l->fault;
	sqlite3_exec(l->conn, "ROLLBACK", NULL, NULL, NULL);
	l->fault = fault;
	return -1;
}

int64_t
lite_changes(const struct lite *l)
{
	return sqlite3_changes64(l->conn);
}

int64_t
lite_used(struct lite *l)
{
	struct lite_stmt *s;
	int64_t pages;

	if ((s = lite_query(l, &q_pages)) == NULL)
		return 0;
	pages = lite_step(s) == 1 ? lite_int(s, 0) : 0;
	lite_done(s);
	return pages * PAGE_BYTES;
}

enum lite_fault
lite_fault(const struct lite *l)
{
	return l->fault;
}

/*
 * SQLite, for what is local to one host. The only user of the library.
 *
 * A handle may be used by one thread of the process that opened it. Statements
 * are prepared on first use and kept; struct db_query serves here as well.
 */
#ifndef MIRAI_DB_LITE_H
#define MIRAI_DB_LITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/xmalloc.h"
#include "db/db.h"

struct lite;
struct lite_stmt;

enum lite_fault {
	LITE_FAULT_NONE = 0,
	LITE_FAULT_BUSY,    /* another process holds the lock; try later */
	LITE_FAULT_FULL,    /* disk or page limit */
	LITE_FAULT_DAMAGED, /* the file is no database, or a broken one */
	LITE_FAULT_OTHER
};

struct lite_opts {
	const char *schema; /* run when the file is new */
	int version;	    /* of the schema; another one counts as damage */
	int busy_ms;
	int64_t max_bytes; /* bound of the file; 0: none */
};

/*
 * Opens or makes the file in WAL mode, without waiting for the disk at
 * commit: a crash of the machine may lose or break the file, a crash of a
 * process cannot. NULL on failure, with the reason in *fault.
 */
struct lite *lite_open(const char *path, const struct lite_opts *opts,
    enum lite_fault *fault);
void lite_close(struct lite *l);

/* Forgets the handle without touching the file: in a child after fork(). */
void lite_abandon(struct lite *l);

/* Renames a damaged file to path + ".bad" and removes what belongs to it. */
void lite_set_aside(const char *path);

/*
 * The statement of q, ready for arguments, which are numbered from 1. NULL:
 * lite_fault() says why. Borrowed; lite_done() ends its use.
 */
struct lite_stmt *lite_query(struct lite *l, const struct db_query *q);

/* The bytes must stay until lite_done(). NULL text is SQL NULL. */
void lite_bind_text(struct lite_stmt *s, int n, const char *text);
void lite_bind_blob(struct lite_stmt *s, int n, const void *p, size_t len);
void lite_bind_int(struct lite_stmt *s, int n, int64_t v);

/* 1: there is a row; 0: done; -1: failed, see lite_fault(). */
int lite_step(struct lite_stmt *s) MUST_CHECK;
void lite_done(struct lite_stmt *s);

/* Columns of the row, from 0; borrowed until the next step or lite_done(). */
int64_t lite_int(struct lite_stmt *s, int col);
const char *lite_text(struct lite_stmt *s, int col); /* "" if NULL */
const void *lite_blob(struct lite_stmt *s, int col, size_t *len);

/* Runs q without arguments to its end. */
int lite_run(struct lite *l, const struct db_query *q) MUST_CHECK;

/*
 * A transaction that may write. lite_end() commits if rc is 0, else rolls
 * back; -1 unless committed, and lite_fault() tells the first failure.
 */
int lite_begin(struct lite *l) MUST_CHECK;
int lite_end(struct lite *l, int rc) MUST_CHECK;

/* Rows changed by the last statement; bytes in use; why the last call failed. */
int64_t lite_changes(const struct lite *l);
int64_t lite_used(struct lite *l);
enum lite_fault lite_fault(const struct lite *l);

#endif

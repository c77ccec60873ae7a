/*
 * For tests that speak to PostgreSQL: statements made on the spot, and
 * connections to the databases that tests/run gave this file.
 */
#ifndef MIRAI_TESTS_DB_KIT_H
#define MIRAI_TESTS_DB_KIT_H

#include <stdarg.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/log.h"
#include "db/db.h"

/* What the code under test logs is expected here, and not shown. */
static inline void
kit_quiet(void)
{
	char *path;

	path = xasprintf("%s/log", getenv("TEST_DIR"));
	if (freopen(path, "a", stderr) == NULL)
		abort();
	free(path);
	log_open("test", LOG_FORM_PLAIN, LOG_LEVEL_DEBUG);
}

static inline struct db *
kit_open(const char *env, struct arena *a)
{
	struct db *db;

	if (getenv(env) == NULL) {
		printf("Bail out! %s is not set: use tests/run\n", env);
		exit(1);
	}
	db = db_open(getenv(env), "test");
	db_use(db, a);
	return db;
}

/* A statement without arguments under a name of its own. */
static inline const struct db_query *
kit_query(struct arena *a, const char *sql)
{
	static unsigned n;
	struct db_query *q;

	q = arena_zalloc(a, sizeof(*q));
	q->name = arena_printf(a, "kit_%u", n++);
	q->sql = sql;
	return q;
}

/* One statement in one transaction; NULL if it failed or did not commit. */
static inline struct db_rows *kit_run(struct db *db, struct arena *a,
    const struct db_scope *scope, const char *fmt, ...) PRINTF_LIKE(4, 5);

static inline struct db_rows *
kit_run(struct db *db, struct arena *a, const struct db_scope *scope,
    const char *fmt, ...)
{
	struct db_rows *rows;
	const char *sql;
	va_list ap;

	va_start(ap, fmt);
	sql = arena_vprintf(a, fmt, ap);
	va_end(ap);
	db_begin(db, DB_TX_WRITE, scope);
	rows = db_last(db, kit_query(a, sql), DB_NOARGS);
	return db_end(db, CODE_OK) == CODE_OK ? rows : NULL;
}

/* The number such a statement yields; -1 if it failed. */
static inline int64_t
kit_number(struct db_rows *rows)
{
	return rows != NULL && db_next(rows) ? db_int(rows, 0) : -1;
}

#endif

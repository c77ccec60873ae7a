/*
 * Every named query of the library is one the migrated database understands,
 * with the number of arguments its row says, and one that some serving role
 * has the rights to run. Names are unique: they are prepared names.
 */
#include "tests/test.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/str.h"
#include "db/db.h"

#define QUERIES(name, where) extern const struct db_query name##_queries[];
#include "sql/queries.h"
#undef QUERIES

enum where {
	where_app,
	where_identity,
	where_owner
};

/* The roles that may run a query, by database; one of them suffices. */
static const char *const roles[][3] = {
	[where_app] = { "DATABASE_URL", "DATABASE_WORKER_URL", NULL },
	[where_identity] = { "IDENTITY_DATABASE_URL", "IDENTITY_READER_URL",
	    NULL },
	[where_owner] = { "DATABASE_OWNER_URL", NULL },
};

struct table {
	const char *name;
	const struct db_query *rows;
	enum where where;
};

#define QUERIES(table, where) { #table, table##_queries, where_##where },
static const struct table tables[] = {
#include "sql/queries.h"
};
#undef QUERIES

/* Prepares q and asks for its plan, which checks count and rights. */
static bool
runs_as(const char *url, const struct db_query *q)
{
	const struct db_scope scope = { 0 };
	struct arena *a;
	struct buf *b;
	struct db *db;
	unsigned i;
	int rc;

	a = arena_new();
	b = buf_new(a);
	buf_printf(b, "PREPARE %s AS %s; EXPLAIN EXECUTE %s", q->name, q->sql,
	    q->name);
	for (i = 0; i < q->nargs; i++)
		buf_printf(b, "%sNULL", i == 0 ? "(" : ", ");
	buf_puts(b, q->nargs == 0 ? "" : ")");
	db = db_open(url, "every");
	db_use(db, a);
	db_begin(db, DB_TX_WRITE, &scope);
	rc = db_script(db, q->name, buf_str(b));
	if (db_end(db, CODE_ABORTED) != CODE_ABORTED)
		rc = -1;
	db_close(db);
	arena_free(a);
	return rc == 0;
}

static void
check_query(const struct table *t, const struct db_query *q)
{
	const char *const *role;
	char what[128];
	bool ok;

	snprintf(what, sizeof(what), "%s: %s", t->name, q->name);
	ok = false;
	for (role = roles[t->where]; *role != NULL && !ok; role++)
		ok = runs_as(getenv(*role), q);
	test_report(ok, __FILE__, __LINE__, what);
}

static bool
is_unique(const char *name)
{
	const struct db_query *q;
	size_t i, n;

	n = 0;
	for (i = 0; i < NITEMS(tables); i++)
		for (q = tables[i].rows; q->name != NULL; q++)
			n += strcmp(q->name, name) == 0;
	return n == 1;
}

/* Being refused by the first role is no news: the log is shown on failure. */
static void
show_log(const char *path)
{
	char line[512];
	FILE *fp;

	if ((fp = fopen(path, "r")) == NULL)
		return;
	while (fgets(line, sizeof(line), fp) != NULL)
		printf("# %s", line);
	fclose(fp);
}

int
main(void)
{
	const struct db_query *q;
	char *path;
	size_t i;

	path = xasprintf("%s/log", getenv("TEST_DIR"));
	CHECK(freopen(path, "w", stderr) != NULL);
	log_open("every", LOG_FORM_PLAIN, LOG_LEVEL_ERROR);
	CHECK(NITEMS(tables) > 0);
	for (i = 0; i < NITEMS(tables); i++)
		for (q = tables[i].rows; q->name != NULL; q++) {
			check_query(&tables[i], q);
			CHECK(is_unique(q->name));
		}
	if (test_failed > 0)
		show_log(path);
	free(path);
	return test_done();
}

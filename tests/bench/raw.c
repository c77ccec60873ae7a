/*
 * The raw ceiling of a call: a program that only knows its query. It runs
 * the same SQL as the service, through libpq in one pipeline of prepared
 * statements with the same tenant settings, and prints the rows as JSON
 * without looking at them.
 *
 * usage: raw SOCKET WORKERS ARGUMENT...
 * Environment: DATABASE_URL, RAW_QUERY (its name), and RAW_TENANT and RAW_USER,
 * or RAW_TENANTS: as many tenants, numbered as tests/bench/run makes them, one
 * drawn for each request and put for the first two arguments.
 */
#include "pool.h"

#include <libpq-fe.h>

#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "db/db.h"

/* The text of the statement is the service's own. */
extern const struct db_query course_queries[];
extern const struct db_query notification_queries[];

static const struct db_query *const tables[] = {
	course_queries,
	notification_queries,
};

static PGconn *conn;
static const char **args;
static int nargs;
static unsigned long ntenants;

static const char *
query_text(void)
{
	const char *name = getenv("RAW_QUERY");
	const struct db_query *q;
	size_t i;

	for (i = 0; i < NITEMS(tables); i++)
		for (q = tables[i]; q->name != NULL; q++)
			if (strcmp(q->name, name) == 0 &&
			    (int)q->nargs == nargs)
				return q->sql;
	errx(1, "no query %s with %d arguments", name, nargs);
}

static void
check(bool ok)
{
	if (!ok)
		errx(1, "%s", PQerrorMessage(conn));
}

static void
connect_once(void)
{
	static const char *const sql[][2] = {
		{ "b", "BEGIN READ ONLY" },
		{ "s",
		    "SELECT set_config('app.tenant_id', $1, true),"
		    " set_config('app.user_id', $2, true),"
		    " set_config('app.is_superadmin', '', true),"
		    " set_config('statement_timeout', $3, true)" },
		{ "c", "COMMIT" },
	};
	PGresult *res;
	size_t i;

	conn = PQconnectdb(getenv("DATABASE_URL"));
	check(PQstatus(conn) == CONNECTION_OK);
	for (i = 0; i < 3; i++) {
		res = PQprepare(conn, sql[i][0], sql[i][1], 0, NULL);
		check(PQresultStatus(res) == PGRES_COMMAND_OK);
		PQclear(res);
	}
	res = PQprepare(conn, "q", query_text(), 0, NULL);
	check(PQresultStatus(res) == PGRES_COMMAND_OK);
	PQclear(res);
	check(PQenterPipelineMode(conn) == 1);
}

static void
put_text(FCGX_Stream *out, const char *s)
{
	FCGX_PutChar('"', out);
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			FCGX_PutChar('\\', out);
		FCGX_PutChar(*s, out);
	}
	FCGX_PutChar('"', out);
}

static void
put_rows(FCGX_Stream *out, const PGresult *res)
{
	int i, j;

	FCGX_PutS("{\"rows\":[", out);
	for (i = 0; i < PQntuples(res); i++) {
		FCGX_PutS(i > 0 ? ",{" : "{", out);
		for (j = 0; j < PQnfields(res); j++) {
			FCGX_FPrintF(out,
			    j > 0 ? ",\"%s\":" : "\"%s\":", PQfname(res, j));
			put_text(out, PQgetvalue(res, i, j));
		}
		FCGX_PutChar('}', out);
	}
	FCGX_PutS("]}", out);
}

/* A tenant and its user by chance. */
static void
draw(const char *set[3])
{
	static char tenant[64], user[64];
	unsigned long n = 1 + (unsigned long)random() % ntenants;

	snprintf(tenant, sizeof(tenant), "00000000-0000-4000-8000-%012lx", n);
	snprintf(user, sizeof(user), "00000000-0000-4000-9000-%012lx", n);
	set[0] = args[0] = tenant;
	set[1] = args[1] = user;
}

static void
serve(FCGX_Request *request)
{
	const char *set[3] = { getenv("RAW_TENANT"), getenv("RAW_USER"),
		"30000" };
	PGresult *res;
	int i;

	if (conn == NULL) {
		connect_once();
		srandom((unsigned)getpid());
	}
	if (ntenants > 0)
		draw(set);
	check(PQsendQueryPrepared(conn, "b", 0, NULL, NULL, NULL, 0));
	check(PQsendQueryPrepared(conn, "s", 3, set, NULL, NULL, 0));
	check(PQsendQueryPrepared(conn, "q", nargs, args, NULL, NULL, 0));
	check(PQsendQueryPrepared(conn, "c", 0, NULL, NULL, NULL, 0));
	check(PQpipelineSync(conn));
	FCGX_PutS("Status: 200 OK\r\nContent-Type: application/json\r\n\r\n",
	    request->out);
	for (i = 0; i < 4; i++) {
		check((res = PQgetResult(conn)) != NULL);
		check(PQresultStatus(res) == PGRES_COMMAND_OK ||
		    PQresultStatus(res) == PGRES_TUPLES_OK);
		if (i == 2)
			put_rows(request->out, res);
		PQclear(res);
		check(PQgetResult(conn) == NULL);
	}
	res = PQgetResult(conn);
	check(PQresultStatus(res) == PGRES_PIPELINE_SYNC);
	PQclear(res);
	FCGX_Finish_r(request);
}

int
main(int argc, char **argv)
{
	if (argc < 3)
		errx(2, "usage: raw SOCKET WORKERS ARGUMENT...");
	nargs = argc - 3;
	if ((args = calloc((size_t)nargs + 1, sizeof(*args))) == NULL)
		err(1, "calloc");
	memcpy(args, argv + 3, (size_t)nargs * sizeof(*args));
	if (getenv("RAW_TENANTS") != NULL)
		ntenants = strtoul(getenv("RAW_TENANTS"), NULL, 10);
	pool_run(3, argv, serve);
}

/*
 * The raw ceiling of ListCourses: a program that only knows one query. It runs
 * the same SQL as the service, through libpq in one pipeline of prepared
 * statements with the same tenant settings, and prints the rows as JSON
 * without looking at them.
 *
 * usage: raw SOCKET WORKERS ARGUMENT...
 * Environment: DATABASE_URL, RAW_QUERY (its name), RAW_TENANT, RAW_USER.
 */
#include "pool.h"

#include <libpq-fe.h>

#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/db.h"

/* The text of the statement is the service's own. */
extern const struct db_query course_queries[];

static PGconn *conn;
static const char *const *args;
static int nargs;

static const char *
query_text(void)
{
	const char *name = getenv("RAW_QUERY");
	const struct db_query *q;

	for (q = course_queries; q->name != NULL; q++) {
		if (strcmp(q->name, name) == 0 && (int)q->nargs == nargs)
			return q->sql;
	}
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

	FCGX_PutS("{\"courses\":[", out);
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

static void
serve(FCGX_Request *request)
{
	const char *set[3] = { getenv("RAW_TENANT"), getenv("RAW_USER"),
		"30000" };
	PGresult *res;
	int i;

	if (conn == NULL)
		connect_once();
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
	args = (const char *const *)(argv + 3);
	nargs = argc - 3;
	pool_run(3, argv, serve);
}

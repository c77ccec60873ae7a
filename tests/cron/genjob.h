/*
 * A worker over generation jobs whose runners do what a job's input says, and
 * what tests ask of it: {"do": "done"} and so on, see script_run().
 */
#ifndef MIRAI_TESTS_CRON_GENJOB_H
#define MIRAI_TESTS_CRON_GENJOB_H

#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "rpc/job.h"
#include "service/genjob_work.h"
#include "tests/service/direct.h"

/* What runners leave behind: a row for each result, and for each failure. */
static const char genjob_tables[] =
    "CREATE SCHEMA script; GRANT USAGE ON SCHEMA script TO mirai_worker;"
    "CREATE TABLE script.results (job uuid, token uuid);"
    "CREATE TABLE script.failures (job uuid, message text);"
    "CREATE TABLE script.starts (job uuid, tenant uuid, at timestamptz"
    " DEFAULT clock_timestamp());"
    "GRANT SELECT, INSERT ON script.results, script.failures, script.starts"
    " TO mirai_worker;";

static const struct db_query script_result = {
	.name = "script_result",
	.nargs = 2,
	.sql = "INSERT INTO script.results VALUES ($1::uuid, $2::uuid)",
};
static const struct db_query script_failure = {
	.name = "script_failure",
	.nargs = 2,
	.sql = "INSERT INTO script.failures VALUES ($1::uuid, $2)",
};
static const struct db_query script_start = {
	.name = "script_start",
	.nargs = 2,
	.sql =
	    "INSERT INTO script.starts (job, tenant) VALUES ($1::uuid, $2::uuid)",
};

static inline void
nap_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	(void)nanosleep(&ts, NULL);
}

static inline enum genjob_end
script_done(struct genjob_run *run)
{
	const struct genjob_result res = { .message = "all done" };
	struct req *r = run->r;
	enum code code;

	run->tokens += 7;
	if ((code = genjob_begin(run)) == CODE_ABORTED)
		return GENJOB_GONE;
	if (code != CODE_OK)
		return genjob_again(run, "no transaction");
	if (db_run(r->db, &script_result,
		DB_ARGS(run->job->id, run->job->token)) == NULL)
		code = CODE_INTERNAL;
	if (code == CODE_OK)
		code = genjob_finish(run, &res);
	return db_end(r->db, code) == CODE_OK ? GENJOB_DONE
					      : genjob_again(run, "no commit");
}

/* A row in starts, outside the job's transaction. */
static inline void
script_note(struct genjob_run *run)
{
	struct db_scope scope = { .tenant_id = run->job->tenant_id };

	db_begin(run->r->db, DB_TX_WRITE, &scope);
	(void)db_last(run->r->db, &script_start,
	    DB_ARGS(run->job->id, run->job->tenant_id));
	(void)db_end(run->r->db, CODE_OK);
}

/* What jobs that "wait" wait for: open as long as there is such a file. */
static inline const char *
script_gate(void)
{
	static char path[256];

	(void)snprintf(path, sizeof(path), "%s/gate",
	    direct_getenv("TEST_DIR"));
	return path;
}

static inline void
script_gate_open(void)
{
	FILE *fp = fopen(script_gate(), "w");

	if (fp == NULL || fclose(fp) != 0)
		exit(1);
}

static inline void
script_gate_shut(void)
{
	(void)unlink(script_gate());
}

/*
 * done; again N times and then done; fail; crash once, always; hang until told
 * to stop; wait for the gate and then done; nap N milliseconds and then done.
 */
static inline enum genjob_end
script_run(struct genjob_run *run)
{
	struct json *j = run->job->input == NULL
	    ? NULL
	    : json_parse(run->r->mem, run->job->input, strlen(run->job->input),
		  NULL, NULL);
	const char *what = json_get_text(j, "do", "done");
	int64_t n = json_get_int(j, "n", 0, 100000, 0), until;

	if (str_eq(what, "note"))
		script_note(run);
	run->tokens = json_get_int(j, "tokens", 0, 100000, 0);
	if (!genjob_progress(run, 30, "thinking"))
		return GENJOB_GONE;
	if (str_eq(what, "fail"))
		return genjob_fail(run, "it cannot be");
	if (str_eq(what, "again") && run->job->retry_count < n)
		return genjob_again(run, "not today");
	if (str_eq(what, "crash") && run->job->retry_count < n)
		(void)kill(getpid(), SIGKILL);
	until = clock_mono_ms() + n;
	while (str_eq(what, "hang") ||
	    (str_eq(what, "wait") && access(script_gate(), F_OK) != 0) ||
	    (str_eq(what, "nap") && clock_mono_ms() < until)) {
		if (genjob_stop(run))
			return GENJOB_GONE;
		nap_ms(1);
	}
	return script_done(run);
}

static inline enum code
script_failed(struct genjob_run *run)
{
	return db_run(run->r->db, &script_failure,
		   DB_ARGS(run->job->id, run->message)) == NULL
	    ? CODE_INTERNAL
	    : CODE_OK;
}

static const struct genjob_kind script_kinds[] = {
	{ GENJOB_OUTLINE, script_run, script_failed },
	{ GENJOB_LESSON, script_run, script_failed },
	{ GENJOB_COMPONENT, script_run, script_failed },
	{ GENJOB_COURSE, script_run, script_failed },
};

/* A worker of that name in a process of its own. */
static inline pid_t
script_start_worker(const char *name, const struct genjob_times *times,
    bool once)
{
	struct genjob_work work = { .name = name,
		.kinds = script_kinds,
		.nkinds = NITEMS(script_kinds),
		.times = times };
	char arg[] = "-1", self[] = "worker";
	char *argv[] = { self, once ? arg : NULL, NULL };
	pid_t pid;

	(void)fflush(NULL);
	if ((pid = fork()) == 0)
		_exit(genjob_work_main(&work, once ? 2 : 1, argv));
	return pid;
}

/* Drains the queue; the worker's exit status. */
static inline int
script_drain(const struct genjob_times *times)
{
	int status = 0;

	(void)waitpid(script_start_worker("test-worker", times, true), &status,
	    0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Makes a job as a tenant's person does; its id in d->mem. */
static inline const char *
script_job(struct direct *d, const struct person *p, struct genjob_new *n,
    const char *input)
{
	struct db_scope scope = { .tenant_id = p->tenant, .user_id = p->user };
	char id[STR_UUID_LEN + 1];
	enum code code;

	n->tenant_id = p->tenant;
	n->user_id = p->user;
	n->input = input;
	db_use(d->env.db, d->mem);
	db_begin(d->env.db, DB_TX_WRITE, &scope);
	code = genjob_create(d->env.db, d->mem, n, id);
	d->code = db_end(d->env.db, code);
	return d->code == CODE_OK ? arena_strdup(d->mem, id) : NULL;
}

/* A statement is known by its row, so one asked again and again is made once. */
static inline const struct db_query *
script_query(struct direct *d, const char *sql)
{
	struct db_query q = { .sql = sql };
	static int n;
	void *keep;

	q.name = arena_printf(d->mem, "script_ask%d", n++);
	keep = arena_alloc(d->mem, sizeof(q));
	return memcpy(keep, &q, sizeof(q));
}

/* The first column of the first row; "" for none. */
static inline const char *
script_answer(struct direct *d, const struct db_query *q)
{
	struct db_scope scope = { 0 };
	struct db_rows *rows;

	db_begin(d->super, DB_TX_READ, &scope);
	rows = db_last(d->super, q, DB_NOARGS);
	if (db_end(d->super, rows == NULL ? CODE_INTERNAL : CODE_OK) !=
	    CODE_OK) {
		printf("Bail out! %s\n", q->sql);
		exit(1);
	}
	return db_next(rows) ? db_text(rows, 0) : "";
}

static inline const char *
script_ask(struct direct *d, const char *sql)
{
	return script_answer(d, script_query(d, sql));
}

#endif

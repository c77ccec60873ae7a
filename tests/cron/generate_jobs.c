/*
 * The engine of generation jobs with runners that do what they are told: every
 * end of a run, attempts and pauses, leases, parents, cancelling, use of AI,
 * what open streams are told, and a clean stop.
 */
#include "mirai/v1/course.rpc.h"

#include "genjob.h"
#include "tests/service/direct.h"

#define HANG_MS 120000 /* nothing takes so long */

static struct direct d;

/* A lease is long enough for a busy machine; where it ends, a test says so. */
static const struct genjob_times soon = { .lease = 60000,
	.renew = 200,
	.back_off = 20,
	.poll = 50,
	.look = 20,
	.shutdown = 100,
	.run = HANG_MS };

/* Pauses are as long as in earnest; let_pass() shortens them. */
static const struct genjob_times calm = { .lease = 60000,
	.renew = 500,
	.back_off = 30000,
	.poll = 50,
	.look = 20,
	.shutdown = 100 };

static const struct genjob_times calm_stop = { .lease = 120000,
	.renew = 30000,
	.back_off = 30000,
	.poll = 5000,
	.look = 20,
	.shutdown = 60000 };

#define SQL(...) script_ask(&d, arena_printf(d.mem, __VA_ARGS__))

static const char *
job_of(enum genjob_type type, const char *parent, int retries,
    const char *input)
{
	struct genjob_new n = { .type = type,
		.parent_job_id = parent,
		.max_retries = retries };

	return script_job(&d, &teacher, &n, input);
}

/* "status retries percent" of a job. */
static const char *
state(const char *id)
{
	return SQL("SELECT concat_ws(' ', status, retry_count,"
		   " progress_percent) FROM generation_jobs WHERE id = '%s'",
	    id);
}

static const char *
results(const char *id)
{
	return SQL("SELECT count(*) FROM script.results WHERE job = '%s'", id);
}

static const char *
failure(const char *id)
{
	return SQL("SELECT count(*) || ' ' || COALESCE(max(message), '')"
		   " FROM script.failures WHERE job = '%s'",
	    id);
}

/* Until a question has that answer. */
static bool
until(const char *sql, const char *want)
{
	const struct db_query *q = script_query(&d, sql);
	int64_t end = clock_mono_ms() + HANG_MS;

	while (clock_mono_ms() < end) {
		if (str_eq(script_answer(&d, q), want))
			return true;
		nap_ms(5);
	}
	return false;
}

static bool
until_state(const char *id, const char *want)
{
	return until(arena_printf(d.mem,
			 "SELECT status FROM generation_jobs WHERE id = '%s'",
			 id),
	    want);
}

static void
let_pass(const char *interval)
{
	direct_sql(&d,
	    arena_printf(d.mem,
		"UPDATE generation_jobs SET run_after = run_after"
		" - interval '%s'",
		interval));
}

static void
cancel(const char *id, enum code want)
{
	struct db_scope scope = { .tenant_id = TENANT_A };
	enum code code;

	db_use(d.env.db, d.mem);
	db_begin(d.env.db, DB_TX_WRITE, &scope);
	code = genjob_cancel(d.env.db, d.mem, TENANT_A, id);
	CHECK(code == want);
	CHECK(db_end(d.env.db, code) == want);
}

static void
test_success(void)
{
	const char *id = job_of(GENJOB_LESSON, NULL, 0, "{\"tokens\": 100}");

	CHECK(script_drain(&calm) == 0);
	CHECK_STR(state(id), "completed 0 100");
	CHECK_STR(results(id), "1");
	CHECK_STR(SQL("SELECT concat_ws(' ', tokens_used, progress_message,"
		      " completed_at > started_at, claim_token IS NULL,"
		      " lease_until IS NULL) FROM generation_jobs"
		      " WHERE id = '%s'",
		      id),
	    "107 all done t t t");
	CHECK_STR(SQL("SELECT concat_ws(' ', tokens, jobs) FROM ai_usage"
		      " WHERE kind = 'lesson_content'"),
	    "107 1");
	CHECK_STR(SQL("SELECT total_tokens_used FROM tenant_ai_settings"),
	    "107");
	/* the creator's streams hear of it, nobody else's */
	CHECK_STR(SQL("SELECT string_agg(concat_ws(' ', notice->>'status',"
		      " notice->>'progress_percent',"
		      " notice->>'progress_message'), ', ' ORDER BY id)"
		      " FROM notification_events WHERE kind = 6"
		      " AND notice->>'job_id' = '%s' AND user_id = '%s'",
		      id, teacher.user),
	    "processing 30 thinking, completed 100 all done");
}

static void
test_again(void)
{
	const char *id = job_of(GENJOB_LESSON, NULL, 0,
	    "{\"do\": \"again\", \"n\": 2, \"tokens\": 10}");
	const char *worse = job_of(GENJOB_LESSON, NULL, 1,
	    "{\"do\": \"again\", \"n\": 9, \"tokens\": 1}");
	const char *never =
	    job_of(GENJOB_LESSON, NULL, 0, "{\"do\": \"fail\"}");

	direct_sql(&d, "DELETE FROM ai_usage");
	CHECK(script_drain(&calm) == 0); /* the first attempts */
	CHECK_STR(state(id), "queued 1 30");
	CHECK_STR(SQL("SELECT concat_ws(' ', error_message, run_after"
		      " BETWEEN started_at + interval '30 s' AND now() +"
		      " interval '30 s') FROM generation_jobs"
		      " WHERE id = '%s'",
		      id),
	    "not today t");
	CHECK_STR(state(never), "failed 0 30");
	CHECK_STR(failure(never), "1 it cannot be");
	let_pass("30 s");
	CHECK(script_drain(&calm) == 0);
	CHECK_STR(state(id), "queued 2 30");
	CHECK_STR(state(worse), "failed 1 30");
	CHECK_STR(failure(worse), "1 not today");
	let_pass("30 s");
	CHECK(script_drain(&calm) == 0);
	CHECK_STR(state(id), "queued 2 30"); /* twice as long */
	let_pass("30 s");
	CHECK(script_drain(&calm) == 0);
	CHECK_STR(state(id), "completed 2 100");
	CHECK_STR(results(id), "1");
	CHECK_STR(failure(id), "0 ");
	/* what failed attempts cost is counted */
	CHECK_STR(SQL("SELECT concat_ws(' ', tokens, jobs) FROM ai_usage"),
	    "39 1");
	CHECK_STR(SQL("SELECT tokens_used FROM generation_jobs WHERE id = '%s'",
		      id),
	    "37");
}

/* A process that dies is an attempt; after the last one the job fails. */
static void
test_crash(void)
{
	const char *once =
	    job_of(GENJOB_LESSON, NULL, 0, "{\"do\": \"crash\", \"n\": 1}");
	const char *always =
	    job_of(GENJOB_LESSON, NULL, 1, "{\"do\": \"crash\", \"n\": 99}");
	pid_t pid = script_start_worker("test-worker", &soon, false);

	CHECK(until_state(once, "completed"));
	CHECK(until_state(always, "failed"));
	CHECK_STR(state(once), "completed 1 100");
	CHECK_STR(results(once), "1");
	CHECK_STR(state(always), "failed 1 30");
	CHECK_STR(failure(always), "1 it was interrupted too often");
	(void)kill(pid, SIGTERM);
	(void)waitpid(pid, NULL, 0);
}

/* What a whole worker left behind is taken over when its lease ends. */
static void
test_lease(void)
{
	const char *left = job_of(GENJOB_LESSON, NULL, 0, NULL);
	const char *held = job_of(GENJOB_LESSON, NULL, 0, NULL);
	const char *last = job_of(GENJOB_LESSON, NULL, 2, NULL);

	direct_sql(&d,
	    arena_printf(d.mem,
		"UPDATE generation_jobs SET status = 'processing',"
		" claim_token = gen_random_uuid(), started_at = now(),"
		" retry_count = CASE WHEN id = '%s' THEN 2 ELSE 0 END,"
		" lease_until = now() + CASE WHEN id = '%s' THEN"
		" interval '1 minute' ELSE interval '-1 ms' END"
		" WHERE id IN ('%s', '%s', '%s')",
		last, held, left, held, last));
	CHECK(script_drain(&calm) == 0);
	CHECK_STR(state(left), "completed 1 100");
	CHECK_STR(state(held), "processing 0 0");
	CHECK_STR(state(last), "failed 2 0");
	CHECK_STR(failure(last), "1 it was interrupted too often");
	direct_sql(&d, "DELETE FROM generation_jobs");
}

/* A run that lost its job writes nothing, and its tokens count. */
static void
test_taken(void)
{
	const char *id =
	    job_of(GENJOB_LESSON, NULL, 0, "{\"do\": \"hang\", \"tokens\": 5}");
	pid_t pid = script_start_worker("test-worker", &soon, false);

	direct_sql(&d, "DELETE FROM ai_usage");
	CHECK(until(arena_printf(d.mem,
			"SELECT progress_percent FROM generation_jobs"
			" WHERE id = '%s'",
			id),
	    "30"));
	direct_sql(&d,
	    "UPDATE generation_jobs SET claim_token = gen_random_uuid(),"
	    " lease_until = now() + interval '1 hour'");
	CHECK(until("SELECT tokens FROM ai_usage", "5"));
	CHECK_STR(state(id), "processing 0 30");
	CHECK_STR(results(id), "0");
	(void)kill(pid, SIGTERM);
	(void)waitpid(pid, NULL, 0);
	direct_sql(&d, "DELETE FROM generation_jobs");
}

static void
test_cancel(void)
{
	const char *waits = job_of(GENJOB_LESSON, NULL, 0, NULL);
	const char *runs;
	pid_t pid;

	/* With what a call adds before it asks, within 2 seconds. */
	CHECK(genjob_times_default.look <= 1500);
	cancel(waits, CODE_OK);
	cancel(waits, CODE_FAILED_PRECONDITION);
	cancel(USER_A(1), CODE_NOT_FOUND);
	runs = job_of(GENJOB_LESSON, NULL, 0, "{\"do\": \"hang\"}");
	pid = script_start_worker("test-worker", &soon, false);
	CHECK(until_state(runs, "processing"));
	cancel(runs, CODE_OK);
	(void)kill(pid, SIGTERM); /* ends when its child has noticed */
	(void)waitpid(pid, NULL, 0);
	CHECK(str_starts(state(waits), "cancelled 0"));
	CHECK(str_starts(state(runs), "cancelled 0"));
	CHECK_STR(results(runs), "0");
	CHECK_STR(failure(runs), "0 ");
	CHECK_STR(SQL("SELECT notice->>'status' FROM notification_events"
		      " WHERE notice->>'job_id' = '%s' ORDER BY id DESC"
		      " LIMIT 1",
		      runs),
	    "cancelled");
}

/* A parent waits for all, runs once, and is what streams are told of. */
static void
test_parent(void)
{
	const char *p = job_of(GENJOB_COURSE, NULL, 0, NULL);
	const char *one = job_of(GENJOB_LESSON, p, 0, "{\"tokens\": 3}");
	const char *two = job_of(GENJOB_LESSON, p, 0,
	    "{\"do\": \"again\", \"n\": 1, \"tokens\": 3}");

	CHECK_STR(state(p), "processing 0 10");
	CHECK(script_drain(&calm) == 0);
	CHECK_STR(state(one), "completed 0 100");
	CHECK_STR(state(two), "queued 1 30");
	CHECK_STR(state(p), "processing 0 55");
	CHECK_STR(SQL("SELECT progress_message FROM generation_jobs"
		      " WHERE id = '%s'",
		      p),
	    "1 of 2 lessons are written");
	let_pass("30 s");
	CHECK(script_drain(&calm) == 0);
	CHECK_STR(state(p), "completed 0 100");
	CHECK_STR(results(p), "1");
	CHECK_STR(SQL("SELECT tokens_used FROM generation_jobs WHERE id = '%s'",
		      p),
	    "30");
	CHECK_STR(SQL("SELECT count(*) FROM notification_events WHERE kind = 6"
		      " AND notice->>'job_id' IN ('%s', '%s')",
		      one, two),
	    "0");
	CHECK_STR(SQL("SELECT notice->>'status' FROM notification_events"
		      " WHERE notice->>'job_id' = '%s' ORDER BY id DESC"
		      " LIMIT 1",
		      p),
	    "completed");
}

static void
test_parent_ends(void)
{
	const char *fails = job_of(GENJOB_COURSE, NULL, 0, NULL);
	const char *bad = job_of(GENJOB_LESSON, fails, 0, "{\"do\": \"fail\"}");
	const char *gone = job_of(GENJOB_COURSE, NULL, 0, NULL);
	const char *a = job_of(GENJOB_LESSON, gone, 0, NULL);
	const char *whole = job_of(GENJOB_COURSE, NULL, 0, NULL);
	const char *b = job_of(GENJOB_LESSON, whole, 0, NULL);

	(void)job_of(GENJOB_LESSON, fails, 0, NULL);
	cancel(a, CODE_OK);	/* the only child */
	cancel(whole, CODE_OK); /* takes its children along */
	CHECK(str_starts(state(b), "cancelled"));
	cancel(b, CODE_FAILED_PRECONDITION);
	CHECK(script_drain(&calm) == 0);
	CHECK(str_starts(state(fails), "failed"));
	CHECK_STR(failure(fails), "1 1 of 2 lessons could not be written");
	CHECK_STR(failure(bad), "0 "); /* a child tells nobody */
	CHECK(str_starts(state(gone), "cancelled"));
	CHECK_STR(results(gone), "0");
	CHECK_STR(failure(gone), "0 ");
	CHECK(str_starts(state(whole), "cancelled"));
}

/* The exit status of a worker that ends; -1 for another end. */
static int
ended(pid_t pid)
{
	int status = 0;

	CHECK(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Told to end, a worker sees what runs to its end. */
static void
test_stop(void)
{
	const char *ends = job_of(GENJOB_LESSON, NULL, 0, "{\"do\": \"wait\"}");
	pid_t pid;

	script_gate_shut();
	pid = script_start_worker("test-worker", &calm_stop, false);
	CHECK(until("SELECT count(*) FROM generation_jobs"
		    " WHERE progress_percent = 30 AND status = 'processing'",
	    "1"));
	(void)kill(pid, SIGTERM);
	CHECK(waitpid(pid, NULL, WNOHANG) == 0);
	CHECK_STR(state(ends), "processing 0 30");
	script_gate_open();
	CHECK(ended(pid) == 0);
	CHECK_STR(state(ends), "completed 0 100");
}

/* But not for ever: what still runs then is put back. */
static void
test_put_back(void)
{
	const char *hangs =
	    job_of(GENJOB_LESSON, NULL, 0, "{\"do\": \"hang\"}");
	pid_t pid = script_start_worker("test-worker", &soon, false);

	CHECK(until("SELECT count(*) FROM generation_jobs"
		    " WHERE progress_percent = 30 AND status = 'processing'",
	    "1"));
	(void)kill(pid, SIGTERM);
	CHECK(ended(pid) == 0);
	CHECK_STR(state(hangs), "queued 0 30");
	cancel(hangs, CODE_OK);
}

/* SIGINT does not wait, whatever time there would be. */
static void
test_interrupt(void)
{
	const char *hangs =
	    job_of(GENJOB_LESSON, NULL, 0, "{\"do\": \"hang\"}");
	pid_t pid = script_start_worker("test-worker", &calm_stop, false);
	int64_t t;

	CHECK(until_state(hangs, "processing"));
	t = clock_mono_ms();
	(void)kill(pid, SIGINT);
	CHECK(ended(pid) == 0);
	CHECK(clock_mono_ms() - t < calm_stop.shutdown);
	CHECK(str_starts(state(hangs), "queued 0"));
	cancel(hangs, CODE_OK);
}

/* A job at work keeps its lease, which gets longer again and again. */
static void
test_renewal(void)
{
	const char *id = job_of(GENJOB_LESSON, NULL, 0, "{\"do\": \"hang\"}");
	pid_t pid = script_start_worker("test-worker", &soon, false);
	const char *first;

	CHECK(until_state(id, "processing"));
	first =
	    SQL("SELECT lease_until FROM generation_jobs WHERE id = '%s'", id);
	CHECK(until(arena_printf(d.mem,
			"SELECT lease_until > '%s' AND retry_count = 0"
			" FROM generation_jobs WHERE id = '%s'",
			first, id),
	    "t"));
	(void)kill(pid, SIGINT);
	CHECK(ended(pid) == 0);
	cancel(id, CODE_OK);
}

/*
 * The time of a run is over while a job is at work: the next run of the program
 * takes up others, and the first one sees its own job to the end.
 */
static void
test_handover(void)
{
	struct genjob_times brief = soon;
	const char *longer, *next;
	pid_t first, second;

	brief.run = 1;
	script_gate_shut();
	longer = job_of(GENJOB_LESSON, NULL, 0, "{\"do\": \"wait\"}");
	first = script_start_worker("test-worker", &brief, false);
	CHECK(until_state(longer, "processing"));
	second = script_start_worker("test-worker", &soon, false);
	next = job_of(GENJOB_LESSON, NULL, 0, NULL);
	CHECK(until_state(next, "completed"));
	CHECK(waitpid(first, NULL, WNOHANG) == 0);
	CHECK(str_starts(state(longer), "processing 0"));
	script_gate_open();
	CHECK(ended(first) == 0);
	CHECK_STR(state(longer), "completed 0 100");
	CHECK_STR(results(longer), "1");
	(void)kill(second, SIGTERM);
	CHECK(ended(second) == 0);
}

/* Connections that break cost an attempt at most, and no job. */
static void
test_lost(void)
{
	static const char left[] = "SELECT count(*) FROM generation_jobs"
				   " WHERE status IN ('queued', 'processing')";
	pid_t pid = script_start_worker("test-worker", &soon, false);
	int i, status;

	direct_sql(&d, "DELETE FROM generation_jobs");
	script_gate_shut();
	for (i = 0; i < 12; i++)
		(void)job_of(GENJOB_LESSON, NULL, 20, "{\"do\": \"wait\"}");
	for (i = 0; i < 3; i++) {
		CHECK(until("SELECT count(*) > 0 FROM generation_jobs"
			    " WHERE status = 'processing'",
		    "t"));
		direct_sql(&d,
		    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
		    " WHERE datname = current_database()"
		    " AND usename = 'mirai_worker'");
		nap_ms(20);
	}
	script_gate_open();
	CHECK(until(left, "0"));
	CHECK_STR(SQL("SELECT count(*) FROM generation_jobs"
		      " WHERE status = 'completed'"),
	    "12");
	CHECK_STR(SQL("SELECT count(*) = count(DISTINCT job) FROM"
		      " script.results"),
	    "t");
	(void)kill(pid, SIGTERM);
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
}

static const char *
outline(const char *course)
{
	struct genjob_new n = { .type = GENJOB_OUTLINE, .course_id = course };

	return script_job(&d, &teacher, &n, NULL);
}

/* One of a kind at a time, and the transaction goes on. */
static void
test_once(void)
{
	const char *c, *id;
	struct json *j;

	j = direct_call(&d, &teacher, "CreateCourse",
	    "{\"settings\": {\"title\": \"C\"}}");
	c = direct_text(j, "course.id");
	id = outline(c);
	CHECK(id != NULL);
	CHECK(outline(c) == NULL && d.code == CODE_ALREADY_EXISTS);
	cancel(id, CODE_OK);
	CHECK(outline(c) != NULL);
	CHECK(script_drain(&calm) == 0);
	CHECK(outline(c) != NULL);
}

/*
 * 5 of one tenant although it is alone: room for who comes, however long those
 * five take.
 */
static void
test_share(void)
{
	static const char at_work[] = "SELECT count(*) FROM generation_jobs"
				      " WHERE status = 'processing'";
	struct genjob_new n = { .type = GENJOB_LESSON };
	const char *id;
	pid_t pid;
	int i;

	direct_sql(&d, "DELETE FROM generation_jobs");
	for (i = 0; i < 7; i++)
		(void)job_of(GENJOB_LESSON, NULL, 0, "{\"do\": \"hang\"}");
	pid = script_start_worker("test-worker", &soon, false);
	CHECK(until(at_work, "5"));
	for (i = 0; i < 3; i++) {
		id = script_job(&d, &other, &n, NULL);
		CHECK(until_state(id, "completed"));
	}
	CHECK_STR(SQL("%s", at_work), "5");
	for (i = 0; i < 7; i++)
		(void)script_job(&d, &other, &n, "{\"do\": \"hang\"}");
	CHECK(
	    until("SELECT count(*) FROM generation_jobs"
		  " WHERE status = 'processing' AND tenant_id = '" TENANT_B "'",
		"5"));
	CHECK_STR(SQL("%s", at_work), "10");
	(void)kill(pid, SIGINT);
	(void)waitpid(pid, NULL, 0);
	CHECK_STR(SQL("SELECT count(*) FROM generation_jobs"
		      " WHERE status = 'queued' AND retry_count = 0"),
	    "14");
}

/* Proportional: pages shared by processes count once. */
static long
pss_kib(pid_t pid)
{
	char path[64], line[256];
	long kib = 0;
	FILE *fp;

	(void)snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	if ((fp = fopen(path, "r")) == NULL)
		return 0;
	while (fgets(line, sizeof(line), fp) != NULL)
		if (sscanf(line, "Pss: %ld", &kib) == 1)
			break;
	(void)fclose(fp);
	return kib;
}

/* A worker with all its slots at work is 64 MiB at most. */
static void
test_memory(void)
{
	struct genjob_new n = { .type = GENJOB_LESSON };
	char path[64];
	pid_t pid, child;
	int i, nprocs = 1;
	long kib;
	FILE *fp;

	direct_sql(&d, "DELETE FROM generation_jobs");
	for (i = 0; i < 5; i++) {
		(void)job_of(GENJOB_LESSON, NULL, 0, "{\"do\": \"hang\"}");
		(void)script_job(&d, &other, &n, "{\"do\": \"hang\"}");
	}
	pid = script_start_worker("test-worker", &soon, false);
	CHECK(until("SELECT count(*) FROM generation_jobs"
		    " WHERE status = 'processing' AND progress_percent = 30",
	    "10"));
	kib = pss_kib(pid);
	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children",
	    (int)pid, (int)pid);
	if ((fp = fopen(path, "r")) != NULL) {
		for (; fscanf(fp, "%d", &child) == 1; nprocs++)
			kib += pss_kib(child);
		(void)fclose(fp);
	}
	(void)kill(pid, SIGINT);
	(void)waitpid(pid, NULL, 0);
	printf("# %d processes, %ld KiB\n", nprocs, kib);
	CHECK(nprocs == 11);
#ifndef __SANITIZE_ADDRESS__
	CHECK(kib > 0 && kib <= 64 * 1024);
#endif
}

int
main(void)
{
	direct_open(&d, &course_service);
	direct_sql(&d, genjob_tables);
	test_success();
	test_again();
	test_crash();
	test_lease();
	test_taken();
	test_cancel();
	test_parent();
	test_parent_ends();
	test_stop();
	test_put_back();
	test_interrupt();
	test_renewal();
	test_handover();
	test_lost();
	test_once();
	test_share();
	test_memory();
	direct_close(&d);
	return test_done();
}

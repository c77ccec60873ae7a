/*
 * Generation jobs under fire: two workers over 50 jobs of several tenants, some
 * of them parents with children, and 500 SIGKILLs at random moments of workers
 * and of the processes that do the work. Afterwards every job has ended, every
 * result is there exactly once, and nothing is stuck.
 */
#include "mirai/v1/course.rpc.h"

#include <dirent.h>

#include "genjob.h"
#include "tests/service/direct.h"

#define KILLS	 500
#define WORKERS	 2
#define TENANTS	 5
#define PARENTS	 4
#define CHILDREN 4
#define ALONE	 6 /* of each tenant */
#define RETRIES	 10000
#define ATTEMPTS 12  /* that a job wants at least */
#define SECONDS	 240 /* nothing takes so long */

static struct direct d;
static struct person people[TENANTS];
static pid_t workers[WORKERS];
static unsigned seed = 20261121;

/* A lease long enough for a busy machine, or nobody gets to an end there. */
static const struct genjob_times hasty = { .lease = 2000,
	.renew = 200,
	.back_off = 0,
	.poll = 50,
	.look = 10,
	.shutdown = 2000,
	.run = 3600000 }; /* nobody starts the next run */

static int
chance(int n)
{
	return rand_r(&seed) % n;
}

static void
make_tenants(void)
{
	int i;

	for (i = 0; i < TENANTS; i++) {
		people[i].tenant = arena_printf(d.mem,
		    "c0000000-0000-4000-8000-00000000000%d", i);
		people[i].company = arena_printf(d.mem,
		    "c1000000-0000-4000-8000-00000000000%d", i);
		people[i].user = arena_printf(d.mem,
		    "c2000000-0000-4000-8000-00000000000%d", i);
		direct_sql(&d,
		    arena_printf(d.mem,
			"INSERT INTO tenants (id, name, slug)"
			" VALUES ('%s', 'T', 't%d');"
			"INSERT INTO companies (id, tenant_id, name)"
			" VALUES ('%s', '%s', 'T');"
			"INSERT INTO users (id, tenant_id, kratos_id,"
			" company_id, role) VALUES ('%s', '%s',"
			" gen_random_uuid(), '%s', 'admin')",
			people[i].tenant, i, people[i].company,
			people[i].tenant, people[i].user, people[i].tenant,
			people[i].company));
	}
}

static const char *
job(int tenant, enum genjob_type type, const char *parent, int retries,
    const char *input)
{
	struct genjob_new n = { .type = type,
		.parent_job_id = parent,
		.max_retries = retries };

	return script_job(&d, &people[tenant], &n, input);
}

/* 50 jobs, and two whose attempts run out. */
static void
make_jobs(void)
{
	const char *input, *parent;
	int i, k;

	input = arena_printf(d.mem,
	    "{\"do\": \"again\", \"n\": %d, \"tokens\": 1}", ATTEMPTS);
	for (i = 0; i < PARENTS; i++) {
		parent = job(i, GENJOB_COURSE, NULL, RETRIES, input);
		for (k = 0; k < CHILDREN; k++)
			(void)job(i, GENJOB_LESSON, parent, RETRIES, input);
	}
	for (i = 0; i < TENANTS; i++)
		for (k = 0; k < ALONE; k++)
			(void)job(i, GENJOB_LESSON, NULL, RETRIES, input);
	(void)job(0, GENJOB_COMPONENT, NULL, 3, "{\"do\": \"fail\"}");
	(void)job(1, GENJOB_COMPONENT, NULL, 3,
	    "{\"do\": \"again\", \"n\": 99}");
}

static void
start_worker(int i)
{
	workers[i] =
	    script_start_worker(i == 0 ? "test-worker-a" : "test-worker-b",
		&hasty, false);
}

/* A child of a process, by chance; 0: it has none. */
static pid_t
child_of(pid_t pid)
{
	pid_t found = 0, child;
	char path[64];
	int n = 0;
	FILE *fp;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children",
	    (int)pid, (int)pid);
	if ((fp = fopen(path, "r")) == NULL)
		return 0;
	while (fscanf(fp, "%d", &child) == 1)
		if (chance(++n) == 0)
			found = child;
	(void)fclose(fp);
	return found;
}

/* One in 25 hits a worker, which is started anew. */
static int
kill_one(void)
{
	int i = chance(WORKERS);
	pid_t pid;

	if (chance(25) == 0) {
		(void)kill(workers[i], SIGKILL);
		(void)waitpid(workers[i], NULL, 0);
		start_worker(i);
		return 1;
	}
	pid = child_of(workers[i]);
	return pid != 0 && kill(pid, SIGKILL) == 0;
}

static const struct db_query *open_jobs;

static bool
is_over(void)
{
	return str_eq(script_answer(&d, open_jobs), "0");
}

static void
fire(void)
{
	int kills = 0, turns = 0, rounds = 1;

	make_jobs();
	start_worker(0);
	start_worker(1);
	while (kills < KILLS) {
		kills += kill_one();
		nap_ms(chance(12));
		if (++turns % 50 == 0 && is_over()) {
			make_jobs(); /* they were faster */
			rounds++;
		}
	}
	printf("# %d kills over %d rounds of jobs\n", kills, rounds);
}

static void
check(void)
{
#define SQL(text) script_ask(&d, text)
	CHECK_STR(SQL("SELECT count(*) FROM generation_jobs"
		      " WHERE status NOT IN ('completed', 'failed')"),
	    "0");
	CHECK_STR(SQL("SELECT count(*) FROM generation_jobs g"
		      " WHERE status = 'failed' AND type <> 'component_regen'"),
	    "0");
	CHECK_STR(SQL("SELECT count(*) FROM generation_jobs g"
		      " WHERE status = 'completed' AND 1 <> (SELECT count(*)"
		      " FROM script.results r WHERE r.job = g.id)"),
	    "0");
	CHECK_STR(SQL("SELECT count(*) FROM generation_jobs g"
		      " WHERE 1 <> (SELECT count(*) FROM script.results r"
		      " WHERE r.job = g.id) + (SELECT count(*)"
		      " FROM script.failures f WHERE f.job = g.id)"),
	    "0");
	CHECK_STR(SQL("SELECT count(*) FROM generation_jobs"
		      " WHERE claim_token IS NOT NULL OR lease_until IS NOT"
		      " NULL OR completed_at IS NULL"),
	    "0");
	/* a parent came after all its children, with the sum of their tokens */
	CHECK_STR(SQL("SELECT count(*) FROM generation_jobs p JOIN"
		      " generation_jobs c ON c.parent_job_id = p.id"
		      " WHERE p.completed_at < c.completed_at"),
	    "0");
	CHECK_STR(SQL("SELECT count(*) FROM generation_jobs p"
		      " WHERE p.type = 'full_course' AND tokens_used <"
		      " (SELECT sum(tokens_used) FROM generation_jobs c"
		      " WHERE c.parent_job_id = p.id)"),
	    "0");
	/* each success was counted once */
	CHECK_STR(SQL("SELECT (SELECT sum(jobs) FROM ai_usage) ="
		      " (SELECT count(*) FROM generation_jobs WHERE status ="
		      " 'completed' AND type <> 'full_course')"),
	    "t");
	/*
	 * Nothing that a job cost is missing; a run whose lease was over before
	 * it could be renewed lost its job, and counts nowhere else.
	 */
	CHECK_STR(SQL("SELECT (SELECT sum(tokens) FROM ai_usage) >="
		      " (SELECT sum(tokens_used) FROM generation_jobs"
		      " WHERE type <> 'full_course')"),
	    "t");
#undef SQL
}

int
main(void)
{
	int64_t until;
	int i, status;

	direct_open(&d, &course_service);
	direct_sql(&d, genjob_tables);
	open_jobs = script_query(&d,
	    "SELECT count(*) FROM generation_jobs"
	    " WHERE status IN ('queued', 'processing')");
	make_tenants();
	fire();
	until = clock_mono_ms() + SECONDS * 1000;
	while (!is_over() && clock_mono_ms() < until)
		nap_ms(20);
	for (i = 0; i < WORKERS; i++) {
		(void)kill(workers[i], SIGTERM);
		(void)waitpid(workers[i], &status, 0);
		CHECK(WIFEXITED(status));
	}
	check();
	direct_close(&d);
	return test_done();
}

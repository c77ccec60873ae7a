/*
 * Whose turn it is: 1,000 jobs of 50 tenants through the ten slots of a worker
 * as fast as they can be claimed. No tenant waits more than twice the mean,
 * not even behind one that queued half of all jobs first.
 */
#include "mirai/v1/course.rpc.h"

#include "genjob.h"
#include "tests/service/direct.h"
#include "service/genjob_claim.h"

#define TENANTS 50
#define SLOTS	10
#define JOBS	1000

static struct direct d;
static struct db *worker;

/* A claimed job that is still at work, or "" */
static struct slot {
	char id[STR_UUID_LEN + 1];
	char tenant[STR_UUID_LEN + 1];
} slots[SLOTS];

static char after[STR_UUID_LEN + 1] = "00000000-0000-4000-8000-000000000000";

static const struct db_query q_end = {
	.name = "share_end",
	.nargs = 1,
	.sql = "UPDATE generation_jobs SET status = 'completed',"
	       " claim_token = NULL, lease_until = NULL WHERE id = $1::uuid",
};

static void
make_tenants(void)
{
	direct_sql(&d,
	    "DO $$ DECLARE t uuid; c uuid; BEGIN FOR i IN 1..50 LOOP"
	    " t := ('c0000000-0000-4000-8000-0000000000' ||"
	    " to_char(i, 'FM00'))::uuid; c := gen_random_uuid();"
	    " INSERT INTO tenants (id, name, slug) VALUES (t, 'T', 't' || i);"
	    " INSERT INTO companies (id, tenant_id, name) VALUES (c, t, 'T');"
	    " INSERT INTO users (tenant_id, kratos_id, company_id, role)"
	    " VALUES (t, gen_random_uuid(), c, 'admin');"
	    " END LOOP; END $$");
}

/* n jobs of each tenant, the whole of one after the whole of another. */
static void
queue(const char *tenants, int n)
{
	direct_sql(&d,
	    arena_printf(d.mem,
		"INSERT INTO generation_jobs (tenant_id, type,"
		" created_by_user_id, created_at) SELECT u.tenant_id,"
		" 'lesson_content', u.id, now() - interval '1 hour'"
		" + u.n * interval '20 s' + s * interval '1 ms' FROM"
		" (SELECT tenant_id, id, row_number() OVER (ORDER BY"
		" tenant_id) AS n FROM users WHERE tenant_id::text LIKE 'c%%'"
		" AND %s) u, generate_series(1, %d) s",
		tenants, n));
}

static void
finish(struct slot *s)
{
	struct db_scope scope = { .superadmin = true };

	if (s->id[0] == '\0')
		return;
	db_begin(worker, DB_TX_WRITE, &scope);
	(void)db_last(worker, &q_end, DB_ARGS(s->id));
	if (db_end(worker, CODE_OK) != CODE_OK)
		exit(1);
	s->id[0] = '\0';
}

static int
claim(struct arena *a, struct slot *s)
{
	static const char *const types[] = { "lesson_content" };
	const char *busy[SLOTS];
	struct genjob_want want = { .types = types,
		.ntypes = 1,
		.busy = busy,
		.share = 2,
		.most = 5,
		.lease_ms = 60000,
		.after = after };
	struct genjob job;
	int i, rc;

	for (i = 0; i < SLOTS; i++)
		if (slots[i].id[0] != '\0')
			busy[want.nbusy++] = slots[i].tenant;
	if ((rc = genjob_claim_next(worker, a, &want, &job)) != 1)
		return rc;
	memcpy(s->id, job.id, sizeof(s->id));
	memcpy(s->tenant, job.tenant_id, sizeof(s->tenant));
	memcpy(after, job.tenant_id, sizeof(after));
	return 1;
}

/* The tenant of a claimed job is a number of two digits at its end. */
static int
number(const struct slot *s)
{
	return (int)strtol(s->tenant + STR_UUID_LEN - 2, NULL, 10);
}

/* In order of their claims; what a tenant waited for all its jobs, in turns. */
static int
drain(long waited[TENANTS + 1], int first[TENANTS + 1])
{
	struct arena *a = arena_new();
	struct slot *s;
	int i, rc = 1, nclaimed = 0, idle = 0;

	for (i = 0; rc != -1 && idle < SLOTS; i++) {
		s = &slots[i % SLOTS];
		arena_reset(a);
		db_use(worker, a);
		finish(s);
		rc = claim(a, s);
		idle = rc == 1 ? 0 : idle + 1; /* a tenant has its most */
		if (rc != 1)
			continue;
		waited[number(s)] += nclaimed++;
		if (first[number(s)] == 0)
			first[number(s)] = nclaimed;
	}
	arena_free(a);
	return rc == 0 ? nclaimed : -1;
}

static void
test_equal(void)
{
	long waited[TENANTS + 1] = { 0 }, sum = 0, most = 0;
	int first[TENANTS + 1] = { 0 }, i, late = 0;

	queue("true", JOBS / TENANTS);
	CHECK(drain(waited, first) == JOBS);
	for (i = 1; i <= TENANTS; i++) {
		sum += waited[i];
		most = waited[i] > most ? waited[i] : most;
		late = first[i] > late ? first[i] : late;
	}
	printf("# the longest wait is %.2f of the mean\n",
	    (double)most * TENANTS / (double)sum);
	CHECK(most * TENANTS <= 2 * sum);
	CHECK(late == TENANTS); /* nobody comes twice before all came once */
}

/* One tenant queued 500 jobs before 49 others came with ten each. */
static void
test_large(void)
{
	long waited[TENANTS + 1] = { 0 }, sum = 0, most = 0;
	int first[TENANTS + 1] = { 0 }, i;

	direct_sql(&d, "DELETE FROM generation_jobs");
	queue("tenant_id::text LIKE '%01'", 500);
	queue("tenant_id::text NOT LIKE '%01'", 10);
	CHECK(drain(waited, first) == 990);
	for (i = 2; i <= TENANTS; i++) {
		sum += waited[i];
		most = waited[i] > most ? waited[i] : most;
	}
	CHECK(most * (TENANTS - 1) <= 2 * sum);
	CHECK(sum / 490 < 300); /* as if the large one had ten as well */
}

int
main(void)
{
	direct_open(&d, &course_service);
	worker = db_open(direct_getenv("DATABASE_WORKER_URL"), "test");
	make_tenants();
	test_equal();
	test_large();
	db_close(worker);
	direct_close(&d);
	return test_done();
}

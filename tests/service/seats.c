/*
 * Seats as they are counted for every plan and status, the lock under which
 * they are counted, the gate, and what can be bought.
 */
#include "service/seats.h"

#include <sys/wait.h>
#include <unistd.h>

#include "mirai/v1/common.pb.h"

#include "direct.h"

static struct direct d;
static const struct db_scope scope = { .tenant_id = TENANT_A };

static void
count(struct seats *out)
{
	db_use(d.env.db, d.mem);
	db_begin(d.env.db, DB_TX_READ, &scope);
	CHECK(db_end(d.env.db,
		  seats_load(d.env.db, TENANT_A, COMPANY_A, out)) == CODE_OK);
}

static const struct state {
	const char *plan, *status;
	int bought, effective;
	bool paid;
} states[] = {
	{ "starter", "active", 0, 5, true },
	{ "starter", "past_due", 3, 3, true },
	{ "starter", "none", 7, 1, false },
	{ "starter", "canceled", 7, 1, false },
	{ "pro", "active", 0, 50, true },
	{ "pro", "active", 12, 12, true },
	{ "pro", "none", 0, 1, false },
	{ "enterprise", "none", 0, 999, true },
	{ "enterprise", "canceled", 40, 40, true },
	{ "enterprise", "active", 0, 999, true },
};

static void
set_company(const struct state *s)
{
	direct_sql(&d,
	    arena_printf(d.mem,
		"UPDATE companies SET plan = '%s', subscription_status = '%s',"
		" seat_count = %d WHERE id = '" COMPANY_A "'",
		s->plan, s->status, s->bought));
}

static enum code
gate(struct req **keep)
{
	struct req *r = req_local(&d.env);

	*keep = r;
	memcpy(r->who.tenant_id, TENANT_A, STR_UUID_LEN + 1);
	memcpy(r->who.company_id, COMPANY_A, STR_UUID_LEN + 1);
	db_use(r->db, r->mem);
	db_begin(r->db, DB_TX_READ, &scope);
	return db_end(r->db, seats_gate(r));
}

static void
test_states(void)
{
	struct seats s;
	struct req *r;
	size_t i;

	for (i = 0; i < NITEMS(states); i++) {
		set_company(&states[i]);
		count(&s);
		CHECK(s.effective == states[i].effective);
		CHECK(s.bought == states[i].bought);
		CHECK(s.paid == states[i].paid);
		CHECK_STR(s.plan, states[i].plan);
		CHECK_STR(s.status, states[i].status);
		CHECK((gate(&r) == CODE_OK) == states[i].paid);
		if (!states[i].paid) {
			CHECK(r->code == CODE_PERMISSION_DENIED);
			CHECK_STR(r->reason, "BILLING_SUBSCRIPTION_REQUIRED");
		}
		req_done(r);
	}
}

static const char invite[] =
    "INSERT INTO invitations (tenant_id, company_id, email, role, status,"
    " token, expires_at) SELECT '" TENANT_A "', '" COMPANY_A "',"
    " gen_random_uuid() || '@example.org', 'sme', status,"
    " gen_random_uuid()::text, now() + expires::interval FROM (VALUES"
    " ('pending', '1 day'), ('pending', '7 days'), ('pending', '-1 s'),"
    " ('accepted', '1 day'), ('revoked', '1 day'), ('expired', '-1 day'))"
    " AS i (status, expires)";

static void
test_counts(void)
{
	struct seats s;

	set_company(&(struct state){ "starter", "active", 7, 0, true });
	count(&s);
	CHECK(s.used == 4 && s.reserved == 0 && s.available == 3);
	direct_sql(&d, invite);
	count(&s);
	CHECK(s.used == 4 && s.reserved == 2 && s.available == 1);
	direct_sql(&d,
	    "UPDATE users SET removed_at = now()"
	    " WHERE id = '" USER_A(3) "'");
	count(&s);
	CHECK(s.used == 3 && s.reserved == 2 && s.available == 2);
	set_company(&(struct state){ "starter", "active", 2, 0, true });
	count(&s);
	CHECK(s.effective == 2 && s.available == 0);
}

static void
test_strangers(void)
{
	struct seats s;

	db_begin(d.env.db, DB_TX_READ, &scope);
	CHECK(db_end(d.env.db, seats_load(d.env.db, TENANT_A, COMPANY_B, &s)) ==
	    CODE_NOT_FOUND);
	db_begin(d.env.db, DB_TX_READ, &scope);
	CHECK(db_end(d.env.db, seats_load(d.env.db, TENANT_B, COMPANY_B, &s)) ==
	    CODE_NOT_FOUND);
}

/* In a child: waits for the lock, then says how many seats are reserved. */
static pid_t
start_waiter(void)
{
	struct seats s = { 0 };
	struct db *db;
	pid_t pid;

	if ((pid = fork()) != 0)
		return pid;
	db = db_open(direct_getenv("DATABASE_URL"), "waiter");
	db_use(db, arena_new());
	db_begin(db, DB_TX_WRITE, &scope);
	if (seats_lock(db, TENANT_A, COMPANY_A, &s) != CODE_OK)
		_exit(100);
	_exit((int)s.reserved);
}

static bool
somebody_waits(void)
{
	static const struct db_query q = {
		.name = "waits",
		.sql = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type ="
		       " 'Lock' AND application_name = 'waiter'"
		       " AND datname = current_database()",
	};
	struct db_rows *rows;
	int i;

	for (i = 0; i < 6000; i++) {
		db_begin(d.super, DB_TX_READ, &(struct db_scope){ 0 });
		rows = db_last(d.super, &q, DB_NOARGS);
		if (db_end(d.super, CODE_OK) == CODE_OK && rows != NULL &&
		    db_next(rows))
			return true;
		usleep(10000);
	}
	return false;
}

/* Who waited counts what was added while it waited. */
static void
test_lock(void)
{
	static const struct db_query q = { .name = "invite", .sql = invite };
	struct db *inviter;
	struct seats s;
	int status = 0;
	pid_t pid;

	count(&s);
	inviter = db_open(direct_getenv("DATABASE_WORKER_URL"), "inviter");
	db_use(inviter, d.mem);
	db_begin(inviter, DB_TX_WRITE, &scope);
	CHECK(seats_lock(inviter, TENANT_A, COMPANY_A, &s) == CODE_OK);
	pid = start_waiter();
	CHECK(somebody_waits());
	CHECK(db_run(inviter, &q, DB_NOARGS) != NULL);
	CHECK(db_end(inviter, CODE_OK) == CODE_OK);
	db_close(inviter);
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	CHECK(WEXITSTATUS(status) == s.reserved + 2);
}

static void
test_buying(void)
{
	const struct seats_plan *plan = NULL;
	struct req *r = req_local(&d.env);
	int64_t n = 0;

	CHECK(seats_buyable(r, PB_PLAN_UNSPECIFIED, &plan) == CODE_OK);
	CHECK_STR(plan->name, "starter");
	CHECK(plan->price == 800);
	CHECK(seats_asked(r, plan, -5, &n) == CODE_OK && n == 1);
	CHECK(seats_asked(r, plan, 10, &n) == CODE_OK && n == 10);
	CHECK(seats_asked(r, plan, 11, &n) == CODE_INVALID_ARGUMENT);
	req_unfail(r);
	CHECK(seats_buyable(r, PB_PLAN_PRO, &plan) == CODE_OK);
	CHECK(plan->price == 1200);
	CHECK(seats_asked(r, plan, 1000, &n) == CODE_OK && n == 1000);
	CHECK(seats_asked(r, plan, 1001, &n) == CODE_INVALID_ARGUMENT);
	req_unfail(r);
	CHECK(seats_buyable(r, PB_PLAN_ENTERPRISE, &plan) ==
	    CODE_INVALID_ARGUMENT);
	CHECK_STR(r->reason, "BILLING_INVALID_PLAN");
	req_unfail(r);
	CHECK(seats_buyable(r, 42, &plan) == CODE_INVALID_ARGUMENT);
	CHECK_STR(seats_plan("nonsense")->name, "starter");
	CHECK_STR(seats_plan(NULL)->name, "starter");
	req_done(r);
}

int
main(void)
{
	direct_open(&d, NULL);
	test_states();
	test_counts();
	test_strangers();
	test_lock();
	test_buying();
	direct_close(&d);
	return test_done();
}

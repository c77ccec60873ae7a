/*
 * PostgreSQL through db.h: round trips counted by a proxy in between, broken
 * connections, deadlines, and what rows and arguments look like.
 */
#include "tests/test.h"

#include "base/clock.h"
#include "base/str.h"
#include "db/migrate.h"
#include "tests/db/kit.h"
#include "tests/db/proxy.h"

#define HOPE_MS 60000 /* when there is none left */
#define TENANT	"aaaaaaaa-0000-4000-8000-000000000001"

enum query {
	Q_SCOPE,
	Q_TYPES,
	Q_ECHO,
	Q_ADD,
	Q_COUNT,
	Q_SLEEP,
	Q_BAD,
	Q_FAIL,
	Q_MANY,
	Q_UNLIMITED,
	Q__MAX
};

static const struct db_query q[] = {
	[Q_SCOPE] = {
	    .name = "t_scope",
	    .sql = "SELECT current_setting('app.tenant_id', true),"
		   " current_setting('app.user_id', true),"
		   " current_setting('app.is_superadmin', true),"
		   " current_setting('transaction_read_only'),"
		   " (SELECT setting FROM pg_settings"
		   " WHERE name = 'statement_timeout')",
	},
	[Q_TYPES] = {
	    .name = "t_types",
	    .sql = "SELECT 'x', NULL::text, -42, 2.5::float8, true,"
		   " '2026-01-31 12:34:56.789+02'::timestamptz,"
		   " ARRAY['a', 'b \"c\\', '', NULL, 'x,y}']::text[],"
		   " '{}'::text[], '1969-12-31 23:59:59+00'::timestamptz",
	},
	[Q_ECHO] = {
	    .name = "t_echo",
	    .nargs = 4,
	    .sql = "SELECT $1::bigint, $2::timestamptz, $3::text[], $4::text",
	},
	[Q_ADD] = {
	    .name = "t_add",
	    .nargs = 2, /* id, name */
	    .sql = "INSERT INTO scratch (id, name) VALUES ($1, $2)",
	},
	[Q_COUNT] = {
	    .name = "t_count",
	    .sql = "SELECT count(*) FROM scratch",
	},
	[Q_SLEEP] = {
	    .name = "t_sleep",
	    .nargs = 1,
	    .sql = "SELECT pg_sleep($1::float8)",
	},
	[Q_BAD] = { .name = "t_bad", .sql = "SELECT nothing FROM nowhere" },
	[Q_FAIL] = {
	    .name = "t_fail",
	    .nargs = 1, /* SQLSTATE */
	    .sql = "SELECT fail($1)",
	},
	[Q_MANY] = {
	    .name = "t_many",
	    .sql = "SELECT repeat('x', 1000) FROM generate_series(1, 5000)",
	},
	[Q_UNLIMITED] = {
	    .name = "t_unlimited",
	    .sql = "SELECT set_config('statement_timeout', '0', true)",
	},
	[Q__MAX] = { 0 },
};

static struct arena *mem;
static struct proxy proxy;
static struct db *db; /* through the proxy, as the owner of scratch */
/* Names of sessions: through the proxy, and not. */
static char proxied[32], straight[32];
static const struct db_scope plain = { .tenant_id = TENANT };

static void
make_scratch(void)
{
	struct db *owner;

	owner = kit_open("DATABASE_OWNER_URL", mem);
	CHECK(db_script(owner, "scratch",
		  "CREATE TABLE scratch (id int PRIMARY KEY, name text"
		  " CHECK (name <> 'bad'), parent int REFERENCES scratch);"
		  "CREATE FUNCTION fail(state text) RETURNS void"
		  " LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'made'"
		  " USING ERRCODE = state; END $$;") == 0);
	db_close(owner);
}

static struct db_rows *
once(enum db_tx tx, enum query i, size_t nargs, const char *const *args,
    enum code *code)
{
	struct db_rows *rows;

	db_begin(db, tx, &plain);
	rows = db_last(db, &q[i], nargs, args);
	*code = db_end(db, CODE_OK);
	return rows;
}

static int64_t
rows_in_scratch(void)
{
	enum code code;

	return kit_number(once(DB_TX_READ, Q_COUNT, DB_NOARGS, &code));
}

static void
add(const char *id)
{
	enum code code;

	(void)once(DB_TX_WRITE, Q_ADD, DB_ARGS(id, "n"), &code);
	CHECK(code == CODE_OK);
}

static void
test_values(void)
{
	const char *const items[] = { "a", "b \"c\\", "", "x,y}" };
	struct db_rows *rows;
	const char **array;
	enum code code;
	size_t n;

	rows = once(DB_TX_READ, Q_TYPES, DB_NOARGS, &code);
	CHECK(rows != NULL && code == CODE_OK && db_next(rows));
	CHECK_STR(db_text(rows, 0), "x");
	CHECK(db_null(rows, 1) && db_text_null(rows, 1) == NULL);
	CHECK_STR(db_text(rows, 1), "");
	CHECK(db_int(rows, 2) == -42);
	CHECK(db_real(rows, 3) > 2.4 && db_real(rows, 3) < 2.6);
	CHECK(db_bool(rows, 4));
	CHECK_STR(clock_rfc3339(mem, db_time(rows, 5)),
	    "2026-01-31T10:34:56.789Z");
	array = db_array(rows, 6, &n);
	CHECK(n == 5 && array[5] == NULL);
	CHECK_STR(array[1], "b \"c\\");
	CHECK_STR(array[3], "");
	CHECK_STR(array[4], "x,y}");
	array = db_array(rows, 7, &n);
	CHECK(n == 0 && array[0] == NULL);
	CHECK(db_time(rows, 8) == -1000000);
	CHECK(!db_next(rows) && db_count(rows) == 1);

	rows = once(DB_TX_READ, Q_ECHO,
	    DB_ARGS(db_arg_int(mem, INT64_MIN), db_arg_time(mem, 1500000),
		db_arg_array(mem, items, 4), NULL),
	    &code);
	CHECK(rows != NULL && db_next(rows));
	CHECK(db_int(rows, 0) == INT64_MIN);
	CHECK(db_time(rows, 1) == 1500000);
	array = db_array(rows, 2, &n);
	CHECK(n == 4);
	CHECK_STR(array[1], items[1]);
	CHECK_STR(array[3], items[3]);
	CHECK(db_null(rows, 3));
}

static void
test_scope(void)
{
	struct db_scope scope = { .tenant_id = TENANT,
		.user_id = TENANT,
		.deadline_ms = clock_mono_ms() + 60000 };
	struct db_rows *rows;

	db_begin(db, DB_TX_READ, &scope);
	rows = db_last(db, &q[Q_SCOPE], DB_NOARGS);
	CHECK(db_end(db, CODE_OK) == CODE_OK);
	CHECK(rows != NULL && db_next(rows));
	CHECK_STR(db_text(rows, 0), TENANT);
	CHECK_STR(db_text(rows, 1), TENANT);
	CHECK_STR(db_text(rows, 2), "off");
	CHECK_STR(db_text(rows, 3), "on");
	CHECK(strtol(db_text(rows, 4), NULL, 10) > 30000);
	scope = (struct db_scope){ .superadmin = true };
	db_begin(db, DB_TX_WRITE, &scope);
	rows = db_last(db, &q[Q_SCOPE], DB_NOARGS);
	CHECK(db_end(db, CODE_OK) == CODE_OK);
	CHECK(rows != NULL && db_next(rows));
	CHECK_STR(db_text(rows, 0), "");
	CHECK_STR(db_text(rows, 2), "on");
	CHECK_STR(db_text(rows, 3), "off");
	CHECK_STR(db_text(rows, 4), "0");
}

static int
trips(void)
{
	return atomic_exchange(&proxy.trips, 0);
}

/* Statements that are new to the connection cost no trip of their own. */
static void
test_trips(void)
{
	enum code code;
	int i;

	proxy_cut_now(&proxy);
	(void)once(DB_TX_READ, Q_COUNT, DB_NOARGS, &code);
	(void)trips(); /* connecting */
	(void)once(DB_TX_READ, Q_TYPES, DB_NOARGS, &code);
	CHECK(trips() == 1);
	(void)once(DB_TX_READ, Q_TYPES, DB_NOARGS, &code);
	CHECK(trips() == 1);

	db_begin(db, DB_TX_WRITE, &plain);
	for (i = 0; i < 5; i++)
		db_queue(db, &q[Q_ADD], DB_ARGS(db_arg_int(mem, 100 + i), "n"));
	db_notify(db, "nobody", "listens");
	CHECK(kit_number(db_last(db, &q[Q_COUNT], DB_NOARGS)) == 5);
	CHECK(db_end(db, CODE_OK) == CODE_OK);
	CHECK(trips() == 1);

	db_begin(db, DB_TX_WRITE, &plain);
	CHECK(db_run(db, &q[Q_COUNT], DB_NOARGS) != NULL);
	CHECK(db_run(db, &q[Q_COUNT], DB_NOARGS) != NULL);
	CHECK(db_end(db, CODE_OK) == CODE_OK);
	CHECK(trips() == 3);

	db_begin(db, DB_TX_WRITE, &plain);
	CHECK(db_end(db, CODE_OK) == CODE_OK);
	CHECK(trips() == 0); /* nothing was asked, nothing is sent */
}

/* An answer larger than the socket's buffers arrives whole. */
/* With db_hold() a last statement is none: more may follow, or a rollback. */
static void
test_hold(void)
{
	int64_t before = rows_in_scratch();

	db_begin(db, DB_TX_WRITE, &plain);
	db_hold(db);
	CHECK(db_last(db, &q[Q_ADD], DB_ARGS("701", "n")) != NULL);
	CHECK(db_run(db, &q[Q_COUNT], DB_NOARGS) != NULL);
	CHECK(db_end(db, CODE_ABORTED) == CODE_ABORTED);
	CHECK(rows_in_scratch() == before);
	db_begin(db, DB_TX_WRITE, &plain);
	CHECK(db_last(db, &q[Q_ADD], DB_ARGS("702", "n")) != NULL);
	CHECK(db_end(db, CODE_OK) == CODE_OK);
	CHECK(rows_in_scratch() == before + 1);
	db_begin(db, DB_TX_WRITE, &plain);
	db_hold(db);
	CHECK(db_last(db, &q[Q_ADD], DB_ARGS("703", "n")) != NULL);
	db_queue(db, &q[Q_ADD], DB_ARGS("704", "n"));
	CHECK(db_end(db, CODE_OK) == CODE_OK);
	CHECK(rows_in_scratch() == before + 3);
	CHECK(kit_run(db, mem, &plain, "DELETE FROM scratch WHERE id > 700") !=
	    NULL);
}

static void
test_large(void)
{
	struct db_rows *rows;
	enum code code;
	int i;

	rows = once(DB_TX_READ, Q_MANY, DB_NOARGS, &code);
	CHECK(rows != NULL && db_count(rows) == 5000);
	db_begin(db, DB_TX_WRITE, &plain);
	for (i = 0; i < 5000; i++)
		db_queue(db, &q[Q_MANY], DB_NOARGS);
	db_queue(db, &q[Q_ADD], DB_ARGS("200", "n"));
	CHECK(db_end(db, CODE_ABORTED) == CODE_ABORTED);
	db_begin(db, DB_TX_WRITE, &plain);
	for (i = 0; i < 20; i++)
		db_queue(db, &q[Q_MANY], DB_NOARGS);
	CHECK(db_end(db, CODE_OK) == CODE_OK);
	CHECK(rows_in_scratch() == 5);
}

struct fault_case {
	const char *state;
	enum db_fault fault;
	enum code code;
};

static void
test_faults(void)
{
	static const struct fault_case cases[] = {
		{ "23505", DB_FAULT_UNIQUE, CODE_ALREADY_EXISTS },
		{ "23503", DB_FAULT_FOREIGN_KEY, CODE_FAILED_PRECONDITION },
		{ "23514", DB_FAULT_CHECK, CODE_FAILED_PRECONDITION },
		{ "22003", DB_FAULT_CHECK, CODE_FAILED_PRECONDITION },
		{ "57014", DB_FAULT_TIMEOUT, CODE_DEADLINE_EXCEEDED },
		{ "40001", DB_FAULT_RETRY, CODE_ABORTED },
		{ "40P01", DB_FAULT_RETRY, CODE_ABORTED },
		{ "25006", DB_FAULT_READ_ONLY, CODE_INTERNAL },
		{ "P0001", DB_FAULT_OTHER, CODE_INTERNAL },
	};
	enum code code;
	size_t i;

	for (i = 0; i < NITEMS(cases); i++) {
		CHECK(once(DB_TX_WRITE, Q_FAIL, DB_ARGS(cases[i].state),
			  &code) == NULL);
		CHECK(db_fault(db) == cases[i].fault);
		CHECK(code == cases[i].code);
	}
	CHECK(once(DB_TX_WRITE, Q_ADD, DB_ARGS("100", "n"), &code) == NULL);
	CHECK_STR(db_constraint(db), "scratch_pkey");
	CHECK(once(DB_TX_WRITE, Q_ADD, DB_ARGS("300", "bad"), &code) == NULL);
	CHECK(db_fault(db) == DB_FAULT_CHECK);
	CHECK(once(DB_TX_READ, Q_ADD, DB_ARGS("300", "n"), &code) == NULL);
	CHECK(db_fault(db) == DB_FAULT_READ_ONLY);
	CHECK(once(DB_TX_READ, Q_BAD, DB_NOARGS, &code) == NULL);
	CHECK(db_fault(db) == DB_FAULT_OTHER && code == CODE_INTERNAL);
	CHECK(once(DB_TX_READ, Q_TYPES, DB_NOARGS, &code) != NULL);
	CHECK(db_fault(db) == DB_FAULT_NONE);
	CHECK(rows_in_scratch() == 5);
}

/* After a failure a transaction can only end, and never well. */
static void
test_failed_transaction(void)
{
	db_begin(db, DB_TX_WRITE, &plain);
	db_queue(db, &q[Q_ADD], DB_ARGS("301", "n"));
	CHECK(db_run(db, &q[Q_ADD], DB_ARGS("100", "n")) == NULL);
	CHECK(db_run(db, &q[Q_COUNT], DB_NOARGS) == NULL);
	CHECK(db_fault(db) == DB_FAULT_UNIQUE);
	CHECK(db_end(db, CODE_OK) == CODE_ALREADY_EXISTS);
	db_begin(db, DB_TX_WRITE, &plain);
	CHECK(db_run(db, &q[Q_ADD], DB_ARGS("302", "n")) != NULL);
	CHECK(db_end(db, CODE_NOT_FOUND) == CODE_NOT_FOUND);
	db_begin(db, DB_TX_WRITE, &plain);
	db_queue(db, &q[Q_ADD], DB_ARGS("100", "n"));
	CHECK(db_end(db, CODE_OK) == CODE_ALREADY_EXISTS);
	CHECK(rows_in_scratch() == 5);
}

/* Waits until so many sessions of that name are as condition says. */
static void
wait_count(const char *name, const char *condition, int64_t n)
{
	int64_t end = clock_mono_ms() + HOPE_MS;
	struct db *admin;
	bool come = false;

	admin = kit_open("DATABASE_ADMIN_URL", mem);
	while (!come && clock_mono_ms() < end) {
		come = kit_number(kit_run(admin, mem, &plain,
			   "SELECT count(*) FROM pg_stat_activity"
			   " WHERE application_name = '%s' AND %s",
			   name, condition)) == n;
		if (!come)
			usleep(10000);
	}
	CHECK(come);
	db_close(admin);
}

/* The server cannot have run anything: opened again, once, unseen. */
static void
test_reconnect(void)
{
	struct db *admin;
	enum code code;
	int before;

	(void)rows_in_scratch();
	proxy_cut_now(&proxy);
	add("400");
	CHECK(rows_in_scratch() == 6);

	admin = kit_open("DATABASE_ADMIN_URL", mem);
	CHECK(kit_run(admin, mem, &plain,
		  "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
		  " WHERE application_name = '%s'",
		  proxied) != NULL);
	db_close(admin);
	wait_count(proxied, "true", 0);
	proxy_wait_closed(&proxy);
	add("401");

	before = proxy.accepted;
	proxy.mode = PROXY_CUT_ANSWER;
	CHECK(kit_number(once(DB_TX_READ, Q_COUNT, DB_NOARGS, &code)) == 7);
	CHECK(proxy.accepted == before + 1);

	before = proxy.accepted;
	proxy.mode = PROXY_CUT_ANSWER;
	db_begin(db, DB_TX_WRITE, &plain);
	db_queue(db, &q[Q_ADD], DB_ARGS("402", "n"));
	CHECK(db_run(db, &q[Q_ADD], DB_ARGS("403", "n")) != NULL);
	CHECK(db_end(db, CODE_OK) == CODE_OK);
	CHECK(proxy.accepted == before + 1);
	CHECK(rows_in_scratch() == 9);
}

/*
 * A server process told to stop at any moment: done, or not known. One that is
 * gone before it is asked: done.
 */
static void
test_terminated(void)
{
	struct db *admin, *direct;
	struct db_scope scope = { 0 };
	enum code code;
	int64_t n;
	int i;

	admin = kit_open("DATABASE_ADMIN_URL", mem);
	direct = db_open(getenv("DATABASE_OWNER_URL"), straight);
	db_use(direct, mem);
	for (i = 1000; i < 1060; i++) {
		CHECK(kit_run(admin, mem, &plain,
			  "SELECT pg_terminate_backend(pid, %d)"
			  " FROM pg_stat_activity"
			  " WHERE application_name = '%s'",
			  i % 2 == 0 ? HOPE_MS : 0, straight) != NULL);
		db_begin(direct, DB_TX_WRITE, &scope);
		(void)db_last(direct, &q[Q_ADD],
		    DB_ARGS(db_arg_int(mem, i), "n"));
		code = db_end(direct, CODE_OK);
		n = kit_number(kit_run(direct, mem, &scope,
		    "SELECT count(*) FROM scratch WHERE id = %d", i));
		CHECK(
		    code == CODE_OK ? n == 1 : code == CODE_UNKNOWN && n <= 1);
		CHECK(i % 2 != 0 || code == CODE_OK);
	}
	db_close(direct);
	db_close(admin);
	wait_count(straight, "true", 0);
	(void)rows_in_scratch();
	CHECK(kit_run(db, mem, &scope,
		  "DELETE FROM scratch WHERE id >= 1000") != NULL);
}

static void
test_lost(void)
{
	enum code code;

	/* In the middle of a transaction nothing may be run twice. */
	db_begin(db, DB_TX_WRITE, &plain);
	CHECK(db_run(db, &q[Q_ADD], DB_ARGS("500", "n")) != NULL);
	proxy_cut_now(&proxy);
	CHECK(db_run(db, &q[Q_ADD], DB_ARGS("501", "n")) == NULL);
	CHECK(db_fault(db) == DB_FAULT_LOST);
	CHECK(db_end(db, CODE_OK) == CODE_UNAVAILABLE);
	CHECK(rows_in_scratch() == 9);

	/* The answer to COMMIT is lost: nobody knows, and nobody guesses. */
	proxy.mode = PROXY_CUT_ANSWER;
	CHECK(once(DB_TX_WRITE, Q_ADD, DB_ARGS("502", "n"), &code) == NULL);
	CHECK(db_fault(db) == DB_FAULT_UNKNOWN_OUTCOME);
	CHECK(code == CODE_UNKNOWN);
	db_begin(db, DB_TX_WRITE, &plain);
	CHECK(db_run(db, &q[Q_ADD], DB_ARGS("503", "n")) != NULL);
	proxy.mode = PROXY_CUT_ANSWER;
	CHECK(db_end(db, CODE_OK) == CODE_UNKNOWN);
	CHECK(db_fault(db) == DB_FAULT_UNKNOWN_OUTCOME);
	CHECK(rows_in_scratch() == 11); /* here both were committed */
}

static void
test_nobody_there(void)
{
	struct db *none;

	none = db_open("host=/nonexistent dbname=x", "test");
	db_use(none, mem);
	db_begin(none, DB_TX_WRITE, &plain);
	CHECK(db_last(none, &q[Q_COUNT], DB_NOARGS) == NULL);
	CHECK(db_fault(none) == DB_FAULT_LOST);
	CHECK(db_end(none, CODE_OK) == CODE_UNAVAILABLE);
	CHECK(migrate_require(none, MIGRATE_APP) == -1);
	db_begin(none, DB_TX_NONE, &plain);
	CHECK(db_end(none, CODE_OK) == CODE_OK);
	db_close(none);
	db_close(NULL);
}

static void
stalled(void)
{
	struct db_scope scope = { .tenant_id = TENANT };
	int64_t start;

	start = clock_mono_ms();
	scope.deadline_ms = start + 100;
	proxy.mode = PROXY_STALL;
	db_begin(db, DB_TX_READ, &scope);
	CHECK(db_last(db, &q[Q_COUNT], DB_NOARGS) == NULL);
	CHECK(db_fault(db) == DB_FAULT_TIMEOUT);
	CHECK(db_end(db, CODE_OK) == CODE_DEADLINE_EXCEEDED);
	CHECK(clock_mono_ms() - start < HOPE_MS);
}

/*
 * Runs a statement in a transaction that ends so soon. False when it was not
 * in time; otherwise the transaction is open.
 */
static bool
in_time(struct db_scope *scope, int64_t ms, enum query which, size_t nargs,
    const char *const *args)
{
	scope->deadline_ms = clock_mono_ms() + ms;
	db_begin(db, DB_TX_WRITE, scope);
	if (db_run(db, &q[which], nargs, args) != NULL)
		return true;
	CHECK(db_end(db, CODE_OK) == CODE_DEADLINE_EXCEEDED);
	return false;
}

/* The same, with as much time as the machine needs for that. */
static void
open_until(struct db_scope *scope, int64_t ms, enum query which, size_t nargs,
    const char *const *args)
{
	while (ms < HOPE_MS && !in_time(scope, ms, which, nargs, args))
		ms *= 2;
	CHECK(ms < HOPE_MS);
}

static void
test_deadline(void)
{
	struct db_scope scope = { .tenant_id = TENANT };
	int64_t start;

	start = clock_mono_ms();
	scope.deadline_ms = start + 100;
	db_begin(db, DB_TX_WRITE, &scope);
	CHECK(db_run(db, &q[Q_SLEEP], DB_ARGS("90")) == NULL);
	CHECK(db_fault(db) == DB_FAULT_TIMEOUT);
	CHECK(db_end(db, CODE_OK) == CODE_DEADLINE_EXCEEDED);
	CHECK(clock_mono_ms() - start < HOPE_MS);

	/* Never committed after the deadline. */
	open_until(&scope, 50, Q_ADD, DB_ARGS("600", "n"));
	while (clock_mono_ms() <= scope.deadline_ms)
		usleep(10000);
	CHECK(db_end(db, CODE_OK) == CODE_DEADLINE_EXCEEDED);
	db_begin(db, DB_TX_WRITE, &scope);
	CHECK(db_last(db, &q[Q_ADD], DB_ARGS("601", "n")) == NULL);
	CHECK(db_end(db, CODE_OK) == CODE_DEADLINE_EXCEEDED);
	CHECK(rows_in_scratch() == 11);

	/* A statement that outlives the server's limit ends with us. */
	open_until(&scope, 200, Q_UNLIMITED, DB_NOARGS);
	start = clock_mono_ms();
	CHECK(db_run(db, &q[Q_SLEEP], DB_ARGS("90")) == NULL);
	CHECK(db_fault(db) == DB_FAULT_TIMEOUT);
	CHECK(db_end(db, CODE_OK) == CODE_DEADLINE_EXCEEDED);
	CHECK(clock_mono_ms() - start < HOPE_MS);
	wait_count(proxied, "query LIKE '%pg_sleep%' AND state = 'active'", 0);

	/* A server that has gone silent does not hold us, */
	CHECK(rows_in_scratch() == 11);
	stalled();
	/* nor when we connect. */
	stalled();
	proxy.mode = PROXY_FORWARD;
	CHECK(rows_in_scratch() == 11);
}

static void
test_idle(void)
{
	(void)rows_in_scratch();
	db_idle(db, 60000);
	wait_count(proxied, "true", 1);
	db_idle(db, 0);
	wait_count(proxied, "true", 0);
	CHECK(rows_in_scratch() == 11);
}

static void
test_notify(void)
{
	struct db *ear;
	const char *channel, *payload;

	ear = kit_open("DATABASE_URL", mem);
	CHECK(db_listen(ear, "Odd \"name\"") == 0);
	CHECK(db_wait(ear, 0, &channel, &payload) == 0);
	db_begin(db, DB_TX_WRITE, &plain);
	db_notify(db, "Odd \"name\"", "rolled back");
	CHECK(db_end(db, CODE_ABORTED) == CODE_ABORTED);
	db_begin(db, DB_TX_WRITE, &plain);
	db_notify(db, "Odd \"name\"", "hello");
	CHECK(db_end(db, CODE_OK) == CODE_OK);
	CHECK(db_wait(ear, HOPE_MS, &channel, &payload) == 1);
	CHECK_STR(channel, "Odd \"name\"");
	CHECK_STR(payload, "hello");
	CHECK(db_wait(ear, 0, &channel, &payload) == 0);
	db_close(ear);
	(void)rows_in_scratch();
	CHECK(db_listen(db, "x") == 0);
	proxy_cut_now(&proxy);
	CHECK(db_wait(db, HOPE_MS, &channel, &payload) == -1);
	CHECK(db_wait(db, HOPE_MS, &channel, &payload) == -1);
	CHECK(db_listen(db, "x") == 0);
}

static void
test_script(void)
{
	CHECK(db_script(db, "s", "SELECT 1; SELECT nonsense") == -1);
	CHECK(db_fault(db) == DB_FAULT_OTHER);
	db_begin(db, DB_TX_WRITE, &plain);
	CHECK(db_script(db, "s", "DELETE FROM scratch; SELECT 1;") == 0);
	CHECK(kit_number(db_run(db, &q[Q_COUNT], DB_NOARGS)) == 0);
	CHECK(db_end(db, CODE_ABORTED) == CODE_ABORTED);
	CHECK(rows_in_scratch() == 11);
	db_begin(db, DB_TX_WRITE, &plain);
	CHECK(db_script(db, "s", "DELETE FROM scratch; SELECT nonsense") == -1);
	CHECK(db_end(db, CODE_OK) == CODE_INTERNAL);
	CHECK(rows_in_scratch() == 11);
}

static void
test_checks(void)
{
	struct db *tenant, *admin;

	tenant = kit_open("DATABASE_URL", mem);
	CHECK(migrate_require(tenant, MIGRATE_APP) == 0);
	CHECK(migrate_selftest(tenant) == -1); /* scratch has no security */
	CHECK(kit_run(db, mem, &plain, "DROP TABLE scratch") != NULL);
	CHECK(migrate_selftest(tenant) == 0);
	db_close(tenant);
	admin = db_open_as(getenv("DATABASE_OWNER_URL"), "test", NULL, NULL);
	db_use(admin, mem);
	CHECK(kit_run(admin, mem, &plain,
		  "UPDATE schema_migrations SET name = '0000_x'"
		  " WHERE name <> '0000_x' AND name ~ '^[0-9]'"
		  " AND name = (SELECT max(name) FROM schema_migrations"
		  " WHERE name ~ '^[0-9]')") != NULL);
	CHECK(migrate_require(admin, MIGRATE_APP) == -1);
	db_close(admin);
}

int
main(void)
{
	const char *url, *host;
	char *through;

	mem = arena_new();
	(void)snprintf(proxied, sizeof(proxied), "proxied%d", (int)getpid());
	(void)snprintf(straight, sizeof(straight), "straight%d", (int)getpid());
	kit_quiet();
	make_scratch();
	url = getenv("DATABASE_OWNER_URL");
	host = strchr(url, '=') + 1;
	proxy_start(&proxy, arena_strndup(mem, host, strcspn(host, " ")));
	through = arena_printf(mem, "host=%s%s", proxy.dir, strchr(url, ' '));
	db = db_open(through, proxied);
	db_use(db, mem);
	test_values();
	test_scope();
	test_trips();
	test_hold();
	test_large();
	test_faults();
	test_failed_transaction();
	test_reconnect();
	test_terminated();
	test_lost();
	test_nobody_there();
	test_deadline();
	test_idle();
	test_notify();
	test_script();
	test_checks();
	db_close(db);
	proxy_stop(&proxy);
	arena_free(mem);
	return test_done();
}

/*
 * Making companies without a program around: slugs, several callers for one
 * registration, a slug that is taken, and what is left when the rest of the
 * transaction fails.
 */
#include "service/provision_run.h"

#include <sys/wait.h>

#include <ctype.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"

#include "tests/test.h"

#define CALLERS 5
#define HASH	"$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"

static struct arena *mem;
static struct provision_env env;
static struct conf *conf;

static const struct db_scope everything = { .superadmin = true };

static const struct db_query q_register = {
	.name = "test_register",
	.nargs = 2,
	.sql =
	    "INSERT INTO pending_registrations (email, first_name, last_name,"
	    " company_name, plan, status, password_hash)"
	    " VALUES ($1, 'Ada', 'Byron', $2, 'pro', 'paid', '" HASH "')"
	    " RETURNING id",
};

static const struct db_query q_count = {
	.name = "test_count",
	.nargs = 1,
	.sql = "SELECT (SELECT count(*) FROM tenants WHERE name = $1) * 1000"
	       " + (SELECT count(*) FROM companies WHERE name = $1) * 100"
	       " + (SELECT count(*) FROM users u JOIN companies c"
	       " ON c.id = u.company_id WHERE c.name = $1) * 10"
	       " + (SELECT count(*) FROM pending_registrations"
	       " WHERE company_name = $1)",
};

static struct db_rows *
ask(const struct db_query *q, size_t nargs, const char *const *args)
{
	struct db_rows *rows;

	db_use(env.db, mem);
	db_begin(env.db, DB_TX_WRITE, &everything);
	rows = db_last(env.db, q, nargs, args);
	if (db_end(env.db, CODE_OK) != CODE_OK || rows == NULL ||
	    !db_next(rows)) {
		printf("Bail out! %s\n", q->name);
		exit(1);
	}
	return rows;
}

static const char *
enrol(const char *email, const char *company)
{
	return db_text(ask(&q_register, DB_ARGS(email, company)), 0);
}

/* Tenants, companies, users, registrations of a name, a digit each. */
static int64_t
count(const char *company)
{
	return db_int(ask(&q_count, DB_ARGS(company)), 0);
}

static void
connect_all(void)
{
	env.conf = conf;
	env.db = db_open(getenv("DATABASE_WORKER_URL"), "test");
	env.directory = directory_serve(conf, "test");
}

/* The statements of the database's owner, as a migration would run them. */
static void
as_owner(const char *sql)
{
	struct db *db = db_open(getenv("DATABASE_OWNER_URL"), "test");

	db_use(db, mem);
	if (db_script(db, "test", sql) == -1) {
		printf("Bail out! %s\n", sql);
		exit(1);
	}
	db_close(db);
}

/* --- slugs ----------------------------------------------------------------- */

static void
check_slug(const char *name, const char *want)
{
	const char *slug = provision_slug(mem, name);
	size_t i, len = strlen(want);
	bool hex = true;

	for (i = len + 1; slug[i] != '\0'; i++)
		hex = hex && isxdigit((unsigned char)slug[i]) &&
		    !isupper((unsigned char)slug[i]);
	CHECK_STR(arena_strndup(mem, slug, len), want);
	CHECK(slug[len] == '-' && hex && i == len + 9);
}

static void
test_slugs(void)
{
	check_slug("Acme", "acme");
	check_slug("  Acme -- Labs & Sons, Ltd.  ", "acme-labs-sons-ltd");
	check_slug("M\xc3\xbcller 24", "m-ller-24");
	check_slug("\xe6\x9c\xaa\xe6\x9d\xa5", "company");
	check_slug("", "company");
	check_slug("---", "company");
	check_slug("abcdefghijklmnopqrstuvwxyz abcdefghijklmnopqrstuvwxyz",
	    "abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvw");
	check_slug("abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvw xyz",
	    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvw");
	CHECK(
	    !str_eq(provision_slug(mem, "Acme"), provision_slug(mem, "Acme")));
}

/* --- one registration ------------------------------------------------------ */

static void
test_one(void)
{
	struct provision_made made = { 0 };
	const char *id = enrol("one@sign-up.example", "One");

	CHECK(provision_registration(&env, mem,
		  "00000000-0000-4000-8000-000000000000",
		  &made) == CODE_NOT_FOUND);
	CHECK(provision_registration(&env, mem, id, &made) == CODE_OK);
	CHECK(str_is_uuid(made.tenant_id) && str_is_uuid(made.company_id) &&
	    str_is_uuid(made.user_id) && str_starts(made.slug, "one-"));
	CHECK(count("One") == 1110);
	CHECK(provision_registration(&env, mem, id, NULL) == CODE_NOT_FOUND);
	CHECK(count("One") == 1110);
}

static void
test_taken(void)
{
	const char *id = enrol("one@sign-up.example", "Again");

	CHECK(
	    provision_registration(&env, mem, id, NULL) == CODE_ALREADY_EXISTS);
	CHECK(count("Again") == 1); /* failed, kept */
	CHECK(provision_registration(&env, mem, id, NULL) == CODE_NOT_FOUND);
}

/* --- five callers ---------------------------------------------------------- */

static void
call(const char *id)
{
	enum code code;

	mem = arena_new();
	connect_all();
	code = provision_registration(&env, mem, id, NULL);
	_exit(code == CODE_OK ? 1 : code == CODE_NOT_FOUND ? 0 : 2);
}

static void
test_parallel(void)
{
	const char *id = enrol("five@sign-up.example", "Five");
	int i, status, made = 0, wrong = 0;
	pid_t pids[CALLERS];

	fflush(stdout);
	for (i = 0; i < CALLERS; i++)
		if ((pids[i] = fork()) == 0)
			call(id);
	for (i = 0; i < CALLERS; i++) {
		(void)waitpid(pids[i], &status, 0);
		made += WIFEXITED(status) && WEXITSTATUS(status) == 1;
		wrong += !WIFEXITED(status) || WEXITSTATUS(status) > 1;
	}
	CHECK(made == 1);
	CHECK(wrong == 0);
	CHECK(count("Five") == 1110);
}

/* --- a slug that is taken -------------------------------------------------- */

static void
test_collision(void)
{
	struct provision_made made = { 0 };
	const char *id = enrol("slug@sign-up.example", "Collide");

	as_owner("CREATE SEQUENCE test_tries;"
		 "GRANT USAGE ON SEQUENCE test_tries TO mirai_worker;"
		 "CREATE FUNCTION test_collide() RETURNS trigger"
		 " LANGUAGE plpgsql AS $$ BEGIN"
		 " IF nextval('test_tries') < 4 THEN"
		 " NEW.slug := (SELECT slug FROM tenants LIMIT 1);"
		 " END IF; RETURN NEW; END $$;"
		 "CREATE TRIGGER test_collide BEFORE INSERT ON tenants"
		 " FOR EACH ROW EXECUTE FUNCTION test_collide()");
	CHECK(provision_registration(&env, mem, id, &made) == CODE_OK);
	CHECK(count("Collide") == 1110);
	as_owner("DROP TRIGGER test_collide ON tenants");
}

/* --- all or nothing -------------------------------------------------------- */

static enum code
refuse(struct db *db, struct arena *a, void *arg,
    const struct provision_made *made)
{
	int *calls = arg;

	(void)db;
	(void)a;
	CHECK(str_is_uuid(made->company_id));
	(*calls)++;
	return CODE_ABORTED;
}

static void
test_also(void)
{
	int calls = 0;
	const struct provision_company in = {
		.name = "Refused",
		.plan = "pro",
		.status = "active",
		.identity_id = "a9000000-0000-4000-8000-000000000001",
		.actor = "test",
		.also = refuse,
		.arg = &calls,
	};
	struct provision_made made;

	db_use(env.db, mem);
	CHECK(provision_company(env.db, mem, &in, &made) == CODE_ABORTED);
	CHECK(calls == 1);
	CHECK(count("Refused") == 0);
}

int
main(void)
{
	log_open("test", LOG_FORM_PLAIN, LOG_LEVEL_ERROR);
	mem = arena_new();
	if ((conf = conf_load("/dev/null")) == NULL)
		return 1;
	test_slugs();
	connect_all();
	CHECK(env.directory != NULL);
	test_one();
	test_taken();
	test_parallel();
	test_collision();
	test_also();
	directory_close(env.directory);
	db_close(env.db);
	conf_free(conf);
	arena_free(mem);
	return test_done();
}

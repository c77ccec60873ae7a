/*
 * People made by sign-up, in the identity database and in a Kratos: what was
 * made is found with what it was made for, a repeated call makes nobody twice,
 * and who was just made is signed in.
 */
#include "identity/directory.h"

#include <sys/wait.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "identity/ident.h"

#include "tests/test.h"

#define PASSWORD "Correct-Horse-7!"
#define ORIGIN	 "registration_id"
#define ONE	 "a5000000-0000-4000-8000-000000000001"
#define TWO	 "a5000000-0000-4000-8000-000000000002"

static struct arena *a;
static struct directory *d;
static struct ident *ident;

static enum code
create(const char *email, bool verified, const char *origin_id,
    char id[STR_UUID_LEN + 1])
{
	const struct identity_person person = {
		.email = email,
		.first_name = "Nina",
		.last_name = "New",
		.password = PASSWORD,
		.verified = verified,
		.origin = origin_id == NULL ? NULL : ORIGIN,
		.origin_id = origin_id,
	};
	const char *why;

	return directory_create(d, a, &person, id, &why);
}

static enum code
log_in(const char *email, const char *password, const char **token)
{
	const struct directory_login in = { .email = email,
		.password = password,
		.ip = "192.0.2.1",
		.user_agent = "test" };

	return directory_log_in(d, a, &in, token);
}

static void
test_account(void)
{
	struct directory_account account;
	char id[STR_UUID_LEN + 1];

	CHECK(create("nina@new.example", true, ONE, id) == CODE_OK);
	CHECK(
	    directory_account(d, a, " NINA@new.example", &account) == CODE_OK);
	CHECK_STR(account.person.identity_id, id);
	CHECK_STR(account.person.first_name, "Nina");
	CHECK(account.verified);
	CHECK(directory_made_for(&account, ORIGIN, ONE));
	CHECK(!directory_made_for(&account, ORIGIN, TWO));
	CHECK(!directory_made_for(&account, "invitation_id", ONE));

	CHECK(create("max@new.example", false, NULL, id) == CODE_OK);
	CHECK(directory_account(d, a, "max@new.example", &account) == CODE_OK);
	CHECK(!account.verified);
	CHECK(!directory_made_for(&account, ORIGIN, ONE));
	CHECK(directory_account(d, a, "eva@new.example", &account) ==
	    CODE_NOT_FOUND);
}

/* The same origin is the same person; another one is another. */
static void
test_again(void)
{
	char first[STR_UUID_LEN + 1], again[STR_UUID_LEN + 1];

	CHECK(create("again@new.example", false, ONE, first) == CODE_OK);
	CHECK(create("Again@new.example", false, ONE, again) == CODE_OK);
	CHECK_STR(again, first);
	CHECK(create("again@new.example", false, TWO, again) ==
	    CODE_ALREADY_EXISTS);
	CHECK(create("again@new.example", false, NULL, again) ==
	    CODE_ALREADY_EXISTS);
	CHECK(create("no address", false, TWO, again) == CODE_INVALID_ARGUMENT);

	CHECK(directory_remove(d, a, first) == CODE_OK);
	CHECK(directory_remove(d, a, first) == CODE_OK); /* gone already */
	CHECK(create("again@new.example", false, TWO, again) == CODE_OK);
	CHECK(strcmp(again, first) != 0);
}

static void
test_log_in(void)
{
	struct ident_session session;
	const char *token = NULL;

	CHECK(log_in("nina@new.example", "Wrong-Horse-7!", &token) ==
	    CODE_UNAUTHENTICATED);
	CHECK(log_in("eva@new.example", PASSWORD, &token) ==
	    CODE_UNAUTHENTICATED);
	CHECK(log_in("Nina@new.example", PASSWORD, &token) == CODE_OK);
	CHECK(ident->whoami(ident->ctx, a, token, NULL, &session) == CODE_OK);
	CHECK_STR(session.email, "nina@new.example");
	CHECK(session.email_verified);
	CHECK(log_in("max@new.example", PASSWORD, &token) == CODE_OK);
	CHECK(ident->whoami(ident->ctx, a, token, NULL, &session) == CODE_OK);
	CHECK(!session.email_verified);
	CHECK(directory_end_sessions(d, a, session.identity_id) == CODE_OK);
	CHECK(ident->whoami(ident->ctx, a, token, NULL, &session) ==
	    CODE_UNAUTHENTICATED);
}

/* Who must prove more than a password is not let in with one. */
static void
test_second_factor(void)
{
	static const struct db_query demand = { "demand",
		"UPDATE identities SET second_factor_after = now()"
		" - interval '1 day' WHERE id = $1",
		1 };
	const struct db_scope scope = { 0 };
	struct directory_account account;
	const char *token = NULL;
	struct db *db;

	CHECK(directory_account(d, a, "nina@new.example", &account) == CODE_OK);
	db = db_open(getenv("IDENTITY_DATABASE_URL"), "test");
	db_use(db, a);
	db_begin(db, DB_TX_WRITE, &scope);
	CHECK(db_run(db, &demand, DB_ARGS(account.person.identity_id)) != NULL);
	CHECK(db_end(db, CODE_OK) == CODE_OK);
	db_close(db);
	CHECK(log_in("nina@new.example", PASSWORD, &token) ==
	    CODE_PERMISSION_DENIED);
}

static void
test_all(struct conf *conf)
{
	CHECK((d = directory_serve(conf, "test")) != NULL);
	CHECK((ident = ident_open(conf)) != NULL);
	test_account();
	test_again();
	test_log_in();
	if (!directory_hashes(d))
		test_second_factor();
	ident_close(conf, ident);
	directory_close(d);
}

/* --- a Kratos ---------------------------------------------------------------- */

static FILE *to;
static pid_t child;

static void
start_kratos(struct conf *conf)
{
	int in[2], out[2], public_port, admin_port;
	const char *dir = getenv("SRCDIR");
	FILE *from;

	CHECK(pipe(in) == 0 && pipe(out) == 0);
	if ((child = fork()) == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[1]);
		close(out[0]);
		if (chdir(dir == NULL ? "." : dir) == 0)
			execlp("node", "node",
			    "tests/identity/kit/kratos_alone.mjs",
			    (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	to = fdopen(in[1], "w");
	from = fdopen(out[0], "r");
	CHECK(fscanf(from, "%d %d", &public_port, &admin_port) == 2);
	fclose(from);
	CHECK(conf_set(conf, "identity.mode", "kratos") == 0);
	CHECK(conf_set(conf, "identity.kratos.public_url",
		  arena_printf(a, "http://127.0.0.1:%d", public_port)) == 0);
	CHECK(conf_set(conf, "identity.kratos.admin_url",
		  arena_printf(a, "http://127.0.0.1:%d", admin_port)) == 0);
}

int
main(void)
{
	struct conf *conf;
	int status;

	alarm(290);
	log_open("directory", LOG_FORM_PLAIN, LOG_LEVEL_ERROR);
	a = arena_new();
	conf = conf_load(NULL);
	test_all(conf);
	start_kratos(conf);
	test_all(conf);
	fclose(to);
	CHECK(waitpid(child, &status, 0) == child);
	conf_free(conf);
	arena_free(a);
	return test_done();
}

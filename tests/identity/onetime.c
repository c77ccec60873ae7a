/*
 * onetime on a database: what is counted, what is void, and that one of many
 * who submit the right code wins.
 */
#include "identity/onetime.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/log.h"

#include "tests/test.h"

#define HOUR	INT64_C(3600000000)
#define ADDRESS "rosa@acme.example"
#define RIVALS	6

static const char *const secrets[] = { "0123456789abcdef", NULL };
static const char *const rotated[] = { "fedcba9876543210", "0123456789abcdef",
	NULL };
static const char *const others[] = { "fedcba9876543210", NULL };
static const struct db_scope nobody;
static struct arena *a;
static struct conf *conf;
static struct db *db;

static const struct db_query insert_flow = {
	"test_insert_flow",
	"INSERT INTO flows (id, kind, type, state, request_url, ui, expires_at)"
	" VALUES ($1, 'recovery', 'api', 'sent_email', '', '{}',"
	" now() + interval '1 hour')",
	1,
};
static const struct db_query end_flow = {
	"test_end_flow",
	"UPDATE flows SET state = 'passed_challenge' WHERE id = $1",
	1,
};

static const char *
new_flow(void)
{
	char *id = arena_alloc(a, STR_UUID_LEN + 1);

	str_uuid_new(id);
	db_begin(db, DB_TX_WRITE, &nobody);
	CHECK(db_run(db, &insert_flow, DB_ARGS(id)) != NULL);
	CHECK(db_end(db, CODE_OK) == CODE_OK);
	return id;
}

static const char *
issue(const char *flow, bool link, int64_t life_us)
{
	const struct onetime_new in = { flow, ADDRESS, NULL, link, life_us };
	const char *secret = "";

	db_begin(db, DB_TX_WRITE, &nobody);
	CHECK(onetime_issue(db, a, secrets, &in, &secret) == CODE_OK);
	CHECK(db_end(db, CODE_OK) == CODE_OK);
	return secret;
}

static enum code
use(const char *flow, const char *const *with, const char *given)
{
	struct onetime_proof proof = { 0 };
	enum code code;

	db_begin(db, DB_TX_WRITE, &nobody);
	code = onetime_use(db, a, with, flow, given, &proof);
	if (code == CODE_OK) {
		CHECK_STR(proof.address, ADDRESS);
		CHECK(proof.identity_id == NULL);
	}
	CHECK(db_end(db, CODE_OK) == CODE_OK);
	return code;
}

/* A code of six digits that is not this one. */
static const char *
other_than(const char *code)
{
	char *other = arena_strdup(a, code);

	other[0] = other[0] == '9' ? '0' : (char)(other[0] + 1);
	return other;
}

static void
test_use(void)
{
	const char *flow = new_flow(), *code = issue(flow, false, HOUR);
	const char *token;

	CHECK(strlen(code) == ONETIME_DIGITS);
	CHECK(strspn(code, "0123456789") == ONETIME_DIGITS);
	CHECK(use(flow, secrets, "") == CODE_NOT_FOUND);
	CHECK(use(flow, secrets, other_than(code)) == CODE_NOT_FOUND);
	CHECK(use(flow, others, code) == CODE_NOT_FOUND);
	CHECK(use(flow, rotated, code) == CODE_OK);
	CHECK(use(flow, secrets, code) == CODE_NOT_FOUND);

	flow = new_flow();
	token = issue(flow, true, HOUR);
	CHECK(strlen(token) == 48);
	CHECK(use(new_flow(), secrets, token) == CODE_NOT_FOUND);
	CHECK(use(flow, secrets, token) == CODE_OK);

	flow = new_flow();
	code = issue(flow, false, -1);
	CHECK(use(flow, secrets, code) == CODE_NOT_FOUND);
}

static void
test_resend(void)
{
	const char *flow = new_flow(), *first, *second;

	first = issue(flow, false, HOUR);
	do
		second = issue(flow, false, HOUR);
	while (strcmp(first, second) == 0);
	CHECK(use(flow, secrets, first) == CODE_NOT_FOUND);
	CHECK(use(flow, secrets, second) == CODE_OK);
}

/* Submits are of the flow: a newer code does not buy more of them. */
static void
test_spent(void)
{
	const char *flow = new_flow(), *code = issue(flow, false, HOUR);
	int i;

	for (i = 0; i < ONETIME_MAX_SUBMITS; i++) {
		CHECK(use(flow, secrets, other_than(code)) == CODE_NOT_FOUND);
		if (i == 2)
			code = issue(flow, false, HOUR);
	}
	CHECK(use(flow, secrets, code) == CODE_RESOURCE_EXHAUSTED);
}

static void
test_completed(void)
{
	const char *flow = new_flow(), *code = issue(flow, false, HOUR);
	const struct onetime_new in = { flow, ADDRESS, NULL, false, HOUR };

	db_begin(db, DB_TX_WRITE, &nobody);
	CHECK(db_run(db, &end_flow, DB_ARGS(flow)) != NULL);
	CHECK(db_end(db, CODE_OK) == CODE_OK);
	CHECK(use(flow, secrets, code) == CODE_FAILED_PRECONDITION);
	db_begin(db, DB_TX_WRITE, &nobody);
	CHECK(onetime_issue(db, a, secrets, &in, &code) ==
	    CODE_FAILED_PRECONDITION);
	CHECK(db_end(db, CODE_OK) == CODE_OK);
}

/* Waits for the starting shot, then submits; exits 0 when it won. */
static void
rival(int shot, const char *flow, const char *code)
{
	char byte;

	if (freopen("/dev/null", "w", stdout) == NULL) /* TAP is its parent's */
		_exit(3);
	db = db_open(conf_text(conf, "identity.database.url"), "rival");
	db_use(db, a);
	if (read(shot, &byte, 1) != 0)
		_exit(2);
	_exit(use(flow, secrets, code) == CODE_OK ? 0 : 1);
}

static void
test_parallel(void)
{
	const char *flow = new_flow(), *code = issue(flow, false, HOUR);
	int shot[2], status, i, won = 0;

	CHECK(pipe(shot) == 0);
	db_close(db);
	for (i = 0; i < RIVALS; i++) {
		if (fork() == 0) {
			close(shot[1]);
			rival(shot[0], flow, code);
		}
	}
	close(shot[1]);
	close(shot[0]);
	while (wait(&status) > 0) {
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) < 2);
		won += WIFEXITED(status) && WEXITSTATUS(status) == 0;
	}
	CHECK(won == 1);
	db = db_open(conf_text(conf, "identity.database.url"), "test");
	db_use(db, a);
}

int
main(void)
{
	log_open("onetime", LOG_FORM_PLAIN, LOG_LEVEL_ERROR);
	if ((conf = conf_load(NULL)) == NULL)
		return 1;
	a = arena_new();
	db = db_open(conf_text(conf, "identity.database.url"), "test");
	db_use(db, a);
	test_use();
	test_resend();
	test_spent();
	test_completed();
	test_parallel();
	db_close(db);
	arena_free(a);
	conf_free(conf);
	return test_done();
}

/*
 * reseal: every place that holds sealed texts comes under the first secret,
 * in batches, also when a run was stopped half-way; what no secret opens is
 * counted and left as it is.
 */
#include "identity/reseal.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "identity/seal.h"

#include "tests/test.h"

#define FLOW	"11111111-1111-4111-8111-111111111111"
#define WHO	"22222222-2222-4222-8222-222222222222"
#define SESSION "33333333-3333-4333-8333-333333333333"
#define HASH	"abababababababababababababababababababababababababababababababab"
#define MAILS	250

static const char *const secret_a[] = { "secret-a-secret-a", NULL };
static const char *const secret_b[] = { "secret-b-secret-b", NULL };
static const char *const secret_c[] = { "secret-c-secret-c", NULL };
static const char *const all[] = { "secret-c-secret-c", "secret-b-secret-b",
	"secret-a-secret-a", NULL };
static const struct db_scope nobody;
static struct arena *a;
static struct db *db;

/* As the modules that own the places write and read them. */
static const struct {
	enum reseal_kind kind;
	const char *context;
	struct db_query put; /* $1 is the text */
	struct db_query get;
} places[] = {
	{ RESEAL_TOTP, "totp:" WHO,
	    { "put0",
		"INSERT INTO credentials (identity_id, type, config)"
		" VALUES ('" WHO "', 'totp', jsonb_build_object("
		"'secret', $1::text, 'last_step', 7))",
		1 },
	    { "get0",
		"SELECT config ->> 'secret' FROM credentials WHERE type"
		" = 'totp' AND config ->> 'last_step' = '7'",
		0 } },
	{ RESEAL_LOOKUP, "lookup_secret:" WHO,
	    { "put1",
		"INSERT INTO credentials (identity_id, type, config)"
		" VALUES ('" WHO "', 'lookup_secret',"
		" jsonb_build_object('codes', $1::text))",
		1 },
	    { "get1",
		"SELECT config ->> 'codes' FROM credentials WHERE type"
		" = 'lookup_secret'",
		0 } },
	{ RESEAL_TOTP_PENDING, "totp of flow:" FLOW,
	    { "put2",
		"UPDATE flows SET internal = internal ||"
		" jsonb_build_object('totp', jsonb_build_object("
		"'pending', $1::text)) WHERE id = '" FLOW "'",
		1 },
	    { "get2", "SELECT internal #>> '{totp,pending}' FROM flows", 0 } },
	{ RESEAL_LOOKUP_PENDING, "lookup_secret of flow:" FLOW,
	    { "put3",
		"UPDATE flows SET internal = internal ||"
		" jsonb_build_object('lookup_secret', jsonb_build_object("
		"'pending', $1::text)) WHERE id = '" FLOW "'",
		1 },
	    { "get3",
		"SELECT internal #>> '{lookup_secret,pending}' FROM"
		" flows",
		0 } },
	{ RESEAL_PARKED, "parked:" FLOW,
	    { "put4",
		"INSERT INTO parked_submits (id, flow_id, session_id,"
		" sealed, expires_at) VALUES ('" FLOW "', '" FLOW "',"
		" '" SESSION "', $1, now() + interval '1 hour')",
		1 },
	    { "get4", "SELECT sealed FROM parked_submits", 0 } },
	{ RESEAL_TICKETS, "oidc ticket:" HASH,
	    { "put5",
		"INSERT INTO oidc_states (hash, flow_id, provider,"
		" ticket, expires_at) VALUES (decode('" HASH "', 'hex'),"
		" '" FLOW "', 'x', $1, now() + interval '1 hour')",
		1 },
	    { "get5", "SELECT ticket FROM oidc_states", 0 } },
	{ RESEAL_ANSWERS, "oidc answer:" HASH,
	    { "put6", "UPDATE oidc_states SET answer = $1", 1 },
	    { "get6", "SELECT answer FROM oidc_states", 0 } },
	{ RESEAL_HOOKS, "web_hook:" FLOW,
	    { "put8",
		"INSERT INTO web_hooks (id, hook, sealed) VALUES ('" FLOW
		"', 'x', $1)",
		1 },
	    { "get8", "SELECT sealed FROM web_hooks", 0 } },
	{ RESEAL_EXCHANGES, "exchange:" HASH,
	    { "put7",
		"INSERT INTO session_exchanges (init_hash, return_hash,"
		" session_id, token, expires_at) VALUES (decode('" HASH
		"', 'hex'), decode('" HASH "', 'hex'), '" SESSION "',"
		" $1, now() + interval '1 hour')",
		1 },
	    { "get7", "SELECT token FROM session_exchanges", 0 } },
};

static const struct db_query who_query = { .name = "who",
	.sql = "INSERT INTO identities (id, traits) VALUES ('" WHO "', '{}')" };
static const struct db_query session_query = { .name = "session",
	.sql = "INSERT INTO sessions (id, identity_id, token_hash, expires_at)"
	       " VALUES ('" SESSION "', '" WHO "', sha256('x'),"
	       " now() + interval '1 day')" };
static const struct db_query flow_query = { .name = "flow",
	.sql = "INSERT INTO flows (id, kind, type, state, request_url, ui,"
	       " expires_at) VALUES ('" FLOW "', 'settings', 'api', '', '',"
	       " '{}', now() + interval '1 hour')" };
static const struct db_query mail_query = { .name = "mail",
	.nargs = 2,
	.sql = "INSERT INTO mails (id, template, recipient, sealed)"
	       " VALUES ($1, 'x', 'a@b.example', $2)" };
static const struct db_query mails_query = { .name = "mails",
	.sql = "SELECT id, sealed FROM mails ORDER BY id" };
static const struct db_query code_query = { .name = "code",
	.sql = "INSERT INTO onetime_codes (flow_id, address, hash, expires_at)"
	       " VALUES ('" FLOW "', 'a@b.example', sha256('x'),"
	       " now() + interval '1 hour')" };

static void
run(const struct db_query *q, size_t nargs, const char *const *args)
{
	struct db_rows *rows;

	db_use(db, a);
	db_begin(db, DB_TX_WRITE, &nobody);
	rows = db_run(db, q, nargs, args);
	CHECK(db_end(db, rows == NULL ? CODE_INTERNAL : CODE_OK) == CODE_OK);
}

static struct db_rows *
ask(const struct db_query *q)
{
	struct db_rows *rows;

	db_use(db, a);
	db_begin(db, DB_TX_READ, &nobody);
	rows = db_run(db, q, DB_NOARGS);
	CHECK(db_end(db, rows == NULL ? CODE_INTERNAL : CODE_OK) == CODE_OK);
	return rows;
}

static const char *
sealed_by(const char *const *secrets, const char *context)
{
	return seal_close(a, secrets, context, context, strlen(context));
}

static bool
opens(const char *const *secrets, const char *context, const char *sealed)
{
	size_t len;
	char *text = seal_open(a, secrets, context, sealed, &len, NULL);

	return text != NULL && strcmp(text, context) == 0;
}

/* Places by the oldest secret; mails by all three, one by none of them. */
static void
fill(void)
{
	static const char *const *const by[] = { secret_a, secret_b, secret_c };
	static const char *const gone[] = { "secret-d-secret-d", NULL };
	char id[STR_UUID_LEN + 1];
	const char *context;
	size_t i;

	run(&who_query, DB_NOARGS);
	run(&session_query, DB_NOARGS);
	run(&flow_query, DB_NOARGS);
	for (i = 0; i < NITEMS(places); i++)
		run(&places[i].put,
		    DB_ARGS(sealed_by(secret_a, places[i].context)));
	for (i = 0; i <= MAILS; i++) {
		str_uuid_new(id);
		context = arena_printf(a, "mail:%s", id);
		run(&mail_query,
		    DB_ARGS(id,
			sealed_by(i == MAILS ? gone : by[i % 3], context)));
	}
}

static struct reseal
run_all(bool dry, int most)
{
	struct reseal s = { .dry = dry };

	while (s.kind < RESEAL__MAX && most-- > 0)
		CHECK(reseal_step(db, a, all, &s) == CODE_OK);
	return s;
}

static void
check_opened(void)
{
	struct db_rows *rows;
	const char *context;
	size_t i, n = 0;

	for (i = 0; i < NITEMS(places); i++) {
		rows = ask(&places[i].get);
		CHECK(db_next(rows));
		CHECK(opens(secret_c, places[i].context, db_text(rows, 0)));
	}
	rows = ask(&mails_query);
	while (db_next(rows)) {
		context = arena_printf(a, "mail:%s", db_text(rows, 0));
		n += opens(secret_c, context, db_text(rows, 1));
	}
	CHECK(n == MAILS);
}

int
main(void)
{
	struct reseal s;
	int64_t n = 0, until = 0;
	size_t i;

	log_open("test", LOG_FORM_PLAIN, LOG_LEVEL_ERROR);
	a = arena_new();
	db = db_open(getenv("IDENTITY_DATABASE_URL"), "test");
	CHECK(reseal_codes(db, a, &n, &until) == CODE_OK);
	CHECK(n == 0 && until == 0);
	fill();
	run(&code_query, DB_NOARGS);
	CHECK(reseal_codes(db, a, &n, &until) == CODE_OK);
	CHECK(n == 1 && until > 0);
	CHECK(reseal_total(db, a, &n) == CODE_OK && n == MAILS + 3);

	s = run_all(true, 100);
	CHECK(s.counts[RESEAL_MAILS].seen == MAILS + 1);
	CHECK(s.counts[RESEAL_MAILS].left == 167);
	CHECK(s.counts[RESEAL_MAILS].lost == 1);
	for (i = 0; i < NITEMS(places); i++)
		CHECK(s.counts[places[i].kind].left == 1);

	s = run_all(false, 4); /* stopped in the middle of the mails */
	CHECK(s.kind == RESEAL_MAILS && s.counts[RESEAL_MAILS].done > 0 &&
	    s.counts[RESEAL_MAILS].done < 167);
	n = s.counts[RESEAL_MAILS].done;
	s = run_all(false, 100);
	CHECK(s.counts[RESEAL_MAILS].done + n == 167);
	CHECK(s.counts[RESEAL_TOTP].done == 0);
	CHECK(s.counts[RESEAL_MAILS].lost == 1);
	check_opened();

	s = run_all(false, 100);
	for (i = 0; i < RESEAL__MAX; i++)
		CHECK(s.counts[i].done == 0 && s.counts[i].left == 0);
	db_close(db);
	arena_free(a);
	return test_done();
}

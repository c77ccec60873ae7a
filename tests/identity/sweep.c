/*
 * What is over is removed from every table, a hundred rows at a time, and
 * nothing else is (D-3). A table this test does not know fails it.
 */
#include "identity/flow.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "identity/account.h"
#include "identity/courier_work.h"
#include "identity/hook_queue.h"

#include "tests/test.h"

#define OLD 250 /* of each: more than two batches */

static const struct db_scope nobody;
static struct arena *a;
static struct db *db, *owner;

/* Makes rows g = 1 to OLD that are over, and one that is not, g = 0. */
#define AGE(over, now)                                                         \
	"now() + CASE WHEN g > 0 THEN interval '" over "' ELSE interval '" now \
	"' END"
#define ALL " FROM generate_series(0, 250) g"
#define WHO "(SELECT id FROM identities WHERE traits = '{}' LIMIT 1)"
#define SESSION                                                     \
	"(SELECT id FROM sessions WHERE active ORDER BY expires_at" \
	" DESC LIMIT 1)"

static const struct {
	const char *table;
	int left;
	const char *fill; /* NULL: by another table's rows, or for ever */
} tables[] = {
	{ "identities", 2,
	    "INSERT INTO identities (traits, delete_after)"
	    " SELECT jsonb_build_object('n', g), " AGE("-1 minute", "1 day")
		ALL },
	{ "sessions", 1 + 1,
	    "INSERT INTO sessions (identity_id, token_hash,"
	    " expires_at) SELECT " WHO
	    ", sha256(g::text::bytea), " AGE("-8 days", "-6 days") ALL },
	{ "sessions", 1 + 1 + 1,
	    "INSERT INTO sessions (identity_id, token_hash,"
	    " active, revoked_at, expires_at) SELECT " WHO
	    ", sha256(('ended' || g)::bytea), false, " AGE("-8 days",
		"-6 days") ", now() + interval '1 year'" ALL
			   " UNION ALL SELECT " WHO
			   ", sha256('live'), true, NULL,"
			   " now() + interval '2 years'" },
	{ "session_devices", 1,
	    "INSERT INTO session_devices (session_id)"
	    " SELECT " SESSION },
	{ "flows", 2,
	    "INSERT INTO flows (kind, type, state, request_url, ui,"
	    " expires_at) SELECT 'login', 'api', '', '', '{}', " AGE("-8 days",
		"1 hour") ALL },
	{ "errors", 2,
	    "INSERT INTO errors (error, created_at) SELECT '{}', " AGE(
		"-25 hours", "-23 hours") ALL },
	{ "parked_submits", 1,
	    "INSERT INTO parked_submits (flow_id,"
	    " session_id, sealed, expires_at) SELECT id, " SESSION ", '',"
	    " CASE WHEN expires_at < now() THEN now() - interval '1 second'"
	    " ELSE now() + interval '1 minute' END FROM flows" },
	{ "pending_traits", 1,
	    "INSERT INTO pending_traits (identity_id,"
	    " address, traits, expires_at) SELECT id, '', '{}',"
	    " CASE WHEN delete_after IS NULL OR delete_after > now()"
	    " THEN now() + interval '1 minute' ELSE now() END"
	    " FROM identities WHERE traits <> '{}'" },
	{ "oidc_states", 1,
	    "INSERT INTO oidc_states (hash, flow_id, provider,"
	    " ticket, expires_at) SELECT sha256(id::text::bytea), id, '', '',"
	    " expires_at FROM flows" },
	{ "onetime_codes", 1,
	    "INSERT INTO onetime_codes (flow_id, address,"
	    " hash, expires_at) SELECT id, 'a@b', sha256('x'), expires_at"
	    " FROM flows" },
	{ "session_exchanges", 1,
	    "INSERT INTO session_exchanges (init_hash,"
	    " return_hash, session_id, expires_at) SELECT"
	    " sha256(g::text::bytea), sha256('x'), " SESSION
	    ", " AGE("-25 hours", "-23 hours") ALL },
	{ "attempts", 1,
	    "INSERT INTO attempts (action, subject, hits,"
	    " updated_at) SELECT 'code', g, '{}', " AGE("-25 hours",
		"-23 hours") ALL },
	{ "mails", 2,
	    "INSERT INTO mails (status, template, recipient, sealed,"
	    " created_at, updated_at) SELECT CASE WHEN g < 0 THEN 'queued'"
	    " WHEN g % 2 = 0 THEN 'sent' ELSE 'abandoned' END, 'x', 'a@b',"
	    " CASE WHEN g < 0 THEN 'x' END, " AGE("-8 days",
		"-6 days") ", " AGE("-8 days",
		"-6 days") " FROM generate_series(-1, 250) g" },
	{ "mail_dispatches", 2,
	    "INSERT INTO mail_dispatches (mail_id, status)"
	    " SELECT id, 'success' FROM mails" },
	{ "web_hooks", 2,
	    "INSERT INTO web_hooks (id, hook, status, sealed,"
	    " updated_at) SELECT gen_random_uuid(), 'x', CASE WHEN g < 0"
	    " THEN 'queued' WHEN g % 2 = 0 THEN 'sent' ELSE 'abandoned' END,"
	    " CASE WHEN g < 0 THEN 'x' END, " AGE("-8 days",
		"-6 days") " FROM generate_series(-1, 250) g" },
	{ "credentials", 1,
	    "INSERT INTO credentials (identity_id, type)"
	    " SELECT id, 'code' FROM identities WHERE delete_after IS NOT"
	    " NULL" },
	{ "credential_identifiers", 1,
	    "INSERT INTO credential_identifiers"
	    " (type, identifier, credential_id) SELECT 'code', id, id FROM"
	    " credentials" },
	{ "verifiable_addresses", 1,
	    "INSERT INTO verifiable_addresses"
	    " (identity_id, value) SELECT id, id FROM identities WHERE"
	    " delete_after IS NOT NULL" },
	{ "recovery_addresses", 1,
	    "INSERT INTO recovery_addresses"
	    " (identity_id, value) SELECT id, id FROM identities WHERE"
	    " delete_after IS NOT NULL" },
	{ "audit", OLD, NULL }, /* one for each account that ended */
	{ "audit_outbox", OLD, NULL },
	{ "schema_migrations", -1, NULL },
};

static int64_t
ask(struct db *on, const char *sql)
{
	static unsigned n;
	struct db_query *q = arena_zalloc(a, sizeof(*q)); /* told by address */
	struct db_rows *rows;

	q->sql = sql;
	q->name = arena_printf(a, "sweep_test_%u", n++);
	db_use(on, a);
	db_begin(on, DB_TX_WRITE, &nobody);
	rows = db_run(on, q, DB_NOARGS);
	CHECK(db_end(on, rows == NULL ? CODE_INTERNAL : CODE_OK) == CODE_OK);
	return rows == NULL	  ? -1
	    : db_count(rows) == 0 ? db_affected(rows)
	    : db_next(rows)	  ? db_int(rows, 0)
				  : 0;
}

static int64_t
count(const char *table)
{
	return ask(owner, arena_printf(a, "SELECT count(*) FROM %s", table));
}

/* Every table is named above. */
static void
check_known(void)
{
	struct buf *b = buf_new(a);
	size_t i;

	buf_puts(b,
	    "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
	    " AND tablename NOT IN (''");
	for (i = 0; i < NITEMS(tables); i++)
		buf_printf(b, ", '%s'", tables[i].table);
	buf_puts(b, ")");
	CHECK(ask(owner, buf_str(b)) == 0);
}

static void
sweep_all(void)
{
	int64_t n;
	int steps = 0;

	CHECK(flow_sweep(db, a) <= 100 * 9);
	CHECK(count("flows") == OLD + 2 - 100);
	do {
		n = flow_sweep(db, a);
		CHECK(n >= 0 && ++steps < 10);
	} while (n > 0);
	CHECK(account_sweep(db, a) == 100);
	while ((n = account_sweep(db, a)) > 0)
		continue;
	CHECK(n == 0);
	CHECK(hook_queue_sweep(db, a) == 100);
	while ((n = hook_queue_sweep(db, a)) > 0)
		continue;
	CHECK(n == 0);
	CHECK(courier_sweep(db, a, 7) == 100);
	while ((n = courier_sweep(db, a, 7)) > 0)
		continue;
	CHECK(n == 0);
}

int
main(void)
{
	int64_t made;
	size_t i;

	log_open("test", LOG_FORM_PLAIN, LOG_LEVEL_ERROR);
	a = arena_new();
	db = db_open(getenv("IDENTITY_DATABASE_URL"), "test");
	owner = db_open(getenv("IDENTITY_OWNER_URL"), "test");
	check_known();
	(void)ask(owner, "INSERT INTO identities (traits) VALUES ('{}')");
	for (i = 0; i < NITEMS(tables); i++) {
		if (tables[i].fill == NULL)
			continue;
		made = ask(owner, tables[i].fill);
		CHECK(made >= 1);
		CHECK(count(tables[i].table) >= made);
	}
	(void)ask(owner,
	    "INSERT INTO flows (kind, type, state, request_url,"
	    " ui, expires_at) VALUES ('login', 'api', '', '',"
	    " '{}', now() - interval '6 days')");
	(void)ask(owner, "INSERT INTO errors (error) VALUES ('{}')");
	sweep_all();
	for (i = 0; i < NITEMS(tables); i++) {
		if (tables[i].left == -1 ||
		    (i + 1 < NITEMS(tables) &&
			strcmp(tables[i].table, tables[i + 1].table) == 0))
			continue;
		if (count(tables[i].table) != tables[i].left)
			printf("# %s: %d\n", tables[i].table,
			    (int)count(tables[i].table));
		CHECK(count(tables[i].table) == tables[i].left);
	}
	db_close(db);
	db_close(owner);
	arena_free(a);
	return test_done();
}

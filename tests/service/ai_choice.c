/*
 * Who writes for a tenant, for every row and configuration; what may still be
 * spent; and keys sealed anew by runs that are killed.
 */
#include "service/ai_choice.h"

#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

#include "ai/provider_wire.h"
#include "net/crypt.h"
#include "net/sealed.h"
#include "service/ai_operator.h"
#include "service/ai_usage.h"

#include "direct.h"

#define OLD   "1111111111111111111111111111111111111111111111111111111111111111"
#define NEW   "2222222222222222222222222222222222222222222222222222222222222222"
#define KEYS  120
#define KILLS 12

static struct direct d;

static struct req *
request(void)
{
	struct req *r = req_local(&d.env);

	memcpy(r->who.tenant_id, TENANT_A, STR_UUID_LEN + 1);
	memcpy(r->who.company_id, COMPANY_A, STR_UUID_LEN + 1);
	memcpy(r->who.user_id, USER_A(1), STR_UUID_LEN + 1);
	r->who.role = ROLE_ADMIN;
	db_use(r->db, r->mem);
	return r;
}

static void
set(const char *key, const char *value)
{
	struct conf *conf = (struct conf *)(uintptr_t)d.env.conf;

	if (conf_set(conf, key, value) == -1) {
		printf("Bail out! %s %s\n", key, value);
		exit(1);
	}
}

static struct sealed *
keys_of(const char *first, const char *second)
{
	const char *const list[] = { first, second, NULL }, *why;

	return sealed_new(list, &why);
}

static const char *
sealed_text(const struct sealed *keys, const char *tenant, const char *key)
{
	uint8_t *blob;
	size_t len;

	blob = sealed_close(keys, d.mem, tenant, key, strlen(key), &len);
	return crypt_base64(d.mem, blob, len);
}

/* --- the rule ---------------------------------------------------------------- */

/* has: the installation's keys, g and o. row: NULL for none. */
static const struct {
	const char *named, *has;
	const char *row;  /* provider[+key][@url] */
	const char *want; /* provider, key and address; NULL: nobody */
} rules[] = {
	{ "", "", NULL, "extractive" },
	{ "", "g", NULL, "gemini host-g" },
	{ "", "o", NULL, "openai host-o" },
	{ "", "go", NULL, "gemini host-g" },
	{ "openai", "go", NULL, "openai host-o" },
	{ "openai", "", NULL, "openai -" },
	{ "gemini", "", NULL, NULL },
	{ "extractive", "go", NULL, "extractive" },
	/* the tenant's own */
	{ "", "g", "gemini+key", "gemini own" },
	{ "extractive", "", "openai+key", "openai own" },
	{ "", "g", "openai+key@https://ai.example/v1",
	    "openai own https://ai.example/v1" },
	{ "", "go", "openai@https://ai.example/v1",
	    "openai - https://ai.example/v1" },
	{ "", "go", "extractive", "extractive" },
	{ "gemini", "", "extractive", "extractive" },
	/* named, with the installation's key at its own address */
	{ "", "go", "openai", "openai host-o" },
	{ "", "go", "gemini", "gemini host-g" },
	/* named, and nothing to use there */
	{ "", "o", "gemini", "openai host-o" },
	{ "", "g", "openai", "gemini host-g" },
	{ "", "", "gemini", "extractive" },
	{ "gemini", "", "openai", NULL },
	/* gemini needs a key, wherever it is */
	{ "", "g", "gemini@https://ai.example", "gemini host-g" },
	{ "", "", "gemini@https://ai.example", "extractive" },
	/* a row that only counts names nobody */
	{ "openai", "go", "!", "openai host-o" },
};

static void
set_row(const char *row)
{
	const char *at, *provider, *key = "NULL", *url = "NULL";
	struct sealed *keys = keys_of(OLD, NULL);

	direct_sql(&d, "DELETE FROM tenant_ai_settings");
	if (row != NULL && *row != '!') {
		provider = arena_strndup(d.mem, row, strcspn(row, "+@"));
		if ((at = strchr(row, '@')) != NULL)
			url = arena_printf(d.mem, "'%s'", at + 1);
		if (strstr(row, "+key") != NULL)
			key = arena_printf(d.mem, "decode('%s', 'base64')",
			    sealed_text(keys, TENANT_A, "own"));
		direct_sql(&d,
		    arena_printf(d.mem,
			"INSERT INTO tenant_ai_settings (tenant_id, provider,"
			" model, base_url, encrypted_api_key, key_provider,"
			" key_base_url, updated_at) SELECT '" TENANT_A
			"', '%s', 'mine', %s, k, CASE WHEN k IS NOT NULL THEN"
			" '%s'::ai_provider END, CASE WHEN k IS NOT NULL THEN"
			" %s END, now() FROM (SELECT %s::bytea AS k) x",
			provider, url, provider, url, key));
	} else if (row != NULL)
		direct_sql(&d,
		    "INSERT INTO tenant_ai_settings (tenant_id) VALUES"
		    " ('" TENANT_A "')");
	sealed_free(keys);
}

/* As the rules write it: what the link would call, with which key. */
static const char *
chosen(void)
{
	struct provider_run run = { 0 };
	struct ai_choice *c;
	struct req *r = request();
	const struct provider_setup *s;
	const char *text = "failed", *host;

	if (ai_choice_open(r, USER_A(1), &c) == CODE_OK) {
		ai_choice_run(c, &run);
		text = arena_strdup(d.mem, run.provider->name);
		if (run.link != NULL) {
			s = &run.link->setup;
			host = str_eq(s->url, "https://ai.example/v1")
			    ? " https://ai.example/v1"
			    : "";
			text = arena_printf(d.mem, "%s %s%s", text,
			    *s->key == '\0' ? "-" : s->key, host);
			/* The installation's key has its model as well. */
			CHECK(!str_starts(s->key, "host-") ||
			    !str_eq(s->model, "mine"));
			CHECK((s->may_connect != NULL) == (*host != '\0'));
			if (s->needs_key && *s->key == '\0')
				text = NULL;
		}
		ai_choice_close(c);
		ai_choice_close(c); /* once is enough */
	}
	req_done(r);
	return text;
}

/* What somebody without the key is told. */
static const char *
state_name(void)
{
	struct db_scope scope = { .tenant_id = TENANT_A };
	struct ai_state state = { 0 };
	struct req *r = request();
	const char *name = NULL;

	db_begin(r->db, DB_TX_READ, &scope);
	CHECK(db_end(r->db, ai_choice_state(r, &state)) == CODE_OK);
	if (state.provider != NULL)
		name = state.provider->name;
	req_done(r);
	return name;
}

static void
check_rules(void)
{
	const char *got, *name;
	size_t i;

	for (i = 0; i < NITEMS(rules); i++) {
		set("ai.provider", rules[i].named);
		set("ai.gemini.key",
		    strchr(rules[i].has, 'g') != NULL ? "host-g" : "");
		set("ai.openai.key",
		    strchr(rules[i].has, 'o') != NULL ? "host-o" : "");
		set_row(rules[i].row);
		got = chosen();
		name = state_name();
		if (!str_eq(got, rules[i].want))
			printf("# rule %zu: %s\n", i,
			    got == NULL ? "nobody" : got);
		CHECK_STR(got, rules[i].want);
		CHECK(rules[i].want == NULL
			? name == NULL
			: name != NULL && str_starts(rules[i].want, name));
	}
	set("ai.provider", "");
	set("ai.gemini.key", "");
	set("ai.openai.key", "");
}

/* A key that is gone is missed, and nobody else's is taken for it. */
static void
check_lost(void)
{
	set("ai.openai.key", "host-o");
	set_row("openai+key");
	set("encryption.keys", NEW);
	CHECK(chosen() == NULL);
	set("encryption.keys", NEW "," OLD);
	CHECK_STR(chosen(), "openai own");
	set("encryption.keys", OLD);
	set("ai.openai.key", "");
}

static int64_t
number(const char *sql)
{
	struct db_query q = { .name = "ai_test_number", .sql = sql };
	struct db_rows *rows;
	struct db *db = db_open(direct_super(d.mem), "number");
	int64_t n;

	db_use(db, d.mem);
	db_begin(db, DB_TX_READ, &(struct db_scope){ 0 });
	rows = db_last(db, &q, DB_NOARGS);
	n = rows != NULL && db_next(rows) ? db_int(rows, 0) : -1;
	CHECK(db_end(db, CODE_OK) == CODE_OK);
	db_close(db);
	return n;
}

/* --- the limit --------------------------------------------------------------- */

static void
use(const char *kind, int64_t tokens, int64_t jobs)
{
	struct db_scope scope = { .tenant_id = TENANT_A };
	struct req *r = request();

	db_begin(r->db, DB_TX_WRITE, &scope);
	ai_usage_add(r->db, r->mem, TENANT_A, kind, tokens, jobs);
	CHECK(db_end(r->db, CODE_OK) == CODE_OK);
	req_done(r);
}

static enum code
require(void)
{
	struct db_scope scope = { .tenant_id = TENANT_A };
	struct ai_state state;
	struct req *r = request();
	enum code code;

	db_begin(r->db, DB_TX_READ, &scope);
	code = db_end(r->db, ai_choice_require(r, &state));
	if (code == CODE_PERMISSION_DENIED)
		CHECK_STR(r->reason, "AI_LIMIT_REACHED");
	req_done(r);
	return code;
}

/* What a holder is told that has spent so much, and wants so much more. */
static enum provider_leave
ask(struct ai_choice *c, int64_t spent, int64_t running, int64_t next)
{
	const struct provider_cost cost = { spent, running, next };

	return ai_choice_may_spend(c, &cost);
}

static void
limit(int64_t tokens)
{
	CHECK(ai_operator_limit(d.env.db, d.mem, TENANT_A, tokens, "t") ==
	    CODE_OK);
}

/* Alone, what is spent decides, not what the call may cost. */
static void
check_limit(void)
{
	struct ai_choice *c = NULL;
	struct req *r = request();

	set_row("gemini+key");
	direct_sql(&d,
	    "INSERT INTO ai_usage VALUES ('" TENANT_A
	    "', date_trunc('month', now() AT TIME ZONE 'UTC')::date - 1,"
	    " 'lesson_content', 5000, 1)");
	CHECK(ai_choice_open(r, USER_A(1), &c) == CODE_OK);
	CHECK(ask(c, INT64_C(1) << 40, 0, 9) == PROVIDER_LEAVE_GIVEN);
	CHECK(number("SELECT count(*) FROM ai_reservations") == 0);
	limit(1000); /* seen at once */
	CHECK(ask(c, 999, 0, 9000) == PROVIDER_LEAVE_GIVEN);
	CHECK(ask(c, 1000, 0, 9000) == PROVIDER_LEAVE_NONE);
	CHECK(require() == CODE_OK);
	use("lesson_content", 600, 1);
	use("lesson_content", 0, 1);
	use(AI_USAGE_ENHANCE, 100, 1);
	CHECK(ask(c, 299, 0, 9000) == PROVIDER_LEAVE_GIVEN);
	CHECK(ask(c, 300, 0, 9000) == PROVIDER_LEAVE_NONE);
	use("lesson_content", 300, 1);
	CHECK(require() == CODE_PERMISSION_DENIED);
	set_row("extractive"); /* writes without tokens */
	limit(0);
	CHECK(require() == CODE_OK);
	req_done(r);
}

/* A call that is no job ends: what it cost, and the end of what it held. */
static void
end_call(const char *holder, int64_t tokens)
{
	struct req *r = request();

	CHECK(
	    ai_usage_count(r, holder, AI_USAGE_ENHANCE, tokens, 1) == CODE_OK);
	req_done(r);
}

/* Calls side by side never pass the limit together, and none waits for ever. */
static void
check_reservation(void)
{
	struct ai_choice *a = NULL, *b = NULL;
	struct req *ra = request(), *rb = request();

	set_row("gemini+key");
	direct_sql(&d, "DELETE FROM ai_usage; DELETE FROM ai_reservations");
	limit(1000);
	CHECK(ai_choice_open(ra, USER_A(1), &a) == CODE_OK);
	CHECK(ai_choice_open(rb, USER_A(2), &b) == CODE_OK);
	CHECK(ask(a, 0, 0, 400) == PROVIDER_LEAVE_GIVEN);
	CHECK(ask(b, 0, 0, 700) == PROVIDER_LEAVE_LATER);
	CHECK(ask(b, 0, 0, 600) == PROVIDER_LEAVE_GIVEN); /* fits exactly */
	CHECK(ask(a, 0, 400, 1) == PROVIDER_LEAVE_LATER); /* a second one */
	CHECK(ask(a, 100, 0, 301) == PROVIDER_LEAVE_LATER);
	CHECK(ask(a, 100, 0, 300) == PROVIDER_LEAVE_GIVEN);
	/* What is booked counts once, and what it held is free. */
	end_call(USER_A(2), 600);
	CHECK(ask(a, 100, 0, 9000) == PROVIDER_LEAVE_GIVEN); /* alone now */
	CHECK(ask(b, 0, 0, 300) == PROVIDER_LEAVE_LATER);
	/* Both have spent and wait: one of them goes on. */
	CHECK(ask(a, 250, 0, 200) == PROVIDER_LEAVE_GIVEN);
	CHECK(ask(b, 100, 0, 200) == PROVIDER_LEAVE_LATER);
	CHECK(ask(a, 280, 0, 200) == PROVIDER_LEAVE_GIVEN);
	CHECK(ask(a, 300, 0, 200) == PROVIDER_LEAVE_NONE); /* with b's 100 */
	CHECK(ask(b, 100, 0, 200) == PROVIDER_LEAVE_NONE);
	end_call(USER_A(1), 250);
	CHECK(ask(b, 100, 0, 200) == PROVIDER_LEAVE_GIVEN);
	CHECK(ask(b, 150, 0, 200) == PROVIDER_LEAVE_NONE);
	req_done(ra);
	req_done(rb);
}

/* What nobody drops is free when its time or its job's lease is over. */
static void
check_stranded(void)
{
	static const char hold[] =
	    "UPDATE ai_reservations SET holder = '" USER_A(
		3) "', running = 900, until = now() + interval '1 hour'";
	struct ai_choice *c = NULL;
	struct req *r = request();

	direct_sql(&d,
	    "DELETE FROM ai_usage; INSERT INTO generation_jobs (id,"
	    " tenant_id, type, status, created_by_user_id, lease_until)"
	    " VALUES ('" USER_A(3) "', '" TENANT_A
				   "', 'sme_ingestion', 'processing', '" USER_A(
				       1) "', now() + interval '1 hour')");
	CHECK(ai_choice_open(r, USER_A(1), &c) == CODE_OK);
	direct_sql(&d, hold);
	CHECK(ask(c, 0, 0, 200) == PROVIDER_LEAVE_LATER);
	direct_sql(&d, "UPDATE generation_jobs SET lease_until = now()");
	CHECK(ask(c, 0, 0, 200) == PROVIDER_LEAVE_GIVEN);
	direct_sql(&d,
	    "UPDATE generation_jobs SET status = 'queued',"
	    " lease_until = NULL");
	CHECK(ask(c, 0, 200, 200) == PROVIDER_LEAVE_GIVEN);
	direct_sql(&d, "DELETE FROM generation_jobs");
	CHECK(ask(c, 0, 200, 200) == PROVIDER_LEAVE_LATER);
	direct_sql(&d,
	    "UPDATE ai_reservations SET until = now() WHERE running = 900");
	CHECK(ask(c, 0, 200, 200) == PROVIDER_LEAVE_GIVEN);
	CHECK(number("SELECT count(*) FROM ai_reservations") == 1);
	req_done(r);
}

static void
check_usage(void)
{
	struct ai_operator_usage u;

	set_row(NULL);
	direct_sql(&d, "DELETE FROM ai_usage");
	use("lesson_content", 7, 1);
	use("lesson_content", 3, 2);
	use("course_outline", 90, 1);
	use("course_outline", 0, 0);
	CHECK(ai_operator_usage(d.env.db, d.mem, TENANT_A, &u) == CODE_OK);
	CHECK(u.total == 100 && u.month == 100 && u.limit == -1);
	CHECK(u.nkinds == 2);
	CHECK_STR(u.kinds[0].kind, "course_outline");
	CHECK(u.kinds[1].tokens == 10 && u.kinds[1].jobs == 3);
	CHECK(ai_operator_usage(d.env.db, d.mem, TENANT_B, &u) == CODE_OK);
	CHECK(u.total == 0 && u.month == 0 && u.limit == -1 && u.nkinds == 0);
}

/* --- rotation ---------------------------------------------------------------- */

/* Tenants with a key each, sealed by the old key; the last one's is junk. */
static void
make_keys(const char *where)
{
	struct sealed *keys = keys_of(OLD, NULL);
	const char *id;
	int i;

	direct_sql(&d, where);
	for (i = 0; i < KEYS; i++) {
		id = arena_printf(d.mem, "f0000000-0000-4000-8000-%012d", i);
		direct_sql(&d,
		    arena_printf(d.mem,
			"INSERT INTO tenants (id, name, slug) VALUES"
			" ('%s', 't', 't%d'); INSERT INTO tenant_ai_settings"
			" (tenant_id, encrypted_api_key, key_provider,"
			" updated_at) VALUES ('%s', decode('%s', 'base64'),"
			" 'gemini', '2026-01-01')",
			id, i, id,
			i == KEYS - 1 ? "anVuaw=="
				      : sealed_text(keys, id,
					    arena_printf(d.mem, "key %d", i))));
	}
	sealed_free(keys);
}

static enum code
rotate(struct db *db, const struct sealed *keys, struct ai_rotation *s)
{
	struct arena *a = arena_new();
	enum code code = CODE_OK;

	while (code == CODE_OK && !s->over) {
		code = ai_operator_rotate(db, a, keys, "operator:test", s);
		arena_reset(a);
	}
	db_use(db, d.mem);
	arena_free(a);
	return code;
}

/* A run of its own process, killed after so many microseconds. */
static void
killed_run(const struct sealed *keys, unsigned us)
{
	struct ai_rotation s = { 0 };
	struct db *db;
	pid_t pid = fork();

	if (pid == 0) {
		db = db_open(getenv("DATABASE_WORKER_URL"), "rotate");
		_exit(rotate(db, keys, &s) == CODE_OK ? 0 : 1);
	}
	usleep(us);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void
check_rotation(void)
{
	struct sealed *both = keys_of(NEW, OLD), *one = keys_of(NEW, NULL);
	struct ai_rotation s = { .dry = true };
	unsigned i;

	make_keys("DELETE FROM tenant_ai_settings");
	CHECK(rotate(d.env.db, both, &s) == CODE_OK);
	CHECK(s.seen == KEYS && s.stale == KEYS - 1 && s.lost == 1);
	CHECK(number("SELECT count(*) FROM audit_log WHERE action ="
		     " 'ai.key.rotate'") == 0);
	for (i = 0; i < KILLS; i++)
		killed_run(both, 1000 + i * 1500);
	s = (struct ai_rotation){ 0 };
	CHECK(rotate(d.env.db, both, &s) == CODE_OK);
	CHECK(s.seen == KEYS && s.lost == 1);
	CHECK(number("SELECT count(*) FROM audit_log WHERE action ="
		     " 'ai.key.rotate' AND details->>'by' ="
		     " 'operator:test'") == KEYS - 1);
	CHECK(number("SELECT count(DISTINCT target_id) FROM audit_log"
		     " WHERE action = 'ai.key.rotate'") == KEYS - 1);
	s = (struct ai_rotation){ 0 };
	CHECK(rotate(d.env.db, one, &s) == CODE_OK); /* without the old one */
	CHECK(s.seen == KEYS && s.stale == 0 && s.lost == 1);
	CHECK(number("SELECT count(*) FROM tenant_ai_settings"
		     " WHERE updated_at <> '2026-01-01'") == 0);
	sealed_free(both);
	sealed_free(one);
}

int
main(void)
{
	direct_open(&d, NULL);
	db_close(d.env.db);
	d.env.db = db_open(direct_getenv("DATABASE_WORKER_URL"), "test");
	set("encryption.keys", OLD);
	set("ai.gemini.url", "https://gemini.example");
	set("ai.openai.url", "https://openai.example");
	check_rules();
	check_lost();
	check_limit();
	check_reservation();
	check_stranded();
	check_usage();
	check_rotation();
	direct_close(&d);
	return test_done();
}

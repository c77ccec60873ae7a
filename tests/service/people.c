/*
 * A company of 500: its people's names are one question to the identity
 * database when nothing is known, none while they are kept, and one for those
 * who came since (spec accounts.md 21, check 14).
 */
#include "identity/embedded.h"
#include "mirai/v1/user.rpc.h"

#include "direct.h"

#include "tests/db/kit.h"
#include "tests/db/proxy.h"

#define PEOPLE 500

static struct direct d;
static struct proxy proxy; /* before the identity database */

static void
make_people(int first, int last)
{
	const struct db_scope nobody = { 0 };
	struct db *identities = kit_open("IDENTITY_OWNER_URL", d.mem);

	direct_sql(&d,
	    arena_printf(d.mem,
		"INSERT INTO users (tenant_id, kratos_id, company_id, role)"
		" SELECT '" TENANT_A "', ('aa000000-0000-4000-8000-'"
		" || lpad(n::text, 12, '0'))::uuid, '" COMPANY_A "', 'sme'"
		" FROM generate_series(%d, %d) n",
		first, last));
	CHECK(kit_run(identities, d.mem, &nobody,
		  "INSERT INTO identities (id, traits)"
		  " SELECT ('aa000000-0000-4000-8000-'"
		  " || lpad(n::text, 12, '0'))::uuid, jsonb_build_object("
		  "'email', 'p' || n || '@acme.example', 'name',"
		  " jsonb_build_object('first', 'P', 'last', n::text))"
		  " FROM generate_series(%d, %d) n",
		  first, last) != NULL);
	db_close(identities);
}

/* The connection string of the test's reader, through the proxy. */
static const char *
proxied_url(void)
{
	const char *url = direct_getenv("IDENTITY_READER_URL"), *rest;
	size_t len;
	char *host;

	if (!str_starts(url, "host=") || (rest = strchr(url, ' ')) == NULL)
		exit(1);
	len = (size_t)(rest - url) - strlen("host=");
	host = arena_strndup(d.mem, url + strlen("host="), len);
	proxy_start(&proxy, host);
	return arena_printf(d.mem, "host=%s%s", proxy.dir, rest);
}

/* How many users of a list have the name and address that are theirs. */
static int
named(const struct json *users)
{
	const struct json *u;
	const char *id;
	int64_t n;
	size_t i;
	int right = 0;

	for (i = 0; i < json_count(users); i++) {
		u = json_at(users, i);
		id = direct_text(u, "kratosId");
		if (!str_starts(id, "aa") ||
		    !str_to_i64(id + 24 + strspn(id + 24, "0"), 1, 1000, &n))
			continue;
		right += str_eq(direct_text(u, "email"),
			     arena_printf(d.mem, "p%d@acme.example", (int)n)) &&
		    str_eq(direct_text(u, "lastName"),
			arena_printf(d.mem, "%d", (int)n));
	}
	return right;
}

/* Lists the company; the number of people who were named right. */
static int
list(int *trips)
{
	int before = proxy.trips;
	int64_t started = clock_mono_us();
	struct json *j;

	j = direct_call(&d, &admin, "ListCompanyUsers", "{}");
	CHECK(d.code == CODE_OK);
	*trips = proxy.trips - before;
	printf("# %d questions, %lld us\n", *trips,
	    (long long)(clock_mono_us() - started));
	return named(direct_at(j, "users"));
}

static void
test_questions(void)
{
	const char *known[] = { "aa000000-0000-4000-8000-000000000001" };
	struct ident_person *found;
	size_t nfound;
	int trips;

	/* acceptance 14: one question cold, none warm. Connecting and preparing
	 * have trips of their own. */
	CHECK(d.env.ident->people(d.env.ident->ctx, d.mem, known, 1, &found,
		  &nfound) == CODE_OK);
	CHECK(nfound == 0);
	make_people(1, PEOPLE);
	CHECK(list(&trips) == PEOPLE);
	CHECK(trips == 1);
	CHECK(list(&trips) == PEOPLE);
	CHECK(trips == 0); /* not even for those who have no identity */
	make_people(PEOPLE + 1, PEOPLE + 20);
	CHECK(list(&trips) == PEOPLE + 20);
	CHECK(trips == 1);
}

/* Two rows of one login, as of somebody who left and came back. */
static void
test_same_login_twice(void)
{
	int trips;

	direct_sql(&d,
	    "UPDATE users SET removed_at = now() WHERE kratos_id ="
	    " 'aa000000-0000-4000-8000-000000000007';"
	    "INSERT INTO users (tenant_id, kratos_id, company_id, role)"
	    " VALUES ('" TENANT_A "', 'aa000000-0000-4000-8000-000000000007',"
	    " '" COMPANY_A "', 'sme')");
	CHECK(list(&trips) == PEOPLE + 20);
	CHECK(trips == 0);
}

int
main(void)
{
	struct conf *conf;

	direct_open(&d, &user_service);
	conf = conf_load("/dev/null");
	if (conf == NULL ||
	    conf_set(conf, "identity.reader_url", proxied_url()) == -1)
		exit(1);
	d.env.ident = ident_embedded_open(conf);
	d.env.cache = cache_open(arena_printf(d.mem, "%s/people.db",
				     direct_getenv("TEST_DIR")),
	    16 << 20);
	test_questions();
	test_same_login_twice();
	ident_embedded_close(d.env.ident);
	proxy_stop(&proxy);
	conf_free(conf);
	direct_close(&d);
	return test_done();
}

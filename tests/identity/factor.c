/*
 * factor and level on a database: what a session is good for, as pages and
 * the API see it, and what administrators decide about second factors.
 */
#include "identity/factor.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "identity/credential.h"
#include "identity/embedded.h"
#include "identity/level.h"

#include "tests/test.h"

#define DAY_US INT64_C(86400000000)

static const struct crypt_cost low = { 256, 1, 1 };
static const struct db_scope nobody;
static struct arena *a;
static struct db *db;
static struct ident *ident;
static char rosa[STR_UUID_LEN + 1];
static char session_id[STR_UUID_LEN + 1];
static const char *token;

static void
test_levels(void)
{
	const int64_t now = clock_now_us();
	const struct {
		bool highest;
		struct level_facts facts;
		enum level level;
	} rows[] = {
		{ true, { "aal1", "aal1", 0 }, LEVEL_ENOUGH },
		{ true, { "aal1", "aal2", 0 }, LEVEL_PROVE },
		{ true, { "aal2", "aal2", 0 }, LEVEL_ENOUGH },
		{ true, { "aal2", "aal1", 0 }, LEVEL_ENOUGH },
		{ false, { "aal1", "aal2", 0 }, LEVEL_ENOUGH },
		{ false, { "aal1", "aal2", now + DAY_US }, LEVEL_PROVE },
		{ true, { "aal1", "aal1", now + DAY_US }, LEVEL_INVITED },
		{ false, { "aal1", "aal1", now - 1 }, LEVEL_ENROL },
		{ true, { "aal2", "aal2", now - 1 }, LEVEL_ENOUGH },
	};
	size_t i;

	for (i = 0; i < NITEMS(rows); i++)
		CHECK(
		    level_of(rows[i].highest, &rows[i].facts) == rows[i].level);
}

static enum code
whoami(void)
{
	struct ident_session out;

	return ident->whoami(ident->ctx, a, token, NULL, &out);
}

static void
add(const char *type)
{
	db_begin(db, DB_TX_WRITE, &nobody);
	CHECK(credential_put(db, a, rosa, type, json_new_object(a), NULL) ==
	    CODE_OK);
	CHECK(db_end(db, CODE_OK) == CODE_OK);
}

static void
sign_in(void)
{
	struct identity_person p = { .email = "rosa@acme.example",
		.first_name = "Rosa",
		.last_name = "Weiss",
		.actor = "test",
		.verified = true };
	struct session_new in = { .carrier = SESSION_TOKEN,
		.proof.method = "password",
		.life_us = DAY_US };
	const char *why;

	CHECK(identity_create(db, a, &low, &p, rosa, &why) == CODE_OK);
	in.identity_id = rosa;
	db_begin(db, DB_TX_WRITE, &nobody);
	CHECK(session_issue(db, a, &in, session_id, &token) == CODE_OK);
	CHECK(db_end(db, CODE_OK) == CODE_OK);
	CHECK(whoami() == CODE_OK);
}

static void
test_sessions(void)
{
	struct session_proof proof = { .method = "totp", .aal = "aal2" };
	struct session s;
	int64_t before;

	add("totp");
	CHECK(whoami() == CODE_PERMISSION_DENIED);
	db_begin(db, DB_TX_WRITE, &nobody);
	CHECK(session_get(db, a, "", session_id, &s) == CODE_OK);
	CHECK_STR(s.aal, "aal1");
	CHECK_STR(s.identity.available_aal, "aal2");
	before = s.authenticated_at;
	CHECK(session_add_proof(db, a, session_id, &proof) == CODE_OK);
	CHECK(session_get(db, a, "", session_id, &s) == CODE_OK);
	CHECK_STR(s.aal, "aal2");
	CHECK(s.authenticated_at == before);
	CHECK(db_end(db, CODE_OK) == CODE_OK);
	CHECK(whoami() == CODE_OK);
}

static void
test_demand(void)
{
	struct identity who;
	int64_t first;

	db_begin(db, DB_TX_WRITE, &nobody);
	CHECK(factor_demand(db, a, rosa, 8, "test") == CODE_INVALID_ARGUMENT);
	CHECK(factor_demand(db, a, session_id, 1, "test") == CODE_NOT_FOUND);
	CHECK(factor_demand(db, a, rosa, 3, "test") == CODE_OK);
	CHECK(identity_get(db, a, "", rosa, &who) == CODE_OK);
	first = who.second_factor_after;
	CHECK(first > clock_now_us() + 2 * DAY_US);
	CHECK(factor_demand(db, a, rosa, 7, "test") == CODE_OK);
	CHECK(identity_get(db, a, "", rosa, &who) == CODE_OK);
	CHECK(who.second_factor_after == first);
	CHECK(factor_demand_end(db, a, rosa, "test") == CODE_OK);
	CHECK(identity_get(db, a, "", rosa, &who) == CODE_OK);
	CHECK(who.second_factor_after == 0);
	CHECK(factor_demand_end(db, a, session_id, "test") == CODE_NOT_FOUND);
	CHECK(db_end(db, CODE_OK) == CODE_OK);
}

/* An invitation is good until its day. */
static void
test_grace(void)
{
	struct session_new in = { .carrier = SESSION_TOKEN,
		.proof.method = "password",
		.life_us = DAY_US };

	in.identity_id = rosa;
	db_begin(db, DB_TX_WRITE, &nobody);
	CHECK(session_issue(db, a, &in, session_id, &token) == CODE_OK);
	CHECK(factor_demand(db, a, rosa, 1, "test") == CODE_OK);
	CHECK(db_end(db, CODE_OK) == CODE_OK);
	CHECK(whoami() == CODE_OK);
	db_begin(db, DB_TX_WRITE, &nobody);
	CHECK(factor_demand(db, a, rosa, 0, "test") == CODE_OK);
	CHECK(db_end(db, CODE_OK) == CODE_OK);
	CHECK(whoami() == CODE_PERMISSION_DENIED);
}

static void
test_reset(void)
{
	struct credential cred;
	struct identity who;
	int64_t n = 0;

	add("lookup_secret");
	add("webauthn");
	db_begin(db, DB_TX_WRITE, &nobody);
	CHECK(factor_reset(db, a, session_id, "test", &n) == CODE_NOT_FOUND);
	CHECK(factor_reset(db, a, rosa, "test", &n) == CODE_OK && n == 3);
	CHECK(credential_get(db, a, rosa, "totp", &cred) == CODE_NOT_FOUND);
	CHECK(identity_get(db, a, "", rosa, &who) == CODE_OK);
	CHECK_STR(who.available_aal, "aal1");
	CHECK(factor_reset(db, a, rosa, "test", &n) == CODE_OK && n == 0);
	CHECK(db_end(db, CODE_OK) == CODE_OK);
}

int
main(void)
{
	struct conf *conf;

	log_open("factor", LOG_FORM_PLAIN, LOG_LEVEL_ERROR);
	if ((conf = conf_load(NULL)) == NULL)
		return 1;
	a = arena_new();
	db = db_open(conf_text(conf, "identity.database.url"), "test");
	db_use(db, a);
	ident = ident_embedded_open(conf);
	test_levels();
	sign_in();
	test_sessions();
	test_reset();
	test_demand();
	test_grace();
	ident_embedded_close(ident);
	db_close(db);
	arena_free(a);
	conf_free(conf);
	return test_done();
}

/*
 * identity, session and embedded on a database: what commands do to people,
 * and what the reader's role sees of it.
 */
#include "identity/identity.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "identity/embedded.h"
#include "identity/flow.h"
#include "identity/session.h"

#include "tests/test.h"

#define EMAIL	 "rosa@acme.example"
#define PASSWORD "Correct-Horse-7!"

static const struct crypt_cost low = { 256, 1, 1 };
static const struct db_scope nobody;
static struct arena *a;
static struct db *db;
static struct ident *ident;
static char rosa[STR_UUID_LEN + 1];

static enum code
create(const char *email, const char *last, const char *password,
    const char *hash, const char **why)
{
	struct identity_person p = { .email = email,
		.first_name = "Rosa",
		.last_name = last,
		.password = password,
		.hash = hash,
		.actor = "test",
		.verified = true };
	char id[STR_UUID_LEN + 1];
	enum code code;

	code = identity_create(db, a, &low, &p, id, why);
	if (code == CODE_OK && rosa[0] == '\0')
		memcpy(rosa, id, sizeof(rosa));
	return code;
}

static void
test_create(void)
{
	const char *why;

	CHECK(create(" Rosa@Acme.Example ", "Weiss", PASSWORD, NULL, &why) ==
	    CODE_OK);
	CHECK(create(EMAIL, "Weiss", PASSWORD, NULL, &why) ==
	    CODE_ALREADY_EXISTS);
	CHECK_STR(why, "the e-mail address is taken");
	CHECK(create("rosa", "Weiss", PASSWORD, NULL, &why) ==
	    CODE_INVALID_ARGUMENT);
	CHECK(create("r@acme.example", "", PASSWORD, NULL, &why) ==
	    CODE_INVALID_ARGUMENT);
	CHECK(create("r@acme.example", "Weiss", "short", NULL, &why) ==
	    CODE_INVALID_ARGUMENT);
	CHECK_STR(why, "the password needs at least 8 characters");
	CHECK(create("r@acme.example", "Weissmann", "weissmann", NULL, &why) ==
	    CODE_INVALID_ARGUMENT);
	CHECK(create("r@acme.example", "Weiss",
		  "\xff\xff\xff\xff\xff\xff\xff"
		  "\xff",
		  NULL, &why) == CODE_INVALID_ARGUMENT);
	CHECK(create("r@acme.example", "Weiss", NULL, "$1$x$y", &why) ==
	    CODE_INVALID_ARGUMENT);
	CHECK(create("stefan@acme.example", "Weiss", NULL, NULL, &why) ==
	    CODE_OK);
}

static void
test_find(void)
{
	struct identity who;
	struct identity_password cred;

	db_begin(db, DB_TX_READ, &nobody);
	CHECK(identity_find_email(db, a, "", " ROSA@acme.example", &who) ==
	    CODE_OK);
	CHECK_STR(who.id, rosa);
	CHECK_STR(who.email, EMAIL);
	CHECK_STR(who.last_name, "Weiss");
	CHECK(who.active);
	CHECK(identity_find_email(db, a, "", "nobody@acme.example", &who) ==
	    CODE_NOT_FOUND);
	CHECK(identity_get(db, a, "", rosa, &who) == CODE_OK);
	CHECK(identity_get(db, a, "", "x", &who) == CODE_NOT_FOUND);
	CHECK(identity_find_password(db, a, EMAIL, &cred) == CODE_OK);
	CHECK(crypt_password_verify(PASSWORD, cred.hash, &low, NULL));
	CHECK(!cred.raw && cred.active);
	CHECK(db_end(db, CODE_OK) == CODE_OK);
}

static void
test_passwords(void)
{
	struct identity_password cred;
	const char *why, *old;
	struct identity who;

	CHECK(identity_change_password(db, a, &low, rosa, "12345678", "test",
		  &why) == CODE_INVALID_ARGUMENT);
	CHECK(identity_change_password(db, a, &low, rosa, "Lampenschirm-Nord-4",
		  "test", &why) == CODE_OK);
	db_begin(db, DB_TX_WRITE, &nobody);
	CHECK(identity_find_password(db, a, EMAIL, &cred) == CODE_OK);
	old = cred.hash;
	CHECK(crypt_password_verify("Lampenschirm-Nord-4", old, &low, NULL));

	/* a rehash never overwrites a password set meanwhile */
	CHECK(identity_rehash(db, rosa, "other", "new") == CODE_NOT_FOUND);
	CHECK(identity_rehash(db, rosa, old, "new") == CODE_OK);
	CHECK(identity_find_password(db, a, EMAIL, &cred) == CODE_OK);
	CHECK_STR(cred.hash, "new");

	/* one who had none gets one */
	CHECK(identity_find_email(db, a, "", "stefan@acme.example", &who) ==
	    CODE_OK);
	CHECK(identity_find_password(db, a, "stefan@acme.example", &cred) ==
	    CODE_NOT_FOUND);
	CHECK(identity_set_password(db, a, schema_load(a, "user", schema_user),
		  who.id, "hash") == CODE_OK);
	CHECK(identity_find_password(db, a, "stefan@acme.example", &cred) ==
	    CODE_OK);
	CHECK_STR(cred.hash, "hash");
	CHECK(db_end(db, CODE_OK) == CODE_OK);
}

static const char *
issue(enum session_carrier carrier, int64_t life_us)
{
	struct session_new in = {
		.identity_id = rosa,
		.carrier = carrier,
		.proof = { .method = "password" },
		.life_us = life_us,
		.ip = "192.0.2.1",
		.user_agent = "test",
	};
	char id[STR_UUID_LEN + 1];
	const char *secret = NULL;

	db_begin(db, DB_TX_WRITE, &nobody);
	CHECK(session_issue(db, a, &in, id, &secret) == CODE_OK);
	CHECK(db_end(db, CODE_OK) == CODE_OK);
	return secret;
}

static enum code
whoami(const char *token, const char *cookie)
{
	struct ident_session out;
	enum code code;

	code = ident->whoami(ident->ctx, a, token, cookie, &out);
	if (code == CODE_OK) {
		CHECK_STR(out.identity_id, rosa);
		CHECK_STR(out.email, EMAIL);
		CHECK_STR(out.first_name, "Rosa");
		CHECK(out.email_verified);
		CHECK(out.expires_at > 0);
	}
	return code;
}

static void
test_embedded(void)
{
	const int64_t hour = INT64_C(3600000000);
	const char *ids[] = { rosa, "00000000-0000-4000-8000-000000000000" };
	const char *token, *cookie, *over;
	struct ident_person *people, person;
	size_t n;

	token = issue(SESSION_TOKEN, hour);
	cookie = issue(SESSION_COOKIE, hour);
	over = issue(SESSION_TOKEN, -1);
	CHECK(whoami(token, NULL) == CODE_OK);
	CHECK(whoami(NULL, cookie) == CODE_OK);
	CHECK(whoami("ory_st_", cookie) == CODE_OK); /* the cookie's turn */
	CHECK(whoami(over, NULL) == CODE_UNAUTHENTICATED);
	CHECK(whoami(cookie, token) == CODE_UNAUTHENTICATED);
	CHECK(whoami(NULL, NULL) == CODE_UNAUTHENTICATED);

	CHECK(ident->people(ident->ctx, a, ids, 2, &people, &n) == CODE_OK);
	CHECK(n == 1);
	CHECK_STR(people[0].email, EMAIL);
	CHECK(ident->people(ident->ctx, a, ids, 0, &people, &n) == CODE_OK);
	CHECK(n == 0);
	CHECK(ident->find_email(ident->ctx, a, "ROSA@acme.example ", &person) ==
	    CODE_OK);
	CHECK_STR(person.identity_id, rosa);
	CHECK(ident->find_email(ident->ctx, a, "x@acme.example", &person) ==
	    CODE_NOT_FOUND);

	CHECK(ident->revoke_sessions(ident->ctx, rosa) == CODE_OK);
	CHECK(whoami(token, cookie) == CODE_UNAUTHENTICATED);
}

/* The reader's role sees no hash and no flow. */
static void
test_reader(void)
{
	static const struct db_query forbidden[] = {
		{ "forbidden_1", "SELECT config FROM credentials", 0 },
		{ "forbidden_2", "SELECT token_hash FROM sessions", 0 },
		{ "forbidden_3", "SELECT * FROM flows", 0 },
		{ "forbidden_4", "SELECT * FROM audit", 0 },
		{ "forbidden_5", "DELETE FROM identities", 0 },
		{ "forbidden_6", "UPDATE sessions SET active = true", 0 },
	};
	struct db *reader = db_open(getenv("IDENTITY_READER_URL"), "test");
	size_t i;

	for (i = 0; i < NITEMS(forbidden); i++) {
		db_use(reader, a);
		db_begin(reader, DB_TX_WRITE, &nobody);
		CHECK(db_run(reader, &forbidden[i], DB_NOARGS) == NULL);
		CHECK(db_end(reader, CODE_INTERNAL) == CODE_INTERNAL);
	}
	db_close(reader);
}

static void
test_end(void)
{
	const char **hashes;
	size_t n;

	issue(SESSION_TOKEN, 1000000);
	db_begin(db, DB_TX_WRITE, &nobody);
	CHECK(session_revoke_all(db, a, rosa, NULL, &hashes, &n) == CODE_OK);
	CHECK(n == 1 && strlen(hashes[0]) == 64);
	CHECK(identity_delete(db, rosa) == CODE_OK);
	CHECK(identity_delete(db, rosa) == CODE_NOT_FOUND);
	CHECK(db_end(db, CODE_OK) == CODE_OK);
	CHECK(flow_sweep(db, a) == 0);
}

int
main(void)
{
	struct conf *conf;

	log_open("people", LOG_FORM_PLAIN, LOG_LEVEL_ERROR);
	if ((conf = conf_load(NULL)) == NULL)
		return 1;
	a = arena_new();
	db = db_open(conf_text(conf, "identity.database.url"), "test");
	db_use(db, a);
	ident = ident_embedded_open(conf);
	test_create();
	test_find();
	test_passwords();
	test_embedded();
	test_reader();
	test_end();
	ident_embedded_close(ident);
	db_close(db);
	arena_free(a);
	conf_free(conf);
	return test_done();
}

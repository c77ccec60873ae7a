/*
 * kratos and kratos_admin against the strict stand-in of a Kratos 1.3: every
 * call, its refusals, and what is not sent at all.
 */
#include "identity/kratos_admin.h"

#include <sys/wait.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

#include "tests/test.h"

#define ADA	 "a3000000-0000-4000-8000-000000000001"
#define NOBODY	 "a3000000-0000-4000-8000-0000000000ff"
#define PASSWORD "Correct-Horse-7!"
#define BCRYPT	 "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"

static struct arena *a;
static struct kratos *k;
static FILE *to, *from;
static pid_t child;

static void
start(int *public_port, int *admin_port)
{
	const char *dir = getenv("SRCDIR");
	char line[64] = "";
	int in[2], out[2];

	alarm(290);
	CHECK(pipe(in) == 0 && pipe(out) == 0);
	if ((child = fork()) == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[0]);
		close(in[1]);
		close(out[0]);
		close(out[1]);
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
	CHECK(fgets(line, sizeof(line), from) != NULL);
	CHECK(sscanf(line, "%d %d", public_port, admin_port) == 2);
}

/* Tells the stand-in something; it complains of no call so far. */
static void
tell(const char *line)
{
	char answer[512] = "";

	fprintf(to, "%s\n", line);
	fflush(to);
	CHECK(fgets(answer, sizeof(answer), from) != NULL);
	CHECK_STR(answer, "ok\n");
}

static void
test_credentials(void)
{
	CHECK(kratos_is_credential("ory_st_abc"));
	CHECK(kratos_is_credential("MTcz-_|=="));
	CHECK(!kratos_is_credential(""));
	CHECK(!kratos_is_credential("a b"));
	CHECK(!kratos_is_credential("a;b=c"));
	CHECK(!kratos_is_credential("a\r\nx: y"));
	CHECK(!kratos_is_credential("a\x7f"));
	CHECK(!kratos_is_credential("\xc3\xa4"));
}

static void
test_probe(void)
{
	struct kratos_about about;

	CHECK(kratos_probe(k, a, &about) == CODE_OK);
	CHECK_STR(about.version, "v1.3.0");
	CHECK(!about.issues_sessions);
	tell("/admin/health/ready 500");
	CHECK(kratos_probe(k, a, &about) == CODE_UNAVAILABLE);
	tell("clear");
	tell("/sessions/whoami wrong");
	CHECK(kratos_probe(k, a, &about) == CODE_UNAVAILABLE);
	tell("clear");
}

static void
test_log_in(void)
{
	struct ident_session session;
	struct kratos_login login;
	const char *why = "";

	CHECK(kratos_log_in(k, a, "ada@acme.example", "wrong", &login, &why) ==
	    CODE_UNAUTHENTICATED);
	CHECK(strstr(why, "credentials are invalid") != NULL);
	CHECK(kratos_log_in(k, a, "late@acme.example", PASSWORD, &login,
		  &why) == CODE_UNAUTHENTICATED);
	CHECK_STR(why, "identity is disabled");
	CHECK(kratos_log_in(k, a, "ada@acme.example", PASSWORD, &login, &why) ==
	    CODE_OK);
	CHECK(strncmp(login.token, "ory_st_", 7) == 0);
	CHECK(login.expires_at > 0);

	CHECK(kratos_whoami(k, a, login.token, NULL, &session) == CODE_OK);
	CHECK_STR(session.identity_id, ADA);
	CHECK_STR(session.session_id, login.session_id);
	CHECK_STR(session.email, "ada@acme.example");
	CHECK_STR(session.last_name, "Byron");
	CHECK(session.email_verified);
	CHECK(session.expires_at == login.expires_at);
	CHECK(kratos_whoami(k, a, NULL, login.token, &session) ==
	    CODE_UNAUTHENTICATED);
	CHECK(kratos_whoami(k, a, "ory_st_no", login.token, &session) ==
	    CODE_UNAUTHENTICATED);
	CHECK(
	    kratos_whoami(k, a, NULL, NULL, &session) == CODE_UNAUTHENTICATED);

	tell("/self-service/login/api garbage");
	CHECK(kratos_log_in(k, a, "ada@acme.example", PASSWORD, &login, &why) ==
	    CODE_UNAVAILABLE);
	tell("clear");
	tell("/self-service/login close");
	CHECK(kratos_log_in(k, a, "ada@acme.example", PASSWORD, &login, &why) ==
	    CODE_UNAVAILABLE);
	tell("clear");
}

/* --- people ---------------------------------------------------------------- */

static enum code
create(const char *email, const char *hash, struct ident_person *out)
{
	struct kratos_admin_new in = { .email = email,
		.hash = hash,
		.verified = true,
		.origin = "registration_id",
		.origin_id = "r-1" };
	struct json *traits = json_new_object(a), *name;

	json_put_text(traits, "email", email);
	name = json_put_object(traits, "name");
	json_put_text(name, "first", "Eva");
	json_put_text(name, "last", "Weiss");
	in.traits = traits;
	return kratos_admin_create(k, a, &in, out);
}

static const struct json *
raw(const char *id)
{
	struct kratos_call call = { .side = KRATOS_ADMIN };
	struct kratos_answer answer;

	call.path = arena_printf(a, "/admin/identities/%s", id);
	CHECK(kratos_do(k, a, &call, &answer) == CODE_OK);
	return answer.json;
}

static void
test_create(void)
{
	struct ident_person made, again;
	const struct json *j;

	CHECK(create("eva+1@acme.example", BCRYPT, &made) == CODE_OK);
	CHECK_STR(made.email, "eva+1@acme.example");
	CHECK(create("eva+1@acme.example", BCRYPT, &again) ==
	    CODE_ALREADY_EXISTS);
	CHECK(create("eve@acme.example", "$9$x$y", &again) ==
	    CODE_INVALID_ARGUMENT);
	CHECK(create("no address", BCRYPT, &again) == CODE_INVALID_ARGUMENT);
	CHECK(
	    kratos_admin_find(k, a, " Eva+1@ACME.example", &again) == CODE_OK);
	CHECK_STR(again.identity_id, made.identity_id);
	CHECK(kratos_admin_find(k, a, "eva 1@acme.example", &again) ==
	    CODE_NOT_FOUND);

	/* A new password leaves the rest as it was. */
	CHECK(kratos_admin_set_password(k, a, made.identity_id, PASSWORD) ==
	    CODE_OK);
	j = raw(made.identity_id);
	CHECK_STR(json_get_text(json_get(j, "metadata_admin"),
		      "registration_id", ""),
	    "r-1");
	CHECK_STR(json_get_text(j, "state", ""), "active");
	CHECK(kratos_read_person(j, &again));
	CHECK_STR(again.first_name, "Eva");
	CHECK(kratos_admin_set_password(k, a, NOBODY, PASSWORD) ==
	    CODE_NOT_FOUND);

	CHECK(kratos_admin_remove(k, a, made.identity_id) == CODE_OK);
	CHECK(kratos_admin_remove(k, a, made.identity_id) == CODE_OK);
	CHECK(kratos_admin_find(k, a, made.email, &again) == CODE_NOT_FOUND);
}

static void
test_sessions(void)
{
	struct ident_session session;
	struct kratos_login login;
	const char *why;

	CHECK(kratos_log_in(k, a, "ada@acme.example", PASSWORD, &login, &why) ==
	    CODE_OK);
	CHECK(kratos_admin_revoke_sessions(k, a, ADA) == CODE_OK);
	CHECK(kratos_whoami(k, a, login.token, NULL, &session) ==
	    CODE_UNAUTHENTICATED);
	/* None is left, which a Kratos answers with 404. */
	CHECK(kratos_admin_revoke_sessions(k, a, ADA) == CODE_OK);
}

static void
test_list(void)
{
	const char *ids[400];
	struct ident_person *list, one;
	size_t i, n;

	/* Two of three calls give nobody, one gives her. */
	for (i = 0; i < NITEMS(ids); i++)
		ids[i] = i == 333 ? ADA : NOBODY;
	CHECK(kratos_admin_list(k, a, ids, NITEMS(ids), &list, &n) == CODE_OK);
	CHECK(n == 1);
	CHECK_STR(list[0].identity_id, ADA);
	CHECK(kratos_admin_list(k, a, ids, 0, &list, &n) == CODE_OK);
	CHECK(n == 0);
	tell("/admin/identities redirect");
	CHECK(kratos_admin_list(k, a, ids, 1, &list, &n) == CODE_UNAVAILABLE);
	CHECK(kratos_admin_find(k, a, "ada@acme.example", &one) ==
	    CODE_UNAVAILABLE);
	tell("clear");
}

int
main(void)
{
	int public_port, admin_port, status;
	struct conf *conf;

	log_open("kratos", LOG_FORM_PLAIN, LOG_LEVEL_ERROR);
	a = arena_new();
	start(&public_port, &admin_port);
	conf = conf_load(NULL);
	CHECK(conf_set(conf, "identity.kratos.public_url",
		  arena_printf(a, "http://127.0.0.1:%d", public_port)) == 0);
	CHECK(conf_set(conf, "identity.kratos.admin_url",
		  arena_printf(a, "http://127.0.0.1:%d", admin_port)) == 0);
	k = kratos_open(conf);
	test_credentials();
	test_probe();
	test_log_in();
	test_create();
	test_sessions();
	test_list();
	tell("clear");
	fclose(to);
	fclose(from);
	CHECK(waitpid(child, &status, 0) == child);
	kratos_close(k);
	conf_free(conf);
	arena_free(a);
	return test_done();
}

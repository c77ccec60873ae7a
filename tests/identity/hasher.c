/*
 * hasher: the form of a hash follows the identity service that will take it,
 * and in all processes of a pool only so many are made at a time.
 */
#include "identity/hasher.h"

#include <sys/wait.h>

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "identity/kratos_conf.h"
#include "net/crypt.h"

#include "tests/test.h"

static struct arena *a;

static struct conf *confs[8]; /* until the end */
static size_t nconfs;

/* The configuration with these lines; they live in a file of the test. */
static struct conf *
conf_of(const char *lines)
{
	const char *path;
	struct conf *conf;
	FILE *f;

	path = arena_printf(a, "%s/hasher.conf", getenv("TEST_DIR"));
	if ((f = fopen(path, "w")) == NULL || fputs(lines, f) == EOF ||
	    fclose(f) == EOF || (conf = conf_load(path)) == NULL) {
		printf("Bail out! %s\n", path);
		exit(1);
	}
	if (nconfs < NITEMS(confs))
		confs[nconfs++] = conf;
	return conf;
}

static void
test_argon2(void)
{
	static const struct crypt_cost cost = { 256, 1, 1 };
	struct hasher *h;
	const char *hash = NULL;
	bool stale;

	h = hasher_open(conf_of("identity.argon2.memory 256K\n"
				"identity.argon2.passes 1\n"),
	    4);
	CHECK(h != NULL);
	/* An umlaut as two characters: it is hashed as one. */
	CHECK(hasher_hash(h, a, "Zu\xcc\x88rich-42", 0, &hash) == CODE_OK);
	CHECK(str_starts(hash, "$argon2id$v=19$m=256,t=1,p=1$"));
	CHECK(crypt_password_verify("Z\xc3\xbcrich-42", hash, &cost, &stale));
	CHECK(!stale);
	CHECK(!crypt_password_verify("Zurich-42", hash, &cost, NULL));
	CHECK(hasher_hash(h, a, "Zurich-42", 2000, &hash) == CODE_UNAVAILABLE);
	hasher_close(h);
}

static void
test_bcrypt(void)
{
	static const struct crypt_cost cost = { 256, 1, 1 };
	struct hasher *h;
	const char *hash = NULL;

	h = hasher_open(conf_of("identity.mode kratos\n"
				"identity.kratos.public_url http://k.test\n"
				"identity.kratos.admin_url http://k.test\n"),
	    4);
	CHECK(h != NULL);
	CHECK(hasher_hash(h, a, "Zu\xcc\x88rich-42", 0, &hash) == CODE_OK);
	CHECK(str_starts(hash, "$2b$10$"));
	/* A Kratos compares the bytes as they are typed. */
	CHECK(crypt_password_verify("Zu\xcc\x88rich-42", hash, &cost, NULL));
	CHECK(!crypt_password_verify("Z\xc3\xbcrich-42", hash, &cost, NULL));
	hasher_close(h);
}

/* The exit status of a process that hashes. */
static int
turn(struct hasher *h)
{
	const char *hash;
	enum code code = hasher_hash(h, a, "Zurich-42", 1700, &hash);

	return (int)code;
}

/* One place, and hashes that take longer than anybody waits. */
static void
test_busy(void)
{
	int i, status, done = 0, busy = 0;
	const char *hash;
	struct hasher *h;
	int64_t begun;

	h = hasher_open(conf_of("identity.hash_slots 1\n"
				"identity.argon2.memory 64M\n"
				"identity.argon2.passes 10\n"),
	    4);
	begun = clock_mono_ms();
	fflush(stdout);
	for (i = 0; i < 4; i++)
		if (fork() == 0)
			_exit(turn(h));
	for (i = 0; i < 4; i++) {
		if (wait(&status) == -1 || !WIFEXITED(status))
			continue;
		done += WEXITSTATUS(status) == CODE_OK;
		busy += WEXITSTATUS(status) == CODE_UNAVAILABLE;
	}
	printf("# %d made, %d turned away, %lld ms\n", done, busy,
	    (long long)(clock_mono_ms() - begun));
	CHECK(done + busy == 4);
	CHECK(done >= 1);
	CHECK(hasher_hash(h, a, "Zurich-42", 0, &hash) == CODE_OK);
	hasher_close(h);
}

int
main(void)
{
	log_open("hasher", LOG_FORM_PLAIN, LOG_LEVEL_ERROR);
	kratos_conf_know();
	a = arena_new();
	test_argon2();
	test_bcrypt();
	test_busy();
	while (nconfs > 0)
		conf_free(confs[--nconfs]);
	arena_free(a);
	return test_done();
}

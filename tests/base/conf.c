/* The configuration reader: what it takes, and what stops the start. */
#include "tests/test.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/conf.h"

#define HEX63 "0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789abcde"
#define HEX   HEX63 "f"

static char path[] = "/tmp/mirai-conf-XXXXXX";

static struct conf *
load(const char *text)
{
	FILE *f;

	f = fopen(path, "w");
	fputs(text, f);
	fclose(f);
	return conf_load(path);
}

static void
test_good(void)
{
	struct conf *c;
	const char *const *list;

	c = load("# comment\n\n"
		 "cache.size 64M\n"
		 "  rpc.workers\t3  \n"
		 "url.app https://app.mirai.example/\n"
		 "allowed_origin https://a.example, https://b.example\n"
		 "rpc.json_strict on\n"
		 "session.lifespan 30m\n"
		 "encryption.keys " HEX ", " HEX "\n");
	CHECK(c != NULL);
	if (c == NULL)
		return;
	CHECK(conf_int(c, "cache.size") == 64 * 1024 * 1024);
	CHECK(conf_int(c, "rpc.workers") == 3);
	CHECK_STR(conf_text(c, "url.app"), "https://app.mirai.example");
	list = conf_list(c, "allowed_origin");
	CHECK_STR(list[0], "https://a.example");
	CHECK_STR(list[1], "https://b.example");
	CHECK(list[2] == NULL);
	CHECK(conf_bool(c, "rpc.json_strict"));
	CHECK(!conf_bool(c, "rpc.json_emit_defaults"));
	CHECK(conf_int(c, "session.lifespan") == 1800);
	CHECK(conf_text(c, "cookie.domain") == NULL);
	CHECK(conf_list(c, "proxies")[0] == NULL);
	CHECK_STR(conf_list(c, "encryption.keys")[1], HEX);
	CHECK(conf_list(c, "encryption.keys")[2] == NULL);
	CHECK(conf_set(c, "rpc.workers", "many") == -1);
	CHECK(conf_set(c, "no.such.key", "1") == -1);
	CHECK(conf_int(c, "rpc.workers") == 3);
	CHECK(conf_set(c, "rpc.workers", "5") == 0);
	CHECK(conf_int(c, "rpc.workers") == 5);
	conf_free(c);
}

static void
test_bad(void)
{
	static const char *const bad[] = { "unknown.key 1\n",
		"rpc.workers many\n", "rpc.workers 99999\n", "rpc.workers\n",
		"cache.size 1\n", "cache.size 5X\n", "cookie.secure maybe\n",
		"url.app ftp://x\n", "url.app https://x?y\n",
		"url.app https://\n", "session.lifespan 5y\n",
		"encryption.keys 0123\n", "encryption.keys " HEX "0\n",
		"encryption.keys " HEX ", g" HEX63 "\n" };
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(load(bad[i]) == NULL);
	CHECK(conf_load("/nonexistent/mirai.conf") == NULL);
	setenv("ENCRYPTION_KEY", "secret", 1);
	CHECK(load("") == NULL);
	unsetenv("ENCRYPTION_KEY");
}

static void
test_environment(void)
{
	struct conf *c;

	setenv("FRONTEND_URL", "https://env.example", 1);
	c = load("url.app https://file.example\n");
	CHECK(c != NULL &&
	    strcmp(conf_text(c, "url.app"), "https://env.example") == 0);
	conf_free(c);
	setenv("FRONTEND_URL", "nonsense", 1);
	CHECK(load("") == NULL);
	setenv("FRONTEND_URL", "", 1);
	CHECK((c = conf_load("/dev/null")) != NULL);
	CHECK_STR(conf_text(c, "url.app"), "http://localhost:8080");
	conf_free(c);
	unsetenv("FRONTEND_URL");
}

static void
test_table(void)
{
	size_t i;

	for (i = 1; i < conf_nkeys; i++)
		CHECK(strcmp(conf_keys[i - 1].key, conf_keys[i].key) < 0);
}

int
main(void)
{
	int fd;

	/* What the harness set would override the files written here. */
	clearenv();
	if ((fd = mkstemp(path)) == -1)
		return 1;
	close(fd);
	test_table();
	test_good();
	test_bad();
	test_environment();
	unlink(path);
	return test_done();
}

/*
 * Which calls go to mirai-account: what it answers is what the samples of both
 * web servers send there, method by method, and nothing else; and pages pass
 * on the same.
 */
#include <err.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "mirai/services.h"
#include "rpc/forward.h"
#include "service/placed.h"
#include "tests/test.h"

/* The pattern after mark in the file, up to its closing quote, anchored. */
static regex_t
pattern(struct arena *a, const char *path, const char *mark)
{
	const char *dir = getenv("SRCDIR"), *s = NULL;
	char line[1024];
	regex_t re;
	FILE *f;

	f = fopen(arena_printf(a, "%s/%s", dir == NULL ? "." : dir, path), "r");
	if (f == NULL)
		err(1, "%s", path);
	while (s == NULL && fgets(line, sizeof(line), f) != NULL)
		if (strstr(line, "Auth|Billing") != NULL)
			s = strstr(line, mark);
	fclose(f);
	if (s == NULL)
		errx(1, "%s: no pattern of mirai-account", path);
	s += strlen(mark);
	if (regcomp(&re, arena_strndup(a, s, strcspn(s, "\"")),
		REG_EXTENDED | REG_NOSUB) != 0)
		errx(1, "%s: the pattern does not compile", path);
	return re;
}

static bool
answers(const char *path)
{
	const struct rpc_service *const *s;
	size_t i;

	for (s = placed_account; *s != NULL; s++)
		for (i = 0; i < (*s)->nmethods; i++)
			if (strcmp((*s)->methods[i].path, path) == 0)
				return (*s)->methods[i].call != NULL;
	return false;
}

static void
check_methods(regex_t *re, const char *what)
{
	const struct rpc_service *const *s;
	const char *path;
	size_t i, n = 0;
	bool sent;

	for (s = pb_all_services; *s != NULL; s++) {
		for (i = 0; i < (*s)->nmethods; i++, n++) {
			path = (*s)->methods[i].path;
			sent = regexec(re, path, 0, NULL, 0) == 0;
			if (sent != answers(path))
				printf("# %s: %s\n", what, path);
			CHECK(sent == answers(path));
		}
	}
	CHECK(n > 50);
	regfree(re);
}

static void
check_forward(void)
{
	struct forward *f = forward_open(NULL, placed_account);
	const struct rpc_service *const *s;
	size_t i;

	for (s = placed_account; *s != NULL; s++)
		for (i = 0; i < (*s)->nmethods; i++)
			CHECK(forward_serves(f, &(*s)->methods[i]));
	for (s = pb_all_services; *s != NULL; s++)
		CHECK(!forward_serves(f, &(*s)->methods[0]));
	CHECK(!forward_serves(NULL, &(*placed_account)->methods[0]));
	forward_close(f);
}

int
main(void)
{
	struct arena *a = arena_new();
	regex_t re;

	re = pattern(a, "etc/lighttpd.conf", "=~ \"");
	check_methods(&re, "lighttpd");
	re = pattern(a, "etc/apache.conf", "ProxyPassMatch \"");
	check_methods(&re, "apache");
	check_forward();
	arena_free(a);
	return test_done();
}

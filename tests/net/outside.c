/*
 * outside: which addresses are public, which are listed, in all their forms.
 */
#include "net/outside.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <netinet/in.h>
#include <string.h>

#include "base/str.h"

#include "tests/test.h"

static struct arena *a;

static struct sockaddr *
address(const char *text)
{
	struct sockaddr_in6 *six = arena_zalloc(a, sizeof(*six));
	struct sockaddr_in *four = arena_zalloc(a, sizeof(*four));

	four->sin_family = AF_INET;
	six->sin6_family = AF_INET6;
	if (inet_pton(AF_INET, text, &four->sin_addr) == 1)
		return (struct sockaddr *)(void *)four;
	if (inet_pton(AF_INET6, text, &six->sin6_addr) == 1)
		return (struct sockaddr *)(void *)six;
	return NULL;
}

static void
test_public(void)
{
	static const char *const public[] = { "1.1.1.1", "8.8.8.8", "9.255.1.1",
		"11.0.0.1", "100.63.255.255", "100.128.0.1", "172.15.1.1",
		"172.32.0.1", "192.167.1.1", "192.169.0.1", "223.255.255.255",
		"2606:4700::1111", "2a00:1450:4001::5", "::ffff:8.8.8.8",
		"64:ff9b::808:808" };
	static const char *const not [] = { "0.0.0.0", "10.0.0.1", "10.255.0.1",
		"100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254",
		"169.254.169.254", "172.16.0.1", "172.31.255.255",
		"192.168.1.1", "198.18.0.1", "224.0.0.1", "255.255.255.255",
		"::", "::1", "fe80::1", "fc00::1", "fd12:3456::1", "ff02::1",
		"2001:db8::1", "2002:7f00:1::", "::ffff:127.0.0.1",
		"::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1",
		"::7f00:1" };
	size_t i;

	for (i = 0; i < NITEMS(public); i++)
		test_report(outside_is_public(address(public[i])), __FILE__,
		    __LINE__, public[i]);
	for (i = 0; i < NITEMS(not ); i++)
		test_report(!outside_is_public(address(not [i])), __FILE__,
		    __LINE__, not [i]);
}

static void
test_other_family(void)
{
	struct sockaddr unix_address = { .sa_family = AF_UNIX };
	const char *const all[] = { "0.0.0.0/0", "::/0", NULL };
	const char *bad;

	CHECK(!outside_is_public(&unix_address));
	CHECK(!outside_is_listed(outside_new(a, all, &bad), &unix_address));
}

static bool
listed(const char *entry, const char *text)
{
	const char *const list[] = { "192.0.2.1", entry, NULL };
	const char *bad = NULL;
	struct outside *o = outside_new(a, list, &bad);

	return o != NULL && outside_is_listed(o, address(text));
}

static void
test_listed(void)
{
	CHECK(listed("127.0.0.1", "127.0.0.1"));
	CHECK(listed("127.0.0.1", "::ffff:127.0.0.1"));
	CHECK(!listed("127.0.0.1", "127.0.0.2"));
	CHECK(listed("10.1.0.0/16", "10.1.255.3"));
	CHECK(!listed("10.1.0.0/16", "10.2.0.1"));
	CHECK(listed("10.1.128.0/17", "10.1.129.1"));
	CHECK(!listed("10.1.128.0/17", "10.1.127.1"));
	CHECK(listed("0.0.0.0/0", "127.0.0.1"));
	CHECK(!listed("0.0.0.0/0", "::1"));
	CHECK(listed("::1", "::1"));
	CHECK(listed("fd00::/8", "fdaa::9"));
	CHECK(!listed("fd00::/8", "fc00::9"));
	CHECK(listed("10.0.0.0/8", "192.0.2.1"));
}

static void
test_malformed(void)
{
	static const char *const bad_ones[] = { "", "localhost", "10.0.0.0/33",
		"10.0.0.0/", "10.0.0/8", "::/129", "::1/-1", "10.0.0.0/8/8",
		"/8" };
	const char *list[] = { "10.0.0.1", NULL, NULL };
	const char *bad;
	size_t i;

	for (i = 0; i < NITEMS(bad_ones); i++) {
		list[1] = bad_ones[i];
		bad = NULL;
		CHECK(outside_new(a, list, &bad) == NULL);
		CHECK_STR(bad, bad_ones[i]);
	}
}

int
main(void)
{
	a = arena_new();
	test_public();
	test_other_family();
	test_listed();
	test_malformed();
	arena_free(a);
	return test_done();
}

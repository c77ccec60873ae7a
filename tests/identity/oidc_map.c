/*
 * oidc_map: the examples of RFC 6901, what counts as yes, traits from claims.
 */
#include "identity/oidc_map.h"

#include <string.h>

#include "base/str.h"

#include "tests/test.h"

static struct arena *a;

static const struct json *
parse(const char *text)
{
	return json_parse(a, text, strlen(text), NULL, NULL);
}

static const char *
at(const char *text, const char *pointer)
{
	const struct json *j = oidc_map_at(a, parse(text), pointer);

	return j == NULL ? NULL : json_string(a, j, JSON_COMPACT);
}

#define RFC                                                                \
	"{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3," \
	"\"g|h\":4,\"i\\\\j\":5,\"k\\\"l\":6,\" \":7,\"m~n\":8,\"~1\":9}"

static void
test_pointers(void)
{
	CHECK_STR(at(RFC, "/foo"), "[\"bar\",\"baz\"]");
	CHECK_STR(at(RFC, "/foo/0"), "\"bar\"");
	CHECK_STR(at(RFC, "/foo/1"), "\"baz\"");
	CHECK_STR(at(RFC, "/"), "0");
	CHECK_STR(at(RFC, "/a~1b"), "1");
	CHECK_STR(at(RFC, "/c%d"), "2");
	CHECK_STR(at(RFC, "/e^f"), "3");
	CHECK_STR(at(RFC, "/g|h"), "4");
	CHECK_STR(at(RFC, "/i\\j"), "5");
	CHECK_STR(at(RFC, "/k\"l"), "6");
	CHECK_STR(at(RFC, "/ "), "7");
	CHECK_STR(at(RFC, "/m~0n"), "8");
	CHECK_STR(at(RFC, "/~01"), "9");
	CHECK(at(RFC, "/foo/2") == NULL);
	CHECK(at(RFC, "/foo/-1") == NULL);
	CHECK(at(RFC, "/foo/-") == NULL);
	CHECK(at(RFC, "/foo/0/x") == NULL);
	CHECK(at(RFC, "/nothing/below") == NULL);
	CHECK(at("[]", "/0") == NULL);
	CHECK(at("7", "/x") == NULL);
	CHECK(at("{\"x\":null}", "/x") == NULL);
}

static void
test_yes(void)
{
	static const char *const yes[] = { "true", "1", "\"true\"", "\"1\"" };
	static const char *const no[] = { "false", "0", "2", "null", "\"yes\"",
		"\"True\"", "\"false\"", "\"\"", "[true]", "{\"v\":true}",
		"1.0" };
	size_t i;

	for (i = 0; i < NITEMS(yes); i++)
		test_report(oidc_map_yes(a,
				parse(arena_printf(a, "{\"v\":%s}", yes[i])),
				"/v"),
		    __FILE__, __LINE__, yes[i]);
	for (i = 0; i < NITEMS(no); i++)
		test_report(!oidc_map_yes(a,
				parse(arena_printf(a, "{\"v\":%s}", no[i])),
				"/v"),
		    __FILE__, __LINE__, no[i]);
	CHECK(!oidc_map_yes(a, parse("{}"), "/v"));
}

static void
test_text(void)
{
	const struct json *j = parse("{\"a\":\" x \",\"b\":\"  \",\"c\":7}");

	CHECK_STR(oidc_map_text(a, j, "/a"), "x");
	CHECK(oidc_map_text(a, j, "/b") == NULL);
	CHECK(oidc_map_text(a, j, "/c") == NULL);
	CHECK(oidc_map_text(a, j, "/d") == NULL);
}

static void
test_traits(void)
{
	static const struct oidc_map map[] = { { "email", "/upn" },
		{ "name.first", "/name/0" }, { "name.last", "/name/1" } };
	struct oidc_provider p = { .map = map, .nmap = NITEMS(map) };
	const struct json *claims =
	    parse("{\"upn\":\"x@y.example\",\"name\":[\"A\",\"B\"]}");
	const struct json *traits = oidc_map_traits(a, &p, claims);

	CHECK_STR(json_get_text(traits, "email", ""), "x@y.example");
	CHECK_STR(oidc_map_text(a, traits, "/name/first"), "A");
	CHECK_STR(oidc_map_text(a, traits, "/name/last"), "B");
	CHECK(!oidc_map_lacks(a, &p, claims));
	CHECK(oidc_map_lacks(a, &p, parse("{\"upn\":\"x\",\"name\":[1]}")));
	CHECK_STR(json_string(a, oidc_map_traits(a, &p, parse("{}")),
		      JSON_COMPACT),
	    "{}");
}

int
main(void)
{
	a = arena_new();
	test_pointers();
	test_yes();
	test_text();
	test_traits();
	arena_free(a);
	return test_done();
}

/*
 * Bodies of web hooks: what a template may name, and that what is filled in
 * stays a value.
 */
#include "tests/test.h"

#include <string.h>

#include "base/str.h"
#include "identity/hook_body.h"

static struct arena *a;

static const struct json *
parse(const char *text)
{
	return json_parse(a, text, strlen(text), NULL, NULL);
}

static const char *
filled(const char *tmpl, const char *data)
{
	return json_string(a, hook_body_fill(a, parse(tmpl), parse(data)),
	    JSON_COMPACT);
}

static void
test_rules(void)
{
	static const char *const good[] = { "{}", "{\"a\":\"$.event\"}",
		"{\"a\":[[\"$.flow.id\"]],\"b\":{\"c\":\"$$.x\"}}",
		"{\"$.nothing\":1}", "{\"a\":\"x $.y\"}",
		"{\"a\":\"$.session.authentication_methods\"}" };
	static const char *const bad[] = { "{\"a\":\"$\"}", "{\"a\":\"$x\"}",
		"{\"a\":\"$.\"}", "{\"a\":\"$.x\"}", "{\"a\":\"$.events\"}",
		"{\"a\":\"$.even\"}", "{\"a\":\"$.event.\"}",
		"{\"a\":[1,{\"b\":\"$.flow..id\"}]}", "{\"a\":\"$event\"}" };
	size_t i;

	for (i = 0; i < NITEMS(good); i++)
		test_report(hook_body_check(a, parse(good[i])) == NULL,
		    __FILE__, __LINE__, good[i]);
	for (i = 0; i < NITEMS(bad); i++)
		test_report(hook_body_check(a, parse(bad[i])) != NULL, __FILE__,
		    __LINE__, bad[i]);
}

static void
test_values(void)
{
	CHECK_STR(filled("{\"a\":\"$.flow.id\"}", "{\"flow\":{\"id\":7}}"),
	    "{\"a\":7}");
	CHECK_STR(filled("{\"a\":[\"$.flow\",\"$.session\"]}",
		      "{\"flow\":{\"x\":[true]}}"),
	    "{\"a\":[{\"x\":[true]},null]}");
	CHECK_STR(filled("{\"a\":\"$$\",\"b\":\"$$.flow\",\"c\":\"x\"}",
		      "{\"flow\":1}"),
	    "{\"a\":\"$\",\"b\":\"$.flow\",\"c\":\"x\"}");
	CHECK_STR(filled("{\"a\":\"$.flow.x.y\"}", "{\"flow\":{\"x\":\"t\"}}"),
	    "{\"a\":null}");
	CHECK_STR(filled("{\"a\":null,\"b\":1.5,\"$.flow\":2}", "{}"),
	    "{\"a\":null,\"b\":1.5,\"$.flow\":2}");
}

/* Values are not looked at again, and never become syntax. */
static void
test_hostile(void)
{
	CHECK_STR(filled("{\"a\":\"$.flow.x\"}",
		      "{\"flow\":{\"x\":\"$.secret\\\",\\\"b\\\":1\"},"
		      "\"secret\":1}"),
	    "{\"a\":\"$.secret\\\",\\\"b\\\":1\"}");
	CHECK_STR(filled("{\"a\":\"$.flow\"}",
		      "{\"flow\":{\"$.event\":\"$.event\"},\"event\":1}"),
	    "{\"a\":{\"$.event\":\"$.event\"}}");
}

int
main(void)
{
	a = arena_new();
	test_rules();
	test_values();
	test_hostile();
	arena_free(a);
	return test_done();
}

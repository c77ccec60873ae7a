/*
 * JSON Patch: the examples of RFC 6902, appendix A, then what it leaves to
 * the reader: pointers, numbers, bounds.
 */
#include "net/json_patch.h"

#include <string.h>

#include "base/str.h"
#include "tests/test.h"

struct row {
	const char *name;
	const char *doc;
	const char *patch;
	const char *want; /* NULL: refused */
};

static const struct row rows[] = {
	{ "A.1", "{\"foo\":\"bar\"}",
	    "[{\"op\":\"add\",\"path\":\"/baz\",\"value\":\"qux\"}]",
	    "{\"foo\":\"bar\",\"baz\":\"qux\"}" },
	{ "A.2", "{\"foo\":[\"bar\",\"baz\"]}",
	    "[{\"op\":\"add\",\"path\":\"/foo/1\",\"value\":\"qux\"}]",
	    "{\"foo\":[\"bar\",\"qux\",\"baz\"]}" },
	{ "A.3", "{\"baz\":\"qux\",\"foo\":\"bar\"}",
	    "[{\"op\":\"remove\",\"path\":\"/baz\"}]", "{\"foo\":\"bar\"}" },
	{ "A.4", "{\"foo\":[\"bar\",\"qux\",\"baz\"]}",
	    "[{\"op\":\"remove\",\"path\":\"/foo/1\"}]",
	    "{\"foo\":[\"bar\",\"baz\"]}" },
	{ "A.5", "{\"baz\":\"qux\",\"foo\":\"bar\"}",
	    "[{\"op\":\"replace\",\"path\":\"/baz\",\"value\":\"boo\"}]",
	    "{\"baz\":\"boo\",\"foo\":\"bar\"}" },
	{ "A.6",
	    "{\"foo\":{\"bar\":\"baz\",\"waldo\":\"fred\"},"
	    "\"qux\":{\"corge\":\"grault\"}}",
	    "[{\"op\":\"move\",\"from\":\"/foo/waldo\","
	    "\"path\":\"/qux/thud\"}]",
	    "{\"foo\":{\"bar\":\"baz\"},"
	    "\"qux\":{\"corge\":\"grault\",\"thud\":\"fred\"}}" },
	{ "A.7", "{\"foo\":[\"all\",\"grass\",\"cows\",\"eat\"]}",
	    "[{\"op\":\"move\",\"from\":\"/foo/1\",\"path\":\"/foo/3\"}]",
	    "{\"foo\":[\"all\",\"cows\",\"eat\",\"grass\"]}" },
	{ "A.8", "{\"baz\":\"qux\",\"foo\":[\"a\",2,\"c\"]}",
	    "[{\"op\":\"test\",\"path\":\"/baz\",\"value\":\"qux\"},"
	    "{\"op\":\"test\",\"path\":\"/foo/1\",\"value\":2}]",
	    "{\"baz\":\"qux\",\"foo\":[\"a\",2,\"c\"]}" },
	{ "A.9", "{\"baz\":\"qux\"}",
	    "[{\"op\":\"test\",\"path\":\"/baz\",\"value\":\"bar\"}]", NULL },
	{ "A.10", "{\"foo\":\"bar\"}",
	    "[{\"op\":\"add\",\"path\":\"/child\","
	    "\"value\":{\"grandchild\":{}}}]",
	    "{\"foo\":\"bar\",\"child\":{\"grandchild\":{}}}" },
	{ "A.11", "{\"foo\":\"bar\"}",
	    "[{\"op\":\"add\",\"path\":\"/baz\",\"value\":\"qux\","
	    "\"xyz\":123}]",
	    "{\"foo\":\"bar\",\"baz\":\"qux\"}" },
	{ "A.12", "{\"foo\":\"bar\"}",
	    "[{\"op\":\"add\",\"path\":\"/baz/bat\",\"value\":\"qux\"}]",
	    NULL },
	{ "A.14", "{\"/\":9,\"~1\":10}",
	    "[{\"op\":\"test\",\"path\":\"/~01\",\"value\":10}]",
	    "{\"/\":9,\"~1\":10}" },
	{ "A.15", "{\"/\":9,\"~1\":10}",
	    "[{\"op\":\"test\",\"path\":\"/~01\",\"value\":\"10\"}]", NULL },
	{ "A.16", "{\"foo\":[\"bar\"]}",
	    "[{\"op\":\"add\",\"path\":\"/foo/-\",\"value\":[\"abc\","
	    "\"def\"]}]",
	    "{\"foo\":[\"bar\",[\"abc\",\"def\"]]}" },

	{ "the whole", "{\"a\":1}",
	    "[{\"op\":\"replace\",\"path\":\"\",\"value\":[1]}]", "[1]" },
	{ "the whole is null", "{\"a\":1}",
	    "[{\"op\":\"replace\",\"path\":\"\",\"value\":null}]", "null" },
	{ "not the whole away", "{\"a\":1}",
	    "[{\"op\":\"remove\",\"path\":\"\"}]", NULL },
	{ "a null is there", "{\"a\":null}",
	    "[{\"op\":\"replace\",\"path\":\"/a\",\"value\":1}]", "{\"a\":1}" },
	{ "null equals null", "{\"a\":null}",
	    "[{\"op\":\"test\",\"path\":\"/a\",\"value\":null}]",
	    "{\"a\":null}" },
	{ "absent is not null", "{}",
	    "[{\"op\":\"test\",\"path\":\"/a\",\"value\":null}]", NULL },
	{ "nothing to replace", "{}",
	    "[{\"op\":\"replace\",\"path\":\"/a\",\"value\":1}]", NULL },
	{ "nothing to remove", "{}", "[{\"op\":\"remove\",\"path\":\"/a\"}]",
	    NULL },
	{ "nothing to move", "{}",
	    "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/b\"}]", NULL },
	{ "add replaces", "{\"a\":1}",
	    "[{\"op\":\"add\",\"path\":\"/a\",\"value\":2}]", "{\"a\":2}" },
	{ "at the end", "[1]", "[{\"op\":\"add\",\"path\":\"/1\",\"value\":2}]",
	    "[1,2]" },
	{ "beyond the end", "[1]",
	    "[{\"op\":\"add\",\"path\":\"/2\",\"value\":2}]", NULL },
	{ "a leading zero", "[1,2]", "[{\"op\":\"remove\",\"path\":\"/01\"}]",
	    NULL },
	{ "the end is no element", "[1]",
	    "[{\"op\":\"remove\",\"path\":\"/-\"}]", NULL },
	{ "an empty name", "{\"\":1}",
	    "[{\"op\":\"replace\",\"path\":\"/\",\"value\":2}]", "{\"\":2}" },
	{ "numbers by value", "{\"a\":1}",
	    "[{\"op\":\"test\",\"path\":\"/a\",\"value\":1.0}]", "{\"a\":1}" },
	{ "large integers are not rounded", "{\"a\":9007199254740993}",
	    "[{\"op\":\"test\",\"path\":\"/a\",\"value\":9007199254740992}]",
	    NULL },
	{ "objects in any order", "{\"a\":{\"x\":1,\"y\":[2]}}",
	    "[{\"op\":\"test\",\"path\":\"/a\","
	    "\"value\":{\"y\":[2],\"x\":1}}]",
	    "{\"a\":{\"x\":1,\"y\":[2]}}" },
	{ "one member more", "{\"a\":{\"x\":1}}",
	    "[{\"op\":\"test\",\"path\":\"/a\","
	    "\"value\":{\"y\":[2],\"x\":1}}]",
	    NULL },
	{ "below itself", "{\"a\":{\"b\":1}}",
	    "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/a/c\"}]", NULL },
	{ "to where it is", "{\"a\":1}",
	    "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/a\"}]",
	    "{\"a\":1}" },
	{ "copy", "{\"a\":{\"b\":1}}",
	    "[{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/a/c\"}]",
	    "{\"a\":{\"b\":1,\"c\":{\"b\":1}}}" },
	{ "a lone tilde", "{\"~\":1}", "[{\"op\":\"remove\",\"path\":\"/~\"}]",
	    NULL },
	{ "no slash", "{\"a\":1}", "[{\"op\":\"remove\",\"path\":\"a\"}]",
	    NULL },
	{ "no path", "{\"a\":1}", "[{\"op\":\"remove\"}]", NULL },
	{ "no value", "{\"a\":1}", "[{\"op\":\"add\",\"path\":\"/b\"}]", NULL },
	{ "unknown", "{\"a\":1}",
	    "[{\"op\":\"increment\",\"path\":\"/a\",\"value\":1}]", NULL },
	{ "no list", "{}", "{\"op\":\"add\",\"path\":\"/a\",\"value\":1}",
	    NULL },
	{ "no operation", "{\"a\":1}", "[7]", NULL },
	{ "all or nothing", "{\"a\":1}",
	    "[{\"op\":\"add\",\"path\":\"/b\",\"value\":1},"
	    "{\"op\":\"remove\",\"path\":\"/c\"}]",
	    NULL },
};

static const struct json *
parse(struct arena *a, const char *text)
{
	return json_parse(a, text, strlen(text), NULL, NULL);
}

static void
check_rows(struct arena *a)
{
	const struct json *doc, *out;
	const char *why, *before;
	size_t i;

	for (i = 0; i < NITEMS(rows); i++) {
		doc = parse(a, rows[i].doc);
		before = json_string(a, doc, JSON_COMPACT);
		out = json_patch(a, doc, parse(a, rows[i].patch), &why);
		CHECK((out == NULL) == (why != NULL));
		CHECK_STR(out == NULL ? "refused"
				      : json_string(a, out, JSON_COMPACT),
		    rows[i].want == NULL ? "refused" : rows[i].want);
		CHECK_STR(json_string(a, doc, JSON_COMPACT), before);
	}
}

/* A document copied into itself again and again stays bounded. */
static void
check_growth(struct arena *a)
{
	struct buf *b = buf_new(a);
	const char *why;
	size_t i;

	for (i = 0; i < 60; i++)
		buf_printf(b,
		    "%s{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/a/%zu\"}",
		    i == 0 ? "[" : ",", i);
	buf_puts(b, "]");
	CHECK(json_patch(a, parse(a, "{\"a\":{}}"), parse(a, buf_str(b)),
		  &why) == NULL);
	CHECK(strstr(why, "too much comes out") != NULL);
}

static void
check_touches(struct arena *a)
{
	const struct json *p = parse(a,
	    "[{\"op\":\"add\",\"path\":\"/identity\",\"value\":1},"
	    "{\"op\":\"move\",\"from\":\"/id\",\"path\":\"/x\"},"
	    "{\"op\":\"remove\",\"path\":\"/credentials/totp\"}]");

	CHECK(json_patch_touches(p, "/id"));
	CHECK(json_patch_touches(p, "/credentials"));
	CHECK(!json_patch_touches(p, "/ident"));
	CHECK(!json_patch_touches(p, "/credentials/password"));
}

int
main(void)
{
	struct arena *a = arena_new();

	check_rows(a);
	check_growth(a);
	check_touches(a);
	arena_free(a);
	return test_done();
}

/*
 * yaml: what configuration files hold becomes values; what could surprise is
 * refused with its line.
 */
#include "net/yaml.h"

#include <string.h>

#include "base/str.h"

#include "tests/test.h"

static struct arena *a;

static const char *
read(const char *text)
{
	const char *error = "";
	struct json *j;

	j = yaml_parse(a, text, strlen(text), &error);
	return j == NULL ? error : json_string(a, j, JSON_COMPACT);
}

static void
test_values(void)
{
	CHECK_STR(read(""), "{}");
	CHECK_STR(read("# nothing\n"), "{}");
	CHECK_STR(read("a: 1\nb: -2\nc: '3'\nd: 1.5\n"),
	    "{\"a\":1,\"b\":-2,\"c\":\"3\",\"d\":\"1.5\"}");
	CHECK_STR(read("a: true\nb: False\nc: yes\nd: ~\ne:\n"),
	    "{\"a\":true,\"b\":false,\"c\":\"yes\",\"d\":null,\"e\":null}");
	CHECK_STR(read("a: {b: [x, 2, {c: d}], e: []}\n"),
	    "{\"a\":{\"b\":[\"x\",2,{\"c\":\"d\"}],\"e\":[]}}");
	CHECK_STR(read("url: http://127.0.0.1:4433/\ntime: 1h30m\n"),
	    "{\"url\":\"http://127.0.0.1:4433/\",\"time\":\"1h30m\"}");
	CHECK_STR(read("text: |\n  one\n  two\nfold: >\n  one\n  two\n"),
	    "{\"text\":\"one\\ntwo\\n\",\"fold\":\"one two\\n\"}");
	CHECK_STR(read("list:\n  - a\n  - \"b # c\"\n"),
	    "{\"list\":[\"a\",\"b # c\"]}");
	CHECK_STR(read("n: 99999999999999999999\n"),
	    "{\"n\":\"99999999999999999999\"}");
}

static void
test_refusals(void)
{
	CHECK(strstr(read("a: 1\na: 2\n"), "line 2: this key is there twice"));
	CHECK(strstr(read("a: &x 1\nb: *x\n"), "line 1: anchors"));
	CHECK(strstr(read("b: *x\n"), "line 1: "));
	CHECK(strstr(read("a: !!binary AA==\n"), "line 1: anchors"));
	CHECK(strstr(read("- a\n- b\n"), "line 1: must be a mapping"));
	CHECK(strstr(read("a: 1\n---\nb: 2\n"), "a second document"));
	CHECK(strstr(read("a: [1\n"), "line "));
	CHECK(strstr(read("a: 'x\n"), "line "));
	CHECK(strstr(read("\tq: 1\n"), "line 1: "));
	CHECK(strstr(read("? [a]\n: b\n"), "a key must be text"));
	CHECK(strstr(read("a: \"x\\0y\"\n"), "not UTF-8"));
}

/* A list in a list in a list ... */
static void
test_depth(void)
{
	char text[256] = "a: ";
	size_t i;

	for (i = 0; i < 40; i++)
		strcat(text, "[");
	CHECK(strstr(read(text), "nested too deep"));
}

int
main(void)
{
	a = arena_new();
	test_values();
	test_refusals();
	test_depth();
	arena_free(a);
	return test_done();
}

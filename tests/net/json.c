/*
 * JSON of internal documents: what is refused, the paths errors name, and
 * that equal documents give equal bytes.
 */
#include "net/json.h"

#include "tests/test.h"

static const char *
refused(struct arena *a, const char *text, const struct json_limits *lim)
{
	const char *why = NULL;

	if (json_parse(a, text, strlen(text), lim, &why) != NULL)
		return "accepted";
	return why;
}

static struct json *
parsed(struct arena *a, const char *text)
{
	return json_parse(a, text, strlen(text), NULL, NULL);
}

static void
test_refused(struct arena *a)
{
	static const char *const bad[] = { "{'a':1}", "[1,]", "{\"a\":1,}",
		"[01]", "NaN", "[Infinity]", "{\"a\" 1}", "\"\n\"", "tru",
		"[+1]", "{a:1}", "[1 2]", "\"\\x\"", "/* c */ 1", "-", "[.5]",
		"[1.]", "[1e]", "{1:2}", "True", "NULL" };
	struct json_limits lim = { .max_bytes = 8, .max_depth = 3 };
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK(parsed(a, bad[i]) == NULL);
		printf("# %s: %s\n", bad[i], refused(a, bad[i], NULL));
	}
	CHECK_STR(refused(a, "", NULL), "ends in the middle");
	CHECK_STR(refused(a, "  ", NULL), "ends in the middle");
	CHECK_STR(refused(a, "[1", NULL), "ends in the middle");
	CHECK_STR(refused(a, "\"abc", NULL), "ends in the middle");
	CHECK_STR(refused(a, "{} x", NULL), "text after the end");
	CHECK_STR(refused(a, "1 2", NULL), "text after the end");
	CHECK_STR(refused(a, "\"\xff\"", NULL), "not valid UTF-8");
	CHECK_STR(refused(a, "[\"1234567\"]", &lim), "too large");
	CHECK_STR(refused(a, "[[[[]]]]", &lim), "nested too deeply");
	CHECK_STR(refused(a, "[[[1]]]", &lim), "accepted");
	CHECK(json_parse(a, "{}\0", 3, NULL, NULL) == NULL);
	CHECK(json_parse(a, "[1]\0[", 5, NULL, NULL) == NULL);
}

static void
test_scalars(struct arena *a)
{
	CHECK(json_kind(parsed(a, "null")) == JSON_NULL);
	CHECK(parsed(a, "null") != NULL);
	CHECK(json_kind(parsed(a, " 12")) == JSON_INT);
	CHECK(json_kind(parsed(a, "12 \r\n\t")) == JSON_INT);
	CHECK(json_kind(parsed(a, "1.5e-3")) == JSON_REAL);
	CHECK(json_kind(parsed(a, "false")) == JSON_BOOL);
	CHECK(json_kind(parsed(a, "\"\"")) == JSON_TEXT);
	CHECK_STR(json_text(parsed(a, "\"\\u00e9\\ud83d\\ude00\"")),
	    "\xc3\xa9\xf0\x9f\x98\x80");
}

static void
test_getters(struct arena *a)
{
	struct json *j;
	const char **v;
	size_t n;

	j = parsed(a,
	    "{\"t\":\"x\",\"n\":7,\"r\":0.5,\"b\":true,\"z\":null,"
	    "\"l\":[\"p\",\"q\"],\"o\":{\"k\":\"v\"}}");
	CHECK_STR(json_get_text(j, "t", "d"), "x");
	CHECK_STR(json_get_text(j, "none", "d"), "d");
	CHECK_STR(json_get_text(j, "z", "d"), "d");
	CHECK(json_has(j, "z") && !json_has(j, "none"));
	CHECK(json_get_int(j, "n", 0, 10, -1) == 7);
	CHECK(json_get_real(j, "r", 0) > 0.4);
	CHECK(json_get_real(j, "n", 0) > 6.9);
	CHECK(json_get_bool(j, "b", false));
	v = json_get_texts(j, "l", &n);
	CHECK(n == 2 && v[2] == NULL);
	CHECK_STR(v[1], "q");
	CHECK(json_get_texts(j, "none", &n)[0] == NULL && n == 0);
	CHECK_STR(json_need_text(json_need_object(j, "o"), "k"), "v");
	CHECK_STR(json_key_at(j, 1), "n");
	CHECK_STR(json_key_at(j, 7), NULL);
	CHECK_STR(json_error(j), NULL);
	CHECK(json_count(NULL) == 0 && json_at(NULL, 0) == NULL);
	CHECK_STR(json_get_text(NULL, "t", "d"), "d");
}

static const char *
error_of(struct arena *a, const char *text, void (*read)(const struct json *))
{
	struct json *j;

	j = parsed(a, text);
	read(j);
	return json_error(j);
}

static void
read_name(const struct json *j)
{
	const struct json *l;
	size_t i;

	l = json_need_list(j, "sections");
	for (i = 0; i < json_count(l); i++)
		(void)json_need_text(json_at(l, i), "name");
	(void)json_get_int(j, "version", 1, 100, 1);
	(void)json_get_texts(j, "tags", NULL);
}

static void
test_errors(struct arena *a)
{
	CHECK_STR(error_of(a, "{}", read_name), "$.sections: missing");
	CHECK_STR(error_of(a, "{\"sections\":1}", read_name),
	    "$.sections: not a list");
	CHECK_STR(error_of(a, "{\"sections\":[{\"name\":\"a\"},{}]}",
		      read_name),
	    "$.sections[1].name: missing");
	CHECK_STR(error_of(a, "{\"sections\":[{\"name\":3}]}", read_name),
	    "$.sections[0].name: not a string");
	CHECK_STR(error_of(a, "{\"sections\":[3]}", read_name),
	    "$.sections[0].name: missing");
	CHECK_STR(error_of(a, "{\"sections\":[],\"version\":101}", read_name),
	    "$.version: out of range");
	CHECK_STR(error_of(a,
		      "{\"sections\":[],\"version\":99999999999999999999}",
		      read_name),
	    "$.version: out of range");
	CHECK_STR(error_of(a, "{\"sections\":[],\"version\":1.0}", read_name),
	    "$.version: not an integer");
	CHECK_STR(error_of(a, "{\"sections\":[],\"tags\":[\"a\\u0000b\"]}",
		      read_name),
	    "$.tags[0]: contains NUL");
	CHECK_STR(error_of(a, "[]", read_name), "$.sections: missing");
}

static struct json *
built(struct arena *a)
{
	struct json *j, *l, *o;

	j = json_new_object(a);
	json_put_text(j, "title", "A \"b\" / \xc3\xa9\n");
	json_put_text(j, "absent", NULL);
	json_put_int(j, "n", -3);
	json_put_real(j, "r", 0.8);
	json_put_real(j, "one", 1);
	json_put_bool(j, "b", false);
	json_put_null(j, "z");
	l = json_put_list(j, "l");
	json_add_text(l, "x");
	json_add_int(l, 2);
	o = json_add_object(l);
	json_put_text(o, "k", "v");
	(void)json_add_list(l);
	(void)json_put_object(j, "o");
	return j;
}

static void
test_build(struct arena *a)
{
	static const char want[] =
	    "{\"title\":\"A \\\"b\\\" / \xc3\xa9\\n\",\"n\":-3,\"r\":0.8,"
	    "\"one\":1.0,\"b\":false,\"z\":null,\"l\":[\"x\",2,{\"k\":\"v\"},[]],"
	    "\"o\":{}}";
	struct json *again, *share;
	const char *pretty;

	CHECK_STR(json_string(a, built(a), JSON_COMPACT), want);
	again = parsed(a, want);
	CHECK_STR(json_string(a, again, JSON_COMPACT), want);
	pretty = json_string(a, built(a), JSON_PRETTY);
	CHECK_STR(json_string(a, again, JSON_PRETTY), pretty);
	CHECK(strncmp(pretty, "{\n  \"title\": \"A", 15) == 0);
	CHECK(strstr(pretty, "\n    2,\n    {\n      \"k\": \"v\"\n    }") !=
	    NULL);
	CHECK(pretty[strlen(pretty) - 1] == '\n');

	share = json_new_object(a);
	json_put(share, "l", json_get(again, "l"));
	json_put(share, "gone", NULL);
	CHECK_STR(json_string(a, share, JSON_COMPACT),
	    "{\"l\":[\"x\",2,{\"k\":\"v\"},[]],\"gone\":null}");
	json_put_int(share, "l", 1);
	CHECK_STR(json_string(a, share, JSON_COMPACT),
	    "{\"l\":1,\"gone\":null}");
}

int
main(void)
{
	struct buf b = BUF_INIT;
	struct arena *a;

	a = arena_new();
	test_refused(a);
	test_scalars(a);
	test_getters(a);
	test_errors(a);
	test_build(a);
	json_quote(&b, "a\"\x01/");
	CHECK_STR(buf_str(&b), "\"a\\\"\\u0001/\"");
	buf_free(&b);
	arena_free(a);
	return test_done();
}

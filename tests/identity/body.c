/*
 * form: N-4 for the three body types, their limits and their malformed forms.
 */
#include "identity/body.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"

#include "tests/test.h"

#define JSON_TYPE  "application/json"
#define FORM_TYPE  "application/x-www-form-urlencoded"
#define MULTI_TYPE "multipart/form-data; boundary=XX"

/* want is the object, or NULL and the status. */
static const struct {
	const char *type, *body, *want;
	int status;
} cases[] = {
	{ JSON_TYPE, "{\"a\":1}", "{\"a\":1}", 0 },
	{ "Application/JSON; charset=utf-8", "{}", "{}", 0 },
	{ JSON_TYPE, "", NULL, 400 },
	{ JSON_TYPE, "[]", NULL, 400 },
	{ JSON_TYPE, "null", NULL, 400 },
	{ JSON_TYPE, "{", NULL, 400 },
	{ JSON_TYPE, "{} x", NULL, 400 },
	{ JSON_TYPE, "{\"a\":\"\xff\"}", NULL, 400 },
	{ FORM_TYPE, "", "{}", 0 },
	{ FORM_TYPE, "a=1&b=x+y%26z&c",
	    "{\"a\":\"1\",\"b\":\"x y&z\",\"c\":\"\"}", 0 },
	{ FORM_TYPE, "a=1&a=2", "{\"a\":\"2\"}", 0 },
	{ FORM_TYPE, "&&a=1&", "{\"a\":\"1\"}", 0 },
	{ FORM_TYPE,
	    "traits.email=x%40y&method=password&traits.name.first=A"
	    "&traits.name.last=B",
	    "{\"traits\":{\"email\":\"x@y\",\"name\":{\"first\":\"A\",\"last\":"
	    "\"B\"}},\"method\":\"password\"}",
	    0 },
	{ FORM_TYPE, "a=1&a.b=2", NULL, 400 },
	{ FORM_TYPE, "a.b=2&a=1", NULL, 400 },
	{ FORM_TYPE, "a.=1", NULL, 400 },
	{ FORM_TYPE, ".a=1", NULL, 400 },
	{ FORM_TYPE, "a..b=1", NULL, 400 },
	{ FORM_TYPE, "=1", NULL, 400 },
	{ FORM_TYPE, "a=%zz", NULL, 400 },
	{ FORM_TYPE, "a=%00", NULL, 400 },
	{ FORM_TYPE, "a=%ff", NULL, 400 },
	{ MULTI_TYPE,
	    "--XX\r\nContent-Disposition: form-data; name=\"a.b\"\r\n\r\n1\r\n"
	    "--XX\r\nX: y\r\ncontent-disposition: form-data; name=c\r\n\r\n"
	    "line\r\nline\r\n--XX--\r\n",
	    "{\"a\":{\"b\":\"1\"},\"c\":\"line\\r\\nline\"}", 0 },
	{ MULTI_TYPE,
	    "--XX\r\nContent-Disposition: form-data; name=\"f\"; "
	    "filename=\"x\"\r\n\r\n1\r\n--XX--",
	    NULL, 400 },
	{ MULTI_TYPE, "--XX\r\nX: y\r\n\r\n1\r\n--XX--", NULL, 400 },
	{ MULTI_TYPE, "--XX\r\nContent-Disposition: form-data; name=a\r\n\r\n1",
	    NULL, 400 },
	{ MULTI_TYPE, "--XX", NULL, 400 },
	{ MULTI_TYPE, "", NULL, 400 },
	{ MULTI_TYPE, "--XX--", "{}", 0 },
	{ "multipart/form-data", "--XX--", NULL, 400 },
	{ "text/plain", "a=1", NULL, 400 },
	{ "", "a=1", NULL, 400 },
	{ "application/jsonp", "{}", NULL, 400 },
};

static struct arena *a;

static void
check_body(const char *type, const struct buf *b, int want)
{
	struct body_fault fault = { 0, NULL };
	struct json *o;

	o = body_read(a, type, b->data, b->len, &fault);
	CHECK((o == NULL ? fault.status : 0) == want);
}

static void
test_limits(void)
{
	struct buf *b = buf_new(a);
	unsigned i;

	/* 256 fields pass, 257 do not */
	for (i = 0; i < 256; i++)
		buf_printf(b, "f%u=x&", i);
	check_body(FORM_TYPE, b, 0);
	buf_puts(b, "one=more");
	check_body(FORM_TYPE, b, 400);

	buf_reset(b);
	buf_puts(b, "{\"a\":[0");
	for (i = 0; i < 254; i++)
		buf_puts(b, ",0");
	buf_puts(b, "]}");
	check_body(JSON_TYPE, b, 0);
	b->len -= 2;
	buf_puts(b, ",0]}");
	check_body(JSON_TYPE, b, 400);

	/* depth */
	buf_reset(b);
	for (i = 0; i < 32; i++)
		buf_puts(b, "{\"a\":");
	buf_puts(b, "1");
	for (i = 0; i < 32; i++)
		buf_puts(b, "}");
	check_body(JSON_TYPE, b, 0);
	buf_reset(b);
	for (i = 0; i < 33; i++)
		buf_puts(b, "{\"a\":");
	buf_puts(b, "1");
	for (i = 0; i < 33; i++)
		buf_puts(b, "}");
	check_body(JSON_TYPE, b, 400);
	buf_reset(b);
	for (i = 0; i < 31; i++)
		buf_puts(b, "a.");
	buf_puts(b, "a=1");
	check_body(FORM_TYPE, b, 0);
	buf_reset(b);
	for (i = 0; i < 32; i++)
		buf_puts(b, "a.");
	buf_puts(b, "a=1");
	check_body(FORM_TYPE, b, 400);

	/* size */
	buf_reset(b);
	buf_puts(b, "a=");
	while (b->len < BODY_MAX_BYTES)
		buf_putc(b, 'x');
	check_body(FORM_TYPE, b, 0);
	buf_putc(b, 'x');
	check_body(FORM_TYPE, b, 413);
}

int
main(void)
{
	struct body_fault fault;
	struct json *o;
	size_t i;

	a = arena_new();
	for (i = 0; i < NITEMS(cases); i++) {
		fault.status = 0;
		o = body_read(a, cases[i].type, cases[i].body,
		    strlen(cases[i].body), &fault);
		CHECK_STR(o == NULL ? NULL : json_string(a, o, JSON_COMPACT),
		    cases[i].want);
		CHECK(fault.status == cases[i].status);
	}
	test_limits();
	arena_free(a);
	return test_done();
}

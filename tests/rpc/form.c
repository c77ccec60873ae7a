/*
 * Forms, queries, cookies and base64 text: what is read from a request besides
 * messages.
 */
#include "rpc/form.h"

#include <stdlib.h>

#include "base/buf.h"
#include "rpc/b64text.h"
#include "rpc/cookie.h"
#include "rpc/query.h"
#include "tests/test.h"

static struct arena *mem;

static bool
parse(const char *type, const char *body, struct form *f)
{
	return form_parse(mem, type, body, strlen(body), f);
}

static void
pairs(void)
{
	static const char type[] = "application/x-www-form-urlencoded";
	struct buf b = BUF_INIT;
	struct form f;
	int i;

	CHECK(parse(type, "a=1&b=two+words&a=2&c=%C3%A4&d", &f));
	CHECK(f.nfields == 5);
	CHECK_STR(form_text(&f, "a"), "1");
	CHECK_STR(form_text(&f, "b"), "two words");
	CHECK_STR(form_text(&f, "c"), "\xc3\xa4");
	CHECK_STR(form_text(&f, "d"), "");
	CHECK(form_text(&f, "e") == NULL);
	CHECK(parse("Application/X-WWW-Form-Urlencoded; charset=utf-8",
	    "a=", &f));
	CHECK(!parse(type, "a=%zz", &f));
	CHECK(!parse("text/plain", "a=1", &f));
	CHECK(parse(type, "a=%00", &f) && form_text(&f, "a") == NULL);
	for (i = 0; i <= FORM_MAX_FIELDS; i++)
		buf_puts(&b, "x&");
	CHECK(!parse(type, b.data, &f));
	buf_free(&b);
}

#define PART(name, text)                                      \
	"--x\r\nContent-Disposition: form-data; name=\"" name \
	"\"\r\n\r\n" text "\r\n"

static void
multipart(void)
{
	static const char type[] = "multipart/form-data; boundary=x";
	const struct form_field *file;
	struct form f;

	CHECK(parse(type, PART("a", "1") PART("b", "") "--x--\r\n", &f));
	CHECK_STR(form_text(&f, "a"), "1");
	CHECK_STR(form_text(&f, "b"), "");
	CHECK(parse("multipart/form-data; boundary=\"x\"",
	    PART("a", "line\r\n-x\r\n--") "--x--", &f));
	CHECK(!parse(type, PART("a", "1"), &f));
	CHECK(!parse(type, "", &f));
	CHECK(!parse(type, "preamble\r\n" PART("a", "1") "--x--", &f));
	CHECK(!parse("multipart/form-data", PART("a", "1") "--x--", &f));
	CHECK(!parse(type, "--x\r\n\r\nno name\r\n--x--", &f));
	CHECK(parse(type,
	    "--x\r\ncontent-disposition: form-data; filename=\"a;b.md\";"
	    " name=\"f\"\r\nContent-Type: text/markdown\r\n\r\n# T\r\n"
	    "\r\n--x--",
	    &f));
	file = form_find(&f, "f");
	CHECK(file != NULL && form_text(&f, "f") == NULL);
	CHECK_STR(file->filename, "a;b.md");
	CHECK_STR(file->type, "text/markdown");
	CHECK(file->len == 5 && memcmp(file->value, "# T\r\n", 5) == 0);
}

static void
queries(void)
{
	const char *text = "a=1&&b&=c&d=%41+%00";
	struct query_pair p;
	size_t len;
	char *s;
	int n = 0;

	while (query_next(&text, &p))
		n++;
	CHECK(n == 4);
	CHECK(query_is(&p, "d") && !query_is(&p, "dd") && !query_is(&p, ""));
	s = query_decode(mem, p.value, p.valuelen, true, &len);
	CHECK(len == 3 && memcmp(s, "A \0", 4) == 0);
	s = query_decode(mem, p.value, p.valuelen, false, &len);
	CHECK(len == 3 && s[1] == '+');
	CHECK_STR(query_get(mem, "x=%3D&%79=%26", "y"), "&");
	CHECK(query_get(mem, "y=%2", "y") == NULL);
	CHECK(query_get(mem, "y=a%00b", "y") == NULL);
}

static void
cookies(void)
{
	static const char h[] = " a=1; bb=\"two\" ;c=;a=3; d = 4";

	CHECK_STR(cookie_get(mem, h, "a"), "1");
	CHECK_STR(cookie_get(mem, h, "bb"), "two");
	CHECK_STR(cookie_get(mem, h, "c"), "");
	CHECK(cookie_get(mem, h, "b") == NULL);
	CHECK(cookie_get(mem, h, "d") == NULL);
	CHECK(cookie_get(mem, "", "a") == NULL);
}

static void
decodes(const char *s, const char *want, size_t wantlen)
{
	uint8_t *p;
	size_t len = 0;

	p = b64text_decode(mem, s, strlen(s), &len);
	CHECK(want == NULL
		? p == NULL
		: p != NULL && len == wantlen && memcmp(p, want, len) == 0);
}

static void
base64(void)
{
	decodes("", "", 0);
	decodes("Zm9v", "foo", 3);
	decodes("Zg==Zm8=Zm9v", "ffofoo", 6);
	decodes("Zg=", NULL, 0);
	decodes("Zg=v", NULL, 0);
	decodes("Zh==", NULL, 0); /* bits that mean nothing */
	decodes("Z===", NULL, 0);
	decodes("Zm-_", NULL, 0);
	decodes("Zm9v\n", NULL, 0);
	CHECK_STR(buf_str(b64text_encode(mem, "fo", 2)), "Zm8=");
}

int
main(void)
{
	mem = arena_new();
	pairs();
	multipart();
	queries();
	cookies();
	base64();
	arena_free(mem);
	return test_done();
}

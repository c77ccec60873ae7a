/* html: each verb escapes for every place its slot may stand in. */
#include "rpc/html.h"

#include "tests/test.h"

static struct buf out;

static const char *
text(const char *s)
{
	struct html h = { &out };

	buf_reset(&out);
	html_text(&h, s);
	return buf_str(&out);
}

static const char *
url(const char *s)
{
	struct html h = { &out };

	buf_reset(&out);
	html_url(&h, s);
	return buf_str(&out);
}

static const char *
href(const char *s)
{
	struct html h = { &out };

	buf_reset(&out);
	html_href(&h, s);
	return buf_str(&out);
}

static const char *
json(const char *s)
{
	struct html h = { &out };

	buf_reset(&out);
	html_json(&h, s);
	return buf_str(&out);
}

static void
test_text(void)
{
	CHECK_STR(text("plain"), "plain");
	CHECK_STR(text("<a href=\"x\">'&"),
	    "&lt;a href=&quot;x&quot;&gt;&#39;&amp;");
	CHECK_STR(text("Größe 学"), "Größe 学");
	CHECK_STR(text("a\tb\nc"), "a\tb\nc");
	CHECK_STR(text("\x01\x7f"), "\xef\xbf\xbd\xef\xbf\xbd");
	CHECK_STR(text("\xc2\x85"), "\xef\xbf\xbd"); /* C1 control */
	CHECK_STR(text("\xff<"), "\xef\xbf\xbd&lt;");
	CHECK_STR(text("\xe2\x82"), "\xef\xbf\xbd\xef\xbf\xbd"); /* cut short */
	CHECK_STR(text(""), "");
}

static void
test_url(void)
{
	CHECK_STR(url("a-b_c.d~9"), "a-b_c.d~9");
	CHECK_STR(url("a b/c?d&e=\"f\"#'"),
	    "a%20b%2Fc%3Fd%26e%3D%22f%22%23%27");
	CHECK_STR(url("javascript:x"), "javascript%3Ax");
	CHECK_STR(url("é"), "%C3%A9");
}

static void
test_href(void)
{
	CHECK_STR(href("/course/1?a=b&c=d"), "/course/1?a=b&amp;c=d");
	CHECK_STR(href("https://example.org/"), "https://example.org/");
	CHECK_STR(href("?page=2"), "?page=2");
	CHECK_STR(href("#top"), "#top");
	CHECK_STR(href("javascript:alert(1)"), "#");
	CHECK_STR(href("JavaScript:alert(1)"), "#");
	CHECK_STR(href("data:text/html,x"), "#");
	CHECK_STR(href("//evil.example/"), "#");
	CHECK_STR(href("/\\evil.example/"), "#");
	CHECK_STR(href("/\t/evil.example/"), "#");
	CHECK_STR(href(" /x"), "#");
	CHECK_STR(href(""), "#");
	CHECK_STR(href("/a\"b"), "/a&quot;b");
}

static void
test_json(void)
{
	CHECK_STR(json("a"), "&quot;a&quot;");
	CHECK_STR(json("\"\\\n<'"), "&quot;\\&quot;\\\\\\u000a&lt;&#39;&quot;");
}

static void
test_rest(void)
{
	struct html h = { &out };

	buf_reset(&out);
	html_lit(&h, "<p");
	html_attr(&h, "title", "a\"b");
	html_flag(&h, " hidden", true);
	html_flag(&h, " open", false);
	html_lit(&h, ">");
	html_int(&h, INT64_MIN);
	CHECK_STR(buf_str(&out),
	    "<p title=\"a&quot;b\" hidden>-9223372036854775808");
	CHECK_STR(html_slot("x", "t.x"), "x");
}

int
main(void)
{
	test_text();
	test_url();
	test_href();
	test_json();
	test_rest();
	buf_free(&out);
	return test_done();
}

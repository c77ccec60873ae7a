/* Text questions and conversions, UTF-8, codes. */
#include "tests/test.h"

#include "base/code.h"
#include "base/str.h"
#include "base/utf8.h"

static void
test_uuid(void)
{
	char u[STR_UUID_LEN + 1], v[STR_UUID_LEN + 1];
	uint8_t raw[16] = { 0 };

	str_uuid_new(u);
	str_uuid_new(v);
	CHECK(str_is_uuid(u) && u[14] == '4' && strchr("89ab", u[19]) != NULL);
	CHECK(strcmp(u, v) != 0);
	CHECK(!str_is_uuid(""));
	CHECK(!str_is_uuid("0191F2C4-0000-4000-8000-000000000000"));
	CHECK(str_uuid_canon("0191F2C4-0000-4000-8000-00000000000A", v));
	CHECK_STR(v, "0191f2c4-0000-4000-8000-00000000000a");
	CHECK(!str_uuid_canon("0191f2c4-0000-4000-8000-0000000000zz", v));
	CHECK(!str_uuid_canon("0191f2c4-0000-4000-8000-00000000000ab", v));
	CHECK(!str_uuid_canon("0191f2c400004000800000000000000000000", v));
	str_uuid_from(raw, v);
	CHECK_STR(v, "00000000-0000-8000-8000-000000000000");
}

static void
test_numbers(void)
{
	int64_t n = 77;

	CHECK(str_to_i64("0", 0, 9, &n) && n == 0);
	CHECK(str_to_i64("-9223372036854775808", INT64_MIN, 0, &n) &&
	    n == INT64_MIN);
	CHECK(str_to_i64("9223372036854775807", 0, INT64_MAX, &n) &&
	    n == INT64_MAX);
	n = 77;
	CHECK(!str_to_i64("9223372036854775808", 0, INT64_MAX, &n));
	CHECK(!str_to_i64("", 0, 9, &n));
	CHECK(!str_to_i64("-", -9, 9, &n));
	CHECK(!str_to_i64(" 1", 0, 9, &n));
	CHECK(!str_to_i64("1x", 0, 9, &n));
	CHECK(!str_to_i64("10", 0, 9, &n));
	CHECK(n == 77);
}

static void
test_text(struct arena *a)
{
	static const char *const list[] = { "a", "b", NULL };

	CHECK_STR(str_trim(a, " \t a b\xc2\xa0\n"), "a b");
	CHECK_STR(str_trim(a, "\xe3\x80\x80"), "");
	CHECK_STR(str_trim(a, "\xc3\xa0"), "\xc3\xa0");
	CHECK_STR(str_lower(a, "ABC\xc3\x84"), "abc\xc3\x84");
	CHECK_STR(str_hex(a, "\x00\xff", 2), "00ff");
	CHECK(str_eq(NULL, NULL) && !str_eq(NULL, "") && str_eq("a", "a"));
	CHECK(str_ieq("AbC", "aBc") && !str_ieq("ab", "abc"));
	CHECK(str_starts("abc", "ab") && !str_starts("a", "ab"));
	CHECK(str_is_listed(list, "b") && !str_is_listed(list, "ab"));
	CHECK(!str_is_listed(list + 2, "b"));
	CHECK(str_ends("abc", "bc") && !str_ends("c", "bc"));
	CHECK_STR(str_url_encode(a, "a b/\xc3\xa9~"), "a%20b%2F%C3%A9~");
	CHECK_STR(str_url_decode(a, "a+b%2f", 6, true), "a b/");
	CHECK_STR(str_url_decode(a, "a+b", 3, false), "a+b");
	CHECK(str_url_decode(a, "%0", 2, true) == NULL);
	CHECK(str_url_decode(a, "%zz", 3, true) == NULL);
	CHECK(str_url_decode(a, "%00", 3, true) == NULL);
}

static void
test_utf8(void)
{
	uint32_t cp = 0;
	char out[4];

	CHECK(utf8_valid("plain ascii text", 16));
	CHECK(utf8_valid("\xf0\x9f\x98\x80", 4));
	CHECK(!utf8_valid("\xc0\x80", 2));
	CHECK(!utf8_valid("\xe0\x80\x80", 3));
	CHECK(!utf8_valid("\xed\xa0\x80", 3));
	CHECK(!utf8_valid("\xf4\x90\x80\x80", 4));
	CHECK(!utf8_valid("\xe2\x82", 2));
	CHECK(!utf8_valid("12345678\xff", 9));
	CHECK(utf8_decode("\xe2\x82\xac", 3, &cp) == 3 && cp == 0x20ac);
	CHECK(utf8_encode(0x20ac, out) == 3 &&
	    memcmp(out, "\xe2\x82\xac", 3) == 0);
	CHECK(utf8_encode(0xd800, out) == 0 && utf8_encode(0x110000, out) == 0);
	CHECK(utf8_count("a\xc3\xa9\xf0\x9f\x98\x80") == 3);
	CHECK(utf8_prefix("a\xc3\xa9z", 2) == 3);
	CHECK(utf8_prefix("abc", 9) == 3);
	CHECK(utf8_prefix_words("one two", 7) == 7);
	CHECK(utf8_prefix_words("one two", 6) == 3);
	CHECK(utf8_prefix_words("one two", 4) == 3);
	CHECK(utf8_prefix_words("one two", 3) == 3);
	CHECK(utf8_prefix_words("one two", 2) == 2);
	CHECK(utf8_prefix_words("one  \n two", 6) == 3);
	CHECK(utf8_prefix_words("\xc3\xa9\xc3\xa9 \xc3\xa9\xc3\xa9", 4) == 4);
	CHECK(utf8_prefix_words("\xc3\xa9\xc3\xa9\xc3\xa9", 2) == 4);
	CHECK(utf8_prefix_words("a \xe7\x81\xab\xe7\x81\xbd", 3) == 5);
	CHECK(utf8_prefix_words("a b", 0) == 0);
	CHECK(utf8_is_printable("a\xc3\xa9 z"));
	CHECK(!utf8_is_printable("a\nb") && !utf8_is_printable("\xc2\x85"));
}

static void
test_codes(void)
{
	int i;

	for (i = 0; i < CODE__MAX; i++)
		CHECK(code_from_name(code_name((enum code)i)) == (enum code)i);
	CHECK(code_from_name("nonsense") == CODE__MAX);
	CHECK(
	    code_http(CODE_NOT_FOUND) == 404 && code_http(CODE_ABORTED) == 409);
	CHECK(code_http(CODE_CANCELED) == 499);
}

int
main(void)
{
	struct arena *a;

	a = arena_new();
	test_uuid();
	test_numbers();
	test_text(a);
	test_utf8();
	test_codes();
	arena_free(a);
	return test_done();
}

/*
 * qr: a PNG of the right size, different for different texts, and refusal of
 * what no code holds. What it says is read by a decoder in
 * tests/identity/factors.mjs.
 */
#include "net/qr.h"

#include <string.h>

#include "base/str.h"
#include "net/crypt.h"

#include "tests/test.h"

static struct arena *a;

static uint32_t
number(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

static void
test_picture(void)
{
	static const char prefix[] = "data:image/png;base64,";
	const char *url = qr_data_url(a, "otpauth://totp/a:b?secret=MY");
	const uint8_t *png;
	size_t len;

	CHECK(url != NULL && str_starts(url, prefix));
	url += strlen(prefix);
	png = crypt_unbase64(a, url, strlen(url), &len);
	CHECK(png != NULL && len > 60);
	CHECK(memcmp(png, "\x89PNG\r\n\x1a\n", 8) == 0);
	CHECK(memcmp(png + 12, "IHDR", 4) == 0);
	CHECK(number(png + 16) == QR_SIZE && number(png + 20) == QR_SIZE);
	CHECK(memcmp(png + len - 8, "IEND", 4) == 0);
}

static void
test_texts(void)
{
	char text[4000];

	CHECK(strcmp(qr_data_url(a, "one"), qr_data_url(a, "two")) != 0);
	CHECK_STR(qr_data_url(a, "one"), qr_data_url(a, "one"));
	memset(text, 'x', sizeof(text));
	text[1500] = '\0';
	CHECK(qr_data_url(a, text) != NULL);
	text[1500] = 'x';
	text[3999] = '\0';
	CHECK(qr_data_url(a, text) == NULL);
}

int
main(void)
{
	a = arena_new();
	test_picture();
	test_texts();
	arena_free(a);
	return test_done();
}

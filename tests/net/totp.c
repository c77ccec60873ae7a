/*
 * totp: the vectors of RFC 6238 appendix B and RFC 4226 appendix D, the steps
 * that are accepted, and the texts an authenticator app reads.
 */
#include "net/totp.h"

#include <string.h>

#include "tests/test.h"

static const char secret[] = "12345678901234567890";
static struct arena *a;

static void
test_vectors(void)
{
	static const struct {
		int64_t at;
		const char *code;
	} rows[] = {
		{ 59, "94287082" },
		{ 1111111109, "07081804" },
		{ 1111111111, "14050471" },
		{ 1234567890, "89005924" },
		{ 2000000000, "69279037" },
		{ INT64_C(20000000000), "65353130" },
	};
	char code[TOTP_MAX_DIGITS + 1];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		totp_code(secret, 20, rows[i].at / TOTP_STEP_S, 8, code);
		CHECK_STR(code, rows[i].code);
	}
	totp_code(secret, 20, 0, 6, code);
	CHECK_STR(code, "755224");
	totp_code(secret, 20, 9, 6, code);
	CHECK_STR(code, "520489");
}

/* 287082 is the password of the seconds 30 to 59. */
static void
test_steps(void)
{
	CHECK(totp_match(secret, 20, 45, -1, "287082") == 1);
	CHECK(totp_match(secret, 20, 0, -1, "287082") == 1);
	CHECK(totp_match(secret, 20, 89, -1, "287082") == 1);
	CHECK(totp_match(secret, 20, 90, -1, "287082") == -1);
	CHECK(totp_match(secret, 20, 45, 0, "287082") == 1);
	CHECK(totp_match(secret, 20, 45, 1, "287082") == -1);
	CHECK(totp_match(secret, 20, 45, 2, "287082") == -1);
}

static void
test_refusals(void)
{
	CHECK(totp_match(secret, 20, 45, -1, "287083") == -1);
	CHECK(totp_match(secret, 20, 45, -1, "28708") == -1);
	CHECK(totp_match(secret, 20, 45, -1, "2870820") == -1);
	CHECK(totp_match(secret, 20, 45, -1, "94287082") == -1);
	CHECK(totp_match(secret, 20, 45, -1, "") == -1);
	CHECK(totp_match("another secret of 20", 20, 45, -1, "287082") == -1);
}

static void
test_texts(void)
{
	CHECK_STR(totp_secret_text(a, secret, 20),
	    "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
	CHECK_STR(totp_secret_text(a, "f", 1), "MY");
	CHECK_STR(totp_uri(a, "My Company", "rosa+a@acme.example", secret, 20),
	    "otpauth://totp/My%20Company:rosa%2Ba%40acme.example"
	    "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=My%20Company"
	    "&algorithm=SHA1&digits=6&period=30");
}

int
main(void)
{
	a = arena_new();
	test_vectors();
	test_steps();
	test_refusals();
	test_texts();
	arena_free(a);
	return test_done();
}

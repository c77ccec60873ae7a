/*
 * crypt: published vectors (FIPS 180-4, RFC 4231, RFC 4648, the argon2 and
 * crypt_blowfish reference tests) and the refusals.
 */
#include "net/crypt.h"

#include <ctype.h>
#include <string.h>

#include "base/str.h"

#include "tests/test.h"

#define ARGON2ID                                    \
	"$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$" \
	"nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
#define ARGON2I                                    \
	"$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$" \
	"iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8"

static const struct crypt_cost low = { 256, 2, 1 };
static struct arena *a;

static void
test_digests(void)
{
	uint8_t mac[CRYPT_SHA256_LEN];

	CHECK_STR(crypt_sha256_hex(a, "abc", 3),
	    "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad");
	CHECK_STR(crypt_sha256_hex(a, "", 0),
	    "e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855");
	crypt_hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, mac);
	CHECK_STR(str_hex(a, mac, sizeof(mac)),
	    "5bdcc146bf60754e6a042426089575c7"
	    "5a003f089d2739839dec58b964ec3843");
}

/* The last of McGrew and Viega's cases that has no associated data: 14. */
static void
test_gcm(void)
{
	static const uint8_t key[CRYPT_GCM_KEY];
	static const uint8_t sealed[] = "\0\0\0\0\0\0\0\0\0\0\0\0"
					"\xce\xa7\x40\x3d\x4d\x60\x6b\x6e"
					"\x07\x4e\xc5\xd3\xba\xf3\x9d\x18"
					"\xd0\xd1\xc8\xa7\x99\x99\x6b\xf0"
					"\x26\x5b\x98\xb5\xd4\x8a\xb9\x19";
	uint8_t *text, *again;
	size_t len, i;

	text = crypt_gcm_open(a, key, "", 0, sealed, 44, &len);
	CHECK(text != NULL && len == 16);
	CHECK(text != NULL && memcmp(text, key, 16) == 0);
	CHECK(crypt_gcm_open(a, key, "x", 1, sealed, 44, &len) == NULL);
	CHECK(crypt_gcm_open(a, key, "", 0, sealed, 43, &len) == NULL);
	CHECK(crypt_gcm_open(a, key, "", 0, sealed, 27, &len) == NULL);

	again = crypt_gcm_seal(a, key, "place", 5, "text", 4, &len);
	CHECK(len == 4 + CRYPT_GCM_OVERHEAD);
	for (i = 0; i < len; i++) { /* any bit changed is noticed */
		again[i] ^= 1;
		CHECK(crypt_gcm_open(a, key, "place", 5, again, len,
			  &(size_t){ 0 }) == NULL);
		again[i] ^= 1;
	}
	text = crypt_gcm_open(a, key, "place", 5, again, len, &len);
	CHECK_STR((char *)text, "text");
}

static void
test_compare(void)
{
	char secret[8] = "secret!";

	CHECK(crypt_equal("abc", 3, "abc", 3));
	CHECK(!crypt_equal("abc", 3, "abd", 3));
	CHECK(!crypt_equal("abc", 3, "abcd", 4));
	CHECK(crypt_equal("", 0, "", 0));
	CHECK(crypt_equal_str("x", "x") && !crypt_equal_str("x", ""));
	crypt_wipe(secret, sizeof(secret));
	CHECK(memcmp(secret, "\0\0\0\0\0\0\0\0", 8) == 0);
}

static void
test_random(void)
{
	uint8_t x[32], y[32];
	const char *s;
	size_t i;

	crypt_random(x, sizeof(x));
	crypt_random(y, sizeof(y));
	CHECK(memcmp(x, y, sizeof(x)) != 0);
	s = crypt_token(a, 1000);
	for (i = 0; s[i] != '\0' && isalnum((unsigned char)s[i]); i++)
		continue;
	CHECK(i == 1000);
	CHECK(!str_eq(crypt_token(a, 32), crypt_token(a, 32)));
	CHECK_STR(crypt_token(a, 0), "");
}

static const struct {
	const char *plain, *coded, *url;
} base64[] = {
	{ "", "", "" },
	{ "f", "Zg==", "Zg" },
	{ "fo", "Zm8=", "Zm8" },
	{ "foo", "Zm9v", "Zm9v" },
	{ "foob", "Zm9vYg==", "Zm9vYg" },
	{ "fooba", "Zm9vYmE=", "Zm9vYmE" },
	{ "foobar", "Zm9vYmFy", "Zm9vYmFy" },
	{ "\xfb\xff\xfe", "+//+", "-__-" },
};

static void
test_base64(void)
{
	static const char *const bad[] = { "A",
		"Zg=", "Z===", "Zg===", "====", "Zm9v=", "Zm 9v", "Zm9v\n",
		"+-AA", "Zm=v", "\xc3\xa9zz" };
	const char *plain;
	uint8_t *back;
	size_t i, len;

	for (i = 0; i < NITEMS(base64); i++) {
		plain = base64[i].plain;
		CHECK_STR(crypt_base64(a, plain, strlen(plain)),
		    base64[i].coded);
		CHECK_STR(crypt_base64url(a, plain, strlen(plain)),
		    base64[i].url);
		back = crypt_unbase64(a, base64[i].coded,
		    strlen(base64[i].coded), &len);
		CHECK(back != NULL && len == strlen(plain));
		CHECK_STR((const char *)back, plain);
		back = crypt_unbase64(a, base64[i].url, strlen(base64[i].url),
		    &len);
		CHECK_STR((const char *)back, plain);
	}
	for (i = 0; i < NITEMS(bad); i++)
		CHECK(crypt_unbase64(a, bad[i], strlen(bad[i]), &len) == NULL);
	CHECK(crypt_unbase64(a, "Zg\0=", 4, &len) == NULL);
}

static const struct {
	const char *password, *hash;
	bool ok;
} passwords[] = {
	{ "password", ARGON2ID, true },
	{ "passwore", ARGON2ID, false },
	{ "", ARGON2ID, false },
	{ "password", ARGON2I, true },
	{ "differentpassword", ARGON2I, false },
	{ "U*U",
	    "$2a$05$CCCCCCCCCCCCCCCCCCCCC."
	    "E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
	    true },
	{ "U*U*",
	    "$2a$05$CCCCCCCCCCCCCCCCCCCCC."
	    "E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
	    false },
	{ "U*U*U",
	    "$2a$05$XXXXXXXXXXXXXXXXXXXXXO"
	    "AcXxm9kjPGEMsLznoKqmqw7tc8WCx4a",
	    true },
	{ "\xff\xff\xa3",
	    "$2y$05$/OK.fbVrR/bpIqNJ5ianF."
	    "CE5elHaaO4EbggVDjb8P19RukzXSM3e",
	    true },
	{ "Correct-Horse-7!",
	    "$2b$04$abcdefghijklmnopqrstuu"
	    "FA7SAV4MLw01shGvj8UMOR3jP/gyYM6",
	    true },
};

static const char *const refused[] = {
	"",
	"password",
	"$1$abcdefgh$G//4keteveJp0qb8z2DxG",
	"$argon2d$v=19$m=256,t=2,p=1$c29tZXNhbHQ$AAAA",
	"$argon2id$v=16$m=256,t=2,p=1$c29tZXNhbHQ$AAAA",
	"$argon2id$v=19$m=1048577,t=2,p=1$c29tZXNhbHQ$AAAA",
	"$argon2id$v=19$m=99999999999,t=2,p=1$c29tZXNhbHQ$AAAA",
	"$argon2id$v=19$m=256,t=11,p=1$c29tZXNhbHQ$AAAA",
	"$argon2id$v=19$m=256,t=0,p=1$c29tZXNhbHQ$AAAA",
	"$argon2id$v=19$m=256,t=2,p=17$c29tZXNhbHQ$AAAA",
	"$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ",
	"$argon2id$v=19$m=256,t=2$c29tZXNhbHQ$AAAA",
	"$argon2id$",
	"$2a$16$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
	"$2a$03$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
	"$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe",
	"$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
	"$2a$",
};

static void
test_passwords(void)
{
	static const struct crypt_cost other = { 512, 2, 1 };
	char long_password[80];
	const char *hash;
	bool stale;
	size_t i;

	for (i = 0; i < NITEMS(passwords); i++) {
		CHECK(crypt_password_hash_ok(passwords[i].hash));
		CHECK(crypt_password_verify(passwords[i].password,
			  passwords[i].hash, &low, NULL) == passwords[i].ok);
	}
	for (i = 0; i < NITEMS(refused); i++) {
		CHECK(!crypt_password_hash_ok(refused[i]));
		CHECK(!crypt_password_verify("password", refused[i], &low,
		    &stale));
	}

	hash = crypt_bcrypt_hash(a, "Tr0ub4dor", 4);
	CHECK(strlen(hash) == 60 && str_starts(hash, "$2b$04$"));
	CHECK(crypt_password_verify("Tr0ub4dor", hash, &low, &stale) && stale);
	CHECK(!crypt_password_verify("tr0ub4dor", hash, &low, &stale));
	CHECK(!str_eq(hash, crypt_bcrypt_hash(a, "Tr0ub4dor", 4)));

	hash = crypt_password_hash(a,
	    "Gr\xc3\xbc\xc3\x9f"
	    "e",
	    &low);
	CHECK(str_starts(hash, "$argon2id$v=19$m=256,t=2,p=1$"));
	CHECK(crypt_password_verify("Gr\xc3\xbc\xc3\x9f"
				    "e",
	    hash, &low, &stale));
	CHECK(!stale);
	CHECK(crypt_password_verify("Gr\xc3\xbc\xc3\x9f"
				    "e",
	    hash, &other, &stale));
	CHECK(stale);
	CHECK(!str_eq(hash, crypt_password_hash(a, "x", &low)));
	CHECK(crypt_password_verify("U*U", passwords[5].hash, &low, &stale));
	CHECK(stale);

	/* bcrypt never sees more than it reads: refused, not cut */
	memset(long_password, 'x', 73);
	long_password[73] = '\0';
	CHECK(!crypt_password_verify(long_password, passwords[5].hash, &low,
	    NULL));
}

int
main(void)
{
	a = arena_new();
	test_digests();
	test_gcm();
	test_compare();
	test_random();
	test_base64();
	test_passwords();
	arena_free(a);
	return test_done();
}

/*
 * sealed: who can open what, changing keys, and lists of keys that are refused.
 */
#include "net/sealed.h"

#include <string.h>

#include "base/str.h"
#include "net/crypt.h"
#include "tests/test.h"

#define K1 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define K2 "F0E0D0C0B0A090807060504030201000f0e0d0c0b0a090807060504030201000"
#define T1 "11111111-1111-4111-8111-111111111111"
#define T2 "22222222-2222-4222-8222-222222222222"

static struct arena *a;

static struct sealed *
keys(const char *first, const char *second)
{
	const char *const list[] = { first, second, NULL };
	const char *why;
	struct sealed *s = sealed_new(list, &why);

	CHECK(s != NULL && why == NULL);
	return s;
}

static void
test_tenants(void)
{
	static const char secret[] = "AIza-a-key-of-an-outside-service";
	struct sealed *s = keys(K1, NULL);
	uint8_t *blob, *again;
	size_t len, n, i;
	bool opened = false;

	blob = sealed_close(s, a, T1, secret, strlen(secret), &len);
	CHECK(len == strlen(secret) + SEALED_OVERHEAD);
	CHECK(memmem(blob, len, "AIza", 4) == NULL);
	CHECK_STR(sealed_open(s, a, T1, blob, len, &n), secret);
	CHECK(n == strlen(secret));
	/* Moved to another tenant it opens no more. */
	CHECK(sealed_open(s, a, T2, blob, len, &n) == NULL);
	CHECK(sealed_open(s, a, "", blob, len, &n) == NULL);
	/* Nor with any byte changed, or cut. */
	for (i = 0; i < len; i++) {
		blob[i] ^= 1;
		opened |= sealed_open(s, a, T1, blob, len, &n) != NULL;
		blob[i] ^= 1;
		opened |= sealed_open(s, a, T1, blob, i, &n) != NULL;
	}
	CHECK(!opened);
	/* The same secret twice does not look the same. */
	again = sealed_close(s, a, T1, secret, strlen(secret), &len);
	CHECK(memcmp(blob + 1, again + 1, 12) != 0);
	CHECK(memcmp(blob + 13, again + 13, len - 13) != 0);
	again = sealed_close(s, a, T1, "", 0, &len);
	CHECK_STR(sealed_open(s, a, T1, again, len, &n), "");
	sealed_free(s);
}

/* AES-GCM as the standard has it, so that others can read it with the key. */
static void
test_form(void)
{
	struct sealed *s = keys(K1, NULL);
	uint8_t key[CRYPT_GCM_KEY], *blob, *text;
	size_t i, len, n;

	for (i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	blob = sealed_close(s, a, T1, "text", 4, &len);
	text = crypt_gcm_open(a, key, T1, strlen(T1), blob + 1, len - 1, &n);
	CHECK(text != NULL && n == 4 && memcmp(text, "text", 4) == 0);
	sealed_free(s);
}

static void
test_rotation(void)
{
	struct sealed *old = keys(K1, NULL), *both = keys(K2, K1);
	struct sealed *new = keys(K2, NULL);
	uint8_t *blob;
	size_t len, n;
	char *text;

	blob = sealed_close(old, a, T1, "secret", 6, &len);
	CHECK(!sealed_is_stale(old, blob, len));
	CHECK(sealed_open(new, a, T1, blob, len, &n) == NULL);
	text = sealed_open(both, a, T1, blob, len, &n);
	CHECK_STR(text, "secret");
	CHECK(sealed_is_stale(both, blob, len));
	blob = sealed_close(both, a, T1, text, n, &len);
	CHECK(!sealed_is_stale(both, blob, len));
	CHECK_STR(sealed_open(new, a, T1, blob, len, &n), "secret");
	CHECK(sealed_open(old, a, T1, blob, len, &n) == NULL);
	sealed_free(old);
	sealed_free(both);
	sealed_free(new);
}

static void
test_wiped(void)
{
	struct sealed *s = keys(K1, NULL);
	struct arena *own = arena_new();
	static char kept[16];
	const char *text;
	uint8_t *blob;
	size_t len, n;

	blob = sealed_close(s, a, T1, "wipe me please", 14, &len);
	text = sealed_open(s, own, T1, blob, len, &n);
	CHECK_STR(text, "wipe me please");
#ifndef ARENA_MALLOC
	/* The first block of an arena stays: its bytes may be looked at. */
	arena_reset(own);
	memcpy(kept, text, 14);
#endif
	CHECK_STR(kept, "");
	arena_free(own);
	sealed_free(s);
}

static void
test_lists(void)
{
	static const char *const none[] = { NULL };
	static const char *const bad[] = {
		"", "00", K1 "0", K1 "00", "g" K1,
		"0x0102030405060708090a0b0c0d0e0f101112131415161718191"
		"a1b1c1d1e1f",
		"00010203040506070809 a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	};
	const char *list[SEALED_KEYS_MAX + 2] = { K1 }, *why = "?";
	size_t i;

	CHECK(sealed_new(none, &why) == NULL && why == NULL);
	for (i = 0; i < NITEMS(bad); i++) {
		list[1] = bad[i];
		list[2] = NULL;
		CHECK(sealed_new(list, &why) == NULL);
		CHECK_STR(why, "must be keys of 64 hex digits");
	}
	for (i = 0; i < SEALED_KEYS_MAX + 1; i++)
		list[i] = K1;
	list[i] = NULL;
	CHECK(sealed_new(list, &why) == NULL);
	CHECK_STR(why, "has more than 16 keys");
}

int
main(void)
{
	a = arena_new();
	test_tenants();
	test_form();
	test_rotation();
	test_wiped();
	test_lists();
	arena_free(a);
	return test_done();
}

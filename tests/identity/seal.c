/*
 * seal: what is sealed opens in its place only, and after a change of secrets
 * as long as the old one is listed.
 */
#include "identity/seal.h"

#include <string.h>

#include "tests/test.h"

int
main(void)
{
	static const char *const old[] = { "old-secret-old-secret", NULL };
	static const char *const both[] = { "new-secret-new-secret",
		"old-secret-old-secret", NULL };
	static const char *const gone[] = { "new-secret-new-secret", NULL };
	struct arena *a = arena_new();
	const char *sealed, *again;
	char *text;
	bool stale;
	size_t len;

	sealed = seal_close(a, old, "totp:1", "se\0cret", 7);
	CHECK(strncmp(sealed, "v1.", 3) == 0 && strstr(sealed, "cret") == NULL);
	again = seal_close(a, old, "totp:1", "se\0cret", 7);
	CHECK(strcmp(sealed, again) != 0);

	text = seal_open(a, old, "totp:1", sealed, &len, &stale);
	CHECK(text != NULL && len == 7 && memcmp(text, "se\0cret", 8) == 0);
	CHECK(!stale);
	CHECK(seal_open(a, old, "totp:2", sealed, &len, NULL) == NULL);

	text = seal_open(a, both, "totp:1", sealed, &len, &stale);
	CHECK(text != NULL && len == 7 && stale);
	CHECK(seal_open(a, gone, "totp:1", sealed, &len, NULL) == NULL);

	CHECK(seal_open(a, old, "totp:1", "", &len, NULL) == NULL);
	CHECK(seal_open(a, old, "totp:1", "v1.", &len, NULL) == NULL);
	CHECK(seal_open(a, old, "totp:1", "v1.!!", &len, NULL) == NULL);
	CHECK(seal_open(a, old, "totp:1", "v2.AAAA", &len, NULL) == NULL);
	arena_free(a);
	return test_done();
}

/*
 * What a provider sends: any token under any set of keys (the first line is
 * the set). Nothing the fuzzer can write is signed by a key it does not have,
 * except what it makes up key and all; then the claims are read.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "net/jwt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct jwt_rules rules = { "https://i.example", "me", NULL, "n1",
		1800000000, 60 };
	struct arena *a = arena_new();
	const struct json *keys, *claims = NULL;
	const char *token, *why = NULL;
	const uint8_t *rest = memchr(data, '\n', size);
	size_t len = rest == NULL ? size : (size_t)(rest - data);

	keys = json_parse(a, data, len, NULL, NULL);
	token = rest == NULL
	    ? ""
	    : arena_strndup(a, (const char *)rest + 1, size - len - 1);
	if (jwt_verify(a, token, keys, &claims, &why) == JWT_OK)
		assert(json_kind(claims) == JSON_OBJECT);
	else
		assert(why != NULL && claims == NULL);
	claims = json_parse(a, token, strlen(token), NULL, NULL);
	assert(jwt_check(claims, &rules, &why) == (why == NULL));
	arena_free(a);
	return 0;
}

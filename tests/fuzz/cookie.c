/*
 * The Cookie header: any text in, a value inside it out.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "rpc/cookie.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	const char *text, *value;

	text = arena_strndup(a, (const char *)data, size);
	value = cookie_get(a, text, "ory_kratos_session");
	if (value != NULL) {
		assert(strchr(value, ';') == NULL);
		assert(strstr(text, value) != NULL);
	}
	(void)cookie_get(a, text, "a");
	arena_free(a);
	return 0;
}

/*
 * JSON Patch: a document and a patch, one JSON list of both. What comes out is
 * of bounded size and can be written and read again.
 */
#include <assert.h>
#include <string.h>

#include "net/json_patch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct json_limits limits = { 65536, 40 };
	struct arena *a = arena_new();
	const struct json *both, *out;
	const char *why = NULL, *text;

	both = json_parse(a, data, size, &limits, NULL);
	out = json_patch(a, json_at(both, 0), json_at(both, 1), &why);
	assert((out == NULL) == (why != NULL));
	if (out != NULL) {
		text = json_string(a, out, JSON_COMPACT);
		assert(json_parse(a, text, strlen(text), NULL, NULL) != NULL);
	}
	(void)json_patch_touches(json_at(both, 1), "/id");
	arena_free(a);
	return 0;
}

/*
 * YAML: any bytes in; an error with its line, or values that are JSON.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "net/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	const char *error = NULL, *text;
	struct json *j;

	j = yaml_parse(a, data, size, &error);
	assert((j == NULL) == (error != NULL));
	if (j != NULL) {
		text = json_string(a, j, JSON_COMPACT);
		assert(json_parse(a, text, strlen(text), NULL, &error) != NULL);
	} else
		assert(strncmp(error, "line ", 5) == 0 ||
		    strncmp(error, "larger ", 7) == 0);
	arena_free(a);
	return 0;
}

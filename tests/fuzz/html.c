/*
 * Sanitizer: any bytes in; out comes safe markup that is its own sanitized
 * form and holds none of the openings a script needs.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "learn/html.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a;
	const char *in, *once;

	a = arena_new();
	in = arena_strndup(a, (const char *)data, size);
	once = html_sanitize(a, in);
	assert(strcmp(html_sanitize(a, once), once) == 0);
	assert(strstr(once, "<script") == NULL);
	assert(strstr(once, "<style") == NULL);
	assert(strstr(once, "\"javascript:") == NULL);
	(void)html_to_text(a, in); /* only has to return */
	arena_free(a);
	return 0;
}

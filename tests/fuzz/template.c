/*
 * Template compiler: any bytes in; an error that names file and line, or C in
 * which nothing of the template stands outside a string.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "tools/tmplc.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a;
	struct buf *header, *source;
	const char *error;

	a = arena_new();
	header = buf_new(a);
	source = buf_new(a);
	error = tmplc_compile(a, "fuzz.html", (const char *)data, size, header,
	    source);
	if (error != NULL) {
		assert(strncmp(error, "fuzz.html:", 10) == 0);
		assert(header->len == 0 && source->len == 0);
	} else {
		assert(strstr(buf_str(source), "tmpl_fuzz") != NULL);
		assert(strlen(source->data) == source->len);
	}
	arena_free(a);
	return 0;
}

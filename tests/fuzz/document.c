/*
 * Course documents: any bytes in; what is accepted is written and read again
 * without change.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "learn/document.h"
#include "mirai/v1/course.pb.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pb_course one = { 0 }, two = { 0 };
	const char *error = NULL;
	struct buf *a, *b;
	struct arena *mem;
	int rc;

	mem = arena_new();
	if (document_read(mem, data, size, &one, &error) == -1) {
		assert(error != NULL && *error != '\0');
		arena_free(mem);
		return 0;
	}
	a = buf_new(mem);
	b = buf_new(mem);
	document_write(mem, a, &one);
	rc = document_read(mem, a->data, a->len, &two, &error);
	assert(rc == 0);
	document_write(mem, b, &two);
	assert(a->len == b->len && memcmp(a->data, b->data, a->len) == 0);
	arena_free(mem);
	return 0;
}

/*
 * The form in which a document leaves its sandbox: any bytes are refused or
 * give a document that all later stages can take.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "ai/pipeline.h"
#include "ai/provider.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pipeline_options o = { 0 };
	struct pipeline_result r;
	struct arena *a = arena_new();
	const char *why;
	struct doc *d;

	if ((d = doc_decode(a, data, size)) != NULL &&
	    pipeline_run(a, d, &o, &r, &why) == 0)
		assert(r.course->content->nsections > 0);
	arena_free(a);
	return 0;
}

/*
 * DOCX extractor: whatever comes in, the document that comes out is one
 * that the decoder takes and that renders.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "ai/extract.h"
#include "ai/render.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct doc_maker *m = doc_maker_new(a, "line");
	struct buf *b = buf_new(a);
	const char *why;
	struct doc *d;

	if (extract_docx(m, (const char *)data, size, &why) == 0) {
		d = doc_finish(m);
		doc_encode(b, d);
		assert(doc_decode(a, b->data, b->len) != NULL);
		render_html(b, d->blocks, d->nblocks);
		render_markdown(b, d->blocks, d->nblocks);
	}
	arena_free(a);
	return 0;
}

/*
 * What every extractor promises: whatever comes in, the document that comes
 * out is one that the decoder takes and that renders.
 */
#ifndef MIRAI_FUZZ_EXTRACTOR_H
#define MIRAI_FUZZ_EXTRACTOR_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "ai/extract.h"
#include "ai/render.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
extractor_try(int (*extract)(struct doc_maker *m, const char *p, size_t len,
		  const char **why),
    const char *unit, const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct doc_maker *m = doc_maker_new(a, unit);
	struct buf *b = buf_new(a);
	const char *why;
	struct doc *d;

	if (extract(m, (const char *)data, size, &why) == 0) {
		d = doc_finish(m);
		doc_encode(b, d);
		assert(doc_decode(a, b->data, b->len) != NULL);
		render_html(b, d->blocks, d->nblocks);
		render_markdown(b, d->blocks, d->nblocks);
	}
	arena_free(a);
}

#endif

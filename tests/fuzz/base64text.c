/*
 * Base64 of gRPC-Web text and the envelopes inside: any bytes in. What is
 * accepted as one piece is written again as it was.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/b64text.h"
#include "rpc/envelope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_frames(const uint8_t *p, size_t len)
{
	const uint8_t *end = p + len;
	struct envelope e;

	while (envelope_next(&p, &len, &e) == ENVELOPE_ONE)
		assert(e.data + e.len <= end && p + len == end);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct buf *b;
	uint8_t *out;
	size_t len;

	read_frames(data, size);
	out = b64text_decode(a, (const char *)data, size, &len);
	if (out != NULL) {
		read_frames(out, len);
		b = b64text_encode(a, out, len);
		/* Padding before the end means several pieces. */
		if (memchr(data, '=', size < 2 ? 0 : size - 2) == NULL)
			assert(b->len == size &&
			    (size == 0 || memcmp(b->data, data, size) == 0));
	}
	arena_free(a);
	return 0;
}

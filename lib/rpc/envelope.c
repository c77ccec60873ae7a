/*
 * Envelopes. Announced lengths are compared with what is there, and never
 * used to allocate.
 */
#include "rpc/envelope.h"

#include <assert.h>

#define HEAD 5

enum envelope_step
envelope_next(const uint8_t **p, size_t *left, struct envelope *out)
{
	const uint8_t *h = *p;
	size_t len;

	if (*left == 0)
		return ENVELOPE_NONE;
	if (*left < HEAD)
		return ENVELOPE_CUT;
	len = (size_t)h[1] << 24 | (size_t)h[2] << 16 | (size_t)h[3] << 8 |
	    (size_t)h[4];
	if (*left - HEAD < len)
		return ENVELOPE_CUT;
	*out = (struct envelope){ h[0], h + HEAD, len };
	*p += HEAD + len;
	*left -= HEAD + len;
	return ENVELOPE_ONE;
}

void
envelope_put(struct buf *b, uint8_t flags, const void *p, size_t len)
{
	assert(len <= UINT32_MAX);
	buf_reserve(b, HEAD + len);
	buf_putc(b, (char)flags);
	buf_put_u32be(b, (uint32_t)len);
	buf_put(b, p, len);
}

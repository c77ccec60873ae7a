/*
 * Envelopes, the frames of Connect streams and gRPC-Web (spec rpc.md T-1,
 * W-1): one flag byte, four bytes of length, the payload.
 */
#ifndef MIRAI_RPC_ENVELOPE_H
#define MIRAI_RPC_ENVELOPE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define ENVELOPE_COMPRESSED 0x01
#define ENVELOPE_END	    0x02 /* Connect: end of stream */
#define ENVELOPE_TRAILER    0x80 /* gRPC-Web */

struct envelope {
	uint8_t flags;
	const uint8_t *data; /* borrowed from the input */
	size_t len;
};

enum envelope_step {
	ENVELOPE_NONE, /* the input is used up */
	ENVELOPE_ONE,
	ENVELOPE_CUT /* less is there than announced */
};

/* The next envelope of *p, which moves behind it. */
enum envelope_step envelope_next(const uint8_t **p, size_t *left,
    struct envelope *out);

/* Appends an envelope to b. */
void envelope_put(struct buf *b, uint8_t flags, const void *p, size_t len);

#endif

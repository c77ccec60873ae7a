/*
 * The slice of CBOR (RFC 8949) that authenticators send: definite lengths, no
 * tags, no floats (CTAP 2 canonical form). Reads from memory that the caller
 * keeps and allocates nothing.
 */
#ifndef MIRAI_NET_CBOR_H
#define MIRAI_NET_CBOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where reading has come to; after a failure it may only be thrown away. */
struct cbor {
	const uint8_t *p;
	size_t left;
};

/* A map's head: how many pairs follow. False: it is something else. */
bool cbor_map(struct cbor *c, size_t *npairs);

/* A text or byte string, borrowed. False: it is something else. */
bool cbor_text(struct cbor *c, const char **p, size_t *len);
bool cbor_bytes(struct cbor *c, const uint8_t **p, size_t *len);

/*
 * Passes over one value with all inside it. False: cut off, not of this slice,
 * or more than 4 levels deep. What passes has no count larger than its bytes.
 */
bool cbor_skip(struct cbor *c);

#endif

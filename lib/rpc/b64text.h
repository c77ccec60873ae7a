/*
 * The base64 of gRPC-Web text bodies (spec rpc.md W-4).
 */
#ifndef MIRAI_RPC_B64TEXT_H
#define MIRAI_RPC_B64TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"

/*
 * Decodes one or more pieces, each padded by itself, that follow each other
 * without a break. NULL if malformed. In a.
 */
uint8_t *b64text_decode(struct arena *a, const char *s, size_t slen,
    size_t *len);

/* p as one padded piece. In a. */
struct buf *b64text_encode(struct arena *a, const void *p, size_t len);

#endif

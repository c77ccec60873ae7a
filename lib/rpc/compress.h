/*
 * Compression of messages (spec rpc.md, section 6). The only user of zlib,
 * libbrotli and libzstd.
 */
#ifndef MIRAI_RPC_COMPRESS_H
#define MIRAI_RPC_COMPRESS_H

#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/code.h"

enum compress {
	COMPRESS_IDENTITY = 0,
	COMPRESS_GZIP,
	COMPRESS_BR,
	COMPRESS_ZSTD,
	COMPRESS__MAX
};

/* Shorter bodies are sent plain (Z-2). */
#define COMPRESS_LEAST ((size_t)1024)

/* The wire name, and the encoding of a name; COMPRESS__MAX if unknown. */
const char *compress_name(enum compress how);
enum compress compress_find(const char *name);

/* "gzip, br, zstd": for error texts and Accept-Encoding. */
const char *compress_names(void);

/*
 * The first entry of a preference list ("br;q=0.5, gzip") that we have and
 * that is not refused with q=0; identity if none.
 */
enum compress compress_choose(const char *list);

/* Appends p compressed to out. */
void compress_put(enum compress how, struct buf *out, const void *p,
    size_t len);

/*
 * Appends p decompressed to out. RESOURCE_EXHAUSTED as soon as more than max
 * bytes come out; INVALID_ARGUMENT when cut short, damaged or followed by
 * other bytes.
 */
enum code compress_get(enum compress how, struct buf *out, const void *p,
    size_t len, size_t max) MUST_CHECK;

#endif

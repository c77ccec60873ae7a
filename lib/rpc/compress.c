/*
 * Compression of messages. Output grows step by step, so a bomb costs no
 * more than its limit and one step.
 */
#include "rpc/compress.h"

#include <assert.h>
#include <limits.h>
#include <string.h>
#include <strings.h>

#include <brotli/decode.h>
#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

#include "base/str.h"

#define STEP	       ((size_t)32 * 1024)
#define GZIP_LEVEL     5
#define GZIP_WINDOW    (15 + 16) /* the gzip wrapper, not zlib's */
#define GZIP_MEMORY    8
#define BR_LEVEL       4
#define ZSTD_LEVEL     3
#define ZSTD_WINDOWLOG 23 /* 8 MiB */

static const char *const names[] = {
	[COMPRESS_IDENTITY] = "identity",
	[COMPRESS_GZIP] = "gzip",
	[COMPRESS_BR] = "br",
	[COMPRESS_ZSTD] = "zstd",
};

const char *
compress_name(enum compress how)
{
	assert((unsigned)how < COMPRESS__MAX);
	return names[how];
}

static enum compress
find(const char *name, size_t len)
{
	unsigned i;

	for (i = 0; i < COMPRESS__MAX; i++) {
		if (strlen(names[i]) == len &&
		    strncasecmp(names[i], name, len) == 0)
			return (enum compress)i;
	}
	return COMPRESS__MAX;
}

enum compress
compress_find(const char *name)
{
	return find(name, strlen(name));
}

const char *
compress_names(void)
{
	return "gzip, br, zstd";
}

/* Whether the parameters after an encoding's name say q=0. */
static bool
refused(const char *params, size_t len)
{
	const char *end = params + len, *q;

	for (q = params; q + 1 < end; q++) {
		if ((*q == 'q' || *q == 'Q') && q[1] == '=')
			break;
	}
	if (q + 1 >= end)
		return false;
	for (q += 2; q < end; q++) {
		if (*q != '0' && *q != '.')
			return *q == ' ' || *q == '\t';
	}
	return true;
}

enum compress
compress_choose(const char *list)
{
	const char *params;
	enum compress how;
	size_t len, name;

	for (; *list != '\0'; list += len + (list[len] == ',')) {
		while (*list == ' ' || *list == '\t')
			list++;
		len = strcspn(list, ",");
		name = strcspn(list, ",; \t");
		params = list + name;
		how = find(list, name);
		if (how != COMPRESS__MAX && !refused(params, len - name))
			return how;
	}
	return COMPRESS_IDENTITY;
}

/* --- out ------------------------------------------------------------------- */

static void
gzip_put(struct buf *out, const void *p, size_t len)
{
	z_stream z;
	size_t room;
	int rc;

	memset(&z, 0, sizeof(z));
	rc = deflateInit2(&z, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY,
	    Z_DEFAULT_STRATEGY);
	assert(rc == Z_OK && len <= UINT_MAX);
	room = deflateBound(&z, len);
	z.next_in = (z_const Bytef *)(uintptr_t)p;
	z.avail_in = (uInt)len;
	z.next_out = (Bytef *)buf_reserve(out, room);
	z.avail_out = (uInt)room;
	rc = deflate(&z, Z_FINISH);
	assert(rc == Z_STREAM_END);
	out->len += z.total_out;
	deflateEnd(&z);
}

static void
br_put(struct buf *out, const void *p, size_t len)
{
	size_t room;
	BROTLI_BOOL ok;

	room = BrotliEncoderMaxCompressedSize(len);
	assert(room > 0);
	ok = BrotliEncoderCompress(BR_LEVEL, BROTLI_DEFAULT_WINDOW,
	    BROTLI_MODE_GENERIC, len, p, &room,
	    (uint8_t *)buf_reserve(out, room));
	assert(ok == BROTLI_TRUE);
	out->len += room;
}

static void
zstd_put(struct buf *out, const void *p, size_t len)
{
	size_t room, n;

	room = ZSTD_compressBound(len);
	n = ZSTD_compress(buf_reserve(out, room), room, p, len, ZSTD_LEVEL);
	assert(!ZSTD_isError(n));
	out->len += n;
}

void
compress_put(enum compress how, struct buf *out, const void *p, size_t len)
{
	switch (how) {
	case COMPRESS_GZIP:
		gzip_put(out, p, len);
		break;
	case COMPRESS_BR:
		br_put(out, p, len);
		break;
	case COMPRESS_ZSTD:
		zstd_put(out, p, len);
		break;
	case COMPRESS_IDENTITY:
	case COMPRESS__MAX:
		buf_put(out, p, len);
		break;
	}
}

/* --- in -------------------------------------------------------------------- */

/* Room for one step, but never more than one byte past the limit. */
static size_t
step_room(const struct buf *out, size_t start, size_t max)
{
	size_t left = max - (out->len - start) + 1;

	return left < STEP ? left : STEP;
}

/* Members that follow each other count together; padding is no member. */
static enum code
gunzip(z_stream *z, struct buf *out, size_t max)
{
	size_t start = out->len, room;
	int rc;

	for (;;) {
		room = step_room(out, start, max);
		z->next_out = (Bytef *)buf_reserve(out, room);
		z->avail_out = (uInt)room;
		rc = inflate(z, Z_NO_FLUSH);
		out->len += room - z->avail_out;
		if (out->len - start > max)
			return CODE_RESOURCE_EXHAUSTED;
		if (rc == Z_STREAM_END && z->avail_in == 0)
			return CODE_OK;
		if (rc == Z_STREAM_END && inflateReset(z) != Z_OK)
			return CODE_INVALID_ARGUMENT;
		else if (rc != Z_OK && rc != Z_STREAM_END)
			return CODE_INVALID_ARGUMENT;
	}
}

static enum code
gzip_get(struct buf *out, const void *p, size_t len, size_t max)
{
	enum code code;
	z_stream z;
	int rc;

	memset(&z, 0, sizeof(z));
	if (len > UINT_MAX)
		return CODE_RESOURCE_EXHAUSTED;
	rc = inflateInit2(&z, GZIP_WINDOW);
	assert(rc == Z_OK);
	z.next_in = (z_const Bytef *)(uintptr_t)p;
	z.avail_in = (uInt)len;
	code = gunzip(&z, out, max);
	inflateEnd(&z);
	return code;
}

static enum code
unbrotli(BrotliDecoderState *s, struct buf *out, const uint8_t *p, size_t len,
    size_t max)
{
	BrotliDecoderResult rc;
	size_t start = out->len, room, left;
	uint8_t *to;

	for (;;) {
		left = room = step_room(out, start, max);
		to = (uint8_t *)buf_reserve(out, room);
		rc = BrotliDecoderDecompressStream(s, &len, &p, &left, &to,
		    NULL);
		out->len += room - left;
		if (out->len - start > max)
			return CODE_RESOURCE_EXHAUSTED;
		if (rc == BROTLI_DECODER_RESULT_SUCCESS)
			return len == 0 ? CODE_OK : CODE_INVALID_ARGUMENT;
		if (rc != BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT)
			return CODE_INVALID_ARGUMENT;
	}
}

static enum code
br_get(struct buf *out, const void *p, size_t len, size_t max)
{
	BrotliDecoderState *s;
	enum code code;

	s = BrotliDecoderCreateInstance(NULL, NULL, NULL);
	assert(s != NULL);
	code = unbrotli(s, out, p, len, max);
	BrotliDecoderDestroyInstance(s);
	return code;
}

/* Frames that follow each other count together, as the format says. */
static enum code
unzstd(ZSTD_DCtx *d, struct buf *out, ZSTD_inBuffer *in, size_t max)
{
	size_t start = out->len, hint = 1;
	ZSTD_outBuffer to;

	for (;;) {
		to.size = step_room(out, start, max);
		to.dst = buf_reserve(out, to.size);
		to.pos = 0;
		hint = ZSTD_decompressStream(d, &to, in);
		if (ZSTD_isError(hint))
			return CODE_INVALID_ARGUMENT;
		out->len += to.pos;
		if (out->len - start > max)
			return CODE_RESOURCE_EXHAUSTED;
		if (in->pos == in->size && hint == 0)
			return CODE_OK;
		if (in->pos == in->size && to.pos < to.size)
			return CODE_INVALID_ARGUMENT;
	}
}

static enum code
zstd_get(struct buf *out, const void *p, size_t len, size_t max)
{
	ZSTD_inBuffer in = { p, len, 0 };
	enum code code;
	ZSTD_DCtx *d;

	d = ZSTD_createDCtx();
	assert(d != NULL);
	ZSTD_DCtx_setParameter(d, ZSTD_d_windowLogMax, ZSTD_WINDOWLOG);
	code = unzstd(d, out, &in, max);
	ZSTD_freeDCtx(d);
	return code;
}

enum code
compress_get(enum compress how, struct buf *out, const void *p, size_t len,
    size_t max)
{
	enum code code = CODE_INVALID_ARGUMENT;

	switch (how) {
	case COMPRESS_GZIP:
		code = gzip_get(out, p, len, max);
		break;
	case COMPRESS_BR:
		code = br_get(out, p, len, max);
		break;
	case COMPRESS_ZSTD:
		code = zstd_get(out, p, len, max);
		break;
	case COMPRESS_IDENTITY:
	case COMPRESS__MAX:
		if (len > max)
			return CODE_RESOURCE_EXHAUSTED;
		buf_put(out, p, len);
		code = CODE_OK;
		break;
	}
	*buf_reserve(out, 1) = '\0';
	return code;
}

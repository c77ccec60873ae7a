/*
 * Compression: round trips, choice by preference, bombs and damage.
 */
#include "rpc/compress.h"

#include <stdlib.h>

#include "tests/test.h"

static void
round_trip(enum compress how, size_t len)
{
	struct buf in = BUF_INIT, packed = BUF_INIT, out = BUF_INIT;
	size_t i;

	for (i = 0; i < len; i++)
		buf_putc(&in, (char)(i * i >> 3));
	compress_put(how, &packed, in.data, in.len);
	CHECK(compress_get(how, &out, packed.data, packed.len, len) == CODE_OK);
	CHECK(out.len == len &&
	    (len == 0 || memcmp(in.data, out.data, len) == 0));
	buf_reset(&out);
	if (len > 0)
		CHECK(compress_get(how, &out, packed.data, packed.len,
			  len - 1) == CODE_RESOURCE_EXHAUSTED);
	buf_free(&in);
	buf_free(&packed);
	buf_free(&out);
}

static void
damage(enum compress how)
{
	struct buf packed = BUF_INIT, out = BUF_INIT;
	char text[4000];
	size_t i;

	memset(text, 'x', sizeof(text));
	compress_put(how, &packed, text, sizeof(text));
	for (i = 0; i < packed.len; i++) {
		buf_reset(&out);
		if (compress_get(how, &out, packed.data, i, sizeof(text)) !=
		    CODE_INVALID_ARGUMENT)
			break;
	}
	CHECK(i == packed.len); /* every cut is noticed */
	buf_puts(&packed, "trailing");
	buf_reset(&out);
	CHECK(compress_get(how, &out, packed.data, packed.len, sizeof(text)) ==
	    CODE_INVALID_ARGUMENT);
	buf_free(&packed);
	buf_free(&out);
}

/* Many zero bytes, little input: the limit ends it, not the memory. */
static void
bomb(enum compress how)
{
	struct buf packed = BUF_INIT, out = BUF_INIT;
	size_t len = (size_t)64 << 20;
	char *zeros;

	zeros = calloc(1, len);
	compress_put(how, &packed, zeros, len);
	free(zeros);
	CHECK(packed.len < len / 100);
	CHECK(compress_get(how, &out, packed.data, packed.len, 4 << 20) ==
	    CODE_RESOURCE_EXHAUSTED);
	CHECK(out.cap <= 16 << 20);
	buf_free(&packed);
	buf_free(&out);
}

static void
concatenated(enum compress how)
{
	struct buf packed = BUF_INIT, out = BUF_INIT;

	compress_put(how, &packed, "one ", 4);
	compress_put(how, &packed, "two", 3);
	CHECK(compress_get(how, &out, packed.data, packed.len, 7) == CODE_OK);
	CHECK_STR(buf_str(&out), "one two");
	buf_reset(&out);
	CHECK(compress_get(how, &out, packed.data, packed.len, 6) ==
	    CODE_RESOURCE_EXHAUSTED);
	buf_free(&packed);
	buf_free(&out);
}

static void
choice(void)
{
	CHECK(compress_choose("") == COMPRESS_IDENTITY);
	CHECK(compress_choose("gzip") == COMPRESS_GZIP);
	CHECK(compress_choose("deflate, br, gzip") == COMPRESS_BR);
	CHECK(compress_choose("snappy") == COMPRESS_IDENTITY);
	CHECK(compress_choose("zstd;q=0, gzip;q=0.1") == COMPRESS_GZIP);
	CHECK(compress_choose("br;q=0.000,zstd") == COMPRESS_ZSTD);
	CHECK(compress_choose(" GZIP ;q=1.0") == COMPRESS_GZIP);
	CHECK(compress_choose("identity, gzip") == COMPRESS_IDENTITY);
	CHECK(compress_choose("*") == COMPRESS_IDENTITY);
	CHECK(compress_choose(",,;q=0,") == COMPRESS_IDENTITY);
	CHECK(compress_find("gzi") == COMPRESS__MAX);
	CHECK(compress_find("zstd") == COMPRESS_ZSTD);
}

int
main(void)
{
	static const size_t sizes[] = { 0, 1, 1023, 1024, 32768, 32769,
		300000 };
	unsigned how;
	size_t i;

	for (how = COMPRESS_GZIP; how < COMPRESS__MAX; how++) {
		for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
			round_trip((enum compress)how, sizes[i]);
		damage((enum compress)how);
		bomb((enum compress)how);
	}
	concatenated(COMPRESS_GZIP);
	concatenated(COMPRESS_ZSTD);
	choice();
	return test_done();
}

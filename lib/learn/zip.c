/*
 * Writes ZIP archives (APPNOTE 6.3.10) of files that are in memory. Two calls
 * with equal files give equal bytes. Never writes an entry twice, never looks
 * at the clock.
 */
#include "learn/zip.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ZLIB_CONST
#include <zlib.h>

#include "base/str.h"

#define MAX_ENTRIES 65535
#define MAX_NAME    255

#define SIG_LOCAL   0x04034b50u
#define SIG_CENTRAL 0x02014b50u
#define SIG_END	    0x06054b50u

#define VERSION	 20		    /* 2.0: Deflate, folders in names */
#define MADE_BY	 (3 << 8 | VERSION) /* Unix: so that the mode below counts */
#define MODE	 (0100644u << 16)
#define DATE	 ((0 << 9) | (1 << 5) | 1) /* 1980-01-01, the format's first */
#define STORED	 0
#define DEFLATED 8

struct entry {
	const char *name;
	const void *data;
	size_t len;
	uint32_t crc;
	uint32_t packed;
	uint32_t offset;
	unsigned method;
};

struct zip {
	struct arena *mem;
	struct entry *entries;
	size_t nentries;
	size_t cap;
	bool sorted;
};

struct zip *
zip_new(struct arena *a)
{
	struct zip *z;

	z = arena_zalloc(a, sizeof(*z));
	z->mem = a;
	z->sorted = true;
	return z;
}

static bool
segment_ok(const char *s, size_t len)
{
	return len > 0 && !(len == 1 && s[0] == '.') &&
	    !(len == 2 && s[0] == '.' && s[1] == '.');
}

bool
zip_name_ok(const char *name)
{
	size_t len;

	if (strlen(name) > MAX_NAME)
		return false;
	for (;;) {
		len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-");
		if (!segment_ok(name, len))
			return false;
		name += len;
		if (*name == '\0')
			return true;
		if (*name++ != '/')
			return false;
	}
}

static bool
is_taken(const struct zip *z, const char *name)
{
	size_t i;

	for (i = 0; i < z->nentries; i++)
		if (strcmp(z->entries[i].name, name) == 0)
			return true;
	return false;
}

int
zip_add(struct zip *z, const char *name, const void *p, size_t len)
{
	struct entry *e;

	if (!zip_name_ok(name) || is_taken(z, name) ||
	    z->nentries == MAX_ENTRIES || len > UINT32_MAX)
		return -1;
	if (z->nentries == z->cap) {
		z->entries = arena_grow(z->mem, z->entries, z->cap,
		    z->cap == 0 ? 32 : z->cap * 2, sizeof(*z->entries));
		z->cap = z->cap == 0 ? 32 : z->cap * 2;
	}
	e = &z->entries[z->nentries++];
	memset(e, 0, sizeof(*e));
	e->name = arena_strdup(z->mem, name);
	e->data = p;
	e->len = len;
	z->sorted = false;
	return 0;
}

static int
by_name(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static void
sort(struct zip *z)
{
	if (!z->sorted && z->nentries > 0)
		qsort(z->entries, z->nentries, sizeof(*z->entries), by_name);
	z->sorted = true;
}

const char *
zip_name_at(struct zip *z, size_t i)
{
	sort(z);
	return i < z->nentries ? z->entries[i].name : NULL;
}

static void
put16(struct buf *b, unsigned n)
{
	buf_putc(b, (char)(n & 0xff));
	buf_putc(b, (char)(n >> 8 & 0xff));
}

static void
put32(struct buf *b, uint32_t n)
{
	put16(b, n & 0xffff);
	put16(b, n >> 16);
}

/* The fields that local and central header share, from flags to name length. */
static void
put_common(struct buf *b, const struct entry *e)
{
	put16(b, 0); /* flags: no descriptor, names are ASCII */
	put16(b, e->method);
	put16(b, 0); /* midnight */
	put16(b, DATE);
	put32(b, e->crc);
	put32(b, e->packed);
	put32(b, (uint32_t)e->len);
	put16(b, (unsigned)strlen(e->name));
	put16(b, 0); /* extra field */
}

static void
put_local(struct buf *b, const struct entry *e)
{
	put32(b, SIG_LOCAL);
	put16(b, VERSION);
	put_common(b, e);
	buf_puts(b, e->name);
}

static void
put_central(struct buf *b, const struct entry *e)
{
	put32(b, SIG_CENTRAL);
	put16(b, MADE_BY);
	put16(b, VERSION);
	put_common(b, e);
	put16(b, 0); /* comment */
	put16(b, 0); /* disk */
	put16(b, 0); /* internal attributes */
	put32(b, MODE);
	put32(b, e->offset);
	buf_puts(b, e->name);
}

static void
put_end(struct buf *b, size_t nentries, uint32_t size, uint32_t offset)
{
	put32(b, SIG_END);
	put16(b, 0);
	put16(b, 0);
	put16(b, (unsigned)nentries);
	put16(b, (unsigned)nentries);
	put32(b, size);
	put32(b, offset);
	put16(b, 0); /* comment */
}

/* Files that are compressed already only grow. */
static bool
is_packed(const char *name)
{
	static const char *const ends[] = { ".png", ".jpg", ".jpeg", ".webp",
		".gif", ".mp4", ".webm", ".mp3", ".woff2" };
	size_t i;

	for (i = 0; i < NITEMS(ends); i++)
		if (str_ends(name, ends[i]))
			return true;
	return false;
}

/* Appends the Deflate form; false, b as it was, when it is no shorter. */
static bool
put_deflated(struct buf *b, const struct entry *e)
{
	z_stream zs = { 0 };
	size_t bound;
	int rc;

	if (deflateInit2(&zs, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8,
		Z_DEFAULT_STRATEGY) != Z_OK)
		return false;
	bound = deflateBound(&zs, e->len);
	zs.next_in = e->data;
	zs.avail_in = (uInt)e->len;
	zs.next_out = (Bytef *)buf_reserve(b, bound);
	zs.avail_out = (uInt)bound;
	rc = deflate(&zs, Z_FINISH);
	(void)deflateEnd(&zs); /* reports unfinished streams, rc did already */
	if (rc != Z_STREAM_END || zs.total_out >= e->len)
		return false;
	b->len += zs.total_out;
	b->data[b->len] = '\0';
	return true;
}

/* The header needs the packed length: it is written twice, in place. */
static void
put_entry(struct buf *b, struct entry *e, size_t base)
{
	struct buf head = BUF_INIT;
	size_t at;

	e->offset = (uint32_t)(b->len - base);
	e->crc = (uint32_t)crc32_z(0, e->data, e->len);
	e->method = STORED;
	at = b->len;
	put_local(b, e);
	if (e->len > 0 && !is_packed(e->name) && put_deflated(b, e))
		e->method = DEFLATED;
	else if (e->len > 0)
		buf_put(b, e->data, e->len);
	put_local(&head, e);
	e->packed = (uint32_t)(b->len - at - head.len);
	buf_reset(&head);
	put_local(&head, e);
	memcpy(b->data + at, head.data, head.len);
	buf_free(&head);
}

static int
give_up(struct buf *b, size_t base)
{
	b->len = base;
	if (b->data != NULL)
		b->data[base] = '\0';
	return -1;
}

int
zip_write(struct zip *z, struct buf *b, size_t max)
{
	size_t base, i, start;

	assert(max < UINT32_MAX);
	sort(z);
	base = b->len;
	for (i = 0; i < z->nentries; i++) {
		put_entry(b, &z->entries[i], base);
		if (b->len - base > max)
			return give_up(b, base);
	}
	start = b->len;
	for (i = 0; i < z->nentries; i++)
		put_central(b, &z->entries[i]);
	put_end(b, z->nentries, (uint32_t)(b->len - start),
	    (uint32_t)(start - base));
	return b->len - base > max ? give_up(b, base) : 0;
}

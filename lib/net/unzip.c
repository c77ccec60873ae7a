/*
 * ZIP members through libarchive, in one pass. Sizes in headers are never
 * believed; the bytes are counted as they come.
 */
#include "net/unzip.h"

#include <archive.h>
#include <archive_entry.h>

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define PIECE ((size_t)65536)

struct reader {
	struct arena *a;
	struct archive *ar;
	bool (*want)(const char *name);
	size_t room; /* bytes that may still come */
	struct buf buf;
	struct unzip_member *members;
	size_t n, cap;
};

static enum unzip_result
read_bytes(struct reader *r)
{
	size_t want;
	la_ssize_t n;
	char *p;

	buf_reset(&r->buf);
	for (;;) {
		want = r->room < PIECE ? r->room + 1 : PIECE;
		p = buf_reserve(&r->buf, want);
		if ((n = archive_read_data(r->ar, p, want)) < 0)
			return UNZIP_BROKEN;
		if (n == 0)
			return UNZIP_OK;
		if ((size_t)n > r->room)
			return UNZIP_TOO_LARGE;
		r->room -= (size_t)n;
		r->buf.len += (size_t)n;
	}
}

static struct unzip_member *
add(struct reader *r, const char *name)
{
	size_t cap;

	if (r->n == r->cap) {
		cap = r->cap == 0 ? 64 : r->cap * 2;
		r->members = arena_grow(r->a, r->members, r->n, cap,
		    sizeof(*r->members));
		r->cap = cap;
	}
	r->members[r->n] = (struct unzip_member){
		.name = arena_strdup(r->a, name),
		.at = r->n,
	};
	return &r->members[r->n++];
}

static enum unzip_result
read_member(struct reader *r, struct archive_entry *e)
{
	enum unzip_result rv;
	struct unzip_member *m;
	const char *name;

	if ((name = archive_entry_pathname(e)) == NULL)
		return UNZIP_OK;
	m = add(r, name);
	if (!r->want(name))
		return UNZIP_OK;
	if (archive_entry_is_encrypted(e))
		return UNZIP_ENCRYPTED;
	if ((rv = read_bytes(r)) != UNZIP_OK)
		return rv;
	m->p = arena_strndup(r->a, buf_str(&r->buf), r->buf.len);
	m->len = r->buf.len;
	return UNZIP_OK;
}

static enum unzip_result
read_all(struct reader *r)
{
	enum unzip_result end;
	struct archive_entry *e;
	int rv;

	for (;;) {
		rv = archive_read_next_header(r->ar, &e);
		if (rv == ARCHIVE_EOF)
			return UNZIP_OK;
		if (rv != ARCHIVE_OK && rv != ARCHIVE_WARN)
			return UNZIP_BROKEN;
		if (r->n == UNZIP_MAX_MEMBERS)
			return UNZIP_TOO_MANY;
		if ((end = read_member(r, e)) != UNZIP_OK)
			return end;
	}
}

/* By name; of equal names the one that was first in the archive. */
static int
member_cmp(const void *x, const void *y)
{
	const struct unzip_member *a = x, *b = y;
	int c = strcmp(a->name, b->name);

	return c != 0 ? c : (a->at > b->at) - (a->at < b->at);
}

static void
sort(struct unzip_member *m, size_t *n)
{
	size_t i, k = 0;

	if (*n == 0)
		return;
	qsort(m, *n, sizeof(*m), member_cmp);
	for (i = 1; i < *n; i++) {
		if (strcmp(m[i].name, m[k].name) != 0)
			m[++k] = m[i];
	}
	*n = k + 1;
}

enum unzip_result
unzip_read(struct arena *a, const void *p, size_t len,
    bool (*want)(const char *name), size_t max, struct unzip_member **out,
    size_t *nout)
{
	struct reader r = { .a = a, .want = want, .room = max };
	enum unzip_result rv = UNZIP_BROKEN;

	if ((r.ar = archive_read_new()) == NULL)
		return rv;
	if (archive_read_support_format_zip(r.ar) == ARCHIVE_OK &&
	    archive_read_open_memory(r.ar, p, len) == ARCHIVE_OK)
		rv = read_all(&r);
	archive_read_free(r.ar);
	buf_free(&r.buf);
	sort(r.members, &r.n);
	*out = r.members;
	*nout = r.n;
	return rv;
}

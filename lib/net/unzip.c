/*
 * ZIP members through libarchive. Sizes in headers are never believed; the
 * bytes are counted as they come.
 */
#include "net/unzip.h"

#include <archive.h>
#include <archive_entry.h>

#include <string.h>

#include "base/xmalloc.h"

#define MAX_MEMBERS 10000
#define PIECE	    ((size_t)65536)

static enum unzip_result
read_member(struct archive *ar, size_t max, struct buf *out)
{
	size_t start = out->len, room, want;
	la_ssize_t n;
	char *p;

	for (;;) {
		room = max - (out->len - start);
		want = room < PIECE ? room + 1 : PIECE;
		p = buf_reserve(out, want);
		if ((n = archive_read_data(ar, p, want)) < 0)
			return UNZIP_BROKEN;
		if (n == 0)
			return UNZIP_OK;
		if ((size_t)n > room)
			return UNZIP_TOO_LARGE;
		out->len += (size_t)n;
		out->data[out->len] = '\0';
	}
}

static enum unzip_result
find_member(struct archive *ar, const char *name, size_t max, struct buf *out)
{
	struct archive_entry *e;
	const char *path;
	int n, rv;

	for (n = 0; n < MAX_MEMBERS; n++) {
		rv = archive_read_next_header(ar, &e);
		if (rv == ARCHIVE_EOF)
			return UNZIP_ABSENT;
		if (rv != ARCHIVE_OK && rv != ARCHIVE_WARN)
			return UNZIP_BROKEN;
		path = archive_entry_pathname(e);
		if (path == NULL || strcmp(path, name) != 0)
			continue;
		if (archive_entry_is_encrypted(e))
			return UNZIP_ENCRYPTED;
		return read_member(ar, max, out);
	}
	return UNZIP_TOO_LARGE;
}

enum unzip_result
unzip_member(const void *p, size_t len, const char *name, size_t max,
    struct buf *out)
{
	enum unzip_result rv = UNZIP_BROKEN;
	struct archive *ar;

	if ((ar = archive_read_new()) == NULL)
		return rv;
	if (archive_read_support_format_zip(ar) == ARCHIVE_OK &&
	    archive_read_open_memory(ar, p, len) == ARCHIVE_OK)
		rv = find_member(ar, name, max, out);
	archive_read_free(ar);
	return rv;
}

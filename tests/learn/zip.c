/*
 * Archives: what libarchive reads back, and the bytes that must never differ.
 */
#include <stdlib.h>
#include <time.h>

#include <archive.h>
#include <archive_entry.h>

#include "base/arena.h"
#include "base/buf.h"
#include "learn/zip.h"

#include "tests/test.h"

#define MAX ((size_t)1024 * 1024)

static const char *const good[] = { "a", "index.html", "lessons/001.html",
	"imscp_rootv1p1p2.xsd", "a-b/c.d/e_f" };
static const char *const bad[] = { "", "/a", "a/", "a//b", "./a", "a/./b",
	"../a", "a/../b", "A", "a b", "a\\b", "\xc3\xa9", "a/.." };

static void
check_names(struct arena *a)
{
	struct zip *z;
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		CHECK(zip_name_ok(good[i]));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(!zip_name_ok(bad[i]));
	z = zip_new(a);
	CHECK(zip_add(z, "A", "x", 1) == -1);
	CHECK(zip_add(z, "a", "x", 1) == 0);
	CHECK(zip_add(z, "a", "x", 1) == -1);
}

static struct zip *
make(struct arena *a, int backwards)
{
	static char big[20000];
	struct zip *z;
	int rc;

	memset(big, 'b', sizeof(big));
	z = zip_new(a);
	rc = backwards ? zip_add(z, "z/big.txt", big, sizeof(big))
		       : zip_add(z, "a.txt", "tiny", 4);
	rc |= zip_add(z, "empty.txt", "", 0);
	rc |= zip_add(z, "m/pic.png", big, sizeof(big));
	rc |= backwards ? zip_add(z, "a.txt", "tiny", 4)
			: zip_add(z, "z/big.txt", big, sizeof(big));
	CHECK(rc == 0);
	return z;
}

static void
check_entry(struct archive *ar, const char *name, size_t len)
{
	struct archive_entry *e;
	char data[20001];

	CHECK(archive_read_next_header(ar, &e) == ARCHIVE_OK);
	CHECK_STR(archive_entry_pathname(e), name);
	CHECK(archive_entry_mtime(e) > 0 && archive_entry_mtime(e) < 316000000);
	CHECK(archive_entry_filetype(e) == AE_IFREG);
	CHECK((archive_entry_perm(e) & 0777) == 0644);
	CHECK(archive_read_data(ar, data, sizeof(data)) == (la_ssize_t)len);
}

static void
check_read(const struct buf *b)
{
	struct archive *ar;
	struct archive_entry *e;

	ar = archive_read_new();
	CHECK(archive_read_support_format_zip(ar) == ARCHIVE_OK);
	CHECK(archive_read_open_memory(ar, b->data, b->len) == ARCHIVE_OK);
	check_entry(ar, "a.txt", 4);
	check_entry(ar, "empty.txt", 0);
	check_entry(ar, "m/pic.png", 20000);
	check_entry(ar, "z/big.txt", 20000);
	CHECK(archive_read_next_header(ar, &e) == ARCHIVE_EOF);
	archive_read_free(ar);
}

/* No entry has the descriptor flag or an extra field. */
static void
check_headers(const struct buf *b)
{
	const unsigned char *p;
	size_t i, nlocal;

	p = (const unsigned char *)b->data;
	nlocal = 0;
	for (i = 0; i + 30 < b->len; i++) {
		if (memcmp(p + i, "PK\3\4", 4) != 0)
			continue;
		nlocal++;
		CHECK(p[i + 6] == 0 && p[i + 7] == 0);
		CHECK(p[i + 28] == 0 && p[i + 29] == 0);
	}
	CHECK(nlocal == 4);
}

int
main(void)
{
	struct buf one = BUF_INIT, two = BUF_INIT;
	struct arena *a;

	a = arena_new();
	check_names(a);
	CHECK(zip_write(make(a, 0), &one, MAX) == 0);
	CHECK(zip_write(make(a, 1), &two, MAX) == 0);
	CHECK(one.len == two.len && memcmp(one.data, two.data, one.len) == 0);
	check_read(&one);
	check_headers(&one);
	CHECK_STR(zip_name_at(make(a, 1), 0), "a.txt");
	CHECK(zip_name_at(make(a, 1), 4) == NULL);
	buf_reset(&two);
	buf_puts(&two, "before");
	CHECK(zip_write(make(a, 0), &two, one.len - 1) == -1);
	CHECK_STR(buf_str(&two), "before");
	CHECK(zip_write(make(a, 0), &two, one.len) == 0);
	buf_free(&one);
	buf_free(&two);
	arena_free(a);
	return test_done();
}

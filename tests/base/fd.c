/*
 * fd: whole files, with a NUL behind them wherever they come to lie.
 */
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/test.h"

static char path[512];

static void
write_file(const void *p, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	CHECK(fd != -1 && fd_write(fd, p, len) == 0);
	close(fd);
}

/* Memory that was used before: what is not written shows. */
static void
dirty(size_t len)
{
	char *p = xmalloc(len);

	memset(p, 'x', len);
	free(p);
}

static void
check_size(struct arena *a, size_t len)
{
	char *text = xmalloc(len + 1);
	struct buf *b;

	memset(text, 'a', len);
	write_file(text, len);
	dirty(len + 64);
	dirty(2 * len + 64);
	b = fd_slurp(a, path, 100000);
	CHECK(b != NULL && b->len == len && strlen(buf_str(b)) == len);
	free(text);
}

int
main(void)
{
	struct arena *a = arena_new();

	snprintf(path, sizeof(path), "%s/file", getenv("TEST_DIR"));
	check_size(a, 0);
	check_size(a, 1);
	check_size(a, 63);
	check_size(a, 8192);
	check_size(a, 100000);
	write_file("12345", 5);
	CHECK(fd_slurp(a, path, 4) == NULL && errno == EFBIG);
	CHECK(fd_slurp(a, path, 5) != NULL);
	write_file("1\0002", 3);
	CHECK(fd_slurp(a, path, 5) == NULL && errno == EILSEQ);
	unlink(path);
	CHECK(fd_slurp(a, path, 5) == NULL && errno == ENOENT);
	arena_free(a);
	return test_done();
}

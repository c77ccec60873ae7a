/*
 * What read(2) and write(2) leave to their callers.
 */
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int
fd_write(int fd, const void *p, size_t len)
{
	const char *s = p;
	ssize_t n;

	while (len > 0) {
		n = write(fd, s, len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		s += n;
		len -= (size_t)n;
	}
	return 0;
}

int
fd_read(int fd, void *p, size_t len)
{
	char *s = p;
	ssize_t n;

	while (len > 0) {
		n = read(fd, s, len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		s += n;
		len -= (size_t)n;
	}
	return 0;
}

static int
read_all(int fd, struct buf *b, size_t max)
{
	char chunk[8192];
	ssize_t n;

	for (;;) {
		n = read(fd, chunk, sizeof(chunk));
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return (int)n;
		buf_put(b, chunk, (size_t)n);
		if (b->len > max) {
			errno = EFBIG;
			return -1;
		}
	}
}

struct buf *
fd_slurp(struct arena *a, const char *path, size_t max)
{
	struct buf *b = buf_new(a);
	int fd, rc, saved;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return NULL;
	rc = read_all(fd, b, max);
	saved = errno;
	close(fd);
	errno = saved;
	if (rc == 0 && b->len > 0 && memchr(b->data, 0, b->len) != NULL) {
		errno = EILSEQ;
		rc = -1;
	}
	return rc == -1 ? NULL : b;
}

/*
 * What read(2) and write(2) leave to their callers.
 */
#include "base/fd.h"

#include <errno.h>
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

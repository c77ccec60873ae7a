/*
 * Frames between the processes of mirai-stream.
 */
#include "wire.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

void
wire_put(struct buf *b, enum wire_kind kind, uint64_t id, const void *p,
    size_t len, const void *more, size_t morelen)
{
	struct wire_head h = { .kind = kind,
		.len = (uint32_t)(len + morelen),
		.id = id };

	buf_put(b, &h, sizeof(h));
	buf_put(b, p, len);
	buf_put(b, more, morelen);
}

int
wire_send(int fd, enum wire_kind kind, uint64_t id, const void *p, size_t len,
    const struct buf *more)
{
	struct buf b = BUF_INIT;
	int rc;

	wire_put(&b, kind, id, p, len, more == NULL ? NULL : more->data,
	    more == NULL ? 0 : more->len);
	rc = fd_write(fd, b.data, b.len);
	buf_free(&b);
	return rc;
}

static int
read_all(int fd, void *p, size_t len)
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

int
wire_recv(int fd, struct wire_head *head, struct buf *body)
{
	buf_reset(body);
	if (read_all(fd, head, sizeof(*head)) == -1 ||
	    read_all(fd, buf_reserve(body, head->len), head->len) == -1)
		return -1;
	body->len = head->len;
	return 0;
}

bool
wire_take(const char **p, size_t *left, void *out, size_t len)
{
	if (*left < len)
		return false;
	memcpy(out, *p, len);
	*p += len;
	*left -= len;
	return true;
}

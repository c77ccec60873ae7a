/*
 * Frames between the processes of mirai-stream.
 */
#include "wire.h"

#include <string.h>

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

int
wire_recv(int fd, struct wire_head *head, struct buf *body)
{
	buf_reset(body);
	if (fd_read(fd, head, sizeof(*head)) == -1 ||
	    fd_read(fd, buf_reserve(body, head->len), head->len) == -1)
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

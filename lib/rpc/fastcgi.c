/*
 * FastCGI as a client writes and reads it.
 */
#include "rpc/fastcgi.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

static void
put_record(struct buf *b, enum fastcgi_type type, const void *p, size_t len)
{
	const uint8_t h[8] = { 1, (uint8_t)type, 0, 1, (uint8_t)(len >> 8),
		(uint8_t)len, 0, 0 };

	buf_put(b, h, sizeof(h));
	buf_put(b, p, len);
}

/* A whole stream: records of at most 60,000 bytes and the empty one. */
static void
fastcgi_stream(struct buf *b, enum fastcgi_type type, const char *p, size_t len)
{
	size_t n;

	for (; len > 0; p += n, len -= n) {
		n = len < 60000 ? len : 60000;
		put_record(b, type, p, n);
	}
	put_record(b, type, "", 0);
}

void
fastcgi_param(struct buf *b, const char *name, size_t namelen,
    const char *value, size_t valuelen)
{
	buf_put_u32be(b, (uint32_t)namelen | 0x80000000U);
	buf_put_u32be(b, (uint32_t)valuelen | 0x80000000U);
	buf_put(b, name, namelen);
	buf_put(b, value, valuelen);
}

/* One request: params as made by fastcgi_param(). */
void
fastcgi_request(struct buf *b, const struct buf *params, const char *body,
    size_t len)
{
	static const uint8_t begin[8] = { 0, 1 };

	put_record(b, FASTCGI_BEGIN, begin, sizeof(begin));
	fastcgi_stream(b, FASTCGI_PARAMS, params->data, params->len);
	fastcgi_stream(b, FASTCGI_STDIN, body, len);
}

/* A connection to the socket at path, or -1. */
int
fastcgi_connect(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(sun.sun_path))
		return -1;
	memcpy(sun.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd != -1 &&
	    connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) == 0)
		return fd;
	if (fd != -1)
		close(fd);
	return -1;
}

/* What is sent goes on while the program may answer early. */
void
fastcgi_send(int fd, const struct buf *b)
{
	size_t at = 0;
	ssize_t n;

	while (at < b->len) {
		n = send(fd, b->data + at, b->len - at, MSG_NOSIGNAL);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		at += (size_t)n;
	}
}

static bool
fastcgi_read(int fd, void *p, size_t len)
{
	size_t at = 0;
	ssize_t n;

	while (at < len) {
		n = read(fd, (char *)p + at, len - at);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += (size_t)n;
	}
	return true;
}

/* Standard output of the answer; false when it ends without END_REQUEST. */
bool
fastcgi_receive(int fd, struct buf *out)
{
	char data[65536 + 256];
	uint8_t h[8];
	size_t len;

	while (fastcgi_read(fd, h, sizeof(h))) {
		len = (size_t)h[4] << 8 | h[5];
		if (!fastcgi_read(fd, data, len + h[6]))
			return false;
		if (h[1] == FASTCGI_END)
			return true;
		if (h[1] == FASTCGI_STDOUT)
			buf_put(out, data, len);
	}
	return false;
}

/*
 * What arrives at mirai-stream's socket: any bytes, as records of a connection
 * whose every whole request is answered. No request is longer than it may be,
 * its parameters are strings, and nobody makes answers pile up.
 */
#include <sys/epoll.h>
#include <sys/socket.h>

#include <assert.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "fcgi/stream/conn.h"

#define MAX_VARS ((size_t)128 * 1024)
#define MAX_BODY ((size_t)80 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_vars(const struct buf *vars)
{
	const char *p = vars->data, *end = p + vars->len;

	assert(vars->len <= MAX_VARS);
	assert(vars->len == 0 || end[-1] == '\0');
	for (; p < end; p += strlen(p) + 1)
		assert(strchr(p, '=') != NULL);
}

static void
asked(struct conn *c)
{
	static const char text[] = "Status: 200\r\n\r\nok\n";

	assert(c->begun && c->params_done && c->stage == CONN_ASKED);
	assert(c->body.len <= MAX_BODY);
	if (c->vars.len > 0)
		check_vars(&c->vars);
	conn_put(c, text, sizeof(text) - 1, false);
	conn_end(c);
}

static void
closed(struct conn *c)
{
	assert(c->dead);
}

static void
flushed(struct conn *c)
{
	if (c->keep)
		conn_again(c);
	else
		conn_gone(c);
}

/* Records one after the other, as far as they go. */
static void
check_records(const char *p, size_t size)
{
	struct record r;
	int64_t n;

	while ((n = record_take(p, size, &r)) > 0) {
		assert((size_t)n <= size && r.data == p + 8);
		assert(r.len + 8 <= (size_t)n);
		p += n;
		size -= (size_t)n;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct conn_user user = { asked, closed, flushed };
	static int epoll_fd = -1;
	struct conn *c;
	int fds[2], i;

	check_records((const char *)data, size);
	if (epoll_fd == -1)
		epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	i = socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds);
	assert(epoll_fd != -1 && i == 0);
	if (send(fds[1], data, size, MSG_NOSIGNAL) == -1)
		assert(size == 0);
	c = conn_new(epoll_fd, fds[0], 1, &user);
	assert(c != NULL);
	for (i = 0; i < 64 && !c->dead; i++) {
		c->source.ready(&c->source, EPOLLIN | EPOLLOUT);
		assert(c->nbytes <= CONN_MAX_BYTES + 1024);
		assert(c->in.len < (size_t)8 + 65535 + 255);
	}
	conn_free(c);
	close(fds[1]);
	return 0;
}

/*
 * A connection, one request at a time: multiplexing is refused, as the
 * specification allows. Parameters and body are bounded; a body that is too
 * long is cut where the check of its length still sees that.
 */
#include "conn.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

#define MAX_VARS  ((size_t)64 * 1024)
#define MAX_BODY  ((size_t)80 * 1024) /* more than the call takes */
#define READ_STEP ((size_t)16 * 1024)

static void ready(struct source *s, uint32_t events);

/* --- life ------------------------------------------------------------------ */

static int
watch(struct conn *c, int op, uint32_t events)
{
	struct epoll_event ev = { .events = events | EPOLLIN | EPOLLRDHUP,
		.data.ptr = &c->source };

	return epoll_ctl(c->epoll_fd, op, c->fd, &ev);
}

struct conn *
conn_new(int epoll_fd, int fd, uint32_t generation,
    const struct conn_user *user)
{
	struct conn *c = xcalloc(1, sizeof(*c));

	c->source.ready = ready;
	c->user = user;
	c->epoll_fd = epoll_fd;
	c->fd = fd;
	c->generation = generation;
	TAILQ_INIT(&c->out);
	if (watch(c, EPOLL_CTL_ADD, 0) == 0)
		return c;
	log_error("epoll: %s", strerror(errno));
	free(c);
	return NULL;
}

static void
drop_chunk(struct conn *c, struct conn_chunk *k)
{
	TAILQ_REMOVE(&c->out, k, entry);
	c->nevents -= k->event;
	c->nbytes -= k->len - k->at;
	free(k);
}

/* Cookies and tokens stand in parameters. */
static void
wipe(struct buf *b)
{
	if (b->data != NULL)
		explicit_bzero(b->data, b->cap);
	buf_free(b);
}

void
conn_free(struct conn *c)
{
	struct conn_chunk *k;

	while ((k = TAILQ_FIRST(&c->out)) != NULL)
		drop_chunk(c, k);
	wipe(&c->in);
	wipe(&c->vars);
	wipe(&c->body);
	if (c->fd != -1)
		close(c->fd);
	free(c);
}

void
conn_gone(struct conn *c)
{
	if (c->dead)
		return;
	c->dead = true;
	c->user->closed(c);
}

uint64_t
conn_id(const struct conn *c)
{
	return (uint64_t)c->generation << 32 | (uint32_t)c->fd;
}

int
conn_id_fd(uint64_t id)
{
	return (int)(uint32_t)id;
}

/* --- writing --------------------------------------------------------------- */

/* False when the peer is gone. */
static bool
write_chunk(struct conn *c, struct conn_chunk *k)
{
	ssize_t n;

	n = send(c->fd, k->data + k->at, k->len - k->at, MSG_NOSIGNAL);
	if (n == -1)
		return errno == EAGAIN || errno == EINTR;
	k->at += (size_t)n;
	c->nbytes -= (size_t)n;
	if (k->at == k->len)
		drop_chunk(c, k);
	return true;
}

static void
flush(struct conn *c)
{
	struct conn_chunk *k;
	size_t before;
	bool writing;

	while ((k = TAILQ_FIRST(&c->out)) != NULL) {
		before = c->nbytes;
		if (!write_chunk(c, k)) {
			conn_gone(c);
			return;
		}
		if (c->nbytes == before)
			break;
	}
	writing = !TAILQ_EMPTY(&c->out);
	if (writing != c->writing) {
		c->writing = writing;
		(void)watch(c, EPOLL_CTL_MOD, writing ? EPOLLOUT : 0);
	}
	if (!writing && c->stage == CONN_ENDING)
		c->user->flushed(c);
}

static void
queue(struct conn *c, const struct buf *b, bool event)
{
	struct conn_chunk *k = xmalloc(sizeof(*k) + b->len);

	k->len = b->len;
	k->at = 0;
	k->event = event;
	memcpy(k->data, b->data, b->len);
	TAILQ_INSERT_TAIL(&c->out, k, entry);
	c->nbytes += k->len;
	c->nevents += event;
}

void
conn_put(struct conn *c, const void *p, size_t len, bool event)
{
	struct buf b = BUF_INIT;

	if (c->dead || len == 0)
		return;
	record_put_out(&b, c->request, p, len);
	queue(c, &b, event);
	buf_free(&b);
	flush(c);
}

bool
conn_is_full(const struct conn *c, size_t len)
{
	return c->nevents >= CONN_MAX_EVENTS ||
	    c->nbytes + len > CONN_MAX_BYTES;
}

void
conn_drop_waiting(struct conn *c)
{
	struct conn_chunk *k, *next;

	for (k = TAILQ_FIRST(&c->out); k != NULL; k = next) {
		next = TAILQ_NEXT(k, entry);
		if (k->at == 0)
			drop_chunk(c, k);
	}
}

/* An answer to one record; who asks on without reading any is cut off. */
static void
reply(struct conn *c, const struct buf *b)
{
	if (c->nbytes + b->len > CONN_MAX_BYTES) {
		conn_gone(c);
		return;
	}
	queue(c, b, false);
	flush(c);
}

void
conn_end(struct conn *c)
{
	struct buf b = BUF_INIT;

	if (c->dead || c->stage == CONN_ENDING)
		return;
	record_put_end(&b, c->request, RECORD_COMPLETE);
	queue(c, &b, false);
	buf_free(&b);
	c->stage = CONN_ENDING;
	flush(c);
}

/* --- reading --------------------------------------------------------------- */

static void
refuse(struct conn *c, uint16_t request, enum record_status status)
{
	struct buf b = BUF_INIT;

	record_put_end(&b, request, status);
	reply(c, &b);
	buf_free(&b);
}

static void
begin(struct conn *c, const struct record *r)
{
	struct record_begin b;

	if (!record_begin(r, &b)) {
		conn_gone(c);
	} else if (c->begun) {
		refuse(c, r->request, RECORD_CANT_MULTIPLEX);
	} else if (!b.responder) {
		refuse(c, r->request, RECORD_UNKNOWN_ROLE);
	} else {
		c->begun = true;
		c->keep = b.keep;
		c->request = r->request;
	}
}

static void
take_params(struct conn *c, const struct record *r)
{
	/* Pairs may be split between records: taken apart when all is there. */
	if (r->len > 0) {
		if (c->body.len + r->len > MAX_VARS)
			conn_gone(c);
		else
			buf_put(&c->body, r->data, r->len);
		return;
	}
	if (!record_params(c->body.data, c->body.len, &c->vars, MAX_VARS * 2))
		conn_gone(c);
	wipe(&c->body);
	c->params_done = true;
}

static void
take_body(struct conn *c, const struct record *r)
{
	size_t room = MAX_BODY - c->body.len;

	if (r->len > 0) {
		buf_put(&c->body, r->data, r->len < room ? r->len : room);
		return;
	}
	c->stage = CONN_ASKED;
	c->user->asked(c);
}

static void
take_record(struct conn *c, const struct record *r)
{
	struct buf b = BUF_INIT;

	if (r->request == 0) {
		record_put_unknown(&b, r->type);
		reply(c, &b);
		buf_free(&b);
	} else if (r->type == RECORD_BEGIN) {
		begin(c, r);
	} else if (!c->begun || r->request != c->request) {
		return; /* what is left of a request that was refused */
	} else if (r->type == RECORD_ABORT) {
		conn_gone(c);
	} else if (c->stage == CONN_READING && !c->params_done &&
	    r->type == RECORD_PARAMS) {
		take_params(c, r);
	} else if (c->stage == CONN_READING && c->params_done &&
	    r->type == RECORD_STDIN) {
		take_body(c, r);
	}
}

static void
take_records(struct conn *c)
{
	struct record r;
	int64_t n = 0;
	size_t at = 0;

	while (!c->dead && at < c->in.len &&
	    (n = record_take(c->in.data + at, c->in.len - at, &r)) > 0) {
		at += (size_t)n;
		take_record(c, &r);
	}
	if (n == -1)
		conn_gone(c);
	if (c->dead)
		return;
	if (at == c->in.len) {
		wipe(&c->in);
	} else {
		memmove(c->in.data, c->in.data + at, c->in.len - at);
		c->in.len -= at;
	}
}

static void
receive(struct conn *c)
{
	ssize_t n;

	n = read(c->fd, buf_reserve(&c->in, READ_STEP), READ_STEP);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		conn_gone(c);
		return;
	}
	c->in.len += (size_t)n;
	take_records(c);
}

static void
ready(struct source *s, uint32_t events)
{
	struct conn *c = (struct conn *)s;

	if (c->dead)
		return;
	if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
		conn_gone(c);
		return;
	}
	if ((events & (EPOLLIN | EPOLLRDHUP)) != 0)
		receive(c);
	if (!c->dead && (events & EPOLLOUT) != 0)
		flush(c);
}

void
conn_again(struct conn *c)
{
	wipe(&c->vars);
	wipe(&c->body);
	c->stage = CONN_READING;
	c->begun = c->params_done = false;
}

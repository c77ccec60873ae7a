/*
 * One scan is one connection: "zINSTREAM", chunks with their length before
 * them, a chunk of no length, then one answer. The scanner may answer and hang
 * up before it has all (its limit), so both directions are watched.
 */
#include "net/clamd.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"

#define CHUNK	   ((size_t)65536)
#define ANSWER_MAX 1024
#define SAID_MAX   200

struct scan {
	struct arena *a;
	int fd;
	int64_t deadline; /* clock_mono_ms() */
	const char *why;
};

/* --- where ------------------------------------------------------------------ */

static bool
port_ok(const char *s)
{
	int64_t n;

	return str_to_i64(s, 1, 65535, &n);
}

const char *
clamd_parse(struct arena *a, const char *where, struct clamd *out)
{
	static const char rule[] = "must be the path of a socket, or host:port";
	const char *colon = strrchr(where, ':');
	size_t n;

	*out = (struct clamd){ .connect_ms = 5000, .wall_ms = 120000 };
	if (*where == '/') {
		if (strlen(where) >=
		    sizeof(((struct sockaddr_un *)0)->sun_path))
			return "is too long for a socket";
		out->path = arena_strdup(a, where);
		return NULL;
	}
	if (colon == NULL || colon == where || !port_ok(colon + 1))
		return rule;
	n = (size_t)(colon - where);
	if (*where == '[' && where[n - 1] == ']') {
		where++;
		n -= 2;
	} else if (memchr(where, ':', n) != NULL) {
		return rule;
	}
	if (n == 0 || strcspn(where, "/ \t@") < n)
		return rule;
	out->host = arena_strndup(a, where, n);
	out->port = arena_strdup(a, colon + 1);
	return NULL;
}

/* --- waiting ---------------------------------------------------------------- */

/* What of events is there before the deadline; 0 when it passed. */
static short
await(int fd, short events, int64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = events };
	int64_t left;
	int n;

	for (;;) {
		left = deadline - clock_mono_ms();
		if (left <= 0)
			return 0;
		n = poll(&p, 1, left > 60000 ? 60000 : (int)left);
		if (n > 0)
			return p.revents;
		if (n == -1 && errno != EINTR)
			return 0;
	}
}

/* --- connecting ------------------------------------------------------------- */

static int
connect_to(const struct sockaddr *to, socklen_t len, int64_t deadline)
{
	socklen_t size = sizeof(int);
	int fd, cause = 0;

	fd = socket(to->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	if (fd == -1)
		return -1;
	if (connect(fd, to, len) == 0)
		return fd;
	if (errno == EINPROGRESS) {
		if (await(fd, POLLOUT, deadline) == 0)
			cause = ETIMEDOUT;
		else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &cause, &size) ==
			0 &&
		    cause == 0)
			return fd;
	} else {
		cause = errno;
	}
	close(fd);
	errno = cause;
	return -1;
}

static int
connect_unix(const struct clamd *c)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	memcpy(sun.sun_path, c->path, strlen(c->path) + 1);
	return connect_to((const struct sockaddr *)&sun, sizeof(sun),
	    clock_mono_ms() + c->connect_ms);
}

/* The first address of host that answers. */
static int
connect_tcp(const struct clamd *c, const char **why)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list, *ai;
	int fd = -1, rv;

	if ((rv = getaddrinfo(c->host, c->port, &hints, &list)) != 0) {
		*why = gai_strerror(rv);
		return -1;
	}
	for (ai = list; fd == -1 && ai != NULL; ai = ai->ai_next)
		fd = connect_to(ai->ai_addr, ai->ai_addrlen,
		    clock_mono_ms() + c->connect_ms);
	if (fd == -1)
		*why = strerror(errno);
	freeaddrinfo(list);
	return fd;
}

static int
open_scan(struct scan *s, const struct clamd *c)
{
	const char *why = "";

	if (c->path != NULL) {
		if ((s->fd = connect_unix(c)) == -1)
			why = strerror(errno);
	} else {
		s->fd = connect_tcp(c, &why);
	}
	if (s->fd != -1)
		return 0;
	s->why = arena_printf(s->a, "the scanner cannot be reached: %s", why);
	return -1;
}

/* --- sending ---------------------------------------------------------------- */

enum sent {
	SENT,
	SENT_ANSWERED, /* the scanner spoke, or hung up: read what it says */
	SENT_LATE
};

static enum sent
put(struct scan *s, const void *p, size_t len)
{
	const char *at = p;
	short ready;
	ssize_t n;

	while (len > 0) {
		ready = await(s->fd, POLLOUT | POLLIN, s->deadline);
		if (ready == 0)
			return SENT_LATE;
		if ((ready & (POLLIN | POLLERR | POLLHUP)) != 0)
			return SENT_ANSWERED;
		n = send(s->fd, at, len, MSG_NOSIGNAL);
		if (n == -1 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n == -1)
			return SENT_ANSWERED;
		at += n;
		len -= (size_t)n;
	}
	return SENT;
}

static enum sent
put_chunk(struct scan *s, uint8_t *chunk, size_t len)
{
	chunk[0] = (uint8_t)(len >> 24);
	chunk[1] = (uint8_t)(len >> 16);
	chunk[2] = (uint8_t)(len >> 8);
	chunk[3] = (uint8_t)len;
	return put(s, chunk, len + 4);
}

/* *readable false: the source failed, with errno. */
static enum sent
put_all(struct scan *s, ssize_t (*read_)(void *, void *, size_t), void *arg,
    bool *readable)
{
	uint8_t *chunk = arena_alloc(s->a, CHUNK + 4);
	enum sent rv;
	ssize_t n;

	*readable = true;
	if ((rv = put(s, "zINSTREAM", 10)) != SENT)
		return rv;
	do {
		if ((n = read_(arg, chunk + 4, CHUNK)) < 0) {
			*readable = false;
			return SENT;
		}
		rv = put_chunk(s, chunk, (size_t)n);
	} while (rv == SENT && n > 0);
	return rv;
}

/* --- the answer ------------------------------------------------------------- */

/* The answer up to its NUL in out; -1 with the reason. */
static int
read_answer(struct scan *s, char out[ANSWER_MAX])
{
	size_t len = 0;
	ssize_t n;

	while (len < ANSWER_MAX) {
		if (await(s->fd, POLLIN, s->deadline) == 0) {
			s->why = "the scanner takes too long";
			return -1;
		}
		n = recv(s->fd, out + len, ANSWER_MAX - len, 0);
		if (n == -1 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0) {
			s->why = "the scanner hung up without an answer";
			return -1;
		}
		if (memchr(out + len, '\0', (size_t)n) != NULL)
			return 0;
		len += (size_t)n;
	}
	s->why = "the scanner's answer is too long";
	return -1;
}

/* Len bytes of what an outside program said, fit to be shown. */
static const char *
shown(struct arena *a, const char *p, size_t len)
{
	char *s = arena_strndup(a, p, len < SAID_MAX ? len : SAID_MAX);
	size_t i;

	for (i = 0; s[i] != '\0'; i++) {
		if (s[i] < ' ' || s[i] > '~')
			s[i] = '?';
	}
	return s;
}

static enum clamd_verdict
verdict_of(struct scan *s, const char *answer, const char **said)
{
	static const char stream[] = "stream: ", found[] = " FOUND";
	size_t len = strlen(answer), head = strlen(stream);

	if (strcmp(answer, "stream: OK") == 0)
		return CLAMD_CLEAN;
	if (str_starts(answer, stream) && str_ends(answer, found) &&
	    len > head + strlen(found)) {
		*said = shown(s->a, answer + head, len - head - strlen(found));
		return CLAMD_INFECTED;
	}
	if (str_starts(answer, "INSTREAM size limit exceeded")) {
		*said = "larger than the scanner takes";
		return CLAMD_TOO_LARGE;
	}
	*said = arena_printf(s->a, "the scanner says: %s",
	    shown(s->a, answer, len < 150 ? len : 150));
	return CLAMD_UNAVAILABLE;
}

static enum clamd_verdict
scan(struct scan *s, ssize_t (*read_)(void *, void *, size_t), void *arg,
    const char **said)
{
	char answer[ANSWER_MAX];
	bool readable;

	switch (put_all(s, read_, arg, &readable)) {
	case SENT_LATE:
		*said = "the scanner takes too long";
		return CLAMD_UNAVAILABLE;
	case SENT:
		if (!readable) {
			*said = arena_strdup(s->a, strerror(errno));
			return CLAMD_UNREADABLE;
		}
		break;
	case SENT_ANSWERED:
	default:
		break;
	}
	if (read_answer(s, answer) == -1) {
		*said = s->why;
		return CLAMD_UNAVAILABLE;
	}
	return verdict_of(s, answer, said);
}

enum clamd_verdict
clamd_scan(const struct clamd *c, struct arena *a,
    ssize_t (*read_)(void *arg, void *p, size_t len), void *arg,
    const char **said)
{
	struct scan s = { .a = a, .deadline = clock_mono_ms() + c->wall_ms };
	enum clamd_verdict v;

	*said = "";
	if (open_scan(&s, c) == -1) {
		*said = s.why;
		return CLAMD_UNAVAILABLE;
	}
	v = scan(&s, read_, arg, said);
	close(s.fd);
	return v;
}

static ssize_t
read_fd(void *arg, void *p, size_t len)
{
	ssize_t n;

	do {
		n = read(*(const int *)arg, p, len);
	} while (n == -1 && errno == EINTR);
	return n;
}

enum clamd_verdict
clamd_scan_fd(const struct clamd *c, struct arena *a, int fd, const char **said)
{
	return clamd_scan(c, a, read_fd, &fd, said);
}

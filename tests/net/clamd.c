/*
 * clamd: a scanner on loopback that is as strict about the protocol as the real
 * one, and scanners that are late, gone, chatty or wrong. Never is a file clean
 * that no scanner called clean.
 */
#include "net/clamd.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/str.h"
#include "tests/test.h"

#define LIMIT ((size_t)1024 * 1024) /* the scanner's StreamMaxLength */
#define EICAR \
	"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"

enum manner {
	STRICT,
	SILENT,	 /* takes all, never answers */
	DEAF,	 /* never reads */
	GONE,	 /* hangs up at once */
	CHATTY,	 /* an answer without end */
	FAILING, /* an error of its own */
	HALF,	 /* hangs up inside the answer */
	CONTROL, /* a name with control characters */
	LYING	 /* says OK and more */
};

static struct arena *a;
static char dir[] = "/tmp/mirai-clamd-XXXXXX";

/* --- the scanner ------------------------------------------------------------ */

static void
say(int fd, const char *s)
{
	if (write(fd, s, strlen(s) + 1) == -1)
		_exit(1);
}

static void
strict(int fd)
{
	struct buf all = BUF_INIT;
	uint8_t head[4];
	char word[10];
	size_t len;

	if (fd_read(fd, word, 10) == -1 || memcmp(word, "zINSTREAM", 10) != 0) {
		say(fd, "UNKNOWN COMMAND");
		return;
	}
	for (;;) {
		if (fd_read(fd, head, 4) == -1)
			_exit(1);
		len = (size_t)head[0] << 24 | (size_t)head[1] << 16 |
		    (size_t)head[2] << 8 | head[3];
		if (len == 0)
			break;
		if (all.len + len > LIMIT) {
			say(fd, "INSTREAM size limit exceeded. ERROR");
			return;
		}
		if (fd_read(fd, buf_reserve(&all, len), len) == -1)
			_exit(1);
		all.len += len;
	}
	if (all.len > 0 && memmem(all.data, all.len, EICAR, strlen(EICAR)))
		say(fd, "stream: Eicar-Signature FOUND");
	else
		say(fd, "stream: OK");
	buf_free(&all);
}

static void
drain(int fd)
{
	char buf[4096];

	while (read(fd, buf, sizeof(buf)) > 0)
		;
}

static void
serve(int fd, enum manner manner)
{
	static const char *const said[] = {
		[FAILING] = "stream: Can't allocate memory ERROR",
		[CONTROL] = "stream: \033[31mBad\n FOUND",
		[LYING] = "stream: OK\nstream: Worm FOUND "
	};
	int i;

	switch (manner) {
	case STRICT:
		strict(fd);
		break;
	case SILENT:
		drain(fd);
		break;
	case DEAF:
		pause();
		break;
	case GONE:
		break;
	case CHATTY:
		for (i = 0; i < 3000; i++) {
			if (send(fd, "A", 1, MSG_NOSIGNAL) == -1)
				break;
		}
		drain(fd);
		break;
	case HALF:
		if (write(fd, "stream: OK", 10) == -1)
			_exit(1);
		break;
	case FAILING:
	case CONTROL:
	case LYING:
		say(fd, said[manner]);
		drain(fd);
		break;
	}
}

static int
listen_on(const struct sockaddr *to, socklen_t len)
{
	int fd = socket(to->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd == -1 || bind(fd, to, len) == -1 || listen(fd, 8) == -1) {
		perror("listen");
		exit(1);
	}
	return fd;
}

/* A scanner for one connection; it has ended when wait_for() returns. */
static pid_t
start(int fd, enum manner manner)
{
	pid_t pid = fork();
	int to;

	if (pid != 0)
		return pid;
	if ((to = accept(fd, NULL, NULL)) != -1) {
		serve(to, manner);
		close(to);
	}
	_exit(0);
}

/* A connection that its scanner came too late for is not the next one's. */
static void
wait_for(int fd, pid_t pid)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	while (poll(&p, 1, 0) == 1)
		close(accept(fd, NULL, NULL));
}

/* --- what is scanned -------------------------------------------------------- */

struct source {
	const char *p;
	size_t len;
	size_t most; /* at a time */
	bool fails;  /* at its end */
};

static ssize_t
give(void *arg, void *p, size_t len)
{
	struct source *s = arg;

	if (s->len == 0 && s->fails) {
		errno = EIO;
		return -1;
	}
	if (len > s->most)
		len = s->most;
	if (len > s->len)
		len = s->len;
	memcpy(p, s->p, len);
	s->p += len;
	s->len -= len;
	return (ssize_t)len;
}

static struct clamd unix_scanner;
static int unix_fd;

static enum clamd_verdict
scan(enum manner manner, const char *p, size_t len, const char **said)
{
	struct source s = { p, len, 65536, false };
	pid_t pid = start(unix_fd, manner);
	enum clamd_verdict v;

	v = clamd_scan(&unix_scanner, a, give, &s, said);
	wait_for(unix_fd, pid);
	return v;
}

static void
open_unix(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/s", dir);
	unix_fd = listen_on((const struct sockaddr *)&sun, sizeof(sun));
	CHECK(clamd_parse(a, sun.sun_path, &unix_scanner) == NULL);
	unix_scanner.wall_ms = 60000;
}

/* --- tests ------------------------------------------------------------------ */

static void
test_where(void)
{
	static const char *const bad[] = { "", "localhost", ":3310", "a:0",
		"a:65536", "a:x", "::1:3310", "[]:1", "a b:1", "x@y:1",
		"tcp://a:1" };
	struct clamd c;
	size_t i;

	for (i = 0; i < NITEMS(bad); i++)
		CHECK_STR(clamd_parse(a, bad[i], &c),
		    "must be the path of a socket, or host:port");
	CHECK_STR(clamd_parse(a,
		      "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		      "aaaaaaaa",
		      &c),
	    "is too long for a socket");
	CHECK(clamd_parse(a, "scan.example:3310", &c) == NULL);
	CHECK_STR(c.host, "scan.example");
	CHECK_STR(c.port, "3310");
	CHECK(clamd_parse(a, "[::1]:3310", &c) == NULL);
	CHECK_STR(c.host, "::1");
}

static void
test_verdicts(void)
{
	char *big = xcalloc(1, 8 * LIMIT);
	const char *said;

	CHECK(scan(STRICT, "harmless", 8, &said) == CLAMD_CLEAN);
	CHECK_STR(said, "");
	CHECK(scan(STRICT, "", 0, &said) == CLAMD_CLEAN);
	CHECK(scan(STRICT, EICAR, strlen(EICAR), &said) == CLAMD_INFECTED);
	CHECK_STR(said, "Eicar-Signature");
	/* Over the border of two chunks. */
	memcpy(big + 65536 - 20, EICAR, strlen(EICAR));
	CHECK(scan(STRICT, big, 200000, &said) == CLAMD_INFECTED);
	memset(big, 0, 200000);
	CHECK(scan(STRICT, big, LIMIT, &said) == CLAMD_CLEAN);
	CHECK(scan(STRICT, big, LIMIT + 1, &said) == CLAMD_TOO_LARGE);
	CHECK_STR(said, "larger than the scanner takes");
	CHECK(scan(STRICT, big, 8 * LIMIT, &said) == CLAMD_TOO_LARGE);
	free(big);
}

static void
test_source(void)
{
	struct source few = { EICAR, strlen(EICAR), 7, false };
	struct source bad = { "half of a file", 14, 5, true };
	const char *said;
	pid_t pid;

	pid = start(unix_fd, STRICT);
	CHECK(
	    clamd_scan(&unix_scanner, a, give, &few, &said) == CLAMD_INFECTED);
	wait_for(unix_fd, pid);
	pid = start(unix_fd, STRICT);
	CHECK(clamd_scan(&unix_scanner, a, give, &bad, &said) ==
	    CLAMD_UNREADABLE);
	CHECK_STR(said, "Input/output error");
	wait_for(unix_fd, pid);
}

static void
test_manners(void)
{
	char *big = xcalloc(1, LIMIT);
	const char *said;

	unix_scanner.wall_ms = 200;
	CHECK(scan(SILENT, "x", 1, &said) == CLAMD_UNAVAILABLE);
	CHECK_STR(said, "the scanner takes too long");
	CHECK(scan(DEAF, big, LIMIT, &said) == CLAMD_UNAVAILABLE);
	CHECK_STR(said, "the scanner takes too long");
	unix_scanner.wall_ms = 60000;
	CHECK(scan(GONE, big, LIMIT, &said) == CLAMD_UNAVAILABLE);
	CHECK_STR(said, "the scanner hung up without an answer");
	CHECK(scan(HALF, "x", 1, &said) == CLAMD_UNAVAILABLE);
	CHECK_STR(said, "the scanner hung up without an answer");
	CHECK(scan(CHATTY, "x", 1, &said) == CLAMD_UNAVAILABLE);
	CHECK_STR(said, "the scanner's answer is too long");
	CHECK(scan(FAILING, "x", 1, &said) == CLAMD_UNAVAILABLE);
	CHECK_STR(said,
	    "the scanner says: stream: Can't allocate memory ERROR");
	CHECK(scan(LYING, "x", 1, &said) == CLAMD_UNAVAILABLE);
	CHECK(scan(CONTROL, "x", 1, &said) == CLAMD_INFECTED);
	CHECK_STR(said, "?[31mBad?");
	free(big);
}

/* A file, over TCP. */
static void
test_tcp(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	const char *said;
	struct clamd c;
	FILE *f = tmpfile();
	pid_t pid;
	int fd;

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = listen_on((const struct sockaddr *)&sin, sizeof(sin));
	CHECK(getsockname(fd, (struct sockaddr *)&sin, &len) == 0);
	CHECK(
	    clamd_parse(a,
		arena_printf(a, "127.0.0.1:%u", (unsigned)ntohs(sin.sin_port)),
		&c) == NULL);
	fputs("text, then " EICAR, f);
	rewind(f);
	pid = start(fd, STRICT);
	CHECK(clamd_scan_fd(&c, a, fileno(f), &said) == CLAMD_INFECTED);
	CHECK_STR(said, "Eicar-Signature");
	wait_for(fd, pid);
	fclose(f);
	close(fd);
}

/* A port that is somebody's who does not listen. */
static void
test_refused(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(sin);
	const char *said;
	struct clamd c;

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK(bind(fd, (struct sockaddr *)&sin, len) == 0);
	CHECK(getsockname(fd, (struct sockaddr *)&sin, &len) == 0);
	CHECK(
	    clamd_parse(a,
		arena_printf(a, "127.0.0.1:%u", (unsigned)ntohs(sin.sin_port)),
		&c) == NULL);
	CHECK(clamd_scan_fd(&c, a, 0, &said) == CLAMD_UNAVAILABLE);
	CHECK_STR(said, "the scanner cannot be reached: Connection refused");
	close(fd);
}

static void
test_nobody(void)
{
	struct source s = { "x", 1, 1, false };
	const char *said;
	struct clamd c;

	CHECK(clamd_parse(a, arena_printf(a, "%s/none", dir), &c) == NULL);
	CHECK(clamd_scan(&c, a, give, &s, &said) == CLAMD_UNAVAILABLE);
	CHECK_STR(said,
	    "the scanner cannot be reached: No such file or directory");
}

int
main(void)
{
	a = arena_new();
	if (mkdtemp(dir) == NULL)
		return 1;
	open_unix();
	test_where();
	test_verdicts();
	test_source();
	test_manners();
	test_tcp();
	test_refused();
	test_nobody();
	unlink(unix_scanner.path);
	rmdir(dir);
	arena_free(a);
	return test_done();
}

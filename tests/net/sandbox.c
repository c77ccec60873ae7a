/*
 * The sandbox: what a child may do, what ends it, what comes back.
 */
#include "net/sandbox.h"

#include <sys/socket.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/test.h"

static const struct sandbox_limits limits = {
	.memory = (size_t)64 * 1024 * 1024,
	.cpu_s = 60,
	.wall_ms = 60000,
	.output = 100000,
};

static int
answer(void *arg, struct buf *out)
{
	buf_puts(out, arg);
	return 7;
}

static int
large(void *arg, struct buf *out)
{
	size_t i;

	for (i = 0; i < *(size_t *)arg; i++)
		buf_putc(out, 'x');
	return 0;
}

static int
reads_file(void *arg, struct buf *out)
{
	int fd = open(arg, O_RDONLY);

	buf_puts(out, fd == -1 ? "refused" : "opened");
	return 0;
}

static int
opens_socket(void *arg, struct buf *out)
{
	(void)arg;
	buf_puts(out, socket(AF_INET, SOCK_STREAM, 0) == -1 ? "no" : "yes");
	return 0;
}

static int
runs_program(void *arg, struct buf *out)
{
	char *argv[] = { arg, NULL };

	(void)out;
	execv(arg, argv);
	return 0;
}

static int
forks(void *arg, struct buf *out)
{
	(void)arg;
	(void)out;
	return fork() == 0;
}

static int
spins(void *arg, struct buf *out)
{
	volatile int i;

	(void)arg;
	(void)out;
	for (i = 0; i >= 0; i = 1 - i)
		continue;
	return 0;
}

static int
crashes(void *arg, struct buf *out)
{
	(void)arg;
	(void)out;
	raise(SIGSEGV);
	return 0;
}

static int
eats_memory(void *arg, struct buf *out)
{
	size_t i;

	(void)arg;
	(void)out;
	for (i = 0; i < 4096; i++)
		memset(xmalloc((size_t)1024 * 1024), 1, 1024 * 1024);
	return 0;
}

static int
uses_descriptor(void *arg, struct buf *out)
{
	char c;

	buf_puts(out, read(*(int *)arg, &c, 1) == -1 ? "closed" : "open");
	return 0;
}

static enum sandbox_end
call(int (*fn)(void *, struct buf *), void *arg, struct buf *out, int *status)
{
	buf_reset(out);
	return sandbox_call(&limits, fn, arg, out, status);
}

static void
check_calls(struct buf *out)
{
	struct sandbox_limits brief = limits;
	char text[] = "hello", passwd[] = "/etc/passwd", sh[] = "/bin/sh";
	size_t n = 99999;
	int st, fd = open("/etc/passwd", O_RDONLY);

	CHECK(call(answer, text, out, &st) == SANDBOX_DONE && st == 7);
	CHECK_STR(buf_str(out), "hello");
	CHECK(call(large, &n, out, &st) == SANDBOX_DONE && out->len == n);
	n = 100001;
	CHECK(call(large, &n, out, &st) == SANDBOX_OUTPUT);
	CHECK(call(reads_file, passwd, out, &st) == SANDBOX_DONE);
	CHECK_STR(buf_str(out), "refused");
	CHECK(call(opens_socket, NULL, out, &st) == SANDBOX_DENIED);
	CHECK(call(runs_program, sh, out, &st) == SANDBOX_DENIED);
	CHECK(call(forks, NULL, out, &st) == SANDBOX_DENIED);
	brief.cpu_s = 1;
	CHECK(sandbox_call(&brief, spins, NULL, out, &st) == SANDBOX_TIMEOUT);
	brief = limits;
	brief.wall_ms = 100;
	CHECK(sandbox_call(&brief, spins, NULL, out, &st) == SANDBOX_TIMEOUT);
	CHECK(call(uses_descriptor, &fd, out, &st) == SANDBOX_DONE);
	CHECK_STR(buf_str(out), "closed");
	close(fd);
}

/* The sanitizers catch the signal and reserve memory of their own. */
static void
check_ends(struct buf *out)
{
#if !defined(__SANITIZE_ADDRESS__) && !defined(ARENA_MALLOC)
	int st;

	CHECK(
	    call(crashes, NULL, out, &st) == SANDBOX_CRASHED && st == SIGSEGV);
	CHECK(call(eats_memory, NULL, out, &st) == SANDBOX_DONE && st == 101);
#else
	(void)out;
	(void)crashes;
	(void)eats_memory;
#endif
}

static void
check_programs(struct buf *out)
{
	static const char *const cat[] = { "/bin/cat", "/proc/self/fd/3",
		NULL };
	static const char *const pw[] = { "/bin/cat", "/etc/passwd", NULL };
	static const char *const gone[] = { "/nonexistent", NULL };
	static const char *const sh[] = { "/bin/sh", "-c",
		"echo x > /tmp/mirai-sandbox-probe", NULL };
	struct buf err = BUF_INIT;
	int st;

	buf_reset(out);
	CHECK(sandbox_exec(&limits, cat, "given", 5, out, &err, &st) ==
		SANDBOX_DONE &&
	    st == 0);
	CHECK_STR(buf_str(out), "given");
	buf_reset(out);
	CHECK(
	    sandbox_exec(&limits, pw, "", 0, out, &err, &st) == SANDBOX_DONE &&
	    st != 0);
	CHECK(out->len == 0);
	CHECK(sandbox_exec(&limits, gone, "", 0, out, &err, &st) ==
		SANDBOX_DONE &&
	    st == 127);
	CHECK(
	    sandbox_exec(&limits, sh, "", 0, out, &err, &st) != SANDBOX_DONE ||
	    st != 0);
	CHECK(access("/tmp/mirai-sandbox-probe", F_OK) == -1);
	buf_free(&err);
}

int
main(void)
{
	struct buf out = BUF_INIT;

	check_calls(&out);
	check_ends(&out);
	check_programs(&out);
	buf_free(&out);
	return test_done();
}

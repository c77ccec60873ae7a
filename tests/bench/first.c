/*
 * usage: first SOCKET COMMAND...: starts a pool, asks it for /health until it
 * answers, prints the milliseconds from the start to the answer, stops it.
 */
#include "rpc/fastcgi.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <err.h>
#include <signal.h>
#include <stdio.h>

#include "base/clock.h"

#define GIVE_UP_MS 10000

static void
param(struct buf *b, const char *name, const char *value)
{
	fastcgi_param(b, name, strlen(name), value, strlen(value));
}

static bool
answers(const char *path)
{
	struct buf params = BUF_INIT, out = BUF_INIT, in = BUF_INIT;
	bool ok = false;
	int fd;

	if ((fd = fastcgi_connect(path)) == -1)
		return false;
	param(&params, "REQUEST_METHOD", "GET");
	param(&params, "REQUEST_URI", "/health");
	param(&params, "SCRIPT_NAME", "/health");
	param(&params, "QUERY_STRING", "");
	param(&params, "REMOTE_ADDR", "127.0.0.1");
	param(&params, "HTTP_HOST", "localhost");
	fastcgi_request(&out, &params, "", 0);
	fastcgi_send(fd, &out);
	ok = fastcgi_receive(fd, &in) && strstr(buf_str(&in), "200") != NULL;
	close(fd);
	buf_free(&params);
	buf_free(&out);
	buf_free(&in);
	return ok;
}

int
main(int argc, char **argv)
{
	int64_t from;
	pid_t pid;

	if (argc < 3)
		errx(2, "usage: first SOCKET COMMAND...");
	from = clock_mono_us();
	if ((pid = fork()) == -1)
		err(1, "fork");
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		err(127, "%s", argv[2]);
	}
	while (!answers(argv[1])) {
		if (clock_mono_us() - from > (int64_t)GIVE_UP_MS * 1000)
			errx(1, "no answer");
		usleep(500);
	}
	printf("%lld\n", (long long)(clock_mono_us() - from) / 1000);
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	return 0;
}

/*
 * The conformance server: the FastCGI workers of service.c behind a web server,
 * started and described as the runner asks (spec rpc.md C-1, C-2, C-7).
 * Nothing but the ready message goes to standard output.
 *
 *   server          speaks to the runner
 *   server worker   the FastCGI pool, with the options of any pool
 */
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "conformance/config.pb.h"
#include "rpc/pb.h"
#include "front.h"
#include "service.h"

#define MAX_MESSAGE ((uint32_t)1 << 20)
#define WORKERS	    "40" /* four calls per core may sleep at once */
#define START_MS    8000

static struct arena *mem;
static char *dir;

/* --- the runner ------------------------------------------------------------ */

static void
read_exactly(void *p, size_t len)
{
	size_t at = 0;
	ssize_t n;

	while (at < len) {
		n = read(STDIN_FILENO, (char *)p + at, len - at);
		if (n <= 0)
			errx(1, "the start message is cut short");
		at += (size_t)n;
	}
}

static void
read_start(struct pb_server_compat_request *out)
{
	struct pb_error e;
	uint8_t head[4];
	uint32_t len;
	void *p;

	read_exactly(head, sizeof(head));
	len = (uint32_t)head[0] << 24 | (uint32_t)head[1] << 16 |
	    (uint32_t)head[2] << 8 | head[3];
	if (len > MAX_MESSAGE)
		errx(1, "the start message is too long");
	p = arena_alloc(mem, len + 1);
	read_exactly(p, len);
	memset(out, 0, sizeof(*out));
	if (pb_decode(mem, &pb_server_compat_request_desc, p, len, NULL, out,
		&e) != CODE_OK)
		errx(1, "start message: %s: %s", e.path, e.text);
}

static void
write_ready(const struct pb_server_compat_request *in, uint16_t port)
{
	struct pb_server_compat_response out = { .host = "127.0.0.1",
		.port = port };
	struct buf *msg = buf_new(mem), *b = buf_new(mem);

	if (in->use_tls)
		out.pem_cert = in->server_creds->cert;
	pb_encode(msg, &pb_server_compat_response_desc, &out);
	buf_put_u32be(b, (uint32_t)msg->len);
	buf_put(b, msg->data, msg->len);
	if (write(STDOUT_FILENO, b->data, b->len) != (ssize_t)b->len)
		err(1, "ready message");
}

/* --- files ----------------------------------------------------------------- */

static void
make_dir(void)
{
	dir = arena_strdup(mem, "/tmp/mirai-conformance.XXXXXX");
	if (mkdtemp(dir) == NULL || chmod(dir, 0711) == -1)
		err(1, "%s", dir);
}

static void
remove_dir(void)
{
	static const char *const names[] = { "cert.pem", "key.pem",
		"front.conf", "front.pid", "mirai.conf", "socket" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(arena_printf(mem, "%s/%s", dir, names[i]));
	rmdir(dir);
}

static const char *
pool_conf(const struct pb_server_compat_request *in)
{
	struct buf *b = buf_new(mem);

	buf_puts(b, "log.level warn\n");
	if (in->message_receive_limit > 0)
		buf_printf(b, "rpc.message_limit %u\n",
		    (unsigned)in->message_receive_limit);
	return front_file(mem, dir, "mirai.conf", b);
}

/* --- processes ------------------------------------------------------------- */

static pid_t
start_pool(const char *self, const char *conf)
{
	const char *socket = arena_printf(mem, "%s/socket", dir);
	pid_t pid;

	if ((pid = fork()) != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(STDERR_FILENO, STDOUT_FILENO);
	umask(0); /* the directory guards the socket */
	execl(self, self, "worker", "-f", conf, "-s", socket, "-w", WORKERS,
	    NULL);
	err(1, "%s", self);
}

/* Until the pool accepts. */
static void
wait_pool(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd, i;

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/socket", dir);
	for (i = 0; i < START_MS / 5; i++) {
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) ==
		    0) {
			close(fd);
			return;
		}
		close(fd);
		usleep(5000);
	}
	errx(1, "the workers do not start");
}

static int
serve_runner(const char *self)
{
	struct pb_server_compat_request in;
	pid_t pool, web;
	uint16_t port;
	sigset_t set;
	int sig;

	mem = arena_new();
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD);
	read_start(&in);
	make_dir();
	pool = start_pool(self, pool_conf(&in));
	wait_pool();
	web = front_start(mem, dir, &in, &port);
	sigprocmask(SIG_BLOCK, &set, NULL);
	write_ready(&in, port);
	sigwait(&set, &sig);
	kill(web, SIGTERM);
	kill(pool, SIGTERM);
	waitpid(web, NULL, 0);
	waitpid(pool, NULL, 0);
	remove_dir();
	arena_free(mem);
	return sig == SIGCHLD;
}

int
main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "worker") == 0)
		return pool_main(argc - 1, argv + 1, &service_program);
	return serve_runner("/proc/self/exe");
}

/*
 * Pools: this program is a pool when it has arguments, and without any the
 * test that starts one and stops, reloads and hurts it. No call may fail but
 * the one whose worker is killed.
 */
#include "rpc/pool.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "rpc/fastcgi.h"
#include "rpc/resp.h"
#include "tests/test.h"

#define WAIT_MS 60000

static char dir[] = "/tmp/mirai-pool.XXXXXX";
static char sock[64], conf[64], log_path[64], in_hand[64];

/* --- the pool -------------------------------------------------------------- */

static void
pause_ms(int ms)
{
	struct timespec ts = { ms / 1000, (long)(ms % 1000) * 1000000 };

	while (nanosleep(&ts, &ts) == -1 && errno == EINTR)
		continue;
}

static bool
no_new_privs(void)
{
	char line[256];
	bool found = false;
	FILE *f;

	if ((f = fopen("/proc/self/status", "r")) == NULL)
		return false;
	while (fgets(line, sizeof(line), f) != NULL)
		found = found || strcmp(line, "NoNewPrivs:\t1\n") == 0;
	fclose(f);
	return found;
}

static void
serve(struct req *r)
{
	if (strcmp(r->path, "/pid") == 0)
		resp_text(r, 200, arena_printf(r->mem, "%d", (int)getpid()));
	else if (strcmp(r->path, "/parent") == 0)
		resp_text(r, 200, arena_printf(r->mem, "%d", (int)getppid()));
	else if (strcmp(r->path, "/privs") == 0)
		resp_text(r, 200, no_new_privs() ? "no" : "yes");
	else if (strcmp(r->path, "/level") == 0)
		resp_text(r, 200, conf_text(r->env->conf, "log.level"));
	else if (strcmp(r->path, "/abort") == 0)
		abort();
	else if (strcmp(r->path, "/slow") == 0) {
		(void)mknod(getenv("POOL_IN_HAND"), S_IFREG | 0600, 0);
		pause_ms(400);
		resp_text(r, 200, "slow");
	}
	/* Anything else is not answered: the pool has to. */
}

static const struct pool_program program = {
	.name = "pooltest",
	.serve = serve,
};

/* --- the client ------------------------------------------------------------ */

/* The body of the answer, or NULL; static per thread. */
static const char *
ask(const char *path)
{
	static _Thread_local char body[256];
	struct buf params = BUF_INIT, b = BUF_INIT, out = BUF_INIT;
	const char *gap = NULL;
	int fd;

	fastcgi_param(&params, "REQUEST_METHOD", 14, "GET", 3);
	fastcgi_param(&params, "REQUEST_URI", 11, path, strlen(path));
	fastcgi_request(&b, &params, "", 0);
	if ((fd = fastcgi_connect(sock)) != -1) {
		fastcgi_send(fd, &b);
		/* One thread at a time: the reader's buffer is shared. */
		if (fastcgi_receive(fd, &out))
			gap = strstr(buf_str(&out), "\r\n\r\n");
		close(fd);
	}
	if (gap != NULL)
		snprintf(body, sizeof(body), "%s", gap + 4);
	buf_free(&params);
	buf_free(&b);
	buf_free(&out);
	return gap == NULL ? NULL : body;
}

static int
ask_int(const char *path)
{
	const char *s = ask(path);

	return s == NULL ? -1 : atoi(s);
}

static void
write_conf(const char *line)
{
	FILE *f = fopen(conf, "w");

	if (f == NULL)
		return;
	fprintf(f, "%s\n", line);
	fclose(f);
}

static pid_t
start(void)
{
	int64_t end = clock_mono_ms() + WAIT_MS;
	pid_t pid;

	fflush(NULL);
	if ((pid = fork()) == 0) {
		if (freopen(log_path, "a", stderr) == NULL)
			_exit(1);
		execl("/proc/self/exe", "pooltest", "-f", conf, "-s", sock,
		    "-w", "3", NULL);
		_exit(127);
	}
	while (ask("/pid") == NULL && clock_mono_ms() < end)
		pause_ms(2);
	return pid;
}

static int
status_of(pid_t pid)
{
	int status = -1;

	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* --- tests ----------------------------------------------------------------- */

static void
plain(pid_t pid)
{
	CHECK(ask_int("/pid") > 0);
	CHECK(ask_int("/parent") == pid);
	CHECK_STR(ask("/privs"), "no");
	CHECK_STR(ask("/nothing"), "internal error\n");
}

/* Whether a process is gone, now or soon. */
static bool
ends(pid_t pid)
{
	int64_t end = clock_mono_ms() + WAIT_MS;

	while (kill(pid, 0) == 0 && clock_mono_ms() < end)
		pause_ms(2);
	return kill(pid, 0) == -1 && errno == ESRCH;
}

/* A worker that dies takes its call along, and no other. */
static void
crash(void)
{
	int i, bad = 0;

	CHECK(ask("/abort") == NULL);
	for (i = 0; i < 50; i++)
		bad += ask("/pid") == NULL;
	CHECK(bad == 0);
	i = ask_int("/pid");
	CHECK(i > 0 && kill(i, SIGKILL) == 0);
	CHECK(ends(i)); /* before that it may still accept a call */
	for (i = 0; i < 50; i++)
		bad += ask("/pid") == NULL;
	CHECK(bad == 0);
}

static atomic_bool stop_calls;
static atomic_int calls, failures;

static void *
call_on(void *arg)
{
	(void)arg;
	while (!stop_calls) {
		calls++;
		if (ask("/pid") == NULL)
			failures++;
	}
	return NULL;
}

/* The workers of a pool. */
static size_t
workers_of(pid_t pid, int *workers, size_t most)
{
	char name[64];
	size_t n = 0;
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%d/task/%d/children", (int)pid,
	    (int)pid);
	if ((f = fopen(name, "r")) == NULL)
		return 0;
	while (n < most && fscanf(f, "%d", &workers[n]) == 1)
		n++;
	fclose(f);
	return n;
}

/* Reloads, and waits until nobody of before serves any more. */
static void
reload_whole(pid_t pid)
{
	int old[16];
	size_t n = workers_of(pid, old, NITEMS(old));

	CHECK(n > 0);
	kill(pid, SIGHUP);
	while (n > 0)
		CHECK(ends(old[--n]));
}

static void
reload(pid_t pid)
{
	pthread_t thread;
	int i;

	pthread_create(&thread, NULL, call_on, NULL);
	for (i = 0; i < 3; i++)
		reload_whole(pid);
	for (i = 0; calls <= 100 && i < WAIT_MS / 10; i++)
		pause_ms(10);
	stop_calls = true;
	pthread_join(thread, NULL);
	CHECK(calls > 100);
	CHECK(failures == 0);
	CHECK(ask_int("/parent") == pid);
	CHECK_STR(ask("/level"), "info");
	write_conf("log.level debug");
	reload_whole(pid);
	CHECK_STR(ask("/level"), "debug");
}

/* A configuration that would not start changes nothing. */
static void
bad_reload(pid_t pid)
{
	write_conf("no.such.key 1");
	kill(pid, SIGHUP);
	pause_ms(300);
	CHECK_STR(ask("/level"), "debug");
	CHECK(kill(pid, 0) == 0);
	write_conf("log.level debug");
}

static void *
ask_slow(void *arg)
{
	const char *s = ask("/slow");

	*(bool *)arg = s != NULL && strcmp(s, "slow") == 0;
	return NULL;
}

/* What is in hand is finished; then all is gone. */
static void
stop(pid_t pid)
{
	int64_t end = clock_mono_ms() + WAIT_MS;
	pthread_t thread;
	struct stat st;
	bool good = false;

	pthread_create(&thread, NULL, ask_slow, &good);
	while (stat(in_hand, &st) == -1 && clock_mono_ms() < end)
		pause_ms(2);
	kill(pid, SIGTERM);
	CHECK(status_of(pid) == 0);
	pthread_join(thread, NULL);
	CHECK(good);
	CHECK(stat(sock, &st) == -1 && errno == ENOENT);
}

/* Workers do not outlive a supervisor that was killed. */
static void
orphans(void)
{
	pid_t pid = start(), worker = ask_int("/pid");

	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	CHECK(ends(worker));
	/* The socket it left does not keep the next one from starting. */
	pid = start();
	CHECK(ask_int("/pid") > 0);
	kill(pid, SIGTERM);
	CHECK(status_of(pid) == 0);
}

static void
refused(void)
{
	pid_t pid = start(), second;

	fflush(NULL);
	if ((second = fork()) == 0) {
		if (freopen(log_path, "a", stderr) == NULL)
			_exit(2);
		execl("/proc/self/exe", "pooltest", "-f", conf, "-s", sock,
		    NULL);
		_exit(127);
	}
	CHECK(status_of(second) == 1); /* the path is in use */
	CHECK(ask_int("/pid") > 0);
	kill(pid, SIGTERM);
	CHECK(status_of(pid) == 0);
}

int
main(int argc, char **argv)
{
	pid_t pid;

	if (argc > 1)
		return pool_main(argc, argv, &program);
	if (mkdtemp(dir) == NULL)
		return 1;
	snprintf(sock, sizeof(sock), "%s/socket", dir);
	snprintf(conf, sizeof(conf), "%s/conf", dir);
	snprintf(log_path, sizeof(log_path), "%s/log", dir);
	snprintf(in_hand, sizeof(in_hand), "%s/in-hand", dir);
	setenv("POOL_IN_HAND", in_hand, 1);
	write_conf("log.level info");
	pid = start();
	plain(pid);
	crash();
	reload(pid);
	bad_reload(pid);
	stop(pid);
	orphans();
	refused();
	unlink(conf);
	unlink(log_path);
	unlink(in_hand);
	rmdir(dir);
	return test_done();
}

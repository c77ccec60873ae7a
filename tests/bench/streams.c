/*
 * usage: streams SOCKET TENANT SECONDS: opens as many notification streams on
 * the socket of mirai-stream as the environment's STREAMS says, straight over
 * FastCGI, then makes events at 100 a second for people drawn at random.
 * Prints "open N MS" once every stream has spoken, and at the end how many
 * messages arrived of how many, and the 50th and 99th percentile of the time
 * from before an event's transaction to its bytes on each stream, in ms.
 *
 * People and sessions are those that tests/bench/run made: stream i is that of
 * session i / 5, a session that of person i / 10.
 */
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "rpc/envelope.h"
#include "rpc/fastcgi.h"
#include "service/notice.h"

#define PER_SESSION 5
#define PER_PERSON  10
#define RATE	    100
#define MAX_TIMES   1000000
#define OPEN_MS	    60000
#define PATH	    "/mirai.v1.NotificationService/SubscribeNotifications"

static int epoll_fd;
static size_t nstreams, nspoken;
static bool *spoken;
static int64_t *times; /* us */
static size_t ntimes;

/* --- streams --------------------------------------------------------------- */

static void
param(struct buf *b, const char *name, const char *value)
{
	fastcgi_param(b, name, strlen(name), value, strlen(value));
}

static void
open_stream(const char *path, size_t i)
{
	struct buf params = BUF_INIT, body = BUF_INIT, out = BUF_INIT;
	struct epoll_event ev = { .events = EPOLLIN };
	char token[64];
	int fd;

	if ((fd = fastcgi_connect(path)) == -1)
		err(1, "%s", path);
	snprintf(token, sizeof(token), "Bearer ory_st_%032zu", i / PER_SESSION);
	param(&params, "REQUEST_METHOD", "POST");
	param(&params, "REQUEST_URI", PATH);
	param(&params, "REMOTE_ADDR", "127.0.0.1");
	param(&params, "CONTENT_TYPE", "application/connect+json");
	param(&params, "CONTENT_LENGTH", "7");
	param(&params, "HTTP_AUTHORIZATION", token);
	envelope_put(&body, 0, "{}", 2);
	fastcgi_request(&out, &params, body.data, body.len);
	fastcgi_send(fd, &out);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	ev.data.u64 = (uint64_t)i << 32 | (uint32_t)fd;
	epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &ev);
	buf_free(&params);
	buf_free(&body);
	buf_free(&out);
}

/* Events have the time of their making as their title. */
static void
take(size_t i, char *text, int64_t now)
{
	static const char mark[] = "\"title\":\"at ";
	const char *s;
	int64_t at;

	if (strstr(text, "KEEPALIVE") != NULL && !spoken[i]) {
		spoken[i] = true;
		nspoken++;
	}
	if (strstr(text, "\"error\"") != NULL)
		errx(1, "stream %zu ended: %s", i, text);
	for (s = text; (s = strstr(s, mark)) != NULL; s++) {
		at = strtoll(s + sizeof(mark) - 1, NULL, 10);
		if (ntimes < MAX_TIMES)
			times[ntimes++] = now - at;
	}
}

static void
look(int timeout_ms)
{
	static struct epoll_event ready[512];
	static char text[65536];
	int i, n;
	ssize_t k, j;

	n = epoll_wait(epoll_fd, ready, 512, timeout_ms);
	for (i = 0; i < n; i++) {
		k = read((int)(uint32_t)ready[i].data.u64, text,
		    sizeof(text) - 1);
		if (k <= 0)
			errx(1, "a stream was closed");
		for (j = 0; j < k; j++)
			text[j] = text[j] == '\0' ? ' ' : text[j];
		text[k] = '\0';
		take((size_t)(ready[i].data.u64 >> 32), text, clock_mono_us());
	}
}

static void
open_all(const char *path)
{
	int64_t from = clock_mono_ms();
	size_t i;

	for (i = 0; i < nstreams; i++) {
		open_stream(path, i);
		look(0);
	}
	while (nspoken < nstreams) {
		if (clock_mono_ms() - from > OPEN_MS)
			errx(1, "only %zu streams opened", nspoken);
		look(100);
	}
	printf("open %zu %lld\n", nspoken, (long long)(clock_mono_ms() - from));
	fflush(stdout);
}

/* --- events ---------------------------------------------------------------- */

static void
make_event(struct db *db, struct arena *a, const char *tenant, size_t person)
{
	char user[STR_UUID_LEN + 1], id[STR_UUID_LEN + 1];
	struct db_scope scope = { .tenant_id = tenant, .user_id = user };
	struct notice n = { .tenant_id = tenant,
		.user_id = user,
		.type = "outline_ready",
		.message = "The outline of a course is there to be read." };

	snprintf(user, sizeof(user), "00000000-0000-4000-9000-%012x", (unsigned)person);
	n.title = arena_printf(a, "at %lld", (long long)clock_mono_us());
	db_use(db, a);
	db_begin(db, DB_TX_WRITE, &scope);
	if (db_end(db, notice_create(db, a, &n, id)) != CODE_OK)
		errx(1, "an event could not be made");
}

/* At a steady pace, whatever one of them takes. */
static void
make_events(const char *tenant, size_t n)
{
	struct db *db = db_open(getenv("DATABASE_URL"), "bench");
	size_t people = nstreams / PER_PERSON, i;
	int64_t start = clock_mono_us(), left;
	struct arena *a = arena_new();

	srandom(7);
	for (i = 0; i < n; i++) {
		left = start + (int64_t)i * 1000000 / RATE - clock_mono_us();
		if (left > 0)
			usleep((useconds_t)left);
		arena_reset(a);
		make_event(db, a, tenant, (size_t)random() % people);
	}
	arena_free(a);
	db_close(db);
}

static int
by_size(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
report(size_t wanted)
{
	if (ntimes == 0)
		errx(1, "no event arrived");
	qsort(times, ntimes, sizeof(*times), by_size);
	printf("events %zu %zu %.1f %.1f\n", ntimes, wanted,
	    (double)times[ntimes / 2] / 1000,
	    (double)times[ntimes * 99 / 100] / 1000);
}

static void
measure(const char *tenant, size_t seconds)
{
	size_t n = seconds * RATE;
	int64_t end;
	pid_t pid;

	if ((pid = fork()) == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		make_events(tenant, n);
		_exit(0);
	}
	end = clock_mono_ms() + (int64_t)seconds * 1000 + 3000;
	while (clock_mono_ms() < end && ntimes < n * PER_PERSON)
		look(50);
	waitpid(pid, NULL, 0);
	report(n * PER_PERSON);
}

int
main(int argc, char **argv)
{
	struct rlimit rl;
	int64_t n, seconds;

	if (argc != 4 || getenv("STREAMS") == NULL ||
	    !str_to_i64(getenv("STREAMS"), PER_PERSON, 100000, &n) ||
	    !str_to_i64(argv[3], 1, 3600, &seconds))
		errx(2, "usage: streams SOCKET TENANT SECONDS");
	getrlimit(RLIMIT_NOFILE, &rl);
	rl.rlim_cur = rl.rlim_max;
	setrlimit(RLIMIT_NOFILE, &rl);
	nstreams = (size_t)n;
	spoken = xcalloc(nstreams, sizeof(*spoken));
	times = xcalloc(MAX_TIMES, sizeof(*times));
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	open_all(argv[1]);
	measure(argv[2], (size_t)seconds);
	free(spoken);
	free(times);
	return 0;
}

/*
 * The supervisor. It holds the listening socket for as long as the service
 * lives, so no call is refused while workers come and go. Workers are forked
 * after everything is loaded and share those pages. A reload replaces the
 * supervisor's own image (same process, same socket); workers of the old
 * image finish what they have in hand. Never restarts a failing worker in a
 * tight loop.
 */
#include "rpc/pool.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <malloc.h>
#include <pwd.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "base/version.h"
#include "db/cache.h"
#include "db/db.h"
#include "net/store.h"
#include "rpc/deadline.h"
#include "rpc/listen.h"
#include "rpc/resp.h"

#define HANDOVER     "MIRAI_POOL" /* "descriptor made pid pid ..." */
#define MAX_WORKERS  1024
#define MAX_CHILDREN (2 * (MAX_WORKERS + 1))
#define STOP_MS	     30000
#define CHECK_MS     10000
#define YOUNG_MS     1000
#define WAIT_MIN_MS  100
#define WAIT_MAX_MS  5000

enum kind {
	KIND_FREE = 0,
	KIND_WORKER,
	KIND_ASIDE,
	KIND_OLD, /* of the image before a reload */
	KIND__MAX
};

struct child {
	enum kind kind;
	pid_t pid;
	int64_t born_ms;
};

static struct pool {
	const struct pool_program *program;
	struct conf *conf;
	char **argv;
	char *exe;
	const char *conf_path;
	const char *socket;
	const char *user;
	bool made_socket;
	bool check_only;
	int fd;
	size_t nworkers;
	struct child children[MAX_CHILDREN];
	int64_t not_before; /* no fork earlier */
	int64_t wait_ms;
	struct req_idle *idle; /* of struct req_env, shared */
} pool = { .fd = -1 };

static volatile sig_atomic_t worker_stop;

/* --- starting -------------------------------------------------------------- */

static void
usage(FILE *out)
{
	fprintf(out,
	    "usage: %s [-hnV] [-f conf] [-s socket] [-u user] [-w workers]\n",
	    pool.program->name);
}

/* One option; the exit status to end with, or -1 to go on. */
static int
take_option(int c)
{
	int64_t n;

	switch (c) {
	case 'f':
		pool.conf_path = optarg;
		return -1;
	case 'h':
		usage(stdout);
		return 0;
	case 'n':
		pool.check_only = true;
		return -1;
	case 's':
		pool.socket = optarg;
		return -1;
	case 'u':
		pool.user = optarg;
		return -1;
	case 'V':
		printf("%s %s\n", pool.program->name, MIRAI_VERSION);
		return 0;
	case 'w':
		if (str_to_i64(optarg, 1, MAX_WORKERS, &n)) {
			pool.nworkers = (size_t)n;
			return -1;
		}
		fprintf(stderr, "%s: -w takes a number from 1 to %d\n",
		    pool.program->name, MAX_WORKERS);
		return 1;
	default:
		usage(stderr);
		return 1;
	}
}

static int
read_options(int argc, char **argv)
{
	int c, status;

	while ((c = getopt(argc, argv, "f:hns:u:Vw:")) != -1) {
		if ((status = take_option(c)) != -1)
			return status;
	}
	if (optind == argc)
		return -1;
	usage(stderr);
	return 1;
}

static enum log_level
log_level(const struct conf *conf)
{
	static const char *const names[] = { "debug", "info", "warn", "error" };
	size_t i;

	for (i = 0; i < NITEMS(names); i++) {
		if (str_eq(conf_text(conf, "log.level"), names[i]))
			return (enum log_level)i;
	}
	return LOG_LEVEL_INFO;
}

static size_t
default_workers(void)
{
	long n;

	if (pool.program->workers > 0)
		return (size_t)pool.program->workers;
	if ((n = (long)conf_int(pool.conf, "rpc.workers")) > 0)
		return (size_t)n;
	n = 2 * sysconf(_SC_NPROCESSORS_ONLN);
	return n < 8 ? 8 : n > MAX_WORKERS ? MAX_WORKERS : (size_t)n;
}

/* What the image before a reload left. False: there was none. */
static bool
take_over(void)
{
	struct child *c = pool.children;
	char *text, *word, *rest;
	unsigned at = 0;
	int64_t n;

	if (getenv(HANDOVER) == NULL)
		return false;
	text = rest = xstrdup(getenv(HANDOVER));
	unsetenv(HANDOVER);
	while ((word = strsep(&rest, " ")) != NULL) {
		if (!str_to_i64(word, 0, INT_MAX, &n))
			continue;
		if (at == 0)
			pool.fd = (int)n;
		else if (at == 1)
			pool.made_socket = n != 0;
		else if (c < pool.children + MAX_CHILDREN)
			*c++ = (struct child){ KIND_OLD, (pid_t)n, 0 };
		at++;
	}
	free(text);
	return true;
}

static int
get_socket(void)
{
	if (take_over())
		return 0;
	if (pool.socket != NULL) {
		pool.fd = listen_unix(pool.socket);
		pool.made_socket = pool.fd != -1;
	} else if ((pool.fd = listen_inherited()) == -1) {
		log_error("no socket: give -s, or start it with one");
	}
	return pool.fd == -1 ? -1 : 0;
}

/* The socket's file goes to the user as well, so that it can be removed. */
static int
drop_privileges(const char *user)
{
	struct passwd *pw;

	if ((pw = getpwnam(user)) == NULL) {
		log_error("user %s: not known", user);
		return -1;
	}
	if (getuid() == pw->pw_uid)
		return 0; /* a reload */
	if ((pool.made_socket &&
		lchown(pool.socket, pw->pw_uid, pw->pw_gid) == -1) ||
	    initgroups(user, pw->pw_gid) == -1 || setgid(pw->pw_gid) == -1 ||
	    setuid(pw->pw_uid) == -1) {
		log_error("user %s: %s", user, strerror(errno));
		return -1;
	}
	return 0;
}

static void
set_limits(void)
{
	struct rlimit none = { 0, 0 };
#ifndef ARENA_MALLOC /* sanitizers reserve terabytes of address space */
	struct rlimit data = { (rlim_t)1 << 30, (rlim_t)1 << 30 };

	setrlimit(RLIMIT_DATA, &data);
#endif
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* What the workers tell each other: when one last had nothing to do. */
static int
share_clock(void)
{
	void *p;

	p = mmap(NULL, sizeof(*pool.idle), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED) {
		log_error("mmap: %s", strerror(errno));
		return -1;
	}
	pool.idle = p;
	atomic_store(&pool.idle->at, clock_mono_ms());
	return 0;
}

/* --- workers --------------------------------------------------------------- */

static void
on_stop(int sig)
{
	(void)sig;
	worker_stop = 1;
}

/* Stop requests wait until a request is done: req_accept() lets them in. */
static void
worker_signals(void)
{
	struct sigaction stop = { .sa_handler = on_stop };
	sigset_t set;

	sigaction(SIGTERM, &stop, NULL);
	signal(SIGINT, SIG_IGN); /* of a terminal: the parent decides */
	signal(SIGHUP, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_SETMASK, &set, NULL);
}

static void
give_back(struct req_env *env)
{
	if (pool.program->idle != NULL)
		pool.program->idle(env);
	if (env->db != NULL)
		db_idle(env->db, 0);
	malloc_trim(0);
}

static void
serve_one(struct req *r)
{
	pool.program->serve(r);
	if (!resp_sent(r)) {
		log_error("%s %s: no answer was made", r->method, r->path);
		resp_reset(r);
		resp_text(r, 500, "internal error\n");
	}
	req_done(r);
}

static void
serve_all(struct req_io *io, struct req_env *env)
{
	int64_t idle_ms = conf_int(env->conf, "database.idle") * 1000;
	int64_t last = clock_mono_ms();
	bool used = true;
	struct req *r;

	while (!worker_stop) {
		r = req_accept(io, used ? (int)idle_ms : -1);
		if (r != NULL) {
			serve_one(r);
			last = clock_mono_ms();
			used = true;
		} else if (used && clock_mono_ms() - last >= idle_ms) {
			give_back(env);
			used = false;
		}
	}
}

static int
worker_main(size_t slot)
{
	struct req_env env = { .conf = pool.conf,
		.idle = pool.idle,
		.idle_slot = slot };
	struct req_io *io;

	worker_signals();
	if (pool.program->run != NULL)
		return pool.program->run(pool.conf, pool.fd);
	deadline_open();
	if (pool.program->open != NULL && pool.program->open(&env) == -1)
		return 1;
	if ((io = req_open(pool.fd, &env)) == NULL)
		return 1;
	serve_all(io, &env);
	req_close(io);
	if (pool.program->close != NULL)
		pool.program->close(&env);
	db_close(env.db);
	cache_close(env.cache);
	store_close(env.store);
	return 0;
}

static int
aside_main(void)
{
	struct req_env env = { .conf = pool.conf };
	sigset_t none;

	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (pool.program->open != NULL && pool.program->open(&env) == -1)
		return 1;
	pool.program->aside(&env);
	return 1;
}

/* --- children -------------------------------------------------------------- */

static size_t
count(enum kind kind)
{
	size_t i, n = 0;

	for (i = 0; i < MAX_CHILDREN; i++)
		n += pool.children[i].kind == kind;
	return n;
}

static struct child *
find(pid_t pid)
{
	size_t i;

	for (i = 0; i < MAX_CHILDREN; i++) {
		if (pool.children[i].kind != KIND_FREE &&
		    pool.children[i].pid == pid)
			return &pool.children[i];
	}
	return NULL;
}

static void
tell(enum kind kind, int sig)
{
	size_t i;

	for (i = 0; i < MAX_CHILDREN; i++) {
		if (pool.children[i].kind == kind)
			kill(pool.children[i].pid, sig);
	}
}

static size_t
idle_slot(const struct child *c)
{
	size_t i = (size_t)(c - pool.children);

	return i < REQ_IDLE_SLOTS ? i : REQ_IDLE_SLOTS - 1;
}

static void
start_child(enum kind kind)
{
	struct child *c = pool.children;
	pid_t pid, parent = getpid();

	while (c->kind != KIND_FREE)
		c++;
	fflush(NULL);
	if ((pid = fork()) == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent)
			_exit(1);
		exit(kind == KIND_ASIDE ? aside_main()
					: worker_main(idle_slot(c)));
	}
	if (pid == -1) {
		log_error("fork: %s", strerror(errno));
		pool.not_before = clock_mono_ms() + WAIT_MAX_MS;
		return;
	}
	*c = (struct child){ kind, pid, clock_mono_ms() };
}

static void
start_missing(void)
{
	size_t n;

	for (n = count(KIND_WORKER); n < pool.nworkers; n++) {
		if (clock_mono_ms() < pool.not_before)
			return;
		start_child(KIND_WORKER);
	}
	if (pool.program->aside != NULL && count(KIND_ASIDE) == 0 &&
	    clock_mono_ms() >= pool.not_before)
		start_child(KIND_ASIDE);
}

/* A child that dies young makes the next one wait, longer each time. */
static void
note_end(const struct child *c, int status)
{
	if (WIFSIGNALED(status))
		log_error("worker %d: killed by signal %d", (int)c->pid,
		    WTERMSIG(status));
	else if (WEXITSTATUS(status) != 0)
		log_error("worker %d: ended with status %d", (int)c->pid,
		    WEXITSTATUS(status));
	if (c->kind == KIND_OLD || clock_mono_ms() - c->born_ms >= YOUNG_MS) {
		pool.wait_ms = 0;
		return;
	}
	pool.wait_ms = pool.wait_ms == 0 ? WAIT_MIN_MS : pool.wait_ms * 2;
	if (pool.wait_ms > WAIT_MAX_MS)
		pool.wait_ms = WAIT_MAX_MS;
	pool.not_before = clock_mono_ms() + pool.wait_ms;
}

static void
reap(bool note)
{
	struct child *c;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if ((c = find(pid)) == NULL)
			continue;
		atomic_store(&pool.idle->asleep[idle_slot(c)], false);
		if (note)
			note_end(c, status);
		c->kind = KIND_FREE;
	}
}

/* --- stop and reload ------------------------------------------------------- */

/* Waits up to ms for one of the blocked signals; 0 when none came. */
static int
wait_signal(const sigset_t *set, int64_t ms)
{
	struct timespec ts = { .tv_sec = ms / 1000,
		.tv_nsec = ms % 1000 * 1000000 };
	int sig;

	sig = sigtimedwait(set, NULL, &ts);
	return sig == -1 ? 0 : sig;
}

static void
stop_all(const sigset_t *set)
{
	int64_t end = clock_mono_ms() + STOP_MS, left;
	unsigned kind;

	for (kind = KIND_WORKER; kind < KIND__MAX; kind++)
		tell((enum kind)kind, SIGTERM);
	while (count(KIND_FREE) < MAX_CHILDREN) {
		if ((left = end - clock_mono_ms()) <= 0)
			break;
		wait_signal(set, left);
		reap(false);
	}
	for (kind = KIND_WORKER; kind < KIND__MAX; kind++)
		tell((enum kind)kind, SIGKILL);
	if (pool.made_socket && pool.socket != NULL)
		unlink(pool.socket);
}

/* Runs the program with -n: would the new image and configuration start? */
static bool
would_start(void)
{
	int64_t end = clock_mono_ms() + CHECK_MS;
	char *argv[] = { pool.exe, strdup("-n"), NULL, NULL, NULL };
	struct timespec tick = { .tv_nsec = 10000000 };
	int status = 1;
	pid_t pid;

	if (pool.conf_path != NULL) {
		argv[2] = strdup("-f");
		argv[3] = strdup(pool.conf_path);
	}
	if ((pid = fork()) == 0) {
		sigset_t none;

		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		execv(pool.exe, argv);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, WNOHANG) == 0) {
		if (clock_mono_ms() >= end)
			kill(pid, SIGKILL);
		nanosleep(&tick, NULL);
	}
	free(argv[1]);
	free(argv[2]);
	free(argv[3]);
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void
reload(void)
{
	struct buf b = BUF_INIT;
	size_t i;

	if (!would_start()) {
		log_error("reload refused: the program would not start; "
			  "going on as before");
		return;
	}
	tell(KIND_ASIDE, SIGTERM);
	buf_printf(&b, "%d %d", pool.fd, pool.made_socket);
	for (i = 0; i < MAX_CHILDREN; i++) {
		if (pool.children[i].kind != KIND_FREE)
			buf_printf(&b, " %d", (int)pool.children[i].pid);
	}
	setenv(HANDOVER, buf_str(&b), 1);
	buf_free(&b);
	fcntl(pool.fd, F_SETFD, 0);
	execv(pool.exe, pool.argv);
	log_error("%s: %s", pool.exe, strerror(errno));
	unsetenv(HANDOVER);
	fcntl(pool.fd, F_SETFD, FD_CLOEXEC);
}

static int64_t
next_look(void)
{
	int64_t left = pool.not_before - clock_mono_ms();

	return left > 0 ? left : 60000;
}

static void
supervise(const sigset_t *set)
{
	for (;;) {
		start_missing();
		/* The new ones serve: the old may go. */
		tell(KIND_OLD, SIGTERM);
		switch (wait_signal(set, next_look())) {
		case SIGTERM:
		case SIGINT:
			stop_all(set);
			return;
		case SIGHUP:
			reload();
			break;
		default:
			break;
		}
		reap(true);
	}
}

static void
block_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGCHLD);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigprocmask(SIG_BLOCK, set, NULL);
}

static int
start(void)
{
	char path[PATH_MAX];
	ssize_t n;

	n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	pool.exe = xstrndup(n > 0 ? path : pool.argv[0],
	    n > 0 ? (size_t)n : strlen(pool.argv[0]));
	if (get_socket() == -1)
		return -1;
	fcntl(pool.fd, F_SETFD, FD_CLOEXEC);
	if (pool.user != NULL && drop_privileges(pool.user) == -1)
		return -1;
	set_limits();
	return 0;
}

static void
finish(void)
{
	conf_free(pool.conf);
	free(pool.exe);
}

size_t
pool_workers(void)
{
	return pool.nworkers;
}

int
pool_main(int argc, char **argv, const struct pool_program *program)
{
	sigset_t set;
	int status;

	pool.program = program;
	pool.argv = argv;
	/* Large blocks (a password's hash, a document) go back when freed. */
	mallopt(M_MMAP_THRESHOLD, 1 << 20);
	log_open(program->name, LOG_FORM_PLAIN, LOG_LEVEL_INFO);
	if ((status = read_options(argc, argv)) != -1)
		return status;
	if ((pool.conf = conf_load(pool.conf_path)) == NULL)
		return 1;
	if (pool.nworkers == 0)
		pool.nworkers = default_workers();
	if (program->load != NULL && program->load(pool.conf) == -1)
		return 1;
	if (pool.check_only) {
		finish();
		return 0;
	}
	log_open(program->name, LOG_FORM_JSON, log_level(pool.conf));
	block_signals(&set);
	if (share_clock() == -1 || start() == -1)
		return 1;
	log_info("started with %zu workers", pool.nworkers);
	supervise(&set);
	log_info("stopped");
	finish();
	return 0;
}

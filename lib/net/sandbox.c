/*
 * Sandboxed children. Every step of the jail is taken before the first
 * foreign byte is looked at; a step that the kernel does not offer (Landlock
 * before 5.13) is left out, all others are required.
 */
#include "net/sandbox.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"

#define PIECE	       ((size_t)65536)
#define EXIT_NO_MEMORY 101
#define EXIT_NO_JAIL   102
#define ERR_MAX	       ((size_t)64 * 1024)

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* What parsing memory and writing the answer needs. */
static const int call_allowed[] = {
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(close), SCMP_SYS(mmap),
	SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(mprotect), SCMP_SYS(brk),
	SCMP_SYS(madvise), SCMP_SYS(futex), SCMP_SYS(exit),
	SCMP_SYS(exit_group), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigaction), SCMP_SYS(sigaltstack), SCMP_SYS(getrandom),
	SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(getpid),
	SCMP_SYS(gettid), SCMP_SYS(tgkill), SCMP_SYS(fstat),
	SCMP_SYS(newfstatat), SCMP_SYS(lseek), SCMP_SYS(sched_yield),
	SCMP_SYS(sysinfo), /* qsort(3) */
};

/* On top of these, what loading and running a program needs. */
static const int exec_allowed[] = {
	SCMP_SYS(execve),
	SCMP_SYS(access),
	SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2),
	SCMP_SYS(arch_prctl),
	SCMP_SYS(set_tid_address),
	SCMP_SYS(set_robust_list),
	SCMP_SYS(rseq),
	SCMP_SYS(prlimit64),
	SCMP_SYS(getrlimit),
	SCMP_SYS(pread64),
	SCMP_SYS(stat),
	SCMP_SYS(lstat),
	SCMP_SYS(statx),
	SCMP_SYS(statfs),
	SCMP_SYS(fstatfs),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(getcwd),
	SCMP_SYS(getdents64),
	SCMP_SYS(fcntl),
	SCMP_SYS(fadvise64),
	SCMP_SYS(uname),
	SCMP_SYS(getuid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getegid),
	SCMP_SYS(readv),
	SCMP_SYS(writev),
	SCMP_SYS(dup),
	SCMP_SYS(umask),
	SCMP_SYS(sched_getaffinity),
};

/* Where programs and their data live; read and execute only. */
static const char *const exec_paths[] = {
	"/usr",
	"/lib",
	"/lib64",
	"/bin",
	"/etc/ld.so.cache",
	"/etc/fonts",
	"/etc/alternatives",
	"/nix/store",
	"/gnu/store",
};

static int
limit(int what, rlim_t n)
{
	struct rlimit r = { n, n };

	return setrlimit((__rlimit_resource_t)what, &r);
}

/* Bytes of address space in use now; 0 when the kernel does not say. */
static size_t
address_space(void)
{
	unsigned long pages = 0;
	FILE *fp;

	if ((fp = fopen("/proc/self/statm", "re")) == NULL)
		return 0;
	if (fscanf(fp, "%lu", &pages) != 1)
		pages = 0;
	fclose(fp);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static int
enter_limits(const struct sandbox_limits *lim, bool exec)
{
	size_t base = exec ? (size_t)64 * 1024 * 1024 : address_space();

	if (limit(RLIMIT_CPU, lim->cpu_s) == -1 ||
	    limit(RLIMIT_FSIZE, 0) == -1 || limit(RLIMIT_CORE, 0) == -1 ||
	    limit(RLIMIT_NOFILE, exec ? 64 : 4) == -1)
		return -1;
	/* The sanitizers reserve terabytes of address space. */
	if (SANITIZED)
		return 0;
	return limit(RLIMIT_AS, base + lim->memory);
}

static void
landlock_allow(int ruleset, const char *path)
{
	struct landlock_path_beneath_attr rule = {
		.allowed_access =
		    LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE,
	};

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd == -1)
		return;
	(void)syscall(SYS_landlock_add_rule, ruleset,
	    LANDLOCK_RULE_PATH_BENEATH, &rule, 0); /* stricter when it fails */
	close(rule.parent_fd);
}

/* No file but the given ones; without Landlock the call list must do. */
static int
enter_landlock(bool exec)
{
	struct landlock_ruleset_attr attr = {
		.handled_access_fs = (1ULL << 13) - 1,
	};
	int fd, rv;
	size_t i;

	fd = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (fd == -1)
		return 0;
	for (i = 0; exec && i < NITEMS(exec_paths); i++)
		landlock_allow(fd, exec_paths[i]);
	rv = (int)syscall(SYS_landlock_restrict_self, fd, 0);
	close(fd);
	return rv;
}

static int
allow(scmp_filter_ctx f, const int *calls, size_t n)
{
	size_t i;
	int rv;

	for (i = 0; i < n; i++) {
		rv = seccomp_rule_add(f, SCMP_ACT_ALLOW, calls[i], 0);
		if (rv != 0 && rv != -EDOM)
			return -1;
	}
	return 0;
}

/* Opening is refused in a call, read-only for a program. */
static int
allow_open(scmp_filter_ctx f, bool exec)
{
	uint32_t no = SCMP_ACT_ERRNO(EACCES);

	if (!exec)
		return seccomp_rule_add(f, no, SCMP_SYS(openat), 0) != 0 ||
			seccomp_rule_add(f, no, SCMP_SYS(open), 0) != 0
		    ? -1
		    : 0;
	if (seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
		SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC,
		    O_RDONLY)) != 0 ||
	    seccomp_rule_add(f, no, SCMP_SYS(openat), 1,
		SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE, O_WRONLY)) != 0 ||
	    seccomp_rule_add(f, no, SCMP_SYS(openat), 1,
		SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE, O_RDWR)) != 0)
		return -1;
	return seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOTTY), SCMP_SYS(ioctl), 0);
}

static int
enter_seccomp(bool exec)
{
	scmp_filter_ctx f;
	int rv = -1;

	/* Some are asked for out of habit; "no" serves better than death. */
	if ((f = seccomp_init(SCMP_ACT_KILL_PROCESS)) == NULL)
		return -1;
	if (allow(f, call_allowed, NITEMS(call_allowed)) == 0 &&
	    (!exec || allow(f, exec_allowed, NITEMS(exec_allowed)) == 0) &&
	    allow_open(f, exec) == 0 && seccomp_load(f) == 0)
		rv = 0;
	seccomp_release(f);
	return rv;
}

static int
enter(const struct sandbox_limits *lim, bool exec)
{
	if (enter_limits(lim, exec) == -1 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    enter_landlock(exec) == -1)
		return -1;
	return enter_seccomp(exec);
}

/* Puts fd at place and marks it to survive exec. */
static int
place(int fd, int at)
{
	if (fd == at)
		return fcntl(fd, F_SETFD, 0);
	return dup2(fd, at) == at ? 0 : -1;
}

static void
reset_signals(void)
{
	struct sigaction sa = { .sa_handler = SIG_DFL };
	sigset_t none;
	int i;

	for (i = 1; i < 32; i++)
		(void)sigaction(i, &sa, NULL); /* KILL and STOP refuse: fine */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* --- the parent's side ---------------------------------------------------- */

struct child {
	pid_t pid;
	int fd[2]; /* answer, standard error */
	struct buf *to[2];
	size_t max[2];
};

/* One read; false at the end of the stream or over the limit. */
static bool
child_read(struct child *c, int i, bool *over)
{
	size_t room = c->max[i] - c->to[i]->len;
	size_t want = room < PIECE ? room + 1 : PIECE;
	char *p;
	ssize_t n;

	p = buf_reserve(c->to[i], want);
	n = read(c->fd[i], p, want);
	if (n == -1)
		return errno == EINTR || errno == EAGAIN;
	if ((size_t)n > room) {
		*over = true;
		return false;
	}
	c->to[i]->len += (size_t)n;
	c->to[i]->data[c->to[i]->len] = '\0';
	return n > 0;
}

static enum sandbox_end
child_drain(struct child *c, unsigned wall_ms)
{
	struct pollfd pfd[2];
	int64_t end = clock_mono_ms() + wall_ms, left;
	bool over = false;
	int i;

	while (c->fd[0] != -1 || c->fd[1] != -1) {
		if ((left = end - clock_mono_ms()) <= 0)
			return SANDBOX_TIMEOUT;
		for (i = 0; i < 2; i++)
			pfd[i] = (struct pollfd){ c->fd[i], POLLIN, 0 };
		if (poll(pfd, 2, (int)left) == -1 && errno != EINTR)
			return SANDBOX_ERROR;
		for (i = 0; i < 2; i++) {
			if (c->fd[i] == -1 || pfd[i].revents == 0)
				continue;
			if (!child_read(c, i, &over)) {
				close(c->fd[i]);
				c->fd[i] = -1;
			}
			if (over)
				return SANDBOX_OUTPUT;
		}
	}
	return SANDBOX_DONE;
}

/* A child may close its output and stay: it has until the deadline, too. */
static int
child_wait(struct child *c, enum sandbox_end *end, unsigned wall_ms)
{
	int64_t until = clock_mono_ms() + wall_ms;
	int st = 0;
	pid_t pid;

	for (;;) {
		pid = waitpid(c->pid, &st, *end == SANDBOX_DONE ? WNOHANG : 0);
		if (pid == c->pid)
			return st;
		if (pid == -1 && errno != EINTR)
			return 0;
		if (*end == SANDBOX_DONE && clock_mono_ms() > until) {
			*end = SANDBOX_TIMEOUT;
			kill(c->pid, SIGKILL);
		}
		if (pid == 0)
			(void)poll(NULL, 0, 1);
	}
}

static enum sandbox_end
child_end(int st, int *status)
{
	if (WIFEXITED(st)) {
		*status = WEXITSTATUS(st);
		if (*status == EXIT_NO_JAIL) {
			log_error("sandbox: the kernel refuses the jail");
			return SANDBOX_ERROR;
		}
		return SANDBOX_DONE;
	}
	*status = WTERMSIG(st);
	if (*status == SIGSYS)
		return SANDBOX_DENIED;
	if (*status == SIGXCPU)
		return SANDBOX_TIMEOUT;
	/* The hard processor limit kills, as running out of memory does not. */
	return *status == SIGKILL ? SANDBOX_TIMEOUT : SANDBOX_CRASHED;
}

static enum sandbox_end
child_finish(struct child *c, const struct sandbox_limits *lim, int *status)
{
	enum sandbox_end end;
	int i, st;

	end = child_drain(c, lim->wall_ms);
	for (i = 0; i < 2; i++) {
		if (c->fd[i] != -1)
			close(c->fd[i]);
	}
	if (end != SANDBOX_DONE)
		kill(c->pid, SIGKILL);
	st = child_wait(c, &end, lim->wall_ms);
	return end != SANDBOX_DONE ? end : child_end(st, status);
}

static int
pipe_open(int fd[2])
{
	if (pipe2(fd, O_CLOEXEC) == 0)
		return 0;
	log_error("sandbox: pipe: %s", strerror(errno));
	return -1;
}

static void
no_memory(void)
{
	_exit(EXIT_NO_MEMORY);
}

/* In the child of sandbox_call(); never returns. */
static void
call_child(const struct sandbox_limits *lim,
    int (*fn)(void *arg, struct buf *answer), void *arg, int fd)
{
	struct buf answer = BUF_INIT;
	int rv;

	reset_signals();
	/* xmalloc() leaves by exit(): no other handler may run here. */
	if (atexit(no_memory) != 0 || place(fd, 3) == -1 ||
	    syscall(SYS_close_range, 4u, ~0u, 0u) == -1)
		_exit(EXIT_NO_JAIL);
	close(0);
	close(1);
	if (!SANITIZED)
		close(2);
	if (enter(lim, false) == -1)
		_exit(EXIT_NO_JAIL);
	rv = fn(arg, &answer);
	if (fd_write(3, buf_str(&answer), answer.len) == -1)
		rv = EXIT_NO_MEMORY;
	_exit(rv);
}

enum sandbox_end
sandbox_call(const struct sandbox_limits *lim,
    int (*fn)(void *arg, struct buf *answer), void *arg, struct buf *out,
    int *status)
{
	struct child c = { .fd = { -1, -1 }, .to = { out, NULL } };
	int fd[2];

	*status = 0;
	if (pipe_open(fd) == -1)
		return SANDBOX_ERROR;
	fflush(NULL);
	if ((c.pid = fork()) == 0)
		call_child(lim, fn, arg, fd[1]);
	close(fd[1]);
	if (c.pid == -1) {
		log_error("sandbox: fork: %s", strerror(errno));
		close(fd[0]);
		return SANDBOX_ERROR;
	}
	c.fd[0] = fd[0];
	c.max[0] = out->len + lim->output;
	return child_finish(&c, lim, status);
}

/* The bytes as a sealed file that has no name. */
static int
memory_file(const void *p, size_t len)
{
	int fd;

	fd = memfd_create("input", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd == -1 || fd_write(fd, p, len) == -1 ||
	    lseek(fd, 0, SEEK_SET) == -1 ||
	    fcntl(fd, F_ADD_SEALS,
		F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) ==
		-1) {
		log_error("sandbox: memory file: %s", strerror(errno));
		if (fd != -1)
			close(fd);
		return -1;
	}
	return fd;
}

/* In the child of sandbox_exec(); never returns. */
static void
exec_child(const struct sandbox_limits *lim, const char *const argv[], int in,
    int out, int err)
{
	static char lc[] = "LC_ALL=C.UTF-8", home[] = "HOME=/nonexistent";
	char *env[] = { lc, home, NULL };
	int null;

	reset_signals();
	/* Above the places they go to, so that none overwrites another. */
	in = fcntl(in, F_DUPFD, 10);
	out = fcntl(out, F_DUPFD, 10);
	err = fcntl(err, F_DUPFD, 10);
	if (in == -1 || out == -1 || err == -1 || chdir("/") == -1 ||
	    (null = open("/dev/null", O_RDONLY)) == -1 ||
	    place(null, 0) == -1 || place(out, 1) == -1 ||
	    place(err, 2) == -1 || place(in, 3) == -1 ||
	    syscall(SYS_close_range, 4u, ~0u, 0u) == -1 ||
	    enter(lim, true) == -1)
		_exit(EXIT_NO_JAIL);
	execve(argv[0], (char *const *)(uintptr_t)argv, env);
	_exit(127);
}

static enum sandbox_end
exec_start(struct child *c, const struct sandbox_limits *lim,
    const char *const argv[], int in)
{
	int out[2], err[2];

	if (pipe_open(out) == -1)
		return SANDBOX_ERROR;
	if (pipe_open(err) == -1) {
		close(out[0]);
		close(out[1]);
		return SANDBOX_ERROR;
	}
	fflush(NULL);
	if ((c->pid = fork()) == 0)
		exec_child(lim, argv, in, out[1], err[1]);
	close(out[1]);
	close(err[1]);
	c->fd[0] = out[0];
	c->fd[1] = err[0];
	if (c->pid != -1)
		return SANDBOX_DONE;
	log_error("sandbox: fork: %s", strerror(errno));
	close(out[0]);
	close(err[0]);
	return SANDBOX_ERROR;
}

enum sandbox_end
sandbox_exec(const struct sandbox_limits *lim, const char *const argv[],
    const void *p, size_t len, struct buf *out, struct buf *err, int *status)
{
	struct child c = { .to = { out, err } };
	enum sandbox_end end;
	int in;

	*status = 0;
	if ((in = memory_file(p, len)) == -1)
		return SANDBOX_ERROR;
	c.max[0] = out->len + lim->output;
	c.max[1] = err->len + ERR_MAX;
	end = exec_start(&c, lim, argv, in);
	close(in);
	return end != SANDBOX_DONE ? end : child_finish(&c, lim, status);
}

/*
 * One POSIX timer, delivered as SIGALRM to the serving thread. It is left
 * armed between requests: the handler looks whether anything is due and arms
 * anew, so a request costs no system call. The handler calls only what is
 * safe in a signal handler (clock_gettime, write, shutdown, timer_settime,
 * _exit).
 */
#include "rpc/deadline.h"

#include <sys/socket.h>
#include <sys/syscall.h>

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

#define STUCK_MS   5000
#define STUCK_EXIT 75

enum stage {
	IDLE,
	READING,
	WORKING,
	ANSWERED /* by the timer; the handler is still at work */
};

static timer_t timer;
static bool have_timer;
static atomic_int stage = IDLE; /* lock-free, so fit for the handler */
static _Atomic int64_t due;	/* of this stage */
static _Atomic int64_t armed;	/* when the timer fires; 0: never */
static int fd = -1;
static struct deadline_answer answers[2];
static const volatile bool *unsure_if;

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
arm(int64_t at)
{
	struct itimerspec its = { .it_value = { .tv_sec = at / 1000,
				      .tv_nsec = at % 1000 * 1000000 } };

	armed = at;
	timer_settime(timer, TIMER_ABSTIME, &its, NULL);
}

static void
write_answer(const struct deadline_answer *a)
{
	const char *p = a->data;
	size_t len = a->len;
	ssize_t n;

	while (len > 0 && (n = write(fd, p, len)) > 0) {
		p += n;
		len -= (size_t)n;
	}
	shutdown(fd, SHUT_WR);
}

static void
expire(void)
{
	switch ((enum stage)stage) {
	case READING:
		shutdown(fd, SHUT_RDWR);
		stage = IDLE;
		break;
	case WORKING:
		write_answer(&answers[unsure_if != NULL && *unsure_if]);
		stage = ANSWERED;
		due = now_ms() + STUCK_MS;
		break;
	case ANSWERED:
		_exit(STUCK_EXIT);
	case IDLE:
		break;
	}
}

static void
on_alarm(int sig)
{
	int saved = errno;

	(void)sig;
	armed = 0;
	if (stage != IDLE && now_ms() >= due)
		expire();
	if (stage != IDLE)
		arm(due);
	errno = saved;
}

void
deadline_open(void)
{
	struct sigaction sa = { .sa_handler = on_alarm,
		.sa_flags = SA_RESTART };
	struct sigevent ev = { .sigev_notify = SIGEV_THREAD_ID,
		.sigev_signo = SIGALRM };
	sigset_t set;

	ev.sigev_notify_thread_id = (pid_t)syscall(SYS_gettid);
	sigemptyset(&sa.sa_mask);
	sigaction(SIGALRM, &sa, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	have_timer = timer_create(CLOCK_MONOTONIC, &ev, &timer) == 0;
	if (!have_timer)
		log_error("timer: %s", strerror(errno));
}

/* The stage is written last: until then the handler sees nothing due. */
static void
watch(enum stage what, int conn, int64_t due_ms)
{
	stage = IDLE;
	fd = conn;
	due = due_ms;
	atomic_signal_fence(memory_order_seq_cst);
	stage = what;
	if (have_timer && (armed == 0 || armed > due_ms))
		arm(due_ms);
}

void
deadline_read(int conn, int64_t due_ms)
{
	watch(READING, conn, due_ms);
}

void
deadline_work(int conn, int64_t due_ms, struct deadline_answer late,
    struct deadline_answer unsure, const volatile bool *committing)
{
	stage = IDLE;
	atomic_signal_fence(memory_order_seq_cst);
	answers[0] = late;
	answers[1] = unsure;
	unsure_if = committing;
	watch(WORKING, conn, due_ms);
}

bool
deadline_stop(void)
{
	return atomic_exchange(&stage, IDLE) == ANSWERED;
}

/*
 * Child processes of the loop. The loop's end of the pair never blocks; what
 * does not fit waits in memory, up to what each helper is given.
 */
#include "helper.h"

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#define YOUNG_MS    1000
#define WAIT_MIN_MS 100
#define WAIT_MAX_MS 5000
#define READ_STEP   ((size_t)64 * 1024)

/* --- start and end --------------------------------------------------------- */

/* Nothing of the loop but its end of the pair, and the default signals. */
static void
child_main(struct helper *h, int fd, pid_t parent)
{
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (getppid() != parent)
		_exit(1);
	if (fd != STDERR_FILENO + 1) {
		dup2(fd, STDERR_FILENO + 1);
		fd = STDERR_FILENO + 1;
	}
	close_range((unsigned)fd + 1, ~0U, 0);
	h->run(h->conf, fd);
	_exit(0);
}

static void
put_off(struct helper *h)
{
	int64_t now = clock_mono_ms();

	if (now - h->born_ms >= YOUNG_MS)
		h->wait_ms = 0;
	else if (h->wait_ms == 0)
		h->wait_ms = WAIT_MIN_MS;
	else if (h->wait_ms < WAIT_MAX_MS)
		h->wait_ms *= 2;
	h->next_ms = now + h->wait_ms;
}

static void
failed(struct helper *h, const char *what)
{
	log_error("%s: %s: %s", h->name, what, strerror(errno));
	h->born_ms = clock_mono_ms();
	put_off(h);
}

static void
watch(struct helper *h, int op, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = &h->source };

	if (epoll_ctl(h->epoll_fd, op, h->fd, &ev) == -1)
		log_error("epoll: %s", strerror(errno));
}

static void ready(struct source *s, uint32_t events);

void
helper_start(struct helper *h)
{
	pid_t pid, parent = getpid();
	int pair[2];

	if (h->fd != -1 || clock_mono_ms() < h->next_ms)
		return;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1) {
		failed(h, "socketpair");
		return;
	}
	fflush(NULL);
	if ((pid = fork()) == 0)
		child_main(h, pair[1], parent);
	close(pair[1]);
	if (pid == -1) {
		close(pair[0]);
		failed(h, "fork");
		return;
	}
	fcntl(pair[0], F_SETFL, O_NONBLOCK);
	h->pid = pid;
	h->fd = pair[0];
	h->born_ms = clock_mono_ms();
	h->source.ready = ready;
	watch(h, EPOLL_CTL_ADD, EPOLLIN);
}

/* The child is gone, or as good as gone. */
static void
drop(struct helper *h)
{
	close(h->fd);
	h->fd = -1;
	kill(h->pid, SIGKILL);
	waitpid(h->pid, NULL, 0);
	buf_free(&h->in);
	buf_free(&h->out);
	h->out_at = 0;
	h->writing = false;
	h->asked = 0;
}

static void
lose(struct helper *h)
{
	log_error("%s: process %d ended; it is started again", h->name,
	    (int)h->pid);
	drop(h);
	put_off(h);
	if (h->lost != NULL)
		h->lost(h);
}

void
helper_stop(struct helper *h)
{
	if (h->fd != -1)
		drop(h);
}

int64_t
helper_due(const struct helper *h)
{
	return h->fd == -1 ? h->next_ms : INT64_MAX;
}

/* --- frames ---------------------------------------------------------------- */

static int
flush(struct helper *h)
{
	ssize_t n;

	while (h->out_at < h->out.len) {
		n = write(h->fd, h->out.data + h->out_at,
		    h->out.len - h->out_at);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return errno == EAGAIN ? 0 : -1;
		h->out_at += (size_t)n;
	}
	h->out_at = 0;
	buf_reset(&h->out);
	return 0;
}

/* Whether to be told of room depends on whether something waits. */
static void
rewatch(struct helper *h)
{
	bool writing = h->out_at < h->out.len;

	if (writing == h->writing)
		return;
	h->writing = writing;
	watch(h, EPOLL_CTL_MOD, EPOLLIN | (writing ? EPOLLOUT : 0));
}

bool
helper_tell(struct helper *h, enum wire_kind kind, uint64_t id, const void *p,
    size_t len, const void *more, size_t morelen)
{
	size_t waits = h->out.len - h->out_at;

	if (h->fd == -1 || (h->max != 0 && waits + len + morelen > h->max))
		return false;
	if (h->out_at > waits) {
		memmove(h->out.data, h->out.data + h->out_at, waits);
		h->out.len = waits;
		h->out_at = 0;
	}
	wire_put(&h->out, kind, id, p, len, more, morelen);
	/* A failure shows when it is read from. */
	(void)flush(h);
	rewatch(h);
	return true;
}

/* Every whole frame that is there. */
static void
take_frames(struct helper *h)
{
	struct wire_head head;
	size_t at = 0;

	while (h->fd != -1 && h->in.len - at >= sizeof(head)) {
		memcpy(&head, h->in.data + at, sizeof(head));
		if (h->in.len - at - sizeof(head) < head.len)
			break;
		at += sizeof(head);
		h->heard(h, &head, h->in.data + at, head.len);
		at += head.len;
	}
	if (at == h->in.len)
		buf_free(&h->in);
	else if (at > 0) {
		memmove(h->in.data, h->in.data + at, h->in.len - at);
		h->in.len -= at;
	}
}

static void
ready(struct source *s, uint32_t events)
{
	struct helper *h = (struct helper *)s;
	ssize_t n;

	if (h->fd == -1)
		return;
	if ((events & EPOLLOUT) != 0 && flush(h) == 0)
		rewatch(h);
	if ((events & ~(uint32_t)EPOLLOUT) == 0)
		return;
	n = read(h->fd, buf_reserve(&h->in, READ_STEP), READ_STEP);
	if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR)) {
		lose(h);
		return;
	}
	if (n > 0) {
		h->in.len += (size_t)n;
		take_frames(h);
	}
}

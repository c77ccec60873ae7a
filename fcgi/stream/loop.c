/*
 * The event loop: takes connections, hands whole requests to checkers, and
 * what checkers and the ear answer to the streams. Connections are freed
 * between two looks at the descriptors, when no event can refer to them.
 */
#include "loop.h"

#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "check.h"
#include "conn.h"
#include "ear.h"
#include "sub.h"

#define CHECKERS      2
#define HELPERS	      (CHECKERS + 1)
#define CHECKER_BYTES ((size_t)32 * 1024 * 1024) /* that wait for one */
#define MAX_READY     256
#define ACCEPT_ONE    64    /* connections taken in a row */
#define SPARE	      1024  /* connections beside the streams */
#define OWN_FDS	      64    /* of files and helpers */
#define READ_MS	      15000 /* for a request to arrive whole */
#define ASKED_MS      35000 /* for a checker to decide */
#define IDLE_MS	      60000 /* of a kept connection */
#define STOP_MS	      25000 /* the supervisor waits 30 s */
#define EAR_MS	      2000  /* for the ear to begin, if it can */
#define PAUSE_MS      200   /* when descriptors run out */

static struct loop {
	const struct conf *conf;
	struct req_env env;
	int epoll_fd;
	int listen_fd;
	int signal_fd;
	struct source listen_source;
	struct source signal_source;
	struct helper helpers[HELPERS]; /* the ear is the last one */
	struct timers timers;
	struct conn **conns; /* by descriptor */
	size_t nconns_cap;
	size_t nconns;
	size_t max_conns;
	struct conn **dead;
	size_t ndead, dead_cap;
	struct sub *old; /* streams of connections that are kept */
	uint32_t generation;
	bool listening;	  /* epoll watches for connections */
	int64_t pause_ms; /* take none before */
	int64_t stop_ms;  /* 0: not stopping; else leave by then */
} loop;

static const char busy[] = "Status: 503\r\n"
			   "Content-Type: text/plain; charset=utf-8\r\n"
			   "Cache-Control: no-store\r\n"
			   "Retry-After: 1\r\n\r\n"
			   "the session could not be checked; try again\n";

/* --- connections ----------------------------------------------------------- */

static int64_t
in_ms(int64_t ms)
{
	return clock_mono_ms() + ms;
}

static struct helper *
idlest(void)
{
	struct helper *best = NULL, *h;
	size_t i;

	for (i = 0; i < CHECKERS; i++) {
		h = &loop.helpers[i];
		if (h->fd != -1 && (best == NULL || h->asked < best->asked))
			best = h;
	}
	return best;
}

static bool
ask(struct conn *c, enum wire_kind kind, const void *p, size_t len,
    const void *more, size_t morelen)
{
	if (c->helper == NULL || c->helper->fd == -1)
		c->helper = idlest();
	if (c->helper == NULL)
		return false;
	if (!helper_tell(c->helper, kind, conn_id(c), p, len, more, morelen))
		return false;
	c->helper->asked++;
	return true;
}

static void
refuse(struct conn *c)
{
	timer_set(&loop.timers, &c->timer, in_ms(READ_MS));
	conn_put(c, busy, sizeof(busy) - 1, false);
	conn_end(c);
}

static void
on_asked(struct conn *c)
{
	struct wire_request rq = { c->vars.len, c->body.len };
	struct buf b = BUF_INIT;

	timer_set(&loop.timers, &c->timer, in_ms(ASKED_MS));
	buf_put(&b, c->vars.data, c->vars.len);
	buf_put(&b, c->body.data, c->body.len);
	buf_free(&c->body);
	if (!ask(c, WIRE_OPEN, &rq, sizeof(rq), b.data, b.len))
		refuse(c);
	explicit_bzero(b.data, b.len);
	buf_free(&b);
}

static void
on_closed(struct conn *c)
{
	sub_closed(c);
	if (loop.ndead == loop.dead_cap) {
		loop.dead_cap = loop.dead_cap == 0 ? 64 : loop.dead_cap * 2;
		loop.dead = xreallocarray(loop.dead, loop.dead_cap,
		    sizeof(struct conn *));
	}
	loop.dead[loop.ndead++] = c;
}

static void
on_flushed(struct conn *c)
{
	if (!c->keep || loop.stop_ms != 0) {
		conn_gone(c);
		return;
	}
	/* Whoever wrote the last bytes may still look at the stream. */
	if (c->stream != NULL) {
		c->stream->next_old = loop.old;
		loop.old = c->stream;
	}
	c->stream = NULL;
	c->helper = NULL;
	c->generation = ++loop.generation;
	timer_set(&loop.timers, &c->timer, in_ms(IDLE_MS));
	conn_again(c); /* the next request may be there, with a time of its own */
}

static void
bury(void)
{
	struct sub *s;
	struct conn *c;

	while ((s = loop.old) != NULL) {
		loop.old = s->next_old;
		sub_free(s);
	}

	while (loop.ndead > 0) {
		c = loop.dead[--loop.ndead];
		/* Whoever found it dead in the middle may have set it again. */
		timer_clear(&loop.timers, &c->timer);
		loop.conns[c->fd] = NULL;
		loop.nconns--;
		sub_free(c->stream);
		conn_free(c);
	}
}

static struct conn *
find(uint64_t id)
{
	size_t fd = (size_t)conn_id_fd(id);
	struct conn *c;

	if (fd >= loop.nconns_cap || (c = loop.conns[fd]) == NULL || c->dead ||
	    conn_id(c) != id)
		return NULL;
	return c;
}

static void
add_conn(int fd)
{
	static const struct conn_user user = { on_asked, on_closed,
		on_flushed };
	struct conn *c;
	size_t cap = loop.nconns_cap == 0 ? 1024 : loop.nconns_cap;

	while (cap <= (size_t)fd)
		cap *= 2;
	if (cap > loop.nconns_cap) {
		loop.conns =
		    xreallocarray(loop.conns, cap, sizeof(struct conn *));
		memset(loop.conns + loop.nconns_cap, 0,
		    (cap - loop.nconns_cap) * sizeof(struct conn *));
		loop.nconns_cap = cap;
	}
	c = conn_new(loop.epoll_fd, fd, ++loop.generation, &user);
	if (c == NULL) {
		close(fd);
		return;
	}
	loop.conns[fd] = c;
	loop.nconns++;
	timer_set(&loop.timers, &c->timer, in_ms(READ_MS));
}

/* --- the listening socket -------------------------------------------------- */

static void
watch(int op, int fd, struct source *s)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = s };

	if (epoll_ctl(loop.epoll_fd, op, fd, &ev) == -1)
		log_error("epoll: %s", strerror(errno));
}

/* Whoever cannot be served waits in the socket's queue. */
static void
set_listening(bool on)
{
	if (on == loop.listening)
		return;
	loop.listening = on;
	watch(on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, loop.listen_fd,
	    &loop.listen_source);
}

static void
on_connection(struct source *s, uint32_t events)
{
	int fd, i;

	(void)s;
	(void)events;
	for (i = 0; i < ACCEPT_ONE && loop.nconns < loop.max_conns; i++) {
		fd = accept4(loop.listen_fd, NULL, NULL,
		    SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd != -1) {
			add_conn(fd);
			continue;
		}
		if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
			break;
		log_error("accept: %s", strerror(errno));
		loop.pause_ms = in_ms(PAUSE_MS);
		break;
	}
}

/* --- what helpers say ------------------------------------------------------ */

static void
take_opened(struct conn *c, const char *p, size_t len)
{
	struct wire_opened o;

	if (c->stage == CONN_ASKED && wire_take(&p, &len, &o, sizeof(o)))
		sub_open(c, &o, p, len);
}

static void
checker_heard(struct helper *h, const struct wire_head *head, const char *p,
    size_t len)
{
	struct conn *c = find(head->id);
	struct wire_checked checked;

	h->asked--;
	if (c == NULL)
		return;
	if (head->kind == WIRE_OPEN)
		take_opened(c, p, len);
	else if (head->kind == WIRE_REPLAY)
		sub_replayed(c, p, len);
	else if (head->kind == WIRE_CHECK &&
	    wire_take(&p, &len, &checked, sizeof(checked)))
		sub_checked(c, &checked);
}

/* What it had in hand is refused, or asked again later. */
static void
checker_lost(struct helper *h)
{
	struct conn *c;
	size_t i;

	for (i = 0; i < loop.nconns_cap; i++) {
		c = loop.conns[i];
		if (c == NULL || c->dead || c->helper != h)
			continue;
		c->helper = NULL;
		if (c->stage == CONN_ASKED)
			refuse(c);
		sub_check_lost(c);
		sub_replay_lost(c);
	}
}

static void
take_event(const char *p, size_t len)
{
	struct wire_event w;
	struct say_event *e;

	if (!wire_take(&p, &len, &w, sizeof(w)) || w.binlen + w.jsonlen != len)
		return;
	e = say_event_new(w.id, w.type, p, w.binlen, w.jsonlen);
	sub_event(w.user, e);
	say_event_drop(e);
}

static void
ear_heard(struct helper *h, const struct wire_head *head, const char *p,
    size_t len)
{
	struct wire_ref ref;

	if (head->kind == WIRE_HEARD &&
	    wire_take(&p, &len, &ref, sizeof(ref))) {
		if (board_next(ref.user, NULL) != NULL)
			(void)helper_tell(h, WIRE_FETCH, 0, &ref, sizeof(ref),
			    NULL, 0);
	} else if (head->kind == WIRE_EVENT) {
		take_event(p, len);
	} else if (head->kind == WIRE_REVOKED) {
		sub_revoked(p, len);
	} else if (head->kind == WIRE_LISTENS) {
		loop.pause_ms = 0;
		sub_resync_all();
	}
}

static void
set_helpers(void)
{
	struct helper *h;
	size_t i;

	for (i = 0; i < HELPERS; i++) {
		h = &loop.helpers[i];
		*h = (struct helper){ .name = "checker",
			.run = check_run,
			.heard = checker_heard,
			.lost = checker_lost,
			.max = CHECKER_BYTES,
			.conf = loop.conf,
			.epoll_fd = loop.epoll_fd,
			.fd = -1 };
	}
	h = &loop.helpers[CHECKERS];
	h->name = "ear";
	h->run = ear_run;
	h->heard = ear_heard;
	h->lost = NULL;
	h->max = 0;
}

/* --- stopping -------------------------------------------------------------- */

static void
on_signal(struct source *s, uint32_t events)
{
	struct signalfd_siginfo info;
	size_t i;

	(void)s;
	(void)events;
	if (read(loop.signal_fd, &info, sizeof(info)) == -1 ||
	    loop.stop_ms != 0)
		return;
	loop.stop_ms = in_ms(STOP_MS);
	set_listening(false);
	sub_stop_all();
	for (i = 0; i < loop.nconns_cap; i++) {
		if (loop.conns[i] != NULL &&
		    loop.conns[i]->stage == CONN_READING)
			conn_gone(loop.conns[i]);
	}
}

/* --- the loop -------------------------------------------------------------- */

static struct conn *
conn_of(struct timer *t)
{
	void *p = (char *)t - offsetof(struct conn, timer);

	return p;
}

static void
run_timers(void)
{
	struct timer *t;
	struct conn *c;

	while ((t = timer_due(&loop.timers, clock_mono_ms())) != NULL) {
		c = conn_of(t);
		if (c->dead)
			continue;
		if (c->stage == CONN_OPEN)
			sub_due(c);
		else if (c->stage == CONN_ASKED)
			refuse(c);
		else
			conn_gone(c);
	}
}

static int
next_look(void)
{
	int64_t at = timer_next(&loop.timers), now = clock_mono_ms(), due;
	size_t i;

	for (i = 0; i < HELPERS; i++) {
		due = helper_due(&loop.helpers[i]);
		at = due < at ? due : at;
	}
	if (!loop.listening && loop.stop_ms == 0 && now + PAUSE_MS < at)
		at = now + PAUSE_MS;
	if (loop.stop_ms != 0 && loop.stop_ms < at)
		at = loop.stop_ms;
	if (at <= now)
		return 0;
	return at - now > INT_MAX ? -1 : (int)(at - now);
}

static void
look(void)
{
	static struct epoll_event ready[MAX_READY];
	struct source *s;
	int i, n;

	n = epoll_wait(loop.epoll_fd, ready, MAX_READY, next_look());
	for (i = 0; i < n; i++) {
		s = ready[i].data.ptr;
		s->ready(s, ready[i].events);
	}
	run_timers();
	bury();
}

static void
serve(void)
{
	size_t i;

	while (loop.stop_ms == 0 ||
	    (loop.nconns > 0 && clock_mono_ms() < loop.stop_ms)) {
		for (i = 0; loop.stop_ms == 0 && i < HELPERS; i++)
			helper_start(&loop.helpers[i]);
		if (loop.stop_ms == 0)
			set_listening(loop.nconns < loop.max_conns &&
			    clock_mono_ms() >= loop.pause_ms);
		look();
	}
}

/* --- set-up ---------------------------------------------------------------- */

/* As many descriptors as streams; the number of streams that is then left. */
static size_t
raise_limit(size_t streams)
{
	struct rlimit rl;
	rlim_t want = streams + SPARE + OWN_FDS;

	if (getrlimit(RLIMIT_NOFILE, &rl) == -1)
		return streams;
	if (rl.rlim_cur < want) {
		rl.rlim_cur = rl.rlim_max < want ? rl.rlim_max : want;
		if (setrlimit(RLIMIT_NOFILE, &rl) == -1)
			log_error("descriptors: %s", strerror(errno));
	}
	if (rl.rlim_cur >= want)
		return streams;
	streams = rl.rlim_cur > SPARE * 2 ? rl.rlim_cur - SPARE - OWN_FDS
					  : rl.rlim_cur / 2;
	log_warn("the limit on open files allows %zu streams only", streams);
	return streams;
}

static int
set_up(const struct conf *conf, int fd)
{
	sigset_t set;

	loop.conf = loop.env.conf = conf;
	loop.listen_fd = fd;
	fcntl(fd, F_SETFL, O_NONBLOCK);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	loop.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	loop.signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (loop.epoll_fd == -1 || loop.signal_fd == -1) {
		log_error("epoll: %s", strerror(errno));
		return -1;
	}
	loop.listen_source.ready = on_connection;
	loop.signal_source.ready = on_signal;
	watch(EPOLL_CTL_ADD, loop.signal_fd, &loop.signal_source);
	set_helpers();
	return 0;
}

int
loop_run(const struct conf *conf, int fd)
{
	struct sub_loop streams = { .env = &loop.env,
		.timers = &loop.timers,
		.ask = ask };
	size_t i;

	signal(SIGPIPE, SIG_IGN);
	if (set_up(conf, fd) == -1)
		return 1;
	streams.limit = raise_limit((size_t)conf_int(conf, "stream.limit"));
	streams.beat_ms = conf_int(conf, "stream.keepalive") * 1000;
	loop.max_conns = streams.limit + SPARE;
	/* Streams that open before the ear hears would be told to resync. */
	loop.pause_ms = in_ms(EAR_MS);
	sub_start(&streams);
	serve();
	for (i = 0; i < HELPERS; i++)
		helper_stop(&loop.helpers[i]);
	return 0;
}

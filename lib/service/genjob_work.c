/*
 * The worker process: one that claims, waits and never works, and a child per
 * job that shares nothing with it. A child that ends without a word costs its
 * job an attempt; the end of the parent ends its children, and their leases
 * tell the others.
 */
#include "service/genjob_work.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xmalloc.h"
#include "db/migrate.h"
#include "service/genjob_claim.h"
#include "service/genjob_worker.h"

#define OPEN_SECONDS  60
#define ALARM_SECONDS 60   /* for a turn of the loop, beside its wait */
#define AGAIN_MS      250  /* after the database did not answer */
#define LAST_MS	      5000 /* from the word to stop to the end of it */

const struct genjob_times genjob_times_default = {
	.lease = 120000,
	.renew = 30000,
	.back_off = 30000,
	.poll = 5000,
	.look = 1000,
	.shutdown = 30000,
};

/* --- claims ---------------------------------------------------------------- */

/* 1 when a job was claimed, 0 when there is none, -1. */
static int
claim(struct genjob_worker *w, struct genjob_slot *s)
{
	const struct conf *conf = w->j.env.conf;
	struct genjob_want want = { .types = w->types,
		.ntypes = w->work->nkinds,
		.share = (int)conf_int(conf, "worker.tenant_share"),
		.most = (int)conf_int(conf, "worker.tenant_max"),
		.lease_ms = w->times->lease,
		.after = w->after };
	struct genjob job;
	const char **busy;
	size_t i;
	int rc;

	arena_reset(w->mem);
	want.busy = busy = arena_calloc(w->mem, w->nslots, sizeof(*busy));
	for (i = 0; i < w->nslots; i++)
		if (w->slots[i].state == GENJOB_SLOT_RUNS)
			busy[want.nbusy++] = w->slots[i].tenant;
	rc = genjob_claim_next(w->j.env.db, w->mem, &want, &job);
	if (rc == 1)
		genjob_slot_start(w, s, &job);
	return rc;
}

static void
claim_all(struct genjob_worker *w)
{
	struct genjob_slot *s;
	int rc = 1;

	while (rc == 1 && !w->lost && (s = genjob_slot_find(w)) != NULL)
		rc = claim(w, s);
	w->lost = w->lost || rc == -1;
}

/* --- the loop -------------------------------------------------------------- */

/* Where in its life the program is; tells the children when it is time. */
static void
advance(struct genjob_worker *w)
{
	int64_t now = clock_mono_ms();

	if (w->phase == GENJOB_PHASE_WORK && !w->j.once &&
	    now >= w->j.until_ms) {
		w->phase = GENJOB_PHASE_WAIT;
		job_unlock(&w->j);
	}
	if (w->phase != GENJOB_PHASE_STOP || now < w->stop_at ||
	    w->told == GENJOB_TOLD_KILL)
		return;
	w->told = w->told == GENJOB_TOLD_NOTHING ? GENJOB_TOLD_STOP
						 : GENJOB_TOLD_KILL;
	genjob_slot_signal(w, w->told == GENJOB_TOLD_STOP ? SIGTERM : SIGKILL);
	w->stop_at = now + LAST_MS;
}

/* SIGTERM leaves time for what runs, SIGINT none. */
static void
stop(struct genjob_worker *w, int sig)
{
	int64_t at = clock_mono_ms();

	if (sig == SIGTERM)
		at += w->times->shutdown;
	if (w->phase != GENJOB_PHASE_STOP || at < w->stop_at)
		w->stop_at = at;
	w->phase = GENJOB_PHASE_STOP;
}

static void
take_signals(struct genjob_worker *w)
{
	struct signalfd_siginfo si;

	while (read(w->sig_fd, &si, sizeof(si)) == (ssize_t)sizeof(si))
		if (si.ssi_signo != SIGCHLD)
			stop(w, (int)si.ssi_signo);
}

static int
time_left(const struct genjob_worker *w)
{
	int64_t now = clock_mono_ms(), at = now + w->times->poll;

	if (w->lost)
		at = now + AGAIN_MS;
	if (w->renew_at < at)
		at = w->renew_at;
	if (w->phase == GENJOB_PHASE_WORK && !w->j.once && w->j.until_ms < at)
		at = w->j.until_ms;
	if (w->phase == GENJOB_PHASE_STOP && w->stop_at < at)
		at = w->stop_at;
	return at <= now ? 0 : (int)(at - now);
}

/* Until a job comes, a child ends, a signal arrives, or it is time. */
static void
pause_for(struct genjob_worker *w)
{
	struct pollfd fds[2] = { { .fd = w->sig_fd, .events = POLLIN },
		{ .fd = -1, .events = POLLIN } };
	bool hears = w->phase == GENJOB_PHASE_WORK && !w->j.once && !w->lost &&
	    genjob_slot_find(w) != NULL;
	const char *channel, *payload;
	int ms = time_left(w);

	job_deadline(ms / 1000 + ALARM_SECONDS);
	if (hears && db_wait(w->j.env.db, 0, &channel, &payload) != 0)
		return;
	if (hears)
		fds[1].fd = db_fd(w->j.env.db);
	w->heard = poll(fds, 2, ms) > 0;
	if (fds[0].revents != 0)
		take_signals(w);
}

/*
 * Listens before it looks, or a wake-up is missed; anew after a while, as the
 * connection may be another one. Words that came before the look are spent.
 */
static void
listen_first(struct genjob_worker *w)
{
	const char *channel = genjob_channel(w->work->kinds[0].type), *payload;
	int rc = 1;

	if (!w->heard && db_listen(w->j.env.db, channel) == -1)
		w->lost = true;
	while (rc == 1 && !w->lost)
		rc = db_wait(w->j.env.db, 0, &channel, &payload);
	w->lost = w->lost || rc == -1;
	w->heard = false;
}

static void
look(struct genjob_worker *w)
{
	if (genjob_slot_find(w) == NULL)
		return;
	if (!w->j.once)
		listen_first(w);
	if (!w->lost)
		claim_all(w);
}

static bool
is_over(const struct genjob_worker *w)
{
	if (genjob_slot_count(w) > 0)
		return w->told == GENJOB_TOLD_KILL &&
		    clock_mono_ms() >= w->stop_at;
	return w->phase != GENJOB_PHASE_WORK || w->j.once;
}

static void
run(struct genjob_worker *w)
{
	do {
		w->lost = false;
		genjob_slot_reap(w);
		genjob_slot_renew(w);
		genjob_slot_settle(w);
		if (w->phase == GENJOB_PHASE_WORK)
			look(w);
		w->failed = w->failed || w->lost;
		if (genjob_slot_count(w) > 0 || !is_over(w))
			pause_for(w);
		advance(w);
	} while (!is_over(w));
}

/* --- the program ----------------------------------------------------------- */

static int
open_worker(struct genjob_worker *w)
{
	const char *url = conf_text(w->j.env.conf, "database.worker_url");

	job_deadline(OPEN_SECONDS);
	if (url == NULL) {
		log_error("database.worker_url is not set");
		return -1;
	}
	w->j.env.db = db_open(url, w->j.name);
	if (migrate_require(w->j.env.db, MIGRATE_APP) == -1 ||
	    migrate_selftest(w->j.env.db) == -1)
		return -1;
	return w->j.dry ? 1 : job_lock(&w->j, w->j.name);
}

static int
work(struct genjob_worker *w)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	w->sig_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (w->sig_fd == -1) {
		log_error("signalfd: %s", strerror(errno));
		return -1;
	}
	if (w->times->run > 0)
		w->j.until_ms = clock_mono_ms() + w->times->run;
	w->nslots = (size_t)conf_int(w->j.env.conf, "worker.slots");
	w->slots = xcalloc(w->nslots, sizeof(*w->slots));
	str_uuid_new(w->after);
	if (job_stopping())
		stop(w, SIGTERM);
	run(w);
	(void)close(w->sig_fd);
	return w->failed ? -1 : 0;
}

static int
show(struct genjob_worker *w)
{
	struct db_rows *rows;

	rows = genjob_claim_waiting(w->j.env.db, w->mem, w->types,
	    w->work->nkinds);
	while (rows != NULL && db_next(rows))
		job_say(&w->j, "%s %s, %s, attempt %lld", db_text(rows, 0),
		    db_text(rows, 1), db_text(rows, 2),
		    (long long)db_int(rows, 3) + 1);
	return rows == NULL ? -1 : 0;
}

int
genjob_work_main(const struct genjob_work *what, int argc, char **argv)
{
	struct genjob_worker w = { .work = what, .times = what->times };
	int rc, status;
	size_t i;

	if (w.times == NULL)
		w.times = &genjob_times_default;
	if (job_open_on(&w.j, what->name, JOB_NONE, argc, argv, &status) == -1)
		return status;
	w.mem = arena_new();
	w.types = xcalloc(what->nkinds, sizeof(*w.types));
	for (i = 0; i < what->nkinds; i++)
		w.types[i] = genjob_type_name(what->kinds[i].type);
	rc = what->check == NULL ? 0 : what->check(w.j.env.conf);
	if (rc == 0)
		rc = open_worker(&w);
	if (rc == 1) /* 0: another run goes on */
		rc = w.j.dry ? show(&w) : work(&w);
	arena_free(w.mem);
	free(w.slots);
	free(w.types);
	job_close(&w.j);
	return rc == -1 ? 1 : 0;
}

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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xmalloc.h"
#include "db/cache.h"
#include "db/migrate.h"
#include "identity/ident.h"
#include "net/store.h"
#include "rpc/job.h"
#include "service/genjob_claim.h"
#include "service/genjob_run.h"

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

enum slot_state {
	SLOT_FREE = 0,
	SLOT_RUNS,
	SLOT_CRASHED, /* ended without a word: to be written */
	SLOT_BACK     /* stopped by us: to be put back */
};

struct slot {
	enum slot_state state;
	pid_t pid;
	char id[STR_UUID_LEN + 1];
	char tenant[STR_UUID_LEN + 1];
	char token[STR_UUID_LEN + 1];
};

enum phase {
	PHASE_WORK = 0,
	PHASE_WAIT, /* the time of this run is over */
	PHASE_STOP  /* SIGTERM */
};

/* What children have heard of the end. */
enum told {
	TOLD_NOTHING = 0,
	TOLD_STOP, /* SIGTERM */
	TOLD_KILL
};

struct worker {
	const struct genjob_work *work;
	const struct genjob_times *times;
	struct job j;
	struct arena *mem; /* of one statement */
	const char **types;
	struct slot *slots;
	size_t nslots;
	char after[STR_UUID_LEN + 1]; /* the tenant that had its turn */
	enum phase phase;
	int sig_fd;
	int64_t renew_at;
	int64_t stop_at; /* of PHASE_STOP: the next step */
	enum told told;
	bool failed; /* something did, besides jobs */
	bool lost;   /* the database did not answer in this turn */
	bool heard;  /* by this connection, in the turn before */
};

/* --- a child --------------------------------------------------------------- */

/* Nothing of the parent's is used, and all of it is let go. */
static int
child_open(struct worker *w, struct req_env *env)
{
	const struct conf *conf = w->j.env.conf;

	(void)close(w->sig_fd);
	job_unlock(&w->j);
	db_abandon(w->j.env.db);
	w->j.env.db = NULL;
	env->conf = conf;
	env->store = store_open(conf);
	env->db = db_open(conf_text(conf, "database.worker_url"), w->j.name);
	env->cache = cache_open(conf_text(conf, "cache.path"),
	    conf_int(conf, "cache.size"));
	env->ident = ident_open(conf);
	return env->store == NULL || env->ident == NULL ? -1 : 0;
}

static void
child_close(struct worker *w, struct req_env *env)
{
	ident_close(env->conf, env->ident);
	cache_close(env->cache);
	store_close(env->store);
	db_close(env->db);
	arena_free(w->mem);
	free(w->slots);
	free(w->types);
	job_close(&w->j);
}

static const struct genjob_kind *
kind_of(const struct genjob_work *work, enum genjob_type type)
{
	size_t i;

	for (i = 0; i < work->nkinds; i++)
		if (work->kinds[i].type == type)
			return &work->kinds[i];
	return NULL;
}

static int
child_run(struct worker *w, const struct req_env *env, const struct genjob *job)
{
	static const char *const ends[] = {
		[GENJOB_AGAIN] = "again",
		[GENJOB_DONE] = "done",
		[GENJOB_FAILED] = "failed",
		[GENJOB_GONE] = "gone",
	};
	int minutes = (int)conf_int(env->conf, "worker.stale");
	enum genjob_end end;
	struct req *r;
	int rc;

	job_deadline(minutes * 60);
	r = req_local(env);
	r->deadline_ms = clock_mono_ms() + minutes * INT64_C(60000);
	memcpy(r->who.tenant_id, job->tenant_id, sizeof(r->who.tenant_id));
	memcpy(r->who.user_id, job->user_id, sizeof(r->who.user_id));
	db_use(r->db, r->mem);
	log_request(job->id);
	rc =
	    genjob_run_job(r, job, kind_of(w->work, job->type), w->times, &end);
	job_say(&w->j, "%s %s %s", job->id, genjob_type_name(job->type),
	    ends[end]);
	req_done(r);
	return rc;
}

/* The whole life of a child. SIGTERM is for job_stopping(). */
static _Noreturn void
child(struct worker *w, const struct genjob *job, pid_t parent)
{
	struct req_env env = { 0 };
	sigset_t none;
	int rc;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	(void)signal(SIGINT, SIG_IGN); /* the parent decides */
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	rc = child_open(w, &env);
	if (rc == 0)
		rc = child_run(w, &env, job);
	child_close(w, &env);
	exit(rc == 0 ? 0 : 1);
}

/* --- slots ----------------------------------------------------------------- */

static size_t
count(const struct worker *w)
{
	size_t i, n = 0;

	for (i = 0; i < w->nslots; i++)
		n += w->slots[i].state != SLOT_FREE;
	return n;
}

static struct slot *
free_slot(struct worker *w)
{
	size_t i;

	for (i = 0; i < w->nslots; i++)
		if (w->slots[i].state == SLOT_FREE)
			return &w->slots[i];
	return NULL;
}

static void
start(struct worker *w, struct slot *s, const struct genjob *job)
{
	pid_t parent = getpid();

	memcpy(s->id, job->id, sizeof(s->id));
	memcpy(s->tenant, job->tenant_id, sizeof(s->tenant));
	memcpy(s->token, job->token, sizeof(s->token));
	memcpy(w->after, job->tenant_id, sizeof(w->after));
	(void)fflush(NULL);
	s->state = SLOT_RUNS;
	if ((s->pid = fork()) == 0)
		child(w, job, parent);
	if (s->pid == -1) {
		log_error("fork: %s", strerror(errno));
		s->state = SLOT_BACK;
		w->failed = w->lost = true;
	}
}

static void
ended(struct worker *w, pid_t pid, int status)
{
	struct slot *s;

	for (s = w->slots; s < w->slots + w->nslots; s++)
		if (s->state == SLOT_RUNS && s->pid == pid)
			break;
	if (s == w->slots + w->nslots)
		return;
	s->state = SLOT_FREE;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return;
	s->state = w->told == TOLD_NOTHING ? SLOT_CRASHED : SLOT_BACK;
	if (s->state == SLOT_CRASHED)
		log_warn("job %s: its process ended early (%s %d)", s->id,
		    WIFSIGNALED(status) ? "signal" : "status",
		    WIFSIGNALED(status) ? WTERMSIG(status)
					: WEXITSTATUS(status));
}

static void
reap(struct worker *w)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		ended(w, pid, status);
}

/* What happened to children is written before anything else is claimed. */
static void
settle(struct worker *w)
{
	struct genjob_held held;
	struct slot *s;
	int rc;

	for (s = w->slots; s < w->slots + w->nslots && !w->lost; s++) {
		if (s->state != SLOT_CRASHED && s->state != SLOT_BACK)
			continue;
		held = (struct genjob_held){ s->id, s->token };
		arena_reset(w->mem);
		rc = s->state == SLOT_BACK
		    ? genjob_claim_back(w->j.env.db, w->mem, &held)
		    : genjob_claim_crashed(w->j.env.db, w->mem, &held,
			  w->times->back_off);
		if (rc == 0)
			s->state = SLOT_FREE;
		w->lost = rc == -1;
	}
}

static void
renew(struct worker *w)
{
	struct genjob_held *held;
	int64_t now = clock_mono_ms();
	size_t i, n = 0;

	if (now < w->renew_at)
		return;
	arena_reset(w->mem);
	held = arena_calloc(w->mem, w->nslots, sizeof(*held));
	for (i = 0; i < w->nslots; i++)
		if (w->slots[i].state == SLOT_RUNS)
			held[n++] = (struct genjob_held){ w->slots[i].id,
				w->slots[i].token };
	if (n > 0 &&
	    genjob_claim_renew(w->j.env.db, w->mem, held, n, w->times->lease) ==
		-1)
		w->lost = true;
	else
		w->renew_at = now + w->times->renew;
}

/* 1 when a job was claimed, 0 when there is none, -1. */
static int
claim(struct worker *w, struct slot *s)
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
		if (w->slots[i].state == SLOT_RUNS)
			busy[want.nbusy++] = w->slots[i].tenant;
	rc = genjob_claim_next(w->j.env.db, w->mem, &want, &job);
	if (rc == 1)
		start(w, s, &job);
	return rc;
}

static void
claim_all(struct worker *w)
{
	struct slot *s;
	int rc = 1;

	while (rc == 1 && !w->lost && (s = free_slot(w)) != NULL)
		rc = claim(w, s);
	w->lost = w->lost || rc == -1;
}

/* --- the loop -------------------------------------------------------------- */

static void
signal_all(const struct worker *w, int sig)
{
	size_t i;

	for (i = 0; i < w->nslots; i++)
		if (w->slots[i].state == SLOT_RUNS)
			(void)kill(w->slots[i].pid, sig);
}

/* Where in its life the program is; tells the children when it is time. */
static void
advance(struct worker *w)
{
	int64_t now = clock_mono_ms();

	if (w->phase == PHASE_WORK && !w->j.once && now >= w->j.until_ms) {
		w->phase = PHASE_WAIT;
		job_unlock(&w->j);
	}
	if (w->phase != PHASE_STOP || now < w->stop_at || w->told == TOLD_KILL)
		return;
	w->told = w->told == TOLD_NOTHING ? TOLD_STOP : TOLD_KILL;
	signal_all(w, w->told == TOLD_STOP ? SIGTERM : SIGKILL);
	w->stop_at = now + LAST_MS;
}

/* SIGTERM leaves time for what runs, SIGINT none. */
static void
stop(struct worker *w, int sig)
{
	int64_t at = clock_mono_ms();

	if (sig == SIGTERM)
		at += w->times->shutdown;
	if (w->phase != PHASE_STOP || at < w->stop_at)
		w->stop_at = at;
	w->phase = PHASE_STOP;
}

static void
take_signals(struct worker *w)
{
	struct signalfd_siginfo si;

	while (read(w->sig_fd, &si, sizeof(si)) == (ssize_t)sizeof(si))
		if (si.ssi_signo != SIGCHLD)
			stop(w, (int)si.ssi_signo);
}

static int
time_left(const struct worker *w)
{
	int64_t now = clock_mono_ms(), at = now + w->times->poll;

	if (w->lost)
		at = now + AGAIN_MS;
	if (w->renew_at < at)
		at = w->renew_at;
	if (w->phase == PHASE_WORK && !w->j.once && w->j.until_ms < at)
		at = w->j.until_ms;
	if (w->phase == PHASE_STOP && w->stop_at < at)
		at = w->stop_at;
	return at <= now ? 0 : (int)(at - now);
}

/* Until a job comes, a child ends, a signal arrives, or it is time. */
static void
pause_for(struct worker *w)
{
	struct pollfd fds[2] = { { .fd = w->sig_fd, .events = POLLIN },
		{ .fd = -1, .events = POLLIN } };
	bool hears = w->phase == PHASE_WORK && !w->j.once && !w->lost &&
	    free_slot(w) != NULL;
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
listen_first(struct worker *w)
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
look(struct worker *w)
{
	if (free_slot(w) == NULL)
		return;
	if (!w->j.once)
		listen_first(w);
	if (!w->lost)
		claim_all(w);
}

static bool
is_over(const struct worker *w)
{
	if (count(w) > 0)
		return w->told == TOLD_KILL && clock_mono_ms() >= w->stop_at;
	return w->phase != PHASE_WORK || w->j.once;
}

static void
run(struct worker *w)
{
	do {
		w->lost = false;
		reap(w);
		renew(w);
		settle(w);
		if (w->phase == PHASE_WORK)
			look(w);
		w->failed = w->failed || w->lost;
		if (count(w) > 0 || !is_over(w))
			pause_for(w);
		advance(w);
	} while (!is_over(w));
}

/* --- the program ----------------------------------------------------------- */

static int
open_worker(struct worker *w)
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
work(struct worker *w)
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
show(struct worker *w)
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
	struct worker w = { .work = what, .times = what->times };
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

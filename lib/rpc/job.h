/*
 * What programs run by cron have in common: flags, one run at a time, a
 * deadline, a clean stop. Silence is success; one line on standard error and
 * an exit status above 0 is failure.
 *
 *   program [-1hnVv] [-f conf]
 */
#ifndef MIRAI_RPC_JOB_H
#define MIRAI_RPC_JOB_H

#include "rpc/req.h"

/* Which database a program works on. */
enum job_base {
	JOB_APP = 0,
	/* As mirai_identity; no cache and no store; nothing to do without one. */
	JOB_IDENTITY,
	/* No db, cache, store and lock: the program opens and takes its own. */
	JOB_NONE
};

struct job {
	const char *name;
	enum job_base base;
	struct req_env env; /* conf, db as mirai_worker, cache, store */
	bool once;	    /* -1: drain the queue and exit */
	bool dry;	    /* -n: change nothing, say what would be */
	bool verbose;	    /* -v */
	int lock;	    /* the lock file */
	int64_t until_ms;   /* clock_mono_ms() scale: no waiting after this */
};

/*
 * Reads flags and configuration, opens the parts of env, and takes the
 * program's lock on this host. The run before ends a second after cron has
 * started this one, which waits for it, so a queue is watched without a gap;
 * with -1 it does not wait. Returns
 * 0; or -1 with the exit status in *status, nothing being open: 0 when help
 * was asked for, another run goes on, or identity.mode leaves nothing to do.
 */
int job_open(struct job *j, const char *name, int argc, char **argv,
    int *status) MUST_CHECK;

/* The same on another database. */
int job_open_on(struct job *j, const char *name, enum job_base base, int argc,
    char **argv, int *status) MUST_CHECK;
void job_close(struct job *j);

/*
 * Takes the lock of this name on this host, as job_open() does that of the
 * program: 1, 0 when another run keeps it, -1 after a logged error.
 */
int job_lock(struct job *j, const char *name) MUST_CHECK;

/* Gives that lock up before the end: the next run of the program begins. */
void job_unlock(struct job *j);

/* Whether SIGTERM or SIGINT asked for the end; the step in hand is finished. */
bool job_stopping(void);

/*
 * The process ends with a line in the log if it is not called again by then; 0
 * for no such end.
 */
void job_deadline(int seconds);

/*
 * Drains a queue, and again whenever its channel speaks or poll_ms have passed,
 * until the time of this run is over; with -1 once. -1 if any drain failed.
 */
int job_watch(struct job *j, const char *channel, int poll_ms,
    int (*drain)(void *arg), void *arg) MUST_CHECK;

/* A line on standard output when -v or -n was given. */
void job_say(const struct job *j, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif

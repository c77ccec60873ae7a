/*
 * What the files of the worker process share: its slots, and where in its life
 * it is. genjob_work.c is the program and its loop, genjob_slot.c what becomes
 * of jobs in hand, genjob_child.c the process of one job.
 */
#ifndef MIRAI_SERVICE_GENJOB_WORKER_H
#define MIRAI_SERVICE_GENJOB_WORKER_H

#include <sys/types.h>

#include "rpc/job.h"
#include "service/genjob_work.h"

enum genjob_slot_state {
	GENJOB_SLOT_FREE = 0,
	GENJOB_SLOT_RUNS,
	GENJOB_SLOT_CRASHED, /* ended without a word: to be written */
	GENJOB_SLOT_BACK     /* stopped by us: to be put back */
};

struct genjob_slot {
	enum genjob_slot_state state;
	pid_t pid;
	char id[STR_UUID_LEN + 1];
	char tenant[STR_UUID_LEN + 1];
	char token[STR_UUID_LEN + 1];
};

enum genjob_phase {
	GENJOB_PHASE_WORK = 0,
	GENJOB_PHASE_WAIT, /* the time of this run is over */
	GENJOB_PHASE_STOP  /* SIGTERM */
};

/* What children have heard of the end. */
enum genjob_told {
	GENJOB_TOLD_NOTHING = 0,
	GENJOB_TOLD_STOP, /* SIGTERM */
	GENJOB_TOLD_KILL
};

struct genjob_worker {
	const struct genjob_work *work;
	const struct genjob_times *times;
	struct job j;
	struct arena *mem; /* of one statement */
	const char **types;
	struct genjob_slot *slots;
	size_t nslots;
	char after[STR_UUID_LEN + 1]; /* the tenant that had its turn */
	enum genjob_phase phase;
	int sig_fd;
	int64_t renew_at;
	int64_t stop_at; /* of GENJOB_PHASE_STOP: the next step */
	enum genjob_told told;
	bool failed; /* something did, besides jobs */
	bool lost;   /* the database did not answer in this turn */
	bool heard;  /* by this connection, in the turn before */
};

/* --- slots ------------------------------------------------------------------ */

/* Those with a job, and a free one; NULL: none. */
size_t genjob_slot_count(const struct genjob_worker *w);
struct genjob_slot *genjob_slot_find(struct genjob_worker *w);

/* A process for a claimed job. */
void genjob_slot_start(struct genjob_worker *w, struct genjob_slot *s,
    const struct genjob *job);

/* Notes what ended, without waiting for anything. */
void genjob_slot_reap(struct genjob_worker *w);

/*
 * What happened to children is written, and what runs gets more time when that
 * is due. w->lost: the database did not answer.
 */
void genjob_slot_settle(struct genjob_worker *w);
void genjob_slot_renew(struct genjob_worker *w);

void genjob_slot_signal(const struct genjob_worker *w, int sig);

/* --- a job's process -------------------------------------------------------- */

/* The whole life of a child of parent. SIGTERM is for job_stopping(). */
_Noreturn void genjob_child(struct genjob_worker *w, const struct genjob *job,
    pid_t parent);

#endif

/*
 * The worker over generation_jobs: claims jobs as its slots allow, gives each a
 * process of its own, and answers for how these end (spec content.md 8).
 */
#ifndef MIRAI_SERVICE_GENJOB_WORK_H
#define MIRAI_SERVICE_GENJOB_WORK_H

#include "base/conf.h"
#include "service/genjob.h"

/* How long things take, in milliseconds; tests are in a hurry. */
struct genjob_times {
	int lease;    /* 120,000: a job is another worker's after that */
	int renew;    /* 30,000: between renewals of it */
	int back_off; /* 30,000: before the second attempt, then doubled */
	int poll;     /* 5,000: between looks when nobody calls */
	int look;     /* 1,000: between a run's looks for cancellation */
	int shutdown; /* 30,000: for what runs when the program ends */
	int run;      /* until the next run of it takes over; 0: job.h's */
};

extern const struct genjob_times genjob_times_default;

/* A worker program: its jobs share one channel. */
struct genjob_work {
	const char *name; /* "mirai-generate" */
	const struct genjob_kind *kinds;
	size_t nkinds;
	const struct genjob_times *times; /* NULL: the default */
	/* Whether the settings of these jobs are right; NULL: nothing to ask. */
	int (*check)(const struct conf *conf);
};

/*
 * The whole of such a program, with the flags of rpc/job.h; its exit status.
 * Works on the queue until the time of this run is over, and with -1 until
 * there is nothing to claim. What still runs then is waited for while the next
 * run of the program works already. At SIGTERM it gets times->shutdown, and is
 * put back into the queue after that; at SIGINT at once.
 */
int genjob_work_main(const struct genjob_work *work, int argc, char **argv);

#endif

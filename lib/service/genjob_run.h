/*
 * One run of a claimed job, in the process made for it: calls the runner and
 * writes what came of it.
 */
#ifndef MIRAI_SERVICE_GENJOB_RUN_H
#define MIRAI_SERVICE_GENJOB_RUN_H

#include "rpc/req.h"
#include "service/genjob.h"
#include "service/genjob_work.h"

/*
 * Runs the job to its end, whatever that is, and writes it; *end says which.
 * -1 when it could not be written, which is logged: then the lease decides.
 */
int genjob_run_job(struct req *r, const struct genjob *job,
    const struct genjob_kind *kind, const struct genjob_times *times,
    enum genjob_end *end) MUST_CHECK;

#endif

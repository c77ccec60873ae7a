/*
 * Ingestion (spec content.md 5): what the jobs of type sme_ingestion do. Before
 * a submission is approved: its file is scanned, its text extracted and
 * summarised, for who reviews it. After that: its approved text is distilled,
 * and the chunks take the place of the one that approval made.
 */
#ifndef MIRAI_SERVICE_INGEST_H
#define MIRAI_SERVICE_INGEST_H

#include "base/conf.h"
#include "service/genjob.h"

genjob_runner ingest_run;
genjob_failed ingest_failed;

/*
 * A distillation of this task is over, however it ended: the task is completed,
 * and its source active unless another one goes on. Does nothing for a task
 * that is not being processed. In the caller's transaction; CODE_OK or the
 * database's failure.
 */
enum code ingest_settle(struct db *db, const char *tenant_id,
    const char *task_id) MUST_CHECK;

/*
 * Whether scan.clamd is what it should be; -1 after a line in the log. For the
 * start of the program that runs these jobs.
 */
int ingest_check(const struct conf *conf) MUST_CHECK;

#endif

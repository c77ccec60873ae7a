/*
 * The file of a submission on this host, for the time of one job: fetched once,
 * seen by the virus scanner where there is one, and read in a sandbox.
 */
#ifndef MIRAI_SERVICE_INGEST_FILE_H
#define MIRAI_SERVICE_INGEST_FILE_H

#include <stdint.h>

#include "ai/doc.h"
#include "base/conf.h"
#include "service/genjob.h"

struct ingest_file {
	struct genjob_run *run;
	const char *submission_id;
	const char *name;
	const char *key; /* storage; "": no file */
	int content_type;
	int64_t size;
	int fd; /* -1: nothing was to be fetched */
};

/*
 * Fetches the file where somebody will read it, and has it scanned. GENJOB_DONE
 * and the caller closes it; GENJOB_FAILED: infected, and deleted from storage,
 * or gone; GENJOB_AGAIN: storage or scanner do not answer. Nothing to close
 * then.
 */
enum genjob_end ingest_file_open(struct ingest_file *f) MUST_CHECK;
void ingest_file_close(struct ingest_file *f);

/* Its text. GENJOB_DONE, or GENJOB_FAILED with the reason in run->message. */
enum genjob_end ingest_file_document(struct ingest_file *f,
    struct doc **out) MUST_CHECK;

/* Whether scan.clamd names a scanner that can be asked; else a logged line. */
int ingest_file_check(const struct conf *conf) MUST_CHECK;

#endif

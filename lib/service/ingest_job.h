/*
 * What the files of ingestion share: one run, the submission it is about, and
 * what each file does of it. ingest.c loads and begins, ingest_extract.c works
 * before the review, ingest_distil.c after the approval, ingest_ask.c asks the
 * provider, ingest_tell.c tells who is to know.
 */
#ifndef MIRAI_SERVICE_INGEST_JOB_H
#define MIRAI_SERVICE_INGEST_JOB_H

#include "ai/provider.h"
#include "service/ingest_file.h"

/* A submission with its task and source. */
struct ingest {
	struct genjob_run *run;
	struct req *r;
	const char *tenant_id;
	const char *submission_id;
	const char *task_id;
	const char *sme_id;
	struct ingest_file file;
	const char *approved; /* NULL: not approved yet */
	const char *title;    /* of the task */
	const char *assigner_id;
	const char *sme_name;
	const char *domain;
};

/* What the code of a transaction means for the job whose end it writes. */
enum genjob_end ingest_ended(struct ingest *g, enum code code);

/* Scan, text and summary, for who reviews. */
enum genjob_end ingest_extract(struct ingest *g);

/* The approved text becomes chunks. */
enum genjob_end ingest_distil(struct ingest *g);

/*
 * What the tenant's provider makes of a text. PROVIDER_DONE: out is set, in the
 * memory of the run. The tokens are noted, whatever the end.
 */
enum provider_end ingest_ask(struct ingest *g, const struct ask_distil *in,
    struct knowledge *out) MUST_CHECK;

struct ingest_news {
	const char *user_id;
	const char *type; /* of the notice */
	const char *priority;
	const char *title;
	const char *message;
	const char *mail; /* kind of the letter */
	const char *error;
};

/* Notice and mail in the open transaction; CODE_OK or the database's failure. */
enum code ingest_tell(struct ingest *g, const struct ingest_news *n) MUST_CHECK;

#endif

/*
 * The jobs of knowledge and generation (spec content.md 8): made in the
 * transaction of their cause, claimed by one worker at a time under a lease,
 * and finished exactly once. generation_jobs is the queue; a word on the
 * worker's channel only shortens the wait.
 *
 * Here is what services and runners need; genjob_work.h is the worker.
 */
#ifndef MIRAI_SERVICE_GENJOB_H
#define MIRAI_SERVICE_GENJOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/code.h"
#include "base/str.h"
#include "db/db.h"

struct req;

#define GENJOB_CHANNEL_GENERATE "mirai_generate"
#define GENJOB_CHANNEL_INGEST	"mirai_ingest"

enum genjob_type {
	GENJOB_NONE = 0,
	GENJOB_INGESTION,
	GENJOB_OUTLINE,
	GENJOB_LESSON,
	GENJOB_COMPONENT,
	GENJOB_COURSE, /* a parent: waits for its children, then runs once */
	GENJOB__MAX
};

/* As stored, "course_outline"; also its kind in ai_usage. */
const char *genjob_type_name(enum genjob_type type);
enum genjob_type genjob_type_named(const char *name); /* GENJOB_NONE: unknown */

/* --- for services ---------------------------------------------------------- */

/* What a new job is about; ids canonical, NULL where they do not apply. */
struct genjob_new {
	enum genjob_type type;
	const char *tenant_id;
	const char *user_id; /* who asks, and is told */
	const char *course_id;
	const char *lesson_id;
	const char *outline_lesson_id;
	const char *component_id;
	const char *sme_task_id;
	const char *submission_id;
	const char *parent_job_id; /* of a child: the GENJOB_COURSE job */
	int max_retries;	   /* 0: the type's own: 3, of a parent 0 */
	const char *input; /* JSON for the runner, never returned; NULL: none */
};

/*
 * Fails r with RESOURCE_EXHAUSTED (quota "jobs") unless its tenant may queue n
 * more jobs, in the caller's open transaction. For every call that makes jobs,
 * before it does; those at the same time may pass the bound by their own few.
 */
#define GENJOB_OPEN_MAX 5000
enum code genjob_need_room(struct req *r, size_t n) MUST_CHECK;

/*
 * Makes a job inside the caller's open write transaction, and wakes a worker
 * when that commits. A parent is made first, "processing" from the start; all
 * its children follow in the same transaction. CODE_OK; CODE_ALREADY_EXISTS:
 * an active job does this already, and the transaction goes on unharmed; else
 * the database's failure.
 */
enum code genjob_create(struct db *db, struct arena *a,
    const struct genjob_new *n, char id[STR_UUID_LEN + 1]) MUST_CHECK;

/*
 * Cancels a job, and every open child of a parent, inside the caller's open
 * write transaction; a run in progress notices within 2 seconds and stores
 * nothing. The parent of a cancelled child moves on. The creator's streams are
 * told. CODE_OK; CODE_NOT_FOUND: the tenant has no such job;
 * CODE_FAILED_PRECONDITION: it is over; else the database's failure.
 */
enum code genjob_cancel(struct db *db, struct arena *a, const char *tenant_id,
    const char *job_id) MUST_CHECK;

/*
 * The same for every job that a query of a handler found: ids in its first
 * column, or NULL for a query that failed. One that is gone or over meanwhile
 * is so much the better. A failure is set on r.
 */
enum code genjob_cancel_found(struct req *r, struct db_rows *ids) MUST_CHECK;

/* --- for runners ----------------------------------------------------------- */

/* A claimed job; strings live as long as its run, NULL for none. */
struct genjob {
	const char *id;
	const char *tenant_id;
	enum genjob_type type;
	const char *user_id; /* who asked */
	const char *course_id;
	const char *lesson_id;
	const char *outline_lesson_id;
	const char *component_id;
	const char *sme_task_id;
	const char *submission_id;
	const char *parent_job_id; /* a child: makes no notices of its own */
	const char *input;	   /* JSON */
	const char *token;	   /* the engine's */
	int retry_count;
	int max_retries;
};

/* How a run ended. */
enum genjob_end {
	GENJOB_AGAIN = 0, /* transient: once more while attempts are left */
	GENJOB_DONE,	  /* genjob_finish() was committed */
	GENJOB_FAILED,	  /* permanent */
	GENJOB_GONE	  /* not ours any more, or told to stop: nothing is
			   * stored, the engine looks why */
};

/*
 * One run of a job, in a process of its own. r is a local request: who has
 * tenant and creator (no role, no company), db, store and cache are this
 * process' own, everything in r->mem is gone afterwards.
 */
struct genjob_run {
	struct req *r;
	const struct genjob *job;
	/*
	 * Set by the runner. tokens: spent so far, kept up to date, for they
	 * are counted however the run ends. message: for the user, why
	 * GENJOB_AGAIN or GENJOB_FAILED; a sentence of ours.
	 */
	int64_t tokens;
	const char *message;

	struct genjob_state *state; /* the engine's */
};

/*
 * A runner loads in a short read transaction, says its progress, asks the
 * provider outside any transaction, stores objects under fresh keys, and then:
 *
 *	if ((code = genjob_begin(run)) == CODE_ABORTED)
 *		return GENJOB_GONE;
 *	... its writes, notices and mails ...
 *	genjob_finish(run, &result);
 *	code = db_end(run->r->db, code);
 *
 * Nothing of a job may be written outside that transaction. After GENJOB_AGAIN,
 * _FAILED or _GONE no transaction may be open.
 */
typedef enum genjob_end genjob_runner(struct genjob_run *run);

/*
 * Told of a final failure inside the transaction that writes it, for notices
 * and mails: run->message says why. Not called for children. Another code than
 * CODE_OK takes the transaction back; the failure is then written later.
 */
typedef enum code genjob_failed(struct genjob_run *run);

/* Who does the jobs of a type. */
struct genjob_kind {
	enum genjob_type type;
	genjob_runner *run;
	genjob_failed *failed; /* NULL: nothing to tell */
};

/*
 * Says how far the run is, in a transaction of its own (so none may be open);
 * open streams of the creator are told. message is at most one line. False:
 * the job is not ours any more: return GENJOB_GONE. A database that does not
 * answer is no reason to give up, so true.
 */
bool genjob_progress(struct genjob_run *run, int percent,
    const char *message) MUST_CHECK;

/*
 * Whether to stop, for struct provider_run and long loops: cancelled, taken
 * over, or the program ends. Looks at the database at most once a second, and
 * only while no transaction is open: pass the run itself as the argument.
 */
bool genjob_stop(void *run);

/*
 * Opens the tenant's write transaction and locks the job, which stays ours
 * until db_end(). CODE_ABORTED: it is not ours any more; else the database's
 * failure; after both no transaction is open.
 */
enum code genjob_begin(struct genjob_run *run) MUST_CHECK;

/* What the job leads to. */
struct genjob_result {
	const char *lesson_id;	 /* NULL: as it was */
	const char *result_path; /* storage key; NULL: none */
	const char *message;	 /* the last progress message; NULL: "Done" */
};

/*
 * In that transaction: completed, 100 %, tokens on the job. Also counts
 * run->tokens and the job in the tenant's use of AI, in place of what was
 * reserved for it, so a runner calls neither ai_usage_add() nor
 * ai_reserve_drop(); and moves the parent of a child on. The caller ends the
 * transaction and returns GENJOB_DONE if that gave CODE_OK.
 */
enum code genjob_finish(struct genjob_run *run,
    const struct genjob_result *result) MUST_CHECK;

/*
 * GENJOB_AGAIN with a sentence for the user as the run's message; so are the
 * others. For "return genjob_again(run, "...")".
 */
enum genjob_end genjob_again(struct genjob_run *run, const char *message);
enum genjob_end genjob_fail(struct genjob_run *run, const char *message);

extern const struct db_query genjob_queries[];

#endif

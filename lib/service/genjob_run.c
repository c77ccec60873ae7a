/*
 * What a run says and writes. Every write carries "is processing, and the token
 * is mine": no row changed means that the job was cancelled or taken over, and
 * nothing is stored.
 */
#include "service/genjob_run.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/utf8.h"
#include "rpc/after.h"
#include "rpc/job.h"
#include "service/ai_reserve.h"
#include "service/ai_usage.h"
#include "service/genjob_row.h"

#define TX_MS	     30000 /* for one transaction */
#define TRIES	     6	   /* to write an end, with a longer pause each time */
#define PAUSE_MS     100
#define MESSAGE_MAX  500
#define MESSAGE_NONE "something went wrong"

struct genjob_state {
	const struct genjob_times *times;
	struct arena *mem; /* of looks: dropped after each */
	int64_t looked_ms;
	bool gone;
	bool cancelled; /* a parent all of whose children are */
};

/* $1 tenant, $2 job, $3 token. */
#define OWN                                                              \
	"g.tenant_id = $1::uuid AND g.id = $2::uuid AND g.claim_token =" \
	" $3::uuid AND g.status = 'processing'"

#define ENDED                                       \
	"completed_at = now(), claim_token = NULL," \
	" lease_until = NULL, run_after = NULL"

/* A parent waits for its children under the name of processing. */
#define BACK                                                      \
	"status = CASE WHEN g.type = 'full_course' THEN g.status" \
	" ELSE 'queued' END, claim_token = NULL, lease_until = NULL"

enum query {
	Q_STILL,
	Q_LOCK,
	Q_PROGRESS,
	Q_DONE,
	Q_AGAIN,
	Q_BACK,
	Q_FAILED,
	Q_CANCELLED,
	Q_CHILDREN,
	Q__MAX
};

extern const struct db_query genjob_run_queries[];

const struct db_query genjob_run_queries[] = {
	[Q_STILL] = {
	    .name = "genjob_still",
	    .nargs = 3, /* tenant, job, token */
	    .sql = "SELECT 1 FROM generation_jobs g WHERE " OWN,
	},
	[Q_LOCK] = {
	    .name = "genjob_lock",
	    .nargs = 3, /* tenant, job, token */
	    .sql = "SELECT 1 FROM generation_jobs g WHERE " OWN " FOR UPDATE",
	},
	[Q_PROGRESS] = {
	    .name = "genjob_progress",
	    .nargs = 5, /* tenant, job, token, percent, message */
	    .sql = "UPDATE generation_jobs g SET progress_percent = $4::int,"
		   " progress_message = $5 WHERE " OWN,
	},
	[Q_DONE] = {
	    .name = "genjob_done",
	    /* tenant, job, token, tokens, lesson, path, message */
	    .nargs = 7,
	    .sql = "UPDATE generation_jobs g SET status = 'completed',"
		   " progress_percent = 100, progress_message = $7,"
		   " tokens_used = g.tokens_used + $4::bigint,"
		   " lesson_id = COALESCE($5::uuid, g.lesson_id),"
		   " result_path = COALESCE($6, g.result_path),"
		   " error_message = NULL, " ENDED " WHERE " OWN,
	},
	[Q_AGAIN] = {
	    .name = "genjob_again",
	    /* tenant, job, token, tokens, message, milliseconds */
	    .nargs = 6,
	    .sql = "UPDATE generation_jobs g SET " BACK ","
		   " retry_count = g.retry_count + 1, error_message = $5,"
		   " tokens_used = g.tokens_used + $4::bigint,"
		   " run_after = now() + $6::bigint"
		   " * 2 ^ LEAST(g.retry_count, 10)"
		   " * interval '1 millisecond'"
		   " WHERE " OWN " AND g.retry_count < " GENJOB_LIMIT,
	},
	[Q_BACK] = {
	    .name = "genjob_back",
	    .nargs = 4, /* tenant, job, token, tokens */
	    .sql = "UPDATE generation_jobs g SET " BACK ","
		   " tokens_used = g.tokens_used + $4::bigint WHERE " OWN,
	},
	[Q_FAILED] = {
	    .name = "genjob_failed",
	    .nargs = 5, /* tenant, job, token, tokens, message */
	    .sql = "UPDATE generation_jobs g SET status = 'failed',"
		   " retry_count = LEAST(g.retry_count, " GENJOB_LIMIT "),"
		   " tokens_used = g.tokens_used + $4::bigint,"
		   " error_message = $5, " ENDED " WHERE " OWN,
	},
	[Q_CANCELLED] = {
	    .name = "genjob_cancelled",
	    .nargs = 3, /* tenant, parent, token */
	    .sql = "UPDATE generation_jobs g SET status = 'cancelled', " ENDED
		   " WHERE " OWN,
	},
	[Q_CHILDREN] = {
	    .name = "genjob_children",
	    .nargs = 2, /* tenant, parent */
	    .sql = "SELECT count(*), count(*) FILTER (WHERE j.status ="
		   " 'failed'), count(*) FILTER (WHERE j.status ="
		   " 'completed'), count(*) FILTER (WHERE j.status IN"
		   " ('queued', 'processing')) FROM generation_jobs j"
		   " WHERE j.tenant_id = $1::uuid"
		   " AND j.parent_job_id = $2::uuid",
	},
	[Q__MAX] = { 0 },
};

/* --- small things ---------------------------------------------------------- */

static void
nap(int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	(void)nanosleep(&ts, NULL);
}

/* A transaction of the job's tenant, with a time limit of its own. */
static void
begin(struct genjob_run *run, enum db_tx tx)
{
	struct db_scope scope = {
		.tenant_id = run->job->tenant_id,
		.deadline_ms = clock_mono_ms() + TX_MS,
	};

	db_begin(run->r->db, tx, &scope);
}

/* Whether the statement that carries OWN found the row; else it is not ours. */
static enum code
hit(struct genjob_run *run, const struct db_rows *rows)
{
	if (rows == NULL)
		return db_fault_code(db_fault(run->r->db));
	if (db_affected(rows) > 0)
		return CODE_OK;
	run->state->gone = true;
	return CODE_ABORTED;
}

static const char *
short_text(struct arena *a, const char *s)
{
	return arena_strndup(a, s, utf8_prefix(s, MESSAGE_MAX));
}

enum genjob_end
genjob_again(struct genjob_run *run, const char *message)
{
	run->message = message;
	return GENJOB_AGAIN;
}

enum genjob_end
genjob_fail(struct genjob_run *run, const char *message)
{
	run->message = message;
	return GENJOB_FAILED;
}

/* --- while it runs --------------------------------------------------------- */

bool
genjob_progress(struct genjob_run *run, int percent, const char *message)
{
	const struct genjob *job = run->job;
	struct db *db = run->r->db;
	struct arena *a = run->state->mem;
	enum code code;

	db_use(db, a);
	begin(run, DB_TX_WRITE);
	code = hit(run,
	    db_run(db, &genjob_run_queries[Q_PROGRESS],
		DB_ARGS(job->tenant_id, job->id, job->token,
		    db_arg_int(a, percent), short_text(a, message))));
	if (code == CODE_OK && job->parent_job_id == NULL)
		genjob_tell(db, job->tenant_id, job->id);
	if (db_end(db, code) == CODE_OK)
		run->state->looked_ms = clock_mono_ms();
	db_use(db, run->r->mem);
	arena_reset(a);
	return !run->state->gone && !job_stopping();
}

bool
genjob_stop(void *arg)
{
	struct genjob_run *run = arg;
	struct genjob_state *s = run->state;
	const struct genjob *job = run->job;
	struct db *db = run->r->db;
	struct db_rows *rows;
	int64_t now = clock_mono_ms();

	if (s->gone || job_stopping() || now - s->looked_ms < s->times->look)
		return s->gone || job_stopping();
	s->looked_ms = now;
	db_use(db, s->mem);
	begin(run, DB_TX_READ);
	rows = db_last(db, &genjob_run_queries[Q_STILL],
	    DB_ARGS(job->tenant_id, job->id, job->token));
	if (db_end(db, rows == NULL ? CODE_UNAVAILABLE : CODE_OK) == CODE_OK)
		s->gone = db_count(rows) == 0;
	db_use(db, run->r->mem);
	arena_reset(s->mem);
	return s->gone;
}

enum code
genjob_begin(struct genjob_run *run)
{
	const struct genjob *job = run->job;
	struct db *db = run->r->db;
	struct db_rows *rows;
	enum code code = CODE_OK;

	begin(run, DB_TX_WRITE);
	db_hold(db);
	rows = db_run(db, &genjob_run_queries[Q_LOCK],
	    DB_ARGS(job->tenant_id, job->id, job->token));
	if (rows == NULL)
		code = db_fault_code(db_fault(db));
	else if (db_count(rows) == 0)
		code = CODE_ABORTED;
	if (code == CODE_OK)
		return CODE_OK;
	if (code == CODE_ABORTED && rows != NULL)
		run->state->gone = true;
	return db_end(db, code);
}

/* What every end has in common: use of AI, the parent, the streams. */
static enum code
settle(struct genjob_run *run, int jobs)
{
	const struct genjob *job = run->job;
	struct req *r = run->r;
	enum code code = CODE_OK;

	if (job->parent_job_id != NULL)
		code = genjob_parent_moved(r->db, job->tenant_id,
		    job->parent_job_id);
	if (code != CODE_OK)
		return code;
	/* Who makes notices holds their locks by now: use of AI comes last. */
	genjob_tell(r->db, job->tenant_id, job->id);
	if (job->type == GENJOB_COURSE)
		return CODE_OK;
	ai_usage_add(r->db, r->mem, job->tenant_id, genjob_type_name(job->type),
	    run->tokens, jobs);
	ai_reserve_drop(r->db, job->tenant_id, job->id);
	return CODE_OK;
}

enum code
genjob_finish(struct genjob_run *run, const struct genjob_result *result)
{
	const struct genjob *job = run->job;
	struct req *r = run->r;
	enum code code;

	code = hit(run,
	    db_run(r->db, &genjob_run_queries[Q_DONE],
		DB_ARGS(job->tenant_id, job->id, job->token,
		    db_arg_int(r->mem, run->tokens), result->lesson_id,
		    result->result_path,
		    result->message == NULL ? "Done" : result->message)));
	return code == CODE_OK ? settle(run, 1) : code;
}

/* --- ends that the engine writes ------------------------------------------- */

static enum code
write_failed(struct genjob_run *run, const struct genjob_kind *kind,
    bool notices)
{
	const struct genjob *job = run->job;
	struct req *r = run->r;
	enum code code;

	if ((code = genjob_begin(run)) != CODE_OK)
		return code;
	code = hit(run,
	    db_run(r->db, &genjob_run_queries[Q_FAILED],
		DB_ARGS(job->tenant_id, job->id, job->token,
		    db_arg_int(r->mem, run->tokens), run->message)));
	if (code == CODE_OK && notices && job->parent_job_id == NULL &&
	    kind->failed != NULL)
		code = kind->failed(run);
	if (code == CODE_OK)
		code = settle(run, 0);
	return db_end(r->db, code);
}

/* Back into the queue: after a pause and counted, or as if it never ran. */
static enum code
write_back(struct genjob_run *run, bool counted)
{
	const struct genjob *job = run->job;
	struct req *r = run->r;
	const char *tokens = db_arg_int(r->mem, run->tokens);
	const struct db_rows *rows;
	enum code code;

	if ((code = genjob_begin(run)) != CODE_OK)
		return code;
	if (counted)
		rows = db_run(r->db, &genjob_run_queries[Q_AGAIN],
		    DB_ARGS(job->tenant_id, job->id, job->token, tokens,
			run->message,
			db_arg_int(r->mem, run->state->times->back_off)));
	else
		rows = db_run(r->db, &genjob_run_queries[Q_BACK],
		    DB_ARGS(job->tenant_id, job->id, job->token, tokens));
	if ((code = hit(run, rows)) == CODE_OK)
		code = settle(run, 0);
	if (code == CODE_OK && !counted)
		db_notify(r->db, genjob_channel(job->type), "");
	return db_end(r->db, code);
}

static enum code
write_cancelled(struct genjob_run *run)
{
	const struct genjob *job = run->job;
	enum code code;

	if ((code = genjob_begin(run)) != CODE_OK)
		return code;
	code = hit(run,
	    db_run(run->r->db, &genjob_run_queries[Q_CANCELLED],
		DB_ARGS(job->tenant_id, job->id, job->token)));
	if (code == CODE_OK)
		code = settle(run, 0);
	return db_end(run->r->db, code);
}

/* Nothing of a job that is not ours is written, but its tokens are spent. */
static enum code
write_spent(struct genjob_run *run)
{
	if (run->tokens == 0)
		return CODE_OK;
	begin(run, DB_TX_WRITE);
	ai_usage_add(run->r->db, run->r->mem, run->job->tenant_id,
	    genjob_type_name(run->job->type), run->tokens, 0);
	return db_end(run->r->db, CODE_OK);
}

/* How a run ended is one of these to write; CODE_ABORTED: not ours any more. */
static enum code
write_end(struct genjob_run *run, const struct genjob_kind *kind,
    enum genjob_end end, bool notices)
{
	if (run->state->cancelled)
		return write_cancelled(run);
	if (job_stopping() && (end == GENJOB_GONE || end == GENJOB_AGAIN))
		return write_back(run, false);
	if (end == GENJOB_AGAIN &&
	    run->job->retry_count < run->job->max_retries)
		return write_back(run, true);
	return write_failed(run, kind, notices);
}

/* Again and again for some seconds: a database may be starting anew. */
static int
persist(struct genjob_run *run, const struct genjob_kind *kind,
    enum genjob_end end)
{
	enum code code;
	int i;

	for (i = 0; i < TRIES; i++) {
		nap(i == 0 ? 0 : PAUSE_MS << i);
		code = run->state->gone
		    ? write_spent(run)
		    : write_end(run, kind, end, i + 1 < TRIES);
		if (code == CODE_OK)
			return 0;
	}
	log_error("job %s: its end could not be written", run->job->id);
	return -1;
}

/* --- one run --------------------------------------------------------------- */

/* The children have ended: what that makes of their parent. */
static enum genjob_end
run_parent(struct genjob_run *run, const struct genjob_kind *kind)
{
	struct req *r = run->r;
	struct db_rows *rows;

	begin(run, DB_TX_READ);
	rows = db_last(r->db, &genjob_run_queries[Q_CHILDREN],
	    DB_ARGS(run->job->tenant_id, run->job->id));
	if (db_end(r->db, rows == NULL ? CODE_UNAVAILABLE : CODE_OK) !=
		CODE_OK ||
	    !db_next(rows))
		return genjob_again(run, "the database did not answer");
	if (db_int(rows, 3) > 0)
		return genjob_again(run, "lessons are still being written");
	if (db_int(rows, 1) > 0)
		return genjob_fail(run,
		    arena_printf(r->mem,
			"%lld of %lld lessons could not be written",
			(long long)db_int(rows, 1),
			(long long)db_int(rows, 0)));
	if (db_int(rows, 2) > 0 || db_int(rows, 0) == 0)
		return kind->run(run);
	run->state->cancelled = true;
	return GENJOB_GONE;
}

static enum genjob_end
run_kind(struct genjob_run *run, const struct genjob_kind *kind)
{
	/* A claim of what was left behind counts as an attempt. */
	if (run->job->retry_count > run->job->max_retries)
		return genjob_fail(run, "it was interrupted too often");
	if (run->job->type == GENJOB_COURSE)
		return run_parent(run, kind);
	return kind->run(run);
}

/* A runner may say "gone" for reasons of its own: what the row says counts. */
static enum genjob_end
look_again(struct genjob_run *run)
{
	run->state->looked_ms = 0;
	if (genjob_stop(run) || run->state->cancelled)
		return GENJOB_GONE;
	return GENJOB_AGAIN;
}

int
genjob_run_job(struct req *r, const struct genjob *job,
    const struct genjob_kind *kind, const struct genjob_times *times,
    enum genjob_end *end)
{
	struct genjob_state state = { .times = times, .mem = arena_new() };
	struct genjob_run run = { .r = r, .job = job, .state = &state };
	int rc = 0;

	*end = run_kind(&run, kind);
	after_run(r, *end == GENJOB_DONE);
	if (*end == GENJOB_GONE)
		*end = look_again(&run);
	run.message = short_text(r->mem,
	    run.message == NULL ? MESSAGE_NONE : run.message);
	if (*end != GENJOB_DONE)
		rc = persist(&run, kind, *end);
	arena_free(state.mem);
	return rc;
}

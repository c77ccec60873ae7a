/*
 * mirai-export: makes the packages that ExportCourse asked for. Takes one
 * request at a time, under a lease that another run may take over, and holds
 * no transaction while it builds. A kill loses one attempt and nothing else.
 *
 * Looks across tenants to take a request and for nothing else; everything
 * after that happens under the request's own tenant.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "db/cache.h"
#include "db/db.h"
#include "learn/export.h"
#include "net/store.h"
#include "rpc/job.h"
#include "service/course.h"

#define TRIES	     3
#define STEP_SECONDS 600 /* below the lease of Q_CLAIM */
#define POLL_MS	     5000
#define MESSAGE_MAX  10000

enum query {
	Q_CLAIM,
	Q_WAITING,
	Q_COURSE,
	Q_DONE,
	Q_AGAIN,
	Q_FAILED,
	Q_STILL,
	Q__MAX
};

extern const struct db_query export_queries[];

const struct db_query export_queries[] = {
	/* A second try waits a little; a lease is over after 15 minutes. */
	[Q_CLAIM] = {
	    .name = "export_claim",
	    .nargs = 0,
	    .sql = "UPDATE scorm_packages p SET status = 'processing',"
		   " started_at = now(), attempts = p.attempts + 1"
		   " WHERE p.id = (SELECT q.id FROM scorm_packages q"
		   " WHERE (q.status = 'pending' AND (q.started_at IS NULL"
		   " OR q.started_at < now()"
		   " - q.attempts * interval '5 seconds'))"
		   " OR (q.status = 'processing'"
		   " AND q.started_at < now() - interval '15 minutes')"
		   " ORDER BY q.created_at, q.id LIMIT 1"
		   " FOR UPDATE SKIP LOCKED)"
		   " RETURNING p.id, p.tenant_id, p.course_id, p.format,"
		   " p.attempts",
	},
	[Q_WAITING] = {
	    .name = "export_waiting",
	    .nargs = 0,
	    .sql = "SELECT id, course_id, format, attempts"
		   " FROM scorm_packages WHERE status = 'pending'"
		   " OR (status = 'processing'"
		   " AND started_at < now() - interval '15 minutes')"
		   " ORDER BY created_at, id",
	},
	[Q_COURSE] = {
	    .name = "export_course",
	    .nargs = 2, /* tenant, course */
	    .sql = "SELECT " COURSE_COLUMNS " FROM courses c"
		   " WHERE c.tenant_id = $1::uuid AND c.id = $2::uuid",
	},
	[Q_DONE] = {
	    .name = "export_done",
	    .nargs = 6, /* tenant, export, attempt, version, key, warnings */
	    .sql = "UPDATE scorm_packages SET status = 'completed',"
		   " version = $4::int, archive_key = $5,"
		   " warnings = NULLIF($6, ''), manifest_version = '1.2',"
		   " error_message = NULL, completed_at = now()"
		   " WHERE tenant_id = $1::uuid AND id = $2::uuid"
		   " AND status = 'processing' AND attempts = $3::int",
	},
	[Q_AGAIN] = {
	    .name = "export_again",
	    .nargs = 4, /* tenant, export, attempt, message */
	    .sql = "UPDATE scorm_packages SET status = 'pending',"
		   " error_message = $4"
		   " WHERE tenant_id = $1::uuid AND id = $2::uuid"
		   " AND status = 'processing' AND attempts = $3::int",
	},
	[Q_FAILED] = {
	    .name = "export_failed",
	    .nargs = 4, /* tenant, export, attempt, message */
	    .sql = "UPDATE scorm_packages SET status = 'failed',"
		   " error_message = $4, completed_at = now()"
		   " WHERE tenant_id = $1::uuid AND id = $2::uuid"
		   " AND status = 'processing' AND attempts = $3::int",
	},
	[Q_STILL] = {
	    .name = "export_still",
	    .nargs = 2, /* tenant, export */
	    .sql = "SELECT 1 FROM scorm_packages"
		   " WHERE tenant_id = $1::uuid AND id = $2::uuid",
	},
	[Q__MAX] = { 0 },
};

/* A request in hand; strings live in its struct req. */
struct task {
	const char *id;
	const char *course_id;
	const char *attempt;
	int attempts;
};

/* How a task ended, besides CODE_OK. */
enum end {
	END_DONE,
	END_GONE,  /* course or export were deleted meanwhile */
	END_AGAIN, /* may go better next time */
	END_FAILED /* never will */
};

struct result {
	enum end end;
	const char *message; /* of END_AGAIN and END_FAILED */
	const char *warnings;
	int32_t version;
	char *key;
};

static void
begin(struct req *r, enum db_tx tx)
{
	struct db_scope scope = {
		.tenant_id = r->who.tenant_id,
		.deadline_ms = r->deadline_ms,
	};

	db_begin(r->db, tx, &scope);
}

/* The next request, with its tenant in r->who. 1, 0 for none, -1. */
static int
claim(struct req *r, struct task *t)
{
	struct db_scope scope = {
		.superadmin = true,
		.deadline_ms = r->deadline_ms,
	};
	struct db_rows *rows;

	db_begin(r->db, DB_TX_WRITE, &scope);
	rows = db_last(r->db, &export_queries[Q_CLAIM], DB_NOARGS);
	if (db_end(r->db, rows == NULL ? CODE_INTERNAL : CODE_OK) != CODE_OK)
		return -1;
	if (!db_next(rows))
		return 0;
	t->id = db_text(rows, 0);
	memcpy(r->who.tenant_id, db_text(rows, 1), STR_UUID_LEN + 1);
	t->course_id = db_text(rows, 2);
	t->attempt = db_text(rows, 4);
	t->attempts = (int)db_int(rows, 4);
	return 1;
}

static enum end
again(struct result *res, const char *message)
{
	res->message = message;
	return END_AGAIN;
}

/* The course as it is now; its document may be replaced between two reads. */
static enum end
load(struct req *r, const struct task *t, struct course_row *row,
    struct pb_course **out, struct result *res)
{
	struct db_rows *rows;
	enum code code;
	int i;

	for (i = 0; i < TRIES; i++) {
		begin(r, DB_TX_READ);
		rows = db_last(r->db, &export_queries[Q_COURSE],
		    DB_ARGS(r->who.tenant_id, t->course_id));
		code = db_end(r->db, rows == NULL ? CODE_INTERNAL : CODE_OK);
		if (code != CODE_OK)
			return again(res, "the database did not answer");
		if (!db_next(rows))
			return END_GONE;
		course_row_read(rows, 0, row);
		*out = arena_zalloc(r->mem, sizeof(**out));
		code = course_get_document(r, row, *out);
		if (code == CODE_OK)
			break;
		if (code != CODE_NOT_FOUND)
			return again(res, "the course could not be read");
	}
	if (i == TRIES)
		return again(res, "the course document is missing");
	course_merge(r, row, *out);
	return END_DONE;
}

static enum end
build(struct req *r, const struct course_row *row,
    const struct pb_course *course, struct buf *b, struct result *res)
{
	struct export_options o;
	struct findings found;
	enum code code;

	export_options_init(&o);
	o.version = row->version;
	o.saved_at = row->updated_at;
	finding_init(&found, r->mem);
	code = export_course(r->mem, course, &o, b, &found);
	res->warnings = finding_list(&found, FINDING_WARNING);
	if (code == CODE_OK)
		return END_DONE;
	res->message = finding_list(&found, FINDING_ERROR);
	if (res->message[0] == '\0')
		res->message = "the package could not be built";
	return END_FAILED;
}

static enum end
make(struct req *r, const struct task *t, struct result *res)
{
	struct pb_course *course;
	struct course_row row;
	struct buf *b;
	enum end end;

	if (t->attempts > TRIES) {
		res->message = "building the package was interrupted too often";
		return END_FAILED;
	}
	b = buf_new(r->mem);
	if ((end = load(r, t, &row, &course, res)) != END_DONE ||
	    (end = build(r, &row, course, b, res)) != END_DONE)
		return end;
	res->version = row.version;
	res->key = course_archive_key(r->mem, t->id);
	if (store_put(r->env->store, r->who.tenant_id, res->key,
		"application/zip", b->data, b->len) != CODE_OK)
		return again(res, "storage did not answer");
	return END_DONE;
}

/* A course shows its exports, so what is kept of it is stale on all hosts. */
static void
forget(struct req *r)
{
	db_notify(r->db, "mirai_cache",
	    cache_message(r->mem, r->who.tenant_id, "course", true));
}

/* 1 when the row was still ours, 0 when not, -1. */
static int
write_result(struct req *r, const struct task *t, const struct result *res)
{
	const char *tenant = r->who.tenant_id;
	const char *message = res->message;
	struct db_rows *rows;

	begin(r, DB_TX_WRITE);
	forget(r);
	if (message != NULL && strlen(message) > MESSAGE_MAX)
		message =
		    arena_printf(r->mem, "%.*s ...", MESSAGE_MAX, message);
	if (res->end == END_DONE)
		rows = db_last(r->db, &export_queries[Q_DONE],
		    DB_ARGS(tenant, t->id, t->attempt,
			db_arg_int(r->mem, res->version), res->key,
			res->warnings));
	else
		rows = db_last(r->db,
		    &export_queries[res->end == END_AGAIN && t->attempts < TRIES
			    ? Q_AGAIN
			    : Q_FAILED],
		    DB_ARGS(tenant, t->id, t->attempt, message));
	if (db_end(r->db, rows == NULL ? CODE_INTERNAL : CODE_OK) != CODE_OK)
		return -1;
	cache_drop(r->env->cache, tenant, "course");
	return db_affected(rows) > 0;
}

/* The archive of an export that no longer exists must not stay behind. */
static void
drop_archive(struct req *r, const struct task *t, const char *key)
{
	struct db_rows *rows;

	if (key == NULL)
		return;
	begin(r, DB_TX_READ);
	rows = db_last(r->db, &export_queries[Q_STILL],
	    DB_ARGS(r->who.tenant_id, t->id));
	if (db_end(r->db, rows == NULL ? CODE_INTERNAL : CODE_OK) == CODE_OK &&
	    db_count(rows) == 0 &&
	    store_delete(r->env->store, r->who.tenant_id, key) != CODE_OK)
		log_warn("export %s: archive left to mirai-sweep", t->id);
}

/* One request, if there is one: 1, 0 when the queue is empty, -1. */
static int
step(struct job *j)
{
	static const char *const ends[] = { "done", "gone", "again", "failed" };
	struct result res = { 0 };
	struct task t = { 0 };
	struct req *r;
	int rc;

	job_deadline(STEP_SECONDS);
	r = req_local(&j->env);
	r->deadline_ms = clock_mono_ms() + STEP_SECONDS * INT64_C(1000);
	db_use(r->db, r->mem);
	if ((rc = claim(r, &t)) == 1) {
		log_request(t.id);
		res.end = make(r, &t, &res);
		if (res.end != END_GONE)
			rc = write_result(r, &t, &res);
		if (rc == 0 || res.end == END_GONE)
			drop_archive(r, &t, res.key);
		job_say(j, "%s %s%s%s", t.id, ends[res.end],
		    res.message == NULL ? "" : ": ",
		    res.message == NULL ? "" : res.message);
		rc = rc == -1 ? -1 : 1;
		log_request(NULL);
	}
	req_done(r);
	return rc;
}

static int
drain(void *arg)
{
	struct job *j = arg;
	int rc;

	do {
		rc = job_stopping() ? 0 : step(j);
	} while (rc == 1);
	return rc;
}

/* -n: what is in the queue. */
static int
show(struct job *j)
{
	struct db_scope scope = { .superadmin = true };
	struct db_rows *rows;
	struct req *r;
	int rc;

	r = req_local(&j->env);
	db_use(r->db, r->mem);
	db_begin(r->db, DB_TX_READ, &scope);
	rows = db_last(r->db, &export_queries[Q_WAITING], DB_NOARGS);
	rc = db_end(r->db, rows == NULL ? CODE_INTERNAL : CODE_OK) == CODE_OK
	    ? 0
	    : -1;
	while (rc == 0 && db_next(rows))
		job_say(j, "%s course %s as %s, attempt %lld", db_text(rows, 0),
		    db_text(rows, 1), db_text(rows, 2),
		    (long long)db_int(rows, 3) + 1);
	req_done(r);
	return rc;
}

int
main(int argc, char **argv)
{
	struct job j;
	int rc, status;

	if (job_open(&j, "mirai-export", argc, argv, &status) == -1)
		return status;
	rc = j.dry ? show(&j)
		   : job_watch(&j, COURSE_EXPORT_CHANNEL, POLL_MS, drain, &j);
	job_close(&j);
	return rc == -1 ? 1 : 0;
}

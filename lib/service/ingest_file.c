/*
 * A submission's file: from storage into a nameless file, past the scanner,
 * into the extractor. Never taken for clean because a scanner did not say so.
 */
#include "service/ingest_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ai/extract.h"
#include "base/fd.h"
#include "base/log.h"
#include "net/clamd.h"
#include "net/store.h"
#include "rpc/req.h"
#include "service/sme_submission.h"

enum query {
	Q_SCANNED,
	Q__MAX
};

extern const struct db_query ingest_file_queries[];

const struct db_query ingest_file_queries[] = {
	[Q_SCANNED] = {
	    .name = "ingest_file_scanned",
	    .nargs = 2, /* tenant, submission */
	    .sql = "UPDATE sme_task_submissions SET scanned_at = now()"
		   " WHERE tenant_id = $1::uuid AND id = $2::uuid",
	},
	[Q__MAX] = { 0 },
};

static const char *
scanner(const struct genjob_run *run)
{
	const char *where = conf_text(run->r->env->conf, "scan.clamd");

	return str_is_empty(where) ? NULL : where;
}

int
ingest_file_check(const struct conf *conf)
{
	const char *where = conf_text(conf, "scan.clamd"), *why = NULL;
	struct arena *a;
	struct clamd c;

	if (str_is_empty(where))
		return 0;
	a = arena_new();
	if ((why = clamd_parse(a, where, &c)) != NULL)
		log_error("scan.clamd: %s", why);
	arena_free(a);
	return why == NULL ? 0 : -1;
}

static int
nameless(void)
{
	const char *dir = getenv("TMPDIR");

	return open(dir == NULL ? "/tmp" : dir, O_TMPFILE | O_RDWR | O_CLOEXEC,
	    0600);
}

/* --- fetching ------------------------------------------------------------------- */

static enum genjob_end
fetch(struct ingest_file *f)
{
	struct genjob_run *run = f->run;
	enum code code = CODE_UNAVAILABLE;
	int64_t len = 0;

	if ((f->fd = nameless()) == -1) {
		log_error("temporary file: %s", strerror(errno));
		return genjob_again(run, "there was no room for the file");
	}
	if (run->r->env->store != NULL)
		code = store_get_fd(run->r->env->store, run->job->tenant_id,
		    f->key, f->fd, f->size, &len);
	if (code == CODE_OK && len == f->size && lseek(f->fd, 0, SEEK_SET) == 0)
		return GENJOB_DONE;
	if (code == CODE_NOT_FOUND)
		return genjob_fail(run, "the file is gone");
	if (code == CODE_OK || code == CODE_RESOURCE_EXHAUSTED)
		return genjob_fail(run,
		    "the file is not the one that was handed in");
	return genjob_again(run, "storage did not answer");
}

/* --- scanning --------------------------------------------------------------------- */

/* That it is clean stays true whatever becomes of this run. */
static enum genjob_end
note_clean(struct ingest_file *f)
{
	struct req *r = f->run->r;
	struct db_scope scope = { .tenant_id = f->run->job->tenant_id };
	struct db_rows *rows;
	enum code code = CODE_OK;

	db_begin(r->db, DB_TX_WRITE, &scope);
	rows = db_run(r->db, &ingest_file_queries[Q_SCANNED],
	    DB_ARGS(scope.tenant_id, f->submission_id));
	if (rows == NULL)
		code = db_fault_code(db_fault(r->db));
	return db_end(r->db, code) == CODE_OK
	    ? GENJOB_DONE
	    : genjob_again(f->run, "the database did not answer");
}

/* Nobody is to get hold of it any more. */
static enum genjob_end
refuse(struct ingest_file *f)
{
	if (store_delete(f->run->r->env->store, f->run->job->tenant_id,
		f->key) != CODE_OK)
		return genjob_again(f->run, "storage did not answer");
	return genjob_fail(f->run,
	    "the virus scanner found something in the file, which was"
	    " deleted");
}

static enum genjob_end
scan(struct ingest_file *f, const char *where)
{
	struct genjob_run *run = f->run;
	const char *said = "";
	struct clamd c;

	if (clamd_parse(run->r->mem, where, &c) != NULL)
		return genjob_again(run, "the virus scanner does not answer");
	switch (clamd_scan_fd(&c, run->r->mem, f->fd, &said)) {
	case CLAMD_CLEAN:
		return note_clean(f);
	case CLAMD_INFECTED:
		log_warn("submission %s: the virus scanner found %s",
		    f->submission_id, said);
		return refuse(f);
	case CLAMD_TOO_LARGE:
		return genjob_fail(run,
		    "the file is longer than the virus scanner takes");
	case CLAMD_UNREADABLE:
	case CLAMD_UNAVAILABLE:
		break;
	}
	log_warn("virus scanner: %s", said);
	return genjob_again(run, "the virus scanner does not answer");
}

enum genjob_end
ingest_file_open(struct ingest_file *f)
{
	const char *where = scanner(f->run);
	enum genjob_end end;

	f->fd = -1;
	if (str_is_empty(f->key) ||
	    (where == NULL && f->content_type != PB_CONTENT_TYPE_DOCUMENT))
		return GENJOB_DONE;
	end = fetch(f);
	if (end == GENJOB_DONE && where != NULL)
		end = scan(f, where);
	if (end != GENJOB_DONE)
		ingest_file_close(f);
	return end;
}

void
ingest_file_close(struct ingest_file *f)
{
	if (f->fd != -1)
		close(f->fd);
	f->fd = -1;
}

/* --- reading ------------------------------------------------------------------------ */

enum genjob_end
ingest_file_document(struct ingest_file *f, struct doc **out)
{
	struct arena *a = f->run->r->mem;
	const char *why = "";
	void *p;

	if (f->fd == -1 || f->size > (int64_t)EXTRACT_MAX)
		return genjob_fail(f->run, "the file cannot be read");
	p = arena_alloc(a, (size_t)f->size);
	if (lseek(f->fd, 0, SEEK_SET) != 0 ||
	    fd_read(f->fd, p, (size_t)f->size) == -1) {
		log_error("temporary file: %s", strerror(errno));
		return genjob_again(f->run, "the file could not be read");
	}
	*out = extract_bytes(a, f->name, p, (size_t)f->size, &why);
	return *out != NULL
	    ? GENJOB_DONE
	    : genjob_fail(f->run,
		  arena_printf(a, "the file cannot be read: %s", why));
}

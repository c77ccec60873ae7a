/*
 * Ingestion with real files, a real worker and the provider that needs no
 * model: what a reviewer is given, what approval leads to, every way it fails,
 * and a virus scanner on loopback that finds, stays silent or says clean.
 */
#include "mirai/v1/sme.rpc.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <fcntl.h>

#include "base/fd.h"
#include "service/ingest.h"

#include "tests/cron/genjob.h"

#define SME_ID "a5000000-0000-4000-8000-000000000001"

static struct direct d;

static const struct genjob_kind kinds[] = {
	{ GENJOB_INGESTION, ingest_run, ingest_failed },
};

/* A failed attempt is not repeated while a test looks at it. */
static const struct genjob_times times = { .lease = 20000,
	.renew = 5000,
	.back_off = 60000,
	.poll = 50,
	.look = 20,
	.shutdown = 100 };

static const struct genjob_work work = { .name = "test-ingest",
	.kinds = kinds,
	.nkinds = NITEMS(kinds),
	.times = &times };

#define SQL(...) script_ask(&d, arena_printf(d.mem, __VA_ARGS__))

static void
drain(void)
{
	char arg[] = "-1", self[] = "worker";
	char *argv[] = { self, arg, NULL };
	int status = 0;
	pid_t pid;

	(void)fflush(NULL);
	if ((pid = fork()) == 0)
		_exit(genjob_work_main(&work, 2, argv));
	(void)waitpid(pid, &status, 0);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* What waits for another attempt is due now. */
static void
let_pass(void)
{
	direct_sql(&d, "UPDATE generation_jobs SET run_after = now()");
}

/* --- tasks and what is handed in ---------------------------------------------- */

static const char *
new_task(const char *title)
{
	struct json *j;

	j = direct_call(&d, &teacher, "CreateTask",
	    "{\"sme_id\": \"" SME_ID "\", \"title\": \"%s\","
	    " \"assigned_to_user_id\": \"%s\"}",
	    title, expert.user);
	CHECK(j != NULL);
	return direct_text(j, "task.id");
}

/* Uploads and submits bytes as the expert; the submission's id, or NULL. */
static const char *
submit(const char *task, const char *name, int type, const void *p, size_t len)
{
	struct json *j;
	const char *path;

	j = direct_call(&d, &expert, "GetUploadURL",
	    "{\"task_id\": \"%s\", \"file_name\": \"%s\", \"content_type\": %d,"
	    " \"file_size_bytes\": \"%zu\"}",
	    task, name, type, len);
	CHECK(j != NULL);
	path = direct_text(j, "filePath");
	CHECK(path != NULL &&
	    store_put(d.env.store, TENANT_A, path, direct_text(j, "mediaType"),
		p, len) == CODE_OK);
	j = direct_call(&d, &expert, "SubmitContent",
	    "{\"task_id\": \"%s\", \"file_path\": \"%s\", \"content_type\":"
	    " %d}",
	    task, path, type);
	return j == NULL ? NULL : direct_text(j, "submission.id");
}

static const char *
submit_file(const char *task, const char *path)
{
	struct stat st;
	const char *id;
	void *p;
	int fd;

	path = arena_printf(d.mem, "%s/%s", direct_getenv("SRCDIR"), path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(fd != -1 && fstat(fd, &st) == 0);
	p = arena_alloc(d.mem, (size_t)st.st_size);
	CHECK(fd_read(fd, p, (size_t)st.st_size) == 0);
	close(fd);
	id = submit(task, strrchr(path, '/') + 1, PB_CONTENT_TYPE_DOCUMENT, p,
	    (size_t)st.st_size);
	CHECK(id != NULL);
	return id;
}

static const char *
handbook(void)
{
	const char *path;
	struct buf *b;

	path = arena_printf(d.mem, "%s/etc/examples/handbook.md",
	    direct_getenv("SRCDIR"));
	b = fd_slurp(d.mem, path, 1 << 20);
	CHECK(b != NULL);
	return buf_str(b);
}

static struct json *
approve(const char *submission, const char *text)
{
	struct pb_approve_submission_request in = { .submission_id = submission,
		.approved_content = text };
	struct buf *b = buf_new(d.mem);
	struct pb_error err;

	CHECK(pb_json_encode(d.mem, b, &pb_approve_submission_request_desc, &in,
		  false, &err) == 0);
	return direct_call(&d, &teacher, "ApproveSubmission", "%s", buf_str(b));
}

/* A text handed in for a new task and approved at once. */
static const char *
approved_task(const char *title, const char *text, const char **submission)
{
	const char *task = new_task(title);
	struct json *j;

	j = direct_call(&d, &expert, "SubmitContent",
	    "{\"task_id\": \"%s\", \"content_type\": 6, \"text_content\":"
	    " \"draft\"}",
	    task);
	CHECK(j != NULL);
	*submission = direct_text(j, "submission.id");
	CHECK(approve(*submission, text) != NULL);
	return task;
}

static const char *
job_state(const char *submission)
{
	return SQL("SELECT concat_ws(' ', status, retry_count, error_message)"
		   " FROM generation_jobs WHERE submission_id = '%s'",
	    submission);
}

static const char *
task_state(const char *task)
{
	return SQL("SELECT t.status || ' ' || s.status FROM sme_tasks t"
		   " JOIN subject_matter_experts s ON s.id = t.sme_id"
		   " WHERE t.id = '%s'",
	    task);
}

static const char *
chunks(const char *submission)
{
	return SQL("SELECT count(*) FROM sme_knowledge_chunks"
		   " WHERE submission_id = '%s'",
	    submission);
}

static const char *
told(const char *type, const char *user, const char *task)
{
	return SQL("SELECT count(*) || ' ' || count(action_url) FROM"
		   " notifications WHERE type = '%s' AND user_id = '%s'"
		   " AND task_id = '%s' AND sme_id = '" SME_ID "'",
	    type, user, task);
}

/* --- before the review ----------------------------------------------------------- */

static void
test_document(void)
{
	const char *task = new_task("Crane"), *id;

	id = submit_file(task, "tests/ai/files/crane.pdf");
	CHECK_STR(job_state(id), "queued 0");
	drain();
	CHECK_STR(job_state(id), "completed 0");
	CHECK_STR(SQL("SELECT concat_ws(' ', strpos(extracted_text,"
		      " 'Harbour crane manual') > 0, length(ai_summary) > 40,"
		      " processed_at IS NOT NULL, ingestion_error IS NULL)"
		      " FROM sme_task_submissions WHERE id = '%s'",
		      id),
	    "t t t t");
	CHECK_STR(task_state(task), "awaiting_review draft");
	CHECK_STR(chunks(id), "0");
	CHECK_STR(SQL("SELECT tokens || ' ' || jobs FROM ai_usage"
		      " WHERE kind = 'sme_ingestion'"),
	    "0 1");
}

/* One whose text cannot be had says why, once, to who handed it in. */
static void
check_refused(const char *name, int type, const char *bytes, size_t len,
    const char *why)
{
	const char *task = new_task("Bad"), *id;

	id = submit(task, name, type, bytes, len);
	drain();
	CHECK_STR(job_state(id), arena_printf(d.mem, "failed 0 %s", why));
	CHECK_STR(SQL("SELECT ingestion_error FROM sme_task_submissions"
		      " WHERE id = '%s'",
		      id),
	    why);
	CHECK_STR(task_state(task), "awaiting_review draft");
	CHECK_STR(told("ingestion_failed", expert.user, task), "1 1");
}

static void
test_refused(void)
{
	check_refused("a.pdf", PB_CONTENT_TYPE_DOCUMENT, "%PDF-1.4\nnothing\n",
	    17, "the file cannot be read: a damaged PDF");
	check_refused("a.txt", PB_CONTENT_TYPE_DOCUMENT, "\x00\x01\xfe", 3,
	    "the file cannot be read: binary data, not a document");
	check_refused("a.mp3", PB_CONTENT_TYPE_AUDIO, "ID3", 3,
	    "sound and film cannot be read: whoever reviews them writes the"
	    " text");
}

static void
test_picture(void)
{
	const char *task = new_task("Picture"), *id;
	struct json *j;

	id = submit(task, "a.png", PB_CONTENT_TYPE_IMAGE, "\x89PNG\r\n", 6);
	drain();
	CHECK_STR(job_state(id), "completed 0");
	CHECK_STR(SQL("SELECT extracted_text IS NULL AND ingestion_error"
		      " IS NULL FROM sme_task_submissions WHERE id = '%s'",
		      id),
	    "t");
	j = direct_call(&d, &teacher, "GetSubmissionFile",
	    "{\"submission_id\": \"%s\"}", id);
	CHECK(j != NULL && direct_text(j, "downloadUrl") != NULL);
}

/* --- files that are not what was announced ------------------------------------------ */

static void
test_lengths(void)
{
	const char *task = new_task("Length"), *path;
	struct json *j;

	j = direct_call(&d, &expert, "GetUploadURL",
	    "{\"task_id\": \"%s\", \"file_name\": \"a.txt\","
	    " \"file_size_bytes\": \"10\"}",
	    task);
	path = direct_text(j, "filePath");
	CHECK(store_put(d.env.store, TENANT_A, path, "text/plain", "123456789",
		  9) == CODE_OK);
	CHECK(direct_call(&d, &expert, "SubmitContent",
		  "{\"task_id\": \"%s\", \"file_path\": \"%s\"}", task,
		  path) == NULL);
	CHECK(d.code == CODE_INVALID_ARGUMENT);
	CHECK(store_put(d.env.store, TENANT_A, path, "text/plain", "1234567890",
		  10) == CODE_OK);
	CHECK(direct_call(&d, &expert, "SubmitContent",
		  "{\"task_id\": \"%s\", \"file_path\": \"%s\"}", task,
		  path) != NULL);
	/* An address leads to one submission. */
	CHECK(direct_call(&d, &expert, "SubmitContent",
		  "{\"task_id\": \"%s\", \"file_path\": \"%s\"}", task,
		  path) == NULL);
	drain();
}

/* --- after the approval --------------------------------------------------------------- */

static void
check_knowledge(const char *task, const char *id)
{
	struct json *j = NULL;
	const char *n = chunks(id);

	CHECK(strtoul(n, NULL, 10) >= 5);
	CHECK_STR(task_state(task), "completed active");
	CHECK_STR(SQL("SELECT bool_and(sme_id = '" SME_ID "' AND lang = 'en'"
		      " AND cardinality(keywords) <= 20)"
		      " AND count(DISTINCT position) = count(*)"
		      " FROM sme_knowledge_chunks WHERE submission_id = '%s'",
		      id),
	    "t");
	CHECK_STR(SQL("SELECT knowledge_content_path = 'sme/" SME_ID
		      "/knowledge.json' AND knowledge_summary LIKE '%s"
		      " knowledge chunks%%---%%' FROM subject_matter_experts"
		      " WHERE id = '" SME_ID "'",
		      n),
	    "t");
	CHECK(store_get_json(d.env.store, d.mem, TENANT_A,
		  "sme/" SME_ID "/knowledge.json", 1 << 24, &j) == CODE_OK);
	CHECK_STR(arena_printf(d.mem, "%zu",
		      json_count(json_get_list(j, "chunks"))),
	    n);
	CHECK_STR(told("ingestion_complete", teacher.user, task), "1 1");
}

static void
test_distillation(void)
{
	const char *id, *task, *n;

	task = approved_task("Handbook", handbook(), &id);
	CHECK_STR(task_state(task), "processing ingesting");
	CHECK_STR(chunks(id), "1");
	drain();
	CHECK_STR(job_state(id), "completed 0");
	check_knowledge(task, id);
	/* Once more, as after a kill behind the commit: nothing doubles. */
	n = chunks(id);
	direct_sql(&d,
	    "UPDATE generation_jobs SET status = 'queued',"
	    " completed_at = NULL WHERE status = 'completed'");
	drain();
	CHECK_STR(chunks(id), n);
	CHECK_STR(SQL("SELECT count(*) FROM generation_jobs"
		      " WHERE status NOT IN ('completed', 'failed')"),
	    "0");
}

static void
test_storage_down(void)
{
	const char *dir, *id, *task, *n;

	dir = arena_printf(d.mem, "%s/data/.tmp",
	    direct_getenv("LOCAL_STORAGE_DIR"));
	task = approved_task("Storage", handbook(), &id);
	CHECK(rename(dir, arena_printf(d.mem, "%s.away", dir)) == 0);
	close(open(dir, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	drain();
	CHECK_STR(job_state(id),
	    "queued 1 storage or database did not answer when"
	    " the result was stored");
	CHECK_STR(chunks(id), "1");
	CHECK_STR(task_state(task), "processing ingesting");
	CHECK(unlink(dir) == 0 &&
	    rename(arena_printf(d.mem, "%s.away", dir), dir) == 0);
	let_pass();
	drain();
	n = chunks(id);
	CHECK(strtoul(n, NULL, 10) >= 5);
	CHECK_STR(task_state(task), "completed active");
}

/* Lines for the worker alone; NULL: as it was. */
static void
configure(const char *line)
{
	static const char *usual;
	const char *path = direct_getenv("MIRAI_CONF");
	FILE *f;

	if (usual == NULL)
		usual = buf_str(fd_slurp(d.mem, path, 1 << 16));
	f = fopen(path, "w");
	CHECK(f != NULL &&
	    fprintf(f, "%s%s\n", usual, line == NULL ? "" : line) > 0 &&
	    fclose(f) == 0);
}

/* Nobody can distil it any more: the one chunk stays, and the task is done. */
static void
test_final_failure(void)
{
	const char *id, *task;

	task = approved_task("No key", handbook(), &id);
	configure("ai.provider gemini");
	drain();
	configure(NULL);
	CHECK(str_starts(job_state(id), "failed 0 "));
	CHECK_STR(task_state(task), "completed active");
	CHECK_STR(chunks(id), "1");
	CHECK_STR(told("ingestion_failed", teacher.user, task), "1 1");
}

static void
test_cancelled(void)
{
	struct db_scope scope = { .tenant_id = TENANT_A };
	const char *id, *task, *job;
	enum code code;

	task = approved_task("Cancelled", handbook(), &id);
	job = SQL("SELECT id FROM generation_jobs WHERE submission_id = '%s'",
	    id);
	db_use(d.env.db, d.mem);
	db_begin(d.env.db, DB_TX_WRITE, &scope);
	code = genjob_cancel(d.env.db, d.mem, TENANT_A, job);
	CHECK(db_end(d.env.db, code) == CODE_OK);
	CHECK_STR(task_state(task), "completed active");
	drain();
	CHECK_STR(chunks(id), "1");
}

/* What is approved needs no text read any more. */
static void
test_approved_early(void)
{
	const char *task = new_task("Early"), *id;

	id = submit_file(task, "tests/ai/files/crane.pdf");
	CHECK(approve(id, "Short.") != NULL);
	CHECK_STR(job_state(id), "cancelled 0");
	drain();
	CHECK_STR(task_state(task), "completed active");
	CHECK_STR(chunks(id), "1");
}

/* --- the scanner ------------------------------------------------------------------------ */

static struct sockaddr_un place = { .sun_family = AF_UNIX };

/* Reads one stream as clamd does and says that of it; NULL: hangs up. */
static pid_t
scanner(int fd, const char *says)
{
	uint8_t head[4], word[10];
	size_t len = 1;
	pid_t pid;
	void *p;
	int to;

	if ((pid = fork()) != 0)
		return pid;
	if ((to = accept(fd, NULL, NULL)) == -1 || says == NULL ||
	    fd_read(to, word, 10) == -1)
		_exit(0);
	while (len > 0 && fd_read(to, head, 4) == 0) {
		len = (size_t)head[0] << 24 | (size_t)head[1] << 16 |
		    (size_t)head[2] << 8 | head[3];
		if ((p = malloc(len + 1)) == NULL || fd_read(to, p, len) == -1)
			_exit(1);
		free(p);
	}
	_exit(fd_write(to, says, strlen(says) + 1) == -1);
}

static int
listen_for(const char *path)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(place.sun_path, sizeof(place.sun_path), "%s", path);
	CHECK(fd != -1 &&
	    bind(fd, (struct sockaddr *)&place, sizeof(place)) == 0 &&
	    listen(fd, 4) == 0);
	return fd;
}

static void
drain_scanned(int fd, const char *says)
{
	pid_t pid = scanner(fd, says);

	drain();
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}

static void
name_scanner(const char *path)
{
	configure(arena_printf(d.mem, "scan.clamd %s", path));
	CHECK(conf_set((struct conf *)(uintptr_t)d.env.conf, "scan.clamd",
		  path) == 0);
}

static bool
can_download(const char *id)
{
	return direct_call(&d, &teacher, "GetSubmissionFile",
		   "{\"submission_id\": \"%s\"}", id) != NULL;
}

static void
test_scanner(void)
{
	const char *path, *task = new_task("Scanned"), *id;
	int fd;

	path = arena_printf(d.mem, "%s/clamd", direct_getenv("TEST_DIR"));
	fd = listen_for(path);
	name_scanner(path);

	/* Nobody answers: neither read nor given to anybody. */
	id = submit(task, "a.txt", 1, "Some text that can be read.", 27);
	drain_scanned(fd, NULL);
	CHECK_STR(job_state(id), "queued 1 the virus scanner does not answer");
	CHECK(!can_download(id) && d.code == CODE_INVALID_ARGUMENT);
	let_pass();
	drain_scanned(fd, "stream: OK");
	CHECK_STR(job_state(id), "completed 1");
	CHECK(can_download(id));

	/* Pictures are looked at, too. */
	id = submit(task, "a.png", 2, "\x89PNG\r\n", 6);
	drain_scanned(fd, "stream: Eicar-Signature FOUND");
	CHECK_STR(job_state(id),
	    "failed 0 the virus scanner found something in the file, which was"
	    " deleted");
	CHECK(!can_download(id));
	CHECK_STR(SQL("SELECT file_path FROM sme_task_submissions"
		      " WHERE id = '%s' AND scanned_at IS NULL",
		      id),
	    arena_printf(d.mem, "submissions/%s/files/a.png", id));
	CHECK(store_exists(d.env.store, TENANT_A,
		  arena_printf(d.mem, "submissions/%s/files/a.png", id),
		  NULL) == CODE_NOT_FOUND);
	CHECK_STR(told("ingestion_failed", expert.user, task), "1 1");
	close(fd);
}

int
main(void)
{
	direct_open(&d, &sme_service);
	direct_sql(&d,
	    "INSERT INTO subject_matter_experts (id, tenant_id, company_id,"
	    " name, domain, created_by_user_id) VALUES ('" SME_ID
	    "', '" TENANT_A "', '" COMPANY_A
	    "', 'Rail', 'Trains', '" USER_A(2) "')");
	test_document();
	test_refused();
	test_picture();
	test_lengths();
	test_distillation();
	test_storage_down();
	test_final_failure();
	test_cancelled();
	test_approved_early();
	test_scanner();
	direct_close(&d);
	return test_done();
}

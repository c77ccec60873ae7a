/*
 * SMEService: answers to tasks. A text is there with the call; a file must lie
 * under a key that was handed out for this task to this caller, with the size
 * that was announced. The row that handed it out is used up by that.
 */
#include "service/sme_submission.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/utf8.h"
#include "mirai/v1/sme.rpc.h"
#include "net/store.h"
#include "service/field.h"
#include "service/genjob.h"

#define URL_MAX	  2048
#define TEXT_NAME "text-submission.txt"
#define URL_NAME  "address-submission.url"
#define LIST_MAX  "100"
#define LIST_TEXT "16777216" /* bytes of text in one answer */

enum query {
	Q_COUNT,
	Q_UPLOAD,
	Q_INSERT,
	Q_TASK,
	Q_LIST,
	Q_GET,
	Q_SCANNED,
	Q__MAX
};

extern const struct db_query sme_submission_queries[];

const struct db_query sme_submission_queries[] = {
	[Q_COUNT] = {
	    .name = "sme_submission_count",
	    .nargs = 2, /* tenant, task */
	    .sql = "SELECT count(*) FROM sme_task_submissions"
		   " WHERE tenant_id = $1::uuid AND task_id = $2::uuid",
	},
	/* A day after it ran out, the sweeper may have taken the object. */
	[Q_UPLOAD] = {
	    .name = "sme_submission_upload",
	    .nargs = 4, /* tenant, task, user, key */
	    .sql = "DELETE FROM sme_uploads u WHERE u.tenant_id = $1::uuid"
		   " AND u.task_id = $2::uuid AND u.user_id = $3::uuid"
		   " AND u.file_path = $4"
		   " AND u.expires_at > now() - interval '23 hours'"
		   " RETURNING u.id, u.file_name, u.content_type,"
		   " u.file_size_bytes",
	},
	[Q_INSERT] = {
	    .name = "sme_submission_insert",
	    /* tenant, task, user, id, name, key, type, size, text */
	    .nargs = 9,
	    .sql = "INSERT INTO sme_task_submissions AS b (tenant_id, task_id,"
		   " submitted_by_user_id, id, file_name, file_path,"
		   " content_type, file_size_bytes, extracted_text)"
		   " VALUES ($1::uuid, $2::uuid, $3::uuid, $4::uuid, $5, $6,"
		   " $7::sme_content_type, $8::bigint, $9)"
		   " RETURNING " SME_SUBMISSION_COLUMNS,
	},
	[Q_TASK] = {
	    .name = "sme_submission_task",
	    .nargs = 2, /* tenant, task */
	    .sql = "UPDATE sme_tasks SET status = 'awaiting_review',"
		   " updated_at = now()"
		   " WHERE tenant_id = $1::uuid AND id = $2::uuid",
	},
	[Q_LIST] = {
	    .name = "sme_submission_list",
	    .nargs = 2, /* tenant, task */
	    .sql = "SELECT " SME_SUBMISSION_COLUMNS
		   " FROM (SELECT x.*, sum(COALESCE(octet_length("
		   "x.extracted_text), 0) + COALESCE(octet_length("
		   "x.approved_content), 0)) OVER (ORDER BY"
		   " x.submitted_at DESC, x.id) AS bytes"
		   " FROM sme_task_submissions x WHERE x.tenant_id = $1::uuid"
		   " AND x.task_id = $2::uuid ORDER BY x.submitted_at DESC,"
		   " x.id LIMIT " LIST_MAX ") b WHERE b.bytes <= " LIST_TEXT
		   " ORDER BY b.submitted_at DESC, b.id",
	},
	[Q_GET] = {
	    .name = "sme_submission_get",
	    .nargs = 2, /* tenant, submission */
	    .sql = "SELECT " SME_SUBMISSION_COLUMNS
		   " FROM sme_task_submissions b WHERE b.tenant_id = $1::uuid"
		   " AND b.id = $2::uuid",
	},
	[Q_SCANNED] = {
	    .name = "sme_submission_scanned",
	    .nargs = 2, /* tenant, submission */
	    .sql = "SELECT scanned_at IS NOT NULL FROM sme_task_submissions"
		   " WHERE tenant_id = $1::uuid AND id = $2::uuid",
	},
	[Q__MAX] = { 0 },
};

/* --- rows ---------------------------------------------------------------------- */

void
sme_submission_read(struct req *r, const struct db_rows *rows, unsigned col,
    struct pb_sme_task_submission *out)
{
	out->id = db_text(rows, col);
	out->tenant_id = db_text(rows, col + 1);
	out->task_id = db_text(rows, col + 2);
	out->file_name = db_text(rows, col + 3);
	out->file_path = db_text(rows, col + 4);
	out->content_type = sme_content_type_wire(db_text(rows, col + 5));
	out->file_size_bytes = db_int(rows, col + 6);
	out->extracted_text = db_text_null(rows, col + 7);
	out->ai_summary = db_text_null(rows, col + 8);
	out->ingestion_error = db_text_null(rows, col + 9);
	out->submitted_by_user_id = db_text(rows, col + 10);
	out->submitted_at = pb_time(r->mem, db_time(rows, col + 11));
	out->processed_at = sme_time_or_none(r, rows, col + 12);
	out->reviewer_notes = db_text_null(rows, col + 13);
	out->approved_content = db_text_null(rows, col + 14);
	out->is_approved = db_bool(rows, col + 15);
	out->approved_at = sme_time_or_none(r, rows, col + 16);
	out->approved_by_user_id = db_text_null(rows, col + 17);
}

static enum code
none(struct req *r)
{
	return req_fail(r, CODE_NOT_FOUND, "submission not found");
}

static enum code
get(struct req *r, const char *id, struct pb_sme_task_submission *out)
{
	struct db_rows *rows;

	rows = db_run(r->db, &sme_submission_queries[Q_GET],
	    DB_ARGS(r->who.tenant_id, id));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return none(r);
	sme_submission_read(r, rows, 0, out);
	return CODE_OK;
}

enum code
sme_submission_load(struct req *r, const char *value, enum sme_hold hold,
    struct pb_sme_task_submission **out, struct sme_task_at *at)
{
	const char *id;
	enum code code;

	*out = arena_zalloc(r->mem, sizeof(**out));
	if ((code = field_uuid(r, "submission_id", value, &id)) != CODE_OK ||
	    (code = get(r, id, *out)) != CODE_OK)
		return code;
	code = sme_task_load(r, (*out)->task_id, hold, at);
	if (code == CODE_NOT_FOUND) {
		req_unfail(r);
		return none(r);
	}
	/* What it was before the lock may have been changed by who held it. */
	return code == CODE_OK && hold == SME_LOCK ? get(r, id, *out) : code;
}

/* --- whether anything is taken ------------------------------------------------- */

static enum code
check_room(struct req *r, const char *task_id)
{
	struct db_rows *rows;

	rows = db_run(r->db, &sme_submission_queries[Q_COUNT],
	    DB_ARGS(r->who.tenant_id, task_id));
	if (rows == NULL || !db_next(rows))
		return req_fail_db(r);
	return db_int(rows, 0) < SME_SUBMISSIONS_MAX
	    ? CODE_OK
	    : sme_full(r, "SME_SUBMISSION_LIMIT_REACHED", "task_id",
		  SME_SUBMISSIONS_MAX, "submissions");
}

bool
sme_task_is_open(int status)
{
	return status == PB_SME_TASK_STATUS_PENDING ||
	    status == PB_SME_TASK_STATUS_AWAITING_REVIEW ||
	    status == PB_SME_TASK_STATUS_CHANGES_REQUESTED;
}

enum code
sme_submission_check(struct req *r, const struct sme_task_at *at)
{
	if (!at->is_assignee && !at->is_assigner && r->who.role != ROLE_ADMIN)
		return req_fail_forbidden(r,
		    "the task is not yours to hand something in for");
	if (!sme_task_is_open(at->task->status))
		return sme_task_wrong_state(r, "the task is closed");
	return check_room(r, at->task->id);
}

/* --- handing in ------------------------------------------------------------------ */

/* What is handed in; texts borrowed. */
struct handed {
	char id[STR_UUID_LEN + 1];
	int type;
	const char *name;
	const char *key; /* "" for texts and addresses */
	const char *text;
	int64_t size;
};

static enum code
check_bytes(struct req *r, const char *text)
{
	if (strlen(text) > SME_TEXT_MAX)
		return req_fail_quota(r, "text_content",
		    "text_content: must be at most 1 MiB");
	return CODE_OK;
}

static enum code
take_text(struct req *r, const struct pb_submit_content_request *in,
    struct handed *h)
{
	const char *text = in->text_content == NULL ? "" : in->text_content;
	enum code code;

	if ((code = check_bytes(r, text)) != CODE_OK ||
	    (code = field_text(r, "text_content", text, SME_TEXT_MAX,
		 &h->text)) != CODE_OK)
		return code;
	if (*h->text == '\0')
		return req_fail_missing(r, "text_content", "must not be empty");
	return CODE_OK;
}

static bool
is_web_address(const char *s)
{
	const char *host = str_starts(s, "https://") ? s + 8
	    : str_starts(s, "http://")		     ? s + 7
						     : "";

	return *host != '\0' && *host != '/' && *host != '?' && *host != '#' &&
	    strpbrk(s, " \t\"<>\\^`{|}") == NULL;
}

static enum code
take_url(struct req *r, const struct pb_submit_content_request *in,
    struct handed *h)
{
	enum code code;

	code = field_line(r, "text_content", in->text_content, 1, URL_MAX,
	    &h->text);
	if (code == CODE_OK && !is_web_address(h->text))
		return req_fail_field(r, "text_content",
		    "must be an address that begins with http:// or https://");
	return code;
}

/* The file name of a text: what the caller says, made safe, or a usual one. */
static enum code
name_text(struct req *r, const struct pb_submit_content_request *in,
    struct handed *h)
{
	h->size = (int64_t)strlen(h->text);
	h->key = "";
	str_uuid_new(h->id);
	h->name = h->type == PB_CONTENT_TYPE_TEXT ? TEXT_NAME : URL_NAME;
	if (str_is_empty(in->file_name))
		return CODE_OK;
	h->name = utf8_count(in->file_name) > 255
	    ? NULL
	    : sme_file_name(r->mem, in->file_name);
	if (h->name == NULL)
		return req_fail_field(r, "file_name",
		    "must be the name of a file, 1 to 255 characters");
	return CODE_OK;
}

/*
 * From where its address could still write it to its own key, where it stays
 * as it is scanned, reviewed and downloaded. An earlier call may have come so
 * far.
 */
static enum code
settle_object(struct req *r, const struct handed *h, int64_t *len)
{
	const char *tenant = r->who.tenant_id;
	struct store *s = r->env->store;
	enum code code;

	if (s == NULL)
		return CODE_UNAVAILABLE;
	code = store_move(s, tenant, sme_file_incoming(r->mem, h->id, h->name),
	    h->key);
	return code == CODE_OK || code == CODE_NOT_FOUND
	    ? store_exists(s, tenant, h->key, len)
	    : code;
}

/* The object is there, whole. */
static enum code
check_object(struct req *r, const struct handed *h)
{
	int64_t len = 0;
	enum code code = settle_object(r, h, &len);

	if (code == CODE_NOT_FOUND)
		return req_fail_field(r, "file_path",
		    "names a file that was not uploaded");
	if (code != CODE_OK)
		return req_fail(r, CODE_UNAVAILABLE, "storage does not answer");
	if (len != h->size)
		return req_fail_field(r, "file_path",
		    "names a file of another size than announced");
	return CODE_OK;
}

static enum code
take_file(struct req *r, const struct pb_submit_content_request *in,
    const struct sme_task_at *at, struct handed *h)
{
	struct db_rows *rows;

	if (str_is_empty(in->file_path))
		return req_fail_missing(r, "file_path",
		    "must be what GetUploadURL answered");
	rows = db_run(r->db, &sme_submission_queries[Q_UPLOAD],
	    DB_ARGS(r->who.tenant_id, at->task->id, r->who.user_id,
		in->file_path));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return req_fail_field(r, "file_path",
		    "is not an upload of yours for this task");
	memcpy(h->id, db_text(rows, 0), sizeof(h->id));
	h->name = db_text(rows, 1);
	h->key = in->file_path;
	h->size = db_int(rows, 3);
	h->text = NULL;
	if (h->type != sme_content_type_wire(db_text(rows, 2)))
		return req_fail_field(r, "content_type",
		    "must be the one the upload was announced with");
	if (in->file_size_bytes != 0 && in->file_size_bytes != h->size)
		return req_fail_field(r, "file_size_bytes",
		    "must be the size the upload was announced with");
	return check_object(r, h);
}

static enum code
take(struct req *r, const struct pb_submit_content_request *in,
    const struct sme_task_at *at, struct handed *h)
{
	enum code code;

	h->type = in->content_type == PB_CONTENT_TYPE_UNSPECIFIED
	    ? PB_CONTENT_TYPE_DOCUMENT
	    : in->content_type;
	if (sme_file_kind(h->type) != NULL)
		return take_file(r, in, at, h);
	if (h->type == PB_CONTENT_TYPE_TEXT)
		code = take_text(r, in, h);
	else if (h->type == PB_CONTENT_TYPE_URL)
		code = take_url(r, in, h);
	else
		return req_fail_field(r, "content_type",
		    "is not a known kind of content");
	return code == CODE_OK ? name_text(r, in, h) : code;
}

/* Queues the extraction of a file. */
static enum code
extract_later(struct req *r, const struct sme_task_at *at,
    const struct handed *h)
{
	char job[STR_UUID_LEN + 1];
	struct genjob_new n = {
		.type = GENJOB_INGESTION,
		.tenant_id = r->who.tenant_id,
		.user_id = r->who.user_id,
		.sme_task_id = at->task->id,
		.submission_id = h->id,
	};
	enum code code;

	if ((code = genjob_need_room(r, 1)) != CODE_OK)
		return code;
	return genjob_create(r->db, r->mem, &n, job) == CODE_OK
	    ? CODE_OK
	    : req_fail_db(r);
}

static enum code
insert(struct req *r, const struct sme_task_at *at, const struct handed *h,
    struct pb_sme_task_submission *out)
{
	struct db_rows *rows;

	rows = db_run(r->db, &sme_submission_queries[Q_INSERT],
	    DB_ARGS(r->who.tenant_id, at->task->id, r->who.user_id, h->id,
		h->name, h->key, sme_content_type_stored(h->type),
		db_arg_int(r->mem, h->size), h->text));
	if (rows == NULL || !db_next(rows))
		return req_fail_db(r);
	sme_submission_read(r, rows, 0, out);
	db_queue(r->db, &sme_submission_queries[Q_TASK],
	    DB_ARGS(r->who.tenant_id, at->task->id));
	return CODE_OK;
}

static enum code
tell_assigner(struct req *r, const struct sme_task_at *at)
{
	const struct sme_word word = {
		.user_id = at->task->assigned_by_user_id,
		.type = "approval_requested",
		.title = arena_printf(r->mem, "Ready for review: %s",
		    at->task->title),
		.message = arena_printf(r->mem,
		    "Content for “%s” (%s) was handed in and waits for your"
		    " review.",
		    at->task->title, at->sme_name),
	};

	return sme_tell(r, at->task, &word, NULL);
}

enum code
sme_submit_content(struct req *r, const struct pb_submit_content_request *in,
    struct pb_submit_content_response *out)
{
	struct sme_task_at at;
	struct handed h = { 0 };
	enum code code;

	if ((code = sme_task_load(r, in->task_id, SME_LOCK, &at)) != CODE_OK)
		return code;
	if ((code = sme_submission_check(r, &at)) != CODE_OK ||
	    (code = take(r, in, &at, &h)) != CODE_OK)
		return code;
	out->submission = arena_zalloc(r->mem, sizeof(*out->submission));
	if ((code = insert(r, &at, &h, out->submission)) != CODE_OK)
		return code;
	if (h.text == NULL && (code = extract_later(r, &at, &h)) != CODE_OK)
		return code;
	return tell_assigner(r, &at);
}

/* --- reading ----------------------------------------------------------------------- */

enum code
sme_list_submissions(struct req *r,
    const struct pb_list_submissions_request *in,
    struct pb_list_submissions_response *out)
{
	struct sme_task_at at;
	struct db_rows *rows;
	enum code code;

	if ((code = sme_task_load(r, in->task_id, SME_READ, &at)) != CODE_OK)
		return code;
	rows = db_last(r->db, &sme_submission_queries[Q_LIST],
	    DB_ARGS(r->who.tenant_id, at.task->id));
	if (rows == NULL)
		return req_fail_db(r);
	out->submissions =
	    arena_calloc(r->mem, db_count(rows), sizeof(*out->submissions));
	while (db_next(rows))
		sme_submission_read(r, rows, 0,
		    &out->submissions[out->nsubmissions++]);
	return CODE_OK;
}

enum code
sme_get_submission(struct req *r, const struct pb_get_submission_request *in,
    struct pb_get_submission_response *out)
{
	struct sme_task_at at;

	return sme_submission_load(r, in->submission_id, SME_READ,
	    &out->submission, &at);
}

/* With a scanner, nobody gets what it has not seen. */
static enum code
check_scanned(struct req *r, const struct pb_sme_task_submission *b)
{
	struct db_rows *rows;

	if (str_is_empty(conf_text(r->env->conf, "scan.clamd")))
		return CODE_OK;
	rows = db_run(r->db, &sme_submission_queries[Q_SCANNED],
	    DB_ARGS(r->who.tenant_id, b->id));
	if (rows == NULL || !db_next(rows))
		return req_fail_db(r);
	if (!db_bool(rows, 0))
		return req_fail_field(r, "submission_id",
		    "names a file that was not checked for viruses yet");
	return CODE_OK;
}

enum code
sme_get_submission_file(struct req *r,
    const struct pb_get_submission_file_request *in,
    struct pb_get_submission_file_response *out)
{
	struct pb_sme_task_submission *b;
	struct sme_task_at at;
	int64_t expires_at = clock_now_us() + SME_FILE_US;
	enum code code;

	code = sme_submission_load(r, in->submission_id, SME_READ, &b, &at);
	if (code != CODE_OK)
		return code;
	if (*b->file_path == '\0')
		return req_fail_field(r, "submission_id",
		    "names a submission without a file");
	if ((code = check_scanned(r, b)) != CODE_OK)
		return code;
	code = r->env->store == NULL
	    ? CODE_UNAVAILABLE
	    : store_exists(r->env->store, r->who.tenant_id, b->file_path, NULL);
	if (code == CODE_NOT_FOUND)
		return req_fail(r, CODE_NOT_FOUND, "the file is gone");
	if (code == CODE_OK)
		out->download_url = store_sign_get(r->env->store, r->mem,
		    r->who.tenant_id, b->file_path, b->file_name, expires_at);
	if (out->download_url == NULL)
		return req_fail(r, CODE_UNAVAILABLE, "storage does not answer");
	out->expires_at = pb_time(r->mem, expires_at);
	return CODE_OK;
}

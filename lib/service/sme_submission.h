/*
 * Submissions: what people hand in for a task (spec content.md 4, 5, 10.4).
 * Files go straight to storage under an address that was handed out for one
 * task to one person; here is what the files of SMEService, the ingestion jobs
 * and the pages share about them.
 */
#ifndef MIRAI_SERVICE_SME_SUBMISSION_H
#define MIRAI_SERVICE_SME_SUBMISSION_H

#include "service/sme.h"

#define SME_TEXT_MAX	 (1024 * 1024) /* bytes of a text, also an approved one */
#define SME_FEEDBACK_MAX 5000
#define SME_FILE_US	 (INT64_C(15) * 60 * 1000000) /* of a signed address */

/* --- files (sme_upload.c) ---------------------------------------------------- */

/* What a kind of content may be; rows for those that are files. */
struct sme_file_kind {
	int content_type; /* on the wire */
	int64_t max;	  /* bytes */
	const char *limit;
	const char *extensions; /* "pdf docx ..." */
};
extern const struct sme_file_kind sme_file_kinds[];
extern const size_t sme_nfile_kinds;

/* NULL: content of that kind is no file. */
const struct sme_file_kind *sme_file_kind(int content_type);

/*
 * The media type that a file of that name is stored with; NULL when the end of
 * the name does not fit the kind.
 */
const char *sme_file_media(const struct sme_file_kind *k, const char *name);

/*
 * A name without directories, control characters and what storage or a
 * download could stumble over, at most 255 characters and 200 bytes; NULL when
 * nothing is left of it. In a.
 */
char *sme_file_name(struct arena *a, const char *name);

/*
 * Where the file of a submission to come lies until it is handed in: the only
 * key that its signed address can write. In a.
 */
char *sme_file_incoming(struct arena *a, const char *id, const char *name);

/*
 * The same as GetUploadURL, PUT and nothing else, for who has the file here:
 * stores the regular file fd, which has in->file_size_bytes bytes, and answers
 * the key for SubmitContent. Opens and ends transactions itself; none may be
 * open. A failure is set on r.
 */
enum code sme_upload_store(struct req *r,
    const struct pb_get_upload_url_request *in, int fd,
    const char **file_path) MUST_CHECK;

/* --- rows (sme_submission.c) ------------------------------------------------- */

/* Columns of sme_submission_read(), from alias b. */
#define SME_SUBMISSION_COLUMNS                                                \
	"b.id, b.tenant_id, b.task_id, b.file_name, b.file_path,"             \
	" b.content_type, b.file_size_bytes, b.extracted_text, b.ai_summary," \
	" b.ingestion_error, b.submitted_by_user_id, b.submitted_at,"         \
	" b.processed_at, b.reviewer_notes, b.approved_content,"              \
	" b.is_approved, b.approved_at, b.approved_by_user_id"
#define SME_SUBMISSION_NCOLUMNS 18

void sme_submission_read(struct req *r, const struct db_rows *rows,
    unsigned col, struct pb_sme_task_submission *out);

/*
 * The submission of that id (field submission_id of a request) and its task,
 * which the caller sees; else the request fails with NOT_FOUND. SME_LOCK holds
 * source and task, and so everything that a review changes.
 */
enum code sme_submission_load(struct req *r, const char *id, enum sme_hold hold,
    struct pb_sme_task_submission **out, struct sme_task_at *at) MUST_CHECK;

/* Whether a task takes submissions where it stands. */
bool sme_task_is_open(int status);

/*
 * Fails unless the caller may hand something in for the task, which is open and
 * has room (SME_SUBMISSION_LIMIT_REACHED): sure while it is held, else likely.
 */
enum code sme_submission_check(struct req *r,
    const struct sme_task_at *at) MUST_CHECK;

#endif

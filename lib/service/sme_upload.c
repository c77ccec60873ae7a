/*
 * SMEService: files on their way to storage. An address is signed for one name,
 * type and length and noted in sme_uploads with who got it for which task;
 * nothing else can become a submission. It writes beside the key that the
 * submission will have, so it changes nothing once the file is handed in.
 */
#include "service/sme_submission.h"

#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "mirai/v1/sme.rpc.h"
#include "net/store.h"
#include "rpc/tx.h"
#include "service/field.h"

#define MIB	   (INT64_C(1024) * 1024)
#define NAME_BYTES 200
#define OPEN_MAX   "100" /* addresses of one person and task at a time */

enum query {
	Q_INSERT,
	Q__MAX
};

extern const struct db_query sme_upload_queries[];

const struct db_query sme_upload_queries[] = {
	[Q_INSERT] = {
	    .name = "sme_upload_insert",
	    /* tenant, task, user, id, name, key, type, media, size, expires */
	    .nargs = 10,
	    .sql = "INSERT INTO sme_uploads (tenant_id, task_id, user_id, id,"
		   " file_name, file_path, content_type, media_type,"
		   " file_size_bytes, expires_at) SELECT $1::uuid, $2::uuid,"
		   " $3::uuid, $4::uuid, $5, $6, $7::sme_content_type, $8,"
		   " $9::bigint, $10::timestamptz"
		   " WHERE (SELECT count(*) FROM sme_uploads u"
		   " WHERE u.task_id = $2::uuid AND u.tenant_id = $1::uuid"
		   " AND u.user_id = $3::uuid AND u.expires_at > now()) < "
		   OPEN_MAX,
	},
	[Q__MAX] = { 0 },
};

/* --- what a file may be ------------------------------------------------------ */

const struct sme_file_kind sme_file_kinds[] = {
	{ PB_CONTENT_TYPE_DOCUMENT, 25 * MIB, "25 MiB",
	    "pdf docx pptx odt epub html htm md markdown txt" },
	{ PB_CONTENT_TYPE_IMAGE, 10 * MIB, "10 MiB", "png jpg jpeg webp" },
	{ PB_CONTENT_TYPE_VIDEO, 500 * MIB, "500 MiB", "mp4 mov" },
	{ PB_CONTENT_TYPE_AUDIO, 100 * MIB, "100 MiB", "mp3 wav" },
};
const size_t sme_nfile_kinds = NITEMS(sme_file_kinds);

static const struct {
	const char *extension;
	const char *media;
} medias[] = {
	{ "pdf", "application/pdf" },
	{ "docx",
	    "application/"
	    "vnd.openxmlformats-officedocument.wordprocessingml.document" },
	{ "pptx",
	    "application/"
	    "vnd.openxmlformats-officedocument.presentationml.presentation" },
	{ "odt", "application/vnd.oasis.opendocument.text" },
	{ "epub", "application/epub+zip" },
	{ "html", "text/html" },
	{ "htm", "text/html" },
	{ "md", "text/markdown" },
	{ "markdown", "text/markdown" },
	{ "txt", "text/plain" },
	{ "png", "image/png" },
	{ "jpg", "image/jpeg" },
	{ "jpeg", "image/jpeg" },
	{ "webp", "image/webp" },
	{ "mp4", "video/mp4" },
	{ "mov", "video/quicktime" },
	{ "mp3", "audio/mpeg" },
	{ "wav", "audio/wav" },
};

const struct sme_file_kind *
sme_file_kind(int content_type)
{
	size_t i;

	for (i = 0; i < NITEMS(sme_file_kinds); i++)
		if (sme_file_kinds[i].content_type == content_type)
			return &sme_file_kinds[i];
	return NULL;
}

/* Whether word is one of a list of words with single blanks between. */
static bool
is_word_of(const char *list, const char *word)
{
	size_t len = strlen(word);
	const char *p;

	for (p = list; len > 0 && (p = strstr(p, word)) != NULL; p += len)
		if ((p == list || p[-1] == ' ') &&
		    (p[len] == ' ' || p[len] == '\0'))
			return true;
	return false;
}

const char *
sme_file_media(const struct sme_file_kind *k, const char *name)
{
	const char *dot = strrchr(name, '.');
	size_t i;

	if (dot == NULL)
		return NULL;
	for (i = 0; i < NITEMS(medias); i++)
		if (str_ieq(dot + 1, medias[i].extension))
			return is_word_of(k->extensions, medias[i].extension)
			    ? medias[i].media
			    : NULL;
	return NULL;
}

/* Cuts the middle of a name that is too long, so that its end stays. */
static char *
shorten(struct arena *a, const char *name)
{
	const char *dot = strrchr(name, '.');
	size_t tail = dot == NULL || strlen(dot) > 20 ? 0 : strlen(dot);
	size_t n = strlen(name);

	if (n <= NAME_BYTES)
		return arena_strdup(a, name);
	n = NAME_BYTES - tail;
	while (n > 0 && ((unsigned char)name[n] & 0xc0) == 0x80)
		n--;
	return arena_printf(a, "%.*s%s", (int)n, name, tail == 0 ? "" : dot);
}

char *
sme_file_name(struct arena *a, const char *name)
{
	char *out, *to;
	const char *p;
	uint32_t cp;
	size_t n;

	for (p = name; *p != '\0'; p++)
		if (*p == '/' || *p == '\\')
			name = p + 1;
	out = to = arena_alloc(a, strlen(name) + 1);
	for (p = name; *p != '\0'; p += n) {
		if ((n = utf8_decode(p, strlen(p), &cp)) == 0)
			return NULL;
		if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0) ||
		    (cp >= 0x200b && cp <= 0x200f) ||
		    (cp >= 0x202a && cp <= 0x202e) ||
		    (cp >= 0x2066 && cp <= 0x2069) || cp == 0xfeff)
			continue;
		if (cp < 0x80 && strchr("\"*:<>?|%#", (int)cp) != NULL)
			*to++ = '_';
		else
			to = (char *)memcpy(to, p, n) + n;
	}
	*to = '\0';
	out = str_trim(a, out);
	if (strspn(out, ".") == strlen(out))
		return NULL;
	return shorten(a, out);
}

char *
sme_file_incoming(struct arena *a, const char *id, const char *name)
{
	return arena_printf(a, "submissions/%s/incoming/%s", id, name);
}

/* --- addresses ---------------------------------------------------------------- */

/* What is to be handed out. */
struct upload {
	char id[STR_UUID_LEN + 1]; /* of the submission to come */
	const struct sme_file_kind *kind;
	const char *name;
	const char *media;
	const char *key;
	int64_t size;
	int64_t expires_at;
};

static enum code
check_size(struct req *r, const struct sme_file_kind *k, int64_t size)
{
	if (size <= 0)
		return req_fail_field(r, "file_size_bytes",
		    "must be the size of the file, which is not empty");
	if (size > k->max)
		return req_fail_field(r, "file_size_bytes",
		    "must be at most %s for this kind of file", k->limit);
	return CODE_OK;
}

static enum code
check(struct req *r, const struct pb_get_upload_url_request *in,
    struct upload *u)
{
	const char *name;
	int type = in->content_type;
	enum code code;

	if (type == PB_CONTENT_TYPE_UNSPECIFIED)
		type = PB_CONTENT_TYPE_DOCUMENT;
	if ((u->kind = sme_file_kind(type)) == NULL)
		return req_fail_field(r, "content_type",
		    "must be one that is handed in as a file");
	if (str_is_empty(in->file_name) || utf8_count(in->file_name) > 255 ||
	    (name = sme_file_name(r->mem, in->file_name)) == NULL)
		return req_fail_field(r, "file_name",
		    "must be the name of a file, 1 to 255 characters");
	if ((u->media = sme_file_media(u->kind, name)) == NULL)
		return req_fail_field(r, "file_name", "must end in one of: %s",
		    u->kind->extensions);
	if ((code = check_size(r, u->kind, in->file_size_bytes)) != CODE_OK)
		return code;
	u->name = name;
	u->size = in->file_size_bytes;
	return CODE_OK;
}

static enum code
check_task(struct req *r, const char *task_id, struct sme_task_at *at)
{
	enum code code;

	code = sme_task_load(r, task_id, SME_READ, at);
	return code == CODE_OK ? sme_submission_check(r, at) : code;
}

/* Notes it: the one statement after which the transaction can end. */
static enum code
reserve(struct req *r, const struct sme_task_at *at, struct upload *u)
{
	struct db_rows *rows;

	str_uuid_new(u->id);
	u->key =
	    arena_printf(r->mem, "submissions/%s/files/%s", u->id, u->name);
	u->expires_at = clock_now_us() + SME_FILE_US;
	rows = db_last(r->db, &sme_upload_queries[Q_INSERT],
	    DB_ARGS(r->who.tenant_id, at->task->id, r->who.user_id, u->id,
		u->name, u->key, sme_content_type_stored(u->kind->content_type),
		u->media, db_arg_int(r->mem, u->size),
		db_arg_time(r->mem, u->expires_at)));
	if (rows == NULL)
		return req_fail_db(r);
	if (db_affected(rows) == 0)
		return req_fail_quota(r, "uploads",
		    "too many uploads for this task were begun; try again in"
		    " 15 minutes");
	return CODE_OK;
}

static enum code
no_storage(struct req *r)
{
	return req_fail(r, CODE_UNAVAILABLE, "storage does not answer");
}

enum code
sme_get_upload_url(struct req *r, const struct pb_get_upload_url_request *in,
    struct pb_get_upload_url_response *out)
{
	struct sme_task_at at;
	struct upload u = { 0 };
	enum code code;

	if ((code = check(r, in, &u)) != CODE_OK ||
	    (code = check_task(r, in->task_id, &at)) != CODE_OK)
		return code;
	if (r->env->store == NULL)
		return no_storage(r);
	if ((code = reserve(r, &at, &u)) != CODE_OK)
		return code;
	out->upload_url = store_sign_put(r->env->store, r->mem,
	    r->who.tenant_id, sme_file_incoming(r->mem, u.id, u.name), u.media,
	    u.size, u.expires_at);
	if (out->upload_url == NULL)
		return no_storage(r);
	out->file_path = u.key;
	out->media_type = u.media;
	out->expires_at = pb_time(r->mem, u.expires_at);
	return CODE_OK;
}

/* --- a file that is here already ---------------------------------------------- */

static enum code
reserve_alone(struct req *r, const char *task_id, struct upload *u)
{
	struct sme_task_at at;
	enum code code;

	tx_begin(r, DB_TX_WRITE);
	if ((code = check_task(r, task_id, &at)) == CODE_OK)
		code = reserve(r, &at, u);
	if (code != CODE_OK) {
		(void)db_end(r->db, code); /* nothing was written */
		return code;
	}
	return db_end(r->db, code) == CODE_OK ? CODE_OK : req_fail_db(r);
}

enum code
sme_upload_store(struct req *r, const struct pb_get_upload_url_request *in,
    int fd, const char **file_path)
{
	struct upload u = { 0 };
	enum code code;

	if ((code = check(r, in, &u)) != CODE_OK ||
	    (code = reserve_alone(r, in->task_id, &u)) != CODE_OK)
		return code;
	if (r->env->store == NULL ||
	    store_put_fd(r->env->store, r->who.tenant_id, u.key, u.media, fd) !=
		CODE_OK)
		return no_storage(r);
	*file_path = u.key;
	return CODE_OK;
}

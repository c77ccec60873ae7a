/*
 * Uploads in parts. The parts are read, hashed and sent one after another, so
 * memory does not grow with the object. What fails is taken back; what a
 * killed process left is found by its age.
 */
#include "net/s3_multi.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"

#define MAX_PARTS 10000

struct multi {
	struct s3 *s3;
	struct arena *mem; /* for as long as the upload takes */
	const char *key;
	const char *type;
	const char *id;
	struct buf *parts; /* the document that ends it */
};

static void
put_escaped(struct buf *b, const char *s)
{
	const char *entity;

	for (; *s != '\0'; s++)
		if ((entity = str_xml_entity(*s)) != NULL)
			buf_puts(b, entity);
		else
			buf_putc(b, *s);
}

static enum code
begin(struct multi *m)
{
	struct s3_pair q[] = { { "uploads", "" } };
	struct s3_body none = { .p = "" };
	struct s3_call call = { .method = "POST",
		.key = m->key,
		.query = q,
		.nquery = 1,
		.type = m->type,
		.body = &none };
	struct http_answer answer;
	enum code code;

	code = s3_do(m->s3, m->mem, &call, &answer);
	if (code != CODE_OK)
		return code;
	m->id = s3_xml_upload_id(m->mem, answer.body, answer.len);
	if (m->id != NULL)
		return CODE_OK;
	log_error("store: %s: %s", "an upload in parts",
	    "the answer cannot be read");
	return CODE_UNAVAILABLE;
}

static enum code
send_part(struct multi *m, int number, const struct s3_body *part)
{
	struct s3_pair q[] = { { "partNumber", NULL }, { "uploadId", m->id } };
	struct s3_call call = { .method = "PUT",
		.key = m->key,
		.query = q,
		.nquery = 2 };
	struct http_answer answer;
	const char *etag;
	struct arena *a;
	enum code code;

	a = arena_new();
	q[0].value = arena_printf(a, "%d", number);
	call.body = part;
	code = s3_do(m->s3, a, &call, &answer);
	etag = code == CODE_OK ? http_header(a, &answer, "etag") : NULL;
	if (etag != NULL) {
		buf_printf(m->parts, "<Part><PartNumber>%d</PartNumber><ETag>",
		    number);
		put_escaped(m->parts, etag);
		buf_puts(m->parts, "</ETag></Part>");
	} else if (code == CODE_OK) {
		log_error("store: %s: %s", "an upload in parts",
		    "a part has no tag");
		code = CODE_UNAVAILABLE;
	}
	arena_free(a);
	return code;
}

static enum code
send_parts(struct multi *m, const struct s3_body *body)
{
	struct s3_body part;
	int64_t done, size;
	enum code code;
	int number;

	size = (body->len + MAX_PARTS - 1) / MAX_PARTS;
	if (size < S3_PART_LEN)
		size = S3_PART_LEN;
	code = CODE_OK;
	number = 1;
	for (done = 0; code == CODE_OK && done < body->len; done += size) {
		part = *body;
		if (body->p != NULL)
			part.p = (const char *)body->p + done;
		part.at = body->at + done;
		part.len = body->len - done < size ? body->len - done : size;
		code = send_part(m, number++, &part);
	}
	return code;
}

static enum code
finish(struct multi *m)
{
	struct s3_pair q[] = { { "uploadId", m->id } };
	struct s3_body body = { .p = m->parts->data,
		.len = (int64_t)m->parts->len };
	struct s3_call call = { .method = "POST",
		.key = m->key,
		.query = q,
		.nquery = 1,
		.type = "application/xml",
		.body = &body };
	struct http_answer answer;

	return s3_do(m->s3, m->mem, &call, &answer);
}

static enum code
take_back(struct s3 *s, const char *key, const char *id)
{
	struct s3_pair q[] = { { "uploadId", id } };
	struct s3_call call = { .method = "DELETE",
		.key = key,
		.query = q,
		.nquery = 1 };
	struct http_answer answer;
	struct arena *a;
	enum code code;

	a = arena_new();
	code = s3_do(s, a, &call, &answer);
	arena_free(a);
	return code == CODE_NOT_FOUND ? CODE_OK : code;
}

enum code
s3_multi_put(struct s3 *s, const char *key, const char *type,
    const struct s3_body *body)
{
	struct multi m = { .s3 = s, .key = key, .type = type };
	enum code code;

	m.mem = arena_new();
	m.parts = buf_new(m.mem);
	code = begin(&m);
	if (code == CODE_OK) {
		buf_puts(m.parts, "<CompleteMultipartUpload>");
		code = send_parts(&m, body);
		buf_puts(m.parts, "</CompleteMultipartUpload>");
		if (code == CODE_OK)
			code = finish(&m);
		if (code != CODE_OK && take_back(s, key, m.id) != CODE_OK)
			log_warn("store: parts of an upload are left to "
				 "mirai-sweep");
	}
	arena_free(m.mem);
	return code == CODE_NOT_FOUND ? CODE_UNAVAILABLE : code;
}

/* --- what is left over ---------------------------------------------------- */

static enum code
list_page(struct s3 *s, struct arena *a, const char *prefix,
    struct s3_uploads *u)
{
	struct s3_pair q[4] = { { "uploads", "" }, { "prefix", prefix } };
	struct s3_call call = { .method = "GET",
		.query = q,
		.nquery = 2,
		.may_lack = true };
	struct http_answer answer;
	enum code code;

	if (u->next_key != NULL) {
		q[call.nquery++] =
		    (struct s3_pair){ "key-marker", u->next_key };
		q[call.nquery++] =
		    (struct s3_pair){ "upload-id-marker", u->next_id };
	}
	code = s3_do(s, a, &call, &answer);
	if (code != CODE_OK)
		return code;
	if (s3_xml_uploads(a, answer.body, answer.len, u) == 0)
		return CODE_OK;
	log_error("store: %s: %s", "uploads in parts",
	    "the list cannot be read");
	return CODE_UNAVAILABLE;
}

enum code
s3_multi_clean(struct s3 *s, const char *prefix, int64_t age_s)
{
	struct s3_uploads u = { 0 };
	enum code code, one;
	int64_t limit;
	struct arena *a;
	size_t i;

	a = arena_new();
	limit = clock_now_us() - age_s * 1000000;
	do
		code = list_page(s, a, prefix, &u);
	while (code == CODE_OK && u.next_key != NULL);
	for (i = 0; code == CODE_OK && i < u.nuploads; i++)
		if (u.uploads[i].begun_at <= limit &&
		    str_starts(u.uploads[i].key, prefix) &&
		    (one = take_back(s, u.uploads[i].key, u.uploads[i].id)) !=
			CODE_OK)
			code = one;
	arena_free(a);
	/* Servers that cannot list them take them back by themselves. */
	return code == CODE_UNIMPLEMENTED ? CODE_OK : code;
}

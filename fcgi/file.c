/*
 * mirai-file: signed uploads and downloads when storage is a directory. The
 * signature is the whole permission: no session, no database. An upload is
 * exactly what was announced or nothing; a download is always an attachment.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "net/json.h"
#include "net/store_dir.h"
#include "rpc/cors.h"
#include "rpc/pool.h"
#include "rpc/resp.h"

#define PIECE	     ((size_t)64 * 1024)
#define READ_MORE_MS 60000
#define MAX_RANGES   16

static struct store_dir *dir;

/* --- answers -------------------------------------------------------------- */

static void
refuse(struct req *r, int status, enum code code, const char *message)
{
	struct json *o;
	const char *body;

	o = json_new_object(r->mem);
	json_put_text(o, "code", code_name(code));
	json_put_text(o, "message", message);
	body = json_string(r->mem, o, JSON_COMPACT);
	resp_send(r, status, "application/json", body, strlen(body));
}

static void
refuse_code(struct req *r, enum code code)
{
	if (code == CODE_NOT_FOUND)
		refuse(r, 404, code, "not found");
	else if (code == CODE_PERMISSION_DENIED)
		refuse(r, 403, code, "this address is not valid, or no longer");
	else
		refuse(r, 503, CODE_UNAVAILABLE, "storage does not answer");
}

/* --- conditions and ranges (RFC 9110, 13 and 14) -------------------------- */

/* What is being sent, with its validators. */
struct object {
	struct store_object file;
	const char *type;
	const char *etag; /* strong: a write makes a new file */
	int64_t seconds;  /* of the last change */
};

/* Whether a list of entity tags holds ours; weak is the kind of comparison. */
static bool
tag_listed(const char *list, const char *etag, bool weak)
{
	size_t len = strlen(etag);

	if (strcmp(list, "*") == 0)
		return true;
	for (;;) {
		list += strspn(list, " \t,");
		if (*list == '\0')
			return false;
		if (strncmp(list, "W/", 2) == 0) {
			list += weak ? 2 : 0;
			if (!weak)
				list += strcspn(list, ",");
		}
		if (strncmp(list, etag, len) == 0)
			return true;
		list += strcspn(list, ",");
	}
}

static bool
http_date(struct req *r, const char *text, int64_t seconds)
{
	return strcmp(text, clock_http_date(r->mem, seconds * 1000000)) == 0;
}

/* 0 to go on, or the status that ends it: 304 or 412. */
static int
precondition(struct req *r, const struct object *o)
{
	const char *match, *none, *since;

	match = req_header(r, "if-match");
	if (match != NULL && !tag_listed(match, o->etag, false))
		return 412;
	none = req_header(r, "if-none-match");
	if (none != NULL)
		return tag_listed(none, o->etag, true) ? 304 : 0;
	/* The date we sent, or it is a change: dates are too coarse to order. */
	since = req_header(r, "if-modified-since");
	return since != NULL && http_date(r, since, o->seconds) ? 304 : 0;
}

struct range {
	int64_t first;
	int64_t last; /* inclusive */
};

struct ranges {
	struct range v[MAX_RANGES];
	size_t n;
	bool none; /* well-formed, but nothing of it exists */
};

/* One "a-b", "a-" or "-n". -1 when it is none; 0 when it selects nothing. */
static int
read_range(struct arena *a, const char *s, size_t slen, int64_t len,
    struct range *out)
{
	const char *from, *to, *dash;
	char *text;
	int64_t n;

	text = str_trim(a, arena_strndup(a, s, slen));
	if ((dash = strchr(text, '-')) == NULL)
		return -1;
	from = arena_strndup(a, text, (size_t)(dash - text));
	to = dash + 1;
	if (*from == '\0') {
		if (!str_to_i64(to, 0, INT64_MAX, &n))
			return -1;
		out->first = n >= len ? 0 : len - n;
		out->last = len - 1;
		return n > 0 && len > 0;
	}
	if (!str_to_i64(from, 0, INT64_MAX, &out->first))
		return -1;
	out->last = len - 1;
	if (*to != '\0') {
		if (!str_to_i64(to, 0, INT64_MAX, &n) || n < out->first)
			return -1;
		out->last = n < len ? n : len - 1;
	}
	return out->first < len;
}

/*
 * Reads Range. A set that is malformed, of another unit, too long, or that
 * asks for more than the whole is ignored, as RFC 9110 14.2 allows.
 */
static void
read_ranges(struct req *r, const struct object *o, struct ranges *out)
{
	const char *s, *cond;
	int64_t sum;
	size_t n;
	int rc;

	out->n = 0;
	out->none = false;
	s = req_header(r, "range");
	cond = req_header(r, "if-range");
	if (s == NULL || !str_starts(s, "bytes=") ||
	    (cond != NULL && strcmp(cond, o->etag) != 0 &&
		!http_date(r, cond, o->seconds)))
		return;
	sum = 0;
	for (s += strlen("bytes=");; s += n + 1) {
		n = strcspn(s, ",");
		rc = out->n == MAX_RANGES
		    ? -1
		    : read_range(r->mem, s, n, o->file.len, &out->v[out->n]);
		if (rc == 1) {
			sum += out->v[out->n].last - out->v[out->n].first + 1;
			out->n++;
		}
		if (rc == -1 || sum > o->file.len) {
			out->n = 0;
			return;
		}
		if (s[n] == '\0')
			break;
	}
	out->none = out->n == 0;
}

/* --- downloads ------------------------------------------------------------ */

/* Printable ASCII that needs no quoting; '_' for the rest. */
static char *
plain_name(struct arena *a, const char *name)
{
	char *out, *p;

	out = arena_strdup(a, name);
	for (p = out; *p != '\0'; p++)
		if (*p < 0x20 || *p > 0x7e || *p == '"' || *p == '\\')
			*p = '_';
	return out;
}

/* RFC 6266: both forms, the second for whoever reads it (RFC 8187). */
static void
put_disposition(struct req *r, const char *name)
{
	const char *value;

	value = name == NULL
	    ? "attachment"
	    : arena_printf(r->mem,
		  "attachment; filename=\"%s\"; filename*=UTF-8''%s",
		  plain_name(r->mem, name), str_url_encode(r->mem, name));
	resp_header(r, "Content-Disposition", value);
}

static void
put_head(struct req *r, const struct object *o, const char *name)
{
	put_disposition(r, name);
	resp_header(r, "ETag", o->etag);
	resp_header(r, "Last-Modified",
	    clock_http_date(r->mem, o->seconds * 1000000));
	resp_header(r, "Accept-Ranges", "bytes");
	resp_header(r, "Cache-Control", "private, no-cache");
	resp_header(r, "Content-Security-Policy",
	    "default-src 'none'; sandbox");
	cors_apply(r);
}

/* -1 when the client is gone or the file shrank: the connection breaks. */
static int
send_part(struct req *r, int fd, int64_t first, int64_t last)
{
	char piece[PIECE];
	int64_t left;
	ssize_t n;

	for (left = last - first + 1; left > 0; left -= n, first += n) {
		n = pread(fd, piece,
		    left < (int64_t)sizeof(piece) ? (size_t)left
						  : sizeof(piece),
		    first);
		if (n <= 0) {
			log_error("an object ended early");
			return -1;
		}
		if (resp_write(r, piece, (size_t)n) == -1)
			return -1;
	}
	return 0;
}

static void
send_whole(struct req *r, const struct object *o, bool head)
{
	resp_begin(r, 200, o->type, o->file.len);
	if (!head && send_part(r, o->file.fd, 0, o->file.len - 1) == -1)
		return;
	if (resp_end(r) == -1)
		log_debug("the client left");
}

static char *
content_range(struct req *r, const struct object *o, const struct range *v)
{
	return arena_printf(r->mem, "bytes %lld-%lld/%lld", (long long)v->first,
	    (long long)v->last, (long long)o->file.len);
}

static void
send_one(struct req *r, const struct object *o, const struct range *v)
{
	resp_header(r, "Content-Range", content_range(r, o, v));
	resp_begin(r, 206, o->type, v->last - v->first + 1);
	if (send_part(r, o->file.fd, v->first, v->last) == 0 &&
	    resp_end(r) == -1)
		log_debug("the client left");
}

static char *
part_head(struct req *r, const struct object *o, const struct range *v,
    const char *boundary)
{
	return arena_printf(r->mem,
	    "\r\n--%s\r\nContent-Type: %s\r\nContent-Range: %s\r\n\r\n",
	    boundary, o->type, content_range(r, o, v));
}

/* multipart/byteranges (RFC 9110, 14.6). */
static void
send_many(struct req *r, const struct object *o, const struct ranges *v)
{
	char boundary[STR_UUID_LEN + 1];
	char *heads[MAX_RANGES], *tail;
	int64_t len;
	size_t i;

	str_uuid_new(boundary);
	tail = arena_printf(r->mem, "\r\n--%s--\r\n", boundary);
	len = (int64_t)strlen(tail);
	for (i = 0; i < v->n; i++) {
		heads[i] = part_head(r, o, &v->v[i], boundary);
		len += (int64_t)strlen(heads[i]) + v->v[i].last -
		    v->v[i].first + 1;
	}
	resp_begin(r, 206,
	    arena_printf(r->mem, "multipart/byteranges; boundary=%s", boundary),
	    len);
	for (i = 0; i < v->n; i++)
		if (resp_write(r, heads[i], strlen(heads[i])) == -1 ||
		    send_part(r, o->file.fd, v->v[i].first, v->v[i].last) == -1)
			return;
	if (resp_write(r, tail, strlen(tail)) == -1 || resp_end(r) == -1)
		log_debug("the client left");
}

static void
answer(struct req *r, const struct object *o, const char *name)
{
	bool head = strcmp(r->method, "HEAD") == 0;
	struct ranges v = { .n = 0 };
	int status;

	status = precondition(r, o);
	if (status == 412) {
		refuse(r, 412, CODE_FAILED_PRECONDITION, "another version");
		return;
	}
	put_head(r, o, name);
	if (status == 304) {
		resp_begin(r, 304, NULL, -1);
		if (resp_end(r) == -1)
			log_debug("the client left");
		return;
	}
	if (!head)
		read_ranges(r, o, &v);
	if (v.none) {
		resp_reset(r);
		resp_header(r, "Content-Range",
		    arena_printf(r->mem, "bytes */%lld",
			(long long)o->file.len));
		refuse(r, 416, CODE_OUT_OF_RANGE, "no such part");
	} else if (v.n == 0) {
		send_whole(r, o, head);
	} else if (v.n == 1) {
		send_one(r, o, &v.v[0]);
	} else {
		send_many(r, o, &v);
	}
}

static void
serve_get(struct req *r, const struct store_grant *g)
{
	struct object o;
	enum code code;

	code = store_dir_object(dir, g->tenant, g->key, &o.file);
	if (code != CODE_OK) {
		refuse_code(r, code);
		return;
	}
	o.type = store_type(g->key);
	o.seconds = o.file.modified_at / 1000000;
	o.etag = arena_printf(r->mem, "\"%llx-%llx-%llx\"",
	    (unsigned long long)o.file.inode,
	    (unsigned long long)o.file.modified_at,
	    (unsigned long long)o.file.len);
	answer(r, &o, g->filename);
	(void)close(o.file.fd);
}

/* --- uploads -------------------------------------------------------------- */

/* The body into w, exactly len bytes. 0, 1 when it is another length, -1. */
static int
receive(struct req *r, struct store_writer *w, int64_t len)
{
	char piece[PIECE];
	int64_t sum;
	size_t n;

	for (sum = 0; (n = req_read(r, piece, sizeof(piece))) > 0;) {
		req_extend(r, READ_MORE_MS);
		sum += (int64_t)n;
		if (sum > len)
			return 1;
		if (store_dir_write(w, piece, n) == -1)
			return -1;
	}
	return sum == len ? 0 : 1;
}

static void
store_body(struct req *r, const struct store_grant *g)
{
	struct store_writer *w;
	enum code code;
	int rc;

	if ((w = store_dir_writer(dir)) == NULL) {
		refuse_code(r, CODE_UNAVAILABLE);
		return;
	}
	if ((rc = receive(r, w, g->len)) != 0) {
		store_dir_abort(w);
		if (rc == 1)
			refuse(r, 400, CODE_INVALID_ARGUMENT,
			    "the body is not as long as announced");
		else
			refuse_code(r, CODE_UNAVAILABLE);
		return;
	}
	code = store_dir_commit(w, g->tenant, g->key);
	if (code != CODE_OK) {
		refuse_code(r, code);
		return;
	}
	cors_apply(r);
	resp_send(r, 200, NULL, NULL, 0);
}

static void
serve_put(struct req *r, const struct store_grant *g)
{
	if (strcmp(r->type, g->content_type) != 0)
		refuse(r, 400, CODE_INVALID_ARGUMENT,
		    "the content type is not the announced one");
	else if (req_header(r, "content-range") != NULL)
		refuse(r, 400, CODE_INVALID_ARGUMENT,
		    "parts of an object cannot be written");
	else if (req_length(r) == -1)
		refuse(r, 411, CODE_INVALID_ARGUMENT,
		    "Content-Length is missing");
	else if (req_length(r) != g->len)
		refuse(r, 400, CODE_INVALID_ARGUMENT,
		    "the body is not as long as announced");
	else
		store_body(r, g);
}

/* --- program -------------------------------------------------------------- */

static void
preflight(struct req *r)
{
	const char *origin;

	origin = req_header(r, "origin");
	resp_header(r, "Vary", "Origin");
	if (origin != NULL && cors_listed(r->env->conf, origin)) {
		resp_header(r, "Access-Control-Allow-Origin", origin);
		resp_header(r, "Access-Control-Allow-Methods",
		    "GET, HEAD, PUT");
		resp_header(r, "Access-Control-Allow-Headers",
		    "Content-Type, Range");
		resp_header(r, "Access-Control-Max-Age", "7200");
	}
	resp_send(r, 204, NULL, NULL, 0);
}

static void
serve(struct req *r)
{
	struct store_grant g;
	enum code code;

	if (strcmp(r->method, "OPTIONS") == 0) {
		preflight(r);
		return;
	}
	if (strcmp(r->method, "GET") != 0 && strcmp(r->method, "HEAD") != 0 &&
	    strcmp(r->method, "PUT") != 0) {
		resp_header(r, "Allow", "GET, HEAD, PUT, OPTIONS");
		refuse(r, 405, CODE_UNIMPLEMENTED, "method not allowed");
		return;
	}
	code = store_dir_verify(dir, r->mem, r->method, r->path, r->query, &g);
	if (code != CODE_OK)
		refuse_code(r, code);
	else if (g.put)
		serve_put(r, &g);
	else
		serve_get(r, &g);
}

static int
open_parts(struct req_env *env)
{
	return (dir = store_dir_open(env->conf)) == NULL ? -1 : 0;
}

int
main(int argc, char **argv)
{
	static const struct pool_program program = {
		.name = "mirai-file",
		.open = open_parts,
		.serve = serve,
		.workers = 4,
	};

	return pool_main(argc, argv, &program);
}

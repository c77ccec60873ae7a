/*
 * The Connect protocol: unary by POST (spec rpc.md U-1 to U-6) and by GET (G-1
 * to G-4), and what is its own of streams (T-1 to T-5); stream.c does the rest.
 */
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "net/crypt.h"
#include "rpc/call.h"
#include "rpc/cors.h"
#include "rpc/envelope.h"
#include "rpc/meta.h"
#include "rpc/query.h"
#include "rpc/resp.h"

#define JSON_TYPE   "application/json"
#define MAX_QUERY   ((size_t)16 * 1024)
#define MAX_DIGITS  10
#define GET_VERSION "v1"

static enum code
check_version(struct call *c, const char *version, const char *want)
{
	if (version == NULL) {
		if (!conf_bool(c->r->env->conf, "rpc.require_protocol_version"))
			return CODE_OK;
		return req_fail(c->r, CODE_INVALID_ARGUMENT,
		    "the Connect protocol version is missing");
	}
	if (strcmp(version, want) != 0)
		return req_fail(c->r, CODE_INVALID_ARGUMENT,
		    "unknown Connect protocol version; %s is supported", want);
	return CODE_OK;
}

static enum code
read_timeout(struct call *c)
{
	const char *s;
	int64_t ms;

	if ((s = req_header(c->r, "connect-timeout-ms")) == NULL)
		return CODE_OK;
	if (strlen(s) > MAX_DIGITS || *s == '-' ||
	    !str_to_i64(s, 0, INT64_MAX, &ms))
		return req_fail(c->r, CODE_INVALID_ARGUMENT,
		    "Connect-Timeout-Ms takes one to ten digits");
	call_set_timeout(c, ms);
	return CODE_OK;
}

static enum code
post_head(struct call *c)
{
	struct req *r = c->r;
	enum code code;

	code = check_version(c, req_header(r, "connect-protocol-version"), "1");
	if (code != CODE_OK)
		return code;
	code = call_encodings(c, req_header(r, "content-encoding"),
	    req_header(r, "accept-encoding"));
	if (code != CODE_OK)
		return code;
	return read_timeout(c);
}

static enum code
post_body(struct call *c)
{
	return call_inflate(c, c->r->body, c->r->bodylen);
}

/* --- GET ------------------------------------------------------------------- */

enum param {
	PARAM_BASE64,
	PARAM_COMPRESSION,
	PARAM_CONNECT,
	PARAM_ENCODING,
	PARAM_MESSAGE,
	PARAM__MAX
};

/* All parameters at once; a repeated one is an error, unknown ones are not. */
static enum code
read_params(struct call *c, struct query_pair out[PARAM__MAX])
{
	static const char *const names[] = {
		[PARAM_BASE64] = "base64",
		[PARAM_COMPRESSION] = "compression",
		[PARAM_CONNECT] = "connect",
		[PARAM_ENCODING] = "encoding",
		[PARAM_MESSAGE] = "message",
	};
	const char *text = c->r->query;
	struct query_pair p;
	unsigned i;

	memset(out, 0, sizeof(*out) * PARAM__MAX);
	if (strlen(text) > MAX_QUERY)
		return req_fail_quota(c->r, "query_size",
		    "the query is longer than %zu bytes", MAX_QUERY);
	while (query_next(&text, &p)) {
		for (i = 0; i < PARAM__MAX && !query_is(&p, names[i]); i++)
			continue;
		if (i == PARAM__MAX)
			continue;
		if (out[i].name != NULL)
			return req_fail(c->r, CODE_INVALID_ARGUMENT,
			    "query parameter %s is repeated", names[i]);
		out[i] = p;
	}
	return CODE_OK;
}

static const char *
param_text(struct call *c, const struct query_pair *p)
{
	size_t len;

	if (p->name == NULL)
		return NULL;
	return query_decode(c->r->mem, p->value, p->valuelen, true, &len);
}

static enum code
get_head(struct call *c)
{
	struct query_pair params[PARAM__MAX];
	struct req *r = c->r;
	enum code code;

	if ((code = read_params(c, params)) != CODE_OK)
		return code;
	code = check_version(c, param_text(c, &params[PARAM_CONNECT]),
	    GET_VERSION);
	if (code != CODE_OK)
		return code;
	if (params[PARAM_ENCODING].name == NULL ||
	    params[PARAM_MESSAGE].name == NULL)
		return req_fail(r, CODE_INVALID_ARGUMENT,
		    "query parameters encoding and message are required");
	code = call_encodings(c, param_text(c, &params[PARAM_COMPRESSION]),
	    req_header(r, "accept-encoding"));
	if (code != CODE_OK)
		return code;
	return read_timeout(c);
}

/* In base64 a plus sign stands for itself, else for a space. */
static enum code
get_body(struct call *c)
{
	struct query_pair params[PARAM__MAX];
	const struct query_pair *p = &params[PARAM_MESSAGE];
	const char *mode;
	enum code code;
	bool base64;
	size_t len;
	char *s;

	if ((code = read_params(c, params)) != CODE_OK)
		return code;
	mode = param_text(c, &params[PARAM_BASE64]);
	base64 = mode != NULL && strcmp(mode, "1") == 0;
	s = query_decode(c->r->mem, p->value, p->valuelen, !base64, &len);
	if (s != NULL && base64)
		s = (char *)crypt_unbase64(c->r->mem, s, len, &len);
	if (s == NULL)
		return req_fail(c->r, CODE_INVALID_ARGUMENT,
		    "query parameter message is malformed");
	return call_inflate(c, (const uint8_t *)s, len);
}

/* --- answers --------------------------------------------------------------- */

static void
put_body(struct call *c, const struct buf *msg, const char *type,
    struct call_answer *out)
{
	enum compress how;

	msg = call_deflate(c, msg, &how);
	if (how != COMPRESS_IDENTITY)
		resp_header(c->r, "Content-Encoding", compress_name(how));
	out->type = type;
	out->body = msg->data;
	out->len = msg->len;
}

static void
good(struct call *c, const struct buf *msg, struct call_answer *out)
{
	meta_send_headers(c->r);
	meta_send_trailers(c->r);
	out->status = 200;
	put_body(c, msg, c->type, out);
}

static void
bad(struct call *c, struct call_answer *out)
{
	struct buf *b = buf_new(c->r->mem);

	meta_send_headers(c->r);
	meta_send_trailers(c->r);
	meta_put_error(c->r, b);
	out->status = code_http(c->r->code);
	put_body(c, b, JSON_TYPE, out);
}

static void
get_good(struct call *c, const struct buf *msg, struct call_answer *out)
{
	struct req *r = c->r;

	resp_header(r, "Vary", "Cookie, Authorization, Accept-Encoding");
	if (r->cache_seconds > 0)
		resp_header(r, "Cache-Control",
		    arena_printf(r->mem, "%s, max-age=%d",
			c->m->need == RPC_NEED_PUBLIC ? "public" : "private",
			r->cache_seconds));
	good(c, msg, out);
}

/* --- streams --------------------------------------------------------------- */

static enum code
stream_head(struct call *c)
{
	struct req *r = c->r;
	const char *s;
	enum code code;

	code = check_version(c, req_header(r, "connect-protocol-version"), "1");
	if (code != CODE_OK)
		return code;
	s = req_header(r, "content-encoding");
	if (!str_is_empty(s) && !str_ieq(s, "identity"))
		return req_fail(r, CODE_UNIMPLEMENTED,
		    "streams are compressed by Connect-Content-Encoding");
	code = call_encodings(c, req_header(r, "connect-content-encoding"),
	    req_header(r, "connect-accept-encoding"));
	if (code != CODE_OK)
		return code;
	return read_timeout(c);
}

static enum code
stream_body(struct call *c)
{
	return call_one_envelope(c, c->r->body, c->r->bodylen);
}

/* All values of a trailer's name in one list, in their order. */
static void
put_values(struct req *r, const char *name, struct buf *b)
{
	const struct req_meta *m;
	const char *sep = "";

	meta_put_json(b, name);
	buf_puts(b, ":[");
	for (m = r->meta; m != NULL; m = m->next) {
		if (!m->trailer || strcmp(m->name, name) != 0)
			continue;
		buf_puts(b, sep);
		meta_put_json(b, m->value);
		sep = ",";
	}
	buf_putc(b, ']');
}

static bool
is_first(const struct req *r, const struct req_meta *m)
{
	const struct req_meta *p;

	for (p = r->meta; p != m; p = p->next) {
		if (p->trailer && strcmp(p->name, m->name) == 0)
			return false;
	}
	return true;
}

/* Trailers, and what the head could not say when it left. */
static void
put_metadata(struct req *r, bool begun, struct buf *b)
{
	const struct req_meta *m;
	const char *sep = "";

	for (m = r->meta; m != NULL; m = m->next) {
		if (!m->trailer || !is_first(r, m))
			continue;
		buf_puts(b, sep);
		put_values(r, m->name, b);
		sep = ",";
	}
	if (r->code == CODE_OK || !begun)
		return;
	if (r->reason != NULL) {
		buf_printf(b, "%s\"mirai-error-code\":[\"%s\"]", sep,
		    r->reason);
		sep = ",";
	}
	if (r->retry_after > 0)
		buf_printf(b, "%s\"retry-after\":[\"%d\"]", sep,
		    r->retry_after);
}

/* The end-stream message (T-5); success, error and metadata stand in it. */
static void
stream_end(struct req *r, bool begun, struct buf *out)
{
	struct buf *end = buf_new(r->mem), *meta = buf_new(r->mem);

	buf_putc(end, '{');
	if (r->code != CODE_OK) {
		buf_puts(end, "\"error\":");
		meta_put_error(r, end);
	}
	put_metadata(r, begun, meta);
	if (meta->len > 0)
		buf_printf(end, "%s\"metadata\":{%s}",
		    r->code == CODE_OK ? "" : ",", buf_str(meta));
	buf_putc(end, '}');
	envelope_put(out, ENVELOPE_END, end->data, end->len);
}

/* The status is always 200 (T-4). */
static void
stream_bad(struct call *c, struct call_answer *out)
{
	struct buf *b = buf_new(c->r->mem);

	meta_send_headers(c->r);
	stream_end(c->r, false, b);
	*out = (struct call_answer){ 200, c->type, b->data, b->len };
}

const struct call_protocol call_connect = { "connect", post_head, post_body,
	good, bad, NULL, NULL };
const struct call_protocol call_connect_get = { "connect-get", get_head,
	get_body, get_good, bad, NULL, NULL };
const struct call_protocol call_connect_stream = { "connect-stream",
	stream_head, stream_body, NULL, stream_bad, "Connect-Content-Encoding",
	stream_end };

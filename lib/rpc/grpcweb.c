/*
 * gRPC-Web in binary and in base64 text (spec rpc.md W-1 to W-7).
 * The status is always 200; what happened stands in the trailer frame.
 */
#include <string.h>

#include "base/str.h"
#include "rpc/b64text.h"
#include "rpc/call.h"
#include "rpc/envelope.h"
#include "rpc/meta.h"
#include "rpc/resp.h"

#define MAX_DIGITS 8

/* One to eight digits and a unit (W-5). */
static bool
parse_timeout(const char *s, int64_t *ms)
{
	static const char units[] = "HMSmun";
	static const int64_t nanos[] = { INT64_C(3600000000000),
		INT64_C(60000000000), 1000000000, 1000000, 1000, 1 };
	size_t digits = strspn(s, "0123456789");
	const char *unit;
	char number[MAX_DIGITS + 1];
	int64_t n;

	if (digits == 0 || digits > MAX_DIGITS || s[digits] == '\0' ||
	    s[digits + 1] != '\0' || (unit = strchr(units, s[digits])) == NULL)
		return false;
	memcpy(number, s, digits);
	number[digits] = '\0';
	if (!str_to_i64(number, 0, INT64_MAX, &n))
		return false;
	/* 99999999 H in nanoseconds would not fit. */
	if (nanos[unit - units] >= 1000000)
		*ms = n * (nanos[unit - units] / 1000000);
	else
		*ms = n * nanos[unit - units] / 1000000;
	return true;
}

static enum code
head(struct call *c)
{
	struct req *r = c->r;
	const char *s;
	enum code code;
	int64_t ms;

	code = call_encodings(c, req_header(r, "grpc-encoding"),
	    req_header(r, "grpc-accept-encoding"));
	if (code != CODE_OK)
		return code;
	if ((s = req_header(r, "grpc-timeout")) == NULL)
		return CODE_OK;
	if (!parse_timeout(s, &ms))
		return req_fail(r, CODE_INVALID_ARGUMENT,
		    "grpc-timeout takes one to eight digits and one of "
		    "H M S m u n");
	call_set_timeout(c, ms);
	return CODE_OK;
}

static enum code
body(struct call *c)
{
	const uint8_t *p = c->r->body;
	size_t len = c->r->bodylen;

	if (c->text) {
		p = b64text_decode(c->r->mem, (const char *)p, len, &len);
		if (p == NULL)
			return req_fail(c->r, CODE_INVALID_ARGUMENT,
			    "the request is not base64");
	}
	return call_one_envelope(c, p, len);
}

/* Every byte outside printable ASCII, and the percent sign itself (W-2). */
static void
put_percent(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		unsigned char ch = (unsigned char)*s;

		if (ch < 0x20 || ch > 0x7e || ch == '%')
			buf_printf(b, "%%%02X", ch);
		else
			buf_putc(b, (char)ch);
	}
}

static void
put_trailer_frame(struct req *r, bool begun, struct buf *b)
{
	struct buf *t = buf_new(r->mem), *status = buf_new(r->mem);

	buf_printf(t, "grpc-status: %d\r\n", (int)r->code);
	if (r->code != CODE_OK && !str_is_empty(r->message)) {
		buf_puts(t, "grpc-message: ");
		put_percent(t, r->message);
		buf_puts(t, "\r\n");
	}
	if (r->code != CODE_OK && meta_put_status(r, status))
		buf_printf(t, "grpc-status-details-bin: %s\r\n",
		    meta_base64(r->mem, status->data, status->len));
	meta_put_trailers(r, t);
	if (begun && r->code != CODE_OK && r->reason != NULL)
		buf_printf(t, "mirai-error-code: %s\r\n", r->reason);
	if (begun && r->code != CODE_OK && r->retry_after > 0)
		buf_printf(t, "retry-after: %d\r\n", r->retry_after);
	envelope_put(b, ENVELOPE_TRAILER, t->data, t->len);
}

static void
finish(struct call *c, struct buf *b, struct call_answer *out)
{
	if (c->text)
		b = b64text_encode(c->r->mem, b->data, b->len);
	*out = (struct call_answer){ 200, c->type, b->data, b->len };
}

static void
good(struct call *c, const struct buf *msg, struct call_answer *out)
{
	struct buf *b = buf_new(c->r->mem);
	enum compress how;

	meta_send_headers(c->r);
	msg = call_deflate(c, msg, &how);
	if (how != COMPRESS_IDENTITY)
		resp_header(c->r, "Grpc-Encoding", compress_name(how));
	buf_reserve(b, msg->len + 128);
	envelope_put(b, how == COMPRESS_IDENTITY ? 0 : ENVELOPE_COMPRESSED,
	    msg->data, msg->len);
	put_trailer_frame(c->r, false, b);
	finish(c, b, out);
}

static void
bad(struct call *c, struct call_answer *out)
{
	struct buf *b = buf_new(c->r->mem);

	meta_send_headers(c->r);
	put_trailer_frame(c->r, false, b);
	finish(c, b, out);
}

const struct call_protocol call_grpc_web = { "grpc-web", head, body, good, bad,
	"Grpc-Encoding", put_trailer_frame };

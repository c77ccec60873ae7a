/*
 * What the protocols have in common: compression, envelopes, time limits.
 */
#include "rpc/call.h"

#include "rpc/envelope.h"
#include "rpc/stream.h"

#define MAX_TIMEOUT_MS 120000

enum code
call_encodings(struct call *c, const char *content, const char *accept)
{
	const char *s;

	c->in_how = c->out_how = COMPRESS_IDENTITY;
	if (content != NULL && *content != '\0')
		c->in_how = compress_find(content);
	if (c->in_how == COMPRESS__MAX) {
		c->in_how = COMPRESS_IDENTITY;
		return req_fail(c->r, CODE_UNIMPLEMENTED,
		    "unknown compression; supported are %s", compress_names());
	}
	s = accept != NULL && *accept != '\0' ? accept : NULL;
	c->out_how = s != NULL ? compress_choose(s) : c->in_how;
	return CODE_OK;
}

static enum code
too_large(struct call *c)
{
	return req_fail(c->r, CODE_RESOURCE_EXHAUSTED,
	    "the message is larger than %zu bytes", c->limit);
}

enum code
call_inflate(struct call *c, const uint8_t *p, size_t len)
{
	enum code code;
	struct buf *b;

	/* Nothing is never compressed (U-2, T-3). */
	if (c->in_how == COMPRESS_IDENTITY || len == 0) {
		if (len > c->limit)
			return too_large(c);
		c->msg = p;
		c->msglen = len;
		return CODE_OK;
	}
	b = buf_new(c->r->mem);
	code = compress_get(c->in_how, b, p, len, c->limit);
	if (code == CODE_RESOURCE_EXHAUSTED)
		return too_large(c);
	if (code != CODE_OK)
		return req_fail(c->r, CODE_INVALID_ARGUMENT,
		    "the message is not valid %s data",
		    compress_name(c->in_how));
	c->msg = (const uint8_t *)b->data;
	c->msglen = b->len;
	return CODE_OK;
}

static enum code
check_flags(struct call *c, uint8_t flags)
{
	if ((flags & ~ENVELOPE_COMPRESSED) != 0)
		return req_fail_verbatim(c->r, CODE_INTERNAL,
		    "the envelope has unknown flags");
	if (flags != 0 && c->in_how == COMPRESS_IDENTITY)
		return req_fail_verbatim(c->r, CODE_INTERNAL,
		    "the envelope is compressed but names no compression");
	return CODE_OK;
}

enum code
call_one_envelope(struct call *c, const uint8_t *p, size_t len)
{
	struct envelope e, more;
	enum code code;

	switch (envelope_next(&p, &len, &e)) {
	case ENVELOPE_NONE:
		return req_fail(c->r, CODE_UNIMPLEMENTED,
		    "the request has no message");
	case ENVELOPE_CUT:
		return req_fail(c->r, CODE_INVALID_ARGUMENT,
		    "the request is cut short");
	case ENVELOPE_ONE:
		break;
	}
	if ((code = check_flags(c, e.flags)) != CODE_OK)
		return code;
	switch (envelope_next(&p, &len, &more)) {
	case ENVELOPE_ONE:
		return req_fail(c->r, CODE_UNIMPLEMENTED,
		    "the request has more than one message");
	case ENVELOPE_CUT:
		return req_fail(c->r, CODE_INVALID_ARGUMENT,
		    "the request is cut short");
	case ENVELOPE_NONE:
		break;
	}
	if (e.flags == 0)
		c->in_how = COMPRESS_IDENTITY;
	return call_inflate(c, e.data, e.len);
}

const struct buf *
call_deflate(struct call *c, const struct buf *p, enum compress *how)
{
	struct buf *b;

	*how = COMPRESS_IDENTITY;
	if (c->out_how == COMPRESS_IDENTITY || p->len < COMPRESS_LEAST ||
	    (c->m != NULL && c->m->never_compress))
		return p;
	*how = c->out_how;
	b = buf_new(c->r->mem);
	compress_put(c->out_how, b, p->data, p->len);
	return b;
}

enum code
call_encode(struct call *c, struct arena *a, const void *msg, struct buf *b)
{
	struct req *r = c->r;
	struct pb_error err;

	if (c->codec == CALL_BINARY) {
		pb_encode(b, c->m->out, msg);
		return CODE_OK;
	}
	if (pb_json_encode(a, b, c->m->out, msg,
		conf_bool(r->env->conf, "rpc.json_emit_defaults"), &err) == 0)
		return CODE_OK;
	return req_fail(r, CODE_INTERNAL, "%s cannot be JSON: %s: %s",
	    pb_name(c->m->out), err.path, err.text);
}

static int64_t
longest_ms(const struct call *c)
{
	return c->m->stream ? stream_max_ms(c->r->env->conf) : MAX_TIMEOUT_MS;
}

void
call_set_timeout(struct call *c, int64_t ms)
{
	if (ms > longest_ms(c))
		ms = longest_ms(c);
	c->r->deadline_ms = c->r->started_ms + ms;
}

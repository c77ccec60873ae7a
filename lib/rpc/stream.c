/*
 * Server streams: frames, and the streams of a pool's worker, which blocks.
 * The deadline's timer always holds an end that fits what has been sent, and
 * never runs while a chunk is written. Memory of a stream does not grow with
 * its messages.
 */
#include "rpc/stream.h"

#include "base/clock.h"
#include "base/log.h"
#include "rpc/b64text.h"
#include "rpc/cors.h"
#include "rpc/deadline.h"
#include "rpc/envelope.h"
#include "rpc/meta.h"
#include "rpc/req_io.h"
#include "rpc/resp.h"

#define LATE_MS 40 /* what an end may take after the deadline */

struct stream {
	struct call *call;
	struct stream_form form;
	struct arena *room;	     /* for the message in hand */
	struct deadline_answer late; /* the timer's end of an open stream */
	bool open;
	bool detached;
};

/* --- frames ---------------------------------------------------------------- */

static void
put_chunk(const struct stream_form *f, struct arena *a, struct buf *out,
    const struct buf *chunk)
{
	if (f->text)
		chunk = b64text_encode(a, chunk->data, chunk->len);
	buf_put(out, chunk->data, chunk->len);
}

void
stream_put(const struct stream_form *f, struct arena *a, struct buf *out,
    const void *msg, size_t len)
{
	struct buf *chunk = buf_new(a), *small;

	if (f->how == COMPRESS_IDENTITY || len < COMPRESS_LEAST) {
		envelope_put(chunk, 0, msg, len);
	} else {
		small = buf_new(a);
		compress_put(f->how, small, msg, len);
		envelope_put(chunk, ENVELOPE_COMPRESSED, small->data,
		    small->len);
	}
	put_chunk(f, a, out, chunk);
}

void
stream_put_end(const struct stream_form *f, struct req *r, bool begun,
    struct buf *out)
{
	struct buf *chunk = buf_new(r->mem);

	f->protocol->end(r, begun, chunk);
	put_chunk(f, r->mem, out, chunk);
}

/* --- a worker's stream ----------------------------------------------------- */

int64_t
stream_max_ms(const struct conf *conf)
{
	return conf_int(conf, "rpc.stream_max_age") * 1000;
}

static void
free_room(void *p)
{
	arena_free(p);
}

void
stream_start(struct call *c)
{
	struct req *r = c->r;
	struct stream *s;

	s = arena_zalloc(r->mem, sizeof(*s));
	s->call = c;
	s->form = (struct stream_form){
		.protocol = c->protocol,
		.codec = c->codec,
		.how = c->m->never_compress ? COMPRESS_IDENTITY : c->out_how,
		.text = c->text,
	};
	s->room = arena_new();
	arena_defer(r->mem, free_room, s->room);
	r->stream = s;
}

static enum code
time_is_up(struct req *r)
{
	return req_fail(r, CODE_DEADLINE_EXCEEDED, "time is up");
}

static enum code
gone(struct req *r)
{
	return req_fail(r, CODE_CANCELED, "the client is gone");
}

/* The end that the timer would write, made once: it costs no send anything. */
static void
prepare_late(struct req *r, struct stream *s)
{
	struct buf *end = buf_new(r->mem), *b = buf_new(r->mem);

	(void)time_is_up(r);
	stream_put_end(&s->form, r, true, end);
	req_unfail(r);
	req_pack(r, b, end->data, end->len, true);
	s->late = (struct deadline_answer){ b->data, b->len };
}

static void
arm(struct req *r, struct stream *s)
{
	if (req_fd(r) != -1)
		deadline_work(req_fd(r), r->deadline_ms + LATE_MS, s->late,
		    s->late, NULL);
}

static void
send_head(struct req *r, struct stream *s)
{
	resp_reset(r);
	if (s->form.how != COMPRESS_IDENTITY)
		resp_header(r, s->form.protocol->encoding,
		    compress_name(s->form.how));
	meta_send_headers(r);
	cors_apply(r);
	resp_begin(r, 200, s->call->type, -1);
}

enum code
rpc_stream_open(struct req *r)
{
	struct stream *s = r->stream;

	if (s->open)
		return CODE_OK;
	if (clock_mono_ms() >= r->deadline_ms)
		return time_is_up(r);
	send_head(r, s);
	/* The timer was faster, or nobody is there. */
	if (req_stage(r) != REQ_BEGUN)
		return resp_status(r) == 200 ? gone(r) : time_is_up(r);
	s->open = true;
	prepare_late(r, s);
	arm(r, s);
	return CODE_OK;
}

enum code
rpc_stream_send(struct req *r, const void *msg)
{
	struct stream *s = r->stream;
	struct buf *b, *chunk;
	enum code code;

	if ((code = rpc_stream_open(r)) != CODE_OK)
		return code;
	arena_reset(s->room);
	b = buf_new(s->room);
	chunk = buf_new(s->room);
	if ((code = call_encode(s->call, s->room, msg, b)) != CODE_OK)
		return code;
	stream_put(&s->form, s->room, chunk, b->data, b->len);
	if (resp_late(r) || clock_mono_ms() >= r->deadline_ms)
		return time_is_up(r);
	if (resp_write(r, chunk->data, chunk->len) == -1)
		return gone(r);
	arm(r, s);
	return CODE_OK;
}

const struct stream_form *
stream_detach(struct req *r)
{
	if (rpc_stream_open(r) != CODE_OK)
		return NULL;
	r->stream->detached = true;
	return &r->stream->form;
}

/* Nothing was sent: the failure is the whole answer. */
static void
send_failure(struct call *c)
{
	struct call_answer out;

	resp_reset(c->r);
	c->protocol->bad(c, &out);
	cors_apply(c->r);
	resp_send(c->r, out.status, out.type, out.body, out.len);
}

void
stream_finish(struct call *c, enum code code)
{
	struct req *r = c->r;
	struct stream *s = r->stream;
	struct buf *b;

	if (s->detached && code == CODE_OK)
		return;
	if (!s->open && resp_sent(r))
		return;
	if (!s->open && code != CODE_OK) {
		send_failure(c);
		return;
	}
	if (rpc_stream_open(r) != CODE_OK)
		return;
	b = buf_new(r->mem);
	stream_put_end(&s->form, r, true, b);
	if (resp_write(r, b->data, b->len) == -1 || resp_end(r) == -1)
		log_info("the client left before the end of its stream");
}

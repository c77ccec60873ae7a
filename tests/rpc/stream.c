/*
 * Server streams: the frames of each protocol, and a handler's stream from the
 * request to its end. Nothing may follow the end, and it comes exactly once.
 */
#include "rpc/stream.h"

#include <stdlib.h>

#include "mirai/v1/notification.pb.h"
#include "rpc/b64text.h"
#include "rpc/envelope.h"
#include "rpc/resp.h"
#include "tests/test.h"

#define PATH  "/mirai.v1.NotificationService/SubscribeNotifications"
#define PLAIN "\0\0\0\0\2hi"

static const struct stream_form connect_form = {
	.protocol = &call_connect_stream,
};
static const struct stream_form gzip_form = {
	.protocol = &call_connect_stream,
	.how = COMPRESS_GZIP,
};
static const struct stream_form web_form = { .protocol = &call_grpc_web };
static const struct stream_form text_form = {
	.protocol = &call_grpc_web,
	.text = true,
};

static struct req_env env;

/* --- frames ---------------------------------------------------------------- */

static bool
is(const struct buf *b, const char *want, size_t len)
{
	return b->len == len && memcmp(b->data, want, len) == 0;
}

static void
test_messages(void)
{
	struct arena *a = arena_new();
	struct buf *b = buf_new(a);
	char *long_text = arena_zalloc(a, COMPRESS_LEAST);
	struct buf *back = buf_new(a);
	const uint8_t *p;
	struct envelope e;
	size_t len;

	stream_put(&connect_form, a, b, "hi", 2);
	CHECK(is(b, PLAIN, 7));
	/* Each message decides for itself: a short one is sent plain (T-3). */
	buf_reset(b);
	stream_put(&gzip_form, a, b, "hi", 2);
	CHECK(is(b, PLAIN, 7));
	buf_reset(b);
	stream_put(&gzip_form, a, b, long_text, COMPRESS_LEAST);
	p = (const uint8_t *)b->data;
	len = b->len;
	CHECK(envelope_next(&p, &len, &e) == ENVELOPE_ONE && len == 0);
	CHECK(e.flags == ENVELOPE_COMPRESSED && e.len < 100);
	CHECK(
	    compress_get(COMPRESS_GZIP, back, e.data, e.len, 4096) == CODE_OK &&
	    is(back, long_text, COMPRESS_LEAST));
	arena_free(a);
}

/* W-4: every chunk is padded by itself, and all of them decode in a row. */
static void
test_text(void)
{
	struct arena *a = arena_new();
	struct buf *b = buf_new(a);
	uint8_t *back;
	size_t len;

	stream_put(&text_form, a, b, "hi", 2);
	CHECK_STR(buf_str(b), "AAAAAAJoaQ==");
	stream_put(&text_form, a, b, "hi", 2);
	CHECK_STR(buf_str(b), "AAAAAAJoaQ==AAAAAAJoaQ==");
	back = b64text_decode(a, b->data, b->len, &len);
	CHECK(back != NULL && len == 14 && memcmp(back, PLAIN PLAIN, 14) == 0);
	arena_free(a);
}

/* The payload of the one frame that ends a stream, as text. */
static const char *
end_of(const struct stream_form *f, struct req *r, bool begun, uint8_t flag)
{
	struct buf *b = buf_new(r->mem);
	const uint8_t *p;
	struct envelope e;
	size_t len;

	stream_put_end(f, r, begun, b);
	p = (const uint8_t *)b->data;
	len = b->len;
	if (envelope_next(&p, &len, &e) != ENVELOPE_ONE || len != 0 ||
	    e.flags != flag)
		return NULL;
	return arena_strndup(r->mem, (const char *)e.data, e.len);
}

static void
test_connect_end(void)
{
	struct req *r = req_local(&env);

	CHECK_STR(end_of(&connect_form, r, true, ENVELOPE_END), "{}");
	req_set_trailer(r, "b", "1");
	req_set_header(r, "h", "0");
	req_set_trailer(r, "c", "\"2\"");
	req_set_trailer(r, "b", "3");
	CHECK_STR(end_of(&connect_form, r, true, ENVELOPE_END),
	    "{\"metadata\":{\"b\":[\"1\",\"3\"],\"c\":[\"\\\"2\\\"\"]}}");
	req_fail_retry(r, CODE_RESOURCE_EXHAUSTED, NULL, 7, "too many");
	r->details = NULL;
	r->meta = NULL;
	CHECK_STR(end_of(&connect_form, r, true, ENVELOPE_END),
	    "{\"error\":{\"code\":\"resource_exhausted\",\"message\":\"too "
	    "many\"},\"metadata\":{\"retry-after\":[\"7\"]}}");
	req_done(r);
}

static void
test_web_end(void)
{
	struct req *r = req_local(&env);

	CHECK_STR(end_of(&web_form, r, true, ENVELOPE_TRAILER),
	    "grpc-status: 0\r\n");
	req_set_trailer(r, "b", "1");
	req_fail_reason(r, CODE_UNAUTHENTICATED, "AUTH_UNAUTHORIZED",
	    "100%% sure");
	r->details = NULL;
	CHECK_STR(end_of(&web_form, r, true, ENVELOPE_TRAILER),
	    "grpc-status: 16\r\ngrpc-message: 100%25 sure\r\nb: 1\r\n"
	    "mirai-error-code: AUTH_UNAUTHORIZED\r\n");
	/* Before the head has left, the header says it. */
	CHECK_STR(end_of(&web_form, r, false, ENVELOPE_TRAILER),
	    "grpc-status: 16\r\ngrpc-message: 100%25 sure\r\nb: 1\r\n");
	req_done(r);
}

/* --- a handler ------------------------------------------------------------- */

static unsigned to_send;
static enum code to_end;
static bool to_detach;
static struct stream_form detached;

static enum code
subscribe(struct req *r, const void *in, void *out)
{
	const struct pb_subscribe_notifications_request *rq = in;
	struct pb_subscribe_notifications_response *rp = out;
	enum code code = CODE_OK;
	unsigned i;

	req_set_header(r, "first", "yes");
	if (to_detach) {
		detached = *stream_detach(r);
		return CODE_OK;
	}
	for (i = 0; code == CODE_OK && i < to_send; i++) {
		rp->event_id = rq->last_event_id + i + 1;
		code = rpc_stream_send(r, rp);
	}
	if (code != CODE_OK || to_end == CODE_OK)
		return code;
	return req_fail_reason(r, to_end, "TEST", "as asked");
}

static const struct rpc_method methods[] = {
	{
	    .path = PATH,
	    .in = &pb_subscribe_notifications_request_desc,
	    .out = &pb_subscribe_notifications_response_desc,
	    .need = RPC_NEED_PUBLIC,
	    .tx = DB_TX_NONE,
	    .stream = true,
	    .call = subscribe,
	},
};

static const struct rpc_service service = {
	.name = "mirai.v1.NotificationService",
	.methods = methods,
	.nmethods = 1,
};

/* Head and body of the answer to one request of that type, in out. */
static struct req *
ask(const char *type, const char *more, const char *msg, const char **head,
    const uint8_t **body, size_t *len)
{
	static const struct rpc_service *const services[] = { &service, NULL };
	struct buf vars = BUF_INIT, in = BUF_INIT;
	const char *all, *end;
	struct req *r;

	envelope_put(&in, 0, msg, strlen(msg));
	buf_printf(&vars,
	    "REQUEST_METHOD=POST%cREQUEST_URI=" PATH "%cCONTENT_TYPE=%s%c"
	    "CONTENT_LENGTH=%zu%c%s%c",
	    0, 0, type, 0, in.len, 0, more, 0);
	r = req_replay(&env, vars.data, vars.len, in.data, in.len);
	rpc_serve(r, services);
	all = resp_captured(r, len);
	end = strstr(all, "\r\n\r\n");
	*head = arena_strndup(r->mem, all, (size_t)(end + 2 - all));
	*body = (const uint8_t *)end + 4;
	*len -= (size_t)(end + 4 - all);
	buf_free(&vars);
	buf_free(&in);
	return r;
}

static const char *
next(struct req *r, const uint8_t **p, size_t *len, uint8_t flag)
{
	struct envelope e;

	if (envelope_next(p, len, &e) != ENVELOPE_ONE || e.flags != flag)
		return NULL;
	return arena_strndup(r->mem, (const char *)e.data, e.len);
}

static void
test_handler(void)
{
	const uint8_t *p;
	const char *head;
	struct req *r;
	size_t len;

	to_send = 2;
	to_end = CODE_OK;
	r = ask("application/connect+json", "", "{\"lastEventId\":\"7\"}",
	    &head, &p, &len);
	CHECK(strstr(head, "Status: 200\r\n") == head);
	CHECK(
	    strstr(head, "Content-Type: application/connect+json\r\n") != NULL);
	CHECK(strstr(head, "first: yes\r\n") != NULL);
	CHECK(strstr(head, "Content-Length") == NULL);
	CHECK_STR(next(r, &p, &len, 0), "{\"eventId\":\"8\"}");
	CHECK_STR(next(r, &p, &len, 0), "{\"eventId\":\"9\"}");
	CHECK_STR(next(r, &p, &len, ENVELOPE_END), "{}");
	CHECK(len == 0);
	req_done(r);
	/* No message at all is a good stream, too. */
	to_send = 0;
	r = ask("application/grpc-web", "", "", &head, &p, &len);
	CHECK(strstr(head, "Grpc-Encoding") == NULL);
	CHECK_STR(next(r, &p, &len, ENVELOPE_TRAILER), "grpc-status: 0\r\n");
	CHECK(len == 0);
	req_done(r);
}

static void
test_failures(void)
{
	const uint8_t *p;
	const char *head, *end;
	struct req *r;
	size_t len;

	/* T-4: also before the first message the status is 200. */
	to_send = 0;
	to_end = CODE_NOT_FOUND;
	r = ask("application/connect+json", "", "{}", &head, &p, &len);
	CHECK(strstr(head, "Status: 200\r\n") == head);
	CHECK(strstr(head, "first: yes\r\n") != NULL);
	end = next(r, &p, &len, ENVELOPE_END);
	CHECK(end != NULL && strstr(end, "\"code\":\"not_found\"") != NULL);
	CHECK(len == 0);
	req_done(r);
	to_send = 1;
	r = ask("application/connect+proto", "", "", &head, &p, &len);
	CHECK(next(r, &p, &len, 0) != NULL);
	end = next(r, &p, &len, ENVELOPE_END);
	CHECK(end != NULL &&
	    strstr(end, "\"mirai-error-code\":[\"TEST\"]") != NULL);
	CHECK(len == 0);
	req_done(r);
	/* The handler is not asked when the message is none. */
	r = ask("application/connect+json", "", "{", &head, &p, &len);
	end = next(r, &p, &len, ENVELOPE_END);
	CHECK(end != NULL && strstr(end, "\"invalid_argument\"") != NULL);
	CHECK(len == 0);
	req_done(r);
}

static void
test_refusals(void)
{
	const uint8_t *p;
	const char *head;
	struct req *r;
	size_t len;

	r = ask("application/json", "", "{}", &head, &p, &len);
	CHECK(strstr(head, "Status: 415\r\n") == head && len == 0);
	CHECK(strstr(head, "Accept-Post: application/connect+json") != NULL);
	req_done(r);
	/* T-3: the header of unary calls says nothing about a stream. */
	r = ask("application/connect+json", "HTTP_CONTENT_ENCODING=gzip", "{}",
	    &head, &p, &len);
	CHECK(strstr(next(r, &p, &len, ENVELOPE_END), "\"unimplemented\"") !=
	    NULL);
	req_done(r);
	/* A time limit that has passed already. */
	r = ask("application/connect+json", "HTTP_CONNECT_TIMEOUT_MS=0", "{}",
	    &head, &p, &len);
	CHECK(strstr(next(r, &p, &len, ENVELOPE_END),
		  "\"deadline_exceeded\"") != NULL);
	CHECK(len == 0);
	req_done(r);
}

/* Somebody else carries it on: the head alone is there. */
static void
test_detached(void)
{
	const uint8_t *p;
	const char *head;
	struct req *r;
	size_t len;

	to_detach = true;
	r = ask("application/grpc-web-text", "HTTP_GRPC_ACCEPT_ENCODING=gzip",
	    "", &head, &p, &len);
	CHECK(len > 0);
	/* The body was no base64: that is a failure, not a stream. */
	CHECK(detached.protocol == NULL);
	req_done(r);
	r = ask("application/connect+proto",
	    "HTTP_CONNECT_ACCEPT_ENCODING=gzip", "", &head, &p, &len);
	CHECK(strstr(head, "Connect-Content-Encoding: gzip\r\n") != NULL);
	CHECK(len == 0);
	CHECK(detached.protocol == &call_connect_stream);
	CHECK(detached.how == COMPRESS_GZIP && !detached.text);
	req_done(r);
}

int
main(void)
{
	struct conf *conf = conf_load(NULL);

	env.conf = conf;
	test_messages();
	test_text();
	test_connect_end();
	test_web_end();
	test_handler();
	test_failures();
	test_refusals();
	test_detached();
	conf_free(conf);
	return test_done();
}

/*
 * Connect, in binary form, as a request over FastCGI. A connection per call:
 * to a Unix socket that costs microseconds and leaves no worker taken.
 */
#include "rpc/forward.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "google/rpc/error_details.pb.h"
#include "net/crypt.h"
#include "net/http.h"
#include "net/json.h"
#include "rpc/fastcgi.h"

struct forward {
	char *socket;
	const struct rpc_service *const *services;
};

struct forward *
forward_open(const char *socket, const struct rpc_service *const *services)
{
	struct forward *f;

	f = xcalloc(1, sizeof(*f));
	f->socket = xstrdup(socket == NULL ? "" : socket);
	f->services = services;
	return f;
}

void
forward_close(struct forward *f)
{
	if (f == NULL)
		return;
	free(f->socket);
	free(f);
}

bool
forward_serves(const struct forward *f, const struct rpc_method *m)
{
	const struct rpc_service *const *s;

	for (s = f == NULL ? NULL : f->services; s != NULL && *s != NULL; s++)
		if (m >= (*s)->methods && m < (*s)->methods + (*s)->nmethods)
			return true;
	return false;
}

/* --- the question ---------------------------------------------------------- */

static void
put(struct buf *b, const char *name, const char *value)
{
	if (value != NULL)
		fastcgi_param(b, name, strlen(name), value, strlen(value));
}

/*
 * The visitor's credential goes along, the page's Origin does not: the page
 * has checked its own form.
 */
static void
put_params(struct req *r, struct buf *b, const char *path, size_t len,
    int64_t left_ms)
{
	put(b, "REQUEST_METHOD", "POST");
	put(b, "REQUEST_URI", path);
	put(b, "SCRIPT_NAME", path);
	put(b, "QUERY_STRING", "");
	put(b, "SERVER_PROTOCOL", "HTTP/1.1");
	put(b, "REMOTE_ADDR", r->remote);
	put(b, "HTTP_HOST", r->host);
	if (r->https)
		put(b, "HTTPS", "on");
	put(b, "CONTENT_TYPE", "application/proto");
	put(b, "CONTENT_LENGTH", arena_printf(r->mem, "%zu", len));
	put(b, "HTTP_CONNECT_PROTOCOL_VERSION", "1");
	put(b, "HTTP_CONNECT_TIMEOUT_MS",
	    arena_printf(r->mem, "%lld", (long long)left_ms));
	put(b, "HTTP_X_REQUEST_ID", r->id);
	put(b, "HTTP_COOKIE", req_header(r, "cookie"));
	put(b, "HTTP_AUTHORIZATION", req_header(r, "authorization"));
	put(b, "HTTP_X_SESSION_TOKEN", req_header(r, "x-session-token"));
	put(b, "HTTP_USER_AGENT", req_header(r, "user-agent"));
}

static struct buf *
exchange(struct req *r, const struct buf *request, int64_t left_ms)
{
	struct timeval wait = { .tv_sec = left_ms / 1000,
		.tv_usec = left_ms % 1000 * 1000 };
	struct buf *answer;
	bool whole;
	int fd;

	if ((fd = fastcgi_connect(r->env->forward->socket)) == -1)
		return NULL;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	answer = buf_new(r->mem);
	fastcgi_send(fd, request);
	whole = fastcgi_receive(fd, answer);
	close(fd);
	return whole ? answer : NULL;
}

/* --- the answer ------------------------------------------------------------ */

static bool
split(struct req *r, const struct buf *b, struct http_answer *out)
{
	const char *status, *gap;

	if (b->len == 0 || (gap = strstr(b->data, "\r\n\r\n")) == NULL)
		return false;
	out->headers =
	    arena_strndup(r->mem, b->data, (size_t)(gap - b->data) + 2);
	out->body = gap + 4;
	out->len = b->len - (size_t)(out->body - b->data);
	status = http_header(r->mem, out, "status");
	out->status = status == NULL ? 200 : atoi(status);
	return true;
}

/* The details that pages read: which field, how long to wait. */
static void
take_details(struct req *r, const struct json *list)
{
	static const struct {
		const char *type;
		const struct pb_desc *desc;
		size_t size;
	} known[] = {
		{ "google.rpc.ErrorInfo", &pb_error_info_desc,
		    sizeof(struct pb_error_info) },
		{ "google.rpc.BadRequest", &pb_bad_request_desc,
		    sizeof(struct pb_bad_request) },
		{ "google.rpc.RetryInfo", &pb_retry_info_desc,
		    sizeof(struct pb_retry_info) },
		{ "google.rpc.QuotaFailure", &pb_quota_failure_desc,
		    sizeof(struct pb_quota_failure) },
	};
	const char *type, *text;
	struct pb_error bad;
	uint8_t *value;
	size_t i, k, len;
	void *msg;

	for (i = 0; i < json_count(list); i++) {
		type = json_get_text(json_at(list, i), "type", "");
		text = json_get_text(json_at(list, i), "value", "");
		value = crypt_unbase64(r->mem, text, strlen(text), &len);
		for (k = 0; value != NULL && k < NITEMS(known); k++) {
			if (!str_eq(type, known[k].type))
				continue;
			msg = arena_zalloc(r->mem, known[k].size);
			if (pb_decode(r->mem, known[k].desc, value, len, NULL,
				msg, &bad) == CODE_OK)
				req_fail_detail(r, known[k].desc, msg);
		}
	}
}

static enum code
unreadable(struct req *r, const struct rpc_method *m)
{
	log_error("%s: the answer of its pool cannot be read", m->path);
	return req_fail(r, CODE_UNAVAILABLE, "the service does not answer");
}

static enum code
take_failure(struct req *r, const struct rpc_method *m,
    const struct http_answer *answer)
{
	const struct json *j;
	const char *why, *retry;
	enum code code = CODE__MAX;

	j = json_parse(r->mem, answer->body, answer->len, NULL, &why);
	if (j != NULL && json_kind(j) == JSON_OBJECT)
		code = code_from_name(json_get_text(j, "code", ""));
	if (code == CODE_OK || code == CODE__MAX)
		return unreadable(r, m);
	req_fail_verbatim(r, code, "%s",
	    json_get_text(j, "message", code_name(code)));
	r->reason = http_header(r->mem, answer, "mirai-error-code");
	take_details(r, json_get_list(j, "details"));
	retry = http_header(r->mem, answer, "retry-after");
	r->retry_after = retry == NULL ? 0 : atoi(retry);
	return code;
}

enum code
forward_call(struct req *r, const struct rpc_method *m, const void *in,
    void *out)
{
	struct http_answer answer = { 0 };
	struct buf *message, *params, *request, *got;
	struct pb_error bad;
	int64_t left_ms;

	req_unfail(r);
	left_ms = r->deadline_ms - clock_mono_ms();
	if (left_ms <= 0)
		return req_fail(r, CODE_DEADLINE_EXCEEDED, "time is up");
	message = buf_new(r->mem);
	params = buf_new(r->mem);
	request = buf_new(r->mem);
	pb_encode(message, m->in, in);
	put_params(r, params, m->path, message->len, left_ms);
	fastcgi_request(request, params, buf_str(message), message->len);
	got = exchange(r, request, left_ms);
	/* There may be a password in it. */
	crypt_wipe(message->data, message->len);
	crypt_wipe(request->data, request->len);
	if (got == NULL) {
		log_error("%s: its pool does not answer (account.socket)",
		    m->path);
		return req_fail(r, CODE_UNAVAILABLE,
		    "the service does not answer");
	}
	if (!split(r, got, &answer))
		return unreadable(r, m);
	if (answer.status != 200)
		return take_failure(r, m, &answer);
	if (pb_decode(r->mem, m->out, answer.body, answer.len, NULL, out,
		&bad) != CODE_OK)
		return unreadable(r, m);
	return CODE_OK;
}

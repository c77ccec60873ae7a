/*
 * The calling side of the Connect protocol (unary, binary). An error body
 * that is well-formed wins over the HTTP status (spec rpc.md, E-4).
 */
#include "rpc/client.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "net/crypt.h"
#include "net/json.h"

struct client {
	struct http *http;
	char *base;
	char *token;
};

struct client *
client_open(const char *base)
{
	struct client *c;
	size_t len = strlen(base);

	while (len > 0 && base[len - 1] == '/')
		len--;
	c = xcalloc(1, sizeof(*c));
	c->base = xstrndup(base, len);
	if ((c->http = http_open()) == NULL) {
		client_close(c);
		return NULL;
	}
	return c;
}

void
client_close(struct client *c)
{
	if (c == NULL)
		return;
	client_token(c, NULL);
	http_close(c->http);
	free(c->base);
	free(c);
}

void
client_token(struct client *c, const char *token)
{
	if (c->token != NULL)
		crypt_wipe(c->token, strlen(c->token));
	free(c->token);
	c->token = token == NULL ? NULL : xstrdup(token);
}

/* The sentence of an identity answer that is no success. */
static const char *
login_problem(const struct json *j)
{
	const struct json *messages;

	messages = json_get_list(json_get_object(j, "ui"), "messages");
	if (json_count(messages) > 0)
		return json_get_text(json_at(messages, 0), "text", NULL);
	return json_get_text(json_get_object(j, "error"), "message",
	    "signing in failed");
}

/* GET or POST of JSON; the parsed answer, or NULL and *error. */
static const struct json *
identity_call(struct client *c, struct arena *a, const char *url,
    const char *body, int *status, const char **error)
{
	static const char *const headers[] = { "accept: application/json",
		"content-type: application/json", NULL };
	struct http_call call = { .url = url, .headers = headers };
	struct http_answer answer;
	const struct json *j;
	const char *why;

	if (body != NULL) {
		call.body = body;
		call.bodylen = strlen(body);
	}
	if (http_do(c->http, a, &call, &answer, error) == -1)
		return NULL;
	*status = answer.status;
	if ((j = json_parse(a, answer.body, answer.len, NULL, &why)) == NULL)
		*error = arena_printf(a,
		    "%s: the identity service answered %d"
		    " without JSON",
		    c->base, answer.status);
	return j;
}

int
client_login(struct client *c, struct arena *a, const char *email,
    const char *password, const char **error)
{
	const struct json *flow, *done;
	const char *id, *token, *url, *body;
	struct json *form;
	int status;

	url = arena_printf(a, "%s/self-service/login/api", c->base);
	if ((flow = identity_call(c, a, url, NULL, &status, error)) == NULL)
		return -1;
	if ((id = json_get_text(flow, "id", NULL)) == NULL) {
		*error = login_problem(flow);
		return -1;
	}
	form = json_new_object(a);
	json_put_text(form, "method", "password");
	json_put_text(form, "identifier", email);
	json_put_text(form, "password", password);
	body = json_string(a, form, JSON_COMPACT);
	url = arena_printf(a, "%s/self-service/login?flow=%s", c->base,
	    str_url_encode(a, id));
	if ((done = identity_call(c, a, url, body, &status, error)) == NULL)
		return -1;
	token = json_get_text(done, "session_token", NULL);
	if (status != 200 || token == NULL) {
		*error = login_problem(done);
		return -1;
	}
	client_token(c, token);
	return 0;
}

/* What an HTTP status means when no Connect error came with it (E-4). */
static enum code
code_of_status(int status)
{
	switch (status) {
	case 400:
		return CODE_INTERNAL;
	case 401:
		return CODE_UNAUTHENTICATED;
	case 403:
		return CODE_PERMISSION_DENIED;
	case 404:
		return CODE_UNIMPLEMENTED;
	case 429:
	case 502:
	case 503:
	case 504:
		return CODE_UNAVAILABLE;
	default:
		return CODE_UNKNOWN;
	}
}

static enum code
call_failed(struct arena *a, const struct http_answer *answer,
    const char **error)
{
	const struct json *j;
	const char *why;
	enum code code = CODE__MAX;

	j = json_parse(a, answer->body, answer->len, NULL, &why);
	if (j != NULL && json_kind(j) == JSON_OBJECT)
		code = code_from_name(json_get_text(j, "code", ""));
	if (code == CODE_OK || code == CODE__MAX) {
		*error =
		    arena_printf(a, "the server answered %d", answer->status);
		return code_of_status(answer->status);
	}
	*error = json_get_text(j, "message", code_name(code));
	return code;
}

enum code
client_call(struct client *c, struct arena *a, const char *path,
    const struct pb_desc *d_in, const void *in, const struct pb_desc *d_out,
    void *out, const char **error)
{
	const char *headers[] = { "content-type: application/proto",
		"connect-protocol-version: 1", NULL, NULL };
	struct http_call call = { .headers = headers,
		.timeout_ms = 60000,
		.max = (size_t)64 * 1024 * 1024 };
	struct http_answer answer;
	struct pb_error bad;
	struct buf *body;

	if (c->token != NULL)
		headers[2] =
		    arena_printf(a, "authorization: Bearer %s", c->token);
	body = buf_new(a);
	pb_encode(body, d_in, in);
	call.url = arena_printf(a, "%s%s", c->base, path);
	call.body = buf_str(body);
	call.bodylen = body->len;
	if (http_do(c->http, a, &call, &answer, error) == -1)
		return CODE_UNAVAILABLE;
	if (answer.status != 200)
		return call_failed(a, &answer, error);
	if (pb_decode(a, d_out, answer.body, answer.len, NULL, out, &bad) !=
	    CODE_OK) {
		*error =
		    arena_printf(a, "the answer is damaged at %s", bad.path);
		return CODE_INTERNAL;
	}
	return CODE_OK;
}

int
client_fetch(struct client *c, struct arena *a, const char *url, int fd,
    void (*progress)(void *, int64_t, int64_t), void *arg, const char **error)
{
	struct http_call call = { .fd = fd,
		.timeout_ms = 600000,
		.progress = progress,
		.arg = arg };
	struct http_answer answer;

	call.url = *url == '/' ? arena_printf(a, "%s%s", c->base, url) : url;
	if (http_do(c->http, a, &call, &answer, error) == -1)
		return -1;
	if (answer.status != 200) {
		*error = arena_printf(a, "the download was answered with %d",
		    answer.status);
		return -1;
	}
	return 0;
}

int
client_put(struct client *c, struct arena *a, const char *url, const char *type,
    int fd, int64_t len, const char **error)
{
	const char *const headers[] = {
		arena_printf(a, "content-type: %s", type), NULL
	};
	struct http_call call = { .method = "PUT",
		.headers = headers,
		.body_fd = fd,
		.bodylen = (size_t)len,
		.timeout_ms = 600000 };
	struct http_answer answer;

	call.url = *url == '/' ? arena_printf(a, "%s%s", c->base, url) : url;
	if (http_do(c->http, a, &call, &answer, error) == -1)
		return -1;
	if (answer.status / 100 != 2) {
		*error = arena_printf(a, "the upload was answered with %d",
		    answer.status);
		return -1;
	}
	return 0;
}

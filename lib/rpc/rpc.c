/*
 * Dispatch: the seven stops of a call. The order of checks is fixed (spec
 * rpc.md D-6), so that errors are stable: path, verb, content type, protocol
 * version, encodings, deadline, size, session and permission, message,
 * handler. Nothing is sent before the commit has succeeded.
 */
#include "rpc/rpc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "mirai/services.h"
#include "net/store.h"
#include "rpc/after.h"
#include "rpc/auth.h"
#include "rpc/call.h"
#include "rpc/cors.h"
#include "rpc/deadline.h"
#include "rpc/forward.h"
#include "rpc/idempotency.h"
#include "rpc/meta.h"
#include "rpc/query.h"
#include "rpc/req_io.h"
#include "rpc/resp.h"
#include "rpc/stream.h"

#define BODY_EXTRA    ((size_t)64 * 1024)
#define DECODE_MEMORY ((size_t)64 * 1024 * 1024)
#define CHECK_MS      30000 /* what a stream's checks may take */
#define LATE_MS	      40    /* what an answer may take after the deadline */

/* --- the method ------------------------------------------------------------ */

static const struct rpc_method *
find_method(const struct rpc_service *s, const char *path)
{
	size_t lo = 0, hi = s->nmethods, mid;
	int cmp;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		cmp = strcmp(path, s->methods[mid].path);
		if (cmp == 0)
			return &s->methods[mid];
		if (cmp < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

static const struct rpc_method *
find(const struct rpc_service *const *services, const char *path)
{
	const char *slash;
	size_t len;

	if (path[0] != '/' || (slash = strchr(path + 1, '/')) == NULL)
		return NULL;
	len = (size_t)(slash - path - 1);
	for (; *services != NULL; services++) {
		if (strncmp((*services)->name, path + 1, len) == 0 &&
		    (*services)->name[len] == '\0')
			return find_method(*services, path);
	}
	return NULL;
}

static const char *
rpc_path(const struct req *r)
{
	const char *prefix = conf_text(r->env->conf, "rpc.prefix");

	if (!str_is_empty(prefix) && str_starts(r->path, prefix))
		return r->path + strlen(prefix);
	return r->path;
}

/* --- the content type ------------------------------------------------------ */

struct type_row {
	const char *name;
	const struct call_protocol *protocol;
	enum call_codec codec;
	bool text;
};

static const struct type_row types[] = {
	{ "application/proto", &call_connect, CALL_BINARY, false },
	{ "application/json", &call_connect, CALL_JSON, false },
	{ "application/connect+proto", &call_connect_stream, CALL_BINARY,
	    false },
	{ "application/connect+json", &call_connect_stream, CALL_JSON, false },
	{ "application/grpc-web", &call_grpc_web, CALL_BINARY, false },
	{ "application/grpc-web+proto", &call_grpc_web, CALL_BINARY, false },
	{ "application/grpc-web+json", &call_grpc_web, CALL_JSON, false },
	{ "application/grpc-web-text", &call_grpc_web, CALL_BINARY, true },
	{ "application/grpc-web-text+proto", &call_grpc_web, CALL_BINARY,
	    true },
};

static const char accept_unary[] =
    "application/grpc-web, application/grpc-web+json, "
    "application/grpc-web+proto, application/grpc-web-text, "
    "application/grpc-web-text+proto, application/json, application/proto";
static const char accept_stream[] =
    "application/connect+json, application/connect+proto, "
    "application/grpc-web, application/grpc-web+json, "
    "application/grpc-web+proto, application/grpc-web-text, "
    "application/grpc-web-text+proto";

/* Only charset=utf-8 may follow a type (D-4). */
static bool
params_ok(const char *s)
{
	s += strspn(s, " \t");
	if (*s == '\0')
		return true;
	if (*s++ != ';')
		return false;
	s += strspn(s, " \t");
	return str_ieq(s, "charset=utf-8") || str_ieq(s, "charset=\"utf-8\"");
}

static const struct type_row *
find_type(struct arena *a, const char *type)
{
	size_t i, len = strcspn(type, "; \t");
	const char *name;

	if (!params_ok(type + len))
		return NULL;
	name = arena_strndup(a, type, len);
	for (i = 0; i < NITEMS(types); i++) {
		if (str_ieq(types[i].name, name))
			return &types[i];
	}
	return NULL;
}

/* GET has its codec in the query; what is missing there fails later. */
static bool
set_get(struct call *c)
{
	const char *codec;

	codec = query_get(c->r->mem, c->r->query, "encoding");
	c->protocol = &call_connect_get;
	if (codec == NULL || strcmp(codec, "json") == 0) {
		c->codec = CALL_JSON;
		c->type = "application/json";
		return true;
	}
	c->codec = CALL_BINARY;
	c->type = "application/proto";
	return strcmp(codec, "proto") == 0;
}

static bool
set_type(struct call *c)
{
	const struct type_row *t;

	if (strcmp(c->r->method, "GET") == 0)
		return set_get(c);
	if ((t = find_type(c->r->mem, c->r->type)) == NULL)
		return false;
	if (c->m->stream ? t->protocol == &call_connect
			 : t->protocol == &call_connect_stream)
		return false;
	c->protocol = t->protocol;
	c->codec = t->codec;
	c->text = t->text;
	c->type = t->name;
	return true;
}

/* --- answers before there is a protocol ------------------------------------ */

static void
send_bare(struct req *r, int status, const char *header, const char *value)
{
	cors_apply(r);
	resp_header(r, header, value);
	resp_send(r, status, NULL, NULL, 0);
}

/* D-2: 404, or for gRPC-Web a status that travels in the headers alone. */
static void
send_unknown(struct req *r)
{
	const struct type_row *t = find_type(r->mem, r->type);
	struct buf *b = buf_new(r->mem);

	req_fail(r, CODE_UNIMPLEMENTED, "no such method");
	cors_apply(r);
	if (t != NULL && t->protocol == &call_grpc_web) {
		resp_header(r, "Grpc-Status",
		    arena_printf(r->mem, "%d", (int)r->code));
		resp_header(r, "Grpc-Message", r->message);
		resp_send(r, 200, t->name, NULL, 0);
		return;
	}
	meta_put_error(r, b);
	resp_send(r, 404, "application/json", b->data, b->len);
}

/* Path, verb, type. False: it has been answered. */
static bool
route(struct call *c, const struct rpc_service *const *services)
{
	struct req *r = c->r;
	const char *path = rpc_path(r);

	c->m = find(services, path);
	if (c->m == NULL)
		c->m = find(pb_all_services, path);
	if (c->m == NULL) {
		send_unknown(r);
		return false;
	}
	if (strcmp(r->method, "POST") != 0 &&
	    (!c->m->get || strcmp(r->method, "GET") != 0)) {
		send_bare(r, 405, "Allow", c->m->get ? "GET, POST" : "POST");
		return false;
	}
	if (!set_type(c)) {
		send_bare(r, 415, "Accept-Post",
		    c->m->stream ? accept_stream : accept_unary);
		return false;
	}
	return true;
}

/* --- the call -------------------------------------------------------------- */

static bool
expired(const struct req *r)
{
	return clock_mono_ms() >= r->deadline_ms;
}

static enum code
fail_late(struct req *r)
{
	return req_fail(r, CODE_DEADLINE_EXCEEDED, "time is up");
}

/* The answer the timer would give, as records ready to be written. */
static struct deadline_answer
prepare_answer(struct call *c, enum code code, const char *text)
{
	struct buf *b = buf_new(c->r->mem);
	struct call_answer out;

	req_fail_verbatim(c->r, code, "%s", text);
	c->protocol->bad(c, &out);
	cors_apply(c->r);
	resp_pack(c->r, b, out.status, out.type, out.body, out.len);
	resp_reset(c->r);
	req_unfail(c->r);
	return (struct deadline_answer){ b->data, b->len };
}

static void
arm_timer(struct call *c)
{
	struct req *r = c->r;
	struct deadline_answer late, unsure;
	bool commits = r->db != NULL && c->m->tx != DB_TX_READ;

	if (req_fd(r) == -1)
		return;
	store_until(r->env->store, r->deadline_ms);
	late = prepare_answer(c, CODE_DEADLINE_EXCEEDED, "time is up");
	unsure = !commits
	    ? late
	    : prepare_answer(c, CODE_UNKNOWN, "the outcome is unknown");
	deadline_work(req_fd(r), r->deadline_ms + LATE_MS, late, unsure,
	    commits ? db_committing(r->db) : NULL);
}

static enum code
read_body(struct call *c)
{
	struct req *r = c->r;

	c->limit = c->m->max_bytes > 0
	    ? c->m->max_bytes
	    : (size_t)conf_int(r->env->conf, "rpc.message_limit");
	switch (req_read_body(r, c->limit * (c->text ? 2 : 1) + BODY_EXTRA)) {
	case REQ_BODY_TOO_LONG:
		return req_fail(r, CODE_RESOURCE_EXHAUSTED,
		    "the request is larger than %zu bytes", c->limit);
	case REQ_BODY_LENGTH:
		return req_fail(r, CODE_INVALID_ARGUMENT,
		    "the request differs from its Content-Length");
	case REQ_BODY_OK:
		break;
	}
	return CODE_OK;
}

static enum code
check_access(struct call *c)
{
	struct req *r = c->r;
	enum code code;

	code = auth_require(r, c->m->need, c->m->while_suspended);
	if (code != CODE_OK)
		return code;
	if (r->who.by_cookie && strcmp(r->method, "POST") == 0)
		return cors_check_cookie(r);
	return CODE_OK;
}

static enum code
decode(struct call *c, void *msg)
{
	struct req *r = c->r;
	struct pb_limits limits = { .json_strict = conf_bool(r->env->conf,
					"rpc.json_strict") };
	struct pb_error err = { CODE_OK, NULL, NULL };
	enum code code;

	arena_set_limit(r->mem, arena_used(r->mem) + DECODE_MEMORY);
	if (c->codec == CALL_JSON)
		code = pb_json_decode(r->mem, c->m->in, (const char *)c->msg,
		    c->msglen, &limits, msg, &err);
	else
		code = pb_decode(r->mem, c->m->in, c->msg, c->msglen, &limits,
		    msg, &err);
	arena_set_limit(r->mem, 0);
	if (code == CODE_OK)
		return CODE_OK;
	if (str_is_empty(err.path))
		return req_fail_reason(r, code, "VALIDATION_INVALID_INPUT",
		    "malformed message: %s", err.text);
	return req_fail_reason(r, code, "VALIDATION_INVALID_INPUT",
	    "malformed message: %s: %s", err.path, err.text);
}

/* A handler that failed must have said why; one that did not is a defect. */
static enum code
settle(struct req *r, enum code code)
{
	if (code != CODE_OK && r->code != code)
		return req_fail(r, CODE_INTERNAL,
		    "a handler returned %s without saying why",
		    code_name(code));
	if (code == CODE_OK)
		req_unfail(r);
	return code;
}

static void
begin(struct req *r, const struct rpc_method *m)
{
	struct db_scope scope = {
		.tenant_id =
		    r->who.tenant_id[0] == '\0' ? NULL : r->who.tenant_id,
		.user_id = r->who.user_id[0] == '\0' ? NULL : r->who.user_id,
		.deadline_ms = r->deadline_ms,
	};

	db_begin(r->db, m->tx, &scope);
}

static enum code
end(struct req *r, const struct rpc_method *m, enum code code)
{
	enum code done;

	/* A read that is late has no use; a write asks the database. */
	if (code == CODE_OK && m->tx == DB_TX_READ && expired(r))
		code = fail_late(r);
	done = db_end(r->db, code);
	if (done != code)
		return req_fail_db(r);
	return code;
}

/*
 * Transaction and handler; what waits for the commit follows it. key: NULL, or
 * the call is carried out once for all requests that bring it.
 */
static enum code
run(struct req *r, const struct rpc_method *m, const char *key, const void *in,
    void *out)
{
	bool tx = r->db != NULL && m->tx != DB_TX_NONE;
	enum code code;

	if (expired(r))
		return fail_late(r);
	if (r->db != NULL)
		db_use(r->db, r->mem);
	if (tx)
		begin(r, m);
	code = key == NULL ? m->call(r, in, out)
			   : idempotency_call(r, m, key, in, out);
	code = settle(r, code);
	if (tx)
		code = end(r, m, code);
	else if (code == CODE_OK && expired(r))
		code = fail_late(r);
	after_run(r, code == CODE_OK);
	return code;
}

/* A stream lives longer than anything before its handler may take. */
static enum code
check(struct call *c)
{
	struct req *r = c->r;
	int64_t until = r->deadline_ms;
	enum code code;

	if (c->m->stream && until > r->started_ms + CHECK_MS)
		r->deadline_ms = r->started_ms + CHECK_MS;
	if ((code = read_body(c)) == CODE_OK &&
	    (code = check_access(c)) == CODE_OK)
		code = c->protocol->body(c);
	r->deadline_ms = until;
	return code;
}

/* Stops 2 to 6, in the order of D-6. */
static enum code
handle(struct call *c, struct buf *answer)
{
	struct req *r = c->r;
	const char *key;
	void *in, *out;
	enum code code;

	if (c->m->stream)
		r->deadline_ms = r->started_ms + stream_max_ms(r->env->conf);
	code = c->protocol->head(c);
	if (c->m->stream)
		stream_start(c);
	if (code != CODE_OK)
		return code;
	if (c->m->call == NULL)
		return req_fail(r, CODE_UNIMPLEMENTED,
		    "this method is not built");
	assert(!c->m->stream || c->m->tx == DB_TX_NONE);
	if (expired(r))
		return fail_late(r);
	arm_timer(c);
	if ((code = check(c)) != CODE_OK)
		return code;
	in = arena_zalloc(r->mem, pb_size(c->m->in));
	out = arena_zalloc(r->mem, pb_size(c->m->out));
	if ((code = decode(c, in)) != CODE_OK ||
	    (code = idempotency_key(r, c->m, &key)) != CODE_OK ||
	    (code = run(r, c->m, key, in, out)) != CODE_OK)
		return code;
	if (c->m->stream)
		return CODE_OK;
	buf_reserve(answer, 8192);
	return call_encode(c, r->mem, out, answer);
}

/* --- the log line ---------------------------------------------------------- */

static enum log_level
level_of(enum code code)
{
	bool ours = code == CODE_UNKNOWN || code == CODE_INTERNAL ||
	    code == CODE_UNAVAILABLE || code == CODE_DATA_LOSS;

	return ours ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO;
}

static void
log_call(const struct call *c, enum code code)
{
	const struct req *r = c->r;
	const char *method = strrchr(c->m->path, '/');
	struct buf *b = buf_new(r->mem);

	buf_reserve(b, 255);
	buf_printf(b,
	    "\"service\":\"%.*s\",\"method\":\"%s\",\"protocol\":\"%s\","
	    "\"code\":\"%s\",\"ms\":%lld",
	    (int)(method - c->m->path - 1), c->m->path + 1, method + 1,
	    c->protocol->name, code_name(code),
	    (long long)(clock_mono_ms() - r->started_ms));
	if (r->who.tenant_id[0] != '\0')
		buf_printf(b, ",\"tenant_id\":\"%s\"", r->who.tenant_id);
	if (r->who.user_id[0] != '\0')
		buf_printf(b, ",\"user_id\":\"%s\"", r->who.user_id);
	if (r->reason != NULL)
		buf_printf(b, ",\"reason\":\"%s\"", r->reason);
	log_event(level_of(code), "rpc", buf_str(b));
}

static void
send(struct call *c, enum code code, const struct buf *msg)
{
	struct call_answer out;

	resp_reset(c->r);
	if (code == CODE_OK)
		c->protocol->good(c, msg, &out);
	else
		c->protocol->bad(c, &out);
	cors_apply(c->r);
	resp_send(c->r, out.status, out.type, out.body, out.len);
}

void
rpc_serve(struct req *r, const struct rpc_service *const *services)
{
	struct call c = { .r = r };
	struct buf *msg;
	enum code code;

	if (strcmp(r->method, "OPTIONS") == 0) {
		cors_preflight(r);
		return;
	}
	if (!route(&c, services))
		return;
	msg = buf_new(r->mem);
	code = handle(&c, msg);
	if (resp_late(r)) {
		log_call(&c, CODE_DEADLINE_EXCEEDED);
		return;
	}
	if (c.m->stream)
		stream_finish(&c, code);
	else
		send(&c, code, msg);
	log_call(&c, code);
}

enum code
rpc_call(struct req *r, const struct rpc_method *m, const void *in, void *out)
{
	enum code code;

	if (forward_serves(r->env->forward, m))
		return forward_call(r, m, in, out);
	req_unfail(r);
	if ((code = auth_require(r, m->need, m->while_suspended)) != CODE_OK)
		return code;
	return run(r, m, NULL, in, out);
}

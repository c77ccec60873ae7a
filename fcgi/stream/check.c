/*
 * A checker: a small blocking server of one client, the event loop. The
 * request is the production library's own, rebuilt from what the loop read,
 * so a stream is refused by the same code as any call.
 */
#include "check.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "db/cache.h"
#include "db/db.h"
#include "identity/ident.h"
#include "mirai/services.h"
#include "mirai/v1/notification.pb.h"
#include "part.h"
#include "rpc/auth.h"
#include "rpc/cors.h"
#include "rpc/resp.h"
#include "say.h"
#include "service/notice_event.h"
#include "wire.h"

#define SERVICE	 "mirai.v1.NotificationService"
#define METHOD	 "/" SERVICE "/SubscribeNotifications"
#define EVENTS	 "/events"
#define CHECK_MS 10000

/* What the handler found, for the answer to the loop. */
static struct wire_opened opened;

/* --- opening --------------------------------------------------------------- */

static void
copy_who(const struct who *from, struct wire_who *to)
{
	memcpy(to->tenant, from->tenant_id, sizeof(to->tenant));
	memcpy(to->user, from->user_id, sizeof(to->user));
	memcpy(to->session, from->session_id, sizeof(to->session));
	memcpy(to->identity, from->identity_id, sizeof(to->identity));
	memcpy(to->credential, from->credential, sizeof(to->credential));
}

static struct db_scope
scope_of(const char *tenant, const char *user)
{
	return (struct db_scope){ .tenant_id = tenant,
		.user_id = user,
		.deadline_ms = clock_mono_ms() + CHECK_MS };
}

/*
 * Up to where the stream counts as told: what its client knows, else what is
 * there now. Without a database it opens all the same.
 */
static int64_t
since(struct req *r, const int64_t *last)
{
	struct db_scope who = scope_of(r->who.tenant_id, r->who.user_id);
	int64_t id;

	if (last != NULL)
		return *last < 0 ? 0 : *last;
	if (notice_event_newest(r->db, r->mem, &who, &id) != CODE_OK)
		return -1;
	return id;
}

static enum code
subscribe(struct req *r, const void *in, void *out)
{
	const struct pb_subscribe_notifications_request *rq = in;
	const struct stream_form *form;

	(void)out;
	opened.since =
	    since(r, rq->has_last_event_id ? &rq->last_event_id : NULL);
	if ((form = stream_detach(r)) == NULL)
		return r->code;
	opened.open = true;
	opened.jobs = rq->include_jobs;
	opened.form = *form;
	if (req_header(r, "connect-timeout-ms") != NULL ||
	    req_header(r, "grpc-timeout") != NULL)
		opened.ends_ms = r->deadline_ms;
	copy_who(&r->who, &opened.who);
	return CODE_OK;
}

/* The contract's row, with this program as the one that serves it. */
static const struct rpc_service *const *
services(void)
{
	static const struct rpc_service *list[2];
	static struct rpc_service service;
	static struct rpc_method method;
	const struct rpc_service *const *s;
	size_t i;

	if (list[0] != NULL)
		return list;
	for (s = pb_all_services; strcmp((*s)->name, SERVICE) != 0; s++)
		continue;
	for (i = 0; strcmp((*s)->methods[i].path, METHOD) != 0; i++)
		assert(i + 1 < (*s)->nmethods);
	method = (*s)->methods[i];
	method.call = subscribe;
	service = (struct rpc_service){ SERVICE, &method, 1 };
	list[0] = &service;
	return list;
}

/* --- server-sent events ---------------------------------------------------- */

static void
refuse_events(struct req *r)
{
	const char *text = arena_printf(r->mem, "%s\n", r->message);

	resp_reset(r);
	cors_apply(r);
	if (r->retry_after > 0)
		resp_header(r, "Retry-After",
		    arena_printf(r->mem, "%d", r->retry_after));
	resp_text(r, code_http(r->code), text);
}

/* What a browser says when it comes back; nonsense is "from the start". */
static bool
last_of_events(struct req *r, int64_t *last)
{
	const char *s = req_header(r, "last-event-id");

	if (str_is_empty(s))
		s = req_query(r, "last_event_id");
	if (str_is_empty(s))
		return false;
	if (!str_to_i64(s, 0, INT64_MAX, last))
		*last = 0;
	return true;
}

static void
open_events(struct req *r)
{
	int64_t last;

	if (auth_require(r, RPC_NEED_USER, false) != CODE_OK ||
	    (r->who.by_cookie && cors_check_cookie(r) != CODE_OK)) {
		refuse_events(r);
		return;
	}
	opened.since = since(r, last_of_events(r, &last) ? &last : NULL);
	opened.open = opened.sse = true;
	opened.jobs = str_eq(req_query(r, "jobs"), "1");
	copy_who(&r->who, &opened.who);
	cors_apply(r);
	resp_begin(r, 200, "text/event-stream", -1);
}

static void
serve_events(struct req *r)
{
	if (strcmp(r->method, "OPTIONS") == 0) {
		cors_preflight(r);
	} else if (strcmp(r->method, "GET") == 0) {
		open_events(r);
	} else {
		cors_apply(r);
		resp_header(r, "Allow", "GET");
		resp_send(r, 405, NULL, NULL, 0);
	}
}

/* --- what the loop asks ---------------------------------------------------- */

static struct req *
rebuild(const struct req_env *env, const char *p, size_t left)
{
	struct wire_request rq;

	if (!wire_take(&p, &left, &rq, sizeof(rq)) ||
	    rq.varslen + rq.bodylen != left)
		return NULL;
	return req_replay(env, p, rq.varslen, p + rq.varslen, rq.bodylen);
}

static int
answer_open(const struct req_env *env, int fd, uint64_t id, const char *p,
    size_t left)
{
	struct buf head = BUF_INIT;
	const char *text;
	struct req *r;
	size_t len;
	int rc;

	memset(&opened, 0, sizeof(opened));
	opened.since = -1;
	if ((r = rebuild(env, p, left)) == NULL)
		return -1;
	if (strcmp(r->path, EVENTS) == 0)
		serve_events(r);
	else
		rpc_serve(r, services());
	text = resp_captured(r, &len);
	buf_put(&head, text, len);
	rc = wire_send(fd, WIRE_OPEN, id, &opened, sizeof(opened), &head);
	buf_free(&head);
	req_done(r);
	return rc;
}

static int
answer_check(const struct req_env *env, int fd, uint64_t id, const char *p,
    size_t left)
{
	struct wire_checked out = { 0 };
	struct req *r;

	if ((r = rebuild(env, p, left)) == NULL)
		return -1;
	r->deadline_ms = r->started_ms + CHECK_MS;
	out.code = auth_require(r, RPC_NEED_USER, false);
	memcpy(out.user, r->who.user_id, sizeof(out.user));
	req_done(r);
	return wire_send(fd, WIRE_CHECK, id, &out, sizeof(out), NULL);
}

static int
answer_replay(const struct req_env *env, int fd, uint64_t id, const char *p,
    size_t left)
{
	struct wire_replayed out = { .resync = true };
	struct arena *a = arena_new();
	struct buf *more = buf_new(a);
	struct notice_missed missed;
	struct db_scope who;
	struct wire_ref ref;
	size_t i;
	int rc;

	if (!wire_take(&p, &left, &ref, sizeof(ref))) {
		arena_free(a);
		return -1;
	}
	who = scope_of(ref.tenant, ref.user);
	if (notice_event_since(env->db, a, &who, ref.event, &missed) ==
	    CODE_OK) {
		out.resync = missed.resync;
		out.newest = missed.newest;
		for (i = 0; i < missed.nevents; i++)
			say_pack(env->conf, a, more, ref.user,
			    &missed.events[i]);
		out.nevents = missed.nevents;
	}
	rc = wire_send(fd, WIRE_REPLAY, id, &out, sizeof(out), more);
	arena_free(a);
	return rc;
}

static int
answer(const struct req_env *env, int fd, const struct wire_head *h,
    const struct buf *in)
{
	switch ((enum wire_kind)h->kind) {
	case WIRE_OPEN:
		return answer_open(env, fd, h->id, in->data, in->len);
	case WIRE_CHECK:
		return answer_check(env, fd, h->id, in->data, in->len);
	case WIRE_REPLAY:
		return answer_replay(env, fd, h->id, in->data, in->len);
	case WIRE_HEARD:
	case WIRE_FETCH:
	case WIRE_EVENT:
	case WIRE_REVOKED:
	case WIRE_LISTENS:
		break;
	}
	return -1;
}

void
check_run(const struct conf *conf, int fd)
{
	struct req_env env = { .conf = conf };
	struct buf in = BUF_INIT;
	struct wire_head h;

	part_open(&env, "mirai-stream");
	while (wire_recv(fd, &h, &in) == 0 && answer(&env, fd, &h, &in) == 0)
		explicit_bzero(in.data, in.len);
	buf_free(&in);
	part_close(&env);
}

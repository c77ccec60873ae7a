/*
 * Messages of streams. Server-sent events carry the JSON of the very message
 * that a call gets, under a name for each kind.
 */
#include "say.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "rpc/meta.h"
#include "wire.h"

#define KEEPALIVE "keepalive"

/* --- shared events --------------------------------------------------------- */

struct say_event *
say_event_new(int64_t id, int32_t type, const char *data, size_t binlen,
    size_t jsonlen)
{
	struct say_event *e = xmalloc(sizeof(*e) + binlen + jsonlen);

	e->refs = 1;
	e->id = id;
	e->type = type;
	e->binlen = binlen;
	e->jsonlen = jsonlen;
	memcpy(e->data, data, binlen + jsonlen);
	return e;
}

struct say_event *
say_event_ref(struct say_event *e)
{
	e->refs++;
	return e;
}

void
say_event_drop(struct say_event *e)
{
	if (--e->refs == 0)
		free(e);
}

/* --- codecs ---------------------------------------------------------------- */

/* Texts of a database are JSON's; nothing else is in these messages. */
static struct buf *
to_json(const struct conf *conf, struct arena *a,
    const struct pb_subscribe_notifications_response *msg)
{
	struct buf *b = buf_new(a);
	struct pb_error err;

	if (pb_json_encode(a, b, &pb_subscribe_notifications_response_desc, msg,
		conf_bool(conf, "rpc.json_emit_defaults"), &err) == -1)
		buf_puts(b, "{}");
	return b;
}

static struct buf *
to_binary(struct arena *a,
    const struct pb_subscribe_notifications_response *msg)
{
	struct buf *b = buf_new(a);

	pb_encode(b, &pb_subscribe_notifications_response_desc, msg);
	return b;
}

void
say_pack(const struct conf *conf, struct arena *a, struct buf *b,
    const char *user, const struct pb_subscribe_notifications_response *msg)
{
	const struct buf *bin = to_binary(a, msg);
	const struct buf *json = to_json(conf, a, msg);
	struct wire_event e;

	memset(&e, 0, sizeof(e));
	memcpy(e.user, user, STR_UUID_LEN);
	e.id = msg->event_id;
	e.type = msg->event_type;
	e.binlen = bin->len;
	e.jsonlen = json->len;
	buf_put(b, &e, sizeof(e));
	buf_put(b, bin->data, bin->len);
	buf_put(b, json->data, json->len);
}

/* --- messages -------------------------------------------------------------- */

static const char *
name_of(int32_t type)
{
	static const char *const names[] = {
		[PB_NOTIFICATION_EVENT_TYPE_UNSPECIFIED] = "unspecified",
		[PB_NOTIFICATION_EVENT_TYPE_CREATED] = "created",
		[PB_NOTIFICATION_EVENT_TYPE_READ] = "read",
		[PB_NOTIFICATION_EVENT_TYPE_DELETED] = "deleted",
		[PB_NOTIFICATION_EVENT_TYPE_KEEPALIVE] = KEEPALIVE,
		[PB_NOTIFICATION_EVENT_TYPE_RESYNC] = "resync",
		[PB_NOTIFICATION_EVENT_TYPE_JOB] = "job",
	};

	return type < 0 || (size_t)type >= NITEMS(names) ? names[0]
							 : names[type];
}

/* HTML standard, "Server-sent events"; JSON of ours holds no line break. */
static void
put_sse(struct buf *out, int32_t type, int64_t id, const char *json,
    size_t jsonlen)
{
	if (id > 0)
		buf_printf(out, "id: %lld\n", (long long)id);
	buf_printf(out, "event: %s\ndata: ", name_of(type));
	buf_put(out, json, jsonlen);
	buf_puts(out, "\n\n");
}

void
say_event(const struct say_form *f, struct arena *a, struct buf *out,
    const struct say_event *e)
{
	const char *json = e->data + e->binlen;

	if (f->sse)
		put_sse(out, e->type, e->id, json, e->jsonlen);
	else if (f->rpc.codec == CALL_JSON)
		stream_put(&f->rpc, a, out, json, e->jsonlen);
	else
		stream_put(&f->rpc, a, out, e->data, e->binlen);
}

static void
say(const struct say_form *f, const struct conf *conf, struct arena *a,
    struct buf *out, const struct pb_subscribe_notifications_response *msg)
{
	const struct buf *b;

	b = f->sse || f->rpc.codec == CALL_JSON ? to_json(conf, a, msg)
						: to_binary(a, msg);
	if (f->sse)
		put_sse(out, msg->event_type, msg->event_id, b->data, b->len);
	else
		stream_put(&f->rpc, a, out, b->data, b->len);
}

void
say_keepalive(const struct say_form *f, const struct conf *conf,
    struct arena *a, struct buf *out, int64_t id)
{
	int64_t now = clock_now_us();
	struct pb_timestamp at = { .seconds = now / 1000000,
		.nanos = (int32_t)(now % 1000000) * 1000 };
	struct pb_notification n = { .id = KEEPALIVE,
		.title = KEEPALIVE,
		.created_at = &at };
	struct pb_subscribe_notifications_response msg = {
		.event_type = PB_NOTIFICATION_EVENT_TYPE_KEEPALIVE,
		.notification = &n,
		.event_id = id,
	};

	say(f, conf, a, out, &msg);
}

void
say_resync(const struct say_form *f, const struct conf *conf, struct arena *a,
    struct buf *out, int64_t id)
{
	struct pb_subscribe_notifications_response msg = {
		.event_type = PB_NOTIFICATION_EVENT_TYPE_RESYNC,
		.event_id = id,
	};

	say(f, conf, a, out, &msg);
}

void
say_retry(struct buf *out, int ms)
{
	buf_printf(out, "retry: %d\n\n", ms);
}

/* --- the end --------------------------------------------------------------- */

static void
put_sse_end(struct req *r, struct buf *out)
{
	if (r->retry_after > 0)
		buf_printf(out, "retry: %d\n", r->retry_after * 1000);
	buf_puts(out, "event: end\ndata: ");
	meta_put_error(r, out);
	buf_puts(out, "\n\n");
}

void
say_end(const struct say_form *f, const struct req_env *env, struct buf *out,
    const struct say_end *end)
{
	struct req *r = req_local(env);

	(void)req_fail_verbatim(r, end->code, "%s", end->text);
	if (end->reason != NULL)
		req_fail_because(r, end->reason);
	r->retry_after = end->retry_after;
	if (f->sse)
		put_sse_end(r, out);
	else
		stream_put_end(&f->rpc, r, true, out);
	req_done(r);
}

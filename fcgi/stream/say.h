/*
 * What streams say, in the form of each: events, keep-alives, the call to load
 * everything anew, and the end.
 */
#ifndef MIRAI_STREAM_SAY_H
#define MIRAI_STREAM_SAY_H

#include "mirai/v1/notification.pb.h"
#include "rpc/stream.h"

/* How one stream is spoken to. */
struct say_form {
	bool sse;
	struct stream_form rpc; /* unless sse */
};

/* An event in both codecs, shared by the streams that are told it. */
struct say_event {
	unsigned refs;
	int64_t id;
	int32_t type;
	size_t binlen;
	size_t jsonlen;
	char data[]; /* binary, then JSON */
};

struct say_event *say_event_new(int64_t id, int32_t type, const char *data,
    size_t binlen, size_t jsonlen);
struct say_event *say_event_ref(struct say_event *e);
void say_event_drop(struct say_event *e);

/*
 * Appends msg, which is for user, to b as wire.h has events: struct wire_event
 * and both forms.
 */
void say_pack(const struct conf *conf, struct arena *a, struct buf *b,
    const char *user, const struct pb_subscribe_notifications_response *msg);

/* Each appends one chunk to out; room besides is taken from a. */
void say_event(const struct say_form *f, struct arena *a, struct buf *out,
    const struct say_event *e);

/* id: the newest event that was told, 0 for none. */
void say_keepalive(const struct say_form *f, const struct conf *conf,
    struct arena *a, struct buf *out, int64_t id);
void say_resync(const struct say_form *f, const struct conf *conf,
    struct arena *a, struct buf *out, int64_t id);

/* How long a browser is to wait before it comes back. */
void say_retry(struct buf *out, int ms);

/* The end after the head; reason and a wait in seconds may be left out. */
struct say_end {
	enum code code;
	const char *reason;
	int retry_after;
	const char *text;
};

void say_end(const struct say_form *f, const struct req_env *env,
    struct buf *out, const struct say_end *end);

#endif

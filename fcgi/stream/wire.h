/*
 * What mirai-stream's event loop and the processes it forks tell each other:
 * frames over a pair of sockets. Both ends are one image, so structures and
 * pointers to constants travel as they are.
 */
#ifndef MIRAI_STREAM_WIRE_H
#define MIRAI_STREAM_WIRE_H

#include "base/buf.h"
#include "base/code.h"
#include "base/str.h"
#include "rpc/stream.h"

enum wire_kind {
	/* To a checker, which answers each with the same kind and id. */
	WIRE_OPEN = 1,
	WIRE_CHECK,
	WIRE_REPLAY,
	/* The ear: an event was heard of, the loop wants it, here it is. */
	WIRE_HEARD,
	WIRE_FETCH,
	WIRE_EVENT,
	WIRE_REVOKED, /* a key of callers in the cache is stale */
	WIRE_LISTENS  /* what happened before may have been missed */
};

struct wire_head {
	uint32_t kind;
	uint32_t len; /* of what follows */
	uint64_t id;  /* of the connection, or 0 */
};

/* Whose stream it is. */
struct wire_who {
	char tenant[STR_UUID_LEN + 1];
	char user[STR_UUID_LEN + 1];
	char session[STR_UUID_LEN + 1];
	char identity[STR_UUID_LEN + 1];
	char credential[65]; /* SHA-256 of what was shown, hex */
};

/* WIRE_OPEN and WIRE_CHECK: FastCGI parameters and the body follow. */
struct wire_request {
	size_t varslen;
	size_t bodylen;
};

/* Answer to WIRE_OPEN: the head of a stream follows, or the whole refusal. */
struct wire_opened {
	bool open;
	bool sse;
	bool jobs;		 /* tells where jobs stand, too */
	struct stream_form form; /* unless sse */
	struct wire_who who;
	int64_t since; /* told up to this event; -1: nobody knows */
	int64_t
	    ends_ms; /* the client's limit, clock_mono_ms() scale; 0: none */
};

/* Answer to WIRE_CHECK. */
struct wire_checked {
	enum code code;
	char user[STR_UUID_LEN + 1];
};

/* WIRE_REPLAY, WIRE_HEARD, WIRE_FETCH. */
struct wire_ref {
	char tenant[STR_UUID_LEN + 1];
	char user[STR_UUID_LEN + 1];
	int64_t event;
};

/* In WIRE_EVENT and after WIRE_REPLAY's answer; the two forms follow. */
struct wire_event {
	char user[STR_UUID_LEN + 1];
	int64_t id;
	int32_t type;
	size_t binlen;
	size_t jsonlen;
};

/* Answer to WIRE_REPLAY; that many events follow. */
struct wire_replayed {
	bool resync;
	int64_t newest;
	size_t nevents;
};

/* Blocking: one whole frame. -1: the other side is gone. */
int wire_send(int fd, enum wire_kind kind, uint64_t id, const void *p,
    size_t len, const struct buf *more) MUST_CHECK;
int wire_recv(int fd, struct wire_head *head, struct buf *body) MUST_CHECK;

/* Appends a frame to b. */
void wire_put(struct buf *b, enum wire_kind kind, uint64_t id, const void *p,
    size_t len, const void *more, size_t morelen);

/*
 * Takes a structure of len bytes from the front of *p, which may lie anywhere;
 * false when less is left.
 */
bool wire_take(const char **p, size_t *left, void *out, size_t len);

#endif

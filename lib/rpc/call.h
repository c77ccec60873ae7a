/*
 * One call on the wire: what rpc.c and the protocols share. rpc.c decides
 * the order of things; a protocol reads its headers, finds the message in the
 * body and gives an answer its form.
 */
#ifndef MIRAI_RPC_CALL_H
#define MIRAI_RPC_CALL_H

#include "rpc/compress.h"
#include "rpc/rpc.h"

enum call_codec {
	CALL_BINARY,
	CALL_JSON
};

struct call;

/* An answer before it is sent; headers are set on the request already. */
struct call_answer {
	int status;
	const char *type;
	const void *body;
	size_t len;
};

/*
 * The functions of a protocol return CODE_OK or have failed the request.
 * All memory is in r->mem.
 */
struct call_protocol {
	const char *name; /* for the log */
	/* Version, encodings, time limit: headers only. */
	enum code (*head)(struct call *c);
	/* Sets msg and msglen from r->body; takes compression off. */
	enum code (*body)(struct call *c);
	/* The answer to a success; msg is the encoded message. */
	void (*good)(struct call *c, const struct buf *msg,
	    struct call_answer *out);
	/* The answer to the request's failure. */
	void (*bad)(struct call *c, struct call_answer *out);
	/* Streams: the header that names the compression of messages. */
	const char *encoding;
	/*
	 * Streams: appends the last frame, which says what became of r. begun:
	 * the head is out, so that what it could not say goes here.
	 */
	void (*end)(struct req *r, bool begun, struct buf *out);
};

struct call {
	struct req *r;
	const struct rpc_method *m;
	const struct call_protocol *protocol;
	enum call_codec codec;
	bool text;	      /* gRPC-Web: bodies are base64 */
	const char *type;     /* content type as asked, canonical */
	enum compress in_how; /* of the request */
	enum compress out_how;
	size_t limit; /* of the request message */
	const uint8_t *msg;
	size_t msglen;
};

extern const struct call_protocol call_connect;
extern const struct call_protocol call_connect_get;
extern const struct call_protocol call_connect_stream;
extern const struct call_protocol call_grpc_web;

/*
 * Encodings by the names of the protocol's two headers: what the message has,
 * what the answer may have.
 */
enum code call_encodings(struct call *c, const char *content,
    const char *accept);

/* Takes the compression of p off into msg, under the limit. */
enum code call_inflate(struct call *c, const uint8_t *p, size_t len);

/* The only envelope of a request body (T-2, W-6) becomes msg. */
enum code call_one_envelope(struct call *c, const uint8_t *p, size_t len);

/* p compressed as agreed, or p itself (*how tells) when that does not pay. */
const struct buf *call_deflate(struct call *c, const struct buf *p,
    enum compress *how);

/* Appends msg in the call's codec to b; room besides is taken from a. */
enum code call_encode(struct call *c, struct arena *a, const void *msg,
    struct buf *b);

/* Time limit: ms from now, clamped to the largest honoured. */
void call_set_timeout(struct call *c, int64_t ms);

#endif

/*
 * Server streams (spec rpc.md, sections 4 and 5). A handler of a streaming
 * method sends messages; its return ends the stream, exactly once. The frames
 * are made by plain functions, which mirai-stream's event loop uses alike.
 *
 * Such a method has no transaction of the dispatcher's (tx = NONE): what was
 * sent cannot be taken back.
 */
#ifndef MIRAI_RPC_STREAM_H
#define MIRAI_RPC_STREAM_H

#include "rpc/call.h"

struct stream;

/* --- for handlers ---------------------------------------------------------- */

/*
 * Sends the head, with the headers set so far, before there is a message. The
 * first message does it otherwise. CODE_OK, or the request has failed: nobody
 * listens any more, or time is up.
 */
enum code rpc_stream_open(struct req *r);

/* Sends one message of the method's type at once; as rpc_stream_open(). */
enum code rpc_stream_send(struct req *r, const void *msg);

/* --- frames ---------------------------------------------------------------- */

/* How the messages of one stream are written. Texts live for ever. */
struct stream_form {
	const struct call_protocol *protocol;
	enum call_codec codec;
	enum compress how; /* of messages that are long enough */
	bool text;	   /* base64, each chunk padded by itself (W-4) */
};

/* Appends a chunk that holds one message; room besides is taken from a. */
void stream_put(const struct stream_form *f, struct arena *a, struct buf *out,
    const void *msg, size_t len);

/*
 * Appends the chunk that ends the stream and says what became of r (its code,
 * message, details and trailers). begun: the head is out.
 */
void stream_put_end(const struct stream_form *f, struct req *r, bool begun,
    struct buf *out);

/* --- for the dispatcher and the event loop --------------------------------- */

/* The longest life of a stream (rpc.stream_max_age). */
int64_t stream_max_ms(const struct conf *conf);

/* The request's stream, opened by nobody yet. */
void stream_start(struct call *c);

/* The end after the handler, or its failure instead of a stream. */
void stream_finish(struct call *c, enum code code);

/*
 * In a handler: somebody else carries the stream on after the head, which goes
 * out here. Its form, or NULL as the request has failed.
 */
const struct stream_form *stream_detach(struct req *r);

#endif

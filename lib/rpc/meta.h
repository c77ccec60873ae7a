/*
 * Metadata on the wire, and the two forms of a failure: JSON (Connect) and
 * google.rpc.Status (gRPC-Web).
 */
#ifndef MIRAI_RPC_META_H
#define MIRAI_RPC_META_H

#include "rpc/req.h"

/* Name and value may be sent as metadata (U-5): not reserved, plain text. */
bool meta_name_ok(const char *name);
bool meta_value_ok(const char *value);

/* The handler's headers become headers of the answer. */
void meta_send_headers(struct req *r);

/* The handler's trailers become headers "Trailer-NAME", exposed to scripts. */
void meta_send_trailers(struct req *r);

/* Appends "name: value" lines of the trailers (gRPC-Web). */
void meta_put_trailers(struct req *r, struct buf *b);

/* Standard base64 without padding, as -bin metadata and details have it. */
char *meta_base64(struct arena *a, const void *p, size_t len);

/* The failure as {"code":...,"message":...,"details":[...]} (E-1). */
void meta_put_error(struct req *r, struct buf *b);

/* The failure as a binary google.rpc.Status; false without details (W-3). */
bool meta_put_status(struct req *r, struct buf *b);

/* s as a JSON string. */
void meta_put_json(struct buf *b, const char *s);

#endif

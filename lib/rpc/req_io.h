/*
 * Between req.c, resp.c and deadline.c only: how bytes of an answer leave.
 */
#ifndef MIRAI_RPC_REQ_IO_H
#define MIRAI_RPC_REQ_IO_H

#include "rpc/req.h"

/* What of the answer has been sent. */
enum req_stage {
	REQ_UNANSWERED,
	REQ_BEGUN, /* the head is out, more follows */
	REQ_ANSWERED
};

enum req_stage req_stage(const struct req *r);
void req_set_stage(struct req *r, enum req_stage stage, int status);
int req_status(const struct req *r);

/* The answer's headers as text, kept until the head goes out. */
struct buf *req_head(struct req *r);

/*
 * Appends p to b as FastCGI output records of this request; end adds the
 * records that finish the answer.
 */
void req_pack(const struct req *r, struct buf *b, const void *p, size_t len,
    bool end);

/*
 * Sends output: head (may be NULL) and body, and the end if asked, in one
 * system call where it fits. -1 when the peer is gone.
 */
int req_put(struct req *r, const struct buf *head, const void *body, size_t len,
    bool end) MUST_CHECK;

/* resp.c: the whole answer as records in out, sent by nobody. */
void resp_pack(struct req *r, struct buf *out, int status, const char *type,
    const void *body, size_t len);

/* The connection, for the deadline's own answer; -1 without one. */
int req_fd(const struct req *r);

/* What a req_local() request was answered; NULL for one from the wire. */
struct buf *req_capture(const struct req *r);

#endif

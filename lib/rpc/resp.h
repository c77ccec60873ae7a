/*
 * The answer: one status, headers in order, one body, sent whole. Nothing
 * reaches the client before resp_send() or resp_begin(), so until then a
 * failure can still become an honest error.
 */
#ifndef MIRAI_RPC_RESP_H
#define MIRAI_RPC_RESP_H

#include "rpc/req.h"

/*
 * A header of the answer, after those set before. Name and value must be legal
 * (assert): values printable ASCII without CR and LF. Copied.
 */
void resp_header(struct req *r, const char *name, const char *value);

/* RFC 6265bis, 5.6.7. NONE is for secure cookies only. */
enum resp_same_site {
	RESP_LAX = 0,
	RESP_STRICT,
	RESP_NONE
};

/* Drops the headers set so far, as before an error page. */
void resp_reset(struct req *r);

struct resp_cookie {
	const char *name;
	const char *value;
	const char *path;   /* NULL: "/" */
	const char *domain; /* NULL or "": this host only */
	int64_t max_age; /* seconds; 0: until the browser closes; <0: delete */
	bool secure;
	bool script; /* readable by scripts; left out it is HttpOnly */
	enum resp_same_site same_site;
};

/* A Set-Cookie header; name and value must be cookie-safe (assert). */
void resp_cookie(struct req *r, const struct resp_cookie *c);

/*
 * Sends the answer. Cache-Control: no-store, X-Content-Type-Options and
 * X-Request-Id are added unless set. type NULL with len 0: no body. A second
 * call for one request is a programming error.
 */
void resp_send(struct req *r, int status, const char *type, const void *body,
    size_t len);

/* text/plain, and a redirect (303 unless status is another 3xx). */
void resp_text(struct req *r, int status, const char *text);
void resp_redirect(struct req *r, int status, const char *location);

/*
 * The long form, for files: the head goes out with the first bytes.
 * len -1: unknown. resp_write() is -1 when the client is gone.
 */
void resp_begin(struct req *r, int status, const char *type, int64_t len);
int resp_write(struct req *r, const void *p, size_t len) MUST_CHECK;
int resp_end(struct req *r) MUST_CHECK;

/*
 * Stops the deadline's timer. True: it has answered already, and nothing more
 * may be sent; the request counts as answered.
 */
bool resp_late(struct req *r);

/* Whether an answer was sent (or begun); its status, 0 before. */
bool resp_sent(const struct req *r);
int resp_status(const struct req *r);

/* What was answered to a req_local() request: head and body as on the wire. */
const char *resp_captured(const struct req *r, size_t *len);

#endif

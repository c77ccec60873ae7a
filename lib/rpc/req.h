/*
 * A request: what arrived, who asks, and everything made while answering.
 * The only user of libfcgi. A process serves one request at a time; req_done()
 * drops all of it.
 */
#ifndef MIRAI_RPC_REQ_H
#define MIRAI_RPC_REQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/code.h"
#include "base/conf.h"
#include "base/str.h"

struct cache;
struct db;
struct store;
struct hasher;
struct ident;
struct directory;
struct stripe;
struct forward;
struct req_after;
struct stream;

/* Roles in rising order of rights; legacy owner = admin, member = sme. */
enum role {
	ROLE_NONE = 0,
	ROLE_SME,
	ROLE_INSTRUCTOR,
	ROLE_ADMIN
};

/* Who is calling. Ids are "" when absent; filled by auth_require(). */
struct who {
	char identity_id[STR_UUID_LEN + 1]; /* "" = nobody is signed in */
	char session_id[STR_UUID_LEN + 1];
	char user_id[STR_UUID_LEN + 1]; /* "" = no user row */
	char tenant_id[STR_UUID_LEN + 1];
	char company_id[STR_UUID_LEN + 1]; /* "" = no company */
	enum role role;
	bool suspended;	     /* the tenant's status */
	bool by_cookie;	     /* credential came as a cookie: X-1 applies */
	char credential[65]; /* SHA-256 of what was shown, hex */
	const char *email;   /* of the identity; NULL when nobody */
	const char *first_name;
	const char *last_name;
	int64_t expires_at; /* of the session, us since 1970 */
};

/* A response header or trailer set by a handler, in order. */
struct req_meta {
	const char *name; /* lower case */
	const char *value;
	bool trailer;
	struct req_meta *next;
};

/* An error detail: a message that goes out in the error's details list. */
struct req_detail {
	const struct pb_desc *desc;
	const void *msg;
	struct req_detail *next;
};

/*
 * What the workers of a pool tell each other in shared memory: who has nothing
 * to do, and when one last had not.
 */
#define REQ_IDLE_SLOTS 256 /* workers beyond share the last one */
struct req_idle {
	_Atomic int64_t at; /* clock_mono_ms() */
	_Atomic bool asleep[REQ_IDLE_SLOTS];
};

/* What a process holds open for all its requests; unused parts are NULL. */
struct req_env {
	const struct conf *conf;
	struct db *db; /* application database */
	struct cache *cache;
	struct store *store;
	struct ident *ident;	     /* who is who: lib/rpc/auth.h */
	struct directory *directory; /* makes people: identity/directory.h */
	struct hasher *hasher;	     /* of passwords: identity/hasher.h */
	struct stripe *stripe;	     /* net/stripe.h; NULL: nothing is paid */
	struct forward *forward; /* services of another pool: rpc/forward.h */
	struct req_idle *idle;	 /* NULL outside a pool */
	size_t idle_slot;	 /* of this process */
};

struct req {
	struct arena *mem; /* everything of this request */
	const struct req_env *env;
	struct db *db; /* = env->db */
	struct who who;

	const char *id;	    /* request id, sent back and logged */
	const char *method; /* "POST" */
	const char *path;   /* decoded by nobody: as it came, without query */
	const char *query;  /* raw, "" when absent */
	const char *type;   /* Content-Type or "" */
	const char *host;   /* Host header or "" */
	const char *remote; /* client address, proxies honoured as configured */
	bool https;
	const uint8_t *body; /* after req_read_body() */
	size_t bodylen;
	int64_t started_ms;  /* clock_mono_ms() */
	int64_t queued_ms;   /* it waited for a worker at most so long */
	int64_t deadline_ms; /* clock_mono_ms() scale */

	/* The failure, once there is one. */
	enum code code;
	const char *message;
	const char *reason; /* stable code: "TEAM_NOT_FOUND" */
	int retry_after;    /* seconds; 0: not known */
	struct req_detail *details;
	struct req_meta *meta;
	int cache_seconds; /* a GET's answer may be kept so long; 0: not */

	struct req_after *after; /* lib/rpc/after.h */
	struct stream *stream;	 /* of a streaming method: rpc/stream.h */
	struct req_io *io;	 /* req.c's own: the FastCGI side */
};

/* Why a body could not be taken whole. */
enum req_body {
	REQ_BODY_OK = 0,
	REQ_BODY_TOO_LONG, /* over the cap; the rest was thrown away */
	REQ_BODY_LENGTH	   /* differs from Content-Length, or cut short */
};

/*
 * The server side of one process: takes requests from a listening socket
 * (made non-blocking) one at a time. The caller owns it.
 */
struct req_io *req_open(int fd, const struct req_env *env);
void req_close(struct req_io *io);

/*
 * The next request, or NULL when timeout_ms passed (-1: never), a signal came
 * or the peer went away. Signals that the caller keeps blocked are let in
 * only while nothing is in hand. The body is not read yet.
 */
struct req *req_accept(struct req_io *io, int timeout_ms);

/* Drops the request with all it made; unanswered, the connection closes. */
void req_done(struct req *r);

/*
 * A request that came over no wire, for commands, tests and pages' own calls:
 * method "POST", empty path, a fresh id, no caller, deadline 120 s. What is
 * answered to it is kept (resp_captured()). req_done() frees it.
 */
struct req *req_local(const struct req_env *env);

/*
 * A request that another process took from the wire: FastCGI parameters as
 * "NAME=value" strings that follow each other, each with its NUL, and the
 * body. Answered and dropped as req_local(); vars and body are borrowed.
 */
struct req *req_replay(const struct req_env *env, const char *vars, size_t len,
    const void *body, size_t bodylen);

/*
 * Reads the whole body, at most cap bytes, into r->body (NUL-terminated
 * besides). On a failure r->body stays empty.
 */
enum req_body req_read_body(struct req *r, size_t cap);

/* Reads the next len bytes instead, for bodies that go to a file; 0: end. */
size_t req_read(struct req *r, void *p, size_t len);

/* Gives the client that much time from now to send more of the body. */
void req_extend(struct req *r, int64_t ms);

/* The announced length of the body, -1 when unknown. */
int64_t req_length(const struct req *r);

/* The i-th request header, in the server's order; false at the end. */
bool req_header_at(struct req *r, size_t i, const char **name,
    const char **value);

/* A request header by its lower-case name; NULL when absent. Borrowed. */
const char *req_header(const struct req *r, const char *name);

/*
 * A parameter that the web server itself set, as "SSL_CLIENT_VERIFY"; NULL
 * when absent. Headers have names of their own (HTTP_...). Borrowed.
 */
const char *req_var(const struct req *r, const char *name);

/* A cookie by name; NULL when absent. In r->mem. */
const char *req_cookie(struct req *r, const char *name);

/* A query or form field (urlencoded body); NULL when absent, in r->mem. */
const char *req_query(struct req *r, const char *name);
const char *req_form(struct req *r, const char *name);

/*
 * Failing. Each sets code, text and details, and returns the code, so that a
 * handler can "return req_fail(...)". The text is ours, fixed in our source,
 * and safe to show: never a value that a user or a library wrote.
 */
enum code req_fail(struct req *r, enum code code, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* With the stable reason of accounts.md 1.7 (ErrorInfo and metadata). */
enum code req_fail_reason(struct req *r, enum code code, const char *reason,
    const char *fmt, ...) PRINTF_LIKE(4, 5);
/* PERMISSION_DENIED with the reason AUTH_FORBIDDEN. */
enum code req_fail_forbidden(struct req *r, const char *text);
/* INVALID_ARGUMENT that names the field and the rule (BadRequest). */
enum code req_fail_field(struct req *r, const char *field, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* The same for a field that must be given and was not. */
enum code req_fail_missing(struct req *r, const char *field, const char *rule);
/*
 * Internal and unknown failures show a fixed sentence with the request id, and
 * the text goes to the log. This shows the text for them too.
 */
enum code req_fail_verbatim(struct req *r, enum code code, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* The database failed: maps db_fault(); the cause is already logged. */
enum code req_fail_db(struct req *r);
/* Resource exhausted or unavailable with Retry-After. */
enum code req_fail_retry(struct req *r, enum code code, const char *reason,
    int seconds, const char *fmt, ...) PRINTF_LIKE(5, 6);

/*
 * RESOURCE_EXHAUSTED that names the limit (QuotaFailure): subject is a fixed
 * word that programs may branch on, as "course_size". Not for the limit on a
 * message, whose failure has no details in the Connect suite.
 */
enum code req_fail_quota(struct req *r, const char *subject, const char *fmt,
    ...) PRINTF_LIKE(3, 4);

/* Gives the failure just set its reason, where it has none yet. */
void req_fail_because(struct req *r, const char *reason);

/* Adds a detail to the failure just set; msg lives as long as the request. */
void req_fail_detail(struct req *r, const struct pb_desc *desc,
    const void *msg);

/* Forgets the failure, as before another call. */
void req_unfail(struct req *r);

/* Response metadata; names and values must be legal (assert). */
void req_set_header(struct req *r, const char *name, const char *value);
void req_set_trailer(struct req *r, const char *name, const char *value);

#endif

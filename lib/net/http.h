/*
 * HTTP out: one request, one whole answer or a file; and one mail by SMTP,
 * since this is the only user of libcurl. Redirects are not followed; answers are bounded; TLS is verified.
 */
#ifndef MIRAI_NET_HTTP_H
#define MIRAI_NET_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct http;
struct sockaddr;

struct http_call {
	const char *method; /* NULL: GET, or POST with a body */
	const char *url;
	/* "name: value", NULL-terminated, or NULL. */
	const char *const *headers;
	const void *body; /* NULL: none */
	size_t bodylen;
	/* > 0: bodylen bytes of this file from body_at on are sent instead. */
	int body_fd;
	int64_t body_at;
	int64_t timeout_ms; /* whole call; 0: 30 s */
	int64_t connect_ms; /* connecting, within timeout_ms; 0: 5 s */
	/* > 0: never this long without a byte; timeout_ms of 0 is no bound. */
	int64_t stall_ms;
	size_t max; /* largest answer; 0: 8 MiB */
	int fd; /* > 0: the body of a 2xx answer is written here, not kept */
	int64_t fd_max; /* largest body there; 0: no bound */
	/* Told of bytes received so far and expected (-1 unknown). May be NULL. */
	void (*progress)(void *arg, int64_t now, int64_t total);
	void *arg;
	/*
	 * Where a connection may go, asked with the very address that is about
	 * to be connected to. NULL: anywhere. If set, no proxy is used.
	 */
	bool (*may_connect)(void *connect_arg, const struct sockaddr *to);
	void *connect_arg;
};

struct http_answer {
	int status;
	const char *type; /* Content-Type, "" if none */
	const char *body; /* NUL-terminated besides its length */
	size_t len;
	const char *headers; /* as received, for http_header() */
};

/* A handle that keeps its connections; the caller owns it. */
struct http *http_open(void);
void http_close(struct http *h);

/*
 * 0 and the answer in a, whatever its status; or -1 and *error, a sentence in
 * a that names the host and the cause (for the log or an operator).
 */
int http_do(struct http *h, struct arena *a, const struct http_call *call,
    struct http_answer *out, const char **error) MUST_CHECK;

/* Why the last http_do() of h gave -1. */
enum http_fault {
	HTTP_FAULT_OTHER = 0,  /* the answer was refused, or cannot be read */
	HTTP_FAULT_CONNECTION, /* none, or it broke before it was whole */
	HTTP_FAULT_TIMEOUT
};
enum http_fault http_fault(const struct http *h);

/* Whether it was that the answer was longer than max or fd_max. */
bool http_too_large(const struct http *h);

/*
 * Calls under way at the same time. What is asked of one call holds for each;
 * fd and progress are not served. Dropping a call never waits for its server.
 */
struct http_group;

struct http_group *http_group_open(void);
void http_group_close(struct http_group *g); /* drops what is under way */

/*
 * Begins a call; what call points to, and a, must last until it has ended. -1
 * when it cannot even begin.
 */
int http_group_add(struct http_group *g, struct arena *a,
    const struct http_call *call, void *tag) MUST_CHECK;

/* One that has ended: as of http_do(), error is NULL where that gives 0. */
struct http_ended {
	void *tag;
	struct http_answer answer;
	const char *error;
	enum http_fault fault;
	bool too_large;
};

/*
 * Lets the calls go on for at most timeout_ms, until one has ended: true and
 * *out. False: none has.
 */
bool http_group_wait(struct http_group *g, int timeout_ms,
    struct http_ended *out);

/* A message for an SMTP server (net/mail.h builds it). */
struct http_mail {
	const char *url;  /* smtp://host:port or smtps */
	const char *user; /* NULL: no authentication */
	const char *password;
	const char *from; /* bare addresses */
	const char *to;
	const char *message;
	size_t len;
	bool starttls;	/* required, else not asked for */
	bool may_plain; /* with starttls: asked for, but not required */
	bool verify;	/* the server's certificate */
	int64_t timeout_ms;
};

/*
 * 0 when the server took it; or -1, *error as above with the last reply's
 * number, and in *reply that number if it refused the mail itself, else 0.
 */
int http_send_mail(struct http *h, struct arena *a, const struct http_mail *m,
    int *reply, const char **error) MUST_CHECK;

/* A header of an answer by lower-case name, in a; NULL when absent. */
const char *http_header(struct arena *a, const struct http_answer *answer,
    const char *name);

#endif

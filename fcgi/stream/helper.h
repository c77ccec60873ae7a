/*
 * The processes beside the event loop, as the loop sees them: forked,
 * restarted with back-off when they end, spoken to without ever blocking.
 */
#ifndef MIRAI_STREAM_HELPER_H
#define MIRAI_STREAM_HELPER_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/conf.h"
#include "wire.h"

/* Something that epoll(7) watches. */
struct source {
	void (*ready)(struct source *s, uint32_t events);
};

struct helper {
	struct source source;
	const char *name;			      /* for the log */
	void (*run)(const struct conf *conf, int fd); /* the child */
	/* A frame of the child; p holds len bytes. */
	void (*heard)(struct helper *h, const struct wire_head *head,
	    const char *p, size_t len);
	/* It ended: what was asked stays unanswered. May be NULL. */
	void (*lost)(struct helper *h);
	const struct conf *conf;
	int epoll_fd;
	pid_t pid;
	int fd;	      /* -1: not running */
	size_t asked; /* and not answered */
	size_t max;   /* bytes that may wait for it; 0: any */
	struct buf in;
	struct buf out;
	size_t out_at; /* of it is sent */
	bool writing;  /* epoll watches for room */
	int64_t born_ms;
	int64_t next_ms; /* no start before */
	int64_t wait_ms;
};

/* Starts it unless it runs or has to wait; again and again from the loop. */
void helper_start(struct helper *h);

/* When helper_start() has something to do; INT64_MAX: it runs. */
int64_t helper_due(const struct helper *h);

/* Queues a frame; lost if it does not run or too much waits (false). */
bool helper_tell(struct helper *h, enum wire_kind kind, uint64_t id,
    const void *p, size_t len, const void *more, size_t morelen);

/* Ends it for good. */
void helper_stop(struct helper *h);

#endif

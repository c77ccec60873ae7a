/*
 * One FastCGI connection of the web server: reads a request whole, then is
 * written to. What waits to be written is bounded; a peer that is gone is
 * noticed while nothing is written, too.
 */
#ifndef MIRAI_STREAM_CONN_H
#define MIRAI_STREAM_CONN_H

#include <sys/queue.h>

#include "helper.h"
#include "record.h"
#include "timer.h"

#define CONN_MAX_EVENTS 256
#define CONN_MAX_BYTES	((size_t)1024 * 1024)

enum conn_stage {
	CONN_READING, /* the request is not whole */
	CONN_ASKED,   /* a checker has it */
	CONN_OPEN,    /* a stream */
	CONN_ENDING   /* the last bytes are on their way */
};

struct conn_chunk {
	TAILQ_ENTRY(conn_chunk) entry;
	size_t len, at; /* at: so much is sent */
	bool event;
	char data[];
};

struct conn_user;
struct sub;

struct conn {
	struct source source;
	struct timer timer;
	const struct conn_user *user; /* who is told what happens */
	int epoll_fd;
	int fd;
	uint32_t generation; /* tells it from others of its descriptor */
	enum conn_stage stage;
	bool begun; /* request is valid */
	bool keep;
	bool params_done;
	bool writing; /* epoll watches for room */
	bool dead;    /* to be freed by the loop */
	uint16_t request;
	struct buf in;
	struct buf vars; /* "NAME=value" strings */
	struct buf body; /* cut where its length is wrong already */
	TAILQ_HEAD(conn_chunks, conn_chunk) out;
	size_t nevents, nbytes; /* in out, unsent */
	struct sub *stream;	/* the user's own; NULL before CONN_OPEN */
	struct helper *helper;	/* the checker that it was given to */
};

/* Told of one connection's progress; conn_gone() has been called before. */
struct conn_user {
	void (*asked)(struct conn *c);	 /* the request is whole */
	void (*closed)(struct conn *c);	 /* the peer left or was cut off */
	void (*flushed)(struct conn *c); /* of CONN_ENDING: all is written */
};

/* Takes over fd, which is non-blocking. NULL: epoll has no room. */
struct conn *conn_new(int epoll_fd, int fd, uint32_t generation,
    const struct conn_user *user);

/* Frees it with all that is queued, and closes its descriptor. */
void conn_free(struct conn *c);

/* Marks it dead; the loop frees it when no event can refer to it any more. */
void conn_gone(struct conn *c);

/* Queues p as output of the request and writes what fits. */
void conn_put(struct conn *c, const void *p, size_t len, bool event);

/* Whether another event of len bytes would be too much. */
bool conn_is_full(const struct conn *c, size_t len);

/* Throws away what waits, except a chunk that is partly sent. */
void conn_drop_waiting(struct conn *c);

/* The end of the request; flushed() follows, at once or later. */
void conn_end(struct conn *c);

/* Ready for the next request on a kept connection. */
void conn_again(struct conn *c);

/* Its number in frames to helpers, and the descriptor in such a number. */
uint64_t conn_id(const struct conn *c);
int conn_id_fd(uint64_t id);

#endif

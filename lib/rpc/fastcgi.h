/*
 * The front server's side of FastCGI 1.0: a request as records, an answer
 * read back. One request at a time on a connection.
 */
#ifndef MIRAI_RPC_FASTCGI_H
#define MIRAI_RPC_FASTCGI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum fastcgi_type {
	FASTCGI_BEGIN = 1,
	FASTCGI_END = 3,
	FASTCGI_PARAMS,
	FASTCGI_STDIN,
	FASTCGI_STDOUT
};

/* Appends a parameter to those of a request. */
void fastcgi_param(struct buf *b, const char *name, size_t namelen,
    const char *value, size_t valuelen);

/* One whole request: params as made by fastcgi_param(). */
void fastcgi_request(struct buf *b, const struct buf *params, const char *body,
    size_t len);

/* A connection to the socket at path, or -1. */
int fastcgi_connect(const char *path);

/*
 * Sends all of b, as far as the peer takes it: a program may answer and close
 * before it has read everything.
 */
void fastcgi_send(int fd, const struct buf *b);

/*
 * Appends standard output of the answer to out. False when the connection
 * ends, or its receive timeout passes, without END_REQUEST.
 */
bool fastcgi_receive(int fd, struct buf *out);

#endif

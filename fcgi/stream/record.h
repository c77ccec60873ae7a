/*
 * FastCGI records (specification 1.0, section 3): taking them off a buffer and
 * making them. Knows nothing of sockets.
 */
#ifndef MIRAI_STREAM_RECORD_H
#define MIRAI_STREAM_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum record_type {
	RECORD_BEGIN = 1,
	RECORD_ABORT = 2,
	RECORD_END = 3,
	RECORD_PARAMS = 4,
	RECORD_STDIN = 5,
	RECORD_STDOUT = 6,
	RECORD_UNKNOWN = 11
};

/* Why a request ended. */
enum record_status {
	RECORD_COMPLETE = 0,
	RECORD_CANT_MULTIPLEX = 1,
	RECORD_UNKNOWN_ROLE = 3
};

struct record {
	uint8_t type;
	uint16_t request; /* 0: about the connection */
	const char *data; /* borrowed */
	size_t len;
};

/* The content of RECORD_BEGIN. */
struct record_begin {
	bool responder;
	bool keep; /* the connection outlives the request */
};

/*
 * The next record of len bytes at p: how many bytes it took, 0 while it is cut
 * short, -1 if these are no records.
 */
int64_t record_take(const char *p, size_t len, struct record *out);

bool record_begin(const struct record *r, struct record_begin *out);

/*
 * Takes name-value pairs apart: appends "NAME=value" with its NUL to out for
 * each. False if malformed, with a NUL inside, or longer than max.
 */
bool record_params(const char *p, size_t len, struct buf *out, size_t max);

/* Appends p as output, and the records that end a request. */
void record_put_out(struct buf *b, uint16_t request, const void *p, size_t len);
void record_put_end(struct buf *b, uint16_t request, enum record_status status);

/* Appends the answer to a record about the connection that we do not know. */
void record_put_unknown(struct buf *b, uint8_t type);

#endif

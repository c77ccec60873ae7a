/*
 * AWS Signature Version 4 as S3 wants it: the path is encoded once, the hash of
 * the body is a header. Computes; sends nothing.
 */
#ifndef MIRAI_NET_S3_SIGN_H
#define MIRAI_NET_S3_SIGN_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

#define S3_UNSIGNED "UNSIGNED-PAYLOAD"

struct s3_pair {
	const char *name;
	const char *value;
};

struct s3_credentials {
	const char *access_key;
	const char *secret_key;
	const char *region;
};

/* A request as it will be sent. */
struct s3_sign {
	const char *method;
	const char *path;	     /* percent-encoded, from its first slash */
	const struct s3_pair *query; /* in any order, not encoded */
	size_t nquery;
	const struct s3_pair *headers; /* sorted, lower case, host among them */
	size_t nheaders;
	const char *payload; /* SHA-256 of the body in hex, or S3_UNSIGNED */
	int64_t at;	     /* us since 1970 */
};

/* Percent-encoded, slashes kept; in a. */
char *s3_sign_path(struct arena *a, const char *path);

/* The query, encoded and in the order that is signed; "" for none. In a. */
char *s3_sign_query(struct arena *a, const struct s3_pair *query,
    size_t nquery);

/* "20130524T000000Z", the value of x-amz-date; in a. */
char *s3_sign_time(struct arena *a, int64_t at);

/* The value of Authorization, in a. x-amz-date is among s->headers. */
char *s3_sign_header(struct arena *a, const struct s3_credentials *c,
    const struct s3_sign *s);

/*
 * The query of s with its signature, good for expires_s seconds (at most seven
 * days) from s->at; in a. s->payload is not used: nothing is known of it.
 */
char *s3_sign_url(struct arena *a, const struct s3_credentials *c,
    const struct s3_sign *s, int64_t expires_s);

#endif

/*
 * S3 over HTTP (spec content.md, section 10.2): one bucket of AWS or of any
 * server that speaks the same. Every call is signed, tried up to three times
 * with a pause, and bounded in time. Keys are whole: net/store.h adds base
 * path and tenant.
 */
#ifndef MIRAI_NET_S3_H
#define MIRAI_NET_S3_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/code.h"
#include "base/conf.h"
#include "net/http.h"
#include "net/s3_sign.h"
#include "net/s3_xml.h"

#define S3_PART_LEN    (INT64_C(16) * 1024 * 1024)
#define S3_WHOLE_MAX   (INT64_C(64) * 1024 * 1024) /* more goes in parts */
#define S3_EXPIRES_MAX 604800			   /* seconds */

struct s3;

/* Whether the configuration names credentials: both keys are set. */
bool s3_wanted(const struct conf *conf);

/* NULL after one logged line. The caller owns it. */
struct s3 *s3_open(const struct conf *conf);
void s3_close(struct s3 *s);

/* Calls end by then (clock_mono_ms()), well or not; 0: see above. */
void s3_until(struct s3 *s, int64_t until_ms);

/* scheme://host[:port] of its URLs; borrowed from s. */
const char *s3_origin(const struct s3 *s);

/* What is sent: len bytes at p, or, p being NULL, of fd from at on. */
struct s3_body {
	const void *p;
	int fd;
	int64_t at;
	int64_t len;
};

/*
 * Actions return CODE_OK, CODE_NOT_FOUND (no such object),
 * CODE_RESOURCE_EXHAUSTED (longer than max), CODE_UNIMPLEMENTED (the server
 * cannot), or CODE_UNAVAILABLE; what is not the object's absence is logged.
 */
enum code s3_put(struct s3 *s, const char *key, const char *type,
    const struct s3_body *body) MUST_CHECK;

/* The object in a, followed by a NUL that len does not count. */
enum code s3_get(struct s3 *s, struct arena *a, const char *key, size_t max,
    void **p, size_t *len) MUST_CHECK;

/* Written to a regular file where it stands; a failure leaves it as before. */
enum code s3_get_fd(struct s3 *s, const char *key, int fd, int64_t max,
    int64_t *len) MUST_CHECK;
enum code s3_head(struct s3 *s, const char *key, int64_t *len) MUST_CHECK;

/* Within the bucket, at most 5 GiB, with its type. */
enum code s3_copy(struct s3 *s, const char *from, const char *to) MUST_CHECK;
enum code s3_delete(struct s3 *s, const char *key) MUST_CHECK;

/* All pages, by prefix; delimiter may be NULL. *out is zeroed first. */
enum code s3_list(struct s3 *s, struct arena *a, const char *prefix,
    const char *delimiter, struct s3_listing *out) MUST_CHECK;

/* URLs that let their holder do one thing until expires_at; in a. */
char *s3_url_get(struct s3 *s, struct arena *a, const char *key,
    const char *disposition, int64_t expires_at);
char *s3_url_put(struct s3 *s, struct arena *a, const char *key,
    const char *type, int64_t len, int64_t expires_at);

/* One call of the interface, for what is built of several (s3_multi.c). */
struct s3_call {
	const char *method;
	const char *key; /* NULL: the bucket itself */
	const struct s3_pair *query;
	size_t nquery;
	const char *type; /* of the body; NULL for none */
	const char *from; /* the object to copy; NULL for none */
	const struct s3_body *body;
	size_t max; /* largest answer; 0: 8 MiB */
	int fd;	    /* > 0: where the object goes, at most fd_max bytes */
	int64_t fd_max;
	bool may_lack; /* CODE_UNIMPLEMENTED is not logged */
};
enum code s3_do(struct s3 *s, struct arena *a, const struct s3_call *c,
    struct http_answer *out) MUST_CHECK;

#endif

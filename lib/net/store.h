/*
 * Object storage (spec content.md, section 10): a directory, or S3 when its two
 * keys are configured. Keys are relative to the tenant; the adapter adds base
 * path and tenant on every access and refuses anything that could leave the
 * tenant's prefix.
 */
#ifndef MIRAI_NET_STORE_H
#define MIRAI_NET_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/code.h"
#include "base/conf.h"
#include "net/json.h"

#define STORE_KEY_MAX	  900 /* bytes; S3 ends at 1024 with base and tenant */
#define STORE_SEGMENT_MAX 255
#define STORE_ROUTE	  "/local-storage/"

struct store;

/* By configuration; NULL after one logged line. The caller owns it. */
struct store *store_open(const struct conf *conf);
void store_close(struct store *s);

/*
 * What is done from now on ends by then (clock_mono_ms()), well or not, as far
 * as a server is waited for; 0: as long as it takes. s may be NULL.
 */
void store_until(struct store *s, int64_t until_ms);

/*
 * scheme://host[:port] of signed URLs, for the policies of pages that send
 * objects there; in a.
 */
char *store_origin(struct store *s, struct arena *a);

/*
 * A well-formed key: UTF-8, no empty, "." or ".." segment, backslash or
 * control character, within the lengths above.
 */
bool store_key_ok(const char *key);

/*
 * Actions return CODE_OK, or CODE_NOT_FOUND, CODE_INVALID_ARGUMENT (key or
 * tenant), CODE_RESOURCE_EXHAUSTED (store_get: longer than max),
 * CODE_UNAVAILABLE (storage), logged where the cause is known. Writes are
 * atomic and durable: the old or the new object, never a part.
 */
enum code store_put(struct store *s, const char *tenant, const char *key,
    const char *content_type, const void *p, size_t len) MUST_CHECK;
enum code store_put_file(struct store *s, const char *tenant, const char *key,
    const char *content_type, const char *path) MUST_CHECK;

/* The whole regular file fd, wherever it stands; however large. */
enum code store_put_fd(struct store *s, const char *tenant, const char *key,
    const char *content_type, int fd) MUST_CHECK;

/* Pretty-printed, as application/json. */
enum code store_put_json(struct store *s, const char *tenant, const char *key,
    const struct json *j) MUST_CHECK;

/* The object in a, followed by a NUL that len does not count. */
enum code store_get(struct store *s, struct arena *a, const char *tenant,
    const char *key, size_t max, void **p, size_t *len) MUST_CHECK;

/* Written to the regular file fd where it stands; however large. */
enum code store_get_fd(struct store *s, const char *tenant, const char *key,
    int fd, int64_t max, int64_t *len) MUST_CHECK;

/* CODE_DATA_LOSS, logged, when the object is no JSON. */
enum code store_get_json(struct store *s, struct arena *a, const char *tenant,
    const char *key, size_t max, struct json **j) MUST_CHECK;

/*
 * The object of key from is that of key to from now on: whoever may still
 * write from reaches it no more.
 */
enum code store_move(struct store *s, const char *tenant, const char *from,
    const char *to) MUST_CHECK; /* CODE_NOT_FOUND: no such object */
enum code store_delete(struct store *s, const char *tenant,
    const char *key) MUST_CHECK; /* absent is success */
enum code store_exists(struct store *s, const char *tenant, const char *key,
    int64_t *len) MUST_CHECK; /* CODE_NOT_FOUND when not; len may be NULL */

/* Every key below prefix, sorted, NULL-terminated, in a. */
enum code store_list(struct store *s, struct arena *a, const char *tenant,
    const char *prefix, const char ***keys) MUST_CHECK;

/* The same with sizes and times. */
struct store_item {
	const char *key;
	int64_t len;
	int64_t modified_at; /* us since 1970 */
};
enum code store_items(struct store *s, struct arena *a, const char *tenant,
    const char *prefix, struct store_item **items, size_t *nitems) MUST_CHECK;

/* Everything whose key starts with prefix, which may end in '/'. */
enum code store_delete_all(struct store *s, const char *tenant,
    const char *prefix) MUST_CHECK;

/* Every tenant that has objects, sorted, NULL-terminated, in a. */
enum code store_tenants(struct store *s, struct arena *a,
    const char ***tenants) MUST_CHECK;

/* Removes what interrupted writes left behind more than age_s ago. */
enum code store_clean(struct store *s, int64_t age_s) MUST_CHECK;

/*
 * A URL (of S3: of its own host) that lets its holder GET (as a download named filename, NULL for
 * none) or PUT (exactly content_type and len) the object until expires_at (us
 * since 1970). NULL for a bad key, or when no secret is configured.
 */
char *store_sign_get(struct store *s, struct arena *a, const char *tenant,
    const char *key, const char *filename, int64_t expires_at);
char *store_sign_put(struct store *s, struct arena *a, const char *tenant,
    const char *key, const char *content_type, int64_t len, int64_t expires_at);

/* The media type that the end of a key or file name stands for. */
const char *store_type(const char *key);

#endif

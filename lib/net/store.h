/*
 * Object storage (spec content.md, section 10): a directory today, S3 behind
 * the same functions later. Keys are relative to the tenant; the adapter adds
 * base path and tenant on every access and refuses anything that could leave
 * the tenant's prefix.
 */
#ifndef MIRAI_NET_STORE_H
#define MIRAI_NET_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/code.h"
#include "base/conf.h"

struct store;

/* By configuration; NULL after one logged line. The caller owns it. */
struct store *store_open(const struct conf *conf);
void store_close(struct store *s);

/* A well-formed key: no empty, "." or ".." segment, backslash or control. */
bool store_key_ok(const char *key);

/*
 * Actions return CODE_OK, or CODE_NOT_FOUND, CODE_INVALID_ARGUMENT (key),
 * CODE_UNAVAILABLE (storage), logged where the cause is known. Writes are
 * atomic: the old or the new object, never a part.
 */
enum code store_put(struct store *s, const char *tenant, const char *key,
    const char *content_type, const void *p, size_t len) MUST_CHECK;
enum code store_put_file(struct store *s, const char *tenant, const char *key,
    const char *content_type, const char *path) MUST_CHECK;
enum code store_get(struct store *s, struct arena *a, const char *tenant,
    const char *key, size_t max, void **p, size_t *len) MUST_CHECK;
enum code store_delete(struct store *s, const char *tenant,
    const char *key) MUST_CHECK; /* absent is success */
enum code store_exists(struct store *s, const char *tenant, const char *key,
    int64_t *len) MUST_CHECK;

/* Every key below prefix, sorted, NULL-terminated, in a. */
enum code store_list(struct store *s, struct arena *a, const char *tenant,
    const char *prefix, const char ***keys) MUST_CHECK;

/* Everything below prefix. */
enum code store_delete_all(struct store *s, const char *tenant,
    const char *prefix) MUST_CHECK;

/*
 * A URL that lets its holder GET (as a download named filename) or PUT
 * (exactly content_type and len) the object until expires_at (us since 1970).
 */
char *store_sign_get(struct store *s, struct arena *a, const char *tenant,
    const char *key, const char *filename, int64_t expires_at);
char *store_sign_put(struct store *s, struct arena *a, const char *tenant,
    const char *key, const char *content_type, int64_t len,
    int64_t expires_at);

#endif

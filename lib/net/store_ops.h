/*
 * What every adapter of net/store.h offers; keys and tenants have been checked
 * before, so they always fit. The functions keep the contract of store.h.
 */
#ifndef MIRAI_NET_STORE_OPS_H
#define MIRAI_NET_STORE_OPS_H

#include "net/store.h"

struct store_ops {
	void *(*open)(const struct conf *conf);
	void (*until)(void *ctx, int64_t until_ms); /* NULL: never waits */
	char *(*origin)(void *ctx, struct arena *a);
	enum code (*put)(void *ctx, const char *tenant, const char *key,
	    const char *content_type, const void *p, size_t len);
	enum code (*put_fd)(void *ctx, const char *tenant, const char *key,
	    const char *content_type, int fd, int64_t len);
	enum code (*get)(void *ctx, struct arena *a, const char *tenant,
	    const char *key, size_t max, void **p, size_t *len);
	enum code (*get_fd)(void *ctx, const char *tenant, const char *key,
	    int fd, int64_t max, int64_t *len);
	enum code (*move)(void *ctx, const char *tenant, const char *from,
	    const char *to);
	enum code (*del)(void *ctx, const char *tenant, const char *key);
	enum code (*exists)(void *ctx, const char *tenant, const char *key,
	    int64_t *len);
	enum code (*items)(void *ctx, struct arena *a, const char *tenant,
	    const char *prefix, struct store_item **items, size_t *nitems);
	enum code (*tenants)(void *ctx, struct arena *a, const char ***tenants);
	enum code (*clean)(void *ctx, int64_t age_s);
	char *(*sign_get)(void *ctx, struct arena *a, const char *tenant,
	    const char *key, const char *filename, int64_t expires_at);
	char *(*sign_put)(void *ctx, struct arena *a, const char *tenant,
	    const char *key, const char *content_type, int64_t len,
	    int64_t expires_at);
	void (*close)(void *ctx);
};

#endif

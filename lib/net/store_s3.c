/*
 * The adapter between tenants and a bucket: builds keys, and takes the base
 * path off again. What lies in the bucket under other names is not ours: it is
 * neither listed nor touched.
 */
#include "net/store_s3.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "base/utf8.h"
#include "base/xmalloc.h"
#include "net/s3.h"
#include "net/s3_multi.h"

#define BASE_MAX     80 /* S3 ends at 1024 bytes with tenant and key */
#define NAME_MAX_LEN (BASE_MAX + STR_UUID_LEN + STORE_KEY_MAX + 3)

struct store_s3 {
	struct s3 *s3;
	char *base;
};

static void
s3_store_close(void *ctx)
{
	struct store_s3 *d = ctx;

	s3_close(d->s3);
	free(d->base);
	free(d);
}

static void *
s3_store_open(const struct conf *conf)
{
	struct store_s3 *d;
	const char *base;
	struct s3 *s3;

	base = conf_text(conf, "store.base");
	if (!store_key_ok(base) || strlen(base) > BASE_MAX) {
		log_error("store: store.dir or store.base is not usable");
		return NULL;
	}
	if ((s3 = s3_open(conf)) == NULL)
		return NULL;
	d = xcalloc(1, sizeof(*d));
	d->s3 = s3;
	d->base = xstrdup(base);
	return d;
}

static void
s3_store_until(void *ctx, int64_t until_ms)
{
	struct store_s3 *d = ctx;

	s3_until(d->s3, until_ms);
}

static char *
s3_store_origin(void *ctx, struct arena *a)
{
	struct store_s3 *d = ctx;

	return arena_strdup(a, s3_origin(d->s3));
}

/* BASE/TENANT/KEY. */
static const char *
name_of(const struct store_s3 *d, char out[NAME_MAX_LEN], const char *tenant,
    const char *key)
{
	int n;

	n = snprintf(out, NAME_MAX_LEN, "%s/%s/%s", d->base, tenant, key);
	assert(n > 0 && n < NAME_MAX_LEN);
	return out;
}

/* Too large is the same line for every adapter. */
static enum code
told(enum code code)
{
	if (code == CODE_RESOURCE_EXHAUSTED)
		log_error("store: an object is larger than its reader allows");
	return code;
}

static enum code
s3_store_put(void *ctx, const char *tenant, const char *key,
    const char *content_type, const void *p, size_t len)
{
	struct s3_body body = { .p = p == NULL ? "" : p, .len = (int64_t)len };
	struct store_s3 *d = ctx;
	char name[NAME_MAX_LEN];

	return s3_put(d->s3, name_of(d, name, tenant, key), content_type,
	    &body);
}

static enum code
s3_store_put_fd(void *ctx, const char *tenant, const char *key,
    const char *content_type, int fd, int64_t len)
{
	struct s3_body body = { .fd = fd, .len = len };
	struct store_s3 *d = ctx;
	char name[NAME_MAX_LEN];

	return s3_put(d->s3, name_of(d, name, tenant, key), content_type,
	    &body);
}

static enum code
s3_store_get(void *ctx, struct arena *a, const char *tenant, const char *key,
    size_t max, void **p, size_t *len)
{
	struct store_s3 *d = ctx;
	char name[NAME_MAX_LEN];

	return told(
	    s3_get(d->s3, a, name_of(d, name, tenant, key), max, p, len));
}

static enum code
s3_store_get_fd(void *ctx, const char *tenant, const char *key, int fd,
    int64_t max, int64_t *len)
{
	struct store_s3 *d = ctx;
	char name[NAME_MAX_LEN];

	return told(
	    s3_get_fd(d->s3, name_of(d, name, tenant, key), fd, max, len));
}

static enum code
s3_store_move(void *ctx, const char *tenant, const char *from, const char *to)
{
	struct store_s3 *d = ctx;
	char old[NAME_MAX_LEN], new[NAME_MAX_LEN];
	enum code code;

	(void)name_of(d, old, tenant, from);
	code = s3_copy(d->s3, old, name_of(d, new, tenant, to));
	return code == CODE_OK ? s3_delete(d->s3, old) : code;
}

static enum code
s3_store_del(void *ctx, const char *tenant, const char *key)
{
	struct store_s3 *d = ctx;
	char name[NAME_MAX_LEN];

	return s3_delete(d->s3, name_of(d, name, tenant, key));
}

static enum code
s3_store_exists(void *ctx, const char *tenant, const char *key, int64_t *len)
{
	struct store_s3 *d = ctx;
	char name[NAME_MAX_LEN];

	return s3_head(d->s3, name_of(d, name, tenant, key), len);
}

static int
by_key(const void *x, const void *y)
{
	const struct store_item *a = x, *b = y;

	return strcmp(a->key, b->key);
}

static enum code
s3_store_items(void *ctx, struct arena *a, const char *tenant,
    const char *prefix, struct store_item **items, size_t *nitems)
{
	struct store_s3 *d = ctx;
	struct s3_listing l;
	const char *root;
	enum code code;
	size_t i, len, n;

	root = arena_printf(a, "%s/%s/", d->base, tenant);
	len = strlen(root);
	code =
	    s3_list(d->s3, a, arena_printf(a, "%s%s", root, prefix), NULL, &l);
	if (code != CODE_OK)
		return code;
	*items = arena_calloc(a, l.nitems + 1, sizeof(**items));
	for (i = n = 0; i < l.nitems; i++) {
		if (!str_starts(l.items[i].key, root) ||
		    !str_starts(l.items[i].key + len, prefix) ||
		    !store_key_ok(l.items[i].key + len))
			continue;
		(*items)[n].key = l.items[i].key + len;
		(*items)[n].len = l.items[i].len;
		(*items)[n++].modified_at = l.items[i].modified_at;
	}
	qsort(*items, n, sizeof(**items), by_key);
	*nitems = n;
	return CODE_OK;
}

static int
by_text(const void *x, const void *y)
{
	const char *const *a = x, *const *b = y;

	return strcmp(*a, *b);
}

/* The tenant of "BASE/TENANT/"; NULL for what is none. */
static const char *
tenant_of(const struct store_s3 *d, struct arena *a, const char *prefix)
{
	size_t len, base;
	char *tenant;

	base = strlen(d->base) + 1;
	len = strlen(prefix);
	if (len != base + STR_UUID_LEN + 1 || !str_starts(prefix, d->base))
		return NULL;
	tenant = arena_strndup(a, prefix + base, STR_UUID_LEN);
	return str_is_uuid(tenant) ? tenant : NULL;
}

static enum code
s3_store_tenants(void *ctx, struct arena *a, const char ***tenants)
{
	struct store_s3 *d = ctx;
	struct s3_listing l;
	const char *tenant;
	enum code code;
	size_t i, n;

	code = s3_list(d->s3, a, arena_printf(a, "%s/", d->base), "/", &l);
	if (code != CODE_OK)
		return code;
	*tenants = arena_calloc(a, l.nprefixes + 1, sizeof(**tenants));
	for (i = n = 0; i < l.nprefixes; i++)
		if ((tenant = tenant_of(d, a, l.prefixes[i])) != NULL)
			(*tenants)[n++] = tenant;
	qsort(*tenants, n, sizeof(**tenants), by_text);
	return CODE_OK;
}

static enum code
s3_store_clean(void *ctx, int64_t age_s)
{
	struct store_s3 *d = ctx;
	enum code code;
	char *prefix;

	prefix = xasprintf("%s/", d->base);
	code = s3_multi_clean(d->s3, prefix, age_s);
	free(prefix);
	return code;
}

/* --- signed URLs ---------------------------------------------------------- */

/* RFC 6266; a name of more than ASCII in both forms (RFC 8187). */
static const char *
disposition(struct arena *a, const char *name)
{
	char *plain, *p;
	bool same;

	if (name == NULL || name[0] == '\0')
		return "attachment";
	plain = arena_strdup(a, name);
	for (p = plain; *p != '\0'; p++)
		if (*p < 0x20 || *p > 0x7e || *p == '"' || *p == '\\')
			*p = '_';
	same = strcmp(plain, name) == 0;
	return arena_printf(a, "attachment; filename=\"%s\"%s%s", plain,
	    same ? "" : "; filename*=UTF-8''",
	    same ? "" : str_url_encode(a, name));
}

static char *
s3_store_sign_get(void *ctx, struct arena *a, const char *tenant,
    const char *key, const char *filename, int64_t expires_at)
{
	struct store_s3 *d = ctx;
	char name[NAME_MAX_LEN];

	if (filename != NULL &&
	    (!utf8_valid(filename, strlen(filename)) ||
		!utf8_is_printable(filename)))
		return NULL;
	return s3_url_get(d->s3, a, name_of(d, name, tenant, key),
	    disposition(a, filename), expires_at);
}

static char *
s3_store_sign_put(void *ctx, struct arena *a, const char *tenant,
    const char *key, const char *content_type, int64_t len, int64_t expires_at)
{
	struct store_s3 *d = ctx;
	char name[NAME_MAX_LEN];

	if (!utf8_is_printable(content_type))
		return NULL;
	return s3_url_put(d->s3, a, name_of(d, name, tenant, key), content_type,
	    len, expires_at);
}

const struct store_ops store_s3_ops = {
	.open = s3_store_open,
	.until = s3_store_until,
	.origin = s3_store_origin,
	.put = s3_store_put,
	.put_fd = s3_store_put_fd,
	.get = s3_store_get,
	.get_fd = s3_store_get_fd,
	.move = s3_store_move,
	.del = s3_store_del,
	.exists = s3_store_exists,
	.items = s3_store_items,
	.tenants = s3_store_tenants,
	.clean = s3_store_clean,
	.sign_get = s3_store_sign_get,
	.sign_put = s3_store_sign_put,
	.close = s3_store_close,
};

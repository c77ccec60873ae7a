/*
 * Object storage: checks keys and tenants once, for every adapter, and hands
 * the action on. No caller-supplied text reaches an adapter unchecked.
 */
#include "net/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "base/utf8.h"
#include "base/xmalloc.h"
#include "net/s3.h"
#include "net/store_dir.h"
#include "net/store_s3.h"

struct store {
	const struct store_ops *ops;
	void *ctx;
};

/* Sorted by what people upload most; the rest is a stream of bytes. */
static const struct {
	const char *suffix;
	const char *type;
} types[] = {
	{ ".json", "application/json" },
	{ ".zip", "application/zip" },
	{ ".pdf", "application/pdf" },
	{ ".docx",
	    "application/vnd.openxmlformats-officedocument."
	    "wordprocessingml.document" },
	{ ".txt", "text/plain" },
	{ ".md", "text/markdown" },
	{ ".html", "text/html" },
	{ ".epub", "application/epub+zip" },
	{ ".png", "image/png" },
	{ ".jpg", "image/jpeg" },
	{ ".jpeg", "image/jpeg" },
	{ ".webp", "image/webp" },
	{ ".mp4", "video/mp4" },
	{ ".mov", "video/quicktime" },
	{ ".mp3", "audio/mpeg" },
	{ ".wav", "audio/wav" },
};

/* One key without the other would mean the directory, silently. */
static bool
half_configured(const struct conf *conf)
{
	return !s3_wanted(conf) &&
	    (!str_is_empty(conf_text(conf, "s3.access_key")) ||
		!str_is_empty(conf_text(conf, "s3.secret_key")));
}

struct store *
store_open(const struct conf *conf)
{
	const struct store_ops *ops;
	struct store *s;
	void *ctx;

	if (half_configured(conf)) {
		log_error("store: s3.access_key and s3.secret_key go together");
		return NULL;
	}
	ops = s3_wanted(conf) ? &store_s3_ops : &store_dir_ops;
	if ((ctx = ops->open(conf)) == NULL)
		return NULL;
	s = xcalloc(1, sizeof(*s));
	s->ops = ops;
	s->ctx = ctx;
	return s;
}

void
store_close(struct store *s)
{
	if (s == NULL)
		return;
	s->ops->close(s->ctx);
	free(s);
}

void
store_until(struct store *s, int64_t until_ms)
{
	if (s != NULL && s->ops->until != NULL)
		s->ops->until(s->ctx, until_ms);
}

char *
store_origin(struct store *s, struct arena *a)
{
	return s->ops->origin(s->ctx, a);
}

static bool
segment_ok(const char *p, size_t len)
{
	if (len == 0 || len > STORE_SEGMENT_MAX)
		return false;
	return !(p[0] == '.' && (len == 1 || (len == 2 && p[1] == '.')));
}

bool
store_key_ok(const char *key)
{
	size_t len, n;

	if (key == NULL || (len = strlen(key)) == 0 || len > STORE_KEY_MAX)
		return false;
	if (!utf8_valid(key, len) || !utf8_is_printable(key) ||
	    strchr(key, '\\') != NULL)
		return false;
	for (;; key += n + 1) {
		n = strcspn(key, "/");
		if (!segment_ok(key, n))
			return false;
		if (key[n] == '\0')
			return true;
	}
}

/* Whether the object may be named at all; a refusal is logged. */
static bool
named(const char *tenant, const char *key)
{
	if (tenant != NULL && str_is_uuid(tenant) && store_key_ok(key))
		return true;
	log_error("store: refused an object name");
	return false;
}

/* A prefix is "", or a key, or a key with a slash behind it. */
static bool
prefix_ok(const char *tenant, const char *prefix)
{
	char key[STORE_KEY_MAX + 1];
	size_t len;

	len = strlen(prefix);
	if (len == 0)
		return tenant != NULL && str_is_uuid(tenant);
	if (len > STORE_KEY_MAX)
		return named(NULL, NULL);
	len -= prefix[len - 1] == '/';
	memcpy(key, prefix, len);
	key[len] = '\0';
	return named(tenant, key);
}

enum code
store_put(struct store *s, const char *tenant, const char *key,
    const char *content_type, const void *p, size_t len)
{
	if (!named(tenant, key))
		return CODE_INVALID_ARGUMENT;
	return s->ops->put(s->ctx, tenant, key, content_type, p, len);
}

static enum code
no_file(const char *what)
{
	log_error("store: %s: %s", what, strerror(errno));
	return CODE_UNAVAILABLE;
}

enum code
store_put_fd(struct store *s, const char *tenant, const char *key,
    const char *content_type, int fd)
{
	struct stat st;

	if (!named(tenant, key))
		return CODE_INVALID_ARGUMENT;
	if (fstat(fd, &st) == -1)
		return no_file("a file to store");
	return s->ops->put_fd(s->ctx, tenant, key, content_type, fd,
	    st.st_size);
}

enum code
store_put_file(struct store *s, const char *tenant, const char *key,
    const char *content_type, const char *path)
{
	enum code code;
	int fd;

	if (!named(tenant, key))
		return CODE_INVALID_ARGUMENT;
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return no_file("opening a file to store");
	code = store_put_fd(s, tenant, key, content_type, fd);
	(void)close(fd);
	return code;
}

enum code
store_put_json(struct store *s, const char *tenant, const char *key,
    const struct json *j)
{
	struct buf b = BUF_INIT;
	enum code code;

	json_write(&b, j, JSON_PRETTY);
	code = store_put(s, tenant, key, "application/json", b.data, b.len);
	buf_free(&b);
	return code;
}

enum code
store_get(struct store *s, struct arena *a, const char *tenant, const char *key,
    size_t max, void **p, size_t *len)
{
	if (!named(tenant, key))
		return CODE_INVALID_ARGUMENT;
	return s->ops->get(s->ctx, a, tenant, key, max, p, len);
}

enum code
store_get_fd(struct store *s, const char *tenant, const char *key, int fd,
    int64_t max, int64_t *len)
{
	if (!named(tenant, key))
		return CODE_INVALID_ARGUMENT;
	return s->ops->get_fd(s->ctx, tenant, key, fd, max, len);
}

enum code
store_get_json(struct store *s, struct arena *a, const char *tenant,
    const char *key, size_t max, struct json **j)
{
	const char *error;
	struct json *root;
	enum code code;
	size_t len;
	void *p;

	code = store_get(s, a, tenant, key, max, &p, &len);
	if (code != CODE_OK)
		return code;
	if ((root = json_parse(a, p, len, NULL, &error)) == NULL) {
		log_error("store: %s: %s", "an object is no JSON", error);
		return CODE_DATA_LOSS;
	}
	*j = root;
	return CODE_OK;
}

enum code
store_move(struct store *s, const char *tenant, const char *from,
    const char *to)
{
	if (!named(tenant, from) || !named(tenant, to))
		return CODE_INVALID_ARGUMENT;
	return s->ops->move(s->ctx, tenant, from, to);
}

enum code
store_delete(struct store *s, const char *tenant, const char *key)
{
	if (!named(tenant, key))
		return CODE_INVALID_ARGUMENT;
	return s->ops->del(s->ctx, tenant, key);
}

enum code
store_exists(struct store *s, const char *tenant, const char *key, int64_t *len)
{
	int64_t unused;

	if (!named(tenant, key))
		return CODE_INVALID_ARGUMENT;
	return s->ops->exists(s->ctx, tenant, key, len == NULL ? &unused : len);
}

enum code
store_items(struct store *s, struct arena *a, const char *tenant,
    const char *prefix, struct store_item **items, size_t *nitems)
{
	if (!prefix_ok(tenant, prefix))
		return CODE_INVALID_ARGUMENT;
	return s->ops->items(s->ctx, a, tenant, prefix, items, nitems);
}

enum code
store_list(struct store *s, struct arena *a, const char *tenant,
    const char *prefix, const char ***keys)
{
	struct store_item *items;
	enum code code;
	size_t i, n;

	code = store_items(s, a, tenant, prefix, &items, &n);
	if (code != CODE_OK)
		return code;
	*keys = arena_calloc(a, n + 1, sizeof(**keys));
	for (i = 0; i < n; i++)
		(*keys)[i] = items[i].key;
	return CODE_OK;
}

/* Goes on after a failure, so that one stubborn object keeps no other. */
enum code
store_delete_all(struct store *s, const char *tenant, const char *prefix)
{
	struct store_item *items;
	enum code code, one;
	struct arena *a;
	size_t i, n;

	a = arena_new();
	n = 0;
	code = store_items(s, a, tenant, prefix, &items, &n);
	for (i = 0; i < n; i++)
		if ((one = s->ops->del(s->ctx, tenant, items[i].key)) !=
		    CODE_OK)
			code = one;
	arena_free(a);
	return code;
}

enum code
store_tenants(struct store *s, struct arena *a, const char ***tenants)
{
	return s->ops->tenants(s->ctx, a, tenants);
}

enum code
store_clean(struct store *s, int64_t age_s)
{
	return s->ops->clean(s->ctx, age_s);
}

char *
store_sign_get(struct store *s, struct arena *a, const char *tenant,
    const char *key, const char *filename, int64_t expires_at)
{
	if (!named(tenant, key))
		return NULL;
	return s->ops->sign_get(s->ctx, a, tenant, key, filename, expires_at);
}

char *
store_sign_put(struct store *s, struct arena *a, const char *tenant,
    const char *key, const char *content_type, int64_t len, int64_t expires_at)
{
	if (!named(tenant, key) || len < 0)
		return NULL;
	return s->ops->sign_put(s->ctx, a, tenant, key, content_type, len,
	    expires_at);
}

const char *
store_type(const char *key)
{
	size_t i, len, n;

	len = strlen(key);
	for (i = 0; i < NITEMS(types); i++) {
		n = strlen(types[i].suffix);
		if (len > n && str_ieq(key + len - n, types[i].suffix))
			return types[i].type;
	}
	return "application/octet-stream";
}

/*
 * Object storage in a directory. An object is a file, written beside the
 * tree (BASE/.tmp), synced and renamed, so that a reader or a crash sees the
 * old object or the new one. Directories appear with their first object and
 * go with their last.
 *
 * Signed URLs stand in for an object server's: an HMAC over method, object,
 * time, content type, length and file name.
 */
#include "net/store_dir.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "base/utf8.h"
#include "net/crypt.h"

#define TMP_DIR	   ".tmp"
#define SECRET_MIN 16
#define MAX_LEVELS 64
#define TRIES	   16 /* a delete may take a directory away again and again */

struct store_dir {
	int root;     /* the base directory */
	char *base;   /* its name in addresses: "data" */
	char *secret; /* NULL: nothing can be signed */
	char *origin; /* "https://api.example.org" */
};

struct store_writer {
	struct store_dir *dir;
	int fd;
	char name[sizeof(TMP_DIR) + 1 + STR_UUID_LEN];
};

static enum code
failed(const char *what)
{
	log_error("store: %s: %s", what, strerror(errno));
	return CODE_UNAVAILABLE;
}

/* TENANT/KEY; the caller has checked both, so it always fits. */
static void
object_path(char out[PATH_MAX], const char *tenant, const char *key)
{
	int n;

	n = snprintf(out, PATH_MAX, "%s/%s", tenant, key);
	assert(n > 0 && n < PATH_MAX);
}

/* mkdir -p of path below dirfd; a final component without slash is left. */
static int
make_parents(int dirfd, const char *path)
{
	char part[PATH_MAX];
	const char *slash;
	size_t len;

	for (slash = strchr(path, '/'); slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		len = (size_t)(slash - path);
		if (len == 0)
			continue;
		if (len >= sizeof(part)) {
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(part, path, len);
		part[len] = '\0';
		if (mkdirat(dirfd, part, 0750) == -1 && errno != EEXIST)
			return -1;
	}
	return 0;
}

/* Makes the names durable that lead to path, from its directory upwards. */
static int
sync_parents(int root, const char *path, bool all)
{
	char part[PATH_MAX];
	char *slash;
	int fd, rc;

	(void)snprintf(part, sizeof(part), "%s", path);
	do {
		slash = strrchr(part, '/');
		if (slash != NULL)
			*slash = '\0';
		fd = openat(root, slash == NULL ? "." : part,
		    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd == -1)
			return errno == ENOENT ? 0 : -1;
		rc = fsync(fd);
		(void)close(fd);
		if (rc == -1)
			return -1;
	} while (all && slash != NULL);
	return 0;
}

static int
open_root(const char *dir, const char *base)
{
	char *path;
	int fd;

	path = xasprintf("%s/%s/" TMP_DIR "/", dir, base);
	fd = -1;
	if (make_parents(AT_FDCWD, path) == 0) {
		path[strlen(path) - strlen(TMP_DIR) - 2] = '\0';
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	free(path);
	return fd;
}

struct store_dir *
store_dir_open(const struct conf *conf)
{
	const char *dir, *base, *secret;
	struct store_dir *d;
	int fd;

	dir = conf_text(conf, "store.dir");
	base = conf_text(conf, "store.base");
	secret = conf_text(conf, "store.secret");
	if (dir == NULL || !store_key_ok(base)) {
		log_error("store: store.dir or store.base is not usable");
		return NULL;
	}
	if (secret != NULL && strlen(secret) < SECRET_MIN) {
		log_error("store: store.secret is shorter than %d characters",
		    SECRET_MIN);
		return NULL;
	}
	if ((fd = open_root(dir, base)) == -1) {
		(void)failed(dir);
		return NULL;
	}
	d = xcalloc(1, sizeof(*d));
	d->root = fd;
	d->base = xstrdup(base);
	d->secret = secret == NULL ? NULL : xstrdup(secret);
	d->origin = xstrdup(conf_text(conf, "url.api"));
	return d;
}

void
store_dir_close(struct store_dir *d)
{
	if (d == NULL)
		return;
	(void)close(d->root);
	if (d->secret != NULL)
		crypt_wipe(d->secret, strlen(d->secret));
	free(d->secret);
	free(d->base);
	free(d->origin);
	free(d);
}

struct store_writer *
store_dir_writer(struct store_dir *d)
{
	char id[STR_UUID_LEN + 1];
	struct store_writer *w;

	w = xcalloc(1, sizeof(*w));
	w->dir = d;
	str_uuid_new(id);
	(void)snprintf(w->name, sizeof(w->name), TMP_DIR "/%s", id);
	w->fd = openat(d->root, w->name,
	    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (w->fd != -1)
		return w;
	(void)failed("temporary file");
	free(w);
	return NULL;
}

int
store_dir_write(struct store_writer *w, const void *p, size_t len)
{
	if (fd_write(w->fd, p, len) == -1) {
		(void)failed("write");
		return -1;
	}
	return 0;
}

void
store_dir_abort(struct store_writer *w)
{
	if (w == NULL)
		return;
	if (w->fd != -1)
		(void)close(w->fd);
	(void)unlinkat(w->dir->root, w->name, 0);
	free(w);
}

/* Renames a file into place, making directories as needed. */
static int
place(int root, const char *from, const char *path)
{
	bool made;
	int i;

	made = false;
	for (i = 0; i < TRIES; i++) {
		if (renameat(root, from, root, path) == 0)
			return sync_parents(root, path, made);
		if (errno != ENOENT)
			return -1;
		/* What was just made may have been taken away as well. */
		if (make_parents(root, path) == -1 && errno != ENOENT)
			return -1;
		made = true;
	}
	return -1;
}

enum code
store_dir_commit(struct store_writer *w, const char *tenant, const char *key)
{
	char path[PATH_MAX];
	enum code code;
	int rc;

	if (!str_is_uuid(tenant) || !store_key_ok(key)) {
		store_dir_abort(w);
		return CODE_INVALID_ARGUMENT;
	}
	object_path(path, tenant, key);
	code = CODE_OK;
	rc = fsync(w->fd);
	if (close(w->fd) == -1)
		rc = -1;
	w->fd = -1;
	if (rc == -1 || place(w->dir->root, w->name, path) == -1)
		code = failed("writing an object");
	store_dir_abort(w); /* the name is gone when all went well */
	return code;
}

static enum code
dir_put(void *ctx, const char *tenant, const char *key,
    const char *content_type, const void *p, size_t len)
{
	struct store_writer *w;

	(void)content_type; /* the end of the key tells it again */
	if ((w = store_dir_writer(ctx)) == NULL)
		return CODE_UNAVAILABLE;
	if (store_dir_write(w, p, len) == -1) {
		store_dir_abort(w);
		return CODE_UNAVAILABLE;
	}
	return store_dir_commit(w, tenant, key);
}

/* len bytes of fd from its start. */
static int
copy(struct store_writer *w, int fd, int64_t len)
{
	char part[65536];
	int64_t at;
	ssize_t n;

	for (at = 0; at < len; at += n) {
		n = pread(fd, part, sizeof(part), (off_t)at);
		if (n == -1 && errno == EINTR) {
			n = 0;
			continue;
		}
		if (n <= 0) {
			errno = n == 0 ? EIO : errno;
			(void)failed("reading a file to store");
			return -1;
		}
		if (store_dir_write(w, part, (size_t)n) == -1)
			return -1;
	}
	return 0;
}

static enum code
dir_put_fd(void *ctx, const char *tenant, const char *key,
    const char *content_type, int fd, int64_t len)
{
	struct store_writer *w;

	(void)content_type;
	if ((w = store_dir_writer(ctx)) == NULL)
		return CODE_UNAVAILABLE;
	if (copy(w, fd, len) == 0)
		return store_dir_commit(w, tenant, key);
	store_dir_abort(w);
	return CODE_UNAVAILABLE;
}

enum code
store_dir_object(struct store_dir *d, const char *tenant, const char *key,
    struct store_object *out)
{
	char path[PATH_MAX];
	struct stat st;
	int fd;

	if (!str_is_uuid(tenant) || !store_key_ok(key))
		return CODE_INVALID_ARGUMENT;
	object_path(path, tenant, key);
	fd = openat(d->root, path,
	    O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd == -1)
		return errno == ENOENT || errno == ENOTDIR || errno == ELOOP
		    ? CODE_NOT_FOUND
		    : failed("opening an object");
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		(void)close(fd);
		return CODE_NOT_FOUND;
	}
	out->fd = fd;
	out->len = st.st_size;
	out->modified_at =
	    (int64_t)st.st_mtim.tv_sec * 1000000 + st.st_mtim.tv_nsec / 1000;
	out->inode = st.st_ino;
	return CODE_OK;
}

static int
read_all(int fd, char *p, size_t len)
{
	ssize_t n;

	for (; len > 0; p += n, len -= (size_t)n) {
		n = read(fd, p, len);
		if (n == 0)
			errno = EIO; /* shorter than it was */
		if (n == 0 || (n == -1 && errno != EINTR))
			return -1;
		if (n == -1)
			n = 0;
	}
	return 0;
}

static enum code
dir_get(void *ctx, struct arena *a, const char *tenant, const char *key,
    size_t max, void **p, size_t *len)
{
	struct store_object o;
	enum code code;
	char *data;

	code = store_dir_object(ctx, tenant, key, &o);
	if (code != CODE_OK)
		return code;
	if ((uint64_t)o.len > max) {
		(void)close(o.fd);
		log_error("store: an object is larger than its reader allows");
		return CODE_RESOURCE_EXHAUSTED;
	}
	data = arena_alloc(a, (size_t)o.len + 1);
	if (read_all(o.fd, data, (size_t)o.len) == -1)
		code = failed("reading an object");
	(void)close(o.fd);
	if (code != CODE_OK)
		return code;
	data[o.len] = '\0';
	*p = data;
	*len = (size_t)o.len;
	return CODE_OK;
}

/* Everything of one file to another; -1 leaves the other as it was. */
static int
pour(int from, int to)
{
	char part[65536];
	off_t start;
	ssize_t n;

	start = lseek(to, 0, SEEK_CUR);
	do {
		n = read(from, part, sizeof(part));
		if (n > 0 && fd_write(to, part, (size_t)n) == -1)
			break;
	} while (n > 0 || (n == -1 && errno == EINTR));
	if (n == 0)
		return 0;
	(void)failed("reading an object");
	if (start == -1 || ftruncate(to, start) == -1 ||
	    lseek(to, start, SEEK_SET) == -1)
		(void)failed("taking back a file");
	return -1;
}

static enum code
dir_get_fd(void *ctx, const char *tenant, const char *key, int fd, int64_t max,
    int64_t *len)
{
	struct store_object o;
	enum code code;

	code = store_dir_object(ctx, tenant, key, &o);
	if (code != CODE_OK)
		return code;
	if (o.len > max) {
		log_error("store: an object is larger than its reader allows");
		code = CODE_RESOURCE_EXHAUSTED;
	} else if (pour(o.fd, fd) == -1) {
		code = CODE_UNAVAILABLE;
	} else {
		*len = o.len;
	}
	(void)close(o.fd);
	return code;
}

/* A name is gone: that stays so, and directories go with their last. */
static int
leave(int root, char *path)
{
	char *slash;

	if (sync_parents(root, path, false) == -1)
		return -1;
	while ((slash = strrchr(path, '/')) != NULL) {
		*slash = '\0';
		if (unlinkat(root, path, AT_REMOVEDIR) == -1)
			break; /* holds something still */
	}
	return 0;
}

static enum code
dir_move(void *ctx, const char *tenant, const char *from, const char *to)
{
	char old[PATH_MAX], new[PATH_MAX];
	struct store_dir *d = ctx;
	struct store_object o;
	enum code code;

	if ((code = store_dir_object(d, tenant, from, &o)) != CODE_OK)
		return code;
	(void)close(o.fd);
	object_path(old, tenant, from);
	object_path(new, tenant, to);
	if (place(d->root, old, new) == -1 || leave(d->root, old) == -1)
		return failed("moving an object");
	return CODE_OK;
}

static enum code
dir_del(void *ctx, const char *tenant, const char *key)
{
	struct store_dir *d = ctx;
	char path[PATH_MAX];

	object_path(path, tenant, key);
	if (unlinkat(d->root, path, 0) == -1) {
		if (errno == ENOENT || errno == ENOTDIR || errno == EISDIR)
			return CODE_OK;
		return failed("deleting an object");
	}
	return leave(d->root, path) == -1 ? failed("deleting an object")
					  : CODE_OK;
}

static enum code
dir_exists(void *ctx, const char *tenant, const char *key, int64_t *len)
{
	struct store_object o;
	enum code code;

	code = store_dir_object(ctx, tenant, key, &o);
	if (code != CODE_OK)
		return code;
	*len = o.len;
	(void)close(o.fd);
	return CODE_OK;
}

/* --- walking -------------------------------------------------------------- */

struct walk {
	struct arena *mem;
	const char *prefix;
	struct store_item *items;
	size_t nitems, cap;
};

static void
walk_add(struct walk *w, const char *key, const struct stat *st)
{
	struct store_item *item;

	if (w->nitems == w->cap) {
		w->items = arena_grow(w->mem, w->items, w->nitems,
		    w->cap == 0 ? 64 : w->cap * 2, sizeof(*w->items));
		w->cap = w->cap == 0 ? 64 : w->cap * 2;
	}
	item = &w->items[w->nitems++];
	item->key = arena_strdup(w->mem, key);
	item->len = st->st_size;
	item->modified_at =
	    (int64_t)st->st_mtim.tv_sec * 1000000 + st->st_mtim.tv_nsec / 1000;
}

static int walk_dir(struct walk *w, int fd, char *key, size_t len, int level);

/* One name of a directory; key[0..len) is the directory's own, with slash. */
static int
walk_name(struct walk *w, int dirfd, const char *name, char *key, size_t len,
    int level)
{
	size_t n, plen;
	struct stat st;
	int fd;

	n = strlen(name);
	if (len + n + 2 > STORE_KEY_MAX + 2)
		return 0;
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? 0 : -1;
	memcpy(key + len, name, n + 1);
	plen = strlen(w->prefix);
	if (S_ISREG(st.st_mode)) {
		if (strncmp(key, w->prefix, plen) == 0)
			walk_add(w, key, &st);
		return 0;
	}
	if (!S_ISDIR(st.st_mode) || level >= MAX_LEVELS)
		return 0;
	key[len + n] = '/';
	key[len + n + 1] = '\0';
	if (strncmp(key, w->prefix, plen < len + n + 1 ? plen : len + n + 1) !=
	    0)
		return 0;
	fd = openat(dirfd, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return errno == ENOENT ? 0 : -1;
	return walk_dir(w, fd, key, len + n + 1, level + 1);
}

/* Takes fd. */
static int
walk_dir(struct walk *w, int fd, char *key, size_t len, int level)
{
	struct dirent *e;
	DIR *dir;
	int rc;

	if ((dir = fdopendir(fd)) == NULL) {
		(void)close(fd);
		return -1;
	}
	rc = 0;
	while (rc == 0 && (e = readdir(dir)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			rc = walk_name(w, fd, e->d_name, key, len, level);
	(void)closedir(dir);
	return rc;
}

static int
by_key(const void *x, const void *y)
{
	const struct store_item *a = x, *b = y;

	return strcmp(a->key, b->key);
}

static enum code
dir_items(void *ctx, struct arena *a, const char *tenant, const char *prefix,
    struct store_item **items, size_t *nitems)
{
	struct walk w = { .mem = a, .prefix = prefix };
	struct store_dir *d = ctx;
	char key[STORE_KEY_MAX + 2];
	int fd;

	*items = NULL;
	*nitems = 0;
	fd = openat(d->root, tenant,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1 && errno == ENOENT)
		return CODE_OK;
	if (fd == -1 || walk_dir(&w, fd, key, 0, 0) == -1)
		return failed("listing objects");
	if (w.nitems > 0)
		qsort(w.items, w.nitems, sizeof(*w.items), by_key);
	*items = w.items;
	*nitems = w.nitems;
	return CODE_OK;
}

static int
by_text(const void *x, const void *y)
{
	const char *const *a = x, *const *b = y;

	return strcmp(*a, *b);
}

/* The names in a directory below the root that the test accepts, sorted. */
static enum code
names(struct store_dir *d, struct arena *a, const char *path, const char ***out)
{
	size_t n, cap;
	const char **v;
	struct dirent *e;
	DIR *dir;
	int fd;

	fd = openat(d->root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 || (dir = fdopendir(fd)) == NULL) {
		if (fd != -1)
			(void)close(fd);
		return failed("reading the storage directory");
	}
	v = arena_calloc(a, 1, sizeof(*v));
	n = cap = 0;
	while ((e = readdir(dir)) != NULL) {
		if (!str_is_uuid(e->d_name))
			continue;
		if (n == cap) {
			v = arena_grow(a, v, n, cap * 2 + 17, sizeof(*v));
			cap = cap * 2 + 16;
		}
		v[n++] = arena_strdup(a, e->d_name);
	}
	(void)closedir(dir);
	qsort(v, n, sizeof(*v), by_text);
	*out = v;
	return CODE_OK;
}

static enum code
dir_tenants(void *ctx, struct arena *a, const char ***tenants)
{
	return names(ctx, a, ".", tenants);
}

static enum code
dir_clean(void *ctx, int64_t age_s)
{
	struct store_dir *d = ctx;
	char path[PATH_MAX];
	const char **v;
	struct arena *a;
	struct stat st;
	enum code code;
	size_t i;

	a = arena_new();
	code = names(d, a, TMP_DIR, &v);
	for (i = 0; code == CODE_OK && v[i] != NULL; i++) {
		(void)snprintf(path, sizeof(path), TMP_DIR "/%s", v[i]);
		if (fstatat(d->root, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    st.st_mtim.tv_sec < clock_now_us() / 1000000 - age_s)
			(void)unlinkat(d->root, path, 0);
	}
	arena_free(a);
	return code;
}

/* --- signed URLs ---------------------------------------------------------- */

/* What a URL says, as text; "" for what it does not say. */
struct claim {
	const char *method;  /* GET or PUT */
	const char *object;  /* BASE/TENANT/KEY */
	const char *expires; /* seconds since 1970 */
	const char *type;
	const char *len;
	const char *name;
};

/* No part can hold a line feed, so the text means one thing only. */
static char *
signature(struct store_dir *d, struct arena *a, const struct claim *c)
{
	uint8_t mac[CRYPT_SHA256_LEN];
	char *text;

	text = arena_printf(a, "mirai-store-1\n%s\n%s\n%s\n%s\n%s\n%s",
	    c->method, c->object, c->expires, c->type, c->len, c->name);
	crypt_hmac_sha256(d->secret, strlen(d->secret), text, strlen(text),
	    mac);
	return str_hex(a, mac, sizeof(mac));
}

/* Percent-encoded, slashes kept. */
static void
put_path(struct buf *b, struct arena *a, const char *path)
{
	size_t n;

	for (;; path += n + 1) {
		n = strcspn(path, "/");
		buf_puts(b, str_url_encode(a, arena_strndup(a, path, n)));
		if (path[n] == '\0')
			return;
		buf_putc(b, '/');
	}
}

static void
put_field(struct buf *b, struct arena *a, const char *name, const char *value)
{
	if (value[0] != '\0')
		buf_printf(b, "&%s=%s", name, str_url_encode(a, value));
}

static char *
signed_url(struct store_dir *d, struct arena *a, const char *tenant,
    const char *key, int64_t expires_at, struct claim *c)
{
	struct buf *b;

	if (d->secret == NULL) {
		log_error("store: store.secret is not set");
		return NULL;
	}
	if (!utf8_is_printable(c->type) || !utf8_is_printable(c->name))
		return NULL;
	c->object = arena_printf(a, "%s/%s/%s", d->base, tenant, key);
	c->expires = arena_printf(a, "%lld",
	    (long long)((expires_at + 999999) / 1000000));
	b = buf_new(a);
	buf_printf(b, "%s" STORE_ROUTE, d->origin);
	put_path(b, a, c->object);
	buf_printf(b, "?expires=%s&sig=%s", c->expires, signature(d, a, c));
	put_field(b, a, "name", c->name);
	put_field(b, a, "type", c->type);
	put_field(b, a, "len", c->len);
	return arena_strdup(a, buf_str(b));
}

static char *
dir_sign_get(void *ctx, struct arena *a, const char *tenant, const char *key,
    const char *filename, int64_t expires_at)
{
	struct claim c = { .method = "GET",
		.type = "",
		.len = "",
		.name = filename == NULL ? "" : filename };

	return signed_url(ctx, a, tenant, key, expires_at, &c);
}

static char *
dir_sign_put(void *ctx, struct arena *a, const char *tenant, const char *key,
    const char *content_type, int64_t len, int64_t expires_at)
{
	struct claim c = { .method = "PUT", .type = content_type, .name = "" };

	c.len = arena_printf(a, "%lld", (long long)len);
	return signed_url(ctx, a, tenant, key, expires_at, &c);
}

/* One field of a query; NULL when malformed or given twice, "" when absent. */
static const char *
field(struct arena *a, const char *query, const char *name)
{
	const char *found, *p;
	size_t n, len;

	found = NULL;
	len = strlen(name);
	for (p = query; *p != '\0'; p += p[n] == '&' ? n + 1 : n) {
		n = strcspn(p, "&");
		if (n <= len || strncmp(p, name, len) != 0 || p[len] != '=')
			continue;
		if (found != NULL)
			return NULL;
		found = str_url_decode(a, p + len + 1, n - len - 1, true);
		if (found == NULL)
			return NULL;
	}
	return found == NULL ? "" : found;
}

static bool
read_claim(struct arena *a, const char *method, const char *query,
    struct claim *c, const char **sig)
{
	if (strcmp(method, "PUT") == 0)
		c->method = "PUT";
	else if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0)
		c->method = "GET";
	else
		return false;
	c->expires = field(a, query, "expires");
	c->type = field(a, query, "type");
	c->len = field(a, query, "len");
	c->name = field(a, query, "name");
	*sig = field(a, query, "sig");
	return c->expires != NULL && c->type != NULL && c->len != NULL &&
	    c->name != NULL && *sig != NULL && **sig != '\0';
}

/* Splits BASE/TENANT/KEY. */
static bool
read_object(struct store_dir *d, const char *object, struct store_grant *out)
{
	size_t len;

	len = strlen(d->base);
	if (strncmp(object, d->base, len) != 0 || object[len] != '/')
		return false;
	object += len + 1;
	if (strlen(object) < STR_UUID_LEN + 2 || object[STR_UUID_LEN] != '/')
		return false;
	memcpy(out->tenant, object, STR_UUID_LEN);
	out->tenant[STR_UUID_LEN] = '\0';
	out->key = object + STR_UUID_LEN + 1;
	return str_is_uuid(out->tenant) && store_key_ok(out->key);
}

enum code
store_dir_verify(struct store_dir *d, struct arena *a, const char *method,
    const char *path, const char *query, struct store_grant *out)
{
	struct claim c = { .method = NULL };
	int64_t expires, len;
	const char *sig;

	if (!str_starts(path, STORE_ROUTE))
		return CODE_NOT_FOUND;
	path += strlen(STORE_ROUTE);
	c.object = str_url_decode(a, path, strlen(path), false);
	if (c.object == NULL || !read_object(d, c.object, out))
		return CODE_NOT_FOUND;
	if (d->secret == NULL || !read_claim(a, method, query, &c, &sig) ||
	    !crypt_equal_str(sig, signature(d, a, &c)))
		return CODE_PERMISSION_DENIED;
	if (!str_to_i64(c.expires, 0, INT64_MAX / 1000000, &expires) ||
	    clock_now_us() >= expires * 1000000)
		return CODE_PERMISSION_DENIED;
	out->put = strcmp(c.method, "PUT") == 0;
	len = 0;
	if (out->put && !str_to_i64(c.len, 0, INT64_MAX, &len))
		return CODE_PERMISSION_DENIED;
	out->len = len;
	out->content_type = c.type;
	out->filename = c.name[0] == '\0' ? NULL : c.name;
	return CODE_OK;
}

static void *
dir_open(const struct conf *conf)
{
	return store_dir_open(conf);
}

/* That of url.api, which may have a path. */
static char *
dir_origin(void *ctx, struct arena *a)
{
	struct store_dir *d = ctx;
	const char *host;

	host = strstr(d->origin, "://");
	host = host == NULL ? d->origin : host + 3;
	return arena_strndup(a, d->origin,
	    (size_t)(host - d->origin) + strcspn(host, "/"));
}

static void
dir_close(void *ctx)
{
	store_dir_close(ctx);
}

const struct store_ops store_dir_ops = {
	.open = dir_open,
	.origin = dir_origin,
	.put = dir_put,
	.put_fd = dir_put_fd,
	.get = dir_get,
	.get_fd = dir_get_fd,
	.move = dir_move,
	.del = dir_del,
	.exists = dir_exists,
	.items = dir_items,
	.tenants = dir_tenants,
	.clean = dir_clean,
	.sign_get = dir_sign_get,
	.sign_put = dir_sign_put,
	.close = dir_close,
};

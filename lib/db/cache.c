/*
 * The per-host cache. Entries lie in SQLite; beside the file lies a page of
 * counters that all processes map ("PATH-count"). An entry counts only while
 * its generation there is the one it was stored with, so an invalidation is
 * one addition in memory.
 *
 * Counters and entries belong together by a random id in both, and to one boot
 * of the machine: when in doubt all entries are dropped. No failure leaves
 * this file.
 */
#include "db/cache.h"

#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "db/counters.h"
#include "db/lite.h"
#include "db/rate.h"
#include "net/crypt.h"

#define STALE_MS   (INT64_C(24) * 3600 * 1000)
#define BUSY_MS	   50
#define RETRY_MS   1000 /* between two tries to open a broken cache */
#define CHECK_MS   1000 /* between two looks whether the files are ours */
#define TOUCH_S	   60	/* use is noted at this grain */
#define TOUCHED	   32	/* and written in batches of this many */
#define EVICT	   64	/* entries dropped at a time */
#define CHECK_PUTS 16	/* writes between two looks at the size */
#define SCHEMA	   1

struct cache {
	char *path;
	int64_t max_bytes;

	pid_t pid; /* the process the rest belongs to */
	struct counters *count;
	struct lite *lite;
	uint64_t repairs; /* as it was when lite was opened */
	dev_t dev;
	ino_t ino; /* of the entries' file */
	int64_t checked_ms;
	int64_t failed_ms; /* when opening failed last */
	int64_t said_ms;   /* when a failure was logged last */

	int64_t touched[TOUCHED];
	size_t ntouched;
	unsigned puts;
};

enum query {
	Q_ID,
	Q_SET_ID,
	Q_WIPE,
	Q_WIPE_LOCKS,
	Q_GET,
	Q_PUT,
	Q_TOUCH,
	Q_EVICT,
	Q_EXPIRE,
	Q_EXPIRE_LOCKS,
	Q_LOCK,
	Q_UNLOCK,
	Q__MAX
};

static const char schema[] =
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER);"
    "CREATE TABLE entry (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE,"
    " generation INTEGER NOT NULL, version INTEGER NOT NULL,"
    " written INTEGER NOT NULL, expires INTEGER NOT NULL,"
    " used INTEGER NOT NULL, etag TEXT NOT NULL, data BLOB NOT NULL);"
    "CREATE INDEX entry_used ON entry (used);"
    "CREATE INDEX entry_expires ON entry (expires);"
    "CREATE TABLE lock (key TEXT PRIMARY KEY, id TEXT NOT NULL,"
    " expires INTEGER NOT NULL) WITHOUT ROWID;";

static const struct db_query queries[] = {
	[Q_ID] = {
	    .name = "cache_id",
	    .sql = "SELECT value FROM meta WHERE name = 'id'",
	},
	[Q_SET_ID] = {
	    .name = "cache_set_id",
	    .nargs = 1, /* id */
	    .sql = "INSERT INTO meta (name, value) VALUES ('id', ?1)"
		   " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
	},
	[Q_WIPE] = { .name = "cache_wipe", .sql = "DELETE FROM entry" },
	[Q_WIPE_LOCKS] = { .name = "cache_wipe_locks",
	    .sql = "DELETE FROM lock" },
	[Q_GET] = {
	    .name = "cache_get",
	    .nargs = 1, /* key */
	    .sql = "SELECT id, generation, version, written, expires, used,"
		   " etag, data FROM entry WHERE key = ?1",
	},
	[Q_PUT] = {
	    .name = "cache_put",
	    /* key, generation, version, written, expires, used, etag, data */
	    .nargs = 8,
	    .sql = "INSERT INTO entry (key, generation, version, written,"
		   " expires, used, etag, data)"
		   " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
		   " ON CONFLICT (key) DO UPDATE SET"
		   " generation = excluded.generation,"
		   " version = excluded.version, written = excluded.written,"
		   " expires = excluded.expires, used = excluded.used,"
		   " etag = excluded.etag, data = excluded.data",
	},
	[Q_TOUCH] = {
	    .name = "cache_touch",
	    .nargs = 2, /* id, used */
	    .sql = "UPDATE entry SET used = ?2 WHERE id = ?1",
	},
	[Q_EVICT] = {
	    .name = "cache_evict",
	    .nargs = 1, /* how many */
	    .sql = "DELETE FROM entry WHERE id IN"
		   " (SELECT id FROM entry ORDER BY used LIMIT ?1)",
	},
	[Q_EXPIRE] = {
	    .name = "cache_expire",
	    .nargs = 2, /* now, how many */
	    .sql = "DELETE FROM entry WHERE id IN"
		   " (SELECT id FROM entry WHERE expires <= ?1 LIMIT ?2)",
	},
	[Q_EXPIRE_LOCKS] = {
	    .name = "cache_expire_locks",
	    .nargs = 1, /* now */
	    .sql = "DELETE FROM lock WHERE expires <= ?1",
	},
	[Q_LOCK] = {
	    .name = "cache_lock",
	    .nargs = 4, /* key, id, expires, now */
	    .sql = "INSERT INTO lock (key, id, expires) VALUES (?1, ?2, ?3)"
		   " ON CONFLICT (key) DO UPDATE"
		   " SET id = excluded.id, expires = excluded.expires"
		   " WHERE lock.expires <= ?4",
	},
	[Q_UNLOCK] = {
	    .name = "cache_unlock",
	    .nargs = 2, /* key, id */
	    .sql = "DELETE FROM lock WHERE key = ?1 AND id = ?2",
	},
	[Q__MAX] = { 0 },
};

static int64_t
wall_ms(void)
{
	return clock_now_us() / 1000;
}

/* A failing cache is said once a minute, not with every request. */
static void
say(struct cache *c, const char *what)
{
	int64_t now;

	now = clock_mono_ms();
	if (c->said_ms != 0 && now - c->said_ms < 60000)
		return;
	c->said_ms = now;
	log_warn("cache %s: %s", c->path, what);
}

/* --- keys ------------------------------------------------------------------- */

static char *
full_key(struct arena *a, const char *tenant, const char *key)
{
	return tenant == NULL ? arena_strdup(a, key)
			      : arena_printf(a, "tenant:%s:%s", tenant, key);
}

static bool
is_sound(const char *tenant, const char *key)
{
	if (tenant == NULL || *tenant != '\0')
		return true;
	log_error("cache: key %.*s without its tenant", (int)strcspn(key, ":"),
	    key);
	return false;
}

/* --- opening and mending ---------------------------------------------------- */

static void
shut(struct cache *c)
{
	lite_close(c->lite);
	c->lite = NULL;
	counters_close(c->count);
	c->ntouched = 0;
}

/* Runs q with the integers given. */
static int
run_ints(struct cache *c, enum query q, int64_t one, int64_t two)
{
	struct lite_stmt *s;
	int rc;

	if ((s = lite_query(c->lite, &queries[q])) == NULL)
		return -1;
	if (queries[q].nargs > 0)
		lite_bind_int(s, 1, one);
	if (queries[q].nargs > 1)
		lite_bind_int(s, 2, two);
	while ((rc = lite_step(s)) == 1)
		continue;
	lite_done(s);
	return rc;
}

/* Entries that were made beside other counters say nothing. */
static int
match_id(struct cache *c)
{
	struct lite_stmt *s;
	int64_t id;
	int rc;

	if ((s = lite_query(c->lite, &queries[Q_ID])) == NULL)
		return -1;
	rc = lite_step(s);
	id = rc == 1 ? lite_int(s, 0) : -1;
	lite_done(s);
	if (rc == -1)
		return -1;
	if (id == (int64_t)counters_id(c->count))
		return 0;
	if (lite_begin(c->lite) == -1)
		return -1;
	rc = run_ints(c, Q_WIPE, 0, 0);
	if (rc == 0)
		rc = run_ints(c, Q_WIPE_LOCKS, 0, 0);
	if (rc == 0)
		rc = run_ints(c, Q_SET_ID, (int64_t)counters_id(c->count), 0);
	return lite_end(c->lite, rc);
}

static int
open_lite(struct cache *c, enum lite_fault *fault)
{
	const struct lite_opts opts = { .schema = schema,
		.version = SCHEMA,
		.busy_ms = BUSY_MS,
		.max_bytes = c->max_bytes };
	struct stat st;

	if ((c->lite = lite_open(c->path, &opts, fault)) == NULL)
		return -1;
	if (match_id(c) == 0 && stat(c->path, &st) == 0) {
		c->dev = st.st_dev;
		c->ino = st.st_ino;
		return 0;
	}
	*fault = lite_fault(c->lite);
	lite_close(c->lite);
	c->lite = NULL;
	return -1;
}

/* Makes way for a new file, with the lock held. */
static void
set_aside(struct cache *c)
{
	lite_set_aside(c->path);
	counters_repaired(c->count);
}

/* Opens both files, one process at a time; a damaged one is made anew. */
static int
open_files(struct cache *c)
{
	enum lite_fault fault;
	int rc;

	if (counters_open(c->count) == -1) {
		say(c, strerror(errno));
		return -1;
	}
	rc = open_lite(c, &fault);
	if (rc == -1 && fault == LITE_FAULT_DAMAGED) {
		say(c, "damaged; made anew");
		set_aside(c);
		rc = open_lite(c, &fault);
	}
	c->repairs = counters_repairs(c->count);
	counters_unlock(c->count);
	return rc;
}

/* Whether the paths still lead to the files that are open. */
static bool
is_ours(struct cache *c, int64_t now)
{
	struct stat st;

	if (counters_repairs(c->count) != c->repairs)
		return false;
	if (now - c->checked_ms < CHECK_MS)
		return true;
	c->checked_ms = now;
	return stat(c->path, &st) == 0 && st.st_dev == c->dev &&
	    st.st_ino == c->ino && counters_are_ours(c->count);
}

/* In a child after fork() the parent's handles are left alone. */
static void
leave_parent(struct cache *c)
{
	if (c->pid == getpid())
		return;
	c->pid = getpid();
	if (c->lite != NULL)
		lite_abandon(c->lite);
	c->lite = NULL;
	shut(c);
}

/* Whether the cache can be used now. Opens it, or opens it again, if need be. */
static bool
ready(struct cache *c)
{
	int64_t now;

	if (c == NULL || c->path == NULL)
		return false;
	leave_parent(c);
	now = clock_mono_ms();
	if (c->lite != NULL && is_ours(c, now))
		return true;
	if (c->lite == NULL && c->failed_ms != 0 &&
	    now - c->failed_ms < RETRY_MS)
		return false;
	shut(c);
	c->failed_ms = 0;
	c->checked_ms = now;
	if (open_files(c) == 0)
		return true;
	shut(c);
	c->failed_ms = now;
	return false;
}

/*
 * After a failed statement. A damaged file is set aside, unless another
 * process has done that already: then ready() opens the new one.
 */
static void
failed(struct cache *c)
{
	struct stat st;
	enum lite_fault fault;

	fault = lite_fault(c->lite);
	if (fault == LITE_FAULT_OTHER)
		say(c, "cannot be read or written");
	if (fault != LITE_FAULT_DAMAGED)
		return;
	say(c, "damaged; made anew");
	if (counters_lock(c->count) == 0) {
		if (counters_repairs(c->count) == c->repairs &&
		    stat(c->path, &st) == 0 && st.st_ino == c->ino)
			set_aside(c);
	}
	shut(c); /* releases the lock */
}

struct cache *
cache_open(const char *path, int64_t max_bytes)
{
	struct cache *c;
	char *count_path;

	c = xcalloc(1, sizeof(*c));
	c->pid = getpid();
	c->max_bytes = max_bytes;
	if (!str_is_empty(path)) {
		c->path = xstrdup(path);
		count_path = xasprintf("%s-count", path);
		c->count = counters_new(count_path);
		free(count_path);
	}
	return c;
}

void
cache_close(struct cache *c)
{
	if (c == NULL)
		return;
	leave_parent(c);
	shut(c);
	free(c->path);
	counters_free(c->count);
	free(c);
}

uint64_t
cache_epoch(const struct cache *c)
{
	return c == NULL || c->lite == NULL ? 0 : counters_epoch(c->count);
}

/* --- size ------------------------------------------------------------------- */

/* Notes in one transaction which entries were used. */
static void
write_touched(struct cache *c)
{
	size_t i;
	int rc;

	if (c->ntouched == 0 || lite_begin(c->lite) == -1)
		return;
	rc = 0;
	for (i = 0; i < c->ntouched && rc == 0; i++)
		rc = run_ints(c, Q_TOUCH, c->touched[i], wall_ms() / 1000);
	c->ntouched = 0; /* a lost note costs a little precision */
	if (lite_end(c->lite, rc) == -1)
		failed(c);
}

static void
touch(struct cache *c, int64_t id, int64_t used)
{
	if (wall_ms() / 1000 - used < TOUCH_S)
		return;
	c->touched[c->ntouched++] = id;
	if (c->ntouched == TOUCHED)
		write_touched(c);
}

/* Drops least recently used entries until the file is at most part in 16. */
static void
shrink(struct cache *c, int part)
{
	int64_t bound;

	if (c->max_bytes == 0)
		return;
	bound = c->max_bytes / 16 * part;
	while (lite_used(c->lite) > bound) {
		if (run_ints(c, Q_EVICT, EVICT, 0) == -1 ||
		    lite_changes(c->lite) == 0)
			return;
	}
}

static void
count_put(struct cache *c)
{
	if (++c->puts % CHECK_PUTS != 0)
		return;
	write_touched(c);
	if (c->lite != NULL && c->max_bytes != 0 &&
	    lite_used(c->lite) > c->max_bytes / 16 * 14)
		shrink(c, 12);
}

/* --- entries ---------------------------------------------------------------- */

struct found {
	int64_t id;
	int64_t version;
	int64_t used;
	const char *etag;
	int64_t written;
	const void *data;
	size_t len;
};

/*
 * Reads the row of a key into *f, borrowed until lite_done(*s): 1 there is a
 * valid entry, 0 there is none, -1 failed. *s is NULL only after a failure.
 */
static int
find(struct cache *c, const char *key, uint64_t gen, struct found *f,
    struct lite_stmt **s)
{
	int64_t now;
	int rc;

	if ((*s = lite_query(c->lite, &queries[Q_GET])) == NULL)
		return -1;
	lite_bind_text(*s, 1, key);
	if ((rc = lite_step(*s)) != 1)
		return rc;
	now = wall_ms();
	f->id = lite_int(*s, 0);
	f->version = lite_int(*s, 2);
	f->written = lite_int(*s, 3);
	f->used = lite_int(*s, 5);
	f->etag = lite_text(*s, 6);
	f->data = lite_blob(*s, 7, &f->len);
	return (uint64_t)lite_int(*s, 1) == gen && lite_int(*s, 4) > now &&
	    now - f->written < STALE_MS;
}

bool
cache_get(struct cache *c, struct arena *a, const char *tenant, const char *key,
    struct cache_entry *out)
{
	struct lite_stmt *s;
	struct found f;
	int rc;

	if (!is_sound(tenant, key) || !ready(c))
		return false;
	rc = find(c, full_key(a, tenant, key),
	    counters_generation(c->count, tenant, key), &f, &s);
	if (rc == 1) {
		out->data = arena_strndup(a, f.data, f.len);
		out->len = f.len;
		out->etag = arena_strdup(a, f.etag);
		out->written_ms = f.written;
		out->version = f.version;
	}
	if (s != NULL)
		lite_done(s);
	if (rc == -1)
		failed(c);
	else if (rc == 1)
		touch(c, f.id, f.used);
	return rc == 1;
}

int64_t
cache_generation(struct cache *c, const char *tenant, const char *key)
{
	if (!is_sound(tenant, key) || !ready(c))
		return -1;
	return (int64_t)counters_generation(c->count, tenant, key);
}

static uint32_t
fnv32(const void *p, size_t len)
{
	const uint8_t *s = p;
	uint32_t h;
	size_t i;

	h = UINT32_C(0x811c9dc5);
	for (i = 0; i < len; i++)
		h = (h ^ s[i]) * UINT32_C(0x01000193);
	return h;
}

struct value {
	const char *key;
	uint64_t generation;
	int64_t version;
	const void *data;
	size_t len;
	int64_t ttl_ms;
};

static int
store(struct cache *c, const struct value *v)
{
	struct lite_stmt *s;
	char etag[48];
	int64_t now, ttl;
	int rc;

	if ((s = lite_query(c->lite, &queries[Q_PUT])) == NULL)
		return -1;
	now = wall_ms();
	ttl = v->ttl_ms < STALE_MS ? v->ttl_ms : STALE_MS;
	snprintf(etag, sizeof(etag), "W/\"%08x-%llx\"",
	    (unsigned)fnv32(v->data, v->len), (unsigned long long)now);
	lite_bind_text(s, 1, v->key);
	lite_bind_int(s, 2, (int64_t)v->generation);
	lite_bind_int(s, 3, v->version);
	lite_bind_int(s, 4, now);
	lite_bind_int(s, 5, now + ttl);
	lite_bind_int(s, 6, now / 1000);
	lite_bind_text(s, 7, etag);
	lite_bind_blob(s, 8, v->data, v->len);
	rc = lite_step(s);
	lite_done(s);
	return rc;
}

/* Stores; a full cache makes room once. */
static int
store_room(struct cache *c, const struct value *v)
{
	int rc;

	rc = store(c, v);
	if (rc == -1 && lite_fault(c->lite) == LITE_FAULT_FULL) {
		shrink(c, 12);
		rc = store(c, v);
	}
	return rc;
}

static bool
is_too_big(const struct cache *c, size_t len)
{
	return c->max_bytes != 0 && (int64_t)len > c->max_bytes / 8;
}

void
cache_put(struct cache *c, const char *tenant, const char *key, int64_t gen,
    const void *data, size_t len, int64_t ttl_ms)
{
	struct value v = { 0 };
	struct arena *a;

	if (gen == -1 || !is_sound(tenant, key) || !ready(c) ||
	    is_too_big(c, len) ||
	    counters_generation(c->count, tenant, key) != (uint64_t)gen)
		return;
	a = arena_new();
	v.key = full_key(a, tenant, key);
	v.generation = (uint64_t)gen;
	v.data = data;
	v.len = len;
	v.ttl_ms = ttl_ms;
	if (store_room(c, &v) == -1)
		failed(c);
	else
		count_put(c);
	arena_free(a);
}

/* Inside a transaction: 1 stored, 0 the etag did not fit, -1 failed. */
static int
compare_and_store(struct cache *c, struct value *v, const char *etag)
{
	struct lite_stmt *s;
	struct found f;
	int rc;
	bool fits;

	rc = find(c, v->key, v->generation, &f, &s);
	fits =
	    rc == 1 ? etag != NULL && strcmp(f.etag, etag) == 0 : etag == NULL;
	v->version = rc == 1 ? f.version + 1 : 1;
	if (s != NULL)
		lite_done(s);
	if (rc == -1 || !fits)
		return rc == -1 ? -1 : 0;
	return store(c, v) == -1 ? -1 : 1;
}

bool
cache_put_if(struct cache *c, const char *tenant, const char *key,
    const char *etag, const void *data, size_t len, int64_t ttl_ms)
{
	struct value v = { 0 };
	struct arena *a;
	int rc;

	if (!is_sound(tenant, key) || !ready(c) || is_too_big(c, len))
		return false;
	a = arena_new();
	v.key = full_key(a, tenant, key);
	v.generation = counters_generation(c->count, tenant, key);
	v.data = data;
	v.len = len;
	v.ttl_ms = ttl_ms;
	rc = -1;
	if (lite_begin(c->lite) == 0) {
		rc = compare_and_store(c, &v, etag);
		if (lite_end(c->lite, rc == -1 ? -1 : 0) == -1)
			rc = -1;
	}
	if (rc == 1)
		counters_next_epoch(c->count);
	if (rc == -1)
		failed(c);
	else
		count_put(c);
	arena_free(a);
	return rc == 1;
}

void
cache_del(struct cache *c, const char *tenant, const char *key)
{
	if (is_sound(tenant, key) && ready(c))
		counters_bump(c->count, tenant, key, COUNTERS_KEY);
}

void
cache_drop(struct cache *c, const char *tenant, const char *group)
{
	if (is_sound(tenant, group) && ready(c))
		counters_bump(c->count, tenant, group, COUNTERS_GROUP);
}

int
cache_rate(struct cache *c, const char *key, unsigned limit,
    enum rate_span span)
{
	static struct rate own;

	return rate_take(ready(c) ? counters_rate(c->count) : &own, key, limit,
	    span, clock_mono_ms() / 1000);
}

/* --- locks ------------------------------------------------------------------ */

/* 1: taken; 0: someone holds it; -1: failed. */
static int
take_lock(struct cache *c, const char *key, const char *id, int64_t ttl_ms)
{
	struct lite_stmt *s;
	int64_t now;
	int rc;

	if ((s = lite_query(c->lite, &queries[Q_LOCK])) == NULL)
		return -1;
	now = wall_ms();
	lite_bind_text(s, 1, key);
	lite_bind_text(s, 2, id);
	lite_bind_int(s, 3, now + ttl_ms);
	lite_bind_int(s, 4, now);
	rc = lite_step(s);
	lite_done(s);
	return rc == -1 ? -1 : lite_changes(c->lite) == 1;
}

const char *
cache_lock(struct cache *c, struct arena *a, const char *key, int64_t ttl_ms)
{
	uint8_t raw[16];
	const char *id;
	int rc;

	crypt_random(raw, sizeof(raw));
	id = str_hex(a, raw, sizeof(raw));
	if (!ready(c))
		return id;
	rc = take_lock(c, key, id, ttl_ms);
	if (rc == -1 && lite_fault(c->lite) == LITE_FAULT_BUSY)
		return NULL;
	if (rc == -1)
		failed(c);
	return rc == 0 ? NULL : id;
}

bool
cache_unlock(struct cache *c, const char *key, const char *id)
{
	struct lite_stmt *s;
	int rc;

	if (!ready(c))
		return true;
	if ((s = lite_query(c->lite, &queries[Q_UNLOCK])) == NULL) {
		failed(c);
		return false;
	}
	lite_bind_text(s, 1, key);
	lite_bind_text(s, 2, id);
	rc = lite_step(s);
	lite_done(s);
	if (rc == -1) {
		failed(c);
		return false;
	}
	return lite_changes(c->lite) == 1;
}

/* --- cleaning --------------------------------------------------------------- */

void
cache_clean(struct cache *c)
{
	int64_t now;

	if (!ready(c))
		return;
	write_touched(c);
	if (c->lite == NULL)
		return;
	now = wall_ms();
	do {
		if (run_ints(c, Q_EXPIRE, now, EVICT) == -1) {
			failed(c);
			return;
		}
	} while (lite_changes(c->lite) == EVICT);
	if (run_ints(c, Q_EXPIRE_LOCKS, now, 0) == -1) {
		failed(c);
		return;
	}
	shrink(c, 14);
}

/* --- other hosts ------------------------------------------------------------ */

/* "g TENANT NAME" or "k TENANT NAME"; "-" stands for no tenant. */
char *
cache_message(struct arena *a, const char *tenant, const char *key,
    bool whole_group)
{
	return arena_printf(a, "%c %s %s",
	    whole_group ? COUNTERS_GROUP : COUNTERS_KEY,
	    tenant == NULL ? "-" : tenant, key);
}

void
cache_apply(struct cache *c, const char *message)
{
	char tenant[STR_UUID_LEN + 1];
	const char *start, *key;
	enum counters_mark mark;
	size_t len;

	if ((message[0] != COUNTERS_GROUP && message[0] != COUNTERS_KEY) ||
	    message[1] != ' ')
		return;
	mark = message[0] == COUNTERS_GROUP ? COUNTERS_GROUP : COUNTERS_KEY;
	start = message + 2;
	len = strcspn(start, " ");
	if (len >= sizeof(tenant) || start[len] != ' ' ||
	    start[len + 1] == '\0')
		return;
	memcpy(tenant, start, len);
	tenant[len] = '\0';
	key = start + len + 1;
	if (strcmp(tenant, "-") == 0 && ready(c))
		counters_bump(c->count, NULL, key, mark);
	else if (str_is_uuid(tenant) && ready(c))
		counters_bump(c->count, tenant, key, mark);
}

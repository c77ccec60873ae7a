/*
 * The per-host cache: keys, ages, guarded writes, locks, invalidation seen by
 * other processes, the bound, and what damage does (a miss, never more).
 */
#include "tests/test.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "db/cache.h"

#define T1     "aaaaaaaa-0000-4000-8000-000000000001"
#define T2     "bbbbbbbb-0000-4000-8000-000000000001"
#define MINUTE 60000

static struct arena *mem;
static const char *path;
static struct cache *c;

static void
put(struct cache *to, const char *tenant, const char *key, const char *value)
{
	cache_put(to, tenant, key, cache_generation(to, tenant, key), value,
	    strlen(value), MINUTE);
}

/* The value under key, or NULL. */
static const char *
get(struct cache *from, const char *tenant, const char *key)
{
	struct cache_entry e;

	return cache_get(from, mem, tenant, key, &e) ? e.data : NULL;
}

/* Runs sql on the file, past the cache. */
static void
sql(const char *text)
{
	sqlite3 *conn;

	CHECK(sqlite3_open(path, &conn) == SQLITE_OK);
	sqlite3_busy_timeout(conn, MINUTE);
	CHECK(sqlite3_exec(conn, text, NULL, NULL, NULL) == SQLITE_OK);
	sqlite3_close(conn);
}

static void
test_basics(void)
{
	struct cache_entry e;
	const char binary[] = "a\0b";

	CHECK(get(c, T1, "courses:all") == NULL);
	put(c, T1, "courses:all", "one");
	CHECK_STR(get(c, T1, "courses:all"), "one");
	CHECK(get(c, T2, "courses:all") == NULL);
	CHECK(get(c, NULL, "courses:all") == NULL);
	put(c, NULL, "user:tenant:x", "un-prefixed");
	CHECK_STR(get(c, NULL, "user:tenant:x"), "un-prefixed");
	put(c, T1, "courses:all", "two");
	CHECK_STR(get(c, T1, "courses:all"), "two");

	cache_put(c, T1, "binary", cache_generation(c, T1, "binary"), binary, 3,
	    MINUTE);
	CHECK(cache_get(c, mem, T1, "binary", &e));
	CHECK(e.len == 3 && memcmp(e.data, binary, 4) == 0);
	CHECK(str_starts(e.etag, "W/\"") && str_ends(e.etag, "\""));
	CHECK(e.version == 0);
	CHECK(clock_now_us() / 1000 - e.written_ms < MINUTE);
	put(c, T1, "empty", "");
	CHECK_STR(get(c, T1, "empty"), "");

	/* An empty tenant is a bug of the caller, and a miss. */
	put(c, "", "courses:all", "x");
	CHECK(get(c, "", "courses:all") == NULL);
}

static void
test_ages(void)
{
	cache_put(c, T1, "short", cache_generation(c, T1, "short"), "x", 1, 30);
	usleep(40000);
	CHECK(get(c, T1, "short") == NULL);
	put(c, T1, "minute", "x");
	CHECK(get(c, T1, "minute") != NULL);
	sql("UPDATE entry SET expires = expires - 60000"
	    " WHERE key LIKE '%:minute'");
	CHECK(get(c, T1, "minute") == NULL);

	/* No entry outlives a day, whatever it was promised. */
	cache_put(c, T1, "long", cache_generation(c, T1, "long"), "x", 1,
	    INT64_C(1000) * 24 * 3600 * 1000);
	CHECK(get(c, T1, "long") != NULL);
	sql("UPDATE entry SET written = written - 86400000,"
	    " expires = expires + 86400000 WHERE key LIKE '%:long'");
	CHECK(get(c, T1, "long") == NULL);
	cache_clean(c);
}

static void
test_invalidation(void)
{
	struct cache *other;
	uint64_t epoch;
	int64_t gen;

	other = cache_open(path, 0);
	put(c, T1, "courses:all", "x");
	put(c, T1, "courses:tag:a", "x");
	put(c, T1, "course:1", "x");
	put(c, T2, "courses:all", "x");
	CHECK(get(other, T1, "courses:tag:a") != NULL);
	epoch = cache_epoch(c);
	CHECK(epoch != 0 && epoch == cache_epoch(other));

	cache_drop(other, T1, "courses");
	CHECK(cache_epoch(c) != epoch);
	CHECK(get(c, T1, "courses:all") == NULL);
	CHECK(get(c, T1, "courses:tag:a") == NULL);
	CHECK(get(c, T1, "course:1") != NULL);
	CHECK(get(c, T2, "courses:all") != NULL);

	put(c, T1, "course:2", "x");
	epoch = cache_epoch(c);
	cache_del(other, T1, "course:1");
	CHECK(cache_epoch(c) != epoch);
	CHECK(get(c, T1, "course:1") == NULL);
	CHECK(get(c, T1, "course:2") != NULL);

	/* A slow reader does not overwrite an invalidation. */
	gen = cache_generation(c, T1, "course:1");
	cache_del(other, T1, "course:1");
	cache_put(c, T1, "course:1", gen, "old", 3, MINUTE);
	CHECK(get(c, T1, "course:1") == NULL);
	gen = cache_generation(c, T1, "courses:all");
	cache_drop(other, T1, "courses");
	cache_put(c, T1, "courses:all", gen, "old", 3, MINUTE);
	CHECK(get(c, T1, "courses:all") == NULL);
	cache_close(other);
}

static void
test_messages(void)
{
	static const char *const malformed[] = { "", "g", "g ", "x " T1 " a",
		"g " T1, "g " T1 " ", "g nobody courses", "k - ",
		"g aaaaaaaa-0000-4000-8000-0000000000011 courses" };
	uint64_t epoch;
	size_t i;

	put(c, T1, "courses:all", "x");
	put(c, T1, "course:1", "x");
	put(c, NULL, "user:tenant:1", "x");
	epoch = cache_epoch(c);
	for (i = 0; i < NITEMS(malformed); i++)
		cache_apply(c, malformed[i]);
	CHECK(cache_epoch(c) == epoch);
	cache_apply(c, cache_message(mem, T1, "courses", true));
	CHECK(get(c, T1, "courses:all") == NULL);
	CHECK(get(c, T1, "course:1") != NULL);
	cache_apply(c, cache_message(mem, T1, "course:1", false));
	CHECK(get(c, T1, "course:1") == NULL);
	cache_apply(c, cache_message(mem, NULL, "user:tenant:1", false));
	CHECK(get(c, NULL, "user:tenant:1") == NULL);
}

static void
test_guarded(void)
{
	struct cache_entry e;

	CHECK(!cache_put_if(c, T1, "cas", "W/\"0-0\"", "x", 1, MINUTE));
	CHECK(cache_put_if(c, T1, "cas", NULL, "a", 1, MINUTE));
	CHECK(!cache_put_if(c, T1, "cas", NULL, "b", 1, MINUTE));
	CHECK(cache_get(c, mem, T1, "cas", &e) && e.version == 1);
	CHECK(cache_put_if(c, T1, "cas", e.etag, "b", 1, MINUTE));
	CHECK(!cache_put_if(c, T1, "cas", e.etag, "c", 1, MINUTE));
	CHECK(cache_get(c, mem, T1, "cas", &e) && e.version == 2);
	CHECK_STR(e.data, "b");
	cache_del(c, T1, "cas");
	CHECK(!cache_put_if(c, T1, "cas", e.etag, "d", 1, MINUTE));
	CHECK(cache_put_if(c, T1, "cas", NULL, "d", 1, MINUTE));
}

static void
test_locks(void)
{
	struct cache *other;
	const char *id, *again;

	other = cache_open(path, 0);
	id = cache_lock(c, mem, "lock:x", MINUTE);
	CHECK(id != NULL && strlen(id) == 32);
	CHECK(cache_lock(other, mem, "lock:x", MINUTE) == NULL);
	CHECK(!cache_unlock(other, "lock:x", "nonsense"));
	CHECK(cache_unlock(other, "lock:x", id));
	CHECK(!cache_unlock(c, "lock:x", id));
	id = cache_lock(c, mem, "lock:x", 20);
	usleep(30000);
	again = cache_lock(other, mem, "lock:x", MINUTE);
	CHECK(again != NULL && strcmp(id, again) != 0);
	CHECK(!cache_unlock(c, "lock:x", id)); /* it ran out: not ours */
	CHECK(cache_unlock(other, "lock:x", again));
	cache_close(other);
}

/* --- several processes ------------------------------------------------------ */

/* Adds one to a number n times, by compare and set. */
static int
count_up(int n)
{
	struct cache_entry e;
	char *text;
	long value;
	int done;
	bool there;

	for (done = 0; done < n;) {
		there = cache_get(c, mem, T1, "number", &e);
		value = there ? strtol(e.data, NULL, 10) : 0;
		text = arena_printf(mem, "%ld", value + 1);
		done += cache_put_if(c, T1, "number", there ? e.etag : NULL,
		    text, strlen(text), MINUTE);
		arena_reset(mem);
	}
	return 0;
}

/* The handle of the parent is used on: it must notice the fork. */
static void
test_processes(void)
{
	enum {
		NPROC = 4,
		NTIMES = 50
	};
	pid_t pids[NPROC];
	int i, status;

	put(c, T1, "warm", "x");
	for (i = 0; i < NPROC; i++)
		if ((pids[i] = fork()) == 0)
			_exit(count_up(NTIMES));
	for (i = 0; i < NPROC; i++) {
		waitpid(pids[i], &status, 0);
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	CHECK_STR(get(c, T1, "number"), "200");
	CHECK_STR(get(c, T1, "warm"), "x");
}

/* Writes without end, in all the ways there are. */
static void
scribble(void)
{
	char key[32], *data;
	unsigned i;

	data = arena_zalloc(mem, 20000);
	for (i = 0;; i++) {
		snprintf(key, sizeof(key), "scribble:%u", i % 97);
		cache_put(c, T1, key, cache_generation(c, T1, key), data,
		    i % 20000, MINUTE);
		if (i % 7 == 0)
			(void)cache_put_if(c, T1, key, NULL, data, 10, MINUTE);
		if (i % 11 == 0)
			cache_drop(c, T1, "scribble");
		if (i % 13 == 0)
			(void)get(c, T1, key);
	}
}

static void
test_killed(void)
{
	pid_t pid;
	int i;

	for (i = 0; i < 15; i++) {
		if ((pid = fork()) == 0)
			scribble();
		usleep((useconds_t)(5000 + i * 1000));
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		put(c, T1, "after", "fine");
		CHECK_STR(get(c, T1, "after"), "fine");
	}
	CHECK(access(arena_printf(mem, "%s.bad", path), F_OK) == -1);
}

/* --- damage ----------------------------------------------------------------- */

static void
overwrite(const char *file, off_t at, size_t len)
{
	char junk[4096];
	int fd;

	memset(junk, 0xa5, sizeof(junk));
	fd = open(file, O_WRONLY | O_CLOEXEC);
	CHECK(fd != -1);
	for (; len > 0; len -= sizeof(junk), at += (off_t)sizeof(junk))
		if (pwrite(fd, junk, sizeof(junk), at) == -1)
			break;
	close(fd);
}

/* A new process finds the file as it is. */
static void
check_works(void)
{
	struct cache *fresh;

	fresh = cache_open(path, 0);
	put(fresh, T1, "works", "again");
	CHECK_STR(get(fresh, T1, "works"), "again");
	cache_close(fresh);
}

static void
test_damaged_closed(void)
{
	struct stat st;
	const char *bad;

	bad = arena_printf(mem, "%s.bad", path);
	cache_close(c);
	overwrite(path, 0, 65536);
	check_works();
	CHECK(stat(bad, &st) == 0);
	(void)unlink(bad);

	/* No database at all, and an empty one. */
	overwrite(path, 0, 4096);
	CHECK(truncate(path, 10) == 0);
	check_works();
	CHECK(truncate(path, 0) == 0);
	check_works();
	c = cache_open(path, 0);
	put(c, T1, "x", "x");
	CHECK_STR(get(c, T1, "x"), "x");
}

/* Under a process that has it open. */
static void
test_damaged_open(void)
{
	char key[32];
	char *data;
	int i, again;

	data = arena_alloc(mem, 5001);
	memset(data, 'x', 5000);
	data[5000] = '\0';
	for (again = 0; again < 2; again++) {
		for (i = 0; i < 200; i++) {
			snprintf(key, sizeof(key), "fill:%d", i);
			put(c, T1, key, data);
		}
		sql("PRAGMA wal_checkpoint(TRUNCATE)");
		overwrite(path, again == 0 ? 4096 : 0, (size_t)512 * 1024);
		for (i = 0; i < 200; i++) {
			snprintf(key, sizeof(key), "fill:%d", i);
			(void)get(c, T1, key);
			put(c, T1, key, data);
		}
		put(c, T1, "x", "y");
		CHECK_STR(get(c, T1, "x"), "y");
		check_works();
	}
}

static void
test_removed(void)
{
	put(c, T1, "gone", "x");
	CHECK(unlink(path) == 0);
	(void)unlink(arena_printf(mem, "%s-wal", path));
	(void)unlink(arena_printf(mem, "%s-shm", path));
	usleep(1100000); /* it looks once a second */
	CHECK(get(c, T1, "gone") == NULL);
	put(c, T1, "gone", "y");
	CHECK_STR(get(c, T1, "gone"), "y");
	check_works();
	CHECK_STR(get(c, T1, "works"), "again");

	/* Without its counters no entry may be believed. */
	CHECK(unlink(arena_printf(mem, "%s-count", path)) == 0);
	usleep(1100000);
	CHECK(get(c, T1, "gone") == NULL);
	put(c, T1, "gone", "z");
	CHECK_STR(get(c, T1, "gone"), "z");

	/* Counters of another kind, or of another boot. */
	cache_close(c);
	overwrite(arena_printf(mem, "%s-count", path), 0, 4096);
	c = cache_open(path, 0);
	CHECK(get(c, T1, "gone") == NULL);
	put(c, T1, "gone", "z");
	CHECK_STR(get(c, T1, "gone"), "z");
}

static void
test_unusable(void)
{
	struct cache *none;
	const char *id;

	none = cache_open("/proc/nowhere/cache.db", 0);
	put(none, T1, "x", "y");
	CHECK(get(none, T1, "x") == NULL);
	CHECK(cache_epoch(none) == 0);
	CHECK(!cache_put_if(none, T1, "x", NULL, "y", 1, MINUTE));
	id = cache_lock(none, mem, "l", MINUTE);
	CHECK(id != NULL && cache_unlock(none, "l", id));
	cache_del(none, T1, "x");
	cache_drop(none, T1, "x");
	cache_clean(none);
	cache_apply(none, "g - x");
	cache_close(none);

	none = cache_open(NULL, 0);
	put(none, T1, "x", "y");
	CHECK(get(none, T1, "x") == NULL && cache_epoch(none) == 0);
	cache_close(none);
	put(NULL, T1, "x", "y");
	CHECK(get(NULL, T1, "x") == NULL && cache_epoch(NULL) == 0);
	cache_close(NULL);
}

/* --- the bound -------------------------------------------------------------- */

/*
 * Eight times what fits goes in; what was used in between stays. The uses are
 * dated back, since they are noted by the minute.
 */
static void
test_bound(void)
{
	enum {
		MAX = 2 * 1024 * 1024,
		LEN = 16 * 1024,
		N = 1024
	};
	struct cache *small;
	struct stat st;
	const char *file;
	char key[32], *data;
	int i, alive;

	file = path;
	path = arena_printf(mem, "%s-small", file);
	small = cache_open(path, MAX);
	data = arena_zalloc(mem, LEN);
	put(small, T1, "kept", "kept");
	for (i = 0; i < N; i++) {
		snprintf(key, sizeof(key), "fill:%d", i);
		cache_put(small, T1, key, cache_generation(small, T1, key),
		    data, LEN, MINUTE);
		if (i % 32 == 0) {
			sql("UPDATE entry SET used = used - 100");
			CHECK_STR(get(small, T1, "kept"), "kept");
		}
	}
	CHECK(stat(path, &st) == 0 && st.st_size <= MAX);
	CHECK_STR(get(small, T1, "kept"), "kept");
	for (alive = 0, i = 0; i < N; i++) {
		snprintf(key, sizeof(key), "fill:%d", i);
		alive += get(small, T1, key) != NULL;
	}
	CHECK(alive > 50 && alive < 128);
	CHECK(get(small, T1, "fill:1023") != NULL);
	CHECK(get(small, T1, "fill:0") == NULL);

	/* More than fits at all is not stored. */
	data = arena_zalloc(mem, MAX);
	cache_put(small, T1, "big", cache_generation(small, T1, "big"), data,
	    MAX, MINUTE);
	CHECK(get(small, T1, "big") == NULL);
	CHECK_STR(get(small, T1, "kept"), "kept");
	cache_close(small);
	path = file;
}

int
main(void)
{
	mem = arena_new();
	log_open("test", LOG_FORM_PLAIN, LOG_LEVEL_ERROR);
	path = xasprintf("%s/sub/cache.db", getenv("TEST_DIR"));
	if (freopen("/dev/null", "w", stderr) == NULL)
		return 1;
	c = cache_open(path, 0);
	test_basics();
	test_ages();
	test_invalidation();
	test_messages();
	test_guarded();
	test_locks();
	test_processes();
	test_killed();
	test_damaged_closed();
	test_damaged_open();
	test_removed();
	test_unusable();
	test_bound();
	cache_close(c);
	arena_free(mem);
	return test_done();
}

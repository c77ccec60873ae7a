/*
 * One page of atomic numbers, mapped by every process. Nobody locks: a reader
 * may see one request's numbers half-way, never a torn one.
 */
#include "identity/metrics.h"

#include <sys/mman.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "base/xmalloc.h"

#define MAGIC UINT64_C(0x4d495241494d4531) /* another layout, another one */

/* Upper bounds in microseconds; the last bucket has none. */
static const int64_t bounds[] = { 500, 1000, 2000, 5000, 10000, 20000, 50000,
	100000, 250000, 500000, 1000000, 2000000 };
#define NBUCKETS (NITEMS(bounds) + 1)

struct histogram {
	_Atomic uint64_t buckets[NBUCKETS];
	_Atomic uint64_t sum_us;
};

/* Who waits for a hash: a killed process must not wait for ever. */
#define WAITERS 256

struct page {
	_Atomic uint64_t magic;
	_Atomic uint64_t counters[METRICS__MAX];
	_Atomic pid_t waiting[WAITERS]; /* 0: nobody */
	struct histogram times[METRICS_TIME__MAX];
};

static struct page *page;

static int
open_file(const char *path)
{
	int fd;

	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1)
		return -1;
	/* Reserved now: a full disk must not become a signal later. */
	if ((errno = posix_fallocate(fd, 0, sizeof(struct page))) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static void
map_file(const char *path)
{
	void *p;
	int fd;

	if ((fd = open_file(path)) == -1) {
		log_warn("%s: nothing is counted: %s", path, strerror(errno));
		return;
	}
	p = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
	    0);
	close(fd);
	if (p == MAP_FAILED) {
		log_warn("%s: nothing is counted: %s", path, strerror(errno));
		return;
	}
	page = p;
	if (atomic_load(&page->magic) != MAGIC) {
		memset(p, 0, sizeof(*page));
		atomic_store(&page->magic, MAGIC);
	}
}

/* Whoever had this process's number before is gone. */
static void
forget_waiter(pid_t pid)
{
	size_t i;

	for (i = 0; i < WAITERS; i++)
		if (atomic_load(&page->waiting[i]) == pid)
			atomic_store(&page->waiting[i], 0);
}

void
metrics_open(const struct conf *conf)
{
	struct buf path = BUF_INIT;

	metrics_close();
	/* Another layout has another file: none is cut under a reader. */
	buf_printf(&path, "%s.metrics%zu", conf_text(conf, "cache.path"),
	    sizeof(struct page));
	map_file(buf_str(&path));
	buf_free(&path);
	if (page != NULL)
		forget_waiter(getpid());
}

void
metrics_close(void)
{
	if (page != NULL)
		munmap(page, sizeof(*page));
	page = NULL;
}

/* --- counting -------------------------------------------------------------- */

void
metrics_count(enum metrics_counter counter)
{
	if (page != NULL)
		atomic_fetch_add_explicit(&page->counters[counter], 1,
		    memory_order_relaxed);
}

void
metrics_observe(enum metrics_time time, int64_t us)
{
	struct histogram *h;
	size_t i;

	if (page == NULL)
		return;
	us = us < 0 ? 0 : us;
	h = &page->times[time];
	for (i = 0; i < NITEMS(bounds) && us > bounds[i]; i++)
		continue;
	atomic_fetch_add_explicit(&h->buckets[i], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&h->sum_us, (uint64_t)us,
	    memory_order_relaxed);
}

void
metrics_wait_begin(void)
{
	pid_t none;
	size_t i;

	for (i = 0; page != NULL && i < WAITERS; i++) {
		none = 0;
		if (atomic_compare_exchange_strong(&page->waiting[i], &none,
			getpid()))
			return;
	}
}

void
metrics_wait_end(void)
{
	if (page != NULL)
		forget_waiter(getpid());
}

/* Those that wait and live. */
static int
count_waiters(void)
{
	size_t i;
	pid_t pid;
	int n = 0;

	for (i = 0; page != NULL && i < WAITERS; i++) {
		pid = atomic_load(&page->waiting[i]);
		if (pid == 0)
			continue;
		if (kill(pid, 0) == 0 || errno == EPERM)
			n++;
		else
			atomic_compare_exchange_strong(&page->waiting[i], &pid,
			    0);
	}
	return n;
}

/* The trail has all refusals as "login", each success as a session. */
void
metrics_trail(const char *action)
{
	static const struct {
		const char *action;
		enum metrics_counter counter;
	} rows[] = {
		{ "login", METRICS_LOGIN_REFUSED },
		{ "lock", METRICS_LOGIN_LOCKED },
		{ "session.issue", METRICS_LOGIN_OK },
		{ "session.refresh", METRICS_LOGIN_REFRESHED },
	};
	size_t i;

	for (i = 0; i < NITEMS(rows); i++)
		if (strcmp(rows[i].action, action) == 0)
			metrics_count(rows[i].counter);
}

/* --- telling --------------------------------------------------------------- */

static uint64_t
value(enum metrics_counter counter)
{
	return page == NULL ? 0 : atomic_load(&page->counters[counter]);
}

static void
head(struct buf *b, const char *name, const char *type, const char *help)
{
	buf_printf(b, "# HELP mirai_identity_%s %s\n", name, help);
	buf_printf(b, "# TYPE mirai_identity_%s %s\n", name, type);
}

static void
write_logins(struct buf *b)
{
	static const char *const results[] = {
		[METRICS_LOGIN_OK] = "ok",
		[METRICS_LOGIN_REFRESHED] = "refreshed",
		[METRICS_LOGIN_REFUSED] = "refused",
		[METRICS_LOGIN_LOCKED] = "locked",
	};
	size_t i;

	head(b, "logins_total", "counter", "Sign-ins by result.");
	for (i = 0; i < NITEMS(results); i++)
		buf_printf(b,
		    "mirai_identity_logins_total{result=\"%s\"} %llu\n",
		    results[i],
		    (unsigned long long)value((enum metrics_counter)i));
}

static void
write_histogram(struct buf *b, enum metrics_time time, const char *name,
    const char *help)
{
	uint64_t total = 0, sum = 0;
	size_t i;

	head(b, name, "histogram", help);
	for (i = 0; i < NBUCKETS; i++) {
		if (page != NULL)
			total += atomic_load(&page->times[time].buckets[i]);
		buf_printf(b, "mirai_identity_%s_bucket{le=\"", name);
		if (i < NITEMS(bounds))
			buf_printf(b, "%g", (double)bounds[i] / 1e6);
		else
			buf_puts(b, "+Inf");
		buf_printf(b, "\"} %llu\n", (unsigned long long)total);
	}
	if (page != NULL)
		sum = atomic_load(&page->times[time].sum_us);
	buf_printf(b, "mirai_identity_%s_sum %g\n", name, (double)sum / 1e6);
	buf_printf(b, "mirai_identity_%s_count %llu\n", name,
	    (unsigned long long)total);
}

void
metrics_write(struct buf *b)
{
	write_logins(b);
	head(b, "hash_waiting", "gauge", "Requests that wait for a hash.");
	buf_printf(b, "mirai_identity_hash_waiting %d\n", count_waiters());
	head(b, "hash_busy_total", "counter",
	    "Requests turned away since too many hashed at once.");
	buf_printf(b, "mirai_identity_hash_busy_total %llu\n",
	    (unsigned long long)value(METRICS_HASH_BUSY));
	write_histogram(b, METRICS_HASH_WAIT, "hash_wait_seconds",
	    "Time waited for a hash.");
	write_histogram(b, METRICS_WHOAMI, "whoami_seconds",
	    "Time taken to say who is signed in.");
}

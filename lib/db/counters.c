/*
 * The page of counters that all processes of a host map: the epoch, and a
 * table of generations hashed by tenant and group and by tenant and key. A
 * shared slot only costs a needless miss. The page belongs to one boot of the
 * machine: after that it is made anew, under another id.
 */
#include "db/counters.h"

#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/rate.h"
#include "net/crypt.h"

#define SLOTS	 65536u /* a power of two */
#define MAGIC	 UINT64_C(0x6d69726169633033)
#define BOOT_LEN 36

/* The mapped file. */
struct page {
	uint64_t magic;
	char boot[BOOT_LEN + 4];
	uint64_t id;
	_Atomic uint64_t epoch;
	_Atomic uint64_t repairs;
	_Atomic uint64_t slots[SLOTS];
	struct rate rate;
};

struct counters {
	char *path;
	int fd; /* -1 while closed */
	struct page *map;
	ino_t ino;
};

struct counters *
counters_new(const char *path)
{
	struct counters *c;

	c = xcalloc(1, sizeof(*c));
	c->path = xstrdup(path);
	c->fd = -1;
	return c;
}

void
counters_free(struct counters *c)
{
	if (c == NULL)
		return;
	counters_close(c);
	free(c->path);
	free(c);
}

static void
read_boot(char boot[BOOT_LEN + 1])
{
	ssize_t n;
	int fd;

	memset(boot, '-', BOOT_LEN);
	boot[BOOT_LEN] = '\0';
	if ((fd = open("/proc/sys/kernel/random/boot_id",
		 O_RDONLY | O_CLOEXEC)) == -1)
		return;
	n = read(fd, boot, BOOT_LEN);
	(void)n; /* what was not read stays '-' */
	close(fd);
}

/* A new file of counters at our descriptor. Called with the lock held. */
static int
make_page(struct counters *c)
{
	struct page *m;
	uint64_t start[2];

	/* Reserved now: a full disk must not become a signal later. */
	if (ftruncate(c->fd, 0) == -1 ||
	    (errno = posix_fallocate(c->fd, 0, sizeof(*m))) != 0)
		return -1;
	m = mmap(NULL, sizeof(*m), PROT_READ | PROT_WRITE, MAP_SHARED, c->fd,
	    0);
	if (m == MAP_FAILED)
		return -1;
	crypt_random(start, sizeof(start));
	read_boot(m->boot);
	m->id = start[0] >> 1; /* an SQLite integer */
	atomic_store(&m->epoch, start[1] >> 8 | 1);
	m->magic = MAGIC;
	c->map = m;
	return 0;
}

/* Maps the page if it is whole and of this boot. */
static int
map_page(struct counters *c)
{
	struct page *m;
	struct stat st;
	char boot[BOOT_LEN + 1];

	if (fstat(c->fd, &st) == -1 || st.st_size != sizeof(*m))
		return -1;
	m = mmap(NULL, sizeof(*m), PROT_READ | PROT_WRITE, MAP_SHARED, c->fd,
	    0);
	if (m == MAP_FAILED)
		return -1;
	read_boot(boot);
	if (m->magic == MAGIC && memcmp(m->boot, boot, sizeof(boot)) == 0) {
		c->map = m;
		return 0;
	}
	munmap(m, sizeof(*m));
	return -1;
}

static int
make_folder(const struct counters *c)
{
	char *dir;
	int rc;

	dir = xstrdup(c->path);
	rc = mkdir(dirname(dir), 0750);
	free(dir);
	return rc;
}

/*
 * A file that does not fit is unlinked, never cut: another process may have it
 * mapped.
 */
int
counters_open(struct counters *c)
{
	struct stat st;
	int tries;

	for (tries = 0; tries < 3; tries++) {
		c->fd = open(c->path, O_RDWR | O_CREAT | O_CLOEXEC, 0660);
		if (c->fd == -1 && errno == ENOENT && make_folder(c) == 0)
			continue;
		if (c->fd == -1)
			return -1;
		if (flock(c->fd, LOCK_EX) == -1 || fstat(c->fd, &st) == -1)
			break;
		if (st.st_nlink > 0 &&
		    (map_page(c) == 0 ||
			(st.st_size == 0 && make_page(c) == 0))) {
			c->ino = st.st_ino;
			return 0;
		}
		if (st.st_size == 0)
			break;
		if (st.st_nlink > 0)
			(void)unlink(c->path);
		close(c->fd);
		c->fd = -1;
	}
	return -1;
}

void
counters_close(struct counters *c)
{
	if (c == NULL)
		return;
	if (c->map != NULL)
		munmap(c->map, sizeof(*c->map));
	c->map = NULL;
	if (c->fd != -1)
		close(c->fd);
	c->fd = -1;
}

int
counters_lock(struct counters *c)
{
	return flock(c->fd, LOCK_EX);
}

void
counters_unlock(struct counters *c)
{
	flock(c->fd, LOCK_UN);
}

bool
counters_are_ours(const struct counters *c)
{
	struct stat st;

	return stat(c->path, &st) == 0 && st.st_ino == c->ino &&
	    st.st_size == sizeof(*c->map);
}

uint64_t
counters_id(const struct counters *c)
{
	return c->map->id;
}

uint64_t
counters_epoch(const struct counters *c)
{
	return atomic_load(&c->map->epoch);
}

void
counters_next_epoch(struct counters *c)
{
	atomic_fetch_add(&c->map->epoch, 1);
}

uint64_t
counters_repairs(const struct counters *c)
{
	return atomic_load(&c->map->repairs);
}

void
counters_repaired(struct counters *c)
{
	atomic_fetch_add(&c->map->repairs, 1);
	atomic_fetch_add(&c->map->epoch, 1);
}

static uint64_t
fnv64(uint64_t h, const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		h = (h ^ (unsigned char)s[i]) * UINT64_C(0x100000001b3);
	return h;
}

/* The slot of a key, or of a group, which is marked apart from a key. */
static _Atomic uint64_t *
slot(struct page *map, const char *tenant, const char *name, size_t len,
    enum counters_mark mark)
{
	const char m = (char)mark;
	uint64_t h;

	h = UINT64_C(0xcbf29ce484222325);
	if (tenant != NULL)
		h = fnv64(h, tenant, strlen(tenant));
	h = fnv64(h, &m, 1);
	h = fnv64(h, name, len);
	h ^= h >> 32;
	return &map->slots[h & (SLOTS - 1)];
}

uint64_t
counters_generation(const struct counters *c, const char *tenant,
    const char *key)
{
	return atomic_load(slot(c->map, tenant, key, strcspn(key, ":"),
		   COUNTERS_GROUP)) +
	    atomic_load(slot(c->map, tenant, key, strlen(key), COUNTERS_KEY));
}

void
counters_bump(struct counters *c, const char *tenant, const char *name,
    enum counters_mark mark)
{
	atomic_fetch_add(slot(c->map, tenant, name, strlen(name), mark), 1);
	atomic_fetch_add(&c->map->epoch, 1);
}

struct rate *
counters_rate(struct counters *c)
{
	return &c->map->rate;
}

/*
 * The bucket as a time: the moment at which it would be full again (GCRA). It
 * is never further away than the bucket is deep, so what another boot left in
 * the file, or anything else, is seen to be none of it and counts as full.
 */
#include "ai/provider_bucket.h"

#include <sys/mman.h>

#include <assert.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xmalloc.h"
#include "net/crypt.h"

#define SLOTS	  1024 /* keys that are busy at one time */
#define NEAR	  16   /* slots that are looked at for a key */
#define DEPTH_MAX ((int64_t)3600 * 1000) /* of any bucket, in milliseconds */

struct slot {
	_Atomic uint64_t key;
	_Atomic int64_t full_ms;
};

struct provider_bucket {
	struct slot *slots;
	bool mapped;
};

static struct slot *
map(const char *path)
{
	size_t len = SLOTS * sizeof(struct slot);
	void *p;
	int fd;

	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0660);
	if (fd == -1)
		return NULL;
	p = ftruncate(fd, (off_t)len) == -1
	    ? MAP_FAILED
	    : mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return p == MAP_FAILED ? NULL : p;
}

struct provider_bucket *
provider_bucket_open(const char *path)
{
	struct provider_bucket *b;

	b = xcalloc(1, sizeof(*b));
	b->slots = path != NULL ? map(path) : NULL;
	b->mapped = b->slots != NULL;
	if (!b->mapped)
		b->slots = xcalloc(SLOTS, sizeof(*b->slots));
	return b;
}

void
provider_bucket_close(struct provider_bucket *b)
{
	if (b == NULL)
		return;
	if (b->mapped)
		(void)munmap(b->slots, SLOTS * sizeof(*b->slots)); /* is ours */
	else
		free(b->slots);
	free(b);
}

/* Never the key itself: the file may be read by others. */
static uint64_t
hash(const char *key)
{
	uint8_t sum[CRYPT_SHA256_LEN];
	uint64_t h;

	crypt_sha256(key, strlen(key), sum);
	memcpy(&h, sum, sizeof(h));
	return h == 0 ? 1 : h;
}

static bool
is_full(const struct slot *s, int64_t now_ms)
{
	int64_t full = atomic_load(&s->full_ms);

	return full <= now_ms || full > now_ms + DEPTH_MAX;
}

/* The key's slot, or one whose bucket is full, now the key's; NULL: none. */
static struct slot *
find(struct provider_bucket *b, uint64_t key, int64_t now_ms)
{
	struct slot *s;
	uint64_t old;
	size_t i;

	for (i = 0; i < NEAR; i++) {
		s = &b->slots[(key + i) % SLOTS];
		if (atomic_load(&s->key) == key)
			return s;
	}
	for (i = 0; i < NEAR; i++) {
		s = &b->slots[(key + i) % SLOTS];
		old = atomic_load(&s->key);
		if (is_full(s, now_ms) &&
		    atomic_compare_exchange_strong(&s->key, &old, key))
			return s;
	}
	return NULL;
}

int64_t
provider_bucket_take(struct provider_bucket *b, const char *key,
    unsigned per_minute, unsigned burst, int64_t now_ms)
{
	int64_t each = 60000 / (int64_t)per_minute, depth, old, full;
	struct slot *s;

	depth = each * (int64_t)burst;
	assert(burst > 0 && depth <= DEPTH_MAX);
	/* So many busy keys: better one call too many than none. */
	if ((s = find(b, hash(key), now_ms)) == NULL)
		return 0;
	old = atomic_load(&s->full_ms);
	do {
		full = old < now_ms || old > now_ms + depth ? now_ms : old;
		if (full + each > now_ms + depth)
			return full + each - depth - now_ms;
	} while (!atomic_compare_exchange_weak(&s->full_ms, &old, full + each));
	return 0;
}

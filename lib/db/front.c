/*
 * A direct-mapped table: a key has one place, and a newer one takes it.
 */
#include "db/front.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"

#define SLOTS	  64
#define MAX_LEN	  ((size_t)16 * 1024)
#define KEEP_MS	  1000
#define NO_TENANT "-"

struct front {
	char *tenant;
	char *key;
	void *data;
	size_t len;
	uint64_t epoch; /* 0: empty */
	int64_t until_ms;
};

static struct front fronts[SLOTS];

static struct front *
place(const char *tenant, const char *key)
{
	uint32_t h = UINT32_C(0x811c9dc5);
	const char *p;

	for (p = tenant; *p != '\0'; p++)
		h = (h ^ (uint8_t)*p) * UINT32_C(0x01000193);
	for (p = key; *p != '\0'; p++)
		h = (h ^ (uint8_t)*p) * UINT32_C(0x01000193);
	return &fronts[h % SLOTS];
}

static void
keep(struct front *f, const char *tenant, const char *key,
    const struct cache_entry *e, uint64_t epoch)
{
	free(f->tenant);
	free(f->key);
	free(f->data);
	f->tenant = xstrdup(tenant);
	f->key = xstrdup(key);
	f->data = xmalloc(e->len);
	memcpy(f->data, e->data, e->len);
	f->len = e->len;
	f->epoch = epoch;
	f->until_ms = clock_mono_ms() + KEEP_MS;
}

bool
front_get(struct cache *c, struct arena *a, const char *tenant, const char *key,
    const void **data, size_t *len)
{
	const char *whose = tenant == NULL ? NO_TENANT : tenant;
	uint64_t epoch = cache_epoch(c); /* before the read: never too new */
	struct front *f = place(whose, key);
	struct cache_entry e;

	if (epoch != 0 && f->epoch == epoch && clock_mono_ms() < f->until_ms &&
	    str_eq(f->tenant, whose) && str_eq(f->key, key)) {
		*data = f->data;
		*len = f->len;
		return true;
	}
	if (!cache_get(c, a, tenant, key, &e))
		return false;
	if (epoch != 0 && e.len <= MAX_LEN)
		keep(f, whose, key, &e, epoch);
	*data = e.data;
	*len = e.len;
	return true;
}

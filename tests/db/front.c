/* The front answers from memory, and forgets with the cache. */
#include "tests/test.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "db/front.h"

static const char tenant[] = "a0000000-0000-4000-8000-000000000000";
static const char other[] = "b0000000-0000-4000-8000-000000000000";

static bool
is(struct cache *c, struct arena *a, const char *who, const char *want)
{
	const void *p = NULL;
	size_t len = 0;

	if (!front_get(c, a, who, "users:me", &p, &len))
		return want == NULL;
	return want != NULL && len == strlen(want) && memcmp(p, want, len) == 0;
}

static void
put(struct cache *c, const char *who, const char *text)
{
	cache_put(c, who, "users:me", cache_generation(c, who, "users:me"),
	    text, strlen(text), 60000);
}

/*
 * A value that replaced one without invalidation waits a second. Tries again
 * when that had passed before the look.
 */
static bool
keeps(struct cache *c, struct cache *same, struct arena *a)
{
	int64_t start;
	bool kept;
	int i;

	for (i = 0; i < 60; i++) {
		cache_drop(c, tenant, "users");
		put(c, tenant, "first");
		start = clock_mono_ms();
		if (!is(c, a, tenant, "first"))
			return false;
		put(same, tenant, "second");
		kept = is(c, a, tenant, "first");
		if (kept || clock_mono_ms() - start < 1000)
			return kept;
	}
	return false;
}

int
main(void)
{
	char path[512];
	struct arena *a;
	struct cache *c, *same;

	snprintf(path, sizeof(path), "%s/front.db", getenv("TEST_DIR"));
	a = arena_new();
	c = cache_open(path, 1 << 24);
	same = cache_open(path, 1 << 24);
	CHECK(is(c, a, tenant, NULL));
	put(c, tenant, "first");
	CHECK(is(c, a, tenant, "first"));
	CHECK(is(c, a, other, NULL));
	CHECK(keeps(c, same, a));
	usleep(1100 * 1000);
	CHECK(is(c, a, tenant, "second"));
	/* An invalidation by anybody on the host counts at once. */
	cache_drop(same, tenant, "users");
	CHECK(is(c, a, tenant, NULL));
	put(c, other, "theirs");
	CHECK(is(c, a, other, "theirs"));
	CHECK(is(c, a, tenant, NULL));
	cache_del(same, other, "users:me");
	CHECK(is(c, a, other, NULL));
	/* Without a cache there is no front either. */
	CHECK(is(NULL, a, tenant, NULL));
	cache_close(c);
	cache_close(same);
	arena_free(a);
	return test_done();
}

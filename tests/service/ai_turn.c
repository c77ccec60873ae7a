/*
 * Turns at calls that wait for a provider: so many of a company, so many of
 * all, given back by name and by time.
 */
#include "tests/test.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "db/cache.h"
#include "service/ai_turn.h"

#define WORKERS 8

static struct req_env env;
static struct req *r;

static struct req *
request(char company)
{
	memset(r->who.tenant_id, company, STR_UUID_LEN);
	r->deadline_ms = clock_mono_ms() + 30000;
	return r;
}

static enum code
take(char company, struct ai_turn *t)
{
	return ai_turn_take(request(company), WORKERS, t);
}

static void
give(struct ai_turn *t)
{
	ai_turn_give(request('x'), t);
}

static void
test_turns(void)
{
	struct ai_turn a, b, c, d, more;

	CHECK(take('a', &a) == CODE_OK && take('a', &b) == CODE_OK);
	CHECK(take('a', &more) == CODE_RESOURCE_EXHAUSTED);
	CHECK(r->retry_after > 0 && more.n == 0);
	CHECK(take('b', &c) == CODE_OK && take('b', &d) == CODE_OK);
	/* Half of the workers wait: the others do not, whoever asks. */
	CHECK(take('c', &more) == CODE_RESOURCE_EXHAUSTED);
	give(&a);
	CHECK(take('c', &more) == CODE_OK);
	give(&more);
	/* Who was refused has kept no place of its company. */
	CHECK(take('a', &a) == CODE_OK);
	CHECK(take('a', &more) == CODE_RESOURCE_EXHAUSTED);
	give(&a);
	give(&b);
	give(&c);
	give(&d);
	give(&d);
	CHECK(take('a', &a) == CODE_OK && take('a', &b) == CODE_OK);
	give(&a);
	give(&b);
}

/* One worker alone still has its turn; without a cache everybody. */
static void
test_few(void)
{
	struct cache *cache = env.cache;
	struct ai_turn a, b, c;

	CHECK(ai_turn_take(request('a'), 1, &a) == CODE_OK);
	CHECK(ai_turn_take(request('b'), 1, &b) == CODE_RESOURCE_EXHAUSTED);
	give(&a);
	env.cache = NULL;
	CHECK(take('a', &a) == CODE_OK && take('a', &b) == CODE_OK &&
	    take('a', &c) == CODE_OK);
	env.cache = cache;
}

int
main(void)
{
	char dir[] = "/tmp/mirai-turn.XXXXXX", file[64], rm[64];

	if (mkdtemp(dir) == NULL)
		return 1;
	(void)snprintf(file, sizeof(file), "%s/cache.db", dir);
	env.cache = cache_open(file, 1 << 20);
	env.conf = conf_load("/dev/null");
	r = req_local(&env);
	test_turns();
	test_few();
	req_done(r);
	conf_free((struct conf *)(uintptr_t)env.conf);
	cache_close(env.cache);
	(void)snprintf(rm, sizeof(rm), "rm -r %s", dir);
	CHECK(system(rm) == 0);
	return test_done();
}

/*
 * A turn is two locks of the host's cache: a place of the company's and a place
 * of all.
 */
#include "service/ai_turn.h"

#include "base/clock.h"
#include "db/cache.h"

#define SPARE_MS 5000 /* after the deadline: to write down what it cost */
#define AGAIN_S	 5

static bool
take_place(struct req *r, struct ai_turn *t, const char *of, size_t places)
{
	int64_t ms = r->deadline_ms - clock_mono_ms() + SPARE_MS;
	const char *key = "", *id = NULL;
	size_t i;

	for (i = 0; i < places && id == NULL; i++) {
		key = arena_printf(r->mem, "ai turn %s %zu", of, i);
		id = cache_lock(r->env->cache, r->mem, key,
		    ms < SPARE_MS ? SPARE_MS : ms);
	}
	if (id == NULL)
		return false;
	t->key[t->n] = key;
	t->id[t->n++] = id;
	return true;
}

enum code
ai_turn_take(struct req *r, size_t workers, struct ai_turn *t)
{
	*t = (struct ai_turn){ 0 };
	if (take_place(r, t, r->who.tenant_id, AI_TURNS_TENANT) &&
	    take_place(r, t, "all", workers < 2 ? 1 : workers / 2))
		return CODE_OK;
	ai_turn_give(r, t);
	return req_fail_retry(r, CODE_RESOURCE_EXHAUSTED, "RATE_LIMITED",
	    AGAIN_S,
	    "too many such calls wait for their answer; try again"
	    " in a few seconds");
}

void
ai_turn_give(struct req *r, struct ai_turn *t)
{
	while (t->n > 0) {
		t->n--;
		(void)cache_unlock(r->env->cache, t->key[t->n], t->id[t->n]);
	}
}

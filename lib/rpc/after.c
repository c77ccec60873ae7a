/*
 * The list of deeds that wait for a commit; it lives in the request.
 */
#include "rpc/after.h"

#include "db/cache.h"
#include "db/db.h"

struct req_after {
	void (*fn)(struct req *, void *);
	void *p;
	struct req_after *next;
};

void
after_commit(struct req *r, void (*fn)(struct req *, void *), void *p)
{
	struct req_after *a, **end;

	a = arena_zalloc(r->mem, sizeof(*a));
	a->fn = fn;
	a->p = p;
	for (end = &r->after; *end != NULL; end = &(*end)->next)
		continue;
	*end = a;
}

static void
drop_group(struct req *r, void *group)
{
	cache_drop(r->env->cache, r->who.tenant_id, group);
}

void
after_forget(struct req *r, const char *group)
{
	db_notify(r->db, "mirai_cache",
	    cache_message(r->mem, r->who.tenant_id, group, true));
	after_commit(r, drop_group, arena_strdup(r->mem, group));
}

void
after_run(struct req *r, bool done)
{
	struct req_after *a;

	a = r->after;
	r->after = NULL;
	for (; done && a != NULL; a = a->next)
		a->fn(r, a->p);
}

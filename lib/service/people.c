/*
 * Joins users of the application database with the names the identity service
 * holds. One look-up per list, never one per user.
 */
#include "service/people.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/cache.h"
#include "rpc/auth.h"

#define TTL_MS	      ((int64_t)5 * 60 * 1000)
#define NOBODY_TTL_MS ((int64_t)60 * 1000) /* no such identity */

/*
 * What is cached per identity: three strings, each with its NUL; nothing for
 * one that does not exist. False: written by another version of us.
 */
static bool
person_unpack(const struct cache_entry *e, struct pb_user *u)
{
	const char *p = e->data, *end = e->data + e->len;
	const char *part[3];
	size_t i;

	if (e->len == 0)
		return true;
	for (i = 0; i < NITEMS(part); i++) {
		part[i] = p;
		if ((p = memchr(p, '\0', (size_t)(end - p))) == NULL)
			return false;
		p++;
	}
	u->email = part[0];
	u->first_name = part[1];
	u->last_name = part[2];
	return true;
}

static void
person_keep(struct req *r, const char *identity_id, const struct buf *b,
    int64_t ttl_ms)
{
	char key[64];

	snprintf(key, sizeof(key), "person:%s", identity_id);
	cache_put(r->env->cache, NULL, key,
	    cache_generation(r->env->cache, NULL, key), buf_str(b), b->len,
	    ttl_ms);
}

static void
person_store(struct req *r, const struct ident_person *p)
{
	struct buf *b;

	b = buf_new(r->mem);
	buf_put(b, p->email, strlen(p->email) + 1);
	buf_put(b, p->first_name, strlen(p->first_name) + 1);
	buf_put(b, p->last_name, strlen(p->last_name) + 1);
	person_keep(r, p->identity_id, b, TTL_MS);
}

static int
by_identity(const void *x, const void *y)
{
	const struct pb_user *const *u = x, *const *v = y;

	return strcmp((*u)->kratos_id, (*v)->kratos_id);
}

/* Names every user of that identity; users are in the order of theirs. */
static void
person_apply(struct pb_user **users, size_t n, const struct ident_person *p)
{
	size_t lo = 0, hi = n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (strcmp(users[mid]->kratos_id, p->identity_id) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < n && str_eq(users[lo]->kratos_id, p->identity_id); lo++) {
		users[lo]->email = p->email;
		users[lo]->first_name = p->first_name;
		users[lo]->last_name = p->last_name;
	}
}

/*
 * One question for all whom the cache did not know: who answers it knows how
 * many go into a call.
 */
static void
people_fetch(struct req *r, struct pb_user **users, size_t n)
{
	const struct ident *ident = r->env->ident;
	struct ident_person *found;
	const char **ids;
	size_t i, nfound;

	if (ident == NULL || n == 0)
		return;
	qsort(users, n, sizeof(struct pb_user *), by_identity);
	ids = arena_calloc(r->mem, n, sizeof(*ids));
	for (i = 0; i < n; i++)
		ids[i] = users[i]->kratos_id;
	if (ident->people(ident->ctx, r->mem, ids, n, &found, &nfound) !=
	    CODE_OK)
		return;
	for (i = 0; i < nfound; i++) {
		person_apply(users, n, &found[i]);
		person_store(r, &found[i]);
	}
	for (i = 0; i < n; i++)
		if (users[i]->email == NULL)
			person_keep(r, users[i]->kratos_id, buf_new(r->mem),
			    NOBODY_TTL_MS);
}

void
people_fill(struct req *r, struct pb_user **users, size_t n)
{
	struct cache_entry e;
	struct pb_user **cold;
	size_t i, ncold = 0;
	char key[64];

	cold = arena_calloc(r->mem, n + 1, sizeof(struct pb_user *));
	for (i = 0; i < n; i++) {
		snprintf(key, sizeof(key), "person:%s", users[i]->kratos_id);
		if (!cache_get(r->env->cache, r->mem, NULL, key, &e) ||
		    !person_unpack(&e, users[i]))
			cold[ncold++] = users[i];
	}
	people_fetch(r, cold, ncold);
}

int
people_role(const char *stored)
{
	if (str_eq(stored, "admin") || str_eq(stored, "owner"))
		return PB_ROLE_ADMIN;
	if (str_eq(stored, "instructor"))
		return PB_ROLE_INSTRUCTOR;
	return PB_ROLE_SME;
}

const char *
people_stored_role(int wire)
{
	switch (wire) {
	case PB_ROLE_OWNER:
	case PB_ROLE_ADMIN:
		return "admin";
	case PB_ROLE_INSTRUCTOR:
		return "instructor";
	case PB_ROLE_MEMBER:
	case PB_ROLE_SME:
		return "sme";
	default:
		return NULL;
	}
}

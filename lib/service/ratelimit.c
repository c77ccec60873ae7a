/*
 * One table of limits over the counters beside the cache. Keys are hashed
 * there: no address and no e-mail is kept.
 */
#include "service/ratelimit.h"

#include <assert.h>

#include "db/cache.h"
#include "rpc/address.h"

enum by {
	BY_ADDRESS = 0,
	BY_EMAIL,
	BY_IDENTITY,
	BY_COMPANY,
	BY_TENANT
};

static const struct limit {
	const char *name;
	unsigned max;
	enum rate_span span;
	enum by by;
} limits[RATELIMIT__MAX] = {
	[RATELIMIT_CHECK_EMAIL] = { "check_email", 20, RATE_MINUTE,
	    BY_ADDRESS },
	[RATELIMIT_REGISTER] = { "register", 5, RATE_HOUR, BY_ADDRESS },
	[RATELIMIT_REGISTER_EMAIL] = { "register_email", 3, RATE_HOUR,
	    BY_EMAIL },
	[RATELIMIT_REGISTER_INVITED] = { "register_invited", 10, RATE_HOUR,
	    BY_ADDRESS },
	[RATELIMIT_INVITATION_TOKEN] = { "invitation_token", 30, RATE_MINUTE,
	    BY_ADDRESS },
	[RATELIMIT_CONTACT] = { "contact", 3, RATE_HOUR, BY_ADDRESS },
	[RATELIMIT_ONBOARD] = { "onboard", 10, RATE_HOUR, BY_IDENTITY },
	[RATELIMIT_ACCEPT_INVITATION] = { "accept_invitation", 10, RATE_HOUR,
	    BY_IDENTITY },
	[RATELIMIT_CREATE_INVITATION] = { "create_invitation", 100, RATE_DAY,
	    BY_COMPANY },
	[RATELIMIT_CHECKOUT] = { "checkout", 10, RATE_HOUR, BY_COMPANY },
	[RATELIMIT_PORTAL] = { "portal", 10, RATE_HOUR, BY_COMPANY },
	[RATELIMIT_RETURN] = { "checkout_return", 30, RATE_MINUTE, BY_ADDRESS },
	[RATELIMIT_TEST_KEY] = { "test_key", 10, RATE_MINUTE, BY_TENANT },
	[RATELIMIT_ENHANCE] = { "enhance", 20, RATE_MINUTE, BY_TENANT },
};

static const char *
subject_of(struct req *r, enum by by)
{
	switch (by) {
	case BY_ADDRESS:
		return r->remote == NULL ? "" : address_unit(r->mem, r->remote);
	case BY_IDENTITY:
		return r->who.identity_id;
	case BY_COMPANY:
		return r->who.company_id;
	case BY_TENANT:
		return r->who.tenant_id;
	case BY_EMAIL:
		break;
	}
	assert(false && "an e-mail address is given by the caller");
	return "";
}

enum code
ratelimit_take(struct req *r, enum ratelimit_kind kind, const char *subject)
{
	const struct limit *l = &limits[kind];
	const char *key;
	int wait_s;

	if (!conf_bool(r->env->conf, "accounts.limits"))
		return CODE_OK;
	if (subject == NULL)
		subject = subject_of(r, l->by);
	key = arena_printf(r->mem, "%s %s", l->name, subject);
	if ((wait_s = cache_rate(r->env->cache, key, l->max, l->span)) == 0)
		return CODE_OK;
	return req_fail_retry(r, CODE_RESOURCE_EXHAUSTED, "RATE_LIMITED",
	    wait_s, "too many attempts; please try again later");
}

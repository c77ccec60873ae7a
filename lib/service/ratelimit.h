/*
 * How often may be signed up, invited and paid, and an AI provider be waited
 * for: sliding windows that all workers of a host share, or each by itself
 * without a cache (spec accounts.md, section 18; content.md 7). Failed session checks are counted in rpc/caller.c.
 */
#ifndef MIRAI_SERVICE_RATELIMIT_H
#define MIRAI_SERVICE_RATELIMIT_H

#include "rpc/req.h"

enum ratelimit_kind {
	RATELIMIT_CHECK_EMAIL = 0,   /* 20 per minute and address */
	RATELIMIT_REGISTER,	     /* 5 per hour and address */
	RATELIMIT_REGISTER_EMAIL,    /* 3 per hour and e-mail */
	RATELIMIT_REGISTER_INVITED,  /* 10 per hour and address */
	RATELIMIT_INVITATION_TOKEN,  /* 30 per minute and address */
	RATELIMIT_CONTACT,	     /* 3 per hour and address */
	RATELIMIT_ONBOARD,	     /* 10 per hour and identity */
	RATELIMIT_ACCEPT_INVITATION, /* 10 per hour and identity */
	RATELIMIT_CREATE_INVITATION, /* 100 per day and company */
	RATELIMIT_CHECKOUT,	     /* 10 per hour and company */
	RATELIMIT_PORTAL,	     /* 10 per hour and company */
	RATELIMIT_RETURN,	     /* 30 per minute and address */
	RATELIMIT_TEST_KEY,	     /* 10 per minute and tenant */
	RATELIMIT_ENHANCE,	     /* 20 per minute and tenant */
	RATELIMIT__MAX
};

/*
 * Counts one, or fails the request: RESOURCE_EXHAUSTED with the reason
 * RATE_LIMITED and Retry-After. subject NULL: the client's address, the
 * caller's identity, company or tenant, as the kind says; an e-mail address must be
 * given, in the form it is stored in. Nothing is counted where accounts.limits
 * is off.
 */
enum code ratelimit_take(struct req *r, enum ratelimit_kind kind,
    const char *subject) MUST_CHECK;

#endif

/*
 * How often may be tried: sliding windows per identifier and per address,
 * shared by all hosts (spec identity.md, section 18). Known and unknown
 * identifiers count alike. A limit never ends a session.
 */
#ifndef MIRAI_IDENTITY_LIMIT_H
#define MIRAI_IDENTITY_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "identity/visit.h"

enum limit_action {
	LIMIT_SIGN_IN = 0, /* failed passwords and second factors */
	LIMIT_SEND,	   /* codes and links sent by mail */
	LIMIT_CODE,	   /* codes submitted */
	LIMIT_FLOW,	   /* forms begun */
	LIMIT_REGISTER,	   /* people made */
	LIMIT__MAX
};

/*
 * Milliseconds until one more is allowed, 0: now. ages: how long ago, in
 * milliseconds, each so far happened, in any order; sorted here.
 */
int64_t limit_wait(enum limit_action action, bool per_address, int64_t *ages,
    size_t nages);

/*
 * Whether one more is allowed, in the open transaction: *seconds to wait, 0:
 * yes. Nothing is counted. identifier: an address or an identity's id as it
 * was given; NULL: the client's address alone decides. *counted (may be NULL)
 * says whether there is something limit_clear() would clear.
 */
enum code limit_check(struct visit *c, enum limit_action action,
    const char *identifier, int *seconds, bool *counted) MUST_CHECK;

/*
 * Counts one, in the open write transaction. *locked (may be NULL): this one
 * was the last before a lock.
 */
enum code limit_count(struct visit *c, enum limit_action action,
    const char *identifier, bool *locked) MUST_CHECK;

/* Both at once: counted if allowed, whoever else asks at the same time. */
enum code limit_take(struct visit *c, enum limit_action action,
    const char *identifier, int *seconds) MUST_CHECK;

/* Forgets the identifier's, in the open write transaction. */
enum code limit_clear(struct visit *c, enum limit_action action,
    const char *identifier) MUST_CHECK;

/*
 * The same for administrators, all actions of one identifier on whatever
 * device. *seconds is the
 * longest wait among them; limit_free() returns how many were cleared, -1: the
 * database failed.
 */
enum code limit_show(struct db *db, struct arena *a, const char *const *secrets,
    const char *identifier, int *seconds) MUST_CHECK;
int64_t limit_free(struct db *db, struct arena *a, const char *const *secrets,
    const char *identifier);

/* Refuses with 429 and Retry-After. */
void limit_refuse(struct visit *c, int seconds);

extern const struct db_query limit_queries[];

#endif

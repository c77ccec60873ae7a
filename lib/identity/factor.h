/*
 * Second factors: what adding and removing one has in common, whatever it is,
 * and what companies and administrators decide about them (spec identity.md
 * 19, M-6 and M-7).
 */
#ifndef MIRAI_IDENTITY_FACTOR_H
#define MIRAI_IDENTITY_FACTOR_H

#include <stdbool.h>

#include "identity/flow.h"

/* --- settings -------------------------------------------------------------- */

struct factor_change {
	const char *name;   /* in the mail: "An authenticator app" */
	const char *method; /* what was just proven: "totp"; NULL: removed */
	const char *aal;    /* the level that gives; NULL: "aal1" */
};

/*
 * In the open transaction of the change: tells the owner by mail, forgets what
 * caches know of his sessions, and when one was added raises this session,
 * since setting it up has proven it. Its result goes to self_settings_done().
 */
enum code factor_changed(struct visit *c,
    const struct factor_change *change) MUST_CHECK;

/*
 * Whether a factor of this type may go: not the last one while one is
 * demanded. Inside the open transaction.
 */
enum code factor_may_go(struct visit *c, const char *type,
    bool *may) MUST_CHECK;

/* Tells who must set one up so at the head of a new settings flow. */
void factor_say_due(struct visit *c, struct flow *f);

/* --- administration: inside the caller's transaction ----------------------- */

#define FACTOR_MAX_DAYS 7

/*
 * Demands a second factor of an identity: whoever has one must prove it, who
 * has none is asked at the next sign-in and locked out (but for the settings)
 * after days, 0 to FACTOR_MAX_DAYS. An earlier date stays. CODE_NOT_FOUND: no
 * such identity; CODE_INVALID_ARGUMENT: days.
 */
enum code factor_demand(struct db *db, struct arena *a, const char *identity_id,
    int days, const char *actor) MUST_CHECK;

/* Demands it no more. */
enum code factor_demand_end(struct db *db, struct arena *a,
    const char *identity_id, const char *actor) MUST_CHECK;

/*
 * Removes every second factor of somebody who lost them: authenticator app,
 * back-up codes, security keys. Sessions stay; end them if in doubt. *n says
 * how many there were. CODE_NOT_FOUND: no such identity.
 */
enum code factor_reset(struct db *db, struct arena *a, const char *identity_id,
    const char *actor, int64_t *n) MUST_CHECK;

extern const struct db_query factor_queries[];

#endif

/*
 * A change of somebody's traits with all that it entails (spec identity.md
 * T-6): former addresses are told, and where that is set, a new address takes
 * effect only once it is proven. Inside the open transaction.
 */
#ifndef MIRAI_IDENTITY_PROFILE_H
#define MIRAI_IDENTITY_PROFILE_H

#include "identity/traits.h"
#include "identity/visit.h"

/*
 * Changes them. CODE_ALREADY_EXISTS: an address is somebody else's; the
 * transaction can only be ended then.
 */
enum code profile_change(struct visit *c, const char *identity_id,
    const struct json *traits, struct traits_moves *moves) MUST_CHECK;

/* Keeps them until address is proven, for as long as a code is good. */
enum code profile_wait(struct visit *c, const char *identity_id,
    const struct json *traits, const char *address) MUST_CHECK;

/*
 * address is proven: what waited for that is changed. CODE_NOT_FOUND: nothing
 * did; CODE_ALREADY_EXISTS as above.
 */
enum code profile_proven(struct visit *c, const char *identity_id,
    const char *address) MUST_CHECK;

/* Whether traits wait for address; CODE_NOT_FOUND: they do not. */
enum code profile_waits(struct visit *c, const char *identity_id,
    const char *address) MUST_CHECK;

extern const struct db_query profile_queries[];

/* In the open transaction: nothing waits for them any more. */
enum code profile_forget(struct visit *c, const char *identity_id);

#endif

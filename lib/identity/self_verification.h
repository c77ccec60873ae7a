/*
 * Verification of an address by what is mailed to it (spec identity.md,
 * section 11). It signs nobody in.
 */
#ifndef MIRAI_IDENTITY_SELF_VERIFICATION_H
#define MIRAI_IDENTITY_SELF_VERIFICATION_H

#include "identity/flow.h"
#include "identity/onetime.h"

void self_verification_browser(struct visit *c);
void self_verification_api(struct visit *c);
void self_verification_flows(struct visit *c);
void self_verification_open(struct visit *c);
void self_verification_submit(struct visit *c);

/* The end of a right code; see mailed.c. */
void self_verification_passed(struct visit *c, struct flow *f,
    const struct onetime_proof *proof);

/*
 * In the open transaction of another flow (signing up, a changed address): a
 * new verification flow of the same type for address, its mail queued.
 * return_to (NULL: default) is where it leads. Nothing and CODE_OK when
 * verification is off: *out is NULL then.
 */
enum code self_verification_begin(struct visit *c, const struct flow *from,
    const char *address, const char *return_to, struct flow **out) MUST_CHECK;

/*
 * The same for an address that will be identity_id's once it is proven:
 * identity/profile.h knows what changes then.
 */
enum code self_verification_begin_for(struct visit *c, const struct flow *from,
    const char *identity_id, const char *address, const char *return_to,
    struct flow **out) MUST_CHECK;

/*
 * What looks the same from outside, for an address that has an account: no
 * code is good, and its owner is told by mail.
 */
enum code self_verification_pretend(struct visit *c, const struct flow *from,
    const char *address, const char *return_to, struct flow **out) MUST_CHECK;

/* The continue_with item of such a flow: show_verification_ui. */
void self_verification_put_item(struct visit *c, struct json *list,
    const struct flow *f);

#endif

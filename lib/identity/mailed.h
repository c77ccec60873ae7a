/*
 * What recovery and verification share: a form that asks for an address, a
 * mail with a code or a link, and a form that asks for it back (spec
 * identity.md, sections 11 and 12).
 */
#ifndef MIRAI_IDENTITY_MAILED_H
#define MIRAI_IDENTITY_MAILED_H

#include "identity/flow.h"
#include "identity/onetime.h"

/* GET .../browser and .../api. */
void mailed_start(struct visit *c, enum flow_kind kind, bool api);

/*
 * The link of a mail: fills the code in and shows the form, in this browser
 * from now on. It proves nothing yet, since programs follow links, too.
 */
void mailed_open(struct visit *c, enum flow_kind kind);

/* POST ...?flow= */
void mailed_submit(struct visit *c, enum flow_kind kind);

/* As self_draw(). */
enum code mailed_draw(struct visit *c, struct flow *f);

/*
 * Mails a code or a link, whichever the configuration says, for address (as
 * typed, or as stored) in the open transaction; f, stored already, then waits
 * for it and says so.
 */
enum code mailed_send(struct visit *c, struct flow *f,
    const char *address) MUST_CHECK;

/*
 * As mailed_send(), but *secret is told instead of mailed: for administrators.
 * identity_id owns the address.
 */
enum code mailed_issue(struct visit *c, struct flow *f, const char *address,
    const char *identity_id, int64_t life_us, bool link,
    const char **secret) MUST_CHECK;

/*
 * In the open transaction: f, of signing up or verification, looks as if a code
 * was sent to address, but none is good, and its owner is told by mail that
 * there is an account (E-3).
 */
enum code mailed_exists(struct visit *c, struct flow *f,
    const char *address) MUST_CHECK;

/* The owner of a verifiable address (normalised); *identity_id NULL: nobody. */
enum code mailed_owner(struct visit *c, const char *address,
    const char **identity_id) MUST_CHECK;

/* The URL of mailed_open() for f; secret NULL: without one. */
const char *mailed_url(struct visit *c, const struct flow *f, bool link,
    const char *secret);

/*
 * Ends the open transaction and shows f again: what was given is wrong. What
 * was counted stays counted.
 */
void mailed_refuse(struct visit *c, struct flow *f);

/*
 * In the open transaction: the address is proven to be theirs. CODE_NOT_FOUND:
 * it is not theirs any more.
 */
enum code mailed_verify(struct visit *c, const char *identity_id,
    const char *address) MUST_CHECK;

extern const struct db_query mailed_queries[];

#endif

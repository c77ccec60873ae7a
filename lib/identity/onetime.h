/*
 * One-time codes and links: six digits, or a token nobody can guess, mailed to
 * an address and submitted back to the flow that sent them (spec identity.md,
 * sections 11 and 12). All run inside the caller's open transaction.
 */
#ifndef MIRAI_IDENTITY_ONETIME_H
#define MIRAI_IDENTITY_ONETIME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/code.h"
#include "base/str.h"
#include "db/db.h"

#define ONETIME_DIGITS	    6
#define ONETIME_PATTERN	    "[0-9]+"
#define ONETIME_MAX_SUBMITS 5 /* per flow, right or wrong */

struct onetime_new {
	const char *flow_id;	 /* stored already */
	const char *address;	 /* normalised: nfc_identifier() */
	const char *identity_id; /* NULL: nobody's, as yet */
	bool link;		 /* a token for a link, not a code */
	int64_t life_us;
};

/*
 * Makes one; those made before for the same flow are void. *secret is what the
 * mail says, in a. CODE_FAILED_PRECONDITION: the flow is completed already.
 */
enum code onetime_issue(struct db *db, struct arena *a,
    const char *const *secrets, const struct onetime_new *in,
    const char **secret) MUST_CHECK;

struct onetime_proof {
	const char *address;
	const char *identity_id; /* NULL: of a newcomer */
};

/*
 * Counts the submission, then compares, and uses the code up: of several that
 * submit the same one, exactly one gets CODE_OK. given may be a code or a
 * token. Others are
 * CODE_NOT_FOUND: wrong, used, void or expired; commit, so that it counts;
 * CODE_RESOURCE_EXHAUSTED: the flow is spent, nothing was compared;
 * CODE_FAILED_PRECONDITION: the flow is completed already.
 */
enum code onetime_use(struct db *db, struct arena *a,
    const char *const *secrets, const char *flow_id, const char *given,
    struct onetime_proof *out) MUST_CHECK;

extern const struct db_query onetime_queries[];

#endif

/*
 * Recovery of an account by what is mailed to its address (spec identity.md,
 * section 12): a session, and the settings page to choose a new password.
 */
#ifndef MIRAI_IDENTITY_SELF_RECOVERY_H
#define MIRAI_IDENTITY_SELF_RECOVERY_H

#include "identity/flow.h"
#include "identity/onetime.h"

void self_recovery_browser(struct visit *c);
void self_recovery_api(struct visit *c);
void self_recovery_flows(struct visit *c);
void self_recovery_open(struct visit *c);
void self_recovery_submit(struct visit *c);

/* The end of a right code; see mailed.c. */
void self_recovery_passed(struct visit *c, struct flow *f,
    const struct onetime_proof *proof);

/* What an administrator hands to somebody instead of a mail. */
struct self_recovery_grant {
	const char *link;
	const char *code; /* NULL: the link holds a token */
	int64_t expires_at;
};

/*
 * In the open transaction: a recovery flow for identity_id, in whichever
 * browser opens the link first, good for life_us. CODE_NOT_FOUND: no such
 * identity; CODE_FAILED_PRECONDITION: it has no address to recover by.
 */
enum code self_recovery_grant(struct visit *c, const char *identity_id,
    const char *return_to, int64_t life_us, bool link,
    struct self_recovery_grant *out) MUST_CHECK;

extern const struct db_query self_recovery_queries[];

#endif

/*
 * Provisioning: from a paid registration to a person who can sign in to a
 * company (spec accounts.md 14.2). Each step can be repeated: a kill at any
 * point leaves what the next run finds and goes on with.
 *
 * Used by mirai-provision, and at once by sign-up where nothing is paid.
 */
#ifndef MIRAI_SERVICE_PROVISION_RUN_H
#define MIRAI_SERVICE_PROVISION_RUN_H

#include "base/conf.h"
#include "identity/directory.h"
#include "net/stripe.h"
#include "service/provision.h"

struct cache;

/* What it works with; all of it is the caller's. */
struct provision_env {
	const struct conf *conf; /* alert.address, billing.seats */
	struct db *db;		 /* as a worker, no transaction open */
	struct directory *directory;
	struct stripe *stripe; /* NULL: nothing is paid here */
	struct cache *cache;   /* of this host; NULL is fine */
};

/*
 * Does what is left to do for one registration that is paid and due, whoever
 * else tries. Calls outside happen with no transaction open and under a lease
 * of the registration.
 *
 *   CODE_OK                   the account exists now; *made (not NULL) names it
 *   CODE_NOT_FOUND            nothing to do: made already, not paid, not due,
 *                             or somebody else is at it
 *   CODE_UNAVAILABLE          put off (logged): it is paid still, and
 *                             mirai-provision tries again
 *   CODE_ALREADY_EXISTS       failed for good: the address is another's
 *   CODE_FAILED_PRECONDITION  failed for good for another reason
 *
 * A failure for good is stored with the registration and told to
 * alert.address.
 */
enum code provision_registration(struct provision_env *e, struct arena *a,
    const char *id, struct provision_made *made) MUST_CHECK;

/*
 * The same for whichever is due first; its id is written to id. CODE_NOT_FOUND
 * when none is.
 */
enum code provision_next(struct provision_env *e, struct arena *a,
    char id[STR_UUID_LEN + 1], struct provision_made *made) MUST_CHECK;

/*
 * A mail to alert.address, queued inside the open superadmin transaction; in
 * any case an error in the log, of the subject alone.
 */
enum code provision_alert(struct provision_env *e, struct arena *a,
    const char *subject, const char *text) MUST_CHECK;

/* s in one line, control characters as blanks; in a. For mails of plain text. */
const char *provision_line(struct arena *a, const char *s);

#endif

/*
 * What must still be done elsewhere once a transaction has committed: queued
 * inside it, done and repeated by mirai-provision until it is done (spec
 * accounts.md 14.1).
 *
 *   delete_identity  identity_id            an account nobody came to own
 *   revoke_sessions  identity_id            of a removed person
 *   stripe_metadata  company_id customer_id subscription_id
 *   customer_name    customer_id name
 *   checkout_expire  session_id
 *
 * mirai_tenant may queue revoke_sessions and customer_name alone, and these are
 * done only for a person or a customer of the tenant that queued them.
 */
#ifndef MIRAI_SERVICE_COMPENSATE_H
#define MIRAI_SERVICE_COMPENSATE_H

#include "base/arena.h"
#include "base/code.h"
#include "db/db.h"
#include "net/json.h"

struct provision_env;

/* Also told when a registration was paid; without payload. */
#define PROVISION_CHANNEL "mirai_provision"

/* Tries before one is given up and told to alert.address. */
#define COMPENSATE_TRIES 20

/*
 * Queues one inside the caller's open transaction and wakes mirai-provision
 * when that commits; tenant_id is that of a tenant's transaction, NULL in a
 * superadmin's. A failure shows at the end of the transaction.
 */
void compensate_queue(struct db *db, struct arena *a, const char *tenant_id,
    const char *kind, const struct json *payload);

/*
 * Does one that is due, under a lease and with no transaction open: 1 and the
 * kind in *kind (may be NULL); 0 when none is due; -1 when the database failed
 * (logged). What did not work is logged and comes again later.
 */
int compensate_step(struct provision_env *e, struct arena *a,
    const char **kind) MUST_CHECK;

/* For -n: each that waits, and whether it is due. -1 as above. */
int compensate_waiting(struct provision_env *e, struct arena *a,
    void (*show)(void *arg, const char *id, const char *kind, int attempts,
	bool due),
    void *arg) MUST_CHECK;

#endif

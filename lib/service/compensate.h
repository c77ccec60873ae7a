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
 */
#ifndef MIRAI_SERVICE_COMPENSATE_H
#define MIRAI_SERVICE_COMPENSATE_H

#include "base/arena.h"
#include "base/code.h"
#include "db/db.h"
#include "net/json.h"

/* Also told when a registration was paid; without payload. */
#define PROVISION_CHANNEL "mirai_provision"

/*
 * Queues one inside the caller's open transaction and wakes mirai-provision
 * when that commits; tenant_id is that of a tenant's transaction, NULL in a
 * superadmin's. A failure shows at the end of the transaction.
 */
void compensate_queue(struct db *db, struct arena *a, const char *tenant_id,
    const char *kind, const struct json *payload);

#endif

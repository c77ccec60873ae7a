/*
 * The audit trail of the identity service, copied to the audit logs of those
 * tenants whose people it is about (spec identity.md D-4).
 */
#ifndef MIRAI_SERVICE_AUDIT_COPY_H
#define MIRAI_SERVICE_AUDIT_COPY_H

#include <stdint.h>

#include "base/arena.h"
#include "db/db.h"

/*
 * One batch of what is still to be copied, after row *after, which then is its
 * last. identities is open as the identity service, app as a worker. Returns
 * how many were looked at, 0: none is left, -1: a database failed. A row is
 * copied once, however often this is stopped between the two databases; one of
 * nobody's people is kept for a day, since they may be about to sign up.
 */
int64_t audit_copy_step(struct db *identities, struct db *app, struct arena *a,
    int64_t *after) MUST_CHECK;

extern const struct db_query audit_copy_identity_queries[];
extern const struct db_query audit_copy_queries[];

#endif

/*
 * The audit log: who did what to what, in the transaction of the deed.
 */
#ifndef MIRAI_SERVICE_AUDIT_H
#define MIRAI_SERVICE_AUDIT_H

#include "rpc/req.h"

/*
 * Queues one row for the caller's tenant; a failure shows at the next
 * statement or at the end of the transaction. details is a JSON object of our
 * making, or NULL.
 */
void audit_write(struct req *r, const char *action, const char *target_type,
    const char *target_id, const char *details);

#endif

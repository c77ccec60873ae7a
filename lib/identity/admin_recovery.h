/*
 * Recovery that an administrator starts for somebody (spec identity.md,
 * section 15): a link, or a link and a code, to hand over.
 */
#ifndef MIRAI_IDENTITY_ADMIN_RECOVERY_H
#define MIRAI_IDENTITY_ADMIN_RECOVERY_H

#include "identity/visit.h"

void admin_recovery_code(struct visit *c); /* POST /admin/recovery/code */
void admin_recovery_link(struct visit *c); /* POST /admin/recovery/link */

#endif

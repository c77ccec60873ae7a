/*
 * Mails as an administrator sees them, codes masked (spec identity.md 15, Z-5).
 */
#ifndef MIRAI_IDENTITY_ADMIN_COURIER_H
#define MIRAI_IDENTITY_ADMIN_COURIER_H

#include "identity/visit.h"

void admin_courier_list(struct visit *c); /* GET /admin/courier/messages */
void admin_courier_get(struct visit *c);  /* GET .../{id} */

#endif

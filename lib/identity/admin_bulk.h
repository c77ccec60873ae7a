/*
 * Many identities made in one call (spec identity.md, section 15).
 */
#ifndef MIRAI_IDENTITY_ADMIN_BULK_H
#define MIRAI_IDENTITY_ADMIN_BULK_H

#include "identity/visit.h"

void admin_bulk_create(struct visit *c); /* PATCH /admin/identities */

#endif

/*
 * Administrator's routes of identities (spec identity.md, section 15).
 */
#ifndef MIRAI_IDENTITY_ADMIN_IDENTITY_H
#define MIRAI_IDENTITY_ADMIN_IDENTITY_H

#include "identity/visit.h"

void admin_identity_list(struct visit *c);	  /* GET /admin/identities */
void admin_identity_create(struct visit *c);	  /* POST /admin/identities */
void admin_identity_get(struct visit *c);	  /* GET .../{id} */
void admin_identity_delete(struct visit *c);	  /* DELETE .../{id} */
void admin_identity_by_external(struct visit *c); /* .../by/external/{id} */
void admin_identity_put(struct visit *c);	  /* PUT .../{id} */
void admin_identity_patch(struct visit *c);	  /* PATCH .../{id} */

#endif

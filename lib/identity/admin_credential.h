/*
 * Credentials that an administrator takes away (spec identity.md, section 15).
 */
#ifndef MIRAI_IDENTITY_ADMIN_CREDENTIAL_H
#define MIRAI_IDENTITY_ADMIN_CREDENTIAL_H

#include "identity/visit.h"

void admin_credential_drop(
    struct visit *c); /* DELETE /admin/identities/{id}/credentials/{type} */

#endif

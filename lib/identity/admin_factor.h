/*
 * Credentials other than passwords that an administrator imports (spec
 * identity.md A-2): links to providers, authenticator apps, back-up codes, keys.
 */
#ifndef MIRAI_IDENTITY_ADMIN_FACTOR_H
#define MIRAI_IDENTITY_ADMIN_FACTOR_H

#include <stdbool.h>

#include "identity/visit.h"

/*
 * Whether the credentials of a body can be written. False: *why says which
 * member breaks which rule.
 */
bool admin_factor_check(struct visit *c, const struct json *credentials,
    const char **why);

/*
 * Makes or replaces those that are there (checked before), in the open
 * transaction. CODE_ALREADY_EXISTS: linked to somebody else.
 */
enum code admin_factor_write(struct visit *c, const char *identity_id,
    const struct json *credentials);

#endif

/*
 * Identities in files: one JSON object per identity, as Kratos has them, for
 * moving people from one installation to another.
 */
#ifndef MIRAI_IDENTITY_ADMIN_EXPORT_H
#define MIRAI_IDENTITY_ADMIN_EXPORT_H

#include <stdbool.h>

#include "identity/admin_import.h"

/*
 * The identity (of admin_view.h) as admin_export_read() takes it: without
 * credentials, or with all that prove who somebody is, in clear but for the
 * password's hash. In the open transaction; *lost counts credentials that no
 * secret opens.
 */
enum code admin_export_make(struct visit *c, const struct json *identity,
    bool credentials, const struct json **out, int *lost) MUST_CHECK;

/*
 * Reads such an object, or one that Kratos itself gave out; ids are kept.
 * False: *why says which member breaks which rule.
 */
bool admin_export_read(struct visit *c, const struct json *body,
    struct admin_import *out, const char **why);

#endif

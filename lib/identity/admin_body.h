/*
 * What an administrator sends: JSON of bounded size, and refusals that name
 * the member and the rule.
 */
#ifndef MIRAI_IDENTITY_ADMIN_BODY_H
#define MIRAI_IDENTITY_ADMIN_BODY_H

#include <stdbool.h>
#include <stddef.h>

#include "identity/visit.h"

/* The body, a list or an object as kind says. NULL: refused with 400, 413. */
const struct json *admin_body_read(struct visit *c, enum json_kind kind);

/*
 * Whether o has members of the NULL-terminated list only; if not *why names
 * the first other one, where (NULL: none) before it.
 */
bool admin_body_only(struct visit *c, const struct json *o,
    const char *const *members, const char *where, const char **why);

/* 400 with "$.traits.email: not a string", or whatever why says. */
void admin_body_refuse(struct visit *c, const char *why);

/*
 * Answers what a write came to: true if code is CODE_OK and the commit went
 * well; else 404 and 409 as Kratos says them, or what the database says, is
 * answered.
 */
bool admin_body_end(struct visit *c, enum code code);

#endif

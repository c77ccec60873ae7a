/*
 * Forms in two screens (spec identity.md G-1, L-9): first who it is, then how
 * that is proven.
 */
#ifndef MIRAI_IDENTITY_METHOD_STEPS_H
#define MIRAI_IDENTITY_METHOD_STEPS_H

#include "identity/flow.h"

/* Whether f, of login or registration, is on the first of two screens. */
bool method_steps_first(const struct visit *c, const struct flow *f);

/* A submit of the second, with what the first one said where it is left out. */
const struct json *method_steps_body(struct visit *c, const struct flow *f,
    const struct json *body);

#endif

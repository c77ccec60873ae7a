/*
 * Bodies of web hooks: a JSON document whose texts "$.identity.traits.email"
 * stand for values. What is filled in is a value and never becomes syntax.
 */
#ifndef MIRAI_IDENTITY_HOOK_BODY_H
#define MIRAI_IDENTITY_HOOK_BODY_H

#include "base/arena.h"
#include "net/json.h"

/*
 * What a template may name first: event, flow, identity, session, request.
 * NULL, or the rule that it breaks, in a.
 */
const char *hook_body_check(struct arena *a, const struct json *tmpl);

/*
 * The template filled from data, in a. What is absent becomes null; "$$" at
 * the beginning of a text stands for one dollar sign.
 */
struct json *hook_body_fill(struct arena *a, const struct json *tmpl,
    const struct json *data);

#endif

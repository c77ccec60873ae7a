/*
 * JSON Schema (2020-12), the few words our schemas use, as the judge of what
 * models answer: type, properties, required, items, enum, minItems, maxItems,
 * minLength, maxLength, minimum, maximum. No other word may be used.
 */
#ifndef MIRAI_AI_PROVIDER_CHECK_H
#define MIRAI_AI_PROVIDER_CHECK_H

#include "net/json.h"

/*
 * NULL, or the first rule that j breaks with its place, in a, as
 * "$.sections[2].title: too long". Members that the schema does not know are no
 * error: nobody reads them.
 */
const char *provider_check(struct arena *a, const struct json *schema,
    const struct json *j);

/*
 * The schema as it is sent, in a: of the words only those in keep (a list that
 * NULL ends), besides type, properties and items. closed: every property is
 * required and no other one allowed, as strict servers want it.
 */
struct json *provider_check_reduce(struct arena *a, const struct json *schema,
    const char *const *keep, bool closed);

#endif

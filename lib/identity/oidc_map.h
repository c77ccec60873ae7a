/*
 * From what a provider says of a person to the traits of an identity, by JSON
 * pointers (RFC 6901).
 */
#ifndef MIRAI_IDENTITY_OIDC_MAP_H
#define MIRAI_IDENTITY_OIDC_MAP_H

#include <stdbool.h>

#include "identity/oidc_config.h"
#include "net/json.h"

/* The value pointer leads to in j; NULL: none. Strings are made in a. */
const struct json *oidc_map_at(struct arena *a, const struct json *j,
    const char *pointer);

/* Its text, trimmed; NULL when absent, empty or no text. */
const char *oidc_map_text(struct arena *a, const struct json *j,
    const char *pointer);

/* Whether the value says yes: true, 1, "true" or "1". */
bool oidc_map_yes(struct arena *a, const struct json *j, const char *pointer);

/* The traits the provider's map makes of claims. */
struct json *oidc_map_traits(struct arena *a, const struct oidc_provider *p,
    const struct json *claims);

/* Whether claims lack something the map asks for. */
bool oidc_map_lacks(struct arena *a, const struct oidc_provider *p,
    const struct json *claims);

#endif

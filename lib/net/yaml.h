/*
 * YAML 1.1 as configuration files use it, read into the values of net/json.h.
 * The only user of libyaml. Anchors, aliases, tags and second documents are
 * errors: nobody needs them there, and aliases can blow a file up.
 */
#ifndef MIRAI_NET_YAML_H
#define MIRAI_NET_YAML_H

#include <stddef.h>

#include "net/json.h"

/*
 * The root in a; an empty document is an empty object. NULL: *error says
 * "line N: what". Plain true, false, null and numbers have their type, all
 * other scalars are text.
 */
struct json *yaml_parse(struct arena *a, const void *p, size_t len,
    const char **error);

#endif

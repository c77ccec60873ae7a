/*
 * JSON Patch (RFC 6902): a list of operations that make one document of
 * another. The documents themselves are never changed.
 */
#ifndef MIRAI_NET_JSON_PATCH_H
#define MIRAI_NET_JSON_PATCH_H

#include <stdbool.h>

#include "net/json.h"

/*
 * doc after all operations of the list patch, in a; it may share parts of
 * both. NULL: *why names the first operation that breaks a rule ("[2].path:
 * there is nothing there"). At most 100 operations; the
 * result has at most 5000 values, 1 MiB of text and 64 levels.
 */
const struct json *json_patch(struct arena *a, const struct json *doc,
    const struct json *patch, const char **why);

/*
 * Whether any operation writes, reads or tests the value at pointer (RFC 6901)
 * or below it.
 */
bool json_patch_touches(const struct json *patch, const char *pointer);

#endif

/*
 * The body of a submit, whatever its type, as one object (spec identity.md
 * N-4). Dotted names of forms become nested objects; their values are text.
 */
#ifndef MIRAI_IDENTITY_BODY_H
#define MIRAI_IDENTITY_BODY_H

#include <stddef.h>

#include "base/arena.h"
#include "net/json.h"

#define BODY_MAX_BYTES	((size_t)1024 * 1024)
#define BODY_MAX_DEPTH	32
#define BODY_MAX_FIELDS ((size_t)256)

struct body_fault {
	int status; /* of HTTP */
	const char *reason;
};

/* The object, or NULL and *fault says why. type is the Content-Type. */
struct json *body_read(struct arena *a, const char *type, const void *body,
    size_t len, struct body_fault *fault);

#endif

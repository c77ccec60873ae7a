/*
 * Form posts: application/x-www-form-urlencoded and multipart/form-data
 * (RFC 7578), read from a body that is in memory.
 */
#ifndef MIRAI_RPC_FORM_H
#define MIRAI_RPC_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

#define FORM_MAX_FIELDS 256

/* One field; value is followed by a NUL and lives as long as the body. */
struct form_field {
	const char *name;
	const char *value;
	size_t len;
	const char *filename; /* NULL: not a file */
	const char *type;     /* of a file; "" if not said */
};

struct form {
	struct form_field *fields;
	size_t nfields;
};

/*
 * Reads a body by its content type. False: neither type, malformed, or more
 * than FORM_MAX_FIELDS fields. All in a; file contents are copied.
 */
bool form_parse(struct arena *a, const char *type, const void *body, size_t len,
    struct form *out);

/* The first field of that name, or NULL. */
const struct form_field *form_find(const struct form *f, const char *name);

/* Its value as text; NULL when absent, a file, or holding a NUL. */
const char *form_text(const struct form *f, const char *name);

#endif

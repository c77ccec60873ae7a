/*
 * Bodies are read whole and parsed under limits before anything looks at them.
 * Text of the client never comes back in a refusal but for names of members.
 */
#include "identity/admin_body.h"

#include <string.h>

#include "base/utf8.h"

#define MAX_BYTES ((size_t)8 * 1024 * 1024)
#define MAX_DEPTH 32
#define MAX_NAME  64

const struct json *
admin_body_read(struct visit *c, enum json_kind kind)
{
	static const struct json_limits limits = { MAX_BYTES, MAX_DEPTH };
	const struct json *root;
	const char *error;

	switch (req_read_body(c->r, MAX_BYTES)) {
	case REQ_BODY_OK:
		break;
	case REQ_BODY_TOO_LONG:
		visit_refuse_simple(c, 413, NULL,
		    "The body is larger than 8 MiB.");
		return NULL;
	case REQ_BODY_LENGTH:
		visit_refuse_simple(c, 400, NULL, "The body was cut short.");
		return NULL;
	}
	root = json_parse(c->mem, c->r->body, c->r->bodylen, &limits, &error);
	if (root == NULL) {
		admin_body_refuse(c,
		    arena_printf(c->mem, "the body is not JSON: %s", error));
		return NULL;
	}
	if (json_kind(root) != kind) {
		admin_body_refuse(c,
		    kind == JSON_LIST ? "the body is not a JSON list"
				      : "the body is not a JSON object");
		return NULL;
	}
	return root;
}

bool
admin_body_only(struct visit *c, const struct json *o,
    const char *const *members, const char *where, const char **why)
{
	const char *name;
	size_t i;

	for (i = 0; (name = json_key_at(o, i)) != NULL; i++) {
		if (str_is_listed(members, name))
			continue;
		name = arena_strndup(c->mem, name, utf8_prefix(name, MAX_NAME));
		*why = arena_printf(c->mem, "%s%s%s: unknown member",
		    where == NULL ? "" : where, where == NULL ? "" : ".", name);
		return false;
	}
	return true;
}

void
admin_body_refuse(struct visit *c, const char *why)
{
	visit_refuse_simple(c, 400, NULL, why);
}

static void
refuse_missing(struct visit *c)
{
	visit_refuse_simple(c, 404, NULL, "Unable to locate the resource");
}

static void
refuse_conflict(struct visit *c)
{
	visit_refuse_simple(c, 409, NULL,
	    "This identity conflicts with another identity that already "
	    "exists.");
}

bool
admin_body_end(struct visit *c, enum code code)
{
	if (code == CODE_NOT_FOUND)
		refuse_missing(c);
	else if (code == CODE_ALREADY_EXISTS)
		refuse_conflict(c);
	else
		return visit_end(c, code);
	return false;
}

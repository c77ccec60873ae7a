/*
 * JSON, urlencoded and multipart bodies. All limits are checked before a
 * value is used; a file in a multipart body is refused.
 */
#include "identity/body.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "base/utf8.h"
#include "rpc/form.h"

/* One field of a form. name is cut into segments while nesting. */
struct field {
	const char *name;
	const char *value;
};

struct fields {
	struct arena *mem;
	struct field items[BODY_MAX_FIELDS];
	size_t nitems;
	struct body_fault *fault;
};

static bool
fail(struct body_fault *fault, int status, const char *reason)
{
	fault->status = status;
	fault->reason = reason;
	return false;
}

/* --- fields to objects ----------------------------------------------------- */

static bool
add_field(struct fields *f, const struct form_field *in)
{
	size_t i;

	if (strlen(in->value) != in->len || !utf8_valid(in->value, in->len) ||
	    !utf8_valid(in->name, strlen(in->name)))
		return fail(f->fault, 400, "a form field is malformed");
	for (i = 0; i < f->nitems; i++) {
		if (strcmp(f->items[i].name, in->name) == 0) {
			f->items[i].value = in->value; /* the last one counts */
			return true;
		}
	}
	assert(f->nitems < BODY_MAX_FIELDS);
	f->items[f->nitems].name = in->name;
	f->items[f->nitems].value = in->value;
	f->nitems++;
	return true;
}

/* Length of the first segment of a name. */
static size_t
segment(const char *name)
{
	return strcspn(name, ".");
}

static bool nest(struct fields *f, struct json *o, const char *prefix,
    size_t len, unsigned depth);

/* The member that starts at rest; all fields below it go into one object. */
static bool
nest_member(struct fields *f, struct json *o, const struct field *field,
    size_t len, unsigned depth)
{
	const char *rest = field->name + len;
	size_t n = segment(rest);
	const char *key = arena_strndup(f->mem, rest, n);

	if (n == 0)
		return fail(f->fault, 400, "a form field has an empty name");
	if (rest[n] == '\0') {
		if (json_has(o, key))
			return fail(f->fault, 400, "form fields contradict");
		json_put_text(o, key, field->value);
		return true;
	}
	if (json_kind(json_get(o, key)) == JSON_OBJECT)
		return true; /* an earlier field brought it */
	if (json_has(o, key))
		return fail(f->fault, 400, "form fields contradict");
	return nest(f, json_put_object(o, key), field->name, len + n + 1,
	    depth + 1);
}

/* Puts every field whose name starts with len bytes of prefix into o. */
static bool
nest(struct fields *f, struct json *o, const char *prefix, size_t len,
    unsigned depth)
{
	size_t i;

	if (depth > BODY_MAX_DEPTH)
		return fail(f->fault, 400, "nested too deeply");
	for (i = 0; i < f->nitems; i++) {
		if (strncmp(f->items[i].name, prefix, len) != 0)
			continue;
		if (!nest_member(f, o, &f->items[i], len, depth))
			return false;
	}
	return true;
}

/* --- forms ----------------------------------------------------------------- */

static bool
read_form(struct fields *f, const char *type, const void *body, size_t len)
{
	struct form form;
	size_t i;

	if (!form_parse(f->mem, type, body, len, &form))
		return fail(f->fault, 400, "the form is malformed");
	for (i = 0; i < form.nfields; i++) {
		if (form.fields[i].filename != NULL)
			return fail(f->fault, 400, "files are not accepted");
		if (!add_field(f, &form.fields[i]))
			return false;
	}
	return true;
}

/* --- JSON ------------------------------------------------------------------ */

/*
 * Counts members and elements of j and below until there are too many: more
 * are not looked at, for a long object is slow to walk. False: too many.
 */
static bool
count_fields(const struct json *j, size_t *n)
{
	const char *key;
	size_t i;

	for (i = 0; i < json_count(j); i++)
		if (++*n > BODY_MAX_FIELDS || !count_fields(json_at(j, i), n))
			return false;
	if (json_kind(j) != JSON_OBJECT)
		return true;
	for (i = 0; (key = json_key_at(j, i)) != NULL; i++)
		if (++*n > BODY_MAX_FIELDS ||
		    !count_fields(json_get(j, key), n))
			return false;
	return true;
}

static struct json *
read_json(struct arena *a, const void *body, size_t len,
    struct body_fault *fault)
{
	static const struct json_limits limits = { BODY_MAX_BYTES,
		BODY_MAX_DEPTH };
	struct json *root;
	size_t n = 0;

	root = json_parse(a, body, len, &limits, NULL);
	if (json_kind(root) != JSON_OBJECT) {
		fail(fault, 400, "the body is not a JSON object");
		return NULL;
	}
	if (!count_fields(root, &n)) {
		fail(fault, 400, "too many fields");
		return NULL;
	}
	return root;
}

static bool
is_type(const char *type, const char *want)
{
	size_t len = strlen(want);

	return strncasecmp(type, want, len) == 0 &&
	    (type[len] == '\0' || type[len] == ';' || type[len] == ' ');
}

struct json *
body_read(struct arena *a, const char *type, const void *body, size_t len,
    struct body_fault *fault)
{
	struct fields *f;
	struct json *o;
	bool ok;

	if (len > BODY_MAX_BYTES) {
		fail(fault, 413, "the body is larger than 1 MiB");
		return NULL;
	}
	if (is_type(type, "application/json"))
		return read_json(a, body, len, fault);

	f = arena_zalloc(a, sizeof(*f));
	f->mem = a;
	f->fault = fault;
	if (is_type(type, "application/x-www-form-urlencoded") ||
	    is_type(type, "multipart/form-data"))
		ok = read_form(f, type, body, len);
	else
		ok = fail(fault, 400,
		    "the Content-Type must be application/json, "
		    "application/x-www-form-urlencoded or "
		    "multipart/form-data");
	if (!ok)
		return NULL;
	o = json_new_object(a);
	return nest(f, o, "", 0, 1) ? o : NULL;
}

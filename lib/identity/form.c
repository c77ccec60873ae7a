/*
 * JSON, urlencoded and multipart bodies. All limits are checked before a
 * value is used; a file in a multipart body is refused.
 */
#include "identity/form.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "base/utf8.h"

/* One field of a form. name is cut into segments while nesting. */
struct field {
	const char *name;
	const char *value;
};

struct fields {
	struct arena *mem;
	struct field items[FORM_MAX_FIELDS];
	size_t nitems;
	struct form_fault *fault;
};

static bool
fail(struct form_fault *fault, int status, const char *reason)
{
	fault->status = status;
	fault->reason = reason;
	return false;
}

/* --- fields to objects ----------------------------------------------------- */

static bool
add_field(struct fields *f, const char *name, const char *value)
{
	size_t i;

	if (name == NULL || value == NULL || !utf8_valid(name, strlen(name)) ||
	    !utf8_valid(value, strlen(value)))
		return fail(f->fault, 400, "a form field is malformed");
	for (i = 0; i < f->nitems; i++) {
		if (strcmp(f->items[i].name, name) == 0) {
			f->items[i].value = value; /* the last one counts */
			return true;
		}
	}
	if (f->nitems == FORM_MAX_FIELDS)
		return fail(f->fault, 400, "too many fields");
	f->items[f->nitems].name = name;
	f->items[f->nitems].value = value;
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

	if (depth > FORM_MAX_DEPTH)
		return fail(f->fault, 400, "nested too deeply");
	for (i = 0; i < f->nitems; i++) {
		if (strncmp(f->items[i].name, prefix, len) != 0)
			continue;
		if (!nest_member(f, o, &f->items[i], len, depth))
			return false;
	}
	return true;
}

/* --- urlencoded ------------------------------------------------------------ */

static bool
read_urlencoded(struct fields *f, const char *s, size_t len)
{
	const char *end = s + len, *amp, *eq;

	for (; s < end; s = amp + 1) {
		if ((amp = memchr(s, '&', (size_t)(end - s))) == NULL)
			amp = end;
		if (amp == s)
			continue;
		if ((eq = memchr(s, '=', (size_t)(amp - s))) == NULL)
			eq = amp;
		if (!add_field(f,
			str_url_decode(f->mem, s, (size_t)(eq - s), true),
			eq == amp ? ""
				  : str_url_decode(f->mem, eq + 1,
					(size_t)(amp - eq - 1), true)))
			return false;
	}
	return true;
}

/* --- multipart (RFC 7578) -------------------------------------------------- */

static const char *
find(const char *s, const char *end, const char *what)
{
	return s > end ? NULL
		       : memmem(s, (size_t)(end - s), what, strlen(what));
}

/* The value of parameter name in a header value; NULL when absent. */
static const char *
parameter(struct arena *a, const char *s, const char *name)
{
	size_t len = strlen(name);
	const char *end;

	while ((s = strchr(s, ';')) != NULL) {
		s += 1 + strspn(s + 1, " \t");
		if (strncasecmp(s, name, len) != 0 || s[len] != '=')
			continue;
		s += len + 1;
		if (*s != '"')
			return arena_strndup(a, s, strcspn(s, "; \t"));
		end = strchr(s + 1, '"');
		return end == NULL
		    ? NULL
		    : arena_strndup(a, s + 1, (size_t)(end - s - 1));
	}
	return NULL;
}

/* The Content-Disposition among the header lines of a part. */
static const char *
disposition(struct arena *a, const char *head, const char *end)
{
	static const char name[] = "content-disposition:";
	const char *eol;

	for (; head < end; head = eol + 2) {
		if ((eol = find(head, end, "\r\n")) == NULL)
			eol = end;
		if ((size_t)(eol - head) > sizeof(name) &&
		    strncasecmp(head, name, sizeof(name) - 1) == 0)
			return arena_strndup(a, head, (size_t)(eol - head));
		if (eol == end)
			break;
	}
	return NULL;
}

/* One part: header lines, an empty line, the value. */
static bool
read_part(struct fields *f, const char *part, const char *end)
{
	const char *value, *head;

	if ((value = find(part, end, "\r\n\r\n")) == NULL ||
	    (head = disposition(f->mem, part, value)) == NULL)
		return fail(f->fault, 400, "a part is malformed");
	if (parameter(f->mem, head, "filename") != NULL)
		return fail(f->fault, 400, "files are not accepted");
	value += 4;
	if (memchr(value, '\0', (size_t)(end - value)) != NULL)
		return fail(f->fault, 400, "a form field is malformed");
	return add_field(f, parameter(f->mem, head, "name"),
	    arena_strndup(f->mem, value, (size_t)(end - value)));
}

static bool
read_multipart(struct fields *f, const char *type, const char *s, size_t len)
{
	const char *boundary, *mark, *end = s + len, *next;

	boundary = parameter(f->mem, type, "boundary");
	if (boundary == NULL || *boundary == '\0' || strlen(boundary) > 70)
		return fail(f->fault, 400, "the boundary is missing");
	mark = arena_printf(f->mem, "\r\n--%s", boundary);
	/* the first mark has no line before it */
	if (len < strlen(mark) - 2 ||
	    strncmp(s, mark + 2, strlen(mark) - 2) != 0)
		return fail(f->fault, 400, "a part is malformed");
	for (s += strlen(mark) - 2;; s = next + strlen(mark)) {
		if (end - s >= 2 && strncmp(s, "--", 2) == 0)
			return true;
		if (end - s < 2 || strncmp(s, "\r\n", 2) != 0 ||
		    (next = find(s, end, mark)) == NULL)
			return fail(f->fault, 400, "a part is malformed");
		if (!read_part(f, s + 2, next))
			return false;
	}
}

/* --- JSON ------------------------------------------------------------------ */

/* Members and elements of j and below. */
static size_t
count_fields(const struct json *j)
{
	size_t n = 0, i;
	const char *key;

	for (i = 0; i < json_count(j); i++)
		n += 1 + count_fields(json_at(j, i));
	if (json_kind(j) != JSON_OBJECT)
		return n;
	for (i = 0; (key = json_key_at(j, i)) != NULL; i++)
		n += 1 + count_fields(json_get(j, key));
	return n;
}

static struct json *
read_json(struct arena *a, const void *body, size_t len,
    struct form_fault *fault)
{
	static const struct json_limits limits = { FORM_MAX_BYTES,
		FORM_MAX_DEPTH };
	struct json *root;

	root = json_parse(a, body, len, &limits, NULL);
	if (json_kind(root) != JSON_OBJECT) {
		fail(fault, 400, "the body is not a JSON object");
		return NULL;
	}
	if (count_fields(root) > FORM_MAX_FIELDS) {
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
form_read(struct arena *a, const char *type, const void *body, size_t len,
    struct form_fault *fault)
{
	struct fields *f;
	struct json *o;
	bool ok;

	if (len > FORM_MAX_BYTES) {
		fail(fault, 413, "the body is larger than 1 MiB");
		return NULL;
	}
	if (is_type(type, "application/json"))
		return read_json(a, body, len, fault);

	f = arena_zalloc(a, sizeof(*f));
	f->mem = a;
	f->fault = fault;
	if (is_type(type, "application/x-www-form-urlencoded"))
		ok = read_urlencoded(f, body, len);
	else if (is_type(type, "multipart/form-data"))
		ok = read_multipart(f, type, body, len);
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

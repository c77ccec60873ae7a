/*
 * JSON of internal documents on json-c. A struct json is a handle in the
 * arena: the library's value, and where it stands in its document. Paths are
 * worked out only when an error is told. The library's tree is released when
 * the arena is reset; handles never outlive it.
 */
#include "net/json.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/utf8.h"

#define DEFAULT_BYTES ((size_t)16 * 1024 * 1024)
#define DEFAULT_DEPTH 64

struct doc {
	struct arena *mem;
	const char *error; /* the first one */
};

struct json {
	struct json_object *val; /* NULL is JSON null, as in json-c */
	struct doc *doc;
	const struct json *up; /* NULL at the root */
	const char *key;       /* member of up; NULL: element at index */
	size_t index;
};

static void
drop(void *p)
{
	json_object_put(p);
}

static struct json *
node(struct doc *doc, struct json_object *val, const struct json *up,
    const char *key, size_t index)
{
	struct json *j;

	j = arena_alloc(doc->mem, sizeof(*j));
	j->val = val;
	j->doc = doc;
	j->up = up;
	j->key = key;
	j->index = index;
	return j;
}

/* A document owns its root value; everything else is borrowed from it. */
static struct json *
root(struct arena *a, struct json_object *val)
{
	struct doc *doc;

	doc = arena_zalloc(a, sizeof(*doc));
	doc->mem = a;
	if (val != NULL)
		arena_defer(a, drop, val);
	return node(doc, val, NULL, NULL, 0);
}

/* The byte after the string that opens at p; NULL on a raw control byte. */
static const char *
skip_string(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++) {
		if ((unsigned char)*p < 0x20)
			return NULL;
		if (*p == '\\' && p + 1 < end)
			p++;
	}
	return p < end ? p + 1 : end;
}

/*
 * What json-c takes even when told to be strict: other quotes, NaN and
 * Infinity, a point without digits, control bytes in strings. NULL if fine.
 */
static const char *
lint(const char *p, size_t len, unsigned max_depth)
{
	const char *end;
	unsigned depth;

	depth = 0;
	for (end = p + len; p < end; p++) {
		if (*p == '"') {
			if ((p = skip_string(p, end)) == NULL)
				return "control character in a string";
			p--;
		} else if (*p == '[' || *p == '{') {
			if (++depth > max_depth)
				return "nested too deeply";
		} else if (*p == ']' || *p == '}') {
			depth -= depth > 0;
		} else if (*p == '\'' ||
		    (*p >= 'A' && *p <= 'Z' && *p != 'E') ||
		    (*p == '.' && (p + 1 == end || p[1] < '0' || p[1] > '9'))) {
			return "not valid JSON";
		}
	}
	return NULL;
}

static const char *
parse_text(struct json_tokener *tok, const char *p, size_t len,
    struct json_object **out)
{
	enum json_tokener_error why;
	size_t used;

	*out = json_tokener_parse_ex(tok, p, (int)len);
	why = json_tokener_get_error(tok);
	used = json_tokener_get_parse_end(tok);
	if (why == json_tokener_continue)
		return "ends in the middle";
	if (why == json_tokener_error_depth)
		return "nested too deeply";
	if (why == json_tokener_error_parse_utf8_string)
		return "not valid UTF-8";
	if (why != json_tokener_success)
		return "not valid JSON";
	while (
	    used < len && strchr(" \t\r\n", p[used]) != NULL && p[used] != '\0')
		used++;
	if (used < len)
		return "text after the end";
	return NULL;
}

struct json *
json_parse(struct arena *a, const void *p, size_t len,
    const struct json_limits *lim, const char **error)
{
	struct json_limits use = { 0 };
	struct json_tokener *tok;
	struct json_object *val;
	const char *why;
	char *copy;

	if (lim != NULL)
		use = *lim;
	if (use.max_bytes == 0)
		use.max_bytes = DEFAULT_BYTES;
	if (use.max_depth == 0)
		use.max_depth = DEFAULT_DEPTH;
	val = NULL;
	if (len > use.max_bytes || len > INT32_MAX - 1) {
		why = "too large";
	} else if (!utf8_valid(p, len)) {
		why = "not valid UTF-8";
	} else if ((why = lint(p, len, use.max_depth)) == NULL) {
		/* A number at the very end needs a byte that ends it. */
		copy = arena_alloc(a, len + 1);
		if (len > 0)
			memcpy(copy, p, len);
		copy[len] = '\n';
		tok = json_tokener_new_ex((int)use.max_depth + 2);
		assert(tok != NULL);
		json_tokener_set_flags(tok,
		    JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS);
		why = parse_text(tok, copy, len + 1, &val);
		json_tokener_free(tok);
	}
	if (why == NULL)
		return root(a, val);
	json_object_put(val);
	if (error != NULL)
		*error = why;
	return NULL;
}

const char *
json_error(const struct json *j)
{
	return j == NULL ? NULL : j->doc->error;
}

static void
path_put(struct buf *b, const struct json *j)
{
	if (j->up == NULL) {
		buf_putc(b, '$');
		return;
	}
	path_put(b, j->up);
	if (j->key != NULL)
		buf_printf(b, ".%s", j->key);
	else
		buf_printf(b, "[%zu]", j->index);
}

const char *
json_path(const struct json *j)
{
	struct buf *b;

	if (j == NULL)
		return "";
	b = buf_new(j->doc->mem);
	path_put(b, j);
	return buf_str(b);
}

void
json_fail(const struct json *j, const char *rule)
{
	if (j == NULL || j->doc->error != NULL)
		return;
	j->doc->error = arena_printf(j->doc->mem, "%s: %s", json_path(j), rule);
}

static void
fail_member(const struct json *j, const char *key, const char *rule)
{
	if (j == NULL || j->doc->error != NULL)
		return;
	j->doc->error =
	    arena_printf(j->doc->mem, "%s.%s: %s", json_path(j), key, rule);
}

enum json_kind
json_kind(const struct json *j)
{
	if (j == NULL)
		return JSON_NULL;
	switch (json_object_get_type(j->val)) {
	case json_type_boolean:
		return JSON_BOOL;
	case json_type_int:
		return JSON_INT;
	case json_type_double:
		return JSON_REAL;
	case json_type_string:
		return JSON_TEXT;
	case json_type_array:
		return JSON_LIST;
	case json_type_object:
		return JSON_OBJECT;
	case json_type_null:
	default:
		return JSON_NULL;
	}
}

const struct json *
json_get(const struct json *j, const char *key)
{
	struct json_object *val;

	if (json_kind(j) != JSON_OBJECT)
		return NULL;
	if (!json_object_object_get_ex(j->val, key, &val) || val == NULL)
		return NULL;
	return node(j->doc, val, j, key, 0);
}

bool
json_has(const struct json *j, const char *key)
{
	return json_kind(j) == JSON_OBJECT &&
	    json_object_object_get_ex(j->val, key, NULL);
}

size_t
json_count(const struct json *j)
{
	if (json_kind(j) != JSON_LIST)
		return 0;
	return json_object_array_length(j->val);
}

const struct json *
json_at(const struct json *j, size_t i)
{
	if (i >= json_count(j))
		return NULL;
	return node(j->doc, json_object_array_get_idx(j->val, i), j, NULL, i);
}

const char *
json_key_at(const struct json *j, size_t i)
{
	struct json_object_iterator it, end;

	if (json_kind(j) != JSON_OBJECT)
		return NULL;
	it = json_object_iter_begin(j->val);
	end = json_object_iter_end(j->val);
	for (; !json_object_iter_equal(&it, &end); json_object_iter_next(&it))
		if (i-- == 0)
			return json_object_iter_peek_name(&it);
	return NULL;
}

/* The member when it is there and of that kind; else NULL, and maybe an error. */
static const struct json *
typed(const struct json *j, const char *key, enum json_kind kind,
    const char *rule)
{
	const struct json *v;

	if (j != NULL && json_kind(j) != JSON_OBJECT) {
		json_fail(j, "not an object");
		return NULL;
	}
	if ((v = json_get(j, key)) == NULL)
		return NULL;
	if (json_kind(v) == kind)
		return v;
	json_fail(v, rule);
	return NULL;
}

const char *
json_text(const struct json *j)
{
	const char *s;

	if (json_kind(j) != JSON_TEXT) {
		json_fail(j, "not a string");
		return "";
	}
	s = json_object_get_string(j->val);
	if (strlen(s) != (size_t)json_object_get_string_len(j->val)) {
		json_fail(j, "contains NUL");
		return "";
	}
	return s;
}

const char *
json_get_text(const struct json *j, const char *key, const char *def)
{
	const struct json *v;

	v = typed(j, key, JSON_TEXT, "not a string");
	return v == NULL ? def : json_text(v);
}

int64_t
json_get_int(const struct json *j, const char *key, int64_t min, int64_t max,
    int64_t def)
{
	const struct json *v;
	int64_t n;

	if ((v = typed(j, key, JSON_INT, "not an integer")) == NULL)
		return def;
	n = json_object_get_int64(v->val);
	if (n < min || n > max ||
	    (n > 0 && json_object_get_uint64(v->val) > INT64_MAX)) {
		json_fail(v, "out of range");
		return def;
	}
	return n;
}

static double
real_of(const struct json *v, double def)
{
	double d;

	if (json_kind(v) != JSON_INT && json_kind(v) != JSON_REAL) {
		json_fail(v, "not a number");
		return def;
	}
	d = json_object_get_double(v->val);
	if (!isfinite(d)) {
		json_fail(v, "out of range");
		return def;
	}
	return d;
}

double
json_get_real(const struct json *j, const char *key, double def)
{
	const struct json *v;

	return (v = json_get(j, key)) == NULL ? def : real_of(v, def);
}

double
json_real(const struct json *j)
{
	return real_of(j, 0.0);
}

bool
json_get_bool(const struct json *j, const char *key, bool def)
{
	const struct json *v;

	v = typed(j, key, JSON_BOOL, "not true or false");
	return v == NULL ? def : json_object_get_boolean(v->val) != 0;
}

const struct json *
json_get_list(const struct json *j, const char *key)
{
	return typed(j, key, JSON_LIST, "not a list");
}

const struct json *
json_get_object(const struct json *j, const char *key)
{
	return typed(j, key, JSON_OBJECT, "not an object");
}

/* Notes a missing member; whether it is there. */
static bool
need(const struct json *j, const char *key)
{
	if (json_get(j, key) != NULL)
		return true;
	fail_member(j, key, "missing");
	return false;
}

const char *
json_need_text(const struct json *j, const char *key)
{
	return need(j, key) ? json_get_text(j, key, "") : "";
}

int64_t
json_need_int(const struct json *j, const char *key, int64_t min, int64_t max)
{
	return need(j, key) ? json_get_int(j, key, min, max, min) : min;
}

const struct json *
json_need_list(const struct json *j, const char *key)
{
	return need(j, key) ? json_get_list(j, key) : NULL;
}

const struct json *
json_need_object(const struct json *j, const char *key)
{
	return need(j, key) ? json_get_object(j, key) : NULL;
}

const char **
json_get_texts(const struct json *j, const char *key, size_t *nitems)
{
	static const char *none[1];
	const struct json *l;
	const char **v;
	size_t i, n;

	l = json_get_list(j, key);
	n = json_count(l);
	if (nitems != NULL)
		*nitems = n;
	if (n == 0)
		return none;
	v = arena_calloc(l->doc->mem, n + 1, sizeof(*v));
	for (i = 0; i < n; i++)
		v[i] = json_text(json_at(l, i));
	return v;
}

struct json *
json_new_object(struct arena *a)
{
	return root(a, json_object_new_object());
}

struct json *
json_new_list(struct arena *a)
{
	return root(a, json_object_new_array());
}

static void
put(struct json *o, const char *key, struct json_object *val)
{
	int failed;

	assert(json_kind(o) == JSON_OBJECT);
	failed = json_object_object_add(o->val, key, val);
	assert(failed == 0);
}

static void
add(struct json *l, struct json_object *val)
{
	int failed;

	assert(json_kind(l) == JSON_LIST);
	failed = json_object_array_add(l->val, val);
	assert(failed == 0);
}

/* The fewest digits that read back as d; json-c would write 17. */
static struct json_object *
real(double d)
{
	char text[32];
	double back;
	int digits;

	assert(isfinite(d));
	for (digits = 1; digits <= DBL_DECIMAL_DIG; digits++) {
		(void)snprintf(text, sizeof(text), "%.*g", digits, d);
		back = strtod(text, NULL);
		if (memcmp(&back, &d, sizeof(d)) == 0)
			break;
	}
	if (strpbrk(text, ".e") == NULL)
		memcpy(text + strlen(text), ".0", 3);
	return json_object_new_double_s(d, text);
}

void
json_put_text(struct json *o, const char *key, const char *s)
{
	if (s != NULL)
		put(o, key, json_object_new_string(s));
}

void
json_put_int(struct json *o, const char *key, int64_t n)
{
	put(o, key, json_object_new_int64(n));
}

void
json_put_real(struct json *o, const char *key, double d)
{
	put(o, key, real(d));
}

void
json_put_bool(struct json *o, const char *key, bool v)
{
	put(o, key, json_object_new_boolean(v));
}

void
json_put_null(struct json *o, const char *key)
{
	put(o, key, NULL);
}

struct json *
json_put_object(struct json *o, const char *key)
{
	struct json_object *val;

	val = json_object_new_object();
	put(o, key, val);
	return node(o->doc, val, o, key, 0);
}

struct json *
json_put_list(struct json *o, const char *key)
{
	struct json_object *val;

	val = json_object_new_array();
	put(o, key, val);
	return node(o->doc, val, o, key, 0);
}

void
json_add_text(struct json *l, const char *s)
{
	add(l, json_object_new_string(s));
}

void
json_add_int(struct json *l, int64_t n)
{
	add(l, json_object_new_int64(n));
}

struct json *
json_add_object(struct json *l)
{
	struct json_object *val;

	val = json_object_new_object();
	add(l, val);
	return node(l->doc, val, l, NULL, json_count(l) - 1);
}

struct json *
json_add_list(struct json *l)
{
	struct json_object *val;

	val = json_object_new_array();
	add(l, val);
	return node(l->doc, val, l, NULL, json_count(l) - 1);
}

void
json_put(struct json *o, const char *key, const struct json *v)
{
	put(o, key, v == NULL ? NULL : json_object_get(v->val));
}

void
json_add(struct json *l, const struct json *v)
{
	add(l, v == NULL ? NULL : json_object_get(v->val));
}

void
json_write(struct buf *b, const struct json *j, enum json_form form)
{
	const char *text;
	size_t len;
	int flags;

	flags = JSON_C_TO_STRING_NOSLASHESCAPE;
	if (form == JSON_PRETTY)
		flags |= JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED;
	text = json_object_to_json_string_length(j == NULL ? NULL : j->val,
	    flags, &len);
	assert(text != NULL);
	buf_put(b, text, len);
	if (form == JSON_PRETTY)
		buf_putc(b, '\n');
}

const char *
json_string(struct arena *a, const struct json *j, enum json_form form)
{
	struct buf *b;

	b = buf_new(a);
	json_write(b, j, form);
	return buf_str(b);
}

void
json_quote(struct buf *b, const char *s)
{
	struct json_object *val;
	const char *text;
	size_t len;

	val = json_object_new_string(s);
	text = json_object_to_json_string_length(val,
	    JSON_C_TO_STRING_NOSLASHESCAPE, &len);
	assert(text != NULL);
	buf_put(b, text, len);
	json_object_put(val);
}

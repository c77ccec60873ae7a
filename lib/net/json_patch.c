/*
 * Each operation copies the containers on its path and shares all the rest.
 * Sharing makes it cheap to grow a document beyond any bound by copying it
 * into itself, so what comes out is measured after every operation.
 */
#include "net/json_patch.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define MAX_OPS	   ((size_t)100)
#define MAX_TOKENS ((size_t)32)
#define MAX_VALUES ((size_t)5000)
#define MAX_TEXT   ((size_t)1024 * 1024)
#define MAX_DEPTH  64

enum edit {
	EDIT_ADD,
	EDIT_REPLACE,
	EDIT_REMOVE
};

/* A JSON pointer, cut into its unescaped tokens. */
struct pointer {
	const char *tokens[MAX_TOKENS];
	size_t ntokens;
};

/* The operation in hand. NULL stands for the value null, as in json.h. */
struct run {
	struct arena *mem;
	const struct json *op;
	size_t index;
	const char *why;
};

static bool
fail(struct run *r, const char *member, const char *rule)
{
	r->why = arena_printf(r->mem, "[%zu].%s: %s", r->index, member, rule);
	return false;
}

/* --- pointers (RFC 6901) --------------------------------------------------- */

/* One token up to the next slash, unescaped; NULL on a lone tilde. */
static const char *
read_token(struct arena *a, const char *s, size_t len)
{
	char *out = arena_alloc(a, len + 1);
	size_t i, n = 0;

	for (i = 0; i < len; i++) {
		if (s[i] != '~') {
			out[n++] = s[i];
			continue;
		}
		if (++i == len || (s[i] != '0' && s[i] != '1'))
			return NULL;
		out[n++] = s[i] == '0' ? '~' : '/';
	}
	out[n] = '\0';
	return out;
}

static bool
read_pointer(struct run *r, const char *member, struct pointer *out)
{
	const char *s, *token;
	size_t len;

	out->ntokens = 0;
	if (json_kind(json_get(r->op, member)) != JSON_TEXT)
		return fail(r, member, "must be a JSON pointer");
	s = json_get_text(r->op, member, "");
	for (; *s != '\0'; s += len) {
		if (*s != '/')
			return fail(r, member, "must begin with a slash");
		if (out->ntokens == MAX_TOKENS)
			return fail(r, member, "too deep");
		len = strcspn(++s, "/");
		if ((token = read_token(r->mem, s, len)) == NULL)
			return fail(r, member, "a ~ stands alone");
		out->tokens[out->ntokens++] = token;
	}
	return true;
}

/* An index of a list of n elements, without leading zeros. */
static bool
read_index(const char *token, size_t n, size_t *out)
{
	int64_t i;

	if (*token == '\0' || strspn(token, "0123456789") != strlen(token) ||
	    (token[0] == '0' && token[1] != '\0') ||
	    !str_to_i64(token, 0, INT32_MAX, &i) || (size_t)i >= n)
		return false;
	*out = (size_t)i;
	return true;
}

/* --- parts of documents ---------------------------------------------------- */

/* The member or element; false: there is none. */
static bool
child(const struct json *j, const char *token, const struct json **out)
{
	size_t i;

	if (json_kind(j) == JSON_OBJECT && json_has(j, token)) {
		*out = json_get(j, token);
		return true;
	}
	if (json_kind(j) != JSON_LIST || !read_index(token, json_count(j), &i))
		return false;
	*out = json_at(j, i);
	return true;
}

static bool
find(const struct json *j, const struct pointer *p, const struct json **out)
{
	size_t i;

	for (i = 0; i < p->ntokens; i++)
		if (!child(j, p->tokens[i], &j))
			return false;
	*out = j;
	return true;
}

static const struct json *
edit_object(struct arena *a, const struct json *o, const char *name,
    enum edit edit, const struct json *value)
{
	struct json *out = json_new_object(a);
	const char *key;
	size_t i;

	for (i = 0; (key = json_key_at(o, i)) != NULL; i++) {
		if (strcmp(key, name) != 0)
			json_put(out, key, json_get(o, key));
		else if (edit != EDIT_REMOVE)
			json_put(out, key, value);
	}
	if (edit == EDIT_ADD && !json_has(out, name))
		json_put(out, name, value);
	return out;
}

static const struct json *
edit_list(struct arena *a, const struct json *l, size_t at, enum edit edit,
    const struct json *value)
{
	struct json *out = json_new_list(a);
	size_t i, n = json_count(l);

	for (i = 0; i < n; i++) {
		if (i == at && edit != EDIT_REMOVE)
			json_add(out, value);
		if (i != at || edit == EDIT_ADD)
			json_add(out, json_at(l, i));
	}
	if (at == n)
		json_add(out, value);
	return out;
}

/* j with its direct child changed; false: there is no such place. */
static bool
edit_child(struct run *r, const struct json *j, const char *token,
    enum edit edit, const struct json *value, const struct json **out)
{
	const struct json *old;
	size_t at = json_count(j);

	if (json_kind(j) == JSON_OBJECT) {
		if (edit != EDIT_ADD && !child(j, token, &old))
			return false;
		*out = edit_object(r->mem, j, token, edit, value);
		return true;
	}
	if (json_kind(j) != JSON_LIST)
		return false;
	if ((edit != EDIT_ADD || strcmp(token, "-") != 0) &&
	    !read_index(token, at + (edit == EDIT_ADD), &at))
		return false;
	*out = edit_list(r->mem, j, at, edit, value);
	return true;
}

/* j with the value at tokens changed: the containers on the way are copied. */
static bool
edit_at(struct run *r, const struct json *j, const char *const *tokens,
    size_t ntokens, enum edit edit, const struct json *value,
    const struct json **out)
{
	const struct json *sub;

	if (ntokens == 1)
		return edit_child(r, j, tokens[0], edit, value, out);
	if (!child(j, tokens[0], &sub) ||
	    !edit_at(r, sub, tokens + 1, ntokens - 1, edit, value, &sub))
		return false;
	return edit_child(r, j, tokens[0], EDIT_REPLACE, sub, out);
}

/* --- measure and comparison ------------------------------------------------ */

struct room {
	size_t values;
	size_t text;
};

static bool
take(struct room *room, const char *text)
{
	size_t len = text == NULL ? 0 : strlen(text);

	if (room->values == 0 || room->text < len)
		return false;
	room->values--;
	room->text -= len;
	return true;
}

static bool
fits(const struct json *j, unsigned depth, struct room *room)
{
	const char *key;
	size_t i;

	if (depth > MAX_DEPTH ||
	    !take(room, json_kind(j) == JSON_TEXT ? json_text(j) : NULL))
		return false;
	for (i = 0; i < json_count(j); i++)
		if (!fits(json_at(j, i), depth + 1, room))
			return false;
	for (i = 0; (key = json_key_at(j, i)) != NULL; i++)
		if (!take(room, key) ||
		    !fits(json_get(j, key), depth + 1, room))
			return false;
	return true;
}

static bool
is_number(const struct json *j)
{
	return json_kind(j) == JSON_INT || json_kind(j) == JSON_REAL;
}

/* Integers by their digits, so that none is rounded; else as reals. */
static bool
equal_scalars(struct arena *a, const struct json *x, const struct json *y)
{
	const char *s = json_string(a, x, JSON_COMPACT);
	const char *t = json_string(a, y, JSON_COMPACT);
	double n, m;

	if (!is_number(x) || json_kind(x) == json_kind(y))
		return strcmp(s, t) == 0;
	n = strtod(s, NULL);
	m = strtod(t, NULL);
	return n >= m && n <= m;
}

static bool
equal(struct arena *a, const struct json *x, const struct json *y)
{
	const char *key;
	size_t i, n = 0;

	if (is_number(x) && is_number(y))
		return equal_scalars(a, x, y);
	if (json_kind(x) != json_kind(y) || json_count(x) != json_count(y))
		return false;
	if (json_kind(x) == JSON_LIST) {
		for (i = 0; i < json_count(x); i++)
			if (!equal(a, json_at(x, i), json_at(y, i)))
				return false;
		return true;
	}
	if (json_kind(x) != JSON_OBJECT)
		return equal_scalars(a, x, y);
	for (; (key = json_key_at(x, n)) != NULL; n++)
		if (!json_has(y, key) ||
		    !equal(a, json_get(x, key), json_get(y, key)))
			return false;
	return json_key_at(y, n) == NULL;
}

/* --- operations ------------------------------------------------------------ */

static bool
change(struct run *r, const struct pointer *path, enum edit edit,
    const struct json *value, const struct json **doc)
{
	if (path->ntokens == 0) {
		if (edit == EDIT_REMOVE)
			return fail(r, "path", "the whole cannot be removed");
		*doc = value;
		return true;
	}
	if (edit_at(r, *doc, path->tokens, path->ntokens, edit, value, doc))
		return true;
	return fail(r, "path", "there is nothing there");
}

static bool
with_value(struct run *r, const char *kind, const struct pointer *path,
    const struct json **doc)
{
	const struct json *value = json_get(r->op, "value"), *have;

	if (!json_has(r->op, "value"))
		return fail(r, "value", "must be given");
	if (strcmp(kind, "add") == 0)
		return change(r, path, EDIT_ADD, value, doc);
	if (strcmp(kind, "replace") == 0)
		return change(r, path, EDIT_REPLACE, value, doc);
	if (!find(*doc, path, &have))
		return fail(r, "path", "there is nothing there");
	return equal(r->mem, have, value) ||
	    fail(r, "value", "the test failed");
}

static bool
is_below(const struct pointer *p, const struct pointer *top)
{
	size_t i;

	if (p->ntokens <= top->ntokens)
		return false;
	for (i = 0; i < top->ntokens; i++)
		if (strcmp(p->tokens[i], top->tokens[i]) != 0)
			return false;
	return true;
}

static bool
with_from(struct run *r, bool move, const struct pointer *path,
    const struct json **doc)
{
	const struct json *value;
	struct pointer from;

	if (!read_pointer(r, "from", &from))
		return false;
	if (!find(*doc, &from, &value))
		return fail(r, "from", "there is nothing there");
	if (move && is_below(path, &from))
		return fail(r, "path", "below from");
	if (move && !change(r, &from, EDIT_REMOVE, NULL, doc))
		return false;
	return change(r, path, EDIT_ADD, value, doc);
}

static bool
apply(struct run *r, const struct json **doc)
{
	const char *kind = json_get_text(r->op, "op", "");
	struct room room = { MAX_VALUES, MAX_TEXT };
	struct pointer path;
	bool ok;

	if (!read_pointer(r, "path", &path))
		return false;
	if (strcmp(kind, "remove") == 0)
		ok = change(r, &path, EDIT_REMOVE, NULL, doc);
	else if (strcmp(kind, "move") == 0 || strcmp(kind, "copy") == 0)
		ok = with_from(r, *kind == 'm', &path, doc);
	else if (strcmp(kind, "add") == 0 || strcmp(kind, "replace") == 0 ||
	    strcmp(kind, "test") == 0)
		ok = with_value(r, kind, &path, doc);
	else
		return fail(r, "op", "unknown");
	return ok &&
	    (fits(*doc, 1, &room) || fail(r, "op", "too much comes out"));
}

/* A handle of the value null, which NULL is not. */
static const struct json *
null_value(struct arena *a)
{
	struct json *list = json_new_list(a);

	json_add(list, NULL);
	return json_at(list, 0);
}

const struct json *
json_patch(struct arena *a, const struct json *doc, const struct json *patch,
    const char **why)
{
	struct run r = { .mem = a };

	*why = "not a list of operations";
	if (json_kind(patch) != JSON_LIST)
		return NULL;
	*why = "more than 100 operations";
	if (json_count(patch) > MAX_OPS)
		return NULL;
	for (r.index = 0; r.index < json_count(patch); r.index++) {
		r.op = json_at(patch, r.index);
		if (!apply(&r, &doc)) {
			*why = r.why;
			return NULL;
		}
	}
	*why = NULL;
	return doc == NULL ? null_value(a) : doc;
}

static bool
reaches(const struct json *op, const char *member, const char *pointer)
{
	const char *s = json_get_text(op, member, NULL);
	size_t len = strlen(pointer);

	return s != NULL && strncmp(s, pointer, len) == 0 &&
	    (s[len] == '\0' || s[len] == '/');
}

bool
json_patch_touches(const struct json *patch, const char *pointer)
{
	size_t i;

	for (i = 0; i < json_count(patch); i++)
		if (reaches(json_at(patch, i), "path", pointer) ||
		    reaches(json_at(patch, i), "from", pointer))
			return true;
	return false;
}

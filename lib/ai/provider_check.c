/*
 * A value is held against a schema word by word; the words are a table.
 */
#include "ai/provider_check.h"

#include <string.h>

#include "base/str.h"
#include "base/utf8.h"

#define DEEPEST 16

struct checker {
	struct arena *a;
	unsigned depth;
	const char *why; /* the first rule that is broken */
};

static void check(struct checker *c, const struct json *schema,
    const struct json *j);

static void
fail(struct checker *c, const struct json *j, const char *rule)
{
	if (c->why == NULL)
		c->why = arena_printf(c->a, "%s: %s", json_path(j), rule);
}

/* --- words ------------------------------------------------------------------- */

static bool
is_type(const char *type, enum json_kind kind)
{
	static const struct {
		const char *type;
		enum json_kind kind;
	} rows[] = {
		{ "object", JSON_OBJECT },
		{ "array", JSON_LIST },
		{ "string", JSON_TEXT },
		{ "integer", JSON_INT },
		{ "number", JSON_REAL },
		{ "number", JSON_INT },
		{ "boolean", JSON_BOOL },
	};
	size_t i;

	for (i = 0; i < NITEMS(rows); i++) {
		if (rows[i].kind == kind && str_eq(rows[i].type, type))
			return true;
	}
	return false;
}

static void
check_type(struct checker *c, const struct json *word, const struct json *j)
{
	if (!is_type(json_text(word), json_kind(j)))
		fail(c, j, "wrong type");
}

static void
check_enum(struct checker *c, const struct json *word, const struct json *j)
{
	size_t i;

	for (i = 0; i < json_count(word); i++) {
		if (json_kind(j) == JSON_TEXT &&
		    str_eq(json_text(json_at(word, i)), json_text(j)))
			return;
	}
	fail(c, j, "not one of the values there are");
}

static void
check_required(struct checker *c, const struct json *word, const struct json *j)
{
	size_t i;

	for (i = 0; i < json_count(word); i++) {
		if (json_get(j, json_text(json_at(word, i))) == NULL)
			fail(c, j,
			    arena_printf(c->a, "%s is missing",
				json_text(json_at(word, i))));
	}
}

static void
check_properties(struct checker *c, const struct json *word,
    const struct json *j)
{
	const struct json *value;
	const char *key;
	size_t i;

	for (i = 0; (key = json_key_at(word, i)) != NULL; i++) {
		if ((value = json_get(j, key)) != NULL)
			check(c, json_get(word, key), value);
	}
}

static void
check_items(struct checker *c, const struct json *word, const struct json *j)
{
	size_t i;

	for (i = 0; i < json_count(j) && c->why == NULL; i++)
		check(c, word, json_at(j, i));
}

/* What a bound is held against: how many, how long, or the number itself. */
static double
measure(const struct json *j)
{
	size_t n;

	switch (json_kind(j)) {
	case JSON_LIST:
		n = json_count(j);
		return (double)n;
	case JSON_TEXT:
		n = utf8_count(json_text(j));
		return (double)n;
	case JSON_INT:
	case JSON_REAL:
		return json_real(j);
	case JSON_NULL:
	case JSON_BOOL:
	case JSON_OBJECT:
		break;
	}
	return 0.0;
}

static void
check_least(struct checker *c, const struct json *word, const struct json *j)
{
	if (measure(j) < json_real(word))
		fail(c, j, "too few, too short or too small");
}

static void
check_most(struct checker *c, const struct json *word, const struct json *j)
{
	if (measure(j) > json_real(word))
		fail(c, j, "too many, too long or too large");
}

/* In this order; type first, so that the others find what they expect. */
static const struct {
	const char *word;
	void (*check)(struct checker *c, const struct json *word,
	    const struct json *j);
} words[] = {
	{ "type", check_type },
	{ "enum", check_enum },
	{ "minItems", check_least },
	{ "maxItems", check_most },
	{ "minLength", check_least },
	{ "maxLength", check_most },
	{ "minimum", check_least },
	{ "maximum", check_most },
	{ "required", check_required },
	{ "properties", check_properties },
	{ "items", check_items },
};

static void
check(struct checker *c, const struct json *schema, const struct json *j)
{
	const struct json *word;
	size_t i;

	if (c->depth == DEEPEST) {
		fail(c, j, "too deep");
		return;
	}
	c->depth++;
	for (i = 0; i < NITEMS(words) && c->why == NULL; i++) {
		if ((word = json_get(schema, words[i].word)) != NULL)
			words[i].check(c, word, j);
	}
	c->depth--;
}

const char *
provider_check(struct arena *a, const struct json *schema, const struct json *j)
{
	struct checker c = { .a = a };

	check(&c, schema, j);
	return c.why;
}

/* --- what is sent ------------------------------------------------------------ */

static void
reduce_properties(struct arena *a, struct json *out, const struct json *in,
    const char *const *keep, bool closed)
{
	struct json *properties = json_put_object(out, "properties");
	struct json *required = closed ? json_put_list(out, "required") : NULL;
	const char *key;
	size_t i;

	for (i = 0; (key = json_key_at(in, i)) != NULL; i++) {
		json_put(properties, key,
		    provider_check_reduce(a, json_get(in, key), keep, closed));
		if (closed)
			json_add_text(required, key);
	}
	if (closed)
		json_put_bool(out, "additionalProperties", false);
}

struct json *
provider_check_reduce(struct arena *a, const struct json *schema,
    const char *const *keep, bool closed)
{
	struct json *out = json_new_object(a);
	const struct json *word;
	const char *key;
	size_t i;

	for (i = 0; (key = json_key_at(schema, i)) != NULL; i++) {
		word = json_get(schema, key);
		if (str_eq(key, "properties"))
			reduce_properties(a, out, word, keep, closed);
		else if (str_eq(key, "items"))
			json_put(out, key,
			    provider_check_reduce(a, word, keep, closed));
		else if (str_eq(key, "type") ||
		    (str_is_listed(keep, key) &&
			!(closed && str_eq(key, "required"))))
			json_put(out, key, word);
	}
	return out;
}

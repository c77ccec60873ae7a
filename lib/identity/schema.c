/*
 * One walk per question over the schema's properties, and one recursive check
 * of a value. Patterns are POSIX extended regular expressions.
 */
#include "identity/schema.h"

#include <math.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/str.h"
#include "base/utf8.h"
#include "net/mail.h"

#define MAX_DEPTH  8
#define MAX_LEAVES ((size_t)64)

const char schema_user[] =
    "{"
    "\"$id\":\"https://schemas.mirai.example/user.schema.json\","
    "\"$schema\":\"http://json-schema.org/draft-07/schema#\","
    "\"title\":\"User\",\"type\":\"object\","
    "\"properties\":{\"traits\":{\"type\":\"object\",\"properties\":{"
    "\"email\":{\"type\":\"string\",\"format\":\"email\","
    "\"title\":\"E-mail\",\"minLength\":3,\"maxLength\":320,"
    "\"ory.sh/kratos\":{\"credentials\":{\"password\":{\"identifier\":true},"
    "\"code\":{\"identifier\":true,\"via\":\"email\"},"
    "\"totp\":{\"account_name\":true}},"
    "\"recovery\":{\"via\":\"email\"},\"verification\":{\"via\":\"email\"}}},"
    "\"name\":{\"type\":\"object\",\"properties\":{"
    "\"first\":{\"type\":\"string\",\"title\":\"First name\","
    "\"minLength\":1,\"maxLength\":100},"
    "\"last\":{\"type\":\"string\",\"title\":\"Last name\","
    "\"minLength\":1,\"maxLength\":100}},"
    "\"required\":[\"first\",\"last\"],\"additionalProperties\":false}},"
    "\"required\":[\"email\",\"name\"],\"additionalProperties\":false}}}";

/* --- loading --------------------------------------------------------------- */

/*
 * The words a schema may hold, and what kind of value each has; the rest, and
 * values of other kinds, stop the start.
 */
#define OF(kind) (1u << (kind))
#define ANY	 (~0u)
static const struct keyword {
	const char *name;
	unsigned kinds; /* OF(enum json_kind) */
} keywords[] = {
	{ "$id", OF(JSON_TEXT) },
	{ "$schema", OF(JSON_TEXT) },
	{ "$comment", OF(JSON_TEXT) },
	{ "title", OF(JSON_TEXT) },
	{ "description", OF(JSON_TEXT) },
	{ "default", ANY },
	{ "examples", OF(JSON_LIST) },
	{ "type", OF(JSON_TEXT) },
	{ "properties", OF(JSON_OBJECT) },
	{ "required", OF(JSON_LIST) },
	{ "additionalProperties", OF(JSON_BOOL) },
	{ "format", OF(JSON_TEXT) },
	{ "minLength", OF(JSON_INT) },
	{ "maxLength", OF(JSON_INT) },
	{ "pattern", OF(JSON_TEXT) },
	{ "enum", OF(JSON_LIST) },
	{ "const", ANY },
	{ "minimum", OF(JSON_INT) | OF(JSON_REAL) },
	{ "maximum", OF(JSON_INT) | OF(JSON_REAL) },
	{ "items", OF(JSON_OBJECT) },
	{ "ory.sh/kratos", OF(JSON_OBJECT) },
};

static const char *const types[] = { "string", "integer", "number", "boolean",
	"object", "array" };

static const char *const formats[] = { "email", "uri", "date", "date-time",
	"uuid" };

static bool
is_one_of(const char *s, const char *const *list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(list[i], s) == 0)
			return true;
	return false;
}

static bool
is_keyword(const char *name, const struct json *value)
{
	size_t i;

	for (i = 0; i < NITEMS(keywords); i++)
		if (strcmp(keywords[i].name, name) == 0)
			return (keywords[i].kinds & OF(json_kind(value))) != 0;
	return false;
}

/* The first word of j itself that cannot be honoured; NULL: none. */
static const char *
unsupported_word(const struct json *j)
{
	const char *key, *text;
	regex_t re;
	size_t i;

	for (i = 0; (key = json_key_at(j, i)) != NULL; i++)
		if (!is_keyword(key, json_get(j, key)))
			return key;
	text = json_get_text(j, "type", NULL);
	if (text != NULL && !is_one_of(text, types, NITEMS(types)))
		return "type";
	text = json_get_text(j, "format", NULL);
	if (text != NULL && !is_one_of(text, formats, NITEMS(formats)))
		return text;
	if ((text = json_get_text(j, "pattern", NULL)) != NULL) {
		if (regcomp(&re, text, REG_EXTENDED | REG_NOSUB) != 0)
			return "pattern";
		regfree(&re);
	}
	return NULL;
}

/* The first thing in schema node j that cannot be honoured; NULL: none. */
static const char *
unsupported(const struct json *j, unsigned depth)
{
	const struct json *props;
	const char *key, *bad;
	size_t i;

	if (depth > MAX_DEPTH)
		return "nested too deeply";
	if (json_kind(j) != JSON_OBJECT)
		return "no object";
	if ((bad = unsupported_word(j)) != NULL)
		return bad;
	props = json_get_object(j, "properties");
	for (i = 0; (key = json_key_at(props, i)) != NULL; i++)
		if ((bad = unsupported(json_get(props, key), depth + 1)) !=
		    NULL)
			return bad;
	return json_has(j, "items")
	    ? unsupported(json_get(j, "items"), depth + 1)
	    : NULL;
}

struct walk {
	struct arena *mem;
	struct schema_leaf *leaves;
	size_t nleaves;
	const char *path[MAX_DEPTH + 1];
};

static bool
is_required(const struct json *parent, const char *key)
{
	const struct json *list = json_get_list(parent, "required");
	size_t i;

	for (i = 0; i < json_count(list); i++)
		if (strcmp(json_text(json_at(list, i)), key) == 0)
			return true;
	return false;
}

static const char *
leaf_name(struct walk *w, size_t depth)
{
	struct buf *b = buf_new(w->mem);
	size_t i;

	buf_puts(b, "traits");
	for (i = 0; i < depth; i++)
		buf_printf(b, ".%s", w->path[i]);
	return buf_str(b);
}

static void
add_leaf(struct walk *w, const struct json *j, size_t depth, bool required)
{
	const struct json *ory = json_get_object(j, "ory.sh/kratos");
	const struct json *credentials = json_get_object(ory, "credentials");
	struct schema_leaf *leaf;
	const char **path;

	if (w->nleaves == MAX_LEAVES)
		return;
	leaf = &w->leaves[w->nleaves++];
	path = arena_calloc(w->mem, depth + 1, sizeof(*path));
	memcpy(path, w->path, depth * sizeof(*path));
	leaf->path = path;
	leaf->name = leaf_name(w, depth);
	leaf->title = json_get_text(j, "title", NULL);
	leaf->type = json_get_text(j, "type", "string");
	leaf->format = json_get_text(j, "format", NULL);
	leaf->maxlength = (int)json_get_int(j, "maxLength", 0, 1 << 20, 0);
	leaf->required = required;
	leaf->identifier =
	    json_get_bool(json_get_object(credentials, "password"),
		"identifier", false);
	leaf->account = json_get_bool(json_get_object(credentials, "totp"),
	    "account_name", false);
	leaf->recovery =
	    str_eq(json_get_text(json_get_object(ory, "recovery"), "via", NULL),
		"email");
	leaf->verification =
	    str_eq(json_get_text(json_get_object(ory, "verification"), "via",
		       NULL),
		"email");
}

static void
walk_leaves(struct walk *w, const struct json *j, size_t depth, bool required)
{
	const struct json *props = json_get_object(j, "properties");
	const char *key;
	size_t i;

	if (props == NULL) {
		if (depth > 0)
			add_leaf(w, j, depth, required);
		return;
	}
	for (i = 0; (key = json_key_at(props, i)) != NULL; i++) {
		w->path[depth] = key;
		walk_leaves(w, json_get(props, key), depth + 1,
		    is_required(j, key));
	}
}

struct schema *
schema_load(struct arena *a, const char *id, const char *text)
{
	struct schema *s;
	struct walk w = { .mem = a };
	const char *why = NULL;

	s = arena_zalloc(a, sizeof(*s));
	s->id = arena_strdup(a, id);
	s->root = json_parse(a, text, strlen(text), NULL, &why);
	if (s->root == NULL || (why = unsupported(s->root, 0)) != NULL) {
		log_error("identity schema %s: not supported: %s", id, why);
		return NULL;
	}
	s->traits =
	    json_get_object(json_get_object(s->root, "properties"), "traits");
	w.leaves = arena_calloc(a, MAX_LEAVES, sizeof(*w.leaves));
	walk_leaves(&w, s->traits, 0, true);
	s->leaves = w.leaves;
	s->nleaves = w.nleaves;
	if (json_error(s->root) != NULL || s->nleaves == 0) {
		log_error("identity schema %s: %s", id,
		    s->nleaves == 0 ? "no traits" : json_error(s->root));
		return NULL;
	}
	return s;
}

/* --- submitted values ------------------------------------------------------ */

static bool
is_number(const char *text, double *d)
{
	char *end;

	*d = strtod(text, &end);
	return *text != '\0' && *end == '\0' && isfinite(*d);
}

/* text in the schema's type, put into o under key. */
static void
put_converted(struct json *o, const char *key, const char *type,
    const char *text)
{
	double d;
	int64_t n;

	if (strcmp(type, "boolean") == 0)
		json_put_bool(o, key,
		    strcmp(text, "true") == 0 || strcmp(text, "on") == 0);
	else if (strcmp(type, "integer") == 0 &&
	    str_to_i64(text, INT64_MIN, INT64_MAX, &n))
		json_put_int(o, key, n);
	else if (strcmp(type, "number") == 0 && is_number(text, &d))
		json_put_real(o, key, d);
	else
		json_put_text(o, key, text);
}

static void put_member(struct arena *a, struct json *o, const char *key,
    const struct json *in, const struct json *schema, bool form);

static void
put_members(struct arena *a, struct json *o, const struct json *in,
    const struct json *schema, bool form)
{
	const struct json *props = json_get_object(schema, "properties");
	const char *key;
	size_t i;

	for (i = 0; (key = json_key_at(in, i)) != NULL; i++)
		put_member(a, o, key, json_get(in, key), json_get(props, key),
		    form);
}

static void
put_member(struct arena *a, struct json *o, const char *key,
    const struct json *in, const struct json *schema, bool form)
{
	const char *text;

	if (json_kind(in) == JSON_OBJECT) {
		put_members(a, json_put_object(o, key), in, schema, form);
		return;
	}
	if (json_kind(in) != JSON_TEXT || schema == NULL) {
		json_put(o, key, in);
		return;
	}
	text = json_text(in);
	if (form && *text == '\0')
		return;
	if (str_eq(json_get_text(schema, "format", NULL), "email"))
		text = str_lower(a, str_trim(a, text));
	if (form)
		put_converted(o, key, json_get_text(schema, "type", "string"),
		    text);
	else
		json_put_text(o, key, text);
}

struct json *
schema_traits(struct arena *a, const struct schema *s, const struct json *in,
    bool form)
{
	struct json *o = json_new_object(a);

	put_members(a, o, in, s->traits, form);
	return o;
}

/* --- checking -------------------------------------------------------------- */

struct check {
	struct arena *mem;
	struct ui *ui;
	bool ok;
};

static void
violation(struct check *c, const char *at, enum ui_id id, const char *key,
    const char *value)
{
	c->ok = false;
	if (c->ui != NULL)
		ui_say_at(c->ui, at, id, key, value);
}

static bool
matches(const char *pattern, const char *text)
{
	regex_t re;
	bool ok;

	if (regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		return false;
	ok = regexec(&re, text, 0, NULL, 0) == 0;
	regfree(&re);
	return ok;
}

static bool
has_format(const char *format, const char *text)
{
	char canon[STR_UUID_LEN + 1];

	if (strcmp(format, "uuid") == 0)
		return str_uuid_canon(text, canon);
	if (strcmp(format, "uri") == 0)
		return matches("^[A-Za-z][A-Za-z0-9+.-]*:[^ ]+$", text);
	if (strcmp(format, "date") == 0)
		return matches("^[0-9]{4}-[0-9]{2}-[0-9]{2}$", text);
	return matches("^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9:.]+"
		       "([Zz]|[+-][0-9]{2}:[0-9]{2})$",
	    text);
}

static void
check_text(struct check *c, const struct json *schema, const char *at,
    const char *text)
{
	int64_t min = json_get_int(schema, "minLength", 0, INT64_MAX, 0);
	int64_t max =
	    json_get_int(schema, "maxLength", 0, INT64_MAX, INT64_MAX);
	const char *format = json_get_text(schema, "format", NULL);
	const char *pattern = json_get_text(schema, "pattern", NULL);
	int64_t n = (int64_t)utf8_count(text);

	if (n < min)
		violation(c, at, UI_TOO_SHORT, "min_length",
		    arena_printf(c->mem, "%lld", (long long)min));
	else if (n > max)
		violation(c, at, UI_TOO_LONG, "max_length",
		    arena_printf(c->mem, "%lld", (long long)max));
	else if (str_eq(format, "email") && !mail_is_address(text))
		violation(c, at, UI_BAD_EMAIL, NULL, NULL);
	else if (format != NULL && strcmp(format, "email") != 0 &&
	    !has_format(format, text))
		violation(c, at, UI_BAD_FORMAT, "format", format);
	else if (pattern != NULL && !matches(pattern, text))
		violation(c, at, UI_BAD_FORMAT, "pattern", pattern);
	else if (!utf8_is_printable(text))
		violation(c, at, UI_BAD_VALUE, "reason",
		    "it holds a control character");
}

static bool
is_type(const struct json *j, const char *type)
{
	static const struct {
		const char *type;
		enum json_kind kinds[2];
	} rows[] = {
		{ "object", { JSON_OBJECT, JSON_OBJECT } },
		{ "array", { JSON_LIST, JSON_LIST } },
		{ "string", { JSON_TEXT, JSON_TEXT } },
		{ "boolean", { JSON_BOOL, JSON_BOOL } },
		{ "integer", { JSON_INT, JSON_INT } },
		{ "number", { JSON_INT, JSON_REAL } },
	};
	size_t i;

	for (i = 0; i < NITEMS(rows); i++)
		if (strcmp(rows[i].type, type) == 0)
			return json_kind(j) == rows[i].kinds[0] ||
			    json_kind(j) == rows[i].kinds[1];
	return false;
}

/* Equal as JSON texts: good for the scalars of enum and const. */
static bool
is_same(struct arena *a, const struct json *x, const struct json *y)
{
	return strcmp(json_string(a, x, JSON_COMPACT),
		   json_string(a, y, JSON_COMPACT)) == 0;
}

static bool
is_allowed(struct arena *a, const struct json *schema, const struct json *v)
{
	const struct json *list = json_get_list(schema, "enum");
	size_t i;

	if (json_has(schema, "const") &&
	    !is_same(a, v, json_get(schema, "const")))
		return false;
	if (list == NULL)
		return true;
	for (i = 0; i < json_count(list); i++)
		if (is_same(a, v, json_at(list, i)))
			return true;
	return false;
}

static void check_value(struct check *c, const struct json *schema,
    const struct json *v, const char *at);

static void
check_object(struct check *c, const struct json *schema, const struct json *v,
    const char *at)
{
	const struct json *props = json_get_object(schema, "properties");
	const struct json *required = json_get_list(schema, "required");
	bool open = json_get_bool(schema, "additionalProperties", true);
	const char *key;
	size_t i;

	for (i = 0; i < json_count(required); i++) {
		key = json_text(json_at(required, i));
		if (json_get(v, key) != NULL)
			continue;
		if (json_has(json_get(props, key), "properties"))
			check_object(c, json_get(props, key), NULL,
			    arena_printf(c->mem, "%s.%s", at, key));
		else
			violation(c, arena_printf(c->mem, "%s.%s", at, key),
			    UI_MISSING, "property", key);
	}
	for (i = 0; (key = json_key_at(v, i)) != NULL; i++) {
		if (json_has(props, key))
			check_value(c, json_get(props, key), json_get(v, key),
			    arena_printf(c->mem, "%s.%s", at, key));
		else if (!open)
			violation(c, at, UI_BAD_VALUE, "reason",
			    "it has a property that is not known");
	}
}

static void
check_number(struct check *c, const struct json *schema, const struct json *v,
    const char *at)
{
	double d = strtod(json_string(c->mem, v, JSON_COMPACT), NULL);

	if (d < json_get_real(schema, "minimum", -HUGE_VAL) ||
	    d > json_get_real(schema, "maximum", HUGE_VAL))
		violation(c, at, UI_BAD_VALUE, "reason", "it is out of range");
}

static void
check_value(struct check *c, const struct json *schema, const struct json *v,
    const char *at)
{
	const char *type = json_get_text(schema, "type", NULL);
	size_t i;

	if (v == NULL || (type != NULL && !is_type(v, type))) {
		violation(c, at, UI_BAD_VALUE, "reason",
		    "it is of another type");
		return;
	}
	if (!is_allowed(c->mem, schema, v))
		violation(c, at, UI_BAD_VALUE, "reason",
		    "it is none of the choices");
	switch (json_kind(v)) {
	case JSON_OBJECT:
		check_object(c, schema, v, at);
		break;
	case JSON_LIST:
		for (i = 0; json_has(schema, "items") && i < json_count(v); i++)
			check_value(c, json_get(schema, "items"), json_at(v, i),
			    at);
		break;
	case JSON_TEXT:
		check_text(c, schema, at, json_text(v));
		break;
	case JSON_INT:
	case JSON_REAL:
		check_number(c, schema, v, at);
		break;
	case JSON_NULL:
	case JSON_BOOL:
		break;
	}
}

bool
schema_check(struct arena *a, const struct schema *s, const struct json *traits,
    struct ui *ui)
{
	struct check c = { a, ui, true };

	check_value(&c, s->traits, traits, "traits");
	return c.ok && json_error(traits) == NULL;
}

/* The value of a leaf in traits; NULL when there is no single one. */
static const struct json *
leaf_in(const struct schema_leaf *leaf, const struct json *traits)
{
	size_t i;

	for (i = 0; leaf->path[i] != NULL; i++)
		traits = json_get(traits, leaf->path[i]);
	switch (json_kind(traits)) {
	case JSON_BOOL:
	case JSON_INT:
	case JSON_REAL:
	case JSON_TEXT:
		return traits;
	case JSON_NULL:
	case JSON_LIST:
	case JSON_OBJECT:
		break;
	}
	return NULL;
}

bool
schema_same(struct arena *a, const struct schema *s, const struct json *x,
    const struct json *y)
{
	size_t i;

	for (i = 0; i < s->nleaves; i++)
		if (!is_same(a, leaf_in(&s->leaves[i], x),
			leaf_in(&s->leaves[i], y)))
			return false;
	return true;
}

const char *
schema_value(const struct schema_leaf *leaf, const struct json *traits)
{
	const struct json *value = leaf_in(leaf, traits);

	return json_kind(value) == JSON_TEXT ? json_text(value) : NULL;
}

const char *
schema_address(const struct schema *s, const struct json *traits)
{
	const char *value = NULL;
	size_t i;

	for (i = 0; i < s->nleaves && value == NULL; i++)
		if (s->leaves[i].verification)
			value = schema_value(&s->leaves[i], traits);
	return value;
}

/* The input type of HTML for a leaf. */
static const char *
input_type(const struct schema_leaf *leaf)
{
	static const struct {
		const char *type, *format, *input;
	} rows[] = {
		{ "string", "email", "email" },
		{ "string", "uri", "url" },
		{ "string", "date", "date" },
		{ "string", "date-time", "datetime-local" },
		{ "boolean", NULL, "checkbox" },
		{ "integer", NULL, "number" },
		{ "number", NULL, "number" },
	};
	size_t i;

	for (i = 0; i < NITEMS(rows); i++)
		if (strcmp(rows[i].type, leaf->type) == 0 &&
		    (rows[i].format == NULL ||
			str_eq(rows[i].format, leaf->format)))
			return rows[i].input;
	return "text";
}

const char *const *
schema_texts(struct arena *a, const struct schema *s, const struct json *traits)
{
	const char **list, *value;
	size_t i, n = 0;

	list = arena_calloc(a, 2 * s->nleaves + 1, sizeof(*list));
	for (i = 0; i < s->nleaves; i++) {
		if ((value = schema_value(&s->leaves[i], traits)) == NULL)
			continue;
		list[n++] = value;
		if (strchr(value, '@') != NULL)
			list[n++] =
			    arena_strndup(a, value, strcspn(value, "@"));
	}
	return list;
}

/* What is put back into an input: no more than anybody types. */
static const struct json *
put_back(const struct json *value)
{
	enum json_kind kind = json_kind(value);

	if (kind == JSON_OBJECT || kind == JSON_LIST ||
	    (kind == JSON_TEXT && strlen(json_text(value)) > UI_TYPED_MAX))
		return NULL;
	return value;
}

void
schema_nodes(const struct schema *s, const char *group,
    const struct json *traits, struct ui *ui)
{
	const struct schema_leaf *leaf;
	size_t i;

	for (i = 0; i < s->nleaves; i++) {
		leaf = &s->leaves[i];
		ui_add_input(ui,
		    &(struct ui_input){
			.name = leaf->name,
			.type = input_type(leaf),
			.group = group,
			.data = put_back(leaf_in(leaf, traits)),
			.autocomplete = leaf->identifier ? "email" : NULL,
			.maxlength = leaf->maxlength,
			.required = leaf->required,
			.label = UI_NODE_GENERATED,
			.title = leaf->title == NULL ? leaf->name : leaf->title,
		    });
	}
}

void
schema_hidden(const struct schema *s, const struct json *traits, struct ui *ui)
{
	const char *value;
	size_t i;

	for (i = 0; i < s->nleaves; i++) {
		if ((value = schema_value(&s->leaves[i], traits)) == NULL)
			continue;
		ui_add_input(ui,
		    &(struct ui_input){
			.name = s->leaves[i].name,
			.type = "hidden",
			.value = value,
		    });
	}
}

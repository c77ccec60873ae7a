/*
 * One recursive descent over libyaml's events. Depth and size are bounded, a
 * key that comes twice is an error.
 */
#include "net/yaml.h"

#include <string.h>

#include <yaml.h>

#include "base/str.h"
#include "base/utf8.h"

#define MAX_BYTES ((size_t)1024 * 1024)
#define MAX_DEPTH 32

struct reader {
	struct arena *mem;
	yaml_parser_t parser;
	yaml_event_t event; /* the one being looked at */
	const char *error;
};

/* A value's place: member key of o, or an element of l. */
struct place {
	struct json *o;
	const char *key;
	struct json *l;
};

static bool
fail(struct reader *r, size_t line, const char *what)
{
	if (r->error == NULL)
		r->error = arena_printf(r->mem, "line %zu: %s", line + 1, what);
	return false;
}

/* Steps to the next event. */
static bool
step(struct reader *r)
{
	yaml_event_delete(&r->event);
	if (yaml_parser_parse(&r->parser, &r->event) == 1)
		return true;
	memset(&r->event, 0, sizeof(r->event));
	return fail(r, r->parser.problem_mark.line,
	    r->parser.problem == NULL ? "malformed" : r->parser.problem);
}

static bool
is_plain(const yaml_event_t *e, const char *const *words)
{
	const char *s = (const char *)e->data.scalar.value;
	size_t i;

	for (i = 0; words[i] != NULL; i++)
		if (strcmp(s, words[i]) == 0)
			return true;
	return false;
}

static void
put_text(const struct place *at, const char *s)
{
	if (at->o != NULL)
		json_put_text(at->o, at->key, s);
	else
		json_add_text(at->l, s);
}

static void
put_value(struct reader *r, const struct place *at, const char *json)
{
	const struct json *v;

	v = json_parse(r->mem, json, strlen(json), NULL, NULL);
	if (at->o != NULL)
		json_put(at->o, at->key, v);
	else
		json_add(at->l, v);
}

static bool
read_scalar(struct reader *r, const struct place *at)
{
	static const char *const yes[] = { "true", "True", "TRUE", NULL };
	static const char *const no[] = { "false", "False", "FALSE", NULL };
	static const char *const none[] = { "", "~", "null", "Null", "NULL",
		NULL };
	const yaml_event_t *e = &r->event;
	const char *s = (const char *)e->data.scalar.value;
	size_t len = e->data.scalar.length;
	int64_t n;

	if (strlen(s) != len || !utf8_valid(s, len))
		return fail(r, e->start_mark.line, "text is not UTF-8");
	if (e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		put_text(at, s);
	else if (is_plain(e, yes))
		put_value(r, at, "true");
	else if (is_plain(e, no))
		put_value(r, at, "false");
	else if (!is_plain(e, none)) {
		if (str_to_i64(s, INT64_MIN, INT64_MAX, &n))
			put_value(r, at,
			    arena_printf(r->mem, "%lld", (long long)n));
		else
			put_text(at, s);
	} else if (at->o != NULL)
		json_put_null(at->o, at->key);
	return step(r);
}

static bool read_node(struct reader *r, const struct place *at, unsigned depth);

static bool
read_members(struct reader *r, struct json *o, unsigned depth)
{
	struct place at = { .o = o };
	size_t line;

	while (r->event.type != YAML_MAPPING_END_EVENT) {
		line = r->event.start_mark.line;
		if (r->event.type != YAML_SCALAR_EVENT)
			return fail(r, line, "a key must be text");
		at.key = arena_strdup(r->mem,
		    (const char *)r->event.data.scalar.value);
		if (json_has(o, at.key))
			return fail(r, line, "this key is there twice");
		if (!step(r) || !read_node(r, &at, depth))
			return false;
	}
	return step(r);
}

static bool
read_items(struct reader *r, struct json *l, unsigned depth)
{
	struct place at = { .l = l };

	while (r->event.type != YAML_SEQUENCE_END_EVENT)
		if (!read_node(r, &at, depth))
			return false;
	return step(r);
}

static bool
has_tag(const yaml_event_t *e)
{
	if (e->type == YAML_SCALAR_EVENT)
		return e->data.scalar.tag != NULL ||
		    e->data.scalar.anchor != NULL;
	if (e->type == YAML_SEQUENCE_START_EVENT)
		return e->data.sequence_start.tag != NULL ||
		    e->data.sequence_start.anchor != NULL;
	if (e->type == YAML_MAPPING_START_EVENT)
		return e->data.mapping_start.tag != NULL ||
		    e->data.mapping_start.anchor != NULL;
	return true; /* an alias, or the end of nothing */
}

static bool
read_node(struct reader *r, const struct place *at, unsigned depth)
{
	size_t line = r->event.start_mark.line;
	struct json *l, *o;

	if (has_tag(&r->event))
		return fail(r, line, "anchors, aliases and tags are not read");
	if (depth >= MAX_DEPTH)
		return fail(r, line, "nested too deep");
	if (r->event.type == YAML_SCALAR_EVENT)
		return read_scalar(r, at);
	if (r->event.type == YAML_SEQUENCE_START_EVENT) {
		l = at->o != NULL ? json_put_list(at->o, at->key)
				  : json_add_list(at->l);
		return step(r) && read_items(r, l, depth + 1);
	}
	o = at->o != NULL ? json_put_object(at->o, at->key)
			  : json_add_object(at->l);
	return step(r) && read_members(r, o, depth + 1);
}

/* The document between the events that frame it. */
static struct json *
read_document(struct reader *r)
{
	struct json *root = json_new_object(r->mem);

	if (!step(r) || !step(r)) /* start of the stream */
		return NULL;
	if (r->event.type == YAML_STREAM_END_EVENT)
		return root;
	if (!step(r)) /* start of the document */
		return NULL;
	if (r->event.type != YAML_MAPPING_START_EVENT || has_tag(&r->event)) {
		fail(r, r->event.start_mark.line, "must be a mapping");
		return NULL;
	}
	if (!step(r) || !read_members(r, root, 1) || !step(r))
		return NULL;
	if (r->event.type != YAML_STREAM_END_EVENT) {
		fail(r, r->event.start_mark.line, "a second document");
		return NULL;
	}
	return root;
}

struct json *
yaml_parse(struct arena *a, const void *p, size_t len, const char **error)
{
	struct reader r = { .mem = a };
	struct json *root;

	if (len > MAX_BYTES || yaml_parser_initialize(&r.parser) != 1) {
		*error = "larger than 1 MiB";
		return NULL;
	}
	yaml_parser_set_input_string(&r.parser, p, len);
	root = read_document(&r);
	yaml_event_delete(&r.event);
	yaml_parser_delete(&r.parser);
	*error = root == NULL ? r.error : NULL;
	return root;
}

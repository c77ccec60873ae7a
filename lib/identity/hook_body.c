/*
 * Only whole texts are replaced, names of members never. The depth is bounded
 * by the parser that read the template.
 */
#include "identity/hook_body.h"

#include <string.h>

#include "base/str.h"

static const char *const roots[] = { "event", "flow", "identity", "session",
	"request" };

/* The path of a text that stands for a value; NULL: it stands for itself. */
static const char *
path_of(const struct json *j)
{
	const char *text;

	if (json_kind(j) != JSON_TEXT)
		return NULL;
	text = json_text(j);
	return text[0] == '$' && text[1] != '$' ? text + 1 : NULL;
}

static bool
is_root(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < NITEMS(roots); i++)
		if (strlen(roots[i]) == len && memcmp(roots[i], name, len) == 0)
			return true;
	return false;
}

/* ".identity.traits.email" */
static bool
is_path(const char *path)
{
	size_t len;
	bool first = true;

	while (*path == '.') {
		len = strcspn(++path, ".");
		if (len == 0 || (first && !is_root(path, len)))
			return false;
		first = false;
		path += len;
	}
	return *path == '\0' && !first;
}

const char *
hook_body_check(struct arena *a, const struct json *tmpl)
{
	const char *path = path_of(tmpl), *key, *rule = NULL;
	size_t i;

	if (path != NULL && !is_path(path))
		return arena_printf(a,
		    "$%s names no value; it begins with $.event, $.flow, "
		    "$.identity, $.session or $.request",
		    path);
	for (i = 0; rule == NULL && (key = json_key_at(tmpl, i)) != NULL; i++)
		rule = hook_body_check(a, json_get(tmpl, key));
	for (i = 0; rule == NULL && i < json_count(tmpl); i++)
		rule = hook_body_check(a, json_at(tmpl, i));
	return rule;
}

static const struct json *
find(struct arena *a, const struct json *data, const char *path)
{
	size_t len;

	while (*path == '.') {
		len = strcspn(++path, ".");
		data = json_get(data, arena_strndup(a, path, len));
		path += len;
	}
	return data;
}

/* The value that stands for j. */
static const struct json *
fill(struct arena *a, const struct json *j, const struct json *data)
{
	const char *path = path_of(j), *key;
	struct json *out;
	size_t i;

	if (path != NULL)
		return find(a, data, path);
	if (json_kind(j) == JSON_OBJECT) {
		out = json_new_object(a);
		for (i = 0; (key = json_key_at(j, i)) != NULL; i++)
			json_put(out, key, fill(a, json_get(j, key), data));
		return out;
	}
	if (json_kind(j) == JSON_LIST) {
		out = json_new_list(a);
		for (i = 0; i < json_count(j); i++)
			json_add(out, fill(a, json_at(j, i), data));
		return out;
	}
	if (json_kind(j) != JSON_TEXT || json_text(j)[0] != '$')
		return j;
	out = json_new_list(a);
	json_add_text(out, json_text(j) + 1);
	return json_at(out, 0);
}

struct json *
hook_body_fill(struct arena *a, const struct json *tmpl,
    const struct json *data)
{
	struct json *whole = json_new_object(a);
	const char *key;
	size_t i;

	for (i = 0; (key = json_key_at(tmpl, i)) != NULL; i++)
		json_put(whole, key, fill(a, json_get(tmpl, key), data));
	return whole;
}

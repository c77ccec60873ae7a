/*
 * Pointers are checked when the configuration is read; here they only lead
 * somewhere or nowhere.
 */
#include "identity/oidc_map.h"

#include <string.h>

#include "base/str.h"

/* One reference token, ~1 and ~0 unescaped. */
static const char *
unescape(struct arena *a, const char *p, size_t len)
{
	char *out = arena_alloc(a, len + 1);
	size_t i, n = 0;

	for (i = 0; i < len; i++) {
		if (p[i] == '~' && i + 1 < len) {
			i++;
			out[n++] = p[i] == '1' ? '/' : '~';
		} else
			out[n++] = p[i];
	}
	out[n] = '\0';
	return out;
}

const struct json *
oidc_map_at(struct arena *a, const struct json *j, const char *pointer)
{
	const char *token;
	int64_t i;
	size_t len;

	while (*pointer == '/' && j != NULL) {
		len = strcspn(pointer + 1, "/");
		token = unescape(a, pointer + 1, len);
		if (json_kind(j) == JSON_OBJECT)
			j = json_get(j, token);
		else if (json_kind(j) == JSON_LIST &&
		    str_to_i64(token, 0, INT32_MAX, &i))
			j = json_at(j, (size_t)i);
		else
			j = NULL;
		pointer += 1 + len;
	}
	return j;
}

const char *
oidc_map_text(struct arena *a, const struct json *j, const char *pointer)
{
	const struct json *v = oidc_map_at(a, j, pointer);
	const char *text;

	if (json_kind(v) != JSON_TEXT)
		return NULL;
	text = str_trim(a, json_text(v));
	return *text == '\0' ? NULL : text;
}

bool
oidc_map_yes(struct arena *a, const struct json *j, const char *pointer)
{
	const struct json *v = oidc_map_at(a, j, pointer);
	const char *text;

	if (v == NULL)
		return false;
	text = json_string(a, v, JSON_COMPACT);
	return strcmp(text, "true") == 0 || strcmp(text, "1") == 0 ||
	    strcmp(text, "\"true\"") == 0 || strcmp(text, "\"1\"") == 0;
}

/* Puts v where the dotted name says. */
static void
put_trait(struct arena *a, struct json *o, const char *name,
    const struct json *v)
{
	size_t len = strcspn(name, ".");
	const char *key = arena_strndup(a, name, len);
	struct json *inner;
	const struct json *old;
	const char *member;
	size_t i;

	if (name[len] == '\0') {
		json_put(o, key, v);
		return;
	}
	old = json_get_object(o, key);
	inner = json_new_object(a);
	for (i = 0; (member = json_key_at(old, i)) != NULL; i++)
		json_put(inner, member, json_get(old, member));
	put_trait(a, inner, name + len + 1, v);
	json_put(o, key, inner);
}

struct json *
oidc_map_traits(struct arena *a, const struct oidc_provider *p,
    const struct json *claims)
{
	struct json *o = json_new_object(a);
	const struct json *v;
	size_t i;

	for (i = 0; i < p->nmap; i++) {
		v = oidc_map_at(a, claims, p->map[i].pointer);
		if (v != NULL)
			put_trait(a, o, p->map[i].trait, v);
	}
	return o;
}

bool
oidc_map_lacks(struct arena *a, const struct oidc_provider *p,
    const struct json *claims)
{
	size_t i;

	for (i = 0; i < p->nmap; i++)
		if (oidc_map_at(a, claims, p->map[i].pointer) == NULL)
			return true;
	return false;
}

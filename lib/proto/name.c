/*
 * The C names of what contracts name: words told apart by capitals, and no
 * name that C or lib/rpc/pb*.h have taken.
 */
#include "proto/name.h"

#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "proto/contract.h"

bool
name_is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool
is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

/*
 * Whether a new word starts at s[i], i > 0. A run of capitals is one word and
 * keeps a plural s: ListSMEs, GetUploadURL, SMETask.
 */
static bool
word_starts(const char *s, size_t i)
{
	bool plural;

	if (!name_is_upper(s[i]) || s[i - 1] == '_')
		return false;
	if (!name_is_upper(s[i - 1]))
		return true;
	plural = s[i + 1] == 's' && !is_lower(s[i + 2]);
	return is_lower(s[i + 1]) && !plural;
}

char *
name_snake(const char *s)
{
	char *out;
	size_t i, n;

	out = arena_alloc(contracts.mem, 2 * strlen(s) + 1);
	for (i = n = 0; s[i] != '\0'; i++) {
		if (i > 0 && word_starts(s, i))
			out[n++] = '_';
		out[n++] =
		    name_is_upper(s[i]) ? (char)(s[i] + 'a' - 'A') : s[i];
	}
	out[n] = '\0';
	return out;
}

char *
name_upper(const char *s)
{
	char *out;
	size_t i;

	out = arena_strdup(contracts.mem, s);
	for (i = 0; out[i] != '\0'; i++)
		if (is_lower(out[i]))
			out[i] = (char)(out[i] + 'A' - 'a');
	return out;
}

/* A type's name, free of those that lib/rpc/pb*.h have taken. */
const char *
name_type(const char *outer, const char *name)
{
	static const char *const taken[] = { "bytes", "desc", "enum", "error",
		"fname", "field", "file", "kind", "limits", "name", "wkt" };
	const char *s;
	size_t i;

	s = name_snake(name);
	if (outer != NULL)
		return arena_printf(contracts.mem, "%s_%s", outer, s);
	for (i = 0; i < NITEMS(taken); i++)
		if (strcmp(s, taken[i]) == 0)
			return arena_printf(contracts.mem, "%s_message", s);
	return s;
}

const char *
name_field(const char *name)
{
	static const char *const words[] = { "auto", "bool", "break", "case",
		"char", "const", "continue", "default", "do", "double", "else",
		"enum", "extern", "false", "float", "for", "goto", "if",
		"inline", "int", "long", "register", "restrict", "return",
		"short", "signed", "sizeof", "static", "struct", "switch",
		"true", "typedef", "union", "unsigned", "void", "volatile",
		"while" };
	size_t i;

	for (i = 0; i < NITEMS(words); i++)
		if (strcmp(name, words[i]) == 0)
			return arena_printf(contracts.mem, "%s_", name);
	return name;
}

/* "TeamService" is team; a service by another name keeps all of it. */
const char *
name_service(const char *name)
{
	char *s, *tail;

	s = name_snake(name);
	tail = strstr(s, "_service");
	if (tail != NULL && tail[8] == '\0')
		*tail = '\0';
	return s;
}

const char *
name_stem(const char *name)
{
	const char *dot;

	dot = strrchr(name, '.');
	return dot == NULL
	    ? name
	    : arena_strndup(contracts.mem, name, (size_t)(dot - name));
}

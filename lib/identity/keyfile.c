/*
 * Reading files of settings. Lines may hold secrets: they are wiped, and no
 * error quotes a value.
 */
#include "identity/keyfile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/utf8.h"

#define MAX_LINE 4096
#define MAX_FILE ((size_t)65536)
#define MAX_ID	 ((size_t)32)

/* A file being read. */
struct reading {
	struct arena *mem;
	const char *(*take)(void *arg, const char *key, const char *value);
	void *arg;
};

/* A line, trimmed; NULL or the rule it breaks. */
static const char *
read_line(const struct reading *f, char *line)
{
	const char *rule;
	char *value;

	if (*line == '\0' || *line == '#')
		return NULL;
	value = line + strcspn(line, " \t");
	if (*value != '\0') {
		*value++ = '\0';
		value += strspn(value, " \t");
	}
	if (*value == '\0' || !utf8_valid(value, strlen(value)))
		rule = "must have a value";
	else
		rule = f->take(f->arg, line, value);
	return rule == NULL ? NULL : arena_printf(f->mem, "%s: %s", line, rule);
}

static const char *
read_lines(const struct reading *f, const char *path, FILE *file)
{
	char line[MAX_LINE], *text;
	const char *rule = NULL;
	unsigned n = 0;

	while (rule == NULL && fgets(line, sizeof(line), file) != NULL) {
		n++;
		if (strlen(line) == sizeof(line) - 1) {
			rule = "line too long";
		} else {
			text = str_trim(f->mem, line);
			rule = read_line(f, text);
		}
		explicit_bzero(line, sizeof(line));
	}
	return rule == NULL ? NULL
			    : arena_printf(f->mem, "%s:%u: %s", path, n, rule);
}

const char *
keyfile_read(struct arena *a, const char *path,
    const char *(*take)(void *arg, const char *key, const char *value),
    void *arg)
{
	struct reading f = { a, take, arg };
	const char *rule;
	FILE *file;

	if ((file = fopen(path, "re")) == NULL)
		return arena_printf(a, "%s: %s", path, strerror(errno));
	rule = read_lines(&f, path, file);
	fclose(file);
	return rule;
}

const char *
keyfile_text(struct arena *a, const char *path, const char **out)
{
	char *text = arena_alloc(a, MAX_FILE + 1);
	FILE *file = fopen(path, "re");
	size_t len;

	if (file == NULL)
		return arena_printf(a, "%s: %s", path, strerror(errno));
	len = fread(text, 1, MAX_FILE + 1, file);
	fclose(file);
	if (len > MAX_FILE || memchr(text, '\0', len) != NULL)
		return "the file is too long or binary";
	text[len] = '\0';
	*out = str_trim(a, text);
	return **out == '\0' ? "the file is empty" : NULL;
}

const char *
keyfile_url(const char *url, bool plain)
{
	const char *host;

	if (str_starts(url, "https://"))
		host = url + 8;
	else if (str_starts(url, "http://") && plain)
		host = url + 7;
	else
		return "must be an https URL";
	if (*host == '\0' || strpbrk(host, "#@\\ \"'<>") != NULL ||
	    strchr("/:?", *host) != NULL)
		return "must be an https URL without user and fragment";
	return NULL;
}

bool
keyfile_is_id(const char *s)
{
	return *s != '\0' && strlen(s) <= MAX_ID &&
	    s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-_")] == '\0';
}

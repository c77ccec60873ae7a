/*
 * A prompt file: lines that begin with # say what it is for, then "version N",
 * then the parts [system] and [user]. A line that is {{slot}} alone becomes
 *
 *	<data name="slot">
 *	...
 *	</data>
 *
 * Data cannot end its block: what would look like a mark in it is escaped.
 */
#include "ai/provider_prompt.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

#define MAX_SLOTS 16

static const struct embed_file *
file_find(struct arena *a, const char *name, const char *ext)
{
	const char *path = arena_printf(a, "%s%s", name, ext);
	const struct embed_file *f;

	for (f = prompt_files; f->name != NULL; f++) {
		if (strcmp(f->name, path) == 0)
			return f;
	}
	return NULL;
}

static const char *
text_find(struct arena *a, const char *name)
{
	const struct embed_file *f = file_find(a, name, ".txt");

	return f == NULL ? NULL : (const char *)f->data;
}

/* What stands below [part], up to the next part; "" if there is none. */
static const char *
part_of(struct arena *a, const char *text, const char *part)
{
	const char *mark = arena_printf(a, "\n[%s]\n", part);
	const char *p = text != NULL ? strstr(text, mark) : NULL, *end;

	if (p == NULL)
		return "";
	p += strlen(mark);
	end = strstr(p, "\n[");
	return str_trim(a,
	    arena_strndup(a, p, end == NULL ? strlen(p) : (size_t)(end - p)));
}

/* --- slots ------------------------------------------------------------------- */

/* The slot that a line is, in a; NULL: it is text. */
static const char *
slot_of(struct arena *a, const char *line, size_t len)
{
	if (len < 5 || strncmp(line, "{{", 2) != 0 ||
	    strncmp(line + len - 2, "}}", 2) != 0)
		return NULL;
	return arena_strndup(a, line + 2, len - 4);
}

static bool
is_mark(const char *p)
{
	return strncasecmp(p, "<data", 5) == 0 ||
	    strncasecmp(p, "</data", 6) == 0;
}

static void
put_data(struct buf *b, const char *slot, const char *text)
{
	const char *p;

	buf_printf(b, "<data name=\"%s\">\n", slot);
	for (p = text; *p != '\0'; p++) {
		if (is_mark(p))
			buf_puts(b, "&lt;");
		else
			buf_putc(b, *p);
	}
	buf_puts(b, "\n</data>\n");
}

/* Index of a slot's value: whoever fills a prompt knows its slots. */
static size_t
value_find(const struct prompt_value *values, const char *slot)
{
	size_t i;

	for (i = 0; values[i].slot != NULL; i++) {
		if (strcmp(values[i].slot, slot) == 0)
			break;
	}
	assert(values[i].slot != NULL);
	return i;
}

static const char *
fill(struct arena *a, const char *user, const struct prompt_value *values)
{
	struct buf *b = buf_new(a);
	unsigned used = 0;
	const char *slot;
	size_t i, n;

	for (; *user != '\0'; user += n + (user[n] == '\n')) {
		n = strcspn(user, "\n");
		if ((slot = slot_of(a, user, n)) == NULL) {
			buf_put(b, user, n);
			buf_putc(b, '\n');
			continue;
		}
		i = value_find(values, slot);
		used |= 1u << i;
		if (!str_is_empty(values[i].text))
			put_data(b, slot, values[i].text);
	}
	for (i = 0; values[i].slot != NULL; i++)
		assert((used & 1u << i) != 0);
	return buf_str(b);
}

/* --- what others see --------------------------------------------------------- */

unsigned
provider_prompt_version(const char *name)
{
	struct arena *a = arena_new();
	const char *text = text_find(a, name), *p;
	int64_t n = 0;

	if (text != NULL && (p = strstr(text, "\nversion ")) != NULL) {
		p += strlen("\nversion ");
		if (!str_to_i64(arena_strndup(a, p, strcspn(p, "\n")), 1, 10000,
			&n))
			n = 0;
	}
	arena_free(a);
	return (unsigned)n;
}

const char **
provider_prompt_slots(struct arena *a, const char *name)
{
	const char **slots = arena_calloc(a, MAX_SLOTS + 1, sizeof(*slots));
	const char *text = text_find(a, name), *slot, *p;
	size_t n = 0, len;

	if (text == NULL)
		return slots;
	for (p = part_of(a, text, "user"); *p != '\0';
	     p += len + (p[len] == '\n')) {
		len = strcspn(p, "\n");
		if ((slot = slot_of(a, p, len)) == NULL)
			continue;
		assert(n < MAX_SLOTS);
		slots[n++] = slot;
	}
	return slots;
}

const struct json *
provider_prompt_schema(struct arena *a, const char *name)
{
	const struct embed_file *f = file_find(a, name, ".json");
	const struct json *j;

	if (f == NULL)
		return NULL;
	j = json_parse(a, f->data, f->len, NULL, NULL);
	assert(j != NULL); /* a test reads every one */
	return j;
}

void
provider_prompt_fill(struct arena *a, const char *name, const char *schema,
    const struct prompt_value *values, struct provider_ask *out)
{
	const char *text = text_find(a, name), *system;

	assert(text != NULL);
	system = part_of(a, text, "system");
	out->system = *system == '\0'
	    ? NULL
	    : arena_printf(a, "%s\n\n%s", system,
		  part_of(a, text_find(a, "rules"), "system"));
	out->user = fill(a, part_of(a, text, "user"), values);
	out->name = schema != NULL ? schema : name;
	out->schema = provider_prompt_schema(a, out->name);
}

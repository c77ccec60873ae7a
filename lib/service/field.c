/*
 * Field checks shared by all services. Texts are fixed; a value that a user
 * sent is never put into a message.
 */
#include "service/field.h"

#include <string.h>

#include "base/utf8.h"
#include "identity/nfc.h"

enum code
field_uuid(struct req *r, const char *field, const char *value,
    const char **out)
{
	char canon[STR_UUID_LEN + 1];

	if (str_is_empty(value))
		return req_fail_missing(r, field, "is required");
	if (!str_uuid_canon(value, canon))
		return req_fail_field(r, field, "must be a UUID");
	*out = arena_strdup(r->mem, canon);
	return CODE_OK;
}

enum code
field_line(struct req *r, const char *field, const char *value, size_t min,
    size_t max, const char **out)
{
	const char *text;
	size_t n;

	text = str_trim(r->mem, value == NULL ? "" : value);
	n = utf8_count(text);
	if (n == 0 && min > 0)
		return req_fail_missing(r, field, "must not be empty");
	if (n < min)
		return req_fail_field(r, field,
		    "must have at least %zu characters", min);
	if (n > max)
		return req_fail_field(r, field,
		    "must have at most %zu characters", max);
	if (!utf8_is_printable(text))
		return req_fail_field(r, field,
		    "must not contain line breaks or control characters");
	*out = text;
	return CODE_OK;
}

const char *
field_line_clean(struct arena *a, const char *value, size_t min, size_t max)
{
	const char *text;
	size_t n;

	text = str_trim(a, value == NULL ? "" : value);
	if (!utf8_valid(text, strlen(text)))
		return NULL;
	n = utf8_count(text);
	return n >= min && n <= max && utf8_is_printable(text) ? text : NULL;
}

/* Control characters other than tab, line feed and carriage return. */
static bool
has_control(const char *s)
{
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') ||
		    c == 0x7f)
			return true;
	}
	return false;
}

char *
field_lines(struct arena *a, const char *s)
{
	char *out = arena_strdup(a, s), *to = out;
	const char *p;

	for (p = s; *p != '\0'; p++) {
		if (*p == '\r' && p[1] == '\n')
			continue;
		*to++ = *p == '\r' ? '\n' : *p;
	}
	*to = '\0';
	return out;
}

enum code
field_text(struct req *r, const char *field, const char *value, size_t max,
    const char **out)
{
	const char *text;

	text = str_trim(r->mem, value == NULL ? "" : field_lines(r->mem, value));
	if (utf8_count(text) > max)
		return req_fail_field(r, field,
		    "must have at most %zu characters", max);
	if (has_control(text))
		return req_fail_field(r, field,
		    "must not contain control characters");
	*out = text;
	return CODE_OK;
}

const char *
field_email_clean(struct arena *a, const char *value)
{
	const char *text, *at, *dot;

	if (value == NULL || !utf8_valid(value, strlen(value)))
		return NULL;
	text = nfc_identifier(a, value);
	at = strchr(text, '@');
	if (at == NULL || at == text || strchr(at + 1, '@') != NULL ||
	    at - text > 64 || utf8_count(text) > 254 ||
	    !utf8_is_printable(text) || strpbrk(text, " ,;<>\"\\") != NULL)
		return NULL;
	dot = strchr(at + 1, '.');
	if (dot == NULL || dot == at + 1 || str_ends(text, ".") ||
	    strstr(at, "..") != NULL)
		return NULL;
	return text;
}

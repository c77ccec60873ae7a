/*
 * Text questions and conversions; no locale is ever consulted.
 */
#include "base/str.h"

#include <sys/random.h>

#include <err.h>
#include <string.h>
#include <strings.h>

static const char hexdigits[] = "0123456789abcdef";

int
str_hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

const char *
str_xml_entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

bool
str_uuid_canon(const char *s, char out[STR_UUID_LEN + 1])
{
	char tmp[STR_UUID_LEN + 1];
	int i, v;

	for (i = 0; i < STR_UUID_LEN; i++) {
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (s[i] != '-')
				return false;
			tmp[i] = '-';
			continue;
		}
		if ((v = str_hex_value(s[i])) == -1)
			return false;
		tmp[i] = hexdigits[v];
	}
	if (s[i] != '\0')
		return false;
	tmp[i] = '\0';
	memcpy(out, tmp, sizeof(tmp));
	return true;
}

bool
str_is_uuid(const char *s)
{
	char canon[STR_UUID_LEN + 1];

	return str_uuid_canon(s, canon) && strcmp(s, canon) == 0;
}

static void
uuid_write(const uint8_t raw[16], char out[STR_UUID_LEN + 1])
{
	char *p = out;
	int i;

	for (i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*p++ = '-';
		*p++ = hexdigits[raw[i] >> 4];
		*p++ = hexdigits[raw[i] & 15];
	}
	*p = '\0';
}

static void
uuid_stamp(uint8_t raw[16], unsigned version)
{
	raw[6] = (uint8_t)((raw[6] & 0x0f) | (version << 4));
	raw[8] = (uint8_t)((raw[8] & 0x3f) | 0x80);
}

void
str_uuid_new(char out[STR_UUID_LEN + 1])
{
	uint8_t raw[16];

	if (getrandom(raw, sizeof(raw), 0) != (ssize_t)sizeof(raw))
		err(1, "getrandom");
	uuid_stamp(raw, 4);
	uuid_write(raw, out);
}

void
str_uuid_from(const uint8_t raw[16], char out[STR_UUID_LEN + 1])
{
	uint8_t tmp[16];

	memcpy(tmp, raw, sizeof(tmp));
	uuid_stamp(tmp, 8);
	uuid_write(tmp, out);
}

bool
str_eq(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a, b) == 0;
}

bool
str_ieq(const char *a, const char *b)
{
	unsigned char x, y;

	do {
		x = (unsigned char)*a++;
		y = (unsigned char)*b++;
		if (x >= 'A' && x <= 'Z')
			x = (unsigned char)(x + 32);
		if (y >= 'A' && y <= 'Z')
			y = (unsigned char)(y + 32);
		if (x != y)
			return false;
	} while (x != '\0');
	return true;
}

bool
str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool
str_ends(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

bool
str_is_empty(const char *s)
{
	return s == NULL || *s == '\0';
}

bool
str_is_listed(const char *const *list, const char *s)
{
	for (; *list != NULL; list++)
		if (strcmp(*list, s) == 0)
			return true;
	return false;
}

bool
str_to_i64(const char *s, int64_t min, int64_t max, int64_t *out)
{
	bool neg = false;
	uint64_t n = 0, top;
	int64_t v;

	if (*s == '-') {
		neg = true;
		s++;
	}
	if (*s == '\0')
		return false;
	top = neg ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;
	for (; *s != '\0'; s++) {
		unsigned d = (unsigned)(*s - '0');

		if (*s < '0' || *s > '9' || n > (top - d) / 10)
			return false;
		n = n * 10 + d;
	}
	if (neg)
		v = n == top ? INT64_MIN : -(int64_t)n;
	else
		v = (int64_t)n;
	if (v < min || v > max)
		return false;
	*out = v;
	return true;
}

/* Length of the white space that starts at s (within len bytes), or 0. */
static size_t
space_len(const char *s, size_t len)
{
	if (len >= 1 && (*s == ' ' || (*s >= '\t' && *s <= '\r')))
		return 1;
	if (len >= 2 && memcmp(s, "\xc2\xa0", 2) == 0)
		return 2;
	if (len >= 3 && memcmp(s, "\xe3\x80\x80", 3) == 0)
		return 3;
	return 0;
}

char *
str_trim(struct arena *a, const char *s)
{
	size_t len = strlen(s), n;

	while ((n = space_len(s, len)) > 0) {
		s += n;
		len -= n;
	}
	while (len > 0) {
		if (space_len(s + len - 1, 1) == 1)
			len -= 1;
		else if (len >= 2 && space_len(s + len - 2, 2) == 2)
			len -= 2;
		else if (len >= 3 && space_len(s + len - 3, 3) == 3)
			len -= 3;
		else
			break;
	}
	return arena_strndup(a, s, len);
}

char *
str_lower(struct arena *a, const char *s)
{
	char *p, *out;

	out = arena_strdup(a, s);
	for (p = out; *p != '\0'; p++) {
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p + 32);
	}
	return out;
}

char *
str_hex(struct arena *a, const void *p, size_t len)
{
	const uint8_t *raw = p;
	char *out;
	size_t i;

	out = arena_alloc(a, len * 2 + 1);
	for (i = 0; i < len; i++) {
		out[2 * i] = hexdigits[raw[i] >> 4];
		out[2 * i + 1] = hexdigits[raw[i] & 15];
	}
	out[2 * len] = '\0';
	return out;
}

char *
str_url_decode(struct arena *a, const char *s, size_t len, bool plus_is_space)
{
	char *out, *p;
	size_t i;
	int hi, lo;

	p = out = arena_alloc(a, len + 1);
	for (i = 0; i < len; i++) {
		if (s[i] == '+' && plus_is_space) {
			*p++ = ' ';
		} else if (s[i] != '%') {
			if (s[i] == '\0')
				return NULL;
			*p++ = s[i];
		} else {
			if (len - i < 3 ||
			    (hi = str_hex_value(s[i + 1])) == -1 ||
			    (lo = str_hex_value(s[i + 2])) == -1 ||
			    hi + lo == 0)
				return NULL;
			*p++ = (char)(hi * 16 + lo);
			i += 2;
		}
	}
	*p = '\0';
	return out;
}

char *
str_url_encode(struct arena *a, const char *s)
{
	char *out, *p;

	p = out = arena_alloc(a, strlen(s) * 3 + 1);
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || strchr("-._~", c) != NULL) {
			*p++ = (char)c;
		} else {
			*p++ = '%';
			*p++ = "0123456789ABCDEF"[c >> 4];
			*p++ = "0123456789ABCDEF"[c & 15];
		}
	}
	*p = '\0';
	return out;
}

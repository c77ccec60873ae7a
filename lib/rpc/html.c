/*
 * HTML escaping. Each function is safe in every place its kind of slot may
 * stand (the template compiler decides where that is); none allocates beyond
 * the output buffer.
 */
#include "rpc/html.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd"

void
html_put(struct html *h, const char *s, size_t len)
{
	buf_put(h->out, s, len);
}

/* What c is written as; NULL for itself. */
static const char *
entity(uint32_t c)
{
	if (c == '\t' || c == '\n')
		return NULL;
	if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		return REPLACEMENT;
	return c < 0x80 ? str_xml_entity((char)c) : NULL;
}

/* Escapes len bytes; returns how many of them made one character. */
static size_t
put_char(struct html *h, const char *s, size_t len)
{
	const char *as;
	uint32_t c;
	size_t n;

	if ((n = utf8_decode(s, len, &c)) == 0) {
		html_put(h, REPLACEMENT, 3);
		return 1;
	}
	if ((as = entity(c)) != NULL)
		html_put(h, as, strlen(as));
	else
		html_put(h, s, n);
	return n;
}

void
html_text(struct html *h, const char *s)
{
	size_t len, n;

	len = strlen(s);
	while (len > 0) {
		n = put_char(h, s, len);
		s += n;
		len -= n;
	}
}

void
html_url(struct html *h, const char *s)
{
	static const char hex[] = "0123456789ABCDEF";
	char esc[3];
	unsigned char c;

	for (; *s != '\0'; s++) {
		c = (unsigned char)*s;
		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
		    (c >= 'a' && c <= 'z') || strchr("-._~", c) != NULL) {
			html_put(h, s, 1);
			continue;
		}
		esc[0] = '%';
		esc[1] = hex[c >> 4];
		esc[2] = hex[c & 15];
		html_put(h, esc, 3);
	}
}

bool
html_href_ok(const char *s)
{
	const char *p;

	for (p = s; *p != '\0'; p++)
		if ((unsigned char)*p <= 0x20 || *p == '\\' || *p == 0x7f)
			return false;
	if (s[0] == '/')
		return s[1] != '/';
	if (s[0] == '#' || s[0] == '?')
		return true;
	return str_starts(s, "http://") || str_starts(s, "https://");
}

void
html_href(struct html *h, const char *s)
{
	html_text(h, html_href_ok(s) ? s : "#");
}

/* One character of a JSON string; true when it needed an escape. */
static bool
put_json_escape(struct html *h, unsigned char c)
{
	char esc[7];

	if (c == '"') {
		html_lit(h, "\\&quot;");
		return true;
	}
	if (c == '\\') {
		html_lit(h, "\\\\");
		return true;
	}
	if (c >= 0x20 && c != 0x7f)
		return false;
	(void)snprintf(esc, sizeof(esc), "\\u%04x", c); /* fits */
	html_put(h, esc, 6);
	return true;
}

void
html_json(struct html *h, const char *s)
{
	size_t len, n;

	html_lit(h, "&quot;");
	len = strlen(s);
	while (len > 0) {
		n = put_json_escape(h, (unsigned char)*s) ? 1
							  : put_char(h, s, len);
		s += n;
		len -= n;
	}
	html_lit(h, "&quot;");
}

void
html_int(struct html *h, int64_t n)
{
	buf_printf(h->out, "%lld", (long long)n);
}

void
html_put_attr(struct html *h, const char *name, const char *value)
{
	buf_printf(h->out, " %s=\"", name);
	html_text(h, value);
	html_lit(h, "\"");
}

void
html_flag(struct html *h, const char *name, bool on)
{
	if (on)
		html_put(h, name, strlen(name));
}

const char *
html_slot(const char *s, const char *name)
{
	if (s != NULL)
		return s;
#ifdef TMPL_STRICT
	fprintf(stderr, "template slot %s is not set\n", name);
	abort();
#else
	(void)name;
	return "";
#endif
}

/*
 * Characters of text files: UTF-8, UTF-16 with a byte order mark, and for HTML
 * that says so windows-1252. What comes out is valid UTF-8.
 */
#include "ai/extract.h"

#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/utf8.h"

static bool
is_utf16(const char *p, size_t len)
{
	return len >= 2 &&
	    (memcmp(p, "\xff\xfe", 2) == 0 || memcmp(p, "\xfe\xff", 2) == 0);
}

static void
put_cp(struct buf *b, uint32_t cp)
{
	char tmp[4];
	size_t n;

	if ((n = utf8_encode(cp, tmp)) > 0)
		buf_put(b, tmp, n);
}

static int
from_utf16(const unsigned char *p, size_t len, struct buf *b)
{
	bool le = p[0] == 0xff;
	uint32_t u, v;
	size_t i;

	if (len % 2 != 0)
		return -1;
	for (i = 2; i < len; i += 2) {
		u = le ? p[i] | (uint32_t)p[i + 1] << 8
		       : p[i + 1] | (uint32_t)p[i] << 8;
		if (u >= 0xd800 && u < 0xdc00 && i + 3 < len) {
			v = le ? p[i + 2] | (uint32_t)p[i + 3] << 8
			       : p[i + 3] | (uint32_t)p[i + 2] << 8;
			if (v < 0xdc00 || v > 0xdfff)
				return -1;
			u = 0x10000 + ((u - 0xd800) << 10) + (v - 0xdc00);
			i += 2;
		}
		if (u == 0 || (u >= 0xd800 && u < 0xe000))
			return -1;
		put_cp(b, u);
	}
	return 0;
}

/* windows-1252, which browsers read for ISO-8859-1, too. */
static void
from_1252(const unsigned char *p, size_t len, struct buf *b)
{
	static const uint16_t high[32] = { 0x20ac, 0, 0x201a, 0x192, 0x201e,
		0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0,
		0x17d, 0, 0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013,
		0x2014, 0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0, 0x17e, 0x178 };
	size_t i;

	for (i = 0; i < len; i++) {
		if (p[i] >= 0x80 && p[i] < 0xa0)
			put_cp(b,
			    high[p[i] - 0x80] != 0 ? high[p[i] - 0x80]
						   : 0xfffd);
		else
			put_cp(b, p[i]);
	}
}

/* The character set that an HTML file declares is one of the two. */
static bool
declares_latin(const char *p, size_t len)
{
	char head[1025];
	size_t i, n = len < 1024 ? len : 1024;
	const char *cs;

	for (i = 0; i < n; i++)
		head[i] = p[i] == '\0'		 ? ' '
		    : p[i] >= 'A' && p[i] <= 'Z' ? (char)(p[i] + 32)
						 : p[i];
	head[n] = '\0';
	if ((cs = strstr(head, "charset=")) == NULL &&
	    (cs = strstr(head, "encoding=")) == NULL)
		return false;
	cs += strcspn(cs, "=") + 1;
	cs += *cs == '"' || *cs == '\'';
	return str_starts(cs, "iso-8859-1\"") ||
	    str_starts(cs, "iso-8859-1'") || str_starts(cs, "iso-8859-1>") ||
	    str_starts(cs, "iso-8859-1 ") || str_starts(cs, "windows-1252") ||
	    str_starts(cs, "latin1") || str_starts(cs, "us-ascii");
}

int
extract_utf8(struct arena *a, bool html, const char **p, size_t *len,
    const char **why)
{
	struct buf *b;

	if (*len >= 3 && memcmp(*p, "\xef\xbb\xbf", 3) == 0) {
		*p += 3;
		*len -= 3;
	}
	if (!is_utf16(*p, *len) && utf8_valid(*p, *len))
		return 0;
	b = buf_new(a);
	if (is_utf16(*p, *len)) {
		if (from_utf16((const unsigned char *)*p, *len, b) == -1) {
			*why = "damaged UTF-16 text";
			return -1;
		}
	} else if (html && declares_latin(*p, *len)) {
		from_1252((const unsigned char *)*p, *len, b);
	} else {
		*why = "text that is not UTF-8; save it as UTF-8";
		return -1;
	}
	*p = buf_str(b);
	*len = b->len;
	return 0;
}

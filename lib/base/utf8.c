/*
 * UTF-8 by the table of well-formed byte sequences (Unicode 3.9, table 3-7).
 */
#include "base/utf8.h"

#include <string.h>

size_t
utf8_decode(const char *s, size_t len, uint32_t *cp)
{
	const unsigned char *p = (const unsigned char *)s;
	uint32_t c = p[0];
	unsigned lo = 0x80, hi = 0xbf;
	size_t need, i;

	if (c < 0x80) {
		*cp = c;
		return 1;
	}
	if (c < 0xc2 || c > 0xf4)
		return 0;
	if (c < 0xe0) {
		need = 1;
		c &= 0x1f;
	} else if (c < 0xf0) {
		need = 2;
		if (c == 0xe0)
			lo = 0xa0;
		else if (c == 0xed)
			hi = 0x9f;
		c &= 0x0f;
	} else {
		need = 3;
		if (c == 0xf0)
			lo = 0x90;
		else if (c == 0xf4)
			hi = 0x8f;
		c &= 0x07;
	}
	if (len <= need)
		return 0;
	for (i = 1; i <= need; i++) {
		if (p[i] < lo || p[i] > hi)
			return 0;
		lo = 0x80;
		hi = 0xbf;
		c = c << 6 | (p[i] & 0x3f);
	}
	*cp = c;
	return need + 1;
}

bool
utf8_valid(const void *data, size_t len)
{
	const char *p = data;
	uint64_t word;
	uint32_t cp;
	size_t n;

	while (len > 0) {
		if (len >= sizeof(word)) {
			memcpy(&word, p, sizeof(word));
			if ((word & UINT64_C(0x8080808080808080)) == 0) {
				p += sizeof(word);
				len -= sizeof(word);
				continue;
			}
		}
		if ((n = utf8_decode(p, len, &cp)) == 0)
			return false;
		p += n;
		len -= n;
	}
	return true;
}

size_t
utf8_encode(uint32_t cp, char *out)
{
	if (cp < 0x80) {
		out[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (char)(0xc0 | cp >> 6);
		out[1] = (char)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (cp < 0x10000) {
		if (cp >= 0xd800 && cp <= 0xdfff)
			return 0;
		out[0] = (char)(0xe0 | cp >> 12);
		out[1] = (char)(0x80 | (cp >> 6 & 0x3f));
		out[2] = (char)(0x80 | (cp & 0x3f));
		return 3;
	}
	if (cp > 0x10ffff)
		return 0;
	out[0] = (char)(0xf0 | cp >> 18);
	out[1] = (char)(0x80 | (cp >> 12 & 0x3f));
	out[2] = (char)(0x80 | (cp >> 6 & 0x3f));
	out[3] = (char)(0x80 | (cp & 0x3f));
	return 4;
}

size_t
utf8_count(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

size_t
utf8_prefix(const char *s, size_t nchars)
{
	const char *p;

	for (p = s; *p != '\0'; p++) {
		if (((unsigned char)*p & 0xc0) != 0x80 && nchars-- == 0)
			break;
	}
	return (size_t)(p - s);
}

static bool
is_blank(uint32_t cp)
{
	return cp == ' ' || (cp >= '\t' && cp <= '\r') || cp == 0xa0 ||
	    cp == 0x3000;
}

size_t
utf8_prefix_words(const char *s, size_t nchars)
{
	size_t end = utf8_prefix(s, nchars), words = 0, last = 0, i = 0, n;
	uint32_t before = 0, cp;

	if (s[end] == '\0')
		return end;
	for (; i <= end && (n = utf8_decode(s + i, 4, &cp)) > 0; i += n) {
		if (is_blank(cp) || cp >= 0x2e80 || before >= 0x2e80)
			words = last;
		if (!is_blank(cp))
			last = i + n;
		before = cp;
	}
	return words > 0 ? words : end;
}

bool
utf8_is_printable(const char *s)
{
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < 0x20 || c == 0x7f)
			return false;
		if (c == 0xc2 && (unsigned char)s[1] < 0xa0)
			return false;
	}
	return true;
}

/*
 * Base64 by groups of four, because padding may stand between the pieces of
 * a text body. Only the standard alphabet (RFC 4648, section 4).
 */
#include "rpc/b64text.h"

#include <string.h>

#include "net/crypt.h"

static int
value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Bytes of one group written to out (room for 3); 0 when malformed. */
static size_t
decode_group(const char *s, uint8_t *out)
{
	int a = value(s[0]), b = value(s[1]), c = value(s[2]), d = value(s[3]);

	if (a == -1 || b == -1)
		return 0;
	out[0] = (uint8_t)(a << 2 | b >> 4);
	if (s[2] == '=' && s[3] == '=')
		return (b & 15) == 0 ? 1 : 0;
	if (c == -1)
		return 0;
	out[1] = (uint8_t)(b << 4 | c >> 2);
	if (s[3] == '=')
		return (c & 3) == 0 ? 2 : 0;
	if (d == -1)
		return 0;
	out[2] = (uint8_t)(c << 6 | d);
	return 3;
}

uint8_t *
b64text_decode(struct arena *a, const char *s, size_t slen, size_t *len)
{
	uint8_t *out;
	size_t i, n = 0, k;

	if (slen % 4 != 0)
		return NULL;
	out = arena_alloc(a, slen / 4 * 3 + 1);
	for (i = 0; i < slen; i += 4) {
		if ((k = decode_group(s + i, out + n)) == 0)
			return NULL;
		n += k;
	}
	out[n] = '\0';
	*len = n;
	return out;
}

struct buf *
b64text_encode(struct arena *a, const void *p, size_t len)
{
	struct buf *b = buf_new(a);

	buf_puts(b, crypt_base64(a, p, len));
	return b;
}

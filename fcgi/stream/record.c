/*
 * FastCGI records. Announced lengths are compared with what is there.
 */
#include "record.h"

#include <string.h>

#define VERSION	  1
#define HEAD	  8
#define RESPONDER 1
#define KEEP	  1
#define OUT_MAX	  65528 /* a multiple of 8 below 64 KiB: no padding */

int64_t
record_take(const char *p, size_t len, struct record *out)
{
	const uint8_t *h = (const uint8_t *)p;
	size_t size;

	if (len < HEAD)
		return 0;
	if (h[0] != VERSION)
		return -1;
	out->type = h[1];
	out->request = (uint16_t)(h[2] << 8 | h[3]);
	out->len = (size_t)h[4] << 8 | h[5];
	out->data = p + HEAD;
	size = HEAD + out->len + h[6];
	return len < size ? 0 : (int64_t)size;
}

bool
record_begin(const struct record *r, struct record_begin *out)
{
	const uint8_t *p = (const uint8_t *)r->data;

	if (r->len < 8)
		return false;
	out->responder = (p[0] << 8 | p[1]) == RESPONDER;
	out->keep = (p[2] & KEEP) != 0;
	return true;
}

/* One length: a byte, or four with the highest bit set. */
static bool
take_length(const uint8_t **p, const uint8_t *end, size_t *out)
{
	const uint8_t *s = *p;

	if (s == end)
		return false;
	if (s[0] < 0x80) {
		*out = s[0];
		*p = s + 1;
		return true;
	}
	if (end - s < 4)
		return false;
	*out = (size_t)(s[0] & 0x7f) << 24 | (size_t)s[1] << 16 |
	    (size_t)s[2] << 8 | s[3];
	*p = s + 4;
	return true;
}

bool
record_params(const char *p, size_t len, struct buf *out, size_t max)
{
	const uint8_t *s = (const uint8_t *)p, *end;
	size_t name, value;

	if (len == 0) /* p may be NULL then */
		return true;
	end = s + len;
	while (s < end) {
		if (!take_length(&s, end, &name) ||
		    !take_length(&s, end, &value) ||
		    name + value > (size_t)(end - s) ||
		    out->len + name + value + 2 > max ||
		    memchr(s, '\0', name + value) != NULL)
			return false;
		buf_put(out, s, name);
		buf_putc(out, '=');
		buf_put(out, s + name, value);
		buf_putc(out, '\0');
		s += name + value;
	}
	return true;
}

static void
put(struct buf *b, enum record_type type, uint16_t request, const void *p,
    size_t len)
{
	const uint8_t h[HEAD] = { VERSION, (uint8_t)type,
		(uint8_t)(request >> 8), (uint8_t)request, (uint8_t)(len >> 8),
		(uint8_t)len, 0, 0 };

	buf_put(b, h, sizeof(h));
	buf_put(b, p, len);
}

void
record_put_out(struct buf *b, uint16_t request, const void *p, size_t len)
{
	const char *s = p;
	size_t n;

	for (; len > 0; s += n, len -= n) {
		n = len < OUT_MAX ? len : OUT_MAX;
		put(b, RECORD_STDOUT, request, s, n);
	}
}

void
record_put_end(struct buf *b, uint16_t request, enum record_status status)
{
	const uint8_t body[8] = { 0, 0, 0, 0, (uint8_t)status, 0, 0, 0 };

	put(b, RECORD_STDOUT, request, "", 0);
	put(b, RECORD_END, request, body, sizeof(body));
}

void
record_put_unknown(struct buf *b, uint8_t type)
{
	const uint8_t body[8] = { type, 0, 0, 0, 0, 0, 0, 0 };

	put(b, RECORD_UNKNOWN, 0, body, sizeof(body));
}

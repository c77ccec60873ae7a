/*
 * A reader of CBOR that trusts no length: every count is held against the
 * bytes that are left before anything believes it.
 */
#include "net/cbor.h"

#define DEPTH_MAX 4

enum major {
	MAJOR_UINT = 0,
	MAJOR_NEGATIVE,
	MAJOR_BYTES,
	MAJOR_TEXT,
	MAJOR_LIST,
	MAJOR_MAP,
	MAJOR_TAG,
	MAJOR_SIMPLE
};

/* Takes len bytes, at *p. */
static bool
take(struct cbor *c, size_t len, const uint8_t **p)
{
	if (len > c->left)
		return false;
	*p = c->p;
	c->p += len;
	c->left -= len;
	return true;
}

/* The head of a value (RFC 8949, section 3): its kind and number. */
static bool
read_head(struct cbor *c, enum major *major, uint64_t *n)
{
	const uint8_t *p;
	size_t i, len;
	unsigned info;

	if (!take(c, 1, &p))
		return false;
	*major = (enum major)(*p >> 5);
	info = *p & 0x1f;
	*n = info;
	if (info < 24)
		return true;
	if (info > 27)
		return false; /* reserved, or of indefinite length */
	len = (size_t)1 << (info - 24);
	if (!take(c, len, &p))
		return false;
	*n = 0;
	for (i = 0; i < len; i++)
		*n = *n << 8 | p[i];
	return true;
}

static bool
read_string(struct cbor *c, enum major want, const uint8_t **p, size_t *len)
{
	enum major major;
	uint64_t n;

	if (!read_head(c, &major, &n) || major != want || n > c->left)
		return false;
	*len = (size_t)n;
	return take(c, *len, p);
}

bool
cbor_map(struct cbor *c, size_t *npairs)
{
	enum major major;
	uint64_t n;

	if (!read_head(c, &major, &n) || major != MAJOR_MAP || n > c->left / 2)
		return false;
	*npairs = (size_t)n;
	return true;
}

bool
cbor_bytes(struct cbor *c, const uint8_t **p, size_t *len)
{
	return read_string(c, MAJOR_BYTES, p, len);
}

bool
cbor_text(struct cbor *c, const char **p, size_t *len)
{
	const uint8_t *bytes;

	if (!read_string(c, MAJOR_TEXT, &bytes, len))
		return false;
	*p = (const char *)bytes;
	return true;
}

static bool
skip(struct cbor *c, unsigned depth)
{
	const uint8_t *p;
	enum major major;
	uint64_t n;

	if (!read_head(c, &major, &n))
		return false;
	switch (major) {
	case MAJOR_UINT:
	case MAJOR_NEGATIVE:
		return true;
	case MAJOR_BYTES:
	case MAJOR_TEXT:
		return n <= c->left && take(c, (size_t)n, &p);
	case MAJOR_LIST:
	case MAJOR_MAP:
		break;
	case MAJOR_SIMPLE:
		return n >= 20 && n <= 22; /* false, true, null */
	case MAJOR_TAG:
	default:
		return false;
	}
	if (depth == DEPTH_MAX || n > c->left)
		return false;
	for (n *= major == MAJOR_MAP ? 2 : 1; n > 0; n--)
		if (!skip(c, depth + 1))
			return false;
	return true;
}

bool
cbor_skip(struct cbor *c)
{
	return skip(c, 1);
}

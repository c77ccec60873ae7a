/*
 * The binary codec (rpc.md, section 10). Reading bounds depth, elements and
 * memory, checks UTF-8, refuses groups and NUL, and says field path and byte
 * offset of what it refuses. Writing goes from the last byte to the first, so
 * lengths are known when they are written and nothing is measured twice.
 */

#include "rpc/pb.h"

#include <string.h>

#include "base/utf8.h"
#include "rpc/pb_desc.h"

/* Wire types. */
enum {
	WIRE_VARINT = 0,
	WIRE_FIXED64 = 1,
	WIRE_BYTES = 2,
	WIRE_FIXED32 = 5
};

#define MAX_NUMBER ((UINT64_C(1) << 29) - 1)

static unsigned
wire_of(unsigned kind)
{
	switch (kind) {
	case PB_DOUBLE:
	case PB_FIXED64:
	case PB_SFIXED64:
		return WIRE_FIXED64;
	case PB_FLOAT:
	case PB_FIXED32:
	case PB_SFIXED32:
		return WIRE_FIXED32;
	case PB_STRING:
	case PB_BYTES:
	case PB_MESSAGE:
		return WIRE_BYTES;
	default:
		return WIRE_VARINT;
	}
}

/* --- reading --------------------------------------------------------------- */

struct dec {
	struct arena *a;
	struct pb_limits lim;
	const uint8_t *start; /* of everything, for offsets */
	const uint8_t *p;
	const uint8_t *end; /* of the message or packed field at hand */
	unsigned depth;
	struct pb_error *err;
};

static int
fail(struct dec *d, enum code code, const char *text)
{
	d->err->code = code;
	d->err->path = "";
	d->err->text = arena_printf(d->a, "%s at byte %zu", text,
	    (size_t)(d->p - d->start));
	return -1;
}

static int
bad(struct dec *d, const char *text)
{
	return fail(d, CODE_INVALID_ARGUMENT, text);
}

/* Puts field f, and its element i when repeated, in front of the path. */
static int
add_path(struct dec *d, const struct pb_field *f, size_t i)
{
	const char *rest, *dot;

	rest = d->err->path;
	dot = rest[0] == '\0' || rest[0] == '[' ? "" : ".";
	if (f->flags & PB_F_REPEATED)
		d->err->path =
		    arena_printf(d->a, "%s[%zu]%s%s", f->name, i, dot, rest);
	else
		d->err->path = arena_printf(d->a, "%s%s%s", f->name, dot, rest);
	return -1;
}

static int
read_varint(struct dec *d, uint64_t *out)
{
	const uint8_t *p;
	unsigned shift;
	uint64_t n;

	p = d->p;
	if (p < d->end && *p < 0x80) {
		*out = *p;
		d->p = p + 1;
		return 0;
	}
	for (n = 0, shift = 0; p < d->end; shift += 7) {
		if (shift == 70)
			return bad(d, "number of more than ten bytes");
		if (shift < 64)
			n |= (uint64_t)(*p & 0x7f) << shift;
		if ((*p++ & 0x80) == 0) {
			*out = n;
			d->p = p;
			return 0;
		}
	}
	return bad(d, "message ends within a number");
}

/* The length of what follows, which is all there. */
static int
read_len(struct dec *d, size_t *len)
{
	const uint8_t *at;
	uint64_t n;

	at = d->p;
	if (read_varint(d, &n) == -1)
		return -1;
	if (n > (uint64_t)(d->end - d->p)) {
		d->p = at;
		return bad(d, "length beyond the end");
	}
	*len = n;
	return 0;
}

static int
read_fixed(struct dec *d, void *out, size_t len)
{
	if ((size_t)(d->end - d->p) < len)
		return bad(d, "message ends within a number");
	memcpy(out, d->p, len); /* little-endian, as all we run on */
	d->p += len;
	return 0;
}

static int
skip(struct dec *d, unsigned type)
{
	uint64_t n;
	size_t len;

	switch (type) {
	case WIRE_VARINT:
		return read_varint(d, &n);
	case WIRE_FIXED64:
		return read_fixed(d, &n, 8);
	case WIRE_FIXED32:
		return read_fixed(d, &n, 4);
	default:
		if (read_len(d, &len) == -1)
			return -1;
		d->p += len;
		return 0;
	}
}

/* A tag: sound number, known wire type, no group. */
static int
read_tag(struct dec *d, uint32_t *number, unsigned *type)
{
	const uint8_t *at;
	uint64_t tag;

	at = d->p;
	if (read_varint(d, &tag) == -1)
		return -1;
	*type = tag & 7;
	d->p = tag >> 3 == 0 || tag >> 3 > MAX_NUMBER ? at : d->p;
	if (d->p == at)
		return bad(d, "field number out of range");
	*number = (uint32_t)(tag >> 3);
	if (*type <= WIRE_BYTES || *type == WIRE_FIXED32)
		return 0;
	d->p = at;
	if (*type == 3 || *type == 4)
		return bad(d, "groups are not supported");
	return bad(d, "unknown wire type");
}

static int
check_memory(struct dec *d)
{
	if (arena_full(d->a))
		return fail(d, CODE_RESOURCE_EXHAUSTED,
		    "message needs too much memory");
	return 0;
}

static int
check_count(struct dec *d, size_t n)
{
	if (n > d->lim.max_elements)
		return fail(d, CODE_RESOURCE_EXHAUSTED, "too many elements");
	return 0;
}

static int
read_string(struct dec *d, const char **out)
{
	size_t len;

	if (read_len(d, &len) == -1)
		return -1;
	if (memchr(d->p, '\0', len) != NULL)
		return bad(d, "text with U+0000");
	if (!utf8_valid(d->p, len))
		return bad(d, "text that is not UTF-8");
	*out = arena_strndup(d->a, (const char *)d->p, len);
	d->p += len;
	return check_memory(d);
}

static int
read_bytes(struct dec *d, struct pb_bytes *out)
{
	size_t len;

	if (read_len(d, &len) == -1)
		return -1;
	out->data =
	    (const uint8_t *)arena_strndup(d->a, (const char *)d->p, len);
	out->len = len;
	d->p += len;
	return check_memory(d);
}

static int64_t
unzigzag(uint64_t n)
{
	return (int64_t)(n >> 1 ^ (0 - (n & 1)));
}

/* A varint as the value of its kind. */
static void
store_varint(unsigned kind, uint64_t n, void *out)
{
	uint32_t n32;
	int64_t i64;
	bool b;

	switch (kind) {
	case PB_BOOL:
		b = n != 0;
		memcpy(out, &b, sizeof(b));
		return;
	case PB_INT64:
	case PB_UINT64:
		memcpy(out, &n, sizeof(n));
		return;
	case PB_SINT64:
		i64 = unzigzag(n);
		memcpy(out, &i64, sizeof(i64));
		return;
	case PB_SINT32:
		n32 = (uint32_t)unzigzag((uint32_t)n);
		break;
	default:
		n32 = (uint32_t)n;
		break;
	}
	memcpy(out, &n32, sizeof(n32));
}

/* One value that is no message, to the element at out. */
static int
read_value(struct dec *d, const struct pb_field *f, void *out)
{
	uint64_t n;

	switch (wire_of(f->kind)) {
	case WIRE_VARINT:
		if (read_varint(d, &n) == -1)
			return -1;
		store_varint(f->kind, n, out);
		return 0;
	case WIRE_BYTES:
		return f->kind == PB_STRING ? read_string(d, out)
					    : read_bytes(d, out);
	default:
		return read_fixed(d, out, f->size);
	}
}

static int read_fields(struct dec *, const struct pb_desc *, void *);

/* A length-delimited message into msg, which may hold something already. */
static int
read_message(struct dec *d, const struct pb_desc *desc, void *msg)
{
	const uint8_t *end;
	size_t len;
	int rc;

	if (read_len(d, &len) == -1 || check_memory(d) == -1)
		return -1;
	if (d->depth >= d->lim.max_depth)
		return bad(d, "message nested too deep");
	end = d->end;
	d->end = d->p + len;
	d->depth++;
	rc = read_fields(d, desc, msg);
	d->depth--;
	d->end = end;
	return rc;
}

/* How many values a packed field holds; -1 when that is not a whole number. */
static int
count_packed(struct dec *d, const struct pb_field *f, size_t len, size_t *n)
{
	size_t i;

	if (wire_of(f->kind) == WIRE_VARINT) {
		for (i = *n = 0; i < len; i++)
			*n += d->p[i] < 0x80;
		return 0;
	}
	*n = len / f->size;
	return len % f->size == 0 ? 0 : bad(d, "packed field of odd length");
}

static int
read_packed(struct dec *d, const struct pb_field *f, void *msg)
{
	const uint8_t *end;
	size_t len, n;

	if (read_len(d, &len) == -1 || count_packed(d, f, len, &n) == -1 ||
	    check_count(d, n + pb_count(f, msg)) == -1)
		return add_path(d, f, pb_count(f, msg));
	pb_reserve(d->a, f, msg, n);
	end = d->end;
	d->end = d->p + len;
	while (d->p < d->end)
		if (read_value(d, f, pb_append(d->a, f, msg)) == -1)
			return add_path(d, f, pb_count(f, msg) - 1);
	d->end = end;
	return check_memory(d);
}

/* A map entry always has a value: an absent message is an empty one. */
static void
complete_entry(struct dec *d, const struct pb_desc *entry, void *msg)
{
	if (entry->fields[1].kind == PB_MESSAGE)
		(void)pb_open(d->a, &entry->fields[1], msg);
}

static int
read_element(struct dec *d, const struct pb_field *f, void *msg)
{
	void *at;
	size_t i;

	i = pb_count(f, msg);
	if (check_count(d, i + 1) == -1)
		return add_path(d, f, i);
	at = pb_append(d->a, f, msg);
	if (f->msg == NULL)
		return read_value(d, f, at) == -1 ? add_path(d, f, i) : 0;
	pb_init(f->msg, at);
	if (read_message(d, f->msg, at) == -1)
		return add_path(d, f, i);
	if (f->flags & PB_F_MAP)
		complete_entry(d, f->msg, at);
	return 0;
}

static int
read_single(struct dec *d, const struct pb_field *f, void *msg)
{
	int rc;

	if (f->msg != NULL) {
		rc = read_message(d, f->msg, pb_open(d->a, f, msg));
	} else {
		rc = read_value(d, f, pb_at(msg, f->offset));
		pb_set(f, msg);
	}
	return rc == -1 ? add_path(d, f, 0) : 0;
}

static int
read_field(struct dec *d, const struct pb_field *f, unsigned type, void *msg)
{
	bool packable;

	if (f == NULL)
		return skip(d, type);
	packable = (f->flags & PB_F_REPEATED) && wire_of(f->kind) != WIRE_BYTES;
	if (packable && type == WIRE_BYTES)
		return read_packed(d, f, msg);
	if (type != wire_of(f->kind))
		return skip(d, type); /* as any unknown field */
	if (f->flags & PB_F_REPEATED)
		return read_element(d, f, msg);
	return read_single(d, f, msg);
}

static int
read_fields(struct dec *d, const struct pb_desc *desc, void *msg)
{
	uint32_t number;
	unsigned type;

	while (d->p < d->end) {
		if (read_tag(d, &number, &type) == -1)
			return -1;
		if (read_field(d, pb_by_number(desc, number), type, msg) == -1)
			return -1;
	}
	if (desc->nmaps > 0)
		pb_sort_maps(d->a, desc, msg);
	return 0;
}

enum code
pb_decode(struct arena *a, const struct pb_desc *d, const void *p, size_t len,
    const struct pb_limits *lim, void *msg, struct pb_error *err)
{
	struct dec dec;

	dec.a = a;
	dec.lim = pb_limits_of(lim);
	dec.start = dec.p = p == NULL ? (const void *)"" : p;
	dec.end = dec.p + len;
	dec.depth = 1;
	dec.err = err;
	pb_init(d, msg);
	return read_fields(&dec, d, msg) == -1 ? err->code : CODE_OK;
}

/* --- writing --------------------------------------------------------------- */

/* What is written lies in [p, end) and grows downwards. */
struct enc {
	struct buf *b;
	uint8_t *base; /* the first byte that may be used */
	uint8_t *p;
	uint8_t *end;
	struct arena *a; /* for the order of map entries; made when needed */
};

/* Doubles the room and moves what is written to its end. */
static void
grow(struct enc *e, size_t n)
{
	size_t room, used, len;

	room = (size_t)(e->end - e->base);
	used = (size_t)(e->end - e->p);
	len = e->b->len;
	e->b->len += room; /* so that it is kept */
	(void)buf_reserve(e->b, room + n);
	e->b->len = len;
	e->base = (uint8_t *)e->b->data + len;
	e->end = e->base + 2 * room + n;
	e->p = e->end - used;
	memmove(e->p, e->base + room - used, used);
}

static inline uint8_t *
push(struct enc *e, size_t n)
{
	if ((size_t)(e->p - e->base) < n)
		grow(e, n);
	e->p -= n;
	return e->p;
}

static void
push_varint(struct enc *e, uint64_t n)
{
	uint8_t *p;
	size_t len;

	if (n < 0x80) {
		*push(e, 1) = (uint8_t)n;
		return;
	}
	len = (size_t)(63 - __builtin_clzll(n)) / 7 + 1;
	for (p = push(e, len); n > 0x7f; n >>= 7)
		*p++ = (uint8_t)(n | 0x80);
	*p = (uint8_t)n;
}

static void
push_bytes(struct enc *e, const void *data, size_t len)
{
	if (len > 0)
		memcpy(push(e, len), data, len);
	push_varint(e, len);
}

static inline void
push_tag(struct enc *e, const struct pb_field *f)
{
	if (f->taglen == 1)
		*push(e, 1) = f->tag[0];
	else
		memcpy(push(e, f->taglen), f->tag, f->taglen);
}

static uint64_t
load_varint(unsigned kind, const void *p)
{
	int32_t i32;
	int64_t i64;

	switch (kind) {
	case PB_BOOL:
		return *(const bool *)p ? 1 : 0;
	case PB_INT64:
	case PB_UINT64:
		return *(const uint64_t *)p;
	case PB_UINT32:
		return *(const uint32_t *)p;
	case PB_SINT32:
		i32 = *(const int32_t *)p;
		return (uint32_t)i32 << 1 ^ (i32 < 0 ? UINT32_MAX : 0);
	case PB_SINT64:
		i64 = *(const int64_t *)p;
		return (uint64_t)i64 << 1 ^ (i64 < 0 ? UINT64_MAX : 0);
	default: /* int32 and enums go out as 64 bits, sign and all */
		return (uint64_t)(int64_t) * (const int32_t *)p;
	}
}

static void push_fields(struct enc *, const struct pb_desc *, const void *);

static void
push_message(struct enc *e, const struct pb_desc *d, const void *msg)
{
	size_t after;

	after = (size_t)(e->end - e->p);
	if (msg != NULL) /* a oneof may say so of a message nobody made */
		push_fields(e, d, msg);
	push_varint(e, (size_t)(e->end - e->p) - after);
}

/* One value without its tag; a message is given by the struct itself. */
static void
push_value(struct enc *e, const struct pb_field *f, const void *p)
{
	const struct pb_bytes *bytes;
	const char *s;

	switch (f->kind) {
	case PB_STRING:
		s = *(const char *const *)p;
		push_bytes(e, s, s == NULL ? 0 : strlen(s));
		break;
	case PB_MESSAGE:
		push_message(e, f->msg, p);
		break;
	case PB_BYTES:
		bytes = p;
		push_bytes(e, bytes->data, bytes->len);
		break;
	case PB_DOUBLE:
	case PB_FIXED64:
	case PB_SFIXED64:
		memcpy(push(e, 8), p, 8);
		break;
	case PB_FLOAT:
	case PB_FIXED32:
	case PB_SFIXED32:
		memcpy(push(e, 4), p, 4);
		break;
	default:
		push_varint(e, load_varint(f->kind, p));
		break;
	}
}

static void
push_packed(struct enc *e, const struct pb_field *f, const char *items,
    size_t n)
{
	size_t after;

	after = (size_t)(e->end - e->p);
	while (n-- > 0)
		push_value(e, f, items + n * f->size);
	push_varint(e, (size_t)(e->end - e->p) - after);
	push_tag(e, f);
}

/* Map entries carry key and value even where those are zero. */
static void
push_entry(struct enc *e, const struct pb_desc *d, const void *entry)
{
	const struct pb_field *f;
	const void *p;
	size_t after;

	after = (size_t)(e->end - e->p);
	for (f = d->fields + d->nfields; f-- > d->fields;) {
		p = pb_get(entry, f->offset);
		push_value(e, f, f->msg != NULL ? *(const void *const *)p : p);
		push_tag(e, f);
	}
	push_varint(e, (size_t)(e->end - e->p) - after);
}

static void
push_map(struct enc *e, const struct pb_field *f, const void *msg)
{
	const void **sorted;
	size_t n;

	if (e->a == NULL)
		e->a = arena_new();
	sorted = pb_sorted(e->a, f, msg);
	for (n = pb_count(f, msg); n-- > 0;) {
		push_entry(e, f->msg, sorted[n]);
		push_tag(e, f);
	}
}

static void
push_repeated(struct enc *e, const struct pb_field *f, const void *msg)
{
	const char *items;
	size_t n, size;

	if ((n = pb_count(f, msg)) == 0)
		return;
	items = *(const char *const *)pb_get(msg, f->offset);
	if (f->flags & PB_F_PACKED) {
		push_packed(e, f, items, n);
	} else if (f->flags & PB_F_MAP) {
		push_map(e, f, msg);
	} else {
		size = pb_element(f);
		while (n-- > 0) {
			push_value(e, f, items + n * size);
			push_tag(e, f);
		}
	}
}

static void
push_fields(struct enc *e, const struct pb_desc *d, const void *msg)
{
	const struct pb_field *f;
	const void *p;
	size_t i;

	for (i = d->nfields; i-- > 0;) {
		f = &d->fields[i];
		if (f->flags & PB_F_REPEATED) {
			push_repeated(e, f, msg);
		} else if (pb_is_set(f, msg)) {
			p = pb_get(msg, f->offset);
			push_value(e, f,
			    f->msg != NULL ? *(const void *const *)p : p);
			push_tag(e, f);
		}
	}
}

void
pb_encode(struct buf *b, const struct pb_desc *d, const void *msg)
{
	struct enc e;
	size_t len;

	e.b = b;
	e.a = NULL;
	e.base = (uint8_t *)buf_reserve(b, 1024);
	e.p = e.end = e.base + 1024;
	push_fields(&e, d, msg);
	len = (size_t)(e.end - e.p);
	memmove(e.base, e.p, len);
	b->len += len;
	b->data[b->len] = '\0';
	arena_free(e.a);
}

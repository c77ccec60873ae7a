/*
 * J-17, B-7: random messages of every contract type, through binary and JSON
 * and back, come out byte for byte as they went in.
 */

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/utf8.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "mirai/v1/course.pb.h"
#include "proto/kinds.pb.h"
#include "rpc/pb_desc.h"
#include "tests/test.h"

#define ROUNDS 100

static struct arena *mem;
static uint64_t state = 88172645463325252;

static uint64_t
draw(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static size_t
below(size_t n)
{
	return (size_t)(draw() % n);
}

/* --- random values --------------------------------------------------------- */

/* Text of every length of UTF-8 and of everything that JSON escapes. */
static const char *
random_text(void)
{
	static const uint32_t odd[] = { '"', '\\', '<', '\n', 0x1f, 0x7f, 0xe9,
		0x7ff, 0x800, 0x2028, 0x2029, 0x20ac, 0xd7ff, 0xe000, 0xfffd,
		0x10000, 0x1f600, 0x10ffff };
	char *out, *p;
	size_t n;

	n = below(4) == 0 ? 0 : below(24);
	out = p = arena_alloc(mem, 4 * n + 1);
	while (n-- > 0)
		p += utf8_encode(below(3) == 0 ? odd[below(NITEMS(odd))]
					       : (uint32_t)('a' + below(26)),
		    p);
	*p = '\0';
	return out;
}

static struct pb_bytes
random_bytes(void)
{
	struct pb_bytes b;
	uint8_t *p;
	size_t i;

	b.len = below(20);
	p = arena_alloc(mem, b.len + 1);
	for (i = 0; i < b.len; i++)
		p[i] = (uint8_t)draw();
	b.data = p;
	return b;
}

/* Small, large, and at the edges. */
static uint64_t
random_bits(void)
{
	static const uint64_t edges[] = { 0, 1, 127, 128, 0x7fffffff,
		0x80000000, 0xffffffff, INT64_MAX, (uint64_t)INT64_MIN,
		UINT64_MAX };

	switch (below(3)) {
	case 0:
		return edges[below(NITEMS(edges))];
	case 1:
		return draw() & 0xff;
	default:
		return draw();
	}
}

static double
random_double(void)
{
	static const double some[] = { 0.0, -0.0, 0.1, 1e300, 5e-324, 1.0 };
	uint64_t bits;
	double n;

	bits = draw();
	memcpy(&n, &bits, sizeof(n));
	return below(2) == 0 || !isfinite(n) ? some[below(NITEMS(some))] : n;
}

static void
random_scalar(const struct pb_field *f, void *out)
{
	struct pb_bytes bytes;
	const char *s;
	uint64_t bits;
	int32_t n32;
	double real;
	float f32;
	bool b;

	bits = random_bits();
	n32 = (int32_t)bits;
	switch (f->kind) {
	case PB_STRING:
		s = random_text();
		memcpy(out, &s, sizeof(s));
		return;
	case PB_BYTES:
		bytes = random_bytes();
		memcpy(out, &bytes, sizeof(bytes));
		return;
	case PB_BOOL:
		b = below(2) == 0;
		memcpy(out, &b, sizeof(b));
		return;
	case PB_DOUBLE:
		real = random_double();
		memcpy(out, &real, sizeof(real));
		return;
	case PB_FLOAT:
		f32 = isinf((float)random_double()) ? 1.5f : 0.1f;
		memcpy(out, &f32, sizeof(f32));
		return;
	case PB_ENUM:
		n32 = f->en->null_value ? 0
		    : below(4) == 0
		    ? n32
		    : f->en->values[below(f->en->nvalues)].number;
		memcpy(out, &n32, sizeof(n32));
		return;
	default:
		if (f->size == sizeof(bits))
			memcpy(out, &bits, sizeof(bits));
		else
			memcpy(out, &n32, sizeof(n32));
		return;
	}
}

/* --- random messages ------------------------------------------------------- */

static void fill(const struct pb_desc *, void *, unsigned);

static void
fill_timestamp(struct pb_timestamp *t)
{
	t->seconds = (int64_t)below(315537897600) - 62135596800;
	t->nanos = below(2) == 0 ? 0 : (int32_t)below(1000000000);
}

static void
fill_duration(struct pb_duration *d)
{
	int sign;

	sign = below(2) == 0 ? 1 : -1;
	d->seconds = sign * (int64_t)below(315576000000);
	d->nanos = sign * (int32_t)below(1000000000);
}

/* An Any of a well-known or an ordinary type. */
static void
fill_any(struct pb_any *any, unsigned depth)
{
	static const struct pb_desc *const types[] = { &pb_scalars_desc,
		&pb_duration_desc, &pb_choice_desc, &pb_any_desc,
		&pb_course_block_desc };
	const struct pb_desc *d;
	struct buf *b;
	void *msg;

	if (depth == 0)
		return;
	d = types[below(NITEMS(types))];
	msg = arena_zalloc(mem, d->size);
	fill(d, msg, depth - 1);
	b = buf_new(mem);
	pb_encode(b, d, msg);
	any->type_url = arena_printf(mem, "type.googleapis.com/%s", d->name);
	any->value.data = (const uint8_t *)buf_str(b);
	any->value.len = b->len;
}

/* One member is set, always. */
static void
fill_value(struct pb_value *v, unsigned depth)
{
	const struct pb_field *f;

	f = &pb_value_desc.fields[below(depth == 0 ? 4 : 6)];
	if (f->msg != NULL)
		fill(f->msg, pb_open(mem, f, v), depth - 1);
	else
		random_scalar(f, pb_at(v, f->offset));
	pb_set(f, v);
}

static void
fill_repeated(const struct pb_field *f, void *msg, unsigned depth)
{
	const struct pb_field *value;
	size_t n;
	void *at;

	n = below(3) == 0 ? 0 : below(4);
	if (depth == 0 && f->msg != NULL)
		n = 0;
	while (n-- > 0) {
		at = pb_append(mem, f, msg);
		if (f->msg == NULL) {
			random_scalar(f, at);
			continue;
		}
		fill(f->msg, at, depth - 1);
		if ((f->flags & PB_F_MAP) == 0)
			continue;
		value = &f->msg->fields[1];
		random_scalar(&f->msg->fields[0],
		    pb_at(at, f->msg->fields[0].offset));
		if (value->msg != NULL)
			fill(value->msg, pb_open(mem, value, at), depth - 1);
	}
}

static void
fill_single(const struct pb_field *f, void *msg, unsigned depth)
{
	if (f->msg == NULL)
		random_scalar(f, pb_at(msg, f->offset));
	else if (depth > 0)
		fill(f->msg, pb_open(mem, f, msg), depth - 1);
	else
		return;
	pb_set(f, msg);
}

static void
fill_fields(const struct pb_desc *d, void *msg, unsigned depth)
{
	const struct pb_field *f;
	size_t i;

	for (i = 0; i < d->nfields; i++) {
		f = &d->fields[i];
		if (f->flags & PB_F_REPEATED)
			fill_repeated(f, msg, depth);
		else if (below(3) > 0)
			fill_single(f, msg, depth);
	}
}

static void
fill(const struct pb_desc *d, void *msg, unsigned depth)
{
	pb_init(d, msg);
	switch (d->wkt) {
	case PB_WKT_TIMESTAMP:
		fill_timestamp(msg);
		break;
	case PB_WKT_DURATION:
		fill_duration(msg);
		break;
	case PB_WKT_VALUE:
		fill_value(msg, depth);
		break;
	case PB_WKT_ANY:
		fill_any(msg, depth);
		break;
	case PB_WKT_FIELD_MASK: /* paths are not any text: json.c has them */
		break;
	case PB_WKT_NONE:
	case PB_WKT_STRUCT:
	case PB_WKT_LIST_VALUE:
	case PB_WKT_WRAPPER:
	case PB_WKT_EMPTY:
	default:
		fill_fields(d, msg, depth);
		break;
	}
}

/* --- the property ---------------------------------------------------------- */

static const struct buf *
encode(const struct pb_desc *d, const void *msg)
{
	struct buf *b;

	b = buf_new(mem);
	pb_encode(b, d, msg);
	(void)buf_str(b);
	return b;
}

static void *
decode(const struct pb_desc *d, const struct buf *b)
{
	struct pb_error err;
	void *msg;

	msg = arena_zalloc(mem, d->size);
	if (pb_decode(mem, d, buf_str(b), b->len, NULL, msg, &err) == CODE_OK)
		return msg;
	printf("# %s: binary: %s: %s\n", d->name, err.path, err.text);
	return NULL;
}

/* Binary to JSON to binary; NULL after a note of what went wrong. */
static const struct buf *
by_json(const struct pb_desc *d, const void *msg, bool defaults)
{
	struct pb_limits strict = { 0, 0, true };
	struct pb_error err;
	struct buf *b;
	void *back;

	b = buf_new(mem);
	back = arena_zalloc(mem, d->size);
	if (pb_json_encode(mem, b, d, msg, defaults, &err) == 0 &&
	    pb_json_decode(mem, d, b->data, b->len, &strict, back, &err) ==
		CODE_OK)
		return encode(d, back);
	printf("# %s: JSON: %s: %s\n", d->name, err.path, err.text);
	return NULL;
}

static bool
same(const struct buf *x, const struct buf *y)
{
	return x != NULL && y != NULL && x->len == y->len &&
	    memcmp(buf_str(x), buf_str(y), x->len) == 0;
}

static bool
holds(const struct pb_desc *d)
{
	const struct buf *first, *second;
	void *msg;

	msg = arena_zalloc(mem, d->size);
	fill(d, msg, 4);
	first = encode(d, msg);
	if ((msg = decode(d, first)) == NULL)
		return false;
	second = encode(d, msg); /* keys drawn twice are gone by now */
	return same(second, encode(d, decode(d, second))) &&
	    same(second, by_json(d, msg, false)) &&
	    same(second, by_json(d, msg, true));
}

static void
check_type(const struct pb_desc *d)
{
	size_t i, bad;

	for (i = bad = 0; i < ROUNDS; i++) {
		mem = arena_new();
		bad += !holds(d);
		arena_free(mem);
	}
	test_report(bad == 0, __FILE__, __LINE__, d->name);
}

/* The registry knows each type by its full name, and no other. */
static void
check_registry(void)
{
	const struct pb_file *f;
	size_t i, n;

	for (n = 0, f = pb_files(); f != NULL; f = f->next)
		for (i = 0; i < f->ndescs; i++, n++) {
			if (pb_find(f->descs[i]->name) != f->descs[i])
				test_report(false, __FILE__, __LINE__,
				    f->descs[i]->name);
			check_type(f->descs[i]);
		}
	CHECK(n > 250);
	CHECK(pb_find("mirai.v1.Team") != NULL);
	CHECK(pb_find("mirai.v1.team") == NULL);
	CHECK(pb_find("") == NULL);
}

static void
check_times(void)
{
	struct pb_timestamp *t;

	mem = arena_new();
	t = pb_time(mem, 1);
	CHECK(t->seconds == 0 && t->nanos == 1000);
	t = pb_time(mem, -1);
	CHECK(t->seconds == -1 && t->nanos == 999999000);
	CHECK(pb_time_us(t) == -1);
	CHECK(pb_time_us(pb_time(mem, INT64_C(-62135596800000000))) ==
	    INT64_C(-62135596800000000));
	CHECK(pb_time_us(NULL) == 0);
	arena_free(mem);
}

static void
check_enums(void)
{
	CHECK_STR(pb_enum_name(&pb_colour_enum, -1), "COLOUR_DEBT");
	CHECK_STR(pb_enum_name(&pb_colour_enum, 2), "COLOUR_GREEN");
	CHECK(pb_enum_name(&pb_colour_enum, 3) == NULL);
	CHECK_STR(pb_enum_name(&pb_course_status_enum, PB_COURSE_STATUS_DRAFT),
	    "COURSE_STATUS_DRAFT");
}

int
main(void)
{
	check_registry();
	check_times();
	check_enums();
	return test_done();
}

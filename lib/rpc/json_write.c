/*
 * Writing JSON (rpc.md, section 11): compact, fields by number, map entries
 * by key, so that equal messages give equal bytes. Fails only for what JSON
 * cannot hold.
 */

#include "rpc/pb.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "net/crypt.h"
#include "rpc/json_num.h"
#include "rpc/pb_desc.h"

#define MIN_SECONDS  (-INT64_C(62135596800)) /* 0001-01-01 */
#define MAX_SECONDS  INT64_C(253402300799)   /* 9999-12-31 */
#define MAX_DURATION INT64_C(315576000000)   /* 10,000 years */
#define NANOS	     1000000000
#define MAX_DEPTH    100

struct json_out {
	struct arena *a;
	struct buf *b;
	struct pb_error *err;
	unsigned depth;
	bool defaults;
};

static int put_message(struct json_out *, const struct pb_desc *, const void *);

static int
fail(struct json_out *o, const char *text)
{
	o->err->code = CODE_INTERNAL;
	o->err->path = "";
	o->err->text = text;
	return -1;
}

static int
in_field(struct json_out *o, const struct pb_field *f)
{
	o->err->path = arena_printf(o->a, ".%.*s%s", f->keylen - 3, f->key + 1,
	    o->err->path);
	return -1;
}

static int
at_element(struct json_out *o, size_t i)
{
	o->err->path = arena_printf(o->a, "[%zu]%s", i, o->err->path);
	return -1;
}

/* --- text ------------------------------------------------------------------ */

/* Bytes that may need an escape; 0xe2 opens U+2028 and U+2029. */
static bool
is_special(unsigned char c)
{
	return c < 0x20 || c == '"' || c == '\\' || c == '<' || c == 0xe2;
}

/* The high bit of each byte of w that equals c, and maybe of ones after it. */
static uint64_t
equals(uint64_t w, uint8_t c)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);

	w ^= ones * c;
	return (w - ones) & ~w & ones << 7;
}

/* The first special byte at or after p. */
static const char *
skip_plain(const char *p, const char *end)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t w, hits;

	for (; end - p >= 8; p += 8) {
		memcpy(&w, p, sizeof(w));
		hits = ((w - ones * 0x20) & ~w & ones << 7) | equals(w, '"') |
		    equals(w, '\\') | equals(w, '<') | equals(w, 0xe2);
		if (hits != 0)
			break;
	}
	while (p < end && !is_special((unsigned char)*p))
		p++;
	return p;
}

/* Writes one special byte, or the character it opens; the bytes consumed. */
static size_t
put_special(struct buf *b, const char *p, const char *end)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	const char *at;
	unsigned char c;

	c = (unsigned char)*p;
	if (c == 0xe2) {
		if (end - p >= 3 && p[1] == '\x80' &&
		    (p[2] == '\xa8' || p[2] == '\xa9')) {
			buf_put(b, p[2] == '\xa8' ? "\\u2028" : "\\u2029", 6);
			return 3;
		}
		buf_putc(b, *p);
	} else if ((at = strchr(from, c)) != NULL) {
		buf_putc(b, '\\');
		buf_putc(b, to[at - from]);
	} else {
		buf_printf(b, "\\u%04x", (unsigned)c);
	}
	return 1;
}

static void
put_string(struct buf *b, const char *s)
{
	const char *end, *p;
	size_t len;

	if (s == NULL)
		s = "";
	len = strlen(s);
	end = s + len;
	p = skip_plain(s, end);
	if (p == end) { /* the usual case, in one go */
		char *at;

		at = buf_reserve(b, len + 2);
		at[0] = '"';
		memcpy(at + 1, s, len);
		at[len + 1] = '"';
		b->len += len + 2;
		return;
	}
	buf_putc(b, '"');
	while (s < end) {
		buf_put(b, s, (size_t)(p - s));
		s = p == end ? p : p + put_special(b, p, end);
		p = skip_plain(s, end);
	}
	buf_putc(b, '"');
}

/* --- numbers, enums, bytes ------------------------------------------------- */

static void
put_i64(struct buf *b, int64_t n)
{
	b->len += json_num_put_i64(buf_reserve(b, JSON_NUM_MAX), n);
}

static void
put_u64(struct buf *b, uint64_t n)
{
	b->len += json_num_put_u64(buf_reserve(b, JSON_NUM_MAX), n);
}

static void
put_real(struct buf *b, const struct pb_field *f, const void *p)
{
	double n;

	n = f->kind == PB_FLOAT ? (double)*(const float *)p
				: *(const double *)p;
	if (isnan(n))
		buf_put(b, "\"NaN\"", 5);
	else if (isinf(n))
		buf_puts(b, n > 0 ? "\"Infinity\"" : "\"-Infinity\"");
	else if (f->kind == PB_FLOAT)
		b->len += json_num_put_float(buf_reserve(b, JSON_NUM_MAX),
		    *(const float *)p);
	else
		b->len += json_num_put_double(buf_reserve(b, JSON_NUM_MAX), n);
}

static void
put_enum(struct buf *b, const struct pb_enum *e, int32_t n)
{
	const char *name;

	if (e->null_value && n == 0) {
		buf_put(b, "null", 4);
		return;
	}
	if ((name = pb_enum_name(e, n)) == NULL) {
		put_i64(b, n);
		return;
	}
	buf_putc(b, '"');
	buf_puts(b, name);
	buf_putc(b, '"');
}

static void
put_bytes(struct json_out *o, const struct pb_bytes *bytes)
{
	buf_putc(o->b, '"');
	if (bytes->len > 0)
		buf_puts(o->b, crypt_base64(o->a, bytes->data, bytes->len));
	buf_putc(o->b, '"');
}

/* 64-bit integers are strings, since readers may keep numbers as doubles. */
static int
put_scalar(struct json_out *o, const struct pb_field *f, const void *p)
{
	struct buf *b;

	b = o->b;
	switch (f->kind) {
	case PB_STRING:
		put_string(b, *(const char *const *)p);
		break;
	case PB_BYTES:
		put_bytes(o, p);
		break;
	case PB_BOOL:
		buf_puts(b, *(const bool *)p ? "true" : "false");
		break;
	case PB_ENUM:
		put_enum(b, f->en, *(const int32_t *)p);
		break;
	case PB_DOUBLE:
	case PB_FLOAT:
		put_real(b, f, p);
		break;
	case PB_UINT32:
	case PB_FIXED32:
		put_u64(b, *(const uint32_t *)p);
		break;
	case PB_UINT64:
	case PB_FIXED64:
		buf_putc(b, '"');
		put_u64(b, *(const uint64_t *)p);
		buf_putc(b, '"');
		break;
	case PB_INT64:
	case PB_SINT64:
	case PB_SFIXED64:
		buf_putc(b, '"');
		put_i64(b, *(const int64_t *)p);
		buf_putc(b, '"');
		break;
	default:
		put_i64(b, *(const int32_t *)p);
		break;
	}
	return 0;
}

static int
put_value(struct json_out *o, const struct pb_field *f, const void *p)
{
	if (f->msg != NULL)
		return put_message(o, f->msg, p);
	return put_scalar(o, f, p);
}

/* --- fields ---------------------------------------------------------------- */

static int
put_list(struct json_out *o, const struct pb_field *f, const void *msg)
{
	const void *items;
	size_t i, n;

	n = pb_count(f, msg);
	items = *(const void *const *)pb_get(msg, f->offset);
	buf_putc(o->b, '[');
	for (i = 0; i < n; i++) {
		if (i > 0)
			buf_putc(o->b, ',');
		if (put_value(o, f, pb_get(items, i * pb_element(f))) == -1)
			return at_element(o, i);
	}
	buf_putc(o->b, ']');
	return 0;
}

/* A map key: always a string. */
static void
put_key(struct json_out *o, const struct pb_field *f, const void *p)
{
	bool quoted;

	quoted = f->kind == PB_STRING || f->size == sizeof(int64_t);
	if (!quoted)
		buf_putc(o->b, '"');
	(void)put_scalar(o, f, p); /* cannot fail for what a key can be */
	if (!quoted)
		buf_putc(o->b, '"');
	buf_putc(o->b, ':');
}

static int
put_map(struct json_out *o, const struct pb_field *f, const void *msg)
{
	const struct pb_field *key, *value;
	const void **sorted, *p;
	size_t i, n;

	n = pb_count(f, msg);
	key = &f->msg->fields[0];
	value = &f->msg->fields[1];
	sorted = pb_sorted(o->a, f, msg);
	buf_putc(o->b, '{');
	for (i = 0; i < n; i++) {
		if (i > 0)
			buf_putc(o->b, ',');
		put_key(o, key, pb_get(sorted[i], key->offset));
		p = pb_get(sorted[i], value->offset);
		if (value->msg != NULL)
			p = *(const void *const *)p;
		if (put_value(o, value, p) == -1)
			return at_element(o, i);
	}
	buf_putc(o->b, '}');
	return 0;
}

static int
put_field(struct json_out *o, const struct pb_field *f, const void *msg)
{
	const void *p;

	if (f->flags & PB_F_MAP)
		return put_map(o, f, msg);
	if (f->flags & PB_F_REPEATED)
		return put_list(o, f, msg);
	p = pb_get(msg, f->offset);
	return put_value(o, f, f->msg != NULL ? *(const void *const *)p : p);
}

static bool
is_written(const struct json_out *o, const struct pb_field *f, const void *msg)
{
	bool presence;

	if (f->flags & PB_F_REPEATED)
		return o->defaults || pb_count(f, msg) > 0;
	presence = (f->flags & (PB_F_OPTIONAL | PB_F_ONEOF)) || f->msg != NULL;
	return (o->defaults && !presence) || pb_is_set(f, msg);
}

/*
 * A field's name with quotes and colon. In steps of eight: left to itself the
 * compiler makes this a string instruction that costs more than all the rest.
 */
static void
copy_key(char *to, const char *key, size_t len)
{
	size_t i;

	for (i = 0; i + 8 <= len; i += 8)
		memcpy(to + i, key + i, 8);
	if (i == len)
		return;
	if (len >= 8)
		memcpy(to + len - 8, key + len - 8, 8);
	else
		for (i = 0; i < len; i++)
			to[i] = key[i];
}

/* Members without the braces; comma: something stands before them. */
static int
put_members(struct json_out *o, const struct pb_desc *d, const void *msg,
    bool comma)
{
	const struct pb_field *f;
	char *at;
	size_t i;

	for (i = 0; i < d->nfields; i++) {
		f = &d->fields[i];
		if (!is_written(o, f, msg))
			continue;
		at = buf_reserve(o->b, f->keylen + 1u);
		*at = ',';
		copy_key(at + comma, f->key, f->keylen);
		o->b->len += f->keylen + (size_t)comma;
		comma = true;
		if (put_field(o, f, msg) == -1)
			return in_field(o, f);
	}
	return 0;
}

static int
put_object(struct json_out *o, const struct pb_desc *d, const void *msg)
{
	buf_putc(o->b, '{');
	if (msg != NULL && put_members(o, d, msg, false) == -1)
		return -1;
	buf_putc(o->b, '}');
	return 0;
}

/* --- times ----------------------------------------------------------------- */

/* n as exactly len digits. */
static char *
put_digits(char *p, int64_t n, int len)
{
	int i;

	for (i = len; i-- > 0; n /= 10)
		p[i] = (char)('0' + n % 10);
	return p + len;
}

/* ".5": 0, 3, 6 or 9 digits, the fewest that are exact. */
static char *
put_nanos(char *p, int32_t nanos)
{
	if (nanos == 0)
		return p;
	*p++ = '.';
	if (nanos % 1000000 == 0)
		return put_digits(p, nanos / 1000000, 3);
	if (nanos % 1000 == 0)
		return put_digits(p, nanos / 1000, 6);
	return put_digits(p, nanos, 9);
}

static int
put_timestamp(struct json_out *o, const struct pb_timestamp *t)
{
	int64_t days, second;
	int year, month, day;
	char *p, *from;

	if (t->seconds < MIN_SECONDS || t->seconds > MAX_SECONDS ||
	    t->nanos < 0 || t->nanos >= NANOS)
		return fail(o, "time out of range");
	second = (t->seconds % 86400 + 86400) % 86400;
	days = (t->seconds - second) / 86400;
	clock_civil(days, &year, &month, &day);
	p = from = buf_reserve(o->b, 40);
	*p++ = '"';
	p = put_digits(p, year, 4);
	*p++ = '-';
	p = put_digits(p, month, 2);
	*p++ = '-';
	p = put_digits(p, day, 2);
	*p++ = 'T';
	p = put_digits(p, second / 3600, 2);
	*p++ = ':';
	p = put_digits(p, second / 60 % 60, 2);
	*p++ = ':';
	p = put_digits(p, second % 60, 2);
	p = put_nanos(p, t->nanos);
	*p++ = 'Z';
	*p++ = '"';
	o->b->len += (size_t)(p - from);
	return 0;
}

static int
put_duration(struct json_out *o, const struct pb_duration *d)
{
	int64_t seconds;
	int32_t nanos;
	char *p, *from;

	seconds = d->seconds;
	nanos = d->nanos;
	if (seconds < -MAX_DURATION || seconds > MAX_DURATION ||
	    nanos <= -NANOS || nanos >= NANOS || (seconds < 0 && nanos > 0) ||
	    (seconds > 0 && nanos < 0) ||
	    ((seconds == MAX_DURATION || seconds == -MAX_DURATION) &&
		nanos != 0))
		return fail(o, "duration out of range");
	p = from = buf_reserve(o->b, 40);
	*p++ = '"';
	if (seconds < 0 || nanos < 0)
		*p++ = '-';
	seconds = seconds < 0 ? -seconds : seconds;
	p += json_num_put_i64(p, seconds);
	p = put_nanos(p, nanos < 0 ? -nanos : nanos);
	*p++ = 's';
	*p++ = '"';
	o->b->len += (size_t)(p - from);
	return 0;
}

/* --- field masks ----------------------------------------------------------- */

/* A path in lowerCamelCase; -1 when it would not read back the same. */
static int
put_path(struct buf *b, const char *s)
{
	if (s == NULL || *s == '\0')
		return -1;
	for (; *s != '\0'; s++) {
		if (*s == ',' || (*s >= 'A' && *s <= 'Z'))
			return -1;
		if (*s != '_') {
			buf_putc(b, *s);
			continue;
		}
		if (*++s < 'a' || *s > 'z')
			return -1;
		buf_putc(b, (char)(*s - 'a' + 'A'));
	}
	return 0;
}

static int
put_mask(struct json_out *o, const struct pb_field_mask *m)
{
	struct buf *b;
	size_t i;

	b = buf_new(o->a);
	for (i = 0; i < m->npaths; i++) {
		if (i > 0)
			buf_putc(b, ',');
		if (put_path(b, m->paths[i]) == -1)
			return fail(o, "field path without a JSON form");
	}
	put_string(o->b, buf_str(b));
	buf_free(b);
	return 0;
}

/* --- free-form values and any ---------------------------------------------- */

static int
put_any_value(struct json_out *o, const struct pb_value *v)
{
	const struct pb_field *f;

	f = pb_by_number(&pb_value_desc, v->which_kind);
	if (f == NULL)
		return fail(o, "value that holds nothing");
	if (v->which_kind == PB_VALUE_KIND_NUMBER_VALUE &&
	    !isfinite(v->number_value))
		return fail(o, "number that JSON cannot hold");
	return put_field(o, f, v);
}

static int
put_any(struct json_out *o, const struct pb_any *any)
{
	const struct pb_desc *d;
	struct pb_error err;
	const char *slash, *type;
	void *msg;

	type = any->type_url == NULL ? "" : any->type_url;
	if (type[0] == '\0' && any->value.len == 0) {
		buf_put(o->b, "{}", 2);
		return 0;
	}
	slash = strrchr(type, '/');
	d = pb_find(slash == NULL ? type : slash + 1);
	if (d == NULL)
		return fail(o, "unknown type in an Any");
	msg = arena_zalloc(o->a, d->size);
	if (pb_decode(o->a, d, any->value.data, any->value.len, NULL, msg,
		&err) != CODE_OK)
		return fail(o, "malformed message in an Any");
	buf_puts(o->b, "{\"@type\":");
	put_string(o->b, type);
	if (d->wkt != PB_WKT_NONE) {
		buf_puts(o->b, ",\"value\":");
		if (put_message(o, d, msg) == -1)
			return -1;
	} else if (put_members(o, d, msg, true) == -1) {
		return -1;
	}
	buf_putc(o->b, '}');
	return 0;
}

/* --- messages -------------------------------------------------------------- */

static int
put_form(struct json_out *o, const struct pb_desc *d, const void *msg)
{
	switch (d->wkt) {
	case PB_WKT_TIMESTAMP:
		return put_timestamp(o, msg);
	case PB_WKT_DURATION:
		return put_duration(o, msg);
	case PB_WKT_FIELD_MASK:
		return put_mask(o, msg);
	case PB_WKT_STRUCT:
	case PB_WKT_LIST_VALUE:
	case PB_WKT_WRAPPER:
		return put_field(o, &d->fields[0], msg);
	case PB_WKT_VALUE:
		return put_any_value(o, msg);
	case PB_WKT_ANY:
		return put_any(o, msg);
	case PB_WKT_EMPTY:
	case PB_WKT_NONE:
	default:
		return put_object(o, d, msg);
	}
}

static int
put_message(struct json_out *o, const struct pb_desc *d, const void *msg)
{
	int rc;

	if (o->depth >= MAX_DEPTH)
		return fail(o, "nested too deep");
	o->depth++;
	if (d->wkt == PB_WKT_NONE)
		rc = put_object(o, d, msg);
	else if (msg == NULL)
		rc = fail(o, "value that holds nothing");
	else
		rc = put_form(o, d, msg);
	o->depth--;
	return rc;
}

int
pb_json_encode(struct arena *a, struct buf *b, const struct pb_desc *d,
    const void *msg, bool emit_defaults, struct pb_error *err)
{
	struct json_out o;
	size_t before;

	o.a = a;
	o.b = b;
	o.err = err;
	o.depth = 0;
	o.defaults = emit_defaults;
	before = b->len;
	(void)buf_reserve(b, 1024);
	if (put_message(&o, d, msg) == 0) {
		b->data[b->len] = '\0';
		return 0;
	}
	b->len = before;
	b->data[b->len] = '\0';
	err->path = arena_printf(a, "$%s", err->path);
	return -1;
}

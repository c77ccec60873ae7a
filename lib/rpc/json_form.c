/*
 * Reading the well-known types that have a JSON form of their own (rpc.md,
 * J-10 to J-15).
 */

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "rpc/json_num.h"
#include "rpc/json_read.h"

#define MIN_SECONDS   (-INT64_C(62135596800)) /* 0001-01-01 */
#define MAX_SECONDS   INT64_C(253402300799)   /* 9999-12-31 */
#define MAX_DURATION  INT64_C(315576000000)   /* 10,000 years */
#define SECONDS_A_DAY 86400

/* --- times ----------------------------------------------------------------- */

/* Takes n digits at *p as a number; -1 when they are not there. */
static int
digits(const char **p, const char *end, int n)
{
	int value;

	for (value = 0; n > 0; n--, (*p)++) {
		if (*p == end || **p < '0' || **p > '9')
			return -1;
		value = value * 10 + (**p - '0');
	}
	return value;
}

static bool
take(const char **p, const char *end, char c)
{
	if (*p == end || **p != c)
		return false;
	(*p)++;
	return true;
}

/* ".5" as nanoseconds, 1 to 9 digits; no point, no fraction. */
static bool
fraction(const char **p, const char *end, int32_t *nanos)
{
	int32_t n;
	int i;

	*nanos = 0;
	if (!take(p, end, '.'))
		return true;
	for (n = i = 0; i < 9 && *p < end && **p >= '0' && **p <= '9'; i++)
		n = n * 10 + (*(*p)++ - '0');
	if (i == 0)
		return false;
	for (; i < 9; i++)
		n *= 10;
	*nanos = n;
	return true;
}

static bool
is_date(int year, int month, int day)
{
	static const int8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
		30, 31 };
	bool leap;

	leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	return year >= 1 && month >= 1 && month <= 12 && day >= 1 &&
	    day <= days[month - 1] + (leap && month == 2);
}

static bool
date(const char **p, const char *end, int64_t *seconds)
{
	int year, month, day;

	if ((year = digits(p, end, 4)) == -1 || !take(p, end, '-') ||
	    (month = digits(p, end, 2)) == -1 || !take(p, end, '-') ||
	    (day = digits(p, end, 2)) == -1 || !is_date(year, month, day))
		return false;
	*seconds = clock_days(year, month, day) * SECONDS_A_DAY;
	return true;
}

static bool
time_of_day(const char **p, const char *end, int64_t *seconds)
{
	int hour, minute, second;

	if ((hour = digits(p, end, 2)) == -1 || !take(p, end, ':') ||
	    (minute = digits(p, end, 2)) == -1 || !take(p, end, ':') ||
	    (second = digits(p, end, 2)) == -1)
		return false;
	*seconds += hour * 3600 + minute * 60 + second;
	return hour < 24 && minute < 60 && second < 60;
}

/* Z or an offset, which is taken off. */
static bool
zone(const char **p, const char *end, int64_t *seconds)
{
	int hour, minute, sign;

	if (take(p, end, 'Z'))
		return true;
	sign = take(p, end, '-') ? -1 : 1;
	if ((sign == 1 && !take(p, end, '+')) ||
	    (hour = digits(p, end, 2)) == -1 || !take(p, end, ':') ||
	    (minute = digits(p, end, 2)) == -1)
		return false;
	*seconds -= sign * (hour * 3600 + minute * 60);
	return hour < 24 && minute < 60;
}

static bool
parse_timestamp(const struct json_text *t, struct pb_timestamp *out)
{
	const char *p, *end;

	p = t->s;
	end = p + t->len;
	return date(&p, end, &out->seconds) && take(&p, end, 'T') &&
	    time_of_day(&p, end, &out->seconds) &&
	    fraction(&p, end, &out->nanos) && zone(&p, end, &out->seconds) &&
	    p == end && out->seconds >= MIN_SECONDS &&
	    out->seconds <= MAX_SECONDS;
}

static bool
parse_duration(const struct json_text *t, struct pb_duration *out)
{
	const char *p, *end;
	bool negative;
	int n;

	p = t->s;
	end = p + t->len;
	negative = take(&p, end, '-');
	if ((n = digits(&p, end, 1)) == -1)
		return false;
	do {
		out->seconds = out->seconds * 10 + n;
		if (out->seconds > MAX_DURATION)
			return false;
	} while ((n = digits(&p, end, 1)) != -1);
	if (!fraction(&p, end, &out->nanos) || !take(&p, end, 's') || p != end)
		return false;
	if (out->seconds == MAX_DURATION && out->nanos > 0)
		return false;
	if (negative) {
		out->seconds = -out->seconds;
		out->nanos = -out->nanos;
	}
	return true;
}

static int
read_timestamp(struct json_scan *js, struct pb_timestamp *out)
{
	struct json_text t;
	const char *at;

	at = js->p;
	if (json_scan_string(js, &t) == -1)
		return -1;
	if (parse_timestamp(&t, out))
		return 0;
	js->p = at;
	return json_scan_bad(js, "expected a time as in RFC 3339");
}

static int
read_duration(struct json_scan *js, struct pb_duration *out)
{
	struct json_text t;
	const char *at;

	at = js->p;
	if (json_scan_string(js, &t) == -1)
		return -1;
	if (parse_duration(&t, out))
		return 0;
	js->p = at;
	return json_scan_bad(js, "expected seconds as in \"1.5s\"");
}

/* --- field masks ----------------------------------------------------------- */

/* A path in lowerCamelCase as the contracts spell it; NULL when it is none. */
static const char *
mask_path(struct arena *a, const char *s, size_t len)
{
	size_t i, n;
	char *out;

	out = arena_alloc(a, 2 * len + 1);
	for (i = n = 0; i < len; i++) {
		if (s[i] == '_')
			return NULL;
		if (s[i] >= 'A' && s[i] <= 'Z') {
			out[n++] = '_';
			out[n++] = (char)(s[i] - 'A' + 'a');
		} else
			out[n++] = s[i];
	}
	out[n] = '\0';
	return n == 0 ? NULL : out;
}

static int
read_mask(struct json_scan *js, struct pb_field_mask *out)
{
	const struct pb_field *paths;
	struct json_text t;
	const char *p, *end, *comma, *path, **item;

	if (json_scan_string(js, &t) == -1)
		return -1;
	paths = &pb_field_mask_desc.fields[0];
	end = t.s + t.len;
	for (p = t.s; t.len > 0; p = comma + 1) {
		comma = memchr(p, ',', (size_t)(end - p));
		if (comma == NULL)
			comma = end;
		path = mask_path(js->a, p, (size_t)(comma - p));
		if (path == NULL)
			return json_scan_bad(js,
			    "expected field paths in lowerCamelCase");
		if (out->npaths >= js->lim.max_elements)
			return json_scan_fail(js, CODE_RESOURCE_EXHAUSTED,
			    "too many elements");
		item = pb_append(js->a, paths, out);
		*item = path;
		if (json_scan_memory(js) == -1)
			return -1;
		if (comma == end)
			break;
	}
	return 0;
}

/* --- free-form values ------------------------------------------------------ */

/* The only field of a type that stands for it, read as if it stood alone. */
static int
read_inner(struct json_scan *js, const struct pb_desc *d, void *msg)
{
	const struct pb_field *f;
	bool first;
	size_t i;
	int rc;

	f = &d->fields[0];
	if (!(f->flags & PB_F_REPEATED))
		return json_read_scalar(js, f, pb_at(msg, f->offset)) == -1 ? -1
									    : 0;
	if (json_scan_open(js, '[') == -1)
		return -1;
	first = true;
	for (i = 0; (rc = json_scan_next_item(js, &first)) == 1; i++) {
		if (i >= js->lim.max_elements)
			return json_scan_fail(js, CODE_RESOURCE_EXHAUSTED,
			    "too many elements");
		if (json_read_message(js, f->msg, pb_append(js->a, f, msg)) ==
		    -1)
			return json_scan_at(js, i);
	}
	return rc;
}

static int
read_value(struct json_scan *js, struct pb_value *out)
{
	struct json_text t;

	switch (json_scan_peek(js)) {
	case '{':
		out->which_kind = PB_VALUE_KIND_STRUCT_VALUE;
		out->struct_value =
		    arena_zalloc(js->a, sizeof(*out->struct_value));
		return json_form_read(js, &pb_struct_desc, out->struct_value);
	case '[':
		out->which_kind = PB_VALUE_KIND_LIST_VALUE;
		out->list_value = arena_zalloc(js->a, sizeof(*out->list_value));
		return read_inner(js, &pb_list_value_desc, out->list_value);
	case '"':
		out->which_kind = PB_VALUE_KIND_STRING_VALUE;
		if (json_scan_string(js, &t) == -1)
			return -1;
		out->string_value = json_scan_str(js, &t);
		return 0;
	case 't':
	case 'f':
		out->which_kind = PB_VALUE_KIND_BOOL_VALUE;
		return json_scan_bool(js, &out->bool_value);
	case 'n':
		out->which_kind = PB_VALUE_KIND_NULL_VALUE;
		if (json_scan_null(js))
			return 0;
		return json_scan_bad(js, "expected a value");
	default:
		out->which_kind = PB_VALUE_KIND_NUMBER_VALUE;
		if (json_scan_number(js, &t) == -1)
			return json_scan_bad(js, "expected a value");
		if (json_num_double(t.s, t.len, &out->number_value))
			return 0;
		return json_scan_bad(js,
		    "expected a number in the range of double");
	}
}

static int
read_struct(struct json_scan *js, struct pb_struct *out)
{
	const struct pb_field *f;
	struct json_names names = { NULL, 0 };
	struct pb_struct_fields_entry *e;
	struct json_text name;
	bool first;
	size_t i;
	int rc;

	if (json_scan_open(js, '{') == -1)
		return -1;
	f = &pb_struct_desc.fields[0];
	first = true;
	for (i = 0; (rc = json_scan_next_member(js, &first, &name)) == 1; i++) {
		if (i >= js->lim.max_elements)
			return json_scan_fail(js, CODE_RESOURCE_EXHAUSTED,
			    "too many elements");
		json_scan_note(js, &names, &name);
		e = pb_append(js->a, f, out);
		e->key = json_scan_str(js, &name);
		e->value = arena_zalloc(js->a, sizeof(*e->value));
		if (json_read_message(js, &pb_value_desc, e->value) == -1)
			return json_scan_at(js, i);
	}
	if (rc == -1 || json_scan_unique(js, &names) == -1)
		return -1;
	pb_sort_maps(js->a, &pb_struct_desc, out);
	return 0;
}

/* --- any ------------------------------------------------------------------- */

/* Finds "@type" in the object that comes next, which is not consumed. */
static int
find_type(struct json_scan *js, struct json_text *type, bool *empty)
{
	struct json_text name;
	const char *at;
	unsigned depth;
	bool first;
	int rc;

	at = js->p;
	depth = js->depth;
	memset(type, 0, sizeof(*type));
	if (json_scan_open(js, '{') == -1)
		return -1;
	first = *empty = true;
	while ((rc = json_scan_next_member(js, &first, &name)) == 1) {
		*empty = false;
		if (name.len == 5 && memcmp(name.s, "@type", 5) == 0) {
			rc = json_scan_string(js, type);
			break;
		}
		if (json_scan_skip(js) == -1)
			return -1;
	}
	js->p = at;
	js->depth = depth;
	return rc;
}

/* {"@type": ..., "value": FORM}, as types with a form of their own have it. */
static int
read_any_form(struct json_scan *js, const struct pb_desc *d, void *msg)
{
	struct json_names names = { NULL, 0 };
	struct json_text name;
	bool first, found;
	int rc;

	if (json_scan_open(js, '{') == -1)
		return -1;
	first = true;
	found = d->wkt == PB_WKT_EMPTY;
	while ((rc = json_scan_next_member(js, &first, &name)) == 1) {
		json_scan_note(js, &names, &name);
		if (name.len == 5 && memcmp(name.s, "value", 5) == 0) {
			found = true;
			rc = json_form_read(js, d, msg);
			if (rc == -1)
				return json_scan_in(js, "value", 5);
		} else if (js->lim.json_strict &&
		    (name.len != 5 || memcmp(name.s, "@type", 5) != 0)) {
			return json_scan_bad(js, "unknown member");
		} else if (json_scan_skip(js) == -1) {
			return -1;
		}
	}
	if (rc == -1 || json_scan_unique(js, &names) == -1)
		return -1;
	return found ? 0 : json_scan_bad(js, "member \"value\" is missing");
}

static int
read_any(struct json_scan *js, struct pb_any *out)
{
	const struct pb_desc *d;
	struct json_text type;
	const char *slash;
	struct buf *b;
	void *msg;
	bool empty;
	int rc;

	if (find_type(js, &type, &empty) == -1)
		return -1;
	if (type.s == NULL && !empty)
		return json_scan_bad(js, "member \"@type\" is missing");
	if (type.s == NULL)
		return json_scan_skip(js);
	out->type_url = json_scan_str(js, &type);
	slash = strrchr(out->type_url, '/');
	d = pb_find(slash == NULL ? out->type_url : slash + 1);
	if (d == NULL)
		return json_scan_bad(js, "unknown type in \"@type\"");
	msg = arena_zalloc(js->a, d->size);
	pb_init(d, msg);
	rc = d->wkt != PB_WKT_NONE ? read_any_form(js, d, msg)
				   : json_read_object(js, d, msg, true);
	if (rc == -1)
		return -1;
	b = buf_new(js->a);
	pb_encode(b, d, msg);
	out->value.data =
	    (const uint8_t *)arena_strndup(js->a, buf_str(b), b->len);
	out->value.len = b->len;
	buf_free(b);
	return json_scan_memory(js);
}

int
json_form_read(struct json_scan *js, const struct pb_desc *d, void *msg)
{
	switch (d->wkt) {
	case PB_WKT_TIMESTAMP:
		return read_timestamp(js, msg);
	case PB_WKT_DURATION:
		return read_duration(js, msg);
	case PB_WKT_FIELD_MASK:
		return read_mask(js, msg);
	case PB_WKT_STRUCT:
		return read_struct(js, msg);
	case PB_WKT_VALUE:
		return read_value(js, msg);
	case PB_WKT_LIST_VALUE:
	case PB_WKT_WRAPPER:
		return read_inner(js, d, msg);
	case PB_WKT_ANY:
		return read_any(js, msg);
	case PB_WKT_EMPTY:
	case PB_WKT_NONE:
	default:
		return json_read_object(js, d, msg, false);
	}
}

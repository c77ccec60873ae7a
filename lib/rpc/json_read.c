/*
 * The strict JSON reader (rpc.md, section 11): text into the structs of the
 * contracts, by the generated tables. Whatever the rules do not allow is an
 * error with path and byte; unknown members are skipped unless the limits say
 * otherwise.
 */

#include "rpc/json_read.h"

#include <string.h>

#include "base/utf8.h"
#include "net/crypt.h"
#include "rpc/json_num.h"

/* The JSON name of a field, as errors show it. */
static int
in_field(struct json_scan *js, const struct pb_field *f)
{
	return json_scan_in(js, f->key + 1, f->keylen - 3u);
}

/* --- values that are no messages ------------------------------------------- */

/* A number, or a string that holds one, as it is spelled. */
static int
read_number_text(struct json_scan *js, struct json_text *t)
{
	if (json_scan_peek(js) == '"')
		return json_scan_string(js, t);
	return json_scan_number(js, t);
}

static int
read_int(struct json_scan *js, const struct pb_field *f, void *out)
{
	struct json_text t;
	const char *at;
	bool wide, ok;
	int64_t n;
	int32_t n32;

	at = js->p;
	if (read_number_text(js, &t) == -1)
		return -1;
	wide = f->size == sizeof(int64_t);
	ok = json_num_i64(t.s, t.len, wide ? INT64_MIN : INT32_MIN,
	    wide ? INT64_MAX : INT32_MAX, &n);
	if (!ok) {
		js->p = at;
		return json_scan_bad(js,
		    wide ? "expected a 64-bit integer"
			 : "expected a 32-bit integer");
	}
	n32 = (int32_t)n;
	memcpy(out, wide ? (const void *)&n : (const void *)&n32, f->size);
	return 1;
}

static int
read_uint(struct json_scan *js, const struct pb_field *f, void *out)
{
	struct json_text t;
	const char *at;
	uint64_t n;
	uint32_t n32;
	bool wide;

	at = js->p;
	if (read_number_text(js, &t) == -1)
		return -1;
	wide = f->size == sizeof(uint64_t);
	if (!json_num_u64(t.s, t.len, wide ? UINT64_MAX : UINT32_MAX, &n)) {
		js->p = at;
		return json_scan_bad(js,
		    wide ? "expected an unsigned 64-bit integer"
			 : "expected an unsigned 32-bit integer");
	}
	n32 = (uint32_t)n;
	memcpy(out, wide ? (const void *)&n : (const void *)&n32, f->size);
	return 1;
}

static bool
text_is(const struct json_text *t, const char *s)
{
	return strlen(s) == t->len && memcmp(t->s, s, t->len) == 0;
}

/* "NaN", "Infinity" or "-Infinity" as a string. */
static bool
special_real(const struct json_text *t, double *n)
{
	if (text_is(t, "NaN"))
		*n = __builtin_nan("");
	else if (text_is(t, "Infinity"))
		*n = __builtin_inf();
	else if (text_is(t, "-Infinity"))
		*n = -__builtin_inf();
	else
		return false;
	return true;
}

static int
read_real(struct json_scan *js, const struct pb_field *f, void *out)
{
	struct json_text t;
	const char *at;
	double n;
	float n32;
	bool quoted;

	quoted = json_scan_peek(js) == '"';
	at = js->p;
	if (read_number_text(js, &t) == -1)
		return -1;
	if (quoted && special_real(&t, &n)) {
		n32 = (float)n;
	} else if (f->kind == PB_FLOAT ? !json_num_float(t.s, t.len, &n32)
				       : !json_num_double(t.s, t.len, &n)) {
		js->p = at;
		return json_scan_bad(js,
		    f->kind == PB_FLOAT
			? "expected a number in the range of float"
			: "expected a number in the range of double");
	}
	memcpy(out, f->kind == PB_FLOAT ? (const void *)&n32 : (const void *)&n,
	    f->size);
	return 1;
}

static int
read_string(struct json_scan *js, const char **out)
{
	struct json_text t;

	if (json_scan_string(js, &t) == -1)
		return -1;
	*out = json_scan_str(js, &t);
	return json_scan_memory(js) == -1 ? -1 : 1;
}

static int
read_bytes(struct json_scan *js, struct pb_bytes *out)
{
	struct json_text t;
	const char *at;

	(void)json_scan_peek(js);
	at = js->p;
	if (json_scan_string(js, &t) == -1)
		return -1;
	out->data = crypt_unbase64(js->a, t.s, t.len, &out->len);
	if (out->data == NULL) {
		js->p = at;
		return json_scan_bad(js, "expected base64");
	}
	return json_scan_memory(js) == -1 ? -1 : 1;
}

static const struct pb_enum_value *
find_name(const struct pb_enum *e, const struct json_text *t)
{
	const struct pb_enum_value *v;
	size_t lo, hi, mid;
	int order;

	for (lo = 0, hi = e->nnames; lo < hi;) {
		mid = lo + (hi - lo) / 2;
		v = &e->names[mid];
		order = v->len != t->len ? (v->len < t->len ? -1 : 1)
					 : memcmp(v->name, t->s, t->len);
		if (order == 0)
			return v;
		if (order < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

static int
read_enum(struct json_scan *js, const struct pb_field *f, void *out)
{
	const struct pb_enum_value *v;
	struct json_text t;
	const char *at;

	if (f->en->null_value && json_scan_null(js)) {
		memset(out, 0, f->size);
		return 1;
	}
	if (json_scan_peek(js) != '"') {
		at = js->p;
		if (read_int(js, f, out) == 1)
			return 1;
		js->p = at;
		return json_scan_bad(js, "expected the name of an enum value");
	}
	at = js->p;
	if (json_scan_string(js, &t) == -1)
		return -1;
	if ((v = find_name(f->en, &t)) != NULL) {
		memcpy(out, &v->number, sizeof(v->number));
		return 1;
	}
	if (!js->lim.json_strict)
		return 0;
	js->p = at;
	return json_scan_bad(js, "unknown name of an enum value");
}

int
json_read_scalar(struct json_scan *js, const struct pb_field *f, void *out)
{
	switch (f->kind) {
	case PB_STRING:
		return read_string(js, out);
	case PB_BOOL:
		return json_scan_bool(js, out) == -1 ? -1 : 1;
	case PB_ENUM:
		return read_enum(js, f, out);
	case PB_BYTES:
		return read_bytes(js, out);
	case PB_DOUBLE:
	case PB_FLOAT:
		return read_real(js, f, out);
	case PB_UINT32:
	case PB_UINT64:
	case PB_FIXED32:
	case PB_FIXED64:
		return read_uint(js, f, out);
	default:
		return read_int(js, f, out);
	}
}

/* --- lists and maps -------------------------------------------------------- */

/* null is a value to these two and to nothing else. */
static bool
takes_null(const struct pb_field *f)
{
	if (f->msg != NULL)
		return f->msg->wkt == PB_WKT_VALUE;
	return f->en != NULL && f->en->null_value;
}

static int
check_element(struct json_scan *js, const struct pb_field *f, size_t n)
{
	const struct pb_field *value;

	if (n >= js->lim.max_elements)
		return json_scan_fail(js, CODE_RESOURCE_EXHAUSTED,
		    "too many elements");
	value = f->flags & PB_F_MAP ? &f->msg->fields[1] : f;
	if (json_scan_peek(js) == 'n' && !takes_null(value))
		return json_scan_bad(js, "null has no place here");
	return 0;
}

/* Takes back the element that pb_append() made last. */
static void
drop_last(const struct pb_field *f, void *msg)
{
	size_t *n;

	n = pb_at(msg, f->aux);
	(*n)--;
	memset(pb_at(*(void **)pb_at(msg, f->offset), *n * pb_element(f)), 0,
	    pb_element(f));
}

static int
read_item(struct json_scan *js, const struct pb_field *f, void *msg)
{
	void *at;
	int rc;

	if (check_element(js, f, pb_count(f, msg)) == -1)
		return -1;
	at = pb_append(js->a, f, msg);
	if (f->msg != NULL) {
		pb_init(f->msg, at);
		return json_read_message(js, f->msg, at);
	}
	if ((rc = json_read_scalar(js, f, at)) == 0)
		drop_last(f, msg);
	return rc == -1 ? -1 : 0;
}

static int
read_list(struct json_scan *js, const struct pb_field *f, void *msg)
{
	size_t i;
	bool first;
	int rc;

	if (json_scan_open(js, '[') == -1)
		return -1;
	first = true;
	for (i = 0; (rc = json_scan_next_item(js, &first)) == 1; i++)
		if (read_item(js, f, msg) == -1)
			return json_scan_at(js, i);
	return rc;
}

/* An integer as a map key: no point, no exponent, no needless zero or sign. */
static bool
is_canonical(const struct json_text *t)
{
	size_t i;

	for (i = t->s[0] == '-'; i < t->len; i++)
		if (t->s[i] < '0' || t->s[i] > '9')
			return false;
	return !text_is(t, "-0");
}

static bool
int_key(const struct pb_field *f, const struct json_text *t, void *out)
{
	uint64_t u64;
	uint32_t u32;
	int64_t i64;
	bool wide, ok;

	wide = f->size == sizeof(u64);
	if (t->len == 0 || !is_canonical(t))
		return false;
	if (f->kind == PB_UINT32 || f->kind == PB_UINT64 ||
	    f->kind == PB_FIXED32 || f->kind == PB_FIXED64) {
		ok = json_num_u64(t->s, t->len, wide ? UINT64_MAX : UINT32_MAX,
		    &u64);
	} else {
		ok = json_num_i64(t->s, t->len, wide ? INT64_MIN : INT32_MIN,
		    wide ? INT64_MAX : INT32_MAX, &i64);
		u64 = (uint64_t)i64;
	}
	if (!ok)
		return false;
	u32 = (uint32_t)u64;
	memcpy(out, wide ? (const void *)&u64 : (const void *)&u32, f->size);
	return true;
}

static int
read_key(struct json_scan *js, const struct pb_field *f,
    const struct json_text *t, void *out)
{
	const char *s;
	bool b;

	switch (f->kind) {
	case PB_STRING:
		s = json_scan_str(js, t);
		memcpy(out, &s, sizeof(s));
		return 0;
	case PB_BOOL:
		if (!text_is(t, "true") && !text_is(t, "false"))
			return json_scan_bad(js,
			    "expected a key true or false");
		b = t->s[0] == 't';
		memcpy(out, &b, sizeof(b));
		return 0;
	default:
		if (!int_key(f, t, out))
			return json_scan_bad(js, "expected an integer as key");
		return 0;
	}
}

static int
read_entry(struct json_scan *js, const struct pb_field *f,
    const struct json_text *name, void *msg)
{
	const struct pb_field *key, *value;
	void *entry;
	int rc;

	if (check_element(js, f, pb_count(f, msg)) == -1)
		return -1;
	key = &f->msg->fields[0];
	value = &f->msg->fields[1];
	entry = pb_append(js->a, f, msg);
	pb_init(f->msg, entry);
	if (read_key(js, key, name, pb_at(entry, key->offset)) == -1)
		return -1;
	if (value->msg != NULL)
		return json_read_message(js, value->msg,
		    pb_open(js->a, value, entry));
	rc = json_read_scalar(js, value, pb_at(entry, value->offset));
	if (rc == 0)
		drop_last(f, msg);
	return rc == -1 ? -1 : 0;
}

/* Keys are told apart by their spelling: each value has only one. */
static int
read_map(struct json_scan *js, const struct pb_field *f, void *msg)
{
	struct json_names names = { NULL, 0 };
	struct json_text name;
	size_t i;
	bool first;
	int rc;

	if (json_scan_open(js, '{') == -1)
		return -1;
	first = true;
	for (i = 0; (rc = json_scan_next_member(js, &first, &name)) == 1; i++) {
		json_scan_note(js, &names, &name);
		if (read_entry(js, f, &name, msg) == -1 ||
		    json_scan_memory(js) == -1)
			return json_scan_at(js, i);
	}
	return rc == -1 ? -1 : json_scan_unique(js, &names);
}

/* --- messages -------------------------------------------------------------- */

static const struct pb_field *
find_field(const struct pb_desc *d, const struct json_text *t)
{
	const struct pb_fname *n;
	size_t lo, hi, mid;
	int order;

	for (lo = 0, hi = d->nnames; lo < hi;) {
		mid = lo + (hi - lo) / 2;
		n = &d->names[mid];
		order = n->len != t->len ? (n->len < t->len ? -1 : 1)
					 : memcmp(n->name, t->s, t->len);
		if (order == 0)
			return &d->fields[n->field];
		if (order < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* A member that is not there twice, nor beside another of its oneof. */
static int
check_oneof(struct json_scan *js, const struct pb_field *f, void *msg)
{
	const uint32_t *which;

	which = pb_get(msg, f->aux);
	if (*which != 0)
		return json_scan_bad(js,
		    "another member of the same oneof is there");
	return 0;
}

static int
read_single(struct json_scan *js, const struct pb_field *f, void *msg)
{
	int rc;

	if ((f->flags & PB_F_ONEOF) && check_oneof(js, f, msg) == -1)
		return -1;
	if (f->msg != NULL)
		return json_read_message(js, f->msg, pb_open(js->a, f, msg));
	rc = json_read_scalar(js, f, pb_at(msg, f->offset));
	if (rc == 1)
		pb_set(f, msg);
	return rc == -1 ? -1 : 0;
}

static int
read_field(struct json_scan *js, const struct pb_field *f, void *msg)
{
	int rc;

	if (json_scan_peek(js) == 'n' &&
	    ((f->flags & PB_F_REPEATED) || !takes_null(f)) &&
	    json_scan_null(js))
		return 0;
	if (f->flags & PB_F_MAP)
		rc = read_map(js, f, msg);
	else if (f->flags & PB_F_REPEATED)
		rc = read_list(js, f, msg);
	else
		rc = read_single(js, f, msg);
	return rc == -1 ? in_field(js, f) : 0;
}

/* What one object has shown so far. */
struct seen {
	uint64_t fields[PB_MAX_FIELDS / 64];
	struct json_names unknown;
};

static int
read_member(struct json_scan *js, const struct pb_desc *d, void *msg,
    const struct json_text *name, struct seen *seen)
{
	const struct pb_field *f;
	size_t i;

	if ((f = find_field(d, name)) == NULL) {
		if (js->lim.json_strict)
			return json_scan_bad(js, "unknown member");
		json_scan_note(js, &seen->unknown, name);
		return json_scan_skip(js);
	}
	i = (size_t)(f - d->fields);
	if (seen->fields[i / 64] >> (i % 64) & 1) {
		(void)json_scan_bad(js, "member comes twice");
		return in_field(js, f);
	}
	seen->fields[i / 64] |= UINT64_C(1) << (i % 64);
	return read_field(js, f, msg);
}

int
json_read_object(struct json_scan *js, const struct pb_desc *d, void *msg,
    bool any)
{
	struct json_text name;
	struct seen seen;
	bool first;
	int rc;

	memset(&seen, 0, sizeof(seen));
	if (json_scan_open(js, '{') == -1)
		return -1;
	first = true;
	while ((rc = json_scan_next_member(js, &first, &name)) == 1) {
		if (any && text_is(&name, "@type")) {
			json_scan_note(js, &seen.unknown, &name);
			if (json_scan_skip(js) == -1)
				return -1;
			continue;
		}
		if (read_member(js, d, msg, &name, &seen) == -1)
			return -1;
	}
	if (rc == -1 || json_scan_unique(js, &seen.unknown) == -1)
		return -1;
	if (d->nmaps > 0)
		pb_sort_maps(js->a, d, msg);
	return 0;
}

int
json_read_message(struct json_scan *js, const struct pb_desc *d, void *msg)
{
	if (json_scan_memory(js) == -1)
		return -1;
	if (d->wkt != PB_WKT_NONE)
		return json_form_read(js, d, msg);
	return json_read_object(js, d, msg, false);
}

static int
read_text(struct json_scan *js, const struct pb_desc *d, void *msg)
{
	if (!utf8_valid(js->p, (size_t)(js->end - js->p)))
		return json_scan_bad(js, "text that is not UTF-8");
	if (json_read_message(js, d, msg) == -1)
		return -1;
	(void)json_scan_peek(js);
	return js->p == js->end
	    ? 0
	    : json_scan_bad(js, "something after the value");
}

enum code
pb_json_decode(struct arena *a, const struct pb_desc *d, const char *p,
    size_t len, const struct pb_limits *lim, void *msg, struct pb_error *err)
{
	struct json_scan js;

	js.a = a;
	js.lim = pb_limits_of(lim);
	js.err = err;
	js.start = js.p = p == NULL ? "" : p;
	js.end = js.p + len;
	js.depth = 0;
	pb_init(d, msg);
	if (read_text(&js, d, msg) == 0)
		return CODE_OK;
	err->path = arena_printf(a, "$%s", err->path);
	return err->code;
}

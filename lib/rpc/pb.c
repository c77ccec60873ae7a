/*
 * What both codecs share: the registry of message types, initial values,
 * enum names and times. No input is read here.
 */

#include "rpc/pb.h"

#include <stdlib.h>
#include <string.h>

#include "google/protobuf/timestamp.pb.h"
#include "rpc/pb_desc.h"

static struct pb_file *files;

const char *
pb_name(const struct pb_desc *d)
{
	return d->name;
}

size_t
pb_size(const struct pb_desc *d)
{
	return d->size;
}

void
pb_register(struct pb_file *file)
{
	file->next = files;
	files = file;
}

const struct pb_file *
pb_files(void)
{
	return files;
}

const struct pb_desc *
pb_find(const char *name)
{
	const struct pb_file *f;
	size_t i;

	for (f = files; f != NULL; f = f->next)
		for (i = 0; i < f->ndescs; i++)
			if (strcmp(f->descs[i]->name, name) == 0)
				return f->descs[i];
	return NULL;
}

void
pb_init(const struct pb_desc *d, void *msg)
{
	const char **s;
	size_t i;

	for (i = 0; i < d->nstrings; i++) {
		s = pb_at(msg, d->strings[i]);
		*s = "";
	}
}

struct pb_limits
pb_limits_of(const struct pb_limits *lim)
{
	struct pb_limits l = { 0, 0, false };

	if (lim != NULL)
		l = *lim;
	if (l.max_elements == 0)
		l.max_elements = 100000;
	if (l.max_depth == 0)
		l.max_depth = 100;
	return l;
}

/* Contracts number their fields densely, so the first guess mostly holds. */
const struct pb_field *
pb_by_number(const struct pb_desc *d, uint32_t number)
{
	size_t lo, hi, mid;

	if (number - 1 < d->nfields && d->fields[number - 1].number == number)
		return &d->fields[number - 1];
	for (lo = 0, hi = d->nfields; lo < hi;) {
		mid = lo + (hi - lo) / 2;
		if (d->fields[mid].number == number)
			return &d->fields[mid];
		if (d->fields[mid].number < number)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

static bool
is_zero(const void *p, size_t len)
{
	uint64_t n64;
	uint32_t n32;

	if (len == sizeof(n64)) {
		memcpy(&n64, p, sizeof(n64));
		return n64 == 0;
	}
	if (len == sizeof(n32)) {
		memcpy(&n32, p, sizeof(n32));
		return n32 == 0;
	}
	return *(const uint8_t *)p == 0;
}

/* A float is unset when its bits are zero, so -0.0 is set. */
bool
pb_is_set(const struct pb_field *f, const void *msg)
{
	const struct pb_bytes *bytes;
	const uint32_t *which;
	const char *const *s;
	const bool *has;

	if (f->flags & PB_F_ONEOF) {
		which = pb_get(msg, f->aux);
		return *which == f->number;
	}
	if (f->flags & PB_F_HAS) {
		has = pb_get(msg, f->aux);
		return *has;
	}
	if (f->kind == PB_STRING) {
		s = pb_get(msg, f->offset);
		return *s != NULL &&
		    ((f->flags & PB_F_OPTIONAL) || **s != '\0');
	}
	if (f->kind == PB_BYTES) {
		bytes = pb_get(msg, f->offset);
		return bytes->len > 0;
	}
	return !is_zero(pb_get(msg, f->offset),
	    f->msg != NULL ? sizeof(void *) : f->size);
}

void
pb_set(const struct pb_field *f, void *msg)
{
	uint32_t *which;
	bool *has;

	if (f->flags & PB_F_ONEOF) {
		which = pb_at(msg, f->aux);
		*which = f->number;
	} else if (f->flags & PB_F_HAS) {
		has = pb_at(msg, f->aux);
		*has = true;
	}
}

/* The capacity of an array of n elements. */
static size_t
cap_of(size_t n)
{
	size_t cap;

	if (n == 0)
		return 0;
	for (cap = 4; cap < n; cap *= 2)
		continue;
	return cap;
}

void
pb_reserve(struct arena *a, const struct pb_field *f, void *msg, size_t n)
{
	size_t *count;
	void **items;

	count = pb_at(msg, f->aux);
	items = pb_at(msg, f->offset);
	if (cap_of(*count) >= *count + n)
		return;
	*items =
	    arena_grow(a, *items, *count, cap_of(*count + n), pb_element(f));
}

void *
pb_append(struct arena *a, const struct pb_field *f, void *msg)
{
	size_t *count;
	void **items;

	pb_reserve(a, f, msg, 1);
	count = pb_at(msg, f->aux);
	items = pb_at(msg, f->offset);
	return pb_at(*items, (*count)++ * pb_element(f));
}

void *
pb_open(struct arena *a, const struct pb_field *f, void *msg)
{
	void **sub;

	sub = pb_at(msg, f->offset);
	if (*sub == NULL || !pb_is_set(f, msg)) {
		*sub = arena_zalloc(a, f->msg->size);
		pb_init(f->msg, *sub);
		pb_set(f, msg);
	}
	return *sub;
}

/* --- maps ------------------------------------------------------------------ */

/* An entry with its place, so that equal keys keep their order. */
struct entry {
	const void *p;
	const struct pb_field *key;
	size_t i;
};

static int
cmp_u64(uint64_t x, uint64_t y)
{
	return (x > y) - (x < y);
}

static int
cmp_i64(int64_t x, int64_t y)
{
	return (x > y) - (x < y);
}

static int
cmp_str(const char *x, const char *y)
{
	return strcmp(x == NULL ? "" : x, y == NULL ? "" : y);
}

#define KEY(type, entry) \
	(*(const type *)pb_get((entry)->p, (entry)->key->offset))

static int
cmp_key(const struct entry *x, const struct entry *y)
{
	switch (x->key->kind) {
	case PB_STRING:
		return cmp_str(KEY(char *const, x), KEY(char *const, y));
	case PB_BOOL:
		return KEY(bool, x) - KEY(bool, y);
	case PB_UINT32:
	case PB_FIXED32:
		return cmp_u64(KEY(uint32_t, x), KEY(uint32_t, y));
	case PB_UINT64:
	case PB_FIXED64:
		return cmp_u64(KEY(uint64_t, x), KEY(uint64_t, y));
	case PB_INT64:
	case PB_SINT64:
	case PB_SFIXED64:
		return cmp_i64(KEY(int64_t, x), KEY(int64_t, y));
	default:
		return cmp_i64(KEY(int32_t, x), KEY(int32_t, y));
	}
}

static int
cmp_entry(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order;

	if ((order = cmp_key(x, y)) != 0)
		return order;
	return (x->i > y->i) - (x->i < y->i);
}

/* The entries of a map field by key, then place. */
static struct entry *
sort_entries(struct arena *a, const struct pb_field *f, const void *msg)
{
	const void *const *items;
	struct entry *e;
	size_t i, n;

	n = pb_count(f, msg);
	items = pb_get(msg, f->offset);
	e = arena_calloc(a, n, sizeof(*e));
	for (i = 0; i < n; i++) {
		e[i].p = pb_get(*items, i * f->msg->size);
		e[i].key = &f->msg->fields[0];
		e[i].i = i;
	}
	qsort(e, n, sizeof(*e), cmp_entry);
	return e;
}

const void **
pb_sorted(struct arena *a, const struct pb_field *f, const void *msg)
{
	const void **sorted;
	struct entry *e;
	size_t i, n;

	n = pb_count(f, msg);
	e = sort_entries(a, f, msg);
	sorted = arena_calloc(a, n, sizeof(*sorted));
	for (i = 0; i < n; i++)
		sorted[i] = e[i].p;
	return sorted;
}

static void
sort_map(struct arena *a, const struct pb_field *f, void *msg)
{
	struct entry *e;
	size_t i, n, kept, *count;
	void *out, **items;

	n = pb_count(f, msg);
	e = sort_entries(a, f, msg);
	out = arena_calloc(a, cap_of(n), f->msg->size);
	for (i = kept = 0; i < n; i++)
		if (i + 1 == n || cmp_key(&e[i], &e[i + 1]) != 0)
			memcpy(pb_at(out, kept++ * f->msg->size), e[i].p,
			    f->msg->size);
	items = pb_at(msg, f->offset);
	count = pb_at(msg, f->aux);
	*items = out;
	*count = kept;
}

void
pb_sort_maps(struct arena *a, const struct pb_desc *d, void *msg)
{
	const struct pb_field *f;
	size_t i;

	for (i = 0; i < d->nfields; i++) {
		f = &d->fields[i];
		if ((f->flags & PB_F_MAP) && pb_count(f, msg) > 1)
			sort_map(a, f, msg);
	}
}

const char *
pb_enum_name(const struct pb_enum *e, int32_t number)
{
	const struct pb_enum_value *v;
	size_t lo, hi, mid;

	for (lo = 0, hi = e->nvalues; lo < hi;) {
		mid = lo + (hi - lo) / 2;
		v = &e->values[mid];
		if (v->number == number)
			return v->name;
		if (v->number < number)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

struct pb_timestamp *
pb_time(struct arena *a, int64_t us)
{
	struct pb_timestamp *t;

	t = arena_zalloc(a, sizeof(*t));
	t->seconds = us / 1000000 - (us % 1000000 < 0);
	t->nanos = (int32_t)(us - t->seconds * 1000000) * 1000;
	return t;
}

int64_t
pb_time_us(const struct pb_timestamp *t)
{
	if (t == NULL)
		return 0;
	return t->seconds * 1000000 + t->nanos / 1000;
}

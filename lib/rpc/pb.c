/*
 * What both codecs share: the registry of message types, initial values,
 * enum names and times. No input is read here.
 */

#include "rpc/pb.h"

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

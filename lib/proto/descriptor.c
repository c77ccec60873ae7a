/*
 * Reads the request of protoc: descriptors in protobuf's own binary form, of
 * which it knows the few fields that matter here. A broken one ends the
 * program.
 */
#include "proto/descriptor.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "proto/contract.h"
#include "proto/name.h"

/* Numbers of descriptor.proto and plugin.proto. */
enum {
	REQ_FILE_TO_GENERATE = 1,
	REQ_PARAMETER = 2,
	REQ_PROTO_FILE = 15,
	FILE_NAME = 1,
	FILE_PACKAGE = 2,
	FILE_DEPENDENCY = 3,
	FILE_MESSAGE = 4,
	FILE_ENUM = 5,
	FILE_SERVICE = 6,
	FILE_SYNTAX = 12,
	MSG_NAME = 1,
	MSG_FIELD = 2,
	MSG_NESTED = 3,
	MSG_ENUM = 4,
	MSG_OPTIONS = 7,
	MSG_ONEOF = 8,
	MSGOPT_MAP_ENTRY = 7,
	FIELD_NAME = 1,
	FIELD_NUMBER = 3,
	FIELD_LABEL = 4,
	FIELD_TYPE = 5,
	FIELD_TYPE_NAME = 6,
	FIELD_OPTIONS = 8,
	FIELD_ONEOF = 9,
	FIELD_JSON_NAME = 10,
	FIELD_PROTO3_OPTIONAL = 17,
	FIELDOPT_PACKED = 2,
	ONEOF_NAME = 1,
	ENUM_NAME = 1,
	ENUM_VALUE = 2,
	VALUE_NAME = 1,
	VALUE_NUMBER = 2,
	SERVICE_NAME = 1,
	SERVICE_METHOD = 2,
	SERVICE_OPTIONS = 3,
	METHOD_NAME = 1,
	METHOD_INPUT = 2,
	METHOD_OUTPUT = 3,
	METHOD_OPTIONS = 4,
	METHOD_CLIENT_STREAMING = 5,
	METHOD_SERVER_STREAMING = 6,
	OPT_IDEMPOTENCY = 34,
	OPT_NEED = 50001,
	OPT_TX = 50002,
	OPT_MAX_BYTES = 50003,
	OPT_NEVER_COMPRESS = 50004,
	OPT_WHILE_SUSPENDED = 50005,
	OPT_SERVED_APART = 50006,
	OPT_OUTSIDE = 50007,
	OPT_SERVICE_MAX_BYTES = 50001
};

static struct file **files_tail = &contracts.files;
static struct message **messages_tail = &contracts.messages;
static struct enumeration **enums_tail = &contracts.enums;

struct wire {
	const uint8_t *p, *end;
	uint32_t number; /* of the field last read */
	uint64_t num;	 /* varint and fixed values */
	const uint8_t *data;
	size_t len;
};

static uint64_t
wire_varint(struct wire *w)
{
	uint64_t n;
	unsigned shift;

	for (n = 0, shift = 0; shift < 64; shift += 7) {
		if (w->p == w->end)
			errx(1, "descriptor ends early");
		n |= (uint64_t)(*w->p & 0x7f) << shift;
		if ((*w->p++ & 0x80) == 0)
			return n;
	}
	errx(1, "descriptor with an overlong number");
}

static const uint8_t *
wire_take(struct wire *w, uint64_t len)
{
	const uint8_t *p;

	if (len > (uint64_t)(w->end - w->p))
		errx(1, "descriptor ends early");
	p = w->p;
	w->p += len;
	return p;
}

/* Steps to the next field; false at the end. */
static bool
wire_next(struct wire *w)
{
	uint64_t tag;

	if (w->p == w->end)
		return false;
	tag = wire_varint(w);
	w->number = (uint32_t)(tag >> 3);
	w->num = 0;
	w->data = NULL;
	w->len = 0;
	switch (tag & 7) {
	case 0:
		w->num = wire_varint(w);
		break;
	case 1:
		(void)wire_take(w, 8); /* no such field interests us */
		break;
	case 2:
		w->len = wire_varint(w);
		w->data = wire_take(w, w->len);
		break;
	case 5:
		(void)wire_take(w, 4); /* nor such */
		break;
	default:
		errx(1, "descriptor with a group");
	}
	return true;
}

static struct wire
wire_of(const uint8_t *p, size_t len)
{
	struct wire w;

	memset(&w, 0, sizeof(w));
	w.p = p;
	w.end = p + len;
	return w;
}

static struct wire
wire_sub(const struct wire *w)
{
	return wire_of(w->data, w->len);
}

static char *
wire_str(const struct wire *w)
{
	return arena_strndup(contracts.mem, (const char *)w->data, w->len);
}

/* How many fields with this number follow. */
static size_t
wire_count(struct wire w, uint32_t number)
{
	size_t n;

	for (n = 0; wire_next(&w);)
		n += w.number == number;
	return n;
}

static struct value
read_value(struct wire w)
{
	struct value v = { "", 0 };

	while (wire_next(&w)) {
		if (w.number == VALUE_NAME)
			v.name = wire_str(&w);
		else if (w.number == VALUE_NUMBER)
			v.number = (int32_t)(uint32_t)w.num;
	}
	return v;
}

static void
read_enum(const struct file *file, struct wire w, const char *scope,
    const char *outer)
{
	struct enumeration *e;

	e = arena_zalloc(contracts.mem, sizeof(*e));
	e->file = file;
	e->values = arena_calloc(contracts.mem, wire_count(w, ENUM_VALUE) + 1,
	    sizeof(*e->values));
	while (wire_next(&w)) {
		if (w.number == ENUM_NAME) {
			e->full = arena_printf(contracts.mem, "%s.%s", scope,
			    wire_str(&w));
			e->cname = name_type(outer, wire_str(&w));
		} else if (w.number == ENUM_VALUE)
			e->values[e->nvalues++] = read_value(wire_sub(&w));
	}
	e->scope = outer == NULL
	    ? "PB_"
	    : arena_printf(contracts.mem, "PB_%s_", name_upper(outer));
	*enums_tail = e;
	enums_tail = &e->next;
}

/* The packed option: 1, 0, or def when the field does not say. */
static bool
read_packed(struct wire w, bool def)
{
	while (wire_next(&w))
		if (w.number == FIELDOPT_PACKED)
			def = w.num != 0;
	return def;
}

static bool
type_packable(unsigned type)
{
	return type != TYPE_STRING && type != TYPE_BYTES &&
	    type != TYPE_MESSAGE;
}

static struct field
read_field(struct wire w, bool proto3)
{
	struct field f;

	memset(&f, 0, sizeof(f));
	f.oneof = -1;
	f.packed = proto3;
	while (wire_next(&w)) {
		if (w.number == FIELD_NAME)
			f.name = wire_str(&w);
		else if (w.number == FIELD_JSON_NAME)
			f.json = wire_str(&w);
		else if (w.number == FIELD_TYPE_NAME)
			f.type_name = wire_str(&w);
		else if (w.number == FIELD_NUMBER)
			f.number = (uint32_t)w.num;
		else if (w.number == FIELD_LABEL)
			f.repeated = w.num == LABEL_REPEATED;
		else if (w.number == FIELD_TYPE)
			f.type = (unsigned)w.num;
		else if (w.number == FIELD_ONEOF)
			f.oneof = (int64_t)w.num;
		else if (w.number == FIELD_PROTO3_OPTIONAL)
			f.optional = w.num != 0;
		else if (w.number == FIELD_OPTIONS)
			f.packed = read_packed(wire_sub(&w), f.packed);
	}
	if (f.type == TYPE_GROUP || f.type >= TYPE__MAX)
		errx(1, "field %s: groups are not supported", f.name);
	if (f.optional)
		f.oneof = -1; /* the oneof is protoc's way of saying so */
	f.packed = f.packed && f.repeated && type_packable(f.type);
	f.cname = name_field(f.name);
	return f;
}

static bool
read_flag(struct wire w, uint32_t number)
{
	bool on;

	for (on = false; wire_next(&w);)
		if (w.number == number)
			on = w.num != 0;
	return on;
}

static const char *
read_name(struct wire w, uint32_t number)
{
	while (wire_next(&w))
		if (w.number == number)
			return wire_str(&w);
	return "";
}

static int
cmp_field(const void *a, const void *b)
{
	const struct field *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

/* protoc lists the made-up oneofs of optional fields last: drop those. */
static void
drop_unused_oneofs(struct message *m)
{
	size_t i, used;

	for (i = used = 0; i < m->nfields; i++)
		if (m->fields[i].oneof >= 0 &&
		    (size_t)m->fields[i].oneof + 1 > used)
			used = (size_t)m->fields[i].oneof + 1;
	m->noneofs = used;
}

static void
read_message(const struct file *file, struct wire w, const char *scope,
    const char *outer)
{
	struct message *m;
	const char *name;

	name = read_name(w, MSG_NAME);
	m = arena_zalloc(contracts.mem, sizeof(*m));
	m->file = file;
	m->full = arena_printf(contracts.mem, "%s.%s", scope, name);
	m->cname = name_type(outer, name);
	m->fields = arena_calloc(contracts.mem, wire_count(w, MSG_FIELD) + 1,
	    sizeof(*m->fields));
	m->oneofs = arena_calloc(contracts.mem, wire_count(w, MSG_ONEOF) + 1,
	    sizeof(*m->oneofs));
	*messages_tail = m;
	messages_tail = &m->next;
	while (wire_next(&w)) {
		if (w.number == MSG_FIELD)
			m->fields[m->nfields++] =
			    read_field(wire_sub(&w), file->proto3);
		else if (w.number == MSG_ONEOF)
			m->oneofs[m->noneofs++] =
			    read_name(wire_sub(&w), ONEOF_NAME);
		else if (w.number == MSG_OPTIONS)
			m->map_entry =
			    read_flag(wire_sub(&w), MSGOPT_MAP_ENTRY);
		else if (w.number == MSG_NESTED)
			read_message(file, wire_sub(&w), m->full, m->cname);
		else if (w.number == MSG_ENUM)
			read_enum(file, wire_sub(&w), m->full, m->cname);
	}
	qsort(m->fields, m->nfields, sizeof(*m->fields), cmp_field);
	drop_unused_oneofs(m);
}

static void
read_method_options(struct wire w, struct method *m)
{
	while (wire_next(&w)) {
		if (w.number == OPT_IDEMPOTENCY)
			m->idempotency = w.num;
		else if (w.number == OPT_NEED)
			m->need = w.num;
		else if (w.number == OPT_TX)
			m->tx = w.num;
		else if (w.number == OPT_MAX_BYTES)
			m->max_bytes = w.num;
		else if (w.number == OPT_NEVER_COMPRESS)
			m->never_compress = w.num != 0;
		else if (w.number == OPT_WHILE_SUSPENDED)
			m->while_suspended = w.num != 0;
		else if (w.number == OPT_SERVED_APART)
			m->apart = w.num != 0;
		else if (w.number == OPT_OUTSIDE)
			m->outside = w.num != 0;
	}
}

static struct method
read_method(struct wire w)
{
	struct method m;

	memset(&m, 0, sizeof(m));
	while (wire_next(&w)) {
		if (w.number == METHOD_NAME)
			m.name = wire_str(&w);
		else if (w.number == METHOD_INPUT)
			m.in_name = wire_str(&w);
		else if (w.number == METHOD_OUTPUT)
			m.out_name = wire_str(&w);
		else if (w.number == METHOD_CLIENT_STREAMING)
			m.client_stream = w.num != 0;
		else if (w.number == METHOD_SERVER_STREAMING)
			m.server_stream = w.num != 0;
		else if (w.number == METHOD_OPTIONS)
			read_method_options(wire_sub(&w), &m);
	}
	m.cname = name_snake(m.name);
	return m;
}

static int
cmp_method(const void *a, const void *b)
{
	const struct method *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static void
read_service(struct file *file, struct wire w)
{
	struct service *s;
	const char *name;
	struct wire opt;

	if (file->nservices == NITEMS(file->services))
		errx(1, "%s: too many services", file->name);
	s = &file->services[file->nservices++];
	name = read_name(w, SERVICE_NAME);
	s->full = arena_printf(contracts.mem, "%s.%s", file->package, name);
	s->cname = name_service(name);
	s->methods = arena_calloc(contracts.mem,
	    wire_count(w, SERVICE_METHOD) + 1, sizeof(*s->methods));
	while (wire_next(&w)) {
		if (w.number == SERVICE_METHOD)
			s->methods[s->nmethods++] = read_method(wire_sub(&w));
		if (w.number != SERVICE_OPTIONS)
			continue;
		for (opt = wire_sub(&w); wire_next(&opt);)
			if (opt.number == OPT_SERVICE_MAX_BYTES)
				s->max_bytes = opt.num;
	}
	qsort(s->methods, s->nmethods, sizeof(*s->methods), cmp_method);
}

static void
read_dependency(struct file *f, const struct wire *w)
{
	if (f->ndeps == NITEMS(f->deps))
		errx(1, "%s: too many imports", f->name);
	f->deps[f->ndeps++] = wire_str(w);
}

static void
read_file(struct wire w)
{
	struct file *f;
	const char *scope;

	f = arena_zalloc(contracts.mem, sizeof(*f));
	f->name = read_name(w, FILE_NAME);
	f->stem = name_stem(f->name);
	f->package = read_name(w, FILE_PACKAGE);
	f->proto3 = strcmp(read_name(w, FILE_SYNTAX), "proto3") == 0;
	scope = f->package[0] == '\0'
	    ? ""
	    : arena_printf(contracts.mem, ".%s", f->package);
	*files_tail = f;
	files_tail = &f->next;
	if (strcmp(f->name, "google/protobuf/descriptor.proto") == 0)
		return; /* proto2, there for options.proto alone */
	while (wire_next(&w)) {
		if (w.number == FILE_DEPENDENCY)
			read_dependency(f, &w);
		else if (w.number == FILE_MESSAGE)
			read_message(f, wire_sub(&w), scope, NULL);
		else if (w.number == FILE_ENUM)
			read_enum(f, wire_sub(&w), scope, NULL);
		else if (w.number == FILE_SERVICE)
			read_service(f, wire_sub(&w));
	}
}

struct request
descriptor_read(const void *p, size_t len)
{
	struct request rq = { .parameter = "" };
	struct wire w;

	w = wire_of(p, len);
	rq.asked = arena_calloc(contracts.mem,
	    wire_count(w, REQ_FILE_TO_GENERATE) + 1, sizeof(*rq.asked));
	while (wire_next(&w)) {
		if (w.number == REQ_FILE_TO_GENERATE)
			rq.asked[rq.nasked++] = wire_str(&w);
		else if (w.number == REQ_PARAMETER)
			rq.parameter = wire_str(&w);
		else if (w.number == REQ_PROTO_FILE)
			read_file(wire_sub(&w));
	}
	return rq;
}

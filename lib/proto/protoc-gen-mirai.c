/*
 * The contract compiler: a protoc plugin. protoc parses and checks the
 * contracts and hands their descriptors over on standard input; this program
 * answers with C: X.pb.h and X.pb.c (structs, and the tables that
 * lib/rpc/pb*.c run on), X.rpc.h and X.rpc.c (handler prototypes and the
 * dispatch table). With the parameter "services" it answers one table of
 * every service and method it was given, without handlers.
 *
 * It refuses a method that does not say who may call it.
 */

#include <assert.h>
#include <err.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

/* Numbers of descriptor.proto and plugin.proto. */
enum {
	REQ_FILE_TO_GENERATE = 1,
	REQ_PARAMETER = 2,
	REQ_PROTO_FILE = 15,
	RES_ERROR = 1,
	RES_FEATURES = 2,
	RES_FILE = 15,
	RES_FILE_NAME = 1,
	RES_FILE_CONTENT = 15,
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
	OPT_SERVICE_MAX_BYTES = 50001
};

/* Values of those that mean something to us. */
enum {
	LABEL_REPEATED = 3,
	TYPE_GROUP = 10,
	TYPE_MESSAGE = 11,
	TYPE_ENUM = 14,
	TYPE_STRING = 9,
	TYPE_BYTES = 12,
	TYPE__MAX = 19,
	NO_SIDE_EFFECTS = 1,
	TX_READ = 2,
	TX_NONE = 3,
	NEED__MAX = 7
};

struct file;
struct message;

struct value {
	const char *name;
	int32_t number;
};

struct enumeration {
	const char *full;  /* ".mirai.v1.Plan" */
	const char *cname; /* "plan" */
	const char *scope; /* "PB_", or "PB_OUTER_" when nested */
	struct value *values;
	size_t nvalues;
	const struct file *file;
	struct enumeration *next; /* of all */
};

struct field {
	const char *name;
	const char *cname; /* not a C keyword */
	const char *json;
	const char *type_name;
	const struct message *msg;
	const struct enumeration *en;
	int64_t oneof; /* -1: none */
	uint32_t number;
	unsigned type;
	bool repeated;
	bool optional;
	bool packed;
};

struct message {
	const char *full;
	const char *cname;
	struct field *fields;
	const char **oneofs;
	size_t nfields;
	size_t noneofs;
	bool map_entry;
	const struct file *file;
	struct message *next; /* of all */
};

struct method {
	const char *name;
	const char *cname;
	const char *in_name, *out_name;
	const struct message *in, *out;
	uint64_t need, tx, max_bytes, idempotency;
	bool client_stream, server_stream;
	bool never_compress, while_suspended, apart;
};

struct service {
	const char *full;	/* "mirai.v1.TeamService" */
	const char *cname;	/* "team" */
	struct method *methods; /* by name */
	size_t nmethods;
	uint64_t max_bytes;
};

struct file {
	const char *name;
	const char *stem; /* name without ".proto" */
	const char *package;
	const char *deps[64];
	size_t ndeps;
	struct service services[16];
	size_t nservices;
	bool proto3;
	struct file *next;
};

static struct arena *mem;
static struct file *files, **files_tail = &files;
static struct message *messages, **messages_tail = &messages;
static struct enumeration *enums, **enums_tail = &enums;

/* --- reading descriptors -------------------------------------------------- */

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
	return arena_strndup(mem, (const char *)w->data, w->len);
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

/* --- names ---------------------------------------------------------------- */

static bool
is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool
is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

/*
 * Whether a new word starts at s[i], i > 0. A run of capitals is one word and
 * keeps a plural s: ListSMEs, GetUploadURL, SMETask.
 */
static bool
word_starts(const char *s, size_t i)
{
	bool plural;

	if (!is_upper(s[i]) || s[i - 1] == '_')
		return false;
	if (!is_upper(s[i - 1]))
		return true;
	plural = s[i + 1] == 's' && !is_lower(s[i + 2]);
	return is_lower(s[i + 1]) && !plural;
}

static char *
snake(const char *s)
{
	char *out;
	size_t i, n;

	out = arena_alloc(mem, 2 * strlen(s) + 1);
	for (i = n = 0; s[i] != '\0'; i++) {
		if (i > 0 && word_starts(s, i))
			out[n++] = '_';
		out[n++] = is_upper(s[i]) ? (char)(s[i] + 'a' - 'A') : s[i];
	}
	out[n] = '\0';
	return out;
}

static char *
upper(const char *s)
{
	char *out;
	size_t i;

	out = arena_strdup(mem, s);
	for (i = 0; out[i] != '\0'; i++)
		if (is_lower(out[i]))
			out[i] = (char)(out[i] + 'A' - 'a');
	return out;
}

/* A type's name, free of those that lib/rpc/pb*.h have taken. */
static const char *
type_cname(const char *outer, const char *name)
{
	static const char *const taken[] = { "bytes", "desc", "enum", "error",
		"fname", "field", "file", "kind", "limits", "name", "wkt" };
	const char *s;
	size_t i;

	s = snake(name);
	if (outer != NULL)
		return arena_printf(mem, "%s_%s", outer, s);
	for (i = 0; i < NITEMS(taken); i++)
		if (strcmp(s, taken[i]) == 0)
			return arena_printf(mem, "%s_message", s);
	return s;
}

static const char *
field_cname(const char *name)
{
	static const char *const words[] = { "auto", "bool", "break", "case",
		"char", "const", "continue", "default", "do", "double", "else",
		"enum", "extern", "false", "float", "for", "goto", "if",
		"inline", "int", "long", "register", "restrict", "return",
		"short", "signed", "sizeof", "static", "struct", "switch",
		"true", "typedef", "union", "unsigned", "void", "volatile",
		"while" };
	size_t i;

	for (i = 0; i < NITEMS(words); i++)
		if (strcmp(name, words[i]) == 0)
			return arena_printf(mem, "%s_", name);
	return name;
}

/* --- from descriptors to our structs -------------------------------------- */

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

	e = arena_zalloc(mem, sizeof(*e));
	e->file = file;
	e->values = arena_calloc(mem, wire_count(w, ENUM_VALUE) + 1,
	    sizeof(*e->values));
	while (wire_next(&w)) {
		if (w.number == ENUM_NAME) {
			e->full =
			    arena_printf(mem, "%s.%s", scope, wire_str(&w));
			e->cname = type_cname(outer, wire_str(&w));
		} else if (w.number == ENUM_VALUE)
			e->values[e->nvalues++] = read_value(wire_sub(&w));
	}
	e->scope =
	    outer == NULL ? "PB_" : arena_printf(mem, "PB_%s_", upper(outer));
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
	f.cname = field_cname(f.name);
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
	m = arena_zalloc(mem, sizeof(*m));
	m->file = file;
	m->full = arena_printf(mem, "%s.%s", scope, name);
	m->cname = type_cname(outer, name);
	m->fields =
	    arena_calloc(mem, wire_count(w, MSG_FIELD) + 1, sizeof(*m->fields));
	m->oneofs =
	    arena_calloc(mem, wire_count(w, MSG_ONEOF) + 1, sizeof(*m->oneofs));
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
	m.cname = snake(m.name);
	return m;
}

/* "TeamService" is team; a service by another name keeps all of it. */
static const char *
service_cname(const char *name)
{
	char *s, *tail;

	s = snake(name);
	tail = strstr(s, "_service");
	if (tail != NULL && tail[8] == '\0')
		*tail = '\0';
	return s;
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
	s->full = arena_printf(mem, "%s.%s", file->package, name);
	s->cname = service_cname(name);
	s->methods = arena_calloc(mem, wire_count(w, SERVICE_METHOD) + 1,
	    sizeof(*s->methods));
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

static const char *
stem_of(const char *name)
{
	const char *dot;

	dot = strrchr(name, '.');
	return dot == NULL ? name
			   : arena_strndup(mem, name, (size_t)(dot - name));
}

static void
read_file(struct wire w)
{
	struct file *f;
	const char *scope;

	f = arena_zalloc(mem, sizeof(*f));
	f->name = read_name(w, FILE_NAME);
	f->stem = stem_of(f->name);
	f->package = read_name(w, FILE_PACKAGE);
	f->proto3 = strcmp(read_name(w, FILE_SYNTAX), "proto3") == 0;
	scope =
	    f->package[0] == '\0' ? "" : arena_printf(mem, ".%s", f->package);
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

/* --- resolving and checking ----------------------------------------------- */

static const struct message *
find_message(const char *full)
{
	const struct message *m;

	for (m = messages; m != NULL; m = m->next)
		if (strcmp(m->full, full) == 0)
			return m;
	errx(1, "no message %s", full);
}

static const struct enumeration *
find_enum(const char *full)
{
	const struct enumeration *e;

	for (e = enums; e != NULL; e = e->next)
		if (strcmp(e->full, full) == 0)
			return e;
	errx(1, "no enum %s", full);
}

static void
resolve_fields(struct message *m)
{
	struct field *f;
	size_t i;

	if (m->nfields > 256) /* PB_MAX_FIELDS */
		errx(1, "%s: more than 256 fields", m->full);
	for (i = 0; i < m->nfields; i++) {
		f = &m->fields[i];
		if (f->type == TYPE_MESSAGE)
			f->msg = find_message(f->type_name);
		else if (f->type == TYPE_ENUM)
			f->en = find_enum(f->type_name);
	}
}

/* The text of the first broken rule, NULL when the method is sound. */
static const char *
check_method(const struct service *s, const struct method *m)
{
	const char *rule;

	rule = NULL;
	if (m->need == 0 || m->need >= NEED__MAX)
		rule = "says not who may call it: option (mirai.need)";
	else if (m->tx > TX_NONE)
		rule = "has an unknown transaction kind";
	else if (m->idempotency == NO_SIDE_EFFECTS &&
	    (m->client_stream || m->server_stream))
		rule = "is a stream and cannot be NO_SIDE_EFFECTS";
	if (rule == NULL)
		return NULL;
	return arena_printf(mem, "%s/%s %s", s->full, m->name, rule);
}

static const char *
resolve_service(struct service *s)
{
	const char *error;
	struct method *m;
	size_t i;

	for (i = 0; i < s->nmethods; i++) {
		m = &s->methods[i];
		m->in = find_message(m->in_name);
		m->out = find_message(m->out_name);
		if ((error = check_method(s, m)) != NULL)
			return error;
	}
	return NULL;
}

static const char *
resolve(void)
{
	struct message *m;
	struct file *f;
	const char *error;
	size_t i;

	for (m = messages; m != NULL; m = m->next)
		resolve_fields(m);
	for (f = files; f != NULL; f = f->next)
		for (i = 0; i < f->nservices; i++)
			if ((error = resolve_service(&f->services[i])) != NULL)
				return error;
	return NULL;
}

/* --- writing headers ------------------------------------------------------- */

static void
put_guard(struct buf *b, const char *stem, const char *suffix)
{
	const char *s;
	char c;

	buf_puts(b, "GEN_");
	for (s = upper(stem); *s != '\0'; s++) {
		c = *s;
		buf_putc(b, is_upper(c) || (c >= '0' && c <= '9') ? c : '_');
	}
	buf_puts(b, suffix);
}

static void
put_head(struct buf *b, const struct file *f, const char *suffix)
{
	buf_printf(b, "/* Made from %s; do not edit. */\n#ifndef ", f->name);
	put_guard(b, f->stem, suffix);
	buf_puts(b, "\n#define ");
	put_guard(b, f->stem, suffix);
	buf_puts(b, "\n\n");
}

static void
put_enum(struct buf *b, const struct enumeration *e)
{
	size_t i;

	buf_printf(b, "/* %s */\nenum pb_%s {\n", e->full + 1, e->cname);
	for (i = 0; i < e->nvalues; i++)
		buf_printf(b, "\t%s%s = %d%s\n", e->scope, e->values[i].name,
		    (int)e->values[i].number, i + 1 < e->nvalues ? "," : "");
	buf_printf(b, "};\nextern const struct pb_enum pb_%s_enum;\n\n",
	    e->cname);
}

/* A value of type t as it stands in a struct: type, then a space or a star. */
static const char *
c_type(const struct field *f)
{
	static const char *const names[TYPE__MAX] = { NULL, "double ", "float ",
		"int64_t ", "uint64_t ", "int32_t ", "uint64_t ", "uint32_t ",
		"bool ", "const char *", NULL, NULL, "struct pb_bytes ",
		"uint32_t ", "int32_t ", "int32_t ", "int64_t ", "int32_t ",
		"int64_t " };

	return names[f->type];
}

/* Presence is kept in a bool of its own. */
static bool
has_bool(const struct field *f)
{
	return f->optional && f->type != TYPE_MESSAGE && f->type != TYPE_STRING;
}

static void
put_member(struct buf *b, const struct field *f)
{
	const char *star;

	star = f->repeated ? "*" : "";
	if (has_bool(f))
		buf_printf(b, "\tbool has_%s;\n", f->name);
	if (f->type == TYPE_MESSAGE)
		buf_printf(b, "\tstruct pb_%s *%s;\n", f->msg->cname, f->cname);
	else
		buf_printf(b, "\t%s%s%s;%s%s%s\n", c_type(f), star, f->cname,
		    f->en != NULL ? " /* enum pb_" : "",
		    f->en != NULL ? f->en->cname : "",
		    f->en != NULL ? " */" : "");
	if (f->repeated)
		buf_printf(b, "\tsize_t n%s;\n", f->name);
}

/* enum pb_outer_o { PB_OUTER_O_NONE, PB_OUTER_O_MEMBER = its number ... } */
static void
put_oneof(struct buf *b, const struct message *m, size_t oneof)
{
	const struct field *f;
	const char *prefix;

	prefix =
	    upper(arena_printf(mem, "PB_%s_%s", m->cname, m->oneofs[oneof]));
	buf_printf(b, "enum pb_%s_%s {\n\t%s_NONE = 0", m->cname,
	    m->oneofs[oneof], prefix);
	for (f = m->fields; f < m->fields + m->nfields; f++)
		if (f->oneof == (int64_t)oneof)
			buf_printf(b, ",\n\t%s_%s = %u", prefix, upper(f->name),
			    f->number);
	buf_puts(b, "\n};\n\n");
}

static void
put_struct(struct buf *b, const struct message *m)
{
	size_t i;

	for (i = 0; i < m->noneofs; i++)
		put_oneof(b, m, i);
	buf_printf(b, "/* %s */\nstruct pb_%s {\n", m->full + 1, m->cname);
	for (i = 0; i < m->noneofs; i++)
		buf_printf(b, "\tenum pb_%s_%s which_%s;\n", m->cname,
		    m->oneofs[i], m->oneofs[i]);
	for (i = 0; i < m->nfields; i++)
		put_member(b, &m->fields[i]);
	if (m->nfields == 0)
		buf_puts(b, "\tchar unused; /* C has no empty structs */\n");
	buf_printf(b, "};\nextern const struct pb_desc pb_%s_desc;\n\n",
	    m->cname);
}

/* These two say things to the plugin only. */
static bool
is_generated(const char *proto)
{
	return strcmp(proto, "mirai/options.proto") != 0 &&
	    strcmp(proto, "google/protobuf/descriptor.proto") != 0;
}

static char *
make_pb_h(const struct file *f)
{
	const struct enumeration *e;
	const struct message *m;
	struct buf *b;
	size_t i;

	b = buf_new(mem);
	put_head(b, f, "_PB_H");
	buf_puts(b, "#include \"rpc/pb.h\"\n");
	for (i = 0; i < f->ndeps; i++)
		if (is_generated(f->deps[i]))
			buf_printf(b, "#include \"%s.pb.h\"\n",
			    stem_of(f->deps[i]));
	buf_puts(b, "\n");
	for (e = enums; e != NULL; e = e->next)
		if (e->file == f)
			put_enum(b, e);
	for (m = messages; m != NULL; m = m->next)
		if (m->file == f)
			buf_printf(b, "struct pb_%s;\n", m->cname);
	buf_puts(b, "\n");
	for (m = messages; m != NULL; m = m->next)
		if (m->file == f)
			put_struct(b, m);
	buf_puts(b, "#endif\n");
	return b->data;
}

/* --- writing tables -------------------------------------------------------- */

/* A name with its length and what it stands for, as codecs search them. */
struct name {
	const char *text;
	size_t len;
	int64_t what;
};

static int
cmp_name(const void *a, const void *b)
{
	const struct name *x = a, *y = b;

	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return strcmp(x->text, y->text);
}

static int
cmp_value(const void *a, const void *b)
{
	const struct name *x = a, *y = b;

	return (x->what > y->what) - (x->what < y->what);
}

static void
put_values(struct buf *b, const struct name *names, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		buf_printf(b, "\t{ \"%s\", %lld, %zu },\n", names[i].text,
		    (long long)names[i].what, names[i].len);
}

/* Values by number, the first name of each. */
static size_t
unique_values(const struct enumeration *e, struct name *out)
{
	size_t i, j, n;

	for (i = n = 0; i < e->nvalues; i++) {
		for (j = 0; j < n && out[j].what != e->values[i].number; j++)
			continue;
		if (j < n)
			continue;
		out[n].text = e->values[i].name;
		out[n].len = strlen(out[n].text);
		out[n++].what = e->values[i].number;
	}
	qsort(out, n, sizeof(*out), cmp_value);
	return n;
}

static void
put_enum_table(struct buf *b, const struct enumeration *e)
{
	struct name *names;
	size_t i, n;

	names = arena_calloc(mem, e->nvalues, sizeof(*names));
	n = unique_values(e, names);
	buf_printf(b, "static const struct pb_enum_value %s_values[] = {\n",
	    e->cname);
	put_values(b, names, n);
	for (i = 0; i < e->nvalues; i++) {
		names[i].text = e->values[i].name;
		names[i].len = strlen(names[i].text);
		names[i].what = e->values[i].number;
	}
	qsort(names, e->nvalues, sizeof(*names), cmp_name);
	buf_printf(b, "};\nstatic const struct pb_enum_value %s_names[] = {\n",
	    e->cname);
	put_values(b, names, e->nvalues);
	buf_printf(b,
	    "};\nconst struct pb_enum pb_%s_enum = {\n\t.name = \"%s\",\n"
	    "\t.values = %s_values,\n\t.names = %s_names,\n"
	    "\t.nvalues = %zu,\n\t.nnames = %zu,\n\t.null_value = %s,\n};\n\n",
	    e->cname, e->full + 1, e->cname, e->cname, n, e->nvalues,
	    strcmp(e->full, ".google.protobuf.NullValue") == 0 ? "true"
							       : "false");
}

static const char *
kind_name(unsigned type)
{
	static const char *const names[TYPE__MAX] = { NULL, "DOUBLE", "FLOAT",
		"INT64", "UINT64", "INT32", "FIXED64", "FIXED32", "BOOL",
		"STRING", NULL, "MESSAGE", "BYTES", "UINT32", "ENUM",
		"SFIXED32", "SFIXED64", "SINT32", "SINT64" };

	return names[type];
}

static unsigned
wire_type(const struct field *f)
{
	static const uint8_t types[TYPE__MAX] = { 0, 1, 5, 0, 0, 0, 1, 5, 0, 2,
		3, 2, 2, 0, 0, 5, 1, 0, 0 };

	return f->packed ? 2 : types[f->type];
}

static void
put_tag(struct buf *b, const struct field *f)
{
	uint64_t tag;
	unsigned len;

	tag = (uint64_t)f->number << 3 | wire_type(f);
	buf_puts(b, "\t    .tag = { ");
	for (len = 1; tag > 0x7f; len++, tag >>= 7)
		buf_printf(b, "0x%02x, ", (unsigned)((tag & 0x7f) | 0x80));
	buf_printf(b, "0x%02x },\n\t    .taglen = %u,\n", (unsigned)tag, len);
}

static void
put_flags(struct buf *b, const struct message *m, const struct field *f)
{
	const char *type;

	type = m->cname;
	buf_puts(b, "\t    .flags = 0");
	if (f->repeated)
		buf_puts(b, " | PB_F_REPEATED");
	if (f->packed)
		buf_puts(b, " | PB_F_PACKED");
	if (f->optional)
		buf_puts(b, " | PB_F_OPTIONAL");
	if (has_bool(f))
		buf_puts(b, " | PB_F_HAS");
	if (f->oneof >= 0)
		buf_puts(b, " | PB_F_ONEOF");
	if (f->msg != NULL && f->msg->map_entry)
		buf_puts(b, " | PB_F_MAP");
	buf_puts(b, ",\n");
	if (f->repeated)
		buf_printf(b, "\t    .aux = offsetof(struct pb_%s, n%s),\n",
		    type, f->name);
	else if (has_bool(f))
		buf_printf(b, "\t    .aux = offsetof(struct pb_%s, has_%s),\n",
		    type, f->name);
	else if (f->oneof >= 0)
		buf_printf(b,
		    "\t    .aux = offsetof(struct pb_%s, which_%s),\n", type,
		    m->oneofs[f->oneof]);
}

static void
put_field(struct buf *b, const struct message *m, const struct field *f)
{
	buf_printf(b, "\t{\n\t    .name = \"%s\",\n", f->name);
	buf_printf(b, "\t    .key = \"\\\"%s\\\":\",\n\t    .keylen = %zu,\n",
	    f->json, strlen(f->json) + 3);
	if (f->msg != NULL)
		buf_printf(b, "\t    .msg = &pb_%s_desc,\n", f->msg->cname);
	else
		buf_printf(b, "\t    .size = sizeof(%s),\n", c_type(f));
	if (f->en != NULL)
		buf_printf(b, "\t    .en = &pb_%s_enum,\n", f->en->cname);
	buf_printf(b, "\t    .number = %u,\n", f->number);
	buf_printf(b, "\t    .offset = offsetof(struct pb_%s, %s),\n", m->cname,
	    f->cname);
	buf_printf(b, "\t    .kind = PB_%s,\n", kind_name(f->type));
	put_flags(b, m, f);
	put_tag(b, f);
	buf_puts(b, "\t},\n");
}

/* Both spellings of every field, for the JSON reader. */
static size_t
put_fnames(struct buf *b, const struct message *m)
{
	struct name *names;
	size_t i, n;

	names = arena_calloc(mem, 2 * m->nfields, sizeof(*names));
	for (i = n = 0; i < m->nfields; i++) {
		names[n].text = m->fields[i].name;
		names[n++].what = (int64_t)i;
		if (strcmp(m->fields[i].name, m->fields[i].json) == 0)
			continue;
		names[n].text = m->fields[i].json;
		names[n++].what = (int64_t)i;
	}
	for (i = 0; i < n; i++)
		names[i].len = strlen(names[i].text);
	qsort(names, n, sizeof(*names), cmp_name);
	buf_printf(b, "static const struct pb_fname %s_names[] = {\n",
	    m->cname);
	for (i = 0; i < n; i++)
		buf_printf(b, "\t{ \"%s\", %zu, %lld },\n", names[i].text,
		    names[i].len, (long long)names[i].what);
	buf_puts(b, "};\n");
	return n;
}

/* Strings without presence: "" when the decoder saw none. */
static size_t
put_strings(struct buf *b, const struct message *m)
{
	const struct field *f;
	size_t n;

	n = 0;
	for (f = m->fields; f < m->fields + m->nfields; f++) {
		if (f->type != TYPE_STRING || f->repeated || f->optional ||
		    f->oneof >= 0)
			continue;
		if (n++ == 0)
			buf_printf(b,
			    "static const uint16_t %s_strings[] = {\n",
			    m->cname);
		buf_printf(b, "\toffsetof(struct pb_%s, %s),\n", m->cname,
		    f->cname);
	}
	if (n > 0)
		buf_puts(b, "};\n");
	return n;
}

static const char *
wkt_name(const char *full)
{
	static const char *const names[][2] = {
		{ ".google.protobuf.Any", "ANY" },
		{ ".google.protobuf.BoolValue", "WRAPPER" },
		{ ".google.protobuf.BytesValue", "WRAPPER" },
		{ ".google.protobuf.DoubleValue", "WRAPPER" },
		{ ".google.protobuf.Duration", "DURATION" },
		{ ".google.protobuf.Empty", "EMPTY" },
		{ ".google.protobuf.FieldMask", "FIELD_MASK" },
		{ ".google.protobuf.FloatValue", "WRAPPER" },
		{ ".google.protobuf.Int32Value", "WRAPPER" },
		{ ".google.protobuf.Int64Value", "WRAPPER" },
		{ ".google.protobuf.ListValue", "LIST_VALUE" },
		{ ".google.protobuf.StringValue", "WRAPPER" },
		{ ".google.protobuf.Struct", "STRUCT" },
		{ ".google.protobuf.Timestamp", "TIMESTAMP" },
		{ ".google.protobuf.UInt32Value", "WRAPPER" },
		{ ".google.protobuf.UInt64Value", "WRAPPER" },
		{ ".google.protobuf.Value", "VALUE" },
	};
	size_t i;

	for (i = 0; i < NITEMS(names); i++)
		if (strcmp(names[i][0], full) == 0)
			return names[i][1];
	return "NONE";
}

static void
put_message_table(struct buf *b, const struct message *m)
{
	size_t i, nnames, nstrings, nmaps;

	nnames = nstrings = nmaps = 0;
	for (i = 0; i < m->nfields; i++)
		nmaps +=
		    m->fields[i].msg != NULL && m->fields[i].msg->map_entry;
	if (m->nfields > 0) {
		buf_printf(b, "static const struct pb_field %s_fields[] = {\n",
		    m->cname);
		for (i = 0; i < m->nfields; i++)
			put_field(b, m, &m->fields[i]);
		buf_puts(b, "};\n");
		nnames = put_fnames(b, m);
		nstrings = put_strings(b, m);
	}
	buf_printf(b,
	    "const struct pb_desc pb_%s_desc = {\n\t.name = \"%s\",\n",
	    m->cname, m->full + 1);
	if (nstrings > 0)
		buf_printf(b, "\t.strings = %s_strings,\n\t.nstrings = %zu,\n",
		    m->cname, nstrings);
	if (m->nfields > 0)
		buf_printf(b, "\t.fields = %s_fields,\n\t.names = %s_names,\n",
		    m->cname, m->cname);
	buf_printf(b,
	    "\t.nfields = %zu,\n\t.nnames = %zu,\n\t.nmaps = %zu,\n"
	    "\t.size = sizeof(struct pb_%s),\n\t.wkt = PB_WKT_%s,\n};\n\n",
	    m->nfields, nnames, nmaps, m->cname, wkt_name(m->full));
}

/* The registry entry: every message but the entries of maps. */
static void
put_registry(struct buf *b, const struct file *f)
{
	const struct message *m;
	size_t n;

	n = 0;
	buf_puts(b, "static const struct pb_desc *const descs[] = {\n");
	for (m = messages; m != NULL; m = m->next) {
		if (m->file != f || m->map_entry)
			continue;
		buf_printf(b, "\t&pb_%s_desc,\n", m->cname);
		n++;
	}
	if (n == 0)
		buf_puts(b, "\tNULL,\n");
	buf_printf(b,
	    "};\nstatic struct pb_file file = { descs, %zu, NULL };\n\n"
	    "__attribute__((constructor)) static void\nregister_file(void)\n"
	    "{\n\tpb_register(&file);\n}\n",
	    n);
}

static char *
make_pb_c(const struct file *f)
{
	const struct enumeration *e;
	const struct message *m;
	struct buf *b;

	b = buf_new(mem);
	buf_printf(b,
	    "/* Made from %s; do not edit. */\n#include \"%s.pb.h\"\n"
	    "\n#include <stddef.h>\n\n#include \"rpc/pb_desc.h\"\n\n",
	    f->name, f->stem);
	for (e = enums; e != NULL; e = e->next)
		if (e->file == f)
			put_enum_table(b, e);
	for (m = messages; m != NULL; m = m->next)
		if (m->file == f)
			put_message_table(b, m);
	put_registry(b, f);
	return b->data;
}

/* --- writing dispatch ------------------------------------------------------ */

static void
put_handler(struct buf *b, const char *prefix, const struct service *s,
    const struct method *m, const char *end)
{
	buf_printf(b,
	    "enum code%s%s%s_%s(struct req *r, const struct pb_%s *in,\n"
	    "    struct pb_%s *out)%s",
	    end[0] == ';' ? " " : "\n", prefix, s->cname, m->cname,
	    m->in->cname, m->out->cname, end);
}

/* A handler of ours answers it; otherwise the row says that it is known. */
static bool
has_handler(const struct method *m)
{
	return !m->apart && !m->client_stream;
}

static char *
make_rpc_h(const struct file *f)
{
	const struct service *s;
	const struct method *m;
	struct buf *b;

	b = buf_new(mem);
	put_head(b, f, "_RPC_H");
	buf_printf(b, "#include \"%s.pb.h\"\n#include \"rpc/rpc.h\"\n\n",
	    f->stem);
	for (s = f->services; s < f->services + f->nservices; s++) {
		buf_printf(b, "extern const struct rpc_service %s_service;\n\n",
		    s->cname);
		buf_puts(b, "/* Handlers, written by hand. */\n");
		for (m = s->methods; m < s->methods + s->nmethods; m++)
			if (has_handler(m))
				put_handler(b, "", s, m, ";\n");
		buf_puts(b,
		    "\n/* Calls inside the process, by rpc_call(). */\n");
		for (m = s->methods; m < s->methods + s->nmethods; m++)
			if (has_handler(m) && !m->server_stream)
				put_handler(b, "rpc_", s, m, ";\n");
	}
	buf_puts(b, "\n#endif\n");
	return b->data;
}

static void
put_wrapper(struct buf *b, const struct service *s, const struct method *m)
{
	buf_printf(b,
	    "static enum code\ncall_%s_%s(struct req *r, const void *in, "
	    "void *out)\n{\n\treturn %s_%s(r, in, out);\n}\n\n",
	    s->cname, m->cname, s->cname, m->cname);
}

static const char *
tx_name(const struct method *m)
{
	if (m->tx == TX_NONE)
		return "DB_TX_NONE";
	if (m->tx == TX_READ)
		return "DB_TX_READ";
	if (m->tx == 0 && m->idempotency == NO_SIDE_EFFECTS)
		return "DB_TX_READ";
	return "DB_TX_WRITE";
}

static void
put_row(struct buf *b, const struct service *s, const struct method *m,
    bool handlers)
{
	static const char *const needs[NEED__MAX] = { NULL, "ADMIN", "EDITOR",
		"MEMBER", "USER", "SESSION", "PUBLIC" };

	buf_printf(b, "\t{\n\t    .path = \"/%s/%s\",\n", s->full, m->name);
	buf_printf(b, "\t    .in = &pb_%s_desc,\n\t    .out = &pb_%s_desc,\n",
	    m->in->cname, m->out->cname);
	buf_printf(b, "\t    .need = RPC_NEED_%s,\n\t    .tx = %s,\n",
	    needs[m->need], tx_name(m));
	buf_printf(b, "\t    .get = %s,\n\t    .stream = %s,\n",
	    m->idempotency == NO_SIDE_EFFECTS ? "true" : "false",
	    m->server_stream ? "true" : "false");
	buf_printf(b,
	    "\t    .never_compress = %s,\n\t    .while_suspended = %s,\n",
	    m->never_compress ? "true" : "false",
	    m->while_suspended ? "true" : "false");
	buf_printf(b, "\t    .max_bytes = %llu,\n",
	    (unsigned long long)(m->max_bytes != 0 ? m->max_bytes
						   : s->max_bytes));
	if (handlers && has_handler(m))
		buf_printf(b, "\t    .call = call_%s_%s,\n", s->cname,
		    m->cname);
	buf_puts(b, "\t},\n");
}

static void
put_service(struct buf *b, const struct service *s, bool handlers)
{
	const struct method *m;

	buf_printf(b, "static const struct rpc_method %s_methods[] = {\n",
	    s->cname);
	for (m = s->methods; m < s->methods + s->nmethods; m++)
		put_row(b, s, m, handlers);
	buf_printf(b,
	    "};\n%sconst struct rpc_service %s_%s = {\n"
	    "\t.name = \"%s\",\n\t.methods = %s_methods,\n"
	    "\t.nmethods = %zu,\n};\n\n",
	    handlers ? "" : "static ", s->cname, handlers ? "service" : "known",
	    s->full, s->cname, s->nmethods);
}

static void
put_caller(struct buf *b, const struct service *s, size_t i)
{
	put_handler(b, "rpc_", s, &s->methods[i], "\n{\n");
	buf_printf(b, "\treturn rpc_call(r, &%s_methods[%zu], in, out);\n}\n\n",
	    s->cname, i);
}

static char *
make_rpc_c(const struct file *f)
{
	const struct service *s;
	struct buf *b;
	size_t i;

	b = buf_new(mem);
	buf_printf(b,
	    "/* Made from %s; do not edit. */\n#include \"%s.rpc.h\"\n\n",
	    f->name, f->stem);
	for (s = f->services; s < f->services + f->nservices; s++) {
		for (i = 0; i < s->nmethods; i++)
			if (has_handler(&s->methods[i]))
				put_wrapper(b, s, &s->methods[i]);
		put_service(b, s, true);
		for (i = 0; i < s->nmethods; i++)
			if (has_handler(&s->methods[i]) &&
			    !s->methods[i].server_stream)
				put_caller(b, s, i);
	}
	return b->data;
}

/* --- every known service, without handlers --------------------------------- */

static bool
is_asked(const struct file *f, const char *const *asked, size_t nasked)
{
	size_t i;

	for (i = 0; i < nasked; i++)
		if (strcmp(asked[i], f->name) == 0)
			return true;
	return false;
}

static char *
make_services_c(const char *const *asked, size_t nasked)
{
	const struct service *s;
	const struct file *f;
	struct buf *b, *list;

	b = buf_new(mem);
	list = buf_new(mem);
	buf_puts(b,
	    "/* Made from the contracts; do not edit. */\n"
	    "#include \"mirai/services.h\"\n\n");
	for (f = files; f != NULL; f = f->next)
		if (is_asked(f, asked, nasked) && f->nservices > 0)
			buf_printf(b, "#include \"%s.pb.h\"\n", f->stem);
	buf_puts(b, "\n");
	for (f = files; f != NULL; f = f->next) {
		if (!is_asked(f, asked, nasked))
			continue;
		for (s = f->services; s < f->services + f->nservices; s++) {
			put_service(b, s, false);
			buf_printf(list, "\t&%s_known,\n", s->cname);
		}
	}
	buf_printf(b,
	    "const struct rpc_service *const pb_all_services[] = {\n%s"
	    "\tNULL\n};\n",
	    buf_str(list));
	return b->data;
}

static const char services_h[] =
    "/* Made from the contracts; do not edit. */\n"
    "#ifndef GEN_MIRAI_SERVICES_H\n#define GEN_MIRAI_SERVICES_H\n\n"
    "#include \"rpc/rpc.h\"\n\n"
    "/*\n * Every service of every contract, NULL-terminated; rows have no\n"
    " * handler. For telling \"not built\" from \"never heard of\".\n */\n"
    "extern const struct rpc_service *const pb_all_services[];\n\n#endif\n";

/* --- the answer ------------------------------------------------------------ */

static void
put_len(struct buf *b, uint32_t number, const char *p, size_t len)
{
	uint64_t n[2];
	size_t i;

	n[0] = (uint64_t)number << 3 | 2;
	n[1] = len;
	for (i = 0; i < NITEMS(n); i++) {
		for (; n[i] > 0x7f; n[i] >>= 7)
			buf_putc(b, (char)((n[i] & 0x7f) | 0x80));
		buf_putc(b, (char)n[i]);
	}
	buf_put(b, p, len);
}

static void
answer_file(struct buf *out, const char *name, const char *content)
{
	struct buf *b;

	b = buf_new(mem);
	put_len(b, RES_FILE_NAME, name, strlen(name));
	put_len(b, RES_FILE_CONTENT, content, strlen(content));
	put_len(out, RES_FILE, b->data, b->len);
}

static void
answer_contract(struct buf *out, const struct file *f)
{
	const char *s;

	s = f->stem;
	answer_file(out, arena_printf(mem, "%s.pb.h", s), make_pb_h(f));
	answer_file(out, arena_printf(mem, "%s.pb.c", s), make_pb_c(f));
	if (f->nservices == 0)
		return;
	answer_file(out, arena_printf(mem, "%s.rpc.h", s), make_rpc_h(f));
	answer_file(out, arena_printf(mem, "%s.rpc.c", s), make_rpc_c(f));
}

static void
answer(struct buf *out, const char *parameter, const char *const *asked,
    size_t nasked)
{
	const struct file *f;
	const char *error;

	buf_put(out, "\x10\x01", 2); /* supported_features: proto3 optional */
	if ((error = resolve()) != NULL) {
		put_len(out, RES_ERROR, error, strlen(error));
	} else if (strcmp(parameter, "services") == 0) {
		answer_file(out, "mirai/services.h", services_h);
		answer_file(out, "mirai/services.c",
		    make_services_c(asked, nasked));
	} else if (parameter[0] != '\0') {
		error = "unknown parameter: only \"services\" is known";
		put_len(out, RES_ERROR, error, strlen(error));
	} else {
		for (f = files; f != NULL; f = f->next)
			if (is_asked(f, asked, nasked))
				answer_contract(out, f);
	}
}

static void
read_all(struct buf *b, FILE *in)
{
	size_t n;

	do {
		n = fread(buf_reserve(b, 65536), 1, 65536, in);
		b->len += n;
	} while (n > 0);
	if (ferror(in))
		err(1, "reading the request");
}

int
main(void)
{
	const char **asked, *parameter;
	struct buf *in, *out;
	struct wire w;
	size_t nasked;

	mem = arena_new();
	in = buf_new(mem);
	out = buf_new(mem);
	read_all(in, stdin);
	w = wire_of((const uint8_t *)in->data, in->len);
	asked = arena_calloc(mem, wire_count(w, REQ_FILE_TO_GENERATE) + 1,
	    sizeof(*asked));
	parameter = "";
	for (nasked = 0; wire_next(&w);) {
		if (w.number == REQ_FILE_TO_GENERATE)
			asked[nasked++] = wire_str(&w);
		else if (w.number == REQ_PARAMETER)
			parameter = wire_str(&w);
		else if (w.number == REQ_PROTO_FILE)
			read_file(wire_sub(&w));
	}
	answer(out, parameter, asked, nasked);
	if (fwrite(out->data, 1, out->len, stdout) != out->len ||
	    fflush(stdout) != 0)
		err(1, "writing the answer");
	arena_free(mem);
	return 0;
}

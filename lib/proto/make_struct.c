/*
 * Writes X.pb.h: the enums and structs of a contract.
 */
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "proto/make.h"
#include "proto/name.h"

static void
put_guard(struct buf *b, const char *stem, const char *suffix)
{
	const char *s;
	char c;

	buf_puts(b, "GEN_");
	for (s = name_upper(stem); *s != '\0'; s++) {
		c = *s;
		buf_putc(b,
		    name_is_upper(c) || (c >= '0' && c <= '9') ? c : '_');
	}
	buf_puts(b, suffix);
}

void
make_head(struct buf *b, const struct file *f, const char *suffix)
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
const char *
make_c_type(const struct field *f)
{
	static const char *const names[TYPE__MAX] = { NULL, "double ", "float ",
		"int64_t ", "uint64_t ", "int32_t ", "uint64_t ", "uint32_t ",
		"bool ", "const char *", NULL, NULL, "struct pb_bytes ",
		"uint32_t ", "int32_t ", "int32_t ", "int64_t ", "int32_t ",
		"int64_t " };

	return names[f->type];
}

/* Presence is kept in a bool of its own. */
bool
make_has_bool(const struct field *f)
{
	return f->optional && f->type != TYPE_MESSAGE && f->type != TYPE_STRING;
}

static void
put_member(struct buf *b, const struct field *f)
{
	const char *star;

	star = f->repeated ? "*" : "";
	if (make_has_bool(f))
		buf_printf(b, "\tbool has_%s;\n", f->name);
	if (f->type == TYPE_MESSAGE)
		buf_printf(b, "\tstruct pb_%s *%s;\n", f->msg->cname, f->cname);
	else
		buf_printf(b, "\t%s%s%s;%s%s%s\n", make_c_type(f), star,
		    f->cname, f->en != NULL ? " /* enum pb_" : "",
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

	prefix = name_upper(arena_printf(contracts.mem, "PB_%s_%s", m->cname,
	    m->oneofs[oneof]));
	buf_printf(b, "enum pb_%s_%s {\n\t%s_NONE = 0", m->cname,
	    m->oneofs[oneof], prefix);
	for (f = m->fields; f < m->fields + m->nfields; f++)
		if (f->oneof == (int64_t)oneof)
			buf_printf(b, ",\n\t%s_%s = %u", prefix,
			    name_upper(f->name), f->number);
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

char *
make_pb_h(const struct file *f)
{
	const struct enumeration *e;
	const struct message *m;
	struct buf *b;
	size_t i;

	b = buf_new(contracts.mem);
	make_head(b, f, "_PB_H");
	buf_puts(b, "#include \"rpc/pb.h\"\n");
	for (i = 0; i < f->ndeps; i++)
		if (is_generated(f->deps[i]))
			buf_printf(b, "#include \"%s.pb.h\"\n",
			    name_stem(f->deps[i]));
	buf_puts(b, "\n");
	for (e = contracts.enums; e != NULL; e = e->next)
		if (e->file == f)
			put_enum(b, e);
	for (m = contracts.messages; m != NULL; m = m->next)
		if (m->file == f)
			buf_printf(b, "struct pb_%s;\n", m->cname);
	buf_puts(b, "\n");
	for (m = contracts.messages; m != NULL; m = m->next)
		if (m->file == f)
			put_struct(b, m);
	buf_puts(b, "#endif\n");
	return b->data;
}

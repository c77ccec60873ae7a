/*
 * Writes X.pb.c: the tables that lib/rpc/pb*.c run on.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "proto/make.h"
#include "proto/name.h"

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

	names = arena_calloc(contracts.mem, e->nvalues, sizeof(*names));
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
	if (make_has_bool(f))
		buf_puts(b, " | PB_F_HAS");
	if (f->oneof >= 0)
		buf_puts(b, " | PB_F_ONEOF");
	if (f->msg != NULL && f->msg->map_entry)
		buf_puts(b, " | PB_F_MAP");
	buf_puts(b, ",\n");
	if (f->repeated)
		buf_printf(b, "\t    .aux = offsetof(struct pb_%s, n%s),\n",
		    type, f->name);
	else if (make_has_bool(f))
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
		buf_printf(b, "\t    .size = sizeof(%s),\n", make_c_type(f));
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

	names = arena_calloc(contracts.mem, 2 * m->nfields, sizeof(*names));
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
	for (m = contracts.messages; m != NULL; m = m->next) {
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

char *
make_pb_c(const struct file *f)
{
	const struct enumeration *e;
	const struct message *m;
	struct buf *b;

	b = buf_new(contracts.mem);
	buf_printf(b,
	    "/* Made from %s; do not edit. */\n#include \"%s.pb.h\"\n"
	    "\n#include <stddef.h>\n\n#include \"rpc/pb_desc.h\"\n\n",
	    f->name, f->stem);
	for (e = contracts.enums; e != NULL; e = e->next)
		if (e->file == f)
			put_enum_table(b, e);
	for (m = contracts.messages; m != NULL; m = m->next)
		if (m->file == f)
			put_message_table(b, m);
	put_registry(b, f);
	return b->data;
}

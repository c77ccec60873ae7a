/*
 * The binary codec against its rules, each by its name in rpc.md, section 10.
 * A row is a message in hex and what becomes of it: its JSON, or path and
 * text of the refusal.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "proto/kinds.pb.h"
#include "tests/test.h"

struct row {
	const char *rule;
	const struct pb_desc *desc;
	const char *hex;
	const char *json;    /* NULL: refused */
	const char *refusal; /* path and text */
};

#define GIVES(json)	    (json), NULL
#define REFUSED(path, text) NULL, path ": " text

static const struct row rows[] = {
	{ "B-1 nothing is an empty message", &pb_scalars_desc, "",
	    GIVES("{}") },
	{ "B-1 field number 0", &pb_scalars_desc, "00 00",
	    REFUSED("", "field number out of range at byte 0") },
	{ "B-1 field number 2^29-1", &pb_names_desc, "fa ff ff ff 0f 01 61",
	    GIVES("{\"farAway\":\"a\"}") },
	{ "B-1 field number 2^29", &pb_scalars_desc, "80 80 80 80 10 00",
	    REFUSED("", "field number out of range at byte 0") },
	{ "B-1 varint of ten bytes", &pb_scalars_desc,
	    "18 ff ff ff ff ff ff ff ff ff 01", GIVES("{\"fInt64\":\"-1\"}") },
	{ "B-1 varint of eleven bytes", &pb_scalars_desc,
	    "18 ff ff ff ff ff ff ff ff ff ff 01",
	    REFUSED("f_int64", "number of more than ten bytes at byte 1") },
	{ "B-1 varint without end", &pb_scalars_desc, "18 ff",
	    REFUSED("f_int64", "message ends within a number at byte 1") },
	{ "B-1 tag without value", &pb_scalars_desc, "18",
	    REFUSED("f_int64", "message ends within a number at byte 1") },
	{ "B-1 tag without end", &pb_scalars_desc, "88",
	    REFUSED("", "message ends within a number at byte 0") },
	{ "B-1 fixed64 cut", &pb_scalars_desc, "09 00 00",
	    REFUSED("f_double", "message ends within a number at byte 1") },
	{ "B-1 fixed32 cut", &pb_scalars_desc, "15 00",
	    REFUSED("f_float", "message ends within a number at byte 1") },
	{ "B-1 length beyond the end", &pb_scalars_desc, "4a 02 61",
	    REFUSED("f_string", "length beyond the end at byte 1") },
	{ "B-1 huge length", &pb_scalars_desc,
	    "4a ff ff ff ff ff ff ff ff ff 01",
	    REFUSED("f_string", "length beyond the end at byte 1") },
	{ "B-1 sub-message beyond its parent", &pb_node_desc,
	    "0a 03 0a 05 22 00",
	    REFUSED("child.child", "length beyond the end at byte 3") },
	{ "B-1 group starts", &pb_scalars_desc, "0b 0c",
	    REFUSED("", "groups are not supported at byte 0") },
	{ "B-1 group ends", &pb_scalars_desc, "0c",
	    REFUSED("", "groups are not supported at byte 0") },
	{ "B-1 unknown group", &pb_scalars_desc, "a3 06 a4 06",
	    REFUSED("", "groups are not supported at byte 0") },
	{ "B-1 wire type 6", &pb_scalars_desc, "0e",
	    REFUSED("", "unknown wire type at byte 0") },
	{ "B-1 wire type 7", &pb_scalars_desc, "0f",
	    REFUSED("", "unknown wire type at byte 0") },
	{ "B-1 text that is not UTF-8", &pb_scalars_desc, "4a 02 c3 28",
	    REFUSED("f_string", "text that is not UTF-8 at byte 2") },
	{ "B-1 overlong UTF-8", &pb_scalars_desc, "4a 02 c0 80",
	    REFUSED("f_string", "text that is not UTF-8 at byte 2") },
	{ "B-1 surrogate in UTF-8", &pb_scalars_desc, "4a 03 ed a0 80",
	    REFUSED("f_string", "text that is not UTF-8 at byte 2") },
	{ "B-1 bytes may be anything", &pb_scalars_desc, "62 03 00 ff c0",
	    GIVES("{\"fBytes\":\"AP/A\"}") },
	{ "B-1 path through lists", &pb_lists_desc, "5a 00 5a 03 4a 01 ff",
	    REFUSED("f_message[1].f_string",
		"text that is not UTF-8 at byte 6") },
	{ "B-1 path through maps", &pb_maps_desc, "3a 05 12 03 4a 01 ff",
	    REFUSED("messages[0].value.f_string",
		"text that is not UTF-8 at byte 6") },
	{ "B-1 path into lists", &pb_lists_desc, "4a 01 61 4a 01 ff",
	    REFUSED("f_string[1]", "text that is not UTF-8 at byte 5") },
	{ "B-1 packed field of odd length", &pb_lists_desc,
	    "0a 07 0000000000"
	    "0000",
	    REFUSED("f_double[0]", "packed field of odd length at byte 2") },
	{ "B-1 packed field cut", &pb_lists_desc, "2a 02 01 ff",
	    REFUSED("f_int32[1]", "message ends within a number at byte 3") },
	{ "B-2 U+0000 in a string", &pb_scalars_desc, "4a 03 61 00 62",
	    REFUSED("f_string", "text with U+0000 at byte 2") },
	{ "B-2 U+0000 in a map key", &pb_maps_desc, "0a 03 0a 01 00",
	    REFUSED("by_string[0].key", "text with U+0000 at byte 4") },
	{ "B-3 last scalar wins", &pb_scalars_desc, "28 01 28 02",
	    GIVES("{\"fInt32\":2}") },
	{ "B-3 last string wins", &pb_scalars_desc, "4a 01 61 4a 00",
	    GIVES("{}") },
	{ "B-3 sub-messages merge", &pb_optionals_desc,
	    "7a 02 28 01 7a 02 40 01",
	    GIVES("{\"fMessage\":{\"fInt32\":1,\"fBool\":true}}") },
	{ "B-3 last oneof member wins", &pb_choice_desc, "10 01 1a 01 61",
	    GIVES("{\"text\":\"a\"}") },
	{ "B-3 a oneof member set again merges", &pb_choice_desc,
	    "22 02 28 01 22 02 40 01",
	    GIVES("{\"message\":{\"fInt32\":1,\"fBool\":true}}") },
	{ "B-3 a oneof member after another starts anew", &pb_choice_desc,
	    "22 02 28 01 10 05 22 02 40 01",
	    GIVES("{\"message\":{\"fBool\":true}}") },
	{ "B-3 packed", &pb_lists_desc, "2a 03 01 02 03",
	    GIVES("{\"fInt32\":[1,2,3]}") },
	{ "B-3 unpacked", &pb_lists_desc, "28 01 28 02",
	    GIVES("{\"fInt32\":[1,2]}") },
	{ "B-3 both", &pb_lists_desc, "28 01 2a 02 02 03 28 04",
	    GIVES("{\"fInt32\":[1,2,3,4]}") },
	{ "B-3 packed where unpacked is declared", &pb_lists_desc,
	    "9a 01 02 01 02", GIVES("{\"fUnpacked\":[1,2]}") },
	{ "B-3 packed doubles", &pb_lists_desc,
	    "0a 10 000000000000f03f 0000000000000040",
	    GIVES("{\"fDouble\":[1,2]}") },
	{ "B-3 enums are open", &pb_scalars_desc, "70 63",
	    GIVES("{\"fEnum\":99}") },
	{ "B-3 negative enum", &pb_scalars_desc,
	    "70 ff ff ff ff ff ff ff ff ff 01",
	    GIVES("{\"fEnum\":\"COLOUR_DEBT\"}") },
	{ "B-3 unknown fields are skipped", &pb_scalars_desc,
	    "a0 06 01 a1 06 0000000000000000 a2 06 02 ff ff a5 06 00000000"
	    " 28 07",
	    GIVES("{\"fInt32\":7}") },
	{ "B-3 other wire type is unknown", &pb_scalars_desc,
	    "2a 01 61 4d 00000000 28 07", GIVES("{\"fInt32\":7}") },
	{ "B-3 int32 takes the low 32 bits", &pb_scalars_desc,
	    "28 81 80 80 80 10", GIVES("{\"fInt32\":1}") },
	{ "B-3 any number but 0 is true", &pb_scalars_desc, "40 80 01",
	    GIVES("{\"fBool\":true}") },
	{ "B-3 zigzag", &pb_scalars_desc,
	    "88 01 01 90 01 ff ff ff ff ff ff ff ff ff 01",
	    GIVES("{\"fSint32\":-1,\"fSint64\":\"-9223372036854775808\"}") },
	{ "B-3 fixed kinds", &pb_scalars_desc,
	    "31 ffffffffffffffff 3d ffffffff 7d ffffffff"
	    " 81 01 feffffffffffffff",
	    GIVES(
		"{\"fFixed64\":\"18446744073709551615\",\"fFixed32\":4294967295,"
		"\"fSfixed32\":-1,\"fSfixed64\":\"-2\"}") },
	{ "B-3 last map entry wins", &pb_maps_desc,
	    "12 04 08 01 10 05 12 04 08 01 10 06",
	    GIVES("{\"byInt32\":{\"1\":\"6\"}}") },
	{ "B-3 map entry without key and value", &pb_maps_desc, "12 00 3a 00",
	    GIVES("{\"byInt32\":{\"0\":\"0\"},\"messages\":{\"\":{}}}") },
	{ "B-4 set to zero is not unset", &pb_optionals_desc,
	    "28 00 40 00 4a 00 62 00 70 00 7a 00",
	    GIVES(
		"{\"fInt32\":0,\"fBool\":false,\"fString\":\"\",\"fBytes\":\"\","
		"\"fEnum\":\"COLOUR_NONE\",\"fMessage\":{}}") },
	{ "B-4 unset", &pb_optionals_desc, "", GIVES("{}") },
	{ "B-4 zero without presence is unset", &pb_scalars_desc, "28 00",
	    GIVES("{}") },
	{ "B-4 -0.0 is not zero", &pb_scalars_desc, "09 0000000000000080",
	    GIVES("{\"fDouble\":-0.0}") },
	{ "B-4 oneof set to zero", &pb_choice_desc, "10 00",
	    GIVES("{\"number\":0}") },
	{ "B-6 declared and large names", &pb_names_desc,
	    "0a 01 61 1a 01 62 22 01 63",
	    GIVES(
		"{\"default\":\"a\",\"@other\":\"b\",\"field2Name\":\"c\"}") },
	{ "B-6 the first alias is written", &pb_scalars_desc, "70 02",
	    GIVES("{\"fEnum\":\"COLOUR_GREEN\"}") },
};

static uint8_t *
unhex(struct arena *a, const char *hex, size_t *len)
{
	unsigned byte;
	uint8_t *out;

	out = arena_alloc(a, strlen(hex) / 2 + 1);
	for (*len = 0; *hex != '\0';) {
		if (*hex == ' ') {
			hex++;
			continue;
		}
		sscanf(hex, "%2x", &byte);
		out[(*len)++] = (uint8_t)byte;
		hex += 2;
	}
	return out;
}

static void
check_row(const struct row *row)
{
	struct pb_error err = { CODE_OK, "", "" };
	struct arena *a;
	struct buf *b;
	uint8_t *in;
	size_t len;
	enum code code;
	void *msg;

	a = arena_new();
	in = unhex(a, row->hex, &len);
	msg = arena_zalloc(a, pb_size(row->desc));
	code = pb_decode(a, row->desc, in, len, NULL, msg, &err);
	b = buf_new(a);
	if (row->json == NULL) {
		test_report(code == CODE_INVALID_ARGUMENT, __FILE__, __LINE__,
		    row->rule);
		CHECK_STR(arena_printf(a, "%s: %s", err.path, err.text),
		    row->refusal);
	} else if (code == CODE_OK &&
	    pb_json_encode(a, b, row->desc, msg, false, &err) == 0) {
		test_report_str(buf_str(b), row->json, __FILE__, __LINE__,
		    row->rule);
	} else {
		test_report_str(err.text, row->json, __FILE__, __LINE__,
		    row->rule);
	}
	arena_free(a);
}

/* depth messages, each in the one before. */
static struct buf *
nested(struct arena *a, unsigned depth)
{
	struct buf *b;
	struct pb_node *n, *inner;

	b = buf_new(a);
	inner = NULL;
	while (depth-- > 0) {
		n = arena_zalloc(a, sizeof(*n));
		n->child = inner;
		inner = n;
	}
	pb_encode(b, &pb_node_desc, inner);
	return b;
}

static enum code
decode_node(struct arena *a, const struct buf *b, struct pb_error *err)
{
	struct pb_node n;

	memset(&n, 0, sizeof(n));
	return pb_decode(a, &pb_node_desc, b->data, b->len, NULL, &n, err);
}

/* B-1: depth 100 passes, 101 does not, 10,000 do not hurt. */
static void
check_depth(void)
{
	struct pb_error err;
	struct arena *a;

	a = arena_new();
	CHECK(decode_node(a, nested(a, 100), &err) == CODE_OK);
	CHECK(decode_node(a, nested(a, 101), &err) == CODE_INVALID_ARGUMENT);
	CHECK(strstr(err.text, "nested too deep") != NULL);
	CHECK(decode_node(a, nested(a, 10000), &err) == CODE_INVALID_ARGUMENT);
	arena_free(a);
}

/* n empty messages, or n packed zeros, as a field of Lists. */
static enum code
decode_many(size_t n, bool packed, size_t limit, struct pb_error *err)
{
	struct pb_lists msg;
	struct arena *a;
	struct buf *b;
	enum code code;
	size_t i;

	a = arena_new();
	arena_set_limit(a, limit);
	b = buf_new(a);
	if (packed) { /* a length of up to three bytes, in full */
		buf_putc(b, 0x2a);
		buf_putc(b, (char)(n | 0x80));
		buf_putc(b, (char)(n >> 7 | 0x80));
		buf_putc(b, (char)(n >> 14));
	}
	for (i = 0; i < n; i++)
		buf_put(b, packed ? "\0" : "\x5a\0", packed ? 1 : 2);
	memset(&msg, 0, sizeof(msg));
	code = pb_decode(a, &pb_lists_desc, b->data, b->len, NULL, &msg, err);
	if (code != CODE_OK) { /* outlive the arena */
		err->text = strstr(err->text, "memory") != NULL ? "memory"
		    : strstr(err->text, "elements") != NULL	? "elements"
								: "else";
	}
	arena_free(a);
	return code;
}

static void
check_bounds(void)
{
	struct pb_error err;

	CHECK(decode_many(100000, false, 0, &err) == CODE_OK);
	CHECK(decode_many(100001, false, 0, &err) == CODE_RESOURCE_EXHAUSTED);
	CHECK_STR(err.text, "elements");
	CHECK(decode_many(100000, true, 0, &err) == CODE_OK);
	CHECK(decode_many(100001, true, 0, &err) == CODE_RESOURCE_EXHAUSTED);
	CHECK_STR(err.text, "elements");
	CHECK(decode_many(90000, false, 1 << 20, &err) ==
	    CODE_RESOURCE_EXHAUSTED);
	CHECK_STR(err.text, "memory");
}

static void
check_hex(struct arena *a, const struct buf *b, const char *want,
    const char *what)
{
	test_report_str(b->len == 0 ? "" : str_hex(a, b->data, b->len), want,
	    __FILE__, __LINE__, what);
}

/* B-4: NULL and "" are the same without presence, and are not written. */
static void
check_empty_strings(struct arena *a)
{
	struct pb_scalars s;
	struct pb_optionals o;
	struct buf b = BUF_INIT;

	memset(&s, 0, sizeof(s));
	pb_encode(&b, &pb_scalars_desc, &s);
	check_hex(a, &b, "", "NULL");
	s.f_string = "";
	pb_encode(&b, &pb_scalars_desc, &s);
	check_hex(a, &b, "", "\"\"");
	memset(&o, 0, sizeof(o));
	o.f_string = "";
	pb_encode(&b, &pb_optionals_desc, &o);
	check_hex(a, &b, "4a00", "optional \"\"");
	CHECK(pb_decode(a, &pb_scalars_desc, "", 0, NULL, &s, NULL) == CODE_OK);
	CHECK_STR(s.f_string, "");
	CHECK(
	    pb_decode(a, &pb_optionals_desc, "", 0, NULL, &o, NULL) == CODE_OK);
	buf_free(&b);
}

/* B-7: fields by number, map entries by key, each with key and value. */
static void
check_order(struct arena *a)
{
	struct pb_maps_by_int32_entry ints[3] = { { 7, 1 }, { -1, 2 },
		{ 0, 0 } };
	struct pb_maps_by_string_entry strings[2] = { { "b", "2" },
		{ "a", NULL } };
	struct pb_maps m;
	struct buf b = BUF_INIT;

	memset(&m, 0, sizeof(m));
	m.by_int32 = ints;
	m.nby_int32 = 3;
	m.by_string = strings;
	m.nby_string = 2;
	buf_puts(&b, "x");
	pb_encode(&b, &pb_maps_desc, &m);
	check_hex(a, &b,
	    "78" /* what was there before stays */
	    "0a050a01611200"
	    "0a060a0162120132"
	    "120d08ffffffffffffffffff011002"
	    "120408001000"
	    "120408071001",
	    "B-7 order of maps");
	buf_free(&b);
}

/* A message that outgrows the first room comes out whole. */
static void
check_growth(void)
{
	struct pb_error err;
	struct pb_node n, back;
	struct arena *a;
	struct buf *b;
	size_t i;

	a = arena_new();
	memset(&n, 0, sizeof(n));
	n.nchildren = 5000;
	n.children = arena_calloc(a, n.nchildren, sizeof(*n.children));
	for (i = 0; i < n.nchildren; i++)
		n.children[i].name = arena_printf(a, "child number %zu", i);
	n.name = "parent";
	b = buf_new(a);
	buf_puts(b, "before");
	pb_encode(b, &pb_node_desc, &n);
	memset(&back, 0, sizeof(back));
	CHECK(pb_decode(a, &pb_node_desc, b->data + 6, b->len - 6, NULL, &back,
		  &err) == CODE_OK);
	CHECK(back.nchildren == 5000);
	CHECK_STR(back.children[4999].name, "child number 4999");
	CHECK_STR(back.children[0].name, "child number 0");
	CHECK_STR(back.name, "parent");
	CHECK(memcmp(b->data, "before", 6) == 0);
	arena_free(a);
}

int
main(void)
{
	struct arena *a;
	size_t i;

	for (i = 0; i < NITEMS(rows); i++)
		check_row(&rows[i]);
	a = arena_new();
	check_depth();
	check_bounds();
	check_empty_strings(a);
	check_order(a);
	check_growth();
	arena_free(a);
	return test_done();
}

/*
 * The JSON codec against its rules, each by its name in rpc.md, section 11. A
 * row is a text and what comes out when it is read and written again, or path
 * and text of the refusal.
 */

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/empty.pb.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/protobuf/wrappers.pb.h"
#include "proto/kinds.pb.h"
#include "tests/test.h"

struct row {
	const char *rule;
	const struct pb_desc *desc;
	const char *in;
	const char *out;     /* NULL: refused */
	const char *refusal; /* path and text */
};

#define GIVES(json)	    (json), NULL
#define REFUSED(path, text) NULL, path ": " text

#define SCALARS	  &pb_scalars_desc
#define OPTIONALS &pb_optionals_desc
#define LISTS	  &pb_lists_desc
#define MAPS	  &pb_maps_desc
#define CHOICE	  &pb_choice_desc
#define WELL	  &pb_wellknown_desc
#define NAMES	  &pb_names_desc

static const struct row rows[] = {
	/* J-1: the grammar. */
	{ "J-1 empty object", SCALARS, "{}", GIVES("{}") },
	{ "J-1 white space", SCALARS, " \t\r\n{ \"fInt32\" : 1 } \n",
	    GIVES("{\"fInt32\":1}") },
	{ "J-1 nothing", SCALARS, "",
	    REFUSED("$", "expected an object at byte 0") },
	{ "J-1 byte order mark", SCALARS, "\xef\xbb\xbf{}",
	    REFUSED("$", "expected an object at byte 0") },
	{ "J-1 comment", SCALARS, "{/* */}",
	    REFUSED("$", "expected a member name at byte 1") },
	{ "J-1 trailing comma in an object", SCALARS, "{\"fInt32\":1,}",
	    REFUSED("$", "comma before the end at byte 12") },
	{ "J-1 trailing comma in an array", LISTS, "{\"fInt32\":[1,]}",
	    REFUSED("$.fInt32", "comma before the end at byte 13") },
	{ "J-1 only a comma", LISTS, "{\"fInt32\":[,]}",
	    REFUSED("$.fInt32[0]", "expected a number at byte 11") },
	{ "J-1 missing comma", LISTS, "{\"fInt32\":[1 2]}",
	    REFUSED("$.fInt32", "expected ',' or ']' at byte 13") },
	{ "J-1 missing colon", SCALARS, "{\"fInt32\" 1}",
	    REFUSED("$", "expected ':' at byte 10") },
	{ "J-1 single quotes", SCALARS, "{'fInt32':1}",
	    REFUSED("$", "expected a member name at byte 1") },
	{ "J-1 bare name", SCALARS, "{fInt32:1}",
	    REFUSED("$", "expected a member name at byte 1") },
	{ "J-1 leading zero", SCALARS, "{\"fInt32\":01}",
	    REFUSED("$.fInt32", "expected a number at byte 10") },
	{ "J-1 plus sign", SCALARS, "{\"fInt32\":+1}",
	    REFUSED("$.fInt32", "expected a number at byte 10") },
	{ "J-1 no digit before the point", SCALARS, "{\"fDouble\":.5}",
	    REFUSED("$.fDouble", "expected a number at byte 11") },
	{ "J-1 no digit after the point", SCALARS, "{\"fDouble\":5.}",
	    REFUSED("$.fDouble", "expected a number at byte 11") },
	{ "J-1 no digit in the exponent", SCALARS, "{\"fDouble\":5e}",
	    REFUSED("$.fDouble", "expected a number at byte 11") },
	{ "J-1 hexadecimal", SCALARS, "{\"fInt32\":0x10}",
	    REFUSED("$", "expected ',' or '}' at byte 11") },
	{ "J-1 bare NaN", SCALARS, "{\"fDouble\":NaN}",
	    REFUSED("$.fDouble", "expected a number at byte 11") },
	{ "J-1 bare Infinity", SCALARS, "{\"fDouble\":-Infinity}",
	    REFUSED("$.fDouble", "expected a number at byte 11") },
	{ "J-1 something after the value", SCALARS, "{} {}",
	    REFUSED("$", "something after the value at byte 3") },
	{ "J-1 no end", SCALARS, "{\"fInt32\":1",
	    REFUSED("$", "expected ',' or '}' at byte 11") },
	{ "J-1 control character", SCALARS, "{\"fString\":\"a\nb\"}",
	    REFUSED("$.fString", "control character in a text at byte 13") },
	{ "J-1 text without end", SCALARS, "{\"fString\":\"a",
	    REFUSED("$.fString", "text without an end at byte 13") },
	{ "J-1 overlong UTF-8", SCALARS, "{\"fString\":\"\xc0\x80\"}",
	    REFUSED("$", "text that is not UTF-8 at byte 0") },
	{ "J-1 surrogate in UTF-8", SCALARS, "{\"fString\":\"\xed\xa0\x80\"}",
	    REFUSED("$", "text that is not UTF-8 at byte 0") },
	{ "J-1 escapes", SCALARS,
	    "{\"fString\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20AC\"}",
	    GIVES("{\"fString\":\"\\\"\\\\/\\b\\f\\n\\r\\tA\xc3\xa9\xe2\x82\xac"
		  "\"}") },
	{ "J-1 surrogate pair", SCALARS, "{\"fString\":\"\\ud83d\\uDE00\"}",
	    GIVES("{\"fString\":\"\xf0\x9f\x98\x80\"}") },
	{ "J-1 first half alone", SCALARS, "{\"fString\":\"\\ud83d\"}",
	    REFUSED("$.fString",
		"first half of a surrogate pair alone at byte 18") },
	{ "J-1 first half twice", SCALARS, "{\"fString\":\"\\ud83d\\ud83d\"}",
	    REFUSED("$.fString",
		"first half of a surrogate pair alone at byte 18") },
	{ "J-1 second half alone", SCALARS, "{\"fString\":\"\\ude00\"}",
	    REFUSED("$.fString",
		"second half of a surrogate pair alone at byte 14") },
	{ "J-1 short escape", SCALARS, "{\"fString\":\"\\u12\"}",
	    REFUSED("$.fString", "expected four hex digits at byte 14") },
	{ "J-1 unknown escape", SCALARS, "{\"fString\":\"\\x41\"}",
	    REFUSED("$.fString", "unknown escape at byte 13") },

	/* J-2: names that come twice. */
	{ "J-2 twice", SCALARS, "{\"fInt32\":1,\"fInt32\":1}",
	    REFUSED("$.fInt32", "member comes twice at byte 21") },
	{ "J-2 in both spellings", SCALARS, "{\"fInt32\":1,\"f_int32\":1}",
	    REFUSED("$.fInt32", "member comes twice at byte 22") },
	{ "J-2 once as null", SCALARS, "{\"fInt32\":null,\"fInt32\":1}",
	    REFUSED("$.fInt32", "member comes twice at byte 24") },
	{ "J-2 escaped spelling", SCALARS, "{\"fInt32\":1,\"\\u0066Int32\":1}",
	    REFUSED("$.fInt32", "member comes twice at byte 26") },
	{ "J-2 unknown member twice", SCALARS, "{\"x\":1,\"y\":2,\"x\":3}",
	    REFUSED("$", "member name comes twice at byte 19") },
	{ "J-2 inside an unknown member", SCALARS, "{\"x\":{\"a\":1,\"a\":2}}",
	    REFUSED("$", "member name comes twice at byte 18") },
	{ "J-2 map key", MAPS, "{\"byInt32\":{\"1\":1,\"1\":2}}",
	    REFUSED("$.byInt32", "member name comes twice at byte 24") },
	{ "J-2 escaped map key", MAPS,
	    "{\"byString\":{\"a\":\"\",\"\\u0061\":\"\"}}",
	    REFUSED("$.byString", "member name comes twice at byte 32") },
	{ "J-2 in a Struct", WELL, "{\"object\":{\"a\":1,\"a\":2}}",
	    REFUSED("$.object", "member name comes twice at byte 23") },

	/* J-5: names. */
	{ "J-5 names out", NAMES,
	    "{\"default\":\"a\",\"someLongName\":\"b\",\"@other\":\"c\","
	    "\"field2Name\":\"d\",\"farAway\":\"e\"}",
	    GIVES("{\"default\":\"a\",\"someLongName\":\"b\",\"@other\":\"c\","
		  "\"field2Name\":\"d\",\"farAway\":\"e\"}") },
	{ "J-5 original names in", NAMES,
	    "{\"some_long_name\":\"b\",\"declared\":\"c\","
	    "\"field_2_name\":\"d\",\"far_away\":\"e\"}",
	    GIVES("{\"someLongName\":\"b\",\"@other\":\"c\","
		  "\"field2Name\":\"d\",\"farAway\":\"e\"}") },
	{ "J-5 names are case-sensitive", NAMES, "{\"SomeLongName\":\"b\"}",
	    GIVES("{}") },

	/* J-6: unknown members. */
	{ "J-6 unknown members are skipped", SCALARS,
	    "{\"x\":{\"a\":[1,-2.5e3,\"s\",true,false,null,{}]},\"fInt32\":1}",
	    GIVES("{\"fInt32\":1}") },
	{ "J-6 and still checked", SCALARS, "{\"x\":[01]}",
	    REFUSED("$", "expected a value at byte 6") },
	{ "J-6 bad word in them", SCALARS, "{\"x\":nul}",
	    REFUSED("$", "expected a value at byte 5") },
	{ "J-6 bad text in them", SCALARS, "{\"x\":\"\\q\"}",
	    REFUSED("$", "unknown escape at byte 7") },

	/* J-7: null. */
	{ "J-7 null is unset", OPTIONALS,
	    "{\"fInt32\":null,\"fString\":null,\"fMessage\":null}",
	    GIVES("{}") },
	{ "J-7 null for list and map", LISTS, "{\"fInt32\":null}",
	    GIVES("{}") },
	{ "J-7 null for a map", MAPS, "{\"byInt32\":null}", GIVES("{}") },
	{ "J-7 null in a list", LISTS, "{\"fInt32\":[1,null]}",
	    REFUSED("$.fInt32[1]", "null has no place here at byte 13") },
	{ "J-7 null message in a list", LISTS, "{\"fMessage\":[null]}",
	    REFUSED("$.fMessage[0]", "null has no place here at byte 13") },
	{ "J-7 null wrapper in a list", WELL, "{\"wList\":[1,null]}",
	    REFUSED("$.wList[1]", "null has no place here at byte 12") },
	{ "J-7 null in a map", MAPS, "{\"byInt32\":{\"1\":null}}",
	    REFUSED("$.byInt32[0]", "null has no place here at byte 16") },
	{ "J-7 null is a Value", WELL, "{\"value\":null}",
	    GIVES("{\"value\":null}") },
	{ "J-7 null Values in a list", WELL, "{\"values\":[null,1]}",
	    GIVES("{\"values\":[null,1]}") },
	{ "J-7 null Values in a map", MAPS, "{\"values\":{\"a\":null}}",
	    GIVES("{\"values\":{\"a\":null}}") },
	{ "J-7 NullValues in a list", WELL, "{\"nothings\":[null,null]}",
	    GIVES("{\"nothings\":[null,null]}") },

	/* J-8: oneofs. */
	{ "J-8 two members", CHOICE, "{\"number\":1,\"text\":\"a\"}",
	    REFUSED("$.text",
		"another member of the same oneof is there at byte 19") },
	{ "J-8 null does not count", CHOICE,
	    "{\"number\":null,\"text\":\"a\",\"message\":null}",
	    GIVES("{\"text\":\"a\"}") },
	{ "J-8 unless it is the value", CHOICE, "{\"nothing\":null}",
	    GIVES("{\"nothing\":null}") },
	{ "J-8 and then it counts", CHOICE, "{\"value\":null,\"number\":1}",
	    REFUSED("$.number",
		"another member of the same oneof is there at byte 23") },
	{ "J-8 fields around a oneof", CHOICE,
	    "{\"after\":\"z\",\"flag\":false,\"before\":\"a\"}",
	    GIVES("{\"before\":\"a\",\"flag\":false,\"after\":\"z\"}") },

	/* J-9: what is left out. */
	{ "J-9 defaults are left out", SCALARS,
	    "{\"fInt32\":0,\"fString\":\"\",\"fBool\":false,\"fDouble\":0,"
	    "\"fEnum\":\"COLOUR_NONE\",\"fBytes\":\"\"}",
	    GIVES("{}") },
	{ "J-9 unless they are set", OPTIONALS,
	    "{\"fDouble\":0,\"fInt64\":0,\"fBool\":false,\"fString\":\"\","
	    "\"fBytes\":\"\",\"fEnum\":\"COLOUR_NONE\",\"fMessage\":{}}",
	    GIVES("{\"fDouble\":0,\"fInt64\":\"0\",\"fBool\":false,"
		  "\"fString\":\"\",\"fBytes\":\"\",\"fEnum\":\"COLOUR_NONE\","
		  "\"fMessage\":{}}") },
	{ "J-9 empty list and map", LISTS, "{\"fInt32\":[]}", GIVES("{}") },
	{ "J-9 -0.0 is not the default", SCALARS, "{\"fDouble\":-0.0}",
	    GIVES("{\"fDouble\":-0.0}") },

	/* The table of kinds: int32 and its kin. */
	{ "int32 as a string", SCALARS, "{\"fInt32\":\"-7\"}",
	    GIVES("{\"fInt32\":-7}") },
	{ "int32 limits", LISTS, "{\"fInt32\":[2147483647,-2147483648]}",
	    GIVES("{\"fInt32\":[2147483647,-2147483648]}") },
	{ "int32 over", SCALARS, "{\"fInt32\":2147483648}",
	    REFUSED("$.fInt32", "expected a 32-bit integer at byte 10") },
	{ "int32 under", SCALARS, "{\"fSint32\":-2147483649}",
	    REFUSED("$.fSint32", "expected a 32-bit integer at byte 11") },
	{ "int32 with exponent", LISTS,
	    "{\"fInt32\":[1e3,5.0,1.5e1,1000e-3,0e99,-0]}",
	    GIVES("{\"fInt32\":[1000,5,15,1,0,0]}") },
	{ "int32 with a fraction", SCALARS, "{\"fInt32\":0.5}",
	    REFUSED("$.fInt32", "expected a 32-bit integer at byte 10") },
	{ "int32 as a string with exponent", SCALARS, "{\"fInt32\":\"1e3\"}",
	    GIVES("{\"fInt32\":1000}") },
	{ "int32 as an empty string", SCALARS, "{\"fInt32\":\"\"}",
	    REFUSED("$.fInt32", "expected a 32-bit integer at byte 10") },
	{ "int32 with a space", SCALARS, "{\"fInt32\":\" 1\"}",
	    REFUSED("$.fInt32", "expected a 32-bit integer at byte 10") },
	{ "int32 as a boolean", SCALARS, "{\"fInt32\":true}",
	    REFUSED("$.fInt32", "expected a number at byte 10") },
	{ "int32 as an object", SCALARS, "{\"fInt32\":{}}",
	    REFUSED("$.fInt32", "expected a number at byte 10") },
	{ "uint32 limits", SCALARS, "{\"fUint32\":4294967295}",
	    GIVES("{\"fUint32\":4294967295}") },
	{ "uint32 negative", SCALARS, "{\"fUint32\":-1}",
	    REFUSED("$.fUint32",
		"expected an unsigned 32-bit integer at byte 11") },
	{ "uint32 negative zero", SCALARS, "{\"fUint32\":-0}", GIVES("{}") },
	{ "fixed32 over", SCALARS, "{\"fFixed32\":4294967296}",
	    REFUSED("$.fFixed32",
		"expected an unsigned 32-bit integer at byte 12") },

	/* int64 and its kin. */
	{ "int64 out is a string", SCALARS, "{\"fInt64\":5}",
	    GIVES("{\"fInt64\":\"5\"}") },
	{ "int64 limits", LISTS,
	    "{\"fInt64\":[9223372036854775807,\"-9223372036854775808\"]}",
	    GIVES("{\"fInt64\":[\"9223372036854775807\","
		  "\"-9223372036854775808\"]}") },
	{ "int64 exactly", SCALARS, "{\"fInt64\":9007199254740993}",
	    GIVES("{\"fInt64\":\"9007199254740993\"}") },
	{ "int64 over", SCALARS, "{\"fInt64\":9223372036854775808}",
	    REFUSED("$.fInt64", "expected a 64-bit integer at byte 10") },
	{ "int64 under", SCALARS, "{\"fSint64\":-9223372036854775809}",
	    REFUSED("$.fSint64", "expected a 64-bit integer at byte 11") },
	{ "int64 far over", SCALARS, "{\"fInt64\":1e19}",
	    REFUSED("$.fInt64", "expected a 64-bit integer at byte 10") },
	{ "int64 by exponent", SCALARS, "{\"fInt64\":0.0009e22}",
	    GIVES("{\"fInt64\":\"9000000000000000000\"}") },
	{ "int64 huge exponent", SCALARS, "{\"fInt64\":1e99999999999}",
	    REFUSED("$.fInt64", "expected a 64-bit integer at byte 10") },
	{ "uint64 limits", SCALARS, "{\"fUint64\":18446744073709551615}",
	    GIVES("{\"fUint64\":\"18446744073709551615\"}") },
	{ "uint64 over", SCALARS, "{\"fUint64\":\"18446744073709551616\"}",
	    REFUSED("$.fUint64",
		"expected an unsigned 64-bit integer at byte 11") },

	/* float and double. */
	{ "double shortest", LISTS,
	    "{\"fDouble\":[0.1,1e100,5e-324,1.7976931348623157e308,"
	    "0.30000000000000004,123456789012345680,1]}",
	    GIVES("{\"fDouble\":[0.1,1e+100,5e-324,1.7976931348623157e+308,"
		  "0.30000000000000004,1.2345678901234568e+17,1]}") },
	{ "float shortest", LISTS,
	    "{\"fFloat\":[0.1,3.4028235e38,1e-45,16777216,0.8]}",
	    GIVES("{\"fFloat\":[0.1,3.4028235e+38,1e-45,16777216,0.8]}") },
	{ "double as a string", SCALARS, "{\"fDouble\":\"1.5\"}",
	    GIVES("{\"fDouble\":1.5}") },
	{ "double names", LISTS,
	    "{\"fDouble\":[\"NaN\",\"Infinity\",\"-Infinity\"]}",
	    GIVES("{\"fDouble\":[\"NaN\",\"Infinity\",\"-Infinity\"]}") },
	{ "double names exactly", SCALARS, "{\"fDouble\":\"nan\"}",
	    REFUSED("$.fDouble",
		"expected a number in the range of double at byte 11") },
	{ "double over", SCALARS, "{\"fDouble\":1.8e308}",
	    REFUSED("$.fDouble",
		"expected a number in the range of double at byte 11") },
	{ "float over", SCALARS, "{\"fFloat\":3.5e38}",
	    REFUSED("$.fFloat",
		"expected a number in the range of float at byte 10") },
	{ "double of an empty string", SCALARS, "{\"fDouble\":\"\"}",
	    REFUSED("$.fDouble",
		"expected a number in the range of double at byte 11") },

	/* bool, string, bytes. */
	{ "bool", LISTS, "{\"fBool\":[true,false]}",
	    GIVES("{\"fBool\":[true,false]}") },
	{ "bool as a string", SCALARS, "{\"fBool\":\"true\"}",
	    REFUSED("$.fBool", "expected true or false at byte 9") },
	{ "bool as a number", SCALARS, "{\"fBool\":1}",
	    REFUSED("$.fBool", "expected true or false at byte 9") },
	{ "string escaped minimally", SCALARS,
	    "{\"fString\":\"<\\u2028\\u2029\\u001f\\u007f'/>&\xe2\x82\xac\"}",
	    GIVES("{\"fString\":\"\\u003c\\u2028\\u2029\\u001f\x7f'/>&"
		  "\xe2\x82\xac\"}") },
	{ "string in long runs", SCALARS,
	    "{\"fString\":\"0123456789abcdef\\\"0123456789abcdef<0123\"}",
	    GIVES("{\"fString\":\"0123456789abcdef\\\"0123456789abcdef\\u003c"
		  "0123\"}") },
	{ "string as a number", SCALARS, "{\"fString\":1}",
	    REFUSED("$.fString", "expected a string at byte 11") },
	{ "string with U+0000 (B-2)", SCALARS, "{\"fString\":\"a\\u0000b\"}",
	    REFUSED("$.fString", "text with U+0000 at byte 19") },
	{ "map key with U+0000 (B-2)", MAPS,
	    "{\"byString\":{\"\\u0000\":\"\"}}",
	    REFUSED("$.byString", "text with U+0000 at byte 20") },
	{ "bytes standard", SCALARS, "{\"fBytes\":\"+/+/AA==\"}",
	    GIVES("{\"fBytes\":\"+/+/AA==\"}") },
	{ "bytes URL-safe without padding", SCALARS, "{\"fBytes\":\"-_-_AA\"}",
	    GIVES("{\"fBytes\":\"+/+/AA==\"}") },
	{ "bytes mixed", SCALARS, "{\"fBytes\":\"+_+/\"}",
	    REFUSED("$.fBytes", "expected base64 at byte 10") },
	{ "bytes of length 1 mod 4", SCALARS, "{\"fBytes\":\"AAAAA\"}",
	    REFUSED("$.fBytes", "expected base64 at byte 10") },
	{ "bytes with a space", SCALARS, "{\"fBytes\":\"AA AA\"}",
	    REFUSED("$.fBytes", "expected base64 at byte 10") },

	/* enums. */
	{ "enum by name", SCALARS, "{\"fEnum\":\"COLOUR_RED\"}",
	    GIVES("{\"fEnum\":\"COLOUR_RED\"}") },
	{ "enum by alias", SCALARS, "{\"fEnum\":\"COLOUR_LEAF\"}",
	    GIVES("{\"fEnum\":\"COLOUR_GREEN\"}") },
	{ "enum by number", LISTS, "{\"fEnum\":[1,-1,7,2.0]}",
	    GIVES("{\"fEnum\":[\"COLOUR_RED\",\"COLOUR_DEBT\",7,"
		  "\"COLOUR_GREEN\"]}") },
	{ "enum unknown name is ignored", OPTIONALS, "{\"fEnum\":\"BLUE\"}",
	    GIVES("{}") },
	{ "enum unknown name in a list", LISTS,
	    "{\"fEnum\":[\"COLOUR_RED\",\"BLUE\",\"COLOUR_RED\"]}",
	    GIVES("{\"fEnum\":[\"COLOUR_RED\",\"COLOUR_RED\"]}") },
	{ "enum unknown name in a map", MAPS,
	    "{\"byBool\":{\"true\":\"BLUE\",\"false\":\"COLOUR_RED\"}}",
	    GIVES("{\"byBool\":{\"false\":\"COLOUR_RED\"}}") },
	{ "enum as a fraction", SCALARS, "{\"fEnum\":1.5}",
	    REFUSED("$.fEnum",
		"expected the name of an enum value at byte 9") },
	{ "enum as a boolean", SCALARS, "{\"fEnum\":true}",
	    REFUSED("$.fEnum",
		"expected the name of an enum value at byte 9") },

	/* lists, maps, messages. */
	{ "message as an array", OPTIONALS, "{\"fMessage\":[]}",
	    REFUSED("$.fMessage", "expected an object at byte 12") },
	{ "list as a value", LISTS, "{\"fInt32\":1}",
	    REFUSED("$.fInt32", "expected an array at byte 10") },
	{ "map as an array", MAPS, "{\"byInt32\":[]}",
	    REFUSED("$.byInt32", "expected an object at byte 11") },
	{ "map keys by key", MAPS,
	    "{\"byString\":{\"b\":\"2\",\"a\":\"1\"},\"byInt32\":{\"10\":1,"
	    "\"-1\":2,\"9\":\"3\"},\"byBool\":{\"true\":1,\"false\":0}}",
	    GIVES("{\"byString\":{\"a\":\"1\",\"b\":\"2\"},"
		  "\"byInt32\":{\"-1\":\"2\",\"9\":\"3\",\"10\":\"1\"},"
		  "\"byBool\":{\"false\":\"COLOUR_NONE\","
		  "\"true\":\"COLOUR_RED\"}}") },
	{ "map of every key", MAPS,
	    "{\"byInt64\":{\"-9223372036854775808\":1},\"byUint32\":{"
	    "\"4294967295\":\"AA==\"},\"byUint64\":{\"18446744073709551615\":"
	    "true},\"messages\":{\"m\":{\"fInt32\":1}},\"bySint32\":{\"-1\":"
	    "0.5},\"byFixed64\":{\"1\":2},\"bySfixed64\":{\"-1\":\"x\"}}",
	    GIVES("{\"byInt64\":{\"-9223372036854775808\":1},\"byUint32\":{"
		  "\"4294967295\":\"AA==\"},\"byUint64\":{"
		  "\"18446744073709551615\":true},\"messages\":{\"m\":{"
		  "\"fInt32\":1}},\"bySint32\":{\"-1\":0.5},\"byFixed64\":{"
		  "\"1\":2},\"bySfixed64\":{\"-1\":\"x\"}}") },
	{ "map key with a leading zero", MAPS, "{\"byInt32\":{\"01\":1}}",
	    REFUSED("$.byInt32[0]", "expected an integer as key at byte 17") },
	{ "map key with an exponent", MAPS, "{\"byInt32\":{\"1e1\":1}}",
	    REFUSED("$.byInt32[0]", "expected an integer as key at byte 18") },
	{ "map key negative zero", MAPS, "{\"byInt32\":{\"-0\":1}}",
	    REFUSED("$.byInt32[0]", "expected an integer as key at byte 17") },
	{ "map key over", MAPS, "{\"byInt32\":{\"2147483648\":1}}",
	    REFUSED("$.byInt32[0]", "expected an integer as key at byte 25") },
	{ "map key empty", MAPS, "{\"byInt32\":{\"\":1}}",
	    REFUSED("$.byInt32[0]", "expected an integer as key at byte 15") },
	{ "map key only a sign", MAPS, "{\"byInt32\":{\"-\":1}}",
	    REFUSED("$.byInt32[0]", "expected an integer as key at byte 16") },
	{ "map key boolean", MAPS, "{\"byBool\":{\"True\":1}}",
	    REFUSED("$.byBool[0]", "expected a key true or false at byte 18") },

	/* J-4: paths. */
	{ "J-4 path", LISTS,
	    "{\"fMessage\":[{},{\"fInt32\":1},{\"fInt32\":\"x\"}]}",
	    REFUSED("$.fMessage[2].fInt32",
		"expected a 32-bit integer at byte 39") },
	{ "J-4 path through a map", MAPS,
	    "{\"messages\":{\"secret\":{\"fBool\":2}}}",
	    REFUSED("$.messages[0].fBool",
		"expected true or false at byte 31") },

	/* J-10: Timestamp. */
	{ "J-10 digits", WELL,
	    "{\"times\":[\"1970-01-01T00:00:00Z\","
	    "\"2024-02-29T23:59:59.5Z\",\"2024-02-29T23:59:59.000001Z\","
	    "\"2024-02-29T23:59:59.000000001Z\"]}",
	    GIVES("{\"times\":[\"1970-01-01T00:00:00Z\","
		  "\"2024-02-29T23:59:59.500Z\","
		  "\"2024-02-29T23:59:59.000001Z\","
		  "\"2024-02-29T23:59:59.000000001Z\"]}") },
	{ "J-10 offsets", WELL,
	    "{\"times\":[\"2024-01-01T00:30:00+01:00\","
	    "\"1969-12-31T23:00:00.25-05:30\"]}",
	    GIVES("{\"times\":[\"2023-12-31T23:30:00Z\","
		  "\"1970-01-01T04:30:00.250Z\"]}") },
	{ "J-10 limits", WELL,
	    "{\"times\":[\"0001-01-01T00:00:00Z\","
	    "\"9999-12-31T23:59:59.999999999Z\"]}",
	    GIVES("{\"times\":[\"0001-01-01T00:00:00Z\","
		  "\"9999-12-31T23:59:59.999999999Z\"]}") },
	{ "J-10 before the limit by its offset", WELL,
	    "{\"time\":\"0001-01-01T00:00:00+00:01\"}",
	    REFUSED("$.time", "expected a time as in RFC 3339 at byte 8") },

	/* J-11: Duration. */
	{ "J-11 digits", WELL, "{\"span\":\"-1.500s\"}",
	    GIVES("{\"span\":\"-1.500s\"}") },
	{ "J-11 below a second", WELL, "{\"span\":\"-0.000000001s\"}",
	    GIVES("{\"span\":\"-0.000000001s\"}") },
	{ "J-11 limit", WELL, "{\"span\":\"-315576000000s\"}",
	    GIVES("{\"span\":\"-315576000000s\"}") },

	/* J-12: FieldMask. */
	{ "J-12 paths", WELL, "{\"mask\":\"a,fooBar.bazQux,x1Y\"}",
	    GIVES("{\"mask\":\"a,fooBar.bazQux,x1Y\"}") },
	{ "J-12 empty", WELL, "{\"mask\":\"\"}", GIVES("{\"mask\":\"\"}") },
	{ "J-12 underscore", WELL, "{\"mask\":\"foo_bar\"}",
	    REFUSED("$.mask",
		"expected field paths in lowerCamelCase at byte 17") },
	{ "J-12 empty path", WELL, "{\"mask\":\"a,,b\"}",
	    REFUSED("$.mask",
		"expected field paths in lowerCamelCase at byte 14") },

	/* J-13: Struct, Value, ListValue, NullValue. */
	{ "J-13 free form", WELL,
	    "{\"object\":{\"b\":[1,\"x\",true,null,{\"c\":{}}],\"a\":-1.5},"
	    "\"value\":{\"v\":[]},\"list\":[[],{},\"\"],\"nothing\":null}",
	    GIVES(
		"{\"object\":{\"a\":-1.5,\"b\":[1,\"x\",true,null,{\"c\":{}}]},"
		"\"value\":{\"v\":[]},\"list\":[[],{},\"\"]}") },
	{ "J-13 NullValue of another number", WELL, "{\"nothing\":18}",
	    GIVES("{\"nothing\":18}") },
	{ "J-13 Struct is an object", WELL, "{\"object\":[]}",
	    REFUSED("$.object", "expected an object at byte 10") },
	{ "J-13 ListValue is an array", WELL, "{\"list\":{}}",
	    REFUSED("$.list", "expected an array at byte 8") },
	{ "J-13 Value out of range", WELL, "{\"value\":1e999}",
	    REFUSED("$.value",
		"expected a number in the range of double at byte 14") },
	{ "J-13 Value with bad syntax", WELL, "{\"value\":[1,x]}",
	    REFUSED("$.value[1]", "expected a value at byte 12") },
	{ "J-13 NullValue by name and number", WELL,
	    "{\"nothings\":[\"NULL_VALUE\",0]}",
	    GIVES("{\"nothings\":[null,null]}") },

	/* J-14: wrappers and Empty. */
	{ "J-14 wrappers", WELL,
	    "{\"wBool\":false,\"wInt32\":0,\"wInt64\":\"1\",\"wUint32\":2,"
	    "\"wUint64\":3,\"wFloat\":0.5,\"wDouble\":\"NaN\",\"wString\":\"\","
	    "\"wBytes\":\"AA==\",\"empty\":{}}",
	    GIVES("{\"empty\":{},\"wBool\":false,\"wInt32\":0,"
		  "\"wInt64\":\"1\",\"wUint32\":2,\"wUint64\":\"3\","
		  "\"wFloat\":0.5,\"wDouble\":\"NaN\",\"wString\":\"\","
		  "\"wBytes\":\"AA==\"}") },
	{ "J-14 null is absent", WELL, "{\"wBool\":null,\"empty\":null}",
	    GIVES("{}") },
	{ "J-14 wrapper of another type", WELL, "{\"wInt32\":\"x\"}",
	    REFUSED("$.wInt32", "expected a 32-bit integer at byte 10") },

	/* J-15: Any. */
	{ "J-15 empty", WELL, "{\"any\":{}}", GIVES("{\"any\":{}}") },
	{ "J-15 a message", WELL,
	    "{\"any\":{\"@type\":\"type.googleapis.com/mirai.test.Scalars\","
	    "\"fInt32\":1}}",
	    GIVES("{\"any\":{\"@type\":\"type.googleapis.com/"
		  "mirai.test.Scalars\",\"fInt32\":1}}") },
	{ "J-15 type at the end", WELL,
	    "{\"any\":{\"fInt32\":1,\"@type\":\"x/mirai.test.Scalars\"}}",
	    GIVES("{\"any\":{\"@type\":\"x/mirai.test.Scalars\","
		  "\"fInt32\":1}}") },
	{ "J-15 a form of its own", WELL,
	    "{\"any\":{\"value\":\"1.5s\",\"@type\":"
	    "\"x/google.protobuf.Duration\"}}",
	    GIVES("{\"any\":{\"@type\":\"x/google.protobuf.Duration\","
		  "\"value\":\"1.500s\"}}") },
	{ "J-15 null as a value", WELL,
	    "{\"any\":{\"@type\":\"x/google.protobuf.Value\",\"value\":null}}",
	    GIVES("{\"any\":{\"@type\":\"x/google.protobuf.Value\","
		  "\"value\":null}}") },
	{ "J-15 Empty", WELL,
	    "{\"any\":{\"@type\":\"x/google.protobuf.Empty\"}}",
	    GIVES("{\"any\":{\"@type\":\"x/google.protobuf.Empty\","
		  "\"value\":{}}}") },
	{ "J-15 nested", WELL,
	    "{\"any\":{\"@type\":\"x/google.protobuf.Any\",\"value\":{"
	    "\"@type\":\"x/mirai.test.Scalars\",\"fBool\":true}}}",
	    GIVES("{\"any\":{\"@type\":\"x/google.protobuf.Any\",\"value\":{"
		  "\"@type\":\"x/mirai.test.Scalars\",\"fBool\":true}}}") },
	{ "J-15 unknown type", WELL, "{\"any\":{\"@type\":\"x/no.Such\"}}",
	    REFUSED("$.any", "unknown type in \"@type\" at byte 7") },
	{ "J-15 no type", WELL, "{\"any\":{\"fInt32\":1}}",
	    REFUSED("$.any", "member \"@type\" is missing at byte 7") },
	{ "J-15 type twice", WELL,
	    "{\"any\":{\"@type\":\"x/mirai.test.Scalars\",\"@type\":\"\"}}",
	    REFUSED("$.any", "member name comes twice at byte 50") },
	{ "J-15 value missing", WELL,
	    "{\"any\":{\"@type\":\"x/google.protobuf.Duration\"}}",
	    REFUSED("$.any", "member \"value\" is missing at byte 45") },
	{ "J-15 path inside", WELL,
	    "{\"anys\":[{},{\"@type\":\"x/mirai.test.Scalars\",\"fInt32\":{}}]}",
	    REFUSED("$.anys[1].fInt32", "expected a number at byte 53") },

	/* J-16: the top level. */
	{ "J-16 an object", SCALARS, "[]",
	    REFUSED("$", "expected an object at byte 0") },
	{ "J-16 not null", SCALARS, "null",
	    REFUSED("$", "expected an object at byte 0") },
	{ "J-16 Timestamp", &pb_timestamp_desc, "\"2024-01-01T00:00:00Z\"",
	    GIVES("\"2024-01-01T00:00:00Z\"") },
	{ "J-16 Duration", &pb_duration_desc, " \"1s\" ", GIVES("\"1s\"") },
	{ "J-16 FieldMask", &pb_field_mask_desc, "\"a\"", GIVES("\"a\"") },
	{ "J-16 Struct", &pb_struct_desc, "{\"a\":1}", GIVES("{\"a\":1}") },
	{ "J-16 Value", &pb_value_desc, "null", GIVES("null") },
	{ "J-16 ListValue", &pb_list_value_desc, "[1]", GIVES("[1]") },
	{ "J-16 wrapper", &pb_int64_value_desc, "7", GIVES("\"7\"") },
	{ "J-16 Empty", &pb_empty_desc, "{}", GIVES("{}") },
	{ "J-16 Any", &pb_any_desc, "{}", GIVES("{}") },
	{ "J-16 compact, by number", SCALARS,
	    "{\"fSint64\":1,\"fDouble\":2,\"fString\":\"a\"}",
	    GIVES("{\"fDouble\":2,\"fString\":\"a\",\"fSint64\":\"1\"}") },
};

/* Rows with unknown members and names refused. */
static const struct row strict_rows[] = {
	{ "J-6 strict: unknown member", SCALARS, "{\"x\":1}",
	    REFUSED("$", "unknown member at byte 5") },
	{ "J-6 strict: inside a message", OPTIONALS, "{\"fMessage\":{\"x\":1}}",
	    REFUSED("$.fMessage", "unknown member at byte 17") },
	{ "strict: unknown name of an enum", SCALARS, "{\"fEnum\":\"BLUE\"}",
	    REFUSED("$.fEnum", "unknown name of an enum value at byte 9") },
	{ "strict: in an Any", WELL,
	    "{\"any\":{\"@type\":\"x/google.protobuf.Duration\",\"x\":1,"
	    "\"value\":\"1s\"}}",
	    REFUSED("$.any", "unknown member at byte 49") },
	{ "strict: known members pass", SCALARS, "{\"f_int32\":1}",
	    GIVES("{\"fInt32\":1}") },
};

static void
check_row(const struct row *row, bool strict)
{
	struct pb_limits lim = { 0, 0, strict };
	struct pb_error err = { CODE_OK, "", "" };
	struct arena *a;
	struct buf *b;
	enum code code;
	void *msg;

	a = arena_new();
	msg = arena_zalloc(a, pb_size(row->desc));
	code = pb_json_decode(a, row->desc, row->in, strlen(row->in), &lim, msg,
	    &err);
	b = buf_new(a);
	if (row->out == NULL) {
		test_report(code == CODE_INVALID_ARGUMENT, __FILE__, __LINE__,
		    row->rule);
		CHECK_STR(arena_printf(a, "%s: %s", err.path, err.text),
		    row->refusal);
	} else if (code == CODE_OK &&
	    pb_json_encode(a, b, row->desc, msg, false, &err) == 0) {
		test_report_str(buf_str(b), row->out, __FILE__, __LINE__,
		    row->rule);
	} else {
		test_report_str(arena_printf(a, "%s: %s", err.path, err.text),
		    row->out, __FILE__, __LINE__, row->rule);
	}
	arena_free(a);
}

/* Texts that are no time, no duration. */
static void
check_bad_times(void)
{
	static const char *const times[] = { "", "2024-01-01",
		"2024-01-01T00:00", "2024-01-01T00:00:00",
		"2024-01-01t00:00:00Z", "2024-01-01T00:00:00z",
		"2024-01-01 00:00:00Z", "2024-01-01T00:00:60Z",
		"2024-01-01T24:00:00Z", "2024-01-01T00:60:00Z",
		"2024-13-01T00:00:00Z", "2024-00-01T00:00:00Z",
		"2024-01-00T00:00:00Z", "2024-01-32T00:00:00Z",
		"2023-02-29T00:00:00Z", "1900-02-29T00:00:00Z",
		"0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z",
		"2024-01-01T00:00:00.Z", "2024-01-01T00:00:00.1234567890Z",
		"2024-01-01T00:00:00+01", "2024-01-01T00:00:00+0100",
		"2024-01-01T00:00:00+24:00", "2024-01-01T00:00:00+01:60",
		"2024-01-01T00:00:00ZZ", " 2024-01-01T00:00:00Z",
		"2024-1-01T00:00:00Z", "9999-12-31T23:59:59-00:01" };
	static const char *const spans[] = { "", "1", "s", "1 s", "1S", ".5s",
		"1.s", "+1s", "--1s", "1.0000000001s", "1e3s", "315576000001s",
		"315576000000.1s", "-315576000001s", "99999999999999999999s",
		"1ss" };
	struct pb_error err;
	struct pb_timestamp t;
	struct pb_duration d;
	struct arena *a;
	char *text;
	size_t i;

	a = arena_new();
	for (i = 0; i < NITEMS(times); i++) {
		text = arena_printf(a, "\"%s\"", times[i]);
		memset(&t, 0, sizeof(t));
		test_report(pb_json_decode(a, &pb_timestamp_desc, text,
				strlen(text), NULL, &t,
				&err) == CODE_INVALID_ARGUMENT,
		    __FILE__, __LINE__, text);
	}
	for (i = 0; i < NITEMS(spans); i++) {
		text = arena_printf(a, "\"%s\"", spans[i]);
		memset(&d, 0, sizeof(d));
		test_report(pb_json_decode(a, &pb_duration_desc, text,
				strlen(text), NULL, &d,
				&err) == CODE_INVALID_ARGUMENT,
		    __FILE__, __LINE__, text);
	}
	arena_free(a);
}

/* Messages that JSON cannot hold: refused whole, the buffer as it was. */
static void
refuse(const struct pb_desc *d, const void *msg, const char *path,
    const char *text)
{
	struct pb_error err = { CODE_OK, "", "" };
	struct arena *a;
	struct buf *b;

	a = arena_new();
	b = buf_new(a);
	buf_puts(b, "before");
	test_report(pb_json_encode(a, b, d, msg, false, &err) == -1, __FILE__,
	    __LINE__, text);
	CHECK(err.code == CODE_INTERNAL);
	CHECK_STR(err.path, path);
	CHECK_STR(err.text, text);
	CHECK_STR(buf_str(b), "before");
	arena_free(a);
}

static void
check_unwritable(void)
{
	static const char *paths[] = { "a_1", "a__b", "aB", "a,b", "", "a_" };
	struct pb_wellknown w;
	struct pb_timestamp t;
	struct pb_duration d;
	struct pb_field_mask m;
	struct pb_value v, inner;
	struct pb_list_value list;
	struct pb_any any;
	size_t i;

	for (i = 0; i < NITEMS(paths); i++) { /* J-12 */
		memset(&w, 0, sizeof(w));
		w.mask = &m;
		m.paths = &paths[i];
		m.npaths = 1;
		refuse(&pb_wellknown_desc, &w, "$.mask",
		    "field path without a JSON form");
	}
	memset(&v, 0, sizeof(v)); /* J-13 */
	refuse(&pb_value_desc, &v, "$", "value that holds nothing");
	v.which_kind = PB_VALUE_KIND_NUMBER_VALUE;
	v.number_value = (double)NAN;
	refuse(&pb_value_desc, &v, "$", "number that JSON cannot hold");
	v.number_value = -(double)INFINITY;
	refuse(&pb_value_desc, &v, "$", "number that JSON cannot hold");
	memset(&inner, 0, sizeof(inner));
	list.values = &inner;
	list.nvalues = 1;
	v.which_kind = PB_VALUE_KIND_LIST_VALUE;
	v.list_value = &list;
	memset(&w, 0, sizeof(w));
	w.value = &v;
	refuse(&pb_wellknown_desc, &w, "$.value[0]",
	    "value that holds nothing");
	memset(&any, 0, sizeof(any)); /* J-15 */
	any.type_url = "x/no.Such";
	refuse(&pb_any_desc, &any, "$", "unknown type in an Any");
	any.type_url = "x/mirai.test.Scalars";
	any.value.data = (const uint8_t *)"\xff";
	any.value.len = 1;
	refuse(&pb_any_desc, &any, "$", "malformed message in an Any");
	t.seconds = -62135596801; /* J-10 */
	t.nanos = 0;
	refuse(&pb_timestamp_desc, &t, "$", "time out of range");
	t.seconds = 253402300800;
	refuse(&pb_timestamp_desc, &t, "$", "time out of range");
	t.seconds = 0;
	t.nanos = 1000000000;
	refuse(&pb_timestamp_desc, &t, "$", "time out of range");
	d.seconds = 1; /* J-11 */
	d.nanos = -1;
	refuse(&pb_duration_desc, &d, "$", "duration out of range");
	d.seconds = 315576000001;
	d.nanos = 0;
	refuse(&pb_duration_desc, &d, "$", "duration out of range");
	d.seconds = 0;
	d.nanos = 1000000000;
	refuse(&pb_duration_desc, &d, "$", "duration out of range");
}

/* J-9: rpc.json_emit_defaults writes all that has no presence. */
static void
check_defaults(void)
{
	struct pb_error err;
	struct pb_optionals o;
	struct pb_lists l;
	struct pb_choice c;
	struct pb_scalars s;
	struct arena *a;
	struct buf *b;

	a = arena_new();
	b = buf_new(a);
	memset(&s, 0, sizeof(s));
	CHECK(pb_json_encode(a, b, SCALARS, &s, true, &err) == 0);
	CHECK_STR(buf_str(b),
	    "{\"fDouble\":0,\"fFloat\":0,\"fInt64\":\"0\",\"fUint64\":\"0\","
	    "\"fInt32\":0,\"fFixed64\":\"0\",\"fFixed32\":0,\"fBool\":false,"
	    "\"fString\":\"\",\"fBytes\":\"\",\"fUint32\":0,"
	    "\"fEnum\":\"COLOUR_NONE\",\"fSfixed32\":0,\"fSfixed64\":\"0\","
	    "\"fSint32\":0,\"fSint64\":\"0\"}");
	buf_reset(b);
	memset(&o, 0, sizeof(o));
	CHECK(pb_json_encode(a, b, OPTIONALS, &o, true, &err) == 0);
	CHECK_STR(buf_str(b), "{}");
	buf_reset(b);
	memset(&c, 0, sizeof(c));
	CHECK(pb_json_encode(a, b, CHOICE, &c, true, &err) == 0);
	CHECK_STR(buf_str(b), "{\"before\":\"\",\"after\":\"\"}");
	buf_reset(b);
	memset(&l, 0, sizeof(l));
	CHECK(pb_json_encode(a, b, LISTS, &l, true, &err) == 0);
	CHECK(strncmp(buf_str(b), "{\"fDouble\":[],\"fFloat\":[],", 25) == 0);
	arena_free(a);
}

/* n times open, then n times close, as the member of an object. */
static enum code
decode_deep(const struct pb_desc *d, const char *name, const char *open,
    const char *close, size_t n)
{
	struct pb_error err;
	struct arena *a;
	struct buf *b;
	enum code code;
	size_t i;

	a = arena_new();
	b = buf_new(a);
	buf_printf(b, "{\"%s\":", name);
	for (i = 0; i < n; i++)
		buf_puts(b, open);
	for (i = 0; i < n; i++)
		buf_puts(b, close);
	buf_putc(b, '}');
	code = pb_json_decode(a, d, b->data, b->len, NULL,
	    arena_zalloc(a, pb_size(d)), &err);
	arena_free(a);
	return code;
}

/* J-3: depth 100, the outermost object included, wherever it is. */
static void
check_depth(void)
{
	CHECK(decode_deep(WELL, "value", "[", "]", 99) == CODE_OK);
	CHECK(
	    decode_deep(WELL, "value", "[", "]", 100) == CODE_INVALID_ARGUMENT);
	CHECK(decode_deep(SCALARS, "unknown", "[", "]", 99) == CODE_OK);
	CHECK(decode_deep(SCALARS, "unknown", "[", "]", 100) ==
	    CODE_INVALID_ARGUMENT);
	CHECK(decode_deep(SCALARS, "unknown", "[", "]", 1000000) ==
	    CODE_INVALID_ARGUMENT);
	CHECK(decode_deep(&pb_node_desc, "child", "{\"child\":", "}", 1) ==
	    CODE_INVALID_ARGUMENT);
	CHECK(decode_deep(WELL, "any",
		  "{\"@type\":\"google.protobuf.Any\",\"value\":", "}",
		  2000) == CODE_INVALID_ARGUMENT);
}

static void
check_bounds(void)
{
	struct pb_error err;
	struct pb_lists l;
	struct arena *a;
	struct buf *b;
	size_t i;

	a = arena_new();
	b = buf_new(a);
	buf_puts(b, "{\"fMessage\":[{}");
	for (i = 1; i < 100000; i++)
		buf_puts(b, ",{}");
	buf_puts(b, "]}");
	memset(&l, 0, sizeof(l));
	CHECK(pb_json_decode(a, LISTS, b->data, b->len, NULL, &l, &err) ==
	    CODE_OK);
	CHECK(l.nf_message == 100000);
	b->len -= 2;
	buf_puts(b, ",{}]}");
	memset(&l, 0, sizeof(l));
	CHECK(pb_json_decode(a, LISTS, b->data, b->len, NULL, &l, &err) ==
	    CODE_RESOURCE_EXHAUSTED);
	CHECK_STR(err.path, "$.fMessage[100000]");
	arena_set_limit(a, arena_used(a) + (1 << 20));
	memset(&l, 0, sizeof(l));
	CHECK(pb_json_decode(a, LISTS, b->data, b->len, NULL, &l, &err) ==
	    CODE_RESOURCE_EXHAUSTED);
	arena_free(a);
}

/* Every double and float reads back as itself from its shortest text. */
static void
check_reals(void)
{
	struct pb_scalars s, back;
	struct pb_error err;
	struct arena *a;
	struct buf *b;
	uint64_t bits, x;
	uint32_t bits32;
	size_t i, bad;

	a = arena_new();
	b = buf_new(a);
	x = 88172645463325252;
	for (i = bad = 0; i < 20000; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		bits = x;
		bits32 = (uint32_t)(x >> 32);
		memset(&s, 0, sizeof(s));
		memset(&back, 0, sizeof(back));
		memcpy(&s.f_double, &bits, sizeof(bits));
		memcpy(&s.f_float, &bits32, sizeof(bits32));
		if (isnan(s.f_double) || isnan(s.f_float))
			continue;
		buf_reset(b);
		bad += pb_json_encode(a, b, SCALARS, &s, false, &err) != 0;
		bad += pb_json_decode(a, SCALARS, b->data, b->len, NULL, &back,
			   &err) != CODE_OK;
		bad += memcmp(&s.f_double, &back.f_double, 8) != 0;
		bad += memcmp(&s.f_float, &back.f_float, 4) != 0;
	}
	CHECK(bad == 0);
	arena_free(a);
}

int
main(void)
{
	size_t i;

	for (i = 0; i < NITEMS(rows); i++)
		check_row(&rows[i], false);
	for (i = 0; i < NITEMS(strict_rows); i++)
		check_row(&strict_rows[i], true);
	check_bad_times();
	check_unwritable();
	check_defaults();
	check_depth();
	check_bounds();
	check_reals();
	return test_done();
}

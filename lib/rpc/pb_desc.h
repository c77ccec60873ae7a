/*
 * The tables that lib/proto/make_table.c writes and the codecs in
 * lib/rpc/pb*.c read. Nobody else needs this header.
 */
#ifndef MIRAI_RPC_PB_DESC_H
#define MIRAI_RPC_PB_DESC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "rpc/pb.h"

/* Kinds of values; the numbers are those of descriptor.proto. */
enum pb_kind {
	PB_DOUBLE = 1,
	PB_FLOAT = 2,
	PB_INT64 = 3,
	PB_UINT64 = 4,
	PB_INT32 = 5,
	PB_FIXED64 = 6,
	PB_FIXED32 = 7,
	PB_BOOL = 8,
	PB_STRING = 9,
	PB_MESSAGE = 11,
	PB_BYTES = 12,
	PB_UINT32 = 13,
	PB_ENUM = 14,
	PB_SFIXED32 = 15,
	PB_SFIXED64 = 16,
	PB_SINT32 = 17,
	PB_SINT64 = 18
};

/* Types with a JSON form of their own. */
enum pb_wkt {
	PB_WKT_NONE = 0,
	PB_WKT_TIMESTAMP,
	PB_WKT_DURATION,
	PB_WKT_FIELD_MASK,
	PB_WKT_STRUCT,
	PB_WKT_VALUE,
	PB_WKT_LIST_VALUE,
	PB_WKT_WRAPPER,
	PB_WKT_EMPTY,
	PB_WKT_ANY
};

enum {
	PB_F_REPEATED = 1, /* aux: offset of the count */
	PB_F_PACKED = 2,   /* written packed */
	PB_F_OPTIONAL = 4, /* explicit presence */
	PB_F_HAS = 8,	   /* aux: offset of the bool that says so */
	PB_F_ONEOF = 16,   /* aux: offset of which_ */
	PB_F_MAP = 32	   /* repeated, entries are key and value */
};

struct pb_enum_value {
	const char *name;
	int32_t number;
	uint16_t len; /* of name */
};

struct pb_enum {
	const char *name;
	const struct pb_enum_value *values; /* by number, first alias only */
	const struct pb_enum_value *names;  /* by length, then bytes */
	uint16_t nvalues;
	uint16_t nnames;
	bool null_value; /* google.protobuf.NullValue */
};

struct pb_field {
	const char *name; /* as in the contract */
	const char *key;  /* "\"jsonName\":" */
	const struct pb_desc *msg;
	const struct pb_enum *en;
	uint32_t number;
	uint16_t offset;
	uint16_t aux;
	uint8_t kind;
	uint8_t flags;
	uint8_t keylen;
	uint8_t taglen;
	uint8_t tag[5]; /* as written */
	uint8_t size;	/* of one element in memory, 0 for a message */
};

/* A JSON name or original name of a field. */
struct pb_fname {
	const char *name;
	uint16_t len;
	uint16_t field;
};

/* Contracts keep to it; readers count on it. */
#define PB_MAX_FIELDS 256

struct pb_desc {
	const char *name;
	const struct pb_field *fields; /* by number */
	const struct pb_fname *names;  /* by length, then bytes */
	const uint16_t *strings; /* offsets of strings that are never NULL */
	uint16_t nfields;
	uint16_t nnames;
	uint16_t nstrings;
	uint16_t size;
	uint16_t nmaps;
	enum pb_wkt wkt;
};

/* The types of one contract, chained for pb_find(). */
struct pb_file {
	const struct pb_desc *const *descs;
	size_t ndescs;
	struct pb_file *next;
};

/* A member of the struct msg. */
static inline void *
pb_at(void *msg, size_t offset)
{
	return (char *)msg + offset;
}

static inline const void *
pb_get(const void *msg, size_t offset)
{
	return (const char *)msg + offset;
}

static inline size_t
pb_count(const struct pb_field *f, const void *msg)
{
	const size_t *n = pb_get(msg, f->aux);

	return *n;
}

/* The bytes of one element of a repeated field. */
static inline size_t
pb_element(const struct pb_field *f)
{
	return f->msg != NULL ? f->msg->size : f->size;
}

/* Whether a field that is not repeated is to be written. */
bool pb_is_set(const struct pb_field *f, const void *msg);

/* Notes that a field that is not repeated is there. */
void pb_set(const struct pb_field *f, void *msg);

/*
 * Where the next element of a repeated field goes, zeroed; it counts at once.
 * Capacity follows from the count (powers of two), so arrays only grow here.
 */
void *pb_append(struct arena *a, const struct pb_field *f, void *msg);

/* Makes room for n more elements. */
void pb_reserve(struct arena *a, const struct pb_field *f, void *msg, size_t n);

/*
 * The sub-message of a field that is not repeated, made when it is not there
 * or when another member of its oneof is.
 */
void *pb_open(struct arena *a, const struct pb_field *f, void *msg);

/* Sorts the map fields of msg by key; of equal keys the last one stays. */
void pb_sort_maps(struct arena *a, const struct pb_desc *d, void *msg);

/* The n entries of map field f in order of their keys, as pointers in a. */
const void **pb_sorted(struct arena *a, const struct pb_field *f,
    const void *msg);

/* The field of that number, or NULL. */
const struct pb_field *pb_by_number(const struct pb_desc *d, uint32_t number);

/* What a limit of zero means. */
struct pb_limits pb_limits_of(const struct pb_limits *lim);

/* Called once per contract, before main(), by the generated code. */
void pb_register(struct pb_file *file);

/* The first of all contracts that are linked. */
const struct pb_file *pb_files(void);

#endif

/*
 * Messages: what the generated tables look like, and the two codecs that run
 * on them (spec rpc.md, sections 10 and 11). One table drives binary and
 * JSON, limits and UTF-8 checks.
 *
 * A message is a plain C struct in an arena, all zero = all unset:
 *   string           const char *x     implicit presence: NULL and "" are equal
 *                                      (decoders set ""); optional: NULL = unset
 *   bytes            struct pb_bytes x; optional: with bool has_x
 *   scalar, enum     int32_t x ...;    optional: with bool has_x
 *   message          struct pb_t *x    NULL = unset
 *   repeated         T *x; size_t nx   an array of values: const char **,
 *                                      int32_t *, and for messages
 *                                      struct pb_t * to nx structs in a row
 *   map              struct pb_outer_field_entry *x; size_t nx, in a row, with
 *                                      members key and value
 *   oneof o          enum pb_outer_o which_o (PB_OUTER_O_MEMBER, _NONE) beside
 *                                      the plain members
 * A member that would be a C keyword ends in an underscore: default_.
 */
#ifndef MIRAI_RPC_PB_H
#define MIRAI_RPC_PB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/code.h"

struct pb_desc; /* one message type; generated as pb_NAME_desc */
struct pb_enum; /* one enum type; generated as pb_NAME_enum */

struct pb_bytes {
	const uint8_t *data;
	size_t len;
};

/* Limits of one decode; zero members mean the defaults of rpc.md section 7. */
struct pb_limits {
	size_t max_elements; /* in one repeated field or map: 100,000 */
	unsigned max_depth;  /* 100 */
	bool json_strict;    /* unknown JSON members are an error */
};

/* Where and why a decode failed; text is safe to show, in the arena. */
struct pb_error {
	enum code code;	  /* INVALID_ARGUMENT or RESOURCE_EXHAUSTED */
	const char *path; /* "$.settings.tags[3]" or "settings.tags[3]" */
	const char *text; /* what was expected; never the value */
};

/* Name without leading dot ("mirai.v1.Team") and size of the struct. */
const char *pb_name(const struct pb_desc *d);
size_t pb_size(const struct pb_desc *d);

/* The name of a value ("PLAN_PRO"); NULL when the contract has no such value. */
const char *pb_enum_name(const struct pb_enum *e, int32_t number);

/*
 * Sets the strings of the struct msg that have no presence to "", as decoders
 * do; for structs made by hand and read by a handler.
 */
void pb_init(const struct pb_desc *d, void *msg);

/*
 * Decodes len bytes into the zeroed struct msg of d's size; all memory comes
 * from a, whose limit bounds it. CODE_OK, or *err is set and msg is to be
 * thrown away. Strings and bytes are copied.
 */
enum code pb_decode(struct arena *a, const struct pb_desc *d, const void *p,
    size_t len, const struct pb_limits *lim, void *msg, struct pb_error *err);
enum code pb_json_decode(struct arena *a, const struct pb_desc *d,
    const char *p, size_t len, const struct pb_limits *lim, void *msg,
    struct pb_error *err);

/*
 * Appends the message to b. Fields by number, map entries by key: equal
 * messages give equal bytes. JSON fails (-1, *err set, b as it was) only for
 * values that JSON cannot hold (rpc.md J-12, J-13, J-15).
 */
void pb_encode(struct buf *b, const struct pb_desc *d, const void *msg);
int pb_json_encode(struct arena *a, struct buf *b, const struct pb_desc *d,
    const void *msg, bool emit_defaults, struct pb_error *err) MUST_CHECK;

/* The type of a full name for Any; NULL when no linked contract has it. */
const struct pb_desc *pb_find(const char *name);

/* Well-known times from and to microseconds since 1970. */
struct pb_timestamp;
struct pb_timestamp *pb_time(struct arena *a, int64_t us);
int64_t pb_time_us(const struct pb_timestamp *t); /* 0 for NULL */

#endif

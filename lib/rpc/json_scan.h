/*
 * Strict JSON text (RFC 8259), piece by piece: the ground of the JSON reader
 * in json_read.c and json_form.c. The text has been checked to be UTF-8
 * before the first piece is read. Actions return -1 with the error set.
 */
#ifndef MIRAI_RPC_JSON_SCAN_H
#define MIRAI_RPC_JSON_SCAN_H

#include "rpc/pb.h"

struct json_scan {
	struct arena *a;
	struct pb_limits lim;
	struct pb_error *err;
	const char *start;
	const char *p;
	const char *end;
	unsigned depth; /* objects and arrays that are open */
};

/* A piece of text, in the input or in the arena; no NUL inside. */
struct json_text {
	const char *s;
	size_t len;
	bool copied; /* in the arena and NUL-terminated */
};

/* The member names of one object, to find one that comes twice. */
struct json_names {
	struct json_text *names;
	size_t nnames;
};

/* Sets the error at the present byte; text says what was expected. */
int json_scan_fail(struct json_scan *js, enum code code, const char *text);
int json_scan_bad(struct json_scan *js, const char *text);

/* Puts ".name" or "[i]" in front of the path of the error; returns -1. */
int json_scan_in(struct json_scan *js, const char *name, size_t len);
int json_scan_at(struct json_scan *js, size_t i);

/* The next byte that is not white space, '\0' at the end; it stays. */
char json_scan_peek(struct json_scan *js);

/* Takes null if it comes next. */
bool json_scan_null(struct json_scan *js);

int json_scan_bool(struct json_scan *js, bool *out) MUST_CHECK;
int json_scan_string(struct json_scan *js, struct json_text *out) MUST_CHECK;

/* A number as it is spelled. */
int json_scan_number(struct json_scan *js, struct json_text *out) MUST_CHECK;

/*
 * Objects and arrays: open, then next until it says 0. For an object, next
 * has taken the name and the colon. 1: an element follows.
 */
int json_scan_open(struct json_scan *js, char c) MUST_CHECK;
int json_scan_next_member(struct json_scan *js, bool *first,
    struct json_text *name) MUST_CHECK;
int json_scan_next_item(struct json_scan *js, bool *first) MUST_CHECK;

/* Any value, checked and dropped. */
int json_scan_skip(struct json_scan *js) MUST_CHECK;

/* Remembers a name; json_scan_unique() then says whether none came twice. */
void json_scan_note(struct json_scan *js, struct json_names *names,
    const struct json_text *name);
int json_scan_unique(struct json_scan *js, struct json_names *names) MUST_CHECK;

/* The text as a string in the arena. */
const char *json_scan_str(struct json_scan *js, const struct json_text *t);

/* Memory is within its bound. */
int json_scan_memory(struct json_scan *js) MUST_CHECK;

/* Whether len bytes are one JSON number and nothing else. */
bool json_scan_is_number(const char *s, size_t len);

#endif

/*
 * JSON of internal documents: course bodies, answers of outside services,
 * job payloads. The only user of json-c. Request bodies are not read here but
 * by the contract's own tables (lib/rpc).
 *
 * Values live in an arena and are never freed by hand. Reading is flat: a
 * getter that meets the wrong type gives its default and remembers the first
 * error of the document with its path, which json_error() tells at the end.
 */
#ifndef MIRAI_NET_JSON_H
#define MIRAI_NET_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"

enum json_kind {
	JSON_NULL,
	JSON_BOOL,
	JSON_INT,
	JSON_REAL,
	JSON_TEXT,
	JSON_LIST,
	JSON_OBJECT
};

enum json_form {
	JSON_COMPACT,
	JSON_PRETTY /* two spaces, one member per line, newline at the end */
};

/* Zero stands for the default. */
struct json_limits {
	size_t max_bytes;   /* 16 MiB */
	unsigned max_depth; /* 64 levels of lists and objects */
};

/* A value of a document. Every function takes NULL for "not there". */
struct json;

/*
 * The root of a text that is JSON (RFC 8259, UTF-8, nothing before or after
 * but white space). NULL: *error (may be NULL) says what is wrong, without
 * quoting the text. lim may be NULL.
 */
struct json *json_parse(struct arena *a, const void *p, size_t len,
    const struct json_limits *lim, const char **error);

/*
 * The first error a getter met anywhere in the document of j, as
 * "$.sections[2].name: not a string"; NULL when there was none.
 */
const char *json_error(const struct json *j);

/* Records an error of the caller's own at j, unless there is one already. */
void json_fail(const struct json *j, const char *rule);

/* "$.sections[2].name", in the document's arena. */
const char *json_path(const struct json *j);

enum json_kind json_kind(const struct json *j); /* JSON_NULL for NULL */

/* Member of an object; NULL when absent or null (no error). */
const struct json *json_get(const struct json *j, const char *key);
bool json_has(const struct json *j, const char *key);

/* Elements of a list, 0 for anything else; element i, NULL past the end. */
size_t json_count(const struct json *j);
const struct json *json_at(const struct json *j, size_t i);

/* Members of an object in their order: name of member i, NULL past the end. */
const char *json_key_at(const struct json *j, size_t i);

/*
 * Optional members: absent or null gives def, the wrong type gives def and an
 * error. Text has no NUL inside. Integers outside [min, max] are an error, as
 * are reals that no double holds.
 */
const char *json_get_text(const struct json *j, const char *key,
    const char *def);
int64_t json_get_int(const struct json *j, const char *key, int64_t min,
    int64_t max, int64_t def);
double json_get_real(const struct json *j, const char *key, double def);
bool json_get_bool(const struct json *j, const char *key, bool def);
const struct json *json_get_list(const struct json *j, const char *key);
const struct json *json_get_object(const struct json *j, const char *key);

/* Required members: absence is an error too. */
const char *json_need_text(const struct json *j, const char *key);
int64_t json_need_int(const struct json *j, const char *key, int64_t min,
    int64_t max);
const struct json *json_need_list(const struct json *j, const char *key);
const struct json *json_need_object(const struct json *j, const char *key);

/* The value itself, for elements of lists: wrong type is an error and "". */
const char *json_text(const struct json *j);
double json_real(const struct json *j); /* also of an integer; else 0 */

/* A list of strings as a NULL-terminated array; *nitems may be NULL. */
const char **json_get_texts(const struct json *j, const char *key,
    size_t *nitems);

/*
 * Building. A put replaces a member of that name; text of NULL puts nothing.
 * Strings are copied and must be UTF-8. The _put_ and _add_ makers return the
 * new empty value.
 */
struct json *json_new_object(struct arena *a);
struct json *json_new_list(struct arena *a);
void json_put_text(struct json *o, const char *key, const char *s);
void json_put_int(struct json *o, const char *key, int64_t n);
void json_put_real(struct json *o, const char *key, double d); /* finite */
void json_put_bool(struct json *o, const char *key, bool v);
void json_put_null(struct json *o, const char *key);
struct json *json_put_object(struct json *o, const char *key);
struct json *json_put_list(struct json *o, const char *key);
void json_add_text(struct json *l, const char *s);
void json_add_int(struct json *l, int64_t n);
struct json *json_add_object(struct json *l);
struct json *json_add_list(struct json *l);

/* Shares v (which may be of another document) as member or element. */
void json_put(struct json *o, const char *key, const struct json *v);
void json_add(struct json *l, const struct json *v);

/* Appends j. Equal documents built in the same order give equal bytes. */
void json_write(struct buf *b, const struct json *j, enum json_form form);
const char *json_string(struct arena *a, const struct json *j,
    enum json_form form);

/* Appends s as a JSON string, quotes included. */
void json_quote(struct buf *b, const char *s);

#endif

/*
 * Questions about text, and the few conversions everyone needs.
 */
#ifndef MIRAI_BASE_STR_H
#define MIRAI_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

#define STR_UUID_LEN 36

#define NITEMS(a) (sizeof(a) / sizeof((a)[0]))

/* Canonical lower-case UUID, hyphens included. */
bool str_is_uuid(const char *s);

/* A UUID in any letter case, written canonically to out[37]; false if none. */
bool str_uuid_canon(const char *s, char out[STR_UUID_LEN + 1]);

/* Random version-4 UUID (RFC 9562) from the kernel's generator. */
void str_uuid_new(char out[STR_UUID_LEN + 1]);

/* The UUID text of 16 raw bytes with version 8 (RFC 9562, custom) set. */
void str_uuid_from(const uint8_t raw[16], char out[STR_UUID_LEN + 1]);

bool str_eq(const char *a, const char *b);  /* NULL equals only NULL */
bool str_ieq(const char *a, const char *b); /* ASCII case folded */
bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);
bool str_is_empty(const char *s); /* NULL or "" */

/* Whether s is one of the list, which NULL ends. */
bool str_is_listed(const char *const *list, const char *s);

/* Decimal integer, whole string, in [min, max]; false otherwise. */
bool str_to_i64(const char *s, int64_t min, int64_t max, int64_t *out);

/* s without white space (ASCII and U+00A0, U+3000) at both ends, in a. */
char *str_trim(struct arena *a, const char *s);

/* ASCII letters lowered, in a. */
char *str_lower(struct arena *a, const char *s);

/*
 * What a character is written as in XML and HTML, attributes included; NULL for
 * itself.
 */
const char *str_xml_entity(char c);

/* What a hex digit stands for, -1 for another character. */
int str_hex_value(char c);

/* len bytes as lower-case hex with NUL, in a. */
char *str_hex(struct arena *a, const void *p, size_t len);

/*
 * Percent-decoding of len bytes (RFC 3986 2.1); plus_is_space as in forms.
 * NULL on a bad escape or a decoded NUL.
 */
char *str_url_decode(struct arena *a, const char *s, size_t len,
    bool plus_is_space);

/* Percent-encoding of everything but unreserved characters (RFC 3986 2.3). */
char *str_url_encode(struct arena *a, const char *s);

#endif

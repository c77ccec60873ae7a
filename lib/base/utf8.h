/*
 * UTF-8 (RFC 3629): checking, counting and cutting. Overlong forms,
 * surrogates and values over U+10FFFF are never accepted.
 */
#ifndef MIRAI_BASE_UTF8_H
#define MIRAI_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All len bytes are well-formed. U+0000 counts as well-formed. */
bool utf8_valid(const void *p, size_t len);

/*
 * Decodes one character at p (len > 0 bytes left). Returns its length in
 * bytes and sets *cp; 0 when malformed, *cp untouched.
 */
size_t utf8_decode(const char *p, size_t len, uint32_t *cp);

/* Writes cp to out (at least 4 bytes); returns the length, 0 if no scalar. */
size_t utf8_encode(uint32_t cp, char *out);

/* Characters in a valid string. */
size_t utf8_count(const char *s);

/* Byte length of the first nchars characters of a valid string. */
size_t utf8_prefix(const char *s, size_t nchars);

/*
 * The same without a word that goes on behind them and blanks at the end. A
 * word that fills them all is cut; in scripts that put no blanks between words
 * (from U+2E80) any two characters can be parted.
 */
size_t utf8_prefix_words(const char *s, size_t nchars);

/* No C0, DEL or C1 control character in a valid string. */
bool utf8_is_printable(const char *s);

#endif

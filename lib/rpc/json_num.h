/*
 * Numbers of JSON text: integers read exactly, never through a double, and
 * the shortest text that reads back as the same double or float.
 */
#ifndef MIRAI_RPC_JSON_NUM_H
#define MIRAI_RPC_JSON_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_NUM_MAX 32 /* bytes that any number needs, with the NUL */

/*
 * The integer that len bytes spell as a JSON number ("5", "5.0", "1e3"). False
 * when they are no number, no integer, or out of range.
 */
bool json_num_i64(const char *s, size_t len, int64_t min, int64_t max,
    int64_t *out);
bool json_num_u64(const char *s, size_t len, uint64_t max, uint64_t *out);

/* As above for real numbers; false when the type cannot hold them. */
bool json_num_double(const char *s, size_t len, double *out);
bool json_num_float(const char *s, size_t len, float *out);

/* Writes a finite number to out (JSON_NUM_MAX bytes); returns the length. */
size_t json_num_put_double(char *out, double n);
size_t json_num_put_float(char *out, float n);
size_t json_num_put_i64(char *out, int64_t n);
size_t json_num_put_u64(char *out, uint64_t n);

#endif

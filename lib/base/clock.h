/*
 * Time: the wall clock in microseconds since 1970 UTC, deadlines on the
 * monotonic clock in milliseconds, and RFC 3339 text.
 */
#ifndef MIRAI_BASE_CLOCK_H
#define MIRAI_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

int64_t clock_now_us(void);  /* wall clock */
int64_t clock_mono_ms(void); /* for deadlines and durations only */
int64_t clock_mono_us(void);

/*
 * RFC 3339 text of us in UTC with Z and 0, 3 or 6 fraction digits, the fewest
 * that are exact; in a.
 */
char *clock_rfc3339(struct arena *a, int64_t us);

/*
 * Reads RFC 3339 with Z or an offset, 0 to 9 fraction digits (beyond
 * microseconds cut). False on anything else, *us untouched.
 */
bool clock_parse_rfc3339(const char *s, int64_t *us);

/* IMF-fixdate (RFC 9110 5.6.7) of us, in a. */
char *clock_http_date(struct arena *a, int64_t us);

/* Days since 1970-01-01 of a proleptic Gregorian date, and back. */
int64_t clock_days(int year, int month, int day);
void clock_civil(int64_t days, int *year, int *month, int *day);

#endif

/*
 * Numbers of JSON text. The program keeps the "C" locale, so the C library
 * writes and reads points, not commas.
 */

#include "rpc/json_num.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/json_scan.h"

/* --- reading --------------------------------------------------------------- */

/* The exponent at p, bounded: beyond the bound only zero is in range. */
static int64_t
read_exponent(const char *p, const char *end)
{
	int64_t n;
	bool negative;

	negative = p < end && *p == '-';
	if (p < end && (*p == '-' || *p == '+'))
		p++;
	for (n = 0; p < end; p++)
		if (n < 1000000000)
			n = n * 10 + (*p - '0');
	return negative ? -n : n;
}

/*
 * The digits of a number without sign, as value = digits * 10^exponent. Zeros
 * at the end count in the exponent, so an integer has none below zero.
 */
struct decimal {
	char digits[20];
	size_t ndigits; /* at most one more than fit */
	int64_t exponent;
};

static void
add_digit(struct decimal *d, char c, int64_t *zeros)
{
	if (c == '0') {
		if (d->ndigits > 0)
			(*zeros)++;
		return;
	}
	for (; *zeros > 0 && d->ndigits <= sizeof(d->digits); (*zeros)--)
		if (d->ndigits++ < sizeof(d->digits))
			d->digits[d->ndigits - 1] = '0';
	*zeros = 0;
	if (d->ndigits++ < sizeof(d->digits))
		d->digits[d->ndigits - 1] = c;
	else
		d->ndigits = sizeof(d->digits) + 1;
}

static void
read_decimal(const char *p, const char *end, struct decimal *d)
{
	int64_t zeros, fraction;
	bool point;

	memset(d, 0, sizeof(*d));
	zeros = fraction = 0;
	for (point = false; p < end && *p != 'e' && *p != 'E'; p++) {
		if (*p == '.') {
			point = true;
			continue;
		}
		fraction += point;
		add_digit(d, *p, &zeros);
	}
	d->exponent = zeros - fraction;
	if (p < end)
		d->exponent += read_exponent(p + 1, end);
}

/* The absolute value of a number known to be one; false when no integer. */
static bool
read_magnitude(const char *p, const char *end, uint64_t *out)
{
	struct decimal d;
	uint64_t n;
	size_t i;

	read_decimal(p, end, &d);
	*out = 0;
	if (d.ndigits == 0)
		return true;
	if (d.exponent < 0 || d.exponent > 20 || d.ndigits > sizeof(d.digits))
		return false;
	for (n = i = 0; i < d.ndigits + (size_t)d.exponent; i++)
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n,
			i < d.ndigits ? (uint64_t)(d.digits[i] - '0') : 0, &n))
			return false;
	*out = n;
	return true;
}

bool
json_num_i64(const char *s, size_t len, int64_t min, int64_t max, int64_t *out)
{
	uint64_t n;
	bool negative;

	if (!json_scan_is_number(s, len))
		return false;
	negative = s[0] == '-';
	if (!read_magnitude(s + negative, s + len, &n))
		return false;
	if (negative && n > 0) {
		if (n - 1 > (uint64_t)INT64_MAX || -(int64_t)(n - 1) - 1 < min)
			return false;
		*out = -(int64_t)(n - 1) - 1;
		return true;
	}
	if (n > (uint64_t)INT64_MAX || (int64_t)n > max)
		return false;
	*out = (int64_t)n;
	return true;
}

bool
json_num_u64(const char *s, size_t len, uint64_t max, uint64_t *out)
{
	uint64_t n;
	bool negative;

	if (!json_scan_is_number(s, len))
		return false;
	negative = s[0] == '-';
	if (!read_magnitude(s + negative, s + len, &n) || n > max ||
	    (negative && n > 0))
		return false;
	*out = n;
	return true;
}

/*
 * The text with a NUL, for strtod: in small, or on the heap when it is long.
 */
static char *
terminated(const char *s, size_t len, char *small, size_t cap)
{
	char *p;

	p = len < cap ? small : xmalloc(len + 1);
	memcpy(p, s, len);
	p[len] = '\0';
	return p;
}

bool
json_num_double(const char *s, size_t len, double *out)
{
	char small[64], *text;
	double n;

	if (!json_scan_is_number(s, len))
		return false;
	text = terminated(s, len, small, sizeof(small));
	n = strtod(text, NULL);
	if (text != small)
		free(text);
	if (isinf(n))
		return false;
	*out = n;
	return true;
}

bool
json_num_float(const char *s, size_t len, float *out)
{
	char small[64], *text;
	float n;

	if (!json_scan_is_number(s, len))
		return false;
	text = terminated(s, len, small, sizeof(small));
	n = strtof(text, NULL);
	if (text != small)
		free(text);
	if (isinf(n))
		return false;
	*out = n;
	return true;
}

/* --- writing --------------------------------------------------------------- */

static bool
same_double(const char *text, double n)
{
	double back;

	back = strtod(text, NULL);
	return memcmp(&back, &n, sizeof(n)) == 0;
}

static bool
same_float(const char *text, float n)
{
	float back;

	back = strtof(text, NULL);
	return memcmp(&back, &n, sizeof(n)) == 0;
}

/* "-0" would do, but readers that see an integer in it lose the sign. */
static size_t
put_zero(char *out, bool negative)
{
	if (!negative) {
		out[0] = '0';
		return 1;
	}
	memcpy(out, "-0.0", 4);
	return 4;
}

/*
 * Any normal number with a text of up to DBL_DIG digits is written as that
 * text with DBL_DIG digits; only those too small for that need more tries.
 */
size_t
json_num_put_double(char *out, double n)
{
	int digits, len;

	if (fpclassify(n) == FP_ZERO)
		return put_zero(out, signbit(n) != 0);
	digits = isnormal(n) ? DBL_DIG : 1;
	do {
		len = snprintf(out, JSON_NUM_MAX, "%.*g", digits, n);
	} while (digits++ < DBL_DECIMAL_DIG && !same_double(out, n));
	return (size_t)len;
}

size_t
json_num_put_float(char *out, float n)
{
	int digits, len;

	if (fpclassify(n) == FP_ZERO)
		return put_zero(out, signbit(n) != 0);
	digits = isnormal(n) ? FLT_DIG : 1;
	do {
		len = snprintf(out, JSON_NUM_MAX, "%.*g", digits, (double)n);
	} while (digits++ < FLT_DECIMAL_DIG && !same_float(out, n));
	return (size_t)len;
}

size_t
json_num_put_u64(char *out, uint64_t n)
{
	char digits[20];
	size_t i, len;

	i = sizeof(digits);
	do {
		digits[--i] = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	len = sizeof(digits) - i;
	memcpy(out, digits + i, len);
	return len;
}

size_t
json_num_put_i64(char *out, int64_t n)
{
	if (n >= 0)
		return json_num_put_u64(out, (uint64_t)n);
	out[0] = '-';
	return 1 + json_num_put_u64(out + 1, 0 - (uint64_t)n);
}

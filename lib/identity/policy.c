/*
 * Password policy: length, likeness to what is known of the person, and the
 * passwords everyone tries first. Needs no network and keeps nothing.
 */
#include "identity/policy.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/utf8.h"
#include "identity/common.h"
#include "identity/nfc.h"
#include "net/strength.h"

#define MIN_DISTANCE ((size_t)5)
#define MIN_BITS     20.0 /* a million guesses */
#define MAX_OPERAND  ((size_t)256)

static size_t
min_size(size_t x, size_t y)
{
	return x < y ? x : y;
}

size_t
policy_distance(const char *x, const char *y)
{
	size_t row[MAX_OPERAND + 1], xlen = strlen(x), ylen = strlen(y);
	size_t i, j, diagonal, above;

	for (j = 0; j <= ylen; j++)
		row[j] = j;
	for (i = 1; i <= xlen; i++) {
		diagonal = row[0];
		row[0] = i;
		for (j = 1; j <= ylen; j++) {
			above = row[j];
			row[j] = min_size(min_size(row[j], row[j - 1]) + 1,
			    diagonal + (x[i - 1] != y[j - 1]));
			diagonal = above;
		}
	}
	return row[ylen];
}

size_t
policy_common_run(const char *x, const char *y)
{
	size_t row[MAX_OPERAND + 1] = { 0 }, xlen = strlen(x), ylen = strlen(y);
	size_t i, j, best = 0;

	for (i = 0; i < xlen; i++) {
		for (j = ylen; j > 0; j--) {
			row[j] = x[i] == y[j - 1] ? row[j - 1] + 1 : 0;
			if (row[j] > best)
				best = row[j];
		}
	}
	return best;
}

static bool
is_similar(struct arena *a, const char *folded, const char *personal)
{
	const char *other = nfc_fold(a, personal);
	size_t len = strlen(folded), otherlen = strlen(other);

	if (len > MAX_OPERAND || otherlen > MAX_OPERAND || otherlen == 0)
		return false;
	return policy_distance(folded, other) < MIN_DISTANCE ||
	    policy_common_run(folded, other) * 2 > len;
}

/* The same one to three characters over and over. */
static bool
is_repetition(const char *s, size_t len)
{
	size_t period, i;

	for (period = 1; period <= 3; period++) {
		for (i = period; i < len && s[i] == s[i - period]; i++)
			continue;
		if (i == len)
			return true;
	}
	return false;
}

/* Each character one above, or one below, the one before. */
static bool
is_sequence(const char *s, size_t len)
{
	size_t i;
	int step = s[1] - s[0];

	if (step != 1 && step != -1)
		return false;
	for (i = 2; i < len && s[i] - s[i - 1] == step; i++)
		continue;
	return i == len;
}

static int
compare_text(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

bool
policy_is_common(struct arena *a, const char *password)
{
	const char *folded = nfc_fold(a, password);
	size_t len = strlen(folded);

	return len < 2 || is_repetition(folded, len) ||
	    is_sequence(folded, len) || strength_bits(password) < MIN_BITS ||
	    bsearch(&folded, common_passwords, common_npasswords,
		sizeof(common_passwords[0]), compare_text) != NULL;
}

enum policy_flaw
policy_check(struct arena *a, const char *password, const char *const *personal)
{
	const char *folded;
	size_t i;

	if (strlen(password) > POLICY_MAX_BYTES)
		return POLICY_LONG;
	if (utf8_count(password) < POLICY_MIN_CHARS)
		return POLICY_SHORT;
	folded = nfc_fold(a, password);
	for (i = 0; personal[i] != NULL; i++)
		if (is_similar(a, folded, personal[i]))
			return POLICY_SIMILAR;
	if (policy_is_common(a, password))
		return POLICY_COMMON;
	return POLICY_FINE;
}

/*
 * What a new password must not be (spec identity.md P-1 to P-3).
 */
#ifndef MIRAI_IDENTITY_POLICY_H
#define MIRAI_IDENTITY_POLICY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

#define POLICY_MIN_CHARS 8
#define POLICY_MAX_BYTES ((size_t)1024)

enum policy_flaw {
	POLICY_COMMON = 0, /* zero is the strict answer */
	POLICY_SHORT,
	POLICY_LONG,
	POLICY_SIMILAR,
	POLICY_FINE
};

/*
 * The first flaw of password, which is valid UTF-8. personal is a
 * NULL-terminated list: identifiers, their local parts, names.
 */
enum policy_flaw policy_check(struct arena *a, const char *password,
    const char *const *personal);

/*
 * One of the commonest passwords, a mere run or repetition, or one that a
 * million guesses find.
 */
bool policy_is_common(struct arena *a, const char *password);

/* Bytes of the longest run that both have. */
size_t policy_common_run(const char *x, const char *y);

/* Levenshtein distance in bytes. */
size_t policy_distance(const char *x, const char *y);

#endif

/*
 * limit: the windows of the rules, counted by hand (spec identity.md,
 * section 18).
 */
#include "identity/limit.h"

#include "tests/test.h"

#define S INT64_C(1000)

/* n hits, the last one ago seconds back, each step seconds before. */
static int64_t
wait(enum limit_action action, bool per_address, size_t n, int64_t ago,
    int64_t step)
{
	int64_t ages[512];
	size_t i;

	for (i = 0; i < n; i++) /* oldest first: sorting is limit_wait()'s */
		ages[n - 1 - i] = (ago + (int64_t)i * step) * S;
	return limit_wait(action, per_address, ages, n);
}

static void
test_sign_in(void)
{
	CHECK(wait(LIMIT_SIGN_IN, false, 0, 0, 0) == 0);
	CHECK(wait(LIMIT_SIGN_IN, false, 4, 0, 1) == 0);
	CHECK(wait(LIMIT_SIGN_IN, false, 5, 0, 1) == 1 * S);
	CHECK(wait(LIMIT_SIGN_IN, false, 5, 1, 1) == 0);
	CHECK(wait(LIMIT_SIGN_IN, false, 6, 0, 1) == 2 * S);
	CHECK(wait(LIMIT_SIGN_IN, false, 7, 1, 1) == 3 * S);
	CHECK(wait(LIMIT_SIGN_IN, false, 11, 0, 1) == 60 * S);
	CHECK(wait(LIMIT_SIGN_IN, false, 19, 0, 1) == 60 * S);
	/* the oldest have left the five minutes */
	CHECK(wait(LIMIT_SIGN_IN, false, 8, 0, 100) == 0);
	/* twenty in an hour */
	CHECK(wait(LIMIT_SIGN_IN, false, 20, 0, 60) == 900 * S);
	CHECK(wait(LIMIT_SIGN_IN, false, 20, 899, 60) == 1 * S);
	CHECK(wait(LIMIT_SIGN_IN, false, 20, 900, 60) == 0);
	CHECK(wait(LIMIT_SIGN_IN, false, 25, 0, 60) == 900 * S);
	CHECK(wait(LIMIT_SIGN_IN, false, 20, 0, 190) == 0); /* over an hour */

	CHECK(wait(LIMIT_SIGN_IN, true, 49, 0, 1) == 0);
	CHECK(wait(LIMIT_SIGN_IN, true, 50, 0, 1) == (300 - 49) * S);
	CHECK(wait(LIMIT_SIGN_IN, true, 50, 251, 1) == 0);
}

static void
test_others(void)
{
	CHECK(wait(LIMIT_SEND, false, 2, 0, 1) == 0);
	CHECK(wait(LIMIT_SEND, false, 3, 0, 10) == (600 - 20) * S);
	CHECK(wait(LIMIT_SEND, false, 9, 0, 3600) == 0);
	CHECK(wait(LIMIT_SEND, false, 10, 0, 3600) == (86400 - 32400) * S);
	CHECK(wait(LIMIT_SEND, true, 20, 0, 1) == (3600 - 19) * S);
	CHECK(wait(LIMIT_CODE, false, 20, 0, 1) == (3600 - 19) * S);
	CHECK(wait(LIMIT_CODE, true, 99, 0, 1) == 0);
	CHECK(wait(LIMIT_CODE, true, 100, 0, 1) == (3600 - 99) * S);
	CHECK(wait(LIMIT_FLOW, true, 299, 0, 0) == 0);
	CHECK(wait(LIMIT_FLOW, true, 300, 0, 0) == 300 * S);
	CHECK(wait(LIMIT_FLOW, false, 300, 0, 0) == 0);
	CHECK(wait(LIMIT_REGISTER, true, 10, 0, 1) == (3600 - 9) * S);
}

int
main(void)
{
	test_sign_in();
	test_others();
	return test_done();
}

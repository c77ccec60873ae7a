/*
 * policy: P-1 to P-3, and that the list of common passwords is searchable.
 */
#include "identity/policy.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/utf8.h"
#include "identity/common.h"

#include "tests/test.h"

static const char *const personal[] = { "katharina@example.org", "katharina",
	"Katharina", "Wasserfall", NULL };

static const struct {
	const char *password;
	enum policy_flaw want;
} cases[] = {
	{ "Correct-Horse-7!", POLICY_FINE },
	{ "mrkvova polievka", POLICY_FINE },
	{ "\xf0\x9f\x90\x88\xf0\x9f\x90\x89\xf0\x9f\x90\x8a"
	  "\xf0\x9f\x90\x8b\xf0\x9f\x90\x8c\xf0\x9f\x90\x8d"
	  "\xf0\x9f\x90\x8e",
	    POLICY_SHORT }, /* 7 characters of 28 bytes */
	{ "", POLICY_SHORT },
	{ "x7#Lq2!", POLICY_SHORT },
	{ "x7#Lq2!p", POLICY_FINE },
	{ "katharina@example.org", POLICY_SIMILAR },
	{ "KATHARINA@EXAMPLE.ORG", POLICY_SIMILAR },
	{ "katharina-2", POLICY_SIMILAR },
	{ "wasserfall", POLICY_SIMILAR },
	{ "xwasserfall", POLICY_SIMILAR },
	{ "the river has many wasser", POLICY_FINE },
	{ "password", POLICY_COMMON },
	{ "PassWord123", POLICY_COMMON },
	{ "qwertyuiop", POLICY_COMMON },
	{ "aaaaaaaaaaaa", POLICY_COMMON },
	{ "xyzxyzxyzxyzx", POLICY_COMMON },
	{ "23456789", POLICY_COMMON },
	{ "hgfedcba", POLICY_COMMON },
	{ "CONTRASE\xc3\x91"
	  "A",
	    POLICY_COMMON },
};

int
main(void)
{
	struct arena *a = arena_new();
	char *s;
	size_t i, bad;

	for (i = 0; i < NITEMS(cases); i++) {
		printf("# %s\n", cases[i].password);
		CHECK(policy_check(a, cases[i].password, personal) ==
		    cases[i].want);
	}
	s = arena_alloc(a, POLICY_MAX_BYTES + 2);
	for (i = 0; i <= POLICY_MAX_BYTES; i++)
		s[i] = (char)('!' + i * i % 89);
	s[POLICY_MAX_BYTES + 1] = '\0';
	CHECK(policy_check(a, s, personal) == POLICY_LONG);
	s[POLICY_MAX_BYTES] = '\0';
	CHECK(policy_check(a, s, personal) == POLICY_FINE);

	CHECK(policy_distance("kitten", "sitting") == 3);
	CHECK(policy_distance("", "abc") == 3);
	CHECK(policy_distance("abc", "abc") == 0);
	CHECK(policy_common_run("abcdef", "xbcdy") == 3);
	CHECK(policy_common_run("abc", "") == 0);

	for (i = 1, bad = 0; i < common_npasswords; i++)
		bad +=
		    strcmp(common_passwords[i - 1], common_passwords[i]) >= 0;
	CHECK(bad == 0);
	for (i = 0, bad = 0; i < common_npasswords; i++)
		bad += utf8_count(common_passwords[i]) < POLICY_MIN_CHARS ||
		    !policy_is_common(a, common_passwords[i]);
	CHECK(bad == 0);
	CHECK(common_npasswords > 500);
	arena_free(a);
	return test_done();
}

/*
 * TAP for C tests. A test program runs its checks and returns test_done().
 */
#ifndef MIRAI_TESTS_TEST_H
#define MIRAI_TESTS_TEST_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int test_count;
static int test_failed;

static inline void
test_report(bool ok, const char *file, int line, const char *what)
{
	test_count++;
	if (!ok)
		test_failed++;
	printf("%sok %d - %s:%d %s\n", ok ? "" : "not ", test_count, file, line,
	    what);
	fflush(stdout);
}

static inline void
test_report_str(const char *got, const char *want, const char *file, int line,
    const char *what)
{
	bool ok;

	ok = got == NULL || want == NULL ? got == want : strcmp(got, want) == 0;
	test_report(ok, file, line, what);
	if (!ok)
		printf("#   got: %s\n#  want: %s\n",
		    got == NULL ? "(null)" : got,
		    want == NULL ? "(null)" : want);
}

#define CHECK(x) test_report((x), __FILE__, __LINE__, #x)
#define CHECK_STR(got, want) \
	test_report_str((got), (want), __FILE__, __LINE__, #got)

static inline int
test_done(void)
{
	printf("1..%d\n", test_count);
	return test_failed != 0;
}

#endif

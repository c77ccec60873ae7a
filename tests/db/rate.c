/* Limits over sliding windows, with the clock set by hand. */
#include "tests/test.h"

#include <sys/mman.h>
#include <sys/wait.h>

#include <stdlib.h>
#include <unistd.h>

#include "db/rate.h"

static struct rate *table;

/* How many of n events at that second fit under limit. */
static unsigned
take(const char *key, unsigned n, unsigned limit, int64_t now_s)
{
	unsigned fit = 0;

	while (n-- > 0)
		fit += rate_take(table, key, limit, RATE_MINUTE, now_s) == 0;
	return fit;
}

static void
test_limit(void)
{
	CHECK(take("a", 100, 60, 1000) == 60);
	CHECK(take("a", 1, 60, 1059) == 0);
	CHECK(take("b", 1, 1, 1000) == 1);
	CHECK(take("b", 1, 1, 1000) == 0);
}

static void
test_slide(void)
{
	unsigned fit;
	int s;

	CHECK(take("c", 60, 60, 2000) == 60);
	CHECK(take("c", 60, 60, 2060) == 0); /* all of them still count */
	CHECK(take("c", 60, 60, 2061) == 1);
	CHECK(take("c", 60, 60, 2090) == 29); /* half of them */
	CHECK(take("c", 60, 60, 2300) == 60); /* forgotten */
	/* Whoever asks all the time gets one a second at most. */
	for (fit = 0, s = 0; s < 600; s++)
		fit += take("d", 5, 60, 3000 + s);
	CHECK(fit > 500 && fit <= 660);
}

static void
test_wait(void)
{
	int s;

	CHECK(take("e", 10, 10, 4000) == 10);
	s = rate_take(table, "e", 10, RATE_MINUTE, 4000);
	CHECK(s > 60 && s <= 70);
	CHECK(rate_take(table, "e", 10, RATE_MINUTE, 4000 + s - 1) == 1);
	CHECK(rate_take(table, "e", 10, RATE_MINUTE, 4000 + s) == 0);
	CHECK(take("f", 1, 1, 4000) == 1);
	CHECK(rate_take(table, "f", 1, RATE_MINUTE, 4000) == 2 * 60);
}

/* Longer spans slide the same way; each counts a key for itself. */
static void
test_spans(void)
{
	int s, i;

	for (i = 0; i < 5; i++)
		CHECK(rate_take(table, "h", 5, RATE_HOUR, 7000) == 0);
	s = rate_take(table, "h", 5, RATE_HOUR, 7000);
	CHECK(s > 3600 && s <= 2 * 3600);
	CHECK(rate_take(table, "h", 5, RATE_HOUR, 7000 + 3599) > 0);
	CHECK(rate_take(table, "h", 5, RATE_HOUR, 7000 + s - 1) == 1);
	CHECK(rate_take(table, "h", 5, RATE_HOUR, 7000 + s) == 0);
	CHECK(rate_take(table, "h", 1, RATE_MINUTE, 7000) == 0);
	CHECK(rate_take(table, "h", 1, RATE_DAY, 7000) == 0);
	CHECK(rate_take(table, "h", 1, RATE_DAY, 7000) == 2 * 86400);
	CHECK(rate_take(table, "h", 1, RATE_DAY, 7000 + 86400) > 0);
	CHECK(rate_take(table, "h", 1, RATE_DAY, 7000 + 2 * 86400) == 0);
}

/* A table that is full forgets who counted little, not who is limited. */
static void
test_full(void)
{
	char key[32];
	unsigned i, fit = 0;

	memset(table, 0, sizeof(*table));
	CHECK(take("busy", 5, 3, 5000) == 3);
	for (i = 0; i < 4 * RATE_SLOTS; i++) {
		snprintf(key, sizeof(key), "key %u", i);
		fit += take(key, 1, 1, 5000);
	}
	CHECK(fit == 4 * RATE_SLOTS);
	CHECK(take("busy", 2, 3, 5001) == 0);
	CHECK(take("late", 3, 1, 5001) == 1);
	CHECK(take("late", 3, 1, 5200) == 1);
}

/* Processes that count at the same time lose no event. */
static void
test_shared(void)
{
	unsigned i, fit = 0;
	int status;

	fflush(stdout);
	for (i = 0; i < 4; i++)
		if (fork() == 0)
			_exit((int)take("shared", 200, 100, 6000));
	for (i = 0; i < 4; i++)
		if (wait(&status) != -1 && WIFEXITED(status))
			fit += (unsigned)WEXITSTATUS(status);
	CHECK(fit == 100);
}

int
main(void)
{
	table = mmap(NULL, sizeof(*table), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (table == MAP_FAILED)
		return 1;
	test_limit();
	test_slide();
	test_wait();
	test_spans();
	test_full();
	test_shared();
	return test_done();
}

/* RFC 3339 and HTTP dates. */
#include "tests/test.h"

#include "base/clock.h"

static void
test_parse(void)
{
	static const struct {
		const char *text;
		int64_t us;
	} good[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1969-12-31T23:59:59.5Z", -500000 },
		{ "2024-02-29T12:00:00Z", 1709208000000000 },
		{ "2024-02-29T12:00:00.123456789Z", 1709208000123456 },
		{ "2024-02-29T13:30:00+01:30", 1709208000000000 },
		{ "2024-02-29T10:00:00-02:00", 1709208000000000 },
	};
	static const char *const bad[] = { "", "2024-02-30T00:00:00Z",
		"2023-02-29T00:00:00Z", "2024-13-01T00:00:00Z",
		"2024-01-01T24:00:00Z", "2024-01-01T00:00:60Z",
		"2024-01-01T00:00:00", "2024-01-01t00:00:00Z",
		"2024-01-01T00:00:00z", "2024-01-01T00:00:00.Z",
		"2024-01-01T00:00:00.1234567890Z", "0000-01-01T00:00:00Z",
		"2024-01-01T00:00:00+24:00", "2024-01-01T00:00:00Z " };
	int64_t us;
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		us = 1;
		CHECK(
		    clock_parse_rfc3339(good[i].text, &us) && us == good[i].us);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		us = 42;
		CHECK(!clock_parse_rfc3339(bad[i], &us) && us == 42);
	}
}

static void
test_write(struct arena *a)
{
	int y, m, d;
	int64_t day;

	CHECK_STR(clock_rfc3339(a, 0), "1970-01-01T00:00:00Z");
	CHECK_STR(clock_rfc3339(a, -500000), "1969-12-31T23:59:59.500Z");
	CHECK_STR(clock_rfc3339(a, 1709208000123456),
	    "2024-02-29T12:00:00.123456Z");
	CHECK_STR(clock_http_date(a, 784111777000000),
	    "Sun, 06 Nov 1994 08:49:37 GMT");
	for (day = -800000; day < 800000; day += 997) {
		clock_civil(day, &y, &m, &d);
		if (clock_days(y, m, d) != day)
			break;
	}
	CHECK(day >= 800000);
	CHECK(clock_mono_ms() <= clock_mono_ms());
}

int
main(void)
{
	struct arena *a;

	a = arena_new();
	test_parse();
	test_write(a);
	arena_free(a);
	return test_done();
}

/*
 * Clocks and their text forms, without libc's time zones.
 */
#include "base/clock.h"

#include <time.h>

#define US ((int64_t)1000000)

int64_t
clock_now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * US + t.tv_nsec / 1000;
}

int64_t
clock_mono_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * US + t.tv_nsec / 1000;
}

int64_t
clock_mono_ms(void)
{
	return clock_mono_us() / 1000;
}

/* Howard Hinnant's civil-calendar algorithms, eras of 400 years. */
int64_t
clock_days(int year, int month, int day)
{
	int64_t y = year - (month <= 2);
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t yoe = y - era * 400;
	int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

	return era * 146097 + doe - 719468;
}

void
clock_civil(int64_t days, int *year, int *month, int *day)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	*day = (int)(doy - (153 * mp + 2) / 5 + 1);
	*month = (int)(mp < 10 ? mp + 3 : mp - 9);
	*year = (int)(yoe + era * 400 + (*month <= 2));
}

static int64_t
floor_div(int64_t a, int64_t b)
{
	int64_t q = a / b;

	return q - (a % b < 0);
}

char *
clock_rfc3339(struct arena *a, int64_t us)
{
	int64_t sec = floor_div(us, US), frac = us - sec * US;
	int64_t days = floor_div(sec, 86400), rest = sec - days * 86400;
	int y, m, d, h = (int)(rest / 3600), mi = (int)(rest / 60 % 60);
	int s = (int)(rest % 60);

	clock_civil(days, &y, &m, &d);
	if (frac == 0)
		return arena_printf(a, "%04d-%02d-%02dT%02d:%02d:%02dZ", y, m,
		    d, h, mi, s);
	if (frac % 1000 == 0)
		return arena_printf(a, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", y,
		    m, d, h, mi, s, (int)(frac / 1000));
	return arena_printf(a, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", y, m, d,
	    h, mi, s, (int)frac);
}

/* Exactly n digits at *s into *out; *s moves behind them. */
static bool
digits(const char **s, int n, int *out)
{
	int v = 0;

	while (n-- > 0) {
		if (**s < '0' || **s > '9')
			return false;
		v = v * 10 + (*(*s)++ - '0');
	}
	*out = v;
	return true;
}

static bool
literal(const char **s, char c)
{
	if (**s != c)
		return false;
	(*s)++;
	return true;
}

static bool
offset(const char **s, int64_t *sec)
{
	int h, m, sign;

	*sec = 0;
	if (literal(s, 'Z'))
		return true;
	if (**s != '+' && **s != '-')
		return false;
	sign = *(*s)++ == '-' ? 1 : -1;
	if (!digits(s, 2, &h) || !literal(s, ':') || !digits(s, 2, &m) ||
	    h > 23 || m > 59)
		return false;
	*sec = (int64_t)sign * (h * 3600 + m * 60);
	return true;
}

static int
month_days(int y, int m)
{
	static const int len[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
		31 };

	if (m == 2 && y % 4 == 0 && (y % 100 != 0 || y % 400 == 0))
		return 29;
	return len[m - 1];
}

bool
clock_parse_rfc3339(const char *s, int64_t *us)
{
	int y, mo, d, h, mi, sec, i;
	int64_t frac = 0, unit = US / 10, off;

	if (!digits(&s, 4, &y) || !literal(&s, '-') || !digits(&s, 2, &mo) ||
	    !literal(&s, '-') || !digits(&s, 2, &d) || !literal(&s, 'T') ||
	    !digits(&s, 2, &h) || !literal(&s, ':') || !digits(&s, 2, &mi) ||
	    !literal(&s, ':') || !digits(&s, 2, &sec))
		return false;
	if (y < 1 || mo < 1 || mo > 12 || d < 1 || d > month_days(y, mo) ||
	    h > 23 || mi > 59 || sec > 59)
		return false;
	if (literal(&s, '.')) {
		for (i = 0; *s >= '0' && *s <= '9'; i++, unit /= 10)
			frac += (*s++ - '0') * unit;
		if (i < 1 || i > 9)
			return false;
	}
	if (!offset(&s, &off) || *s != '\0')
		return false;
	*us = (clock_days(y, mo, d) * 86400 + h * 3600 + mi * 60 + sec + off) *
		US +
	    frac;
	return true;
}

char *
clock_http_date(struct arena *a, int64_t us)
{
	static const char *const wday[] = { "Sun", "Mon", "Tue", "Wed", "Thu",
		"Fri", "Sat" };
	static const char *const mon[] = { "Jan", "Feb", "Mar", "Apr", "May",
		"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	int64_t sec = floor_div(us, US);
	int64_t days = floor_div(sec, 86400), rest = sec - days * 86400;
	int64_t wd = (days % 7 + 11) % 7; /* 1970-01-01 was a Thursday */
	int y, m, d;

	clock_civil(days, &y, &m, &d);
	return arena_printf(a, "%s, %02d %s %04d %02d:%02d:%02d GMT", wday[wd],
	    d, mon[m - 1], y, (int)(rest / 3600), (int)(rest / 60 % 60),
	    (int)(rest % 60));
}

/*
 * What AI has cost a company (spec web.md 21.2): sums, the limit, a chart of
 * the month's days with the same in words and as a table, and what it went for.
 * Drawn here; script adds nothing.
 */
#include <time.h>

#include "base/clock.h"
#include "mirai/v1/tenant_settings.rpc.h"
#include "settings.h"

#define STEP   20  /* width of a day */
#define TALL   100 /* the highest bar */
#define GROUND 110 /* where bars stand */

static const struct {
	const char *stored;
	const char *name;
} kinds[] = {
	{ "course_outline", "Course outlines" },
	{ "lesson_content", "Lessons" },
	{ "component_regen", "Rewritten parts" },
	{ "full_course", "Whole courses" },
	{ "sme_ingestion", "Reading of sources" },
	{ "enhance", "Improved texts" },
	{ "key_test", "Key tests" },
};

static const char *
kind_name(const char *stored)
{
	size_t i;

	for (i = 0; i < NITEMS(kinds); i++)
		if (str_eq(kinds[i].stored, stored))
			return kinds[i].name;
	return stored;
}

/* "950", "12.3K", "1.25M" */
static const char *
tokens(struct arena *a, int64_t n)
{
	if (n >= 1000000)
		return arena_printf(a, "%lld.%02lldM", (long long)(n / 1000000),
		    (long long)(n % 1000000 / 10000));
	if (n >= 1000)
		return arena_printf(a, "%lld.%lldK", (long long)(n / 1000),
		    (long long)(n % 1000 / 100));
	return arena_printf(a, "%lld", (long long)n);
}

static const char *
tokens_long(struct arena *a, int64_t n)
{
	return arena_printf(a, "%s %s", tokens(a, n),
	    n == 1 ? "token" : "tokens");
}

/* --- sums and limit ---------------------------------------------------------- */

static void
put_limit(struct page *p, const struct pb_get_usage_stats_response *u)
{
	int64_t percent = 100,
		max = u->monthly_limit > 0 ? u->monthly_limit : 1;

	if (!u->has_monthly_limit)
		return;
	if (u->monthly_limit > 0)
		percent = (int64_t)((double)u->tokens_this_month * 100 /
		    (double)u->monthly_limit);
	tmpl_ai_limit(&p->h,
	    &(struct tmpl_ai_limit){ .tone = percent >= 100 ? "full"
		    : percent >= 80			    ? "near"
							    : "fine",
		.max = max,
		.value = percent >= 100 ? max : u->tokens_this_month,
		.percent =
		    arena_printf(p->r->mem, "%lld %%", (long long)percent) });
	if (percent >= 100)
		page_banner(p, PAGE_WARNING,
		    "The limit of this month is reached: no more work is"
		    " accepted until the next one begins. Whoever runs this"
		    " installation can raise it.");
}

static void
put_sums(struct page *p, const struct pb_get_usage_stats_response *u)
{
	struct arena *a = p->r->mem;

	tmpl_ai_sums(&p->h,
	    &(struct tmpl_ai_sums){ .month = tokens(a, u->tokens_this_month),
		.limit =
		    u->has_monthly_limit ? tokens(a, u->monthly_limit) : "None",
		.total = tokens(a, u->total_tokens_used) });
	put_limit(p, u);
}

/* --- days -------------------------------------------------------------------- */

/* The running month, UTC. */
struct month {
	struct tm first;
	int days;
	const struct pb_usage_by_day *by_day[31]; /* NULL: none */
	int64_t most;
	int at_most; /* the day of it, from 0 */
};

static void
read_month(const struct pb_get_usage_stats_response *u, struct month *m)
{
	time_t now = (time_t)(clock_now_us() / 1000000);
	struct tm next;
	int64_t day;
	size_t i;

	*m = (struct month){ 0 };
	gmtime_r(&now, &m->first);
	m->first.tm_mday = 1;
	next = m->first;
	next.tm_mon++;
	next.tm_mday = 0; /* the last day before */
	timegm(&next);
	m->days = next.tm_mday;
	for (i = 0; i < u->nusage_by_day; i++) {
		if (!str_to_i64(u->usage_by_day[i].day + 8, 1, m->days, &day))
			continue;
		m->by_day[day - 1] = &u->usage_by_day[i];
		if (u->usage_by_day[i].tokens_used > m->most) {
			m->most = u->usage_by_day[i].tokens_used;
			m->at_most = (int)day - 1;
		}
	}
}

/* "20 Nov" */
static const char *
day_name(struct arena *a, const struct month *m, int day)
{
	static const char *const names[] = { "Jan", "Feb", "Mar", "Apr", "May",
		"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

	return arena_printf(a, "%d %s", day + 1, names[m->first.tm_mon]);
}

static void
put_bar(struct page *p, const struct month *m, int day)
{
	const struct pb_usage_by_day *u = m->by_day[day];
	struct arena *a = p->r->mem;
	int64_t height = 0;

	if (u == NULL || m->most == 0)
		return;
	height = (int64_t)((double)u->tokens_used * TALL / (double)m->most);
	if (height < 2 && u->tokens_used > 0)
		height = 2; /* there was something */
	tmpl_ai_bar(&p->h,
	    &(struct tmpl_ai_bar){
		.label = arena_printf(a, "%s: %s, %s", day_name(a, m, day),
		    tokens_long(a, u->tokens_used),
		    page_count(a, u->job_count, "job", "jobs")),
		.x = (int64_t)day * STEP,
		.at = (int64_t)day * STEP + 3,
		.y = GROUND - height,
		.height = height });
}

static void
put_table(struct page *p, const struct month *m)
{
	struct arena *a = p->r->mem;
	int day;

	tmpl_ai_days_open(&p->h);
	for (day = 0; day < m->days; day++)
		if (m->by_day[day] != NULL)
			tmpl_ai_day(&p->h,
			    &(struct tmpl_ai_day){ .day = day_name(a, m, day),
				.tokens =
				    tokens(a, m->by_day[day]->tokens_used),
				.jobs = m->by_day[day]->job_count });
	tmpl_ai_days_close(&p->h);
}

static void
put_chart(struct page *p, const struct pb_get_usage_stats_response *u)
{
	struct arena *a = p->r->mem;
	struct month m;
	struct tmpl_ai_chart chart;
	int day;

	read_month(u, &m);
	/* The built-in writer works, and uses none. */
	if (m.most == 0)
		return;
	chart = (struct tmpl_ai_chart){ .title = "Tokens per day of this month",
		.width = (int64_t)m.days * STEP,
		.first = day_name(a, &m, 0),
		.last = day_name(a, &m, m.days - 1),
		.text = arena_printf(a, "Most on %s: %s. Days are UTC.",
		    day_name(a, &m, m.at_most), tokens_long(a, m.most)) };
	tmpl_ai_chart_open(&p->h, &chart);
	for (day = 0; day < m.days; day++)
		put_bar(p, &m, day);
	tmpl_ai_chart_close(&p->h, &chart);
	put_table(p, &m);
}

/* --- kinds ------------------------------------------------------------------- */

static void
put_kinds(struct page *p, const struct pb_get_usage_stats_response *u)
{
	int64_t most =
	    u->nusage_by_type > 0 ? u->usage_by_type[0].tokens_used : 0;
	const struct pb_usage_by_type *t;
	struct arena *a = p->r->mem;
	size_t i;

	tmpl_ai_kinds_open(&p->h);
	for (i = 0; i < u->nusage_by_type; i++) {
		t = &u->usage_by_type[i];
		tmpl_ai_kind(&p->h,
		    &(struct tmpl_ai_kind){ .name = kind_name(t->job_type),
			.tokens = tokens_long(a, t->tokens_used),
			.jobs = page_count(a, t->job_count, "job", "jobs"),
			.share = most == 0 ? 0
					   : (int64_t)((double)t->tokens_used *
						 1000 / (double)most) });
	}
	tmpl_ai_kinds_close(&p->h);
}

enum code
settings_usage_put(struct page *p)
{
	struct pb_get_usage_stats_request in = { 0 };
	struct pb_get_usage_stats_response out = { 0 };
	enum code code;

	code = rpc_tenant_settings_get_usage_stats(p->r, &in, &out);
	if (code != CODE_OK)
		return code;
	tmpl_ai_usage_open(&p->h,
	    &(struct tmpl_ai_usage){
		.month = arena_printf(p->r->mem, "%s this month",
		    tokens_long(p->r->mem, out.tokens_this_month)) });
	put_sums(p, &out);
	if (out.nusage_by_day > 0) {
		put_chart(p, &out);
		put_kinds(p, &out);
	} else
		page_empty(p, "chart", "Nothing used this month",
		    "What outlines, lessons and texts cost is shown here.");
	tmpl_ai_usage_close(&p->h);
	return CODE_OK;
}

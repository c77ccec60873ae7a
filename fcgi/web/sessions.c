/*
 * Where one is signed in, and ending it from afar. Only sessions of the
 * person who asks are listed or ended; which those are is decided by the
 * database, not by the form.
 */
#include "sessions.h"

#include <string.h>

#include "base/clock.h"
#include "identity/view.h"
#include "shown.h"

/* --- devices --------------------------------------------------------------- */

struct sign {
	const char *part; /* of the User-Agent */
	const char *name;
};

/* The first that is found counts: most name their forebears too. */
static const struct sign browsers[] = {
	{ "Edg/", "Edge" },
	{ "OPR/", "Opera" },
	{ "Firefox/", "Firefox" },
	{ "FxiOS/", "Firefox" },
	{ "CriOS/", "Chrome" },
	{ "Chrome/", "Chrome" },
	{ "Safari/", "Safari" },
	{ "curl/", "curl" },
};

static const struct sign systems[] = {
	{ "iPhone", "iPhone" },
	{ "iPad", "iPad" },
	{ "Android", "Android" },
	{ "Windows", "Windows" },
	{ "CrOS", "ChromeOS" },
	{ "Mac OS X", "macOS" },
	{ "Linux", "Linux" },
};

static const char *
find_sign(const struct sign *signs, size_t n, const char *agent)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strstr(agent, signs[i].part) != NULL)
			return signs[i].name;
	return NULL;
}

/* "Firefox on Windows" for a User-Agent; NULL gives "Unknown device". */
static const char *
device_of(struct arena *a, const char *agent)
{
	const char *browser, *os;

	if (agent == NULL)
		return "Unknown device";
	browser = find_sign(browsers, NITEMS(browsers), agent);
	os = find_sign(systems, NITEMS(systems), agent);
	if (browser != NULL && os != NULL)
		return arena_printf(a, "%s on %s", browser, os);
	if (browser == NULL && os == NULL)
		return "Unknown device";
	return browser != NULL ? browser : os;
}

/* --- the list -------------------------------------------------------------- */

/* "21 Nov 2026, 02:48 UTC"; script shows it in the reader's own form. */
static const char *
when(struct arena *a, int64_t us)
{
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May",
		"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	int year, month, day;
	int64_t minutes;

	clock_civil(us / INT64_C(86400000000), &year, &month, &day);
	minutes = us / INT64_C(60000000) % (24 * 60);
	return arena_printf(a, "%d %s %d, %02d:%02d UTC", day,
	    months[month - 1], year, (int)(minutes / 60), (int)(minutes % 60));
}

/* Address and place, as far as known. */
static const char *
place(struct arena *a, const struct view_session *s)
{
	if (s->ip == NULL)
		return s->location == NULL ? "Unknown address" : s->location;
	return s->location == NULL
	    ? s->ip
	    : arena_printf(a, "%s, %s", s->ip, s->location);
}

static void
put_session(struct page *p, const struct view_session *s, const char *flow)
{
	struct arena *a = p->r->mem;
	struct tmpl_session row = {
		.device = device_of(a, s->agent),
		.place = place(a, s),
		.at = clock_rfc3339(a, s->authenticated_at),
		.when = when(a, s->authenticated_at),
	};

	tmpl_session_open(&p->h, &row);
	if (s->current)
		tmpl_session_current(&p->h);
	else
		tmpl_session_end(&p->h,
		    &(struct tmpl_session_end){ .csrf = p->csrf,
			.flow = flow,
			.id = s->id,
			.device = row.device });
	tmpl_session_close(&p->h);
}

/* What the form before has done. */
static void
put_outcome(struct page *p)
{
	const char *ended;

	if ((ended = req_query(p->r, "ended")) == NULL)
		return;
	if (str_eq(ended, "0"))
		page_banner(p, PAGE_INFO, "That session had ended already.");
	else
		page_banner(p, PAGE_SUCCESS,
		    str_eq(ended, "1") ? "The session was ended."
				       : "The other sessions were ended.");
}

enum code
sessions_put(struct page *p, const char *flow)
{
	struct view_session *list;
	size_t n, i;

	if (view_sessions(shown_view(), p->r, &list, &n) != CODE_OK)
		return CODE_UNAVAILABLE;
	put_outcome(p);
	tmpl_sessions_open(&p->h);
	for (i = 0; i < n; i++)
		put_session(p, &list[i], flow);
	tmpl_sessions_close(&p->h);
	if (n > 1)
		tmpl_sessions_others(&p->h,
		    &(struct tmpl_sessions_others){ .csrf = p->csrf,
			.flow = flow });
	return CODE_OK;
}

/* --- ending ---------------------------------------------------------------- */

void
sessions_post(struct page *p)
{
	const char *action, *flow;
	size_t ended = 0;
	enum code code = CODE_INVALID_ARGUMENT;

	action = req_form(p->r, "action");
	if (str_eq(action, "end"))
		code = view_end_session(shown_view(), p->r,
		    req_form(p->r, "session"), &ended);
	else if (str_eq(action, "end_others"))
		code = view_end_others(shown_view(), p->r, &ended);
	if (code != CODE_OK) {
		p->r->code = code;
		page_fail(p);
		return;
	}
	flow = req_form(p->r, "flow");
	page_redirect(p,
	    arena_printf(p->r->mem,
		"/auth/settings?flow=%s&tab=sessions&ended=%s",
		flow == NULL ? "" : str_url_encode(p->r->mem, flow),
		ended == 0	 ? "0"
		    : ended == 1 ? "1"
				 : "2"));
}

/*
 * Data of mails made into words: dates written out, counts with their noun,
 * paths as whole addresses, and text of people kept to its line. Templates do
 * the rest, and escape what they are given.
 */
#include "service/outbox_letter.h"

#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/utf8.h"
#include "learn/asset.h"
#include "net/mail.h"

#define MASK	  "******"
#define DAY_US	  INT64_C(86400000000)
#define COUNT_MAX INT64_C(1000000000)

static const struct outbox_kind kinds[] = {
	{ "alert", "subject text", NULL, NULL },
	{ "course_complete", "user course sections lessons minutes link", NULL,
	    NULL },
	{ "enterprise_inquiry",
	    "company industry? team_size? name email phone? message?", NULL,
	    "email" },
	{ "generation_complete", "user course what link", NULL, NULL },
	{ "generation_failed", "user course what error link", NULL, NULL },
	{ "ingestion_complete", "user sme task link", NULL, NULL },
	{ "ingestion_failed", "user sme task error link", NULL, NULL },
	{ "invitation", "inviter company link expires_at", "link", NULL },
	{ "outline_ready", "user course sections lessons link", NULL, NULL },
	{ "payment_failed", "company", NULL, NULL },
	{ "task_assigned", "assignee assigner task sme due_at? link", NULL,
	    NULL },
	{ "welcome", "first_name company", NULL, NULL },
};

/* The templates of each, in the same order. */
static const struct letter_type types[] = {
	{ "alert", false },
	{ "course_complete", false },
	{ "enterprise_inquiry", false },
	{ "generation_complete", false },
	{ "generation_failed", false },
	{ "ingestion_complete", false },
	{ "ingestion_failed", false },
	{ "invitation", false },
	{ "outline_ready", false },
	{ "payment_failed", false },
	{ "task_assigned", false },
	{ "welcome", false },
	{ 0 },
};

static const struct letter_set letters = { types, outbox_files };

const struct outbox_kind *
outbox_kind(const char *name)
{
	size_t i;

	for (i = 0; i < NITEMS(kinds); i++)
		if (str_eq(kinds[i].name, name))
			return &kinds[i];
	return NULL;
}

struct letter_box *
outbox_letters(struct arena *a, const char *dir, const char **error)
{
	return letter_open(a, &letters, dir, error);
}

/* --- members --------------------------------------------------------------- */

/* The next name of a list, in a; NULL at its end. */
static const char *
next_member(struct arena *a, const char **list, bool *optional)
{
	size_t n = strcspn(*list, " ");
	char *name;

	if (n == 0)
		return NULL;
	name = arena_strndup(a, *list, n);
	*list += n + ((*list)[n] == ' ');
	*optional = name[n - 1] == '?';
	if (*optional)
		name[n - 1] = '\0';
	return name;
}

bool
outbox_is_whole(struct arena *a, const struct outbox_kind *k,
    const struct json *data)
{
	const char *list = k->members, *name;
	bool optional;

	while ((name = next_member(a, &list, &optional)) != NULL)
		if (!optional && json_get(data, name) == NULL)
			return false;
	return true;
}

/* --- words ----------------------------------------------------------------- */

/* Characters that end a line, or turn the order of what follows around. */
static bool
is_unruly(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0x2028 ||
	    cp == 0x2029 || (cp >= 0x202a && cp <= 0x202e) ||
	    (cp >= 0x2066 && cp <= 0x2069);
}

/* A blank for a run of those; with lines, line feeds stay as they are. */
static const char *
tame(struct arena *a, const char *s, bool lines)
{
	struct buf *b = buf_new(a);
	size_t len = strlen(s), n;
	uint32_t cp = 0;

	for (; len > 0; s += n, len -= n) {
		if ((n = utf8_decode(s, len, &cp)) == 0) {
			n = 1;
			buf_putc(b, '?');
		} else if (lines && cp == '\r' && len > 1 && s[1] == '\n') {
			continue;
		} else if (is_unruly(cp) && !(lines && cp == '\n')) {
			if (b->len > 0 && b->data[b->len - 1] != ' ')
				buf_putc(b, ' ');
		} else {
			buf_put(b, s, n);
		}
	}
	return str_trim(a, buf_str(b));
}

/* "November 27, 2026", in UTC; what is no time stays as it is. */
static const char *
long_date(struct arena *a, const char *s)
{
	static const char *const months[] = { "January", "February", "March",
		"April", "May", "June", "July", "August", "September",
		"October", "November", "December" };
	int year, month, day;
	int64_t us;

	if (!clock_parse_rfc3339(s, &us))
		return s;
	clock_civil((us - (us < 0 ? DAY_US - 1 : 0)) / DAY_US, &year, &month,
	    &day);
	return arena_printf(a, "%s %d, %d", months[month - 1], day, year);
}

/* "1 section", "12 sections". */
static const char *
counted(struct arena *a, int64_t n, const char *noun)
{
	return arena_printf(a, "%lld %s%s", (long long)n, noun,
	    n == 1 ? "" : "s");
}

/* "2 hours 5 minutes", "45 minutes". */
static const char *
duration(struct arena *a, int64_t minutes)
{
	const char *rest = counted(a, minutes % 60, "minute");

	if (minutes < 60)
		return rest;
	if (minutes % 60 == 0)
		return counted(a, minutes / 60, "hour");
	return arena_printf(a, "%s %s", counted(a, minutes / 60, "hour"), rest);
}

/* Of a path of ours. What is none leads nowhere but to the start page. */
static const char *
whole_link(struct arena *a, const char *app, const char *s)
{
	size_t n = strlen(app);

	while (n > 0 && app[n - 1] == '/')
		n--;
	return arena_printf(a, "%.*s%s", (int)n, app, s[0] == '/' ? s : "/");
}

/* --- one letter ------------------------------------------------------------ */

struct words {
	struct arena *a;
	const char *app;
	const struct json *data;
	struct json *out;
};

static void
put_text(struct words *w, const char *name)
{
	const char *s = json_get_text(w->data, name, "");

	json_put_text(w->out, name, tame(w->a, s, false));
}

static void
put_lines(struct words *w, const char *name)
{
	const char *s = json_get_text(w->data, name, "");

	json_put_text(w->out, name, tame(w->a, s, true));
}

static void
put_date(struct words *w, const char *name)
{
	const char *s = json_get_text(w->data, name, "");

	json_put_text(w->out, name, long_date(w->a, tame(w->a, s, false)));
}

static void
put_link(struct words *w, const char *name)
{
	const char *s = json_get_text(w->data, name, "");

	json_put_text(w->out, name,
	    whole_link(w->a, w->app, tame(w->a, s, false)));
}

static int64_t
number(const struct words *w, const char *name)
{
	return json_get_int(w->data, name, 0, COUNT_MAX, 0);
}

/* "sections" counts sections. */
static void
put_count(struct words *w, const char *name)
{
	const char *noun = arena_strndup(w->a, name, strlen(name) - 1);

	json_put_text(w->out, name, counted(w->a, number(w, name), noun));
}

static void
put_duration(struct words *w, const char *name)
{
	if (number(w, name) > 0)
		json_put_text(w->out, name, duration(w->a, number(w, name)));
}

/* "outline", "lesson" or "course"; templates ask for is_outline and so on. */
static void
put_what(struct words *w, const char *name)
{
	const char *s = json_get_text(w->data, name, "");

	json_put_bool(w->out, arena_printf(w->a, "is_%s", s), true);
	json_put_text(w->out, name, s);
}

static const struct {
	const char *name;
	void (*put)(struct words *w, const char *name);
} forms[] = {
	{ "due_at", put_date },
	{ "error", put_lines },
	{ "expires_at", put_date },
	{ "lessons", put_count },
	{ "link", put_link },
	{ "message", put_lines },
	{ "minutes", put_duration },
	{ "sections", put_count },
	{ "text", put_lines },
	{ "what", put_what },
};

static void
put_member(struct words *w, const char *name)
{
	size_t i;

	for (i = 0; i < NITEMS(forms); i++)
		if (strcmp(forms[i].name, name) == 0) {
			forms[i].put(w, name);
			return;
		}
	put_text(w, name);
}

static struct json *
all_words(struct words *w, const struct outbox_kind *k, bool shown)
{
	const char *list = k->members, *name;
	bool optional;

	w->out = json_new_object(w->a);
	while ((name = next_member(w->a, &list, &optional)) != NULL) {
		if (shown && str_eq(name, k->secret))
			json_put_text(w->out, name, MASK);
		else if (json_get(w->data, name) != NULL)
			put_member(w, name);
	}
	json_put_text(w->out, "app_url", whole_link(w->a, w->app, "/"));
	json_put_text(w->out, "login_url",
	    whole_link(w->a, w->app, "/auth/login"));
	json_put_text(w->out, "billing_url",
	    whole_link(w->a, w->app, "/settings?tab=billing"));
	return w->out;
}

/* A visitor's address that no header can carry is none. */
static const char *
reply_to(const struct outbox_kind *k, const struct json *data)
{
	const char *to;

	if (k->reply_to == NULL)
		return NULL;
	to = json_get_text(data, k->reply_to, "");
	return mail_is_address(to) ? to : NULL;
}

int
outbox_write(struct arena *a, const struct letter_box *box, const char *app,
    const char *kind, const struct json *data, bool shown,
    struct outbox_letter *out)
{
	const struct outbox_kind *k = outbox_kind(kind);
	struct words w = { .a = a, .app = app, .data = data };

	if (k == NULL || (!shown && !outbox_is_whole(a, k, data)))
		return -1;
	out->reply_to = reply_to(k, data);
	return letter_write(a, box, kind, false, all_words(&w, k, shown),
	    &out->letter);
}

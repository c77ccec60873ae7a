/*
 * The visitor's notices as a page (spec web.md 22): what is new on top, all or
 * the unread ones, page by page. Each notice is marked by opening it. Script
 * shows the same list in a panel below the bell.
 */
#include "base/clock.h"
#include "bell.h"
#include "mirai/v1/notification.rpc.h"
#include "note.h"
#include "notifications_jobs.h"
#include "pages.h"

#define PAGE_SIZE 20
#define MINUTE_US INT64_C(60000000)
#define HOUR_US	  (60 * MINUTE_US)
#define DAY_US	  (24 * HOUR_US)

struct kind {
	const char *icon;
	const char *tone;
};

static const struct kind kinds[] = {
	[PB_NOTIFICATION_TYPE_UNSPECIFIED] = { "bell", "plain" },
	[PB_NOTIFICATION_TYPE_TASK_ASSIGNED] = { "task", "info" },
	[PB_NOTIFICATION_TYPE_TASK_DUE_SOON] = { "clock", "warn" },
	[PB_NOTIFICATION_TYPE_INGESTION_COMPLETE] = { "document", "ok" },
	[PB_NOTIFICATION_TYPE_INGESTION_FAILED] = { "error", "bad" },
	[PB_NOTIFICATION_TYPE_OUTLINE_READY] = { "outline", "brand" },
	[PB_NOTIFICATION_TYPE_GENERATION_COMPLETE] = { "spark", "brand" },
	[PB_NOTIFICATION_TYPE_GENERATION_FAILED] = { "error", "bad" },
	[PB_NOTIFICATION_TYPE_APPROVAL_REQUESTED] = { "review", "info" },
	[PB_NOTIFICATION_TYPE_SUBMISSION_APPROVED] = { "done", "ok" },
	[PB_NOTIFICATION_TYPE_CHANGES_REQUESTED] = { "edit", "warn" },
};

/* What the visitor asked to see. */
struct view {
	bool unread_only;
	const char *name; /* in forms: "unread" or "" */
	const char *cursor;
};

static const char *
text_or_empty(const char *s)
{
	return s == NULL ? "" : s;
}

/* A path of this site and nothing else. */
static bool
is_local(const char *to)
{
	const char *p;

	if (str_is_empty(to) || to[0] != '/' || to[1] == '/')
		return false;
	for (p = to; *p != '\0'; p++)
		if (*p == '\\' || (unsigned char)*p <= ' ' || *p == 0x7f)
			return false;
	return true;
}

static const char *
list_path(bool unread_only)
{
	return unread_only ? "/notifications?unread=1" : "/notifications";
}

/* "just now", minutes, hours, days up to seven, then the day. */
static const char *
ago(struct arena *a, const struct pb_timestamp *t)
{
	int64_t us;

	us = clock_now_us() - pb_time_us(t);
	if (us < MINUTE_US)
		return "just now";
	if (us < HOUR_US)
		return arena_printf(a, "%s ago",
		    page_count(a, us / MINUTE_US, "minute", "minutes"));
	if (us < DAY_US)
		return arena_printf(a, "%s ago",
		    page_count(a, us / HOUR_US, "hour", "hours"));
	if (us < 8 * DAY_US)
		return arena_printf(a, "%s ago",
		    page_count(a, us / DAY_US, "day", "days"));
	return page_day(a, t);
}

/* --- the list --------------------------------------------------------------- */

static void
put_text(struct page *p, const struct pb_notification *n)
{
	size_t type;
	bool high;

	type = n->type < 0 || (size_t)n->type >= NITEMS(kinds)
	    ? 0
	    : (size_t)n->type;
	high = n->priority == PB_NOTIFICATION_PRIORITY_HIGH;
	tmpl_notice_text(&p->h,
	    &(struct tmpl_notice_text){ .tone = kinds[type].tone,
		.icon = kinds[type].icon,
		.said = arena_printf(p->r->mem, "%s%s",
		    n->read ? "" : "Unread. ", high ? "High priority. " : ""),
		.title = n->title,
		.message = n->message,
		.at = page_time(p->r->mem, n->created_at),
		.ago = ago(p->r->mem, n->created_at) });
}

static void
put_notice(struct page *p, const struct view *v,
    const struct pb_notification *n)
{
	const char *to = is_local(n->action_url) ? n->action_url : "";
	const struct tmpl_notice row = { .state = n->read ? "read" : "unread",
		.priority = n->priority == PB_NOTIFICATION_PRIORITY_HIGH
		    ? "high"
		    : "usual",
		.id = n->id,
		.csrf = p->csrf,
		.view = v->name,
		.title = n->title };

	tmpl_notice_open(&p->h, &row);
	if (!n->read) {
		tmpl_notice_unread_open(&p->h,
		    &(struct tmpl_notice_unread){ .id = n->id,
			.csrf = p->csrf,
			.view = v->name,
			.to = to });
		put_text(p, n);
		tmpl_notice_unread_close(&p->h);
	} else if (to[0] != '\0') {
		tmpl_notice_link_open(&p->h,
		    &(struct tmpl_notice_link){ .to = to });
		put_text(p, n);
		tmpl_notice_link_close(&p->h);
	} else {
		tmpl_notice_still_open(&p->h);
		put_text(p, n);
		tmpl_notice_still_close(&p->h);
	}
	tmpl_notice_close(&p->h, &row);
}

static void
put_bar(struct page *p, const struct view *v, int32_t unread)
{
	tmpl_notices_bar_open(&p->h,
	    &(struct tmpl_notices_bar){ .all =
					    v->unread_only ? "false" : "true",
		.only = v->unread_only ? "true" : "false" });
	if (unread > 0)
		tmpl_notices_all(&p->h,
		    &(struct tmpl_notices_all){ .csrf = p->csrf,
			.view = v->name });
	tmpl_notices_bar_close(&p->h);
}

static void
put_more(struct page *p, const struct view *v, const char *cursor)
{
	tmpl_notices_more(&p->h,
	    &(struct tmpl_notices_more){
		.to = arena_printf(p->r->mem, "/notifications?%scursor=%s",
		    v->unread_only ? "unread=1&" : "",
		    str_url_encode(p->r->mem, cursor)) });
}

static void
put_list(struct page *p, const struct view *v,
    const struct pb_list_notifications_response *list)
{
	size_t i;

	if (list->nnotifications == 0) {
		page_empty(p, "bell",
		    v->unread_only ? "Nothing unread" : "No notifications yet",
		    v->unread_only ? "You have read everything."
				   : "What concerns you will be told here.");
		return;
	}
	tmpl_notices_list_open(&p->h);
	for (i = 0; i < list->nnotifications; i++)
		put_notice(p, v, &list->notifications[i]);
	tmpl_notices_list_close(&p->h);
	if (list->next_cursor != NULL)
		put_more(p, v, list->next_cursor);
}

void
notifications_page(struct page *p)
{
	struct pb_list_notifications_request in = { .limit = PAGE_SIZE };
	struct pb_list_notifications_response out = { 0 };
	struct view v = { 0 };
	int32_t unread;

	v.unread_only = req_query(p->r, "unread") != NULL;
	v.name = v.unread_only ? "unread" : "";
	v.cursor = req_query(p->r, "cursor");
	in.has_unread_only = in.unread_only = v.unread_only;
	in.cursor = v.cursor;
	unread = bell_unread(p); /* before the list, which may know more */
	if (rpc_notification_list_notifications(p->r, &in, &out) != CODE_OK) {
		page_fail(p);
		return;
	}
	page_app_open(p, "Notifications", false);
	tmpl_library_head(&p->h,
	    &(struct tmpl_library_head){ .title = "Notifications",
		.count = arena_printf(p->r->mem, "%d unread", (int)unread) });
	tmpl_notices_open(&p->h,
	    &(struct tmpl_notices){ .unread = bell_shown(p->r->mem, unread) });
	put_bar(p, &v, unread);
	if (v.cursor == NULL)
		notifications_jobs_put(p);
	put_list(p, &v, &out);
	tmpl_notices_close(&p->h);
	page_app_close(p);
	page_send(p, 200);
}

/* --- what is done to them ---------------------------------------------------- */

/* Back to the list that the form stood in. */
void
notifications_back(struct page *p)
{
	page_redirect(p, list_path(str_eq(req_form(p->r, "view"), "unread")));
}

void
notifications_read(struct page *p)
{
	const char *to = text_or_empty(req_form(p->r, "to"));
	struct pb_mark_as_read_request in = { .notification_ids = p->arg,
		.nnotification_ids = 1 };
	struct pb_mark_as_read_response out = { 0 };

	if (rpc_notification_mark_as_read(p->r, &in, &out) != CODE_OK)
		page_fail(p);
	else if (is_local(to))
		page_redirect(p, to);
	else
		notifications_back(p);
}

void
notifications_read_all(struct page *p)
{
	struct pb_mark_all_as_read_request in = { 0 };
	struct pb_mark_all_as_read_response out = { 0 };

	if (rpc_notification_mark_all_as_read(p->r, &in, &out) != CODE_OK) {
		page_fail(p);
		return;
	}
	note_leave(p, "notices-read");
	notifications_back(p);
}

/* One that is gone already is gone as asked. */
void
notifications_delete(struct page *p)
{
	struct pb_delete_notification_request in = { .notification_id =
							 p->arg[0] };
	struct pb_delete_notification_response out = { 0 };
	enum code code;

	code = rpc_notification_delete_notification(p->r, &in, &out);
	if (code != CODE_OK && code != CODE_NOT_FOUND) {
		page_fail(p);
		return;
	}
	note_leave(p, "notice-deleted");
	notifications_back(p);
}

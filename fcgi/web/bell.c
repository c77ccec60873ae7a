/*
 * The bell in the header. A page is worth showing without its number, so
 * nothing here ever fails one.
 */
#include "bell.h"

#include "mirai/v1/notification.rpc.h"

#define SHOWN_MAX 99

struct bell {
	bool known;
	int32_t unread;
	int64_t last_event;
};

/* Asked at most once a page. */
static const struct bell *
bell_of(struct page *p)
{
	struct pb_get_unread_count_request in = { 0 };
	struct pb_get_unread_count_response out = { 0 };
	const struct req was = *p->r;
	struct bell *b;

	if (p->bell != NULL)
		return p->bell;
	p->bell = b = arena_calloc(p->r->mem, 1, sizeof(*b));
	b->known =
	    rpc_notification_get_unread_count(p->r, &in, &out) == CODE_OK;
	b->unread = b->known ? out.count : 0;
	b->last_event = out.last_event_id;
	p->r->code = was.code;
	p->r->message = was.message;
	p->r->reason = was.reason;
	p->r->details = was.details;
	p->r->retry_after = was.retry_after;
	return b;
}

int32_t
bell_unread(struct page *p)
{
	return bell_of(p)->unread;
}

const char *
bell_after(struct page *p)
{
	const struct bell *b = bell_of(p);

	return b->known
	    ? arena_printf(p->r->mem, "%jd", (intmax_t)b->last_event)
	    : "";
}

const char *
bell_shown(struct arena *a, int32_t unread)
{
	if (unread <= 0)
		return "";
	return unread > SHOWN_MAX ? "99+" : arena_printf(a, "%d", (int)unread);
}

const char *
bell_said(struct arena *a, int32_t unread)
{
	return unread <= 0
	    ? ""
	    : arena_printf(a, ", %s unread", bell_shown(a, unread));
}

/*
 * The bell in the header. A page is worth showing without its number, so
 * nothing here ever fails one.
 */
#include "bell.h"

#include "mirai/v1/notification.rpc.h"

#define SHOWN_MAX 99

int32_t
bell_unread(struct page *p)
{
	struct pb_get_unread_count_request in = { 0 };
	struct pb_get_unread_count_response out = { 0 };
	const struct req was = *p->r;
	int32_t *kept;

	if (p->unread != NULL)
		return *p->unread;
	if (rpc_notification_get_unread_count(p->r, &in, &out) != CODE_OK)
		out.count = 0;
	p->r->code = was.code;
	p->r->message = was.message;
	p->r->reason = was.reason;
	p->r->details = was.details;
	p->r->retry_after = was.retry_after;
	kept = arena_alloc(p->r->mem, sizeof(*kept));
	*kept = out.count;
	p->unread = kept;
	return *kept;
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

/*
 * The queue of mails, newest first.
 */
#include "identity/admin_courier.h"

#include "identity/admin_body.h"
#include "identity/courier.h"
#include "identity/page.h"
#include "identity/route.h"

void
admin_courier_list(struct visit *c)
{
	struct courier_filter f = { 0 };
	struct json *list = NULL;
	struct page page;

	f.status = req_query(c->r, "status");
	f.recipient = req_query(c->r, "recipient");
	if (str_is_empty(f.status))
		f.status = NULL;
	if (f.status != NULL && !courier_is_status(f.status)) {
		admin_body_refuse(c,
		    "status: must be queued, processing, sent or abandoned");
		return;
	}
	if (!page_read(c, &page))
		return;
	f.after = page.after;
	f.limit = (size_t)page.size;
	visit_begin(c, DB_TX_READ);
	if (!visit_end(c, courier_list(c->db, c->mem, &f, &list)))
		return;
	page_headers_after(c, &page, "/admin/courier/messages",
	    page_last_id(&page, list));
	visit_json(c, 200, list);
}

void
admin_courier_get(struct visit *c)
{
	const char *id = route_arg(c, 0);
	enum code code = CODE_NOT_FOUND;
	struct json *one = NULL;

	visit_begin(c, DB_TX_READ);
	if (str_is_uuid(id))
		code = courier_get(c->db, c->mem, id, &one);
	if (admin_body_end(c, code))
		visit_json(c, 200, one);
}

/*
 * The dashboard: who comes is greeted, told what happened where they come
 * from, and finds the newest courses.
 */
#include "arrive.h"
#include "asked.h"
#include "cards.h"
#include "mirai/v1/course.rpc.h"
#include "pages.h"

#define PER_PAGE 20
#define MAX_PAGE 100000

/* A filter, and what is said when nothing passes it. */
struct pill {
	const char *label;
	const char *value; /* of the status; "" for all */
	const char *none;
	const char *hint;
};

static const struct pill pills[] = {
	{ "Recent", "", "No courses yet",
	    "A course is made from what your experts know: give it a title,"
	    " choose the experts, and review what is proposed." },
	{ "Drafts", "draft", "No drafts",
	    "Courses that are not finished appear here." },
	{ "Published", "published", "Nothing published yet",
	    "A course that has its lessons is published from its card." },
};

/* What is asked for. */
struct ask {
	const struct pill *pill;
	int64_t page; /* from 1 */
};

static const struct pill *
find_pill(const char *value)
{
	size_t i;

	for (i = 0; i < NITEMS(pills); i++)
		if (str_eq(pills[i].value, value))
			return &pills[i];
	return &pills[0];
}

/* False when it asks for a page that cannot be. */
static bool
read_ask(struct page *p, struct ask *ask)
{
	const char *page = asked_text(p, "page");

	ask->pill = find_pill(asked_text(p, "status"));
	ask->page = 1;
	return page[0] == '\0' || str_to_i64(page, 1, MAX_PAGE, &ask->page);
}

static enum code
load(struct page *p, const struct ask *ask,
    struct pb_list_courses_response *out)
{
	struct pb_list_courses_request in = { .limit = PER_PAGE };
	const struct cards_status *status = cards_status(ask->pill->value);

	in.offset = (int32_t)((ask->page - 1) * PER_PAGE);
	in.has_status = status != NULL;
	in.status = status == NULL ? 0 : status->status;
	return rpc_course_list_courses(p->r, &in, out);
}

/* The dashboard's address with a filter, up to the number of a page. */
static const char *
address(struct page *p, const struct pill *pill)
{
	return arena_printf(p->r->mem, "/dashboard?%s%s%spage=",
	    pill->value[0] == '\0' ? "" : "status=", pill->value,
	    pill->value[0] == '\0' ? "" : "&");
}

/* --- parts ---------------------------------------------------------------- */

static const char *
greeting(struct page *p)
{
	if (str_is_empty(p->me->first_name))
		return "Welcome";
	return arena_printf(p->r->mem, "Welcome, %s", p->me->first_name);
}

static void
put_head(struct page *p, const struct ask *ask, int32_t total)
{
	const char *count = page_count(p->r->mem, total, "course", "courses");

	tmpl_dashboard_head_open(&p->h,
	    &(struct tmpl_dashboard_head){ .greeting = greeting(p),
		.text = p->company == NULL || ask->pill != &pills[0]
		    ? ""
		    : arena_printf(p->r->mem, "%s in the library of %s.", count,
			  p->company->name) });
	if (page_is_editor(p))
		tmpl_dashboard_create(&p->h);
	else
		tmpl_dashboard_library(&p->h);
	tmpl_dashboard_head_close(&p->h);
}

static void
put_pills(struct page *p, const struct ask *ask)
{
	size_t i;

	tmpl_section_head_open(&p->h,
	    &(struct tmpl_section_head){ .title = "Your Courses" });
	for (i = 0; i < NITEMS(pills); i++)
		tmpl_pill(&p->h,
		    &(struct tmpl_pill){ .to = pills[i].value[0] == '\0'
			    ? "/dashboard"
			    : arena_printf(p->r->mem, "/dashboard?status=%s",
				  pills[i].value),
			.current = ask->pill == &pills[i] ? "true" : "false",
			.label = pills[i].label });
	tmpl_section_head_close(&p->h);
}

static void
put_none(struct page *p, const struct ask *ask)
{
	page_empty(p, "library", ask->pill->none,
	    page_is_editor(p) || ask->pill != &pills[0]
		? ask->pill->hint
		: "Courses that are made for your company appear here.");
	if (page_is_editor(p) && ask->pill == &pills[0])
		tmpl_dashboard_first(&p->h);
}

void
dashboard_page(struct page *p)
{
	const char *edit = req_query(p->r, "edit"), *here;
	struct pb_list_courses_response out = { 0 };
	struct ask ask;

	if (edit != NULL && str_is_uuid(edit)) {
		page_redirect(p,
		    arena_printf(p->r->mem, "/course-builder?id=%s", edit));
		return;
	}
	if (!read_ask(p, &ask)) {
		page_not_found(p);
		return;
	}
	if (load(p, &ask, &out) != CODE_OK) {
		page_fail(p);
		return;
	}
	here = address(p, ask.pill);
	page_app_open(p, "Dashboard", false);
	arrive_put(p);
	put_head(p, &ask, out.total_count);
	put_pills(p, &ask);
	if (out.ncourses == 0)
		put_none(p, &ask);
	else
		cards_put(p, out.courses, out.ncourses,
		    arena_printf(p->r->mem, "%s%d", here, (int)ask.page));
	cards_pager(p, here, ask.page, out.total_count, PER_PAGE);
	page_app_close(p);
	page_send(p, 200);
}

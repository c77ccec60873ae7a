/*
 * What is done to a course from where it is listed: it is published, taken
 * back and deleted. Who may is the service's to say; afterwards the list is
 * shown again, where it was left.
 */
#include "courses.h"

#include <string.h>

#include "asked.h"
#include "mirai/v1/course.rpc.h"
#include "note.h"
#include "pages.h"
#include "service/course.h"

const char *
courses_to(struct page *p, const char *id, const char *deed, const char *here)
{
	return arena_printf(p->r->mem, "/course/%s/%s?from=%s", id, deed,
	    str_url_encode(p->r->mem, here));
}

/* The list that was come from: no other address is gone to. */
static const char *
list_of(struct page *p)
{
	static const char *const lists[] = { "/dashboard", "/content-library" };
	const char *from = asked_text(p, "from"), *c;
	size_t i, n;

	for (c = from; *c != '\0'; c++)
		if ((unsigned char)*c <= ' ' || *c == '\\' || *c == 0x7f)
			return lists[0];
	for (i = 0; i < NITEMS(lists); i++) {
		n = strlen(lists[i]);
		if (str_starts(from, lists[i]) &&
		    (from[n] == '\0' || from[n] == '?'))
			return from;
	}
	return lists[0];
}

/* The addresses for posts alone, come to by their address. */
void
courses_back(struct page *p)
{
	page_redirect(p, list_of(p));
}

/* NULL after an answer was sent. */
static const struct pb_course *
load(struct page *p)
{
	struct pb_get_course_request in = { .id = p->arg[0] };
	struct pb_get_course_response out = { 0 };

	if (rpc_course_get_course(p->r, &in, &out) == CODE_OK)
		return out.course;
	page_fail(p);
	return NULL;
}

/* --- publishing ----------------------------------------------------------- */

static void
set_status(struct page *p, int32_t status, const char *note)
{
	struct pb_update_course_request in = { .id = p->arg[0],
		.has_status = true,
		.status = status };
	struct pb_update_course_response out = { 0 };

	if (rpc_course_update_course(p->r, &in, &out) != CODE_OK) {
		page_fail(p);
		return;
	}
	note_leave(p, note);
	courses_back(p);
}

/* One without lessons has nothing to show: they are written first. */
void
courses_publish(struct page *p)
{
	const struct pb_course *course;

	if ((course = load(p)) == NULL)
		return;
	if (course_count_lessons(course->content) > 0) {
		set_status(p, PB_COURSE_STATUS_PUBLISHED, "course-published");
		return;
	}
	note_leave(p, "course-empty");
	page_redirect(p,
	    arena_printf(p->r->mem, "/course-builder?id=%s", course->id));
}

void
courses_unpublish(struct page *p)
{
	set_status(p, PB_COURSE_STATUS_DRAFT, "course-unpublished");
}

/* --- deleting ------------------------------------------------------------- */

void
courses_delete_ask(struct page *p)
{
	const struct pb_course *course;
	const char *title;

	if ((course = load(p)) == NULL)
		return;
	title = course->settings == NULL ? NULL : course->settings->title;
	page_card_open(p,
	    arena_printf(p->r->mem, "Delete “%s”?",
		str_is_empty(title) ? "Untitled Course" : title),
	    "The course is deleted for good, with its outline, its lessons and"
	    " its packages. This cannot be undone.",
	    list_of(p), "Back to the courses");
	tmpl_confirm(&p->h,
	    &(struct tmpl_confirm){
		.to = courses_to(p, course->id, "delete", list_of(p)),
		.csrf = p->csrf,
		.back = list_of(p),
		.busy = "Deleting …",
		.button = "Delete Course" });
	page_card_close(p);
	page_send(p, 200);
}

/* One that is gone already is gone as asked. */
void
courses_delete(struct page *p)
{
	struct pb_delete_course_request in = { .id = p->arg[0] };
	struct pb_delete_course_response out = { 0 };
	enum code code;

	code = rpc_course_delete_course(p->r, &in, &out);
	if (code != CODE_OK && code != CODE_NOT_FOUND) {
		page_fail(p);
		return;
	}
	note_leave(p, "course-deleted");
	courses_back(p);
}

/*
 * Packages of a course: asking for one, watching it being made, fetching it.
 * The page loads itself again while one is under way.
 */
#include "mirai/v1/course.rpc.h"
#include "pages.h"

struct state_row {
	const char *label;
	const char *tone;
};

static const struct state_row states[] = {
	[PB_EXPORT_STATUS_UNSPECIFIED] = { "Unknown", "plain" },
	[PB_EXPORT_STATUS_PENDING] = { "Waiting", "info" },
	[PB_EXPORT_STATUS_PROCESSING] = { "Being made", "info" },
	[PB_EXPORT_STATUS_COMPLETED] = { "Ready", "ok" },
	[PB_EXPORT_STATUS_FAILED] = { "Failed", "bad" },
};

static const struct state_row *
find_state(int32_t status)
{
	return status < 0 || (size_t)status >= NITEMS(states) ? &states[0]
							      : &states[status];
}

static bool
under_way(const struct pb_list_exports_response *list)
{
	size_t i;

	for (i = 0; i < list->nexports; i++)
		if (list->exports[i].status == PB_EXPORT_STATUS_PENDING ||
		    list->exports[i].status == PB_EXPORT_STATUS_PROCESSING)
			return true;
	return false;
}

static void
put_row(struct page *p, const struct pb_course_export *e)
{
	const struct state_row *state;

	state = find_state(e->status);
	tmpl_export_row_open(&p->h,
	    &(struct tmpl_export_row){ .made =
					   page_time(p->r->mem, e->timestamp),
		.made_text = page_day(p->r->mem, e->timestamp),
		.version = e->version,
		.tone = state->tone,
		.state = state->label,
		.error = e->error_message == NULL ? "" : e->error_message });
	if (e->status == PB_EXPORT_STATUS_COMPLETED && page_is_editor(p))
		tmpl_export_download(&p->h,
		    &(struct tmpl_export_download){ .course = p->arg[0],
			.export = e->id });
	tmpl_export_row_close(&p->h);
}

static void
put_exports(struct page *p, const struct pb_list_exports_response *list)
{
	size_t i;

	if (list->nexports == 0)
		return;
	tmpl_exports_open(&p->h);
	for (i = 0; i < list->nexports; i++)
		put_row(p, &list->exports[i]);
	tmpl_exports_close(&p->h);
}

static void
put_page(struct page *p, const char *title,
    const struct pb_list_exports_response *list)
{
	bool busy;

	busy = under_way(list);
	page_app_open(p, "Export", busy);
	tmpl_export_open(&p->h,
	    &(struct tmpl_export){ .title = title, .id = p->arg[0] });
	if (busy)
		page_banner(p, PAGE_INFO,
		    "A package is being made. This page loads itself again.");
	if (page_is_editor(p) && !busy)
		tmpl_export_form(&p->h,
		    &(struct tmpl_export_form){ .id = p->arg[0],
			.csrf = p->csrf });
	put_exports(p, list);
	tmpl_export_close(&p->h);
	page_app_close(p);
	page_send(p, 200);
}

void
export_page(struct page *p)
{
	struct pb_get_course_request course_in = { .id = p->arg[0] };
	struct pb_get_course_response course = { 0 };
	struct pb_list_exports_request in = { .course_id = p->arg[0] };
	struct pb_list_exports_response out = { 0 };
	const struct pb_course_settings *settings;

	if (rpc_course_get_course(p->r, &course_in, &course) != CODE_OK ||
	    rpc_course_list_exports(p->r, &in, &out) != CODE_OK) {
		page_fail(p);
		return;
	}
	settings = course.course->settings;
	put_page(p,
	    settings == NULL || str_is_empty(settings->title)
		? "Untitled Course"
		: settings->title,
	    &out);
}

void
export_post(struct page *p)
{
	struct pb_export_course_request in = {
		.course_id = p->arg[0],
		.format = PB_EXPORT_FORMAT_SCORM_12,
	};
	struct pb_export_course_response out = { 0 };

	if (rpc_course_export_course(p->r, &in, &out) != CODE_OK) {
		page_fail(p);
		return;
	}
	page_redirect(p,
	    arena_printf(p->r->mem, "/course/%s/export", p->arg[0]));
}

/* To the signed address; the export must be one of the course named. */
void
export_download(struct page *p)
{
	struct pb_download_export_request in = { .export_id = p->arg[1] };
	struct pb_download_export_response out = { 0 };

	if (rpc_course_download_export(p->r, &in, &out) != CODE_OK)
		page_fail(p);
	else
		page_redirect(p, out.download_url);
}

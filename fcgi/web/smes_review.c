/*
 * Reviewing what was handed in: the newest submission of a task, its text to
 * edit, proposals of the provider with a way back, feedback and approval (spec
 * web.md 19.5). What is typed is kept by the browser until it counts.
 */
#include <string.h>

#include "mirai/v1/user.rpc.h"
#include "note.h"
#include "pages.h"
#include "service/sme_submission.h"
#include "smes.h"
#include "web/assets.h"

struct values {
	const char *text;
	const char *before; /* the text a proposal took the place of; "" none */
	const char *feedback;
	bool fresh;	   /* the text is new: older drafts do not count */
	const char *field; /* "text", "feedback"; NULL: nothing wrong */
	const char *error;
};

static bool
reviews(const struct page *p, const struct pb_sme_task *t)
{
	return page_is_admin(p) || str_eq(t->assigned_by_user_id, p->me->id);
}

void
smes_review_part(struct page *p, const struct smes_view *v,
    const struct pb_sme_task *t)
{
	if (t->status != PB_SME_TASK_STATUS_AWAITING_REVIEW || !reviews(p, t))
		return;
	tmpl_page_link(&p->h,
	    &(struct tmpl_page_link){ .icon = "review",
		.to = arena_printf(p->r->mem, "/smes/%s/tasks/%s/review",
		    v->sme->id, t->id),
		.label = "Review Submission" });
}

/* --- the page ------------------------------------------------------------------ */

static const char *
to_of(struct page *p, const char *deed)
{
	return arena_printf(p->r->mem, "/smes/%s/tasks/%s/%s", p->arg[0],
	    p->arg[1], deed);
}

static const char *
size_of(struct arena *a, int64_t n)
{
	if (n < 1024)
		return arena_printf(a, "%lld bytes", (long long)n);
	if (n < 1024 * 1024)
		return arena_printf(a, "%.1f KiB", (double)n / 1024);
	return arena_printf(a, "%.1f MiB", (double)n / 1024 / 1024);
}

/* The people that a name is looked up among; none on a failure. */
static void
load_people(struct page *p, struct smes_view *v)
{
	struct pb_list_company_users_request in = { 0 };
	struct pb_list_company_users_response out = { 0 };

	if (rpc_user_list_company_users(p->r, &in, &out) != CODE_OK)
		req_unfail(p->r);
	v->users = out.users;
	v->nusers = out.nusers;
}

static void
put_facts(struct page *p, const struct smes_view *v,
    const struct pb_sme_task_submission *b)
{
	tmpl_review_facts_open(&p->h,
	    &(struct tmpl_review_facts){ .type =
					     smes_content_type(b->content_type),
		.file = b->file_name,
		.size = size_of(p->r->mem, b->file_size_bytes),
		.by = smes_person(p, v, b->submitted_by_user_id),
		.at = page_time(p->r->mem, b->submitted_at),
		.at_text = page_day(p->r->mem, b->submitted_at) });
	if (*b->file_path != '\0')
		tmpl_review_download(&p->h,
		    &(struct tmpl_review_download){ .to = to_of(p, "download"),
			.name = b->file_name });
	tmpl_review_facts_close(&p->h);
}

static void
put_note(struct page *p, const char *id, const char *title, const char *text)
{
	if (!str_is_empty(text))
		tmpl_review_note(&p->h,
		    &(struct tmpl_review_note){ .id = id,
			.title = title,
			.text = text });
}

static void
put_deed(struct page *p, const char *deed, const char *icon, const char *label,
    const char *busy)
{
	tmpl_review_deed(&p->h,
	    &(struct tmpl_review_deed){ .deed = deed,
		.icon = icon,
		.label = label,
		.busy = busy });
}

/* A file whose text is still being read. */
static bool
is_being_read(const struct pb_sme_task_submission *b)
{
	return *b->file_path != '\0' && b->processed_at == NULL &&
	    b->ingestion_error == NULL;
}

static void
put_form(struct page *p, const struct pb_sme_task_submission *b,
    const struct values *v)
{
	bool wrong = str_eq(v->field, "text");

	tmpl_review_form_open(&p->h,
	    &(struct tmpl_review_form){ .to = to_of(p, "review"),
		.csrf = p->csrf,
		.id = b->id,
		.before = v->before,
		.keep = arena_printf(p->r->mem, "review-%s", b->id),
		.fresh = v->fresh ? "yes" : "no",
		.reading = is_being_read(b) ? "yes" : "no",
		.invalid = wrong ? "true" : "false",
		.text = v->text,
		.error = wrong ? v->error : "" });
	if (!str_is_empty(b->extracted_text) &&
	    b->content_type != PB_CONTENT_TYPE_URL) {
		put_deed(p, "summarize", "spark", "Summarize", "Summarizing …");
		put_deed(p, "improve", "edit", "Improve", "Improving …");
	}
	if (*v->before != '\0')
		put_deed(p, "undo", "restore", "Undo", "One moment …");
	tmpl_review_form_close(&p->h);
}

static void
put_changes(struct page *p, const struct pb_sme_task_submission *b,
    const struct values *v)
{
	bool wrong = str_eq(v->field, "feedback");

	tmpl_review_changes(&p->h,
	    &(struct tmpl_review_changes){ .to = to_of(p, "review"),
		.csrf = p->csrf,
		.id = b->id,
		.keep = arena_printf(p->r->mem, "feedback-%s", b->id),
		.feedback = v->feedback,
		.invalid = wrong ? "true" : "false",
		.error = wrong ? v->error : "" });
}

static void
put_state(struct page *p, const struct pb_sme_task_submission *b)
{
	if (is_being_read(b))
		tmpl_sme_progress(&p->h,
		    &(struct tmpl_sme_progress){
			.text = "The text of the file is being read. Load this"
				" page again in a moment, or write the text"
				" yourself." });
	put_note(p, "ingestion", "Reading the file", b->ingestion_error);
	put_note(p, "summary", "In short", b->ai_summary);
	put_note(p, "earlier", "Earlier feedback", b->reviewer_notes);
}

static void
put_page(struct page *p, struct smes_view *view, const struct pb_sme_task *t,
    const struct pb_sme_task_submission *b, const struct values *v)
{
	load_people(p, view);
	page_app_open(p, arena_printf(p->r->mem, "Review: %s", t->title),
	    false);
	tmpl_submit_page_open(&p->h,
	    &(struct tmpl_submit_page){ .back =
					    smes_task_of(p, p->arg[0], t->id),
		.title = t->title,
		.description = t->description });
	put_facts(p, view, b);
	put_state(p, b);
	put_form(p, b, v);
	put_changes(p, b, v);
	tmpl_submit_page_close(&p->h,
	    &(struct tmpl_submit_page){ .assets = WEB_ASSETS });
	page_app_close(p);
	page_send(p, v->field == NULL ? 200 : 400);
}

/* The newest submission of a task that waits; false after an answer. */
static bool
load(struct page *p, struct smes_view *v, struct pb_sme_task **t,
    struct pb_sme_task_submission **b)
{
	struct pb_list_submissions_request in = { .task_id = p->arg[1] };
	struct pb_list_submissions_response out = { 0 };

	if (!smes_load_task(p, v, t))
		return false;
	if (!reviews(p, *t)) {
		page_message(p, 403, "Not allowed",
		    "Only who assigned a task, and administrators, review what"
		    " was handed in for it.");
		return false;
	}
	if (rpc_sme_list_submissions(p->r, &in, &out) != CODE_OK) {
		page_fail(p);
		return false;
	}
	if (out.nsubmissions == 0 ||
	    (*t)->status != PB_SME_TASK_STATUS_AWAITING_REVIEW) {
		page_redirect(p, smes_task_of(p, p->arg[0], (*t)->id));
		return false;
	}
	*b = &out.submissions[0];
	return true;
}

static const char *
first_text(const struct pb_sme_task_submission *b)
{
	return b->extracted_text == NULL ||
		b->content_type == PB_CONTENT_TYPE_URL
	    ? ""
	    : b->extracted_text;
}

void
smes_review_page(struct page *p)
{
	struct pb_sme_task_submission *b = NULL;
	struct pb_sme_task *t = NULL;
	struct smes_view view = { 0 };
	struct values v = { .before = "", .feedback = "" };

	if (!load(p, &view, &t, &b))
		return;
	v.text = first_text(b);
	put_page(p, &view, t, b, &v);
}

/* --- deciding ----------------------------------------------------------------------- */

struct review {
	struct page *p;
	struct smes_view view;
	struct pb_sme_task *task;
	struct pb_sme_task_submission *submission;
	struct values v;
};

/* What went wrong, beside the field it belongs to; all that was typed stays. */
static void
show_fault(struct review *w, const char *field)
{
	struct entry e = { 0 };
	const struct entry_rule rules[] = {
		{ "approved_content", field, NULL },
		{ "feedback", field, NULL },
		{ NULL, NULL, NULL },
	};
	enum code code = w->p->r->code;

	w->v.field = field;
	if (entry_fault(w->p, rules, &e) && e.text != NULL)
		w->v.error = e.text;
	else if (code == CODE_INVALID_ARGUMENT || code == CODE_UNAVAILABLE ||
	    code == CODE_PERMISSION_DENIED || code == CODE_RESOURCE_EXHAUSTED)
		w->v.error = w->p->r->message;
	else {
		page_fail(w->p);
		return;
	}
	req_unfail(w->p->r);
	put_page(w->p, &w->view, w->task, w->submission, &w->v);
}

static void
decided(struct review *w, enum code code, const char *field, const char *note)
{
	if (code != CODE_OK) {
		show_fault(w, field);
		return;
	}
	note_leave(w->p, note);
	page_redirect(w->p, smes_task_of(w->p, w->p->arg[0], w->task->id));
}

static void
approve(struct review *w)
{
	const struct pb_approve_submission_request in = {
		.submission_id = w->submission->id,
		.approved_content = w->v.text,
	};
	struct pb_approve_submission_response out = { 0 };

	decided(w, rpc_sme_approve_submission(w->p->r, &in, &out), "text",
	    "content-approved");
}

static void
request_changes(struct review *w)
{
	const struct pb_request_submission_changes_request in = {
		.submission_id = w->submission->id,
		.feedback = w->v.feedback,
	};
	struct pb_request_submission_changes_response out = { 0 };

	decided(w, rpc_sme_request_submission_changes(w->p->r, &in, &out),
	    "feedback", "changes-requested");
}

static void
enhance(struct review *w, int how)
{
	const struct pb_enhance_submission_content_request in = {
		.submission_id = w->submission->id,
		.enhance_type = how,
	};
	struct pb_enhance_submission_content_response out = { 0 };

	if (rpc_sme_enhance_submission_content(w->p->r, &in, &out) != CODE_OK) {
		show_fault(w, "text");
		return;
	}
	w->v.before = w->v.text;
	w->v.text = out.enhanced_content;
	w->v.fresh = true;
	put_page(w->p, &w->view, w->task, w->submission, &w->v);
}

static void
undo(struct review *w)
{
	w->v.text = w->v.before;
	w->v.before = "";
	w->v.fresh = true;
	put_page(w->p, &w->view, w->task, w->submission, &w->v);
}

void
smes_review_post(struct page *p)
{
	const char *deed = entry_posted(p, "deed");
	struct review w = { .p = p };

	w.v.text = entry_posted(p, "text");
	w.v.before = entry_posted(p, "before");
	w.v.feedback = entry_posted(p, "feedback");
	if (!load(p, &w.view, &w.task, &w.submission))
		return;
	if (!str_eq(entry_posted(p, "submission"), w.submission->id)) {
		page_message(p, 409, "Something newer was handed in",
		    "Load the review again: there is a newer submission.");
		return;
	}
	if (str_eq(deed, "changes")) {
		w.v.text = first_text(w.submission);
		request_changes(&w);
	} else if (str_eq(deed, "summarize"))
		enhance(&w, PB_ENHANCE_TYPE_SUMMARIZE);
	else if (str_eq(deed, "improve"))
		enhance(&w, PB_ENHANCE_TYPE_IMPROVE);
	else if (str_eq(deed, "undo"))
		undo(&w);
	else
		approve(&w);
}

/* --- the file ------------------------------------------------------------------------ */

void
smes_review_download(struct page *p)
{
	struct pb_get_submission_file_request in = { 0 };
	struct pb_get_submission_file_response out = { 0 };
	struct pb_sme_task_submission *b = NULL;
	struct pb_sme_task *t = NULL;
	struct smes_view view = { 0 };

	if (!load(p, &view, &t, &b))
		return;
	in.submission_id = b->id;
	if (rpc_sme_get_submission_file(p->r, &in, &out) != CODE_OK)
		page_fail(p);
	else
		page_redirect(p, out.download_url);
}

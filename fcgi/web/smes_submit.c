/*
 * Answering a task: a text, a file or an address (spec web.md 19.4). With
 * script a file goes straight to storage; without, this page takes it and
 * stores it by the same rules.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "note.h"
#include "pages.h"
#include "rpc/form.h"
#include "service/sme_submission.h"
#include "smes.h"
#include "web/assets.h"

/* What is in the forms, and what is wrong with one of them. */
struct values {
	const char *text;
	const char *url;
	const char *field; /* "text", "file", "url"; NULL: nothing wrong */
	const char *error;
};

static bool
is_open(const struct pb_sme_task *t)
{
	return sme_task_is_open(t->status);
}

static bool
is_mine(const struct page *p, const struct pb_sme_task *t)
{
	return str_eq(t->assigned_to_user_id, p->me->id) ||
	    str_eq(t->assigned_by_user_id, p->me->id) || page_is_admin(p);
}

void
smes_submit_part(struct page *p, const struct smes_view *v,
    const struct pb_sme_task *t)
{
	bool again = t->status == PB_SME_TASK_STATUS_CHANGES_REQUESTED;

	if (!is_open(t) || !str_eq(t->assigned_to_user_id, p->me->id))
		return;
	tmpl_page_link(&p->h,
	    &(struct tmpl_page_link){ .icon = "edit",
		.to = arena_printf(p->r->mem, "/smes/%s/tasks/%s/submit",
		    v->sme->id, t->id),
		.label = again ? "Resubmit Content"
		    : t->status == PB_SME_TASK_STATUS_AWAITING_REVIEW
		    ? "Submit Again"
		    : "Submit Content" });
}

/* --- the page ------------------------------------------------------------------ */

static const char *
invalid(const struct values *v, const char *field)
{
	return str_eq(v->field, field) ? "true" : "false";
}

static const char *
error_of(const struct values *v, const char *field)
{
	return str_eq(v->field, field) ? v->error : "";
}

static const char *
to_of(struct page *p, const char *deed)
{
	return arena_printf(p->r->mem, "/smes/%s/tasks/%s/%s", p->arg[0],
	    p->arg[1], deed);
}

static void
put_text(struct page *p, const struct values *v, const char *back)
{
	tmpl_submit_text(&p->h,
	    &(struct tmpl_submit_text){ .to = to_of(p, "submit"),
		.csrf = p->csrf,
		.keep = arena_printf(p->r->mem, "task-%s", p->arg[1]),
		.invalid = invalid(v, "text"),
		.text = v->text,
		.error = error_of(v, "text"),
		.back = back });
}

/* "1:26214400:pdf docx;2:..." for the script, ".pdf,.docx" for the browser. */
static void
put_file(struct page *p, const struct values *v)
{
	struct buf *kinds = buf_new(p->r->mem), *accept = buf_new(p->r->mem);
	const char *e;
	size_t i;

	for (i = 0; i < sme_nfile_kinds; i++) {
		buf_printf(kinds, "%s%d:%lld:%s", i == 0 ? "" : ";",
		    sme_file_kinds[i].content_type,
		    (long long)sme_file_kinds[i].max,
		    sme_file_kinds[i].extensions);
		for (e = sme_file_kinds[i].extensions; *e != '\0';
		     e += strcspn(e, " "), e += *e == ' ')
			buf_printf(accept, "%s.%.*s",
			    accept->len == 0 ? "" : ",", (int)strcspn(e, " "),
			    e);
	}
	tmpl_submit_file(&p->h,
	    &(struct tmpl_submit_file){ .to = to_of(p, "file"),
		.task = p->arg[1],
		.kinds = buf_str(kinds),
		.accept = buf_str(accept),
		.csrf = p->csrf,
		.invalid = invalid(v, "file"),
		.error = error_of(v, "file"),
		.note = "PDF, DOCX, PPTX, ODT, EPUB, HTML, Markdown or text up"
			" to 25 MiB; PNG, JPEG or WebP up to 10 MiB; MP3 or"
			" WAV up to 100 MiB; MP4 or MOV up to 500 MiB. Of a"
			" document its text is read, not the pictures in it:"
			" hand in those that matter as files of their own, or"
			" say in words what they show." });
}

static void
put_url(struct page *p, const struct values *v)
{
	tmpl_submit_url(&p->h,
	    &(struct tmpl_submit_url){ .to = to_of(p, "submit"),
		.csrf = p->csrf,
		.url = v->url,
		.invalid = invalid(v, "url"),
		.error = error_of(v, "url") });
}

/* The forms, the kind that was asked for first. */
static void
put_forms(struct page *p, const struct values *v, int expected,
    const char *back)
{
	bool file = sme_file_kind(expected) != NULL;

	if (file)
		put_file(p, v);
	if (expected == PB_CONTENT_TYPE_URL)
		put_url(p, v);
	put_text(p, v, back);
	if (!file)
		put_file(p, v);
	if (expected != PB_CONTENT_TYPE_URL)
		put_url(p, v);
}

/* What the newest submission was handed back with. */
static void
put_feedback(struct page *p, const struct pb_sme_task *t)
{
	struct pb_list_submissions_request in = { .task_id = t->id };
	struct pb_list_submissions_response out = { 0 };

	if (t->status != PB_SME_TASK_STATUS_CHANGES_REQUESTED ||
	    rpc_sme_list_submissions(p->r, &in, &out) != CODE_OK ||
	    out.nsubmissions == 0 ||
	    str_is_empty(out.submissions[0].reviewer_notes))
		return;
	tmpl_submit_feedback(&p->h,
	    &(struct tmpl_submit_feedback){
		.text = out.submissions[0].reviewer_notes });
}

/* A task that the caller may answer; false after an answer was sent. */
static bool
load(struct page *p, struct smes_view *v, struct pb_sme_task **t)
{
	if (!smes_load_task(p, v, t))
		return false;
	if (is_mine(p, *t) && is_open(*t))
		return true;
	page_message(p, 403, "This task takes no content",
	    "It is closed, or it is not yours to answer.");
	return false;
}

static void
put_page(struct page *p, const struct pb_sme_task *t, const struct values *v)
{
	const char *back = smes_task_of(p, p->arg[0], t->id);

	p->stores = true;
	page_app_open(p, arena_printf(p->r->mem, "Submit: %s", t->title),
	    false);
	tmpl_submit_page_open(&p->h,
	    &(struct tmpl_submit_page){ .back = back,
		.title = t->title,
		.description = t->description });
	put_feedback(p, t);
	put_forms(p, v, t->expected_content_type, back);
	tmpl_submit_page_close(&p->h,
	    &(struct tmpl_submit_page){ .assets = WEB_ASSETS });
	page_app_close(p);
	page_send(p, v->field == NULL ? 200 : 400);
}

void
smes_submit_page(struct page *p)
{
	const struct values none = { .text = "", .url = "" };
	struct pb_sme_task *t = NULL;
	struct smes_view v = { 0 };

	if (load(p, &v, &t))
		put_page(p, t, &none);
}

/* --- sending ---------------------------------------------------------------------- */

/* What became of it: on to the task, or the page again with what is wrong. */
static void
ended(struct page *p, const struct pb_sme_task *t, enum code code,
    struct values *v)
{
	struct entry e = { 0 };
	const struct entry_rule rules[] = {
		{ "SME_SUBMISSION_LIMIT_REACHED", v->field,
		    "This task has as many submissions as there can be. Ask"
		    " for a new task." },
		{ "text_content", v->field, NULL },
		{ "file_name", v->field, NULL },
		{ "file_path", v->field, NULL },
		{ "file_size_bytes", v->field, NULL },
		{ "content_type", v->field, NULL },
		{ NULL, NULL, NULL },
	};

	if (code == CODE_OK) {
		note_leave(p, "content-submitted");
		page_redirect(p, smes_task_of(p, p->arg[0], t->id));
		return;
	}
	if (!entry_fault(p, rules, &e)) {
		page_fail(p);
		return;
	}
	/* A limit of another kind says itself what it is. */
	v->error = e.field[0] == '\0' && code == CODE_RESOURCE_EXHAUSTED
	    ? p->r->message
	    : e.text;
	req_unfail(p->r);
	put_page(p, t, v);
}

void
smes_submit_post(struct page *p)
{
	bool url = str_eq(entry_posted(p, "kind"), "url");
	struct values v = { .text = entry_posted(p, "text"),
		.url = entry_posted(p, "url"),
		.field = url ? "url" : "text" };
	struct pb_submit_content_request in = { .task_id = p->arg[1],
		.content_type =
		    url ? PB_CONTENT_TYPE_URL : PB_CONTENT_TYPE_TEXT };
	struct pb_submit_content_response out = { 0 };
	struct pb_sme_task *t = NULL;
	struct smes_view view = { 0 };

	if (!load(p, &view, &t))
		return;
	in.text_content = url ? v.url : v.text;
	ended(p, t, rpc_sme_submit_content(p->r, &in, &out), &v);
}

/* The kind whose files end so; documents, whose rule says it, for none. */
static int
kind_of(const char *name)
{
	size_t i;

	for (i = 0; i < sme_nfile_kinds; i++)
		if (sme_file_media(&sme_file_kinds[i], name) != NULL)
			return sme_file_kinds[i].content_type;
	return PB_CONTENT_TYPE_DOCUMENT;
}

static enum code
store(struct page *p, const struct form_field *f,
    struct pb_submit_content_request *in)
{
	const struct pb_get_upload_url_request up = { .task_id = p->arg[1],
		.file_name = f->filename,
		.content_type = kind_of(f->filename),
		.file_size_bytes = (int64_t)f->len };
	enum code code;
	int fd;

	in->content_type = up.content_type;
	in->file_size_bytes = up.file_size_bytes;
	if ((fd = memfd_create("upload", MFD_CLOEXEC)) == -1 ||
	    fd_write(fd, f->value, f->len) == -1)
		code = req_fail(p->r, CODE_UNAVAILABLE, "no room for the file");
	else
		code = sme_upload_store(p->r, &up, fd, &in->file_path);
	if (fd != -1)
		close(fd);
	return code;
}

void
smes_submit_file(struct page *p)
{
	const struct form_field *f =
	    p->form == NULL ? NULL : form_find(p->form, "file");
	struct values v = { .text = "", .url = "", .field = "file" };
	struct pb_submit_content_request in = { .task_id = p->arg[1] };
	struct pb_submit_content_response out = { 0 };
	struct pb_sme_task *t = NULL;
	struct smes_view view = { 0 };
	enum code code;

	if (!load(p, &view, &t))
		return;
	if (f == NULL || str_is_empty(f->filename))
		code = req_fail_field(p->r, "file_name", "must be chosen");
	else if ((code = store(p, f, &in)) == CODE_OK)
		code = rpc_sme_submit_content(p->r, &in, &out);
	ended(p, t, code, &v);
}

/*
 * Asking a person for content, and changing, cancelling and deleting what was
 * asked. The people stand in the form itself, so a search among them loses
 * nothing that was typed.
 */
#include <string.h>

#include "base/clock.h"
#include "entry.h"
#include "fold.h"
#include "mirai/v1/user.rpc.h"
#include "note.h"
#include "pages.h"
#include "smes.h"

#define SHOWN_MAX 50 /* people offered at once */
#define Q_MIN	  2  /* characters of a search */

#define DAY_US INT64_C(86400000000)

static const struct entry_rule rules[] = {
	{ "SME_TASK_LIMIT_REACHED", "",
	    "This expert has as many tasks as there can be. Delete some that"
	    " are over." },
	{ "USER_NOT_FOUND", "user", "This person is not in your company." },
	{ "title", "title", NULL },
	{ "description", "description", NULL },
	{ "assigned_to_user_id", "user", "Choose who is asked." },
	{ "expected_content_type", "type", "Choose one of the kinds." },
	{ "due_date", "due", NULL },
	{ NULL, NULL, NULL },
};

/* What is in the form. */
struct values {
	const char *title;
	const char *description;
	const char *user;
	const char *due; /* "2026-11-21" */
	int32_t type;
	const char *q;
};

static struct values
posted(struct page *p)
{
	struct values v = { .title = entry_posted(p, "title"),
		.description = entry_posted(p, "description"),
		.user = entry_posted(p, "user"),
		.due = entry_posted(p, "due"),
		.type = PB_CONTENT_TYPE_TEXT,
		.q = entry_posted(p, "q") };

	(void)entry_chosen(p, "type", smes_content_types, &v.type);
	return v;
}

/* --- days ---------------------------------------------------------------------- */

/* A day of the form as its end (UTC); false when it is none. */
static bool
day_end(const char *s, int64_t *us)
{
	char text[32];
	size_t n = strlen(s);

	if (n != sizeof("2026-11-21") - 1)
		return false;
	memcpy(text, s, n);
	memcpy(text + n, "T23:59:59Z", sizeof("T23:59:59Z"));
	return clock_parse_rfc3339(text, us);
}

static const char *
day_of(struct arena *a, const struct pb_timestamp *t)
{
	int year, month, day;

	if (t == NULL)
		return "";
	clock_civil(pb_time_us(t) / DAY_US, &year, &month, &day);
	return arena_printf(a, "%04d-%02d-%02d", year, month, day);
}

/*
 * The date that was posted, NULL for none. A day that stayed the same keeps its
 * hour. False: it is no day.
 */
static bool
due_of(struct page *p, const struct values *v, struct pb_timestamp *before,
    struct pb_timestamp **out)
{
	int64_t us;

	*out = NULL;
	if (v->due[0] == '\0')
		return true;
	if (before != NULL && str_eq(v->due, day_of(p->r->mem, before))) {
		*out = before;
		return true;
	}
	if (!day_end(v->due, &us)) {
		(void)req_fail_field(p->r, "due_date", "is no day");
		return false;
	}
	*out = pb_time(p->r->mem, us);
	return true;
}

/* --- the form ------------------------------------------------------------------- */

static void
put_person(struct page *p, const struct pb_user *u, bool chosen)
{
	const char *name = page_user_name(p->r->mem, u);
	const char *email = u->email == NULL ? "" : u->email;

	tmpl_pick(&p->h,
	    &(struct tmpl_pick){ .id = u->id,
		.initials = page_initials(p->r->mem, u),
		.name = name,
		.email = str_eq(name, email) ? "" : email,
		.tone = page_role_tone(u->role),
		.role = page_role_name(u->role),
		.checked = chosen });
}

/* Who was chosen is always there, whatever is searched for. */
static bool
is_offered(struct page *p, const struct pb_user *u, const struct values *v,
    const char *q)
{
	return strlen(q) < Q_MIN || str_eq(u->id, v->user) ||
	    fold_has(p->r->mem, page_user_name(p->r->mem, u), q) ||
	    fold_has(p->r->mem, u->email, q);
}

static void
put_people(struct page *p, const struct entry *e, const struct values *v,
    const struct pb_list_company_users_response *all)
{
	const char *q = fold_text(p->r->mem, v->q);
	size_t i, n = 0;

	tmpl_task_person_head(&p->h,
	    &(struct tmpl_task_person_head){
		.error = e->field != NULL && str_eq(e->field, "user") ? e->text
								      : "" });
	tmpl_task_people(&p->h, &(struct tmpl_task_people){ .q = v->q });
	tmpl_picks_open(&p->h);
	for (i = 0; i < all->nusers; i++)
		if (is_offered(p, &all->users[i], v, q) && n++ < SHOWN_MAX)
			put_person(p, &all->users[i],
			    str_eq(all->users[i].id, v->user));
	tmpl_picks_close(&p->h);
	if (n == 0)
		tmpl_pick_none(&p->h,
		    &(struct tmpl_pick_none){
			.text = "Nobody in your company answers to that." });
	else if (n > SHOWN_MAX)
		tmpl_pick_none(&p->h,
		    &(struct tmpl_pick_none){
			.text = arena_printf(p->r->mem,
			    "%zu more: search for a name or an address.",
			    n - SHOWN_MAX) });
}

static void
put_type(struct page *p, const struct entry *e, const struct values *v)
{
	const struct entry_line line = { .name = "type",
		.label = "Expected content" };

	entry_put_choice_open(p, e, &line);
	entry_put_options(p, smes_content_types, v->type);
	entry_put_choice_close(p, e, &line);
}

static void
put_lines(struct page *p, const struct entry *e, const struct values *v)
{
	tmpl_default_button(&p->h);
	entry_put_line(p, e,
	    &(struct entry_line){ .name = "title",
		.label = "Title",
		.value = v->title,
		.required = true,
		.max = 500 });
	entry_put_text(p, e,
	    &(struct entry_line){ .name = "description",
		.label = "Description",
		.value = v->description,
		.max = 5000 });
}

static void
put_rest(struct page *p, const struct entry *e, const struct values *v)
{
	put_type(p, e, v);
	entry_put_line(p, e,
	    &(struct entry_line){ .name = "due",
		.label = "Due date",
		.value = v->due,
		.type = "date",
		.note = "Optional. A day before, a reminder is sent.",
		.max = 10 });
}

static int
status_of(const struct entry *e)
{
	return e->field == NULL ? 200 : e->status;
}

/* --- assigning ------------------------------------------------------------------ */

static void
put_new(struct page *p, const struct smes_view *view, const struct entry *e,
    const struct values *v)
{
	struct pb_list_company_users_request in = { 0 };
	struct pb_list_company_users_response all = { 0 };
	const char *back = smes_page_of(p, view->sme->id);

	if (rpc_user_list_company_users(p->r, &in, &all) != CODE_OK) {
		page_fail(p);
		return;
	}
	page_card_open(p, "Assign Task",
	    arena_printf(p->r->mem, "Ask somebody for content for %s.",
		view->sme->name),
	    back, "Back to the expert");
	entry_put_summary(p, e);
	tmpl_form_open(&p->h,
	    &(struct tmpl_form){ .to = smes_under(p, "tasks/new"),
		.csrf = p->csrf });
	put_lines(p, e, v);
	put_people(p, e, v, &all);
	put_rest(p, e, v);
	tmpl_form_close(&p->h,
	    &(struct tmpl_form){ .button = "Assign Task",
		.busy = "Assigning …",
		.back = back });
	page_card_close(p);
	page_send(p, status_of(e));
}

void
smes_task_new(struct page *p)
{
	const struct values v = { .title = "",
		.description = "",
		.user = "",
		.due = "",
		.type = PB_CONTENT_TYPE_TEXT,
		.q = "" };
	const struct entry none = { 0 };
	struct smes_view view = { 0 };

	if (smes_need_editor(p) && smes_load(p, &view))
		put_new(p, &view, &none, &v);
}

static enum code
create(struct page *p, const struct values *v,
    struct pb_create_task_response *out)
{
	struct pb_create_task_request in = {
		.sme_id = p->arg[0],
		.title = v->title,
		.description = v->description,
		.expected_content_type = v->type,
		.assigned_to_user_id = v->user,
	};

	if (!due_of(p, v, NULL, &in.due_date))
		return CODE_INVALID_ARGUMENT;
	return rpc_sme_create_task(p->r, &in, out);
}

void
smes_task_create(struct page *p)
{
	struct pb_create_task_response out = { 0 };
	struct smes_view view = { 0 };
	struct values v = posted(p);
	struct entry e = { 0 };

	if (!smes_need_editor(p))
		return;
	if (entry_posted(p, "find")[0] == '\0') {
		if (create(p, &v, &out) == CODE_OK) {
			note_leave(p, "task-assigned");
			page_redirect(p,
			    smes_task_of(p, p->arg[0], out.task->id));
			return;
		}
		if (!entry_fault(p, rules, &e)) {
			page_fail(p);
			return;
		}
		req_unfail(p->r);
	}
	if (smes_load(p, &view))
		put_new(p, &view, &e, &v);
}

/* --- changing ------------------------------------------------------------------- */

/* A task that the caller may change; false after an answer was sent. */
static bool
load(struct page *p, struct smes_view *v, struct pb_sme_task **t)
{
	if (!smes_load_task(p, v, t))
		return false;
	if (smes_may_change(p, *t))
		return true;
	page_message(p, 403, "Not allowed",
	    "Only who assigned a task, administrators and instructors change"
	    " it.");
	return false;
}

static const char *
under_task(struct page *p, const char *deed)
{
	return arena_printf(p->r->mem, "/smes/%s/tasks/%s/%s", p->arg[0],
	    p->arg[1], deed);
}

static void
put_edit(struct page *p, const struct entry *e, const struct values *v)
{
	const char *back = smes_task_of(p, p->arg[0], p->arg[1]);

	page_card_open(p, "Edit Task", "", back, "Back to the task");
	entry_put_summary(p, e);
	tmpl_form_open(&p->h,
	    &(struct tmpl_form){ .to = under_task(p, "edit"),
		.csrf = p->csrf });
	put_lines(p, e, v);
	put_rest(p, e, v);
	tmpl_form_close(&p->h,
	    &(struct tmpl_form){ .button = "Save",
		.busy = "Saving …",
		.back = back });
	page_card_close(p);
	page_send(p, status_of(e));
}

void
smes_task_page(struct page *p)
{
	const struct entry none = { 0 };
	struct pb_sme_task *t = NULL;
	struct smes_view view = { 0 };
	struct values v = { 0 };

	if (!load(p, &view, &t))
		return;
	v.title = t->title;
	v.description = t->description;
	v.type = t->expected_content_type;
	v.due = day_of(p->r->mem, t->due_date);
	put_edit(p, &none, &v);
}

/* In the form, no date means that there is to be none. */
static enum code
save(struct page *p, const struct values *v, struct pb_sme_task *t)
{
	struct pb_update_task_request in = {
		.task_id = t->id,
		.title = v->title,
		.description = v->description,
		.has_expected_content_type = true,
		.expected_content_type = v->type,
		.clear_due_date = true,
	};
	struct pb_update_task_response out = { 0 };

	if (!due_of(p, v, t->due_date, &in.due_date))
		return CODE_INVALID_ARGUMENT;
	return rpc_sme_update_task(p->r, &in, &out);
}

void
smes_task_save(struct page *p)
{
	struct pb_sme_task *t = NULL;
	struct smes_view view = { 0 };
	struct values v = posted(p);
	struct entry e = { 0 };

	if (!load(p, &view, &t))
		return;
	if (save(p, &v, t) == CODE_OK) {
		note_leave(p, "task-saved");
		page_redirect(p, smes_task_of(p, p->arg[0], t->id));
	} else if (entry_fault(p, rules, &e))
		put_edit(p, &e, &v);
	else
		page_fail(p);
}

/* --- ending --------------------------------------------------------------------- */

static void
ask(struct page *p, const char *verb, const char *text, const char *deed,
    const char *button)
{
	struct pb_sme_task *t = NULL;
	struct smes_view view = { 0 };
	const char *back;

	if (!load(p, &view, &t))
		return;
	back = smes_task_of(p, p->arg[0], t->id);
	page_card_open(p, arena_printf(p->r->mem, "%s “%s”?", verb, t->title),
	    text, back, "Back to the task");
	tmpl_confirm(&p->h,
	    &(struct tmpl_confirm){ .to = under_task(p, deed),
		.csrf = p->csrf,
		.button = button,
		.busy = "One moment …",
		.back = back });
	page_card_close(p);
	page_send(p, 200);
}

void
smes_task_cancel_ask(struct page *p)
{
	ask(p, "Cancel", "Whoever was asked is told that nothing is needed.",
	    "cancel", "Cancel Task");
}

void
smes_task_cancel(struct page *p)
{
	struct pb_cancel_task_request in = { .task_id = p->arg[1] };
	struct pb_cancel_task_response out = { 0 };

	smes_done(p, rpc_sme_cancel_task(p->r, &in, &out), "task-cancelled",
	    smes_task_of(p, p->arg[0], p->arg[1]));
}

void
smes_task_delete_ask(struct page *p)
{
	ask(p, "Delete",
	    "What was submitted for it is deleted for good. Knowledge that was"
	    " made from it stays.",
	    "delete", "Delete Task");
}

void
smes_task_delete(struct page *p)
{
	struct pb_delete_task_request in = { .task_id = p->arg[1] };
	struct pb_delete_task_response out = { 0 };

	smes_done(p, rpc_sme_delete_task(p->r, &in, &out), "task-deleted",
	    smes_page_of(p, p->arg[0]));
}

/*
 * One expert, /smes?sme= (spec web.md 19.2, 19.3): what it is, where it stands,
 * its tasks and its knowledge. While content is processed the page brings
 * itself up to date.
 */
#include "smes.h"

#include <stdlib.h>

#include "entry.h"
#include "mirai/v1/user.rpc.h"
#include "pages.h"

#define FOLD_FROM 5 /* tasks; of more, those that are over are folded */

/* --- loading ---------------------------------------------------------------- */

static void
say_gone(struct page *p)
{
	page_app_open(p, "No such expert", false);
	tmpl_sme_gone(&p->h);
	page_app_close(p);
	page_send(p, 404);
}

static void
refuse(struct page *p)
{
	if (p->r->code == CODE_NOT_FOUND ||
	    p->r->code == CODE_PERMISSION_DENIED ||
	    p->r->code == CODE_INVALID_ARGUMENT)
		say_gone(p);
	else
		page_fail(p);
}

/* The expert of that id, by the machine's own steps. */
static bool
load(struct page *p, const char *id, struct smes_view *v)
{
	struct pb_get_sme_request in = { .sme_id = id };
	struct pb_get_sme_response out = { 0 };

	v->run.machine = &machine_sme;
	v->manages = page_is_editor(p);
	(void)machine_step(&v->run, SME_SELECT);
	v->run.error = rpc_sme_get_sme(p->r, &in, &out);
	(void)machine_step(&v->run,
	    v->run.error == CODE_OK ? SME_OK : SME_FAILED);
	if (v->run.state != SME_VIEWING) {
		refuse(p);
		return false;
	}
	v->sme = out.sme;
	return true;
}

bool
smes_load(struct page *p, struct smes_view *v)
{
	return load(p, p->arg[0], v);
}

bool
smes_load_task(struct page *p, struct smes_view *v, struct pb_sme_task **task)
{
	struct pb_get_task_request in = { .task_id = p->arg[1] };
	struct pb_get_task_response out = { 0 };

	if (!load(p, p->arg[0], v))
		return false;
	if (rpc_sme_get_task(p->r, &in, &out) != CODE_OK) {
		refuse(p);
		return false;
	}
	if (!str_eq(out.task->sme_id, v->sme->id)) {
		say_gone(p);
		return false;
	}
	*task = out.task;
	return true;
}

/* Open ones first, then the newest. */
static int
by_turn(const void *x, const void *y)
{
	const struct pb_sme_task *a = x, *b = y;
	int64_t at = pb_time_us(b->created_at) - pb_time_us(a->created_at);
	bool pa = a->status == PB_SME_TASK_STATUS_PENDING;
	bool pb = b->status == PB_SME_TASK_STATUS_PENDING;

	if (pa != pb)
		return pa ? -1 : 1;
	return at < 0 ? -1 : at > 0;
}

/* Tasks, and the people they name; false after an answer was sent. */
static bool
load_tasks(struct page *p, struct smes_view *v)
{
	struct pb_list_tasks_request in = { .sme_id = v->sme->id };
	struct pb_list_tasks_response out = { 0 };
	struct pb_list_company_users_request users_in = { 0 };
	struct pb_list_company_users_response users = { 0 };

	if (rpc_sme_list_tasks(p->r, &in, &out) != CODE_OK ||
	    rpc_user_list_company_users(p->r, &users_in, &users) != CODE_OK) {
		page_fail(p);
		return false;
	}
	v->tasks = out.tasks;
	v->ntasks = out.ntasks;
	v->users = users.users;
	v->nusers = users.nusers;
	if (v->ntasks > 0)
		qsort(v->tasks, v->ntasks, sizeof(*v->tasks), by_turn);
	return true;
}

/* --- tasks ------------------------------------------------------------------ */

static const struct pb_user *
find_user(const struct smes_view *v, const char *id)
{
	size_t i;

	for (i = 0; i < v->nusers; i++)
		if (str_eq(v->users[i].id, id))
			return &v->users[i];
	return NULL;
}

const char *
smes_person(struct page *p, const struct smes_view *v, const char *user_id)
{
	const struct pb_user *u = find_user(v, user_id);

	return u == NULL ? "A former colleague" : page_user_name(p->r->mem, u);
}

bool
smes_may_change(const struct page *p, const struct pb_sme_task *t)
{
	return page_is_editor(p) || str_eq(t->assigned_by_user_id, p->me->id);
}

static bool
is_over(const struct pb_sme_task *t)
{
	return t->status == PB_SME_TASK_STATUS_COMPLETED ||
	    t->status == PB_SME_TASK_STATUS_CANCELLED;
}

/* When it was done, else when it is due. */
static void
fill_time(struct page *p, const struct pb_sme_task *t,
    struct tmpl_sme_task *card)
{
	const struct pb_timestamp *at = t->due_date;

	card->when = t->due_date == NULL ? "No due date" : "Due";
	if (t->completed_at != NULL) {
		card->when = "Completed";
		at = t->completed_at;
	}
	card->at = page_time(p->r->mem, at);
	card->at_text = page_day(p->r->mem, at);
}

static void
put_link(struct page *p, const struct smes_view *v, const struct pb_sme_task *t,
    const char *deed, const char *icon, const char *label)
{
	tmpl_plain_link(&p->h,
	    &(struct tmpl_plain_link){ .to = arena_printf(p->r->mem,
					   "/smes/%s/tasks/%s/%s", v->sme->id,
					   t->id, deed),
		.icon = icon,
		.label = label,
		.name = t->title });
}

static void
put_deeds(struct page *p, const struct smes_view *v,
    const struct pb_sme_task *t)
{
	if (!smes_may_change(p, t))
		return;
	if (!is_over(t))
		put_link(p, v, t, "edit", "edit", "Edit");
	if (t->status == PB_SME_TASK_STATUS_PENDING ||
	    t->status == PB_SME_TASK_STATUS_CHANGES_REQUESTED)
		put_link(p, v, t, "cancel", "close", "Cancel");
	put_link(p, v, t, "delete", "trash", "Delete");
}

static void
put_task(struct page *p, const struct smes_view *v, const struct pb_sme_task *t)
{
	const struct smes_word *status = smes_task_status(t->status);
	const struct pb_user *u = find_user(v, t->assigned_to_user_id);
	bool asked = str_eq(t->id, v->task);
	struct tmpl_sme_task card = { .mark = asked ? "task-asked" : "",
		.id = t->id,
		.autofocus = asked,
		.title = t->title,
		.tone = status->tone,
		.icon = status->icon,
		.status = status->label,
		.description = t->description,
		.initials = u == NULL ? "U" : page_initials(p->r->mem, u),
		.type = smes_content_type(t->expected_content_type) };

	card.assignee = arena_printf(p->r->mem, "%s%s",
	    smes_person(p, v, t->assigned_to_user_id),
	    str_eq(t->assigned_to_user_id, p->me->id) ? " (You)" : "");
	fill_time(p, t, &card);
	tmpl_sme_task_open(&p->h, &card);
	smes_submit_part(p, v, t);
	smes_review_part(p, v, t);
	put_deeds(p, v, t);
	tmpl_sme_task_close(&p->h);
}

enum which {
	WHICH_RUNNING = 1,
	WHICH_OVER = 2
};

static bool
is_of(const struct pb_sme_task *t, int which)
{
	return (which & (is_over(t) ? WHICH_OVER : WHICH_RUNNING)) != 0;
}

static void
put_list(struct page *p, const struct smes_view *v, int which)
{
	size_t i;

	tmpl_sme_task_list_open(&p->h);
	for (i = 0; i < v->ntasks; i++)
		if (is_of(&v->tasks[i], which))
			put_task(p, v, &v->tasks[i]);
	tmpl_sme_task_list_close(&p->h);
}

/* Those that are over, folded unless one of them is asked for. */
static void
put_over(struct page *p, const struct smes_view *v)
{
	bool asked = false;
	size_t i, n = 0;

	for (i = 0; i < v->ntasks; i++)
		if (is_over(&v->tasks[i])) {
			n++;
			asked |= str_eq(v->tasks[i].id, v->task);
		}
	if (n == 0)
		return;
	tmpl_sme_tasks_over_open(&p->h,
	    &(struct tmpl_sme_tasks_over){ .open = asked,
		.count = page_count(p->r->mem, (int64_t)n, "task", "tasks") });
	put_list(p, v, WHICH_OVER);
	tmpl_sme_tasks_over_close(&p->h);
}

static void
put_tasks_head(struct page *p, const struct smes_view *v)
{
	tmpl_sme_tasks_head_open(&p->h,
	    &(struct tmpl_sme_tasks_head){
		.count = page_count(p->r->mem, (int64_t)v->ntasks, "task",
		    "tasks") });
	if (v->manages)
		tmpl_new_link(&p->h,
		    &(struct tmpl_new_link){ .to = arena_printf(p->r->mem,
						 "/smes/%s/tasks/new",
						 v->sme->id),
			.label = "Assign Task" });
	tmpl_sme_tasks_head_close(&p->h);
}

static void
put_tasks(struct page *p, const struct smes_view *v)
{
	tmpl_sme_tasks_open(&p->h);
	put_tasks_head(p, v);
	if (v->ntasks == 0)
		page_empty(p, "task", "No tasks",
		    "A task asks somebody of your company for content.");
	else if (v->ntasks <= FOLD_FROM)
		put_list(p, v, WHICH_RUNNING | WHICH_OVER);
	else {
		put_list(p, v, WHICH_RUNNING);
		put_over(p, v);
	}
	tmpl_sme_tasks_close(&p->h);
}

/* --- the page --------------------------------------------------------------- */

static void
put_head(struct page *p, const struct smes_view *v)
{
	const struct pb_subject_matter_expert *s = v->sme;
	struct arena *a = p->r->mem;

	tmpl_sme_open(&p->h,
	    &(struct tmpl_sme){ .name = s->name,
		.description = s->description,
		.autofocus = v->task[0] == '\0' &&
		    s->status != PB_SME_STATUS_INGESTING });
	if (v->manages && s->status == PB_SME_STATUS_ARCHIVED)
		tmpl_plain_form(&p->h,
		    &(struct tmpl_plain_form){
			.to = arena_printf(a, "/smes/%s/restore", s->id),
			.csrf = p->csrf,
			.icon = "restore",
			.label = "Restore",
			.name = s->name });
	else if (v->manages) {
		tmpl_plain_link(&p->h,
		    &(struct tmpl_plain_link){
			.to = arena_printf(a, "/smes/%s/edit", s->id),
			.icon = "edit",
			.label = "Edit",
			.name = s->name });
		tmpl_plain_link(&p->h,
		    &(struct tmpl_plain_link){
			.to = arena_printf(a, "/smes/%s/archive", s->id),
			.icon = "archive",
			.label = "Archive",
			.name = s->name });
	}
	tmpl_sme_close(&p->h);
}

static void
put_facts(struct page *p, const struct smes_view *v)
{
	const struct pb_subject_matter_expert *s = v->sme;
	const struct smes_word *status = smes_status(s->status);
	struct arena *a = p->r->mem;

	if (s->status == PB_SME_STATUS_INGESTING)
		tmpl_sme_progress(&p->h,
		    &(struct tmpl_sme_progress){
			.text = "What was approved becomes pieces of"
				" knowledge. This page brings itself up to"
				" date." });
	tmpl_sme_facts(&p->h,
	    &(struct tmpl_sme_facts){ .tone = status->tone,
		.icon = status->icon,
		.status = status->label,
		.hint = status->hint,
		.domain = s->domain,
		.scope = s->scope == PB_SME_SCOPE_TEAM
		    ? page_count(a, (int64_t)s->nteam_ids, "team", "teams")
		    : "Everyone in the company",
		.created = page_time(a, s->created_at),
		.created_text = page_day(a, s->created_at),
		.updated = page_time(a, s->updated_at),
		.updated_text = page_day(a, s->updated_at) });
}

static void
put_summary(struct page *p, const struct smes_view *v)
{
	const struct pb_subject_matter_expert *s = v->sme;
	bool none = str_is_empty(s->knowledge_summary);

	tmpl_sme_summary(&p->h,
	    &(struct tmpl_sme_summary){
		.note = page_count(p->r->mem, s->chunk_count,
		    "piece of knowledge", "pieces of knowledge"),
		.text = none ? "Nothing yet. Once a submission is approved, its"
			       " content is summed up here."
			     : s->knowledge_summary });
}

void
smes_detail(struct page *p, const char *sme)
{
	const char *task = req_query(p->r, "task");
	struct smes_view v = { 0 };

	v.task = task == NULL ? "" : task;
	if (!load(p, sme, &v) || !load_tasks(p, &v))
		return;
	page_app_open(p, v.sme->name, v.sme->status == PB_SME_STATUS_INGESTING);
	put_head(p, &v);
	put_facts(p, &v);
	put_summary(p, &v);
	if (v.sme->status != PB_SME_STATUS_ARCHIVED)
		put_tasks(p, &v);
	smes_knowledge_part(p, &v);
	page_app_close(p);
	page_send(p, 200);
}

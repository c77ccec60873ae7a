/*
 * Experts, /smes (spec web.md 19.1): the list with its filters. Search, order
 * and count are made here, over what the service lets the caller see.
 */
#include "smes.h"

#include <stdlib.h>

#include "asked.h"
#include "fold.h"
#include "note.h"
#include "pages.h"

/* --- words ------------------------------------------------------------------ */

static const struct smes_word statuses[] = {
	{ PB_SME_STATUS_DRAFT, "draft", "Draft", "warn", "edit",
	    "Needs content" },
	{ PB_SME_STATUS_INGESTING, "ingesting", "Ingesting", "info", "current",
	    "Content is being processed" },
	{ PB_SME_STATUS_ACTIVE, "active", "Active", "ok", "check",
	    "Usable for courses" },
	{ PB_SME_STATUS_ARCHIVED, "archived", "Archived", "plain", "archive",
	    "Out of use" },
};

static const struct smes_word task_statuses[] = {
	{ PB_SME_TASK_STATUS_PENDING, "", "Pending", "warn", "clock", "" },
	{ PB_SME_TASK_STATUS_SUBMITTED, "", "Submitted", "info", "done", "" },
	{ PB_SME_TASK_STATUS_PROCESSING, "", "Processing", "brand", "current",
	    "" },
	{ PB_SME_TASK_STATUS_COMPLETED, "", "Completed", "ok", "check", "" },
	{ PB_SME_TASK_STATUS_FAILED, "", "Failed", "bad", "error", "" },
	{ PB_SME_TASK_STATUS_CANCELLED, "", "Cancelled", "plain", "close", "" },
	{ PB_SME_TASK_STATUS_AWAITING_REVIEW, "", "Awaiting Review", "info",
	    "review", "" },
	{ PB_SME_TASK_STATUS_CHANGES_REQUESTED, "", "Changes Requested", "warn",
	    "edit", "" },
};

const struct entry_option smes_content_types[] = {
	{ PB_CONTENT_TYPE_TEXT, "text", "Text" },
	{ PB_CONTENT_TYPE_DOCUMENT, "document", "Document" },
	{ PB_CONTENT_TYPE_IMAGE, "image", "Image" },
	{ PB_CONTENT_TYPE_VIDEO, "video", "Video" },
	{ PB_CONTENT_TYPE_AUDIO, "audio", "Audio" },
	{ PB_CONTENT_TYPE_URL, "url", "URL" },
	{ PB_CONTENT_TYPE_UNSPECIFIED, "any", "Any" },
	{ 0, NULL, NULL },
};

const struct smes_word *
smes_status(int32_t wire)
{
	size_t i;

	for (i = 0; i < NITEMS(statuses); i++)
		if (statuses[i].wire == wire)
			return &statuses[i];
	return &statuses[0];
}

const struct smes_word *
smes_task_status(int32_t wire)
{
	size_t i;

	for (i = 0; i < NITEMS(task_statuses); i++)
		if (task_statuses[i].wire == wire)
			return &task_statuses[i];
	return &task_statuses[0];
}

const char *
smes_content_type(int32_t wire)
{
	const struct entry_option *o;

	for (o = smes_content_types; o->value != NULL; o++)
		if (o->wire == wire)
			return o->label;
	return "Any";
}

/* --- addresses -------------------------------------------------------------- */

const char *
smes_page_of(struct page *p, const char *sme)
{
	return arena_printf(p->r->mem, "/smes?sme=%s", sme);
}

const char *
smes_task_of(struct page *p, const char *sme, const char *task)
{
	return arena_printf(p->r->mem, "/smes?sme=%s&task=%s", sme, task);
}

const char *
smes_knowledge_of(struct page *p, const char *sme)
{
	return arena_printf(p->r->mem, "/smes?sme=%s#knowledge", sme);
}

const char *
smes_under(struct page *p, const char *rest)
{
	return arena_printf(p->r->mem, "/smes/%s/%s", p->arg[0], rest);
}

void
smes_done(struct page *p, enum code code, const char *note, const char *to)
{
	if (code != CODE_OK) {
		page_fail(p);
		return;
	}
	note_leave(p, note);
	page_redirect(p, to);
}

bool
smes_need_editor(struct page *p)
{
	if (page_is_editor(p))
		return true;
	page_message(p, 403, "Not allowed",
	    "Only administrators and instructors manage experts.");
	return false;
}

/* --- the question in the address -------------------------------------------- */

static const struct entry_option scopes[] = {
	{ PB_SME_SCOPE_GLOBAL, "global", "Everyone" },
	{ PB_SME_SCOPE_TEAM, "team", "Teams" },
	{ 0, NULL, NULL },
};

enum order {
	BY_DATE,
	BY_NAME,
	BY_STATUS
};

static const struct entry_option orders[] = {
	{ BY_DATE, "date", "Creation date" },
	{ BY_NAME, "name", "Name" },
	{ BY_STATUS, "status", "Status" },
	{ 0, NULL, NULL },
};

struct ask {
	const char *q;
	int32_t scope;	/* 0: any */
	int32_t status; /* 0: any */
	int32_t order;
	int32_t rising;
	bool archived;
};

static void
read_ask(struct page *p, struct ask *ask)
{
	const char *status = asked_text(p, "status");
	size_t i;

	ask->q = asked_search(p, "q");
	asked_option(p, "scope", scopes, &ask->scope);
	asked_option(p, "sort", orders, &ask->order);
	asked_option(p, "dir", asked_directions, &ask->rising);
	for (i = 0; i < NITEMS(statuses); i++)
		if (str_eq(statuses[i].value, status))
			ask->status = statuses[i].wire;
	ask->archived = asked_text(p, "archived")[0] != '\0' ||
	    ask->status == PB_SME_STATUS_ARCHIVED;
}

/* --- what is shown ---------------------------------------------------------- */

static int
compare(const struct pb_subject_matter_expert *x,
    const struct pb_subject_matter_expert *y, int32_t order)
{
	int64_t at = pb_time_us(x->created_at) - pb_time_us(y->created_at);

	if (order == BY_NAME && !str_eq(x->name, y->name))
		return fold_compare(x->name, y->name);
	if (order == BY_STATUS && x->status != y->status)
		return x->status - y->status;
	return at < 0 ? -1 : at > 0;
}

static int
by_ask(const void *x, const void *y, void *arg)
{
	const struct ask *ask = arg;
	int n = compare(x, y, ask->order);

	return ask->rising ? n : -n;
}

static bool
is_wanted(struct arena *a, const struct pb_subject_matter_expert *s,
    const struct ask *ask, const char *q)
{
	if (ask->scope != 0 && s->scope != ask->scope)
		return false;
	if (ask->status != 0 && s->status != ask->status)
		return false;
	return q[0] == '\0' || fold_has(a, s->name, q) ||
	    fold_has(a, s->description, q) || fold_has(a, s->domain, q);
}

/* Keeps what is wanted, in its order. */
static size_t
narrow(struct page *p, const struct pb_list_smes_response *all, struct ask *ask)
{
	const char *q = fold_text(p->r->mem, ask->q);
	size_t i, n = 0;

	for (i = 0; i < all->nsmes; i++)
		if (is_wanted(p->r->mem, &all->smes[i], ask, q))
			all->smes[n++] = all->smes[i];
	if (n > 0)
		qsort_r(all->smes, n, sizeof(*all->smes), by_ask, ask);
	return n;
}

static void
put_tools(struct page *p, const struct ask *ask)
{
	const struct tmpl_tools_choice choice = { .name = "status",
		.label = "Status" };
	size_t i;

	tmpl_tools_open(&p->h, &(struct tmpl_tools){ .to = "/smes" });
	tmpl_tools_search(&p->h,
	    &(struct tmpl_tools_search){
		.label = "Search name, description or domain",
		.q = ask->q });
	asked_put_choice(p, "scope", "Open to", "All", scopes, ask->scope);
	tmpl_tools_choice_open(&p->h, &choice);
	entry_put_option(p, "", "All", false);
	for (i = 0; i < NITEMS(statuses); i++)
		entry_put_option(p, statuses[i].value, statuses[i].label,
		    statuses[i].wire == ask->status);
	tmpl_tools_choice_close(&p->h);
	asked_put_choice(p, "sort", "Sort by", NULL, orders, ask->order);
	asked_put_choice(p, "dir", "Direction", NULL, asked_directions,
	    ask->rising);
	tmpl_tools_check(&p->h,
	    &(struct tmpl_tools_check){ .name = "archived",
		.label = "Show archived",
		.checked = ask->archived });
	tmpl_tools_close(&p->h);
}

static const char *
knowledge(struct arena *a, const struct pb_subject_matter_expert *s)
{
	return s->chunk_count == 0
	    ? "None yet"
	    : page_count(a, s->chunk_count, "piece", "pieces");
}

static const char *
hint(const struct pb_subject_matter_expert *s)
{
	if (s->status == PB_SME_STATUS_DRAFT)
		return "Assign a task, or submit content, to make it usable.";
	if (s->status == PB_SME_STATUS_ACTIVE &&
	    !str_is_empty(s->knowledge_summary))
		return "Its knowledge is ready to make courses from.";
	return smes_status(s->status)->hint;
}

static void
put_deeds(struct page *p, const struct pb_subject_matter_expert *s)
{
	struct arena *a = p->r->mem;

	if (s->status == PB_SME_STATUS_ARCHIVED) {
		tmpl_icon_form(&p->h,
		    &(struct tmpl_icon_form){
			.to = arena_printf(a, "/smes/%s/restore", s->id),
			.csrf = p->csrf,
			.icon = "restore",
			.label = arena_printf(a, "Restore %s", s->name) });
		return;
	}
	tmpl_icon_link(&p->h,
	    &(struct tmpl_icon_link){
		.to = arena_printf(a, "/smes/%s/edit", s->id),
		.icon = "edit",
		.label = arena_printf(a, "Edit %s", s->name) });
	tmpl_icon_link(&p->h,
	    &(struct tmpl_icon_link){
		.to = arena_printf(a, "/smes/%s/archive", s->id),
		.icon = "archive",
		.label = arena_printf(a, "Archive %s", s->name) });
}

static void
put_card(struct page *p, const struct pb_subject_matter_expert *s)
{
	const struct smes_word *status = smes_status(s->status);

	tmpl_sme_card_open(&p->h,
	    &(struct tmpl_sme_card){ .id = s->id,
		.name = s->name,
		.tone = status->tone,
		.icon = status->icon,
		.status = status->label,
		.description = s->description,
		.domain = s->domain,
		.scope = s->scope == PB_SME_SCOPE_TEAM ? "Teams" : "Everyone",
		.knowledge = knowledge(p->r->mem, s),
		.created = page_time(p->r->mem, s->created_at),
		.created_text = page_day(p->r->mem, s->created_at),
		.hint = hint(s) });
	if (page_is_editor(p))
		put_deeds(p, s);
	tmpl_sme_card_close(&p->h);
}

static void
put_list(struct page *p, const struct pb_list_smes_response *all, size_t n)
{
	size_t i;

	if (all->nsmes == 0) {
		page_empty(p, "expert", "No experts yet",
		    page_is_editor(p)
			? "An expert gathers what somebody in your company"
			  " knows. Create the first one."
			: "Experts gather what people in your company know."
			  " Administrators and instructors create them.");
		return;
	}
	if (n == 0) {
		page_empty(p, "search", "Nothing found",
		    "No expert matches. Try other words, or fewer filters.");
		return;
	}
	tmpl_grid_open(&p->h);
	for (i = 0; i < n; i++)
		put_card(p, &all->smes[i]);
	tmpl_grid_close(&p->h);
}

/* Without any there is nothing to search, sort or filter. */
static bool
has_archived(struct page *p)
{
	struct pb_list_smes_request in = { .include_archived = true };
	struct pb_list_smes_response all = { 0 };

	return rpc_sme_list_smes(p->r, &in, &all) == CODE_OK && all.nsmes > 0;
}

static void
list(struct page *p)
{
	struct pb_list_smes_request in = { 0 };
	struct pb_list_smes_response all = { 0 };
	struct ask ask = { 0 };
	size_t n, total;

	read_ask(p, &ask);
	in.include_archived = ask.archived;
	if (rpc_sme_list_smes(p->r, &in, &all) != CODE_OK) {
		page_fail(p);
		return;
	}
	total = all.nsmes;
	n = narrow(p, &all, &ask);
	page_app_open(p, "Experts", false);
	tmpl_list_head_open(&p->h,
	    &(struct tmpl_list_head){ .title = "Subject Matter Experts",
		.text = "What people in your company know: the sources of"
			" courses." });
	if (page_is_editor(p))
		tmpl_new_link(&p->h,
		    &(struct tmpl_new_link){ .to = "/smes/new",
			.label = "Create SME" });
	tmpl_list_head_close(&p->h);
	if (total > 0 || ask.archived || has_archived(p)) {
		put_tools(p, &ask);
		tmpl_list_count(&p->h,
		    &(struct tmpl_list_count){ .text = arena_printf(p->r->mem,
						   "%zu of %zu", n, total) });
	}
	put_list(p, &all, n);
	page_app_close(p);
	page_send(p, 200);
}

void
smes_page(struct page *p)
{
	const char *sme = asked_text(p, "sme");

	if (sme[0] != '\0')
		smes_detail(p, sme);
	else
		list(p);
}

/* An address for posts alone, or of an expert without more: to its page. */
void
smes_back(struct page *p)
{
	page_redirect(p, smes_page_of(p, p->arg[0]));
}

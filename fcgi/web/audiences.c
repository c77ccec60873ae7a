/*
 * Target audiences, /target-audiences (spec web.md 20.1): the list with its
 * filters, and beside it the profile that ?audience= names.
 */
#include "audiences.h"

#include <stdlib.h>
#include <string.h>

#include "asked.h"
#include "fold.h"
#include "pages.h"

#define SHOWN_MAX 2 /* goals and challenges on a card */

const struct entry_option audiences_levels[] = {
	{ PB_EXPERIENCE_LEVEL_BEGINNER, "beginner", "Beginner" },
	{ PB_EXPERIENCE_LEVEL_INTERMEDIATE, "intermediate", "Intermediate" },
	{ PB_EXPERIENCE_LEVEL_ADVANCED, "advanced", "Advanced" },
	{ PB_EXPERIENCE_LEVEL_EXPERT, "expert", "Expert" },
	{ 0, NULL, NULL },
};

const char *
audiences_level(int32_t wire)
{
	const struct entry_option *o;

	for (o = audiences_levels; o->value != NULL; o++)
		if (o->wire == wire)
			return o->label;
	return audiences_levels[0].label;
}

const char *
audiences_level_tone(int32_t wire)
{
	static const char *const tones[] = {
		[PB_EXPERIENCE_LEVEL_BEGINNER] = "ok",
		[PB_EXPERIENCE_LEVEL_INTERMEDIATE] = "info",
		[PB_EXPERIENCE_LEVEL_ADVANCED] = "brand",
		[PB_EXPERIENCE_LEVEL_EXPERT] = "warn",
	};

	return wire > 0 && wire < (int32_t)NITEMS(tones) ? tones[wire]
							 : "plain";
}

const char *
audiences_page_of(struct page *p, const char *id)
{
	return arena_printf(p->r->mem, "/target-audiences?audience=%s", id);
}

bool
audiences_need_editor(struct page *p)
{
	if (page_is_editor(p))
		return true;
	page_message(p, 403, "Not allowed",
	    "Only administrators and instructors manage target audiences.");
	return false;
}

static void
say_gone(struct page *p)
{
	page_app_open(p, "No such audience", false);
	tmpl_audience_gone(&p->h);
	page_app_close(p);
	page_send(p, 404);
}

bool
audiences_load(struct page *p, const char *id,
    const struct pb_target_audience_template **out)
{
	struct pb_get_template_request in = { .template_id = id };
	struct pb_get_template_response got = { 0 };
	enum code code;

	code = rpc_target_audience_get_template(p->r, &in, &got);
	if (code == CODE_OK) {
		*out = got.template;
		return true;
	}
	if (code == CODE_NOT_FOUND || code == CODE_PERMISSION_DENIED ||
	    code == CODE_INVALID_ARGUMENT)
		say_gone(p);
	else
		page_fail(p);
	return false;
}

/* --- the question in the address -------------------------------------------- */

enum order {
	BY_DATE,
	BY_NAME,
	BY_LEVEL
};

static const struct entry_option orders[] = {
	{ BY_DATE, "date", "Creation date" },
	{ BY_NAME, "name", "Name" },
	{ BY_LEVEL, "level", "Level" },
	{ 0, NULL, NULL },
};

struct ask {
	const char *q;
	const char *audience; /* id or "" */
	int32_t level;	      /* 0: any */
	int32_t order;
	int32_t rising;
	bool archived;
};

static void
read_ask(struct page *p, struct ask *ask)
{
	ask->q = asked_search(p, "q");
	ask->audience = asked_text(p, "audience");
	asked_option(p, "level", audiences_levels, &ask->level);
	asked_option(p, "sort", orders, &ask->order);
	asked_option(p, "dir", asked_directions, &ask->rising);
	ask->archived = asked_text(p, "archived")[0] != '\0';
}

/* This list with a profile beside it, or none. */
static const char *
address(struct page *p, const struct ask *ask, const char *id)
{
	struct arena *a = p->r->mem;

	return arena_printf(a,
	    "/target-audiences?q=%s&level=%s&sort=%s&dir=%s%s%s%s",
	    str_url_encode(a, ask->q),
	    ask->level == 0 ? "" : audiences_levels[ask->level - 1].value,
	    orders[ask->order].value, asked_directions[ask->rising].value,
	    ask->archived ? "&archived=yes" : "",
	    id[0] == '\0' ? "" : "&audience=", id);
}

/* --- the list ---------------------------------------------------------------- */

static int
compare(const struct pb_target_audience_template *x,
    const struct pb_target_audience_template *y, int32_t order)
{
	int64_t at = pb_time_us(x->created_at) - pb_time_us(y->created_at);

	if (order == BY_NAME && !str_eq(x->name, y->name))
		return fold_compare(x->name, y->name);
	if (order == BY_LEVEL && x->experience_level != y->experience_level)
		return x->experience_level - y->experience_level;
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
is_wanted(struct arena *a, const struct pb_target_audience_template *t,
    const struct ask *ask, const char *q)
{
	if (ask->level != 0 && t->experience_level != ask->level)
		return false;
	return q[0] == '\0' || fold_has(a, t->name, q) ||
	    fold_has(a, t->description, q) || fold_has(a, t->role, q);
}

/* Keeps what is wanted, in its order. */
static size_t
narrow(struct page *p, const struct pb_list_templates_response *all,
    struct ask *ask)
{
	const char *q = fold_text(p->r->mem, ask->q);
	size_t i, n = 0;

	for (i = 0; i < all->ntemplates; i++)
		if (is_wanted(p->r->mem, &all->templates[i], ask, q))
			all->templates[n++] = all->templates[i];
	if (n > 0)
		qsort_r(all->templates, n, sizeof(*all->templates), by_ask,
		    ask);
	return n;
}

static void
put_tools(struct page *p, const struct ask *ask)
{
	tmpl_tools_open(&p->h,
	    &(struct tmpl_tools){ .to = "/target-audiences" });
	tmpl_tools_search(&p->h,
	    &(struct tmpl_tools_search){ .label =
					     "Search name, description or role",
		.q = ask->q });
	asked_put_choice(p, "level", "Level", "All", audiences_levels,
	    ask->level);
	asked_put_choice(p, "sort", "Sort by", NULL, orders, ask->order);
	asked_put_choice(p, "dir", "Direction", NULL, asked_directions,
	    ask->rising);
	tmpl_tools_check(&p->h,
	    &(struct tmpl_tools_check){ .name = "archived",
		.label = "Show archived",
		.checked = ask->archived });
	tmpl_tools_close(&p->h);
}

/* The first of a list, and how many more there are. */
static void
put_few(struct page *p, const char *title, const char **items, size_t n)
{
	size_t i;

	if (n == 0)
		return;
	tmpl_card_list_open(&p->h, &(struct tmpl_card_list){ .title = title });
	for (i = 0; i < n && i < SHOWN_MAX; i++)
		tmpl_card_item(&p->h,
		    &(struct tmpl_card_item){ .text = items[i] });
	if (n > SHOWN_MAX)
		tmpl_card_item(&p->h,
		    &(struct tmpl_card_item){
			.text = arena_printf(p->r->mem, "+%zu more",
			    n - SHOWN_MAX) });
	tmpl_card_list_close(&p->h);
}

static bool
is_archived(const struct pb_target_audience_template *t)
{
	return t->status == PB_TARGET_AUDIENCE_STATUS_ARCHIVED;
}

static const char *
under(struct page *p, const struct pb_target_audience_template *t,
    const char *deed)
{
	return arena_printf(p->r->mem, "/target-audiences/%s/%s", t->id, deed);
}

static void
put_deeds(struct page *p, const struct pb_target_audience_template *t)
{
	tmpl_card_deeds_open(&p->h);
	if (is_archived(t))
		tmpl_icon_form(&p->h,
		    &(struct tmpl_icon_form){ .to = under(p, t, "restore"),
			.csrf = p->csrf,
			.icon = "restore",
			.label =
			    arena_printf(p->r->mem, "Restore %s", t->name) });
	else {
		tmpl_icon_link(&p->h,
		    &(struct tmpl_icon_link){ .to = under(p, t, "edit"),
			.icon = "edit",
			.label = arena_printf(p->r->mem, "Edit %s", t->name) });
		tmpl_icon_link(&p->h,
		    &(struct tmpl_icon_link){ .to = under(p, t, "delete"),
			.icon = "trash",
			.label =
			    arena_printf(p->r->mem, "Delete %s", t->name) });
	}
	tmpl_card_deeds_close(&p->h);
}

static void
put_card(struct page *p, const struct ask *ask,
    const struct pb_target_audience_template *t)
{
	const struct tmpl_audience_card card = { .to = address(p, ask, t->id),
		.current = str_eq(ask->audience, t->id) ? "true" : "false",
		.name = t->name,
		.tone = audiences_level_tone(t->experience_level),
		.level = audiences_level(t->experience_level),
		.role = t->role,
		.created = page_time(p->r->mem, t->created_at),
		.created_text = page_day(p->r->mem, t->created_at) };

	tmpl_audience_card_open(&p->h, &card);
	if (is_archived(t))
		tmpl_plain_badge(&p->h,
		    &(struct tmpl_plain_badge){ .label = "Archived" });
	put_few(p, "Goals", t->learning_goals, t->nlearning_goals);
	put_few(p, "Challenges", t->challenges, t->nchallenges);
	if (page_is_editor(p))
		put_deeds(p, t);
	tmpl_audience_card_close(&p->h, &card);
}

static void
put_list(struct page *p, const struct ask *ask,
    const struct pb_list_templates_response *all, size_t n)
{
	size_t i;

	if (all->ntemplates == 0) {
		page_empty(p, "audience", "No target audiences yet",
		    page_is_editor(p)
			? "A target audience says who a course is for. Create"
			  " the first one."
			: "A target audience says who a course is for."
			  " Administrators and instructors create them.");
		return;
	}
	if (n == 0) {
		page_empty(p, "search", "Nothing found",
		    "No audience matches. Try other words, or fewer filters.");
		return;
	}
	tmpl_grid_open(&p->h);
	for (i = 0; i < n; i++)
		put_card(p, ask, &all->templates[i]);
	tmpl_grid_close(&p->h);
}

/* --- one profile ------------------------------------------------------------- */

static void
put_all(struct page *p, const char *title, const char **items, size_t n)
{
	size_t i;

	if (n == 0)
		return;
	tmpl_audience_list_open(&p->h,
	    &(struct tmpl_audience_list){ .title = title });
	for (i = 0; i < n; i++)
		tmpl_card_item(&p->h,
		    &(struct tmpl_card_item){ .text = items[i] });
	tmpl_audience_list_close(&p->h);
}

static void
put_text(struct page *p, const char *title, const char *text)
{
	if (!str_is_empty(text))
		tmpl_audience_text(&p->h,
		    &(struct tmpl_audience_text){ .title = title,
			.text = text });
}

static void
put_button(struct page *p, const struct pb_target_audience_template *t,
    const char *deed, const char *icon, const char *label)
{
	tmpl_plain_form(&p->h,
	    &(struct tmpl_plain_form){ .to = under(p, t, deed),
		.csrf = p->csrf,
		.icon = icon,
		.label = label,
		.name = t->name });
}

static void
put_link(struct page *p, const struct pb_target_audience_template *t,
    const char *deed, const char *icon, const char *label)
{
	tmpl_plain_link(&p->h,
	    &(struct tmpl_plain_link){ .to = under(p, t, deed),
		.icon = icon,
		.label = label,
		.name = t->name });
}

static void
put_actions(struct page *p, const struct pb_target_audience_template *t)
{
	tmpl_actions_open(&p->h);
	if (is_archived(t))
		put_button(p, t, "restore", "restore", "Restore");
	else {
		put_link(p, t, "edit", "edit", "Edit");
		put_button(p, t, "archive", "archive", "Archive");
		put_link(p, t, "delete", "trash", "Delete");
	}
	tmpl_actions_close(&p->h);
}

static void
put_profile(struct page *p, const struct ask *ask,
    const struct pb_target_audience_template *t)
{
	struct arena *a = p->r->mem;

	tmpl_audience_open(&p->h,
	    &(struct tmpl_audience){ .name = t->name,
		.role = t->role,
		.close = address(p, ask, "") });
	tmpl_audience_badges(&p->h,
	    &(struct tmpl_audience_badges){
		.tone = audiences_level_tone(t->experience_level),
		.level = audiences_level(t->experience_level),
		.status_tone = is_archived(t) ? "plain" : "ok",
		.status = is_archived(t) ? "Archived" : "Active",
		.description = t->description });
	put_all(p, "Learning goals", t->learning_goals, t->nlearning_goals);
	put_all(p, "Prerequisites", t->prerequisites, t->nprerequisites);
	put_all(p, "Challenges", t->challenges, t->nchallenges);
	put_all(p, "Motivations", t->motivations, t->nmotivations);
	put_text(p, "Industry context", t->industry_context);
	put_text(p, "Typical background", t->typical_background);
	tmpl_audience_times(&p->h,
	    &(struct tmpl_audience_times){ .created =
					       page_time(a, t->created_at),
		.created_text = page_day(a, t->created_at),
		.updated = page_time(a, t->updated_at),
		.updated_text = page_day(a, t->updated_at) });
	if (page_is_editor(p))
		put_actions(p, t);
	tmpl_audience_close(&p->h);
}

/* --- the page ---------------------------------------------------------------- */

/* Without any there is nothing to search, sort or filter. */
static bool
has_archived(struct page *p)
{
	struct pb_list_templates_request in = { .has_include_archived = true,
		.include_archived = true };
	struct pb_list_templates_response all = { 0 };

	return rpc_target_audience_list_templates(p->r, &in, &all) == CODE_OK &&
	    all.ntemplates > 0;
}

static void
put_page(struct page *p, const struct ask *ask,
    const struct pb_list_templates_response *all, size_t n, size_t total,
    const struct pb_target_audience_template *open)
{
	page_app_open(p, "Target Audiences", false);
	tmpl_list_head_open(&p->h,
	    &(struct tmpl_list_head){ .title = "Target Audiences",
		.text = "Profiles of who courses are written for." });
	if (page_is_editor(p))
		tmpl_new_link(&p->h,
		    &(struct tmpl_new_link){ .to = "/target-audiences/new",
			.label = "Create Audience" });
	tmpl_list_head_close(&p->h);
	if (total > 0 || ask->archived || has_archived(p)) {
		put_tools(p, ask);
		tmpl_list_count(&p->h,
		    &(struct tmpl_list_count){ .text = arena_printf(p->r->mem,
						   "%zu of %zu", n, total) });
	}
	tmpl_audiences_open(&p->h,
	    &(struct tmpl_audiences){ .kind = open == NULL ? "" : "beside" });
	if (open != NULL)
		put_profile(p, ask, open);
	tmpl_audiences_list_open(&p->h);
	put_list(p, ask, all, n);
	tmpl_audiences_list_close(&p->h);
	tmpl_audiences_close(&p->h);
	page_app_close(p);
	page_send(p, 200);
}

void
audiences_page(struct page *p)
{
	const struct pb_target_audience_template *open = NULL;
	struct pb_list_templates_request in = { 0 };
	struct pb_list_templates_response all = { 0 };
	struct ask ask = { 0 };
	size_t n, total;

	read_ask(p, &ask);
	if (ask.audience[0] != '\0' && !audiences_load(p, ask.audience, &open))
		return;
	in.include_archived = ask.archived;
	if (rpc_target_audience_list_templates(p->r, &in, &all) != CODE_OK) {
		page_fail(p);
		return;
	}
	total = all.ntemplates;
	n = narrow(p, &all, &ask);
	put_page(p, &ask, &all, n, total, open);
}

/* An address for posts alone, or of a profile without more: to its page. */
void
audiences_back(struct page *p)
{
	page_redirect(p, audiences_page_of(p, p->arg[0]));
}

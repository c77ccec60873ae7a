/*
 * Making and changing a target audience: one form of three sections, which
 * script shows one at a time. Lists are written one entry a line. A form that
 * was refused comes back as it was typed.
 */
#include <string.h>

#include "audiences.h"
#include "base/utf8.h"
#include "note.h"
#include "pages.h"

static const struct entry_rule rules[] = {
	{ "name", "name", NULL },
	{ "description", "description", NULL },
	{ "role", "role", NULL },
	{ "experience_level", "level", "Choose one of the levels." },
	{ "learning_goals", "goals", "Name at least one goal, at most 50." },
	{ "prerequisites", "prerequisites", "At most 50 entries." },
	{ "challenges", "challenges", "At most 50 entries." },
	{ "motivations", "motivations", "At most 50 entries." },
	{ "industry_context", "industry", NULL },
	{ "typical_background", "background", NULL },
	{ NULL, NULL, NULL },
};

/* One of the lists, and how it is asked for. */
struct list {
	const char *name;
	const char *label;
	const char *item; /* in "Add ..." */
	const char *note;
	bool required;
};

enum list_index {
	GOALS,
	PREREQUISITES,
	CHALLENGES,
	MOTIVATIONS,
	NLISTS
};

static const struct list lists[NLISTS] = {
	[GOALS] = { "goals", "Learning goals", "goal",
	    "At least one, one a line.", true },
	[PREREQUISITES] = { "prerequisites", "Prerequisites", "prerequisite",
	    "One a line.", false },
	[CHALLENGES] = { "challenges", "Challenges", "challenge", "One a line.",
	    false },
	[MOTIVATIONS] = { "motivations", "Motivations", "motivation",
	    "One a line.", false },
};

/* What is in the form; lists as texts of lines. */
struct values {
	const char *name;
	const char *description;
	const char *role;
	int32_t level;
	const char *lists[NLISTS];
	const char *industry;
	const char *background;
};

/* What the form says and where it goes. */
struct sheet {
	const char *title;
	const char *to;
	const char *back;
	const char *back_label;
	const char *button;
};

static const struct sheet making = { "Create Audience", "/target-audiences/new",
	"/target-audiences", "All audiences", "Create Audience" };

/* --- lists as lines ------------------------------------------------------------ */

static const char *
join(struct page *p, const char **items, size_t n)
{
	struct buf *b = buf_new(p->r->mem);
	size_t i;

	for (i = 0; i < n; i++)
		buf_printf(b, "%s%s", i == 0 ? "" : "\n", items[i]);
	return buf_str(b);
}

/* The lines of a text without their ends; blank ones included. */
static const char **
split(struct page *p, const char *text, size_t *n)
{
	const char **items;
	const char *end;
	size_t max = 1;

	for (end = text; (end = strchr(end, '\n')) != NULL; end++)
		max++;
	items = arena_calloc(p->r->mem, max, sizeof(*items));
	for (*n = 0; *n < max; text = end + 1) {
		if ((end = strchr(text, '\n')) == NULL)
			end = text + strlen(text);
		items[(*n)++] = str_trim(p->r->mem,
		    arena_strndup(p->r->mem, text, (size_t)(end - text)));
		if (*end == '\0')
			break;
	}
	return items;
}

/* --- the form ------------------------------------------------------------------ */

static void
put_list(struct page *p, const struct entry *e, const struct list *l,
    const char *value)
{
	bool wrong = e->field != NULL && str_eq(e->field, l->name);

	tmpl_entry_lines(&p->h,
	    &(struct tmpl_entry_lines){ .mark = l->required ? "label-required"
							    : "label-optional",
		.name = l->name,
		.label = l->label,
		.item = l->item,
		.invalid = wrong ? "true" : "false",
		.autofocus = wrong,
		.value = value,
		.error = wrong ? e->text : "",
		.note = l->note });
}

static void
put_level(struct page *p, const struct entry *e, int32_t level)
{
	static const char *const hints[] = { "New to the subject",
		"Knows the basics", "Works with it every day",
		"Teaches others" };
	const struct entry_line line = { .name = "level", .label = "Level" };
	const struct entry_option *o;

	entry_put_radios_open(p, e, &line);
	for (o = audiences_levels; o->value != NULL; o++)
		entry_put_radio(p,
		    &(struct entry_radio){ .name = "level",
			.value = o->value,
			.label = o->label,
			.note = hints[o - audiences_levels],
			.checked = o->wire == level });
	entry_put_radios_close(p, e, &line);
}

static void
put_who(struct page *p, const struct entry *e, const struct values *v)
{
	const struct tmpl_step step = { .id = "step-who", .title = "Who" };

	tmpl_step_open(&p->h, &step);
	entry_put_line(p, e,
	    &(struct entry_line){ .name = "name",
		.label = "Name",
		.value = v->name,
		.required = true,
		.max = 255 });
	entry_put_text(p, e,
	    &(struct entry_line){ .name = "description",
		.label = "Description",
		.value = v->description,
		.max = 5000 });
	entry_put_line(p, e,
	    &(struct entry_line){ .name = "role",
		.label = "Role",
		.value = v->role,
		.note = "What these people do, such as “Field technician”.",
		.required = true,
		.max = 255 });
	put_level(p, e, v->level);
	tmpl_step_close(&p->h);
}

static void
put_learning(struct page *p, const struct entry *e, const struct values *v)
{
	const struct tmpl_step step = { .id = "step-learning",
		.title = "Learning" };
	size_t i;

	tmpl_step_open(&p->h, &step);
	for (i = 0; i < NLISTS; i++)
		put_list(p, e, &lists[i], v->lists[i]);
	tmpl_step_close(&p->h);
}

static void
put_context(struct page *p, const struct entry *e, const struct values *v)
{
	const struct tmpl_step step = { .id = "step-context",
		.title = "Context" };

	tmpl_step_open(&p->h, &step);
	entry_put_text(p, e,
	    &(struct entry_line){ .name = "industry",
		.label = "Industry context",
		.value = v->industry,
		.max = 5000 });
	entry_put_text(p, e,
	    &(struct entry_line){ .name = "background",
		.label = "Typical background",
		.value = v->background,
		.max = 5000 });
	tmpl_step_close(&p->h);
}

static void
put_form(struct page *p, const struct sheet *s, const struct entry *e,
    const struct values *v)
{
	page_card_open(p, s->title, "", s->back, s->back_label);
	entry_put_summary(p, e);
	tmpl_form_steps_open(&p->h,
	    &(struct tmpl_form_steps){ .to = s->to, .csrf = p->csrf });
	put_who(p, e, v);
	put_learning(p, e, v);
	put_context(p, e, v);
	tmpl_form_steps_close(&p->h,
	    &(struct tmpl_form_steps){ .back = s->back, .button = s->button });
	page_card_close(p);
	page_send(p, e->field == NULL ? 200 : e->status);
}

static struct values
posted(struct page *p)
{
	struct values v = { .name = entry_posted(p, "name"),
		.description = entry_posted(p, "description"),
		.role = entry_posted(p, "role"),
		.level = PB_EXPERIENCE_LEVEL_BEGINNER,
		.industry = entry_posted(p, "industry"),
		.background = entry_posted(p, "background") };
	size_t i;

	(void)entry_chosen(p, "level", audiences_levels, &v.level);
	for (i = 0; i < NLISTS; i++)
		v.lists[i] = entry_posted(p, lists[i].name);
	return v;
}

/* "challenges[3]" is a mistake of the whole list, in a form. */
static bool
list_fault(struct page *p, const struct values *v, struct entry *e)
{
	const char **items;
	size_t i, j, n;

	for (i = 0; i < NLISTS; i++) {
		items = split(p, v->lists[i], &n);
		for (j = 0; j < n; j++)
			if (utf8_count(items[j]) > 500) {
				e->field = lists[i].name;
				e->text = arena_printf(p->r->mem,
				    "Line %zu is longer than 500 characters.",
				    j + 1);
				e->status = 400;
				return true;
			}
	}
	return false;
}

/* The form again with what is wrong, or the page for another failure. */
static void
refuse(struct page *p, const struct sheet *s, const struct values *v)
{
	struct entry e = { 0 };

	if (entry_fault(p, rules, &e) || list_fault(p, v, &e))
		put_form(p, s, &e, v);
	else
		page_fail(p);
}

/* --- making -------------------------------------------------------------------- */

void
audiences_edit_new(struct page *p)
{
	const struct values v = { .name = "",
		.description = "",
		.role = "",
		.level = PB_EXPERIENCE_LEVEL_BEGINNER,
		.lists = { "", "", "", "" },
		.industry = "",
		.background = "" };
	const struct entry none = { 0 };

	if (audiences_need_editor(p))
		put_form(p, &making, &none, &v);
}

void
audiences_edit_create(struct page *p)
{
	struct pb_create_template_response out = { 0 };
	struct values v = posted(p);
	struct pb_create_template_request in = {
		.name = v.name,
		.description = v.description,
		.role = v.role,
		.experience_level = v.level,
		.industry_context = v.industry,
		.typical_background = v.background,
	};

	in.learning_goals = split(p, v.lists[GOALS], &in.nlearning_goals);
	in.prerequisites = split(p, v.lists[PREREQUISITES], &in.nprerequisites);
	in.challenges = split(p, v.lists[CHALLENGES], &in.nchallenges);
	in.motivations = split(p, v.lists[MOTIVATIONS], &in.nmotivations);
	if (rpc_target_audience_create_template(p->r, &in, &out) != CODE_OK) {
		refuse(p, &making, &v);
		return;
	}
	note_leave(p, "audience-created");
	page_redirect(p, audiences_page_of(p, out.template->id));
}

/* --- changing ------------------------------------------------------------------ */

static struct sheet
changing(struct page *p)
{
	return (struct sheet){ "Edit Audience",
		arena_printf(p->r->mem, "/target-audiences/%s/edit", p->arg[0]),
		audiences_page_of(p, p->arg[0]), "Back to the audience",
		"Save" };
}

static const char *
or_empty(const char *s)
{
	return s == NULL ? "" : s;
}

void
audiences_edit_page(struct page *p)
{
	const struct pb_target_audience_template *t = NULL;
	const struct entry none = { 0 };
	struct values v = { 0 };
	struct sheet s;

	if (!audiences_need_editor(p) || !audiences_load(p, p->arg[0], &t))
		return;
	s = changing(p);
	v.name = t->name;
	v.description = t->description;
	v.role = t->role;
	v.level = t->experience_level;
	v.lists[GOALS] = join(p, t->learning_goals, t->nlearning_goals);
	v.lists[PREREQUISITES] = join(p, t->prerequisites, t->nprerequisites);
	v.lists[CHALLENGES] = join(p, t->challenges, t->nchallenges);
	v.lists[MOTIVATIONS] = join(p, t->motivations, t->nmotivations);
	v.industry = or_empty(t->industry_context);
	v.background = or_empty(t->typical_background);
	put_form(p, &s, &none, &v);
}

/* A list with nothing but blanks is one that is to be empty. */
void
audiences_edit_save(struct page *p)
{
	struct pb_update_template_response out = { 0 };
	struct values v = posted(p);
	struct sheet s = changing(p);
	struct pb_update_template_request in = {
		.template_id = p->arg[0],
		.name = v.name,
		.description = v.description,
		.role = v.role,
		.has_experience_level = true,
		.experience_level = v.level,
		.industry_context = v.industry,
		.typical_background = v.background,
	};

	in.learning_goals = split(p, v.lists[GOALS], &in.nlearning_goals);
	in.prerequisites = split(p, v.lists[PREREQUISITES], &in.nprerequisites);
	in.challenges = split(p, v.lists[CHALLENGES], &in.nchallenges);
	in.motivations = split(p, v.lists[MOTIVATIONS], &in.nmotivations);
	if (rpc_target_audience_update_template(p->r, &in, &out) != CODE_OK) {
		refuse(p, &s, &v);
		return;
	}
	note_leave(p, "audience-saved");
	page_redirect(p, s.back);
}

/* --- the archive --------------------------------------------------------------- */

static void
done(struct page *p, enum code code, const char *note, const char *to)
{
	if (code != CODE_OK) {
		page_fail(p);
		return;
	}
	note_leave(p, note);
	page_redirect(p, to);
}

void
audiences_edit_archive(struct page *p)
{
	struct pb_archive_template_request in = { .template_id = p->arg[0] };
	struct pb_archive_template_response out = { 0 };

	done(p, rpc_target_audience_archive_template(p->r, &in, &out),
	    "audience-archived", audiences_page_of(p, p->arg[0]));
}

void
audiences_edit_restore(struct page *p)
{
	struct pb_restore_template_request in = { .template_id = p->arg[0] };
	struct pb_restore_template_response out = { 0 };

	done(p, rpc_target_audience_restore_template(p->r, &in, &out),
	    "audience-restored", audiences_page_of(p, p->arg[0]));
}

void
audiences_edit_ask(struct page *p)
{
	const struct pb_target_audience_template *t = NULL;

	if (!audiences_need_editor(p) || !audiences_load(p, p->arg[0], &t))
		return;
	page_card_open(p, arena_printf(p->r->mem, "Delete %s?", t->name),
	    "It is no longer offered for courses. Among the archived ones it"
	    " can still be found, and restored.",
	    audiences_page_of(p, t->id), "Back to the audience");
	tmpl_confirm(&p->h,
	    &(struct tmpl_confirm){ .to = arena_printf(p->r->mem,
					"/target-audiences/%s/delete", t->id),
		.csrf = p->csrf,
		.button = "Delete Audience",
		.busy = "Deleting …",
		.back = audiences_page_of(p, t->id) });
	page_card_close(p);
	page_send(p, 200);
}

void
audiences_edit_delete(struct page *p)
{
	struct pb_delete_template_request in = { .template_id = p->arg[0] };
	struct pb_delete_template_response out = { 0 };

	done(p, rpc_target_audience_delete_template(p->r, &in, &out),
	    "audience-deleted", "/target-audiences");
}

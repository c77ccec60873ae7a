/*
 * Steps 2 and 3 of the course builder: the experts whose knowledge a course is
 * made from (spec web.md 10.1) and the audiences it is for. Only experts that
 * are ready can be chosen; the others are shown with what they wait for.
 */
#include "builder.h"

#include "fold.h"
#include "mirai/v1/sme.rpc.h"
#include "mirai/v1/target_audience.rpc.h"
#include "note.h"
#include "pages.h"

struct status_row {
	int32_t wire;
	const char *label;
	const char *tone;
};

static const struct status_row statuses[] = {
	{ PB_SME_STATUS_DRAFT, "Draft", "warn" },
	{ PB_SME_STATUS_INGESTING, "Processing", "info" },
	{ PB_SME_STATUS_ACTIVE, "Ready", "ok" },
	{ PB_SME_STATUS_ARCHIVED, "Archived", "plain" },
};

static const char *
or_empty(const char *s)
{
	return s == NULL ? "" : s;
}

/* --- experts ------------------------------------------------------------------ */

static const struct status_row *
status_of(int32_t wire)
{
	size_t i;

	for (i = 0; i < NITEMS(statuses); i++)
		if (statuses[i].wire == wire)
			return &statuses[i];
	return &statuses[0];
}

static bool
is_ready(const struct pb_subject_matter_expert *s)
{
	return s->status == PB_SME_STATUS_ACTIVE;
}

static bool
is_found(struct page *p, const struct pb_subject_matter_expert *s,
    const char *q)
{
	return fold_has(p->r->mem, s->name, q) ||
	    fold_has(p->r->mem, s->domain, q) ||
	    fold_has(p->r->mem, s->description, q);
}

static const char *
knowledge(struct page *p, const struct pb_subject_matter_expert *s)
{
	return arena_printf(p->r->mem, "%s%s%s",
	    s->scope == PB_SME_SCOPE_TEAM ? "Team" : "Global",
	    s->chunk_count > 0 ? ", " : "",
	    s->chunk_count > 0
		? page_count(p->r->mem, s->chunk_count, "piece of knowledge",
		      "pieces of knowledge")
		: "");
}

static void
put_sme(struct page *p, const struct builder *b,
    const struct pb_subject_matter_expert *s)
{
	const struct status_row *status = status_of(s->status);

	tmpl_builder_choice_open(&p->h,
	    &(struct tmpl_builder_choice){ .name = "sme",
		.id = s->id,
		.title = s->name,
		.text = or_empty(s->description),
		.checked = is_ready(s) &&
		    builder_has(b->choice.smes, b->choice.nsmes, s->id),
		.disabled = !is_ready(s) });
	tmpl_builder_badge(&p->h,
	    &(struct tmpl_builder_badge){ .tone = status->tone,
		.text = status->label });
	if (!str_is_empty(s->domain))
		tmpl_builder_badge(&p->h,
		    &(struct tmpl_builder_badge){ .tone = "plain",
			.text = s->domain });
	tmpl_builder_choice_note(&p->h,
	    &(struct tmpl_builder_choice_note){ .text = knowledge(p, s) });
	if (!is_ready(s))
		tmpl_builder_sme_link(&p->h,
		    &(struct tmpl_builder_sme_link){ .id = s->id,
			.name = s->name });
	tmpl_builder_choice_close(&p->h);
}

/* What is chosen and not shown stays chosen. */
static void
keep(struct page *p, const struct builder *b,
    const struct pb_subject_matter_expert *s)
{
	if (is_ready(s) && builder_has(b->choice.smes, b->choice.nsmes, s->id))
		tmpl_hidden(&p->h,
		    &(struct tmpl_hidden){ .name = "sme", .value = s->id });
}

/* Those that are ready, or those that are not, that hold the search. */
static size_t
put_group(struct page *p, const struct builder *b,
    const struct pb_list_smes_response *list, bool ready, const char *q)
{
	size_t i, n;

	for (i = n = 0; i < list->nsmes; i++) {
		if (is_ready(&list->smes[i]) != ready)
			continue;
		if (is_found(p, &list->smes[i], q)) {
			put_sme(p, b, &list->smes[i]);
			n++;
		} else
			keep(p, b, &list->smes[i]);
	}
	return n;
}

static size_t
count_ready(const struct pb_list_smes_response *list)
{
	size_t i, n;

	for (i = n = 0; i < list->nsmes; i++)
		n += is_ready(&list->smes[i]);
	return n;
}

static void
put_smes(struct page *p, const struct builder *b,
    const struct pb_list_smes_response *list)
{
	const char *asked = req_query(p->r, "q");
	const char *q = fold_text(p->r->mem, or_empty(asked));
	size_t ready = count_ready(list);

	if (list->nsmes > 6 || q[0] != '\0')
		tmpl_builder_search(&p->h,
		    &(struct tmpl_builder_search){ .q = or_empty(asked) });
	tmpl_builder_choices_open(&p->h,
	    &(struct tmpl_builder_choices){
		.legend =
		    arena_printf(p->r->mem, "Ready for Use (%zu)", ready) });
	if (put_group(p, b, list, true, q) == 0)
		tmpl_builder_choices_none(&p->h,
		    &(struct tmpl_builder_choices_none){ .text = ready == 0
			    ? "No expert is ready yet. Give one content first."
			    : "No expert matches the search." });
	tmpl_builder_choices_close(&p->h);
	if (ready == list->nsmes)
		return;
	tmpl_builder_choices_open(&p->h,
	    &(struct tmpl_builder_choices){
		.legend = arena_printf(p->r->mem, "Not Ready (%zu)",
		    list->nsmes - ready) });
	(void)put_group(p, b, list, false, q);
	tmpl_builder_choices_close(&p->h);
}

enum code
builder_sources_put(struct page *p, struct builder *b)
{
	struct pb_list_smes_request in = { 0 };
	struct pb_list_smes_response out = { 0 };
	enum code code;

	if ((code = rpc_sme_list_smes(p->r, &in, &out)) != CODE_OK)
		return code;
	tmpl_builder_form_open(&p->h,
	    &(struct tmpl_builder_form){ .csrf = p->csrf,
		.id = b->id,
		.step = 2,
		.title = "Whose knowledge it is made from" });
	if (out.nsmes == 0)
		page_empty(p, "user", "No experts yet",
		    "Courses are made from the knowledge of your experts."
		    " Create the first one and give it content.");
	else
		put_smes(p, b, &out);
	tmpl_builder_sme_new(&p->h,
	    &(struct tmpl_builder_sme_new){ .id = b->id });
	builder_foot(p, true, "Continue", "Saving …");
	tmpl_builder_form_close(&p->h);
	return CODE_OK;
}

/* --- audiences ----------------------------------------------------------------- */

static const char *
level_of(int32_t level)
{
	static const char *const levels[] = { "Any level", "Beginner",
		"Intermediate", "Advanced", "Expert" };

	return level < 0 || (size_t)level >= NITEMS(levels) ? levels[0]
							    : levels[level];
}

/* The first two goals, and how many more there are. */
static const char *
goals(struct page *p, const struct pb_target_audience_template *t)
{
	struct arena *a = p->r->mem;
	const char *first, *more;

	if (t->nlearning_goals == 0)
		return "";
	first = t->nlearning_goals == 1
	    ? t->learning_goals[0]
	    : arena_printf(a, "%s · %s", t->learning_goals[0],
		  t->learning_goals[1]);
	more = t->nlearning_goals < 3
	    ? ""
	    : arena_printf(a, " · +%zu more", t->nlearning_goals - 2);
	return arena_printf(a, "%s%s", first, more);
}

static void
put_audience(struct page *p, const struct builder *b,
    const struct pb_target_audience_template *t)
{
	tmpl_builder_choice_open(&p->h,
	    &(struct tmpl_builder_choice){ .name = "audience",
		.id = t->id,
		.title = t->name,
		.text = or_empty(t->description),
		.checked = builder_has(b->choice.audiences,
		    b->choice.naudiences, t->id) });
	if (!str_is_empty(t->role))
		tmpl_builder_badge(&p->h,
		    &(struct tmpl_builder_badge){ .tone = "brand",
			.text = t->role });
	tmpl_builder_badge(&p->h,
	    &(struct tmpl_builder_badge){ .tone = "info",
		.text = level_of(t->experience_level) });
	if (!str_is_empty(t->industry_context))
		tmpl_builder_badge(&p->h,
		    &(struct tmpl_builder_badge){ .tone = "plain",
			.text = t->industry_context });
	tmpl_builder_choice_note(&p->h,
	    &(struct tmpl_builder_choice_note){ .text = goals(p, t) });
	tmpl_builder_choice_close(&p->h);
}

enum code
builder_audiences_put(struct page *p, struct builder *b)
{
	struct pb_list_templates_request in = { 0 };
	struct pb_list_templates_response out = { 0 };
	enum code code;
	size_t i;

	code = rpc_target_audience_list_templates(p->r, &in, &out);
	if (code != CODE_OK)
		return code;
	tmpl_builder_form_open(&p->h,
	    &(struct tmpl_builder_form){ .csrf = p->csrf,
		.id = b->id,
		.step = 3,
		.title = "Whom it is for" });
	if (out.ntemplates == 0)
		page_empty(p, "team", "No audiences yet",
		    "An audience says who learns: role, level, goals. Lessons"
		    " are written for it.");
	else {
		tmpl_builder_choices_open(&p->h,
		    &(struct tmpl_builder_choices){ .legend = "Audiences" });
		for (i = 0; i < out.ntemplates; i++)
			put_audience(p, b, &out.templates[i]);
		tmpl_builder_choices_close(&p->h);
	}
	tmpl_builder_audience_link(&p->h);
	builder_foot(p, true, "Continue", "Saving …");
	tmpl_builder_form_close(&p->h);
	return CODE_OK;
}

/* --- what is chosen ------------------------------------------------------------ */

static const char **
posted_ids(struct page *p, const char *name, size_t *n)
{
	const char **all, **ids;
	size_t i, nall;

	all = builder_posted(p, name, &nall);
	ids = arena_calloc(p->r->mem, nall + 1, sizeof(*ids));
	for (*n = i = 0; i < nall; i++)
		if (str_is_uuid(all[i]) && !builder_has(ids, *n, all[i]))
			ids[(*n)++] = all[i];
	return ids;
}

/* Only what this step's form holds is replaced. */
bool
builder_sources_take(struct page *p, struct builder *b)
{
	bool smes = str_eq(builder_value(p, "step"), "2");

	if (smes)
		b->choice.smes = posted_ids(p, "sme", &b->choice.nsmes);
	else
		b->choice.audiences =
		    posted_ids(p, "audience", &b->choice.naudiences);
	if (b->choice.nsmes > BUILDER_SMES_MAX ||
	    b->choice.naudiences > BUILDER_AUDIENCES_MAX) {
		b->fault = (struct entry){ "",
			smes ? "A course is made from at most 20 experts."
			     : "A course is for at most 10 audiences.",
			400 };
		return false;
	}
	return builder_draft_save(p->r, b->id, &b->choice) == CODE_OK;
}

/* --- a new expert -------------------------------------------------------------- */

static const struct entry_rule rules[] = {
	{ "name", "name", NULL },
	{ "domain", "domain", NULL },
	{ "description", "description", NULL },
	{ NULL, NULL, NULL },
};

static void
put_new(struct page *p, const struct builder *b, const struct entry *e)
{
	page_card_open(p, "Create New SME",
	    "An expert can be chosen as soon as there is content: add it on"
	    " the expert's page.",
	    builder_at(p, b, 2), "Back to the course");
	entry_put_summary(p, e);
	tmpl_form_open(&p->h,
	    &(struct tmpl_form){ .to = builder_to(p, b, "/sme"),
		.csrf = p->csrf });
	entry_put_line(p, e,
	    &(struct entry_line){ .name = "name",
		.label = "Name",
		.value = builder_value(p, "name"),
		.required = true,
		.max = 200 });
	entry_put_line(p, e,
	    &(struct entry_line){ .name = "domain",
		.label = "Domain",
		.value = builder_value(p, "domain"),
		.required = true,
		.max = 200 });
	entry_put_text(p, e,
	    &(struct entry_line){ .name = "description",
		.label = "Description (optional)",
		.value = builder_value(p, "description"),
		.max = 5000 });
	tmpl_form_close(&p->h,
	    &(struct tmpl_form){ .button = "Create New SME",
		.busy = "Creating …",
		.back = builder_at(p, b, 2) });
	page_card_close(p);
}

void
builder_sme_page(struct page *p)
{
	const struct entry none = { 0 };
	struct builder b;

	if (!builder_take(p, &b))
		return;
	put_new(p, &b, &none);
	page_send(p, 200);
}

void
builder_sme_create(struct page *p)
{
	struct pb_create_sme_request in = {
		.name = builder_value(p, "name"),
		.domain = builder_value(p, "domain"),
		.description = builder_value(p, "description"),
		.scope = PB_SME_SCOPE_GLOBAL,
	};
	struct pb_create_sme_response out = { 0 };
	struct entry e = { 0 };
	struct builder b;

	if (!builder_take(p, &b))
		return;
	if (rpc_sme_create_sme(p->r, &in, &out) == CODE_OK) {
		note_leave(p, "sme-created");
		page_redirect(p, builder_at(p, &b, 2));
	} else if (entry_fault(p, rules, &e)) {
		put_new(p, &b, &e);
		page_send(p, e.status);
	} else
		page_fail(p);
}

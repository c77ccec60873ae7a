/*
 * The course builder's frame: the way through its steps, which of them an
 * address asks for, and the forms of the first three. Steps lie in files of
 * their own.
 */
#include "builder.h"

#include "note.h"
#include "pages.h"
#include "rpc/query.h"
#include "rpc/resp.h"

/* --- addresses ---------------------------------------------------------------- */

const char *
builder_at(const struct page *p, const struct builder *b, int step)
{
	if (b->id[0] == '\0')
		return "/course-builder";
	if (step == 0)
		return arena_printf(p->r->mem, "/course-builder?id=%s", b->id);
	return arena_printf(p->r->mem, "/course-builder?id=%s&step=%d", b->id,
	    step);
}

const char *
builder_to(const struct page *p, const struct builder *b, const char *rest)
{
	return arena_printf(p->r->mem, "/course-builder/%s%s", b->id, rest);
}

/* --- what was posted ----------------------------------------------------------- */

const char **
builder_posted(struct page *p, const char *name, size_t *n)
{
	const char *text = (const char *)p->r->body;
	struct query_pair pair;
	const char **all, *value;
	size_t cap, len;

	*n = 0;
	all = arena_calloc(p->r->mem, 1, sizeof(*all));
	for (cap = 1; text != NULL && query_next(&text, &pair);) {
		if (!query_is(&pair, name))
			continue;
		value = query_decode(p->r->mem, pair.value, pair.valuelen, true,
		    &len);
		if (value == NULL)
			continue;
		if (*n == cap) {
			all = arena_grow(p->r->mem, all, cap, cap * 2,
			    sizeof(*all));
			cap *= 2;
		}
		all[(*n)++] = value;
	}
	return all;
}

const char *
builder_value(struct page *p, const char *name)
{
	const char *s;

	s = p->r->body == NULL
	    ? NULL
	    : query_get(p->r->mem, (const char *)p->r->body, name);
	return s == NULL ? "" : s;
}

/* --- the way -------------------------------------------------------------------- */

static const char *const labels[BUILDER_STEPS] = { "Course Info",
	"Knowledge Sources", "Target Audience", "Review", "Outline", "Edit",
	"Preview" };

/* What a step is for is done. */
static bool
is_passed(const struct builder *b, int step)
{
	switch (step) {
	case 1:
		return b->title[0] != '\0' && b->outcome[0] != '\0';
	case 2:
		return b->choice.nsmes > 0;
	case 3:
		return b->choice.naudiences > 0;
	case 4:
		return b->outline != NULL || b->job != NULL;
	case 5:
		return b->nlessons > 0;
	default:
		return step == 6 && b->course != NULL &&
		    b->course->status != PB_COURSE_STATUS_DRAFT;
	}
}

/* Whether one may go there now. */
static bool
is_open(const struct builder *b, int step)
{
	struct machine_run run = b->run;

	if (step == 7)
		return b->course != NULL && b->course->content != NULL &&
		    b->course->content->nsections > 0;
	if (step == 6)
		return b->job == NULL && b->nlessons > 0;
	if (b->id[0] != '\0' && b->run.state < BUILDER_REVIEW)
		run.state = BUILDER_REVIEW;
	return machine_builder_go(&run, step);
}

static const char *
step_to(const struct page *p, const struct builder *b, int step)
{
	return step == 7 ? arena_printf(p->r->mem, "/course/%s/preview", b->id)
			 : builder_at(p, b, step);
}

/* In a step with a form the way to another one takes the form along. */
static void
put_step(struct page *p, const struct builder *b, int step, int current)
{
	const char *mark = is_passed(b, step) ? "check" : "open";
	const char *state = is_passed(b, step) ? "passed" : "ahead";

	if (step == current)
		tmpl_builder_step_current(&p->h,
		    &(struct tmpl_builder_step_current){ .number = step,
			.label = labels[step - 1] });
	else if (!is_open(b, step))
		tmpl_builder_step_none(&p->h,
		    &(struct tmpl_builder_step_none){ .number = step,
			.label = labels[step - 1],
			.mark = mark,
			.state = is_passed(b, step) ? "passed" : "closed",
			.said = is_passed(b, step) ? "passed" : "not yet" });
	else if (current <= 3 && b->id[0] != '\0')
		tmpl_builder_step_button(&p->h,
		    &(struct tmpl_builder_step_button){ .number = step,
			.label = labels[step - 1],
			.mark = mark,
			.state = state });
	else
		tmpl_builder_step(&p->h,
		    &(struct tmpl_builder_step){ .to = step_to(p, b, step),
			.number = step,
			.label = labels[step - 1],
			.mark = mark,
			.state = state });
}

static void
put_steps(struct page *p, const struct builder *b, int current)
{
	int step;

	tmpl_builder_steps_open(&p->h);
	for (step = 1; step <= BUILDER_STEPS; step++)
		put_step(p, b, step, current);
	tmpl_builder_steps_close(&p->h);
}

/* --- steps ---------------------------------------------------------------------- */

/* What a state shows; builder_job_put() where a job is waited for. */
struct view {
	enum code (*put)(struct page *p, struct builder *b);
	bool (*take)(struct page *p, struct builder *b);
	int step;
	bool live;
};

static const struct view views[BUILDER__MAX] = {
	[BUILDER_BASICS] = { builder_info_put, builder_info_take, 1, false },
	[BUILDER_SMES] = { builder_sources_put, builder_sources_take, 2,
	    false },
	[BUILDER_AUDIENCES] = { builder_audiences_put, builder_sources_take, 3,
	    false },
	[BUILDER_REVIEW] = { builder_review_put, NULL, 4, false },
	[BUILDER_GENERATING_OUTLINE] = { builder_job_put, NULL, 5, true },
	[BUILDER_OUTLINE] = { builder_outline_put, NULL, 5, false },
	[BUILDER_GENERATING_LESSONS] = { builder_job_put, NULL, 5, true },
	[BUILDER_EDITOR] = { builder_lessons_put, NULL, 6, false },
	[BUILDER_PREVIEW] = { NULL, NULL, 7, false },
};

/* A lesson or component is being written while its list is looked at. */
static bool
waits(const struct builder *b)
{
	size_t i;

	for (i = 0; i < b->njobs; i++)
		if (builder_is_active(&b->jobs[i]))
			return true;
	return false;
}

static bool
is_live(const struct page *p, const struct builder *b)
{
	return views[b->run.state].live ||
	    ((b->run.state == BUILDER_EDITOR ||
		 b->run.state == BUILDER_OUTLINE) &&
		waits(b) && req_query(p->r, "edit") == NULL);
}

/* Takes the run to a step if there is a way, else leaves it where it is. */
static void
go(struct builder *b, int step)
{
	if (b->id[0] == '\0' || step < 1)
		return;
	if (step == 6 && b->job == NULL && b->nlessons > 0)
		b->run.state = BUILDER_EDITOR;
	else if (step <= 4 && b->run.state < BUILDER_REVIEW)
		b->run.state = BUILDER_REVIEW;
	(void)machine_builder_go(&b->run, step);
}

void
builder_show(struct page *p, struct builder *b, int step, int status)
{
	const struct view *v;

	go(b, step);
	v = &views[b->run.state];
	page_app_open(p, b->id[0] == '\0' ? "Create Course" : b->title,
	    is_live(p, b));
	tmpl_builder_open(&p->h,
	    &(struct tmpl_builder){
		.title = b->title[0] == '\0' ? "Create Course" : b->title });
	put_steps(p, b, v->step);
	entry_put_summary(p, &b->fault);
	if (v->put(p, b) != CODE_OK) {
		page_fail(p);
		return;
	}
	tmpl_builder_close(&p->h);
	page_app_close(p);
	page_send(p, status);
}

/* Reads ?id= and ?step=; false when they ask for what cannot be. */
static bool
read_ask(struct page *p, const char **id, int *step)
{
	const char *s;
	int64_t n;

	*id = req_query(p->r, "id");
	*step = 0;
	if (*id == NULL)
		*id = "";
	if ((*id)[0] != '\0' && !str_is_uuid(*id))
		return false;
	if ((s = req_query(p->r, "step")) == NULL)
		return true;
	if (!str_to_i64(s, 1, BUILDER_STEPS, &n))
		return false;
	*step = (int)n;
	return true;
}

void
builder_page(struct page *p)
{
	struct builder b;
	const char *id;
	int step;

	if (!read_ask(p, &id, &step)) {
		page_not_found(p);
		return;
	}
	if (!builder_load(p, id, &b))
		return;
	if (step == 7 && is_open(&b, 7))
		page_redirect(p, step_to(p, &b, 7));
	else
		builder_show(p, &b, step, 200);
}

/* An address for posts alone, come to by its address. */
void
builder_back(struct page *p)
{
	page_redirect(p,
	    arena_printf(p->r->mem, "/course-builder?id=%s", p->arg[0]));
}

/* --- the forms of the first steps ------------------------------------------------- */

/* What a button of the form asks for, besides keeping what it says. */
static int
event_of(const char *pressed)
{
	int64_t n;

	if (str_eq(pressed, "next"))
		return BUILDER_NEXT;
	if (str_eq(pressed, "back"))
		return BUILDER_PREVIOUS;
	if (str_starts(pressed, "step-") &&
	    str_to_i64(pressed + 5, 1, BUILDER_STEPS, &n))
		return BUILDER_GO_1 + (int)n - 1;
	return BUILDER_SET;
}

static const char *
missing(int state)
{
	return state == BUILDER_SMES
	    ? "Choose at least one expert whose knowledge the course is made"
	      " from."
	    : "Choose at least one audience that the course is for.";
}

/* On to where the button leads; the step again when it may not be left so. */
static void
leave(struct page *p, struct builder *b, const char *pressed)
{
	int event = event_of(pressed);

	b->run.valid = is_passed(b, machine_builder_step(b->run.state));
	if (event == BUILDER_NEXT && !b->run.valid) {
		b->fault = (struct entry){ "", missing(b->run.state), 400 };
		builder_show(p, b, machine_builder_step(b->run.state), 400);
		return;
	}
	if (event >= BUILDER_GO_1 && event <= BUILDER_GO_7)
		page_redirect(p, step_to(p, b, event - BUILDER_GO_1 + 1));
	else {
		(void)machine_step(&b->run, event);
		page_redirect(p,
		    arena_printf(p->r->mem, "%s%s",
			builder_at(p, b, machine_builder_step(b->run.state)),
			event == BUILDER_SET ? builder_value(p, "anchor")
					     : ""));
	}
}

/* Where the form stands: the state of its step. */
static bool
read_form(struct page *p, const char **id, int *state)
{
	int64_t step;

	*id = builder_value(p, "id");
	if ((*id)[0] != '\0' && !str_is_uuid(*id))
		return false;
	if (!str_to_i64(builder_value(p, "step"), 1, 3, &step))
		return false;
	*state = BUILDER_BASICS + (int)step - 1;
	return (*id)[0] != '\0' || step == 1;
}

void
builder_post(struct page *p)
{
	const char *pressed = builder_value(p, "go");
	struct builder b;
	const char *id;
	int state;

	if (!read_form(p, &id, &state)) {
		page_message(p, 400, "That did not work",
		    "The form asked for something this page does not do.");
		return;
	}
	if (!builder_load(p, id, &b))
		return;
	b.run.state = state;
	if (!views[state].take(p, &b)) {
		if (b.again)
			builder_show(p, &b, views[state].step, 200);
		else if (b.fault.field == NULL)
			page_fail(p);
		else
			builder_show(p, &b, views[state].step, b.fault.status);
	} else if (str_eq(pressed, "autosave"))
		resp_send(p->r, 204, NULL, NULL, 0);
	else
		leave(p, &b, pressed);
}

/* --- parts ------------------------------------------------------------------------- */

void
builder_foot(struct page *p, bool back, const char *label, const char *busy)
{
	tmpl_builder_foot_open(&p->h);
	if (back)
		tmpl_builder_foot_back(&p->h);
	tmpl_builder_foot_close(&p->h,
	    &(struct tmpl_builder_foot){ .label = label, .busy = busy });
}

void
builder_refuse(struct page *p, struct builder *b, int step, const char *title)
{
	static const struct entry_rule none[] = { { NULL, NULL, NULL } };

	if (p->r->code == CODE_UNAUTHENTICATED ||
	    p->r->code == CODE_NOT_FOUND) {
		page_fail(p);
		return;
	}
	if (!entry_fault(p, none, &b->fault))
		b->fault = (struct entry){ "",
			arena_printf(p->r->mem, "%s: %s.", title,
			    p->r->message == NULL ? "it did not work"
						  : p->r->message),
			400 };
	req_unfail(p->r);
	builder_show(p, b, step, b->fault.status);
}

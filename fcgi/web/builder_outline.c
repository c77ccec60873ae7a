/*
 * The outline of a course under review (spec web.md 11): what is planned, and
 * the four things to do with it. Once it is approved, how far its lessons are.
 */
#include "builder.h"

#include "note.h"
#include "pages.h"

struct approval_row {
	int32_t wire;
	const char *label;
	const char *tone;
};

static const struct approval_row approvals[] = {
	{ PB_OUTLINE_APPROVAL_STATUS_PENDING_REVIEW, "Pending Review", "warn" },
	{ PB_OUTLINE_APPROVAL_STATUS_APPROVED, "Approved", "ok" },
	{ PB_OUTLINE_APPROVAL_STATUS_REJECTED, "Rejected", "bad" },
	{ PB_OUTLINE_APPROVAL_STATUS_REVISION_REQUESTED, "Revision Requested",
	    "info" },
};

static const char *
or_empty(const char *s)
{
	return s == NULL ? "" : s;
}

/* --- what is planned ------------------------------------------------------------ */

/* What a lesson of an approved outline is at. */
struct stand {
	const char *label; /* "" before the approval */
	const char *tone;
	const char *reason; /* it failed: why */
	bool again;	    /* it can be asked for */
};

static struct stand
stand_of(const struct builder *b, const struct pb_outline_lesson *l)
{
	const struct pb_generation_job *j;

	if (!builder_is_approved(b))
		return (struct stand){ "", "plain", "", false };
	j = builder_lesson_job(b, l->id);
	if (builder_is_active(j))
		return (struct stand){ "Being written", "info", "", false };
	if (builder_lesson_of(b, l->id) != NULL)
		return (struct stand){ "Written", "ok", "", false };
	if (j != NULL && j->status == PB_GENERATION_JOB_STATUS_FAILED)
		return (struct stand){ "Failed", "bad",
			str_is_empty(j->error_message) ? "It is not known why."
						       : j->error_message,
			true };
	if (j != NULL && j->status == PB_GENERATION_JOB_STATUS_CANCELLED)
		return (struct stand){ "Cancelled", "plain", "", true };
	return (struct stand){ "Not written", "plain", "", true };
}

static const char *
size_of(struct page *p, const struct pb_outline_lesson *l)
{
	const char *goals;

	goals = page_count(p->r->mem, (int64_t)l->nlearning_objectives,
	    "objective", "objectives");
	if (l->estimated_duration_minutes == 0)
		return goals;
	return arena_printf(p->r->mem, "%d min · %s",
	    l->estimated_duration_minutes, goals);
}

static void
put_objectives(struct page *p, const struct pb_outline_lesson *l)
{
	size_t i;

	if (l->nlearning_objectives == 0)
		return;
	tmpl_outline_objectives_open(&p->h);
	for (i = 0; i < l->nlearning_objectives; i++)
		tmpl_outline_objective(&p->h,
		    &(struct tmpl_outline_objective){
			.text = l->learning_objectives[i] });
	tmpl_outline_objectives_close(&p->h);
}

static void
put_lesson(struct page *p, const struct builder *b,
    const struct pb_outline_lesson *l, size_t section, size_t lesson)
{
	const struct stand s = stand_of(b, l);

	tmpl_outline_lesson_open(&p->h,
	    &(struct tmpl_outline_lesson){
		.number = arena_printf(p->r->mem, "%zu.%zu", section, lesson),
		.title = l->title,
		.text = or_empty(l->description),
		.size = size_of(p, l) });
	if (s.label[0] != '\0')
		tmpl_builder_badge(&p->h,
		    &(struct tmpl_builder_badge){ .tone = s.tone,
			.text = s.label });
	put_objectives(p, l);
	if (s.again && b->job == NULL)
		tmpl_outline_retry(&p->h,
		    &(struct tmpl_outline_retry){ .reason = s.reason,
			.to = builder_to(p, b,
			    arena_printf(p->r->mem, "/lesson/%s", l->id)),
			.csrf = p->csrf,
			.label = s.reason[0] == '\0' ? "Write" : "Retry",
			.title = l->title });
	tmpl_outline_lesson_close(&p->h);
}

static int64_t
minutes_of(const struct pb_outline_section *s)
{
	int64_t n;
	size_t i;

	for (n = 0, i = 0; i < s->nlessons; i++)
		n += s->lessons[i].estimated_duration_minutes;
	return n;
}

/* A section in which something failed is not to be overlooked. */
static bool
has_failed(const struct builder *b, const struct pb_outline_section *s)
{
	size_t i;

	for (i = 0; i < s->nlessons; i++)
		if (stand_of(b, &s->lessons[i]).reason[0] != '\0')
			return true;
	return false;
}

static void
put_section(struct page *p, const struct builder *b,
    const struct pb_outline_section *s, size_t number, bool open)
{
	size_t i;

	tmpl_outline_section_open(&p->h,
	    &(struct tmpl_outline_section){ .number = (int64_t)number,
		.title = s->title,
		.count = page_count(p->r->mem, (int64_t)s->nlessons, "lesson",
		    "lessons"),
		.minutes = arena_printf(p->r->mem, "%lld min",
		    (long long)minutes_of(s)),
		.text = or_empty(s->description),
		.open = open || has_failed(b, s) });
	for (i = 0; i < s->nlessons; i++)
		put_lesson(p, b, &s->lessons[i], number, i + 1);
	tmpl_outline_section_close(&p->h);
}

/* --- what to do with it --------------------------------------------------------- */

static const struct approval_row *
approval_of(int32_t wire)
{
	size_t i;

	for (i = 0; i < NITEMS(approvals); i++)
		if (approvals[i].wire == wire)
			return &approvals[i];
	return &approvals[0];
}

static const char *
totals(struct page *p, const struct pb_course_outline *o, size_t lessons)
{
	int64_t minutes;
	size_t i;

	for (minutes = 0, i = 0; i < o->nsections; i++)
		minutes += minutes_of(&o->sections[i]);
	return arena_printf(p->r->mem, "%s · %s · about %lld minutes",
	    page_count(p->r->mem, (int64_t)o->nsections, "section", "sections"),
	    page_count(p->r->mem, (int64_t)lessons, "lesson", "lessons"),
	    (long long)minutes);
}

static void
put_head(struct page *p, const struct builder *b, bool open)
{
	const struct approval_row *a = approval_of(b->outline->approval_status);

	tmpl_outline_head(&p->h,
	    &(struct tmpl_outline_head){ .tone = a->tone,
		.status = a->label,
		.version = b->outline->version,
		.totals = totals(p, b->outline, builder_lessons_planned(b)),
		.to = arena_printf(p->r->mem, "%s&open=%s", builder_at(p, b, 5),
		    open ? "none" : "all"),
		.label = open ? "Collapse All" : "Expand All" });
}

static void
put_judge(struct page *p, const struct builder *b)
{
	tmpl_outline_judge(&p->h,
	    &(struct tmpl_outline_judge){ .edit = builder_to(p, b, "/outline"),
		.again = builder_to(p, b, "/regenerate"),
		.reject = builder_to(p, b, "/reject"),
		.to = builder_to(p, b, "/approve"),
		.csrf = p->csrf,
		.outline = b->outline->id });
}

/* Approved: the lessons are what is done now. */
static void
put_content(struct page *p, const struct builder *b)
{
	size_t planned = builder_lessons_planned(b);

	if (b->job != NULL)
		return;
	tmpl_outline_content_open(&p->h,
	    &(struct tmpl_outline_content){
		.text = arena_printf(p->r->mem,
		    "%zu of %zu lessons are written.", b->nlessons, planned) });
	if (b->nlessons < planned)
		tmpl_outline_write(&p->h,
		    &(struct tmpl_outline_write){
			.to = builder_to(p, b, "/lessons"),
			.csrf = p->csrf,
			.label = b->nlessons == 0 ? "Generate Content"
						  : "Write all that are"
						    " missing" });
	if (b->nlessons > 0)
		tmpl_outline_review(&p->h,
		    &(struct tmpl_outline_review){ .to = builder_at(p, b, 6) });
	tmpl_outline_again(&p->h,
	    &(struct tmpl_outline_again){
		.to = builder_to(p, b, "/regenerate") });
	tmpl_outline_content_close(&p->h);
}

static void
put_failed(struct page *p, const struct builder *b)
{
	const char *reason;

	if (b->failed == NULL)
		return;
	reason = str_is_empty(b->failed->error_message)
	    ? "It is not known why."
	    : b->failed->error_message;
	if (b->failed->type == PB_GENERATION_JOB_TYPE_COURSE_OUTLINE)
		builder_job_failed(p, "The new outline could not be written",
		    reason, builder_to(p, b, "/regenerate"), "Retry");
	else if (b->nlessons < builder_lessons_planned(b))
		builder_job_failed(p, "Not every lesson could be written",
		    reason, builder_to(p, b, "/lessons"), "Retry all");
}

static void
put_jobs(struct page *p, const struct builder *b)
{
	size_t i;

	for (i = 0; i < b->njobs; i++)
		if (b->jobs[i].type == PB_GENERATION_JOB_TYPE_LESSON_CONTENT &&
		    builder_is_active(&b->jobs[i])) {
			builder_job_card(p, b, &b->jobs[i]);
			return;
		}
}

enum code
builder_outline_put(struct page *p, struct builder *b)
{
	const char *asked = req_query(p->r, "open");
	bool open = asked != NULL && str_eq(asked, "all");
	size_t i;

	put_failed(p, b);
	if (b->job == NULL)
		put_jobs(p, b);
	put_head(p, b, open);
	if (builder_is_open(b))
		put_judge(p, b);
	else if (builder_is_approved(b))
		put_content(p, b);
	tmpl_outline_open(&p->h);
	for (i = 0; i < b->outline->nsections; i++)
		put_section(p, b, &b->outline->sections[i], i + 1, open);
	tmpl_outline_close(&p->h);
	return CODE_OK;
}

/* --- approving ------------------------------------------------------------------- */

/* The lessons of the approved outline are asked for; answers. */
static void
write_all(struct page *p, struct builder *b, struct machine_run *run)
{
	struct pb_generate_all_lessons_request in = { .course_id = b->id };
	struct pb_generate_all_lessons_response out = { 0 };
	enum code code;

	code = rpc_ai_generation_generate_all_lessons(p->r, &in, &out);
	if (code != CODE_OK && code != CODE_ALREADY_EXISTS) {
		run->error = code;
		(void)machine_step(run, GENERATION_FAILED);
		/* Approved it is, whatever became of the lessons. */
		builder_refuse(p, b, 5, "The lessons were not started");
		return;
	}
	(void)machine_step(run, GENERATION_OK);
	req_unfail(p->r);
	page_redirect(p,
	    arena_printf(p->r->mem, "%s&queued=1", builder_at(p, b, 0)));
}

static bool
approve(struct page *p, struct builder *b, struct machine_run *run)
{
	struct pb_approve_course_outline_request in = { .course_id = b->id,
		.outline_id = builder_value(p, "outline") };
	struct pb_approve_course_outline_response out = { 0 };

	(void)machine_step(run, GENERATION_APPROVE);
	if (rpc_ai_generation_approve_course_outline(p->r, &in, &out) !=
	    CODE_OK) {
		(void)machine_step(run, GENERATION_FAILED);
		return false;
	}
	(void)machine_step(run, GENERATION_OK);
	b->outline = out.outline;
	return true;
}

void
builder_approve(struct page *p)
{
	struct machine_run run = { .machine = &machine_generation,
		.state = GENERATION_VIEWING };
	struct builder b;

	if (!builder_take(p, &b))
		return;
	if (b.job != NULL || b.outline == NULL)
		page_redirect(p, builder_at(p, &b, 0));
	else if (approve(p, &b, &run))
		write_all(p, &b, &run);
	else
		builder_refuse(p, &b, 5, "The outline was not approved");
}

/* --- writing lessons --------------------------------------------------------------- */

void
builder_lessons_write(struct page *p)
{
	struct machine_run run = { .machine = &machine_generation,
		.state = GENERATION_QUEUE_SUBMITTING };
	struct builder b;

	if (!builder_take(p, &b))
		return;
	if (b.job != NULL)
		page_redirect(p, builder_at(p, &b, 0));
	else
		write_all(p, &b, &run);
}

void
builder_lesson_write(struct page *p)
{
	struct pb_generate_lesson_content_request in = {
		.course_id = p->arg[0],
		.outline_lesson_id = p->arg[1],
	};
	struct pb_generate_lesson_content_response out = { 0 };
	struct builder b;
	enum code code;

	if (!builder_take(p, &b))
		return;
	code = rpc_ai_generation_generate_lesson_content(p->r, &in, &out);
	if (code != CODE_OK && code != CODE_ALREADY_EXISTS) {
		builder_refuse(p, &b, 5, "The lesson was not started");
		return;
	}
	req_unfail(p->r);
	page_redirect(p, builder_at(p, &b, 0));
}

/*
 * Jobs as the course builder shows them (spec web.md 12): how far, what is
 * being done, for how long, and the ways out. Script keeps a card up to date;
 * without it the page loads itself again.
 */
#include "builder.h"

#include "base/clock.h"
#include "note.h"
#include "pages.h"

/* How a job of a type is spoken of, and how its percent is shown. */
struct kind {
	const char *name; /* for script */
	const char *title;
	const char *text;
	const char *waiting;
	int start, base, cap; /* percent: queued, at 0 of the job, at most */
	int of_100;	      /* of the job's percent is added to base */
	int stage;
};

static const struct kind kinds[] = {
	[PB_GENERATION_JOB_TYPE_SME_INGESTION] = { "other", "Working",
	    "Something is being worked on.", "Waiting for its turn …", 0, 0,
	    100, 100, 0 },
	[PB_GENERATION_JOB_TYPE_COURSE_OUTLINE] = { "outline",
	    "Generating the outline",
	    "Sections and lessons are planned from the knowledge of your"
	    " experts. You review them before any lesson is written.",
	    "Waiting for its turn …", 20, 20, 75, 55, 1 },
	[PB_GENERATION_JOB_TYPE_LESSON_CONTENT] = { "lesson",
	    "Writing a lesson", "The lesson is written from its sources.",
	    "Waiting for its turn …", 0, 0, 100, 100, 3 },
	[PB_GENERATION_JOB_TYPE_COMPONENT_REGEN] = { "component",
	    "Rewriting this part", "What it says now stays until then.",
	    "Waiting for its turn …", 0, 0, 100, 100, 3 },
	[PB_GENERATION_JOB_TYPE_FULL_COURSE] = { "lessons",
	    "Generating the lessons",
	    "Every lesson of the outline is written, with its questions. This"
	    " takes some minutes.",
	    "Waiting for the first lesson …", 10, 10, 85, 75, 3 },
};

static const struct kind *
kind_of(const struct pb_generation_job *j)
{
	return j->type < 0 || (size_t)j->type >= NITEMS(kinds)
	    ? &kinds[1]
	    : &kinds[j->type];
}

/* web.md 12: what the ring says is not the job's percent. */
static int
percent_of(const struct kind *k, const struct pb_generation_job *j)
{
	int n;

	if (j->status == PB_GENERATION_JOB_STATUS_COMPLETED)
		return 100;
	if (j->status == PB_GENERATION_JOB_STATUS_QUEUED)
		return k->start;
	n = k->base + j->progress_percent * k->of_100 / 100;
	return n > k->cap ? k->cap : n;
}

static const char *
elapsed(struct page *p, int64_t since_us)
{
	int64_t s;

	s = (clock_now_us() - since_us) / 1000000;
	if (s < 0)
		s = 0;
	return arena_printf(p->r->mem, "%lld:%02d", (long long)(s / 60),
	    (int)(s % 60));
}

static const char *
message_of(struct page *p, const struct kind *k,
    const struct pb_generation_job *j)
{
	if (j->type == PB_GENERATION_JOB_TYPE_FULL_COURSE &&
	    j->children_total > 0)
		return arena_printf(p->r->mem, "%d of %d lessons written",
		    j->children_ended - j->children_failed, j->children_total);
	if (!str_is_empty(j->progress_message))
		return j->progress_message;
	return k->waiting;
}

static const char *
attempt(struct page *p, const struct pb_generation_job *j)
{
	if (j->retry_count == 0)
		return "";
	return arena_printf(p->r->mem, "Attempt %d of %d", j->retry_count + 1,
	    j->max_retries + 1);
}

static void
put_stages(struct page *p, int stage)
{
	static const char *const stages[] = { "Configure", "Generate Outline",
		"Review", "Generate Content", "Complete" };
	size_t i;

	tmpl_job_stages_open(&p->h);
	for (i = 0; i < NITEMS(stages); i++)
		tmpl_job_stage(&p->h,
		    &(struct tmpl_job_stage){
			.current = (int)i == stage ? "step" : "false",
			.state = (int)i < stage ? "passed" : "ahead",
			.mark = (int)i < stage ? "check" : "open",
			.label = stages[i] });
	tmpl_job_stages_close(&p->h);
}

void
builder_job_card(struct page *p, const struct builder *b,
    const struct pb_generation_job *j)
{
	const struct kind *k = kind_of(j);
	const struct pb_timestamp *since;

	since = j->started_at != NULL ? j->started_at : j->created_at;
	tmpl_job_open(&p->h,
	    &(struct tmpl_job){ .id = j->id,
		.kind = k->name,
		.since = page_time(p->r->mem, since),
		.title = k->title,
		.status = j->status == PB_GENERATION_JOB_STATUS_QUEUED
		    ? "Queued"
		    : "Processing",
		.tone = j->status == PB_GENERATION_JOB_STATUS_QUEUED ? "warn"
								     : "info",
		.percent = percent_of(k, j),
		.message = message_of(p, k, j),
		.text = k->text,
		.elapsed =
		    since == NULL ? "0:00" : elapsed(p, pb_time_us(since)),
		.attempt = attempt(p, j) });
	if (k->stage > 0 && j == b->job)
		put_stages(p, k->stage);
	tmpl_job_close(&p->h,
	    &(struct tmpl_job){
		.cancel = builder_to(p, b,
		    arena_printf(p->r->mem, "/cancel/%s", j->id)) });
}

void
builder_job_failed(struct page *p, const char *title, const char *reason,
    const char *again, const char *label)
{
	tmpl_job_failed(&p->h,
	    &(struct tmpl_job_failed){ .title = title,
		.reason = reason,
		.to = again,
		.csrf = p->csrf,
		.label = label });
}

/* web.md 9.2: once, when the lessons were just asked for. */
static void
put_queued(struct page *p, const struct builder *b)
{
	tmpl_job_queued(&p->h,
	    &(struct tmpl_job_queued){ .title = b->title,
		.lessons = page_count(p->r->mem, b->job->children_total,
		    "lesson is", "lessons are"),
		.watch = builder_at(p, b, 0),
		.id = b->job->id });
}

enum code
builder_job_put(struct page *p, struct builder *b)
{
	if (b->job->type == PB_GENERATION_JOB_TYPE_FULL_COURSE &&
	    req_query(p->r, "queued") != NULL)
		put_queued(p, b);
	else
		builder_job_card(p, b, b->job);
	return CODE_OK;
}

/* --- cancelling ---------------------------------------------------------------- */

/* Where the page of the job that the path names is. */
static const char *
back_of(const struct page *p, const struct builder *b)
{
	return b->job != NULL && str_eq(b->job->id, p->arg[1])
	    ? builder_at(p, b, 0)
	    : builder_at(p, b, 6);
}

void
builder_cancel_ask(struct page *p)
{
	struct builder b;

	if (!builder_take(p, &b))
		return;
	page_card_open(p, "Cancel the generation?",
	    "What is finished already stays. What is being written now is"
	    " thrown away.",
	    back_of(p, &b), "Continue Generation");
	tmpl_job_cancel(&p->h,
	    &(struct tmpl_job_cancel){
		.to = builder_to(p, &b,
		    arena_printf(p->r->mem, "/cancel/%s", p->arg[1])),
		.csrf = p->csrf,
		.back = back_of(p, &b) });
	page_card_close(p);
	page_send(p, 200);
}

/* A job that ended meanwhile is no mistake: the page shows how. */
void
builder_cancel(struct page *p)
{
	struct pb_cancel_job_request in = { .job_id = p->arg[1] };
	struct pb_cancel_job_response out = { 0 };
	struct builder b;
	enum code code;

	if (!builder_take(p, &b))
		return;
	code = rpc_ai_generation_cancel_job(p->r, &in, &out);
	if (code != CODE_OK && code != CODE_INVALID_ARGUMENT) {
		page_fail(p);
		return;
	}
	if (code == CODE_OK)
		note_leave(p, "job-cancelled");
	else
		req_unfail(p->r);
	if (!builder_load(p, b.id, &b))
		return;
	page_redirect(p,
	    b.nlessons > 0 && b.job == NULL ? builder_at(p, &b, 6)
					    : builder_at(p, &b, 0));
}

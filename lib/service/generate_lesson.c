/*
 * The lesson job: one lesson of the outline with its components. Generating
 * again keeps the lesson's id and replaces everything in it; components get
 * new ids, which is how the course document learns that the text is another.
 */
#include "service/generate_lesson.h"

#include "service/generate_job.h"

static enum code
tell(struct generate_lesson *m)
{
	struct arena *a = m->run->r->mem;
	const struct generate_person nobody = { 0 };
	const struct generate_news news = {
		.type = "generation_complete",
		.title = arena_printf(a, "Lesson ready: %s", m->plan.title),
		.message =
		    arena_printf(a, "The lesson “%s” of “%s” has been written.",
			m->plan.title, m->course_title),
		.url = generate_preview_url(m->run),
	};

	return m->run->job->parent_job_id != NULL
	    ? CODE_OK
	    : generate_tell(m->run, &nobody, &news);
}

static enum genjob_end
store(struct generate_lesson *m)
{
	const struct genjob_result result = { .lesson_id = m->lesson_id,
		.result_path = m->key,
		.message = "Lesson ready" };
	enum code code;

	if ((code = genjob_begin(m->run)) != CODE_OK)
		return generate_not_begun(m->run, code, m->key);
	if ((code = generate_lesson_put(m)) == CODE_OK &&
	    (code = tell(m)) == CODE_OK)
		code = genjob_finish(m->run, &result);
	return generate_commit(m->run, code, m->key);
}

static enum genjob_end
ask(struct generate_lesson *m, struct generate_call *c)
{
	const struct ask_lesson in = { .course = &m->in.ask,
		.section = m->section,
		.plan = &m->plan,
		.previous = m->previous,
		.next = m->next };

	m->mark = c->ai.provider->mark;
	return generate_call_end(c,
	    c->ai.provider->lesson(&c->ai, &in, &m->lesson));
}

enum genjob_end
generate_lesson_run(struct genjob_run *run)
{
	struct generate_lesson m = { .run = run };
	struct generate_call call;
	enum genjob_end end;
	enum code code;
	bool no_plan;

	if (!genjob_progress(run, 0, "Loading the lesson's plan"))
		return GENJOB_GONE;
	if ((code = generate_call_open(&call, run)) != CODE_OK)
		return generate_end(run, code);
	code = generate_lesson_read(&m, generate_call_order(&call), &no_plan);
	if (no_plan)
		return genjob_fail(run, "the lesson is not in the outline");
	if (code != CODE_OK)
		return generate_no_input(run, code);
	if (!genjob_progress(run, 30, "Writing the lesson"))
		return GENJOB_GONE;
	if ((end = ask(&m, &call)) != GENJOB_DONE)
		return end;
	generate_lesson_complete(&m);
	if (!genjob_progress(run, 70, "Storing the lesson"))
		return GENJOB_GONE;
	if (generate_lesson_snapshot(&m) != CODE_OK)
		return genjob_again(run, "storage did not answer");
	return store(&m);
}

/*
 * Where a course stands: read from its row, its draft, its jobs, its outline
 * and its lessons, at every request anew. So a reload, another browser or a
 * colleague finds the same state, whatever was closed when.
 */
#include "builder.h"

#include <string.h>

/* --- questions --------------------------------------------------------------- */

bool
builder_has(const char *const *ids, size_t n, const char *id)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (str_ieq(ids[i], id))
			return true;
	return false;
}

bool
builder_is_active(const struct pb_generation_job *j)
{
	return j != NULL &&
	    (j->status == PB_GENERATION_JOB_STATUS_QUEUED ||
		j->status == PB_GENERATION_JOB_STATUS_PROCESSING);
}

bool
builder_is_open(const struct builder *b)
{
	return b->outline != NULL &&
	    (b->outline->approval_status ==
		    PB_OUTLINE_APPROVAL_STATUS_PENDING_REVIEW ||
		b->outline->approval_status ==
		    PB_OUTLINE_APPROVAL_STATUS_REVISION_REQUESTED);
}

bool
builder_is_approved(const struct builder *b)
{
	return b->outline != NULL &&
	    b->outline->approval_status == PB_OUTLINE_APPROVAL_STATUS_APPROVED;
}

const struct pb_generated_lesson *
builder_lesson_of(const struct builder *b, const char *outline_lesson_id)
{
	size_t i;

	for (i = 0; i < b->nlessons; i++)
		if (str_eq(b->lessons[i].outline_lesson_id, outline_lesson_id))
			return &b->lessons[i];
	return NULL;
}

const struct pb_generation_job *
builder_lesson_job(const struct builder *b, const char *outline_lesson_id)
{
	size_t i;

	for (i = 0; i < b->njobs; i++)
		if (b->jobs[i].type == PB_GENERATION_JOB_TYPE_LESSON_CONTENT &&
		    str_eq(b->jobs[i].outline_lesson_id, outline_lesson_id))
			return &b->jobs[i];
	return NULL;
}

const struct pb_generation_job *
builder_component_job(const struct builder *b, const char *component_id)
{
	size_t i;

	for (i = 0; i < b->njobs; i++)
		if (b->jobs[i].type == PB_GENERATION_JOB_TYPE_COMPONENT_REGEN &&
		    str_eq(b->jobs[i].component_id, component_id))
			return &b->jobs[i];
	return NULL;
}

size_t
builder_lessons_planned(const struct builder *b)
{
	size_t i, n;

	if (b->outline == NULL)
		return 0;
	for (i = n = 0; i < b->outline->nsections; i++)
		n += b->outline->sections[i].nlessons;
	return n;
}

/* --- reading ----------------------------------------------------------------- */

static const char *
or_empty(const char *s)
{
	return s == NULL ? "" : s;
}

static enum code
load_course(struct page *p, struct builder *b)
{
	struct pb_get_course_request in = { .id = b->id };
	struct pb_get_course_response out = { 0 };
	enum code code;

	if ((code = rpc_course_get_course(p->r, &in, &out)) != CODE_OK)
		return code;
	b->course = out.course;
	if (b->course->settings != NULL) {
		b->title = or_empty(b->course->settings->title);
		b->outcome = or_empty(b->course->settings->desired_outcome);
	}
	return CODE_OK;
}

/* What was chosen since the last outline, else what that was made from. */
static enum code
load_choice(struct page *p, struct builder *b)
{
	struct pb_get_generation_input_request in = { .course_id = b->id };
	struct pb_get_generation_input_response out = { 0 };
	enum code code;

	if ((code = builder_draft_load(p->r, b->id, &b->choice)) != CODE_OK ||
	    b->choice.there)
		return code;
	code = rpc_ai_generation_get_generation_input(p->r, &in, &out);
	if (code != CODE_OK || out.input == NULL)
		return code;
	b->choice.smes = out.input->sme_ids;
	b->choice.nsmes = out.input->nsme_ids;
	b->choice.audiences = out.input->target_audience_ids;
	b->choice.naudiences = out.input->ntarget_audience_ids;
	b->choice.context = or_empty(out.input->additional_context);
	return CODE_OK;
}

/* A job that the course as a whole waits for. */
static bool
is_whole(const struct pb_generation_job *j)
{
	return j->type == PB_GENERATION_JOB_TYPE_COURSE_OUTLINE ||
	    j->type == PB_GENERATION_JOB_TYPE_FULL_COURSE;
}

static enum code
load_jobs(struct page *p, struct builder *b)
{
	struct pb_list_jobs_request in = { .course_id = b->id };
	struct pb_list_jobs_response out = { 0 };
	enum code code;
	size_t i;

	if ((code = rpc_ai_generation_list_jobs(p->r, &in, &out)) != CODE_OK)
		return code;
	b->jobs = out.jobs;
	b->njobs = out.njobs;
	for (i = 0; i < b->njobs && !is_whole(&b->jobs[i]); i++)
		continue;
	if (i == b->njobs)
		return CODE_OK;
	if (builder_is_active(&b->jobs[i]))
		b->job = &b->jobs[i];
	else if (b->jobs[i].status == PB_GENERATION_JOB_STATUS_FAILED)
		b->failed = &b->jobs[i];
	return CODE_OK;
}

static enum code
load_outline(struct page *p, struct builder *b)
{
	struct pb_get_course_outline_request in = { .course_id = b->id };
	struct pb_get_course_outline_response out = { 0 };
	enum code code;

	code = rpc_ai_generation_get_course_outline(p->r, &in, &out);
	if (code == CODE_NOT_FOUND) {
		req_unfail(p->r);
		return CODE_OK;
	}
	b->outline = out.outline;
	return code;
}

static enum code
load_lessons(struct page *p, struct builder *b)
{
	struct pb_list_generated_lessons_request in = { .course_id = b->id };
	struct pb_list_generated_lessons_response out = { 0 };
	enum code code;

	if (!builder_is_approved(b))
		return CODE_OK;
	code = rpc_ai_generation_list_generated_lessons(p->r, &in, &out);
	if (code != CODE_OK)
		return code;
	b->lessons = out.lessons;
	b->nlessons = out.nlessons;
	b->coverage = out.coverage;
	return CODE_OK;
}

/* --- where it stands --------------------------------------------------------- */

static int
state_before(const struct builder *b)
{
	if (b->title[0] == '\0' || b->outcome[0] == '\0')
		return BUILDER_BASICS;
	if (b->choice.nsmes == 0)
		return BUILDER_SMES;
	return b->choice.naudiences == 0 ? BUILDER_AUDIENCES : BUILDER_REVIEW;
}

static int
state_of(const struct builder *b)
{
	if (b->job != NULL)
		return b->job->type == PB_GENERATION_JOB_TYPE_COURSE_OUTLINE
		    ? BUILDER_GENERATING_OUTLINE
		    : BUILDER_GENERATING_LESSONS;
	if (builder_is_open(b))
		return BUILDER_OUTLINE;
	if (!builder_is_approved(b))
		return state_before(b);
	return b->nlessons > 0 && b->nlessons >= builder_lessons_planned(b)
	    ? BUILDER_EDITOR
	    : BUILDER_OUTLINE;
}

bool
builder_load(struct page *p, const char *id, struct builder *b)
{
	memset(b, 0, sizeof(*b));
	b->run.machine = &machine_builder;
	b->id = id;
	b->title = b->outcome = b->choice.context = "";
	if (!page_is_editor(p)) {
		page_message(p, 403, "Not allowed",
		    "Courses are made by administrators and instructors. Ask"
		    " an administrator of your company.");
		return false;
	}
	if (id[0] == '\0')
		return true;
	if (load_course(p, b) != CODE_OK || load_choice(p, b) != CODE_OK ||
	    load_jobs(p, b) != CODE_OK || load_outline(p, b) != CODE_OK ||
	    load_lessons(p, b) != CODE_OK) {
		page_fail(p);
		return false;
	}
	b->run.state = state_of(b);
	return true;
}

bool
builder_take(struct page *p, struct builder *b)
{
	return builder_load(p, p->arg[0], b);
}

/*
 * What is being worked on for the visitor: each job with how far it is, the
 * way to its course, and the way to stop it. Children of a job are part of it
 * and not listed.
 */
#include "notifications_jobs.h"

#include "mirai/v1/ai_generation.rpc.h"

#define SHOWN 5

struct kind {
	int32_t type;
	const char *label;
	const char *icon;
};

/* In the order in which they are shown. */
static const struct kind kinds[] = {
	{ PB_GENERATION_JOB_TYPE_FULL_COURSE, "Full Course", "spark" },
	{ PB_GENERATION_JOB_TYPE_COURSE_OUTLINE, "Course Outline", "outline" },
	{ PB_GENERATION_JOB_TYPE_LESSON_CONTENT, "Lesson", "library" },
	{ PB_GENERATION_JOB_TYPE_COMPONENT_REGEN, "Component", "edit" },
	{ PB_GENERATION_JOB_TYPE_SME_INGESTION, "SME Ingestion", "document" },
};

static const int32_t statuses[] = { PB_GENERATION_JOB_STATUS_PROCESSING,
	PB_GENERATION_JOB_STATUS_QUEUED };

static const char *
message_of(const struct pb_generation_job *j)
{
	if (j->status == PB_GENERATION_JOB_STATUS_QUEUED)
		return "Waiting for its turn";
	return str_is_empty(j->progress_message) ? "Being worked on"
						 : j->progress_message;
}

static void
put_job(struct page *p, const struct kind *k, const struct pb_generation_job *j)
{
	bool queued = j->status == PB_GENERATION_JOB_STATUS_QUEUED;

	tmpl_notice_job_open(&p->h,
	    &(struct tmpl_notice_job){ .icon = k->icon,
		.kind = k->label,
		.title = str_is_empty(j->course_title) ? "" : j->course_title,
		.message = message_of(j),
		.percent = j->progress_percent,
		.tone = queued ? "warn" : "info",
		.status = queued ? "Queued" : "Processing" });
	if (j->course_id != NULL && page_is_editor(p))
		tmpl_notice_job_deeds(&p->h,
		    &(struct tmpl_notice_job_deeds){ .course = j->course_id,
			.job = j->id,
			.kind = k->label });
	tmpl_notice_job_close(&p->h);
}

/* Those of one kind, at most *left of them. */
static void
put_kind(struct page *p, const struct kind *k,
    const struct pb_list_jobs_response *list, size_t *left)
{
	const struct pb_generation_job *j;
	size_t i;

	for (i = 0; i<list->njobs && * left> 0; i++) {
		j = &list->jobs[i];
		if (j->type != k->type || j->parent_job_id != NULL ||
		    !str_eq(j->created_by_user_id, p->me->id))
			continue;
		if (*left == SHOWN)
			tmpl_notice_jobs_open(&p->h);
		put_job(p, k, j);
		(*left)--;
	}
}

void
notifications_jobs_put(struct page *p)
{
	struct pb_list_jobs_response lists[NITEMS(statuses)] = { 0 };
	struct pb_list_jobs_request in = { .has_status = true };
	size_t i, j, left = SHOWN;

	for (i = 0; i < NITEMS(statuses); i++) {
		in.status = statuses[i];
		if (rpc_ai_generation_list_jobs(p->r, &in, &lists[i]) !=
		    CODE_OK) {
			req_unfail(p->r);
			return;
		}
	}
	for (i = 0; i < NITEMS(kinds); i++)
		for (j = 0; j < NITEMS(statuses); j++)
			put_kind(p, &kinds[i], &lists[j], &left);
	if (left < SHOWN)
		tmpl_notice_jobs_close(&p->h);
}

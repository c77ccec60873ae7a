/*
 * The steps of a draft. Each is a call or two; between them the jobs of the
 * instance work, and are watched.
 */
#include "draft.h"

#include <sys/stat.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "mirai/v1/ai_generation.pb.h"
#include "mirai/v1/course.pb.h"
#include "mirai/v1/sme.pb.h"
#include "mirai/v1/target_audience.pb.h"
#include "mirai/v1/user.pb.h"
#include "service/sme_submission.h"

#define SMES	  "/mirai.v1.SMEService/"
#define AUDIENCES "/mirai.v1.TargetAudienceService/"
#define JOBS	  "/mirai.v1.AIGenerationService/"

#define POLL_US	  100000
/* Without a sign of progress for so long, nobody works on it. */
#define SILENT_MS ((int64_t)10 * 60 * 1000)
#define TITLE_MAX 200
#define EVERYONE  "Everyone"

/* What the steps hand on. */
struct draft_state {
	const struct draft *d;
	const char *title;
	const char *sme_id;
	const char *audience_id;
	const char *task_id;
	const char *submission_id;
	const char *course_id;
	const char *outline_id;
};

#define CALL(s, service, method, name, in, out)                \
	call(s, service method, &pb_##name##_request_desc, in, \
	    &pb_##name##_response_desc, out)

/* A bar ends before the line that says what is wrong. */
static int
call(const struct draft_state *s, const char *path, const struct pb_desc *d_in,
    const void *in, const struct pb_desc *d_out, void *out)
{
	struct remote *m = s->d->remote;
	const char *error;
	enum code code;

	code = client_call(m->client, s->d->mem, path, d_in, in, d_out, out,
	    &error);
	if (code == CODE_OK)
		return 0;
	progress_close(s->d->progress);
	remote_warn(path, code, error);
	return -1;
}

static const char *
base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

/* The file's name without directory and extension. */
static const char *
title_of(const struct draft *d)
{
	const char *base, *dot;
	size_t len;

	if (d->title != NULL)
		return d->title;
	base = base_of(d->path);
	dot = strrchr(base, '.');
	len = dot == NULL || dot == base ? strlen(base) : (size_t)(dot - base);
	return arena_strndup(d->mem, base, len > TITLE_MAX ? TITLE_MAX : len);
}

/* --- the file ------------------------------------------------------------------ */

/* What the service would refuse, before anything is made there. */
static const char *
problem(struct arena *mem, const char *path, const struct stat *st)
{
	const struct sme_file_kind *k = sme_file_kind(PB_CONTENT_TYPE_DOCUMENT);

	if (S_ISDIR(st->st_mode))
		return "a directory, not a file";
	if (!S_ISREG(st->st_mode))
		return "not a file";
	if (sme_file_media(k, base_of(path)) == NULL)
		return arena_printf(mem, "its name must end in one of: %s",
		    k->extensions);
	if (st->st_size == 0)
		return "empty";
	if (st->st_size > k->max)
		return arena_printf(mem, "larger than %s", k->limit);
	return NULL;
}

int
draft_open(struct arena *mem, const char *path, int64_t *len)
{
	const char *why;
	struct stat st;
	int fd;

	/* A pipe must not be waited for. */
	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1 ||
	    fstat(fd, &st) == -1) {
		warn("%s", path);
	} else if ((why = problem(mem, path, &st)) != NULL) {
		warnx("%s: %s", path, why);
	} else {
		*len = (int64_t)st.st_size;
		return fd;
	}
	if (fd != -1)
		close(fd);
	return -1;
}

/* --- what the course is made from -------------------------------------------- */

static int
step_expert(struct draft_state *s)
{
	struct pb_create_sme_request in = { .name = s->title,
		.domain = s->title,
		.scope = PB_SME_SCOPE_GLOBAL };
	struct pb_create_sme_response out = { 0 };

	if (CALL(s, SMES, "CreateSME", create_sme, &in, &out) == -1)
		return -1;
	s->sme_id = out.sme->id;
	return 0;
}

/* The audience that an earlier draft made, in *id; NULL: none. */
static int
find_audience(struct draft_state *s, const char **id)
{
	struct pb_list_templates_request in = { 0 };
	struct pb_list_templates_response out = { 0 };
	size_t i;

	*id = NULL;
	if (CALL(s, AUDIENCES, "ListTemplates", list_templates, &in, &out) ==
	    -1)
		return -1;
	for (i = 0; *id == NULL && i < out.ntemplates; i++)
		if (strcmp(out.templates[i].name, EVERYONE) == 0)
			*id = out.templates[i].id;
	return 0;
}

static int
step_audience(struct draft_state *s)
{
	const char *goals[] = { "Apply what the material teaches" };
	struct pb_create_template_request in = { .name = EVERYONE,
		.role = "Employee",
		.experience_level = PB_EXPERIENCE_LEVEL_BEGINNER,
		.learning_goals = goals,
		.nlearning_goals = 1 };
	struct pb_create_template_response out = { 0 };

	if (find_audience(s, &s->audience_id) == -1)
		return -1;
	if (s->audience_id != NULL)
		return 0;
	if (CALL(s, AUDIENCES, "CreateTemplate", create_template, &in, &out) ==
	    -1)
		return -1;
	s->audience_id = out.template->id;
	return 0;
}

static int
step_task(struct draft_state *s)
{
	struct pb_get_me_request who = { 0 };
	struct pb_get_me_response me = { 0 };
	struct pb_create_task_request in = { .sme_id = s->sme_id,
		.title = s->title,
		.expected_content_type = PB_CONTENT_TYPE_DOCUMENT };
	struct pb_create_task_response out = { 0 };

	if (CALL(s, "/mirai.v1.UserService/", "GetMe", get_me, &who, &me) == -1)
		return -1;
	in.assigned_to_user_id = me.user->id;
	if (CALL(s, SMES, "CreateTask", create_task, &in, &out) == -1)
		return -1;
	s->task_id = out.task->id;
	return 0;
}

/* --- the document -------------------------------------------------------------- */

static int
put_file(struct draft_state *s, const struct pb_get_upload_url_response *to)
{
	const char *error;

	if (client_put(s->d->remote->client, s->d->mem, to->upload_url,
		to->media_type, s->d->fd, s->d->len, &error) == 0)
		return 0;
	progress_close(s->d->progress);
	warnx("%s: %s", s->d->path, error);
	return -1;
}

static int
step_upload(struct draft_state *s)
{
	struct pb_get_upload_url_request ask = { .task_id = s->task_id,
		.file_name = base_of(s->d->path),
		.content_type = PB_CONTENT_TYPE_DOCUMENT,
		.file_size_bytes = s->d->len };
	struct pb_get_upload_url_response to = { 0 };
	struct pb_submit_content_request in = { 0 };
	struct pb_submit_content_response out = { 0 };

	if (CALL(s, SMES, "GetUploadURL", get_upload_url, &ask, &to) == -1 ||
	    put_file(s, &to) == -1)
		return -1;
	in.task_id = s->task_id;
	in.file_name = ask.file_name;
	in.file_path = to.file_path;
	in.content_type = ask.content_type;
	in.file_size_bytes = s->d->len;
	if (CALL(s, SMES, "SubmitContent", submit_content, &in, &out) == -1)
		return -1;
	s->submission_id = out.submission->id;
	return 0;
}

/* --- waiting ------------------------------------------------------------------- */

static int
too_long(struct draft_state *s, const char *what, const char *program)
{
	progress_close(s->d->progress);
	warnx("%s: nothing has moved for ten minutes; is %s run by cron?", what,
	    program);
	return -1;
}

static int
cannot_read(struct draft_state *s, const char *why)
{
	progress_close(s->d->progress);
	warnx("%s: %s", s->d->path, why);
	return -1;
}

static int
load_submission(struct draft_state *s, struct pb_get_submission_response *out)
{
	struct pb_get_submission_request in = { .submission_id =
						    s->submission_id };

	memset(out, 0, sizeof(*out));
	return CALL(s, SMES, "GetSubmission", get_submission, &in, out);
}

/* The text of the document, once mirai-ingest has read it; NULL: a failure. */
static const char *
wait_text(struct draft_state *s)
{
	int64_t until = clock_mono_ms() + SILENT_MS;
	struct pb_get_submission_response out;
	const struct pb_sme_task_submission *b;

	while (load_submission(s, &out) == 0) {
		b = out.submission;
		if (b->extracted_text != NULL && b->processed_at != NULL)
			return b->extracted_text;
		if (b->ingestion_error != NULL) {
			(void)cannot_read(s, b->ingestion_error);
			return NULL;
		}
		if (clock_mono_ms() > until) {
			(void)too_long(s, "reading", "mirai-ingest");
			return NULL;
		}
		usleep(POLL_US);
	}
	return NULL;
}

/* The task ends either way; the answer to it tells whether it went well. */
static int
knowledge_made(struct draft_state *s)
{
	struct pb_get_submission_response out;

	if (load_submission(s, &out) == -1)
		return -1;
	return out.submission->ingestion_error == NULL
	    ? 0
	    : cannot_read(s, out.submission->ingestion_error);
}

/* After the approval the text is taken apart, if it is long. */
static int
wait_knowledge(struct draft_state *s)
{
	struct pb_get_task_request in = { .task_id = s->task_id };
	int64_t until = clock_mono_ms() + SILENT_MS;
	struct pb_get_task_response out;

	for (;;) {
		memset(&out, 0, sizeof(out));
		if (CALL(s, SMES, "GetTask", get_task, &in, &out) == -1)
			return -1;
		if (out.task->status == PB_SME_TASK_STATUS_COMPLETED)
			return knowledge_made(s);
		if (clock_mono_ms() > until)
			return too_long(s, "knowledge", "mirai-ingest");
		usleep(POLL_US);
	}
}

/* A job until its end, shown as name; -1 unless that was a good one. */
static int
wait_job(struct draft_state *s, const char *name, const char *id)
{
	struct pb_get_job_request in = { .job_id = id };
	int64_t until = clock_mono_ms() + SILENT_MS;
	struct pb_get_job_response out;
	int32_t seen = -1;

	for (;;) {
		memset(&out, 0, sizeof(out));
		if (CALL(s, JOBS, "GetJob", get_job, &in, &out) == -1)
			return -1;
		if (out.job->progress_percent != seen) {
			seen = out.job->progress_percent;
			until = clock_mono_ms() + SILENT_MS;
			progress_step(s->d->progress, name, (size_t)seen, 100);
		}
		switch (out.job->status) {
		case PB_GENERATION_JOB_STATUS_COMPLETED:
			return 0;
		case PB_GENERATION_JOB_STATUS_FAILED:
		case PB_GENERATION_JOB_STATUS_CANCELLED:
			progress_close(s->d->progress);
			warnx("%s: %s", name,
			    out.job->error_message == NULL
				? "cancelled"
				: out.job->error_message);
			return -1;
		default:
			break;
		}
		if (clock_mono_ms() > until)
			return too_long(s, name, "mirai-generate");
		usleep(POLL_US);
	}
}

/* --- review, outline, lessons --------------------------------------------------- */

static int
step_review(struct draft_state *s)
{
	struct pb_approve_submission_request in = { .submission_id =
							s->submission_id };
	struct pb_approve_submission_response out = { 0 };

	if ((in.approved_content = wait_text(s)) == NULL ||
	    CALL(s, SMES, "ApproveSubmission", approve_submission, &in, &out) ==
		-1)
		return -1;
	return wait_knowledge(s);
}

static const char *
outcome(const struct draft_state *s)
{
	if (s->d->outcome != NULL)
		return s->d->outcome;
	return arena_printf(s->d->mem, "Know and apply what \"%s\" says.",
	    s->title);
}

static int
step_course(struct draft_state *s)
{
	struct pb_course_settings settings = { .title = s->title,
		.desired_outcome = outcome(s),
		.data_source = "ai-generated" };
	struct pb_create_course_request in = { .settings = &settings };
	struct pb_create_course_response out = { 0 };

	if (CALL(s, "/mirai.v1.CourseService/", "CreateCourse", create_course,
		&in, &out) == -1)
		return -1;
	s->course_id = out.course->id;
	return 0;
}

static int
step_outline(struct draft_state *s)
{
	const char *smes[] = { s->sme_id }, *audiences[] = { s->audience_id };
	struct pb_course_generation_input input = { .course_id = s->course_id,
		.sme_ids = smes,
		.nsme_ids = 1,
		.target_audience_ids = audiences,
		.ntarget_audience_ids = 1,
		.desired_outcome = outcome(s) };
	struct pb_generate_course_outline_request in = { .input = &input };
	struct pb_generate_course_outline_response out = { 0 };

	if (CALL(s, JOBS, "GenerateCourseOutline", generate_course_outline, &in,
		&out) == -1)
		return -1;
	return wait_job(s, "outline", out.job->id);
}

static int
step_approve(struct draft_state *s)
{
	struct pb_get_course_outline_request ask = { .course_id =
							 s->course_id };
	struct pb_get_course_outline_response made = { 0 };
	struct pb_approve_course_outline_request in = { .course_id =
							    s->course_id };
	struct pb_approve_course_outline_response out = { 0 };

	if (CALL(s, JOBS, "GetCourseOutline", get_course_outline, &ask,
		&made) == -1)
		return -1;
	in.outline_id = made.outline->id;
	return CALL(s, JOBS, "ApproveCourseOutline", approve_course_outline,
	    &in, &out);
}

static int
step_lessons(struct draft_state *s)
{
	struct pb_generate_all_lessons_request in = { .course_id =
							  s->course_id };
	struct pb_generate_all_lessons_response out = { 0 };

	if (CALL(s, JOBS, "GenerateAllLessons", generate_all_lessons, &in,
		&out) == -1)
		return -1;
	return wait_job(s, "lessons", out.job->id);
}

/* A bar counts steps, but for jobs, which tell their own progress. */
static const struct {
	const char *name;
	int (*run)(struct draft_state *s);
	bool job;
} steps[] = {
	{ "expert", step_expert, false },
	{ "audience", step_audience, false },
	{ "task", step_task, false },
	{ "upload", step_upload, false },
	{ "review", step_review, false },
	{ "course", step_course, false },
	{ "outline", step_outline, true },
	{ "approval", step_approve, false },
	{ "lessons", step_lessons, true },
};

/* Where to go on by hand. */
static void
tell_ended(const struct draft_state *s, const char *step)
{
	progress_close(s->d->progress);
	warnx("the draft ended at: %s", step);
	if (s->course_id != NULL)
		warnx("the course is there to go on with: %s/course-builder"
		      "?id=%s",
		    s->d->remote->url, s->course_id);
}

static int
run_steps(struct draft_state *s)
{
	size_t i;

	for (i = 0; i < NITEMS(steps); i++) {
		if (!steps[i].job)
			progress_step(s->d->progress, steps[i].name, 0, 1);
		if (steps[i].run(s) == -1) {
			tell_ended(s, steps[i].name);
			return -1;
		}
		if (!steps[i].job)
			progress_step(s->d->progress, steps[i].name, 1, 1);
	}
	return 0;
}

int
draft_run(const struct draft *d, const char **course_id)
{
	struct draft_state s = { .d = d, .title = title_of(d) };

	if (run_steps(&s) == -1)
		return -1;
	*course_id = s.course_id;
	return 0;
}

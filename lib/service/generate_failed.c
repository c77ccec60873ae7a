/*
 * What its creator is told when a job has failed for good (spec content.md
 * 12.2). The engine asks in the transaction that writes the failure.
 */
#include "service/generate_job.h"

#include "net/json.h"
#include "service/generate_run.h"

enum query {
	Q_COURSE,
	Q__MAX
};

extern const struct db_query generate_failed_queries[];

const struct db_query generate_failed_queries[] = {
	[Q_COURSE] = {
	    .name = "generate_failed_course",
	    .nargs = 2, /* tenant, course */
	    .sql = "SELECT title FROM courses WHERE tenant_id = $1::uuid"
		   " AND id = $2::uuid",
	},
	[Q__MAX] = { 0 },
};

/* What was to be made; those with a mail are what people wait for. */
static const struct {
	const char *what;
	bool mail;
} kinds[GENJOB__MAX] = {
	[GENJOB_OUTLINE] = { "outline", true },
	[GENJOB_LESSON] = { "lesson", false },
	[GENJOB_COMPONENT] = { "component", false },
	[GENJOB_COURSE] = { "course", true },
};

static enum code
tell(struct genjob_run *run, const char *course)
{
	const char *what = kinds[run->job->type].what;
	struct arena *a = run->r->mem;
	struct generate_person person = { 0 };
	struct generate_news news = {
		.type = "generation_failed",
		.priority = "high",
		.title = arena_printf(a, "Generation failed: %s", course),
		.message =
		    arena_printf(a, "The %s of “%s” could not be generated: %s",
			what, course, run->message),
		.url = run->job->type == GENJOB_OUTLINE
		    ? generate_edit_url(run)
		    : generate_preview_url(run),
	};

	if (kinds[run->job->type].mail) {
		generate_person_read(run, &person);
		news.mail = "generation_failed";
		news.data = json_new_object(a);
		json_put_text(news.data, "course", course);
		json_put_text(news.data, "what", what);
		json_put_text(news.data, "error", run->message);
	}
	return generate_tell(run, &person, &news);
}

enum code
generate_failed(struct genjob_run *run)
{
	struct db_rows *rows;

	if (run->job->course_id == NULL || kinds[run->job->type].what == NULL)
		return CODE_OK;
	rows = db_run(run->r->db, &generate_failed_queries[Q_COURSE],
	    DB_ARGS(run->r->who.tenant_id, run->job->course_id));
	if (rows == NULL)
		return req_fail_db(run->r);
	return db_next(rows) ? tell(run, db_text(rows, 0)) : CODE_OK;
}

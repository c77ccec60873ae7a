/*
 * The parent's job: when all lessons of a course are written, they become the
 * course. Children that failed or were cancelled are the engine's to judge.
 */
#include "service/generate_job.h"

#include "net/json.h"
#include "service/generate_run.h"

static enum code
tell(struct genjob_run *run, const struct generate_person *p,
    const struct generate_made *made)
{
	struct arena *a = run->r->mem;
	struct generate_news news = {
		.type = "generation_complete",
		.title = arena_printf(a, "Course ready: %s", made->title),
		.message = arena_printf(a,
		    "“%s” is complete: %zu section%s, %zu lesson%s.",
		    made->title, made->sections, made->sections == 1 ? "" : "s",
		    made->lessons, made->lessons == 1 ? "" : "s"),
		.url = generate_preview_url(run),
		.mail = "course_complete",
		.data = json_new_object(a),
	};

	json_put_text(news.data, "course", made->title);
	json_put_int(news.data, "sections", (int64_t)made->sections);
	json_put_int(news.data, "lessons", (int64_t)made->lessons);
	json_put_int(news.data, "minutes", made->minutes);
	return generate_tell(run, p, &news);
}

/* Before the transaction: addresses are kept elsewhere, which may take time. */
static enum code
load(struct genjob_run *run, struct generate_person *p)
{
	generate_begin_read(run);
	generate_person_read(run, p);
	return db_end(run->r->db, CODE_OK);
}

enum genjob_end
generate_course_run(struct genjob_run *run)
{
	const struct genjob_result result = { .message = "Course ready" };
	struct generate_made made = { 0 };
	struct generate_person person;
	enum code code;

	if ((code = load(run, &person)) != CODE_OK)
		return generate_end(run, code);
	if ((code = genjob_begin(run)) != CODE_OK)
		return generate_not_begun(run, code, NULL);
	code = generate_materialise(run->r, run->job->course_id, &made);
	if (code == CODE_OK && (code = tell(run, &person, &made)) == CODE_OK)
		code = genjob_finish(run, &result);
	return generate_commit(run, code, made.key);
}

/*
 * Components: their stored form read and checked, and the job that has one
 * changed by a provider. Component and course document change at one moment.
 */
#include "service/generate_job.h"

#include <string.h>

#include "ai/provider_part.h"
#include "net/json.h"
#include "service/generate_run.h"

enum query {
	Q_LOAD,
	Q_LOCK,
	Q_SAVE,
	Q__MAX
};

extern const struct db_query generate_component_queries[];

const struct db_query generate_component_queries[] = {
	[Q_LOAD] = {
	    .name = "generate_component_load",
	    .nargs = 3, /* tenant, course, component */
	    .sql = "SELECT k.type, k.content_json, k.version, g.id, g.title,"
		   " l.learning_objectives, c.title FROM lesson_components k"
		   " JOIN generated_lessons g ON g.tenant_id = k.tenant_id"
		   " AND g.id = k.lesson_id"
		   " JOIN outline_lessons l ON l.tenant_id = g.tenant_id"
		   " AND l.id = g.outline_lesson_id"
		   " JOIN courses c ON c.tenant_id = g.tenant_id"
		   " AND c.id = g.course_id WHERE k.tenant_id = $1::uuid"
		   " AND c.id = $2::uuid AND k.id = $3::uuid",
	},
	/* Whoever changes a component by hand locks the course first, too. */
	[Q_LOCK] = {
	    .name = "generate_component_lock",
	    .nargs = 2, /* tenant, course */
	    .sql = "SELECT id FROM courses WHERE tenant_id = $1::uuid"
		   " AND id = $2::uuid FOR UPDATE",
	},
	[Q_SAVE] = {
	    .name = "generate_component_save",
	    .nargs = 4, /* tenant, component, version, content */
	    .sql = "UPDATE lesson_components SET content_json = $4::jsonb,"
		   " version = version + 1, updated_at = now()"
		   " WHERE tenant_id = $1::uuid AND id = $2::uuid"
		   " AND version = $3::int",
	},
	[Q__MAX] = { 0 },
};

enum component_type
generate_component_type(const char *stored)
{
	int i;

	for (i = 0; i < COMPONENT__MAX; i++)
		if (strcmp(provider_part_name((enum component_type)i),
			stored) == 0)
			break;
	return (enum component_type)i;
}

const char *
generate_component_read(struct arena *a, enum component_type type,
    const char *json, struct component *c)
{
	struct json *j = json_parse(a, json, strlen(json), NULL, NULL);

	if (json_kind(j) != JSON_OBJECT)
		return "is not a JSON object";
	return provider_part_stored(a, type, j, c);
}

/* --- the job ------------------------------------------------------------------ */

struct maker {
	struct genjob_run *run;
	struct ask_component ask;
	const char *version; /* that is changed */
	const char *course_title;
	struct component made;
};

static enum code
load_component(struct maker *m)
{
	struct req *r = m->run->r;
	struct db_rows *rows;

	rows = db_run(r->db, &generate_component_queries[Q_LOAD],
	    DB_ARGS(r->who.tenant_id, m->run->job->course_id,
		m->run->job->component_id));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return CODE_NOT_FOUND;
	m->ask.type = generate_component_type(db_text(rows, 0));
	m->ask.json = db_text(rows, 1);
	m->version = db_text(rows, 2);
	m->ask.lesson = db_text(rows, 4);
	m->ask.objectives = db_array(rows, 5, &m->ask.nobjectives);
	m->course_title = db_text(rows, 6);
	return CODE_OK;
}

static enum code
load(struct maker *m)
{
	const struct genjob *job = m->run->job;
	struct arena *a = m->run->r->mem;
	struct generate_input in = { 0 };
	const struct json *j;
	enum code code;

	j = job->input == NULL
	    ? NULL
	    : json_parse(a, job->input, strlen(job->input), NULL, NULL);
	m->ask.request = json_get_text(j, "prompt", "");
	if (job->component_id == NULL)
		return CODE_NOT_FOUND; /* the lesson was written anew */
	generate_begin_read(m->run);
	if ((code = load_component(m)) == CODE_OK)
		code = generate_input_audiences(m->run->r, job->course_id, &in);
	if (in.ask.naudiences > 0)
		m->ask.audience = &in.ask.audiences[0];
	return db_end(m->run->r->db, code);
}

/* CODE_ABORTED: somebody changed the component, or the lesson, meanwhile. */
static enum code
put_component(struct maker *m)
{
	const struct genjob *job = m->run->job;
	struct req *r = m->run->r;
	struct db_rows *rows;
	bool found;

	rows = db_run(r->db, &generate_component_queries[Q_LOCK],
	    DB_ARGS(r->who.tenant_id, job->course_id));
	if (rows == NULL)
		return req_fail_db(r);
	rows = db_run(r->db, &generate_component_queries[Q_SAVE],
	    DB_ARGS(r->who.tenant_id, job->component_id, m->version,
		m->made.json));
	if (rows == NULL)
		return req_fail_db(r);
	if (db_affected(rows) == 0)
		return CODE_ABORTED;
	return generate_block_update(r, job->course_id, job->component_id,
	    &m->made, &found);
}

static enum code
tell(struct maker *m)
{
	struct arena *a = m->run->r->mem;
	const struct generate_person nobody = { 0 };
	const struct generate_news news = {
		.type = "generation_complete",
		.title = arena_printf(a, "Component ready: %s", m->ask.lesson),
		.message = arena_printf(a,
		    "A part of the lesson “%s” of “%s” has been written anew.",
		    m->ask.lesson, m->course_title),
		.url = generate_preview_url(m->run),
	};

	return generate_tell(m->run, &nobody, &news);
}

static enum genjob_end
store(struct maker *m)
{
	const struct genjob_result result = { .message = "Component ready" };
	enum code code;

	if ((code = genjob_begin(m->run)) != CODE_OK)
		return generate_not_begun(m->run, code, NULL);
	if ((code = put_component(m)) == CODE_OK && (code = tell(m)) == CODE_OK)
		code = genjob_finish(m->run, &result);
	return generate_commit(m->run, code, NULL);
}

enum genjob_end
generate_component_run(struct genjob_run *run)
{
	struct maker m = { .run = run };
	struct generate_call call;
	enum genjob_end end;
	enum code code;

	if (!genjob_progress(run, 0, "Loading the component"))
		return GENJOB_GONE;
	if ((code = generate_call_open(&call, run)) != CODE_OK)
		return generate_end(run, code);
	if ((code = load(&m)) == CODE_NOT_FOUND)
		return genjob_fail(run,
		    "the component is gone; its lesson was written anew");
	if (code != CODE_OK)
		return generate_end(run, code);
	if (!genjob_progress(run, 30, "Writing the component"))
		return GENJOB_GONE;
	end = generate_call_end(&call,
	    call.ai.provider->component(&call.ai, &m.ask, &m.made));
	if (end != GENJOB_DONE)
		return end;
	if (!genjob_progress(run, 70, "Storing the component"))
		return GENJOB_GONE;
	return store(&m);
}

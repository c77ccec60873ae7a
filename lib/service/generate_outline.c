/*
 * The outline job: experts and audiences to the next version of a course's
 * outline, each lesson with the chunks it is planned from.
 */
#include "service/generate_job.h"

#include "ai/provider_brief.h"
#include "base/utf8.h"
#include "net/json.h"
#include "service/generate_run.h"

#define TITLE_MOST	500
#define OBJECTIVES_MOST 20
#define MINUTES_MOST	600

enum query {
	Q_COURSE,
	Q_VERSION,
	Q_OUTLINE,
	Q_SECTION,
	Q_LESSON,
	Q__MAX
};

extern const struct db_query generate_outline_queries[];

const struct db_query generate_outline_queries[] = {
	[Q_COURSE] = {
	    .name = "generate_outline_course",
	    .nargs = 2, /* tenant, course */
	    .sql = "SELECT title FROM courses WHERE tenant_id = $1::uuid"
		   " AND id = $2::uuid FOR UPDATE",
	},
	[Q_VERSION] = {
	    .name = "generate_outline_version",
	    .nargs = 2, /* tenant, course */
	    .sql = "SELECT COALESCE(max(version), 0) + 1 FROM course_outlines"
		   " WHERE tenant_id = $1::uuid AND course_id = $2::uuid",
	},
	[Q_OUTLINE] = {
	    .name = "generate_outline_insert",
	    .nargs = 4, /* tenant, id, course, version */
	    .sql = "INSERT INTO course_outlines (tenant_id, id, course_id,"
		   " version) VALUES ($1::uuid, $2::uuid, $3::uuid, $4::int)",
	},
	[Q_SECTION] = {
	    .name = "generate_outline_section",
	    .nargs = 6, /* tenant, id, outline, title, description, position */
	    .sql = "INSERT INTO outline_sections (tenant_id, id, outline_id,"
		   " title, description, position) VALUES ($1::uuid,"
		   " $2::uuid, $3::uuid, $4, $5, $6::int)",
	},
	[Q_LESSON] = {
	    .name = "generate_outline_lesson",
	    .nargs = 10, /* tenant, section, title, description, position,
			  * minutes, objectives, chunks, last in section, in
			  * course */
	    .sql = "INSERT INTO outline_lessons (tenant_id, section_id,"
		   " title, description, position,"
		   " estimated_duration_minutes, learning_objectives,"
		   " sme_chunk_ids, is_last_in_section, is_last_in_course)"
		   " VALUES ($1::uuid, $2::uuid, $3, $4, $5::int,"
		   " NULLIF($6::int, 0), $7::text[], $8::text[]::uuid[],"
		   " $9::boolean, $10::boolean)",
	},
	[Q__MAX] = { 0 },
};

struct maker {
	struct genjob_run *run;
	struct generate_input in;
	struct outline outline;
	char **chunks; /* ids for each lesson, in order, as an argument */
};

/* --- storing ------------------------------------------------------------------ */

static char *
cut(struct arena *a, const char *s)
{
	return arena_strndup(a, s, utf8_prefix(s, TITLE_MOST));
}

/* Chunks of the plan, or where a model planned those that match it best. */
static char *
chunk_ids(struct maker *m, const char *section,
    const struct outline_lesson *plan)
{
	const struct ask_lesson l = { .course = &m->in.ask,
		.section = section,
		.plan = plan };
	struct arena *a = m->run->r->mem;
	const struct knowledge *k = m->in.ask.k;
	const char **ids;
	const size_t *at;
	size_t i, n;

	at = provider_brief_chunks(a, &l, &n);
	ids = arena_calloc(a, n + 1, sizeof(*ids));
	for (i = 0; i < n; i++)
		ids[i] = k->chunks[at[i]].id;
	return db_arg_array(a, ids, n);
}

/*
 * Before the transaction: matching all knowledge with every lesson takes its
 * time. False: told to stop.
 */
static bool
choose_chunks(struct maker *m)
{
	const struct outline *o = &m->outline;
	size_t i, j, n = 0;

	m->chunks =
	    arena_calloc(m->run->r->mem, o->nlessons + 1, sizeof(*m->chunks));
	for (i = 0; i < o->nsections; i++) {
		for (j = 0; j < o->sections[i].nlessons; j++) {
			if (genjob_stop(m->run))
				return false;
			m->chunks[n++] = chunk_ids(m, o->sections[i].title,
			    &o->sections[i].lessons[j]);
		}
	}
	return true;
}

static void
put_lesson(struct maker *m, const char *section_id,
    const struct outline_section *s, size_t i, bool last, const char *chunks)
{
	const struct outline_lesson *l = &s->lessons[i];
	struct req *r = m->run->r;
	size_t n = l->nobjectives;

	db_queue(r->db, &generate_outline_queries[Q_LESSON],
	    DB_ARGS(r->who.tenant_id, section_id, cut(r->mem, l->title),
		l->description, db_arg_int(r->mem, (int64_t)i + 1),
		db_arg_int(r->mem,
		    l->minutes < MINUTES_MOST ? l->minutes : MINUTES_MOST),
		db_arg_array(r->mem, l->objectives,
		    n < OBJECTIVES_MOST ? n : OBJECTIVES_MOST),
		chunks, i + 1 == s->nlessons ? "true" : "false",
		last && i + 1 == s->nlessons ? "true" : "false"));
}

/* Ids are drawn: equal knowledge may give equal outlines. */
static void
put_section(struct maker *m, const char *outline_id, size_t i,
    char *const *chunks)
{
	const struct outline_section *s = &m->outline.sections[i];
	struct req *r = m->run->r;
	char id[STR_UUID_LEN + 1];
	size_t j;

	str_uuid_new(id);
	db_queue(r->db, &generate_outline_queries[Q_SECTION],
	    DB_ARGS(r->who.tenant_id, id, outline_id, cut(r->mem, s->title),
		s->description, db_arg_int(r->mem, (int64_t)i + 1)));
	for (j = 0; j < s->nlessons; j++)
		put_lesson(m, id, s, j, i + 1 == m->outline.nsections,
		    chunks[j]);
}

/* The whole tree under the next version; the course stays locked. */
static enum code
put_outline(struct maker *m, const char **title)
{
	const char *course = m->run->job->course_id;
	struct req *r = m->run->r;
	char id[STR_UUID_LEN + 1];
	struct db_rows *rows;
	size_t i, n;

	rows = db_run(r->db, &generate_outline_queries[Q_COURSE],
	    DB_ARGS(r->who.tenant_id, course));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return CODE_NOT_FOUND;
	*title = db_text(rows, 0);
	rows = db_run(r->db, &generate_outline_queries[Q_VERSION],
	    DB_ARGS(r->who.tenant_id, course));
	if (rows == NULL || !db_next(rows))
		return req_fail_db(r);
	str_uuid_new(id);
	db_queue(r->db, &generate_outline_queries[Q_OUTLINE],
	    DB_ARGS(r->who.tenant_id, id, course, db_text(rows, 0)));
	for (i = n = 0; i < m->outline.nsections; i++) {
		put_section(m, id, i, m->chunks + n);
		n += m->outline.sections[i].nlessons;
	}
	return CODE_OK;
}

static enum code
tell(struct maker *m, const struct generate_person *p, const char *title)
{
	struct arena *a = m->run->r->mem;
	struct generate_news news = {
		.type = "outline_ready",
		.title = arena_printf(a, "Outline ready: %s", title),
		.message = arena_printf(a,
		    "The outline of “%s” with %zu section%s and %zu lesson%s is"
		    " ready for your review.",
		    title, m->outline.nsections,
		    m->outline.nsections == 1 ? "" : "s", m->outline.nlessons,
		    m->outline.nlessons == 1 ? "" : "s"),
		.url = generate_edit_url(m->run),
		.mail = "outline_ready",
		.data = json_new_object(a),
	};

	json_put_text(news.data, "course", title);
	json_put_int(news.data, "sections", (int64_t)m->outline.nsections);
	json_put_int(news.data, "lessons", (int64_t)m->outline.nlessons);
	return generate_tell(m->run, p, &news);
}

static enum genjob_end
store(struct maker *m, const struct generate_person *p)
{
	const struct genjob_result result = { .message = "Outline ready" };
	const char *title = "";
	enum code code;

	if ((code = genjob_begin(m->run)) != CODE_OK)
		return generate_not_begun(m->run, code, NULL);
	if ((code = put_outline(m, &title)) == CODE_OK &&
	    (code = tell(m, p, title)) == CODE_OK)
		code = genjob_finish(m->run, &result);
	return generate_commit(m->run, code, NULL);
}

/* --- the run ------------------------------------------------------------------ */

static enum code
load(struct maker *m, enum generate_order order, struct generate_person *p)
{
	enum code code;

	generate_begin_read(m->run);
	code = generate_input_read(m->run->r, m->run->job->course_id, order,
	    &m->in);
	if (code == CODE_OK)
		generate_person_read(m->run, p);
	return db_end(m->run->r->db, code);
}

static enum genjob_end
ask(struct maker *m, struct generate_call *c)
{
	if (!genjob_progress(m->run, 40, "Writing the outline"))
		return GENJOB_GONE;
	return generate_call_end(c,
	    c->ai.provider->outline(&c->ai, &m->in.ask, &m->outline));
}

enum genjob_end
generate_outline_run(struct genjob_run *run)
{
	struct maker m = { .run = run };
	struct generate_person person;
	struct generate_call call;
	enum genjob_end end;
	enum code code;

	if (!genjob_progress(run, 0, "Collecting the experts' knowledge"))
		return GENJOB_GONE;
	if ((code = generate_call_open(&call, run)) != CODE_OK)
		return generate_end(run, code);
	code = load(&m, generate_call_order(&call), &person);
	if (code != CODE_OK)
		return generate_no_input(run, code);
	if (!genjob_progress(run, 20, "Looking at the audience"))
		return GENJOB_GONE;
	if ((end = ask(&m, &call)) != GENJOB_DONE)
		return end;
	if (!choose_chunks(&m) ||
	    !genjob_progress(run, 70, "Storing the outline"))
		return GENJOB_GONE;
	return store(&m, &person);
}

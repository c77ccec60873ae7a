/*
 * The lesson job: one lesson of the outline with its components. Generating
 * again keeps the lesson's id and replaces everything in it; components get
 * new ids, which is how the course document learns that the text is another.
 */
#include "service/generate_job.h"

#include <string.h>

#include "ai/phrases.h"
#include "ai/provider_brief.h"
#include "ai/provider_match.h"
#include "ai/provider_part.h"
#include "ai/render.h"
#include "base/log.h"
#include "base/utf8.h"
#include "net/json.h"
#include "net/store.h"
#include "rpc/after.h"
#include "service/generate_run.h"

#define TITLE_MOST    500
#define CHUNKS_PROMPT 12 /* chunks that a model is given for a lesson */

enum query {
	Q_PLAN,
	Q_TITLES,
	Q_OLD,
	Q_LESSON,
	Q_CLEAR,
	Q_COMPONENT,
	Q__MAX
};

extern const struct db_query generate_lesson_queries[];

const struct db_query generate_lesson_queries[] = {
	[Q_PLAN] = {
	    .name = "generate_lesson_plan",
	    .nargs = 3, /* tenant, course, outline lesson */
	    .sql = "SELECT l.section_id, s.title, l.title,"
		   " COALESCE(l.description, ''),"
		   " COALESCE(l.estimated_duration_minutes, 0),"
		   " l.learning_objectives, l.sme_chunk_ids::text[], o.id,"
		   " g.id, c.title FROM outline_lessons l"
		   " JOIN outline_sections s ON s.tenant_id = l.tenant_id"
		   " AND s.id = l.section_id"
		   " JOIN course_outlines o ON o.tenant_id = s.tenant_id"
		   " AND o.id = s.outline_id"
		   " JOIN courses c ON c.tenant_id = o.tenant_id"
		   " AND c.id = o.course_id"
		   " LEFT JOIN generated_lessons g ON g.tenant_id = l.tenant_id"
		   " AND g.outline_lesson_id = l.id"
		   " WHERE l.tenant_id = $1::uuid AND c.id = $2::uuid"
		   " AND l.id = $3::uuid",
	},
	[Q_TITLES] = {
	    .name = "generate_lesson_titles",
	    .nargs = 2, /* tenant, outline */
	    .sql = "SELECT l.id, l.title FROM outline_sections s"
		   " JOIN outline_lessons l ON l.tenant_id = s.tenant_id"
		   " AND l.section_id = s.id"
		   " WHERE s.tenant_id = $1::uuid AND s.outline_id = $2::uuid"
		   " ORDER BY s.position, s.id, l.position, l.id",
	},
	[Q_OLD] = {
	    .name = "generate_lesson_old",
	    .nargs = 2, /* tenant, lesson */
	    .sql = "SELECT result_path FROM generation_jobs"
		   " WHERE tenant_id = $1::uuid AND lesson_id = $2::uuid"
		   " AND type = 'lesson_content' AND status = 'completed'"
		   " AND result_path IS NOT NULL"
		   " ORDER BY completed_at DESC, id LIMIT 1",
	},
	[Q_LESSON] = {
	    .name = "generate_lesson_put",
	    .nargs = 8, /* tenant, id, course, section, outline lesson, title,
			 * segue, mark */
	    .sql = "INSERT INTO generated_lessons (tenant_id, id, course_id,"
		   " section_id, outline_lesson_id, title, segue_text, mark)"
		   " VALUES ($1::uuid, $2::uuid, $3::uuid, $4::uuid,"
		   " $5::uuid, $6, NULLIF($7, ''), $8)"
		   " ON CONFLICT (tenant_id, outline_lesson_id) DO UPDATE"
		   " SET section_id = EXCLUDED.section_id,"
		   " title = EXCLUDED.title, segue_text = EXCLUDED.segue_text,"
		   " mark = EXCLUDED.mark, generated_at = now()"
		   " RETURNING id",
	},
	[Q_CLEAR] = {
	    .name = "generate_lesson_clear",
	    .nargs = 2, /* tenant, lesson */
	    .sql = "DELETE FROM lesson_components WHERE tenant_id = $1::uuid"
		   " AND lesson_id = $2::uuid",
	},
	[Q_COMPONENT] = {
	    .name = "generate_lesson_component",
	    .nargs = 8, /* tenant, id, lesson, type, position, content, chunks,
			 * objectives */
	    .sql = "INSERT INTO lesson_components (tenant_id, id, lesson_id,"
		   " type, position, content_json, sme_chunk_ids,"
		   " learning_objective_ids) VALUES ($1::uuid, $2::uuid,"
		   " $3::uuid, $4::lesson_component_type, $5::int, $6::jsonb,"
		   " $7::text[]::uuid[], $8::text[])",
	},
	[Q__MAX] = { 0 },
};

struct maker {
	struct genjob_run *run;
	struct generate_input in;
	struct outline_lesson plan;
	const char **plan_chunks; /* ids, of the outline */
	size_t nplan_chunks;
	const char *section_id;
	const char *section;
	const char *course_title;
	const char *outline_id;
	const char *previous; /* NULL: none */
	const char *next;
	const char *lesson_id;
	const char **objectives; /* ids, of the plan's */
	const char **ids;	 /* of the components */
	struct lesson lesson;
	const char *mark;
	char *key; /* of the snapshot */
};

/* --- loading ------------------------------------------------------------------ */

/* A new lesson gets its id now: objects are named by it. */
static void
read_plan(struct maker *m, const struct db_rows *rows)
{
	struct outline_lesson *p = &m->plan;
	struct arena *a = m->run->r->mem;
	char id[STR_UUID_LEN + 1];
	size_t i;

	m->section_id = db_text(rows, 0);
	m->section = db_text(rows, 1);
	p->id = m->run->job->outline_lesson_id;
	p->title = db_text(rows, 2);
	p->description = db_text(rows, 3);
	p->minutes = (unsigned)db_int(rows, 4);
	p->objectives = db_array(rows, 5, &p->nobjectives);
	m->plan_chunks = db_array(rows, 6, &m->nplan_chunks);
	m->outline_id = db_text(rows, 7);
	str_uuid_new(id);
	m->lesson_id =
	    db_null(rows, 8) ? arena_strdup(a, id) : db_text(rows, 8);
	m->course_title = db_text(rows, 9);
	m->objectives =
	    arena_calloc(a, p->nobjectives + 1, sizeof(*m->objectives));
	for (i = 0; i < p->nobjectives; i++)
		m->objectives[i] =
		    generate_objective_id(a, p->id, p->objectives[i]);
}

static enum code
load_plan(struct maker *m)
{
	const struct genjob *job = m->run->job;
	struct req *r = m->run->r;
	struct db_rows *rows;
	const char *before = NULL;
	bool here = false;

	rows = db_run(r->db, &generate_lesson_queries[Q_PLAN],
	    DB_ARGS(r->who.tenant_id, job->course_id, job->outline_lesson_id));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return CODE_NOT_FOUND;
	read_plan(m, rows);
	rows = db_run(r->db, &generate_lesson_queries[Q_TITLES],
	    DB_ARGS(r->who.tenant_id, m->outline_id));
	if (rows == NULL)
		return req_fail_db(r);
	for (; db_next(rows); before = db_text(rows, 1)) {
		if (here) {
			m->next = db_text(rows, 1);
			break;
		}
		here = str_eq(db_text(rows, 0), job->outline_lesson_id);
		if (here)
			m->previous = before;
	}
	return CODE_OK;
}

/* *no_plan tells a lesson that is gone from an input without knowledge. */
static enum code
load(struct maker *m, enum generate_order order, bool *no_plan)
{
	enum code code = CODE_NOT_FOUND;

	generate_begin_read(m->run);
	*no_plan = m->run->job->outline_lesson_id == NULL ||
	    (code = load_plan(m)) == CODE_NOT_FOUND;
	if (code == CODE_OK)
		code = generate_input_read(m->run->r, m->run->job->course_id,
		    order, &m->in);
	return db_end(m->run->r->db, code);
}

/* --- chunks ------------------------------------------------------------------- */

static bool
add_index(size_t *list, size_t *n, size_t at)
{
	size_t i;

	for (i = 0; i < *n; i++)
		if (list[i] == at)
			return false;
	list[(*n)++] = at;
	return true;
}

/* The chunks the outline named, as far as they still are there. */
static size_t
planned(struct maker *m, size_t *out)
{
	const struct knowledge *k = m->in.ask.k;
	size_t i, j, n = 0;

	for (i = 0; i < m->nplan_chunks; i++)
		for (j = 0; j < k->nchunks; j++)
			if (strcmp(k->chunks[j].id, m->plan_chunks[i]) == 0)
				(void)add_index(out, &n, j);
	return n;
}

/*
 * Who keeps the source's order gets the plan's chunks and no other; a model
 * gets them first, and then those that match the plan best.
 */
static void
choose_chunks(struct maker *m, enum generate_order order)
{
	const struct ask_lesson l = { .course = &m->in.ask,
		.section = m->section,
		.plan = &m->plan };
	struct arena *a = m->run->r->mem;
	size_t *list, n, i, nmore;
	const size_t *more;

	list = arena_calloc(a, m->in.ask.k->nchunks + 1, sizeof(*list));
	n = planned(m, list);
	if (order == GENERATE_BEST) {
		more = provider_brief_chunks(a, &l, &nmore);
		for (i = 0; i < nmore && n < CHUNKS_PROMPT; i++)
			(void)add_index(list, &n, more[i]);
	}
	m->plan.chunks = list;
	m->plan.nchunks = n;
}

/* --- what came ---------------------------------------------------------------- */

static bool
states_something(const struct component *c)
{
	return c->type == COMPONENT_TEXT || c->type == COMPONENT_QUIZ;
}

/* The sources of a component that names none: the chunks it matches best. */
static void
find_sources(struct maker *m, const size_t *from, size_t n, struct component *c)
{
	const struct knowledge *k = m->in.ask.k;
	struct arena *a = m->run->r->mem;
	size_t at;

	if (n == 0 || provider_match(k, from, n, c->text, 1, &at) != 1)
		return;
	c->chunk_ids = arena_calloc(a, 1, sizeof(*c->chunk_ids));
	c->chunk_ids[0] = k->chunks[at].id;
	c->nchunk_ids = 1;
}

/* "Anna, Ben": who the knowledge is from. */
static const char *
expert_names(struct maker *m)
{
	struct buf *b = buf_new(m->run->r->mem);
	size_t i;

	for (i = 0; i < m->in.ask.nsources; i++)
		buf_printf(b, "%s%s", i > 0 ? ", " : "",
		    m->in.ask.sources[i].name);
	return buf_str(b);
}

/*
 * What was made without a model says so, to its readers, too: a note at the end
 * of the last lesson.
 */
static void
add_about(struct maker *m)
{
	enum lang lang = lang_of(m->in.ask.k->lang);
	struct arena *a = m->run->r->mem;
	struct lesson *l = &m->lesson;
	struct json *j = json_new_object(a);
	struct buf *html = buf_new(a);
	struct component *c;
	const char *text;

	text = phrases_fill(a, lang, PH_ABOUT,
	    phrases_quote(a, lang, expert_names(m)), "");
	buf_puts(html, "<p><em>");
	render_escape(html, text, strlen(text));
	buf_puts(html, "</em></p>");
	json_put_text(j, "html", buf_str(html));
	json_put_text(j, "plaintext", text);
	l->components = arena_grow(a, l->components, l->ncomponents,
	    l->ncomponents + 1, sizeof(*l->components));
	c = &l->components[l->ncomponents++];
	*c = (struct component){ .type = COMPONENT_TEXT,
		.kind = "about",
		.json = json_string(a, j, JSON_COMPACT),
		.text = buf_str(html) };
}

/* Every text and every question says where it comes from. */
static void
complete(struct maker *m)
{
	const struct knowledge *k = m->in.ask.k;
	struct arena *a = m->run->r->mem;
	const size_t *from = m->plan.chunks;
	size_t i, n = m->plan.nchunks, *all;
	char id[STR_UUID_LEN + 1];
	struct component *c;

	if (n == 0) {
		all = arena_calloc(a, k->nchunks + 1, sizeof(*all));
		for (n = 0; n < k->nchunks; n++)
			all[n] = n;
		from = all;
	}
	m->ids = arena_calloc(a, m->lesson.ncomponents + 1, sizeof(*m->ids));
	for (i = 0; i < m->lesson.ncomponents; i++) {
		c = &m->lesson.components[i];
		str_uuid_new(id);
		m->ids[i] = arena_strdup(a, id);
		if (c->nchunk_ids == 0 && states_something(c))
			find_sources(m, from, n, c);
		if (c->nchunk_ids > GENERATE_REFS_MAX)
			c->nchunk_ids = GENERATE_REFS_MAX;
	}
}

static void
put_texts(struct json *o, const char *key, const char *const *v, size_t n)
{
	struct json *list = json_put_list(o, key);
	size_t i;

	for (i = 0; i < n; i++)
		json_add_text(list, v[i]);
}

static void
put_component(struct maker *m, struct json *list, size_t i)
{
	const struct component *c = &m->lesson.components[i];
	struct json *o = json_add_object(list);

	json_put_text(o, "id", m->ids[i]);
	json_put_text(o, "type", provider_part_name(c->type));
	json_put_int(o, "order", (int64_t)i + 1);
	json_put(o, "content",
	    json_parse(m->run->r->mem, c->json, strlen(c->json), NULL, NULL));
	put_texts(o, "sme_chunk_ids", c->chunk_ids, c->nchunk_ids);
	put_texts(o, "learning_objective_ids", m->objectives,
	    m->plan.nobjectives);
}

/* The lesson as an object of its own, under a key that nothing names yet. */
static enum code
put_snapshot(struct maker *m)
{
	struct req *r = m->run->r;
	struct json *o = json_new_object(r->mem), *list;
	char draw[STR_UUID_LEN + 1];
	size_t i;

	json_put_text(o, "id", m->lesson_id);
	json_put_text(o, "course_id", m->run->job->course_id);
	json_put_text(o, "section_id", m->section_id);
	json_put_text(o, "outline_lesson_id", m->plan.id);
	json_put_text(o, "title", m->plan.title);
	json_put_text(o, "segue_text", m->lesson.segue);
	json_put_text(o, "mark", m->mark);
	list = json_put_list(o, "components");
	for (i = 0; i < m->lesson.ncomponents; i++)
		put_component(m, list, i);
	str_uuid_new(draw);
	m->key = arena_printf(r->mem, "lessons/%s/content.%s.json",
	    m->lesson_id, draw);
	return r->env->store == NULL
	    ? CODE_UNAVAILABLE
	    : store_put_json(r->env->store, r->who.tenant_id, m->key, o);
}

/* --- storing ------------------------------------------------------------------ */

static void
drop_old(struct req *r, void *p)
{
	if (store_delete(r->env->store, r->who.tenant_id, p) != CODE_OK)
		log_warn("lesson: an old snapshot is left to mirai-sweep");
}

/* The snapshot before goes when this one counts. */
static enum code
replace_old(struct maker *m)
{
	struct req *r = m->run->r;
	struct db_rows *rows;

	rows = db_run(r->db, &generate_lesson_queries[Q_OLD],
	    DB_ARGS(r->who.tenant_id, m->lesson_id));
	if (rows == NULL)
		return req_fail_db(r);
	if (db_next(rows))
		after_commit(r, drop_old,
		    arena_strdup(r->mem, db_text(rows, 0)));
	return CODE_OK;
}

static void
queue_component(struct maker *m, size_t i)
{
	const struct component *c = &m->lesson.components[i];
	struct req *r = m->run->r;

	db_queue(r->db, &generate_lesson_queries[Q_COMPONENT],
	    DB_ARGS(r->who.tenant_id, m->ids[i], m->lesson_id,
		provider_part_name(c->type), db_arg_int(r->mem, (int64_t)i + 1),
		c->json, db_arg_array(r->mem, c->chunk_ids, c->nchunk_ids),
		db_arg_array(r->mem, m->objectives, m->plan.nobjectives)));
}

static enum code
put_lesson(struct maker *m)
{
	struct req *r = m->run->r;
	const char *title = arena_strndup(r->mem, m->plan.title,
	    utf8_prefix(m->plan.title, TITLE_MOST));
	struct db_rows *rows;
	enum code code;
	size_t i;

	rows = db_run(r->db, &generate_lesson_queries[Q_LESSON],
	    DB_ARGS(r->who.tenant_id, m->lesson_id, m->run->job->course_id,
		m->section_id, m->plan.id, title, m->lesson.segue, m->mark));
	if (rows == NULL || !db_next(rows))
		return req_fail_db(r);
	/* Somebody else made the lesson meanwhile, under another id. */
	if (!str_eq(db_text(rows, 0), m->lesson_id))
		return CODE_ABORTED;
	if ((code = replace_old(m)) != CODE_OK)
		return code;
	db_queue(r->db, &generate_lesson_queries[Q_CLEAR],
	    DB_ARGS(r->who.tenant_id, m->lesson_id));
	for (i = 0; i < m->lesson.ncomponents; i++)
		queue_component(m, i);
	return CODE_OK;
}

static enum code
tell(struct maker *m)
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
store(struct maker *m)
{
	const struct genjob_result result = { .lesson_id = m->lesson_id,
		.result_path = m->key,
		.message = "Lesson ready" };
	enum code code;

	if ((code = genjob_begin(m->run)) != CODE_OK)
		return generate_not_begun(m->run, code, m->key);
	if ((code = put_lesson(m)) == CODE_OK && (code = tell(m)) == CODE_OK)
		code = genjob_finish(m->run, &result);
	return generate_commit(m->run, code, m->key);
}

/* --- the run ------------------------------------------------------------------ */

static enum genjob_end
ask(struct maker *m, struct generate_call *c)
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
	struct maker m = { .run = run };
	struct generate_call call;
	enum genjob_end end;
	enum code code;
	bool no_plan;

	if (!genjob_progress(run, 0, "Loading the lesson's plan"))
		return GENJOB_GONE;
	if ((code = generate_call_open(&call, run)) != CODE_OK)
		return generate_end(run, code);
	code = load(&m, generate_call_order(&call), &no_plan);
	if (no_plan)
		return genjob_fail(run, "the lesson is not in the outline");
	if (code != CODE_OK)
		return generate_no_input(run, code);
	choose_chunks(&m, generate_call_order(&call));
	if (!genjob_progress(run, 30, "Writing the lesson"))
		return GENJOB_GONE;
	if ((end = ask(&m, &call)) != GENJOB_DONE)
		return end;
	if (*m.mark != '\0' && m.next == NULL)
		add_about(&m);
	complete(&m);
	if (!genjob_progress(run, 70, "Storing the lesson"))
		return GENJOB_GONE;
	if (put_snapshot(&m) != CODE_OK)
		return genjob_again(run, "storage did not answer");
	return store(&m);
}

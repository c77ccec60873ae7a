/*
 * A lesson kept: its rows, which replace everything that was there under its
 * id, and a snapshot in storage, which counts when they are committed.
 */
#include "service/generate_lesson.h"

#include <string.h>

#include "ai/provider_part.h"
#include "base/log.h"
#include "base/utf8.h"
#include "net/json.h"
#include "net/store.h"
#include "rpc/after.h"

#define TITLE_MOST 500

enum query {
	Q_OLD,
	Q_LESSON,
	Q_CLEAR,
	Q_COMPONENT,
	Q__MAX
};

extern const struct db_query generate_lesson_store_queries[];

const struct db_query generate_lesson_store_queries[] = {
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

/* --- the snapshot -------------------------------------------------------------- */

static void
put_texts(struct json *o, const char *key, const char *const *v, size_t n)
{
	struct json *list = json_put_list(o, key);
	size_t i;

	for (i = 0; i < n; i++)
		json_add_text(list, v[i]);
}

static void
put_component(struct generate_lesson *m, struct json *list, size_t i)
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

enum code
generate_lesson_snapshot(struct generate_lesson *m)
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

/* --- the rows ------------------------------------------------------------------ */

static void
drop_old(struct req *r, void *p)
{
	if (store_delete(r->env->store, r->who.tenant_id, p) != CODE_OK)
		log_warn("lesson: an old snapshot is left to mirai-sweep");
}

/* The snapshot before goes when this one counts. */
static enum code
replace_old(struct generate_lesson *m)
{
	struct req *r = m->run->r;
	struct db_rows *rows;

	rows = db_run(r->db, &generate_lesson_store_queries[Q_OLD],
	    DB_ARGS(r->who.tenant_id, m->lesson_id));
	if (rows == NULL)
		return req_fail_db(r);
	if (db_next(rows))
		after_commit(r, drop_old,
		    arena_strdup(r->mem, db_text(rows, 0)));
	return CODE_OK;
}

static void
queue_component(struct generate_lesson *m, size_t i)
{
	const struct component *c = &m->lesson.components[i];
	struct req *r = m->run->r;

	db_queue(r->db, &generate_lesson_store_queries[Q_COMPONENT],
	    DB_ARGS(r->who.tenant_id, m->ids[i], m->lesson_id,
		provider_part_name(c->type), db_arg_int(r->mem, (int64_t)i + 1),
		c->json, db_arg_array(r->mem, c->chunk_ids, c->nchunk_ids),
		db_arg_array(r->mem, m->objectives, m->plan.nobjectives)));
}

enum code
generate_lesson_put(struct generate_lesson *m)
{
	struct req *r = m->run->r;
	const char *title = arena_strndup(r->mem, m->plan.title,
	    utf8_prefix(m->plan.title, TITLE_MOST));
	struct db_rows *rows;
	enum code code;
	size_t i;

	rows = db_run(r->db, &generate_lesson_store_queries[Q_LESSON],
	    DB_ARGS(r->who.tenant_id, m->lesson_id, m->run->job->course_id,
		m->section_id, m->plan.id, title, m->lesson.segue, m->mark));
	if (rows == NULL || !db_next(rows))
		return req_fail_db(r);
	/* Somebody else made the lesson meanwhile, under another id. */
	if (!str_eq(db_text(rows, 0), m->lesson_id))
		return CODE_ABORTED;
	if ((code = replace_old(m)) != CODE_OK)
		return code;
	db_queue(r->db, &generate_lesson_store_queries[Q_CLEAR],
	    DB_ARGS(r->who.tenant_id, m->lesson_id));
	for (i = 0; i < m->lesson.ncomponents; i++)
		queue_component(m, i);
	return CODE_OK;
}

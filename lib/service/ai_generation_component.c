/*
 * AIGenerationService: single components of generated lessons, asked for anew
 * or edited by a person, and putting the lessons into the course. A component
 * and the block of the course that shows it change together or not at all.
 */
#include "service/ai_generation.h"

#include <string.h>

#include "mirai/v1/ai_generation.rpc.h"
#include "net/json.h"
#include "service/field.h"
#include "service/generate.h"
#include "service/genjob.h"

#define MAX_PROMPT 4000
#define MAX_JSON   ((size_t)256 * 1024) /* bytes */

enum query {
	Q_LOCK,
	Q_UPDATE,
	Q_HAS_LESSONS,
	Q__MAX
};

extern const struct db_query ai_generation_component_queries[];

const struct db_query ai_generation_component_queries[] = {
	[Q_LOCK] = {
	    .name = "ai_generation_component_lock",
	    .nargs = 4, /* tenant, course, lesson, component */
	    .sql = "SELECT k.type, k.version FROM lesson_components k"
		   " JOIN generated_lessons g ON g.tenant_id = k.tenant_id"
		   " AND g.id = k.lesson_id WHERE k.tenant_id = $1::uuid"
		   " AND g.course_id = $2::uuid AND g.id = $3::uuid"
		   " AND k.id = $4::uuid FOR UPDATE OF k",
	},
	[Q_UPDATE] = {
	    .name = "ai_generation_component_update",
	    .nargs = 3, /* tenant, component, content */
	    .sql = "UPDATE lesson_components k SET content_json = $3::jsonb,"
		   " version = k.version + 1, updated_at = now()"
		   " WHERE k.tenant_id = $1::uuid AND k.id = $2::uuid"
		   " RETURNING " AI_GENERATION_COMPONENT_COLUMNS,
	},
	/* The latest approved outline, and whether a lesson of it was made. */
	[Q_HAS_LESSONS] = {
	    .name = "ai_generation_has_lessons",
	    .nargs = 2, /* tenant, course */
	    .sql = "SELECT EXISTS (SELECT 1 FROM outline_sections s"
		   " JOIN outline_lessons l ON l.tenant_id = s.tenant_id"
		   " AND l.section_id = s.id JOIN generated_lessons g"
		   " ON g.tenant_id = l.tenant_id"
		   " AND g.outline_lesson_id = l.id"
		   " WHERE s.tenant_id = o.tenant_id AND s.outline_id = o.id)"
		   " FROM course_outlines o WHERE o.tenant_id = $1::uuid"
		   " AND o.course_id = $2::uuid"
		   " AND o.approval_status = 'approved'"
		   " ORDER BY o.version DESC LIMIT 1",
	},
	[Q__MAX] = { 0 },
};

/* The three ids that name a component, canonical. */
struct place {
	const char *course_id;
	const char *lesson_id;
	const char *component_id;
};

/* What is known of it once it is locked. */
struct found {
	enum component_type type;
	int32_t version;
};

static enum code
read_place(struct req *r, const char *course, const char *lesson,
    const char *component, struct place *p)
{
	enum code code;

	code = field_uuid(r, "course_id", course, &p->course_id);
	if (code == CODE_OK)
		code = field_uuid(r, "lesson_id", lesson, &p->lesson_id);
	if (code == CODE_OK)
		code =
		    field_uuid(r, "component_id", component, &p->component_id);
	return code;
}

/* The course first, as everyone who changes both. */
static enum code
lock_component(struct req *r, const struct place *p, struct found *f)
{
	struct db_rows *rows;
	enum code code;

	code = ai_generation_lock_course(r, p->course_id);
	if (code != CODE_OK)
		return code;
	rows = db_run(r->db, &ai_generation_component_queries[Q_LOCK],
	    DB_ARGS(r->who.tenant_id, p->course_id, p->lesson_id,
		p->component_id));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return req_fail(r, CODE_NOT_FOUND, "component not found");
	f->type = generate_component_type(db_text(rows, 0));
	f->version = (int32_t)db_int(rows, 1);
	return CODE_OK;
}

/* --- asking anew ------------------------------------------------------------- */

static const char *
job_input(struct req *r, const char *prompt)
{
	struct json *o = json_new_object(r->mem);

	json_put_text(o, "prompt", prompt);
	return json_string(r->mem, o, JSON_COMPACT);
}

enum code
ai_generation_regenerate_component(struct req *r,
    const struct pb_regenerate_component_request *in,
    struct pb_regenerate_component_response *out)
{
	struct genjob_new job = { .type = GENJOB_COMPONENT };
	char id[STR_UUID_LEN + 1];
	struct found found;
	struct place place;
	const char *prompt;
	enum code code;

	if ((code = read_place(r, in->course_id, in->lesson_id,
		 in->component_id, &place)) != CODE_OK ||
	    (code = field_text(r, "modification_prompt",
		 in->modification_prompt, MAX_PROMPT, &prompt)) != CODE_OK)
		return code;
	if (*prompt == '\0')
		return req_fail_missing(r, "modification_prompt",
		    "must not be empty");
	if ((code = lock_component(r, &place, &found)) != CODE_OK ||
	    (code = ai_generation_may_generate(r, 1)) != CODE_OK)
		return code;
	job.course_id = place.course_id;
	job.lesson_id = place.lesson_id;
	job.component_id = place.component_id;
	job.input = job_input(r, prompt);
	code = ai_generation_queue(r, &job,
	    "the component is being generated already", id);
	if (code != CODE_OK)
		return code;
	return ai_generation_load_job(r, id, &out->job);
}

/* --- editing --------------------------------------------------------------- */

/* The content, checked and in the form that is stored. */
static enum code
read_content(struct req *r, const struct found *f, const char *json,
    struct component *out)
{
	const char *why;

	if (str_is_empty(json))
		return req_fail_missing(r, "content_json", "is required");
	if (strlen(json) > MAX_JSON)
		return req_fail_field(r, "content_json",
		    "must have at most %zu bytes", MAX_JSON);
	why = generate_component_read(r->mem, f->type, json, out);
	if (why != NULL)
		return req_fail_field(r, "content_json", "%s", why);
	return CODE_OK;
}

static enum code
write_component(struct req *r, const struct place *p, const struct component *c,
    struct pb_lesson_component *out)
{
	struct db_rows *rows;
	enum code code;
	bool found;

	rows = db_run(r->db, &ai_generation_component_queries[Q_UPDATE],
	    DB_ARGS(r->who.tenant_id, p->component_id, c->json));
	if (rows == NULL || !db_next(rows))
		return req_fail_db(r);
	ai_generation_read_component(r, rows, 0, out);
	/* A course that does not show the component yet stays as it is. */
	code =
	    generate_block_update(r, p->course_id, p->component_id, c, &found);
	return code;
}

enum code
ai_generation_update_lesson_component(struct req *r,
    const struct pb_update_lesson_component_request *in,
    struct pb_update_lesson_component_response *out)
{
	struct component c = { 0 };
	struct found found;
	struct place place;
	enum code code;

	if ((code = read_place(r, in->course_id, in->lesson_id,
		 in->component_id, &place)) != CODE_OK)
		return code;
	if (in->version < 1)
		return req_fail_field(r, "version",
		    "must be that of the component that was edited");
	if ((code = lock_component(r, &place, &found)) != CODE_OK ||
	    (code = read_content(r, &found, in->content_json, &c)) != CODE_OK)
		return code;
	if (found.version != in->version)
		return req_fail(r, CODE_ABORTED,
		    "the component was changed by somebody else");
	out->component = arena_zalloc(r->mem, sizeof(*out->component));
	return write_component(r, &place, &c, out->component);
}

/* --- into the course --------------------------------------------------------- */

/* There is something to put into the course. */
static enum code
need_lessons(struct req *r, const char *course_id)
{
	struct db_rows *rows;

	rows = db_run(r->db, &ai_generation_component_queries[Q_HAS_LESSONS],
	    DB_ARGS(r->who.tenant_id, course_id));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return req_fail_field(r, "course_id",
		    "names a course without an approved outline");
	if (!db_bool(rows, 0))
		return req_fail_field(r, "course_id",
		    "names a course without generated lessons");
	return CODE_OK;
}

enum code
ai_generation_finalize_course(struct req *r,
    const struct pb_finalize_course_request *in,
    struct pb_finalize_course_response *out)
{
	struct generate_made made = { 0 };
	const char *id;
	enum code code;

	if ((code = field_uuid(r, "course_id", in->course_id, &id)) !=
		CODE_OK ||
	    (code = ai_generation_lock_course(r, id)) != CODE_OK ||
	    (code = need_lessons(r, id)) != CODE_OK ||
	    (code = generate_materialise(r, id, &made)) != CODE_OK)
		return code;
	out->version = made.version;
	return CODE_OK;
}

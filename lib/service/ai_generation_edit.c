/*
 * AIGenerationService: a person's own version of an outline under review. The
 * request is the whole tree; entries are told by id, may move between sections,
 * are new when the outline does not know their id, and gone when they are not
 * named. All of it happens in one transaction or not at all.
 */
#include "service/ai_generation.h"

#include <stdlib.h>
#include <string.h>

#include "mirai/v1/ai_generation.rpc.h"
#include "net/json.h"
#include "service/field.h"

#define MAX_SECTIONS	50
#define MAX_LESSONS	30  /* of one section */
#define MAX_ALL_LESSONS 500 /* that the course's content can hold */
#define MAX_OBJECTIVES	20
#define MAX_TITLE	500
#define MAX_DESCRIPTION 5000
#define MAX_OBJECTIVE	1000
#define MAX_MINUTES	600

enum query {
	Q_PUT_SECTIONS,
	Q_PUT_LESSONS,
	Q_DROP_LESSONS,
	Q_DROP_SECTIONS,
	Q_BUMP,
	Q__MAX
};

extern const struct db_query ai_generation_edit_queries[];

const struct db_query ai_generation_edit_queries[] = {
	/* Ids are those of this outline, or were drawn here. */
	[Q_PUT_SECTIONS] = {
	    .name = "ai_generation_put_sections",
	    .nargs = 3, /* tenant, outline, sections */
	    .sql = "INSERT INTO outline_sections (tenant_id, outline_id, id,"
		   " title, description, position) SELECT $1::uuid, $2::uuid,"
		   " v.id, v.title, NULLIF(v.description, ''), v.position"
		   " FROM jsonb_to_recordset($3::jsonb) AS v (id uuid,"
		   " title text, description text, position int)"
		   " ON CONFLICT (id) DO UPDATE SET title = EXCLUDED.title,"
		   " description = EXCLUDED.description,"
		   " position = EXCLUDED.position",
	},
	[Q_PUT_LESSONS] = {
	    .name = "ai_generation_put_lessons",
	    .nargs = 2, /* tenant, lessons */
	    .sql = "INSERT INTO outline_lessons (tenant_id, section_id, id,"
		   " title, description, position,"
		   " estimated_duration_minutes, learning_objectives,"
		   " is_last_in_section, is_last_in_course) SELECT $1::uuid,"
		   " v.section_id, v.id, v.title, NULLIF(v.description, ''),"
		   " v.position, NULLIF(v.minutes, 0), v.objectives,"
		   " v.last_in_section, v.last_in_course"
		   " FROM jsonb_to_recordset($2::jsonb) AS v (section_id uuid,"
		   " id uuid, title text, description text, position int,"
		   " minutes int, objectives text[], last_in_section boolean,"
		   " last_in_course boolean)"
		   " ON CONFLICT (id) DO UPDATE"
		   " SET section_id = EXCLUDED.section_id,"
		   " title = EXCLUDED.title,"
		   " description = EXCLUDED.description,"
		   " position = EXCLUDED.position,"
		   " estimated_duration_minutes ="
		   " EXCLUDED.estimated_duration_minutes,"
		   " learning_objectives = EXCLUDED.learning_objectives,"
		   " is_last_in_section = EXCLUDED.is_last_in_section,"
		   " is_last_in_course = EXCLUDED.is_last_in_course",
	},
	[Q_DROP_LESSONS] = {
	    .name = "ai_generation_drop_lessons",
	    .nargs = 3, /* tenant, outline, those that stay */
	    .sql = "DELETE FROM outline_lessons l USING outline_sections s"
		   " WHERE l.tenant_id = $1::uuid AND s.tenant_id = $1::uuid"
		   " AND s.id = l.section_id AND s.outline_id = $2::uuid"
		   " AND l.id <> ALL ($3::uuid[])",
	},
	[Q_DROP_SECTIONS] = {
	    .name = "ai_generation_drop_sections",
	    .nargs = 3, /* tenant, outline, those that stay */
	    .sql = "DELETE FROM outline_sections WHERE tenant_id = $1::uuid"
		   " AND outline_id = $2::uuid AND id <> ALL ($3::uuid[])",
	},
	[Q_BUMP] = {
	    .name = "ai_generation_bump_outline",
	    .nargs = 2, /* tenant, outline */
	    .sql = "UPDATE course_outlines o SET revision = o.revision + 1,"
		   " approval_status = 'pending_review'"
		   " WHERE o.tenant_id = $1::uuid AND o.id = $2::uuid"
		   " RETURNING " AI_GENERATION_OUTLINE_COLUMNS,
	},
	[Q__MAX] = { 0 },
};

/* --- the request, checked and in its order ----------------------------------- */

struct entry {
	const char *asked; /* id of the request: canonical, or "" */
	const char *id;	   /* that it has from now on */
	const char *path;  /* "sections[1].lessons[0]" */
	const char *title;
	const char *description;
	int32_t order;
	size_t nth; /* in the request: equal orders stay as they came */
	/* of a section */
	struct entry *lessons;
	size_t nlessons;
	/* of a lesson */
	int32_t minutes;
	const char **objectives;
	size_t nobjectives;
};

struct edit {
	struct req *r;
	struct entry *sections;
	size_t nsections;
	size_t nlessons; /* of all sections */
	const char **section_ids;
	const char **lesson_ids;
};

static int
by_order(const void *x, const void *y)
{
	const struct entry *a = x, *b = y;

	if (a->order != b->order)
		return a->order < b->order ? -1 : 1;
	return a->nth < b->nth ? -1 : a->nth > b->nth;
}

static const char *
sub(struct req *r, const char *path, const char *name)
{
	return arena_printf(r->mem, "%s.%s", path, name);
}

/* What sections and lessons have in common. */
static enum code
read_entry(struct req *r, const char *id, const char *title,
    const char *description, struct entry *e)
{
	char canon[STR_UUID_LEN + 1];
	enum code code;

	e->asked = id != NULL && str_uuid_canon(id, canon)
	    ? arena_strdup(r->mem, canon)
	    : "";
	code = field_line(r, sub(r, e->path, "title"), title, 1, MAX_TITLE,
	    &e->title);
	if (code != CODE_OK)
		return code;
	return field_text(r, sub(r, e->path, "description"), description,
	    MAX_DESCRIPTION, &e->description);
}

static enum code
read_objectives(struct req *r, const struct pb_outline_lesson *in,
    struct entry *e)
{
	const char *path = sub(r, e->path, "learning_objectives"), *text;
	enum code code;
	size_t i;

	if (in->nlearning_objectives > MAX_OBJECTIVES)
		return req_fail_field(r, path, "must have at most %d entries",
		    MAX_OBJECTIVES);
	e->objectives = arena_calloc(r->mem, in->nlearning_objectives,
	    sizeof(*e->objectives));
	for (i = 0; i < in->nlearning_objectives; i++) {
		code = field_text(r, arena_printf(r->mem, "%s[%zu]", path, i),
		    in->learning_objectives[i], MAX_OBJECTIVE, &text);
		if (code != CODE_OK)
			return code;
		if (*text != '\0') /* an empty line of a form is none */
			e->objectives[e->nobjectives++] = text;
	}
	return CODE_OK;
}

static enum code
read_lesson(struct req *r, const struct pb_outline_lesson *in, struct entry *e)
{
	enum code code;

	code = read_entry(r, in->id, in->title, in->description, e);
	if (code != CODE_OK)
		return code;
	e->order = in->order;
	e->minutes = in->estimated_duration_minutes;
	if (e->minutes < 0 || e->minutes > MAX_MINUTES)
		return req_fail_field(r,
		    sub(r, e->path, "estimated_duration_minutes"),
		    "must be 0 to %d", MAX_MINUTES);
	return read_objectives(r, in, e);
}

static enum code
read_section(struct req *r, const struct pb_outline_section *in,
    struct entry *e)
{
	struct entry *l;
	enum code code;
	size_t i;

	code = read_entry(r, in->id, in->title, in->description, e);
	if (code != CODE_OK)
		return code;
	e->order = in->order;
	if (in->nlessons > MAX_LESSONS)
		return req_fail_field(r, sub(r, e->path, "lessons"),
		    "must have at most %d entries", MAX_LESSONS);
	e->nlessons = in->nlessons;
	e->lessons = arena_calloc(r->mem, e->nlessons, sizeof(*e->lessons));
	for (i = 0; i < e->nlessons; i++) {
		l = &e->lessons[i];
		l->nth = i;
		l->path = arena_printf(r->mem, "%s.lessons[%zu]", e->path, i);
		code = read_lesson(r, &in->lessons[i], l);
		if (code != CODE_OK)
			return code;
	}
	if (e->nlessons > 0)
		qsort(e->lessons, e->nlessons, sizeof(*e->lessons), by_order);
	return CODE_OK;
}

/* More could be generated, and paid for, than becomes a course. */
static enum code
check_lessons(struct req *r, const struct pb_update_course_outline_request *in)
{
	size_t i, n = 0;

	for (i = 0; i < in->nsections; i++)
		n += in->sections[i].nlessons;
	if (n > MAX_ALL_LESSONS)
		return req_fail_field(r, "sections",
		    "must have at most %d lessons in all", MAX_ALL_LESSONS);
	return CODE_OK;
}

static enum code
read_tree(struct req *r, const struct pb_update_course_outline_request *in,
    struct edit *t)
{
	struct entry *e;
	enum code code;
	size_t i;

	if (in->nsections > MAX_SECTIONS)
		return req_fail_field(r, "sections",
		    "must have at most %d entries", MAX_SECTIONS);
	if ((code = check_lessons(r, in)) != CODE_OK)
		return code;
	t->nsections = in->nsections;
	t->sections = arena_calloc(r->mem, t->nsections, sizeof(*t->sections));
	for (i = 0; i < t->nsections; i++) {
		e = &t->sections[i];
		e->nth = i;
		e->path = arena_printf(r->mem, "sections[%zu]", i);
		code = read_section(r, &in->sections[i], e);
		if (code != CODE_OK)
			return code;
		t->nlessons += e->nlessons;
	}
	if (t->nsections > 0)
		qsort(t->sections, t->nsections, sizeof(*t->sections),
		    by_order);
	return CODE_OK;
}

/* --- ids ------------------------------------------------------------------- */

static int
by_text(const void *x, const void *y)
{
	const char *const *a = x, *const *b = y;

	return strcmp(*a, *b);
}

/* Ids of one kind that the outline has; each may be named once. */
struct known {
	const char **ids; /* sorted */
	bool *taken;
	size_t n;
};

static void
known_sort(struct req *r, struct known *k)
{
	k->taken = arena_calloc(r->mem, k->n, sizeof(*k->taken));
	if (k->n > 0)
		qsort(k->ids, k->n, sizeof(*k->ids), by_text);
}

static void
know(struct req *r, const struct pb_course_outline *o, struct known *sections,
    struct known *lessons)
{
	size_t i, j, n;

	for (i = n = 0; i < o->nsections; i++)
		n += o->sections[i].nlessons;
	sections->ids =
	    arena_calloc(r->mem, o->nsections, sizeof(*sections->ids));
	lessons->ids = arena_calloc(r->mem, n, sizeof(*lessons->ids));
	for (i = 0; i < o->nsections; i++) {
		sections->ids[sections->n++] = o->sections[i].id;
		for (j = 0; j < o->sections[i].nlessons; j++)
			lessons->ids[lessons->n++] =
			    o->sections[i].lessons[j].id;
	}
	known_sort(r, sections);
	known_sort(r, lessons);
}

/* The id that was asked for if it is one of these, else a new one. */
static enum code
settle(struct req *r, struct known *k, struct entry *e)
{
	char id[STR_UUID_LEN + 1];
	const char **found = NULL;
	size_t i;

	if (k->n > 0)
		found =
		    bsearch(&e->asked, k->ids, k->n, sizeof(*k->ids), by_text);
	if (found == NULL) {
		str_uuid_new(id);
		e->id = arena_strdup(r->mem, id);
		return CODE_OK;
	}
	i = (size_t)(found - k->ids);
	if (k->taken[i])
		return req_fail_field(r, sub(r, e->path, "id"),
		    "is named twice");
	k->taken[i] = true;
	e->id = e->asked;
	return CODE_OK;
}

static enum code
settle_all(struct edit *t, const struct pb_course_outline *o)
{
	struct known sections = { 0 }, lessons = { 0 };
	struct req *r = t->r;
	struct entry *e;
	enum code code;
	size_t i, j, n;

	know(r, o, &sections, &lessons);
	t->section_ids =
	    arena_calloc(r->mem, t->nsections, sizeof(*t->section_ids));
	t->lesson_ids =
	    arena_calloc(r->mem, t->nlessons, sizeof(*t->lesson_ids));
	for (i = n = 0; i < t->nsections; i++) {
		e = &t->sections[i];
		if ((code = settle(r, &sections, e)) != CODE_OK)
			return code;
		t->section_ids[i] = e->id;
		for (j = 0; j < e->nlessons; j++) {
			code = settle(r, &lessons, &e->lessons[j]);
			if (code != CODE_OK)
				return code;
			t->lesson_ids[n++] = e->lessons[j].id;
		}
	}
	return CODE_OK;
}

/* --- writing --------------------------------------------------------------- */

static struct json *
put_entry(struct json *list, const struct entry *e, size_t position)
{
	struct json *o = json_add_object(list);

	json_put_text(o, "id", e->id);
	json_put_text(o, "title", e->title);
	json_put_text(o, "description", e->description);
	json_put_int(o, "position", (int64_t)position);
	return o;
}

static const char *
sections_json(const struct edit *t)
{
	struct json *list = json_new_list(t->r->mem);
	size_t i;

	for (i = 0; i < t->nsections; i++)
		put_entry(list, &t->sections[i], i + 1);
	return json_string(t->r->mem, list, JSON_COMPACT);
}

static void
put_lesson(struct json *list, const struct entry *section, size_t i,
    bool last_in_course)
{
	const struct entry *e = &section->lessons[i];
	struct json *o = put_entry(list, e, i + 1), *objectives;
	size_t k;

	json_put_text(o, "section_id", section->id);
	json_put_int(o, "minutes", e->minutes);
	objectives = json_put_list(o, "objectives");
	for (k = 0; k < e->nobjectives; k++)
		json_add_text(objectives, e->objectives[k]);
	json_put_bool(o, "last_in_section", i + 1 == section->nlessons);
	json_put_bool(o, "last_in_course", last_in_course);
}

static const char *
lessons_json(const struct edit *t)
{
	struct json *list = json_new_list(t->r->mem);
	size_t i, j, n = 0;

	for (i = 0; i < t->nsections; i++)
		for (j = 0; j < t->sections[i].nlessons; j++)
			put_lesson(list, &t->sections[i], j,
			    ++n == t->nlessons);
	return json_string(t->r->mem, list, JSON_COMPACT);
}

/*
 * What is named first, then what is left over: a lesson that moved out of a
 * section that goes must not go with it.
 */
static enum code
write_tree(struct edit *t, struct pb_course_outline *o)
{
	const struct db_query *q = ai_generation_edit_queries;
	const char *tenant = t->r->who.tenant_id;
	struct db *db = t->r->db;
	struct db_rows *rows;

	db_queue(db, &q[Q_PUT_SECTIONS],
	    DB_ARGS(tenant, o->id, sections_json(t)));
	db_queue(db, &q[Q_PUT_LESSONS], DB_ARGS(tenant, lessons_json(t)));
	db_queue(db, &q[Q_DROP_LESSONS],
	    DB_ARGS(tenant, o->id,
		db_arg_array(t->r->mem, t->lesson_ids, t->nlessons)));
	db_queue(db, &q[Q_DROP_SECTIONS],
	    DB_ARGS(tenant, o->id,
		db_arg_array(t->r->mem, t->section_ids, t->nsections)));
	rows = db_run(db, &q[Q_BUMP], DB_ARGS(tenant, o->id));
	if (rows == NULL || !db_next(rows))
		return req_fail_db(t->r);
	memset(o, 0, sizeof(*o));
	ai_generation_read_outline(t->r, rows, o);
	return ai_generation_load_tree(t->r, o);
}

static enum code
check_state(struct req *r, const struct pb_update_course_outline_request *in,
    const struct pb_course_outline *o)
{
	if (!ai_generation_is_open(o))
		return req_fail(r, CODE_PERMISSION_DENIED,
		    "the outline was approved or rejected: it cannot be edited");
	if (in->has_revision && in->revision != o->revision)
		return req_fail(r, CODE_ABORTED,
		    "the outline was changed by somebody else");
	return CODE_OK;
}

enum code
ai_generation_update_course_outline(struct req *r,
    const struct pb_update_course_outline_request *in,
    struct pb_update_course_outline_response *out)
{
	struct edit t = { .r = r };
	struct pb_course_outline *o;
	enum code code;
	bool latest;

	o = out->outline = arena_zalloc(r->mem, sizeof(*out->outline));
	if ((code = read_tree(r, in, &t)) != CODE_OK ||
	    (code = ai_generation_lock_outline(r, in->course_id, in->outline_id,
		 o, &latest)) != CODE_OK ||
	    (code = check_state(r, in, o)) != CODE_OK ||
	    (code = ai_generation_load_tree(r, o)) != CODE_OK ||
	    (code = settle_all(&t, o)) != CODE_OK)
		return code;
	return write_tree(&t, o);
}

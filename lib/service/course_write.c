/*
 * CourseService: creating, updating and deleting courses. The document is
 * written first and counts with the commit of the row; what a failure leaves
 * in storage mirai-sweep removes. Every query is bound to the caller's tenant
 * and to what the caller may see.
 */
#include "service/course.h"

#include "base/log.h"
#include "mirai/v1/course.rpc.h"
#include "net/store.h"
#include "rpc/after.h"
#include "service/field.h"
#include "service/genjob.h"
#include "service/seats.h"

enum query {
	Q_LOCK,
	Q_SEE,
	Q_MAY_CREATE,
	Q_FOLDER,
	Q_CREATE,
	Q_UPDATE,
	Q_ARCHIVES,
	Q_LESSONS,
	Q_JOBS,
	Q_DELETE,
	Q__MAX
};

extern const struct db_query course_write_queries[];

const struct db_query course_write_queries[] = {
	[Q_LOCK] = {
	    .name = "course_lock",
	    .nargs = 4, /* viewer, course */
	    .sql = "SELECT " COURSE_COLUMNS COURSE_FROM
		   " WHERE " COURSE_VISIBLE
		   " AND c.id = $4::uuid FOR UPDATE OF c",
	},
	[Q_SEE] = {
	    .name = "course_see",
	    .nargs = 4, /* viewer, course */
	    .sql = "SELECT " COURSE_COLUMNS COURSE_FROM
		   " WHERE " COURSE_VISIBLE " AND c.id = $4::uuid",
	},
	[Q_MAY_CREATE] = {
	    .name = "course_may_create",
	    .nargs = 5, /* viewer, company, folder or NULL */
	    .sql = "SELECT " SEATS_PAID("co")
		   ", f.id FROM companies co LEFT JOIN folders f"
		   " ON f.tenant_id = co.tenant_id AND f.id = $5::uuid"
		   " AND " COURSE_SEES("f") " WHERE co.tenant_id = $1::uuid"
		   " AND co.id = $4::uuid",
	},
	[Q_FOLDER] = {
	    .name = "course_folder",
	    .nargs = 4, /* viewer, folder */
	    .sql = "SELECT f.id FROM folders f WHERE f.tenant_id = $1::uuid"
		   " AND f.id = $4::uuid AND " COURSE_SEES("f"),
	},
	[Q_CREATE] = {
	    .name = "course_create",
	    .nargs = 8, /* tenant, id, company, user, title, path, folder, tags */
	    .sql = "WITH c AS (INSERT INTO courses AS c (tenant_id, id,"
		   " company_id, created_by_user_id, title, content_path,"
		   " folder_id, team_id, category_tags)"
		   " SELECT $1::uuid, $2::uuid, $3::uuid, $4::uuid, $5, $6,"
		   " $7::uuid, (SELECT f.team_id FROM folders f"
		   " WHERE f.tenant_id = $1::uuid AND f.id = $7::uuid),"
		   " $8::text[] RETURNING *)"
		   " SELECT " COURSE_COLUMNS " FROM c",
	},
	[Q_UPDATE] = {
	    .name = "course_update",
	    .nargs = 8, /* tenant, id, path, title, status, folder, tags,
			 * whether there is to be no folder */
	    .sql = "WITH c AS (UPDATE courses c SET version = c.version + 1,"
		   " content_path = $3, updated_at = clock_timestamp(),"
		   " title = COALESCE($4, c.title),"
		   " status = COALESCE($5, c.status),"
		   " folder_id = CASE WHEN $8::boolean THEN NULL"
		   " ELSE COALESCE($6::uuid, c.folder_id) END,"
		   " team_id = CASE WHEN $8::boolean THEN NULL"
		   " WHEN $6::uuid IS NULL THEN c.team_id"
		   " ELSE (SELECT f.team_id FROM folders f"
		   " WHERE f.tenant_id = $1::uuid AND f.id = $6::uuid) END,"
		   " category_tags = COALESCE($7::text[], c.category_tags)"
		   " WHERE c.tenant_id = $1::uuid AND c.id = $2::uuid"
		   " RETURNING c.*)"
		   " SELECT " COURSE_COLUMNS ", " COURSE_EXPORT_COLUMNS
		   " FROM c" COURSE_JOIN_EXPORTS COURSE_EXPORT_ORDER,
	},
	[Q_ARCHIVES] = {
	    .name = "course_archives",
	    .nargs = 2, /* tenant, course */
	    .sql = "SELECT id, archive_key FROM scorm_packages"
		   " WHERE tenant_id = $1::uuid AND course_id = $2::uuid",
	},
	[Q_LESSONS] = {
	    .name = "course_lessons",
	    .nargs = 2, /* tenant, course */
	    .sql = "SELECT id FROM generated_lessons"
		   " WHERE tenant_id = $1::uuid AND course_id = $2::uuid",
	},
	/* Those that nobody else cancels with their parent. */
	[Q_JOBS] = {
	    .name = "course_jobs",
	    .nargs = 2, /* tenant, course */
	    .sql = "SELECT id FROM generation_jobs WHERE tenant_id = $1::uuid"
		   " AND course_id = $2::uuid"
		   " AND status IN ('queued', 'processing')"
		   " AND parent_job_id IS NULL ORDER BY id",
	},
	[Q_DELETE] = {
	    .name = "course_delete",
	    .nargs = 2, /* tenant, course */
	    .sql = "DELETE FROM courses WHERE tenant_id = $1::uuid"
		   " AND id = $2::uuid",
	},
	[Q__MAX] = { 0 },
};

/* What a new course has where the request is silent. */
static void
apply_defaults(struct req *r, struct pb_course *c)
{
	if (c->settings == NULL)
		c->settings = arena_zalloc(r->mem, sizeof(*c->settings));
	if (str_is_empty(c->settings->title))
		c->settings->title = "Untitled Course";
	if (str_is_empty(c->settings->data_source))
		c->settings->data_source = "open-web";
	if (c->assessment_settings == NULL)
		c->assessment_settings =
		    arena_zalloc(r->mem, sizeof(*c->assessment_settings));
	if (c->content == NULL)
		c->content = arena_zalloc(r->mem, sizeof(*c->content));
	c->version = 1;
}

/* Paid access, then the folder, when one is named. */
static enum code
may_create(struct req *r, const char *folder)
{
	struct db_rows *rows;

	rows = db_run(r->db, &course_write_queries[Q_MAY_CREATE],
	    DB_ARGS(COURSE_VIEWER(r), r->who.company_id, folder));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows) || !db_bool(rows, 0))
		return seats_not_paid(r);
	if (folder != NULL && db_null(rows, 1))
		return course_no_folder(r);
	return CODE_OK;
}

/*
 * The statement that should have made key count has failed: takes the object
 * away, unless the commit may have happened after all.
 */
static enum code
undo_document(struct req *r, const char *key)
{
	enum db_fault fault;

	fault = db_fault(r->db);
	if (fault != DB_FAULT_UNKNOWN_OUTCOME && fault != DB_FAULT_LOST &&
	    store_delete(r->env->store, r->who.tenant_id, key) != CODE_OK)
		log_warn("course: a document is left to mirai-sweep");
	if (fault == DB_FAULT_FOREIGN_KEY)
		return course_no_folder(r); /* went away meanwhile */
	return req_fail_db(r);
}

static enum code
create(struct req *r, struct pb_course *c, const char *folder)
{
	char id[STR_UUID_LEN + 1];
	struct course_row row;
	struct db_rows *rows;
	enum code code;
	char *key;

	str_uuid_new(id);
	c->id = arena_strdup(r->mem, id);
	key = course_document_key(r->mem, id, c->version);
	if ((code = course_put_document(r, c, key)) != CODE_OK)
		return code;
	course_forget(r);
	rows = db_last(r->db, &course_write_queries[Q_CREATE],
	    DB_ARGS(r->who.tenant_id, id, r->who.company_id, r->who.user_id,
		c->settings->title, key, folder,
		db_arg_array(r->mem, c->settings->category_tags,
		    c->settings->ncategory_tags)));
	if (rows == NULL || !db_next(rows))
		return undo_document(r, key);
	course_row_read(rows, 0, &row);
	course_merge(r, &row, c);
	return CODE_OK;
}

enum code
course_create_course(struct req *r, const struct pb_create_course_request *in,
    struct pb_create_course_response *out)
{
	struct course_input input = {
		.settings = in->settings,
		.personas = in->personas,
		.npersonas = in->npersonas,
		.objectives = in->learning_objectives,
		.nobjectives = in->nlearning_objectives,
		.assessment = in->assessment_settings,
		.content = in->content,
	};
	struct pb_course *c;
	const char *folder;
	enum code code;

	c = arena_zalloc(r->mem, sizeof(*c));
	if ((code = course_check(r, &input, c)) != CODE_OK)
		return code;
	apply_defaults(r, c);
	folder = str_is_empty(c->settings->destination_folder)
	    ? NULL
	    : c->settings->destination_folder;
	if ((code = may_create(r, folder)) != CODE_OK)
		return code;
	out->course = c;
	return create(r, c, folder);
}

static enum code
find_row(struct req *r, enum query q, const char *id, struct course_row *row)
{
	struct db_rows *rows;

	rows = db_run(r->db, &course_write_queries[q],
	    DB_ARGS(COURSE_VIEWER(r), id));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return course_none(r);
	course_row_read(rows, 0, row);
	return CODE_OK;
}

/* The row, locked until the transaction ends. */
static enum code
lock_row(struct req *r, const char *id, struct course_row *row)
{
	return find_row(r, Q_LOCK, id, row);
}

static enum code
check_folder(struct req *r, const char *folder)
{
	struct db_rows *rows;

	rows = db_run(r->db, &course_write_queries[Q_FOLDER],
	    DB_ARGS(COURSE_VIEWER(r), folder));
	if (rows == NULL)
		return req_fail_db(r);
	return db_next(rows) ? CODE_OK : course_no_folder(r);
}

/* Publishing and taking back is for editors. */
static enum code
check_publish(struct req *r, const struct course_row *row, int status)
{
	int old;

	old = course_status_wire(row->status);
	if (status == 0 || status == old ||
	    (status != PB_COURSE_STATUS_PUBLISHED &&
		old != PB_COURSE_STATUS_PUBLISHED) ||
	    r->who.role >= ROLE_INSTRUCTOR)
		return CODE_OK;
	return req_fail_forbidden(r,
	    "publishing needs an instructor or an administrator");
}

static enum code
check_version(struct req *r, const struct course_row *row,
    const struct pb_update_course_request *in)
{
	if (in->metadata == NULL || in->metadata->version == 0 ||
	    in->metadata->version == row->version)
		return CODE_OK;
	if (in->metadata->version < 0)
		return req_fail_field(r, "metadata.version",
		    "must not be negative");
	return req_fail(r, CODE_ABORTED,
	    "the course was changed by somebody else");
}

static enum code
check_state(struct req *r, const struct course_row *row, int status,
    const struct pb_course *c)
{
	if (status == PB_COURSE_STATUS_PUBLISHED &&
	    course_status_wire(row->status) == PB_COURSE_STATUS_GENERATED &&
	    course_count_lessons(c->content) == 0)
		return req_fail_field(r, "status",
		    "a course without lessons cannot be published");
	return CODE_OK;
}

struct old_document {
	const char *key;
};

static void
drop_document(struct req *r, void *p)
{
	const struct old_document *old = p;

	if (store_delete(r->env->store, r->who.tenant_id, old->key) != CODE_OK)
		log_warn("course: an old document is left to mirai-sweep");
}

static const char *
new_folder(const struct pb_course_settings *s)
{
	return s == NULL || str_is_empty(s->destination_folder)
	    ? NULL
	    : s->destination_folder;
}

/* As an argument; NULL: they stay. */
static const char *
new_tags(struct req *r, const struct pb_course_settings *s, bool clear)
{
	if (s != NULL && s->ncategory_tags > 0)
		return db_arg_array(r->mem, s->category_tags,
		    s->ncategory_tags);
	return clear ? "{}" : NULL;
}

/* The new document, then the row that makes it count; commits. */
static enum code
save(struct req *r, const struct course_row *row,
    const struct pb_update_course_request *in, const struct pb_course *change,
    struct pb_course *c)
{
	int status = in->has_status ? in->status : 0;
	const struct pb_course_settings *s = change->settings;
	struct old_document *old;
	struct course_row now;
	struct db_rows *rows;
	enum code code;
	char *key;

	c->id = row->id;
	c->version = row->version + 1;
	key = course_document_key(r->mem, row->id, c->version);
	if ((code = course_put_document(r, c, key)) != CODE_OK)
		return code;
	old = arena_zalloc(r->mem, sizeof(*old));
	old->key = row->content_path;
	course_forget(r);
	rows = db_last(r->db, &course_write_queries[Q_UPDATE],
	    DB_ARGS(r->who.tenant_id, row->id, key,
		s == NULL || str_is_empty(s->title) ? NULL : s->title,
		course_status_stored(status), new_folder(s),
		new_tags(r, s, in->clear_tags),
		in->clear_folder && new_folder(s) == NULL ? "true" : "false"));
	if (rows == NULL || !db_next(rows))
		return undo_document(r, key);
	after_commit(r, drop_document, old);
	course_row_read(rows, 0, &now);
	course_merge(r, &now, c);
	course_read_exports(r, rows, COURSE_NCOLUMNS, c);
	return CODE_OK;
}

/* Everything that needs the row: lock, rights, version, folder, document. */
static enum code
update(struct req *r, const struct pb_update_course_request *in, const char *id,
    const struct pb_course *change, struct pb_course *c)
{
	int status = in->has_status ? in->status : 0;
	struct course_row row;
	enum code code;

	if ((code = lock_row(r, id, &row)) != CODE_OK ||
	    (code = check_publish(r, &row, status)) != CODE_OK ||
	    (code = check_version(r, &row, in)) != CODE_OK)
		return code;
	if (change->settings != NULL &&
	    !str_is_empty(change->settings->destination_folder) &&
	    (code = check_folder(r, change->settings->destination_folder)) !=
		CODE_OK)
		return code;
	code = course_get_document(r, &row, c);
	if (code == CODE_NOT_FOUND)
		return course_no_document(r, id);
	if (code != CODE_OK)
		return code;
	course_merge(r, &row, c);
	course_patch(r, c, change);
	if ((code = check_state(r, &row, status, c)) != CODE_OK)
		return code;
	return save(r, &row, in, change, c);
}

enum code
course_update_course(struct req *r, const struct pb_update_course_request *in,
    struct pb_update_course_response *out)
{
	struct course_input input = {
		.settings = in->settings,
		.personas = in->personas,
		.npersonas = in->npersonas,
		.objectives = in->learning_objectives,
		.nobjectives = in->nlearning_objectives,
		.assessment = in->assessment_settings,
		.content = in->content,
	};
	struct pb_course change = { 0 };
	const char *id;
	enum code code;

	if ((code = field_uuid(r, "id", in->id, &id)) != CODE_OK)
		return code;
	if (in->has_status && in->status != 0 &&
	    course_status_stored(in->status) == NULL)
		return req_fail_field(r, "status", "is not a known status");
	if ((code = course_check(r, &input, &change)) != CODE_OK)
		return code;
	out->course = arena_zalloc(r->mem, sizeof(*out->course));
	return update(r, in, id, &change, out->course);
}

/* --- deleting -------------------------------------------------------------- */

struct leavings {
	const char **prefixes; /* NULL-terminated, as is the other */
	const char **archives;
};

/* After the commit; what fails here mirai-sweep finds again. */
static void
drop_objects(struct req *r, void *p)
{
	const struct leavings *l = p;
	struct store *s = r->env->store;
	bool failed = false;
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; l->prefixes[i] != NULL; i++)
		if (store_delete_all(s, r->who.tenant_id, l->prefixes[i]) !=
		    CODE_OK)
			failed = true;
	for (i = 0; l->archives[i] != NULL; i++)
		if (store_delete(s, r->who.tenant_id, l->archives[i]) !=
		    CODE_OK)
			failed = true;
	if (failed)
		log_warn("course: objects are left to mirai-sweep");
}

/* Its own objects, and those of the lessons that were generated for it. */
static enum code
find_prefixes(struct req *r, const char *id, struct leavings *l)
{
	struct db_rows *rows;
	size_t n = 0;

	rows = db_run(r->db, &course_write_queries[Q_LESSONS],
	    DB_ARGS(r->who.tenant_id, id));
	if (rows == NULL)
		return req_fail_db(r);
	l->prefixes =
	    arena_calloc(r->mem, db_count(rows) + 2, sizeof(*l->prefixes));
	l->prefixes[n++] = arena_printf(r->mem, "courses/%s/", id);
	while (db_next(rows))
		l->prefixes[n++] =
		    arena_printf(r->mem, "lessons/%s/", db_text(rows, 0));
	return CODE_OK;
}

static enum code
find_archives(struct req *r, const char *id, struct leavings *l)
{
	struct db_rows *rows;
	size_t n;

	rows = db_run(r->db, &course_write_queries[Q_ARCHIVES],
	    DB_ARGS(r->who.tenant_id, id));
	if (rows == NULL)
		return req_fail_db(r);
	l->archives =
	    arena_calloc(r->mem, db_count(rows) + 1, sizeof(*l->archives));
	for (n = 0; db_next(rows); n++)
		l->archives[n] = db_null(rows, 1)
		    ? course_archive_key(r->mem, db_text(rows, 0))
		    : db_text(rows, 1);
	return CODE_OK;
}

/*
 * Ends what works for the course. Jobs before the course: a worker that stores
 * what it made holds its job and then asks for the course.
 */
static enum code
cancel_jobs(struct req *r, const char *id)
{
	return genjob_cancel_found(r,
	    db_run(r->db, &course_write_queries[Q_JOBS],
		DB_ARGS(r->who.tenant_id, id)));
}

enum code
course_delete_course(struct req *r, const struct pb_delete_course_request *in,
    struct pb_delete_course_response *out)
{
	struct course_row row;
	struct leavings *l;
	const char *id;
	enum code code;

	if ((code = field_uuid(r, "id", in->id, &id)) != CODE_OK ||
	    (code = find_row(r, Q_SEE, id, &row)) != CODE_OK)
		return code;
	if (r->who.role != ROLE_ADMIN &&
	    !str_eq(row.created_by, r->who.user_id))
		return req_fail_forbidden(r,
		    "only its author or an administrator deletes a course");
	l = arena_zalloc(r->mem, sizeof(*l));
	if ((code = cancel_jobs(r, id)) != CODE_OK ||
	    (code = lock_row(r, id, &row)) != CODE_OK ||
	    (code = find_prefixes(r, id, l)) != CODE_OK ||
	    (code = find_archives(r, id, l)) != CODE_OK)
		return code;
	course_forget(r);
	if (db_last(r->db, &course_write_queries[Q_DELETE],
		DB_ARGS(r->who.tenant_id, id)) == NULL)
		return req_fail_db(r);
	after_commit(r, drop_objects, l);
	out->success = true;
	return CODE_OK;
}

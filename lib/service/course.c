/*
 * CourseService: the courses themselves. A course is a row and a document in
 * storage; course.h tells how both change at one moment. Every query is bound
 * to the caller's tenant and to what the caller may see.
 */
#include "service/course.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "db/cache.h"
#include "db/front.h"
#include "learn/document.h"
#include "mirai/v1/course.rpc.h"
#include "net/store.h"
#include "rpc/after.h"
#include "service/field.h"

#define PAGE_DEFAULT 20
#define PAGE_MAX     100
#define CACHE_MAX    ((size_t)1024 * 1024) /* larger courses are read anew */
#define READ_TRIES   3

/*
 * Total and page in one statement, and a row even for an empty page. $4 limit,
 * $5 offset; the rest narrows down.
 */
#define LIST(narrow)                                                           \
	"SELECT t.n, p.* FROM (SELECT count(*) AS n" COURSE_FROM               \
	" WHERE " COURSE_VISIBLE narrow ") t LEFT JOIN (SELECT c.id, c.title," \
	" c.status, c.folder_id, c.category_tags, c.created_at, c.updated_at," \
	" c.created_by_user_id, c.thumbnail_path, c.company_id,"               \
	" c.team_id" COURSE_FROM " WHERE " COURSE_VISIBLE narrow               \
	" ORDER BY c.updated_at DESC, c.id LIMIT $4::int OFFSET $5::int) p"    \
	" ON true ORDER BY p.updated_at DESC, p.id"

enum query {
	Q_LIST,
	Q_LIST_NARROW,
	Q_GET,
	Q_LOCK,
	Q_MAY_CREATE,
	Q_FOLDER,
	Q_CREATE,
	Q_UPDATE,
	Q_ARCHIVES,
	Q_DELETE,
	Q__MAX
};

extern const struct db_query course_queries[];

const struct db_query course_queries[] = {
	[Q_LIST] = {
	    .name = "course_list",
	    .nargs = 5, /* viewer, limit, offset */
	    .sql = LIST(""),
	},
	[Q_LIST_NARROW] = {
	    .name = "course_list_narrow",
	    .nargs = 8, /* viewer, limit, offset, status, folder, tags */
	    .sql = LIST(" AND ($6::text IS NULL OR c.status = $6::text)"
			" AND ($7::uuid IS NULL OR c.folder_id = $7::uuid)"
			" AND ($8::text[] IS NULL"
			" OR c.category_tags && $8::text[])"),
	},
	[Q_GET] = {
	    .name = "course_get",
	    .nargs = 4, /* viewer, course */
	    .sql = "SELECT " COURSE_COLUMNS ", f.user_id IS NULL"
		   " AND f.team_id IS NULL, " COURSE_EXPORT_COLUMNS COURSE_FROM
		       COURSE_JOIN_EXPORTS " WHERE " COURSE_VISIBLE
		   " AND c.id = $4::uuid" COURSE_EXPORT_ORDER,
	},
	[Q_LOCK] = {
	    .name = "course_lock",
	    .nargs = 4, /* viewer, course */
	    .sql = "SELECT " COURSE_COLUMNS COURSE_FROM
		   " WHERE " COURSE_VISIBLE
		   " AND c.id = $4::uuid FOR UPDATE OF c",
	},
	[Q_MAY_CREATE] = {
	    .name = "course_may_create",
	    .nargs = 5, /* viewer, company, folder or NULL */
	    .sql = "SELECT co.plan = 'enterprise'"
		   " OR co.subscription_status IN ('active', 'past_due'),"
		   " f.id FROM companies co LEFT JOIN folders f"
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
	    .nargs = 7, /* tenant, id, path, title, status, folder, tags */
	    .sql = "WITH c AS (UPDATE courses c SET version = c.version + 1,"
		   " content_path = $3, updated_at = clock_timestamp(),"
		   " title = COALESCE($4, c.title),"
		   " status = COALESCE($5, c.status),"
		   " folder_id = COALESCE($6::uuid, c.folder_id),"
		   " team_id = CASE WHEN $6::uuid IS NULL THEN c.team_id"
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
	[Q_DELETE] = {
	    .name = "course_delete",
	    .nargs = 2, /* tenant, course */
	    .sql = "DELETE FROM courses WHERE tenant_id = $1::uuid"
		   " AND id = $2::uuid",
	},
	[Q__MAX] = { 0 },
};

static const char *const statuses[] = {
	[PB_COURSE_STATUS_DRAFT] = "draft",
	[PB_COURSE_STATUS_PUBLISHED] = "published",
	[PB_COURSE_STATUS_GENERATED] = "generated",
};

int
course_status_wire(const char *stored)
{
	int i;

	for (i = 1; i < (int)NITEMS(statuses); i++)
		if (strcmp(statuses[i], stored) == 0)
			return i;
	return PB_COURSE_STATUS_UNSPECIFIED;
}

const char *
course_status_stored(int wire)
{
	return wire > 0 && wire < (int)NITEMS(statuses) ? statuses[wire] : NULL;
}

const char *
course_is_admin(const struct req *r)
{
	return r->who.role == ROLE_ADMIN ? "true" : "false";
}

enum code
course_none(struct req *r)
{
	return req_fail(r, CODE_NOT_FOUND, "course not found");
}

enum code
course_no_folder(struct req *r)
{
	return req_fail(r, CODE_NOT_FOUND, "folder not found");
}

enum code
course_forbidden(struct req *r, const char *text)
{
	return req_fail_reason(r, CODE_PERMISSION_DENIED, "AUTH_FORBIDDEN",
	    "%s", text);
}

enum code
course_not_paid(struct req *r)
{
	return req_fail_reason(r, CODE_PERMISSION_DENIED,
	    "BILLING_SUBSCRIPTION_REQUIRED",
	    "an active subscription is needed");
}

void
course_forget(struct req *r)
{
	after_forget(r, "course");
	after_forget(r, "courses");
	after_forget(r, "folder");
	after_forget(r, "folders");
	after_forget(r, "library");
}

/* --- cache -----------------------------------------------------------------
 */

bool
course_cache_get(struct req *r, struct course_cached *c,
    const struct pb_desc *desc, void *msg, const char *fmt, ...)
{
	struct pb_limits lim = { 0 };
	const void *kept;
	size_t len;
	struct pb_error err;
	va_list ap;

	c->key = NULL;
	if (r->env->cache == NULL)
		return false;
	va_start(ap, fmt);
	c->key = arena_vprintf(r->mem, fmt, ap);
	va_end(ap);
	c->generation =
	    cache_generation(r->env->cache, r->who.tenant_id, c->key);
	if (!front_get(r->env->cache, r->mem, r->who.tenant_id, c->key, &kept,
		&len))
		return false;
	if (pb_decode(r->mem, desc, kept, len, &lim, msg, &err) == CODE_OK)
		return true;
	memset(msg, 0, pb_size(desc)); /* written by another version of us */
	return false;
}

void
course_cache_put(struct req *r, const struct course_cached *c,
    const struct pb_desc *desc, const void *msg)
{
	struct buf *b;

	if (c->key == NULL)
		return;
	b = buf_new(r->mem);
	pb_encode(b, desc, msg);
	if (b->len <= CACHE_MAX)
		cache_put(r->env->cache, r->who.tenant_id, c->key,
		    c->generation, b->data, b->len, COURSE_CACHE_MS);
}

/* --- rows and documents ----------------------------------------------------
 */

void
course_row_read(const struct db_rows *rows, unsigned col,
    struct course_row *row)
{
	row->id = db_text(rows, col);
	row->version = (int32_t)db_int(rows, col + 1);
	row->status = db_text(rows, col + 2);
	row->title = db_text(rows, col + 3);
	row->folder_id = db_text_null(rows, col + 4);
	row->tags = db_array(rows, col + 5, &row->ntags);
	row->created_at = db_time(rows, col + 6);
	row->updated_at = db_time(rows, col + 7);
	row->created_by = db_text_null(rows, col + 8);
	row->company_id = db_text(rows, col + 9);
	row->team_id = db_text_null(rows, col + 10);
	row->content_path = db_text(rows, col + 11);
}

char *
course_document_key(struct arena *a, const char *id, int32_t version)
{
	char draw[STR_UUID_LEN + 1];

	str_uuid_new(draw);
	return arena_printf(a, "courses/%s/content.%d.%s.json", id,
	    (int)version, draw);
}

/* Storage must be there; what it says beyond that is its own log line. */
static enum code
no_storage(struct req *r)
{
	return req_fail(r, CODE_UNAVAILABLE, "storage does not answer");
}

enum code
course_put_document(struct req *r, const struct pb_course *course,
    const char *key)
{
	struct buf *b;

	b = buf_new(r->mem);
	document_write(r->mem, b, course);
	if (b->len > DOCUMENT_MAX)
		return req_fail(r, CODE_RESOURCE_EXHAUSTED,
		    "the course is larger than %zu bytes", DOCUMENT_MAX);
	if (r->env->store == NULL ||
	    store_put(r->env->store, r->who.tenant_id, key, "application/json",
		b->data, b->len) != CODE_OK)
		return no_storage(r);
	return CODE_OK;
}

enum code
course_get_document(struct req *r, const struct course_row *row,
    struct pb_course *out)
{
	const char *error;
	enum code code;
	size_t len;
	void *p;

	if (r->env->store == NULL)
		return no_storage(r);
	code = store_get(r->env->store, r->mem, r->who.tenant_id,
	    row->content_path, DOCUMENT_MAX, &p, &len);
	if (code == CODE_NOT_FOUND)
		return code;
	if (code != CODE_OK)
		return no_storage(r);
	error = "of another course";
	if (document_read(r->mem, p, len, out, &error) == 0 &&
	    (out->id[0] == '\0' || str_eq(out->id, row->id)))
		return CODE_OK;
	log_error("course %s: damaged document: %s", row->id, error);
	return req_fail(r, CODE_INTERNAL, "the course document is damaged");
}

static enum code
no_document(struct req *r, const char *id)
{
	log_error("course %s: its document is missing", id);
	return req_fail(r, CODE_NOT_FOUND, "course document not found");
}

void
course_merge(struct req *r, const struct course_row *row,
    struct pb_course *course)
{
	struct pb_course_metadata *m;

	course->id = row->id;
	course->version = row->version;
	course->status = course_status_wire(row->status);
	course->settings->title = row->title;
	course->settings->destination_folder =
	    row->folder_id == NULL ? "" : row->folder_id;
	course->settings->category_tags = row->tags;
	course->settings->ncategory_tags = row->ntags;
	course->company_id = row->company_id;
	course->tenant_id = r->who.tenant_id;
	course->created_by_user_id = row->created_by;
	course->team_id = row->team_id;
	m = arena_zalloc(r->mem, sizeof(*m));
	m->id = row->id;
	m->version = row->version;
	m->status = course->status;
	m->created_at = pb_time(r->mem, row->created_at);
	m->modified_at = pb_time(r->mem, row->updated_at);
	m->created_by = row->created_by;
	course->metadata = m;
}

void
course_read_exports(struct req *r, struct db_rows *rows, unsigned col,
    struct pb_course *course)
{
	course->exports =
	    arena_calloc(r->mem, db_count(rows), sizeof(*course->exports));
	if (db_null(rows, col))
		return;
	do {
		course_read_export(r, rows, col,
		    &course->exports[course->nexports++]);
	} while (db_next(rows));
}

/* --- lists -----------------------------------------------------------------
 */

struct page {
	const char *limit;
	const char *offset;
	int32_t first;
	bool
	    cached; /* the page that is kept: first, of usual size, unfiltered */
	const char *status;
	const char *folder;
	const char *tags;
};

static enum code
read_tags(struct req *r, const struct pb_list_courses_request *in,
    struct page *p)
{
	const char **v;
	enum code code;
	size_t i;

	if (in->ntags == 0)
		return CODE_OK;
	if (in->ntags > 50)
		return req_fail_field(r, "tags",
		    "must have at most 50 entries");
	v = arena_calloc(r->mem, in->ntags, sizeof(*v));
	for (i = 0; i < in->ntags; i++) {
		code = field_line(r, "tags", in->tags[i], 1, 50, &v[i]);
		if (code != CODE_OK)
			return code;
	}
	p->tags = db_arg_array(r->mem, v, in->ntags);
	return CODE_OK;
}

static enum code
read_page(struct req *r, const struct pb_list_courses_request *in,
    struct page *p)
{
	int32_t limit;
	enum code code;

	limit = in->limit <= 0 ? PAGE_DEFAULT : in->limit;
	limit = limit > PAGE_MAX ? PAGE_MAX : limit;
	p->first = in->offset < 0 ? 0 : in->offset;
	p->limit = db_arg_int(r->mem, limit);
	p->offset = db_arg_int(r->mem, p->first);
	if (in->has_status && in->status != 0 &&
	    (p->status = course_status_stored(in->status)) == NULL)
		return req_fail_field(r, "status", "is not a known status");
	if (!str_is_empty(in->folder) &&
	    (code = field_uuid(r, "folder", in->folder, &p->folder)) != CODE_OK)
		return code;
	if ((code = read_tags(r, in, p)) != CODE_OK)
		return code;
	p->cached = p->first == 0 && limit == PAGE_DEFAULT &&
	    p->status == NULL && p->folder == NULL && p->tags == NULL;
	return CODE_OK;
}

void
course_read_entry(struct req *r, const struct db_rows *rows, unsigned col,
    struct pb_library_entry *e)
{
	e->id = db_text(rows, col);
	e->title = db_text(rows, col + 1);
	e->status = course_status_wire(db_text(rows, col + 2));
	e->folder = db_text(rows, col + 3);
	e->tags = db_array(rows, col + 4, &e->ntags);
	e->created_at = pb_time(r->mem, db_time(rows, col + 5));
	e->modified_at = pb_time(r->mem, db_time(rows, col + 6));
	e->created_by = db_text_null(rows, col + 7);
	e->thumbnail_path = db_text_null(rows, col + 8);
	e->company_id = db_text(rows, col + 9);
	e->team_id = db_text_null(rows, col + 10);
	e->tenant_id = r->who.tenant_id;
}

static struct db_rows *
run_list(struct req *r, const struct page *p)
{
	if (p->status == NULL && p->folder == NULL && p->tags == NULL)
		return db_last(r->db, &course_queries[Q_LIST],
		    DB_ARGS(COURSE_VIEWER(r), p->limit, p->offset));
	return db_last(r->db, &course_queries[Q_LIST_NARROW],
	    DB_ARGS(COURSE_VIEWER(r), p->limit, p->offset, p->status, p->folder,
		p->tags));
}

enum code
course_list_courses(struct req *r, const struct pb_list_courses_request *in,
    struct pb_list_courses_response *out)
{
	struct page page = { 0 };
	struct course_cached c;
	struct db_rows *rows;
	enum code code;

	if ((code = read_page(r, in, &page)) != CODE_OK)
		return code;
	if (page.cached &&
	    course_cache_get(r, &c, &pb_list_courses_response_desc, out,
		"courses:all:%s:%d", r->who.user_id, (int)r->who.role))
		return CODE_OK;
	if ((rows = run_list(r, &page)) == NULL)
		return req_fail_db(r);
	out->courses =
	    arena_calloc(r->mem, db_count(rows), sizeof(*out->courses));
	while (db_next(rows)) {
		out->total_count = (int32_t)db_int(rows, 0);
		if (!db_null(rows, 1))
			course_read_entry(r, rows, 1,
			    &out->courses[out->ncourses++]);
	}
	out->has_more = page.first + (int64_t)out->ncourses < out->total_count;
	if (page.cached)
		course_cache_put(r, &c, &pb_list_courses_response_desc, out);
	return CODE_OK;
}

/* --- one course ------------------------------------------------------------
 */

/*
 * Reads row, exports and document. Between the two reads another process may
 * replace the document, so a missing one is looked for under a fresh row.
 */
static enum code
load(struct req *r, const char *id, struct pb_course **out, bool *open)
{
	struct course_row row;
	struct db_rows *rows;
	struct pb_course *c;
	enum code code;
	int i;

	for (i = 0; i < READ_TRIES; i++) {
		rows = db_run(r->db, &course_queries[Q_GET],
		    DB_ARGS(COURSE_VIEWER(r), id));
		if (rows == NULL)
			return req_fail_db(r);
		if (!db_next(rows))
			return course_none(r);
		course_row_read(rows, 0, &row);
		*open = db_bool(rows, COURSE_NCOLUMNS);
		c = arena_zalloc(r->mem, sizeof(*c));
		code = course_get_document(r, &row, c);
		if (code == CODE_NOT_FOUND)
			continue;
		if (code != CODE_OK)
			return code;
		course_merge(r, &row, c);
		course_read_exports(r, rows, COURSE_NCOLUMNS + 1, c);
		*out = c;
		return CODE_OK;
	}
	return no_document(r, id);
}

enum code
course_get_course(struct req *r, const struct pb_get_course_request *in,
    struct pb_get_course_response *out)
{
	struct course_cached c;
	const char *id;
	enum code code;
	bool open = false;

	if ((code = field_uuid(r, "id", in->id, &id)) != CODE_OK)
		return code;
	if (course_cache_get(r, &c, &pb_get_course_response_desc, out,
		"course:%s", id))
		return CODE_OK;
	if ((code = load(r, id, &out->course, &open)) != CODE_OK)
		return code;
	/* What not everyone in the tenant sees is not kept for everyone. */
	if (open)
		course_cache_put(r, &c, &pb_get_course_response_desc, out);
	return CODE_OK;
}

/* --- writing ---------------------------------------------------------------
 */

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

	rows = db_run(r->db, &course_queries[Q_MAY_CREATE],
	    DB_ARGS(COURSE_VIEWER(r), r->who.company_id, folder));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows) || !db_bool(rows, 0))
		return course_not_paid(r);
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
	rows = db_last(r->db, &course_queries[Q_CREATE],
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

/* The row, locked until the transaction ends. */
static enum code
lock_row(struct req *r, const char *id, struct course_row *row)
{
	struct db_rows *rows;

	rows = db_run(r->db, &course_queries[Q_LOCK],
	    DB_ARGS(COURSE_VIEWER(r), id));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return course_none(r);
	course_row_read(rows, 0, row);
	return CODE_OK;
}

static enum code
check_folder(struct req *r, const char *folder)
{
	struct db_rows *rows;

	rows = db_run(r->db, &course_queries[Q_FOLDER],
	    DB_ARGS(COURSE_VIEWER(r), folder));
	if (rows == NULL)
		return req_fail_db(r);
	return db_next(rows) ? CODE_OK : course_no_folder(r);
}

/* Texts and lists that are present replace what was there. */
static void
patch_settings(struct pb_course_settings *to,
    const struct pb_course_settings *from)
{
	if (from == NULL)
		return;
	if (!str_is_empty(from->title))
		to->title = from->title;
	if (!str_is_empty(from->desired_outcome))
		to->desired_outcome = from->desired_outcome;
	if (!str_is_empty(from->destination_folder))
		to->destination_folder = from->destination_folder;
	if (!str_is_empty(from->data_source))
		to->data_source = from->data_source;
	if (from->ncategory_tags > 0) {
		to->category_tags = from->category_tags;
		to->ncategory_tags = from->ncategory_tags;
	}
}

/* Calls fn for every block of a course body. */
static void
each_block(const struct pb_course_content *c,
    void (*fn)(struct pb_course_block *, void *), void *p)
{
	size_t i, j, k;

	for (i = 0; i < c->nsections; i++)
		for (j = 0; j < c->sections[i].nlessons; j++)
			for (k = 0; k < c->sections[i].lessons[j].nblocks; k++)
				fn(&c->sections[i].lessons[j].blocks[k], p);
	for (i = 0; i < c->ncourse_blocks; i++)
		fn(&c->course_blocks[i], p);
}

/* Sources of the stored blocks, looked up by block id. */
struct sources {
	struct pb_course_block **blocks; /* those that have some */
	size_t nblocks;
	size_t cap;
	bool any; /* whether the new body names a source anywhere */
};

static void
note_source(struct pb_course_block *b, void *p)
{
	struct sources *s = p;

	if (b->nsource_chunk_ids > 0 && s->nblocks < s->cap)
		s->blocks[s->nblocks++] = b;
}

static void
ask_source(struct pb_course_block *b, void *p)
{
	struct sources *s = p;

	s->any = s->any || b->nsource_chunk_ids > 0;
}

static void
count_block(struct pb_course_block *b, void *p)
{
	struct sources *s = p;

	(void)b;
	s->cap++;
}

static int
by_block_id(const void *x, const void *y)
{
	struct pb_course_block *const *a = x, *const *b = y;

	return strcmp((*a)->id, (*b)->id);
}

static void
keep_source(struct pb_course_block *b, void *p)
{
	struct pb_course_block **found;
	struct sources *s = p;

	found =
	    bsearch(&b, s->blocks, s->nblocks, sizeof(*s->blocks), by_block_id);
	if (found == NULL)
		return;
	b->source_chunk_ids = (*found)->source_chunk_ids;
	b->nsource_chunk_ids = (*found)->nsource_chunk_ids;
}

/*
 * An editor that does not know where text came from sends the whole content
 * without it; what is known of blocks it kept must survive.
 */
static void
keep_sources(struct req *r, const struct pb_course_content *old,
    struct pb_course_content *new)
{
	struct sources s = { 0 };

	each_block(new, ask_source, &s);
	if (s.any || new->nsource_chunks > 0)
		return;
	new->source_chunks = old->source_chunks;
	new->nsource_chunks = old->nsource_chunks;
	each_block(old, count_block, &s);
	s.blocks = arena_calloc(r->mem, s.cap + 1, sizeof(*s.blocks));
	each_block(old, note_source, &s);
	qsort(s.blocks, s.nblocks, sizeof(*s.blocks), by_block_id);
	each_block(new, keep_source, &s);
}

static void
patch(struct req *r, struct pb_course *to, const struct pb_course *from)
{
	patch_settings(to->settings, from->settings);
	if (from->npersonas > 0) {
		to->personas = from->personas;
		to->npersonas = from->npersonas;
	}
	if (from->nlearning_objectives > 0) {
		to->learning_objectives = from->learning_objectives;
		to->nlearning_objectives = from->nlearning_objectives;
	}
	if (from->assessment_settings != NULL)
		to->assessment_settings = from->assessment_settings;
	if (from->content != NULL) {
		keep_sources(r, to->content, from->content);
		to->content = from->content;
	}
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
	return course_forbidden(r,
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

/* The new document, then the row that makes it count; commits. */
static enum code
save(struct req *r, const struct course_row *row,
    const struct pb_course *change, int status, struct pb_course *c)
{
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
	rows = db_last(r->db, &course_queries[Q_UPDATE],
	    DB_ARGS(r->who.tenant_id, row->id, key,
		s == NULL || str_is_empty(s->title) ? NULL : s->title,
		course_status_stored(status),
		s == NULL || str_is_empty(s->destination_folder)
		    ? NULL
		    : s->destination_folder,
		s == NULL || s->ncategory_tags == 0
		    ? NULL
		    : db_arg_array(r->mem, s->category_tags,
			  s->ncategory_tags)));
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
		return no_document(r, id);
	if (code != CODE_OK)
		return code;
	course_merge(r, &row, c);
	patch(r, c, change);
	if ((code = check_state(r, &row, status, c)) != CODE_OK)
		return code;
	return save(r, &row, change, status, c);
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

/* --- deleting --------------------------------------------------------------
 */

struct leavings {
	const char *prefix;
	const char **archives; /* NULL-terminated */
};

/* After the commit; what fails here mirai-sweep finds again. */
static void
drop_objects(struct req *r, void *p)
{
	const struct leavings *l = p;
	struct store *s = r->env->store;
	bool failed;
	size_t i;

	if (s == NULL)
		return;
	failed = store_delete_all(s, r->who.tenant_id, l->prefix) != CODE_OK;
	for (i = 0; l->archives[i] != NULL; i++)
		if (store_delete(s, r->who.tenant_id, l->archives[i]) !=
		    CODE_OK)
			failed = true;
	if (failed)
		log_warn("course: objects are left to mirai-sweep");
}

static enum code
find_objects(struct req *r, const char *id, struct leavings *l)
{
	struct db_rows *rows;
	size_t n;

	rows = db_run(r->db, &course_queries[Q_ARCHIVES],
	    DB_ARGS(r->who.tenant_id, id));
	if (rows == NULL)
		return req_fail_db(r);
	l->prefix = arena_printf(r->mem, "courses/%s/", id);
	l->archives =
	    arena_calloc(r->mem, db_count(rows) + 1, sizeof(*l->archives));
	for (n = 0; db_next(rows); n++)
		l->archives[n] = db_null(rows, 1)
		    ? course_archive_key(r->mem, db_text(rows, 0))
		    : db_text(rows, 1);
	return CODE_OK;
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
	    (code = lock_row(r, id, &row)) != CODE_OK)
		return code;
	if (r->who.role != ROLE_ADMIN &&
	    !str_eq(row.created_by, r->who.user_id))
		return course_forbidden(r,
		    "only its author or an administrator deletes a course");
	l = arena_zalloc(r->mem, sizeof(*l));
	if ((code = find_objects(r, id, l)) != CODE_OK)
		return code;
	course_forget(r);
	if (db_last(r->db, &course_queries[Q_DELETE],
		DB_ARGS(r->who.tenant_id, id)) == NULL)
		return req_fail_db(r);
	after_commit(r, drop_objects, l);
	out->success = true;
	return CODE_OK;
}

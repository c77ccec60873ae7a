/*
 * CourseService: finding and reading courses, and what the other files of the
 * service share. Every query is bound to the caller's tenant and to what the
 * caller may see.
 */
#include "service/course.h"

#include <string.h>

#include "db/cache.h"
#include "db/front.h"
#include "mirai/v1/course.rpc.h"
#include "rpc/after.h"
#include "service/field.h"
#include "service/generate.h"

#define PAGE_DEFAULT 20
#define PAGE_MAX     100
#define CACHE_MAX    ((size_t)1024 * 1024) /* larger courses are read anew */
#define READ_TRIES   20 /* each one lost to another writer in between */

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

void
course_forget(struct req *r)
{
	after_forget(r, "course");
	after_forget(r, "courses");
	after_forget(r, "folder");
	after_forget(r, "folders");
	after_forget(r, "library");
}

/* --- cache ----------------------------------------------------------------- */

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

/* --- rows ------------------------------------------------------------------ */

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

/* --- lists ----------------------------------------------------------------- */

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

/* --- one course ------------------------------------------------------------ */

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
		c->coverage = generate_coverage(r->mem, c->content);
		course_read_exports(r, rows, COURSE_NCOLUMNS + 1, c);
		*out = c;
		return CODE_OK;
	}
	return course_no_document(r, id);
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

/*
 * CourseService: folders and the library. A folder below a PERSONAL or TEAM
 * folder carries its user_id or team_id, so that one row tells who sees it;
 * folders never move, so it stays true.
 */
#include "service/course.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "mirai/v1/course.rpc.h"
#include "rpc/after.h"
#include "service/field.h"

#define NAME_MAX_CHARS 255
#define DEPTH_MAX      3
#define LIBRARY_MAX    1000

enum query {
	Q_FOLDERS,
	Q_DEFAULTS,
	Q_COURSES,
	Q_PARENT,
	Q_CREATE,
	Q_LOCK,
	Q_COUNT,
	Q_DELETE,
	Q__MAX
};

extern const struct db_query course_folder_queries[];

const struct db_query course_folder_queries[] = {
	[Q_FOLDERS] = {
	    .name = "course_folders",
	    .nargs = 4, /* viewer, whether to count */
	    .sql = "SELECT f.id, f.name, f.parent_id, f.type, f.updated_at,"
		   " n.n FROM folders f LEFT JOIN (SELECT c.folder_id,"
		   " count(*) AS n FROM courses c WHERE $4::boolean"
		   " AND c.tenant_id = $1::uuid AND c.status <> 'archived'"
		   " GROUP BY c.folder_id) n ON n.folder_id = f.id"
		   " WHERE f.tenant_id = $1::uuid AND " COURSE_SEES("f")
		   " ORDER BY array_position(ARRAY['LIBRARY', 'TEAM',"
		   " 'PERSONAL', 'FOLDER'], f.type::text), lower(f.name),"
		   " f.id",
	},
	[Q_DEFAULTS] = {
	    .name = "course_folder_defaults",
	    .nargs = 2, /* tenant, user */
	    .sql = "INSERT INTO folders (tenant_id, name, type, user_id)"
		   " VALUES ($1::uuid, 'Shared', 'LIBRARY', NULL),"
		   " ($1::uuid, 'Private', 'PERSONAL', $2::uuid)"
		   " ON CONFLICT DO NOTHING",
	},
	[Q_COURSES] = {
	    .name = "course_library",
	    .nargs = 4, /* viewer, limit */
	    .sql = "SELECT c.id, c.title, c.status, c.folder_id,"
		   " c.category_tags, c.created_at, c.updated_at,"
		   " c.created_by_user_id, c.thumbnail_path, c.company_id,"
		   " c.team_id" COURSE_FROM " WHERE " COURSE_VISIBLE
		   " ORDER BY c.updated_at DESC, c.id LIMIT $4::int",
	},
	[Q_PARENT] = {
	    .name = "course_folder_parent",
	    .nargs = 4, /* viewer, parent */
	    .sql = "SELECT f.id, f.user_id, f.team_id,"
		   " CASE WHEN f.parent_id IS NULL THEN 1"
		   " WHEN up.parent_id IS NULL THEN 2 ELSE 3 END"
		   " FROM folders f LEFT JOIN folders up"
		   " ON up.tenant_id = f.tenant_id AND up.id = f.parent_id"
		   " WHERE f.tenant_id = $1::uuid AND f.id = $4::uuid"
		   " AND " COURSE_SEES("f") " FOR KEY SHARE OF f",
	},
	/* A root must not be named like a system folder the caller sees. */
	[Q_CREATE] = {
	    .name = "course_folder_create",
	    .nargs = 6, /* tenant, caller, name, parent, owner, team */
	    .sql = "INSERT INTO folders (tenant_id, name, parent_id, type,"
		   " user_id, team_id) SELECT $1::uuid, $3::text, $4::uuid,"
		   " 'FOLDER', $5::uuid, $6::uuid WHERE $4::uuid IS NOT NULL"
		   " OR NOT EXISTS (SELECT 1 FROM folders f"
		   " WHERE f.tenant_id = $1::uuid AND f.parent_id IS NULL"
		   " AND lower(f.name) = lower($3::text)"
		   " AND (f.user_id IS NULL OR f.user_id = $2::uuid))"
		   " RETURNING id, name, parent_id, type, updated_at,"
		   " NULL::bigint",
	},
	[Q_LOCK] = {
	    .name = "course_folder_lock",
	    .nargs = 4, /* viewer, folder */
	    .sql = "SELECT f.type, f.user_id FROM folders f"
		   " WHERE f.tenant_id = $1::uuid AND f.id = $4::uuid"
		   " AND " COURSE_SEES("f") " FOR UPDATE OF f",
	},
	/* After the lock, and so of what nobody can add to any more. */
	[Q_COUNT] = {
	    .name = "course_folder_count",
	    .nargs = 2, /* tenant, folder */
	    .sql = "SELECT (SELECT count(*) FROM courses c"
		   " WHERE c.tenant_id = $1::uuid"
		   " AND c.folder_id = $2::uuid),"
		   " (SELECT count(*) FROM folders f"
		   " WHERE f.tenant_id = $1::uuid"
		   " AND f.parent_id = $2::uuid)",
	},
	[Q_DELETE] = {
	    .name = "course_folder_delete",
	    .nargs = 2, /* tenant, folder */
	    .sql = "DELETE FROM folders WHERE tenant_id = $1::uuid"
		   " AND id = $2::uuid",
	},
	[Q__MAX] = { 0 },
};

static const char *const types[] = {
	[PB_FOLDER_TYPE_LIBRARY] = "LIBRARY",
	[PB_FOLDER_TYPE_TEAM] = "TEAM",
	[PB_FOLDER_TYPE_PERSONAL] = "PERSONAL",
	[PB_FOLDER_TYPE_FOLDER] = "FOLDER",
};

static int
type_wire(const char *stored)
{
	size_t i;

	for (i = 1; i < NITEMS(types); i++)
		if (strcmp(types[i], stored) == 0)
			return (int)i;
	return PB_FOLDER_TYPE_UNSPECIFIED;
}

/* Columns: id, name, parent, type, updated, count. */
static void
folder_read(const struct db_rows *rows, bool counts, struct pb_folder *f)
{
	f->id = db_text(rows, 0);
	f->name = db_text(rows, 1);
	f->parent_id = db_text_null(rows, 2);
	f->type = type_wire(db_text(rows, 3));
	f->has_course_count = counts;
	f->course_count = (int32_t)db_int(rows, 5);
}

/* --- the tree ------------------------------------------------------------- */

/* A folder on its way into the tree; lists keep the order of the query. */
struct node {
	struct pb_folder folder;
	struct node *children, **end;
	struct node *next; /* sibling */
	size_t nchildren;
};

struct tree {
	struct node *nodes; /* in the order of the query */
	struct node **by_id;
	size_t n;
	bool shared; /* the default folders are there */
	bool personal;
	int64_t updated_at; /* newest change */
};

static int
by_id(const void *x, const void *y)
{
	struct node *const *a = x, *const *b = y;

	return strcmp((*a)->folder.id, (*b)->folder.id);
}

static struct node *
find(const struct tree *t, const char *id)
{
	struct node key = { .folder = { .id = id } };
	struct node *pkey = &key, **found;

	found = bsearch(&pkey, t->by_id, t->n, sizeof(*t->by_id), by_id);
	return found == NULL ? NULL : *found;
}

static enum code
read_tree(struct req *r, bool counts, struct tree *t)
{
	struct db_rows *rows;
	struct node *n;
	int64_t at;

	memset(t, 0, sizeof(*t));
	rows = db_run(r->db, &course_folder_queries[Q_FOLDERS],
	    DB_ARGS(COURSE_VIEWER(r), counts ? "true" : "false"));
	if (rows == NULL)
		return req_fail_db(r);
	t->nodes = arena_calloc(r->mem, db_count(rows), sizeof(*t->nodes));
	t->by_id = arena_calloc(r->mem, db_count(rows), sizeof(*t->by_id));
	while (db_next(rows)) {
		n = &t->nodes[t->n];
		folder_read(rows, counts, &n->folder);
		n->end = &n->children;
		t->by_id[t->n++] = n;
		t->shared |= n->folder.type == PB_FOLDER_TYPE_LIBRARY;
		t->personal |= n->folder.type == PB_FOLDER_TYPE_PERSONAL;
		if ((at = db_time(rows, 4)) > t->updated_at)
			t->updated_at = at;
	}
	if (t->n > 0)
		qsort(t->by_id, t->n, sizeof(*t->by_id), by_id);
	return CODE_OK;
}

/* The tree, with the default folders made where they were missing. */
static enum code
load_tree(struct req *r, bool counts, struct tree *t)
{
	enum code code;

	code = read_tree(r, counts, t);
	if (code != CODE_OK || (t->shared && t->personal))
		return code;
	if (db_run(r->db, &course_folder_queries[Q_DEFAULTS],
		DB_ARGS(r->who.tenant_id, r->who.user_id)) == NULL)
		return req_fail_db(r);
	after_forget(r, "folders");
	after_forget(r, "library");
	return read_tree(r, counts, t);
}

/* Turns a list of nodes into the array a message holds. */
static struct pb_folder *
flatten(struct req *r, const struct node *first, size_t n)
{
	const struct node *node;
	struct pb_folder *v;
	size_t i;

	v = n == 0 ? NULL : arena_calloc(r->mem, n, sizeof(*v));
	for (i = 0, node = first; i < n && node != NULL;
	     node = node->next, i++) {
		v[i] = node->folder;
		v[i].children = flatten(r, node->children, node->nchildren);
		v[i].nchildren = node->nchildren;
	}
	return v;
}

/* Children under their parents; what is left at the top are the roots. */
static struct pb_folder *
nest(struct req *r, struct tree *t, size_t *nroots)
{
	struct node root = { 0 };
	struct node *up;
	size_t i;

	root.end = &root.children;
	for (i = 0; i < t->n; i++) {
		up = &root;
		if (t->nodes[i].folder.parent_id != NULL)
			up = find(t, t->nodes[i].folder.parent_id);
		if (up == NULL)
			continue; /* below a hidden folder */
		*up->end = &t->nodes[i];
		up->end = &t->nodes[i].next;
		up->nchildren++;
	}
	*nroots = root.nchildren;
	return flatten(r, root.children, root.nchildren);
}

enum code
course_get_folder_hierarchy(struct req *r,
    const struct pb_get_folder_hierarchy_request *in,
    struct pb_get_folder_hierarchy_response *out)
{
	bool counts = in->include_course_counts;
	struct course_cached c;
	struct tree tree;
	enum code code;

	if (course_cache_get(r, &c, &pb_get_folder_hierarchy_response_desc, out,
		"folders:hierarchy:%s:%d:%d", r->who.user_id, (int)r->who.role,
		counts))
		return CODE_OK;
	if ((code = load_tree(r, counts, &tree)) != CODE_OK)
		return code;
	out->folders = nest(r, &tree, &out->nfolders);
	course_cache_put(r, &c, &pb_get_folder_hierarchy_response_desc, out);
	return CODE_OK;
}

/* --- the library ---------------------------------------------------------- */

static enum code
load_courses(struct req *r, struct pb_library *l, int64_t *updated_at)
{
	struct db_rows *rows;

	rows = db_run(r->db, &course_folder_queries[Q_COURSES],
	    DB_ARGS(COURSE_VIEWER(r), db_arg_int(r->mem, LIBRARY_MAX)));
	if (rows == NULL)
		return req_fail_db(r);
	l->courses = arena_calloc(r->mem, db_count(rows), sizeof(*l->courses));
	while (db_next(rows)) {
		if (db_time(rows, 6) > *updated_at)
			*updated_at = db_time(rows, 6);
		course_read_entry(r, rows, 0, &l->courses[l->ncourses++]);
	}
	if (l->ncourses == LIBRARY_MAX)
		log_warn(
		    "library: more than %d courses, the oldest are left out",
		    LIBRARY_MAX);
	return CODE_OK;
}

enum code
course_get_library(struct req *r, const struct pb_get_library_request *in,
    struct pb_get_library_response *out)
{
	bool counts = in->include_course_counts;
	struct course_cached c;
	struct pb_library *l;
	struct tree tree;
	enum code code;

	if (course_cache_get(r, &c, &pb_get_library_response_desc, out,
		"library:index:%s:%d:%d", r->who.user_id, (int)r->who.role,
		counts))
		return CODE_OK;
	l = arena_zalloc(r->mem, sizeof(*l));
	if ((code = load_tree(r, counts, &tree)) != CODE_OK ||
	    (code = load_courses(r, l, &tree.updated_at)) != CODE_OK)
		return code;
	l->version = "1.0";
	l->folders = nest(r, &tree, &l->nfolders);
	l->last_updated = pb_time(r->mem, tree.updated_at);
	out->library = l;
	course_cache_put(r, &c, &pb_get_library_response_desc, out);
	return CODE_OK;
}

/* --- making and deleting -------------------------------------------------- */

static void
forget_folders(struct req *r)
{
	after_forget(r, "folder");
	after_forget(r, "folders");
	after_forget(r, "library");
}

/* Where the new folder goes; all NULL at the top. */
struct place {
	const char *parent;
	const char *user_id;
	const char *team_id;
	int depth; /* of the parent */
};

static enum code
find_place(struct req *r, const char *value, struct place *p)
{
	struct db_rows *rows;
	enum code code;

	if (str_is_empty(value))
		return CODE_OK;
	if ((code = field_uuid(r, "parent_id", value, &p->parent)) != CODE_OK)
		return code;
	rows = db_run(r->db, &course_folder_queries[Q_PARENT],
	    DB_ARGS(COURSE_VIEWER(r), p->parent));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return course_no_folder(r);
	p->user_id = db_text_null(rows, 1);
	p->team_id = db_text_null(rows, 2);
	p->depth = (int)db_int(rows, 3);
	return CODE_OK;
}

static enum code
name_taken(struct req *r)
{
	return req_fail(r, CODE_ALREADY_EXISTS,
	    "a folder of this name exists here");
}

static enum code
insert(struct req *r, const char *name, const struct place *p,
    struct pb_folder *out)
{
	struct db_rows *rows;

	forget_folders(r);
	rows = db_run(r->db, &course_folder_queries[Q_CREATE],
	    DB_ARGS(r->who.tenant_id, r->who.user_id, name, p->parent,
		p->user_id, p->team_id));
	if (rows == NULL && db_fault(r->db) == DB_FAULT_UNIQUE)
		return name_taken(r);
	if (rows == NULL && db_fault(r->db) == DB_FAULT_FOREIGN_KEY)
		return course_no_folder(r);
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return name_taken(r);
	folder_read(rows, false, out);
	return CODE_OK;
}

enum code
course_create_folder(struct req *r, const struct pb_create_folder_request *in,
    struct pb_create_folder_response *out)
{
	struct place p = { 0 };
	const char *name;
	enum code code;

	code = field_line(r, "name", in->name, 1, NAME_MAX_CHARS, &name);
	if (code != CODE_OK)
		return code;
	if (in->type != 0 && in->type != PB_FOLDER_TYPE_FOLDER)
		return req_fail_field(r, "type", "must be FOLDER");
	if ((code = find_place(r, in->parent_id, &p)) != CODE_OK)
		return code;
	if (r->who.role < ROLE_INSTRUCTOR && p.user_id == NULL)
		return req_fail_forbidden(r,
		    "reviewers make folders below their own only");
	if (p.depth >= DEPTH_MAX)
		return req_fail_field(r, "parent_id",
		    "is at the deepest level, which is %d", DEPTH_MAX);
	out->folder = arena_zalloc(r->mem, sizeof(*out->folder));
	return insert(r, name, &p, out->folder);
}

/* type and owner of the folder, locked. */
static enum code
check_delete(struct req *r, const struct db_rows *rows)
{
	bool own = str_eq(db_text_null(rows, 1), r->who.user_id);

	if (strcmp(db_text(rows, 0), "FOLDER") != 0)
		return req_fail_forbidden(r,
		    "system folders cannot be deleted");
	if (r->who.role < ROLE_INSTRUCTOR && !own)
		return req_fail_forbidden(r,
		    "reviewers delete folders below their own only");
	return CODE_OK;
}

static enum code
check_empty(struct req *r, const char *id)
{
	struct db_rows *rows;
	long long n;

	rows = db_run(r->db, &course_folder_queries[Q_COUNT],
	    DB_ARGS(r->who.tenant_id, id));
	if (rows == NULL)
		return req_fail_db(r);
	(void)db_next(rows); /* one row always */
	if ((n = (long long)db_int(rows, 0)) > 0)
		return req_fail_field(r, "id",
		    "names a folder that holds %lld courses", n);
	if (db_int(rows, 1) > 0)
		return req_fail_field(r, "id",
		    "names a folder that holds other folders");
	return CODE_OK;
}

enum code
course_delete_folder(struct req *r, const struct pb_delete_folder_request *in,
    struct pb_delete_folder_response *out)
{
	struct db_rows *rows;
	const char *id;
	enum code code;

	if ((code = field_uuid(r, "id", in->id, &id)) != CODE_OK)
		return code;
	rows = db_run(r->db, &course_folder_queries[Q_LOCK],
	    DB_ARGS(COURSE_VIEWER(r), id));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return course_no_folder(r);
	if ((code = check_delete(r, rows)) != CODE_OK ||
	    (code = check_empty(r, id)) != CODE_OK)
		return code;
	forget_folders(r);
	if (db_last(r->db, &course_folder_queries[Q_DELETE],
		DB_ARGS(r->who.tenant_id, id)) == NULL)
		return req_fail_db(r);
	out->success = true;
	return CODE_OK;
}

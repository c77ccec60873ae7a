/*
 * One lock, one object, one row: the commit is the caller's.
 */
#include "service/generate_document.h"

#include "base/log.h"
#include "net/store.h"
#include "rpc/after.h"

enum query {
	Q_LOCK,
	Q_SAVE,
	Q__MAX
};

extern const struct db_query generate_document_queries[];

const struct db_query generate_document_queries[] = {
	[Q_LOCK] = {
	    .name = "generate_document_lock",
	    .nargs = 2, /* tenant, course */
	    .sql = "SELECT " COURSE_COLUMNS " FROM courses c"
		   " WHERE c.tenant_id = $1::uuid AND c.id = $2::uuid"
		   " AND c.status <> 'archived' FOR UPDATE OF c",
	},
	[Q_SAVE] = {
	    .name = "generate_document_save",
	    .nargs = 5, /* tenant, course, path, status or NULL, tags */
	    .sql = "UPDATE courses c SET version = c.version + 1,"
		   " content_path = $3, updated_at = clock_timestamp(),"
		   " status = COALESCE($4, c.status),"
		   " category_tags = $5::text[]"
		   " WHERE c.tenant_id = $1::uuid AND c.id = $2::uuid"
		   " RETURNING " COURSE_COLUMNS,
	},
	[Q__MAX] = { 0 },
};

enum code
generate_document_open(struct req *r, const char *course_id,
    struct generate_document *d)
{
	struct db_rows *rows;
	enum code code;

	*d = (struct generate_document){ 0 };
	rows = db_run(r->db, &generate_document_queries[Q_LOCK],
	    DB_ARGS(r->who.tenant_id, course_id));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return course_none(r);
	course_row_read(rows, 0, &d->row);
	d->course = arena_zalloc(r->mem, sizeof(*d->course));
	code = course_get_document(r, &d->row, d->course);
	if (code == CODE_NOT_FOUND)
		return course_no_document(r, course_id);
	if (code != CODE_OK)
		return code;
	course_merge(r, &d->row, d->course);
	return CODE_OK;
}

void
generate_document_undo(struct req *r, const char *key)
{
	if (key != NULL &&
	    store_delete(r->env->store, r->who.tenant_id, key) != CODE_OK)
		log_warn("course: a document is left to mirai-sweep");
}

static void
drop_old(struct req *r, void *p)
{
	if (store_delete(r->env->store, r->who.tenant_id, p) != CODE_OK)
		log_warn("course: an old document is left to mirai-sweep");
}

enum code
generate_document_save(struct req *r, struct generate_document *d,
    const char *status)
{
	struct pb_course *c = d->course;
	char *key, *old = arena_strdup(r->mem, d->row.content_path);
	struct db_rows *rows;
	enum code code;

	c->version = d->row.version + 1;
	key = course_document_key(r->mem, d->row.id, c->version);
	if ((code = course_put_document(r, c, key)) != CODE_OK)
		return code;
	course_forget(r);
	rows = db_run(r->db, &generate_document_queries[Q_SAVE],
	    DB_ARGS(r->who.tenant_id, d->row.id, key, status,
		db_arg_array(r->mem, c->settings->category_tags,
		    c->settings->ncategory_tags)));
	if (rows == NULL || !db_next(rows)) {
		generate_document_undo(r, key);
		return rows == NULL ? req_fail_db(r) : course_none(r);
	}
	d->key = key;
	after_commit(r, drop_old, old);
	course_row_read(rows, 0, &d->row);
	course_merge(r, &d->row, c);
	return CODE_OK;
}

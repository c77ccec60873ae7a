/*
 * The document of a course in storage; course.h tells how it and the row
 * change at one moment. The row wins wherever both say something.
 */
#include "service/course.h"

#include "base/log.h"
#include "learn/document.h"
#include "net/store.h"

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
		return req_fail_quota(r, "course_size",
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

enum code
course_no_document(struct req *r, const char *id)
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

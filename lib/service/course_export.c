/*
 * CourseService: exports. A request is a row of scorm_packages; mirai-export
 * makes the package, and the caller comes back for a signed address.
 */
#include "service/course.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "learn/export.h"
#include "mirai/v1/course.rpc.h"
#include "net/store.h"
#include "rpc/after.h"
#include "service/field.h"
#include "service/seats.h"

#define DOWNLOAD_US (INT64_C(15) * 60 * 1000000)

/* Exports e of courses c that the caller sees. */
#define EXPORT_FROM                                            \
	" FROM scorm_packages e JOIN courses c"                \
	" ON c.tenant_id = e.tenant_id AND c.id = e.course_id" \
	" LEFT JOIN folders f ON f.tenant_id = c.tenant_id"    \
	" AND f.id = c.folder_id WHERE " COURSE_VISIBLE

enum query {
	Q_LOCK,
	Q_PENDING,
	Q_INSERT,
	Q_GET,
	Q_LIST,
	Q__MAX
};

extern const struct db_query course_export_queries[];

const struct db_query course_export_queries[] = {
	/* The lock makes two equal requests one: the second sees the first. */
	[Q_LOCK] = {
	    .name = "course_export_lock",
	    .nargs = 5, /* viewer, course, company */
	    .sql = "SELECT (SELECT " SEATS_PAID("co")
		   " FROM companies co WHERE co.tenant_id = $1::uuid"
		   " AND co.id = $5::uuid), c.version" COURSE_FROM
		   " WHERE " COURSE_VISIBLE " AND c.id = $4::uuid"
		   " FOR NO KEY UPDATE OF c",
	},
	[Q_PENDING] = {
	    .name = "course_export_pending",
	    .nargs = 4, /* tenant, course, version, format */
	    .sql = "SELECT " COURSE_EXPORT_COLUMNS " FROM scorm_packages e"
		   " WHERE e.tenant_id = $1::uuid AND e.course_id = $2::uuid"
		   " AND e.version = $3::int AND e.format = $4"
		   " AND e.status IN ('pending', 'processing')"
		   " ORDER BY e.created_at, e.id LIMIT 1",
	},
	[Q_INSERT] = {
	    .name = "course_export_insert",
	    .nargs = 5, /* tenant, course, version, format, user */
	    .sql = "INSERT INTO scorm_packages AS e (tenant_id, course_id,"
		   " version, format, status, requested_by_user_id)"
		   " VALUES ($1::uuid, $2::uuid, $3::int, $4, 'pending',"
		   " $5::uuid) RETURNING " COURSE_EXPORT_COLUMNS,
	},
	[Q_GET] = {
	    .name = "course_export_get",
	    .nargs = 4, /* viewer, export */
	    .sql = "SELECT " COURSE_EXPORT_COLUMNS ", c.title" EXPORT_FROM
		   " AND e.id = $4::uuid",
	},
	[Q_LIST] = {
	    .name = "course_export_list",
	    .nargs = 4, /* viewer, course */
	    .sql = "SELECT " COURSE_EXPORT_COLUMNS COURSE_FROM
		   " LEFT JOIN scorm_packages e ON e.tenant_id = c.tenant_id"
		   " AND e.course_id = c.id WHERE " COURSE_VISIBLE
		   " AND c.id = $4::uuid ORDER BY e.created_at DESC, e.id",
	},
	[Q__MAX] = { 0 },
};

/* Stored name, and whether it is made. */
static const struct format {
	const char *stored;
	bool made;
} formats[] = {
	[PB_EXPORT_FORMAT_SCORM_12] = { "scorm_12", true },
	[PB_EXPORT_FORMAT_SCORM_2004] = { "scorm_2004", false },
	[PB_EXPORT_FORMAT_XAPI] = { "xapi", false },
	[PB_EXPORT_FORMAT_PDF] = { "pdf", false },
	[PB_EXPORT_FORMAT_CMI5] = { "cmi5", false },
	[PB_EXPORT_FORMAT_EPUB] = { "epub", false },
	[PB_EXPORT_FORMAT_HTML] = { "html", false },
	[PB_EXPORT_FORMAT_MARKDOWN] = { "markdown", false },
};

static const char *const statuses[] = {
	[PB_EXPORT_STATUS_PENDING] = "pending",
	[PB_EXPORT_STATUS_PROCESSING] = "processing",
	[PB_EXPORT_STATUS_COMPLETED] = "completed",
	[PB_EXPORT_STATUS_FAILED] = "failed",
};

static int
format_wire(const char *stored)
{
	size_t i;

	for (i = 1; i < NITEMS(formats); i++)
		if (strcmp(formats[i].stored, stored) == 0)
			return (int)i;
	return PB_EXPORT_FORMAT_UNSPECIFIED;
}

static int
status_wire(const char *stored)
{
	size_t i;

	for (i = 1; i < NITEMS(statuses); i++)
		if (strcmp(statuses[i], stored) == 0)
			return (int)i;
	return PB_EXPORT_STATUS_UNSPECIFIED;
}

char *
course_archive_key(struct arena *a, const char *export_id)
{
	return arena_printf(a, "exports/%s.zip", export_id);
}

void
course_read_export(struct req *r, const struct db_rows *rows, unsigned col,
    struct pb_course_export *e)
{
	e->id = db_text(rows, col);
	e->timestamp = pb_time(r->mem, db_time(rows, col + 1));
	e->format = format_wire(db_text(rows, col + 2));
	e->version = (int32_t)db_int(rows, col + 3);
	e->file_path = db_text(rows, col + 4);
	e->status = status_wire(db_text(rows, col + 5));
	e->error_message = db_text_null(rows, col + 6);
}

static enum code
no_export(struct req *r)
{
	return req_fail(r, CODE_NOT_FOUND, "export not found");
}

/* The course exists, the company pays: its version. */
static enum code
lock_course(struct req *r, const char *id, const char **version)
{
	struct db_rows *rows;

	rows = db_run(r->db, &course_export_queries[Q_LOCK],
	    DB_ARGS(COURSE_VIEWER(r), id, r->who.company_id));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return course_none(r);
	if (!db_bool(rows, 0))
		return seats_not_paid(r);
	*version = db_text(rows, 1);
	return CODE_OK;
}

static enum code
enqueue(struct req *r, const char *course_id, const char *version,
    const struct format *f, struct pb_course_export *out)
{
	struct db_rows *rows;

	rows = db_run(r->db, &course_export_queries[Q_PENDING],
	    DB_ARGS(r->who.tenant_id, course_id, version, f->stored));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows)) {
		db_notify(r->db, COURSE_EXPORT_CHANNEL, "");
		after_forget(r, "course"); /* shows its exports */
		rows = db_last(r->db, &course_export_queries[Q_INSERT],
		    DB_ARGS(r->who.tenant_id, course_id, version, f->stored,
			r->who.user_id));
		if (rows == NULL || !db_next(rows))
			return req_fail_db(r);
	}
	course_read_export(r, rows, 0, out);
	return CODE_OK;
}

enum code
course_export_course(struct req *r, const struct pb_export_course_request *in,
    struct pb_export_course_response *out)
{
	const char *id, *version = NULL;
	const struct format *f;
	enum code code;

	if ((code = field_uuid(r, "course_id", in->course_id, &id)) != CODE_OK)
		return code;
	if (in->format <= 0 || in->format >= (int)NITEMS(formats))
		return req_fail_field(r, "format", "is not a known format");
	f = &formats[in->format];
	if (!f->made)
		return req_fail(r, CODE_UNIMPLEMENTED,
		    "this format cannot be exported yet");
	if ((code = lock_course(r, id, &version)) != CODE_OK)
		return code;
	out->export = arena_zalloc(r->mem, sizeof(*out->export));
	return enqueue(r, id, version, f, out->export);
}

/* The export of that id, and the title of its course. */
static enum code
load(struct req *r, const char *value, struct pb_course_export *e,
    const char **title)
{
	struct db_rows *rows;
	const char *id;
	enum code code;

	if ((code = field_uuid(r, "export_id", value, &id)) != CODE_OK)
		return code;
	rows = db_last(r->db, &course_export_queries[Q_GET],
	    DB_ARGS(COURSE_VIEWER(r), id));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return no_export(r);
	course_read_export(r, rows, 0, e);
	*title = db_text(rows, 7);
	return CODE_OK;
}

enum code
course_get_export_status(struct req *r,
    const struct pb_get_export_status_request *in,
    struct pb_get_export_status_response *out)
{
	const char *title;

	out->export = arena_zalloc(r->mem, sizeof(*out->export));
	return load(r, in->export_id, out->export, &title);
}

static char *
file_name(struct arena *a, const struct pb_course_export *e, const char *title)
{
	struct pb_course_settings settings = { .title = title };
	struct pb_course course = { .settings = &settings };
	struct export_options o;

	export_options_init(&o);
	o.format = (enum pb_export_format)e->format;
	o.version = e->version;
	return export_filename(a, &course, &o);
}

enum code
course_download_export(struct req *r,
    const struct pb_download_export_request *in,
    struct pb_download_export_response *out)
{
	struct pb_course_export e = { 0 };
	const char *title, *url;
	int64_t expires_at;
	enum code code;

	if ((code = load(r, in->export_id, &e, &title)) != CODE_OK)
		return code;
	if (e.status != PB_EXPORT_STATUS_COMPLETED)
		return req_fail_field(r, "export_id",
		    "names an export that is not completed");
	if (str_is_empty(e.file_path))
		return no_export(r); /* its time is over */
	code = r->env->store == NULL
	    ? CODE_UNAVAILABLE
	    : store_exists(r->env->store, r->who.tenant_id, e.file_path, NULL);
	if (code == CODE_NOT_FOUND)
		log_error("export %s: its archive is missing", e.id);
	if (code == CODE_NOT_FOUND)
		return no_export(r);
	expires_at = clock_now_us() + DOWNLOAD_US;
	url = code != CODE_OK
	    ? NULL
	    : store_sign_get(r->env->store, r->mem, r->who.tenant_id,
		  e.file_path, file_name(r->mem, &e, title), expires_at);
	if (url == NULL)
		return req_fail(r, CODE_UNAVAILABLE, "storage does not answer");
	out->download_url = url;
	out->expires_at = pb_time(r->mem, expires_at);
	return CODE_OK;
}

enum code
course_list_exports(struct req *r, const struct pb_list_exports_request *in,
    struct pb_list_exports_response *out)
{
	struct db_rows *rows;
	const char *id;
	enum code code;

	if ((code = field_uuid(r, "course_id", in->course_id, &id)) != CODE_OK)
		return code;
	rows = db_last(r->db, &course_export_queries[Q_LIST],
	    DB_ARGS(COURSE_VIEWER(r), id));
	if (rows == NULL)
		return req_fail_db(r);
	if (db_count(rows) == 0)
		return course_none(r);
	out->exports =
	    arena_calloc(r->mem, db_count(rows), sizeof(*out->exports));
	while (db_next(rows))
		if (!db_null(rows, 0))
			course_read_export(r, rows, 0,
			    &out->exports[out->nexports++]);
	return CODE_OK;
}

/*
 * What the files of CourseService share, and what other parts need of a
 * course: reading it with its document, and writing it so that no kill leaves
 * it half-written.
 */
#ifndef MIRAI_SERVICE_COURSE_H
#define MIRAI_SERVICE_COURSE_H

#include "db/db.h"
#include "mirai/v1/course.pb.h"
#include "rpc/req.h"

#define COURSE_TITLE_MAX 500
#define COURSE_CACHE_MS	 300000 /* 5 minutes */

#define COURSE_EXPORT_CHANNEL "mirai_export" /* wakes mirai-export */

/*
 * The first three arguments of every query about what a caller sees: tenant,
 * user, and whether the user is an administrator.
 */
#define COURSE_VIEWER(r) \
	(r)->who.tenant_id, (r)->who.user_id, course_is_admin(r)

/*
 * Whether the caller sees folder f ($1 to $3 as above). A folder below a
 * PERSONAL or TEAM folder carries the same user_id or team_id, so one row
 * decides. True when f is the empty side of a left join.
 */
#define COURSE_SEES(f)                                                         \
	"(" f ".user_id IS NULL OR " f ".user_id = $2::uuid) AND (" f          \
	".team_id IS NULL OR $3::boolean OR EXISTS (SELECT 1"                  \
	" FROM team_members m WHERE m.tenant_id = $1::uuid AND m.team_id = " f \
	".team_id AND m.user_id = $2::uuid))"

/* The courses c with their folder f, those that lists show. */
#define COURSE_FROM                                                        \
	" FROM courses c LEFT JOIN folders f ON f.tenant_id = c.tenant_id" \
	" AND f.id = c.folder_id"
#define COURSE_VISIBLE                                      \
	"c.tenant_id = $1::uuid AND c.status <> 'archived'" \
	" AND " COURSE_SEES("f")

/* Columns of course_row_read(), from alias c. */
#define COURSE_COLUMNS                                                      \
	"c.id, c.version, c.status, c.title, c.folder_id, c.category_tags," \
	" c.created_at, c.updated_at, c.created_by_user_id, c.company_id,"  \
	" c.team_id, c.content_path"
#define COURSE_NCOLUMNS 12

/* Columns of course_read_export(), from alias e; newest first, at most 100. */
#define COURSE_EXPORT_COLUMNS                                               \
	"e.id, e.created_at, e.format, e.version, e.archive_key, e.status," \
	" e.error_message"
#define COURSE_JOIN_EXPORTS                                       \
	" LEFT JOIN LATERAL (SELECT * FROM scorm_packages p"      \
	" WHERE p.tenant_id = c.tenant_id AND p.course_id = c.id" \
	" ORDER BY p.created_at DESC, p.id LIMIT 100) e ON true"
#define COURSE_EXPORT_ORDER " ORDER BY e.created_at DESC, e.id"

/* The row of a course; strings are borrowed from the result set. */
struct course_row {
	const char *id;
	int32_t version;
	const char *status;
	const char *title;
	const char *folder_id; /* NULL: none */
	const char **tags;
	size_t ntags;
	int64_t created_at;
	int64_t updated_at;
	const char *created_by; /* user id or NULL */
	const char *company_id;
	const char *team_id; /* NULL: none */
	const char *content_path;
};

void course_row_read(const struct db_rows *rows, unsigned col,
    struct course_row *row);

/* "true" or "false", for queries. */
const char *course_is_admin(const struct req *r);

/* draft, published, generated and their wire values; 0 for another text. */
int course_status_wire(const char *stored);
const char *course_status_stored(int wire);

/* The failures all methods share. */
enum code course_none(struct req *r);
enum code course_no_folder(struct req *r);

/*
 * Reading through the cache. course_cache_get() is true when the answer was
 * there; otherwise it has noted the generation, and course_cache_put() stores
 * the answer unless something was dropped meanwhile.
 */
struct course_cached {
	const char *key;
	int64_t generation;
};
bool course_cache_get(struct req *r, struct course_cached *c,
    const struct pb_desc *desc, void *msg, const char *fmt, ...)
    PRINTF_LIKE(5, 6);
void course_cache_put(struct req *r, const struct course_cached *c,
    const struct pb_desc *desc, const void *msg);

/* Drops cached courses, lists, trees and libraries after the commit. */
void course_forget(struct req *r);

/*
 * Documents. A version of a course is an object of its own,
 * courses/<id>/content.<version>.<random>.json, which no later write touches;
 * the row's content_path says which one counts. So the commit of the row is
 * the only moment at which a course changes, whatever is killed when: before
 * it the new object is an orphan, after it the old one is, and mirai-sweep
 * removes either. (The product documents name the fixed key
 * courses/<id>/content.json, with which no order of two writes is safe.)
 */
char *course_document_key(struct arena *a, const char *id, int32_t version);

/* Writes the document of course under key. */
enum code course_put_document(struct req *r, const struct pb_course *course,
    const char *key);

/*
 * Reads the document of row into the zeroed *out. CODE_NOT_FOUND has not
 * failed the request yet: the row may be newer than the one that was read.
 */
enum code course_get_document(struct req *r, const struct course_row *row,
    struct pb_course *out);

/* The failure when the row that names a document is the newest one. */
enum code course_no_document(struct req *r, const char *id);

/* Puts what the row is authoritative for over what the document says. */
void course_merge(struct req *r, const struct course_row *row,
    struct pb_course *course);

/* Exports of the current and all further rows, from col; after course_merge. */
void course_read_exports(struct req *r, struct db_rows *rows, unsigned col,
    struct pb_course *course);
void course_read_export(struct req *r, const struct db_rows *rows, unsigned col,
    struct pb_course_export *e);

/* Columns of LibraryEntry: id, title, status, folder, tags, created, ... */
void course_read_entry(struct req *r, const struct db_rows *rows, unsigned col,
    struct pb_library_entry *e);

/* Storage key of an export's archive. */
char *course_archive_key(struct arena *a, const char *export_id);

/* --- course_check.c, course_patch.c -------------------------------------- */

/* What CreateCourse and UpdateCourse accept; lists borrowed from a request. */
struct course_input {
	const struct pb_course_settings *settings;
	const struct pb_persona *personas;
	size_t npersonas;
	const struct pb_learning_objective *objectives;
	size_t nobjectives;
	const struct pb_assessment_settings *assessment;
	const struct pb_course_content *content;
};

/*
 * Checks every field against the limits of content.md 15 and cleans it: lines
 * trimmed, HTML sanitized, missing ids drawn. What is absent stays absent in
 * *out, which is zeroed before. Fails with the field's path.
 */
enum code course_check(struct req *r, const struct course_input *in,
    struct pb_course *out) MUST_CHECK;

/*
 * Puts what is present in a checked change over the course. Blocks that the
 * change keeps keep their sources, too, unless it names sources itself.
 */
void course_patch(struct req *r, struct pb_course *to,
    const struct pb_course *from);

/* Lessons in all sections. */
size_t course_count_lessons(const struct pb_course_content *c);

#endif

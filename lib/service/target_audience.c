/*
 * TargetAudienceService: reusable profiles of who a course is for. Everybody of
 * the company reads them, editors write them; nothing is ever deleted, only
 * archived. Every query is bound to the caller's tenant.
 */
#include "mirai/v1/target_audience.rpc.h"

#include "db/db.h"
#include "service/audit.h"
#include "service/field.h"

#define LINE_MAX_CHARS 255
#define TEXT_MAX_CHARS 5000
#define LIST_MAX_ITEMS ((size_t)50)
#define ITEM_MAX_CHARS 500

#define COLUMNS                                                   \
	"t.id, t.tenant_id, t.company_id, t.name, t.description," \
	" t.role, t.experience_level, t.learning_goals,"          \
	" t.prerequisites, t.challenges, t.motivations,"          \
	" t.industry_context, t.typical_background,"              \
	" t.created_by_user_id, t.created_at, t.updated_at, t.status"

enum query {
	Q_LIST,
	Q_GET,
	Q_LOCK,
	Q_CREATE,
	Q_UPDATE,
	Q_STATUS,
	Q__MAX
};

extern const struct db_query target_audience_queries[];

const struct db_query target_audience_queries[] = {
	[Q_LIST] = {
	    .name = "target_audience_list",
	    .nargs = 3, /* tenant, company, whether archived ones, too */
	    .sql = "SELECT " COLUMNS " FROM target_audience_templates t"
		   " WHERE t.tenant_id = $1::uuid AND t.company_id = $2::uuid"
		   " AND ($3::boolean OR t.status <> 'archived')"
		   " ORDER BY lower(t.name), t.id",
	},
	[Q_GET] = {
	    .name = "target_audience_get",
	    .nargs = 2, /* tenant, id */
	    .sql = "SELECT " COLUMNS " FROM target_audience_templates t"
		   " WHERE t.tenant_id = $1::uuid AND t.id = $2::uuid",
	},
	[Q_LOCK] = {
	    .name = "target_audience_lock",
	    .nargs = 2, /* tenant, id */
	    .sql = "SELECT " COLUMNS " FROM target_audience_templates t"
		   " WHERE t.tenant_id = $1::uuid AND t.id = $2::uuid"
		   " FOR UPDATE",
	},
	[Q_CREATE] = {
	    .name = "target_audience_create",
	    /* tenant, company, user, then as Q_UPDATE from its $3 */
	    .nargs = 13,
	    .sql = "INSERT INTO target_audience_templates AS t (tenant_id,"
		   " company_id, created_by_user_id, name, description, role,"
		   " experience_level, learning_goals, prerequisites,"
		   " challenges, motivations, industry_context,"
		   " typical_background) VALUES ($1, $2, $3, $4,"
		   " NULLIF($5, ''), $6, $7::experience_level, $8::text[],"
		   " $9::text[], $10::text[], $11::text[], NULLIF($12, ''),"
		   " NULLIF($13, '')) RETURNING " COLUMNS,
	},
	/* What is NULL stays as it is. */
	[Q_UPDATE] = {
	    .name = "target_audience_update",
	    /* tenant, id, name, description, role, level, goals, ... */
	    .nargs = 12,
	    .sql = "UPDATE target_audience_templates t SET"
		   " name = COALESCE($3, t.name), description = CASE WHEN"
		   " $4::text IS NULL THEN t.description ELSE NULLIF($4, '')"
		   " END, role = COALESCE($5, t.role), experience_level ="
		   " COALESCE($6::experience_level, t.experience_level),"
		   " learning_goals = COALESCE($7::text[], t.learning_goals),"
		   " prerequisites = COALESCE($8::text[], t.prerequisites),"
		   " challenges = COALESCE($9::text[], t.challenges),"
		   " motivations = COALESCE($10::text[], t.motivations),"
		   " industry_context = CASE WHEN $11::text IS NULL THEN"
		   " t.industry_context ELSE NULLIF($11, '') END,"
		   " typical_background = CASE WHEN $12::text IS NULL THEN"
		   " t.typical_background ELSE NULLIF($12, '') END,"
		   " updated_at = now()"
		   " WHERE t.tenant_id = $1::uuid AND t.id = $2::uuid"
		   " RETURNING " COLUMNS,
	},
	[Q_STATUS] = {
	    .name = "target_audience_status",
	    .nargs = 3, /* tenant, id, status */
	    .sql = "UPDATE target_audience_templates t SET"
		   " status = $3::target_audience_status, updated_at = now()"
		   " WHERE t.tenant_id = $1::uuid AND t.id = $2::uuid"
		   " RETURNING " COLUMNS,
	},
	[Q__MAX] = { 0 },
};

static const char *const levels[] = {
	[PB_EXPERIENCE_LEVEL_BEGINNER] = "beginner",
	[PB_EXPERIENCE_LEVEL_INTERMEDIATE] = "intermediate",
	[PB_EXPERIENCE_LEVEL_ADVANCED] = "advanced",
	[PB_EXPERIENCE_LEVEL_EXPERT] = "expert",
};

static int
level_wire(const char *stored)
{
	int i;

	for (i = 1; i < (int)NITEMS(levels); i++)
		if (str_eq(levels[i], stored))
			return i;
	return PB_EXPERIENCE_LEVEL_UNSPECIFIED;
}

static struct pb_target_audience_template *
read_row(struct req *r, const struct db_rows *rows)
{
	struct pb_target_audience_template *t;

	t = arena_zalloc(r->mem, sizeof(*t));
	t->id = db_text(rows, 0);
	t->tenant_id = db_text(rows, 1);
	t->company_id = db_text(rows, 2);
	t->name = db_text(rows, 3);
	t->description = db_text(rows, 4);
	t->role = db_text(rows, 5);
	t->experience_level = level_wire(db_text(rows, 6));
	t->learning_goals = db_array(rows, 7, &t->nlearning_goals);
	t->prerequisites = db_array(rows, 8, &t->nprerequisites);
	t->challenges = db_array(rows, 9, &t->nchallenges);
	t->motivations = db_array(rows, 10, &t->nmotivations);
	t->industry_context = db_text_null(rows, 11);
	t->typical_background = db_text_null(rows, 12);
	t->created_by_user_id = db_text(rows, 13);
	t->created_at = pb_time(r->mem, db_time(rows, 14));
	t->updated_at = pb_time(r->mem, db_time(rows, 15));
	t->status = str_eq(db_text(rows, 16), "archived")
	    ? PB_TARGET_AUDIENCE_STATUS_ARCHIVED
	    : PB_TARGET_AUDIENCE_STATUS_ACTIVE;
	return t;
}

static enum code
none(struct req *r)
{
	return req_fail(r, CODE_NOT_FOUND, "target audience not found");
}

/* The one of that id in the caller's company, by Q_GET or Q_LOCK. */
static enum code
load(struct req *r, const char *value, enum query query,
    struct pb_target_audience_template *out)
{
	struct db_rows *rows;
	const char *id;
	enum code code;

	code = field_uuid(r, "template_id", value, &id);
	if (code != CODE_OK)
		return code;
	rows = db_run(r->db, &target_audience_queries[query],
	    DB_ARGS(r->who.tenant_id, id));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return none(r);
	*out = *read_row(r, rows);
	if (!str_eq(out->company_id, r->who.company_id))
		return req_fail_forbidden(r,
		    "the target audience belongs to another company");
	return CODE_OK;
}

/* --- what is written ------------------------------------------------------- */

/* Cleaned fields as arguments of queries; NULL: not given. */
struct fields {
	const char *name;
	const char *description;
	const char *role;
	const char *level;
	const char *goals;
	const char *prerequisites;
	const char *challenges;
	const char *motivations;
	const char *industry;
	const char *background;
};

/* A list without its blank entries; *out stays NULL when none were sent. */
static enum code
check_list(struct req *r, const char *field, const char *const *items, size_t n,
    const char **out)
{
	const char **kept;
	size_t i, nkept = 0;
	enum code code;

	if (n == 0)
		return CODE_OK;
	kept = arena_calloc(r->mem, n, sizeof(*kept));
	for (i = 0; i < n; i++) {
		code = field_line(r, arena_printf(r->mem, "%s[%zu]", field, i),
		    items[i], 0, ITEM_MAX_CHARS, &kept[nkept]);
		if (code != CODE_OK)
			return code;
		nkept += kept[nkept][0] != '\0';
	}
	if (nkept > LIST_MAX_ITEMS)
		return req_fail_field(r, field, "must have at most %zu entries",
		    LIST_MAX_ITEMS);
	*out = db_arg_array(r->mem, kept, nkept);
	return CODE_OK;
}

static enum code
check_goals(struct req *r, const char *const *items, size_t n, const char **out)
{
	size_t i, nkept = 0;

	for (i = 0; i < n; i++)
		nkept += str_trim(r->mem, items[i])[0] != '\0';
	if (n > 0 && nkept == 0)
		return req_fail_missing(r, "learning_goals",
		    "must have at least one entry");
	return check_list(r, "learning_goals", items, n, out);
}

/* An optional text: NULL stays NULL. */
static enum code
check_text(struct req *r, const char *field, const char *value,
    const char **out)
{
	return value == NULL ? CODE_OK
			     : field_text(r, field, value, TEXT_MAX_CHARS, out);
}

static enum code
check_line(struct req *r, const char *field, const char *value,
    const char **out)
{
	return value == NULL
	    ? CODE_OK
	    : field_line(r, field, value, 1, LINE_MAX_CHARS, out);
}

static enum code
check_level(struct req *r, int32_t level, const char **out)
{
	if (level < 0 || level >= (int32_t)NITEMS(levels))
		return req_fail_field(r, "experience_level",
		    "is not a known level");
	*out = levels[level];
	return CODE_OK;
}

/* An update request, which a new one is turned into. */
static enum code
check(struct req *r, const struct pb_update_template_request *in,
    struct fields *f)
{
	enum code code;

	if ((code = check_line(r, "name", in->name, &f->name)) != CODE_OK ||
	    (code = check_text(r, "description", in->description,
		 &f->description)) != CODE_OK ||
	    (code = check_line(r, "role", in->role, &f->role)) != CODE_OK ||
	    (code = check_level(r, in->experience_level, &f->level)) !=
		CODE_OK ||
	    (code = check_goals(r, in->learning_goals, in->nlearning_goals,
		 &f->goals)) != CODE_OK ||
	    (code = check_list(r, "prerequisites", in->prerequisites,
		 in->nprerequisites, &f->prerequisites)) != CODE_OK ||
	    (code = check_list(r, "challenges", in->challenges, in->nchallenges,
		 &f->challenges)) != CODE_OK ||
	    (code = check_list(r, "motivations", in->motivations,
		 in->nmotivations, &f->motivations)) != CODE_OK ||
	    (code = check_text(r, "industry_context", in->industry_context,
		 &f->industry)) != CODE_OK)
		return code;
	return check_text(r, "typical_background", in->typical_background,
	    &f->background);
}

static enum code
check_new(struct req *r, const struct pb_create_template_request *in,
    struct fields *f)
{
	const struct pb_update_template_request as = {
		.name = in->name == NULL ? "" : in->name,
		.description = in->description,
		.role = in->role == NULL ? "" : in->role,
		.experience_level = in->experience_level,
		.learning_goals = in->learning_goals,
		.nlearning_goals = in->nlearning_goals,
		.prerequisites = in->prerequisites,
		.nprerequisites = in->nprerequisites,
		.challenges = in->challenges,
		.nchallenges = in->nchallenges,
		.motivations = in->motivations,
		.nmotivations = in->nmotivations,
		.industry_context = in->industry_context,
		.typical_background = in->typical_background,
	};
	enum code code;

	if ((code = check(r, &as, f)) != CODE_OK)
		return code;
	if (f->goals == NULL)
		return req_fail_missing(r, "learning_goals",
		    "must have at least one entry");
	if (f->level == NULL)
		f->level = levels[PB_EXPERIENCE_LEVEL_BEGINNER];
	return CODE_OK;
}

/* What was not sent is empty in a new one. */
static const char *
list_or_empty(const char *list)
{
	return list == NULL ? "{}" : list;
}

enum code
target_audience_create_template(struct req *r,
    const struct pb_create_template_request *in,
    struct pb_create_template_response *out)
{
	struct fields f = { 0 };
	struct db_rows *rows;
	enum code code;

	if ((code = check_new(r, in, &f)) != CODE_OK)
		return code;
	rows = db_run(r->db, &target_audience_queries[Q_CREATE],
	    DB_ARGS(r->who.tenant_id, r->who.company_id, r->who.user_id, f.name,
		f.description, f.role, f.level, f.goals,
		list_or_empty(f.prerequisites), list_or_empty(f.challenges),
		list_or_empty(f.motivations), f.industry, f.background));
	if (rows == NULL || !db_next(rows))
		return req_fail_db(r);
	out->template = read_row(r, rows);
	audit_write(r, "audience.create", "audience", out->template->id, NULL);
	return CODE_OK;
}

enum code
target_audience_update_template(struct req *r,
    const struct pb_update_template_request *in,
    struct pb_update_template_response *out)
{
	struct pb_target_audience_template old = { 0 };
	struct fields f = { 0 };
	struct db_rows *rows;
	enum code code;

	if ((code = check(r, in, &f)) != CODE_OK ||
	    (code = load(r, in->template_id, Q_LOCK, &old)) != CODE_OK)
		return code;
	rows = db_run(r->db, &target_audience_queries[Q_UPDATE],
	    DB_ARGS(r->who.tenant_id, old.id, f.name, f.description, f.role,
		f.level, f.goals, f.prerequisites, f.challenges, f.motivations,
		f.industry, f.background));
	if (rows == NULL || !db_next(rows))
		return req_fail_db(r);
	out->template = read_row(r, rows);
	audit_write(r, "audience.update", "audience", old.id, NULL);
	return CODE_OK;
}

/* --- reading --------------------------------------------------------------- */

enum code
target_audience_get_template(struct req *r,
    const struct pb_get_template_request *in,
    struct pb_get_template_response *out)
{
	out->template = arena_zalloc(r->mem, sizeof(*out->template));
	return load(r, in->template_id, Q_GET, out->template);
}

enum code
target_audience_list_templates(struct req *r,
    const struct pb_list_templates_request *in,
    struct pb_list_templates_response *out)
{
	struct db_rows *rows;

	rows = db_last(r->db, &target_audience_queries[Q_LIST],
	    DB_ARGS(r->who.tenant_id, r->who.company_id,
		in->include_archived ? "true" : "false"));
	if (rows == NULL)
		return req_fail_db(r);
	out->templates =
	    arena_calloc(r->mem, db_count(rows), sizeof(*out->templates));
	while (db_next(rows))
		out->templates[out->ntemplates++] = *read_row(r, rows);
	return CODE_OK;
}

/* --- the archive ----------------------------------------------------------- */

static enum code
set_status(struct req *r, const char *id, const char *status,
    const char *action, struct pb_target_audience_template *out)
{
	struct db_rows *rows;

	rows = db_run(r->db, &target_audience_queries[Q_STATUS],
	    DB_ARGS(r->who.tenant_id, id, status));
	if (rows == NULL || !db_next(rows))
		return req_fail_db(r);
	*out = *read_row(r, rows);
	audit_write(r, action, "audience", id, NULL);
	return CODE_OK;
}

/* Once more changes nothing. */
static enum code
archive(struct req *r, const char *value,
    struct pb_target_audience_template *out)
{
	enum code code;

	if ((code = load(r, value, Q_LOCK, out)) != CODE_OK ||
	    out->status == PB_TARGET_AUDIENCE_STATUS_ARCHIVED)
		return code;
	return set_status(r, out->id, "archived", "audience.archive", out);
}

enum code
target_audience_archive_template(struct req *r,
    const struct pb_archive_template_request *in,
    struct pb_archive_template_response *out)
{
	out->template = arena_zalloc(r->mem, sizeof(*out->template));
	return archive(r, in->template_id, out->template);
}

enum code
target_audience_delete_template(struct req *r,
    const struct pb_delete_template_request *in,
    struct pb_delete_template_response *out)
{
	struct pb_target_audience_template t = { 0 };

	(void)out; /* has no fields */
	return archive(r, in->template_id, &t);
}

enum code
target_audience_restore_template(struct req *r,
    const struct pb_restore_template_request *in,
    struct pb_restore_template_response *out)
{
	struct pb_target_audience_template t = { 0 };
	enum code code;

	if ((code = load(r, in->template_id, Q_LOCK, &t)) != CODE_OK)
		return code;
	if (t.status != PB_TARGET_AUDIENCE_STATUS_ARCHIVED)
		return req_fail(r, CODE_INVALID_ARGUMENT,
		    "the target audience is not archived");
	out->template = arena_zalloc(r->mem, sizeof(*out->template));
	return set_status(r, t.id, "active", "audience.restore", out->template);
}

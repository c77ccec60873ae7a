/*
 * TeamService: the teams of one company, their members and their library
 * folder. Every query is bound to the caller's tenant and company, never to
 * one in the request.
 */
#include "mirai/v1/team.rpc.h"

#include "db/db.h"
#include "rpc/after.h"
#include "service/audit.h"
#include "service/field.h"
#include "service/people.h"
#include "service/user.h"

#define TEAM_COLUMNS                                               \
	"t.id, t.company_id, t.name, t.description, t.created_at," \
	" t.updated_at, t.tenant_id"

/* The team's own folder and everything below it. */
#define TEAM_FOLDERS                                               \
	"WITH RECURSIVE tree AS (SELECT id FROM folders"           \
	" WHERE tenant_id = $1 AND team_id = $2 AND type = 'TEAM'" \
	" UNION ALL SELECT f.id FROM folders f JOIN tree"          \
	" ON f.parent_id = tree.id WHERE f.tenant_id = $1)"

enum query {
	Q_LIST,
	Q_GET,
	Q_CREATE,
	Q_UPDATE,
	Q_RENAME_FOLDER,
	Q_SHARED_FOLDER,
	Q_EMPTY_FOLDERS,
	Q_LEAVE_COURSES,
	Q_DELETE,
	Q_IS_LEAD,
	Q_MEMBERS,
	Q_TARGET,
	Q_ADD,
	Q_REMOVE,
	Q__MAX
};

extern const struct db_query team_queries[];

const struct db_query team_queries[] = {
	[Q_LIST] = {
	    .name = "team_list",
	    .nargs = 2, /* tenant, company */
	    .sql = "SELECT " TEAM_COLUMNS " FROM teams t"
		   " WHERE t.tenant_id = $1 AND t.company_id = $2"
		   " ORDER BY t.created_at DESC, t.id DESC",
	},
	[Q_GET] = {
	    .name = "team_get",
	    .nargs = 2, /* tenant, team */
	    .sql = "SELECT " TEAM_COLUMNS " FROM teams t"
		   " WHERE t.tenant_id = $1 AND t.id = $2",
	},
	[Q_CREATE] = {
	    .name = "team_create",
	    .nargs = 4, /* tenant, company, name, description */
	    .sql = "WITH t AS (INSERT INTO teams (tenant_id, company_id, name,"
		   " description) VALUES ($1, $2, $3, NULLIF($4, ''))"
		   " ON CONFLICT DO NOTHING RETURNING *),"
		   " f AS (INSERT INTO folders (tenant_id, name, type, team_id)"
		   " SELECT tenant_id, name, 'TEAM', id FROM t)"
		   " SELECT " TEAM_COLUMNS " FROM t",
	},
	[Q_UPDATE] = {
	    .name = "team_update",
	    .nargs = 4, /* tenant, team, name, description */
	    .sql = "UPDATE teams t SET name = COALESCE($3, t.name),"
		   " description = CASE WHEN $4::text IS NULL"
		   " THEN t.description ELSE NULLIF($4, '') END,"
		   " updated_at = now()"
		   " WHERE t.tenant_id = $1 AND t.id = $2"
		   " RETURNING " TEAM_COLUMNS,
	},
	[Q_RENAME_FOLDER] = {
	    .name = "team_rename_folder",
	    .nargs = 3, /* tenant, team, name */
	    .sql = "UPDATE folders SET name = $3, updated_at = now()"
		   " WHERE tenant_id = $1 AND team_id = $2 AND type = 'TEAM'",
	},
	[Q_SHARED_FOLDER] = {
	    .name = "team_shared_folder",
	    .nargs = 1, /* tenant */
	    .sql = "INSERT INTO folders (tenant_id, name, type)"
		   " VALUES ($1, 'Shared', 'LIBRARY') ON CONFLICT DO NOTHING",
	},
	[Q_EMPTY_FOLDERS] = {
	    .name = "team_empty_folders",
	    .nargs = 2, /* tenant, team */
	    .sql = TEAM_FOLDERS
		   " UPDATE courses SET folder_id = (SELECT id FROM folders"
		   " WHERE tenant_id = $1 AND type = 'LIBRARY'"
		   " AND parent_id IS NULL)"
		   " WHERE tenant_id = $1"
		   " AND folder_id IN (SELECT id FROM tree)",
	},
	[Q_LEAVE_COURSES] = {
	    .name = "team_leave_courses",
	    .nargs = 2, /* tenant, team */
	    .sql = "UPDATE courses SET team_id = NULL"
		   " WHERE tenant_id = $1 AND team_id = $2",
	},
	[Q_DELETE] = {
	    .name = "team_delete",
	    .nargs = 2, /* tenant, team */
	    .sql = "DELETE FROM teams WHERE tenant_id = $1 AND id = $2",
	},
	[Q_IS_LEAD] = {
	    .name = "team_is_lead",
	    .nargs = 3, /* tenant, team, user */
	    .sql = "SELECT 1 FROM team_members WHERE tenant_id = $1"
		   " AND team_id = $2 AND user_id = $3 AND role = 'lead'",
	},
	[Q_MEMBERS] = {
	    .name = "team_members_list",
	    .nargs = 2, /* tenant, team */
	    .sql = "SELECT m.id, m.team_id, m.user_id, m.role, m.created_at,"
		   " m.tenant_id, " USER_COLUMNS
		   " FROM team_members m JOIN users u"
		   " ON u.tenant_id = m.tenant_id AND u.id = m.user_id"
		   " WHERE m.tenant_id = $1 AND m.team_id = $2"
		   " ORDER BY m.created_at DESC, m.id DESC",
	},
	[Q_TARGET] = {
	    .name = "team_target",
	    .nargs = 2, /* tenant, user */
	    .sql = "SELECT " USER_COLUMNS " FROM users u"
		   " WHERE u.tenant_id = $1 AND u.id = $2"
		   " AND u.removed_at IS NULL FOR SHARE",
	},
	[Q_ADD] = {
	    .name = "team_add",
	    .nargs = 4, /* tenant, team, user, role */
	    .sql = "INSERT INTO team_members AS m (tenant_id, team_id, user_id,"
		   " role) VALUES ($1, $2, $3, $4)"
		   " ON CONFLICT (team_id, user_id) DO UPDATE"
		   " SET role = EXCLUDED.role WHERE m.role <> EXCLUDED.role"
		   " RETURNING m.id, m.team_id, m.user_id, m.role,"
		   " m.created_at, m.tenant_id",
	},
	[Q_REMOVE] = {
	    .name = "team_remove",
	    .nargs = 3, /* tenant, team, user */
	    .sql = "DELETE FROM team_members WHERE tenant_id = $1"
		   " AND team_id = $2 AND user_id = $3",
	},
	[Q__MAX] = { 0 },
};

/* What shows folders or depends on who is in which team. */
static void
forget_folders(struct req *r)
{
	after_forget(r, "folders");
	after_forget(r, "library");
	after_forget(r, "folder");
	after_forget(r, "courses");
}

static void
team_read(struct req *r, const struct db_rows *rows, struct pb_team *t)
{
	t->id = db_text(rows, 0);
	t->company_id = db_text(rows, 1);
	t->name = db_text(rows, 2);
	t->description = db_text_null(rows, 3);
	t->created_at = pb_time(r->mem, db_time(rows, 4));
	t->updated_at = pb_time(r->mem, db_time(rows, 5));
	t->tenant_id = db_text(rows, 6);
}

static enum code
no_team(struct req *r)
{
	return req_fail_reason(r, CODE_NOT_FOUND, "TEAM_NOT_FOUND",
	    "team not found");
}

static enum code
name_taken(struct req *r)
{
	return req_fail_reason(r, CODE_ALREADY_EXISTS, "TEAM_NAME_EXISTS",
	    "a team of this name exists");
}

/* The team of that id in the caller's company; *id becomes canonical. */
static enum code
team_load(struct req *r, const char *field_value, const char **id,
    struct pb_team **out)
{
	struct db_rows *rows;
	struct pb_team *t;
	enum code code;

	if ((code = field_uuid(r, "team_id", field_value, id)) != CODE_OK)
		return code;
	rows =
	    db_run(r->db, &team_queries[Q_GET], DB_ARGS(r->who.tenant_id, *id));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return no_team(r);
	t = arena_zalloc(r->mem, sizeof(*t));
	team_read(r, rows, t);
	if (!str_eq(t->company_id, r->who.company_id))
		return req_fail_forbidden(r,
		    "the team belongs to another company");
	if (out != NULL)
		*out = t;
	return CODE_OK;
}

enum code
team_list_teams(struct req *r, const struct pb_list_teams_request *in,
    struct pb_list_teams_response *out)
{
	struct db_rows *rows;

	(void)in; /* has no fields */
	rows = db_last(r->db, &team_queries[Q_LIST],
	    DB_ARGS(r->who.tenant_id, r->who.company_id));
	if (rows == NULL)
		return req_fail_db(r);
	out->teams = arena_calloc(r->mem, db_count(rows), sizeof(*out->teams));
	while (db_next(rows))
		team_read(r, rows, &out->teams[out->nteams++]);
	return CODE_OK;
}

enum code
team_get_team(struct req *r, const struct pb_get_team_request *in,
    struct pb_get_team_response *out)
{
	const char *id;

	return team_load(r, in->team_id, &id, &out->team);
}

enum code
team_create_team(struct req *r, const struct pb_create_team_request *in,
    struct pb_create_team_response *out)
{
	const char *name, *description;
	struct db_rows *rows;
	enum code code;

	if ((code = field_line(r, "name", in->name, 1, 100, &name)) !=
		CODE_OK ||
	    (code = field_text(r, "description", in->description, 2000,
		 &description)) != CODE_OK)
		return code;
	rows = db_run(r->db, &team_queries[Q_CREATE],
	    DB_ARGS(r->who.tenant_id, r->who.company_id, name, description));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return name_taken(r);
	out->team = arena_zalloc(r->mem, sizeof(*out->team));
	team_read(r, rows, out->team);
	audit_write(r, "team.create", "team", out->team->id, NULL);
	forget_folders(r);
	return CODE_OK;
}

enum code
team_update_team(struct req *r, const struct pb_update_team_request *in,
    struct pb_update_team_response *out)
{
	const char *id, *name = NULL, *description = NULL;
	struct db_rows *rows;
	enum code code;

	if ((code = team_load(r, in->team_id, &id, &out->team)) != CODE_OK)
		return code;
	if (!str_is_empty(in->name) &&
	    (code = field_line(r, "name", in->name, 1, 100, &name)) != CODE_OK)
		return code;
	if (in->description != NULL &&
	    (code = field_text(r, "description", in->description, 2000,
		 &description)) != CODE_OK)
		return code;
	rows = db_run(r->db, &team_queries[Q_UPDATE],
	    DB_ARGS(r->who.tenant_id, id, name, description));
	if (rows == NULL && db_fault(r->db) == DB_FAULT_UNIQUE)
		return name_taken(r);
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return no_team(r);
	team_read(r, rows, out->team);
	if (name != NULL)
		db_queue(r->db, &team_queries[Q_RENAME_FOLDER],
		    DB_ARGS(r->who.tenant_id, id, name));
	audit_write(r, "team.update", "team", id, NULL);
	forget_folders(r);
	return CODE_OK;
}

/*
 * Courses outlive the team: they move to the shared folder before the team's
 * own folders go, which foreign keys would otherwise refuse.
 */
enum code
team_delete_team(struct req *r, const struct pb_delete_team_request *in,
    struct pb_delete_team_response *out)
{
	const char *id, *tenant = r->who.tenant_id;
	struct db_rows *rows;
	enum code code;

	(void)out; /* has no fields */
	if ((code = team_load(r, in->team_id, &id, NULL)) != CODE_OK)
		return code;
	db_queue(r->db, &team_queries[Q_SHARED_FOLDER], DB_ARGS(tenant));
	db_queue(r->db, &team_queries[Q_EMPTY_FOLDERS], DB_ARGS(tenant, id));
	db_queue(r->db, &team_queries[Q_LEAVE_COURSES], DB_ARGS(tenant, id));
	audit_write(r, "team.delete", "team", id, NULL);
	rows = db_run(r->db, &team_queries[Q_DELETE], DB_ARGS(tenant, id));
	if (rows == NULL)
		return req_fail_db(r);
	if (db_affected(rows) == 0)
		return no_team(r);
	after_forget(r, "course");
	forget_folders(r);
	return CODE_OK;
}

static int
member_role_wire(const char *stored)
{
	return str_eq(stored, "lead") ? PB_TEAM_ROLE_LEAD : PB_TEAM_ROLE_MEMBER;
}

static void
member_read(struct req *r, const struct db_rows *rows, struct pb_team_member *m)
{
	m->id = db_text(rows, 0);
	m->team_id = db_text(rows, 1);
	m->user_id = db_text(rows, 2);
	m->role = member_role_wire(db_text(rows, 3));
	m->created_at = pb_time(r->mem, db_time(rows, 4));
	m->tenant_id = db_text(rows, 5);
}

enum code
team_list_team_members(struct req *r,
    const struct pb_list_team_members_request *in,
    struct pb_list_team_members_response *out)
{
	struct pb_team_member *m;
	struct pb_user **people;
	struct db_rows *rows;
	const char *id;
	enum code code;

	if ((code = team_load(r, in->team_id, &id, NULL)) != CODE_OK)
		return code;
	rows = db_last(r->db, &team_queries[Q_MEMBERS],
	    DB_ARGS(r->who.tenant_id, id));
	if (rows == NULL)
		return req_fail_db(r);
	out->members =
	    arena_calloc(r->mem, db_count(rows), sizeof(*out->members));
	people = arena_calloc(r->mem, db_count(rows) + 1, sizeof(*people));
	while (db_next(rows)) {
		m = &out->members[out->nmembers];
		member_read(r, rows, m);
		m->user = user_read(r, rows, 6);
		people[out->nmembers++] = m->user;
	}
	people_fill(r, people, out->nmembers);
	return CODE_OK;
}

/* Admins and the leads of that team may change its members. */
static enum code
require_lead(struct req *r, const char *team_id)
{
	struct db_rows *rows;

	if (r->who.role == ROLE_ADMIN)
		return CODE_OK;
	rows = db_run(r->db, &team_queries[Q_IS_LEAD],
	    DB_ARGS(r->who.tenant_id, team_id, r->who.user_id));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return req_fail_forbidden(r,
		    "only an admin or a lead of the team may"
		    " change its members");
	return CODE_OK;
}

/*
 * The user to add: exists, and is in the caller's company. The row is held, so
 * that who is being removed at this moment does not become a member after all.
 */
static enum code
target_load(struct req *r, const char *user_id, struct pb_user **out)
{
	struct db_rows *rows;

	rows = db_run(r->db, &team_queries[Q_TARGET],
	    DB_ARGS(r->who.tenant_id, user_id));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return req_fail_reason(r, CODE_NOT_FOUND, "USER_NOT_FOUND",
		    "user not found");
	*out = user_read(r, rows, 0);
	if (!str_eq((*out)->company_id, r->who.company_id))
		return req_fail_reason(r, CODE_INVALID_ARGUMENT,
		    "TEAM_USER_NOT_IN_COMPANY",
		    "the user is in another company");
	return CODE_OK;
}

enum code
team_add_team_member(struct req *r, const struct pb_add_team_member_request *in,
    struct pb_add_team_member_response *out)
{
	const char *team_id, *user_id;
	struct pb_user *user = NULL;
	struct db_rows *rows;
	enum code code;

	if ((code = field_uuid(r, "team_id", in->team_id, &team_id)) !=
		CODE_OK ||
	    (code = field_uuid(r, "user_id", in->user_id, &user_id)) != CODE_OK)
		return code;
	if (in->role < PB_TEAM_ROLE_UNSPECIFIED ||
	    in->role > PB_TEAM_ROLE_MEMBER)
		return req_fail_field(r, "role", "must be lead or member");
	if ((code = require_lead(r, team_id)) != CODE_OK ||
	    (code = team_load(r, team_id, &team_id, NULL)) != CODE_OK ||
	    (code = target_load(r, user_id, &user)) != CODE_OK)
		return code;
	rows = db_run(r->db, &team_queries[Q_ADD],
	    DB_ARGS(r->who.tenant_id, team_id, user_id,
		in->role == PB_TEAM_ROLE_LEAD ? "lead" : "member"));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return req_fail_reason(r, CODE_ALREADY_EXISTS,
		    "TEAM_USER_ALREADY_MEMBER",
		    "the user is a member of this team already");
	out->member = arena_zalloc(r->mem, sizeof(*out->member));
	member_read(r, rows, out->member);
	out->member->user = user;
	people_fill(r, &out->member->user, 1);
	audit_write(r, "team.member.add", "team", team_id, NULL);
	forget_folders(r);
	return CODE_OK;
}

enum code
team_remove_team_member(struct req *r,
    const struct pb_remove_team_member_request *in,
    struct pb_remove_team_member_response *out)
{
	const char *team_id, *user_id;
	struct db_rows *rows;
	enum code code;

	(void)out; /* has no fields */
	if ((code = field_uuid(r, "team_id", in->team_id, &team_id)) !=
		CODE_OK ||
	    (code = field_uuid(r, "user_id", in->user_id, &user_id)) != CODE_OK)
		return code;
	if (!str_eq(user_id, r->who.user_id) &&
	    (code = require_lead(r, team_id)) != CODE_OK)
		return code;
	if ((code = team_load(r, team_id, &team_id, NULL)) != CODE_OK)
		return code;
	rows = db_run(r->db, &team_queries[Q_REMOVE],
	    DB_ARGS(r->who.tenant_id, team_id, user_id));
	if (rows == NULL)
		return req_fail_db(r);
	if (db_affected(rows) == 0)
		return req_fail_reason(r, CODE_NOT_FOUND,
		    "TEAM_MEMBER_NOT_FOUND",
		    "the user is no member of this team");
	audit_write(r, "team.member.remove", "team", team_id, NULL);
	forget_folders(r);
	return CODE_OK;
}

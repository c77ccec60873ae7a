/*
 * SMEService: the sources of knowledge themselves. A source is never deleted,
 * only archived, which withdraws what was asked of people for it. Every query
 * is bound to the caller's tenant and to what the caller may see.
 */
#include "service/sme.h"

#include "mirai/v1/sme.rpc.h"
#include "service/audit.h"
#include "service/field.h"

#define TEAMS_MAX ((size_t)100)
#define LIST_MAX  "2000"

enum query {
	Q_LIST,
	Q_READ,
	Q_TEAMS,
	Q_CREATE,
	Q_UPDATE,
	Q_LEAVE,
	Q_OPEN,
	Q_STATUS,
	Q_WITHDRAW,
	Q__MAX
};

extern const struct db_query sme_queries[];

const struct db_query sme_queries[] = {
	[Q_LIST] = {
	    .name = "sme_list",
	    .nargs = 8, /* viewer, scope, status, archived ones, too, team */
	    .sql = "SELECT " SME_COLUMNS " FROM subject_matter_experts s"
		   " WHERE s.tenant_id = $1::uuid AND " SME_SEES("s")
		   " AND ($5::sme_scope IS NULL OR s.scope = $5::sme_scope)"
		   " AND ($6::sme_status IS NULL"
		   " OR s.status = $6::sme_status)"
		   " AND ($7::boolean OR s.status <> 'archived')"
		   " AND ($8::uuid IS NULL OR s.scope = 'global' OR EXISTS"
		   " (SELECT 1 FROM sme_team_access a WHERE a.tenant_id ="
		   " $1::uuid AND a.sme_id = s.id AND a.team_id = $8::uuid))"
		   " ORDER BY s.created_at DESC, s.id DESC LIMIT " LIST_MAX,
	},
	[Q_READ] = {
	    .name = "sme_read",
	    .nargs = 2, /* tenant, id */
	    .sql = "SELECT " SME_COLUMNS " FROM subject_matter_experts s"
		   " WHERE s.tenant_id = $1::uuid AND s.id = $2::uuid",
	},
	[Q_TEAMS] = {
	    .name = "sme_teams",
	    .nargs = 3, /* tenant, company, teams */
	    .sql = "SELECT t.id FROM teams t WHERE t.tenant_id = $1::uuid"
		   " AND t.company_id = $2::uuid AND t.id = ANY ($3::uuid[])"
		   " ORDER BY t.id FOR KEY SHARE",
	},
	[Q_CREATE] = {
	    .name = "sme_create",
	    /* tenant, id, company, user, name, description, domain, scope */
	    .nargs = 8,
	    .sql = "INSERT INTO subject_matter_experts (tenant_id, id,"
		   " company_id, created_by_user_id, name, description,"
		   " domain, scope) VALUES ($1, $2, $3, $4, $5,"
		   " NULLIF($6, ''), $7, $8::sme_scope)",
	},
	/* What is NULL stays as it is. */
	[Q_UPDATE] = {
	    .name = "sme_update",
	    .nargs = 6, /* tenant, id, name, description, domain, scope */
	    .sql = "UPDATE subject_matter_experts s SET"
		   " name = COALESCE($3, s.name), description = CASE"
		   " WHEN $4::text IS NULL THEN s.description"
		   " ELSE NULLIF($4, '') END, domain = COALESCE($5, s.domain),"
		   " scope = $6::sme_scope, updated_at = now()"
		   " WHERE s.tenant_id = $1::uuid AND s.id = $2::uuid",
	},
	[Q_LEAVE] = {
	    .name = "sme_leave",
	    .nargs = 3, /* tenant, id, teams that stay */
	    .sql = "DELETE FROM sme_team_access WHERE tenant_id = $1::uuid"
		   " AND sme_id = $2::uuid AND team_id <> ALL ($3::uuid[])",
	},
	[Q_OPEN] = {
	    .name = "sme_open",
	    .nargs = 3, /* tenant, id, teams */
	    .sql = "INSERT INTO sme_team_access (tenant_id, sme_id, team_id)"
		   " SELECT $1::uuid, $2::uuid, unnest($3::uuid[])"
		   " ON CONFLICT DO NOTHING",
	},
	[Q_STATUS] = {
	    .name = "sme_status",
	    .nargs = 3, /* tenant, id, status */
	    .sql = "UPDATE subject_matter_experts SET"
		   " status = $3::sme_status, updated_at = now()"
		   " WHERE tenant_id = $1::uuid AND id = $2::uuid",
	},
	/* In the order in which people are told. */
	[Q_WITHDRAW] = {
	    .name = "sme_withdraw",
	    .nargs = 2, /* tenant, id */
	    .sql = "WITH t AS (UPDATE sme_tasks SET status = 'cancelled',"
		   " updated_at = now() WHERE tenant_id = $1::uuid"
		   " AND sme_id = $2::uuid"
		   " AND status IN ('pending', 'changes_requested')"
		   " RETURNING *) SELECT " SME_TASK_COLUMNS " FROM t"
		   " ORDER BY t.assigned_to_user_id, t.id",
	},
	[Q__MAX] = { 0 },
};

/* --- what is written ------------------------------------------------------- */

/* Cleaned fields; NULL: not given. */
struct fields {
	const char *name;
	const char *description;
	const char *domain;
};

static enum code
check_line(struct req *r, const char *field, const char *value,
    const char **out)
{
	return value == NULL
	    ? CODE_OK
	    : field_line(r, field, value, 1, SME_NAME_MAX, out);
}

static enum code
check_fields(struct req *r, const char *name, const char *description,
    const char *domain, struct fields *f)
{
	enum code code;

	if ((code = check_line(r, "name", name, &f->name)) != CODE_OK ||
	    (code = check_line(r, "domain", domain, &f->domain)) != CODE_OK)
		return code;
	return description == NULL ? CODE_OK
				   : field_text(r, "description", description,
					 SME_DESCRIPTION_MAX, &f->description);
}

static enum code
check_scope(struct req *r, int32_t scope)
{
	return scope == 0 || sme_scope_stored(scope) != NULL
	    ? CODE_OK
	    : req_fail_field(r, "scope", "is not a known scope");
}

static enum code
check_status(struct req *r, int32_t status)
{
	return status == 0 || sme_status_stored(status) != NULL
	    ? CODE_OK
	    : req_fail_field(r, "status", "is not a known status");
}

/* Whether the item after the first n is one of them. */
static bool
is_among(const char *const *items, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (str_eq(items[i], items[n]))
			return true;
	return false;
}

/*
 * The teams of a company as an argument of queries: all of them exist, none is
 * named twice. They stay until the transaction ends.
 */
static enum code
check_teams(struct req *r, const char *company, const char *const *ids,
    size_t n, const char **out)
{
	const char **teams;
	struct db_rows *rows;
	size_t i, nteams = 0;
	enum code code;

	if (n == 0)
		return req_fail_missing(r, "team_ids",
		    "must name at least one team");
	if (n > TEAMS_MAX)
		return req_fail_field(r, "team_ids",
		    "must have at most %zu entries", TEAMS_MAX);
	teams = arena_calloc(r->mem, n + 1, sizeof(*teams));
	for (i = 0; i < n; i++) {
		code = field_uuid(r, arena_printf(r->mem, "team_ids[%zu]", i),
		    ids[i], &teams[nteams]);
		if (code != CODE_OK)
			return code;
		nteams += !is_among(teams, nteams);
	}
	*out = db_arg_array(r->mem, teams, nteams);
	rows = db_run(r->db, &sme_queries[Q_TEAMS],
	    DB_ARGS(r->who.tenant_id, company, *out));
	if (rows == NULL)
		return req_fail_db(r);
	if (db_count(rows) != nteams)
		return req_fail_reason(r, CODE_NOT_FOUND, "TEAM_NOT_FOUND",
		    "team not found");
	return CODE_OK;
}

/* Exactly these teams see it from now on. */
static void
open_to(struct req *r, const char *id, const char *teams)
{
	db_queue(r->db, &sme_queries[Q_LEAVE],
	    DB_ARGS(r->who.tenant_id, id, teams));
	db_queue(r->db, &sme_queries[Q_OPEN],
	    DB_ARGS(r->who.tenant_id, id, teams));
}

/* As it is now, whether or not the caller still sees it. */
static enum code
read_again(struct req *r, const char *id, struct pb_subject_matter_expert **out)
{
	struct db_rows *rows;

	rows =
	    db_run(r->db, &sme_queries[Q_READ], DB_ARGS(r->who.tenant_id, id));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return sme_none(r);
	*out = arena_zalloc(r->mem, sizeof(**out));
	sme_read(r, rows, 0, *out);
	return CODE_OK;
}

enum code
sme_create_sme(struct req *r, const struct pb_create_sme_request *in,
    struct pb_create_sme_response *out)
{
	bool team = in->scope == PB_SME_SCOPE_TEAM;
	char id[STR_UUID_LEN + 1];
	struct fields f = { 0 };
	const char *teams = "{}";
	enum code code;

	if ((code = check_fields(r, in->name == NULL ? "" : in->name,
		 in->description, in->domain == NULL ? "" : in->domain, &f)) !=
		CODE_OK ||
	    (code = check_scope(r, in->scope)) != CODE_OK)
		return code;
	if (team &&
	    (code = check_teams(r, r->who.company_id, in->team_ids,
		 in->nteam_ids, &teams)) != CODE_OK)
		return code;
	str_uuid_new(id);
	db_queue(r->db, &sme_queries[Q_CREATE],
	    DB_ARGS(r->who.tenant_id, id, r->who.company_id, r->who.user_id,
		f.name, f.description, f.domain, team ? "team" : "global"));
	open_to(r, id, teams);
	audit_write(r, "sme.create", "sme", id, NULL);
	return read_again(r, id, &out->sme);
}

/* --- reading --------------------------------------------------------------- */

enum code
sme_get_sme(struct req *r, const struct pb_get_sme_request *in,
    struct pb_get_sme_response *out)
{
	return sme_load(r, in->sme_id, SME_READ, &out->sme);
}

enum code
sme_list_smes(struct req *r, const struct pb_list_smes_request *in,
    struct pb_list_smes_response *out)
{
	bool archived =
	    in->include_archived || in->status == PB_SME_STATUS_ARCHIVED;
	const char *team = NULL;
	struct db_rows *rows;
	enum code code;

	if ((code = check_scope(r, in->scope)) != CODE_OK ||
	    (code = check_status(r, in->status)) != CODE_OK)
		return code;
	if (!str_is_empty(in->team_id) &&
	    (code = field_uuid(r, "team_id", in->team_id, &team)) != CODE_OK)
		return code;
	rows = db_last(r->db, &sme_queries[Q_LIST],
	    DB_ARGS(SME_VIEWER(r), sme_scope_stored(in->scope),
		sme_status_stored(in->status), archived ? "true" : "false",
		team));
	if (rows == NULL)
		return req_fail_db(r);
	out->smes = arena_calloc(r->mem, db_count(rows), sizeof(*out->smes));
	while (db_next(rows))
		sme_read(r, rows, 0, &out->smes[out->nsmes++]);
	return CODE_OK;
}

/* --- where it stands ------------------------------------------------------- */

static void
set_status(struct req *r, struct pb_subject_matter_expert *sme, int status,
    const char *action)
{
	db_queue(r->db, &sme_queries[Q_STATUS],
	    DB_ARGS(r->who.tenant_id, sme->id, sme_status_stored(status)));
	audit_write(r, action, "sme", sme->id, NULL);
	sme->status = status;
}

/* Open tasks are withdrawn, and whoever had one is told. */
static enum code
withdraw_tasks(struct req *r, const struct pb_subject_matter_expert *sme)
{
	struct pb_sme_task *task;
	struct db_rows *rows;
	enum code code = CODE_OK;

	rows = db_run(r->db, &sme_queries[Q_WITHDRAW],
	    DB_ARGS(r->who.tenant_id, sme->id));
	if (rows == NULL)
		return req_fail_db(r);
	while (code == CODE_OK && db_next(rows)) {
		task = arena_zalloc(r->mem, sizeof(*task));
		sme_task_read(r, rows, 0, task);
		code = sme_tell_cancelled(r, task);
	}
	return code;
}

/* A locked one, whose jobs are over. */
static enum code
archive(struct req *r, struct pb_subject_matter_expert *sme)
{
	set_status(r, sme, PB_SME_STATUS_ARCHIVED, "sme.archive");
	return withdraw_tasks(r, sme);
}

/* Where one stands that is neither archived nor ingesting. */
static int
rested(const struct pb_subject_matter_expert *sme)
{
	return sme->chunk_count > 0 ? PB_SME_STATUS_ACTIVE
				    : PB_SME_STATUS_DRAFT;
}

/*
 * By hand it moves into the archive and out of it; what stands between draft
 * and active is whether there is knowledge.
 */
static enum code
move(struct req *r, struct pb_subject_matter_expert *sme, int to)
{
	if (to == 0 || to == sme->status)
		return CODE_OK;
	if (to == PB_SME_STATUS_ARCHIVED)
		return archive(r, sme);
	if (to != rested(sme) || sme->status == PB_SME_STATUS_INGESTING)
		return req_fail_field(r, "status",
		    "cannot be reached from where the expert stands");
	set_status(r, sme, to,
	    sme->status == PB_SME_STATUS_ARCHIVED ? "sme.restore"
						  : "sme.update");
	return CODE_OK;
}

/*
 * Locks one that is to be archived. Its jobs are cancelled first: they hold
 * their own row before this one. Then no other can have begun but in between.
 */
static enum code
load_idle(struct req *r, const char *id, struct pb_subject_matter_expert **out)
{
	enum code code;

	if ((code = sme_load(r, id, SME_READ, out)) != CODE_OK ||
	    (code = sme_stop_distilling(r, (*out)->id)) != CODE_OK ||
	    (code = sme_load(r, id, SME_LOCK, out)) != CODE_OK)
		return code;
	return (*out)->status == PB_SME_STATUS_INGESTING
	    ? sme_stop_distilling(r, (*out)->id)
	    : CODE_OK;
}

enum code
sme_delete_sme(struct req *r, const struct pb_delete_sme_request *in,
    struct pb_delete_sme_response *out)
{
	struct pb_subject_matter_expert *sme = NULL;
	enum code code;

	(void)out; /* has no fields */
	if ((code = load_idle(r, in->sme_id, &sme)) != CODE_OK)
		return code;
	return sme->status == PB_SME_STATUS_ARCHIVED ? CODE_OK
						     : archive(r, sme);
}

enum code
sme_restore_sme(struct req *r, const struct pb_restore_sme_request *in,
    struct pb_restore_sme_response *out)
{
	enum code code;

	code = sme_load(r, in->sme_id, SME_LOCK, &out->sme);
	if (code != CODE_OK)
		return code;
	if (out->sme->status != PB_SME_STATUS_ARCHIVED)
		return req_fail(r, CODE_INVALID_ARGUMENT,
		    "the expert is not archived");
	set_status(r, out->sme, rested(out->sme), "sme.restore");
	return read_again(r, out->sme->id, &out->sme);
}

/* --- changing -------------------------------------------------------------- */

/* The scope that a change leads to, and who sees it then; NULL: as before. */
static enum code
check_access(struct req *r, const struct pb_update_sme_request *in,
    const struct pb_subject_matter_expert *sme, const char **scope,
    const char **teams)
{
	int to = in->scope != 0 ? in->scope : sme->scope;

	*scope = sme_scope_stored(to);
	*teams = NULL;
	if (to == PB_SME_SCOPE_GLOBAL) {
		*teams = "{}";
		return CODE_OK;
	}
	if (in->nteam_ids == 0 && sme->scope == PB_SME_SCOPE_TEAM)
		return CODE_OK;
	return check_teams(r, sme->company_id, in->team_ids, in->nteam_ids,
	    teams);
}

enum code
sme_update_sme(struct req *r, const struct pb_update_sme_request *in,
    struct pb_update_sme_response *out)
{
	struct pb_subject_matter_expert *sme = NULL;
	const char *scope = NULL, *teams = NULL;
	struct fields f = { 0 };
	enum code code;

	if ((code = check_fields(r, in->name, in->description, in->domain,
		 &f)) != CODE_OK ||
	    (code = check_scope(r, in->scope)) != CODE_OK ||
	    (code = check_status(r, in->status)) != CODE_OK ||
	    (code = in->status == PB_SME_STATUS_ARCHIVED
		    ? load_idle(r, in->sme_id, &sme)
		    : sme_load(r, in->sme_id, SME_LOCK, &sme)) != CODE_OK ||
	    (code = check_access(r, in, sme, &scope, &teams)) != CODE_OK)
		return code;
	db_queue(r->db, &sme_queries[Q_UPDATE],
	    DB_ARGS(r->who.tenant_id, sme->id, f.name, f.description, f.domain,
		scope));
	if (teams != NULL)
		open_to(r, sme->id, teams);
	audit_write(r, "sme.update", "sme", sme->id, NULL);
	if ((code = move(r, sme, in->status)) != CODE_OK)
		return code;
	return read_again(r, sme->id, &out->sme);
}

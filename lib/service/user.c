/*
 * UserService: the people of one company. Names and addresses come from the
 * identity service and are changed there, never here. A company always keeps
 * an admin: whoever takes the role away locks all admins first.
 */
#include "service/user.h"

#include "mirai/v1/user.rpc.h"

#include <stdio.h>

#include "db/front.h"
#include "net/json.h"
#include "rpc/after.h"
#include "rpc/auth.h"
#include "service/audit.h"
#include "service/company.h"
#include "service/compensate.h"
#include "service/field.h"
#include "service/people.h"

#define LIST_MAX "2000"

enum query {
	Q_ME,
	Q_GET,
	Q_LIST,
	Q_LOCK_ADMINS,
	Q_SET_ROLE,
	Q_LEAVE_TEAMS,
	Q_REMOVE,
	Q__MAX
};

extern const struct db_query user_queries[];

const struct db_query user_queries[] = {
	[Q_ME] = {
	    .name = "user_me",
	    .nargs = 2, /* tenant, user */
	    .sql = "SELECT " USER_COLUMNS ", " COMPANY_COLUMNS
		   " FROM users u LEFT JOIN companies c"
		   " ON c.tenant_id = u.tenant_id AND c.id = u.company_id"
		   " WHERE u.tenant_id = $1 AND u.id = $2"
		   " AND u.removed_at IS NULL",
	},
	[Q_GET] = {
	    .name = "user_get",
	    .nargs = 3, /* tenant, company or NULL for none, user */
	    .sql = "SELECT " USER_COLUMNS " FROM users u"
		   " WHERE u.tenant_id = $1"
		   " AND u.company_id IS NOT DISTINCT FROM $2"
		   " AND u.id = $3 AND u.removed_at IS NULL",
	},
	[Q_LIST] = {
	    .name = "user_list",
	    .nargs = 2, /* tenant, company */
	    .sql = "SELECT " USER_COLUMNS " FROM users u"
		   " WHERE u.tenant_id = $1 AND u.company_id = $2"
		   " AND u.removed_at IS NULL"
		   " ORDER BY u.created_at DESC, u.id DESC LIMIT " LIST_MAX,
	},
	[Q_LOCK_ADMINS] = {
	    .name = "user_lock_admins",
	    .nargs = 2, /* tenant, company */
	    .sql = "SELECT id FROM users WHERE tenant_id = $1"
		   " AND company_id = $2 AND role IN ('admin', 'owner')"
		   " AND removed_at IS NULL ORDER BY id FOR UPDATE",
	},
	[Q_SET_ROLE] = {
	    .name = "user_set_role",
	    .nargs = 4, /* tenant, company, user, role */
	    .sql = "UPDATE users u SET role = $4, updated_at = now()"
		   " WHERE u.tenant_id = $1 AND u.company_id = $2"
		   " AND u.id = $3 AND u.removed_at IS NULL"
		   " RETURNING " USER_COLUMNS,
	},
	[Q_LEAVE_TEAMS] = {
	    .name = "user_leave_teams",
	    .nargs = 2, /* tenant, user */
	    .sql = "DELETE FROM team_members"
		   " WHERE tenant_id = $1 AND user_id = $2",
	},
	[Q_REMOVE] = {
	    .name = "user_remove",
	    .nargs = 3, /* tenant, company, user */
	    .sql = "UPDATE users SET removed_at = now(), updated_at = now()"
		   " WHERE tenant_id = $1 AND company_id = $2 AND id = $3"
		   " AND removed_at IS NULL RETURNING id, kratos_id",
	},
	[Q__MAX] = { 0 },
};

struct pb_user *
user_read(struct req *r, const struct db_rows *rows, unsigned col)
{
	struct pb_user *u;

	u = arena_zalloc(r->mem, sizeof(*u));
	u->id = db_text(rows, col);
	u->kratos_id = db_text(rows, col + 1);
	u->company_id = db_text_null(rows, col + 2);
	u->role = people_role(db_text(rows, col + 3));
	u->created_at = pb_time(r->mem, db_time(rows, col + 4));
	u->updated_at = pb_time(r->mem, db_time(rows, col + 5));
	u->tenant_id = db_text(rows, col + 6);
	return u;
}

static enum code
no_user(struct req *r)
{
	return req_fail_reason(r, CODE_NOT_FOUND, "USER_NOT_FOUND",
	    "user not found");
}

/* The user row and company of the caller, from the cache when it is there. */
static enum code
me_load(struct req *r, struct pb_get_me_response *out)
{
	struct pb_error err;
	const void *kept;
	size_t len;
	struct db_rows *rows;
	struct buf *b;
	int64_t gen;
	char key[64];

	snprintf(key, sizeof(key), "users:me:%s", r->who.user_id);
	if (front_get(r->env->cache, r->mem, r->who.tenant_id, key, &kept,
		&len) &&
	    pb_decode(r->mem, &pb_get_me_response_desc, kept, len, NULL, out,
		&err) == CODE_OK)
		return CODE_OK;
	gen = cache_generation(r->env->cache, r->who.tenant_id, key);
	rows = db_last(r->db, &user_queries[Q_ME],
	    DB_ARGS(r->who.tenant_id, r->who.user_id));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return no_user(r);
	out->user = user_read(r, rows, 0);
	if (!db_null(rows, USER_NCOLUMNS))
		out->company = company_read(r, rows, USER_NCOLUMNS);
	b = buf_new(r->mem);
	pb_encode(b, &pb_get_me_response_desc, out);
	cache_put(r->env->cache, r->who.tenant_id, key, gen, b->data, b->len,
	    (int64_t)60 * 1000);
	return CODE_OK;
}

enum code
user_get_me(struct req *r, const struct pb_get_me_request *in,
    struct pb_get_me_response *out)
{
	enum code code;

	(void)in; /* has no fields */
	if ((code = me_load(r, out)) != CODE_OK)
		return code;
	out->user->email = r->who.email;
	out->user->first_name = r->who.first_name;
	out->user->last_name = r->who.last_name;
	return CODE_OK;
}

/* A user of the caller's own company, or the caller. */
static enum code
user_load(struct req *r, const char *id, struct pb_user **out)
{
	const char *company = r->who.company_id;
	struct db_rows *rows;

	rows = db_run(r->db, &user_queries[Q_GET],
	    DB_ARGS(r->who.tenant_id, *company == '\0' ? NULL : company, id));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return no_user(r);
	*out = user_read(r, rows, 0);
	return CODE_OK;
}

enum code
user_get_user(struct req *r, const struct pb_get_user_request *in,
    struct pb_get_user_response *out)
{
	const char *id;
	enum code code;

	if ((code = field_uuid(r, "user_id", in->user_id, &id)) != CODE_OK ||
	    (code = user_load(r, id, &out->user)) != CODE_OK)
		return code;
	people_fill(r, &out->user, 1);
	return CODE_OK;
}

/*
 * Locks the company's admins. Fails when the caller is no longer one of them,
 * or when target is the only one.
 */
static enum code
lock_admins(struct req *r, const char *target)
{
	bool caller = false, target_is_admin = false;
	struct db_rows *rows;

	rows = db_run(r->db, &user_queries[Q_LOCK_ADMINS],
	    DB_ARGS(r->who.tenant_id, r->who.company_id));
	if (rows == NULL)
		return req_fail_db(r);
	while (db_next(rows)) {
		caller |= str_eq(db_text(rows, 0), r->who.user_id);
		target_is_admin |= str_eq(db_text(rows, 0), target);
	}
	if (!caller)
		return req_fail_forbidden(r, "only an admin may do this");
	if (target_is_admin && db_count(rows) < 2)
		return req_fail_reason(r, CODE_INVALID_ARGUMENT,
		    "USER_LAST_ADMIN",
		    "the company would be left without admin");
	return CODE_OK;
}

/* Who is the only admin is told so: another one has to be made first. */
static enum code
refuse_self(struct req *r, const char *text)
{
	enum code code = CODE_OK;

	if (r->who.role == ROLE_ADMIN && r->who.company_id[0] != '\0')
		code = lock_admins(r, r->who.user_id);
	return code == CODE_OK ? req_fail_forbidden(r, text) : code;
}

static enum code
set_role(struct req *r, const char *id, const char *role, struct pb_user **out)
{
	struct db_rows *rows;
	enum code code;

	if ((code = lock_admins(r, str_eq(role, "admin") ? "" : id)) != CODE_OK)
		return code;
	rows = db_run(r->db, &user_queries[Q_SET_ROLE],
	    DB_ARGS(r->who.tenant_id, r->who.company_id, id, role));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return no_user(r);
	*out = user_read(r, rows, 0);
	audit_write(r, "user.role", "user", id, NULL);
	auth_forget_identity(r, (*out)->kratos_id);
	after_forget(r, "users");
	return CODE_OK;
}

enum code
user_update_user(struct req *r, const struct pb_update_user_request *in,
    struct pb_update_user_response *out)
{
	const char *id, *role = NULL;
	bool self;
	enum code code;

	if ((code = field_uuid(r, "user_id", in->user_id, &id)) != CODE_OK)
		return code;
	if (in->has_role && in->role != PB_ROLE_UNSPECIFIED &&
	    (role = people_stored_role(in->role)) == NULL)
		return req_fail_field(r, "role",
		    "must be admin, instructor or sme");
	self = str_eq(id, r->who.user_id);
	if (!self && r->who.role != ROLE_ADMIN)
		return req_fail_forbidden(r,
		    "only an admin may change other users");
	if (!self && r->who.company_id[0] == '\0')
		return req_fail_reason(r, CODE_INVALID_ARGUMENT,
		    "USER_NO_COMPANY", "you belong to no company");
	if ((code = user_load(r, id, &out->user)) != CODE_OK)
		return code;
	if (role != NULL && people_role(role) != out->user->role) {
		if (self)
			return refuse_self(r, "nobody changes their own role");
		if ((code = set_role(r, id, role, &out->user)) != CODE_OK)
			return code;
	}
	people_fill(r, &out->user, 1);
	return CODE_OK;
}

enum code
user_list_company_users(struct req *r,
    const struct pb_list_company_users_request *in,
    struct pb_list_company_users_response *out)
{
	struct pb_user **each;
	struct db_rows *rows;
	size_t n = 0;

	(void)in; /* has no fields */
	rows = db_last(r->db, &user_queries[Q_LIST],
	    DB_ARGS(r->who.tenant_id, r->who.company_id));
	if (rows == NULL)
		return req_fail_db(r);
	each = arena_calloc(r->mem, db_count(rows) + 1, sizeof(*each));
	out->users = arena_calloc(r->mem, db_count(rows), sizeof(*out->users));
	while (db_next(rows)) {
		out->users[n] = *user_read(r, rows, 0);
		each[n] = &out->users[n];
		n++;
	}
	out->nusers = n;
	people_fill(r, each, n);
	return CODE_OK;
}

/* At once after the commit; if that fails, the queued task does it later. */
static void
end_sessions_now(struct req *r, void *arg)
{
	const struct ident *ident = r->env->ident;

	if (ident != NULL && ident->revoke_sessions != NULL)
		(void)ident->revoke_sessions(ident->ctx, arg);
}

/* The sessions of the removed person end, whatever fails. */
static void
end_sessions(struct req *r, const char *identity_id)
{
	struct json *payload = json_new_object(r->mem);

	json_put_text(payload, "identity_id", identity_id);
	compensate_queue(r->db, r->mem, r->who.tenant_id, "revoke_sessions",
	    payload);
	after_commit(r, end_sessions_now, arena_strdup(r->mem, identity_id));
	auth_forget_sessions(r, identity_id); /* once they have ended */
}

enum code
user_remove_company_user(struct req *r,
    const struct pb_remove_company_user_request *in,
    struct pb_remove_company_user_response *out)
{
	struct db_rows *rows;
	const char *id, *identity;
	enum code code;

	(void)out; /* has no fields */
	if ((code = field_uuid(r, "user_id", in->user_id, &id)) != CODE_OK)
		return code;
	if (str_eq(id, r->who.user_id))
		return refuse_self(r, "nobody removes themselves");
	if ((code = lock_admins(r, id)) != CODE_OK)
		return code;
	rows = db_run(r->db, &user_queries[Q_REMOVE],
	    DB_ARGS(r->who.tenant_id, r->who.company_id, id));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return no_user(r);
	identity = db_text(rows, 1);
	db_queue(r->db, &user_queries[Q_LEAVE_TEAMS],
	    DB_ARGS(r->who.tenant_id, id));
	audit_write(r, "user.remove", "user", id, NULL);
	auth_forget_identity(r, identity);
	after_forget(r, "users");
	end_sessions(r, identity);
	return CODE_OK;
}

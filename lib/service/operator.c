/*
 * The operator's statements. Each carries its audit row, so no deed is without
 * one. Runs with superadmin visibility, hence only for a worker's role.
 */
#include "service/operator.h"

#include "db/cache.h"

#define COMPANY_COLUMNS                                            \
	"c.id, c.tenant_id, t.slug, c.name, c.plan, t.status,"     \
	" (SELECT count(*) FROM users u WHERE u.company_id = c.id" \
	" AND u.removed_at IS NULL)"
#define COMPANY_FROM " FROM companies c JOIN tenants t ON t.id = c.tenant_id"

#define USER_COLUMNS \
	"u.id, u.tenant_id, u.company_id, c.name, u.kratos_id, u.role"
#define USER_FROM                                                    \
	" FROM users u LEFT JOIN companies c ON c.id = u.company_id" \
	" WHERE u.removed_at IS NULL"

/* Appends the audit row of the CTE "done" (tenant_id, id). */
#define AUDIT(action, type, actor)                                         \
	" a AS (INSERT INTO audit_log (tenant_id, action, target_type,"    \
	" target_id, details) SELECT tenant_id, '" action "', '" type "'," \
	" id, jsonb_build_object('by', " actor "::text) FROM done)"        \
	" SELECT id FROM done"

enum query {
	Q_COMPANIES,
	Q_FIND_COMPANY,
	Q_USERS,
	Q_FIND_USER,
	Q_ADD_USER,
	Q_LOCK_ADMINS,
	Q_SET_ROLE,
	Q_REMOVE_USER,
	Q_SET_STATUS,
	Q_SET_PLAN,
	Q__MAX
};

extern const struct db_query operator_queries[];

const struct db_query operator_queries[] = {
	[Q_COMPANIES] = {
	    .name = "operator_companies",
	    .nargs = 0,
	    .sql = "SELECT " COMPANY_COLUMNS COMPANY_FROM
		   " ORDER BY c.created_at, c.id",
	},
	[Q_FIND_COMPANY] = {
	    .name = "operator_find_company",
	    .nargs = 1, /* id, slug or name */
	    .sql = "SELECT " COMPANY_COLUMNS COMPANY_FROM
		   " WHERE c.id::text = $1 OR t.slug = $1 OR c.name = $1"
		   " ORDER BY c.id::text = $1 DESC, t.slug = $1 DESC LIMIT 2",
	},
	[Q_USERS] = {
	    .name = "operator_users",
	    .nargs = 1, /* company or NULL */
	    .sql = "SELECT " USER_COLUMNS USER_FROM
		   " AND ($1::uuid IS NULL OR u.company_id = $1)"
		   " ORDER BY c.name, u.created_at, u.id",
	},
	[Q_FIND_USER] = {
	    .name = "operator_find_user",
	    .nargs = 1, /* identity */
	    .sql = "SELECT " USER_COLUMNS USER_FROM " AND u.kratos_id = $1",
	},
	[Q_ADD_USER] = {
	    .name = "operator_add_user",
	    .nargs = 5, /* tenant, company, identity, role, actor */
	    .sql = "WITH done AS (INSERT INTO users (tenant_id, company_id,"
		   " kratos_id, role) VALUES ($1, $2, $3, $4)"
		   " ON CONFLICT DO NOTHING RETURNING id, tenant_id),"
		   AUDIT("user.create", "user", "$5"),
	},
	[Q_LOCK_ADMINS] = {
	    .name = "operator_lock_admins",
	    .nargs = 1, /* company */
	    .sql = "SELECT id FROM users WHERE company_id = $1"
		   " AND role IN ('admin', 'owner') AND removed_at IS NULL"
		   " ORDER BY id FOR UPDATE",
	},
	[Q_SET_ROLE] = {
	    .name = "operator_set_role",
	    .nargs = 3, /* user, role, actor */
	    .sql = "WITH done AS (UPDATE users SET role = $2,"
		   " updated_at = now() WHERE id = $1 AND removed_at IS NULL"
		   " RETURNING id, tenant_id)," AUDIT("user.role", "user", "$3"),
	},
	[Q_REMOVE_USER] = {
	    .name = "operator_remove_user",
	    .nargs = 2, /* user, actor */
	    .sql = "WITH done AS (UPDATE users SET removed_at = now(),"
		   " updated_at = now() WHERE id = $1 AND removed_at IS NULL"
		   " RETURNING id, tenant_id),"
		   " m AS (DELETE FROM team_members WHERE user_id = $1),"
		   AUDIT("user.remove", "user", "$2"),
	},
	[Q_SET_STATUS] = {
	    .name = "operator_set_status",
	    .nargs = 3, /* tenant, status, actor */
	    .sql = "WITH done AS (UPDATE tenants SET status = $2,"
		   " updated_at = now() WHERE id = $1"
		   " RETURNING id, id AS tenant_id),"
		   AUDIT("tenant.status", "tenant", "$3"),
	},
	[Q_SET_PLAN] = {
	    .name = "operator_set_plan",
	    .nargs = 5, /* company, plan, status, seats, actor */
	    .sql = "WITH done AS (UPDATE companies"
		   " SET plan = coalesce($2, plan),"
		   " subscription_status = coalesce($3, subscription_status),"
		   " seat_count = coalesce($4::int, seat_count),"
		   " updated_at = now() WHERE id = $1"
		   " RETURNING id, tenant_id, plan, subscription_status,"
		   " seat_count),"
		   " a AS (INSERT INTO audit_log (tenant_id, action,"
		   " target_type, target_id, details) SELECT tenant_id,"
		   " 'company.plan', 'company', id, jsonb_build_object("
		   "'by', $5::text, 'plan', plan, 'status',"
		   " subscription_status, 'seats', seat_count) FROM done)"
		   " SELECT id FROM done",
	},
	[Q__MAX] = { 0 },
};

static const struct db_scope everything = { .superadmin = true };

static void
company_read(const struct db_rows *rows, struct operator_company *c)
{
	c->id = db_text(rows, 0);
	c->tenant_id = db_text(rows, 1);
	c->slug = db_text(rows, 2);
	c->name = db_text(rows, 3);
	c->plan = db_text(rows, 4);
	c->status = db_text(rows, 5);
	c->users = db_int(rows, 6);
}

static void
user_read(const struct db_rows *rows, struct operator_user *u)
{
	u->id = db_text(rows, 0);
	u->tenant_id = db_text(rows, 1);
	u->company_id = db_text(rows, 2);
	u->company = db_text(rows, 3);
	u->identity_id = db_text(rows, 4);
	u->role = db_text(rows, 5);
}

/* A read of its own; NULL and *code set when the database failed. */
static struct db_rows *
ask(struct db *db, const struct db_query *q, size_t nargs,
    const char *const *args, enum code *code)
{
	struct db_rows *rows;

	db_begin(db, DB_TX_READ, &everything);
	rows = db_last(db, q, nargs, args);
	*code = db_end(db, rows == NULL ? CODE_UNAVAILABLE : CODE_OK);
	return *code == CODE_OK ? rows : NULL;
}

enum code
operator_companies(struct db *db, struct arena *a,
    struct operator_company **out, size_t *n)
{
	struct db_rows *rows;
	enum code code;

	rows = ask(db, &operator_queries[Q_COMPANIES], DB_NOARGS, &code);
	if (rows == NULL)
		return code;
	*out = arena_calloc(a, db_count(rows), sizeof(**out));
	for (*n = 0; db_next(rows); (*n)++)
		company_read(rows, &(*out)[*n]);
	return CODE_OK;
}

enum code
operator_find_company(struct db *db, struct arena *a, const char *which,
    struct operator_company *out)
{
	struct db_rows *rows;
	enum code code;

	(void)a; /* rows live in the handle's arena */
	rows =
	    ask(db, &operator_queries[Q_FIND_COMPANY], DB_ARGS(which), &code);
	if (rows == NULL)
		return code;
	if (!db_next(rows))
		return CODE_NOT_FOUND;
	company_read(rows, out);
	if (db_count(rows) > 1 && !str_eq(out->id, which) &&
	    !str_eq(out->slug, which))
		return CODE_ABORTED;
	return CODE_OK;
}

enum code
operator_users(struct db *db, struct arena *a, const char *company_id,
    struct operator_user **out, size_t *n)
{
	struct db_rows *rows;
	enum code code;

	rows = ask(db, &operator_queries[Q_USERS], DB_ARGS(company_id), &code);
	if (rows == NULL)
		return code;
	*out = arena_calloc(a, db_count(rows), sizeof(**out));
	for (*n = 0; db_next(rows); (*n)++)
		user_read(rows, &(*out)[*n]);
	return CODE_OK;
}

enum code
operator_find_user(struct db *db, struct arena *a, const char *identity_id,
    struct operator_user *out)
{
	struct db_rows *rows;
	enum code code;

	(void)a; /* as above */
	rows = ask(db, &operator_queries[Q_FIND_USER], DB_ARGS(identity_id),
	    &code);
	if (rows == NULL)
		return code;
	if (!db_next(rows))
		return CODE_NOT_FOUND;
	user_read(rows, out);
	return CODE_OK;
}

/* Ends a write: none is the code when no row was changed. */
static enum code
finish(struct db *db, struct db_rows *rows, enum code none)
{
	if (rows == NULL)
		return db_end(db, CODE_UNAVAILABLE);
	return db_end(db, db_count(rows) == 0 ? none : CODE_OK);
}

/* Inside the transaction: what the pools keep about a user becomes stale. */
static void
forget(struct db *db, struct arena *a, const char *identity_id)
{
	db_notify(db, "mirai_cache",
	    cache_message(a, NULL,
		arena_printf(a, "user:tenant:%s", identity_id), false));
}

enum code
operator_add_user(struct db *db, struct arena *a,
    const struct operator_company *c, const char *identity_id, const char *role,
    const char *actor)
{
	db_begin(db, DB_TX_WRITE, &everything);
	forget(db, a, identity_id);
	return finish(db,
	    db_last(db, &operator_queries[Q_ADD_USER],
		DB_ARGS(c->tenant_id, c->id, identity_id, role, actor)),
	    CODE_ALREADY_EXISTS);
}

/* Locks the admins; whether u is the only one. */
static enum code
last_admin(struct db *db, const struct operator_user *u)
{
	struct db_rows *rows;
	bool is_admin = false;

	rows = db_run(db, &operator_queries[Q_LOCK_ADMINS],
	    DB_ARGS(u->company_id));
	if (rows == NULL)
		return CODE_UNAVAILABLE;
	while (db_next(rows))
		is_admin |= str_eq(db_text(rows, 0), u->id);
	return is_admin && db_count(rows) == 1 ? CODE_FAILED_PRECONDITION
					       : CODE_OK;
}

enum code
operator_set_role(struct db *db, struct arena *a, const struct operator_user *u,
    const char *role, const char *actor)
{
	enum code code;

	db_begin(db, DB_TX_WRITE, &everything);
	if (!str_eq(role, "admin") && (code = last_admin(db, u)) != CODE_OK)
		return db_end(db, code);
	forget(db, a, u->identity_id);
	return finish(db,
	    db_run(db, &operator_queries[Q_SET_ROLE],
		DB_ARGS(u->id, role, actor)),
	    CODE_NOT_FOUND);
}

enum code
operator_remove_user(struct db *db, struct arena *a,
    const struct operator_user *u, const char *actor)
{
	enum code code;

	db_begin(db, DB_TX_WRITE, &everything);
	if ((code = last_admin(db, u)) != CODE_OK)
		return db_end(db, code);
	forget(db, a, u->identity_id);
	return finish(db,
	    db_run(db, &operator_queries[Q_REMOVE_USER], DB_ARGS(u->id, actor)),
	    CODE_NOT_FOUND);
}

enum code
operator_set_status(struct db *db, const struct operator_company *c,
    const char *status, const char *actor)
{
	db_begin(db, DB_TX_WRITE, &everything);
	return finish(db,
	    db_last(db, &operator_queries[Q_SET_STATUS],
		DB_ARGS(c->tenant_id, status, actor)),
	    CODE_NOT_FOUND);
}

enum code
operator_set_plan(struct db *db, struct arena *a,
    const struct operator_company *c, const char *plan, const char *status,
    int64_t seats, const char *actor)
{
	/* "users" has the company that GetMe shows. */
	const char *const groups[] = { "billing", "users" };
	const char *n = seats == -1 ? NULL : db_arg_int(a, seats);
	size_t i;

	db_begin(db, DB_TX_WRITE, &everything);
	for (i = 0; i < NITEMS(groups); i++)
		db_notify(db, "mirai_cache",
		    cache_message(a, c->tenant_id, groups[i], true));
	return finish(db,
	    db_run(db, &operator_queries[Q_SET_PLAN],
		DB_ARGS(c->id, plan, status, n, actor)),
	    CODE_NOT_FOUND);
}

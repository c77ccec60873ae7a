/*
 * Using an invitation. The company's row is locked before that of the
 * invitation, always in this order; seats are counted after that, so of two
 * who come for the last one the second finds it taken.
 */
#include "service/invitation.h"

#include <stdio.h>
#include <string.h>

#include "net/crypt.h"
#include "rpc/after.h"
#include "rpc/auth.h"
#include "service/audit.h"
#include "service/company.h"
#include "service/people.h"
#include "service/seats.h"
#include "service/user.h"

#define CLAIM "interval '2 minutes'"

enum query {
	Q_FIND,
	Q_LOCK,
	Q_CLAIM,
	Q_RELEASE,
	Q_USER,
	Q_REVIVE,
	Q_ENTER,
	Q_INSERT,
	Q_ACCEPT,
	Q__MAX
};

extern const struct db_query invitation_join_queries[];

const struct db_query invitation_join_queries[] = {
	[Q_FIND] = {
	    .name = "invitation_find",
	    .nargs = 1, /* hash */
	    .sql = "SELECT " INVITATION_COLUMNS ", c.name"
		   " FROM invitations i JOIN companies c"
		   " ON c.tenant_id = i.tenant_id AND c.id = i.company_id"
		   " WHERE i.token = $1",
	},
	[Q_LOCK] = {
	    .name = "invitation_lock",
	    .nargs = 4, /* tenant, id, hash, the caller's claim */
	    .sql = "SELECT " INVITATION_COLUMNS ","
		   " i.claimed_until IS NOT DISTINCT FROM $4::timestamptz"
		   " FROM invitations i WHERE i.tenant_id = $1"
		   " AND i.id = $2 AND i.token = $3 FOR UPDATE",
	},
	[Q_CLAIM] = {
	    .name = "invitation_claim",
	    .nargs = 2, /* tenant, id */
	    .sql = "UPDATE invitations SET claimed_until ="
		   " clock_timestamp() + " CLAIM
		   " WHERE tenant_id = $1 AND id = $2"
		   " RETURNING claimed_until",
	},
	[Q_RELEASE] = {
	    .name = "invitation_release",
	    .nargs = 2, /* id, claim */
	    .sql = "UPDATE invitations SET claimed_until = NULL"
		   " WHERE id = $1 AND claimed_until = $2::timestamptz",
	},
	[Q_USER] = {
	    .name = "invitation_user",
	    .nargs = 1, /* identity */
	    .sql = "SELECT tenant_id, company_id FROM users"
		   " WHERE kratos_id = $1 AND removed_at IS NULL FOR UPDATE",
	},
	[Q_REVIVE] = {
	    .name = "invitation_revive",
	    .nargs = 4, /* tenant, company, identity, role */
	    .sql = "UPDATE users u SET removed_at = NULL, role = $4,"
		   " updated_at = now() WHERE u.id = (SELECT o.id FROM users o"
		   " WHERE o.tenant_id = $1 AND o.company_id = $2"
		   " AND o.kratos_id = $3 AND o.removed_at IS NOT NULL"
		   " ORDER BY o.removed_at DESC, o.id LIMIT 1)"
		   " RETURNING " USER_COLUMNS,
	},
	[Q_ENTER] = {
	    .name = "invitation_enter",
	    .nargs = 4, /* tenant, company, identity, role */
	    .sql = "UPDATE users u SET company_id = $2, role = $4,"
		   " updated_at = now() WHERE u.tenant_id = $1"
		   " AND u.kratos_id = $3 AND u.company_id IS NULL"
		   " AND u.removed_at IS NULL RETURNING " USER_COLUMNS,
	},
	[Q_INSERT] = {
	    .name = "invitation_insert_user",
	    .nargs = 4, /* tenant, company, identity, role */
	    .sql = "INSERT INTO users AS u (tenant_id, company_id, kratos_id,"
		   " role) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"
		   " RETURNING " USER_COLUMNS,
	},
	[Q_ACCEPT] = {
	    .name = "invitation_accept",
	    .nargs = 3, /* tenant, id, user */
	    .sql = "WITH i AS (UPDATE invitations SET status = 'accepted',"
		   " accepted_by_user_id = $3, claimed_until = NULL,"
		   " updated_at = now() WHERE tenant_id = $1 AND id = $2"
		   " AND status = 'pending' RETURNING *)"
		   " SELECT " INVITATION_COLUMNS ", " COMPANY_COLUMNS
		   " FROM i JOIN companies c"
		   " ON c.tenant_id = i.tenant_id AND c.id = i.company_id",
	},
	[Q__MAX] = { 0 },
};

/* --- reading --------------------------------------------------------------- */

static int
status_wire(const char *status)
{
	if (str_eq(status, "pending"))
		return PB_INVITATION_STATUS_PENDING;
	if (str_eq(status, "accepted"))
		return PB_INVITATION_STATUS_ACCEPTED;
	if (str_eq(status, "revoked"))
		return PB_INVITATION_STATUS_REVOKED;
	if (str_eq(status, "expired"))
		return PB_INVITATION_STATUS_EXPIRED;
	return PB_INVITATION_STATUS_UNSPECIFIED;
}

void
invitation_read(struct req *r, const struct db_rows *rows,
    struct invitation *out)
{
	struct pb_invitation *pb = arena_zalloc(r->mem, sizeof(*pb));

	pb->id = out->id = db_text(rows, 0);
	pb->company_id = out->company_id = db_text(rows, 1);
	pb->email = out->email = db_text(rows, 2);
	out->role = db_text(rows, 3);
	pb->role = people_role(out->role);
	out->status = db_text(rows, 4);
	pb->status = status_wire(out->status);
	pb->invited_by_user_id = db_text(rows, 5);
	pb->accepted_by_user_id = db_text_null(rows, 6);
	pb->expires_at = pb_time(r->mem, db_time(rows, 7));
	pb->created_at = pb_time(r->mem, db_time(rows, 8));
	pb->updated_at = pb_time(r->mem, db_time(rows, 9));
	out->tenant_id = db_text(rows, 10);
	out->claimed = db_bool(rows, 11);
	out->pb = pb;
}

const char *
invitation_hash(struct arena *a, const char *token)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz"
				      "0123456789-_";
	size_t len = token == NULL ? 0 : strlen(token);

	if (len < 40 || len > 64 || strspn(token, letters) != len)
		return NULL;
	return crypt_sha256_hex(a, token, len);
}

enum code
invitation_none(struct req *r)
{
	return req_fail_reason(r, CODE_NOT_FOUND, "INVITATION_NOT_FOUND",
	    "invitation not found");
}

enum code
invitation_unreachable(struct req *r)
{
	return req_fail_reason(r, CODE_UNAVAILABLE, "EXTERNAL_SERVICE_ERROR",
	    "the identity service does not answer; please try again");
}

static enum code
used_before(struct req *r)
{
	return req_fail_reason(r, CODE_ALREADY_EXISTS,
	    "INVITATION_ALREADY_ACCEPTED",
	    "the invitation was accepted already");
}

enum code
invitation_usable(struct req *r, const struct invitation *in)
{
	switch (in->pb->status) {
	case PB_INVITATION_STATUS_PENDING:
		return CODE_OK;
	case PB_INVITATION_STATUS_ACCEPTED:
		return used_before(r);
	case PB_INVITATION_STATUS_REVOKED:
		return req_fail_reason(r, CODE_INVALID_ARGUMENT,
		    "INVITATION_REVOKED", "the invitation was withdrawn");
	case PB_INVITATION_STATUS_EXPIRED:
		return req_fail_reason(r, CODE_INVALID_ARGUMENT,
		    "INVITATION_EXPIRED", "the invitation has expired");
	default:
		return req_fail_reason(r, CODE_INVALID_ARGUMENT,
		    "INVITATION_INVALID", "the invitation cannot be used");
	}
}

/* --- transactions ---------------------------------------------------------- */

static void
begin(struct req *r, enum db_tx tx)
{
	const struct db_scope scope = { .superadmin = true,
		.deadline_ms = r->deadline_ms };

	db_begin(r->db, tx, &scope);
}

void
invitation_begin(struct req *r)
{
	begin(r, DB_TX_WRITE);
}

enum code
invitation_end(struct req *r, enum code code)
{
	enum code end = db_end(r->db, code);

	return code == CODE_OK && end != CODE_OK ? req_fail_db(r) : code;
}

static enum code
find(struct req *r, const char *hash, struct invitation *out,
    struct pb_company **company)
{
	struct db_rows *rows;

	rows = db_last(r->db, &invitation_join_queries[Q_FIND], DB_ARGS(hash));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return invitation_none(r);
	invitation_read(r, rows, out);
	if (company != NULL) {
		*company = arena_zalloc(r->mem, sizeof(**company));
		(*company)->id = out->company_id;
		(*company)->name = db_text(rows, INVITATION_NCOLUMNS);
	}
	return CODE_OK;
}

enum code
invitation_by_token(struct req *r, const char *token, struct invitation *out,
    struct pb_company **company)
{
	const char *hash = invitation_hash(r->mem, token);
	enum code code;

	if (hash == NULL)
		return invitation_none(r);
	begin(r, DB_TX_READ);
	code = invitation_end(r, find(r, hash, out, company));
	return code == CODE_OK ? invitation_usable(r, out) : code;
}

/* --- using one ------------------------------------------------------------- */

/* Whether one more fits; invitations hold seats, but not against their own. */
static enum code
lock_seats(struct req *r, const struct invitation *inv)
{
	struct seats s;
	enum code code;

	code = seats_lock(r->db, inv->tenant_id, inv->company_id, &s);
	if (code == CODE_NOT_FOUND)
		return invitation_none(r);
	if (code != CODE_OK)
		return req_fail_db(r);
	return s.used + 1 <= s.effective
	    ? CODE_OK
	    : req_fail_reason(r, CODE_PERMISSION_DENIED,
		  "INVITATION_SEAT_LIMIT_EXCEEDED",
		  "the company has no seat left");
}

enum code
invitation_lock(struct req *r, const char *hash,
    const struct invitation_claim *mine, struct invitation *inv)
{
	const char *until = mine == NULL ? NULL : mine->until;
	struct db_rows *rows;
	enum code seats, code;
	bool own;

	seats = lock_seats(r, inv);
	if (seats != CODE_OK && seats != CODE_PERMISSION_DENIED)
		return seats;
	rows = db_run(r->db, &invitation_join_queries[Q_LOCK],
	    DB_ARGS(inv->tenant_id, inv->id, hash, until));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return invitation_none(r);
	invitation_read(r, rows, inv);
	own = until != NULL && db_bool(rows, INVITATION_NCOLUMNS);
	if ((code = invitation_usable(r, inv)) != CODE_OK)
		return code;
	if (!own && (inv->claimed || until != NULL))
		return used_before(r);
	return seats;
}

enum code
invitation_claim(struct req *r, const struct invitation *inv,
    struct invitation_claim *out)
{
	struct db_rows *rows;

	rows = db_run(r->db, &invitation_join_queries[Q_CLAIM],
	    DB_ARGS(inv->tenant_id, inv->id));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return invitation_none(r);
	out->until = db_text(rows, 0);
	return CODE_OK;
}

void
invitation_release(struct req *r, const char *id,
    const struct invitation_claim *mine)
{
	db_queue(r->db, &invitation_join_queries[Q_RELEASE],
	    DB_ARGS(id, mine->until));
}

static enum code
has_company(struct req *r)
{
	return req_fail_forbidden(r, "you belong to a company already");
}

/* Whether the identity may become a user there: one user row per identity. */
static enum code
check_free(struct req *r, const struct invitation *inv, const char *identity_id,
    bool *enters)
{
	struct db_rows *rows;

	*enters = false;
	rows = db_run(r->db, &invitation_join_queries[Q_USER],
	    DB_ARGS(identity_id));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return CODE_OK;
	if (!db_null(rows, 1) || !str_eq(db_text(rows, 0), inv->tenant_id))
		return has_company(r);
	*enters = true;
	return CODE_OK;
}

/* One of the ways to a user row; *out stays NULL if it gave none. */
static enum code
try_user(struct req *r, enum query q, const struct invitation *inv,
    const char *identity_id, struct pb_user **out)
{
	struct db_rows *rows;

	rows = db_run(r->db, &invitation_join_queries[q],
	    DB_ARGS(inv->tenant_id, inv->company_id, identity_id, inv->role));
	if (rows == NULL && db_fault(r->db) == DB_FAULT_UNIQUE)
		return has_company(r);
	if (rows == NULL)
		return req_fail_db(r);
	if (db_next(rows))
		*out = user_read(r, rows, 0);
	return CODE_OK;
}

static enum code
make_user(struct req *r, const struct invitation *inv, const char *identity_id,
    struct pb_user **out)
{
	bool enters;
	enum code code;

	*out = NULL;
	if ((code = check_free(r, inv, identity_id, &enters)) != CODE_OK)
		return code;
	code = try_user(r, enters ? Q_ENTER : Q_REVIVE, inv, identity_id, out);
	if (code == CODE_OK && *out == NULL)
		code = try_user(r, Q_INSERT, inv, identity_id, out);
	return code == CODE_OK && *out == NULL ? has_company(r) : code;
}

/* The rest of the request is in the new user's name: audit, caches, log. */
static void
become(struct req *r, const struct pb_user *u)
{
	struct who *w = &r->who;

	snprintf(w->identity_id, sizeof(w->identity_id), "%s", u->kratos_id);
	snprintf(w->user_id, sizeof(w->user_id), "%s", u->id);
	snprintf(w->tenant_id, sizeof(w->tenant_id), "%s", u->tenant_id);
	snprintf(w->company_id, sizeof(w->company_id), "%s", u->company_id);
	w->role = u->role == PB_ROLE_ADMIN  ? ROLE_ADMIN
	    : u->role == PB_ROLE_INSTRUCTOR ? ROLE_INSTRUCTOR
					    : ROLE_SME;
}

enum code
invitation_join(struct req *r, const struct invitation *inv,
    const char *identity_id, struct invitation_joined *out)
{
	struct invitation done;
	struct db_rows *rows;
	enum code code;

	if ((code = make_user(r, inv, identity_id, &out->user)) != CODE_OK)
		return code;
	rows = db_run(r->db, &invitation_join_queries[Q_ACCEPT],
	    DB_ARGS(inv->tenant_id, inv->id, out->user->id));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return used_before(r);
	become(r, out->user);
	invitation_read(r, rows, &done);
	out->invitation = done.pb;
	out->company = company_read(r, rows, INVITATION_NCOLUMNS);
	audit_write(r, "invitation.accept", "invitation", inv->id, NULL);
	auth_forget_identity(r, identity_id);
	after_forget(r, "users");
	return CODE_OK;
}

/*
 * InvitationService: asking people into a company, and their answer. Every
 * query of an admin's method is bound to the caller's tenant and company; only
 * a token leads across tenants. Tokens leave by mail alone.
 */
#include "service/invitation.h"

#include "mirai/v1/invitation.rpc.h"

#include <stdio.h>

#include "base/clock.h"
#include "identity/directory.h"
#include "identity/nfc.h"
#include "net/crypt.h"
#include "net/json.h"
#include "rpc/auth.h"
#include "rpc/tx.h"
#include "service/audit.h"
#include "service/field.h"
#include "service/outbox.h"
#include "service/people.h"
#include "service/ratelimit.h"
#include "service/seats.h"

#define TOKEN_BYTES  32
#define LIFE	     "interval '7 days'"
#define RESENDS	     5
#define RESEND_PAUSE 600 /* seconds */
#define LIST_MAX     "2000"

enum query {
	Q_EXPIRE,
	Q_CHECK,
	Q_INSERT,
	Q_LIST,
	Q_GET,
	Q_REVOKE,
	Q_RESEND,
	Q__MAX
};

extern const struct db_query invitation_queries[];

const struct db_query invitation_queries[] = {
	[Q_EXPIRE] = {
	    .name = "invitation_expire",
	    .nargs = 3, /* tenant, company, e-mail */
	    .sql = "UPDATE invitations SET status = 'expired',"
		   " updated_at = now() WHERE tenant_id = $1"
		   " AND company_id = $2 AND lower(email) = $3"
		   " AND status = 'pending' AND expires_at <= now()",
	},
	[Q_CHECK] = {
	    .name = "invitation_check",
	    .nargs = 4, /* tenant, company, e-mail, identity or NULL */
	    .sql = "SELECT c.name, EXISTS (SELECT FROM invitations i"
		   " WHERE i.tenant_id = c.tenant_id AND i.company_id = c.id"
		   " AND lower(i.email) = $3 AND i.status = 'pending'),"
		   " EXISTS (SELECT FROM users u"
		   " WHERE u.tenant_id = c.tenant_id AND u.company_id = c.id"
		   " AND u.kratos_id = $4::uuid AND u.removed_at IS NULL)"
		   " FROM companies c WHERE c.tenant_id = $1 AND c.id = $2",
	},
	[Q_INSERT] = {
	    .name = "invitation_insert",
	    .nargs = 6, /* tenant, company, e-mail, role, hash, inviter */
	    .sql = "INSERT INTO invitations AS i (tenant_id, company_id, email,"
		   " role, token, invited_by_user_id, expires_at)"
		   " VALUES ($1, $2, $3, $4, $5, $6, now() + " LIFE ")"
		   " ON CONFLICT DO NOTHING RETURNING " INVITATION_COLUMNS,
	},
	[Q_LIST] = {
	    .name = "invitation_list",
	    .nargs = 3, /* tenant, company, statuses or NULL */
	    .sql = "SELECT " INVITATION_COLUMNS " FROM invitations i"
		   " WHERE i.tenant_id = $1 AND i.company_id = $2"
		   " AND ($3::text[] IS NULL OR " INVITATION_STATUS
		   " = ANY ($3::text[]))"
		   " ORDER BY i.created_at DESC, i.id DESC LIMIT " LIST_MAX,
	},
	[Q_GET] = {
	    .name = "invitation_get",
	    .nargs = 2, /* tenant, id */
	    .sql = "SELECT " INVITATION_COLUMNS ", i.sent_count,"
		   " ceil(extract(epoch FROM i.last_sent_at - now()))::bigint,"
		   " c.name FROM invitations i JOIN companies c"
		   " ON c.tenant_id = i.tenant_id AND c.id = i.company_id"
		   " WHERE i.tenant_id = $1 AND i.id = $2",
	},
	[Q_REVOKE] = {
	    .name = "invitation_revoke",
	    .nargs = 2, /* tenant, id */
	    .sql = "UPDATE invitations i SET status = 'revoked',"
		   " updated_at = now() WHERE i.tenant_id = $1 AND i.id = $2"
		   " AND i.status = 'pending' RETURNING " INVITATION_COLUMNS,
	},
	[Q_RESEND] = {
	    .name = "invitation_resend",
	    .nargs = 5, /* tenant, id, hash, resends, pause in seconds */
	    .sql = "UPDATE invitations i SET token = $3,"
		   " expires_at = now() + " LIFE ", last_sent_at = now(),"
		   " sent_count = i.sent_count + 1, updated_at = now()"
		   " WHERE i.tenant_id = $1 AND i.id = $2"
		   " AND i.status = 'pending' AND i.expires_at > now()"
		   " AND i.sent_count < $4::int AND (i.last_sent_at IS NULL"
		   " OR i.last_sent_at <= now() - $5::int * interval '1 s')"
		   " AND (i.claimed_until IS NULL OR i.claimed_until <= now())"
		   " RETURNING " INVITATION_COLUMNS,
	},
	[Q__MAX] = { 0 },
};

/* 43 characters that nobody can guess. */
static const char *
new_token(struct req *r)
{
	uint8_t random[TOKEN_BYTES];
	const char *token;

	crypt_random(random, sizeof(random));
	token = crypt_base64url(r->mem, random, sizeof(random));
	crypt_wipe(random, sizeof(random));
	return token;
}

/* --- what admins do -------------------------------------------------------- */

/* A transaction of the caller's tenant, for methods that have called outside. */
static const char *
inviter(struct req *r)
{
	const char *first = r->who.first_name, *last = r->who.last_name;

	return arena_printf(r->mem, "%s%s%s", first == NULL ? "" : first,
	    str_is_empty(first) || str_is_empty(last) ? "" : " ",
	    last == NULL ? "" : last);
}

static enum code
mail(struct req *r, const struct pb_invitation *i, const char *token,
    const char *company)
{
	struct json *data = json_new_object(r->mem);
	struct outbox_mail letter = { .kind = "invitation" };
	enum code code;

	json_put_text(data, "inviter", inviter(r));
	json_put_text(data, "company", company);
	json_put_text(data, "link",
	    arena_printf(r->mem, "/auth/accept-invite?token=%s", token));
	json_put_text(data, "expires_at",
	    clock_rfc3339(r->mem, i->expires_at->seconds * 1000000));
	letter.to = i->email;
	letter.tenant_id = r->who.tenant_id;
	letter.data = data;
	code = outbox_queue(r->db, r->mem, &letter);
	if (code == CODE_INVALID_ARGUMENT)
		return req_fail_field(r, "email", "can get no mail");
	return code == CODE_OK ? CODE_OK : req_fail_db(r);
}

struct plan {
	const char *email;
	const char *role;
	const char *identity_id; /* who has that address; NULL: nobody */
};

static enum code
check_create(struct req *r, const struct pb_create_invitation_request *in,
    struct plan *out)
{
	if (str_is_empty(in->email))
		return req_fail_missing(r, "email", "must not be empty");
	if ((out->email = field_email_clean(r->mem, in->email)) == NULL)
		return req_fail_field(r, "email", "is no e-mail address");
	out->role = in->role == PB_ROLE_UNSPECIFIED
	    ? "sme"
	    : people_stored_role(in->role);
	if (out->role == NULL)
		return req_fail_field(r, "role",
		    "must be admin, instructor or sme");
	return CODE_OK;
}

static enum code
look_up(struct req *r, struct plan *p)
{
	struct ident_person *person = arena_zalloc(r->mem, sizeof(*person));
	enum code code;

	code = directory_find(r->env->directory, r->mem, p->email, person);
	if (code == CODE_OK)
		p->identity_id = person->identity_id;
	return code == CODE_OK || code == CODE_NOT_FOUND
	    ? CODE_OK
	    : invitation_unreachable(r);
}

/* Under the lock of the company: whether there is anything against it. */
static enum code
may_invite(struct req *r, const struct plan *p, const char **company)
{
	const char *tenant = r->who.tenant_id, *id = r->who.company_id;
	struct db_rows *rows;
	struct seats s;
	enum code code;

	code = seats_lock(r->db, tenant, id, &s);
	if (code != CODE_OK)
		return code == CODE_NOT_FOUND ? invitation_none(r)
					      : req_fail_db(r);
	if (!s.paid)
		return seats_not_paid(r);
	if (s.available < 1)
		return req_fail_reason(r, CODE_PERMISSION_DENIED,
		    "INVITATION_SEAT_LIMIT_EXCEEDED",
		    "the company has no seat left");
	db_queue(r->db, &invitation_queries[Q_EXPIRE],
	    DB_ARGS(tenant, id, p->email));
	rows = db_run(r->db, &invitation_queries[Q_CHECK],
	    DB_ARGS(tenant, id, p->email, p->identity_id));
	if (rows == NULL || !db_next(rows))
		return req_fail_db(r);
	*company = db_text(rows, 0);
	if (db_bool(rows, 1))
		return req_fail_reason(r, CODE_ALREADY_EXISTS,
		    "INVITATION_EMAIL_ALREADY_INVITED",
		    "this address has an open invitation");
	if (db_bool(rows, 2))
		return req_fail_reason(r, CODE_ALREADY_EXISTS,
		    "USER_EMAIL_EXISTS", "this person is in the company");
	return CODE_OK;
}

static enum code
create(struct req *r, const struct plan *p, struct pb_invitation **out)
{
	const char *company = "", *token = new_token(r);
	struct invitation made;
	struct db_rows *rows;
	enum code code;

	if ((code = may_invite(r, p, &company)) != CODE_OK)
		return code;
	rows = db_run(r->db, &invitation_queries[Q_INSERT],
	    DB_ARGS(r->who.tenant_id, r->who.company_id, p->email, p->role,
		invitation_hash(r->mem, token), r->who.user_id));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return req_fail_reason(r, CODE_ALREADY_EXISTS,
		    "INVITATION_EMAIL_ALREADY_INVITED",
		    "this address has an open invitation");
	invitation_read(r, rows, &made);
	*out = made.pb;
	audit_write(r, "invitation.create", "invitation", made.id, NULL);
	return mail(r, made.pb, token, company);
}

enum code
invitation_create_invitation(struct req *r,
    const struct pb_create_invitation_request *in,
    struct pb_create_invitation_response *out)
{
	struct plan p = { 0 };
	enum code code;

	if ((code = check_create(r, in, &p)) != CODE_OK ||
	    (code = ratelimit_take(r, RATELIMIT_CREATE_INVITATION, NULL)) !=
		CODE_OK ||
	    (code = look_up(r, &p)) != CODE_OK)
		return code;
	tx_begin(r, DB_TX_WRITE);
	return invitation_end(r, create(r, &p, &out->invitation));
}

/* The names of the statuses that are asked for; NULL: all. */
static const char *
wanted(struct req *r, const struct pb_list_invitations_request *in)
{
	static const char *const names[] = {
		[PB_INVITATION_STATUS_PENDING] = "pending",
		[PB_INVITATION_STATUS_ACCEPTED] = "accepted",
		[PB_INVITATION_STATUS_EXPIRED] = "expired",
		[PB_INVITATION_STATUS_REVOKED] = "revoked",
	};
	bool want[NITEMS(names)] = { false };
	const char *list[NITEMS(names)];
	size_t i, n = 0;

	for (i = 0; i < in->nstatus_filter; i++)
		if (in->status_filter[i] > 0 &&
		    (size_t)in->status_filter[i] < NITEMS(names))
			want[in->status_filter[i]] = true;
	for (i = 1; i < NITEMS(names); i++)
		if (want[i])
			list[n++] = names[i];
	return n == 0 ? NULL : db_arg_array(r->mem, list, n);
}

enum code
invitation_list_invitations(struct req *r,
    const struct pb_list_invitations_request *in,
    struct pb_list_invitations_response *out)
{
	struct invitation one;
	struct db_rows *rows;

	rows = db_last(r->db, &invitation_queries[Q_LIST],
	    DB_ARGS(r->who.tenant_id, r->who.company_id, wanted(r, in)));
	if (rows == NULL)
		return req_fail_db(r);
	out->invitations =
	    arena_calloc(r->mem, db_count(rows), sizeof(*out->invitations));
	while (db_next(rows)) {
		invitation_read(r, rows, &one);
		out->invitations[out->ninvitations++] = *one.pb;
	}
	return CODE_OK;
}

/* How often it was sent again, and to be sent for which company. */
struct sending {
	int64_t count;
	int64_t age; /* of the last one, in seconds */
	bool ever;
	const char *company;
};

/* The one of that id in the caller's company. */
static enum code
load(struct req *r, const char *value, struct invitation *out,
    struct sending *sending)
{
	struct db_rows *rows;
	const char *id;
	enum code code;

	code = field_uuid(r, "invitation_id", value, &id);
	if (code != CODE_OK)
		return code;
	rows = db_run(r->db, &invitation_queries[Q_GET],
	    DB_ARGS(r->who.tenant_id, id));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows))
		return invitation_none(r);
	invitation_read(r, rows, out);
	if (!str_eq(out->company_id, r->who.company_id))
		return req_fail_forbidden(r,
		    "the invitation belongs to another company");
	sending->count = db_int(rows, INVITATION_NCOLUMNS);
	sending->ever = !db_null(rows, INVITATION_NCOLUMNS + 1);
	sending->age = -db_int(rows, INVITATION_NCOLUMNS + 1);
	sending->company = db_text(rows, INVITATION_NCOLUMNS + 2);
	return CODE_OK;
}

enum code
invitation_get_invitation(struct req *r,
    const struct pb_get_invitation_request *in,
    struct pb_get_invitation_response *out)
{
	struct invitation found;
	struct sending sending;
	enum code code;

	code = load(r, in->invitation_id, &found, &sending);
	if (code == CODE_OK)
		out->invitation = found.pb;
	return code;
}

enum code
invitation_revoke_invitation(struct req *r,
    const struct pb_revoke_invitation_request *in,
    struct pb_revoke_invitation_response *out)
{
	struct invitation found;
	struct sending sending;
	struct db_rows *rows;
	enum code code;

	code = load(r, in->invitation_id, &found, &sending);
	if (code != CODE_OK)
		return code;
	rows = db_run(r->db, &invitation_queries[Q_REVOKE],
	    DB_ARGS(r->who.tenant_id, found.id));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows)) {
		code = load(r, in->invitation_id, &found, &sending);
		return code == CODE_OK ? invitation_usable(r, &found) : code;
	}
	invitation_read(r, rows, &found);
	out->invitation = found.pb;
	audit_write(r, "invitation.revoke", "invitation", found.id, NULL);
	return CODE_OK;
}

/* Why one was not sent again. */
static enum code
refuse_resend(struct req *r, const struct invitation *i,
    const struct sending *sending)
{
	if (i->pb->status != PB_INVITATION_STATUS_PENDING || i->claimed)
		return req_fail_reason(r, CODE_INVALID_ARGUMENT,
		    "INVITATION_EXPIRED", "the invitation is no longer open");
	if (sending->count >= RESENDS)
		return req_fail_reason(r, CODE_RESOURCE_EXHAUSTED,
		    "RATE_LIMITED",
		    "the invitation was sent again %d times; make a new one",
		    RESENDS);
	return req_fail_retry(r, CODE_RESOURCE_EXHAUSTED, "RATE_LIMITED",
	    sending->ever && sending->age < RESEND_PAUSE
		? (int)(RESEND_PAUSE - sending->age)
		: 1,
	    "the invitation was sent again less than ten minutes ago");
}

enum code
invitation_resend_invitation(struct req *r,
    const struct pb_resend_invitation_request *in,
    struct pb_resend_invitation_response *out)
{
	const char *token = new_token(r);
	struct invitation found;
	struct sending sending;
	struct db_rows *rows;
	enum code code;

	if ((code = load(r, in->invitation_id, &found, &sending)) != CODE_OK ||
	    (code = seats_gate(r)) != CODE_OK)
		return code;
	rows = db_run(r->db, &invitation_queries[Q_RESEND],
	    DB_ARGS(r->who.tenant_id, found.id, invitation_hash(r->mem, token),
		db_arg_int(r->mem, RESENDS), db_arg_int(r->mem, RESEND_PAUSE)));
	if (rows == NULL)
		return req_fail_db(r);
	if (!db_next(rows)) {
		code = load(r, in->invitation_id, &found, &sending);
		return code == CODE_OK ? refuse_resend(r, &found, &sending)
				       : code;
	}
	invitation_read(r, rows, &found);
	out->invitation = found.pb;
	audit_write(r, "invitation.resend", "invitation", found.id, NULL);
	return mail(r, found.pb, token, sending.company);
}

enum code
invitation_get_seat_info(struct req *r,
    const struct pb_get_seat_info_request *in,
    struct pb_get_seat_info_response *out)
{
	struct pb_seat_info *info;
	struct seats s;
	enum code code;

	(void)in; /* has no fields */
	code = seats_load(r->db, r->who.tenant_id, r->who.company_id, &s);
	if (code == CODE_NOT_FOUND)
		return req_fail_reason(r, CODE_NOT_FOUND, "COMPANY_NOT_FOUND",
		    "company not found");
	if (code != CODE_OK)
		return req_fail_db(r);
	info = arena_zalloc(r->mem, sizeof(*info));
	info->total_seats = (int32_t)s.effective;
	info->used_seats = (int32_t)s.used;
	info->pending_invitations = (int32_t)s.reserved;
	info->available_seats = (int32_t)s.available;
	out->seat_info = info;
	return CODE_OK;
}

/* --- what the invited do --------------------------------------------------- */

enum code
invitation_get_invitation_by_token(struct req *r,
    const struct pb_get_invitation_by_token_request *in,
    struct pb_get_invitation_by_token_response *out)
{
	struct invitation found;
	enum code code;

	if ((code = ratelimit_take(r, RATELIMIT_INVITATION_TOKEN, NULL)) !=
		CODE_OK ||
	    (code = invitation_by_token(r, in->token, &found, &out->company)) !=
		CODE_OK)
		return code;
	found.pb->invited_by_user_id = "";
	out->invitation = found.pb;
	return CODE_OK;
}

static enum code
mismatch(struct req *r, const char *text)
{
	return req_fail_reason(r, CODE_PERMISSION_DENIED,
	    "INVITATION_EMAIL_MISMATCH", "%s", text);
}

/* Whether the caller is the one invited, by an address that is proven. */
static enum code
check_invited(struct req *r, const struct invitation *inv)
{
	struct directory_account account;
	enum code code;

	if (str_is_empty(r->who.email))
		return req_fail_reason(r, CODE_UNAUTHENTICATED,
		    "AUTH_UNAUTHORIZED", "the session has no e-mail address");
	if (!str_eq(nfc_identifier(r->mem, r->who.email),
		nfc_identifier(r->mem, inv->email)))
		return mismatch(r, "the invitation is for another address");
	code =
	    directory_account(r->env->directory, r->mem, inv->email, &account);
	if (code != CODE_OK && code != CODE_NOT_FOUND)
		return invitation_unreachable(r);
	if (code == CODE_NOT_FOUND ||
	    !str_eq(account.person.identity_id, r->who.identity_id))
		return mismatch(r, "the invitation is for another address");
	return account.verified
	    ? CODE_OK
	    : mismatch(r, "your e-mail address is not verified yet");
}

static enum code
accept(struct req *r, const char *hash, struct invitation *inv,
    struct pb_accept_invitation_response *out)
{
	struct invitation_joined joined;
	enum code code;

	if ((code = invitation_lock(r, hash, NULL, inv)) != CODE_OK ||
	    (code = invitation_join(r, inv, r->who.identity_id, &joined)) !=
		CODE_OK)
		return code;
	out->invitation = joined.invitation;
	out->user = joined.user;
	out->company = joined.company;
	return CODE_OK;
}

enum code
invitation_accept_invitation(struct req *r,
    const struct pb_accept_invitation_request *in,
    struct pb_accept_invitation_response *out)
{
	struct invitation inv;
	enum code code;

	if (str_is_empty(in->token))
		return req_fail_missing(r, "token", "must not be empty");
	if ((code = ratelimit_take(r, RATELIMIT_ACCEPT_INVITATION, NULL)) !=
		CODE_OK ||
	    (code = invitation_by_token(r, in->token, &inv, NULL)) != CODE_OK ||
	    (code = check_invited(r, &inv)) != CODE_OK)
		return code;
	if (r->who.company_id[0] != '\0') /* whether seats are left or not */
		return req_fail_forbidden(r, "you belong to a company already");
	invitation_begin(r);
	code = invitation_end(r,
	    accept(r, invitation_hash(r->mem, in->token), &inv, out));
	if (code == CODE_OK)
		people_fill(r, &out->user, 1);
	return code;
}

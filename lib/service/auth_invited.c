/*
 * RegisterWithInvitation. The invitation is claimed, the identity made, then
 * user row and acceptance stored, each by itself: a kill in between leaves an
 * invitation that can be used again after two minutes. The identity it may
 * leave names the invitation it was made for; the next try removes it.
 */
#include "service/auth_invited.h"

#include "mirai/v1/auth.rpc.h"

#include "base/clock.h"
#include "identity/directory.h"
#include "service/auth_password.h"
#include "service/compensate.h"
#include "service/field.h"
#include "service/invitation.h"
#include "service/ratelimit.h"

#define ORIGIN	    "invitation_id"
#define PATIENCE_MS 5000 /* for cleaning up, also when time is up */

enum query {
	Q_USER,
	Q__MAX
};

const struct db_query auth_invited_queries[] = {
	[Q_USER] = {
	    .name = "auth_invited_user",
	    .nargs = 1, /* identity */
	    .sql = "SELECT 1 FROM users WHERE kratos_id = $1 LIMIT 1",
	},
	[Q__MAX] = { 0 },
};

struct signup {
	const char *token_hash;
	const char *first_name;
	const char *last_name;
	const char *password;
	const char *password_hash;
	struct invitation inv;
	struct invitation_claim claim;
	char identity_id[STR_UUID_LEN + 1]; /* "": not made */
	struct invitation_joined joined;
};

/* --- before anything is done ----------------------------------------------- */

static enum code
check_password(struct req *r, const struct signup *s)
{
	struct auth_password_owner owner;

	owner.email = s->inv.email == NULL ? "" : s->inv.email;
	owner.first_name = s->first_name;
	owner.last_name = s->last_name;
	return auth_password_check(r, s->password, &owner);
}

/* The fields by themselves, in the order of the form. */
static enum code
check_fields(struct req *r,
    const struct pb_register_with_invitation_request *in, struct signup *s)
{
	enum code code;

	if (str_is_empty(in->token))
		return req_fail_missing(r, "token", "must not be empty");
	s->password = in->password;
	if (str_is_empty(s->password))
		return req_fail_missing(r, "password", "must not be empty");
	if (str_is_empty(in->first_name))
		return req_fail_missing(r, "first_name", "must not be empty");
	if (str_is_empty(in->last_name))
		return req_fail_missing(r, "last_name", "must not be empty");
	if ((code = field_line(r, "first_name", in->first_name, 1, 100,
		 &s->first_name)) != CODE_OK ||
	    (code = field_line(r, "last_name", in->last_name, 1, 100,
		 &s->last_name)) != CODE_OK)
		return code;
	return check_password(r, s);
}

/* The invitation, and the password against the address it names. */
static enum code
prepare(struct req *r, const struct pb_register_with_invitation_request *in,
    struct signup *s)
{
	enum code code;

	if ((code = check_fields(r, in, s)) != CODE_OK ||
	    (code = ratelimit_take(r, RATELIMIT_REGISTER_INVITED, NULL)) !=
		CODE_OK ||
	    (code = invitation_by_token(r, in->token, &s->inv, NULL)) !=
		CODE_OK ||
	    (code = check_password(r, s)) != CODE_OK)
		return code;
	s->token_hash = invitation_hash(r->mem, in->token);
	return directory_hashes(r->env->directory)
	    ? CODE_OK
	    : auth_password_hash(r, s->password, &s->password_hash);
}

/* --- the steps ------------------------------------------------------------- */

static enum code
claim(struct req *r, struct signup *s)
{
	enum code code;

	invitation_begin(r);
	code = invitation_lock(r, s->token_hash, NULL, &s->inv);
	if (code == CODE_OK)
		code = invitation_claim(r, &s->inv, &s->claim);
	return invitation_end(r, code);
}

static enum code
taken(struct req *r)
{
	return req_fail_reason(r, CODE_ALREADY_EXISTS, "USER_EMAIL_EXISTS",
	    "there is an account with this address; sign in to accept");
}

/*
 * A transaction across tenants in which to look after an identity; it has time
 * even if the request has none left.
 */
static void
begin_after(struct req *r)
{
	const struct db_scope scope = { .superadmin = true,
		.deadline_ms = clock_mono_ms() + PATIENCE_MS };

	db_begin(r->db, DB_TX_WRITE, &scope);
}

/* Whether the identity is or was anybody's user. */
static enum code
has_user(struct req *r, const char *identity_id, bool *has)
{
	struct db_rows *rows;

	rows =
	    db_run(r->db, &auth_invited_queries[Q_USER], DB_ARGS(identity_id));
	if (rows == NULL)
		return CODE_UNAVAILABLE;
	*has = db_next(rows);
	return CODE_OK;
}

/*
 * The address must be nobody's. An identity that an earlier try made for this
 * very invitation, and that came to be no user, is in nobody's hands.
 */
static enum code
clear_way(struct req *r, const struct signup *s)
{
	struct directory *d = r->env->directory;
	struct directory_account account;
	bool has = true;
	enum code code;

	code = directory_account(d, r->mem, s->inv.email, &account);
	if (code == CODE_NOT_FOUND)
		return CODE_OK;
	if (code != CODE_OK)
		return invitation_unreachable(r);
	if (!directory_made_for(&account, ORIGIN, s->inv.id))
		return taken(r);
	begin_after(r);
	code = db_end(r->db, has_user(r, account.person.identity_id, &has));
	if (code != CODE_OK)
		return req_fail_db(r);
	if (has)
		return taken(r);
	return directory_remove(d, r->mem, account.person.identity_id) ==
		CODE_OK
	    ? CODE_OK
	    : invitation_unreachable(r);
}

static enum code
make_identity(struct req *r, struct signup *s)
{
	const struct identity_person person = {
		.email = s->inv.email,
		.first_name = s->first_name,
		.last_name = s->last_name,
		.hash = s->password_hash, /* NULL: hashed there */
		.password = s->password_hash == NULL ? s->password : NULL,
		.verified = true, /* the token came by mail */
		.origin = ORIGIN,
		.origin_id = s->inv.id,
	};
	const char *why;
	enum code code;

	if ((code = clear_way(r, s)) != CODE_OK)
		return code;
	code = directory_create(r->env->directory, r->mem, &person,
	    s->identity_id, &why);
	if (code == CODE_OK)
		return CODE_OK;
	s->identity_id[0] = '\0';
	if (code == CODE_ALREADY_EXISTS)
		return taken(r);
	if (code == CODE_INVALID_ARGUMENT)
		return req_fail(r, CODE_INVALID_ARGUMENT, "%s", why);
	return invitation_unreachable(r);
}

static enum code
join(struct req *r, struct signup *s)
{
	enum code code;

	invitation_begin(r);
	code = invitation_lock(r, s->token_hash, &s->claim, &s->inv);
	if (code == CODE_OK)
		code = invitation_join(r, &s->inv, s->identity_id, &s->joined);
	return invitation_end(r, code);
}

/*
 * After a failure: the identity goes unless it became a user after all, as it
 * may when the answer to a COMMIT got lost; others may use the invitation. To
 * release that waits for whatever still holds its row, so it comes first.
 */
static enum code
take_back(struct req *r, const struct signup *s, bool *joined)
{
	struct json *payload = json_new_object(r->mem);
	enum code code;

	begin_after(r);
	invitation_release(r, s->inv.id, &s->claim);
	if (s->identity_id[0] == '\0')
		return db_end(r->db, CODE_OK);
	code = has_user(r, s->identity_id, joined);
	if (code == CODE_OK && !*joined) {
		json_put_text(payload, "identity_id", s->identity_id);
		compensate_queue(r->db, r->mem, NULL, "delete_identity",
		    payload);
	}
	return db_end(r->db, code);
}

static enum code
sign_up(struct req *r, struct signup *s)
{
	bool joined = false;
	enum code code;

	if ((code = claim(r, s)) != CODE_OK)
		return code;
	if ((code = make_identity(r, s)) == CODE_OK)
		code = join(r, s);
	if (code == CODE_OK)
		return CODE_OK;
	if (take_back(r, s, &joined) != CODE_OK || !joined ||
	    s->joined.company == NULL)
		return code;
	req_unfail(r);
	return CODE_OK;
}

/* The account is there, so whatever goes wrong now is no failure. */
static const char *
sign_in(struct req *r, const struct signup *s)
{
	struct directory_login login = { .email = s->inv.email,
		.password = s->password,
		.ip = r->remote };
	const char *token;

	login.user_agent = req_header(r, "user-agent");
	if (directory_log_in(r->env->directory, r->mem, &login, &token) ==
	    CODE_OK)
		return token;
	req_set_header(r, "mirai-next", "login");
	return "";
}

enum code
auth_register_with_invitation(struct req *r,
    const struct pb_register_with_invitation_request *in,
    struct pb_register_with_invitation_response *out)
{
	struct signup s = { 0 };
	enum code code;

	if ((code = prepare(r, in, &s)) == CODE_OK &&
	    (code = sign_up(r, &s)) == CODE_OK) {
		out->user = s.joined.user;
		out->user->email = s.inv.email;
		out->user->first_name = s.first_name;
		out->user->last_name = s.last_name;
		out->company = s.joined.company;
		out->session_token = sign_in(r, &s);
	}
	auth_password_wipe(r, in->password);
	return code;
}

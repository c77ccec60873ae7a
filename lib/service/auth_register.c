/*
 * Register: a sign-up that is paid for first. Nothing but a row of
 * pending_registrations and a checkout at the payment provider comes of it; the
 * account is made once the payment is reported, or at once where nothing is
 * paid (spec accounts.md 3.1).
 *
 * One sign-up of an address runs at a time, under a lock that dies with this
 * process: a row without a checkout that is found under the lock was left by
 * one that was killed, and is replaced like any other that nobody paid.
 */
#include "mirai/v1/auth.rpc.h"

#include "base/clock.h"
#include "base/log.h"
#include "identity/directory.h"
#include "net/json.h"
#include "net/stripe.h"
#include "service/auth.h"
#include "service/auth_password.h"
#include "service/compensate.h"
#include "service/field.h"
#include "service/provision_run.h"
#include "service/ratelimit.h"
#include "service/registration.h"

#define PLACE_TRIES	3
#define CHECKOUT_LEAD_S ((int64_t)30 * 60) /* it ends that much earlier */
#define TWIN_MS		1000		   /* two clicks of one intent */
#define RESERVE_MS	3000		   /* to take back what was begun */

static enum code
taken(struct req *r)
{
	return req_fail_reason(r, CODE_ALREADY_EXISTS, "USER_EMAIL_EXISTS",
	    "this e-mail address has an account already");
}

static enum code
in_progress(struct req *r)
{
	return req_fail_reason(r, CODE_ALREADY_EXISTS, "USER_EMAIL_EXISTS",
	    "a registration with this e-mail address is in progress");
}

/* --- before anything is made ----------------------------------------------- */

static enum code
check_fields(struct req *r, const struct pb_register_request *in,
    struct registration_new *out)
{
	const struct auth_company_fields fields = {
		.company_name = in->company_name,
		.industry = in->industry,
		.team_size = in->team_size,
		.plan = in->plan,
		.seat_count = in->has_seat_count ? in->seat_count : 0,
	};
	struct auth_password_owner owner;
	struct auth_company company;
	enum code code;

	if ((code = auth_check_email_field(r, in->email, &out->email)) !=
		CODE_OK ||
	    (code = field_line(r, "first_name", in->first_name, 1, 100,
		 &out->first_name)) != CODE_OK ||
	    (code = field_line(r, "last_name", in->last_name, 1, 100,
		 &out->last_name)) != CODE_OK)
		return code;
	owner = (struct auth_password_owner){ out->email, out->first_name,
		out->last_name };
	if ((code = auth_password_check(r, in->password, &owner)) != CODE_OK ||
	    (code = auth_check_company(r, &fields, &company)) != CODE_OK)
		return code;
	out->company = company.name;
	out->industry = company.industry;
	out->team_size = company.team_size;
	out->plan = company.plan->name;
	out->seats = company.seats;
	out->paid = r->env->stripe == NULL;
	return CODE_OK;
}

static enum code
check_free(struct req *r, const char *email)
{
	struct ident_person who;
	enum code code;

	code = directory_find(r->env->directory, r->mem, email, &who);
	if (code == CODE_OK)
		return taken(r);
	return code == CODE_NOT_FOUND ? CODE_OK : auth_unreachable(r);
}

/* Steps (a) to (c): all that needs the password. */
static enum code
prepare(struct req *r, const struct pb_register_request *in,
    struct registration_new *out)
{
	enum code code;

	if ((code = check_fields(r, in, out)) != CODE_OK ||
	    (code = ratelimit_take(r, RATELIMIT_REGISTER, NULL)) != CODE_OK ||
	    (code = ratelimit_take(r, RATELIMIT_REGISTER_EMAIL, out->email)) !=
		CODE_OK ||
	    (code = check_free(r, out->email)) != CODE_OK)
		return code;
	return auth_password_hash(r, in->password, &out->password_hash);
}

/* --- the row --------------------------------------------------------------- */

/* For a checkout that nobody paid: CODE_OK, it cannot be paid any more. */
static enum code
expire(struct req *r, const struct registration *old)
{
	const char *key;
	enum code code;

	if (old->session_id == NULL || r->env->stripe == NULL)
		return CODE_OK;
	key = arena_printf(r->mem, "registration-%s-expire", old->id);
	code =
	    stripe_expire_session(r->env->stripe, r->mem, key, old->session_id);
	if (code == CODE_FAILED_PRECONDITION)
		return in_progress(
		    r); /* it was paid, and is not reported yet */
	return code == CODE_OK || code == CODE_NOT_FOUND ? CODE_OK
							 : auth_unreachable(r);
}

/* Makes room where the address has a row; CODE_OK: try again. */
static enum code
replace(struct req *r, const char *email)
{
	int64_t twin_ms =
	    clock_mono_ms() - r->started_ms + r->queued_ms + TWIN_MS;
	struct registration old;
	enum code code;

	code = registration_find(r->db, email, &old);
	if (code == CODE_NOT_FOUND)
		return CODE_OK;
	if (code != CODE_OK)
		return req_fail_db(r);
	/* Of two at once, the one that finished first has the address. */
	if (!str_eq(old.status, "pending") ||
	    (old.session_id != NULL && old.changed_ms <= twin_ms))
		return in_progress(r);
	if ((code = expire(r, &old)) != CODE_OK)
		return code;
	code = registration_drop(r->db, old.id);
	return code == CODE_OK || code == CODE_NOT_FOUND ? CODE_OK
							 : req_fail_db(r);
}

static enum code
place(struct req *r, const struct registration_new *in,
    char id[STR_UUID_LEN + 1], int64_t *expires_at)
{
	enum code code;
	int i;

	for (i = 0; i < PLACE_TRIES; i++) {
		code = registration_insert(r->db, r->mem, in, id, expires_at);
		if (code == CODE_OK)
			return CODE_OK;
		if (code != CODE_ALREADY_EXISTS)
			return req_fail_db(r);
		if ((code = replace(r, in->email)) != CODE_OK)
			return code;
	}
	return in_progress(r);
}

/* --- paid ------------------------------------------------------------------ */

static enum code
create_checkout(struct req *r, const struct registration_new *in,
    const char *id, int64_t expires_at, const char **customer,
    struct stripe_session *session)
{
	const struct conf *conf = r->env->conf;
	const char *home = conf_text(conf, "url.marketing");
	struct stripe_customer who = {
		.email = in->email,
		.name = in->company,
		.registration_id = id,
	};
	struct stripe_checkout what = {
		.plan = in->plan,
		.seats = in->seats,
		.registration_id = id,
		.expires_at = expires_at - CHECKOUT_LEAD_S,
	};
	enum code code;

	if (str_is_empty(home))
		home = conf_text(conf, "url.app");
	code = stripe_create_customer(r->env->stripe, r->mem,
	    arena_printf(r->mem, "registration-%s-customer", id), &who,
	    customer);
	if (code != CODE_OK)
		return code;
	what.customer = *customer;
	what.success_url = arena_printf(r->mem, "%s/?checkout=success", home);
	what.cancel_url =
	    arena_printf(r->mem, "%s/auth/registration?checkout=canceled",
		conf_text(conf, "url.app"));
	return stripe_create_session(r->env->stripe, r->mem,
	    arena_printf(r->mem, "registration-%s-checkout", id), &what,
	    session);
}

/* A checkout that could not be expired now; mirai-provision goes on trying. */
static void
expire_later(struct req *r, const char *id, const char *session)
{
	const struct db_scope scope = { .superadmin = true };
	struct json *payload = json_new_object(r->mem);

	json_put_text(payload, "session_id", session);
	db_begin(r->db, DB_TX_WRITE, &scope);
	compensate_queue(r->db, r->mem, NULL, "checkout_expire", payload);
	if (db_end(r->db, CODE_OK) != CODE_OK)
		log_warn("a checkout of registration %s stays open until it "
			 "expires",
		    id);
}

/* What was begun is taken back as far as it can be. */
static enum code
take_back(struct req *r, const char *id, const char *session)
{
	if (session != NULL &&
	    stripe_expire_session(r->env->stripe, r->mem,
		arena_printf(r->mem, "registration-%s-expire", id),
		session) != CODE_OK)
		expire_later(r, id, session);
	(void)registration_drop(r->db, id); /* or it is replaced */
	return auth_unreachable(r);
}

/* Steps (e) to (g). */
static enum code
send_to_checkout(struct req *r, const struct registration_new *in,
    const char *id, int64_t expires_at, struct pb_register_response *out)
{
	struct stripe_session session;
	const char *customer;
	enum code code;

	stripe_until(r->env->stripe, r->deadline_ms - RESERVE_MS);
	code = create_checkout(r, in, id, expires_at, &customer, &session);
	if (code != CODE_OK)
		return take_back(r, id, NULL);
	code = registration_set_checkout(r->db, id, session.id, customer);
	if (code != CODE_OK)
		return take_back(r, id, session.id);
	out->checkout_url = session.url;
	out->email = in->email;
	return CODE_OK;
}

/* --- not paid -------------------------------------------------------------- */

/* The account at once; what must wait is done by mirai-provision. */
static enum code
make_account(struct req *r, const struct registration_new *in, const char *id,
    struct pb_register_response *out)
{
	struct provision_env env = {
		.conf = r->env->conf,
		.db = r->db,
		.directory = r->env->directory,
		.cache = r->env->cache,
	};
	struct provision_made made;
	enum code code;

	code = provision_registration(&env, r->mem, id, &made);
	if (code == CODE_ALREADY_EXISTS) {
		(void)registration_drop_failed(r->db, id); /* or by hand */
		return taken(r);
	}
	if (code == CODE_FAILED_PRECONDITION)
		return req_fail(r, CODE_INTERNAL,
		    "registration %s could not be provisioned", id);
	/* Else mirai-provision was faster, or does it when it can. */
	if (code == CODE_OK &&
	    auth_read_made(r, &made, &out->user, &out->company) != CODE_OK)
		req_unfail(r); /* it is made all the same */
	out->email = in->email;
	return CODE_OK;
}

/* --- all of it ------------------------------------------------------------- */

static enum code
sign_up(struct req *r, const struct registration_new *in,
    struct pb_register_response *out)
{
	char id[STR_UUID_LEN + 1];
	int64_t expires_at;
	enum code code;

	if (r->env->stripe != NULL)
		stripe_until(r->env->stripe, r->deadline_ms - RESERVE_MS);
	if ((code = place(r, in, id, &expires_at)) != CODE_OK)
		return code;
	return in->paid ? make_account(r, in, id, out)
			: send_to_checkout(r, in, id, expires_at, out);
}

enum code
auth_register(struct req *r, const struct pb_register_request *in,
    struct pb_register_response *out)
{
	struct registration_new new;
	enum code code;

	if ((code = auth_check_open(r)) == CODE_OK)
		code = prepare(r, in, &new);
	auth_password_wipe(r, in->password);
	if (code != CODE_OK)
		return code;
	code = registration_lock(r->db, new.email);
	if (code == CODE_ALREADY_EXISTS)
		return in_progress(r);
	if (code != CODE_OK)
		return req_fail_db(r);
	code = sign_up(r, &new, out);
	registration_unlock(r->db, new.email);
	return code;
}

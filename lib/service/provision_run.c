/*
 * The steps from a paid registration to a company: claim, subscription,
 * identity, one transaction. The row's lease says whose turn it is; whoever
 * lost it changes nothing any more, and what it made so far is found by the
 * next: the identity by this registration's id, the rest is one transaction
 * that also removes the row.
 */
#include "service/provision_run.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "db/cache.h"
#include "rpc/caller.h"
#include "service/compensate.h"
#include "service/outbox.h"
#include "service/subscription.h"

#define LEASE	"interval '2 minutes'" /* taken anew before each step */
#define CALL_MS INT64_C(60000)	       /* of Stripe in one step */
#define TRIES	10

/* 10 s, 20 s, 40 s ... at most 10 minutes, by the tries there were. */
#define BACK_OFF                                               \
	"now() + least(10 * 2 ^ least(attempts - 1, 10), 600)" \
	" * interval '1 second'"

/* Paid and due, or left behind by a run that ended. */
#define DUE                                                                \
	"((status = 'paid' AND coalesce(next_attempt_at, now()) <= now())" \
	" OR (status = 'provisioning' AND lease_until <= now()))"

#define MINE " WHERE id = $1::uuid AND lease = $2::uuid"

enum query {
	Q_CLAIM,
	Q_RENEW,
	Q_IDENTITY,
	Q_FINISH,
	Q_PUT_OFF,
	Q_FAIL,
	Q__MAX
};

extern const struct db_query provision_run_queries[];

const struct db_query provision_run_queries[] = {
	[Q_CLAIM] = {
	    .name = "provision_claim",
	    .nargs = 1, /* id, NULL: whichever is due first */
	    .sql = "UPDATE pending_registrations SET status = 'provisioning',"
		   " attempts = attempts + 1, lease = gen_random_uuid(),"
		   " lease_until = now() + " LEASE
		   " WHERE id = (SELECT id FROM pending_registrations"
		   " WHERE ($1::uuid IS NULL OR id = $1::uuid) AND " DUE
		   " ORDER BY next_attempt_at NULLS FIRST, created_at"
		   " LIMIT 1 FOR UPDATE SKIP LOCKED)"
		   " RETURNING id, lease, attempts, email, password_hash,"
		   " first_name, last_name, company_name, industry, team_size,"
		   " plan, seat_count, checkout_session_id,"
		   " stripe_customer_id, stripe_subscription_id, kratos_id,"
		   " greatest(0, extract(epoch FROM now() - updated_at)"
		   " / 60)::int",
	},
	[Q_RENEW] = {
	    .name = "provision_renew",
	    .nargs = 2, /* id, lease */
	    .sql = "UPDATE pending_registrations"
		   " SET lease_until = now() + " LEASE MINE " RETURNING id",
	},
	[Q_IDENTITY] = {
	    .name = "provision_identity",
	    .nargs = 3, /* id, lease, identity */
	    .sql = "UPDATE pending_registrations SET kratos_id = $3::uuid,"
		   " lease_until = now() + " LEASE MINE " RETURNING id",
	},
	[Q_FINISH] = {
	    .name = "provision_finish",
	    .nargs = 2, /* id, lease */
	    .sql = "DELETE FROM pending_registrations" MINE " RETURNING id",
	},
	[Q_PUT_OFF] = {
	    .name = "provision_put_off",
	    .nargs = 3, /* id, lease, error */
	    .sql = "UPDATE pending_registrations SET status = 'paid',"
		   " lease = NULL, lease_until = NULL, error_message = $3,"
		   " next_attempt_at = " BACK_OFF MINE " RETURNING id",
	},
	[Q_FAIL] = {
	    .name = "provision_fail",
	    .nargs = 3, /* id, lease, error */
	    .sql = "UPDATE pending_registrations SET status = 'failed',"
		   " lease = NULL, lease_until = NULL, error_message = $3,"
		   " next_attempt_at = NULL, updated_at = now(),"
		   " warned_at = coalesce(warned_at, now()),"
		   " alerted_at = now()" MINE " RETURNING id",
	},
	[Q__MAX] = { 0 },
};

static const struct db_scope everything = { .superadmin = true };

/* A registration in hand. */
struct run {
	struct provision_env *e;
	struct arena *a;
	const char *id;
	const char *lease;
	int64_t attempts;
	int64_t minutes; /* since it was paid */
	const char *email;
	const char *hash; /* NULL: erased */
	const char *first_name;
	const char *last_name;
	const char *session;	  /* "" if none, */
	const char *subscription; /* as this, */
	const char *customer;	  /* and this */
	char identity_id[STR_UUID_LEN + 1];
	struct provision_company company;
	/* How a step went wrong: a sentence, and whether repeating helps. */
	const char *error;
	bool for_good;
};

static enum code
again(struct run *r, const char *error)
{
	r->error = error;
	return CODE_UNAVAILABLE;
}

static enum code
fail(struct run *r, enum code code, const char *error)
{
	r->error = error;
	r->for_good = true;
	return code;
}

/* --- claim ----------------------------------------------------------------- */

static void
read_row(struct run *r, const struct db_rows *rows)
{
	r->id = db_text(rows, 0);
	r->lease = db_text(rows, 1);
	r->attempts = db_int(rows, 2);
	r->email = db_text(rows, 3);
	r->hash = db_text_null(rows, 4);
	r->first_name = db_text(rows, 5);
	r->last_name = db_text(rows, 6);
	r->company.name = db_text(rows, 7);
	r->company.industry = db_text(rows, 8);
	r->company.team_size = db_text(rows, 9);
	r->company.plan = db_text(rows, 10);
	r->company.seats = (int32_t)db_int(rows, 11);
	r->session = db_text(rows, 12);
	r->customer = db_text(rows, 13);
	r->subscription = db_text(rows, 14);
	(void)snprintf(r->identity_id, sizeof(r->identity_id), "%s",
	    db_text(rows, 15));
	r->minutes = db_int(rows, 16);
}

static enum code
claim(struct run *r, const char *id)
{
	struct db_rows *rows;
	enum code code;

	db_begin(r->e->db, DB_TX_WRITE, &everything);
	rows = db_last(r->e->db, &provision_run_queries[Q_CLAIM], DB_ARGS(id));
	code = db_end(r->e->db, rows == NULL ? CODE_UNAVAILABLE : CODE_OK);
	if (code != CODE_OK)
		return CODE_UNAVAILABLE;
	if (!db_next(rows))
		return CODE_NOT_FOUND;
	read_row(r, rows);
	return CODE_OK;
}

/*
 * One statement about our row; more is NULL or its third argument.
 * CODE_NOT_FOUND: it is ours no more.
 */
static enum code
touch(struct run *r, enum query query, const char *more)
{
	const char *args[] = { r->id, r->lease, more };
	struct db_rows *rows;
	enum code code;

	db_begin(r->e->db, DB_TX_WRITE, &everything);
	rows = db_last(r->e->db, &provision_run_queries[query],
	    provision_run_queries[query].nargs, args);
	code = db_end(r->e->db, rows == NULL ? CODE_UNAVAILABLE : CODE_OK);
	if (code != CODE_OK)
		return again(r, "the database does not answer");
	return db_next(rows) ? CODE_OK : CODE_NOT_FOUND;
}

/* --- subscription ---------------------------------------------------------- */

/* Older rows may know the session alone. */
static enum code
find_subscription(struct run *r)
{
	struct stripe_session session;
	enum code code;

	code = stripe_get_session(r->e->stripe, r->a, r->session, &session);
	if (code == CODE_NOT_FOUND)
		return fail(r, CODE_FAILED_PRECONDITION,
		    "the payment provider does not know the checkout session");
	if (code != CODE_OK)
		return again(r, "the payment provider does not answer");
	if (session.subscription[0] == '\0')
		return again(r, "the checkout session has no subscription");
	r->subscription = session.subscription;
	r->customer = session.customer;
	return CODE_OK;
}

static enum code
apply_subscription(struct run *r, const struct stripe_subscription *sub)
{
	const char *status = subscription_status(sub->status);

	if (str_eq(status, "canceled"))
		return fail(r, CODE_FAILED_PRECONDITION,
		    "the subscription was canceled before the account was"
		    " made");
	r->company.status = status == NULL ? "active" : status;
	r->company.plan = subscription_plan(r->e->stripe, sub, r->company.plan);
	if (sub->quantity > 0 && sub->quantity <= INT32_MAX)
		r->company.seats = (int32_t)sub->quantity;
	if (sub->customer[0] != '\0')
		r->customer = sub->customer;
	return CODE_OK;
}

/* What was bought, as Stripe says it now. */
static enum code
step_subscription(struct run *r)
{
	struct stripe_subscription sub;
	enum code code;

	if (r->subscription[0] == '\0' && r->session[0] == '\0') {
		r->company.status = "active"; /* nothing is paid here */
		r->company.seats =
		    (int32_t)conf_int(r->e->conf, "billing.seats");
		return CODE_OK;
	}
	if (r->e->stripe == NULL)
		return again(r, "stripe.secret_key is not set");
	stripe_until(r->e->stripe, clock_mono_ms() + CALL_MS);
	if (r->subscription[0] == '\0' &&
	    (code = find_subscription(r)) != CODE_OK)
		return code;
	code =
	    stripe_get_subscription(r->e->stripe, r->a, r->subscription, &sub);
	if (code == CODE_UNAVAILABLE)
		return again(r, "the payment provider does not answer");
	if (code != CODE_OK)
		return fail(r, CODE_FAILED_PRECONDITION,
		    "the payment provider does not know the subscription");
	return apply_subscription(r, &sub);
}

/* --- identity -------------------------------------------------------------- */

/*
 * Found again if an earlier run made it. Without a hash, which is erased in
 * time, the person sets a password by a mailed code.
 */
static enum code
step_identity(struct run *r)
{
	const struct identity_person person = {
		.email = r->email,
		.first_name = r->first_name,
		.last_name = r->last_name,
		.hash = r->hash,
		.origin = "registration_id",
		.origin_id = r->id,
	};
	const char *why = NULL;
	enum code code;

	code = directory_create(r->e->directory, r->a, &person, r->identity_id,
	    &why);
	if (code == CODE_OK)
		return CODE_OK;
	if (code == CODE_ALREADY_EXISTS)
		return fail(r, CODE_ALREADY_EXISTS,
		    "somebody else signs in with this address");
	if (code == CODE_INVALID_ARGUMENT)
		return fail(r, CODE_FAILED_PRECONDITION,
		    "the identity service does not take this person");
	return again(r, "the identity service does not answer");
}

/* --- the company ----------------------------------------------------------- */

static enum code
queue_welcome(struct run *r, struct db *db, struct arena *a,
    const struct provision_made *made)
{
	struct json *data = json_new_object(a);
	struct outbox_mail mail = {
		.kind = "welcome",
		.to = r->email,
		.tenant_id = made->tenant_id,
		.data = data,
	};
	enum code code;

	json_put_text(data, "first_name", r->first_name);
	json_put_text(data, "company", r->company.name);
	code = outbox_queue(db, a, &mail);
	if (code != CODE_INVALID_ARGUMENT)
		return code;
	log_warn("registration %s: no mail can be sent to its address", r->id);
	return CODE_OK;
}

static void
queue_metadata(struct run *r, struct db *db, struct arena *a,
    const struct provision_made *made)
{
	struct json *data = json_new_object(a);

	json_put_text(data, "company_id", made->company_id);
	json_put_text(data, "customer_id", r->customer);
	json_put_text(data, "subscription_id", r->subscription);
	compensate_queue(db, a, made->tenant_id, "stripe_metadata", data);
}

/* In the transaction that makes the company: the registration ends. */
static enum code
finish(struct db *db, struct arena *a, void *arg,
    const struct provision_made *made)
{
	struct run *r = arg;
	struct db_rows *rows;
	enum code code;

	rows = db_run(db, &provision_run_queries[Q_FINISH],
	    DB_ARGS(r->id, r->lease));
	if (rows == NULL)
		return CODE_UNAVAILABLE;
	if (!db_next(rows))
		return CODE_NOT_FOUND; /* ours no more */
	if ((code = queue_welcome(r, db, a, made)) != CODE_OK)
		return code;
	if (r->customer[0] != '\0' || r->subscription[0] != '\0')
		queue_metadata(r, db, a, made);
	return CODE_OK;
}

static enum code
step_company(struct run *r, struct provision_made *made)
{
	enum code code;

	r->company.customer_id = r->customer;
	r->company.subscription_id = r->subscription;
	r->company.identity_id = r->identity_id;
	r->company.actor = "sign-up";
	r->company.also = finish;
	r->company.arg = r;
	code = provision_company(r->e->db, r->a, &r->company, made);
	if (code == CODE_OK || code == CODE_NOT_FOUND)
		return code;
	if (code == CODE_ALREADY_EXISTS)
		return fail(r, CODE_FAILED_PRECONDITION,
		    "this person or this subscription has a company already");
	return again(r, "the database does not answer");
}

/* --- what became of it ----------------------------------------------------- */

enum code
provision_alert(struct provision_env *e, struct arena *a, const char *subject,
    const char *text)
{
	const char *to = conf_text(e->conf, "alert.address");
	struct json *data = json_new_object(a);
	struct outbox_mail mail = { .kind = "alert", .to = to, .data = data };
	enum code code;

	log_error("alert: %s", subject);
	if (str_is_empty(to))
		return CODE_OK;
	json_put_text(data, "subject", subject);
	json_put_text(data, "text", text);
	code = outbox_queue(e->db, a, &mail);
	if (code != CODE_INVALID_ARGUMENT)
		return code;
	log_error("alert.address: not an address");
	return CODE_OK;
}

static const char *
or_none(const char *s)
{
	return str_is_empty(s) ? "none" : s;
}

const char *
provision_line(struct arena *a, const char *s)
{
	char *out = arena_strdup(a, s), *p;

	for (p = out; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = ' ';
	return out;
}

static const char *
alert_text(struct run *r)
{
	return arena_printf(r->a,
	    "An account that somebody %s could not be made, and it"
	    " is not tried again.\n\n"
	    "Registration      %s\n"
	    "E-mail            %s\n"
	    "Company           %s\n"
	    "Checkout session  %s\n"
	    "Subscription      %s\n"
	    "Waiting           %lld minutes, %lld tries\n"
	    "Error             %s\n\n"
	    "%s"
	    "When the cause is gone: mirai registration retry %s\n"
	    "To give it up: mirai registration discard %s\n",
	    r->subscription[0] == '\0' ? "signed up for" : "paid for", r->id,
	    provision_line(r->a, r->email),
	    provision_line(r->a, r->company.name), or_none(r->session),
	    or_none(r->subscription), (long long)r->minutes,
	    (long long)r->attempts, r->error,
	    r->subscription[0] != '\0'
		? "Please refund the payment and cancel the subscription, or"
		  " repair what is wrong.\n"
		: "",
	    r->id, r->id);
}

static enum code
give_up(struct run *r, enum code code)
{
	struct db_rows *rows;
	enum code end = CODE_OK;

	log_warn("registration %s: failed: %s", r->id, r->error);
	db_begin(r->e->db, DB_TX_WRITE, &everything);
	rows = db_run(r->e->db, &provision_run_queries[Q_FAIL],
	    DB_ARGS(r->id, r->lease, r->error));
	if (rows == NULL)
		end = CODE_UNAVAILABLE;
	else if (db_next(rows))
		end = provision_alert(r->e, r->a,
		    "Mirai: CRITICAL: a registration failed", alert_text(r));
	return db_end(r->e->db, end) == CODE_OK ? code : CODE_UNAVAILABLE;
}

/* If this cannot be noted either, the lease ends and the next run goes on. */
static enum code
put_off(struct run *r)
{
	const char *error = r->error;

	log_warn("registration %s: try %lld: %s", r->id, (long long)r->attempts,
	    error);
	(void)touch(r, Q_PUT_OFF, error); /* see above */
	return CODE_UNAVAILABLE;
}

static enum code
steps(struct run *r, struct provision_made *made)
{
	enum code code;

	if (r->attempts > TRIES)
		return fail(r, CODE_FAILED_PRECONDITION,
		    "it was interrupted too often");
	if ((code = step_subscription(r)) != CODE_OK ||
	    (code = touch(r, Q_RENEW, NULL)) != CODE_OK ||
	    (code = step_identity(r)) != CODE_OK ||
	    (code = touch(r, Q_IDENTITY, r->identity_id)) != CODE_OK)
		return code;
	return step_company(r, made);
}

static enum code
work(struct run *r, struct provision_made *made)
{
	enum code code = steps(r, made);

	if (code == CODE_OK)
		cache_del(r->e->cache, NULL,
		    caller_user_key(r->a, r->identity_id));
	if (code == CODE_OK || code == CODE_NOT_FOUND)
		return code;
	if (!r->for_good && r->attempts >= TRIES)
		code = fail(r, CODE_FAILED_PRECONDITION, r->error);
	return r->for_good ? give_up(r, code) : put_off(r);
}

enum code
provision_registration(struct provision_env *e, struct arena *a, const char *id,
    struct provision_made *made)
{
	struct run r = { .e = e, .a = a };
	struct provision_made ignored;
	enum code code;

	db_use(e->db, a);
	if ((code = claim(&r, id)) != CODE_OK)
		return code;
	return work(&r, made == NULL ? &ignored : made);
}

enum code
provision_next(struct provision_env *e, struct arena *a,
    char id[STR_UUID_LEN + 1], struct provision_made *made)
{
	struct run r = { .e = e, .a = a };
	enum code code;

	db_use(e->db, a);
	if ((code = claim(&r, NULL)) != CODE_OK)
		return code;
	(void)snprintf(id, STR_UUID_LEN + 1, "%s", r.id);
	return work(&r, made);
}

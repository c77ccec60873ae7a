/*
 * Statements that look across tenants run here and nowhere else in what the
 * webhook does; each names its row by an id that Stripe told.
 */
#include "service/subscription_change.h"

#include "base/log.h"
#include "db/cache.h"
#include "service/billing.h"
#include "service/compensate.h"
#include "service/outbox.h"

#define COMPANY                                                     \
	"c.id, c.tenant_id, c.name, c.plan, c.subscription_status," \
	" c.stripe_subscription_id"
#define LOCK_KEY "hashtextextended('stripe ' || $1::text, 0)"

enum query {
	Q_LOCK,
	Q_DONE,
	Q_UNLOCK,
	Q_NOTE,
	Q_COMPANY,
	Q_PAYER,
	Q_REGISTERING,
	Q_ADMINS,
	Q_PAY,
	Q_PAID,
	Q_LOSE,
	Q_CHANGE,
	Q__MAX
};

extern const struct db_query subscription_change_queries[];

const struct db_query subscription_change_queries[] = {
	[Q_LOCK] = {
	    .name = "subscription_lock",
	    .nargs = 1, /* key */
	    .sql = "SELECT pg_advisory_lock(" LOCK_KEY "), pg_backend_pid()",
	},
	[Q_DONE] = {
	    .name = "subscription_done",
	    .nargs = 1, /* event */
	    .sql = "SELECT 1 FROM stripe_events WHERE event_id = $1"
		   " AND processed_at IS NOT NULL",
	},
	[Q_UNLOCK] = {
	    .name = "subscription_unlock",
	    .nargs = 1, /* key */
	    .sql = "SELECT pg_advisory_unlock(" LOCK_KEY ")",
	},
	[Q_NOTE] = {
	    .name = "subscription_note",
	    .nargs = 3, /* event, type, holder of the lock */
	    .sql = "INSERT INTO stripe_events (event_id, type, processed_at)"
		   " SELECT $1, $2, now() WHERE pg_backend_pid() = $3::int"
		   " ON CONFLICT (event_id) DO NOTHING RETURNING 1",
	},
	[Q_COMPANY] = {
	    .name = "subscription_company",
	    .nargs = 1, /* company */
	    .sql = "SELECT " COMPANY " FROM companies c"
		   " WHERE c.id = $1::uuid",
	},
	[Q_PAYER] = {
	    .name = "subscription_payer",
	    .nargs = 2, /* customer, subscription */
	    .sql = "SELECT " COMPANY " FROM companies c"
		   " WHERE c.stripe_customer_id = NULLIF($1, '')"
		   " OR c.stripe_subscription_id = NULLIF($2, '')"
		   " ORDER BY c.stripe_customer_id = NULLIF($1, '')"
		   " DESC NULLS LAST LIMIT 1",
	},
	[Q_REGISTERING] = {
	    .name = "subscription_registering",
	    .nargs = 2, /* customer, registration */
	    .sql = "SELECT 1 FROM pending_registrations"
		   " WHERE stripe_customer_id = NULLIF($1, '')"
		   " OR id = $2::uuid LIMIT 1",
	},
	[Q_ADMINS] = {
	    .name = "subscription_admins",
	    .nargs = 1, /* company */
	    .sql = "SELECT kratos_id FROM users WHERE company_id = $1::uuid"
		   " AND role IN ('admin', 'owner') AND removed_at IS NULL"
		   " ORDER BY created_at LIMIT 100",
	},
	[Q_PAY] = {
	    .name = "subscription_pay",
	    /* session, registration, customer, subscription, seats */
	    .nargs = 5,
	    .sql = "UPDATE pending_registrations SET status = 'paid',"
		   " checkout_session_id = $1,"
		   " stripe_customer_id = COALESCE(NULLIF($3, ''),"
		   " stripe_customer_id),"
		   " stripe_subscription_id = COALESCE(NULLIF($4, ''),"
		   " stripe_subscription_id),"
		   " seat_count = COALESCE(NULLIF($5::int, 0), seat_count),"
		   " next_attempt_at = now(), updated_at = now()"
		   " WHERE status = 'pending' AND id = (SELECT p.id"
		   " FROM pending_registrations p"
		   " WHERE p.checkout_session_id = $1 OR (p.id = $2::uuid"
		   " AND p.checkout_session_id IS NULL) LIMIT 1)",
	},
	/* Its registration, or the company that came of it. */
	[Q_PAID] = {
	    .name = "subscription_paid",
	    .nargs = 3, /* session, customer, subscription */
	    .sql = "SELECT 1 FROM pending_registrations"
		   " WHERE checkout_session_id = $1"
		   " UNION ALL SELECT 1 FROM companies"
		   " WHERE stripe_customer_id = NULLIF($2, '')"
		   " OR stripe_subscription_id = NULLIF($3, '') LIMIT 1",
	},
	[Q_LOSE] = {
	    .name = "subscription_lose",
	    .nargs = 2, /* session, registration */
	    .sql = "DELETE FROM pending_registrations"
		   " WHERE status = 'pending' AND (checkout_session_id = $1"
		   " OR (id = $2::uuid"
		   " AND checkout_session_id IS NULL))",
	},
	[Q_CHANGE] = {
	    .name = "subscription_change",
	    /* company, subscription it had, customer, subscription, status,
	     * plan, seats */
	    .nargs = 7,
	    .sql = "UPDATE companies c SET"
		   " stripe_customer_id = COALESCE($3, c.stripe_customer_id),"
		   " stripe_subscription_id = $4, subscription_status = $5,"
		   " plan = $6, seat_count = $7::int, updated_at = now()"
		   " WHERE c.id = $1::uuid"
		   " AND COALESCE(c.stripe_subscription_id, '') = $2",
	},
	[Q__MAX] = { 0 },
};

static const struct db_scope everything = { .superadmin = true };

/* What a failed statement comes to: all of it is worth another delivery. */
static enum code
failed(const struct req *r)
{
	return db_fault(r->db) == DB_FAULT_TIMEOUT ? CODE_DEADLINE_EXCEEDED
						   : CODE_UNAVAILABLE;
}

static struct db_scope
scope_of(const struct req *r)
{
	return (struct db_scope){ .superadmin = true,
		.deadline_ms = r->deadline_ms };
}

/* An id that went through other hands, as the database takes it. */
static const char *
uuid_or_null(struct arena *a, const char *id)
{
	char canon[STR_UUID_LEN + 1];

	return str_uuid_canon(id, canon) ? arena_strdup(a, canon) : NULL;
}

/* --- the lock ----------------------------------------------------------------- */

/*
 * A lock of the session, not of the transaction, since Stripe is asked while
 * it is held. The event is looked for by a statement of its own, which sees
 * what was committed while this one waited.
 */
enum code
subscription_lock(struct req *r, const char *key,
    const struct stripe_event *event, const char **holder, bool *done)
{
	const struct db_query *q = subscription_change_queries;
	struct db_scope scope = scope_of(r);
	struct db_rows *rows, *seen = NULL;

	db_begin(r->db, DB_TX_WRITE, &scope);
	rows = db_run(r->db, &q[Q_LOCK], DB_ARGS(key));
	if (rows != NULL && db_next(rows))
		seen = db_run(r->db, &q[Q_DONE], DB_ARGS(event->id));
	if (seen == NULL) {
		(void)db_end(r->db, CODE_INTERNAL); /* rolled back */
		subscription_unlock(r, key);
		return failed(r);
	}
	*holder = db_text(rows, 1);
	*done = db_next(seen);
	if (db_end(r->db, CODE_OK) == CODE_OK)
		return CODE_OK;
	subscription_unlock(r, key);
	return CODE_UNAVAILABLE;
}

void
subscription_unlock(struct req *r, const char *key)
{
	struct db_rows *rows;

	/* Without the request's time limit: it must not fail for that. */
	db_begin(r->db, DB_TX_WRITE, &everything);
	rows =
	    db_run(r->db, &subscription_change_queries[Q_UNLOCK], DB_ARGS(key));
	if (db_end(r->db, rows == NULL ? CODE_INTERNAL : CODE_OK) != CODE_OK)
		db_idle(r->db, 0); /* the lock goes with the connection */
}

/* --- reading ------------------------------------------------------------------- */

/* One statement in a transaction of its own; NULL: it failed. */
static struct db_rows *
read_all(struct req *r, enum query q, size_t n, const char *const *args)
{
	struct db_scope scope = scope_of(r);
	struct db_rows *rows;

	db_begin(r->db, DB_TX_READ, &scope);
	rows = db_last(r->db, &subscription_change_queries[q], n, args);
	if (db_end(r->db, rows == NULL ? CODE_INTERNAL : CODE_OK) != CODE_OK)
		return NULL;
	return rows;
}

static enum code
read_company(struct req *r, struct db_rows *rows,
    struct subscription_company *out)
{
	if (rows == NULL)
		return failed(r);
	if (!db_next(rows))
		return CODE_NOT_FOUND;
	out->id = db_text(rows, 0);
	out->tenant_id = db_text(rows, 1);
	out->name = db_text(rows, 2);
	out->plan = db_text(rows, 3);
	out->status = db_text(rows, 4);
	out->subscription = db_text(rows, 5);
	return CODE_OK;
}

enum code
subscription_find_company(struct req *r, const char *company_id,
    struct subscription_company *out)
{
	const char *id = uuid_or_null(r->mem, company_id);

	if (id == NULL)
		return CODE_NOT_FOUND;
	return read_company(r, read_all(r, Q_COMPANY, DB_ARGS(id)), out);
}

enum code
subscription_find_payer(struct req *r, const char *customer,
    const char *subscription, struct subscription_company *out)
{
	return read_company(r,
	    read_all(r, Q_PAYER, DB_ARGS(customer, subscription)), out);
}

enum code
subscription_is_registering(struct req *r, const char *customer,
    const char *registration_id, bool *out)
{
	struct db_rows *rows;

	rows = read_all(r, Q_REGISTERING,
	    DB_ARGS(customer, uuid_or_null(r->mem, registration_id)));
	if (rows == NULL)
		return failed(r);
	*out = db_next(rows);
	return CODE_OK;
}

enum code
subscription_admins(struct req *r, const char *company_id, const char ***out,
    size_t *nout)
{
	struct db_rows *rows;
	const char **ids;
	size_t n = 0;

	rows = read_all(r, Q_ADMINS, DB_ARGS(company_id));
	if (rows == NULL)
		return failed(r);
	ids = arena_calloc(r->mem, db_count(rows) + 1, sizeof(*ids));
	while (db_next(rows))
		ids[n++] = db_text(rows, 0);
	*out = ids;
	*nout = n;
	return CODE_OK;
}

/* --- changing ------------------------------------------------------------------- */

enum code
subscription_register(struct db *db, struct arena *a,
    const struct stripe_session *session, int64_t seats,
    enum subscription_paid *out)
{
	const struct db_query *q = subscription_change_queries;
	struct db_rows *rows;

	rows = db_run(db, &q[Q_PAY],
	    DB_ARGS(session->id, uuid_or_null(a, session->registration_id),
		session->customer, session->subscription,
		db_arg_int(a, seats)));
	if (rows == NULL)
		return CODE_UNAVAILABLE;
	if (db_affected(rows) == 1) {
		db_notify(db, PROVISION_CHANNEL, "");
		*out = SUBSCRIPTION_PAID;
		return CODE_OK;
	}
	rows = db_run(db, &q[Q_PAID],
	    DB_ARGS(session->id, session->customer, session->subscription));
	if (rows == NULL)
		return CODE_UNAVAILABLE;
	*out = db_next(rows) ? SUBSCRIPTION_REPEAT : SUBSCRIPTION_NOBODY;
	return CODE_OK;
}

static enum code
queue_alert(struct req *r, const char *subject, const char *text)
{
	const char *to = conf_text(r->env->conf, "alert.address");
	struct json *data;
	enum code code;

	log_error("payments: %s", subject);
	if (str_is_empty(to))
		return CODE_OK;
	data = json_new_object(r->mem);
	json_put_text(data, "subject", subject);
	json_put_text(data, "text", text);
	code = outbox_queue(r->db, r->mem,
	    &(struct outbox_mail){ .kind = "alert", .to = to, .data = data });
	if (code != CODE_INVALID_ARGUMENT)
		return code;
	log_error("payments: alert.address is no address mail can go to");
	return CODE_OK;
}

static enum code
queue_failed(struct req *r, const struct subscription_change *c)
{
	struct json *data = json_new_object(r->mem);
	enum code code;
	size_t i;

	json_put_text(data, "company", c->company->name);
	for (i = 0; c->payment_failed[i] != NULL; i++) {
		code = outbox_queue(r->db, r->mem,
		    &(struct outbox_mail){ .kind = "payment_failed",
			.to = c->payment_failed[i],
			.data = data });
		if (code == CODE_INVALID_ARGUMENT)
			log_warn("payments: no mail can go to %s",
			    log_mask_email(c->payment_failed[i]));
		else if (code != CODE_OK)
			return code;
	}
	return CODE_OK;
}

static enum code
pay(struct req *r, const struct subscription_change *c)
{
	enum subscription_paid paid;
	enum code code;

	code =
	    subscription_register(r->db, r->mem, c->paid, c->paid_seats, &paid);
	if (code != CODE_OK || paid != SUBSCRIPTION_NOBODY)
		return code;
	return queue_alert(r, "a payment without a registration",
	    arena_printf(r->mem,
		"Somebody paid, but no registration belongs to the checkout.\n"
		"Checkout session: %s\nCustomer: %s\nSubscription: %s\n"
		"Find out at Stripe who it was, and refund or set up the"
		" company by hand.\n",
		c->paid->id, c->paid->customer, c->paid->subscription));
}

static enum code
change_company(struct req *r, const struct subscription_change *c)
{
	struct db_rows *rows;

	billing_forget(r, c->company->tenant_id);
	rows = db_run(r->db, &subscription_change_queries[Q_CHANGE],
	    DB_ARGS(c->company->id, c->company->subscription, c->customer,
		c->subscription, c->status, c->plan,
		db_arg_int(r->mem, c->seats)));
	if (rows == NULL)
		return db_fault(r->db) == DB_FAULT_UNIQUE ? CODE_ALREADY_EXISTS
							  : failed(r);
	return db_affected(rows) == 1 ? CODE_OK : CODE_ABORTED;
}

static enum code
lose(struct req *r, const struct stripe_session *session)
{
	struct db_rows *rows;

	rows = db_run(r->db, &subscription_change_queries[Q_LOSE],
	    DB_ARGS(session->id,
		uuid_or_null(r->mem, session->registration_id)));
	return rows == NULL ? failed(r) : CODE_OK;
}

static enum code
change_all(struct req *r, const struct subscription_change *c)
{
	enum code code = CODE_OK;

	if (c->paid != NULL)
		code = pay(r, c);
	if (code == CODE_OK && c->lost != NULL)
		code = lose(r, c->lost);
	if (code == CODE_OK && c->company != NULL)
		code = change_company(r, c);
	if (code == CODE_OK && c->payment_failed != NULL)
		code = queue_failed(r, c);
	if (code == CODE_OK && c->alert != NULL)
		code = queue_alert(r, c->alert, c->alert_text);
	return code;
}

enum code
subscription_apply(struct req *r, const struct stripe_event *event,
    const char *holder, const struct subscription_change *change)
{
	struct db_scope scope = scope_of(r);
	struct db_rows *rows;
	enum code code;

	db_begin(r->db, DB_TX_WRITE, &scope);
	rows = db_run(r->db, &subscription_change_queries[Q_NOTE],
	    DB_ARGS(event->id, event->type, holder));
	if (rows == NULL)
		code = failed(r);
	else if (!db_next(rows))
		code = CODE_ABORTED;
	else
		code = change_all(r, change);
	return db_end(r->db, code);
}

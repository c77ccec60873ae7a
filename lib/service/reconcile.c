/*
 * Each tier is one statement that marks its rows and one mail, in one
 * transaction: each registration raises each tier once, whatever is killed
 * when. Stripe is asked with no transaction open.
 */
#include "service/reconcile.h"

#include "base/clock.h"
#include "base/log.h"
#include "service/compensate.h"
#include "service/subscription.h"

#define LOOK_BACK_S INT64_C(172800) /* 48 hours */
#define CALL_MS	    INT64_C(240000)
#define SHOWN	    200 /* registrations a mail lists in full */

/* Those that ought to have an account; minutes since they were paid. */
#define STUCK(minutes)                                            \
	"(status IN ('paid', 'failed')"                           \
	" OR (status = 'provisioning' AND lease_until <= now()))" \
	" AND updated_at < now() - interval '" minutes " minutes'"
#define SHOW                                                              \
	" RETURNING id, email, company_name, checkout_session_id,"        \
	" greatest(0, extract(epoch FROM now() - updated_at) / 60)::int," \
	" error_message, status"

enum query {
	Q_CLAIM,
	Q_QUEUE,
	Q_WARN,
	Q_ALERT,
	Q_KNOWN,
	Q_LOST,
	Q__MAX
};

extern const struct db_query reconcile_queries[];

const struct db_query reconcile_queries[] = {
	[Q_CLAIM] = {
	    .name = "reconcile_claim",
	    .nargs = 2, /* task, seconds */
	    .sql = "INSERT INTO schedules AS s (name, ran_at)"
		   " VALUES ($1, now()) ON CONFLICT (name) DO UPDATE"
		   " SET ran_at = now() WHERE s.ran_at <="
		   " now() - $2::int * interval '1 second' RETURNING name",
	},
	[Q_QUEUE] = {
	    .name = "reconcile_queue",
	    .nargs = 0,
	    .sql = "UPDATE pending_registrations SET status = 'paid',"
		   " attempts = 0, next_attempt_at = now(), lease = NULL,"
		   " lease_until = NULL WHERE status <> 'failed' AND "
		   STUCK("5") " RETURNING id",
	},
	[Q_WARN] = {
	    .name = "reconcile_warn",
	    .nargs = 0,
	    .sql = "UPDATE pending_registrations SET warned_at = now()"
		   " WHERE warned_at IS NULL AND alerted_at IS NULL AND "
		   STUCK("15") SHOW,
	},
	[Q_ALERT] = {
	    .name = "reconcile_alert",
	    .nargs = 0,
	    .sql = "UPDATE pending_registrations SET alerted_at = now(),"
		   " warned_at = coalesce(warned_at, now())"
		   " WHERE alerted_at IS NULL AND " STUCK("30") SHOW,
	},
	[Q_KNOWN] = {
	    .name = "reconcile_known",
	    /* session, registration, customer, subscription */
	    .nargs = 4,
	    .sql = "SELECT coalesce((SELECT status::text"
		   " FROM pending_registrations"
		   " WHERE checkout_session_id = $1"
		   " OR id = $2::uuid LIMIT 1),"
		   " (SELECT 'company' FROM companies"
		   " WHERE stripe_customer_id = $3"
		   " OR stripe_subscription_id = $4 LIMIT 1), '')",
	},
	[Q_LOST] = {
	    .name = "reconcile_lost",
	    .nargs = 1, /* session; a mark that it was told */
	    .sql = "INSERT INTO stripe_events (event_id, type, processed_at)"
		   " VALUES ('lost:' || $1, 'reconcile.lost', now())"
		   " ON CONFLICT DO NOTHING RETURNING event_id",
	},
	[Q__MAX] = { 0 },
};

static const struct db_scope everything = { .superadmin = true };

/* One statement in a transaction of its own; NULL: the database failed. */
static struct db_rows *
ask(struct provision_env *e, enum query query, size_t nargs,
    const char *const *args)
{
	struct db_rows *rows;

	db_begin(e->db, DB_TX_WRITE, &everything);
	rows = db_last(e->db, &reconcile_queries[query], nargs, args);
	if (db_end(e->db, rows == NULL ? CODE_UNAVAILABLE : CODE_OK) != CODE_OK)
		return NULL;
	return rows;
}

enum code
reconcile_claim(struct provision_env *e, const char *name, int64_t interval_s)
{
	struct arena *a = arena_new();
	struct db_rows *rows;
	enum code code = CODE_UNAVAILABLE;

	db_use(e->db, a);
	rows = ask(e, Q_CLAIM, DB_ARGS(name, db_arg_int(a, interval_s)));
	if (rows != NULL)
		code = db_next(rows) ? CODE_OK : CODE_NOT_FOUND;
	arena_free(a);
	return code;
}

/* --- tiers ----------------------------------------------------------------- */

static const struct tier {
	enum query query;
	const char *subject;
	const char *head;
	const char *tail;
} urgent = { Q_ALERT, "Mirai: CRITICAL: paid registrations without account",
	"These people paid more than 30 minutes ago and have no account yet."
	" Somebody has to act.\n\n",
	"What to check:\n"
	"- the log of mirai-provision, which names the cause of each try\n"
	"- the identity service: does it answer, does it make people?\n"
	"- the database: does it answer, is there room?\n"
	"- the payment provider's status page\n\n"
	"mirai registration list shows them, mirai registration retry tries"
	" one again.\n" },
  early = { Q_WARN, "Mirai: warning: paid registrations are waiting",
	  "These people paid more than 15 minutes ago and have no account"
	  " yet.\n\n",
	  "Mirai goes on trying by itself; if it does not succeed, a critical"
	  " alert follows.\n" };

static const char *
or_none(const char *s)
{
	return *s == '\0' ? "none" : s;
}

static const char *
tier_text(struct arena *a, const struct tier *tier, struct db_rows *rows)
{
	struct buf *b = buf_new(a);
	size_t n;

	buf_puts(b, tier->head);
	for (n = 0; db_next(rows); n++) {
		if (n >= SHOWN)
			continue;
		buf_printf(b,
		    "Registration      %s (%s)\n"
		    "E-mail            %s\n"
		    "Company           %s\n"
		    "Checkout session  %s\n"
		    "Waiting           %lld minutes\n"
		    "Last error        %s\n\n",
		    db_text(rows, 0), db_text(rows, 6),
		    provision_line(a, db_text(rows, 1)),
		    provision_line(a, db_text(rows, 2)),
		    or_none(db_text(rows, 3)), (long long)db_int(rows, 4),
		    or_none(db_text(rows, 5)));
	}
	if (n > SHOWN)
		buf_printf(b, "... and %zu more.\n\n", n - SHOWN);
	buf_puts(b, tier->tail);
	return buf_str(b);
}

static enum code
tell_tier(struct provision_env *e, struct arena *a, const struct tier *tier,
    int64_t *count)
{
	struct db_rows *rows;
	enum code code = CODE_OK;

	db_begin(e->db, DB_TX_WRITE, &everything);
	rows = db_run(e->db, &reconcile_queries[tier->query], DB_NOARGS);
	if (rows == NULL)
		return db_end(e->db, CODE_UNAVAILABLE);
	if (db_count(rows) > 0)
		code = provision_alert(e, a, tier->subject,
		    tier_text(a, tier, rows));
	if ((code = db_end(e->db, code)) == CODE_OK)
		*count = (int64_t)db_count(rows);
	return code;
}

/* --- payments nobody heard of ---------------------------------------------- */

static const char *
none_if_empty(const char *s)
{
	return *s == '\0' ? NULL : s;
}

static enum code
mark_paid(struct provision_env *e, struct arena *a,
    const struct stripe_session *s, struct reconcile_result *out)
{
	struct stripe_subscription sub = { 0 };
	enum subscription_paid paid = SUBSCRIPTION_REPEAT;
	enum code code;

	if (s->subscription[0] != '\0' &&
	    stripe_get_subscription(e->stripe, a, s->subscription, &sub) !=
		CODE_OK)
		sub.quantity = 0;
	db_begin(e->db, DB_TX_WRITE, &everything);
	code = db_end(e->db,
	    subscription_register(e->db, a, s, sub.quantity, &paid));
	if (code == CODE_OK && paid == SUBSCRIPTION_PAID) {
		log_warn("checkout session %s: paid, and no report of it came",
		    s->id);
		out->found++;
	}
	return code;
}

static enum code
tell_lost(struct provision_env *e, struct arena *a,
    const struct stripe_session *s, struct reconcile_result *out)
{
	struct db_rows *rows;
	enum code code = CODE_OK;
	bool first;

	db_begin(e->db, DB_TX_WRITE, &everything);
	rows = db_run(e->db, &reconcile_queries[Q_LOST], DB_ARGS(s->id));
	if (rows == NULL)
		return db_end(e->db, CODE_UNAVAILABLE);
	if ((first = db_next(rows)))
		code = provision_alert(e, a,
		    "Mirai: a payment belongs to no registration",
		    arena_printf(a,
			"Checkout session %s was paid (customer %s,"
			" subscription %s), but there is neither a"
			" registration nor a company for it.\n\nFind out who"
			" paid at the payment provider, and refund it or make"
			" the company by hand.\n",
			s->id, or_none(s->customer), or_none(s->subscription)));
	if ((code = db_end(e->db, code)) == CODE_OK && first)
		out->lost++;
	return code;
}

static enum code
look_at(struct provision_env *e, struct arena *a,
    const struct stripe_session *s, struct reconcile_result *out)
{
	struct db_rows *rows;
	const char *known;

	rows = ask(e, Q_KNOWN,
	    DB_ARGS(s->id,
		str_is_uuid(s->registration_id) ? s->registration_id : NULL,
		none_if_empty(s->customer), none_if_empty(s->subscription)));
	if (rows == NULL || !db_next(rows))
		return CODE_UNAVAILABLE;
	known = db_text(rows, 0);
	if (str_eq(known, "pending"))
		return mark_paid(e, a, s, out);
	return *known == '\0' ? tell_lost(e, a, s, out) : CODE_OK;
}

static enum code
ask_stripe(struct provision_env *e, struct arena *a,
    struct reconcile_result *out)
{
	struct stripe_session *list;
	enum code code;
	size_t i, n;

	if (e->stripe == NULL)
		return CODE_OK;
	stripe_until(e->stripe, clock_mono_ms() + CALL_MS);
	code = stripe_list_completed(e->stripe, a,
	    clock_now_us() / 1000000 - LOOK_BACK_S, &list, &n);
	for (i = 0; code == CODE_OK && i < n; i++)
		if (list[i].company_id[0] == '\0' &&
		    stripe_session_paid(&list[i]))
			code = look_at(e, a, &list[i], out);
	return code;
}

enum code
reconcile_run(struct provision_env *e, struct arena *a,
    struct reconcile_result *out)
{
	struct db_rows *rows;
	enum code code;

	*out = (struct reconcile_result){ 0 };
	db_use(e->db, a);
	if ((rows = ask(e, Q_QUEUE, DB_NOARGS)) == NULL)
		return CODE_UNAVAILABLE;
	out->queued = (int64_t)db_count(rows);
	if ((code = tell_tier(e, a, &urgent, &out->alerted)) != CODE_OK ||
	    (code = tell_tier(e, a, &early, &out->warned)) != CODE_OK)
		return code;
	return ask_stripe(e, a, out);
}

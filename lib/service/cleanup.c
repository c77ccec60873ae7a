/*
 * The rules are a table; each works in small committed steps, so a kill loses
 * one step and no rule waits long for another's rows. A registration is removed
 * only after the payment provider has said that nobody paid or can still pay.
 */
#include "service/cleanup.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "service/compensate.h"
#include "service/sme_remind.h"
#include "service/subscription.h"

#define BATCH	1000
#define CALL_MS INT64_C(60000)

/* How long a bank may take over a payment that was promised. */
#define PROMISED_US (INT64_C(14) * 86400 * 1000000)

#define LIMIT " LIMIT 1000 FOR UPDATE SKIP LOCKED"

/* Counts, and the same as one step of at most BATCH rows. */
#define COUNT(table, when) "SELECT count(*) FROM " table " WHERE " when
#define REMOVE(table, key, when)                                            \
	"WITH gone AS (DELETE FROM " table " WHERE " key " IN (SELECT " key \
	" FROM " table " WHERE " when LIMIT ") RETURNING " key              \
	") SELECT count(*) FROM gone"
#define CHANGE(table, set, when)                                         \
	"WITH gone AS (UPDATE " table " SET " set " WHERE id IN"         \
	" (SELECT id FROM " table " WHERE " when LIMIT ") RETURNING id)" \
	" SELECT count(*) FROM gone"

#define OLDER(column, days) column " < now() - interval '" days " days'"

#define INVITATIONS "status = 'pending' AND expires_at <= now()"
#define HASHES                                                        \
	"status = 'failed' AND password_hash IS NOT NULL AND " OLDER( \
	    "updated_at", "7")
#define FAILED "status = 'failed' AND " OLDER("updated_at", "90")
#define SENT   OLDER("sent_at", "30")
#define UNSENT OLDER("failed_at", "90")
#define EVENTS OLDER("received_at", "90")
#define NOTICES                                                        \
	"(read AND " OLDER("read_at", "90") " OR " OLDER("created_at", \
	    "365") ")"
#define TOLD	      OLDER("created_at", "1")
#define TASKS	      OLDER("failed_at", "90")
#define UPLOADS	      OLDER("expires_at", "1")
#define REGISTRATIONS "status = 'pending' AND expires_at <= now()"

#define NAMED(n, text)                             \
	{                                          \
		.name = n, .nargs = 0, .sql = text \
	}

enum query {
	Q_EXPIRED,
	Q_REMOVE,
	Q_COUNT_EXPIRED,
	Q__MAX
};

extern const struct db_query cleanup_queries[];
extern const struct db_query cleanup_count_queries[];
extern const struct db_query cleanup_step_queries[];

const struct db_query cleanup_queries[] = {
	[Q_EXPIRED] = {
	    .name = "cleanup_expired",
	    .nargs = 1, /* after this id */
	    .sql = "SELECT id, checkout_session_id, expires_at"
		   " FROM pending_registrations WHERE " REGISTRATIONS
		   " AND id > $1::uuid ORDER BY id LIMIT 100",
	},
	[Q_REMOVE] = {
	    .name = "cleanup_remove",
	    .nargs = 2, /* id, session */
	    .sql = "DELETE FROM pending_registrations WHERE id = $1::uuid"
		   " AND checkout_session_id IS NOT DISTINCT FROM $2"
		   " AND " REGISTRATIONS " RETURNING id",
	},
	[Q_COUNT_EXPIRED] = {
	    .name = "cleanup_count_expired",
	    .nargs = 0,
	    .sql = COUNT("pending_registrations", REGISTRATIONS),
	},
	[Q__MAX] = { 0 },
};

enum rule {
	R_INVITATIONS,
	R_HASHES,
	R_FAILED,
	R_SENT,
	R_UNSENT,
	R_EVENTS,
	R_NOTICES,
	R_TOLD,
	R_TASKS,
	R_UPLOADS,
	R__MAX
};

static const char *const rules[] = {
	[R_INVITATIONS] = "invitations expired",
	[R_HASHES] = "password hashes of failed registrations erased",
	[R_FAILED] = "failed registrations removed",
	[R_SENT] = "sent mails removed",
	[R_UNSENT] = "mails that were given up removed",
	[R_EVENTS] = "events of the payment provider removed",
	[R_NOTICES] = "notices removed",
	[R_TOLD] = "told events of notices removed",
	[R_TASKS] = "tasks that were given up removed",
	[R_UPLOADS] = "addresses of uploads removed",
};

const struct db_query cleanup_count_queries[] = {
	[R_INVITATIONS] = NAMED("cleanup_count_invitations",
	    COUNT("invitations", INVITATIONS)),
	[R_HASHES] = NAMED("cleanup_count_hashes",
	    COUNT("pending_registrations", HASHES)),
	[R_FAILED] = NAMED("cleanup_count_failed",
	    COUNT("pending_registrations", FAILED)),
	[R_SENT] = NAMED("cleanup_count_sent", COUNT("mail_outbox", SENT)),
	[R_UNSENT] =
	    NAMED("cleanup_count_unsent", COUNT("mail_outbox", UNSENT)),
	[R_EVENTS] =
	    NAMED("cleanup_count_events", COUNT("stripe_events", EVENTS)),
	[R_NOTICES] =
	    NAMED("cleanup_count_notices", COUNT("notifications", NOTICES)),
	[R_TOLD] =
	    NAMED("cleanup_count_told", COUNT("notification_events", TOLD)),
	[R_TASKS] = NAMED("cleanup_count_tasks", COUNT("compensations", TASKS)),
	[R_UPLOADS] =
	    NAMED("cleanup_count_uploads", COUNT("sme_uploads", UPLOADS)),
	[R__MAX] = { 0 },
};

const struct db_query cleanup_step_queries[] = {
	[R_INVITATIONS] = NAMED("cleanup_invitations",
	    CHANGE("invitations", "status = 'expired', updated_at = now()",
		INVITATIONS)),
	[R_HASHES] = NAMED("cleanup_hashes",
	    CHANGE("pending_registrations", "password_hash = NULL", HASHES)),
	/* A login that was made for one goes, too, unless it has an owner. */
	[R_FAILED] = NAMED("cleanup_failed",
	    "WITH gone AS (DELETE FROM pending_registrations WHERE id IN"
	    " (SELECT id FROM pending_registrations WHERE " FAILED LIMIT ")"
	    " RETURNING id, kratos_id), c AS (INSERT INTO compensations"
	    " (kind, payload) SELECT 'delete_identity',"
	    " jsonb_build_object('identity_id', kratos_id) FROM gone"
	    " WHERE kratos_id IS NOT NULL) SELECT count(*) FROM gone"),
	[R_SENT] = NAMED("cleanup_sent", REMOVE("mail_outbox", "id", SENT)),
	[R_UNSENT] =
	    NAMED("cleanup_unsent", REMOVE("mail_outbox", "id", UNSENT)),
	[R_EVENTS] = NAMED("cleanup_events",
	    REMOVE("stripe_events", "event_id", EVENTS)),
	[R_NOTICES] =
	    NAMED("cleanup_notices", REMOVE("notifications", "id", NOTICES)),
	[R_TOLD] =
	    NAMED("cleanup_told", REMOVE("notification_events", "id", TOLD)),
	[R_TASKS] =
	    NAMED("cleanup_tasks", REMOVE("compensations", "id", TASKS)),
	[R_UPLOADS] =
	    NAMED("cleanup_uploads", REMOVE("sme_uploads", "id", UPLOADS)),
	[R__MAX] = { 0 },
};

static const struct db_scope everything = { .superadmin = true };

/* One statement in a transaction of its own; NULL: the database failed. */
static struct db_rows *
ask(struct provision_env *e, const struct db_query *q, size_t nargs,
    const char *const *args)
{
	struct db_rows *rows;

	db_begin(e->db, DB_TX_WRITE, &everything);
	rows = db_last(e->db, q, nargs, args);
	if (db_end(e->db, rows == NULL ? CODE_UNAVAILABLE : CODE_OK) != CODE_OK)
		return NULL;
	return rows;
}

/* The number that a statement gives, -1 when the database failed. */
static int64_t
number(struct provision_env *e, const struct db_query *q)
{
	struct db_rows *rows = ask(e, q, DB_NOARGS);

	return rows == NULL || !db_next(rows) ? -1 : db_int(rows, 0);
}

/* --- registrations --------------------------------------------------------- */

struct expired {
	const char *id;
	const char *session; /* NULL: there never was one */
	int64_t expires_at;
};

enum verdict {
	GONE,	  /* remove it */
	KEEP,	  /* for the next time */
	PAID,	  /* it is paid: not to be removed */
	NO_ANSWER /* of the payment provider */
};

static enum verdict
judge_open(struct provision_env *e, struct arena *a, const char *session)
{
	enum code code = stripe_expire_session(e->stripe, a, NULL, session);

	if (code == CODE_OK || code == CODE_NOT_FOUND)
		return GONE;
	/* Else it was completed this very moment. */
	return code == CODE_FAILED_PRECONDITION ? KEEP : NO_ANSWER;
}

/* silent: the provider did not answer before, and is not waited for again. */
static enum verdict
judge(struct provision_env *e, struct arena *a, const struct expired *x,
    bool silent, struct stripe_session *s)
{
	enum code code;

	if (x->session == NULL)
		return GONE;
	if (e->stripe == NULL || silent)
		return NO_ANSWER;
	stripe_until(e->stripe, clock_mono_ms() + CALL_MS);
	code = stripe_get_session(e->stripe, a, x->session, s);
	if (code == CODE_NOT_FOUND)
		return GONE;
	if (code != CODE_OK)
		return NO_ANSWER;
	if (stripe_session_paid(s))
		return PAID;
	if (str_eq(s->status, "open"))
		return judge_open(e, a, x->session);
	if (str_eq(s->status, "complete") &&
	    clock_now_us() < x->expires_at + PROMISED_US)
		return KEEP; /* a bank takes its time */
	return GONE;
}

static enum code
make_paid(struct provision_env *e, struct arena *a,
    const struct stripe_session *s)
{
	struct stripe_subscription sub = { 0 };
	enum subscription_paid paid;

	if (s->subscription[0] != '\0' &&
	    stripe_get_subscription(e->stripe, a, s->subscription, &sub) !=
		CODE_OK)
		sub.quantity = 0;
	db_begin(e->db, DB_TX_WRITE, &everything);
	return db_end(e->db,
	    subscription_register(e->db, a, s, sub.quantity, &paid));
}

struct tally {
	int64_t removed;
	int64_t paid;
	bool no_answer;
};

static enum code
settle(struct provision_env *e, struct arena *a, const struct expired *x,
    struct tally *t)
{
	struct stripe_session session;
	struct db_rows *rows;
	enum code code;

	switch (judge(e, a, x, t->no_answer, &session)) {
	case GONE:
		rows = ask(e, &cleanup_queries[Q_REMOVE],
		    DB_ARGS(x->id, x->session));
		if (rows == NULL)
			return CODE_UNAVAILABLE;
		t->removed += (int64_t)db_count(rows);
		return CODE_OK;
	case PAID:
		if ((code = make_paid(e, a, &session)) == CODE_OK)
			t->paid++;
		return code;
	case NO_ANSWER:
		t->no_answer = true;
		return CODE_OK;
	case KEEP:
		break;
	}
	return CODE_OK;
}

static enum code
settle_page(struct provision_env *e, struct arena *a, char *after,
    struct tally *t, bool *more)
{
	struct expired x;
	struct db_rows *rows;
	enum code code = CODE_OK;

	db_use(e->db, a);
	rows = ask(e, &cleanup_queries[Q_EXPIRED], DB_ARGS(after));
	if (rows == NULL)
		return CODE_UNAVAILABLE;
	*more = db_count(rows) > 0;
	while (code == CODE_OK && db_next(rows)) {
		x.id = db_text(rows, 0);
		x.session = db_text_null(rows, 1);
		x.expires_at = db_time(rows, 2);
		(void)snprintf(after, STR_UUID_LEN + 1, "%s", x.id);
		code = settle(e, a, &x, t);
	}
	return code;
}

static enum code
registrations(struct provision_env *e, struct tally *t)
{
	char after[STR_UUID_LEN + 1] = "00000000-0000-0000-0000-000000000000";
	enum code code = CODE_OK;
	struct arena *a;
	bool more = true;

	while (more && code == CODE_OK) {
		a = arena_new();
		code = settle_page(e, a, after, t, &more);
		arena_free(a);
	}
	return code;
}

/* --- the rest -------------------------------------------------------------- */

static enum code
apply(struct provision_env *e, enum rule rule, int64_t *total)
{
	struct arena *a;
	int64_t n;

	*total = 0;
	do {
		a = arena_new();
		db_use(e->db, a);
		n = number(e, &cleanup_step_queries[rule]);
		arena_free(a);
		*total += n > 0 ? n : 0;
	} while (n == BATCH);
	return n == -1 ? CODE_UNAVAILABLE : CODE_OK;
}

/* Whoever has something to do by tomorrow is reminded of it. */
static enum code
reminders(struct provision_env *e, struct arena *a, bool dry,
    void (*say)(void *arg, const char *what, int64_t n), void *arg)
{
	enum code code;
	int64_t n;

	if ((code = sme_remind(e->db, a, dry, &n)) == CODE_OK)
		say(arg, "reminders of tasks that are due soon", n);
	return code;
}

static enum code
tell_only(struct provision_env *e,
    void (*say)(void *arg, const char *what, int64_t n), void *arg)
{
	enum rule rule;
	int64_t n;

	n = number(e, &cleanup_queries[Q_COUNT_EXPIRED]);
	if (n >= 0)
		say(arg, "unpaid registrations past their time", n);
	for (rule = R_INVITATIONS; n >= 0 && rule < R__MAX; rule++) {
		n = number(e, &cleanup_count_queries[rule]);
		if (n >= 0)
			say(arg, rules[rule], n);
	}
	return n == -1 ? CODE_UNAVAILABLE : CODE_OK;
}

enum code
cleanup_run(struct provision_env *e, struct arena *a, bool dry,
    void (*say)(void *arg, const char *what, int64_t n), void *arg)
{
	struct tally t = { 0 };
	enum code code = CODE_OK;
	enum rule rule;
	int64_t n;

	db_use(e->db, a);
	if ((code = reminders(e, a, dry, say, arg)) != CODE_OK)
		return code;
	if (dry)
		return tell_only(e, say, arg);
	code = registrations(e, &t);
	say(arg, "unpaid registrations removed", t.removed);
	say(arg, "registrations found paid", t.paid);
	for (rule = R_INVITATIONS; code == CODE_OK && rule < R__MAX; rule++)
		if ((code = apply(e, rule, &n)) == CODE_OK)
			say(arg, rules[rule], n);
	db_use(e->db, a);
	if (code == CODE_OK && t.no_answer) {
		log_warn("the payment provider did not say whether"
			 " registrations were paid; they are kept");
		return CODE_UNAVAILABLE;
	}
	return code;
}

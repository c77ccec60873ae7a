/*
 * The queue of what is left to do elsewhere. Each kind can be repeated: what is
 * gone already or done already is fine. One that is taken by a run that dies
 * comes back when its lease ends.
 */
#include "service/compensate.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "service/provision_run.h"

#define LEASE	"interval '2 minutes'"
#define CALL_MS INT64_C(60000) /* below the lease */

/* 10 s, 20 s, 40 s ... at most an hour, by the tries there were. */
#define BACK_OFF                                                \
	"now() + least(10 * 2 ^ least(attempts - 1, 10), 3600)" \
	" * interval '1 second'"

enum query {
	Q_QUEUE,
	Q_TAKE,
	Q_DONE,
	Q_AGAIN,
	Q_GIVE_UP,
	Q_OWNED,
	Q_THEIRS,
	Q_WAITING,
	Q__MAX
};

extern const struct db_query compensate_queries[];

const struct db_query compensate_queries[] = {
	[Q_QUEUE] = {
	    .name = "compensate_queue",
	    .nargs = 3, /* tenant, kind, payload */
	    .sql = "INSERT INTO compensations (tenant_id, kind, payload)"
		   " VALUES ($1::uuid, $2, $3::jsonb)",
	},
	[Q_TAKE] = {
	    .name = "compensate_take",
	    .nargs = 0,
	    .sql = "UPDATE compensations SET attempts = attempts + 1,"
		   " lease = gen_random_uuid(), lease_until = now() + " LEASE
		   " WHERE id = (SELECT id FROM compensations"
		   " WHERE failed_at IS NULL AND next_attempt_at <= now()"
		   " AND (lease_until IS NULL OR lease_until <= now())"
		   " ORDER BY next_attempt_at LIMIT 1 FOR UPDATE SKIP LOCKED)"
		   " RETURNING id, lease, kind, payload, attempts, tenant_id",
	},
	[Q_DONE] = {
	    .name = "compensate_done",
	    .nargs = 2, /* id, lease */
	    .sql = "DELETE FROM compensations"
		   " WHERE id = $1::uuid AND lease = $2::uuid",
	},
	[Q_AGAIN] = {
	    .name = "compensate_again",
	    .nargs = 3, /* id, lease, error */
	    .sql = "UPDATE compensations SET lease = NULL,"
		   " lease_until = NULL, error = $3,"
		   " next_attempt_at = " BACK_OFF
		   " WHERE id = $1::uuid AND lease = $2::uuid",
	},
	[Q_GIVE_UP] = {
	    .name = "compensate_give_up",
	    .nargs = 3, /* id, lease, error */
	    .sql = "UPDATE compensations SET lease = NULL,"
		   " lease_until = NULL, error = $3, failed_at = now()"
		   " WHERE id = $1::uuid AND lease = $2::uuid RETURNING id",
	},
	[Q_OWNED] = {
	    .name = "compensate_owned",
	    .nargs = 1, /* identity */
	    .sql = "SELECT EXISTS (SELECT FROM users"
		   " WHERE kratos_id = $1::uuid)",
	},
	[Q_THEIRS] = {
	    .name = "compensate_theirs",
	    .nargs = 3, /* tenant, identity or NULL, customer or NULL */
	    .sql = "SELECT EXISTS (SELECT FROM users"
		   " WHERE tenant_id = $1::uuid AND kratos_id = $2::uuid)"
		   " OR EXISTS (SELECT FROM companies"
		   " WHERE tenant_id = $1::uuid AND stripe_customer_id = $3)",
	},
	[Q_WAITING] = {
	    .name = "compensate_waiting",
	    .nargs = 0,
	    .sql = "SELECT id, kind, attempts, next_attempt_at <= now()"
		   " AND (lease_until IS NULL OR lease_until <= now())"
		   " FROM compensations WHERE failed_at IS NULL"
		   " ORDER BY next_attempt_at",
	},
	[Q__MAX] = { 0 },
};

static const struct db_scope everything = { .superadmin = true };

/* One that was taken. */
struct task {
	const char *id;
	const char *lease;
	const char *kind;
	const struct json *data;
	int64_t attempts;
	const char *tenant_id; /* who queued it; NULL: a superadmin */
};

void
compensate_queue(struct db *db, struct arena *a, const char *tenant_id,
    const char *kind, const struct json *payload)
{
	db_queue(db, &compensate_queries[Q_QUEUE],
	    DB_ARGS(tenant_id, kind, json_string(a, payload, JSON_COMPACT)));
	db_notify(db, PROVISION_CHANNEL, "");
}

/* --- what each kind does --------------------------------------------------- */

/*
 * Whether what a tenant queued is about a person or a customer of its own: a
 * payload proves nothing.
 */
static enum code
check_theirs(struct provision_env *e, const struct task *t,
    const char *identity_id, const char *customer)
{
	struct db_rows *rows;
	bool theirs;
	enum code code;

	if (t->tenant_id == NULL)
		return CODE_OK;
	db_begin(e->db, DB_TX_READ, &everything);
	rows = db_last(e->db, &compensate_queries[Q_THEIRS],
	    DB_ARGS(t->tenant_id, identity_id, customer));
	theirs = rows != NULL && db_next(rows) && db_bool(rows, 0);
	code = db_end(e->db, rows == NULL ? CODE_UNAVAILABLE : CODE_OK);
	if (code != CODE_OK || theirs)
		return code;
	log_warn("task %s %s: of another tenant, dropped", t->kind, t->id);
	return CODE_NOT_FOUND;
}

static enum code
delete_identity(struct provision_env *e, struct arena *a, const struct task *t)
{
	const char *id = json_get_text(t->data, "identity_id", "");
	struct db_rows *rows;
	bool owned;
	enum code code;

	if (!str_is_uuid(id))
		return CODE_INVALID_ARGUMENT;
	db_begin(e->db, DB_TX_READ, &everything);
	rows = db_last(e->db, &compensate_queries[Q_OWNED], DB_ARGS(id));
	owned = rows == NULL || !db_next(rows) || db_bool(rows, 0);
	code = db_end(e->db, rows == NULL ? CODE_UNAVAILABLE : CODE_OK);
	if (code != CODE_OK || owned)
		return code; /* somebody came to own it after all */
	return directory_remove(e->directory, a, id);
}

static enum code
revoke_sessions(struct provision_env *e, struct arena *a, const struct task *t)
{
	const char *id = json_get_text(t->data, "identity_id", "");
	enum code code;

	if (!str_is_uuid(id))
		return CODE_INVALID_ARGUMENT;
	if ((code = check_theirs(e, t, id, NULL)) != CODE_OK)
		return code;
	return directory_end_sessions(e->directory, a, id);
}

/* Either may have gone meanwhile; the other is still told. */
static enum code
stripe_metadata(struct provision_env *e, struct arena *a, const struct task *t)
{
	const char *company = json_get_text(t->data, "company_id", "");
	const char *customer = json_get_text(t->data, "customer_id", "");
	const char *sub = json_get_text(t->data, "subscription_id", "");
	enum code code = CODE_OK;

	if (!str_is_uuid(company) || (*customer == '\0' && *sub == '\0'))
		return CODE_INVALID_ARGUMENT;
	if (*customer != '\0')
		code =
		    stripe_mark_customer(e->stripe, a, NULL, customer, company);
	if (*sub != '\0' && (code == CODE_OK || code == CODE_NOT_FOUND))
		code =
		    stripe_mark_subscription(e->stripe, a, NULL, sub, company);
	return code;
}

static enum code
customer_name(struct provision_env *e, struct arena *a, const struct task *t)
{
	const char *customer = json_get_text(t->data, "customer_id", "");
	const char *name = json_get_text(t->data, "name", "");
	enum code code;

	if (*customer == '\0' || *name == '\0')
		return CODE_INVALID_ARGUMENT;
	if ((code = check_theirs(e, t, NULL, customer)) != CODE_OK)
		return code;
	return stripe_name_customer(e->stripe, a, NULL, customer, name);
}

/* A session that is complete by now is the webhook's. */
static enum code
checkout_expire(struct provision_env *e, struct arena *a, const struct task *t)
{
	const char *session = json_get_text(t->data, "session_id", "");
	enum code code;

	if (!stripe_is_session_id(session))
		return CODE_INVALID_ARGUMENT;
	code = stripe_expire_session(e->stripe, a, NULL, session);
	return code == CODE_FAILED_PRECONDITION ? CODE_OK : code;
}

static const struct {
	const char *name;
	enum code (*run)(struct provision_env *e, struct arena *a,
	    const struct task *t);
	bool stripe;
} kinds[] = {
	{ "checkout_expire", checkout_expire, true },
	{ "customer_name", customer_name, true },
	{ "delete_identity", delete_identity, false },
	{ "revoke_sessions", revoke_sessions, false },
	{ "stripe_metadata", stripe_metadata, true },
};

static enum code
perform(struct provision_env *e, struct arena *a, const struct task *t)
{
	size_t i;

	for (i = 0; i < NITEMS(kinds); i++) {
		if (!str_eq(kinds[i].name, t->kind))
			continue;
		if (kinds[i].stripe && e->stripe == NULL)
			return CODE_UNAVAILABLE;
		if (kinds[i].stripe)
			stripe_until(e->stripe, clock_mono_ms() + CALL_MS);
		return kinds[i].run(e, a, t);
	}
	return CODE_INVALID_ARGUMENT;
}

/* --- the queue ------------------------------------------------------------- */

static enum code
note(struct provision_env *e, enum query query, const struct task *t,
    const char *error)
{
	db_begin(e->db, DB_TX_WRITE, &everything);
	if (query == Q_DONE)
		db_queue(e->db, &compensate_queries[query],
		    DB_ARGS(t->id, t->lease));
	else
		db_queue(e->db, &compensate_queries[query],
		    DB_ARGS(t->id, t->lease, error));
	return db_end(e->db, CODE_OK);
}

static enum code
give_up(struct provision_env *e, struct arena *a, const struct task *t,
    const char *error)
{
	struct db_rows *rows;
	enum code code;

	db_begin(e->db, DB_TX_WRITE, &everything);
	rows = db_run(e->db, &compensate_queries[Q_GIVE_UP],
	    DB_ARGS(t->id, t->lease, error));
	if (rows == NULL)
		return db_end(e->db, CODE_UNAVAILABLE);
	if (!db_next(rows))
		return db_end(e->db, CODE_OK); /* another run's by now */
	code = provision_alert(e, a,
	    arena_printf(a, "Mirai: %s was given up", t->kind),
	    arena_printf(a,
		"The task %s (%s) was tried %lld times and did not work:"
		" %s.\n\nWhat it was about:\n%s\n\nIt is not tried again."
		" Do it by hand where it matters.\n",
		t->id, t->kind, (long long)t->attempts, error,
		json_string(a, t->data, JSON_PRETTY)));
	return db_end(e->db, code);
}

static const char *
reason(const struct provision_env *e, enum code code)
{
	if (code == CODE_FAILED_PRECONDITION)
		return "the payment provider refused it";
	return e->stripe == NULL ? "no answer, or stripe.secret_key is not set"
				 : "no answer";
}

static enum code
settle(struct provision_env *e, struct arena *a, const struct task *t,
    enum code done)
{
	const char *error;

	if (done == CODE_OK || done == CODE_NOT_FOUND)
		return note(e, Q_DONE, t, NULL);
	if (done == CODE_INVALID_ARGUMENT) {
		log_warn("task %s %s: malformed, dropped", t->kind, t->id);
		return note(e, Q_DONE, t, NULL);
	}
	error = reason(e, done);
	if (done == CODE_FAILED_PRECONDITION ||
	    t->attempts >= COMPENSATE_TRIES) {
		log_warn("task %s %s: given up: %s", t->kind, t->id, error);
		return give_up(e, a, t, error);
	}
	log_warn("task %s %s: try %lld: %s", t->kind, t->id,
	    (long long)t->attempts, error);
	return note(e, Q_AGAIN, t, error);
}

/* 1, 0 when none is due, -1. */
static int
take(struct provision_env *e, struct arena *a, struct task *t)
{
	struct db_rows *rows;
	const char *text;

	db_begin(e->db, DB_TX_WRITE, &everything);
	rows = db_last(e->db, &compensate_queries[Q_TAKE], DB_NOARGS);
	if (db_end(e->db, rows == NULL ? CODE_UNAVAILABLE : CODE_OK) != CODE_OK)
		return -1;
	if (!db_next(rows))
		return 0;
	t->id = db_text(rows, 0);
	t->lease = db_text(rows, 1);
	t->kind = db_text(rows, 2);
	text = db_text(rows, 3);
	t->data = json_parse(a, text, strlen(text), NULL, NULL);
	t->attempts = db_int(rows, 4);
	t->tenant_id = db_text_null(rows, 5);
	return 1;
}

int
compensate_step(struct provision_env *e, struct arena *a, const char **kind)
{
	struct task t = { 0 };
	enum code done;
	int rc;

	db_use(e->db, a);
	if ((rc = take(e, a, &t)) != 1)
		return rc;
	if (kind != NULL)
		*kind = t.kind;
	/* A run that dies at each try is not tried for ever. */
	done = t.attempts > COMPENSATE_TRIES ? CODE_UNAVAILABLE
					     : perform(e, a, &t);
	return settle(e, a, &t, done) == CODE_OK ? 1 : -1;
}

int
compensate_waiting(struct provision_env *e, struct arena *a,
    void (*show)(void *arg, const char *id, const char *kind, int attempts,
	bool due),
    void *arg)
{
	struct db_rows *rows;

	db_use(e->db, a);
	db_begin(e->db, DB_TX_READ, &everything);
	rows = db_last(e->db, &compensate_queries[Q_WAITING], DB_NOARGS);
	if (db_end(e->db, rows == NULL ? CODE_UNAVAILABLE : CODE_OK) != CODE_OK)
		return -1;
	while (db_next(rows))
		show(arg, db_text(rows, 0), db_text(rows, 1),
		    (int)db_int(rows, 2), db_bool(rows, 3));
	return 0;
}

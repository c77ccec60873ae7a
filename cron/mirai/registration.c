/*
 * mirai registration: those who paid, or are about to, and have no account
 * yet. Needs the application's database only, so it works while the identity
 * service is what is broken.
 */
#include "cmd.h"

#include <err.h>
#include <stdio.h>
#include <string.h>

#include "admin.h"
#include "base/clock.h"
#include "net/json.h"
#include "net/stripe.h"
#include "service/provision_admin.h"
#include "service/reconcile.h"

struct registration_opts {
	const char *conf;
	const char *status;
	bool json;
};

static const char registration_usage[] =
    "usage: mirai registration list [-f CONF] [--json]\n"
    "           [--status pending|paid|provisioning|failed]\n"
    "       mirai registration show|retry|discard [-f CONF] [--json]"
    " ID|ADDRESS\n"
    "       mirai registration reconcile [-f CONF] [--json]\n";

/* --- showing --------------------------------------------------------------- */

static void
put_time(struct arena *a, struct json *j, const char *key, int64_t us)
{
	if (us != 0)
		json_put_text(j, key, clock_rfc3339(a, us));
}

static void
put_text(struct json *j, const char *key, const char *s)
{
	json_put_text(j, key, *s == '\0' ? NULL : s);
}

/* All there is but the password's hash. */
static struct json *
as_json(struct arena *a, const struct provision_row *r)
{
	struct json *j = json_new_object(a);

	json_put_text(j, "id", r->id);
	json_put_text(j, "status", r->status);
	json_put_text(j, "email", r->email);
	json_put_text(j, "first_name", r->first_name);
	json_put_text(j, "last_name", r->last_name);
	json_put_text(j, "company", r->company);
	put_text(j, "industry", r->industry);
	put_text(j, "team_size", r->team_size);
	json_put_text(j, "plan", r->plan);
	json_put_int(j, "seats", r->seats);
	put_text(j, "checkout_session_id", r->session_id);
	put_text(j, "stripe_customer_id", r->customer_id);
	put_text(j, "stripe_subscription_id", r->subscription_id);
	put_text(j, "identity_id", r->identity_id);
	put_text(j, "error", r->error);
	json_put_int(j, "attempts", r->attempts);
	json_put_bool(j, "has_password", r->has_password);
	put_time(a, j, "next_attempt_at", r->next_attempt_at);
	put_time(a, j, "warned_at", r->warned_at);
	put_time(a, j, "alerted_at", r->alerted_at);
	put_time(a, j, "created_at", r->created_at);
	put_time(a, j, "expires_at", r->expires_at);
	put_time(a, j, "updated_at", r->updated_at);
	return j;
}

static int
registration_list(struct admin *m, void *opts, int argc, char **argv)
{
	struct registration_opts *o = opts;
	struct provision_row *rows;
	size_t i, n;

	(void)argv;
	if (argc != 0)
		return cmd_usage(registration_usage);
	if (provision_list(m->app, m->mem, o->status, &rows, &n) != CODE_OK) {
		admin_database_failed();
		return 1;
	}
	for (i = 0; i < n; i++) {
		if (o->json)
			printf("%s\n",
			    json_string(m->mem, as_json(m->mem, &rows[i]),
				JSON_COMPACT));
		else
			printf("%s  %-12s  %s  %-28s  %s\n", rows[i].id,
			    rows[i].status,
			    clock_rfc3339(m->mem,
				rows[i].updated_at / 1000000 * 1000000),
			    rows[i].email,
			    provision_line(m->mem, rows[i].company));
	}
	return 0;
}

/* 0, or -1 after one line. */
static int
find(struct admin *m, const char *which, struct provision_row *out)
{
	enum code code = provision_find(m->app, which, out);

	if (code == CODE_OK)
		return 0;
	if (code == CODE_NOT_FOUND)
		warnx("%s: no such registration", which);
	else
		admin_database_failed();
	return -1;
}

static int
registration_show(struct admin *m, void *opts, int argc, char **argv)
{
	struct registration_opts *o = opts;
	struct provision_row row;

	if (argc != 1)
		return cmd_usage(registration_usage);
	if (find(m, argv[0], &row) == -1)
		return 1;
	printf("%s%s",
	    json_string(m->mem, as_json(m->mem, &row),
		o->json ? JSON_COMPACT : JSON_PRETTY),
	    o->json ? "\n" : "");
	return 0;
}

/* --- deeds ----------------------------------------------------------------- */

static void
tell(struct admin *m, const struct registration_opts *o, const char *id,
    const char *status, const char *text)
{
	struct json *j;

	if (!o->json) {
		printf("%s %s\n", id, text);
		return;
	}
	j = json_new_object(m->mem);
	json_put_text(j, "id", id);
	json_put_text(j, "status", status);
	printf("%s\n", json_string(m->mem, j, JSON_COMPACT));
}

static int
decide(struct admin *m, const char *which, struct provision_row *row,
    enum code (*deed)(struct db *db, const struct provision_row *row,
	const char *actor))
{
	enum code code;

	if (find(m, which, row) == -1)
		return -1;
	code = deed(m->app, row, m->actor);
	if (code == CODE_OK)
		return 0;
	if (code == CODE_FAILED_PRECONDITION)
		warnx("%s is %s: this cannot be done with it now", row->id,
		    row->status);
	else
		admin_database_failed();
	return -1;
}

static int
registration_retry(struct admin *m, void *opts, int argc, char **argv)
{
	struct registration_opts *o = opts;
	struct provision_row row;

	if (argc != 1)
		return cmd_usage(registration_usage);
	if (decide(m, argv[0], &row, provision_retry) == -1)
		return 1;
	tell(m, o, row.id, "paid", "is tried again at once");
	return 0;
}

static int
registration_discard(struct admin *m, void *opts, int argc, char **argv)
{
	struct registration_opts *o = opts;
	struct provision_row row;

	if (argc != 1)
		return cmd_usage(registration_usage);
	if (decide(m, argv[0], &row, provision_discard) == -1)
		return 1;
	tell(m, o, row.id, "discarded",
	    row.subscription_id[0] == '\0'
		? "was removed"
		: "was removed; the payment is to be refunded by hand");
	return 0;
}

/* --- reconcile ------------------------------------------------------------- */

static void
tell_result(struct admin *m, const struct registration_opts *o,
    const struct reconcile_result *n)
{
	struct json *j = json_new_object(m->mem);

	json_put_int(j, "queued", n->queued);
	json_put_int(j, "warned", n->warned);
	json_put_int(j, "alerted", n->alerted);
	json_put_int(j, "found", n->found);
	json_put_int(j, "lost", n->lost);
	if (o->json)
		printf("%s\n", json_string(m->mem, j, JSON_COMPACT));
	else
		printf("%lld queued again, %lld warned of, %lld alerted of,"
		       " %lld payments found, %lld belong to nobody\n",
		    (long long)n->queued, (long long)n->warned,
		    (long long)n->alerted, (long long)n->found,
		    (long long)n->lost);
}

static int
registration_reconcile(struct admin *m, void *opts, int argc, char **argv)
{
	struct registration_opts *o = opts;
	struct provision_env e = { .conf = m->conf, .db = m->app };
	struct reconcile_result n;
	enum code code;

	(void)argv;
	if (argc != 0)
		return cmd_usage(registration_usage);
	if (provision_audit(m->app, "registration.reconcile", "{}", m->actor) !=
	    CODE_OK) {
		admin_database_failed();
		return 1;
	}
	e.stripe = stripe_open(m->conf);
	code = reconcile_run(&e, m->mem, &n);
	stripe_close(e.stripe);
	tell_result(m, o, &n);
	if (code == CODE_OK)
		return 0;
	warnx("the database or the payment provider does not answer;"
	      " the log says which");
	return 1;
}

/* --- the family ------------------------------------------------------------ */

static const struct admin_verb verbs[] = {
	{ "discard", registration_discard },
	{ "list", registration_list },
	{ "reconcile", registration_reconcile },
	{ "retry", registration_retry },
	{ "show", registration_show },
	{ NULL, NULL },
};

static int
read_options(void *opts, int argc, char **argv)
{
	struct registration_opts *o = opts;
	const char *const known[] = { "pending", "paid", "provisioning",
		"failed", NULL };
	const struct cmd_option options[] = {
		{ .name = "f", .text = &o->conf },
		{ .name = "json", .flag = &o->json },
		{ .name = "status", .text = &o->status },
		{ .name = NULL },
	};

	if (cmd_options(argc, argv, registration_usage, options) == -1)
		return -1;
	if (o->status == NULL || str_is_listed(known, o->status))
		return 0;
	warnx("--status: pending, paid, provisioning or failed");
	return -1;
}

static const struct admin_family family = {
	.usage = registration_usage,
	.verbs = verbs,
	.read = read_options,
	.open = admin_open_app,
};

int
cmd_registration(int argc, char **argv)
{
	struct registration_opts o = { 0 };

	return admin_run(&family, &o, &o.conf, argc, argv);
}

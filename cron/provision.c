/*
 * mirai-provision: makes the accounts of those who paid, does what other
 * programs left to do outside, and every 15 minutes looks after what got
 * stuck. Takes one thing at a time under a lease and holds no transaction
 * while it waits for somebody outside; a kill at any point leaves what the
 * next run goes on with.
 */
#include "base/log.h"
#include "identity/kratos_conf.h"
#include "rpc/job.h"
#include "service/compensate.h"
#include "service/provision_admin.h"
#include "service/provision_run.h"
#include "service/reconcile.h"

#define STEP_SECONDS	  300
#define POLL_MS		  10000
#define RECONCILE_EVERY_S INT64_C(900)

struct provisioner {
	struct job job;
	struct provision_env env;
};

static int
provisioner_open(struct provisioner *p)
{
	const struct conf *conf = p->job.env.conf;

	p->env.conf = conf;
	p->env.db = p->job.env.db;
	p->env.cache = p->job.env.cache;
	p->env.directory = directory_serve(conf, "mirai-provision");
	if (p->env.directory == NULL)
		return -1;
	if (conf_text(conf, "stripe.secret_key") == NULL)
		return 0;
	p->env.stripe = stripe_open(conf);
	return p->env.stripe == NULL ? -1 : 0;
}

static void
provisioner_close(struct provisioner *p)
{
	stripe_close(p->env.stripe);
	directory_close(p->env.directory);
}

/* --- one thing at a time --------------------------------------------------- */

/* One registration, if one is due: 1, 0 when there is none, -1. */
static int
step_registration(struct provisioner *p)
{
	struct provision_made made = { 0 };
	char id[STR_UUID_LEN + 1] = "";
	enum code code;
	struct arena *a;

	job_deadline(STEP_SECONDS);
	a = arena_new();
	arena_set_wipe(a);
	code = provision_next(&p->env, a, id, &made);
	if (code == CODE_OK)
		job_say(&p->job, "registration %s: company %s", id,
		    made.company_id);
	arena_free(a);
	if (id[0] != '\0')
		return 1; /* what went wrong is told, and put off */
	return code == CODE_NOT_FOUND ? 0 : -1;
}

static int
step_task(struct provisioner *p)
{
	const char *kind = "";
	struct arena *a;
	int rc;

	job_deadline(STEP_SECONDS);
	a = arena_new();
	rc = compensate_step(&p->env, a, &kind);
	if (rc == 1)
		job_say(&p->job, "task %s", kind);
	arena_free(a);
	return rc;
}

/* People who wait come first, after each task, too. */
static int
drain(struct provisioner *p)
{
	int rc;

	do {
		do {
			rc = job_stopping() ? 0 : step_registration(p);
		} while (rc == 1);
		if (rc == 0 && !job_stopping())
			rc = step_task(p);
	} while (rc == 1);
	return rc;
}

/* --- every 15 minutes ------------------------------------------------------ */

static int
reconcile(struct provisioner *p)
{
	struct reconcile_result n;
	enum code code;
	struct arena *a;

	job_deadline(STEP_SECONDS);
	code = reconcile_claim(&p->env, "reconcile", RECONCILE_EVERY_S);
	if (code != CODE_OK)
		return code == CODE_NOT_FOUND ? 0 : -1;
	a = arena_new();
	code = reconcile_run(&p->env, a, &n);
	arena_free(a);
	job_say(&p->job,
	    "reconciled: %lld queued, %lld warned, %lld alerted, %lld found,"
	    " %lld lost",
	    (long long)n.queued, (long long)n.warned, (long long)n.alerted,
	    (long long)n.found, (long long)n.lost);
	return code == CODE_OK ? 0 : -1;
}

/* All there is to do now. */
static int
work(void *arg)
{
	struct provisioner *p = arg;
	int rc = drain(p);

	if (!job_stopping() && reconcile(p) == -1)
		rc = -1;
	/* What it queued again or found is not left to the next. */
	if (drain(p) == -1)
		rc = -1;
	return rc;
}

/* --- -n -------------------------------------------------------------------- */

static void
show_task(void *arg, const char *id, const char *kind, int attempts, bool due)
{
	struct provisioner *p = arg;

	job_say(&p->job, "task %s %s, try %d%s", id, kind, attempts + 1,
	    due ? "" : ", not due yet");
}

static int
show(struct provisioner *p)
{
	struct provision_row *rows;
	struct arena *a = arena_new();
	size_t i, n = 0;
	int rc = -1;

	db_use(p->env.db, a);
	if (provision_list(p->env.db, a, NULL, &rows, &n) == CODE_OK)
		rc = compensate_waiting(&p->env, a, show_task, p);
	for (i = 0; rc == 0 && i < n; i++)
		if (str_eq(rows[i].status, "paid") ||
		    str_eq(rows[i].status, "provisioning"))
			job_say(&p->job, "registration %s, try %lld%s",
			    rows[i].id, (long long)rows[i].attempts + 1,
			    rows[i].due ? "" : ", not due yet");
	arena_free(a);
	return rc;
}

int
main(int argc, char **argv)
{
	struct provisioner p = { 0 };
	int rc = -1, status;

	kratos_conf_know();
	if (job_open(&p.job, "mirai-provision", argc, argv, &status) == -1)
		return status;
	if (provisioner_open(&p) == 0)
		rc = p.job.dry
		    ? show(&p)
		    : job_watch(&p.job, PROVISION_CHANNEL, POLL_MS, work, &p);
	provisioner_close(&p);
	job_close(&p.job);
	return rc == -1 ? 1 : 0;
}

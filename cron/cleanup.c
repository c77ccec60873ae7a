/*
 * mirai-cleanup: ends what time ends, once an hour in the whole cluster:
 * sign-ups nobody paid, invitations nobody took, rows that are kept for a
 * while only. -n tells what it would do, at any time.
 */
#include "rpc/job.h"
#include "service/cleanup.h"
#include "service/reconcile.h"

#define STEP_SECONDS 1800

/* Less than an hour: cron is late one time and early the next. */
#define EVERY_S INT64_C(3000)

static void
say(void *arg, const char *what, int64_t n)
{
	const struct job *j = arg;

	if (n > 0)
		job_say(j, "%s: %lld", what, (long long)n);
}

static enum code
run(struct job *j, struct provision_env *e)
{
	struct arena *a = arena_new();
	enum code code = CODE_OK;

	if (!j->dry)
		code = reconcile_claim(e, "cleanup", EVERY_S);
	if (code == CODE_OK)
		code = cleanup_run(e, a, j->dry, say, j);
	else if (code == CODE_NOT_FOUND)
		code = CODE_OK; /* done within this hour */
	arena_free(a);
	return code;
}

int
main(int argc, char **argv)
{
	struct provision_env e = { 0 };
	enum code code = CODE_UNAVAILABLE;
	struct job j;
	int status;

	if (job_open(&j, "mirai-cleanup", argc, argv, &status) == -1)
		return status;
	job_deadline(STEP_SECONDS);
	e.conf = j.env.conf;
	e.db = j.env.db;
	e.cache = j.env.cache;
	if (conf_text(e.conf, "stripe.secret_key") == NULL ||
	    (e.stripe = stripe_open(e.conf)) != NULL)
		code = run(&j, &e);
	stripe_close(e.stripe);
	job_close(&j);
	return code == CODE_OK ? 0 : 1;
}

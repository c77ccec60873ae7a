/*
 * The process of one job: connections of its own, nothing of the worker's; it
 * ends with the worker.
 */
#include "service/genjob_worker.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "db/cache.h"
#include "identity/ident.h"
#include "net/store.h"
#include "service/genjob_run.h"

/* Nothing of the parent's is used, and all of it is let go. */
static int
child_open(struct genjob_worker *w, struct req_env *env)
{
	const struct conf *conf = w->j.env.conf;

	(void)close(w->sig_fd);
	job_unlock(&w->j);
	db_abandon(w->j.env.db);
	w->j.env.db = NULL;
	env->conf = conf;
	env->store = store_open(conf);
	env->db = db_open(conf_text(conf, "database.worker_url"), w->j.name);
	env->cache = cache_open(conf_text(conf, "cache.path"),
	    conf_int(conf, "cache.size"));
	env->ident = ident_open(conf);
	return env->store == NULL || env->ident == NULL ? -1 : 0;
}

static void
child_close(struct genjob_worker *w, struct req_env *env)
{
	ident_close(env->conf, env->ident);
	cache_close(env->cache);
	store_close(env->store);
	db_close(env->db);
	arena_free(w->mem);
	free(w->slots);
	free(w->types);
	job_close(&w->j);
}

static const struct genjob_kind *
kind_of(const struct genjob_work *work, enum genjob_type type)
{
	size_t i;

	for (i = 0; i < work->nkinds; i++)
		if (work->kinds[i].type == type)
			return &work->kinds[i];
	return NULL;
}

static int
child_run(struct genjob_worker *w, const struct req_env *env,
    const struct genjob *job)
{
	static const char *const ends[] = {
		[GENJOB_AGAIN] = "again",
		[GENJOB_DONE] = "done",
		[GENJOB_FAILED] = "failed",
		[GENJOB_GONE] = "gone",
	};
	int minutes = (int)conf_int(env->conf, "worker.stale");
	enum genjob_end end;
	struct req *r;
	int rc;

	job_deadline(minutes * 60);
	r = req_local(env);
	r->deadline_ms = clock_mono_ms() + minutes * INT64_C(60000);
	memcpy(r->who.tenant_id, job->tenant_id, sizeof(r->who.tenant_id));
	memcpy(r->who.user_id, job->user_id, sizeof(r->who.user_id));
	db_use(r->db, r->mem);
	log_request(job->id);
	rc =
	    genjob_run_job(r, job, kind_of(w->work, job->type), w->times, &end);
	job_say(&w->j, "%s %s %s", job->id, genjob_type_name(job->type),
	    ends[end]);
	req_done(r);
	return rc;
}

_Noreturn void
genjob_child(struct genjob_worker *w, const struct genjob *job, pid_t parent)
{
	struct req_env env = { 0 };
	sigset_t none;
	int rc;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	(void)signal(SIGINT, SIG_IGN); /* the parent decides */
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	rc = child_open(w, &env);
	if (rc == 0)
		rc = child_run(w, &env, job);
	child_close(w, &env);
	exit(rc == 0 ? 0 : 1);
}

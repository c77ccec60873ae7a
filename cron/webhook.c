/*
 * mirai-webhook: delivers the web hooks that the identity service queued.
 * Takes one at a time under a lease, holds no transaction while it delivers,
 * and notes what came of it. A kill between delivery and note repeats that one
 * at most, with the same Idempotency-Key; none is lost.
 */
#include "base/log.h"
#include "identity/hook_call.h"
#include "identity/hook_queue.h"
#include "rpc/job.h"

#define STEP_SECONDS 50 /* below the lease */
#define POLL_MS	     5000

struct sender {
	struct job job;
	struct hook_config *config;
	struct http *http;
	const char *const *secrets;
	struct arena *mem; /* of the whole run */
};

static int
sender_open(struct sender *s)
{
	const struct conf *conf = s->job.env.conf;

	s->mem = arena_new();
	s->secrets = conf_list(conf, "identity.secrets");
	if (s->secrets[0] == NULL) {
		log_error("identity.secrets: not set");
		return -1;
	}
	if ((s->config = hook_config_load(s->mem, conf)) == NULL)
		return -1;
	if ((s->http = http_open()) == NULL) {
		log_error("libcurl does not start");
		return -1;
	}
	return 0;
}

static void
sender_close(struct sender *s)
{
	http_close(s->http);
	arena_free(s->mem);
}

static enum hook_note
deliver(struct sender *s, struct arena *a, const struct hook_work *w,
    const char **error)
{
	const struct web_hook *hook = hook_config_find(s->config, w->hook);
	struct http_answer answer;

	if (hook == NULL)
		*error = "no flow names it any more";
	else if (w->body == NULL)
		*error = "it was sealed with a secret that is gone";
	else if (w->attempt > HOOK_TRIES)
		*error = "its delivery was interrupted too often";
	else
		switch (hook_call(s->http, a, s->config, hook, w->id, w->body,
		    hook->timeout_ms, &answer, error)) {
		case HOOK_DONE:
			*error = NULL;
			return HOOK_NOTE_SENT;
		case HOOK_AGAIN:
			return HOOK_NOTE_AGAIN;
		case HOOK_REFUSED:
			break;
		}
	return HOOK_NOTE_GIVE_UP;
}

static void
tell(struct sender *s, const struct hook_work *w, bool again, const char *error)
{
	if (error == NULL)
		job_say(&s->job, "%s %s sent", w->id, w->hook);
	else if (again)
		log_warn("web hook %s %s: try %d: %s", w->hook, w->id,
		    w->attempt, error);
	else
		log_warn("web hook %s %s: given up: %s", w->hook, w->id, error);
}

/* One of them, if one is due: 1, 0 when there is none, -1. */
static int
step(struct sender *s)
{
	struct hook_work w = { 0 };
	const char *error = NULL;
	enum hook_note end;
	struct arena *a;
	bool again;
	int rc;

	job_deadline(STEP_SECONDS);
	a = arena_new();
	arena_set_wipe(a);
	rc = hook_queue_take(s->job.env.db, a, s->secrets, &w);
	if (rc == 1) {
		end = deliver(s, a, &w, &error);
		rc = hook_queue_note(s->job.env.db, a, &w, end, error,
			 &again) == 0
		    ? 1
		    : -1;
		tell(s, &w, again, error);
	}
	arena_free(a);
	return rc;
}

static int
drain(void *arg)
{
	struct sender *s = arg;
	int rc;

	do {
		rc = job_stopping() ? 0 : step(s);
	} while (rc == 1);
	return rc;
}

static int
sweep(struct sender *s)
{
	struct arena *a;
	int64_t n;

	do {
		a = arena_new();
		n = hook_queue_sweep(s->job.env.db, a);
		arena_free(a);
	} while (n > 0 && !job_stopping());
	return n == -1 ? -1 : 0;
}

/* -n: what is in the queue. */
static void
show_one(void *arg, const struct hook_work *w, bool due)
{
	struct sender *s = arg;

	job_say(&s->job, "%s %s, try %d%s", w->id, w->hook, w->attempt,
	    due ? "" : ", not due yet");
}

static int
show(struct sender *s)
{
	return hook_queue_waiting(s->job.env.db, s->mem, show_one, s);
}

static int
run(struct sender *s)
{
	int rc = sweep(s);

	if (job_watch(&s->job, HOOK_CHANNEL, POLL_MS, drain, s) == -1)
		rc = -1;
	return rc;
}

int
main(int argc, char **argv)
{
	struct sender s = { 0 };
	int rc = -1, status;

	if (job_open_on(&s.job, "mirai-webhook", JOB_IDENTITY, argc, argv,
		&status) == -1)
		return status;
	if (sender_open(&s) == 0)
		rc = s.job.dry ? show(&s) : run(&s);
	sender_close(&s);
	job_close(&s.job);
	return rc == -1 ? 1 : 0;
}

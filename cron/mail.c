/*
 * mirai-mail: delivers the mails that the identity service and the application
 * queued, each queue by a child of its own. A mail is taken under a lease, no
 * transaction is open while it is delivered, and what came of it is noted. A
 * kill between delivery and note repeats that one mail at most; none is lost.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "identity/kratos_conf.h"
#include "mail/queue.h"

#define POLL_MS	     5000
#define OPEN_SECONDS 60

static const struct queue *const queues[] = { &queue_identity, &queue_outbox };

/* --- one queue, in its child ----------------------------------------------- */

static int
queue_open(struct mailer *m, const struct queue *q)
{
	const struct conf *conf = m->job.env.conf;

	job_deadline(OPEN_SECONDS);
	m->mem = arena_new();
	if (q->open(m) == -1)
		return -1;
	m->post = post_open(conf, q->whose, m->job.dry);
	if (m->post == NULL)
		return -1;
	m->job.env.db = db_open(conf_text(conf, q->url_key), m->job.name);
	if (migrate_require(m->job.env.db, q->target) == -1)
		return -1;
	return q->target == MIGRATE_APP ? migrate_selftest(m->job.env.db) : 0;
}

static int
drain(void *arg)
{
	struct mailer *m = arg;
	int rc;

	do {
		job_deadline(QUEUE_STEP_SECONDS);
		rc = job_stopping() ? 0 : m->queue->step(m);
	} while (rc == 1);
	return rc;
}

static int
queue_run(struct mailer *m, const struct queue *q)
{
	int rc = q->sweep == NULL ? 0 : q->sweep(m);

	m->queue = q;
	if (job_watch(&m->job, q->channel, POLL_MS, drain, m) == -1)
		rc = -1;
	return rc;
}

/* The whole life of a child; returns its exit status. */
static int
work(struct mailer *m, const struct queue *q)
{
	int rc = job_lock(&m->job, q->lock);

	if (rc == 1)
		rc = queue_open(m, q);
	else if (rc == 0)
		return 0; /* another run goes on */
	if (rc == 0)
		rc = m->job.dry ? q->show(m) : queue_run(m, q);
	post_close(m->post);
	arena_free(m->mem);
	return rc == -1 ? 1 : 0;
}

/* --- both ------------------------------------------------------------------ */

/* What the parent waits for, and so leaves blocked. */
static void
watched(sigset_t *set)
{
	(void)sigemptyset(set);
	(void)sigaddset(set, SIGCHLD);
	(void)sigaddset(set, SIGTERM);
	(void)sigaddset(set, SIGINT);
}

/* Whether a queue is worked on from here. */
static bool
is_ours(const struct conf *conf, const struct queue *q)
{
	if (q == &queue_identity &&
	    str_eq(conf_text(conf, "identity.mode"), "kratos"))
		return false;
	return !str_is_empty(conf_text(conf, q->url_key));
}

/*
 * -1 if it cannot be made, which is logged. The child ends with its parent,
 * however that ends.
 */
static pid_t
start(struct mailer *m, const struct queue *q)
{
	pid_t parent = getpid(), pid;
	sigset_t set;
	int status;

	if ((pid = fork()) == -1)
		log_error("fork: %s", strerror(errno));
	if (pid != 0)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	watched(&set);
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
	status = work(m, q);
	job_close(&m->job);
	exit(status);
}

/* Those that ended add their status and become 0; how many are left. */
static size_t
reap(pid_t *pids, size_t n, int *status)
{
	size_t i, left = 0;
	int one = 0;
	pid_t pid;

	for (i = 0; i < n; i++) {
		if (pids[i] == 0)
			continue;
		if ((pid = waitpid(pids[i], &one, WNOHANG)) == 0) {
			left++;
			continue;
		}
		pids[i] = 0;
		one = pid != -1 && WIFEXITED(one) ? WEXITSTATUS(one) : 1;
		*status = one > *status ? one : *status;
	}
	return left;
}

static void
stop(const pid_t *pids, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (pids[i] != 0)
			(void)kill(pids[i], SIGTERM);
}

/* Waits for all; they are told when the program is to stop. */
static int
wait_all(pid_t *pids, size_t n)
{
	int status = 0, sig;
	sigset_t set;

	if (job_stopping())
		stop(pids, n);
	watched(&set);
	while (reap(pids, n, &status) > 0) {
		sig = sigwaitinfo(&set, NULL);
		if (sig == SIGTERM || sig == SIGINT)
			stop(pids, n);
	}
	return status;
}

static int
run_all(struct mailer *m)
{
	pid_t pids[NITEMS(queues)], pid;
	int status = 0, one;
	size_t i, n = 0, ours = 0;

	for (i = 0; i < NITEMS(queues); i++) {
		if (!is_ours(m->job.env.conf, queues[i]))
			continue;
		ours++;
		if ((pid = start(m, queues[i])) == -1)
			status = 1;
		else
			pids[n++] = pid;
		/* What is shown keeps its order. */
		if (m->job.dry && n > 0) {
			one = wait_all(pids, n);
			status = one > status ? one : status;
			n = 0;
		}
	}
	if (ours == 0) {
		log_error("no queue of mails: neither database.worker_url nor"
			  " identity.database.url is set");
		return 1;
	}
	one = wait_all(pids, n);
	return one > status ? one : status;
}

int
main(int argc, char **argv)
{
	struct mailer m = { 0 };
	sigset_t set;
	int status;

	kratos_conf_know();
	if (job_open_on(&m.job, "mirai-mail", JOB_NONE, argc, argv, &status) ==
	    -1)
		return status;
	job_deadline(0); /* the children have theirs */
	watched(&set);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	status = run_all(&m);
	job_close(&m.job);
	return status;
}

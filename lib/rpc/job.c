/*
 * The frame of programs run by cron. The lock is a file in the state
 * directory, so it goes with the process however that ends.
 */
#include "rpc/job.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/version.h"
#include "base/xmalloc.h"
#include "db/cache.h"
#include "db/db.h"
#include "db/migrate.h"
#include "net/store.h"

#define RUN_MS	     61000 /* cron starts the next one after 60000 */
#define LOCK_POLL_MS 10
#define SLICE_MS     250

static volatile sig_atomic_t stopping;

static void
on_stop(int sig)
{
	(void)sig;
	stopping = 1;
}

static void
on_alarm(int sig)
{
	static const char text[] = "deadline passed, giving up\n";

	(void)sig;
	if (write(STDERR_FILENO, text, sizeof(text) - 1) == -1)
		_exit(3);
	_exit(2);
}

/* No SA_RESTART: a wait for the database ends, too. */
static void
catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_stop };

	(void)sigemptyset(&sa.sa_mask);
	(void)sigaction(SIGTERM, &sa, NULL);
	(void)sigaction(SIGINT, &sa, NULL);
	sa.sa_handler = on_alarm;
	(void)sigaction(SIGALRM, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	(void)sigaction(SIGPIPE, &sa, NULL);
}

static void
usage(FILE *fp, const char *name)
{
	fprintf(fp, "usage: %s [-1hnVv] [-f conf]\n", name);
}

/* 0 to go on, -1 with the exit status. */
static int
parse(struct job *j, int argc, char **argv, const char **conf, int *status)
{
	int ch;

	while ((ch = getopt(argc, argv, "1f:hnVv")) != -1) {
		switch (ch) {
		case '1':
			j->once = true;
			break;
		case 'f':
			*conf = optarg;
			break;
		case 'n':
			j->dry = j->once = true;
			break;
		case 'v':
			j->verbose = true;
			break;
		case 'h':
			usage(stdout, j->name);
			*status = 0;
			return -1;
		case 'V':
			printf("%s %s\n", j->name, MIRAI_VERSION);
			*status = 0;
			return -1;
		default:
			usage(stderr, j->name);
			*status = 2;
			return -1;
		}
	}
	if (optind == argc)
		return 0;
	usage(stderr, j->name);
	*status = 2;
	return -1;
}

static int
nap(int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	return nanosleep(&ts, NULL);
}

int
job_lock(struct job *j, const char *name)
{
	int64_t until;
	char *path;

	path =
	    xasprintf("%s/%s.lock", conf_text(j->env.conf, "state.dir"), name);
	j->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (j->lock == -1)
		log_error("%s: %s", path, strerror(errno));
	free(path);
	if (j->lock == -1)
		return -1;
	until = j->once ? 0 : j->until_ms;
	job_deadline(RUN_MS / 1000 + 60);
	while (flock(j->lock, LOCK_EX | LOCK_NB) == -1) {
		if (clock_mono_ms() >= until || stopping)
			return 0;
		(void)nap(LOCK_POLL_MS);
	}
	return 1;
}

void
job_unlock(struct job *j)
{
	if (j->lock != -1)
		(void)close(j->lock);
	j->lock = -1;
}

static int
open_identity(struct job *j, const struct conf *conf)
{
	const char *url = conf_text(conf, "identity.database.url");

	if (url == NULL) {
		log_error("identity.database.url is not set");
		return -1;
	}
	j->env.db = db_open(url, j->name);
	return migrate_require(j->env.db, MIGRATE_IDENTITY);
}

static int
open_app(struct job *j, const struct conf *conf)
{
	const char *url;

	url = conf_text(conf, "database.worker_url");
	if (url == NULL) {
		log_error("database.worker_url is not set");
		return -1;
	}
	if ((j->env.store = store_open(conf)) == NULL)
		return -1;
	j->env.db = db_open(url, j->name);
	if (migrate_require(j->env.db, MIGRATE_APP) == -1 ||
	    migrate_selftest(j->env.db) == -1)
		return -1;
	j->env.cache = cache_open(conf_text(conf, "cache.path"),
	    conf_int(conf, "cache.size"));
	return 0;
}

/* What the program works on, and what goes with it. */
static int
open_base(struct job *j, const struct conf *conf)
{
	switch (j->base) {
	case JOB_APP:
		return open_app(j, conf);
	case JOB_IDENTITY:
		return open_identity(j, conf);
	case JOB_NONE:
		break;
	}
	return 0;
}

int
job_open(struct job *j, const char *name, int argc, char **argv, int *status)
{
	return job_open_on(j, name, JOB_APP, argc, argv, status);
}

int
job_open_on(struct job *j, const char *name, enum job_base base, int argc,
    char **argv, int *status)
{
	const char *path = NULL;
	struct conf *conf;
	int rc;

	memset(j, 0, sizeof(*j));
	j->name = name;
	j->base = base;
	j->lock = -1;
	log_open(name, LOG_FORM_PLAIN, LOG_LEVEL_INFO);
	if (parse(j, argc, argv, &path, status) == -1)
		return -1;
	*status = 1;
	if ((conf = conf_load(path)) == NULL)
		return -1;
	catch_signals();
	job_deadline(60);
	j->env.conf = conf;
	if (base == JOB_IDENTITY &&
	    str_eq(conf_text(conf, "identity.mode"), "kratos")) {
		job_close(j);
		*status = 0;
		return -1;
	}
	if (open_base(j, conf) == -1) {
		job_close(j);
		return -1;
	}
	j->until_ms = clock_mono_ms() + RUN_MS;
	if (base == JOB_NONE || (rc = job_lock(j, name)) == 1)
		return 0;
	job_close(j);
	*status = rc == 0 ? 0 : 1;
	return -1;
}

void
job_close(struct job *j)
{
	db_close(j->env.db);
	cache_close(j->env.cache);
	store_close(j->env.store);
	job_unlock(j);
	if (j->env.conf != NULL)
		conf_free((struct conf *)(uintptr_t)j->env.conf);
	memset(j, 0, sizeof(*j));
	j->lock = -1;
}

bool
job_stopping(void)
{
	return stopping != 0;
}

void
job_deadline(int seconds)
{
	(void)alarm((unsigned)seconds);
}

/* For a word on the channel; false when the time of this run is over. */
static bool
wait_for_more(struct job *j, int poll_ms)
{
	const char *channel, *payload;
	int64_t left, until;
	int rc, ms;

	left = j->until_ms - clock_mono_ms();
	if (j->once || stopping || left <= 0)
		return false;
	until = clock_mono_ms() + (left < poll_ms ? left : poll_ms);
	job_deadline(poll_ms / 1000 + 60);
	do {
		ms = (int)(until - clock_mono_ms());
		if (ms <= 0)
			break;
		/* In slices, so that a signal need not be waited for. */
		rc = db_wait(j->env.db, ms < SLICE_MS ? ms : SLICE_MS, &channel,
		    &payload);
		if (rc == -1)
			(void)nap(SLICE_MS); /* what comes next reconnects */
	} while (rc == 0 && !stopping);
	return !stopping;
}

int
job_watch(struct job *j, const char *channel, int poll_ms,
    int (*drain)(void *arg), void *arg)
{
	int rc = 0;

	do {
		/* Before the queue is read, or a wake-up is missed. */
		if (!j->once && db_listen(j->env.db, channel) == -1)
			log_debug("not listening");
		if (drain(arg) == -1)
			rc = -1;
	} while (wait_for_more(j, poll_ms));
	return rc;
}

void
job_say(const struct job *j, const char *fmt, ...)
{
	va_list ap;

	if (!j->verbose && !j->dry)
		return;
	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
	(void)putchar('\n');
	(void)fflush(stdout);
}

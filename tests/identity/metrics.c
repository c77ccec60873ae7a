/*
 * metrics: processes share their numbers, and one that is killed while it
 * waits for a hash waits no more.
 */
#include "identity/metrics.h"

#include <sys/wait.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/test.h"

static bool
shows(const char *line)
{
	struct buf b = BUF_INIT;
	bool found;

	metrics_write(&b);
	found = strstr(buf_str(&b), line) != NULL;
	buf_free(&b);
	return found;
}

/* A process that waits, and tells when it does. */
static pid_t
start_waiting(const struct conf *conf)
{
	int fds[2];
	pid_t pid;
	char c;

	CHECK(pipe(fds) == 0);
	if ((pid = fork()) == 0) {
		metrics_open(conf);
		metrics_count(METRICS_LOGIN_OK);
		metrics_wait_begin();
		if (write(fds[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	CHECK(read(fds[0], &c, 1) == 1);
	close(fds[0]);
	close(fds[1]);
	return pid;
}

int
main(void)
{
	struct conf *conf = conf_load(NULL);
	pid_t first, second;

	CHECK(shows("mirai_identity_hash_waiting 0\n")); /* not open yet */
	metrics_open(conf);
	CHECK(shows("mirai_identity_hash_waiting 0\n"));
	metrics_wait_begin();
	CHECK(shows("mirai_identity_hash_waiting 1\n"));
	metrics_wait_end();
	CHECK(shows("mirai_identity_hash_waiting 0\n"));

	first = start_waiting(conf);
	second = start_waiting(conf);
	CHECK(shows("mirai_identity_hash_waiting 2\n"));
	CHECK(shows("mirai_identity_logins_total{result=\"ok\"} 2\n"));
	CHECK(kill(first, SIGKILL) == 0 && waitpid(first, NULL, 0) == first);
	CHECK(shows("mirai_identity_hash_waiting 1\n"));
	CHECK(kill(second, SIGKILL) == 0 && waitpid(second, NULL, 0) == second);
	CHECK(shows("mirai_identity_hash_waiting 0\n"));
	CHECK(shows("mirai_identity_logins_total{result=\"ok\"} 2\n"));

	metrics_observe(METRICS_WHOAMI, 700);
	metrics_observe(METRICS_WHOAMI, 9000000);
	CHECK(shows("whoami_seconds_bucket{le=\"0.0005\"} 0\n"));
	CHECK(shows("whoami_seconds_bucket{le=\"0.001\"} 1\n"));
	CHECK(shows("whoami_seconds_bucket{le=\"2\"} 1\n"));
	CHECK(shows("whoami_seconds_bucket{le=\"+Inf\"} 2\n"));
	CHECK(shows("whoami_seconds_count 2\n"));
	metrics_close();
	conf_free(conf);
	return test_done();
}

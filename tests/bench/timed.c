/* usage: timed COMMAND...: prints wall milliseconds and peak KiB of the tree. */
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	struct timespec from, to;
	struct rusage use;
	int status;
	pid_t pid;

	if (argc < 2)
		errx(2, "usage: timed COMMAND...");
	clock_gettime(CLOCK_MONOTONIC, &from);
	if ((pid = fork()) == -1)
		err(1, "fork");
	if (pid == 0) {
		execvp(argv[1], argv + 1);
		err(127, "%s", argv[1]);
	}
	if (wait4(pid, &status, 0, &use) == -1)
		err(1, "wait4");
	clock_gettime(CLOCK_MONOTONIC, &to);
	if (status != 0)
		errx(1, "%s failed", argv[1]);
	printf("%lld %ld\n",
	    (long long)(to.tv_sec - from.tv_sec) * 1000 +
		(to.tv_nsec - from.tv_nsec) / 1000000,
	    use.ru_maxrss);
	return 0;
}

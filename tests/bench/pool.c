/* Opens the socket, forks, serves until killed. */
#include "pool.h"

#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <err.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static void
worker(int sock, void (*serve)(FCGX_Request *request))
{
	FCGX_Request request;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (FCGX_InitRequest(&request, sock, 0) != 0)
		errx(1, "FCGX_InitRequest");
	while (FCGX_Accept_r(&request) == 0)
		serve(&request);
	_exit(0);
}

_Noreturn void
pool_run(int argc, char **argv, void (*serve)(FCGX_Request *request))
{
	int i, n, sock;

	if (argc != 3)
		errx(2, "usage: program SOCKET WORKERS");
	n = (int)strtol(argv[2], NULL, 10);
	if (FCGX_Init() != 0)
		errx(1, "FCGX_Init");
	umask(0);
	if ((sock = FCGX_OpenSocket(argv[1], 1024)) == -1)
		err(1, "%s", argv[1]);
	for (i = 0; i < n; i++) {
		switch (fork()) {
		case -1:
			err(1, "fork");
		case 0:
			worker(sock, serve);
			break;
		default:
			break;
		}
	}
	while (wait(NULL) > 0)
		continue;
	exit(0);
}

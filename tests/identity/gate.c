/*
 * gate: slots are shared between processes, waiting ends, and a killed holder
 * gives back what it held.
 */
#include "identity/gate.h"

#include <sys/wait.h>

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"

#include "tests/test.h"

/* A child that enters, says so with one byte, and holds until killed. */
static pid_t
holder(struct gate *g, int *ready)
{
	int fds[2];
	pid_t pid;
	char c;

	if (pipe(fds) == -1 || (pid = fork()) == -1)
		exit(1);
	if (pid == 0) {
		c = gate_enter(g, 0) == 0 ? 'y' : 'n';
		if (write(fds[1], &c, 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(fds[1]);
	*ready = read(fds[0], &c, 1) == 1 && c == 'y';
	close(fds[0]);
	return pid;
}

static void
end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

int
main(void)
{
	struct gate *g;
	int ready;
	int64_t start;
	pid_t first, second, third;

	g = gate_open(2, 3);
	first = holder(g, &ready);
	CHECK(ready);
	second = holder(g, &ready);
	CHECK(ready);

	/* both slots are taken: one waits in vain */
	start = clock_mono_ms();
	CHECK(gate_enter(g, 200) == -1);
	CHECK(clock_mono_ms() - start >= 190);

	/* the dead give back, any number of times */
	end(first);
	CHECK(gate_enter(g, 60000) == 0);
	gate_leave(g);
	first = holder(g, &ready);
	CHECK(ready);
	third = holder(g, &ready);
	CHECK(!ready);
	end(third);
	end(first);
	end(second);
	CHECK(gate_enter(g, 0) == 0);
	gate_leave(g);
	gate_close(g);

	/* no place left: refused without waiting */
	g = gate_open(1, 1);
	first = holder(g, &ready);
	CHECK(ready);
	start = clock_mono_ms();
	CHECK(gate_enter(g, 60000) == -1);
	CHECK(clock_mono_ms() - start < 60000);
	end(first);
	gate_close(g);
	return test_done();
}

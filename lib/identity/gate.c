/*
 * Two rows of robust mutexes in memory shared by the pool: places and slots.
 * The kernel hands the mutex of a dead process to the next one, so a killed
 * worker leaks neither.
 */
#include "identity/gate.h"

#include <sys/mman.h>

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xmalloc.h"

#define GATE_MAX 64

struct row {
	pthread_mutex_t locks[GATE_MAX];
	size_t nitems;
};

struct shared {
	struct row places;
	struct row slots;
};

struct gate {
	struct shared *shared;
	pthread_mutex_t *place; /* held by this process, or NULL */
	pthread_mutex_t *slot;
};

static void
row_init(struct row *row, size_t nitems)
{
	pthread_mutexattr_t attr;
	size_t i;

	row->nitems = nitems < 1 ? 1 : nitems > GATE_MAX ? GATE_MAX : nitems;
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	for (i = 0; i < row->nitems; i++)
		pthread_mutex_init(&row->locks[i], &attr);
	pthread_mutexattr_destroy(&attr);
}

/* Whether rc means that the lock is ours; revives one of a dead owner. */
static bool
row_got(pthread_mutex_t *lock, int rc)
{
	if (rc == EOWNERDEAD)
		return pthread_mutex_consistent(lock) == 0;
	return rc == 0;
}

static pthread_mutex_t *
row_try(struct row *row)
{
	size_t i;

	for (i = 0; i < row->nitems; i++)
		if (row_got(&row->locks[i],
			pthread_mutex_trylock(&row->locks[i])))
			return &row->locks[i];
	return NULL;
}

/* Waits for one lock of the row, chosen so that processes spread over it. */
static pthread_mutex_t *
row_wait(struct row *row, int timeout_ms)
{
	pthread_mutex_t *lock;
	struct timespec end;

	if ((lock = row_try(row)) != NULL)
		return lock;
	lock = &row->locks[(size_t)getpid() % row->nitems];
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += timeout_ms / 1000;
	end.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
	if (end.tv_nsec >= 1000000000) {
		end.tv_sec++;
		end.tv_nsec -= 1000000000;
	}
	return row_got(lock,
		   pthread_mutex_clocklock(lock, CLOCK_MONOTONIC, &end))
	    ? lock
	    : NULL;
}

struct gate *
gate_open(size_t nslots, size_t nplaces)
{
	struct gate *g;
	void *p;

	p = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED) {
		log_error("mmap: %s", strerror(errno));
		return NULL;
	}
	g = xcalloc(1, sizeof(*g));
	g->shared = p;
	row_init(&g->shared->slots, nslots);
	row_init(&g->shared->places, nplaces < nslots ? nslots : nplaces);
	return g;
}

void
gate_close(struct gate *g)
{
	if (g == NULL)
		return;
	munmap(g->shared, sizeof(*g->shared));
	free(g);
}

int
gate_enter(struct gate *g, int timeout_ms)
{
	assert(g->slot == NULL);
	if ((g->place = row_try(&g->shared->places)) == NULL)
		return -1;
	if ((g->slot = row_wait(&g->shared->slots, timeout_ms)) == NULL) {
		pthread_mutex_unlock(g->place);
		g->place = NULL;
		return -1;
	}
	return 0;
}

void
gate_leave(struct gate *g)
{
	assert(g->slot != NULL);
	pthread_mutex_unlock(g->slot);
	pthread_mutex_unlock(g->place);
	g->slot = NULL;
	g->place = NULL;
}

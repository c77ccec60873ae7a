/*
 * Jobs in hand: a slot holds one from its claim until what came of it is
 * written, by the job's own process or, where that ended without a word, here.
 */
#include "service/genjob_worker.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "service/genjob_claim.h"

size_t
genjob_slot_count(const struct genjob_worker *w)
{
	size_t i, n = 0;

	for (i = 0; i < w->nslots; i++)
		n += w->slots[i].state != GENJOB_SLOT_FREE;
	return n;
}

struct genjob_slot *
genjob_slot_find(struct genjob_worker *w)
{
	size_t i;

	for (i = 0; i < w->nslots; i++)
		if (w->slots[i].state == GENJOB_SLOT_FREE)
			return &w->slots[i];
	return NULL;
}

void
genjob_slot_start(struct genjob_worker *w, struct genjob_slot *s,
    const struct genjob *job)
{
	pid_t parent = getpid();

	memcpy(s->id, job->id, sizeof(s->id));
	memcpy(s->tenant, job->tenant_id, sizeof(s->tenant));
	memcpy(s->token, job->token, sizeof(s->token));
	memcpy(w->after, job->tenant_id, sizeof(w->after));
	(void)fflush(NULL);
	s->state = GENJOB_SLOT_RUNS;
	if ((s->pid = fork()) == 0)
		genjob_child(w, job, parent);
	if (s->pid == -1) {
		log_error("fork: %s", strerror(errno));
		s->state = GENJOB_SLOT_BACK;
		w->failed = w->lost = true;
	}
}

static void
ended(struct genjob_worker *w, pid_t pid, int status)
{
	struct genjob_slot *s;

	for (s = w->slots; s < w->slots + w->nslots; s++)
		if (s->state == GENJOB_SLOT_RUNS && s->pid == pid)
			break;
	if (s == w->slots + w->nslots)
		return;
	s->state = GENJOB_SLOT_FREE;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return;
	s->state = w->told == GENJOB_TOLD_NOTHING ? GENJOB_SLOT_CRASHED
						  : GENJOB_SLOT_BACK;
	if (s->state == GENJOB_SLOT_CRASHED)
		log_warn("job %s: its process ended early (%s %d)", s->id,
		    WIFSIGNALED(status) ? "signal" : "status",
		    WIFSIGNALED(status) ? WTERMSIG(status)
					: WEXITSTATUS(status));
}

void
genjob_slot_reap(struct genjob_worker *w)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		ended(w, pid, status);
}

void
genjob_slot_settle(struct genjob_worker *w)
{
	struct genjob_held held;
	struct genjob_slot *s;
	int rc;

	for (s = w->slots; s < w->slots + w->nslots && !w->lost; s++) {
		if (s->state != GENJOB_SLOT_CRASHED &&
		    s->state != GENJOB_SLOT_BACK)
			continue;
		held = (struct genjob_held){ s->id, s->token };
		arena_reset(w->mem);
		rc = s->state == GENJOB_SLOT_BACK
		    ? genjob_claim_back(w->j.env.db, w->mem, &held)
		    : genjob_claim_crashed(w->j.env.db, w->mem, &held,
			  w->times->back_off);
		if (rc == 0)
			s->state = GENJOB_SLOT_FREE;
		w->lost = rc == -1;
	}
}

void
genjob_slot_renew(struct genjob_worker *w)
{
	struct genjob_held *held;
	int64_t now = clock_mono_ms();
	size_t i, n = 0;

	if (now < w->renew_at)
		return;
	arena_reset(w->mem);
	held = arena_calloc(w->mem, w->nslots, sizeof(*held));
	for (i = 0; i < w->nslots; i++)
		if (w->slots[i].state == GENJOB_SLOT_RUNS)
			held[n++] = (struct genjob_held){ w->slots[i].id,
				w->slots[i].token };
	if (n > 0 &&
	    genjob_claim_renew(w->j.env.db, w->mem, held, n, w->times->lease) ==
		-1)
		w->lost = true;
	else
		w->renew_at = now + w->times->renew;
}

void
genjob_slot_signal(const struct genjob_worker *w, int sig)
{
	size_t i;

	for (i = 0; i < w->nslots; i++)
		if (w->slots[i].state == GENJOB_SLOT_RUNS)
			(void)kill(w->slots[i].pid, sig);
}

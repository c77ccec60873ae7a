/*
 * What a worker process asks of the queue, across tenants: the next job, more
 * time for those in hand, and the return of those whose process ended. Each
 * call is one superadmin transaction, made of a single statement.
 */
#ifndef MIRAI_SERVICE_GENJOB_CLAIM_H
#define MIRAI_SERVICE_GENJOB_CLAIM_H

#include "service/genjob_row.h"

/* What is asked for. */
struct genjob_want {
	const char *const *types; /* as stored */
	size_t ntypes;
	const char *const *busy; /* tenants of the jobs in hand, one for each */
	size_t nbusy;
	int share; /* jobs of a tenant at once while others wait */
	int most;  /* and while nobody waits */
	int lease_ms;
	const char *after; /* the tenant that had its turn; not NULL */
};

/* A job in hand. */
struct genjob_held {
	const char *id;
	const char *token;
};

/*
 * Claims the next job: queued before left behind, each tenant in its turn, the
 * oldest of a tenant. 1 and the job in a; 0: none; -1: the database failed.
 */
int genjob_claim_next(struct db *db, struct arena *a,
    const struct genjob_want *want, struct genjob *out) MUST_CHECK;

/* Gives n jobs a lease from now; those that are ours no more are left out. */
int genjob_claim_renew(struct db *db, struct arena *a,
    const struct genjob_held *held, size_t n, int lease_ms) MUST_CHECK;

/*
 * A process ended without a word: one attempt is over, the next after a pause.
 * Was it the last, the next claim finds that and fails the job.
 */
int genjob_claim_crashed(struct db *db, struct arena *a,
    const struct genjob_held *held, int back_off_ms) MUST_CHECK;

/* Back into the queue as if it had not run. */
int genjob_claim_back(struct db *db, struct arena *a,
    const struct genjob_held *held) MUST_CHECK;

/* What waits: NULL when the database failed; columns id, type, state, tries. */
struct db_rows *genjob_claim_waiting(struct db *db, struct arena *a,
    const char *const *types, size_t ntypes);

#endif

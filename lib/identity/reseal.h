/*
 * Changing secrets: whatever an older one of identity.secrets sealed is sealed
 * anew by the first, in small transactions, so that the older one can go.
 */
#ifndef MIRAI_IDENTITY_RESEAL_H
#define MIRAI_IDENTITY_RESEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/code.h"
#include "db/db.h"

/* Where sealed texts are kept. */
enum reseal_kind {
	RESEAL_TOTP = 0, /* authenticator apps */
	RESEAL_LOOKUP,	 /* back-up codes */
	RESEAL_MAILS,	 /* not yet sent */
	RESEAL_HOOKS,	 /* web hooks, not yet sent */
	RESEAL_TOTP_PENDING,
	RESEAL_LOOKUP_PENDING,
	RESEAL_PARKED,
	RESEAL_TICKETS, /* on the way to a provider */
	RESEAL_ANSWERS, /* and back */
	RESEAL_EXCHANGES,
	RESEAL__MAX
};

struct reseal_count {
	int64_t seen;
	int64_t done; /* sealed anew */
	int64_t left; /* by an older secret: changed while it was read */
	int64_t lost; /* no secret opens it */
};

/* Begins zeroed. */
struct reseal {
	enum reseal_kind kind; /* RESEAL__MAX: all is done */
	bool dry;	       /* only counts what is left */
	char after[72];	       /* the last key of the kind that was read */
	struct reseal_count counts[RESEAL__MAX];
};

/*
 * One batch, in a transaction of its own; s->kind is RESEAL__MAX after the
 * last. A text is replaced only if it is still the one that was read. Being
 * stopped at any time is fine: what is done is not done again.
 */
enum code reseal_step(struct db *db, struct arena *a,
    const char *const *secrets, struct reseal *s) MUST_CHECK;

/* How many there are in all, for progress. */
enum code reseal_total(struct db *db, struct arena *a, int64_t *n) MUST_CHECK;

/* "authenticator apps" */
const char *reseal_name(enum reseal_kind kind);

/*
 * Codes and links that are good still and may be an older secret's, and when
 * the last of them ends (us since 1970; 0: there are none).
 */
enum code reseal_codes(struct db *db, struct arena *a, int64_t *n,
    int64_t *until) MUST_CHECK;

extern const struct db_query reseal_queries[];

#endif

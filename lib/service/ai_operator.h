/*
 * What an operator does about AI from the command line, across tenants: keys
 * sealed anew after a change of encryption.keys, the monthly limit of a
 * company, its use. db is a worker's handle with no transaction open.
 */
#ifndef MIRAI_SERVICE_AI_OPERATOR_H
#define MIRAI_SERVICE_AI_OPERATOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/code.h"
#include "base/str.h"
#include "db/db.h"
#include "net/sealed.h"

/* Begins zeroed, but for dry. */
struct ai_rotation {
	bool dry;		      /* only counts */
	bool over;		      /* all were seen */
	char after[STR_UUID_LEN + 1]; /* the last tenant */
	int64_t seen;
	int64_t stale; /* sealed by another key than the first; now by it */
	int64_t lost;  /* no key opens them */
	/* Tenants of the last step whose key is lost; in the step's arena. */
	const char **lost_tenants;
	size_t nlost_tenants;
};

/*
 * One batch, a transaction with its audit rows. Being stopped at any time is
 * fine: what is done is not stale any more. Texts in a, which should wipe.
 */
enum code ai_operator_rotate(struct db *db, struct arena *a,
    const struct sealed *keys, const char *actor,
    struct ai_rotation *s) MUST_CHECK;

/* tokens a month, -1 for no limit. Who chose the provider, and when, stays. */
enum code ai_operator_limit(struct db *db, struct arena *a,
    const char *tenant_id, int64_t tokens, const char *actor) MUST_CHECK;

struct ai_operator_kind {
	const char *kind;
	int64_t tokens;
	int64_t jobs;
};

/* Use of the running UTC month by kind, most first; in a. */
struct ai_operator_usage {
	int64_t total;
	int64_t month;
	int64_t limit; /* -1: none */
	struct ai_operator_kind *kinds;
	size_t nkinds;
};

enum code ai_operator_usage(struct db *db, struct arena *a,
    const char *tenant_id, struct ai_operator_usage *out) MUST_CHECK;

#endif

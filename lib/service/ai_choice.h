/*
 * Who writes for a tenant: the provider it chose, or the installation's, with
 * the key that may be used there (spec content.md 7 and 9).
 *
 * The tenant's choice counts when it can be used: it has its own key, or needs
 * none (extractive; a server of its own that speaks openai), or names a
 * provider for which the installation has a key. Otherwise the installation's
 * ai.provider writes, which unless set is gemini or openai, whichever has a
 * key, and extractive without any. The installation's key goes to the
 * installation's address, with its model, and nowhere else; a tenant's key
 * only to the address it was given for.
 */
#ifndef MIRAI_SERVICE_AI_CHOICE_H
#define MIRAI_SERVICE_AI_CHOICE_H

#include <stdbool.h>
#include <stdint.h>

#include "ai/provider.h"
#include "rpc/req.h"

/*
 * Whether ai.provider and ai.allow_private are what they should be; -1 after a
 * line in the log. For the start of programs that ask who writes.
 */
int ai_choice_check(const struct conf *conf) MUST_CHECK;

/* --- for programs that call providers (a worker's role) ---------------------- */

struct ai_choice;

/*
 * The provider of r's tenant, ready to be called; no transaction may be open:
 * the settings are read in a short one. What is missing shows when it is
 * called (PROVIDER_NO_KEY). The choice lives in r->mem and is closed with it
 * at the latest; closing wipes the key. holder is the id under which it
 * reserves tokens (ai_reserve.h), and as long there as the choice. A failure is
 * set on r.
 */
enum code ai_choice_open(struct req *r, const char *holder,
    struct ai_choice **out) MUST_CHECK;
void ai_choice_close(struct ai_choice *c); /* NULL, or closed: nothing */

/*
 * Sets provider and link of run. The caller sets the rest, may_spend among it:
 * a function of its own that returns ai_choice_may_spend().
 */
void ai_choice_run(const struct ai_choice *c, struct provider_run *run);

/* For provider_run.may_spend: ai_reserve_take() for this choice's holder. */
enum provider_leave ai_choice_may_spend(struct ai_choice *c,
    const struct provider_cost *cost);

/*
 * A provider to be tried. NULL stands for what is stored: the provider, and if
 * it is that one, model, address and key; "" for the installation's model or
 * address. The stored key is only tried where it was given for.
 */
struct ai_trial {
	const struct provider *provider;
	const char *key;
	const char *model;
	const char *url;
};

/* The same for a trial. CODE_OK and *out NULL: there is no key to try. */
enum code ai_choice_try(struct req *r, const struct ai_trial *t,
    struct ai_choice **out) MUST_CHECK;

/* --- for whoever accepts work (any role, no key) ------------------------------ */

struct ai_state {
	/* Who would write now; NULL: nobody, the installation's has no key. */
	const struct provider *provider;
	bool own;	    /* by the tenant's key, or at its address */
	int64_t limit;	    /* tokens a month; -1: none */
	int64_t used;	    /* tokens of the running UTC month */
	bool limit_reached; /* never for a provider without tokens */
};

/*
 * The state of r's tenant, inside the open transaction of a handler: one
 * statement. A failure is set on r.
 */
enum code ai_choice_state(struct req *r, struct ai_state *out) MUST_CHECK;

/*
 * Fails r unless work may be accepted: INVALID_ARGUMENT AI_KEY_MISSING when
 * nobody can write, PERMISSION_DENIED AI_LIMIT_REACHED when the month's tokens
 * are used up. out may be NULL.
 */
enum code ai_choice_require(struct req *r, struct ai_state *out) MUST_CHECK;

/*
 * The failure of an operation as that of a call (content.md 1.3), with reason:
 * keys and requests INVALID_ARGUMENT, limit PERMISSION_DENIED, outside
 * UNAVAILABLE.
 */
enum code ai_choice_fail(struct req *r, enum provider_end end);

/* The rule that an address of a tenant's own breaks; NULL: none. */
const char *ai_choice_url_rule(const struct conf *conf, const char *url);

#endif

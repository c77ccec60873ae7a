/*
 * Browsers that were sent to a provider: what they must bring back, once, and
 * to the same flow.
 */
#ifndef MIRAI_IDENTITY_OIDC_STATE_H
#define MIRAI_IDENTITY_OIDC_STATE_H

#include "identity/flow.h"
#include "identity/oidc.h"

/* A fresh ticket for f, in c->mem. */
void oidc_state_make(struct visit *c, const struct oidc_provider *p,
    struct oidc_ticket *out);

/* Notes it, in the open transaction. */
enum code oidc_state_insert(struct visit *c, const struct flow *f,
    const struct oidc_provider *p, const struct oidc_ticket *ticket) MUST_CHECK;

/* One that came back. */
struct oidc_state {
	char flow_id[STR_UUID_LEN + 1];
	enum flow_kind kind;
	const char *provider;
	bool used;
	struct oidc_ticket ticket;
	/* What the provider posted; code NULL: nothing. */
	struct oidc_answer answer;
};

/* CODE_NOT_FOUND: nobody was sent away with it, or too long ago. */
enum code oidc_state_find(struct visit *c, const char *state,
    struct oidc_state *out) MUST_CHECK;

/* Keeps what a provider posted until the browser comes by GET. */
enum code oidc_state_keep(struct visit *c, const char *state,
    const struct oidc_answer *answer) MUST_CHECK;

/* Takes it: CODE_ABORTED, somebody was faster. */
enum code oidc_state_use(struct visit *c, const char *state) MUST_CHECK;

extern const struct db_query oidc_state_queries[];

#endif

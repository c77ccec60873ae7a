/*
 * What becomes of somebody a provider vouches for: signed in, signed up, asked
 * for more, or asked to prove whose account they want to link.
 */
#ifndef MIRAI_IDENTITY_OIDC_ARRIVE_H
#define MIRAI_IDENTITY_OIDC_ARRIVE_H

#include "identity/flow.h"
#include "identity/oidc.h"

/* The end of a sign-in by f, of any kind; answers. No transaction is open. */
void oidc_arrive(struct visit *c, struct flow *f,
    const struct oidc_person *who);

/* The other end: id is said of provider at the form. */
void oidc_arrive_not(struct visit *c, struct flow *f, enum ui_id id,
    const char *label);

/*
 * The provider that did not tell all traits f needs, of somebody whose sign-up
 * waits for them; NULL: f waits for nothing.
 */
const struct oidc_provider *oidc_arrive_waits(const struct visit *c,
    const struct flow *f);

/* The submit that brings them; f waits. */
void oidc_arrive_complete(struct visit *c, struct flow *f,
    const struct oidc_provider *p, const struct json *body);

#endif

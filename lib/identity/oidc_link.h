/*
 * Providers that are linked to an identity: credentials of type oidc, found by
 * "provider:subject". All run inside the open transaction.
 */
#ifndef MIRAI_IDENTITY_OIDC_LINK_H
#define MIRAI_IDENTITY_OIDC_LINK_H

#include "identity/flow.h"
#include "identity/oidc.h"

/* The identity that the person is linked to; CODE_NOT_FOUND: none. */
enum code oidc_link_find(struct visit *c, const struct oidc_person *who,
    char identity_id[STR_UUID_LEN + 1]) MUST_CHECK;

/* What identity_put() and the like store for a first link. */
struct json *oidc_link_config(struct visit *c, const struct oidc_person *who);
const char *const *oidc_link_identifiers(struct visit *c,
    const struct oidc_person *who);

/* CODE_ALREADY_EXISTS: linked to somebody else, found before it is written. */
enum code oidc_link_add(struct visit *c, const char *identity_id,
    const struct oidc_person *who) MUST_CHECK;

/*
 * Removes all links to a provider. CODE_NOT_FOUND: there is none;
 * CODE_FAILED_PRECONDITION: nothing to sign in with would be left.
 */
enum code oidc_link_remove(struct visit *c, const char *identity_id,
    const char *provider) MUST_CHECK;

/* The ids of providers that are linked, NULL-terminated. */
enum code oidc_link_list(struct visit *c, const char *identity_id,
    const char *const **ids) MUST_CHECK;

/* Whether another way to sign in is left without provider. */
enum code oidc_link_spare(struct visit *c, const char *identity_id,
    const char *provider, bool *spare) MUST_CHECK;

/* Tells the owner by mail that a provider was linked, or is no more. */
enum code oidc_link_tell(struct visit *c, const char *identity_id,
    const struct oidc_provider *p, bool added) MUST_CHECK;

/*
 * A link that waits for a proof: whoever signs in with f as identity_id, and
 * nobody else, has it made. In f->internal.
 */
void oidc_link_promise(struct flow *f, const char *identity_id,
    const struct oidc_person *who);
enum code oidc_link_settle(struct visit *c, struct flow *f,
    const char *identity_id) MUST_CHECK;

extern const struct db_query oidc_link_queries[];

#endif

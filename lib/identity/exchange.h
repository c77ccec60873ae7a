/*
 * Sessions that a browser wins for an app (spec identity.md, section 14): the
 * app began the flow and holds one code, the browser brings it the other.
 */
#ifndef MIRAI_IDENTITY_EXCHANGE_H
#define MIRAI_IDENTITY_EXCHANGE_H

#include "identity/flow.h"

/* The hash of the app's code in f's row, hex; CODE_NOT_FOUND: it asked for none. */
enum code exchange_init(struct visit *c, const struct flow *f,
    const char **hash) MUST_CHECK;

/*
 * Keeps a session's token for the app that began f->handoff; *code is for the
 * browser. In the open transaction.
 */
enum code exchange_keep(struct visit *c, const struct flow *f,
    const char *session_id, const char *token, const char **code) MUST_CHECK;

/*
 * Hands it out, once. CODE_NOT_FOUND: no such codes; CODE_FAILED_PRECONDITION:
 * fetched before, or too late.
 */
enum code exchange_take(struct visit *c, const char *init_code,
    const char *return_code, const char **session_id,
    const char **token) MUST_CHECK;

/*
 * Sends the browser back to the app at url: with its code, or if nothing is
 * kept for it, with the flow to look at.
 */
void exchange_return(struct visit *c, const struct flow *f, const char *url);

extern const struct db_query exchange_queries[];

#endif

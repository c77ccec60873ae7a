/*
 * Submits that wait while their sender signs in anew (spec identity.md T-3):
 * sealed, for the same session, form and browser, for a quarter of an hour,
 * once.
 */
#ifndef MIRAI_IDENTITY_PARK_H
#define MIRAI_IDENTITY_PARK_H

#include "identity/flow.h"

/*
 * Keeps body for f and gives the browser the cookie that finds it, in place of
 * what was kept for f before. False: the database failed, answered.
 */
bool park_keep(struct visit *c, const struct flow *f,
    const struct json *body) MUST_CHECK;

/*
 * Takes what is kept for f out, and ends the cookie; *body is NULL when there
 * is nothing for this session and browser. False: failed, answered.
 */
bool park_take(struct visit *c, const struct flow *f,
    const struct json **body) MUST_CHECK;

extern const struct db_query park_queries[];

#endif

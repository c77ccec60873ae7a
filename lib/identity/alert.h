/*
 * Login alerts: who signs in from a device that was never seen with an account
 * has its owner told by mail (spec identity.md, section 21).
 */
#ifndef MIRAI_IDENTITY_ALERT_H
#define MIRAI_IDENTITY_ALERT_H

#include "identity/visit.h"

/*
 * In the open transaction of a sign-in, before its session is issued: queues
 * the mail if it is due. as is the identifier that was typed; NULL: none was.
 * The very first sign-in of an account is no news.
 */
enum code alert_sign_in(struct visit *c, const struct identity *who,
    const char *as) MUST_CHECK;

extern const struct db_query alert_queries[];

#endif

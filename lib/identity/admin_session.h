/*
 * Administrator's routes of sessions (spec identity.md, section 15).
 */
#ifndef MIRAI_IDENTITY_ADMIN_SESSION_H
#define MIRAI_IDENTITY_ADMIN_SESSION_H

#include "identity/visit.h"

void admin_session_list_of(struct visit *c);	/* GET of an identity */
void admin_session_end_all_of(struct visit *c); /* DELETE of an identity */
void admin_session_post(struct visit *c);	/* POST /admin/sessions */

extern const struct db_query admin_session_queries[];

#endif

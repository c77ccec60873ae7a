/*
 * Administrator's routes of sessions (spec identity.md, section 15).
 */
#ifndef MIRAI_IDENTITY_ADMIN_SESSION_H
#define MIRAI_IDENTITY_ADMIN_SESSION_H

#include "identity/visit.h"

void admin_session_list_of(struct visit *c);	/* GET of an identity */
void admin_session_end_all_of(struct visit *c); /* DELETE of an identity */
void admin_session_list(struct visit *c);	/* GET /admin/sessions */
void admin_session_post(struct visit *c);	/* POST /admin/sessions */
void admin_session_get(struct visit *c);	/* GET .../{id} */
void admin_session_end(struct visit *c);	/* DELETE .../{id} */
void admin_session_extend(struct visit *c);	/* PATCH .../{id}/extend */

/* In the open transaction: ends all of an identity and tells the hosts. */
enum code admin_session_end_of(struct visit *c, const char *identity_id);

extern const struct db_query admin_session_queries[];

#endif

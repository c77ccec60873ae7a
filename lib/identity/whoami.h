/*
 * Sessions as their holder sees them (spec identity.md, section 14).
 */
#ifndef MIRAI_IDENTITY_WHOAMI_H
#define MIRAI_IDENTITY_WHOAMI_H

#include "identity/visit.h"

void whoami_show(struct visit *c);	 /* any method /sessions/whoami */
void whoami_list(struct visit *c);	 /* GET /sessions */
void whoami_end_others(struct visit *c); /* DELETE /sessions */
void whoami_end_one(struct visit *c);	 /* DELETE /sessions/{id} */
void whoami_exchange(struct visit *c);	 /* GET /sessions/token-exchange */

#endif

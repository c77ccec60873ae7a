/*
 * Signing out, and the records that error pages show (spec identity.md,
 * section 13).
 */
#ifndef MIRAI_IDENTITY_SELF_LOGOUT_H
#define MIRAI_IDENTITY_SELF_LOGOUT_H

#include "identity/visit.h"

void self_logout_browser(struct visit *c); /* GET .../logout/browser */
void self_logout_submit(struct visit *c);  /* GET .../logout */
void self_logout_api(struct visit *c);	   /* DELETE, POST .../logout/api */

void self_logout_error(struct visit *c); /* GET .../errors */

extern const struct db_query self_logout_queries[];

#endif

/*
 * AuthService/RegisterWithInvitation: an account for whoever holds the token of
 * an invitation (spec accounts.md 3.3). The handler's prototype is generated.
 */
#ifndef MIRAI_SERVICE_AUTH_INVITED_H
#define MIRAI_SERVICE_AUTH_INVITED_H

#include "db/db.h"

extern const struct db_query auth_invited_queries[];

#endif

/*
 * view.h on the identity database.
 */
#ifndef MIRAI_IDENTITY_VIEW_SQL_H
#define MIRAI_IDENTITY_VIEW_SQL_H

#include "identity/view.h"

extern const struct view_way view_sql;

extern const struct db_query view_sql_queries[];

#endif

/*
 * A user row as a message, for the services that show people.
 */
#ifndef MIRAI_SERVICE_USER_H
#define MIRAI_SERVICE_USER_H

#include "db/db.h"
#include "mirai/v1/user.pb.h"
#include "rpc/req.h"

/* The columns user_read() expects, from alias u. */
#define USER_COLUMNS                                                           \
	"u.id, u.kratos_id, u.company_id, u.role, u.created_at, u.updated_at," \
	" u.tenant_id"
#define USER_NCOLUMNS 7

/* The user in the current row, its first column at col; in r->mem, no name. */
struct pb_user *user_read(struct req *r, const struct db_rows *rows,
    unsigned col);

#endif

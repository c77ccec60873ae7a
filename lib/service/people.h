/*
 * Names and addresses of users: they live in the identity service, which is
 * asked once for all of a list, and are kept 5 minutes. A failing look-up never
 * fails a read: the user is shown without name.
 */
#ifndef MIRAI_SERVICE_PEOPLE_H
#define MIRAI_SERVICE_PEOPLE_H

#include "mirai/v1/user.pb.h"
#include "rpc/req.h"

/* Fills email, first_name and last_name of n users by their kratos_id. */
void people_fill(struct req *r, struct pb_user **users, size_t n);

/* The role on the wire of a stored one (accounts.md 1.5); never 0. */
int people_role(const char *stored);

/* The stored role of a wire value, NULL when it names none. */
const char *people_stored_role(int wire);

#endif

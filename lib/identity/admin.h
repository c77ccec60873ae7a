/*
 * The administrator's listener: every route below /admin, for callers that
 * prove themselves (spec identity.md S-1, section 15, A-6).
 */
#ifndef MIRAI_IDENTITY_ADMIN_H
#define MIRAI_IDENTITY_ADMIN_H

#include "identity/idp.h"
#include "rpc/req.h"

/*
 * Whether somebody can prove to be an administrator, and only such. -1 after
 * one logged line that names the setting.
 */
int admin_check(const struct conf *conf);

/* Answers one request. r->db is the identity database. */
void admin_serve(const struct idp *p, struct req *r);

#endif

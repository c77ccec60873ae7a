/*
 * The public listener: every route of the identity service but the
 * administrator's (spec identity.md S-1, section 3).
 */
#ifndef MIRAI_IDENTITY_PUBLIC_H
#define MIRAI_IDENTITY_PUBLIC_H

#include "identity/idp.h"
#include "rpc/req.h"

/* Answers one request. r->db is the identity database. */
void public_serve(const struct idp *p, struct req *r);

#endif

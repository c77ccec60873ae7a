/*
 * Who is who, asked of a real Kratos: the form of struct ident that
 * identity.mode kratos uses. One call per question; what is known is kept by
 * the caller (rpc/caller.h), so a session that ends at the Kratos itself is
 * noticed when that runs out, after 30 s.
 */
#ifndef MIRAI_IDENTITY_EXTERNAL_H
#define MIRAI_IDENTITY_EXTERNAL_H

#include "base/conf.h"
#include "rpc/auth.h"

/* NULL only if libcurl will not start. The caller owns it. */
struct ident *external_open(const struct conf *conf);
void external_close(struct ident *ident);

#endif

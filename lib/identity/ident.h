/*
 * Where logins are kept: the one place that reads identity.mode. "embedded"
 * is the identity database, "kratos" a service elsewhere.
 */
#ifndef MIRAI_IDENTITY_IDENT_H
#define MIRAI_IDENTITY_IDENT_H

#include "base/conf.h"
#include "rpc/auth.h"

/* Whether identity.mode is "kratos". */
bool ident_is_external(const struct conf *conf);

/*
 * 0, or -1 after one logged line that names the setting.
 */
int ident_check(const struct conf *conf) MUST_CHECK;

/*
 * For the load() of a serving program: as ident_check(), and says in one line
 * what the Kratos is. One that does not answer stops nothing: it may start
 * later.
 */
int ident_load(const struct conf *conf) MUST_CHECK;

/*
 * One per process; the caller owns it. NULL only where libcurl will not
 * start. ident_close() and ident_idle() take what ident_open() gave.
 */
struct ident *ident_open(const struct conf *conf);
void ident_close(const struct conf *conf, struct ident *ident);

/* Gives a database connection back if unused for idle_ms. */
void ident_idle(const struct conf *conf, struct ident *ident, int64_t idle_ms);

#endif

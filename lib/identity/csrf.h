/*
 * Tokens against forged submits (spec identity.md, section 6).
 */
#ifndef MIRAI_IDENTITY_CSRF_H
#define MIRAI_IDENTITY_CSRF_H

#include <stdbool.h>

#include "identity/visit.h"

/* The value of the cookie that came, NULL if none or malformed. */
const char *csrf_cookie(struct visit *c);

/* That value; without one a fresh cookie is set. Never NULL. */
const char *csrf_ensure(struct visit *c);

/* Sets a fresh cookie: a session started, ended or changed its identity. */
const char *csrf_rotate(struct visit *c);

/* What a form carries for a cookie's value: masked anew on each call. */
const char *csrf_mask(struct arena *a, const char *token);

/* Whether given, masked or not, stands for token. Constant time. */
bool csrf_matches(struct arena *a, const char *given, const char *token);

/*
 * What is wrong with a submit to a browser flow whose stored token is stored;
 * given is the body's field or NULL. NULL: nothing.
 */
const char *csrf_flaw(struct visit *c, const char *stored, const char *given);

/* The same check. False: refused with security_csrf_violation. */
bool csrf_check(struct visit *c, const char *stored, const char *given);

/* The check of reading a browser flow: the cookie against the stored token. */
bool csrf_check_read(struct visit *c, const char *stored);

/*
 * The check of a submit to an API flow (C-5): no Origin and no cookie but
 * those of edge proxies. False: refused.
 */
bool csrf_check_api(struct visit *c);

#endif

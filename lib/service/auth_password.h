/*
 * The password of somebody who signs up: what it must be, its hash, and that
 * nothing of it stays in memory (spec accounts.md 3.2).
 */
#ifndef MIRAI_SERVICE_AUTH_PASSWORD_H
#define MIRAI_SERVICE_AUTH_PASSWORD_H

#include "rpc/req.h"

/* Whose it is; what it must not resemble. */
struct auth_password_owner {
	const char *email;
	const char *first_name;
	const char *last_name;
};

/* The field "password" of a request; fails it by the first rule broken. */
enum code auth_password_check(struct req *r, const char *password,
    const struct auth_password_owner *of) MUST_CHECK;

/*
 * Its hash as the identity service takes it, in r->mem. CODE_UNAVAILABLE with
 * Retry-After: too many sign up at this moment.
 */
enum code auth_password_hash(struct req *r, const char *password,
    const char **hash) MUST_CHECK;

/*
 * Wipes it, and the body it came in: nobody may read either afterwards. Fine
 * for "" and NULL.
 */
void auth_password_wipe(struct req *r, const char *password);

#endif

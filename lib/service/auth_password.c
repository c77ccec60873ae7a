/*
 * The identity service takes a hash as it is, so this check is the only one.
 */
#include "service/auth_password.h"

#include <string.h>

#include "base/utf8.h"
#include "identity/hasher.h"
#include "identity/identity.h"
#include "net/crypt.h"

#define MIN_CHARS ((size_t)8)
#define MAX_BYTES ((size_t)72) /* what bcrypt looks at */

/* The address, or what stands before its "@". */
static bool
is_address(struct req *r, const char *password, const char *email)
{
	const char *at = strchr(email, '@');

	return str_ieq(password, email) ||
	    (at != NULL &&
		str_ieq(password,
		    arena_printf(r->mem, "%.*s", (int)(at - email), email)));
}

/* Names, runs, and what everybody tries first: as the identity service does. */
static enum code
check_guessable(struct req *r, const char *password,
    const struct auth_password_owner *of)
{
	const struct identity_person person = {
		.email = of->email,
		.first_name = of->first_name,
		.last_name = of->last_name,
		.password = password,
	};
	static const char prefix[] = "the password ";
	const char *why;

	if (identity_password_ok(r->mem, &person, &why))
		return CODE_OK;
	if (str_starts(why, prefix))
		why += strlen(prefix);
	return req_fail_field(r, "password", "%s", why);
}

enum code
auth_password_check(struct req *r, const char *password,
    const struct auth_password_owner *of)
{
	if (str_is_empty(password))
		return req_fail_missing(r, "password", "must not be empty");
	if (utf8_count(password) < MIN_CHARS)
		return req_fail_field(r, "password",
		    "must have at least %zu characters", MIN_CHARS);
	if (strlen(password) > MAX_BYTES)
		return req_fail_field(r, "password",
		    "must have at most %zu bytes", MAX_BYTES);
	if (strpbrk(password, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == NULL)
		return req_fail_field(r, "password",
		    "must contain an upper-case letter (A to Z)");
	if (strpbrk(password, "0123456789") == NULL)
		return req_fail_field(r, "password",
		    "must contain a digit (0 to 9)");
	if (is_address(r, password, of->email))
		return req_fail_field(r, "password",
		    "must not be the e-mail address");
	return check_guessable(r, password, of);
}

enum code
auth_password_hash(struct req *r, const char *password, const char **hash)
{
	if (hasher_hash(r->env->hasher, r->mem, password, r->queued_ms, hash) ==
	    CODE_OK)
		return CODE_OK;
	return req_fail_retry(r, CODE_UNAVAILABLE, "EXTERNAL_SERVICE_ERROR", 2,
	    "too many people sign up at this moment; please try again");
}

/* Text of ours that was handed out as const. */
static void
wipe(const void *p, size_t len)
{
	crypt_wipe((void *)(uintptr_t)p, len);
}

void
auth_password_wipe(struct req *r, const char *password)
{
	if (password != NULL)
		wipe(password, strlen(password));
	if (r->body != NULL)
		wipe(r->body, r->bodylen);
}

/*
 * Passwords inside requests: read, checked, hashed and wiped, with the number
 * of hashes at a time bounded (spec identity.md, section 16).
 */
#ifndef MIRAI_IDENTITY_PASSWORD_H
#define MIRAI_IDENTITY_PASSWORD_H

#include <stdbool.h>

#include "identity/visit.h"
#include "identity/ui.h"

/*
 * The member of a submitted body, copied to where it is wiped when the request
 * ends; the body's own is wiped at once. "" when absent or no text.
 */
const char *password_take(struct visit *c, const struct json *body,
    const char *key);

/*
 * Whether password is that of cred. cred NULL, or one without password, costs
 * the same time and is never right. *rehash is set when the hash should be
 * replaced. CODE_UNAVAILABLE: too many at once; not answered yet.
 */
enum code password_verify(struct visit *c, const char *password,
    const struct identity_password *cred, bool *right, const char **rehash);

/* The hash of a new password. CODE_UNAVAILABLE as above. */
enum code password_hash(struct visit *c, const char *password,
    const char **hash);

/* Says in ui what is wrong with a new one; true: nothing. */
bool password_policy(struct visit *c, const char *password,
    const char *const *personal, struct ui *ui);

/* 503 with Retry-After for CODE_UNAVAILABLE of the above. */
void password_refuse_busy(struct visit *c);

#endif

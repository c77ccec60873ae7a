/*
 * Time-based one-time passwords (RFC 6238: HMAC-SHA-1, steps of 30 s from
 * 1970) and the address that hands their secret to an authenticator app. The
 * only user of liboath.
 */
#ifndef MIRAI_NET_TOTP_H
#define MIRAI_NET_TOTP_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

#define TOTP_SECRET_LEN 20 /* RFC 4226, R6: as long as the hash */
#define TOTP_DIGITS	6
#define TOTP_MAX_DIGITS 8
#define TOTP_STEP_S	30

/* The password of one step, NUL-terminated. digits: 6 to 8. */
void totp_code(const void *secret, size_t len, int64_t step, unsigned digits,
    char out[TOTP_MAX_DIGITS + 1]);

/*
 * The step, after the step `after`, whose password is code: that of now_s
 * (seconds since 1970), the one before or the one behind. -1: none. Constant
 * time in code.
 */
int64_t totp_match(const void *secret, size_t len, int64_t now_s, int64_t after,
    const char *code);

/* The secret as a person types it: base32 (RFC 4648) without padding, in a. */
char *totp_secret_text(struct arena *a, const void *secret, size_t len);

/* "otpauth://totp/ISSUER:ACCOUNT?secret=...", in a. */
char *totp_uri(struct arena *a, const char *issuer, const char *account,
    const void *secret, size_t len);

#endif

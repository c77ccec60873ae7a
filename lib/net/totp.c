/*
 * liboath computes; which steps are tried, and how they are compared, is
 * decided here. A failure of liboath can only mean no memory: the process
 * ends, as with xmalloc().
 */
#include "net/totp.h"

#include <liboath/oath.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "net/crypt.h"

static void
need(int status)
{
	if (status == OATH_OK)
		return;
	log_error("liboath: %s", oath_strerror(status));
	abort();
}

void
totp_code(const void *secret, size_t len, int64_t step, unsigned digits,
    char out[TOTP_MAX_DIGITS + 1])
{
	static bool ready;

	if (!ready)
		need(oath_init());
	ready = true;
	need(oath_hotp_generate(secret, len, (uint64_t)step, digits, false,
	    OATH_HOTP_DYNAMIC_TRUNCATION, out));
}

int64_t
totp_match(const void *secret, size_t len, int64_t now_s, int64_t after,
    const char *code)
{
	int64_t now = now_s / TOTP_STEP_S, step, found = -1;
	char right[TOTP_MAX_DIGITS + 1];

	for (step = now - 1; step <= now + 1; step++) {
		totp_code(secret, len, step, TOTP_DIGITS, right);
		if (crypt_equal_str(right, code) && step > after)
			found = step;
	}
	crypt_wipe(right, sizeof(right));
	return found;
}

char *
totp_secret_text(struct arena *a, const void *secret, size_t len)
{
	char *text, *copy;
	size_t n;

	need(oath_base32_encode(secret, len, &text, &n));
	copy = arena_strndup(a, text, n);
	crypt_wipe(text, n);
	free(text);
	copy[strcspn(copy, "=")] = '\0';
	return copy;
}

char *
totp_uri(struct arena *a, const char *issuer, const char *account,
    const void *secret, size_t len)
{
	const char *by = str_url_encode(a, issuer);

	return arena_printf(a,
	    "otpauth://totp/%s:%s?secret=%s&issuer=%s&algorithm=SHA1"
	    "&digits=%d&period=%d",
	    by, str_url_encode(a, account), totp_secret_text(a, secret, len),
	    by, TOTP_DIGITS, TOTP_STEP_S);
}

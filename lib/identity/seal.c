/*
 * Sealed texts. The key of a secret is its HMAC over a fixed label, so that
 * the same secret may sign elsewhere. Keys are wiped after use.
 */
#include "identity/seal.h"

#include <string.h>

#include "base/str.h"
#include "net/crypt.h"

#define VERSION "v1."

static void
derive(const char *secret, uint8_t key[CRYPT_GCM_KEY])
{
	static const char label[] = "mirai seal v1";

	crypt_hmac_sha256(secret, strlen(secret), label, strlen(label), key);
}

const char *
seal_close(struct arena *a, const char *const *secrets, const char *context,
    const void *p, size_t len)
{
	uint8_t key[CRYPT_GCM_KEY], *raw;
	size_t n;

	derive(secrets[0], key);
	raw = crypt_gcm_seal(a, key, context, strlen(context), p, len, &n);
	crypt_wipe(key, sizeof(key));
	return arena_printf(a, VERSION "%s", crypt_base64url(a, raw, n));
}

char *
seal_open(struct arena *a, const char *const *secrets, const char *context,
    const char *sealed, size_t *len, bool *stale)
{
	uint8_t key[CRYPT_GCM_KEY], *raw, *text = NULL;
	size_t i, n;

	if (!str_starts(sealed, VERSION))
		return NULL;
	sealed += strlen(VERSION);
	if ((raw = crypt_unbase64(a, sealed, strlen(sealed), &n)) == NULL)
		return NULL;
	for (i = 0; secrets[i] != NULL && text == NULL; i++) {
		derive(secrets[i], key);
		text = crypt_gcm_open(a, key, context, strlen(context), raw, n,
		    len);
	}
	crypt_wipe(key, sizeof(key));
	if (stale != NULL)
		*stale = i > 1;
	return (char *)text;
}

/*
 * The cookie is "ID.SIGNATURE": an HMAC under identity.secrets over the id and
 * the normalised identifier. It proves nothing but that somebody signed in
 * here before, and opens nothing.
 */
#include "identity/device.h"

#include <string.h>

#include "base/str.h"
#include "identity/nfc.h"
#include "net/crypt.h"

#define ID_CHARS 22
#define YEAR	 (INT64_C(365) * 86400)

static const char *
signature(struct visit *c, const char *secret, const char *id,
    const char *identifier)
{
	uint8_t mac[CRYPT_SHA256_LEN];
	const char *text = arena_printf(c->mem, "device:%s:%s", id,
	    nfc_identifier(c->mem, identifier));

	crypt_hmac_sha256(secret, strlen(secret), text, strlen(text), mac);
	return crypt_base64url(c->mem, mac, sizeof(mac));
}

const char *
device_of(struct visit *c, const char *identifier)
{
	const char *value = req_cookie(c->r, DEVICE_COOKIE), *id;
	bool ok = false;
	size_t i;

	if (value == NULL || strlen(value) <= ID_CHARS ||
	    value[ID_CHARS] != '.')
		return NULL;
	id = arena_strndup(c->mem, value, ID_CHARS);
	for (i = 0; c->p->secrets[i] != NULL; i++)
		ok |= crypt_equal_str(value + ID_CHARS + 1,
		    signature(c, c->p->secrets[i], id, identifier));
	return ok ? id : NULL;
}

void
device_remember(struct visit *c, const char *identifier)
{
	const char *id = device_of(c, identifier);

	if (id != NULL)
		return;
	id = crypt_token(c->mem, ID_CHARS);
	visit_cookie(c, DEVICE_COOKIE,
	    arena_printf(c->mem, "%s.%s", id,
		signature(c, c->p->secrets[0], id, identifier)),
	    YEAR);
}

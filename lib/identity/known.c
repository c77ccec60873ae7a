/*
 * Slots by the hash of the credential; a new one pushes an old one out. Texts
 * of slots are from malloc(): they outlive the request.
 */
#include "identity/known.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "db/cache.h"
#include "net/crypt.h"
#include "rpc/caller.h"

#define SLOTS	64
#define KEEP_MS 10000
#define SHA_HEX (2 * CRYPT_SHA256_LEN)

struct slot {
	char hash[SHA_HEX + 1];
	enum session_carrier carrier;
	struct known_since since;
	int64_t until_ms;   /* clock_mono_ms() */
	int64_t expires_at; /* of the session, us since 1970 */
	char identity_id[STR_UUID_LEN + 1];
	char *text;
	size_t len;
};

static struct slot slots[SLOTS];

static struct slot *
slot_of(const char *hash)
{
	char first[9];

	memcpy(first, hash, 8);
	first[8] = '\0';
	return &slots[strtoul(first, NULL, 16) % SLOTS];
}

bool
known_get(struct req *r, enum session_carrier carrier, const char *hash,
    struct known *out, struct known_since *since)
{
	struct cache *cache = r->env->cache;
	const struct slot *s = slot_of(hash);

	since->session =
	    cache_generation(cache, NULL, caller_session_key(r->mem, hash));
	since->identities = cache_generation(cache, NULL, CALLER_ANY_IDENTITY);
	if (s->text == NULL || strcmp(s->hash, hash) != 0 ||
	    s->carrier != carrier || since->session == -1 ||
	    s->since.session != since->session ||
	    s->since.identities != since->identities ||
	    clock_mono_ms() >= s->until_ms || clock_now_us() >= s->expires_at)
		return false;
	out->text = s->text;
	out->len = s->len;
	out->identity_id = s->identity_id;
	return true;
}

void
known_put(const struct session *s, const struct known_since *since,
    const char *text, size_t len)
{
	struct slot *slot = slot_of(s->hash);

	if (since->session == -1)
		return; /* without a cache nobody could tell us to forget */
	free(slot->text);
	memcpy(slot->hash, s->hash, sizeof(slot->hash));
	slot->carrier = s->carrier;
	slot->since = *since;
	slot->until_ms = clock_mono_ms() + KEEP_MS;
	slot->expires_at = s->expires_at;
	memcpy(slot->identity_id, s->identity.id, sizeof(slot->identity_id));
	slot->text = xmalloc(len);
	memcpy(slot->text, text, len);
	slot->len = len;
}

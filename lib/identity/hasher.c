/*
 * A gate around the two hash functions. Plain text that is made on the way is
 * wiped before this returns.
 */
#include "identity/hasher.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "identity/gate.h"
#include "identity/ident.h"
#include "identity/idp.h"
#include "identity/nfc.h"
#include "net/crypt.h"

#define QUEUE_MS 2000

struct hasher {
	struct gate *gate;
	struct crypt_cost cost;
	unsigned bcrypt_cost; /* 0: argon2id is wanted */
};

struct hasher *
hasher_open(const struct conf *conf, size_t workers)
{
	size_t slots = (size_t)conf_int(conf, "identity.hash_slots");
	struct hasher *h;

	h = xcalloc(1, sizeof(*h));
	h->cost = idp_cost(conf);
	if (ident_is_external(conf))
		h->bcrypt_cost =
		    (unsigned)conf_int(conf, "identity.bcrypt.cost");
	h->gate = gate_open(slots < workers ? slots : workers, workers);
	if (h->gate != NULL)
		return h;
	free(h);
	return NULL;
}

void
hasher_close(struct hasher *h)
{
	if (h == NULL)
		return;
	gate_close(h->gate);
	free(h);
}

static const char *
argon2(const struct hasher *h, struct arena *a, const char *password)
{
	char *normal = nfc_text(a, password);
	const char *hash = crypt_password_hash(a, normal, &h->cost);

	crypt_wipe(normal, strlen(normal));
	return hash;
}

enum code
hasher_hash(struct hasher *h, struct arena *a, const char *password,
    int64_t waited_ms, const char **hash)
{
	int64_t left = QUEUE_MS - waited_ms;

	if (left <= 0 || gate_enter(h->gate, (int)left) == -1)
		return CODE_UNAVAILABLE;
	*hash = h->bcrypt_cost > 0
	    ? crypt_bcrypt_hash(a, password, h->bcrypt_cost)
	    : argon2(h, a, password);
	gate_leave(h->gate);
	return CODE_OK;
}

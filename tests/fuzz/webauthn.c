/*
 * What a browser sends about a security key, as a registration and as a proof
 * (a second line is the public key to hold it against). Whatever is taken was
 * whole: an id, a key of ours to use, and parts that lie inside the input.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "net/crypt.h"
#include "net/fido.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const origins[] = { "https://app.mirai.example", NULL };

/* The challenge of the corpus, so that the reader comes to the end of it. */
static const struct fido_rules rules = {
	.rp_id = "app.mirai.example",
	.origins = origins,
	.challenge = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY",
	.verified = true,
};

static void
try_register(struct arena *a, const struct json *answer)
{
	struct fido_key key;
	const char *why = NULL;

	if (!fido_register(a, answer, &rules, &key, &why)) {
		assert(why != NULL);
		return;
	}
	assert(key.id.len > 0 && key.id.len <= FIDO_ID_MAX);
	assert(fido_key_ok(a, key.cose) && key.verified);
}

static void
try_prove(struct arena *a, const struct json *answer, const char *cose)
{
	struct fido_key key = { 0 };
	struct fido_claim claim;
	struct fido_proof proof;
	const char *why = NULL;

	if (!fido_claims(a, answer, &claim))
		return;
	key.id = claim.id;
	key.cose.p = crypt_unbase64(a, cose, strlen(cose), &key.cose.len);
	if (key.cose.p == NULL)
		key.cose.len = 0;
	if (fido_prove(a, answer, &rules, &key, &proof, &why))
		assert(proof.verified && fido_key_ok(a, key.cose));
	else
		assert(why != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	const uint8_t *end = memchr(data, '\n', size);
	size_t len = end == NULL ? size : (size_t)(end - data);
	const struct json *answer =
	    fido_read(a, arena_strndup(a, (const char *)data, len));

	if (answer != NULL) {
		try_register(a, answer);
		try_prove(a, answer,
		    end == NULL ? ""
				: arena_strndup(a, (const char *)end + 1,
				      size - len - 1));
	}
	arena_free(a);
	return 0;
}

/*
 * Secrets of companies at rest, such as their key of an AI provider
 * (encryption.keys): AES-256-GCM under a key of the installation, the tenant
 * bound to it, so that whoever reads a copy of the database learns nothing and
 * a secret moved to another tenant opens no more.
 *
 * A sealed secret is a byte that names the key, a 96-bit nonce, the encrypted
 * text and a 128-bit tag. The first key seals, all open.
 */
#ifndef MIRAI_NET_SEALED_H
#define MIRAI_NET_SEALED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

#define SEALED_KEYS_MAX 16
#define SEALED_OVERHEAD 29

struct sealed;

/*
 * The keys of a list (conf_list() of encryption.keys: each 64 hex digits) in
 * memory of their own; sealed_free() wipes it. NULL with *why == NULL: the list
 * is empty. NULL with *why: the rule that it breaks, which holds no key.
 */
struct sealed *sealed_new(const char *const *keys, const char **why);
void sealed_free(struct sealed *s);

/* len bytes at p for this tenant, *outlen of them in a. */
uint8_t *sealed_close(const struct sealed *s, struct arena *a,
    const char *tenant_id, const void *p, size_t len, size_t *outlen);

/*
 * The secret, NUL-terminated besides its *outlen bytes, in a, which wipes it
 * when it is reset. NULL: it is of another tenant, was changed, or its key is
 * gone.
 */
char *sealed_open(const struct sealed *s, struct arena *a,
    const char *tenant_id, const void *p, size_t len, size_t *outlen);

/* Whether another key than the first one sealed it: it is to be sealed anew. */
bool sealed_is_stale(const struct sealed *s, const void *p, size_t len);

#endif

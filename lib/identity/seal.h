/*
 * Secrets at rest: what the database keeps but must not tell whoever reads a
 * copy of it. AES-256-GCM under a key derived from identity.secrets; the first
 * secret seals, all open.
 */
#ifndef MIRAI_IDENTITY_SEAL_H
#define MIRAI_IDENTITY_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/*
 * Text ("v1." and base64url) of len bytes at p. context binds it to its place
 * ("totp:<identity id>"): moved to another row it opens no more.
 */
const char *seal_close(struct arena *a, const char *const *secrets,
    const char *context, const void *p, size_t len);

/*
 * The bytes, NUL-terminated besides their *len, in a; NULL: of another place,
 * tampered with, or sealed by a secret that is gone. *stale (may be NULL) says
 * that another secret than the first one sealed it.
 */
char *seal_open(struct arena *a, const char *const *secrets,
    const char *context, const char *sealed, size_t *len, bool *stale);

#endif

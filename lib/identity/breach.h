/*
 * Whether a password is known from breaches: asked of a local file of hashes,
 * or of a range service that sees five characters of the hash only (spec
 * identity.md P-3).
 */
#ifndef MIRAI_IDENTITY_BREACH_H
#define MIRAI_IDENTITY_BREACH_H

#include <stdint.h>

#include "base/arena.h"
#include "base/conf.h"

struct breach;

/*
 * What identity.breach.* set; NULL after one logged line that names the
 * setting. The caller owns it. Without any setting it finds nothing.
 */
struct breach *breach_open(const struct conf *conf);
void breach_close(struct breach *b);

enum breach_verdict {
	BREACH_FINE = 0,
	BREACH_KNOWN,  /* more often than allowed */
	BREACH_UNKNOWN /* nobody could be asked, and that is not to be ignored */
};

/* Blocks for a second at most. */
enum breach_verdict breach_check(struct breach *b, struct arena *a,
    const char *password);

#endif

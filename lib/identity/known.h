/*
 * whoami's last answers, kept in this process for at most ten seconds (spec
 * identity.md W-4). One counts only while nothing was told to forget it: a
 * session that ended, an identity that changed (rpc/auth.h), on this host at
 * once and from others by NOTIFY. Refusals are not kept.
 */
#ifndef MIRAI_IDENTITY_KNOWN_H
#define MIRAI_IDENTITY_KNOWN_H

#include "identity/session.h"
#include "rpc/req.h"

struct known {
	const char
	    *text; /* the JSON of the session; borrowed, valid until put */
	size_t len;
	const char *identity_id;
};

/* What must not change while something is kept; taken before the look-up. */
struct known_since {
	int64_t session;
	int64_t identities;
};

bool known_get(struct req *r, enum session_carrier carrier, const char *hash,
    struct known *out, struct known_since *since);
void known_put(const struct session *s, const struct known_since *since,
    const char *text, size_t len);

#endif

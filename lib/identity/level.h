/*
 * Levels of assurance: whether a session is enough for routes that demand all
 * its owner can prove, and the way there if not (spec identity.md 19, M-1 and
 * M-7).
 */
#ifndef MIRAI_IDENTITY_LEVEL_H
#define MIRAI_IDENTITY_LEVEL_H

#include "identity/visit.h"

#define LEVEL_FIRST  "aal1"
#define LEVEL_SECOND "aal2"

enum level {
	LEVEL_ENOUGH = 0,
	LEVEL_INVITED, /* a second factor must be set up within some days */
	LEVEL_PROVE,   /* there is one, it must be proven */
	LEVEL_ENROL    /* there is none, and the days are over */
};

struct level_facts {
	const char *aal;	     /* of the session */
	const char *available_aal;   /* of its identity */
	int64_t second_factor_after; /* us since 1970; 0: not demanded */
};

/*
 * highest: session.required_aal is highest_available. INVITED is as good as
 * ENOUGH for every route; only a sign-in cares.
 */
enum level level_of(bool highest, const struct level_facts *facts);

/* That of a session. */
enum level level_of_session(const struct visit *c, const struct session *s);

/*
 * Where a browser gets from a level to ENOUGH and then to return_to (NULL:
 * the default): a login with a second factor, or the settings.
 */
const char *level_url(struct visit *c, enum level level, const char *return_to);

/* Refuses with session_aal2_required, leading back to return_to. */
void level_refuse(struct visit *c, enum level level, const char *return_to);

/*
 * For settings (T-1): whether the caller, who has a session, proved all he
 * can. He need not have a second factor, he may be here to set one up. False:
 * answered, a browser redirected to prove it and come back.
 */
bool level_require(struct visit *c, const char *back);

#endif

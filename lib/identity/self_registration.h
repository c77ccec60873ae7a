/*
 * Signing up (spec identity.md, section 10): one form, and the frame around
 * the methods that give a new person something to sign in with.
 */
#ifndef MIRAI_IDENTITY_SELF_REGISTRATION_H
#define MIRAI_IDENTITY_SELF_REGISTRATION_H

#include "identity/flow.h"

void self_registration_browser(struct visit *c);
void self_registration_api(struct visit *c);
void self_registration_flows(struct visit *c);
void self_registration_submit(struct visit *c);

/* As self_draw(). */
enum code self_registration_draw(struct visit *c, struct flow *f);

/* The traits of a submit, in the types of the schema. */
struct json *self_registration_traits(struct visit *c, const struct json *body);

/* Says in f what is wrong with them; true: nothing. */
bool self_registration_check(struct visit *c, struct flow *f,
    const struct json *traits);

/* A new person, and what a method gives it. */
struct self_newcomer {
	const struct json *traits; /* checked */
	const char *password_hash; /* NULL: no password */

	/* A credential of another type; NULL: none. */
	const char *type;
	const struct json *config;
	const char *const *identifiers;

	bool verified; /* the method proved that the address is theirs */
	struct session_proof proof;
};

/* Makes the person, signs in if that is set, and answers. */
void self_registration_complete(struct visit *c, struct flow *f,
    const struct self_newcomer *in);

#endif

/*
 * People as commands and sign-up make, find and remove them, wherever
 * identity.mode says they are kept: in the identity database, as role
 * mirai_identity, or by the administrator's side of a Kratos (accounts.md 13).
 * No call is made while a transaction on the application database is open.
 */
#ifndef MIRAI_IDENTITY_DIRECTORY_H
#define MIRAI_IDENTITY_DIRECTORY_H

#include "base/conf.h"
#include "identity/identity.h"
#include "rpc/auth.h"

struct directory;

/*
 * NULL after one logged line. actor is kept: deeds in the identity database
 * are audited in its name; a Kratos is told why a person was made instead.
 * The caller owns it.
 */
struct directory *directory_open(const struct conf *conf, struct arena *a,
    const char *actor);

/*
 * The same for a serving program: nothing is connected to before it is used,
 * so an identity service that is down stops no start.
 */
struct directory *directory_serve(const struct conf *conf, const char *actor);

void directory_close(struct directory *d);

/* Gives a database connection back if unused for idle_ms. */
void directory_idle(struct directory *d, int64_t idle_ms);

/* CODE_NOT_FOUND: nobody; CODE_UNAVAILABLE: no answer (logged). */
enum code directory_find(struct directory *d, struct arena *a,
    const char *email, struct ident_person *out) MUST_CHECK;

/* Somebody who signs in with an address, and what sign-up must know besides. */
struct directory_account {
	struct ident_person person;
	bool verified;		     /* the address is proven */
	const struct json *metadata; /* the administrators'; NULL: none */
};

/* As directory_find(). */
enum code directory_account(struct directory *d, struct arena *a,
    const char *email, struct directory_account *out) MUST_CHECK;

/* Whether it was made for that: "invitation_id" and its id. */
bool directory_made_for(const struct directory_account *account,
    const char *origin, const char *origin_id);

/* Those of the n identities that exist, in any order. */
enum code directory_people(struct directory *d, struct arena *a,
    const char *const *ids, size_t n, struct ident_person **out,
    size_t *nout) MUST_CHECK;

/*
 * A new person of schema "user". in->actor is ours to set. With an origin it
 * may be called again: somebody who was made for the same origin_id before, as
 * by a call whose answer got lost, is the one (CODE_OK; the password is that
 * of the first call). CODE_ALREADY_EXISTS: the address is another's;
 * CODE_INVALID_ARGUMENT: *why says what is wrong; CODE_UNAVAILABLE as above.
 */
enum code directory_create(struct directory *d, struct arena *a,
    const struct identity_person *in, char id[STR_UUID_LEN + 1],
    const char **why) MUST_CHECK;

/*
 * Whether a person to be made is best given with the plain password: the
 * service hashes it, not this process.
 */
bool directory_hashes(const struct directory *d);

/* A new password, checked; sessions stay. Codes as of directory_create(). */
enum code directory_set_password(struct directory *d, struct arena *a,
    const struct ident_person *who, const char *password,
    const char **why) MUST_CHECK;

/* With all that belongs to it; fine if it is gone. */
enum code directory_remove(struct directory *d, struct arena *a,
    const char *id) MUST_CHECK;

/*
 * Ends all sessions. The programs hear of it at once from the identity
 * database, and of a Kratos after 30 s.
 */
enum code directory_end_sessions(struct directory *d, struct arena *a,
    const char *id) MUST_CHECK;

/*
 * Signs somebody in who was just made: guesses are not counted, so it is no
 * way in for visitors. Codes of kratos_log_in(): CODE_UNAUTHENTICATED: refused;
 * CODE_PERMISSION_DENIED: right, but a second factor is due; CODE_UNAVAILABLE.
 */
struct directory_login {
	const char *email;
	const char *password;
	const char *ip;		/* for the session; NULL: unknown */
	const char *user_agent; /* the same */
};
enum code directory_log_in(struct directory *d, struct arena *a,
    const struct directory_login *in, const char **token) MUST_CHECK;

#endif

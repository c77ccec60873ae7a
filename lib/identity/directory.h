/*
 * People as an administrator's command makes, finds and removes them, wherever
 * identity.mode says they are kept: in the identity database, as role
 * mirai_identity, or by the administrator's side of a Kratos.
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
void directory_close(struct directory *d);

/* Gives a database connection back if unused for idle_ms. */
void directory_idle(struct directory *d, int64_t idle_ms);

/* CODE_NOT_FOUND: nobody; CODE_UNAVAILABLE: no answer (logged). */
enum code directory_find(struct directory *d, struct arena *a,
    const char *email, struct ident_person *out) MUST_CHECK;

/* Those of the n identities that exist, in any order. */
enum code directory_people(struct directory *d, struct arena *a,
    const char *const *ids, size_t n, struct ident_person **out,
    size_t *nout) MUST_CHECK;

/*
 * A new person of schema "user", whose address counts as verified.
 * CODE_ALREADY_EXISTS: the address is another's; CODE_INVALID_ARGUMENT: *why
 * says what is wrong; CODE_UNAVAILABLE as above.
 */
enum code directory_create(struct directory *d, struct arena *a,
    const struct identity_person *in, char id[STR_UUID_LEN + 1],
    const char **why) MUST_CHECK;

/* A new password, checked; sessions stay. Codes as of directory_create(). */
enum code directory_set_password(struct directory *d, struct arena *a,
    const struct ident_person *who, const char *password,
    const char **why) MUST_CHECK;

/* With all that belongs to it. */
enum code directory_remove(struct directory *d, struct arena *a,
    const char *id) MUST_CHECK;

/*
 * Ends all sessions. The programs hear of it at once from the identity
 * database, and of a Kratos after 30 s.
 */
enum code directory_end_sessions(struct directory *d, struct arena *a,
    const char *id) MUST_CHECK;

#endif

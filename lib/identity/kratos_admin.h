/*
 * The administrator's side of a real Kratos: people who are made, read,
 * found and removed by the product (accounts.md 13).
 */
#ifndef MIRAI_IDENTITY_KRATOS_ADMIN_H
#define MIRAI_IDENTITY_KRATOS_ADMIN_H

#include "identity/kratos.h"

/* A new person; exactly one of password and hash, or neither. */
struct kratos_admin_new {
	const struct json *traits; /* of schema "user", checked by the caller */
	const char *email;	   /* of the traits, lower-case */
	const char *password;	   /* plain, for the Kratos to hash */
	const char *hash;	   /* bcrypt or argon2 */
	bool verified;		   /* the address counts as verified */
	/* What it is made for, kept in metadata_admin and unique: "..._id". */
	const char *origin;
	const char *origin_id;
};

/*
 * Makes an active person. An answer that got lost is not asked for again: a
 * look-up says whether it was made.
 * CODE_ALREADY_EXISTS: the address is another's; CODE_INVALID_ARGUMENT: the
 * Kratos does not take it (logged).
 */
enum code kratos_admin_create(struct kratos *k, struct arena *a,
    const struct kratos_admin_new *in, struct ident_person *out) MUST_CHECK;

/* By address. CODE_NOT_FOUND: no such one. */
enum code kratos_admin_find(struct kratos *k, struct arena *a,
    const char *email, struct ident_person *out) MUST_CHECK;

/* What is known besides of somebody found by address. */
struct kratos_admin_about {
	struct ident_person person;
	bool verified;			   /* that very address is */
	const struct json *metadata_admin; /* NULL: none */
};

enum code kratos_admin_find_about(struct kratos *k, struct arena *a,
    const char *email, struct kratos_admin_about *out) MUST_CHECK;

/* Those of the n identities that exist, in any order. */
enum code kratos_admin_list(struct kratos *k, struct arena *a,
    const char *const *ids, size_t n, struct ident_person **out,
    size_t *nout) MUST_CHECK;

/* Replaces the password; sessions stay. CODE_NOT_FOUND as above. */
enum code kratos_admin_set_password(struct kratos *k, struct arena *a,
    const char *id, const char *password) MUST_CHECK;

/* With all that belongs to it; fine if it is gone. */
enum code kratos_admin_remove(struct kratos *k, struct arena *a,
    const char *id) MUST_CHECK;

/* Ends every session; fine if there is none. */
enum code kratos_admin_revoke_sessions(struct kratos *k, struct arena *a,
    const char *id) MUST_CHECK;

#endif

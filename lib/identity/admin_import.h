/*
 * An identity as an administrator writes it (spec identity.md ): read,
 * checked, its password hashed, then written in the open transaction.
 */
#ifndef MIRAI_IDENTITY_ADMIN_IMPORT_H
#define MIRAI_IDENTITY_ADMIN_IMPORT_H

#include <stdbool.h>

#include "identity/visit.h"

struct admin_import {
	const struct schema *schema;
	const char *id; /* of a new one; NULL: made up */
	const struct json *traits;
	const char *password; /* plain, until it is hashed; NULL: none */
	const char *hash;     /* NULL: none */
	bool patched;	      /* credentials stay as they are */
	bool raw;	   /* the hash is of bytes that were not normalised */
	const char *state; /* NULL: as it is */
	const char *external_id;
	const char *organization_id;
	const struct json *metadata_public;
	const struct json *metadata_admin;
	const struct json *verifiable; /* lists of addresses; NULL: none */
	const struct json *recovery;
	const struct json *credentials; /* NULL: none */
};

/*
 * Reads what POST (create), PUT (update) or PATCH (patched) take. False: *why
 * says which member breaks which rule. The clear password in body is wiped.
 */
enum admin_import_form {
	ADMIN_IMPORT_CREATE = 0,
	ADMIN_IMPORT_UPDATE,
	ADMIN_IMPORT_PATCHED
};
bool admin_import_read(struct visit *c, const struct json *body,
    enum admin_import_form form, struct admin_import *out, const char **why);

/* Hashes the clear password, if there is one; outside of transactions. */
enum code admin_import_hash(struct visit *c, struct admin_import *in);

/*
 * Writes it. CODE_ALREADY_EXISTS: an identifier or address is taken;
 * CODE_NOT_FOUND: no such identity to replace. Audited. A new password and the
 * state "inactive" end all sessions.
 */
enum code admin_import_create(struct visit *c, const struct admin_import *in,
    char id[STR_UUID_LEN + 1]);
enum code admin_import_replace(struct visit *c, const char *id,
    const struct admin_import *in);

extern const struct db_query admin_import_queries[];

#endif

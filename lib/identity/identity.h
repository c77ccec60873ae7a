/*
 * Identities: making, finding and removing people, for the self-service
 * flows, the administrator's routes and commands. All run inside the caller's
 * transaction on the identity database, as role mirai_identity.
 */
#ifndef MIRAI_IDENTITY_IDENTITY_H
#define MIRAI_IDENTITY_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/code.h"
#include "base/str.h"
#include "db/db.h"
#include "identity/schema.h"
#include "net/crypt.h"
#include "net/json.h"

/* What a new identity starts with. */
struct identity_new {
	const struct schema *schema;
	const struct json *traits; /* checked by the caller: schema_check() */
	const char *password_hash; /* NULL: no password */
	bool raw_password; /* the hash is of bytes that were not normalised */
	bool verified;	   /* its addresses count as verified */
	const char *id;	   /* a UUID; NULL: a new one */
	const struct json *metadata_admin; /* NULL: none */
};

struct identity {
	char id[STR_UUID_LEN + 1];
	const char *schema_id;
	const char *state;
	bool active;
	const char *email; /* of the traits; "" if none */
	const char *first_name;
	const char *last_name;
	const char *available_aal;   /* what its credentials can prove */
	int64_t second_factor_after; /* demanded from then on; 0: not */
	const struct json *json;     /* as public routes show it */
};

/* How an identity proves itself by password. */
struct identity_password {
	char identity_id[STR_UUID_LEN + 1];
	const char *hash;
	bool raw; /* hold it against the password as it was typed */
	bool active;
};

/*
 * Makes it with its credential, identifiers and addresses; id is set.
 * CODE_ALREADY_EXISTS: an identifier, address or id is taken. Any other failure is
 * the database's, logged. After a failure the transaction can only be ended.
 */
enum code identity_insert(struct db *db, struct arena *a,
    const struct identity_new *in, char id[STR_UUID_LEN + 1]);

/* CODE_NOT_FOUND, or a failure of the database. */
enum code identity_get(struct db *db, struct arena *a, const char *base_url,
    const char *id, struct identity *out);
enum code identity_find_email(struct db *db, struct arena *a,
    const char *base_url, const char *email, struct identity *out);
enum code identity_find_password(struct db *db, struct arena *a,
    const char *identifier, struct identity_password *out);

/* What administrators keep with it; *out is NULL if that is nothing. */
enum code identity_metadata_admin(struct db *db, struct arena *a,
    const char *id, const struct json **out);

/*
 * Replaces the password; sessions stay. schema is that of the identity: it says
 * what a first password is found by.
 */
enum code identity_set_password(struct db *db, struct arena *a,
    const struct schema *schema, const char *id, const char *hash);

/* As set_password, but only if the hash is still old: a rehash. */
enum code identity_rehash(struct db *db, const char *id, const char *old,
    const char *hash);

/* With all that belongs to it. */
enum code identity_delete(struct db *db, const char *id);

/*
 * For commands and sign-up: makes a person of schema "user" in a transaction of its own,
 * audited in the name of actor. password is plain (hashed at cost) or NULL;
 * hash is ready or NULL. CODE_INVALID_ARGUMENT: *why says what is wrong.
 */
struct identity_person {
	const char *email;
	const char *first_name;
	const char *last_name;
	const char *password;
	const char *hash;
	bool raw; /* the hash is of bytes that were not normalised */
	const char *actor;
	bool verified; /* the address is proven to be this person's */
	/* What it is made for, kept in metadata_admin: "invitation_id", a UUID. */
	const char *origin; /* NULL: nothing */
	const char *origin_id;
};

/*
 * What identity_create() checks of one, hashing nothing: its traits as they
 * are kept, or NULL and *why.
 */
const struct json *identity_check(struct arena *a,
    const struct identity_person *in, const char **why);

enum code identity_create(struct db *db, struct arena *a,
    const struct crypt_cost *cost, const struct identity_person *in,
    char id[STR_UUID_LEN + 1], const char **why);

/* Whether in->password may be its new one; else *why. */
bool identity_password_ok(struct arena *a, const struct identity_person *in,
    const char **why);

/* For commands: a new password, checked, in a transaction of its own. */
enum code identity_change_password(struct db *db, struct arena *a,
    const struct crypt_cost *cost, const char *id, const char *password,
    const char *actor, const char **why);

/* The identity of a row that selects IDENTITY_COLUMNS from column col on. */
#define IDENTITY_COLUMNS                                                       \
	"i.id, i.schema_id, i.state, i.traits::text, i.metadata_public::text," \
	" i.external_id, i.organization_id, i.state_changed_at,"               \
	" i.created_at, i.updated_at,"                                         \
	" (SELECT json_agg(json_strip_nulls(json_build_object('id', v.id,"     \
	" 'value', v.value, 'verified', v.verified, 'via', v.via,"             \
	" 'status', v.status, 'verified_at', instant(v.verified_at),"          \
	" 'created_at', instant(v.created_at),"                                \
	" 'updated_at', instant(v.updated_at))) ORDER BY v.created_at, v.id)"  \
	" FROM verifiable_addresses v WHERE v.identity_id = i.id)::text,"      \
	" (SELECT json_agg(json_build_object('id', v.id, 'value', v.value,"    \
	" 'via', v.via, 'created_at', instant(v.created_at),"                  \
	" 'updated_at', instant(v.updated_at)) ORDER BY v.created_at, v.id)"   \
	" FROM recovery_addresses v WHERE v.identity_id = i.id)::text,"        \
	" i.available_aal, i.second_factor_after"
#define IDENTITY_NCOLUMNS 14
void identity_read(struct arena *a, const struct db_rows *rows, unsigned col,
    const char *base_url, struct identity *out);

/* The code of the last failure of db. */
enum code identity_fault(const struct db *db);

extern const struct db_query identity_queries[];

#endif

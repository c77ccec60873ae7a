/*
 * Sessions: issuing, finding and ending logins (spec identity.md 7 and 14).
 * Tokens and cookies exist in clear only in the answer that makes them. All
 * run inside the caller's transaction.
 */
#ifndef MIRAI_IDENTITY_SESSION_H
#define MIRAI_IDENTITY_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/code.h"
#include "base/str.h"
#include "db/db.h"
#include "identity/identity.h"
#include "net/json.h"

#define SESSION_TOKEN_PREFIX  "ory_st_"
#define SESSION_LOGOUT_PREFIX "ory_lo_"

/* How a login is carried. */
enum session_carrier {
	SESSION_COOKIE = 0,
	SESSION_TOKEN
};

struct session {
	char id[STR_UUID_LEN + 1];
	struct identity identity;
	enum session_carrier carrier;
	const char *hash; /* SHA-256 of its credential, hex */
	const char *aal;
	bool active;		  /* flag set, not expired, identity active */
	int64_t authenticated_at; /* us since 1970 */
	int64_t expires_at;
	int64_t idle_at;	 /* ends then unless it is used; 0: never */
	const struct json *json; /* as public routes show it */
};

/* One proof of who somebody is, as authentication_methods lists it. */
struct session_proof {
	const char *method;   /* "password" */
	const char *aal;      /* the level it gives; NULL: "aal1" */
	const char *provider; /* of method "oidc"; NULL: none */
};

struct session_new {
	const char *identity_id;
	enum session_carrier carrier;
	struct session_proof proof;
	int64_t life_us;
	int64_t idle_us; /* 0: it need not be used */
	const char *ip;
	const char *user_agent;
};

/* The SHA-256 hex of a token or cookie; NULL if it cannot be one. */
const char *session_hash(struct arena *a, enum session_carrier carrier,
    const char *secret);

/* Issues one; *secret is its token or cookie value. */
enum code session_issue(struct db *db, struct arena *a,
    const struct session_new *in, char id[STR_UUID_LEN + 1],
    const char **secret);

/*
 * CODE_NOT_FOUND: no such session. One found may be inactive. hash is what
 * session_hash() made.
 */
enum code session_find(struct db *db, struct arena *a, const char *base_url,
    enum session_carrier carrier, const char *hash, struct session *out);
/* As session_find(), as the last statement of its transaction. */
enum code session_find_last(struct db *db, struct arena *a,
    const char *base_url, enum session_carrier carrier, const char *hash,
    struct session *out);
enum code session_get(struct db *db, struct arena *a, const char *base_url,
    const char *id, struct session *out);

/* The active sessions of an identity but one (NULL: all), newest first. */
enum code session_list(struct db *db, struct arena *a, const char *base_url,
    const char *identity_id, const char *but, int64_t offset, int64_t limit,
    struct session **out, size_t *nout, int64_t *total);

/* Which sessions, whoever holds them. */
struct session_filter {
	const char *identity_id; /* NULL: of all */
	int active;		 /* 1, 0; -1: both */
	const char *after;	 /* an id; NULL: from the newest */
	int64_t offset;
	int64_t limit;
};

/* A page of them, newest first; total (NULL: unwanted) is of one identity. */
enum code session_search(struct db *db, struct arena *a, const char *base_url,
    const struct session_filter *f, struct session **out, size_t *nout,
    int64_t *total);

/*
 * Notes a fresh proof of the same person: the method, authenticated_at, and
 * the level if that is higher now.
 */
enum code session_prove(struct db *db, struct arena *a, const char *id,
    const struct session_proof *proof);

/*
 * Notes a proof that came with setting a factor up: as session_prove(), but
 * the session is no fresher for it.
 */
enum code session_add_proof(struct db *db, struct arena *a, const char *id,
    const struct session_proof *proof);

/*
 * Use of sessions (W-5). Whether one that ends at idle_at is due to be noted as
 * used, with an idle time of idle_us (0: none is set); and noting it.
 */
bool session_is_worn(int64_t idle_at, int64_t idle_us);
enum code session_used(struct db *db, struct arena *a, const char *id,
    int64_t idle_us) MUST_CHECK;

/* It ends life_us from now. */
enum code session_extend(struct db *db, struct arena *a, const char *id,
    int64_t life_us) MUST_CHECK;

/* Ends one of identity_id's; *hash is that of its credential. */
enum code session_revoke(struct db *db, struct arena *a, const char *id,
    const char *identity_id, const char **hash);

/* Ends all of an identity but one (NULL: all); the hashes of their credentials. */
enum code session_revoke_all(struct db *db, struct arena *a,
    const char *identity_id, const char *but, const char ***hashes,
    size_t *nhashes);

/*
 * The logout token of a session. It is derived from the first secret and not
 * stored; session_logout_ok() accepts those of all secrets.
 */
const char *session_logout_token(struct arena *a, const char *const *secrets,
    const char *session_id);
bool session_logout_ok(struct arena *a, const char *const *secrets,
    const char *session_id, const char *token);

/*
 * Tells every host, once the transaction is committed, to drop what it cached
 * for the credential with this hash.
 */
void session_notify(struct db *db, struct arena *a, const char *hash);

extern const struct db_query session_queries[];

#endif

/*
 * Who is calling, and may they: session, user row, role, company, tenant
 * state, in that order (spec accounts.md 1.1 to 1.6).
 *
 * rpc knows identities only through struct ident, a table of functions that
 * the embedded service (lib/identity) or a Kratos client fills in.
 */
#ifndef MIRAI_RPC_AUTH_H
#define MIRAI_RPC_AUTH_H

#include "rpc/req.h"
#include "rpc/rpc.h"

/* What an identity service knows of one login. */
struct ident_session {
	char session_id[STR_UUID_LEN + 1];
	char identity_id[STR_UUID_LEN + 1];
	const char *email;
	const char *first_name;
	const char *last_name;
	bool email_verified;
	int64_t expires_at; /* us since 1970 */
};

struct ident_person {
	char identity_id[STR_UUID_LEN + 1];
	const char *email;
	const char *first_name;
	const char *last_name;
};

/*
 * One identity service. All results live in a. CODE_UNAUTHENTICATED: no such
 * active session; CODE_PERMISSION_DENIED: it needs a second factor;
 * CODE_NOT_FOUND: no such identity; CODE_UNAVAILABLE: the service does not
 * answer (logged).
 */
struct ident {
	void *ctx;
	/* token: session token; cookie: browser session; either may be NULL. */
	enum code (*whoami)(void *ctx, struct arena *a, const char *token,
	    const char *cookie, struct ident_session *out);
	/* Those of the n identities that exist, in any order. */
	enum code (*people)(void *ctx, struct arena *a, const char *const *ids,
	    size_t n, struct ident_person **out, size_t *nout);
	enum code (*find_email)(void *ctx, struct arena *a, const char *email,
	    struct ident_person *out);
	/* Ends every session of an identity. */
	enum code (*revoke_sessions)(void *ctx, const char *identity_id);
};

/*
 * Fills r->who as far as need asks and decides. CODE_OK, or the failure is
 * set. With RPC_NEED_PUBLIC nothing is looked up.
 */
enum code auth_require(struct req *r, enum rpc_need need, bool while_suspended);

/*
 * The same look-up without demanding anything: pages that serve both.
 * CODE_PERMISSION_DENIED: there is a session that has to prove a second
 * factor; nobody is signed in.
 */
enum code auth_peek(struct req *r);

/*
 * Forgetting: each drops what is known at once, again after the commit
 * (rpc/after.h), and on the other hosts by a NOTIFY that is part of the
 * transaction. Call them inside it.
 */

/* The user row of an identity was made, changed or removed. */
void auth_forget_identity(struct req *r, const char *identity_id);

/* One session ended; by the SHA-256 hex of its token or cookie. */
void auth_forget_session(struct req *r, const char *credential_sha256);

/* All sessions of an identity ended, or its traits changed. */
void auth_forget_sessions(struct req *r, const char *identity_id);

#endif

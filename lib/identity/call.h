/*
 * One request to the identity service while it is answered: who asks, in which
 * form the answer goes, and the ways to answer or refuse it.
 */
#ifndef MIRAI_IDENTITY_CALL_H
#define MIRAI_IDENTITY_CALL_H

#include <stdbool.h>
#include <stddef.h>

#include "db/db.h"
#include "identity/idp.h"
#include "identity/session.h"
#include "net/json.h"
#include "rpc/req.h"

struct call {
	const struct idp *p;
	struct req *r;
	struct arena *mem; /* = r->mem */
	struct db *db;	   /* = r->db */
	bool in_tx;
	bool json_only; /* errors never become pages: API flows, data routes */

	/* The caller's session once call_session() was asked; NULL: none. */
	const struct session *session;
	bool session_known;
	const char *token;	  /* as it came, if it came as a token */
	const char *cookie_token; /* CSRF cookie to use from now on */
};

/* One path, or all below it when it ends in a slash. */
struct route {
	const char *method; /* "GET" also serves HEAD; "*" any */
	const char *path;
	void (*serve)(struct call *c);
};

/* --- transactions ---------------------------------------------------------- */

void call_begin(struct call *c, enum db_tx tx);

/*
 * Ends it, if one is open. False: code was not CODE_OK or the commit failed,
 * and the failure of the database has been answered.
 */
bool call_end(struct call *c, enum code code);

/* --- the caller ------------------------------------------------------------ */

/*
 * Looks the session up, in the open transaction (K-2). False: the database
 * failed, answered. c->session is then the active session or NULL.
 */
bool call_session(struct call *c);

const char *call_agent(struct call *c); /* User-Agent, cut; NULL if none */

/* In the open transaction: the credential with this hash is good no more. */
void call_forget(struct call *c, const char *hash);

/* --- answers --------------------------------------------------------------- */

void call_json(struct call *c, int status, const struct json *body);
void call_empty(struct call *c, int status);
void call_redirect(struct call *c, const char *url);

/* Whether creation and completion answer JSON (N-1), and errors (N-2). */
bool call_wants_json(const struct call *c);
bool call_is_json(const struct call *c);

/* Sets, or ends, the session cookie. */
void call_set_session(struct call *c, const char *value);
void call_end_session(struct call *c);

/* --- refusals -------------------------------------------------------------- */

/* Members left NULL are not written. */
struct problem {
	int status;
	const char *id;	    /* of section 3 */
	const char *reason; /* a sentence of ours */
	const struct json *details;
	const char *redirect_browser_to; /* also in the details */
	const char *use_flow_id;
	const char *expired_at;
	const char *since;
	int retry_after; /* seconds */
};

/*
 * Refuses: rolls an open transaction back, then answers JSON, or stores the
 * error and redirects to its page (N-5).
 */
void call_refuse(struct call *c, const struct problem *problem);
void call_refuse_simple(struct call *c, int status, const char *id,
    const char *reason);

/* The database said code; its cause is logged. */
void call_refuse_code(struct call *c, enum code code);

/* The URL to return to (section 8); NULL: refused already. */
const char *call_return_to(struct call *c, const char *stored,
    const char *fallback);

extern const struct db_query call_queries[];

#endif

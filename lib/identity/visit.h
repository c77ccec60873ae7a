/*
 * One request to the identity service while it is answered: who asks, in which
 * form the answer goes, and the ways to answer or refuse it.
 */
#ifndef MIRAI_IDENTITY_VISIT_H
#define MIRAI_IDENTITY_VISIT_H

#include <stdbool.h>
#include <stddef.h>

#include "db/db.h"
#include "identity/idp.h"
#include "identity/session.h"
#include "net/json.h"
#include "rpc/req.h"

#define VISIT_ARGS 2

struct visit {
	const struct idp *p;
	const struct schema *schema; /* of the person this is about */
	struct req *r;
	struct arena *mem; /* = r->mem */
	struct db *db;	   /* = r->db */
	bool in_tx;
	bool json_only; /* errors never become pages: API flows, data routes */

	/* The caller's session once visit_session() was asked; NULL: none. */
	const struct session *session;
	bool session_known;
	const char *token;  /* as it came, if it came as a token */
	const char *issued; /* what carries a session that began just now */
	const char *cookie_token; /* CSRF cookie to use from now on */

	const char *args[VISIT_ARGS]; /* of the path, see route_arg() */
	const char *actor;	      /* for the audit trail; NULL: "self" */
};

/* --- transactions ---------------------------------------------------------- */

void visit_begin(struct visit *c, enum db_tx tx);

/*
 * Ends it, if one is open. False: code was not CODE_OK or the commit failed,
 * and the failure of the database has been answered.
 */
bool visit_end(struct visit *c, enum code code);

/* Rolls back, if one is open. */
void visit_abort(struct visit *c);

/* --- the caller ------------------------------------------------------------ */

/*
 * Looks the session up, in the open transaction (K-2). False: the database
 * failed, answered. c->session is then the active session or NULL.
 */
bool visit_session(struct visit *c);

/* The same in a transaction of its own, in one round trip. */
bool visit_session_alone(struct visit *c);

/* The SHA-256 hex of the credential that came (K-2); NULL: none that can be. */
const char *visit_credential(struct visit *c, enum session_carrier *carrier);

/*
 * What seals things for nobody but the caller: the credential of the session
 * that began or came with the request, as a NULL-terminated list; empty
 * without one.
 */
const char *const *visit_keys(struct visit *c);

/*
 * This service as the caller reaches it: a host of url.domains answers for it
 * itself, so that its cookies stay on that host.
 */
const char *visit_base(struct visit *c);

/*
 * Where the pages with the forms are ("https://app.example/auth"): of the site
 * that was asked, when that is one of url.domains.
 */
const char *visit_pages(struct visit *c);

/* Whether a page of origin may read answers: identity.allowed_origin. */
bool visit_knows_origin(const struct visit *c, const char *origin);

/*
 * The schema of that id is the one this request is about; unknown ones, left
 * over from a former configuration, are held against the default.
 */
void visit_use_schema(struct visit *c, const char *id);

/* The page of a flow (enum flow_kind), or IDP_PAGE_ERROR. */
const char *visit_page(struct visit *c, size_t page);

/* The token of "Authorization: Bearer TOKEN"; NULL: none. */
const char *visit_bearer(const struct visit *c);

const char *visit_agent(struct visit *c); /* User-Agent, cut; NULL if none */

/* In the open transaction: the credential with this hash is good no more. */
void visit_forget(struct visit *c, const char *hash);

/* --- answers --------------------------------------------------------------- */

void visit_json(struct visit *c, int status, const struct json *body);
void visit_text(struct visit *c, int status, const char *json, size_t len);
void visit_empty(struct visit *c, int status);
void visit_redirect(struct visit *c, const char *url);

/* Whether creation and completion answer JSON (N-1), and errors (N-2). */
bool visit_wants_json(const struct visit *c);
bool visit_is_json(const struct visit *c);

/* A cookie of ours for all hosts of the site; max_age as in resp.h. */
void visit_cookie(struct visit *c, const char *name, const char *value,
    int64_t max_age);

/*
 * Sets, or ends, the session cookie; renew sets the one that came anew, for
 * the time its session has left.
 */
void visit_set_session(struct visit *c, const char *value);
void visit_renew_session(struct visit *c);
void visit_end_session(struct visit *c);

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
	int64_t since_ns; /* beside it, with expired_at */
	int retry_after; /* seconds */
};

/*
 * Refuses: rolls an open transaction back, then answers JSON, or stores the
 * error and redirects to its page (N-5).
 */
void visit_refuse(struct visit *c, const struct problem *problem);
void visit_refuse_simple(struct visit *c, int status, const char *id,
    const char *reason);

/* The body of such a refusal, to go with more than that. */
struct json *visit_problem(struct visit *c, const struct problem *problem);

/* The database said code; its cause is logged. */
void visit_refuse_code(struct visit *c, enum code code);

/* The URL to return to (section 8); NULL: refused already. */
const char *visit_return_to(struct visit *c, const char *stored,
    const char *fallback);

extern const struct db_query visit_queries[];

#endif

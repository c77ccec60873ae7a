/*
 * What the pages of the application need of the identity service: a flow to
 * draw, an error to show, sessions to list and to end. Works on the reader's
 * role, which sees no flow but through functions that ask for its CSRF cookie.
 */
#ifndef MIRAI_IDENTITY_VIEW_H
#define MIRAI_IDENTITY_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/db.h"
#include "identity/ui.h"
#include "rpc/req.h"

/* A flow as its page draws it. */
struct view_flow {
	struct ui *ui;
	const char *csrf; /* for the form, masked anew */
	const char *state;
	const char *active; /* the method under way; NULL: none */
	const char *requested_aal;
	const char *return_to; /* NULL: none */
	bool refresh;
	bool expired;
	bool aal2_due; /* the caller has a second factor and did not use it */
};

/*
 * The browser flow of a kind ("login"), for the browser that began it; one of
 * settings only for its owner, whatever the level of the session. CODE_NOT_FOUND: no such flow, or
 * another's; CODE_FAILED_PRECONDITION: the browser sent no CSRF cookie, so it
 * began none; CODE_UNAVAILABLE: the database does not answer, logged. db is on
 * identity.reader_url.
 */
enum code view_flow(struct db *db, struct req *r, const char *kind,
    const char *id, struct view_flow *out) MUST_CHECK;

/* The stored error of an error page as JSON; CODE_NOT_FOUND: no such one. */
enum code view_error(struct db *db, struct req *r, const char *id,
    const struct json **out) MUST_CHECK;

/* One login of the caller, as listed. */
struct view_session {
	const char *id;
	const char *ip;	   /* NULL: unknown, as the next two */
	const char *agent; /* User-Agent */
	const char *location;
	int64_t authenticated_at; /* us since 1970 */
	int64_t expires_at;
	bool current; /* of this request */
};

/* The caller's active sessions, newest first; at most 100. */
enum code view_sessions(struct db *db, struct req *r, struct view_session **out,
    size_t *nout) MUST_CHECK;

/*
 * Ends one session of the caller, or all but the one of this request; *ended
 * counts. CODE_UNAVAILABLE as above.
 */
enum code view_end_session(struct db *db, struct req *r, const char *id,
    size_t *ended) MUST_CHECK;
enum code view_end_others(struct db *db, struct req *r,
    size_t *ended) MUST_CHECK;

/*
 * Ends the sessions of both credentials a browser may hold. CODE_UNAVAILABLE
 * as above; the cookies are view_clear_cookies() to expire, come what may.
 */
enum code view_sign_out(struct db *db, struct req *r) MUST_CHECK;
void view_clear_cookies(struct req *r);

extern const struct db_query view_queries[];

#endif

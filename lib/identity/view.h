/*
 * What the pages of the application need of the identity service: a flow to
 * draw, an error to show, sessions to list and to end. Either of the identity
 * database, by the reader's role, which sees no flow but through functions
 * that ask for its CSRF cookie (view_sql.c); or of a Kratos elsewhere, which
 * is given the cookies that are its own (view_http.c).
 */
#ifndef MIRAI_IDENTITY_VIEW_H
#define MIRAI_IDENTITY_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/conf.h"
#include "db/db.h"
#include "identity/ui.h"
#include "rpc/req.h"

struct view;

/*
 * By identity.mode; each process opens its own, connects on first use and
 * keeps it. NULL only where libcurl will not start. name is the program's.
 */
struct view *view_open(const struct conf *conf, const char *name);

/* Gives a database connection back if unused for idle_ms. */
void view_idle(struct view *v, int64_t idle_ms);

/* A flow as its page draws it. */
struct view_flow {
	/* One of the two: ours, or as a Kratos sent it; see view_ui(). */
	struct ui *ui;
	const struct json *sent;
	const char *csrf; /* of ours: for the form, masked anew */
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
 * began none; CODE_UNAVAILABLE: no answer, logged.
 */
enum code view_flow(struct view *v, struct req *r, const char *kind,
    const char *id, struct view_flow *out) MUST_CHECK;

/* What of a flow is drawn, its forms going to action. */
const struct json *view_ui(struct arena *a, const struct view_flow *flow,
    const char *action);

/* The stored error of an error page as JSON; CODE_NOT_FOUND: no such one. */
enum code view_error(struct view *v, struct req *r, const char *id,
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
enum code view_sessions(struct view *v, struct req *r,
    struct view_session **out, size_t *nout) MUST_CHECK;

/*
 * Ends one session of the caller, or all but the one of this request; *ended
 * counts. CODE_UNAVAILABLE as above.
 */
enum code view_end_session(struct view *v, struct req *r, const char *id,
    size_t *ended) MUST_CHECK;
enum code view_end_others(struct view *v, struct req *r,
    size_t *ended) MUST_CHECK;

/*
 * Ends the sessions of both credentials a browser may hold. CODE_UNAVAILABLE
 * as above; the cookies are view_clear_cookies() to expire, come what may.
 */
enum code view_sign_out(struct view *v, struct req *r) MUST_CHECK;
void view_clear_cookies(struct req *r);

/* For the two ways: what one is made of. */

struct kratos;

struct view {
	const struct view_way *way;
	struct db *db;	       /* on identity.reader_url; or */
	struct kratos *kratos; /* identity/kratos.h */
};

struct view_way {
	enum code (*flow)(struct view *v, struct req *r, const char *kind,
	    const char *id, struct view_flow *out);
	enum code (*error)(struct view *v, struct req *r, const char *id,
	    const struct json **out);
	enum code (*sessions)(struct view *v, struct req *r,
	    struct view_session **out, size_t *nout);
	enum code (*end_session)(struct view *v, struct req *r, const char *id,
	    size_t *ended);
	enum code (*end_others)(struct view *v, struct req *r, size_t *ended);
	enum code (*sign_out)(struct view *v, struct req *r);
};

/*
 * Tells every host to forget n credentials by their hashes, and (not NULL)
 * all of an identity's.
 */
void view_forget(struct req *r, const char *const *hashes, size_t n,
    const char *identity_id);

#endif

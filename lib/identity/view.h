/*
 * What the pages of the application need of the identity service: a flow to
 * draw, an error to show, a session to end. Works on the reader's role, which
 * sees no flow but through functions that ask for its CSRF cookie.
 */
#ifndef MIRAI_IDENTITY_VIEW_H
#define MIRAI_IDENTITY_VIEW_H

#include <stdbool.h>

#include "db/db.h"
#include "identity/ui.h"
#include "rpc/req.h"

/* A flow as its page draws it. */
struct view_flow {
	struct ui *ui;
	const char *csrf; /* for the form, masked anew */
	const char *state;
	const char *return_to; /* NULL: none */
	bool refresh;
	bool expired;
};

/*
 * The browser flow of a kind ("login"), for the browser that began it.
 * CODE_NOT_FOUND: no such flow, or another browser's; CODE_UNAVAILABLE: the
 * database does not answer, logged. db is on identity.reader_url.
 */
enum code view_flow(struct db *db, struct req *r, const char *kind,
    const char *id, struct view_flow *out) MUST_CHECK;

/* The stored error of an error page as JSON; CODE_NOT_FOUND: no such one. */
enum code view_error(struct db *db, struct req *r, const char *id,
    const struct json **out) MUST_CHECK;

/*
 * Ends the caller's session (r->who) and expires its cookies. The cookies go
 * even when the database fails; then CODE_UNAVAILABLE.
 */
enum code view_sign_out(struct db *db, struct req *r) MUST_CHECK;

extern const struct db_query view_queries[];

#endif

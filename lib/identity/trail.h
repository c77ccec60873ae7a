/*
 * The audit trail of the identity database: one row per security event, in
 * the transaction of the event (spec identity.md D-4).
 */
#ifndef MIRAI_IDENTITY_TRAIL_H
#define MIRAI_IDENTITY_TRAIL_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/code.h"
#include "db/db.h"

struct trail_event {
	const char *action;	 /* "login", "logout", "session.revoke" ... */
	const char *result;	 /* NULL: "ok"; "refused", "failed" */
	const char *actor;	 /* "self", or who in the administration */
	const char *identity_id; /* NULL: none */
	const char *session_id;	 /* NULL: none */
	const char *ip;
	const char *user_agent;
};

/* Inside the caller's transaction. */
enum code trail_write(struct db *db, const struct trail_event *e);

/* What an administrator did to an identity. */
enum code trail_by(struct db *db, const char *action, const char *actor,
    const char *identity_id);

struct trail_row {
	int64_t id;
	int64_t at; /* us since 1970 */
	struct trail_event event;
};

/*
 * What happened, newest first: to one identity (NULL: to all), before the row
 * of that id (0: from the newest), at most limit. Rows are in a.
 */
enum code trail_list(struct db *db, struct arena *a, const char *identity_id,
    int64_t before, int64_t limit, struct trail_row **out,
    size_t *n) MUST_CHECK;

extern const struct db_query trail_queries[];

#endif

/*
 * Notices: made inside the transaction of their cause, and told to the open
 * streams of their person when it commits (spec accounts.md 10.1).
 */
#ifndef MIRAI_SERVICE_NOTICE_H
#define MIRAI_SERVICE_NOTICE_H

#include "base/arena.h"
#include "base/code.h"
#include "base/str.h"
#include "db/db.h"

/* Payload: "tenant_id user_id event_id", once per event. */
#define NOTICE_CHANNEL "mirai_events"

struct notice {
	const char *tenant_id;
	const char *user_id;
	const char *type;     /* as stored: "task_assigned" */
	const char *priority; /* "low", "normal", "high"; NULL: normal */
	const char *title;    /* at most 500 characters, cut if longer */
	const char *message;
	const char *course_id;	/* NULL: none */
	const char *action_url; /* local path; NULL: none */
};

/*
 * Makes one; its new id is written to id. The transaction may be the tenant's
 * or a superadmin's. CODE_OK, or the database's failure.
 */
enum code notice_create(struct db *db, struct arena *a, const struct notice *n,
    char id[STR_UUID_LEN + 1]) MUST_CHECK;

#endif

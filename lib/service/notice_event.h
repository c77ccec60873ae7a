/*
 * Events of notices as open streams are told them: one at a time as they
 * happen, and those that a stream missed (spec rpc.md T-9, accounts.md 10.2).
 * Every transaction is that of the person, so row-level security decides.
 */
#ifndef MIRAI_SERVICE_NOTICE_EVENT_H
#define MIRAI_SERVICE_NOTICE_EVENT_H

#include "base/arena.h"
#include "base/code.h"
#include "db/db.h"
#include "mirai/v1/notification.pb.h"

#define NOTICE_REPLAY_MAX   200 /* more is not told one by one */
#define NOTICE_REPLAY_HOURS 24	/* nor what is older */

/* What a stream missed since an event. */
struct notice_missed {
	const struct pb_subscribe_notifications_response *events;
	size_t nevents;
	bool resync;	/* too much, or nobody knows: load everything anew */
	int64_t newest; /* id of the person's last event, 0: none */
};

/*
 * The event of that id as a message. CODE_NOT_FOUND: it is not there, or not
 * that person's; another code: the database failed.
 */
enum code notice_event_get(struct db *db, struct arena *a,
    const struct db_scope *who, int64_t id,
    struct pb_subscribe_notifications_response *out) MUST_CHECK;

/*
 * What came after event id, oldest first; id 0: before the first. Where jobs
 * stood meanwhile is left out: only where they stand now matters.
 */
enum code notice_event_since(struct db *db, struct arena *a,
    const struct db_scope *who, int64_t id,
    struct notice_missed *out) MUST_CHECK;

/* The id of the person's last event, 0: none. */
enum code notice_event_newest(struct db *db, struct arena *a,
    const struct db_scope *who, int64_t *id) MUST_CHECK;

#endif

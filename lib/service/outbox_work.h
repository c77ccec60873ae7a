/*
 * The other end of the queue of mails: taken under a lease, and what came of
 * each try is noted. Every function is a transaction of its own, on a worker's
 * handle.
 */
#ifndef MIRAI_SERVICE_OUTBOX_WORK_H
#define MIRAI_SERVICE_OUTBOX_WORK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "db/db.h"
#include "net/json.h"
#include "net/mail.h"

#define OUTBOX_TRIES	     8
#define OUTBOX_LEASE_SECONDS 180

/* A mail in hand; strings live in the arena. */
struct outbox_work {
	const char *id;
	const char *lease;
	const char *kind;
	const char *to;
	const struct json *data;
	int64_t created_us;
	int attempt; /* from 1 */
};

/*
 * Takes the mail that is due longest. Its lease ends by itself, so a worker's
 * death delays the mail and loses nothing. 1, 0 for none, -1 after a logged
 * failure of the database.
 */
int outbox_take(struct db *db, struct arena *a,
    struct outbox_work *out) MUST_CHECK;

/*
 * Notes how a try ended, unless the lease was lost meanwhile. MAIL_AGAIN is
 * tried again after a while, until OUTBOX_TRIES. What was sent has its
 * notification marked, and forgets its link. error says why it was not sent.
 * *kept (may be NULL) is whether there will be another try. -1: as above.
 */
int outbox_note(struct db *db, struct arena *a, const struct outbox_work *w,
    enum mail_end end, const char *error, bool *kept) MUST_CHECK;

/* Calls fn for each mail that waits, the one due longest first. -1: as above. */
int outbox_waiting(struct db *db, struct arena *a,
    void (*fn)(void *arg, const struct outbox_work *w, bool due),
    void *arg) MUST_CHECK;

extern const struct db_query outbox_work_queries[];

#endif

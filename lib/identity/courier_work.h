/*
 * The other end of the mail queue: mails are taken under a lease, and what
 * came of each try is noted. Every function is a transaction of its own.
 */
#ifndef MIRAI_IDENTITY_COURIER_WORK_H
#define MIRAI_IDENTITY_COURIER_WORK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "db/db.h"
#include "identity/letter.h"
#include "net/mail.h"

#define COURIER_TRIES	      5
#define COURIER_LEASE_SECONDS 180

/* A mail in hand; strings live in the arena. */
struct courier_work {
	const char *id;
	const char *type;
	bool unknown;
	const char *to;
	const struct json *data; /* NULL: its secret is gone */
	int64_t created_us;
	int attempt; /* from 1 */
};

/*
 * Takes the mail that is due longest. Its lease ends by itself, so a worker's
 * death delays the mail and loses nothing. 1, 0 for none, -1 after a logged
 * failure of the database.
 */
int courier_take(struct db *db, struct arena *a, const char *const *secrets,
    const char *base_url, struct courier_work *out) MUST_CHECK;

/*
 * Notes how a try ended, unless the lease was lost meanwhile. MAIL_AGAIN is
 * tried again after a while, until COURIER_TRIES. shown is the letter with its
 * codes masked (NULL: none was written), error says why it was not sent. *kept
 * (may be NULL) is whether there will be another try. -1: as above.
 */
int courier_note(struct db *db, struct arena *a, const struct courier_work *w,
    enum mail_end end, const struct letter *shown, const char *error,
    bool *kept) MUST_CHECK;

/* Deletes at most 100 mails sent or given up over days ago; how many, or -1. */
int64_t courier_sweep(struct db *db, struct arena *a, int days);

/* Calls fn for each mail that waits, the one due longest first. -1: as above. */
int courier_waiting(struct db *db, struct arena *a,
    void (*fn)(void *arg, const struct courier_work *w, bool due),
    void *arg) MUST_CHECK;

extern const struct db_query courier_work_queries[];

#endif
